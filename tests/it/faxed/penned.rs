//! Sheets that a pen ticked, beside what was read from the fax of them.

use renraku::domain::reading::{BoxState, PageReading};
use renraku::form::layout::{Layout, PageLayout};
use renraku::practice::clinic::Ticked;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Command;

/// A sheet and what the pen did on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Penned {
    /// The sheet's geometry.
    pub layout: Layout,
    /// What was ticked and where something was written, over all of its pages.
    pub ticked: Ticked,
}

/// A fax beside its sheets.
#[derive(Debug, Clone, Default)]
pub struct Compared {
    /// Pages that were sent.
    pub pages: usize,
    /// Boxes on them.
    pub boxes: usize,
    /// Boxes that the pen marked.
    pub ticked: usize,
    /// Boxes that a person must look at: no answer was taken from them.
    pub unsure: Vec<String>,
    /// Pages that a person must look at, and why.
    pub for_a_person: Vec<String>,
    /// Pages that did not come as they were sent. What the line broke is no sheet that is known and waits for a person; the
    /// machine that sent it may send it once more.
    pub broken: Vec<String>,
    /// What was taken for something else than it is, without a doubt.
    pub wrong: Vec<String>,
}

/// What `renraku read` says of a fax of these sheets, a page each.
pub fn read(program: &str, fax: &Path, sheets: &[Penned]) -> Vec<PageReading> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command.arg("read").arg(fax);
    for (nth, sheet) in sheets.iter().enumerate() {
        let path = folder.path().join(format!("{nth}.json"));
        std::fs::write(&path, serde_json::to_vec(&sheet.layout).unwrap()).unwrap();
        command.arg("--layout").arg(path);
    }
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// Every page beside the one that was sent, and every box.
pub fn compare(sheets: &[Penned], readings: &[PageReading]) -> Compared {
    let mut compared = Compared::default();
    let sent = sheets.iter().flat_map(|sheet| sheet.layout.pages.iter().map(move |page| (sheet, page)));
    let sent: Vec<_> = sent.collect();
    compared.pages = sent.len();
    if readings.len() != sent.len() {
        compared.broken.push(format!("{} pages were sent and {} read", sent.len(), readings.len()));
    }
    let is_read = |(sheet, page): &(&Penned, &PageLayout), reading: &PageReading| {
        let this = reading.sheet_id.as_ref() == Some(&sheet.layout.sheet_id);
        this && reading.page == Some(page.page) && reading.found_by.is_verified()
    };
    for reading in readings {
        let name = format!("page {} of the fax", reading.page_in_file);
        let Some((sheet, page)) = sent.iter().find(|sent| is_read(sent, reading)) else {
            let about = format!("{name} is not known: {:?} {:?}", reading.found_by, reading.problems);
            let told = if reading.needs_person { &mut compared.broken } else { &mut compared.wrong };
            told.push(about);
            continue;
        };
        if reading.needs_person {
            compared.for_a_person.push(format!("{name}: {:?}", reading.reasons));
        }
        compared.boxes(&name, page, &sheet.ticked, reading);
        compared.areas(&name, page, &sheet.ticked, reading);
    }
    for (sheet, page) in sent.iter().filter(|sent| !readings.iter().any(|reading| is_read(sent, reading))) {
        compared.broken.push(format!("page {} of {} was not read", page.page, sheet.layout.sheet_id));
    }
    compared
}

impl Compared {
    fn boxes(&mut self, name: &str, page: &PageLayout, ticked: &Ticked, reading: &PageReading) {
        for one in &page.boxes {
            let (field, option) = (&one.field, &one.option);
            let chosen = ticked.answers.get(field).is_some_and(|chosen| chosen.contains(option));
            self.boxes += 1;
            self.ticked += usize::from(chosen);
            let seen = reading.boxes.iter().find(|seen| seen.field == *field && seen.option == *option);
            let about = format!("{name}, {field}.{option}");
            match seen.map(|seen| seen.state) {
                Some(BoxState::Unsure | BoxState::Cancelled) => self.unsure.push(about),
                Some(state) if state.is_chosen() == chosen => {}
                state => self.wrong.push(format!("{about}: ticked {chosen}, read as {state:?}")),
            }
        }
    }

    fn areas(&mut self, name: &str, page: &PageLayout, ticked: &Ticked, reading: &PageReading) {
        for zone in &page.zones {
            let written = ticked.written.contains(&zone.field);
            let ink = reading.zones.iter().find(|seen| seen.field == zone.field).map(|seen| seen.ink);
            if ink != Some(written) {
                self.wrong.push(format!("{name}, {}: written {written}, ink {ink:?}", zone.field));
            }
        }
    }
}

//! Readings against what was done: the table of errors by class, by damage and by quality. A silent error
//! is a box read wrong and not unsure, or a page filed to another sheet; it may never happen.

use super::expected::{Expected, ExpectedBox, ExpectedSheet, Mark};
use crate::domain::reading::{BoxReading, BoxState, PageReading};
use std::collections::BTreeMap;
use std::fmt;

/// A stroke that leaves less of the box's inside dark than this on the page that arrived is hardly there:
/// what is read of it is counted apart.
pub const FAINT_DARK: f64 = 0.015;

/// What many trials gave.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Sheets sent.
    pub sheets: u32,
    /// Sheets whose code lies in part beyond the page's edge; in the counts of boxes, but in no count of sheets.
    pub without_code: u32,
    /// Sheets that were found, with their number verified.
    pub identified: u32,
    /// Boxes of the sheets that were found.
    pub boxes: u32,
    /// Boxes that a person must look at.
    pub unsure: u32,
    /// Sheets that were answered plainly.
    pub plain: u32,
    /// Of them, those that go to a person.
    pub plain_to_a_person: u32,
    /// Sheets with words beside the fields, and of them those that need no person.
    pub stray: (u32, u32),
    /// Handwriting areas, and of them those with ink read as empty or the other way round.
    pub zones: (u32, u32),
    /// Strokes that had all but vanished, and of them those read as empty.
    pub faint: (u32, u32),
    /// Every silent error, in words.
    pub silent: Vec<String>,
    /// Handwriting areas read wrong, in words.
    pub zones_wrong: Vec<String>,
    /// Plainly answered sheets that go to a person, in words.
    pub why: Vec<String>,
    classes: BTreeMap<Mark, Row>,
    damages: BTreeMap<String, DamageRow>,
    qualities: [Row; QUALITIES],
    reasons: BTreeMap<String, u32>,
}

/// Steps of the quality in the table.
const QUALITIES: usize = 10;

#[derive(Debug, Clone, Copy, Default)]
struct Row {
    boxes: u32,
    unsure: u32,
    silent: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct DamageRow {
    sheets: u32,
    identified: u32,
    plain: u32,
    to_a_person: u32,
    silent: u32,
}

/// What a box's reading is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Right,
    Unsure,
    Silent,
    Faint,
}

fn verdict(expected: &ExpectedBox, state: BoxState) -> Verdict {
    let is_faint = expected.chosen && expected.dark < FAINT_DARK;
    match state {
        BoxState::Unsure | BoxState::Cancelled => Verdict::Unsure,
        BoxState::Empty if expected.mark == Mark::Empty => Verdict::Right,
        BoxState::Empty if is_faint => Verdict::Faint,
        BoxState::Marked | BoxState::Circled if expected.chosen => Verdict::Right,
        _ => Verdict::Silent,
    }
}

impl Tally {
    /// Adds what was read of one file of one page.
    pub fn add(&mut self, expected: &Expected, readings: &[PageReading]) {
        let silent_before = self.silent.len();
        for reading in readings {
            let is_known = |sheet: &ExpectedSheet| {
                reading.sheet_id.as_ref() == Some(&sheet.sheet_id) && reading.page == Some(sheet.page)
            };
            if reading.sheet_id.is_some() && !expected.sheets.iter().any(is_known) {
                self.silent.push(format!("{}: filed to {:?}", expected.file, reading.sheet_id));
            }
        }
        for sheet in &expected.sheets {
            let found = readings.iter().find(|reading| {
                reading.sheet_id.as_ref() == Some(&sheet.sheet_id)
                    && reading.page == Some(sheet.page)
                    && reading.found_by.is_verified()
            });
            if !sheet.code_on_page {
                self.without_code += 1;
                if let Some(reading) = found {
                    self.add_fields(expected, sheet, reading);
                }
                continue;
            }
            let needs_person = found.is_none_or(|reading| reading.needs_person);
            self.add_sheet(expected, sheet, found);
            for name in &expected.damage {
                let row = self.damages.entry(name.clone()).or_default();
                row.sheets += 1;
                row.identified += u32::from(found.is_some());
                row.plain += u32::from(sheet.plain);
                row.to_a_person += u32::from(sheet.plain && needs_person);
            }
        }
        let silent = (self.silent.len() - silent_before) as u32;
        for name in &expected.damage {
            self.damages.entry(name.clone()).or_default().silent += silent;
        }
    }

    fn add_sheet(&mut self, expected: &Expected, sheet: &ExpectedSheet, found: Option<&PageReading>) {
        self.sheets += 1;
        self.plain += u32::from(sheet.plain);
        let Some(reading) = found else {
            self.plain_to_a_person += u32::from(sheet.plain);
            *self.reasons.entry("not identified".to_owned()).or_default() += 1;
            self.why.push(format!("{} ({}): not identified", expected.file, expected.damage.join(" ")));
            return;
        };
        self.identified += 1;
        self.stray.0 += u32::from(sheet.stray);
        self.stray.1 += u32::from(sheet.stray && !reading.needs_person);
        if sheet.plain && reading.needs_person {
            self.plain_to_a_person += 1;
            let reasons: Vec<String> = reading.reasons.iter().map(ToString::to_string).collect();
            for reason in &reading.reasons {
                *self.reasons.entry(reason.code.as_str().to_owned()).or_default() += 1;
            }
            self.why.push(format!(
                "{} ({}): quality {:.2}, {}",
                expected.file,
                expected.damage.join(" "),
                reading.quality,
                reasons.join("; ")
            ));
        }
        self.add_fields(expected, sheet, reading);
    }

    fn add_fields(&mut self, expected: &Expected, sheet: &ExpectedSheet, reading: &PageReading) {
        if reading.boxes.len() != sheet.boxes.len() {
            self.silent.push(format!("{}: {} boxes read", expected.file, reading.boxes.len()));
        }
        for (expected_box, read) in sheet.boxes.iter().zip(&reading.boxes) {
            self.add_box(expected, expected_box, read);
        }
        for (zone, read) in sheet.zones.iter().zip(&reading.zones) {
            self.zones.0 += 1;
            if zone.ink != read.ink {
                self.zones.1 += 1;
                self.zones_wrong.push(format!("{}: {} {}", expected.file, zone.field, zone.ink));
            }
        }
    }

    fn add_box(&mut self, expected: &Expected, expected_box: &ExpectedBox, read: &BoxReading) {
        let verdict = verdict(expected_box, read.state);
        self.boxes += 1;
        self.unsure += u32::from(verdict == Verdict::Unsure);
        if expected_box.chosen && expected_box.dark < FAINT_DARK {
            self.faint.0 += 1;
            self.faint.1 += u32::from(verdict == Verdict::Faint);
        }
        let step = ((read.quality * QUALITIES as f64) as usize).min(QUALITIES - 1);
        let class = self.classes.entry(expected_box.mark).or_default();
        for row in [Some(class), self.qualities.get_mut(step)].into_iter().flatten() {
            row.boxes += 1;
            row.unsure += u32::from(verdict == Verdict::Unsure);
            row.silent += u32::from(verdict == Verdict::Silent);
        }
        if verdict == Verdict::Silent {
            self.silent.push(format!(
                "{} ({}): {}/{} {} dark {:.3} is {:?} quality {:.2}",
                expected.file,
                expected.damage.join(" "),
                expected_box.field,
                expected_box.option,
                expected_box.mark.as_str(),
                expected_box.dark,
                read.state,
                read.quality
            ));
        }
    }

    /// Adds another tally to this one.
    pub fn join(&mut self, other: Self) {
        self.sheets += other.sheets;
        self.without_code += other.without_code;
        self.identified += other.identified;
        self.boxes += other.boxes;
        self.unsure += other.unsure;
        self.plain += other.plain;
        self.plain_to_a_person += other.plain_to_a_person;
        for (own, other) in
            [(&mut self.stray, other.stray), (&mut self.zones, other.zones), (&mut self.faint, other.faint)]
        {
            *own = (own.0 + other.0, own.1 + other.1);
        }
        self.silent.extend(other.silent);
        self.zones_wrong.extend(other.zones_wrong);
        self.why.extend(other.why);
        for (mark, row) in other.classes {
            self.classes.entry(mark).or_default().join(row);
        }
        for (own, other) in self.qualities.iter_mut().zip(other.qualities) {
            own.join(other);
        }
        for (name, row) in other.damages {
            self.damages.entry(name).or_default().join(row);
        }
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
    }

    /// Of the sheets sent, the share that was found and verified.
    #[must_use]
    pub fn identified_share(&self) -> f64 {
        share(self.identified, self.sheets)
    }

    /// Of the plainly answered sheets, the share that goes to a person.
    #[must_use]
    pub fn to_a_person_share(&self) -> f64 {
        share(self.plain_to_a_person, self.plain)
    }
}

impl Row {
    fn join(&mut self, other: Self) {
        self.boxes += other.boxes;
        self.unsure += other.unsure;
        self.silent += other.silent;
    }
}

impl DamageRow {
    fn join(&mut self, other: Self) {
        self.sheets += other.sheets;
        self.identified += other.identified;
        self.plain += other.plain;
        self.to_a_person += other.to_a_person;
        self.silent += other.silent;
    }
}

fn share(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole.max(1))
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "sheets {}, identified {} ({:.2} %), and {} without a whole code; boxes {}, silent errors {}, unsure {}",
            self.sheets,
            self.identified,
            100.0 * self.identified_share(),
            self.without_code,
            self.boxes,
            self.silent.len(),
            self.unsure
        )?;
        writeln!(
            f,
            "plainly answered {}, to a person {} ({:.2} %) {:?}",
            self.plain,
            self.plain_to_a_person,
            100.0 * self.to_a_person_share(),
            self.reasons
        )?;
        writeln!(
            f,
            "handwriting areas {}, read wrong {}; words beside the fields {}, overlooked {}; strokes under {:.1} % {}, \
             read as empty {}",
            self.zones.0,
            self.zones.1,
            self.stray.0,
            self.stray.1,
            100.0 * FAINT_DARK,
            self.faint.0,
            self.faint.1
        )?;
        writeln!(f, "\n{:<18}{:>8}{:>8}{:>8}", "mark", "boxes", "unsure", "silent")?;
        for (mark, row) in &self.classes {
            writeln!(f, "{:<18}{:>8}{:>8}{:>8}", mark.as_str(), row.boxes, row.unsure, row.silent)?;
        }
        writeln!(f, "\n{:<18}{:>8}{:>8}{:>8}", "quality", "boxes", "unsure", "silent")?;
        for (step, row) in self.qualities.iter().enumerate() {
            let name = format!("{:.1} to {:.1}", step as f64 / 10.0, (step + 1) as f64 / 10.0);
            writeln!(f, "{:<18}{:>8}{:>8}{:>8}", name, row.boxes, row.unsure, row.silent)?;
        }
        writeln!(
            f,
            "\n{:<18}{:>8}{:>8}{:>8}{:>8}{:>8}",
            "damage", "sheets", "found", "plain", "person", "silent"
        )?;
        for (name, row) in &self.damages {
            writeln!(
                f,
                "{:<18}{:>8}{:>8}{:>8}{:>8}{:>8}",
                name, row.sheets, row.identified, row.plain, row.to_a_person, row.silent
            )?;
        }
        Ok(())
    }
}

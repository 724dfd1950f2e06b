//! The reader against sheets of every form that asks something, filled in, mistreated and faxed as
//! `renraku::practice::trial` describes. `RENRAKU_TRIALS=3000` makes that many for each resolution instead of a
//! few; `RENRAKU_FIRST_TRIAL` sets the first seed. No threshold was tuned on seeds from 41,000,000 on.

use renraku::domain::sheet_number::SheetNumber;
use renraku::form::answers::check_answers;
use renraku::form::catalogue::Catalogue;
use renraku::form::layout::Frame;
use renraku::practice::damage::Resolution;
use renraku::practice::trial::tally::Tally;
use renraku::practice::trial::{PAPER_PX_PER_MM, PrintedPage, trial};
use renraku::read::book::{LookUp, SheetBook};
use renraku::read::raster::{Limits, rasterize_pdf};
use renraku::read::read_sheets;
use renraku::seal::code;
use renraku::seal::keyring::Keyring;
use renraku::sheet::{SheetOrder, render};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

const FIRST: u64 = 42_000_000;

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Every sheet of the region, verified with its key.
pub struct Region {
    keyring: Keyring,
    pub pages: Vec<PrintedPage>,
}

impl SheetBook for Region {
    fn frames(&self) -> Vec<Frame> {
        let mut frames: Vec<Frame> = Vec::new();
        for frame in self.pages.iter().filter_map(|page| page.layout.frame()) {
            if !frames.contains(&frame) {
                frames.push(frame);
            }
        }
        frames
    }

    fn look_up(&self, code_text: &str) -> LookUp {
        match code::verify(&self.keyring, code_text) {
            Ok(verified) => {
                let page = self
                    .pages
                    .iter()
                    .find(|page| page.sheet_id == verified.sheet_id && page.layout.page == verified.page);
                match page {
                    Some(page) => {
                        LookUp::Known { sheet_id: verified.sheet_id, layout: Box::new(page.layout.clone()) }
                    }
                    None => LookUp::UnknownSheet { sheet_id: verified.sheet_id },
                }
            }
            Err(code::NotOurCode::Forged) => LookUp::Forged,
            Err(code::NotOurCode::Shape) => LookUp::NotOurs,
        }
    }
}

/// The examples of every form, each with a few numbers, so that codes differ.
pub fn region(numbers: u8) -> Region {
    let keyring = Keyring::sample();
    let catalogue = Catalogue::built_in().unwrap();
    let mut pages = Vec::new();
    for form in catalogue.forms() {
        let file = format!("{}/tests/forms/{}/example.json", env!("CARGO_MANIFEST_DIR"), form.id);
        let example = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let answers = check_answers(form, &example).unwrap();
        let id = form.id.as_str();
        for nth in 0..numbers {
            let mut random = [nth.wrapping_mul(37); 7];
            random[..id.len().min(6)].copy_from_slice(&id.as_bytes()[..id.len().min(6)]);
            let sheet_id = SheetNumber::from_random(random);
            let sheet = render(&SheetOrder {
                form,
                answers: &answers,
                number: "26-000042-3",
                sheet_id: &sheet_id,
                keyring: &keyring,
                issued_on: jiff::civil::date(2026, 11, 22),
                due_on: Some(jiff::civil::date(2026, 12, 1)),
                return_fax: "03-0000-0000",
                sample: true,
                cover: false,
                attached: &[],
            })
            .unwrap();
            let dpi = PAPER_PX_PER_MM * 25.4;
            let (printed, problems) = rasterize_pdf(&sheet.pdf, dpi, dpi, &Limits::default());
            assert!(problems.is_empty(), "{problems:?}");
            let with_boxes =
                sheet.layout.pages.iter().zip(printed).filter(|(page, _)| !page.boxes.is_empty());
            pages.extend(with_boxes.map(|(layout, paper)| PrintedPage {
                sheet_id: sheet_id.clone(),
                layout: layout.clone(),
                paper: paper.bitmap,
            }));
        }
    }
    Region { keyring, pages }
}

fn run(region: &Region, resolution: Resolution, first: u64, count: u64) -> Tally {
    let next = AtomicU64::new(first);
    let whole = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut tally = Tally::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        break;
                    }
                    let trial = trial(&region.pages, resolution, seed);
                    let read = read_sheets(&trial.expected.file, &trial.page, region);
                    let readings: Vec<_> = read.into_iter().map(|one| one.reading).collect();
                    tally.add(&trial.expected, &readings);
                }
                whole.lock().unwrap().join(tally);
            });
        }
    });
    whole.into_inner().unwrap()
}

#[test]
fn whatever_was_done_to_the_sheet_no_guess_passes_for_an_answer() {
    let count = number("RENRAKU_TRIALS", 20);
    let first = number("RENRAKU_FIRST_TRIAL", FIRST);
    let region = region(if count > 100 { 4 } else { 1 });
    let mut silent = Vec::new();
    for (resolution, to_a_person) in [(Resolution::Fine, 0.02), (Resolution::Standard, 0.04)] {
        let mut tally = run(&region, resolution, first, count);
        println!("\n== {resolution:?}, seeds {first} to {}\n{tally}", first + count - 1);
        if std::env::var_os("RENRAKU_TRIALS_WHY").is_some() {
            tally.why.sort();
            println!("{}\n{}", tally.why.join("\n"), tally.zones_wrong.join("\n"));
        }
        silent.append(&mut tally.silent);
        // A handful of sheets says little about a share.
        if count >= 500 {
            assert!(tally.identified_share() >= 0.998, "{tally}");
            assert!(tally.to_a_person_share() <= to_a_person, "{tally}");
        }
    }
    assert_eq!(silent, Vec::<String>::new());
}

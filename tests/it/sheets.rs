//! Sheets answered by the practice clinic with random ticks, over a bad line, through the same doors as real
//! ones: PDF → pen → fax page → TIFF → reader → decision. `RENRAKU_SHEETS=200` answers that many for each
//! resolution instead of a few. The seeds were not used in tuning any threshold.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use renraku::domain::reading::BoxState;
use renraku::form::answers::{Answers, check_answers};
use renraku::form::catalogue::Catalogue;
use renraku::form::definition::FormDefinition;
use renraku::form::layout::{Frame, Layout};
use renraku::form::reply::{Decision, decide};
use renraku::practice::clinic::{AnsweredSheet, Sending, Ticked, answer};
use renraku::practice::damage::Resolution;
use renraku::read::book::{LookUp, SheetBook};
use renraku::read::raster::{self, Limits};
use renraku::read::{ReadPage, read_page};
use renraku::seal::code;
use renraku::seal::keyring::Keyring;
use renraku::sheet::{SheetOrder, render};
use std::collections::BTreeMap;

const FIRST_SEED: u64 = 700_000;

fn sheets() -> u64 {
    std::env::var("RENRAKU_SHEETS").ok().and_then(|count| count.parse().ok()).unwrap_or(12)
}

/// One sheet that went out, verified with its key.
pub struct OneSheet<'a> {
    pub layout: &'a Layout,
    pub keyring: &'a Keyring,
}

impl SheetBook for OneSheet<'_> {
    fn frames(&self) -> Vec<Frame> {
        self.layout.pages.iter().filter_map(renraku::form::layout::PageLayout::frame).collect()
    }

    fn look_up(&self, code_text: &str) -> LookUp {
        match code::verify(self.keyring, code_text) {
            Ok(verified) if verified.sheet_id == self.layout.sheet_id => {
                let layout = self.layout.page(verified.page).expect("every page has a layout");
                LookUp::Known { sheet_id: verified.sheet_id, layout: Box::new(layout.clone()) }
            }
            Ok(verified) => LookUp::UnknownSheet { sheet_id: verified.sheet_id },
            Err(code::NotOurCode::Forged) => LookUp::Forged,
            Err(code::NotOurCode::Shape) => LookUp::NotOurs,
        }
    }
}

/// Every page of a fax that came whole.
pub fn read(tiff: &[u8], book: &OneSheet) -> Vec<ReadPage> {
    let mut pages = Vec::new();
    let problems = raster::open(tiff, &Limits::default(), &mut |page| {
        pages.push(read_page("fax.tif", &page, book));
    });
    assert!(problems.is_empty(), "{problems:?}");
    pages
}

fn liaison() -> FormDefinition {
    Catalogue::built_in().unwrap().load("liaison").unwrap()
}

/// The example with 0 to 3 offered slots.
fn answers(form: &FormDefinition, slots: usize) -> Answers {
    let mut json: serde_json::Value =
        serde_json::from_str(include_str!("../forms/liaison/example.json")).unwrap();
    let offered = json["offered_slots"].as_array_mut().unwrap();
    offered.truncate(slots);
    if slots == 0 {
        json.as_object_mut().unwrap().remove("offered_slots");
    }
    check_answers(form, &json).unwrap()
}

/// What a run of sheets gave.
#[derive(Debug, Default)]
struct Tally {
    boxes: u32,
    pages: u32,
    to_a_person: u32,
    silent: Vec<String>,
    why: BTreeMap<String, u32>,
}

impl Tally {
    fn share_without_person(&self) -> f64 {
        1.0 - f64::from(self.to_a_person) / f64::from(self.pages)
    }

    fn add(&mut self, seed: u64, page: &ReadPage, decision: &Decision, ticked: &Ticked) {
        self.pages += 1;
        for one in &page.reading.boxes {
            self.boxes += 1;
            let chosen = ticked.answers[&one.field].contains(&one.option);
            let wrong = match one.state {
                BoxState::Empty => chosen,
                BoxState::Marked | BoxState::Circled => !chosen,
                BoxState::Cancelled | BoxState::Unsure => false,
            };
            if wrong {
                self.silent.push(format!("seed {seed}: {}.{} {:?}", one.field, one.option, one.state));
            }
        }
        let sure = !page.reading.needs_person && decision.reasons.is_empty();
        if sure && decision.answers.0 != ticked.answers {
            self.silent.push(format!("seed {seed}: {:?} for {:?}", decision.answers, ticked.answers));
        }
        if !sure {
            self.to_a_person += 1;
            for reason in page.reading.reasons.iter().chain(&decision.reasons) {
                *self.why.entry(reason.code.as_str().to_owned()).or_default() += 1;
            }
        }
    }
}

fn run(resolution: Resolution) -> Tally {
    let form = liaison();
    let keyring = Keyring::generate().unwrap();
    let mut tally = Tally::default();
    for seed in FIRST_SEED..FIRST_SEED + sheets() {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let slots = rng.random_range(0..=3);
        let (layout, answered) = one_sheet(&form, &keyring, slots, resolution, &mut rng);
        let book = OneSheet { layout: &layout, keyring: &keyring };
        let pages = read(&answered.tiff, &book);
        assert_eq!(pages.len(), layout.pages.len(), "seed {seed}");
        for page in &pages {
            let decision = decide(&form, &page.reading.boxes, &page.reading.zones, slots);
            tally.add(seed, page, &decision, &answered.ticked);
        }
    }
    println!(
        "{resolution:?}: {} pages, {} boxes, {} silent errors, {:.1} % without a person {:?}",
        tally.pages,
        tally.boxes,
        tally.silent.len(),
        100.0 * tally.share_without_person(),
        tally.why
    );
    tally
}

fn one_sheet(
    form: &FormDefinition,
    keyring: &Keyring,
    slots: usize,
    resolution: Resolution,
    rng: &mut ChaCha8Rng,
) -> (Layout, AnsweredSheet) {
    let answers = answers(form, slots);
    let sheet_id = renraku::domain::sheet_number::SheetNumber::from_random(rng.random());
    let sheet = render(&SheetOrder {
        form,
        answers: &answers,
        number: "26-000042-2",
        sheet_id: &sheet_id,
        keyring,
        issued_on: jiff::civil::date(2026, 11, 22),
        due_on: Some(jiff::civil::date(2026, 11, 30)),
        return_fax: "03-0000-0001",
        sample: true,
        cover: false,
        attached: &[],
    })
    .unwrap();
    let manner = Sending { resolution, damage: 1.0 };
    let answered = answer(&sheet.pdf, &sheet.layout, manner, rng).unwrap();
    (sheet.layout, answered)
}

#[test]
fn fine_faxes_become_what_was_ticked() {
    let tally = run(Resolution::Fine);
    assert_eq!(tally.silent, Vec::<String>::new());
    assert!(tally.share_without_person() >= 0.97 || tally.pages < 100, "{tally:?}");
}

#[test]
fn standard_faxes_become_what_was_ticked() {
    let tally = run(Resolution::Standard);
    assert_eq!(tally.silent, Vec::<String>::new());
    assert!(tally.share_without_person() >= 0.94 || tally.pages < 100, "{tally:?}");
}

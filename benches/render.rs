//! One sheet → PDF, warm: the whole way, and each half of it. Only a ratio says something on a machine that does other
//! things too; the ratio to krilla is measured in a package of its own, `benches/peer`. The size is asserted.

use divan::Bencher;
use jiff::civil::date;
use renraku::domain::sheet_number::SheetNumber;
use renraku::form::answers::{Answers, check_answers};
use renraku::form::catalogue::Catalogue;
use renraku::form::definition::FormDefinition;
use renraku::seal::keyring::Keyring;
use renraku::sheet::{SheetOrder, draw, render};
use renraku::typeset::pdf;

/// Most bytes of a sheet of one page: mail-to-fax services take little.
const MOST_BYTES: usize = 80_000;

fn main() {
    divan::main();
}

struct Sample {
    form: FormDefinition,
    answers: Answers,
    keyring: Keyring,
    sheet_id: SheetNumber,
}

impl Sample {
    fn new() -> Self {
        let form = Catalogue::built_in().unwrap().get("liaison").unwrap().clone();
        let example = include_str!("../tests/forms/liaison/example.json");
        let answers = check_answers(&form, &serde_json::from_str(example).unwrap()).unwrap();
        let sheet_id = SheetNumber::from_random([7; 7]);
        Self { form, answers, keyring: Keyring::sample(), sheet_id }
    }

    fn order(&self) -> SheetOrder<'_> {
        SheetOrder {
            form: &self.form,
            answers: &self.answers,
            number: "2026-000001",
            sheet_id: &self.sheet_id,
            keyring: &self.keyring,
            issued_on: date(2026, 11, 20),
            due_on: Some(date(2026, 11, 27)),
            return_fax: "03-0000-0001",
            sample: true,
            cover: false,
            attached: &[],
        }
    }
}

/// The liaison sheet with its example: form and answers → PDF.
#[divan::bench]
fn sheet(bencher: Bencher) {
    let sample = Sample::new();
    let rendered = render(&sample.order()).unwrap();
    let (bytes, pages) = (rendered.pdf.len(), rendered.layout.pages.len());
    assert!(pages == 1 && bytes <= MOST_BYTES, "{pages} pages, {bytes} bytes");
    bencher.bench(|| render(&sample.order()));
}

/// Its first half: form and answers → drawn pages.
#[divan::bench]
fn drawing(bencher: Bencher) {
    let sample = Sample::new();
    bencher.bench(|| draw(&sample.order()));
}

/// Its second half: drawn pages → PDF.
#[divan::bench]
fn writing(bencher: Bencher) {
    let pages = draw(&Sample::new().order()).unwrap().pages;
    bencher.bench(|| pdf::write("renraku 2026-000001", &pages));
}

//! What both write: the liaison sheet with its example (one page), and with the longest answers that it takes (two).

#[path = "../../../tests/it/longest.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod longest;

use jiff::civil::date;
use longest::longest_answers;
use renraku::domain::sheet_number::SheetNumber;
use renraku::form::answers::{Answers, check_answers};
use renraku::form::catalogue::Catalogue;
use renraku::form::definition::FormDefinition;
use renraku::seal::keyring::Keyring;
use renraku::sheet::{DrawnSheet, RenderedSheet, SheetOrder, draw, render};
use serde_json::Value;
use std::fmt;

/// Of the PDFs.
pub const TITLE: &str = "renraku 2026-000001";

/// A form with answers, and all that a sheet needs besides.
pub struct Sample {
    form: FormDefinition,
    answers: Answers,
    keyring: Keyring,
    sheet_id: SheetNumber,
    pages: usize,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} page(s)", self.pages)
    }
}

impl Sample {
    /// One page and two pages.
    #[must_use]
    pub fn all() -> [Self; 2] {
        let form = Catalogue::built_in().unwrap().get("liaison").unwrap().clone();
        let example =
            serde_json::from_str(include_str!("../../../tests/forms/liaison/example.json")).unwrap();
        let longest = longest_answers(&form);
        [Self::new(&form, &example, 1), Self::new(&form, &longest, 2)]
    }

    fn new(form: &FormDefinition, answers: &Value, pages: usize) -> Self {
        let answers = check_answers(form, answers).unwrap();
        let (keyring, sheet_id) = (Keyring::sample(), SheetNumber::from_random([7; 7]));
        let sample = Self { form: form.clone(), answers, keyring, sheet_id, pages };
        assert_eq!(sample.draw().pages.len(), pages, "{sample}");
        sample
    }

    /// renraku's whole path: form and answers → PDF.
    #[must_use]
    pub fn render(&self) -> RenderedSheet {
        render(&self.order()).unwrap()
    }

    /// Its first half: form and answers → drawn pages.
    #[must_use]
    pub fn draw(&self) -> DrawnSheet {
        draw(&self.order()).unwrap()
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

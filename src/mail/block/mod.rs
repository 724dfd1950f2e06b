//! The numbered block: the questions of a form as lines of a mail, which a doctor answers by replying and marking
//! lines. It carries the request's number and the form's own words, and never anything about a client.
//!
//! ```text
//! ==== ご回答欄ここから ====
//! …how to answer…
//! 連絡番号: 26-000042-3
//! 1. ご確認(1つだけ)
//! [ ] 1-1 受領
//! [ ] 1-2 添付が届いていない
//! ==== ご回答欄ここまで ====
//! ```
//!
//! [`write()`] makes the text, [`read()`] finds it in a reply. What is not beyond doubt is a [`Doubt`], for a person.

mod answer;
mod free;
mod lex;
mod lines;
mod plain;
mod read;
mod weigh;
mod words;
mod write;

pub use answer::{Doubt, TextAnswer};
pub use read::read;
pub use write::write;

use crate::domain::sheet_number::RequestNumber;
use crate::form::definition::{ChoiceOption, FormDefinition, ReplyField, ReplyKind};
use crate::form::reply::slot_option;

/// What one mail asks: the reply fields with boxes of one form, for one request. Who answers (医師・代筆) is asked only
/// where the form cannot do without: the mail's sender says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The request that it asks about.
    pub request: RequestNumber,
    /// In the order of the form; at least one.
    pub questions: Vec<Question>,
    /// Boxes that the form has and the block does not ask for: reply field and option.
    unasked: Vec<(String, String)>,
    /// The form's areas for handwriting.
    areas: Vec<String>,
}

/// One reply field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The reply field's id.
    pub field: String,
    /// Its Japanese label, with how many may be marked.
    pub label: String,
    /// True: at most one item may be marked.
    pub one_only: bool,
    /// True: it must be answered.
    pub required: bool,
    /// At least one.
    pub items: Vec<Item>,
}

/// One line to mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Question and option, both from 1: `1-2`. Unique in the block.
    pub code: String,
    /// The option's id.
    pub option: String,
    /// Its Japanese label.
    pub label: String,
}

impl Block {
    /// The block of a form. `slots` are the offered times as they are shown, in their order, of every field of slots
    /// alike. `None` for a form that has nothing to mark.
    #[must_use]
    pub fn new(form: &FormDefinition, request: &RequestNumber, slots: &[String]) -> Option<Self> {
        let mut block =
            Self { request: request.clone(), questions: Vec::new(), unasked: Vec::new(), areas: Vec::new() };
        for field in &form.replies {
            let options = options(field, slots);
            match field.kind {
                ReplyKind::Handwriting { .. } => block.areas.push(field.id.clone()),
                ReplyKind::Signature { .. } if !field.required => {
                    let unasked = options.into_iter().map(|(option, _)| (field.id.clone(), option));
                    block.unasked.extend(unasked);
                }
                _ if options.is_empty() => {}
                _ => block.ask(field, options),
            }
        }
        (!block.questions.is_empty()).then_some(block)
    }

    /// The item with this code.
    #[must_use]
    pub fn item(&self, code: &str) -> Option<&Item> {
        self.items().find(|item| item.code == code)
    }

    /// Every item, in order.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.questions.iter().flat_map(|question| &question.items)
    }

    fn ask(&mut self, field: &ReplyField, options: Vec<(String, String)>) {
        let number = self.questions.len() + 1;
        let item = |(index, (option, label)): (usize, (String, String))| Item {
            code: format!("{number}-{}", index + 1),
            option,
            label: one_line(&label),
        };
        let one_only = matches!(field.kind, ReplyKind::ChooseOne { .. } | ReplyKind::Signature { .. });
        self.questions.push(Question {
            field: field.id.clone(),
            label: with_how_many(&one_line(&field.label.ja), one_only),
            one_only,
            required: field.required,
            items: options.into_iter().enumerate().map(item).collect(),
        });
    }
}

/// Option and label of every box of the field.
fn options(field: &ReplyField, slots: &[String]) -> Vec<(String, String)> {
    let of_form = |option: &ChoiceOption| (option.id.clone(), option.label.ja.clone());
    match &field.kind {
        ReplyKind::ChooseOne { options }
        | ReplyKind::ChooseMany { options }
        | ReplyKind::Signature { options } => options.iter().map(of_form).collect(),
        ReplyKind::Slots { .. } => {
            slots.iter().enumerate().map(|(index, slot)| (slot_option(index + 1), slot.clone())).collect()
        }
        ReplyKind::Handwriting { .. } => Vec::new(),
    }
}

/// The label with how many may be marked, where it does not say so itself.
fn with_how_many(label: &str, one_only: bool) -> String {
    let says = label.contains("つだけ") || label.contains("すべて");
    match one_only {
        _ if says => label.to_owned(),
        true => format!("{label}(1つだけ)"),
        false => format!("{label}(いくつでも)"),
    }
}

/// A label stands in one line: what breaks lines is a blank.
fn one_line(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ")
}

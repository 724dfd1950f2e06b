//! A form definition with what was typed and what is wrong with it → what the template shows. Every kind of
//! field that a form file can have is here, so that a new form needs no template.

use super::filled;
use super::pairs::Pairs;
use crate::domain::directory::Clinic;
use crate::flow::submit::verified_route;
use crate::form::answers::AnswerMistake;
use crate::form::definition::{ChoiceOption, Field, FieldKind, FormDefinition, Label, PartyRole};
use serde::Serialize;
use serde_json::{Map, Value};

/// What the template shows of one field.
#[derive(Debug, Serialize)]
pub struct FieldView {
    /// The id of its element, for the list of mistakes.
    id: String,
    /// The name that is posted.
    name: String,
    label: Label,
    help: Option<Label>,
    required: bool,
    kind: &'static str,
    /// The most characters, or 0.
    max_chars: usize,
    options: Vec<ChoiceOption>,
    chosen: Vec<String>,
    value: String,
    rows: Vec<Map<String, Value>>,
    mistakes: Vec<String>,
}

/// A clinic that can be chosen, with its doctors.
#[derive(Debug, Serialize)]
pub struct ClinicView {
    id: String,
    name: String,
    doctors: Vec<String>,
    /// False: nothing can be sent to it before its number is verified.
    verified: bool,
}

/// One mistake with the field that it is about, for the list at the top.
#[derive(Debug, Serialize)]
pub struct MistakeView {
    field: String,
    what: String,
}

/// Every field, in the order of the form.
#[must_use]
pub fn fields(form: &FormDefinition, posted: &Pairs, mistakes: &[AnswerMistake]) -> Vec<FieldView> {
    form.fields.iter().map(|field| view(field, posted, mistakes)).collect()
}

/// Every clinic, those that can be sent to first.
#[must_use]
pub fn clinics(clinics: &[Clinic]) -> Vec<ClinicView> {
    let mut views: Vec<ClinicView> = clinics
        .iter()
        .map(|clinic| ClinicView {
            id: clinic.id.to_string(),
            name: clinic.name.clone(),
            doctors: clinic.doctors.iter().map(|doctor| doctor.name.clone()).collect(),
            verified: verified_route(clinic).is_ok(),
        })
        .collect();
    views.sort_by_key(|clinic| !clinic.verified);
    views
}

/// The mistakes with the fields that they stand at.
#[must_use]
pub fn mistakes(mistakes: &[AnswerMistake]) -> Vec<MistakeView> {
    let view = |mistake: &AnswerMistake| MistakeView {
        field: top(&mistake.field).to_owned(),
        what: mistake.what.clone(),
    };
    mistakes.iter().map(view).collect()
}

/// The sentences about `field` or a part of it.
#[must_use]
pub fn about(field: &str, mistakes: &[AnswerMistake]) -> Vec<String> {
    let here = mistakes.iter().filter(|mistake| top(&mistake.field) == field);
    here.map(|mistake| mistake.what.clone()).collect()
}

/// `offered_slots` of `offered_slots.2.date`.
fn top(field: &str) -> &str {
    field.split_once('.').map_or(field, |(top, _)| top)
}

fn view(field: &Field, posted: &Pairs, mistakes: &[AnswerMistake]) -> FieldView {
    let name = filled::name(field);
    // As it was typed, blanks and all.
    let value = posted.all(&name).next().unwrap_or_default().to_owned();
    let mut view = FieldView {
        id: field.id.clone(),
        label: field.label.clone(),
        help: field.help.clone(),
        required: field.required,
        kind: "",
        max_chars: 0,
        options: Vec::new(),
        chosen: Vec::new(),
        value,
        rows: Vec::new(),
        mistakes: about(&field.id, mistakes),
        name,
    };
    match &field.kind {
        FieldKind::Text { max_chars } => (view.kind, view.max_chars) = ("text", *max_chars),
        FieldKind::LongText { max_chars } => (view.kind, view.max_chars) = ("long_text", *max_chars),
        FieldKind::Choice { options } => (view.kind, view.options) = ("choice", options.clone()),
        FieldKind::Choices { options } => (view.kind, view.options) = ("choices", options.clone()),
        FieldKind::Date => view.kind = "date",
        FieldKind::Slots { max } => {
            view.kind = "slots";
            view.rows = filled::slots(&view.name, *max, posted);
            view.rows.resize(*max, Map::new());
        }
        FieldKind::Client => view.kind = "client",
        FieldKind::Party { role: PartyRole::CareManager } => {
            view.kind = "sender";
            view.name = format!("{}.person", view.name);
            view.value = posted.all(&view.name).next().unwrap_or_default().to_owned();
        }
        FieldKind::Party { .. } => (view.kind, view.name) = ("recipient", "to".to_owned()),
    }
    view.chosen = posted.all(&view.name).map(str::to_owned).collect();
    view
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::catalogue::Catalogue;

    #[test]
    fn what_was_typed_and_what_is_wrong_stand_at_their_fields() {
        let form = Catalogue::built_in().unwrap().load("liaison").unwrap();
        let mut posted = Pairs::default();
        for (name, value) in [
            ("f.subject", " \"><script> "),
            ("f.purposes", "other"),
            ("f.offered_slots.3.date", "2026-12-01"),
            ("to", "x/𠮷田"),
        ] {
            posted.add(name, value);
        }
        let wrong =
            [AnswerMistake { field: "offered_slots.1.from".to_owned(), what: "いつ / when".to_owned() }];
        let views = fields(&form, &posted, &wrong);
        let find = |id: &str| views.iter().find(|view| view.id == id).unwrap();
        assert_eq!(find("subject").value, " \"><script> ");
        assert_eq!(find("purposes").chosen, ["other"]);
        assert_eq!(find("recipient").chosen, ["x/𠮷田"]);
        // The third row has become the first, as the check counts.
        assert_eq!(find("offered_slots").rows.len(), 3);
        assert_eq!(find("offered_slots").rows[0]["date"], "2026-12-01");
        assert_eq!(find("offered_slots").mistakes, ["いつ / when"]);
        assert!(views.iter().all(|view| !view.kind.is_empty()));
    }
}

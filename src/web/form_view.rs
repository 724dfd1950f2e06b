//! A form definition with what was typed and what is wrong with it → what the template shows. Every kind of
//! field that a form file can have is here, so that a new form needs no template.

use super::filled;
use super::pairs::Pairs;
use crate::domain::directory::Clinic;
use crate::domain::identifier::Warning;
use crate::flow::submit::verified_route;
use crate::form::answers::AnswerMistake;
use crate::form::condition::is_shown;
use crate::form::definition::{ChoiceOption, Field, FieldKind, FormDefinition, Label, PartyRole, URGENT};
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
    /// Behind a number.
    unit: Option<Label>,
    options: Vec<ChoiceOption>,
    chosen: Vec<String>,
    value: String,
    rows: Vec<Map<String, Value>>,
    mistakes: Vec<String>,
    /// What it depends on; `None` for a field that is always there.
    when: Option<WhenView>,
    /// True: it is not asked for as the form is filled now.
    hidden: bool,
    /// True: one of its options makes the request urgent.
    can_be_urgent: bool,
}

/// What a field depends on, for the script that shows it at once.
#[derive(Debug, Serialize)]
struct WhenView {
    /// The name under which the choice is posted.
    name: String,
    /// The options for which the field is shown, with blanks between.
    is: String,
}

/// A clinic that can be chosen, with its doctors.
#[derive(Debug, Serialize)]
pub struct ClinicView {
    id: String,
    name: String,
    doctors: Vec<String>,
    /// False: somebody carries its sheets until its number is verified.
    verified: bool,
}

/// One mistake with the field that it is about, for the list at the top.
#[derive(Debug, Serialize)]
pub struct MistakeView {
    field: String,
    what: String,
}

/// Every field that the page asks for, in the order of the form.
#[must_use]
pub fn fields(form: &FormDefinition, posted: &Pairs, mistakes: &[AnswerMistake]) -> Vec<FieldView> {
    let of_page = form.fields.iter().filter(|field| is_asked(form, field));
    let shown = |field: &Field| is_shown(form, field, &|id| chosen(posted, id));
    of_page.map(|field| FieldView { hidden: !shown(field), ..view(field, posted, mistakes) }).collect()
}

/// The conditional fields that are asked for as the form is filled now, and that its page did not show when it
/// was posted: without a script they appear only now.
#[must_use]
pub fn unseen<'a>(form: &'a FormDefinition, posted: &Pairs) -> Vec<&'a Field> {
    let seen = |field: &Field| {
        let name = filled::name(field);
        let part = format!("{name}.");
        posted.all("seen").any(|id| id == field.id)
            || posted.iter().any(|(posted, _)| posted == name || posted.starts_with(&part))
    };
    let appears = |field: &&Field| {
        field.when.is_some() && is_shown(form, field, &|id| chosen(posted, id)) && !seen(field)
    };
    form.fields.iter().filter(appears).collect()
}

/// A warning about the field that it is about, for the page before sending.
#[must_use]
pub fn warnings(form: &FormDefinition, warnings: &[(String, Warning)]) -> Vec<Value> {
    let view = |(place, warning): &(String, Warning)| {
        let field = form.field(top(place))?;
        Some(context! { label => field.label, what => warning.to_string() })
    };
    warnings.iter().filter_map(view).collect()
}

/// The office itself and whom it asks; a party of another sender or recipient is not for this page.
fn is_asked(form: &FormDefinition, field: &Field) -> bool {
    match field.kind {
        FieldKind::Party { role: PartyRole::CareManager } => {
            form.senders().any(|role| role == PartyRole::CareManager)
        }
        FieldKind::Party { role } => form.recipients().find(|to| *to != PartyRole::CareManager) == Some(role),
        _ => true,
    }
}

fn chosen(posted: &Pairs, id: &str) -> Vec<String> {
    posted.all(&format!("f.{id}")).map(str::to_owned).collect()
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
pub fn top(field: &str) -> &str {
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
        unit: None,
        options: Vec::new(),
        chosen: Vec::new(),
        value,
        rows: Vec::new(),
        mistakes: about(&field.id, mistakes),
        when: field
            .when
            .as_ref()
            .map(|when| WhenView { name: format!("f.{}", when.field), is: when.is.join(" ") }),
        hidden: false,
        can_be_urgent: matches!(field.kind, FieldKind::Choice { .. })
            && field.kind.options().iter().any(|option| option.id == URGENT),
        name,
    };
    match &field.kind {
        FieldKind::Text { max_chars } => (view.kind, view.max_chars) = ("text", *max_chars),
        FieldKind::LongText { max_chars } => (view.kind, view.max_chars) = ("long_text", *max_chars),
        FieldKind::Choice { options } => (view.kind, view.options) = ("choice", options.clone()),
        FieldKind::Choices { options } => (view.kind, view.options) = ("choices", options.clone()),
        FieldKind::Date => view.kind = "date",
        FieldKind::Number { .. } => (view.kind, view.unit) = ("number", field.kind.unit().cloned()),
        FieldKind::Address => view.kind = "text",
        FieldKind::Fax | FieldKind::Telephone => view.kind = "telephone",
        FieldKind::InsurerNumber
        | FieldKind::InsuredNumber
        | FieldKind::OfficeNumber
        | FieldKind::ClinicCode => view.kind = "code",
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

//! The longest answers that a form takes: every field that can be shown is filled to its limit. Made from the
//! definition, so that a new form needs no file for them.

use renraku::form::definition::{Condition, DueRule, Field, FieldKind, FormDefinition, PartyRole};
use serde_json::{Map, Value, json};

/// Full-width text of exactly `chars` characters, with the punctuation that line breaking must handle.
pub fn text(chars: usize) -> String {
    "見本の長い文章です。「訪問」は、週3回(月・水・金)を予定し、夕食後のお薬を確かめます。"
        .chars()
        .cycle()
        .take(chars)
        .collect()
}

/// A legal answer set of which no field can be longer.
pub fn longest_answers(form: &FormDefinition) -> Value {
    let mut answers = Map::new();
    for field in form.fields.iter().filter(|field| !is_other_side(form, field)) {
        answers.insert(field.id.clone(), longest(form, field));
    }
    if form.consent.is_some() {
        let consent = json!({ "date": "2026-12-31", "method": "written", "by": text(60), "scope": text(60) });
        answers.insert("consent".to_owned(), consent);
    }
    Value::Object(answers)
}

/// A form for several senders or recipients names one of each.
fn is_other_side(form: &FormDefinition, field: &Field) -> bool {
    let FieldKind::Party { role } = field.kind else { return false };
    form.also_from.contains(&role) || form.also_to.contains(&role)
}

fn longest(form: &FormDefinition, field: &Field) -> Value {
    match &field.kind {
        FieldKind::Text { max_chars } => json!(text(*max_chars)),
        // A line break inside, as people write.
        FieldKind::LongText { max_chars } => {
            let half = max_chars / 2;
            json!(format!("{}\n{}", text(half), text(max_chars - half - 1)))
        }
        FieldKind::Choice { options } => {
            // Of the options the one that shows the most other fields, then the longest.
            let shows = |id: &str| {
                let on = |when: &Condition| when.field == field.id && when.is.iter().any(|is| is == id);
                form.fields.iter().filter(|other| other.when.as_ref().is_some_and(on)).count()
            };
            let best =
                options.iter().max_by_key(|option| (shows(&option.id), option.label.ja.chars().count()));
            json!(best.map(|option| &option.id))
        }
        FieldKind::Choices { options } => json!(options.iter().map(|option| &option.id).collect::<Vec<_>>()),
        FieldKind::Date => json!("2026-12-31"),
        FieldKind::Number { max, .. } => json!(max.to_string()),
        FieldKind::Address => json!(text(100)),
        FieldKind::InsurerNumber => json!("130005"),
        FieldKind::InsuredNumber => json!("0000000001"),
        FieldKind::OfficeNumber => json!("1370000000"),
        FieldKind::ClinicCode => json!("1310000003"),
        FieldKind::Fax => json!("03-0000-0001"),
        FieldKind::Telephone => json!("090-0000-0000"),
        FieldKind::Slots { max } => {
            let slot = |nth: usize| json!({ "date": format!("2026-12-{}", 20 + nth), "from": "13:00", "to": "13:30" });
            json!((1..=*max).map(slot).collect::<Vec<_>>())
        }
        FieldKind::Client => json!({
            "name": text(60), "kana": "ミホン".repeat(20), "birth_date": "1940-12-31", "sex": "female",
            "insurer_number": "130005", "insured_number": "0000000001", "care_level": "11",
            "valid_from": "2026-12-31", "valid_to": "2028-12-31",
        }),
        FieldKind::Party { role } => {
            let code = if *role == PartyRole::CareManager { "1370000000" } else { "1310000003" };
            let mut party = json!({
                "organization": text(60), "person": text(60), "department": text(60), "code": code,
                "tel": "03-0000-0002", "fax": "03-0000-0001", "mail": "sample@example.jp",
            });
            if *role == PartyRole::Association {
                party.as_object_mut().unwrap().remove("code");
            }
            party
        }
    }
}

/// True when a reply is due.
pub fn is_due(form: &FormDefinition) -> bool {
    form.due != DueRule::NoReply
}

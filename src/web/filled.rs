//! What was posted from a request's form → answers as the form's language takes them. Checks nothing: a wrong
//! value goes through as it is, and the form's own check says what is wrong with it.

use super::pairs::Pairs;
use crate::domain::client::Client;
use crate::form::definition::{Field, FieldKind, FormDefinition, PartyRole};
use serde_json::{Map, Value, json};

/// The name of a form field in the page.
#[must_use]
pub fn name(field: &Field) -> String {
    format!("f.{}", field.id)
}

/// The answers. The client is the one from the directory, never what was posted.
#[must_use]
pub fn answers(form: &FormDefinition, posted: &Pairs, client: &Client) -> Map<String, Value> {
    let mut answers = Map::new();
    for field in &form.fields {
        let name = name(field);
        let value = match &field.kind {
            FieldKind::Choices { .. } => json!(posted.all(&name).collect::<Vec<_>>()),
            FieldKind::Slots { max } => json!(slots(&name, *max, posted)),
            FieldKind::Client => json!(client),
            FieldKind::Party { role: PartyRole::CareManager } => {
                json!({ "person": posted.get(&format!("{name}.person")) })
            }
            FieldKind::Party { .. } => json!({ "person": doctor(posted) }),
            // One text, whatever it has to be.
            _ => json!(posted.get(&name)),
        };
        answers.insert(field.id.clone(), value);
    }
    if form.consent.is_some() {
        answers.insert("consent".to_owned(), consent(posted));
    }
    answers
}

/// The clinic's id in `to`, the posted choice of clinic and doctor: `id` or `id/name`.
#[must_use]
pub fn clinic(posted: &Pairs) -> &str {
    let to = posted.get("to");
    to.split_once('/').map_or(to, |(clinic, _)| clinic)
}

fn doctor(posted: &Pairs) -> &str {
    posted.get("to").split_once('/').map_or("", |(_, doctor)| doctor)
}

/// The rows of a field of times in which something stands, in order.
#[must_use]
pub fn slots(name: &str, max: usize, posted: &Pairs) -> Vec<Map<String, Value>> {
    let row = |nth: usize| {
        let part = |part: &str| posted.get(&format!("{name}.{nth}.{part}")).to_owned();
        let parts = [("date", part("date")), ("from", part("from")), ("to", part("to"))];
        let given = parts.iter().any(|(_, value)| !value.is_empty());
        given.then(|| parts.into_iter().map(|(key, value)| (key.to_owned(), json!(value))).collect())
    };
    (1..=max).filter_map(row).collect()
}

/// Nothing at all when nothing was said about it.
fn consent(posted: &Pairs) -> Value {
    let part = |part: &str| posted.get(&format!("consent.{part}")).to_owned();
    let parts = ["date", "method", "by", "scope"].map(|name| (name.to_owned(), json!(part(name))));
    if parts.iter().all(|(_, value)| value == "") {
        Value::Null
    } else {
        Value::Object(parts.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::answers::check_answers;
    use crate::form::catalogue::Catalogue;

    fn client() -> Client {
        serde_json::from_value(json!({ "name": "見本 花子" })).unwrap()
    }

    fn posted(pairs: &[(&str, &str)]) -> Pairs {
        pairs.iter().fold(Pairs::default(), |mut posted, (name, value)| {
            posted.add(name, value);
            posted
        })
    }

    #[test]
    fn every_kind_of_field_is_taken_as_the_form_wants_it() {
        let form = Catalogue::built_in().unwrap().load("liaison").unwrap();
        let posted = posted(&[
            ("to", "0190/見本 一郎"),
            ("f.sender.person", "見本 太郎"),
            ("f.urgency", "normal"),
            ("f.purposes", "medication"),
            ("f.purposes", "other"),
            ("f.subject", " 件名 "),
            ("f.content", "一\r\n二"),
            ("f.conference_date", ""),
            ("f.offered_slots.1.date", ""),
            ("f.offered_slots.2.date", "2026-12-01"),
            ("f.offered_slots.2.from", "13:00"),
            ("f.offered_slots.2.to", "13:30"),
            ("consent.date", "令和8年11月1日"),
            ("consent.method", "oral"),
        ]);
        let mut answers = answers(&form, &posted, &client());
        assert_eq!(answers["recipient"], json!({ "person": "見本 一郎" }));
        assert_eq!(clinic(&posted), "0190");
        let party = json!({ "organization": "a", "person": "b", "fax": "03-0000-0001" });
        answers.insert("sender".to_owned(), party.clone());
        answers.insert("recipient".to_owned(), party);
        let checked = check_answers(&form, &Value::Object(answers)).unwrap();
        assert_eq!(checked.chosen("purposes"), ["medication", "other"]);
        assert_eq!(checked.text("subject"), Some("件名"));
        assert_eq!(checked.text("content"), Some("一\n二"));
        assert_eq!(checked.slots("offered_slots").len(), 1);
        assert!(checked.get("conference_date").is_none());
        assert!(checked.consent().is_some());
    }

    #[test]
    fn an_empty_form_is_empty_answers() {
        let form = Catalogue::built_in().unwrap().load("liaison").unwrap();
        let answers = answers(&form, &Pairs::default(), &client());
        assert_eq!(answers["consent"], Value::Null);
        let mistakes = check_answers(&form, &Value::Object(answers)).unwrap_err();
        assert!(mistakes.iter().any(|mistake| mistake.field == "consent"));
        assert!(mistakes.iter().any(|mistake| mistake.field == "purposes"));
    }
}

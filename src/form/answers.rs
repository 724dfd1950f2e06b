//! What the sender filled in: checked against its form, typed, in the order of the form. No message
//! repeats what was filled in, since it may be a client's data. Never fills in anything by itself.

mod object;
mod value;

pub use value::CLIENT_ITEMS;

use super::check::CONSENT_KEY;
use super::condition::is_shown;
use super::definition::{Field, FieldKind, FormDefinition, PartyRole, URGENT};
use crate::domain::client::Client;
use crate::domain::identifier::{
    ClinicCode, FaxNumber, InsurerNumber, MailAddress, OfficeNumber, PhoneNumber, Warning,
};
use jiff::civil::{Date, Time};
use object::Object;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::fmt;

/// One thing that is wrong with the answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{field}: {what}")]
pub struct AnswerMistake {
    /// The field's id, and within a client or a party its item: `client.birth_date`.
    pub field: String,
    /// One sentence in Japanese and English: what is wrong and what to do.
    pub what: String,
}

/// What one field holds.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Of `text`, `long_text`, and every kind of number and code, as it is printed (a number without its
    /// unit); lines end with `\n`.
    Text(String),
    /// The chosen option's id.
    Choice(String),
    /// The chosen options' ids, in the order of the form.
    Choices(Vec<String>),
    /// A day.
    Date(Date),
    /// The offered times; the nth is the reply option `slot_n`.
    Slots(Vec<Slot>),
    /// The client.
    Client(Box<Client>),
    /// An office or a clinic; its role is the field's.
    Party(Box<Party>),
    /// The consent, under the key `consent`.
    Consent(Consent),
}

/// One time that is offered: `{"date":"2026-12-01","from":"13:00","to":"13:30"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Slot {
    /// The day.
    pub date: Date,
    /// From, in Japanese time.
    #[serde(serialize_with = "hours_and_minutes")]
    pub from: Time,
    /// To, later on the same day.
    #[serde(serialize_with = "hours_and_minutes")]
    pub to: Time,
}

/// A person with an office or a clinic.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Party {
    /// Whom the form means by it. Not in the JSON: it is the field's.
    #[serde(skip)]
    pub role: PartyRole,
    /// 事業所名・医療機関名.
    pub organization: String,
    /// 担当者・医師.
    pub person: String,
    /// 診療科・部署.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// 介護事業所番号 of an office, 医療機関コード of a clinic or a hospital.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<PartyCode>,
    /// TEL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tel: Option<PhoneNumber>,
    /// FAX; always there for the sender of a form that has replies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fax: Option<FaxNumber>,
    /// Mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailAddress>,
}

/// The number by which an institution is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PartyCode {
    /// 介護事業所番号.
    Office(OfficeNumber),
    /// 医療機関コード.
    Clinic(ClinicCode),
}

/// The consent (同意) that the sender has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Consent {
    /// 同意日.
    pub date: Date,
    /// 方法.
    pub method: ConsentMethod,
    /// By whom: 本人, 長女.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Of what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// How the consent was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentMethod {
    /// 書面.
    Written,
    /// 口頭.
    Oral,
}

/// Checked answers, in the order of the form's fields, then the consent. As JSON it is the object
/// that [`check_answers`] takes: that is the way back.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Answers {
    items: Vec<(String, Answer)>,
    warnings: Vec<(String, Warning)>,
}

/// The answers in `json`, an object of field ids, against `form`.
///
/// # Errors
/// Every mistake, in the order of the form.
pub fn check_answers(form: &FormDefinition, json: &Value) -> Result<Answers, Vec<AnswerMistake>> {
    let mut mistakes = Vec::new();
    let mut answers = Answers::default();
    let Some(root) = Object::root(json, &mut mistakes) else { return Err(mistakes) };
    // What was chosen in a field that is not shown any more is not sent, and decides nothing.
    let chosen = |field: &str| root.chosen(field);
    for field in form.fields.iter().filter(|field| is_shown(form, field, &chosen)) {
        if let Some(answer) = value::answer(form, field, &root, &mut mistakes) {
            answers.warnings.extend(warnings_of(field, &answer));
            answers.items.push((field.id.clone(), answer));
        }
    }
    one_of_each_side(form, &answers, &mut mistakes);
    if let Some(rule) = &form.consent
        && let Some(consent) = value::consent(rule, &root, &mut mistakes)
    {
        answers.items.push((CONSENT_KEY.to_owned(), Answer::Consent(consent)));
    }
    let consent_key = form.consent.as_ref().map(|_| CONSENT_KEY);
    let known: Vec<&str> = form.fields.iter().map(|field| field.id.as_str()).chain(consent_key).collect();
    root.only(&known, &mut mistakes);
    if mistakes.is_empty() { Ok(answers) } else { Err(mistakes) }
}

/// A form for several kinds of senders or recipients has a field for each, and exactly one is filled.
fn one_of_each_side(form: &FormDefinition, answers: &Answers, mistakes: &mut Vec<AnswerMistake>) {
    let sides = [
        (form.senders().collect::<Vec<_>>(), "差出人を1つだけ記入してください", "name exactly one sender"),
        (form.recipients().collect(), "宛先を1つだけ記入してください", "name exactly one recipient"),
    ];
    for (roles, ja, en) in sides.iter().filter(|(roles, ..)| roles.len() > 1) {
        let is_side =
            |field: &&Field| matches!(field.kind, FieldKind::Party { role } if roles.contains(&role));
        let fields: Vec<&Field> = form.fields.iter().filter(is_side).collect();
        let given = fields.iter().filter(|field| answers.get(&field.id).is_some()).count();
        if let Some(first) = fields.first()
            && given != 1
        {
            mistakes.push(object::mistake(first.id.clone(), ja, en));
        }
    }
}

/// A client by itself, as a form's field of that kind takes it: `{name, kana, birth_date, …}`.
///
/// # Errors
/// Every mistake; the field is the item's name.
pub fn check_client(json: &Value) -> Result<Client, Vec<AnswerMistake>> {
    let mut mistakes = Vec::new();
    let Some(root) = Object::root(json, &mut mistakes) else { return Err(mistakes) };
    let client = value::client(&root, &mut mistakes);
    if mistakes.is_empty() { Ok(client) } else { Err(mistakes) }
}

impl Answers {
    /// Every answer with its field's id, in the order of the form.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Answer)> {
        self.items.iter().map(|(id, answer)| (id.as_str(), answer))
    }

    /// The answer of the field `id`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Answer> {
        self.iter().find(|(candidate, _)| *candidate == id).map(|(_, answer)| answer)
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> Option<&Client> {
        self.iter().find_map(|(_, answer)| match answer {
            Answer::Client(client) => Some(client.as_ref()),
            _ => None,
        })
    }

    /// The party of `role`; a form has at most one.
    #[must_use]
    pub fn party(&self, role: PartyRole) -> Option<&Party> {
        self.iter().find_map(|(_, answer)| match answer {
            Answer::Party(party) if party.role == role => Some(party.as_ref()),
            _ => None,
        })
    }

    /// Who asks.
    #[must_use]
    pub fn sender(&self, form: &FormDefinition) -> Option<&Party> {
        form.senders().find_map(|role| self.party(role))
    }

    /// Who is asked.
    #[must_use]
    pub fn recipient(&self, form: &FormDefinition) -> Option<&Party> {
        form.recipients().find_map(|role| self.party(role))
    }

    /// True when sheet and page say that one telephones in an emergency: the form is urgent by itself, or the
    /// option `urgent` of a choice was chosen.
    #[must_use]
    pub fn is_urgent(&self, form: &FormDefinition) -> bool {
        let chosen = |field: &Field| {
            matches!(field.kind, FieldKind::Choice { .. })
                && self.chosen(&field.id).iter().any(|id| id == URGENT)
        };
        form.urgent || form.fields.iter().any(chosen)
    }

    /// The times offered in the field `id`; empty where none were.
    #[must_use]
    pub fn slots(&self, id: &str) -> &[Slot] {
        match self.get(id) {
            Some(Answer::Slots(slots)) => slots,
            _ => &[],
        }
    }

    /// The days in the field `id`: of a date, or of the times offered.
    #[must_use]
    pub fn days(&self, id: &str) -> Vec<Date> {
        match self.get(id) {
            Some(Answer::Date(day)) => vec![*day],
            Some(Answer::Slots(slots)) => slots.iter().map(|slot| slot.date).collect(),
            _ => vec![],
        }
    }

    /// The text of the field `id`.
    #[must_use]
    pub fn text(&self, id: &str) -> Option<&str> {
        match self.get(id) {
            Some(Answer::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The consent.
    #[must_use]
    pub fn consent(&self) -> Option<&Consent> {
        match self.get(CONSENT_KEY) {
            Some(Answer::Consent(consent)) => Some(consent),
            _ => None,
        }
    }

    /// The ids of the options that were chosen in the field `id`, of a choice or of choices.
    #[must_use]
    pub fn chosen(&self, id: &str) -> &[String] {
        match self.get(id) {
            Some(Answer::Choice(option)) => std::slice::from_ref(option),
            Some(Answer::Choices(options)) => options,
            _ => &[],
        }
    }

    /// What a person should look at, with the item: check digits that do not fit, fax numbers over which
    /// faxes often break. Nothing stops because of them.
    #[must_use]
    pub fn warnings(&self) -> &[(String, Warning)] {
        &self.warnings
    }

    /// The same as JSON.
    ///
    /// # Errors
    /// None in practice: every value has a JSON form.
    pub fn to_json(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }
}

/// The warnings about one answer, with the item of it that each is about.
fn warnings_of(field: &Field, answer: &Answer) -> Vec<(String, Warning)> {
    let (item, warnings) = match answer {
        Answer::Client(client) => {
            let insurer = client.insurer_number.as_ref();
            (".insurer_number", insurer.map(InsurerNumber::warnings))
        }
        Answer::Party(party) => (".code", party.code.as_ref().map(PartyCode::warnings)),
        Answer::Text(text) => ("", Some(warnings_of_text(&field.kind, text))),
        _ => ("", None),
    };
    let place = format!("{}{item}", field.id);
    warnings.into_iter().flatten().map(|warning| (place.clone(), warning)).collect()
}

fn warnings_of_text(kind: &FieldKind, text: &str) -> Vec<Warning> {
    let parsed = match kind {
        FieldKind::InsurerNumber => InsurerNumber::parse(text).map(|(_, warnings)| warnings),
        FieldKind::OfficeNumber => OfficeNumber::parse(text).map(|(_, warnings)| warnings),
        FieldKind::ClinicCode => ClinicCode::parse(text).map(|(_, warnings)| warnings),
        FieldKind::Fax => {
            let ip = FaxNumber::parse(text).is_ok_and(|number| number.is_ip_telephone());
            return if ip { vec![Warning::IpTelephone] } else { vec![] };
        }
        _ => return vec![],
    };
    parsed.unwrap_or_default()
}

impl PartyCode {
    /// What to look at.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        match self {
            Self::Office(number) => number.warnings(),
            Self::Clinic(code) => code.warnings(),
        }
    }

    /// The number's characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Office(number) => number.as_str(),
            Self::Clinic(code) => code.as_str(),
        }
    }
}

impl ConsentMethod {
    /// The name in Japanese.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Written => "書面",
            Self::Oral => "口頭",
        }
    }
}

impl Serialize for Answers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.items.len()))?;
        for (id, answer) in &self.items {
            map.serialize_entry(id, answer)?;
        }
        map.end()
    }
}

/// The fields that were filled, without what was filled in.
impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.items.iter().map(|(id, _)| id)).finish()
    }
}

/// The kind alone.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Choice(_) => "Choice",
            Self::Choices(_) => "Choices",
            Self::Date(_) => "Date",
            Self::Slots(_) => "Slots",
            Self::Client(_) => "Client",
            Self::Party(_) => "Party",
            Self::Consent(_) => "Consent",
        })
    }
}

/// The organisation alone.
impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Party({:?}, {})", self.role, self.organization)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn hours_and_minutes<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{:02}:{:02}", time.hour(), time.minute()))
}

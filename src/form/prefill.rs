//! What a field holds before anybody fills it: things that the gateway knows already. Fills in nothing by
//! itself: the page shows it, and the person can change it.

use super::definition::{Field, FieldKind};
use crate::domain::client::{CareLevel, Client, Sex};
use crate::domain::directory::Office;
use jiff::civil::Date;

/// What is known when a form is opened.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Whom it is about.
    pub client: Option<&'a Client>,
    /// Who asks.
    pub office: &'a Office,
    /// The person who fills it.
    pub user: &'a str,
    /// The day.
    pub today: Date,
}

/// What a source gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gives {
    Text,
    Day,
    Telephone,
    Fax,
    Insurer,
    Insured,
    OfficeNumber,
    /// An option's id: male, female, other.
    Sex,
}

/// Every source with what it gives.
const TABLE: &[(&str, Gives)] = &[
    ("client.name", Gives::Text),
    ("client.kana", Gives::Text),
    ("client.birth_date", Gives::Day),
    ("client.sex", Gives::Sex),
    ("client.care_level", Gives::Text),
    ("client.insurer_number", Gives::Insurer),
    ("client.insured_number", Gives::Insured),
    ("client.valid_from", Gives::Day),
    ("client.valid_to", Gives::Day),
    ("office.name", Gives::Text),
    ("office.care_manager", Gives::Text),
    ("office.code", Gives::OfficeNumber),
    ("office.tel", Gives::Telephone),
    ("office.fax", Gives::Fax),
    ("user.name", Gives::Text),
    ("today", Gives::Day),
];

/// The names of the sources.
#[must_use]
pub fn sources() -> Vec<&'static str> {
    TABLE.iter().map(|(name, _)| *name).collect()
}

/// True when a field of this kind can hold what `source` gives; `None` for an unknown source.
#[must_use]
pub fn fits(source: &str, kind: &FieldKind) -> Option<bool> {
    let (_, gives) = TABLE.iter().find(|(name, _)| *name == source)?;
    Some(match (gives, kind) {
        (Gives::Day, FieldKind::Date)
        | (Gives::Telephone, FieldKind::Telephone)
        | (Gives::Fax, FieldKind::Fax)
        | (Gives::Insurer, FieldKind::InsurerNumber)
        | (Gives::Insured, FieldKind::InsuredNumber)
        | (Gives::OfficeNumber, FieldKind::OfficeNumber) => true,
        (Gives::Sex, kind) => {
            let ids: Vec<&str> = kind.options().iter().map(|option| option.id.as_str()).collect();
            ["male", "female"].iter().all(|sex| ids.contains(sex))
        }
        (Gives::Day, _) => false,
        (_, FieldKind::Text { .. } | FieldKind::LongText { .. }) => true,
        _ => false,
    })
}

/// What the page shows in `field` at first; `None` where nothing is known.
#[must_use]
pub fn value(field: &Field, known: &Known) -> Option<String> {
    let name = field.default.as_deref()?;
    if field.kind.options().iter().any(|option| option.id == name) {
        return Some(name.to_owned());
    }
    let client = known.client;
    let text = match name {
        "client.name" => client?.name.clone(),
        "client.kana" => client?.kana.clone()?,
        "client.birth_date" => client?.birth_date?.to_string(),
        "client.sex" => sex_id(client?.sex?).to_owned(),
        "client.care_level" => client?.care_level.map(CareLevel::name)?.to_owned(),
        "client.insurer_number" => client?.insurer_number.as_ref()?.to_string(),
        "client.insured_number" => client?.insured_number.as_ref()?.to_string(),
        "client.valid_from" => client?.valid_from?.to_string(),
        "client.valid_to" => client?.valid_to?.to_string(),
        "office.name" => known.office.name.clone(),
        "office.care_manager" => known.office.care_manager.clone(),
        "office.code" => known.office.code.clone(),
        "office.tel" => known.office.tel.clone(),
        "office.fax" => known.office.fax.clone(),
        "user.name" => known.user.to_owned(),
        "today" => known.today.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

fn sex_id(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Other => "other",
    }
}

//! One field's answer from its JSON, by the kind of the field.

use super::object::{Item, Object, mistake, wrong_kind};
use super::{Answer, AnswerMistake, Consent, ConsentMethod, Party, PartyCode, Slot};
use crate::domain::calendar::wareki::parse_wareki;
use crate::domain::client::{CareLevel, Client, Sex};
use crate::domain::decimal::{Limits, parse_decimal};
use crate::domain::identifier::{
    ClinicCode, FaxNumber, InsuredNumber, InsurerNumber, OfficeNumber, PhoneNumber,
};
use crate::form::check::CONSENT_KEY;
use crate::form::definition::{
    ChoiceOption, ConsentRule, DueRule, Field, FieldKind, FormDefinition, PartyRole,
};
use jiff::civil::{Date, Time};
use serde_json::Value;
use std::fmt::Display;
use std::str::FromStr;

/// The items of a client, in the order of the page that asks for them.
pub const CLIENT_ITEMS: [&str; 9] = [
    "name",
    "kana",
    "birth_date",
    "sex",
    "insurer_number",
    "insured_number",
    "care_level",
    "valid_from",
    "valid_to",
];

/// The longest name of a person or an office.
const NAME_CHARS: usize = 60;
/// The longest remark on a consent.
const REMARK_CHARS: usize = 60;
/// The longest address.
const ADDRESS_CHARS: usize = 100;

type Mistakes = Vec<AnswerMistake>;

/// What `root` holds for `field`; `None` when nothing was given or it is noted as a mistake.
pub(super) fn answer(
    form: &FormDefinition,
    field: &Field,
    root: &Object,
    mistakes: &mut Mistakes,
) -> Option<Answer> {
    let item = (field.id.as_str(), field.label.ja.as_str(), field.label.en.as_str());
    let required = field.required;
    Some(match &field.kind {
        FieldKind::Text { max_chars } => Answer::Text(root.line(item, required, *max_chars, mistakes)?),
        FieldKind::LongText { max_chars } => Answer::Text(root.lines(item, required, *max_chars, mistakes)?),
        FieldKind::Choice { options } => {
            let known: Vec<(&str, &str)> =
                options.iter().map(|option| (option.id.as_str(), option.id.as_str())).collect();
            Answer::Choice(root.one_of(item, required, &known, mistakes)?.to_owned())
        }
        FieldKind::Choices { options } => {
            Answer::Choices(choices(root.need(item, required, mistakes)?, item, options, mistakes)?)
        }
        FieldKind::Date => Answer::Date(root.parsed::<Day>(item, required, mistakes)?.0),
        FieldKind::Number { .. } => Answer::Text(number(&field.kind, root, item, required, mistakes)?),
        FieldKind::Address => Answer::Text(root.line(item, required, ADDRESS_CHARS, mistakes)?),
        FieldKind::InsurerNumber => printed::<InsurerNumber>(root, item, required, mistakes)?,
        FieldKind::InsuredNumber => printed::<InsuredNumber>(root, item, required, mistakes)?,
        FieldKind::OfficeNumber => printed::<OfficeNumber>(root, item, required, mistakes)?,
        FieldKind::ClinicCode => printed::<ClinicCode>(root, item, required, mistakes)?,
        FieldKind::Fax => printed::<FaxNumber>(root, item, required, mistakes)?,
        FieldKind::Telephone => printed::<PhoneNumber>(root, item, required, mistakes)?,
        FieldKind::Slots { max } => {
            Answer::Slots(slots(root.need(item, required, mistakes)?, item, *max, mistakes)?)
        }
        FieldKind::Client => {
            let object = Object::of(root.need(item, required, mistakes)?, item, mistakes)?;
            Answer::Client(Box::new(client(&object, mistakes)))
        }
        FieldKind::Party { role } => {
            let object = Object::of(root.need(item, required, mistakes)?, item, mistakes)?;
            // The reply goes back to the sender's fax.
            let sends = form.senders().any(|from| from == *role);
            let needs_fax = sends && form.due != DueRule::NoReply && !form.replies.is_empty();
            // Who will fill a blank sheet is not known yet.
            let needs_person = !(sends && form.is_blank());
            Answer::Party(Box::new(party(*role, (needs_person, needs_fax), &object, mistakes)))
        }
    })
}

/// A code or a number of a telephone, as it is printed.
fn printed<T>(root: &Object, item: Item, required: bool, mistakes: &mut Mistakes) -> Option<Answer>
where
    T: FromStr<Err: Display> + Display,
{
    Some(Answer::Text(root.parsed::<T>(item, required, mistakes)?.to_string()))
}

/// A number within its limits, written as 36.5; the unit behind it is taken away, as the sheet prints it.
fn number(
    kind: &FieldKind,
    root: &Object,
    item: Item,
    required: bool,
    mistakes: &mut Mistakes,
) -> Option<String> {
    let FieldKind::Number { unit, min, max, decimals } = kind else { return None };
    let typed = match root.need(item, required, mistakes)? {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return wrong_kind(&root.place(item.0), item, ("数字", "a number"), mistakes),
    };
    let limits = Limits { min: *min, max: *max, decimals: *decimals };
    let number = parse_decimal(&typed, &[&unit.ja, &unit.en], limits);
    if number.is_some() {
        return number;
    }
    let places = if *decimals == 0 { String::new() } else { format!("(小数は{decimals}桁まで)") };
    mistakes.push(mistake(
        root.place(item.0),
        &format!("「{}」は{min}から{max}までの数字で記入してください{places}", item.1),
        &format!("write '{}' as a number from {min} to {max} with at most {decimals} decimals", item.2),
    ));
    None
}

/// The consent in `root`.
pub(super) fn consent(rule: &ConsentRule, root: &Object, mistakes: &mut Mistakes) -> Option<Consent> {
    const METHODS: &[(&str, ConsentMethod)] =
        &[("written", ConsentMethod::Written), ("oral", ConsentMethod::Oral)];
    let item = (CONSENT_KEY, "同意", "consent");
    let object = Object::of(root.need(item, rule.required, mistakes)?, item, mistakes)?;
    object.only(&["date", "method", "by", "scope"], mistakes);
    let date = object.parsed::<Day>(("date", "同意日", "date of consent"), true, mistakes);
    let method = object.one_of(("method", "同意の方法", "method of consent"), true, METHODS, mistakes);
    let by = object.line(("by", "同意した人", "who consented"), false, REMARK_CHARS, mistakes);
    let scope = object.line(("scope", "同意の範囲", "scope of consent"), false, REMARK_CHARS, mistakes);
    Some(Consent { date: date?.0, method: method?, by, scope })
}

fn choices(
    value: &Value,
    item: Item,
    options: &[ChoiceOption],
    mistakes: &mut Mistakes,
) -> Option<Vec<String>> {
    let Some(chosen) = value.as_array() else {
        return wrong_kind(item.0, item, ("[ … ] の並び", "a list [ … ]"), mistakes);
    };
    let known = |value: &Value| options.iter().any(|option| value.as_str() == Some(&option.id));
    let twice =
        |option: &&ChoiceOption| chosen.iter().filter(|value| value.as_str() == Some(&option.id)).count() > 1;
    if !chosen.iter().all(known) || options.iter().any(|option| twice(&option)) {
        let ids = options.iter().map(|option| option.id.as_str()).collect::<Vec<_>>().join(", ");
        mistakes.push(mistake(
            item.0.to_owned(),
            &format!("「{}」は {ids} から、1つずつ選んでください", item.1),
            &format!("choose '{}' from {ids}, each once", item.2),
        ));
        return None;
    }
    let is_chosen = |option: &&ChoiceOption| chosen.iter().any(|value| value.as_str() == Some(&option.id));
    Some(options.iter().filter(is_chosen).map(|option| option.id.clone()).collect())
}

fn slots(value: &Value, item: Item, max: usize, mistakes: &mut Mistakes) -> Option<Vec<Slot>> {
    let Some(given) = value.as_array() else {
        return wrong_kind(item.0, item, ("[ … ] の並び", "a list [ … ]"), mistakes);
    };
    if given.len() > max {
        mistakes.push(mistake(
            item.0.to_owned(),
            &format!("「{}」は{max}つまでです。減らしてください", item.1),
            &format!("'{}' may have {max} times: take some away", item.2),
        ));
        return None;
    }
    let slots: Vec<_> = (1..).zip(given).map(|(nth, value)| slot(nth, value, item, mistakes)).collect();
    slots.into_iter().collect()
}

fn slot(nth: usize, value: &Value, item: Item, mistakes: &mut Mistakes) -> Option<Slot> {
    let path = format!("{}.{nth}", item.0);
    let object = Object::of(value, (&path, item.1, item.2), mistakes)?;
    object.only(&["date", "from", "to"], mistakes);
    let date = object.parsed::<Day>(("date", "候補の日", "day offered"), true, mistakes);
    let from = object.parsed::<Clock>(("from", "開始時刻", "beginning"), true, mistakes);
    let to = object.parsed::<Clock>(("to", "終了時刻", "end"), true, mistakes);
    let slot = Slot { date: date?.0, from: from?.0, to: to?.0 };
    if slot.from < slot.to {
        return Some(slot);
    }
    mistakes.push(mistake(
        path,
        "終了時刻は開始時刻より後にしてください",
        "the end must be later than the beginning: change it",
    ));
    None
}

/// A name that is missing is noted, so that the client with an empty name never leaves this module.
pub(super) fn client(object: &Object, mistakes: &mut Mistakes) -> Client {
    object.only(&CLIENT_ITEMS, mistakes);
    let name = object.line(("name", "氏名", "name"), true, NAME_CHARS, mistakes);
    let client = Client {
        name: name.unwrap_or_default(),
        kana: object.line(("kana", "フリガナ", "kana"), false, NAME_CHARS, mistakes),
        birth_date: day(object, ("birth_date", "生年月日", "birth date"), mistakes),
        sex: sex(object, mistakes),
        insurer_number: object.parsed(("insurer_number", "保険者番号", "insurer number"), false, mistakes),
        insured_number: object.parsed(("insured_number", "被保険者番号", "insured number"), false, mistakes),
        care_level: care_level(object, mistakes),
        valid_from: day(object, ("valid_from", "認定有効期間の開始日", "first valid day"), mistakes),
        valid_to: day(object, ("valid_to", "認定有効期間の終了日", "last valid day"), mistakes),
    };
    if client.valid_from.zip(client.valid_to).is_some_and(|(from, to)| to < from) {
        mistakes.push(mistake(
            object.place("valid_to"),
            "認定有効期間の終了日が開始日より前です。お確かめください",
            "the certificate ends before it begins: check both days",
        ));
    }
    client
}

fn sex(object: &Object, mistakes: &mut Mistakes) -> Option<Sex> {
    const SEXES: &[(&str, Sex)] = &[("male", Sex::Male), ("female", Sex::Female), ("other", Sex::Other)];
    object.one_of(("sex", "性別", "sex"), false, SEXES, mistakes)
}

fn care_level(object: &Object, mistakes: &mut Mistakes) -> Option<CareLevel> {
    let levels = CareLevel::ALL.map(|level| (level.code(), level));
    object.one_of(("care_level", "要介護度", "care level"), false, &levels, mistakes)
}

fn day(object: &Object, item: Item, mistakes: &mut Mistakes) -> Option<Date> {
    object.parsed::<Day>(item, false, mistakes).map(|day| day.0)
}

fn party(
    role: PartyRole,
    (needs_person, needs_fax): (bool, bool),
    object: &Object,
    mistakes: &mut Mistakes,
) -> Party {
    object.only(&["organization", "person", "department", "code", "tel", "fax", "mail"], mistakes);
    let organization = object.line(
        ("organization", "事業所・医療機関の名称", "name of the office or clinic"),
        true,
        NAME_CHARS,
        mistakes,
    );
    let item = ("person", "担当者・医師の氏名", "name of the person");
    let person = object.line(item, needs_person, NAME_CHARS, mistakes);
    Party {
        role,
        organization: organization.unwrap_or_default(),
        person: person.unwrap_or_default(),
        department: object.line(("department", "診療科・部署", "department"), false, NAME_CHARS, mistakes),
        code: code(role, object, mistakes),
        tel: object.parsed(("tel", "電話番号", "telephone number"), false, mistakes),
        fax: object.parsed(("fax", "FAX番号", "fax number"), needs_fax, mistakes),
        mail: object.parsed(("mail", "メールアドレス", "mail address"), false, mistakes),
    }
}

fn code(role: PartyRole, object: &Object, mistakes: &mut Mistakes) -> Option<PartyCode> {
    match role {
        PartyRole::CareManager => {
            object.parsed(("code", "介護事業所番号", "office number"), false, mistakes).map(PartyCode::Office)
        }
        PartyRole::Doctor | PartyRole::Hospital => {
            object.parsed(("code", "医療機関コード", "clinic code"), false, mistakes).map(PartyCode::Clinic)
        }
        PartyRole::Association => {
            if object.given("code").is_some() {
                mistakes.push(mistake(
                    object.place("code"),
                    "医師会にはコードがありません。「code」を除いてください",
                    "an association has no code: take it away",
                ));
            }
            None
        }
    }
}

/// A day, as 2026-12-01 or 令和8年12月1日.
struct Day(Date);

impl FromStr for Day {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shaped = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let iso = if shaped { text.parse().ok() } else { None };
        iso.or_else(|| parse_wareki(text).ok()).map(Self).ok_or(
            "日付は 2026-12-01 または 令和8年12月1日 の形で、実在する日を記入してください / write an existing day such as 2026-12-01",
        )
    }
}

/// A time of day, as 13:00.
struct Clock(Time);

impl FromStr for Clock {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once(':').and_then(|(hour, minute)| {
            let short = hour.len() <= 2 && minute.len() == 2;
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            (short && digits(hour) && digits(minute)).then_some((hour.parse().ok()?, minute.parse().ok()?))
        });
        parts
            .and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok())
            .map(Self)
            .ok_or("時刻は 13:00 の形で記入してください / write a time such as 13:00")
    }
}

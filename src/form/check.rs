//! A form file → a [`FormDefinition`], or every mistake in it at once, each with its line and what
//! to do. The language is documented in `forms/README.md`. Never stops at the first mistake.

mod mistake;
mod table;

use super::definition::{
    ChoiceOption, ConsentRule, DueRule, Field, FieldKind, FormDefinition, PartyRole, ReplyField, ReplyKind,
};
use mistake::Found;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use table::{LABEL_MAX, SENTENCE_MAX, Table};
use toml::de::DeTable;

pub use mistake::Mistake;

/// Tick boxes on one sheet, offered slots included: more do not fit on the reply part.
pub const BOXES_MAX: usize = 16;
/// The key under which the answers hold the consent.
pub const CONSENT_KEY: &str = "consent";

const DAYS: RangeInclusive<i64> = 1..=60;
const HOURS: RangeInclusive<i64> = 1..=72;
const VERSIONS: RangeInclusive<i64> = 1..=9999;
const TEXT_CHARS: RangeInclusive<i64> = 1..=200;
const LONG_TEXT_CHARS: RangeInclusive<i64> = 1..=2000;
const SLOTS: RangeInclusive<i64> = 1..=6;
const HANDWRITING_MM: RangeInclusive<i64> = 10..=120;

const ROLES: &[(&str, PartyRole)] = &[
    ("care_manager", PartyRole::CareManager),
    ("doctor", PartyRole::Doctor),
    ("hospital", PartyRole::Hospital),
    ("association", PartyRole::Association),
];
const TOP_KEYS: &[&str] =
    &["id", "version", "title", "question", "from", "to", "non_clinical", "due", "consent", "field", "reply"];
const FIELD_KEYS: &[&str] = &["id", "kind", "label", "required", "help"];
const REPLY_KEYS: &[&str] = &["id", "kind", "label", "required"];

/// The form in `text`; `file_name` is only for the messages.
///
/// # Errors
/// Every mistake, in the order of the lines.
pub fn check(file_name: &str, text: &str) -> Result<FormDefinition, Vec<Mistake>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    let mut found = Found::new(file_name, text);
    for error in &errors {
        found.syntax(error.span().map_or(0, |span| span.start), error.message());
    }
    let definition = form(&Table::root(tree.get_ref()), &mut found);
    found.finish(definition)
}

fn form(root: &Table, found: &mut Found) -> Option<FormDefinition> {
    root.only(TOP_KEYS, found);
    let id = root.id(found);
    let version = root.number("version", &VERSIONS, found);
    let title = root.label("title", SENTENCE_MAX, found);
    let question = root.label("question", SENTENCE_MAX, found);
    let from = root.one_of("from", ROLES, found);
    let to = root.one_of("to", ROLES, found);
    let non_clinical = root.boolean("non_clinical", found);
    let due = due(root, found);
    let consent = consent(root, found);
    let mut ids = BTreeSet::from([CONSENT_KEY.to_owned()]);
    let field_tables = root.tables("field", found);
    let fields: Vec<_> = field_tables.iter().map(|table| field(table, &mut ids, found)).collect();
    let fields: Vec<Field> = fields.into_iter().flatten().collect();
    let replies = replies(root, &field_tables, &mut ids, found);
    boxes_fit(root, &replies, &fields, found);
    roles_once(root, &fields, found);
    if replies.is_empty() && due.is_some_and(|due| due != DueRule::NoReply) && !root.has("reply") {
        found.missing(
            root.at_key("due"),
            "返信の期日がありますが、[[reply]] がありません。返信欄を加えるか、[due] を kind = \"no_reply\" にしてください",
            "a reply is due, but there is no [[reply]]: add one, or write kind = \"no_reply\" in [due]",
        );
    }
    Some(FormDefinition {
        id: id?,
        version: u32::try_from(version?).ok()?,
        title: title?,
        from: from?,
        to: to?,
        question: question?,
        non_clinical,
        due: due?,
        consent,
        fields,
        replies,
    })
}

fn due(root: &Table, found: &mut Found) -> Option<DueRule> {
    const KINDS: &[(&str, &str)] = &[("business_days", "days"), ("hours", "hours"), ("no_reply", "")];
    let table = root.need_table("due", found)?;
    let key = table.one_of("kind", KINDS, found)?;
    let known: Vec<&str> = ["kind", key].into_iter().filter(|key| !key.is_empty()).collect();
    table.only(&known, found);
    match key {
        "days" => {
            let days = table.number("days", &DAYS, found)?;
            Some(DueRule::BusinessDays { days: u16::try_from(days).ok()? })
        }
        "hours" => {
            let hours = table.number("hours", &HOURS, found)?;
            Some(DueRule::Hours { hours: u16::try_from(hours).ok()? })
        }
        _ => Some(DueRule::NoReply),
    }
}

fn consent(root: &Table, found: &mut Found) -> Option<ConsentRule> {
    let table = root.table("consent", found)?;
    table.only(&["required", "text"], found);
    let required = table.boolean("required", found);
    let text = table.label("text", SENTENCE_MAX, found)?;
    Some(ConsentRule { required, text })
}

fn field(table: &Table, ids: &mut BTreeSet<String>, found: &mut Found) -> Option<Field> {
    const KINDS: &[(&str, &str)] = &[
        ("text", "max_chars"),
        ("long_text", "max_chars"),
        ("choice", "options"),
        ("choices", "options"),
        ("date", ""),
        ("slots", "max"),
        ("client", ""),
        ("party", "role"),
    ];
    let id = table.new_id(ids, found);
    let label = table.label("label", LABEL_MAX, found);
    let required = table.boolean("required", found);
    let help = if table.has("help") { table.label("help", SENTENCE_MAX, found) } else { None };
    let key = table.one_of("kind", KINDS, found)?;
    table.only_with(FIELD_KEYS, key, found);
    let kind = field_kind(table, found);
    Some(Field { id: id?, label: label?, required, help, kind: kind? })
}

fn field_kind(table: &Table, found: &mut Found) -> Option<FieldKind> {
    let size = |number: Option<i64>| number.and_then(|number| usize::try_from(number).ok());
    Some(match table.str("kind")? {
        "text" => FieldKind::Text { max_chars: size(table.number("max_chars", &TEXT_CHARS, found))? },
        "long_text" => {
            FieldKind::LongText { max_chars: size(table.number("max_chars", &LONG_TEXT_CHARS, found))? }
        }
        "choice" => FieldKind::Choice { options: options(table, 2, found)? },
        "choices" => FieldKind::Choices { options: options(table, 2, found)? },
        "date" => FieldKind::Date,
        "slots" => FieldKind::Slots { max: size(table.number("max", &SLOTS, found))? },
        "client" => FieldKind::Client,
        "party" => FieldKind::Party { role: table.one_of("role", ROLES, found)? },
        _ => return None,
    })
}

fn replies(root: &Table, fields: &[Table], ids: &mut BTreeSet<String>, found: &mut Found) -> Vec<ReplyField> {
    let mut replies: Vec<ReplyField> = Vec::new();
    let is_slots = |reply: &ReplyField| matches!(reply.kind, ReplyKind::Slots { .. });
    for table in root.tables("reply", found) {
        let Some(reply) = reply(&table, fields, ids, found) else { continue };
        if is_slots(&reply) && replies.iter().any(is_slots) {
            found.add(
                table.at(),
                "kind = \"slots\" の返信欄は1つだけにしてください",
                "a form has only one reply of kind \"slots\": take this one away",
            );
        }
        replies.push(reply);
    }
    replies
}

/// Notes the first reply whose boxes do not fit on the sheet any more.
fn boxes_fit(root: &Table, replies: &[ReplyField], fields: &[Field], found: &mut Found) {
    let mut boxes = 0;
    for reply in replies {
        boxes += box_count(reply, fields);
        if boxes > BOXES_MAX {
            found.add(
                root.at_table_with_id("reply", &reply.id),
                &format!("ここまでで記入欄(□)が{boxes}個になります。1枚に入るのは{BOXES_MAX}個までです。減らしてください"),
                &format!("{boxes} boxes up to here, but a sheet holds {BOXES_MAX}: take some away"),
            );
            return;
        }
    }
}

fn reply(
    table: &Table,
    fields: &[Table],
    ids: &mut BTreeSet<String>,
    found: &mut Found,
) -> Option<ReplyField> {
    const KINDS: &[(&str, &str)] = &[
        ("choose_one", "options"),
        ("choose_many", "options"),
        ("slots", "field"),
        ("handwriting", "height_mm"),
        ("signature", "options"),
    ];
    let id = table.new_id(ids, found);
    let label = table.label("label", SENTENCE_MAX, found);
    let required = table.boolean("required", found);
    let key = table.one_of("kind", KINDS, found)?;
    table.only_with(REPLY_KEYS, key, found);
    let kind = reply_kind(table, fields, found);
    Some(ReplyField { id: id?, label: label?, required, kind: kind? })
}

fn reply_kind(table: &Table, fields: &[Table], found: &mut Found) -> Option<ReplyKind> {
    Some(match table.str("kind")? {
        "choose_one" => ReplyKind::ChooseOne { options: options(table, 2, found)? },
        "choose_many" => ReplyKind::ChooseMany { options: options(table, 1, found)? },
        "slots" => ReplyKind::Slots { field: slots_field(table, fields, found)? },
        "handwriting" => {
            let height_mm = table.number("height_mm", &HANDWRITING_MM, found)?;
            ReplyKind::Handwriting { height_mm: u16::try_from(height_mm).ok()? }
        }
        "signature" => ReplyKind::Signature { options: options(table, 1, found)? },
        _ => return None,
    })
}

fn slots_field(table: &Table, fields: &[Table], found: &mut Found) -> Option<String> {
    let (name, at) = table.text("field", found)?;
    let fits = fields.iter().any(|field| field.str("id") == Some(name) && field.str("kind") == Some("slots"));
    if !fits {
        found.add(
            at,
            &format!("「{name}」は kind = \"slots\" の [[field]] ではありません。日時の候補を入れる項目の id を書いてください"),
            &format!("'{name}' is no [[field]] of kind \"slots\": write the id of the field that offers the times"),
        );
    }
    Some(name.to_owned())
}

fn options(table: &Table, at_least: usize, found: &mut Found) -> Option<Vec<ChoiceOption>> {
    if !table.has("options") {
        found.missing(
            table.at(),
            "選択肢がありません。options = [{ id = …, label = { ja = …, en = … } }, …] を書いてください",
            "there are no options: write options = [{ id = …, label = { ja = …, en = … } }, …]",
        );
        return None;
    }
    let tables = table.tables("options", found);
    if table.count("options") < at_least {
        found.add(
            table.at_key("options"),
            &format!("選択肢は{at_least}個以上必要です。加えてください"),
            &format!("at least {at_least} options are needed: add some"),
        );
    }
    let mut ids = BTreeSet::new();
    let options: Vec<_> = tables.iter().map(|table| option(table, &mut ids, found)).collect();
    options.into_iter().collect()
}

fn option(table: &Table, ids: &mut BTreeSet<String>, found: &mut Found) -> Option<ChoiceOption> {
    table.only(&["id", "label", "needs_handwriting"], found);
    let id = table.new_id(ids, found);
    let label = table.label("label", LABEL_MAX, found);
    let needs_handwriting = table.boolean("needs_handwriting", found);
    Some(ChoiceOption { id: id?, label: label?, needs_handwriting })
}

/// Two parties of one role could not be told apart when the sheet is sent.
fn roles_once(root: &Table, fields: &[Field], found: &mut Found) {
    for (_, role) in ROLES {
        let many =
            fields.iter().filter(|field| matches!(field.kind, FieldKind::Party { role: r } if r == *role));
        if let Some(second) = many.map(|field| field.id.as_str()).nth(1) {
            found.add(
                root.at_table_with_id("field", second),
                &format!("「{second}」と同じ role の party がすでにあります。role を変えてください"),
                &format!("there is a party of the role of '{second}' already: change its role"),
            );
        }
    }
}

/// How many tick boxes `reply` puts on the sheet at most.
#[must_use]
pub fn box_count(reply: &ReplyField, fields: &[Field]) -> usize {
    match &reply.kind {
        ReplyKind::ChooseOne { options }
        | ReplyKind::ChooseMany { options }
        | ReplyKind::Signature { options } => options.len(),
        ReplyKind::Slots { field } => fields
            .iter()
            .find_map(|candidate| match candidate.kind {
                FieldKind::Slots { max } if candidate.id == *field => Some(max),
                _ => None,
            })
            .unwrap_or(0),
        ReplyKind::Handwriting { .. } => 0,
    }
}

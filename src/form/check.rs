//! A form file → a [`FormDefinition`], or every mistake in it at once, each with its line and what
//! to do. The language is documented in `forms/README.md`. Never stops at the first mistake.

mod across;
mod fields;
mod fit;
pub(crate) mod kinds;
mod mistake;
mod replies;
mod table;

use super::definition::{
    ConsentRule, DueRule, Field, FieldKind, FormDefinition, PartyRole, ReplyField, ReplyKind,
};
use crate::domain::client::Masking;
use across::Parts;
use kinds::{
    ADDRESS_MASKS, BIRTH_MASKS, DATE_STYLES, DAYS, DUE_KINDS, HOURS, LINE_MAX, NAME_MASKS, ROLES,
    SENTENCE_MAX, TITLE_MAX, TOP_KEYS, VERSIONS,
};
use mistake::Found;
use std::collections::BTreeSet;
use table::Table;
use toml::de::DeTable;

pub use mistake::Mistake;

/// Tick boxes on one sheet, offered slots included: more do not fit on the reply part.
pub const BOXES_MAX: usize = 16;
/// The key under which the answers hold the consent.
pub const CONSENT_KEY: &str = "consent";

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
    let title = root.label("title", TITLE_MAX, found);
    let question = root.label("question", LINE_MAX, found);
    let (from, to) = (root.one_of("from", ROLES, found), root.one_of("to", ROLES, found));
    let also_from = root.some_of("also_from", ROLES, found);
    let also_to = root.some_of("also_to", ROLES, found);
    let side = |first: Option<PartyRole>, also: &[PartyRole]| {
        first.into_iter().chain(also.iter().copied()).collect::<Vec<_>>()
    };
    across::sides(root, &side(from, &also_from), &side(to, &also_to), found);
    let non_clinical = root.boolean("non_clinical", found);
    let urgent = root.boolean("urgent", found);
    let unsolicited = root.boolean("unsolicited", found);
    let attachments = root.boolean("attachments", found);
    let dates = root.optional_one_of("dates", DATE_STYLES, found);
    let masking = masking(root, found);
    let due = due(root, found);
    let due_before = due_before(root, found);
    let consent = consent(root, found);
    let (fields, replies) = parts(root, due, &due_before, unsolicited, found);
    Some(FormDefinition {
        id: id?,
        version: u32::try_from(version?).ok()?,
        title: title?,
        from: from?,
        also_from,
        to: to?,
        also_to,
        question: question?,
        non_clinical,
        urgent,
        unsolicited,
        attachments,
        dates,
        masking,
        due: due?,
        due_before,
        consent,
        fields,
        replies,
    })
}

fn parts(
    root: &Table,
    due: Option<DueRule>,
    due_before: &[String],
    unsolicited: bool,
    found: &mut Found,
) -> (Vec<Field>, Vec<ReplyField>) {
    let mut ids = BTreeSet::from([CONSENT_KEY.to_owned()]);
    let field_tables = root.tables("field", found);
    let fields: Vec<_> = field_tables.iter().map(|table| fields::field(table, &mut ids, found)).collect();
    let fields: Vec<Field> = fields.into_iter().flatten().collect();
    let replies = replies::replies(root, &field_tables, &mut ids, found);
    let parts = Parts {
        root,
        field_tables: &field_tables,
        fields: &fields,
        replies: &replies,
        due,
        due_before,
        unsolicited,
    };
    parts.check(found);
    (fields, replies)
}

fn due(root: &Table, found: &mut Found) -> Option<DueRule> {
    let table = root.need_table("due", found)?;
    let own = table.one_of("kind", DUE_KINDS, found)?;
    table.only(&[&["kind"], own].concat(), found);
    match table.str("kind")? {
        "business_days" => {
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

/// The days that the reply must come before; whether they are fields with days is looked at in `across`.
fn due_before(root: &Table, found: &mut Found) -> Vec<String> {
    let Some(table) = root.quiet_table("due").filter(|due| due.has("before")) else { return Vec::new() };
    table.texts("before", found).unwrap_or_default().into_iter().map(str::to_owned).collect()
}

fn consent(root: &Table, found: &mut Found) -> Option<ConsentRule> {
    let table = root.table("consent", found)?;
    table.only(&["required", "text"], found);
    let required = table.boolean("required", found);
    let text = table.label("text", SENTENCE_MAX, found)?;
    Some(ConsentRule { required, text })
}

fn masking(root: &Table, found: &mut Found) -> Masking {
    let Some(table) = root.table("masking", found) else { return Masking::default() };
    table.only(&["name", "birth", "address"], found);
    Masking {
        name: table.optional_one_of("name", NAME_MASKS, found),
        birth: table.optional_one_of("birth", BIRTH_MASKS, found),
        address: table.optional_one_of("address", ADDRESS_MASKS, found),
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

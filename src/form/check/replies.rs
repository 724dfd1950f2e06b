//! The `[[reply]]`s of a form file.

use super::fields::options;
use super::kinds::{HANDWRITING_MM, LINE_MAX, REPLY_KEYS, REPLY_KINDS};
use super::mistake::Found;
use super::table::Table;
use crate::form::definition::{ReplyField, ReplyKind};
use std::collections::BTreeSet;

pub(super) fn replies(
    root: &Table,
    fields: &[Table],
    ids: &mut BTreeSet<String>,
    found: &mut Found,
) -> Vec<ReplyField> {
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

fn reply(
    table: &Table,
    fields: &[Table],
    ids: &mut BTreeSet<String>,
    found: &mut Found,
) -> Option<ReplyField> {
    let id = table.new_id(ids, found);
    let label = table.label("label", LINE_MAX, found);
    let required = table.boolean("required", found);
    let own = table.one_of("kind", REPLY_KINDS, found)?;
    table.only(&[REPLY_KEYS, own].concat(), found);
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

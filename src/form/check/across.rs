//! What must hold between the parts of a form: conditions, roles, boxes, the size of the reply part, and what
//! goes together. Every rule says where it is broken.

use super::fit::{REPLY_MAX_MM, reply_height_mm, signature_fits};
use super::mistake::Found;
use super::table::Table;
use super::{BOXES_MAX, box_count, kinds::ROLES};
use crate::form::blank::blank_replies;
use crate::form::definition::{DueRule, Field, FieldKind, PartyRole, ReplyField, ReplyKind};

/// The parts that are looked at together.
pub(super) struct Parts<'a> {
    pub root: &'a Table<'a>,
    pub field_tables: &'a [Table<'a>],
    pub fields: &'a [Field],
    pub replies: &'a [ReplyField],
    pub due: Option<DueRule>,
    pub due_before: &'a [String],
    pub unsolicited: bool,
}

impl Parts<'_> {
    pub(super) fn check(&self, found: &mut Found) {
        self.boxes_fit(found);
        self.page_fits(found);
        self.roles_once(found);
        self.one_client(found);
        self.conditions(found);
        self.circles(found);
        self.due_and_replies(found);
        self.before_what(found);
        self.by_hand(found);
    }

    /// Notes the first reply whose boxes do not fit on the sheet any more.
    fn boxes_fit(&self, found: &mut Found) {
        let mut boxes = 0;
        for reply in self.replies {
            boxes += box_count(reply, self.fields);
            if boxes > BOXES_MAX {
                found.add(
                    self.root.at_table_with_id("reply", &reply.id),
                    &format!("ここまでで記入欄(□)が{boxes}個になります。1枚に入るのは{BOXES_MAX}個までです。減らしてください"),
                    &format!("{boxes} boxes up to here, but a sheet holds {BOXES_MAX}: take some away"),
                );
                return;
            }
        }
    }

    /// Notes the first reply with which the reply part becomes higher than a page, and signatures too wide.
    fn page_fits(&self, found: &mut Found) {
        let heights = (1..=self.replies.len()).map(|count| {
            let (shown, _) = self.replies.split_at(count);
            (count, reply_height_mm(shown, self.fields))
        });
        if let Some((count, height_mm)) = heights.into_iter().find(|(_, height_mm)| *height_mm > REPLY_MAX_MM)
            && let Some(reply) = self.replies.get(count - 1)
        {
            found.add(
                self.root.at_table_with_id("reply", &reply.id),
                &format!("返信欄が1ページに入りません(ここまでで{height_mm:.0} mm、上限{REPLY_MAX_MM:.0} mm)。選択肢を減らすか、height_mm を小さくしてください"),
                &format!("the reply part does not fit on one page ({height_mm:.0} mm up to here of {REPLY_MAX_MM:.0} mm): use fewer options or a smaller height_mm"),
            );
        }
        for reply in self.replies {
            if let ReplyKind::Signature { options } = &reply.kind
                && !signature_fits(&reply.label.ja, options)
            {
                found.add(
                    self.root.at_table_with_id("reply", &reply.id),
                    "回答者の行に、お名前を書く場所が残りません。見出しか選択肢を短くしてください",
                    "the row of the signature leaves no room for a name: shorten its label or its options",
                );
            }
        }
    }

    /// Two parties of one role could not be told apart when the sheet is sent.
    fn roles_once(&self, found: &mut Found) {
        for (_, role) in ROLES {
            let is_role = |field: &&Field| matches!(field.kind, FieldKind::Party { role: r } if r == *role);
            if let Some(second) = self.fields.iter().filter(is_role).nth(1) {
                found.add(
                    self.root.at_table_with_id("field", &second.id),
                    &format!("「{}」と同じ role の party がすでにあります。role を変えてください", second.id),
                    &format!("there is a party of the role of '{}' already: change its role", second.id),
                );
            }
        }
    }

    fn one_client(&self, found: &mut Found) {
        if let Some(second) = self.fields.iter().filter(|field| field.kind == FieldKind::Client).nth(1) {
            found.add(
                self.root.at_table_with_id("field", &second.id),
                "利用者(kind = \"client\")は1つの様式に1人だけです。除いてください",
                "a form is about one client: take this field of kind \"client\" away",
            );
        }
    }

    /// A condition names a choice and its options; who writes, who is asked and whom it is about has none.
    fn conditions(&self, found: &mut Found) {
        for (table, field) in self.fields.iter().filter_map(|field| self.table_of(field).zip(Some(field))) {
            let Some(when) = &field.when else { continue };
            let at = |key: &str| table.quiet_table("when").map_or(table.at(), |when| when.at_key(key));
            if matches!(field.kind, FieldKind::Client | FieldKind::Party { .. }) {
                found.add(
                    table.at_key("when"),
                    "差出人・宛先・利用者には when を使えません。除いてください",
                    "a party or the client cannot depend on a choice: take 'when' away",
                );
            }
            let other = self.fields.iter().find(|other| other.id == when.field);
            // A field that is there but has mistakes of its own is told about already.
            let is_there = self.field_tables.iter().any(|table| table.str("id") == Some(&when.field));
            match other {
                None if !is_there => found.add(
                    at("field"),
                    &format!(
                        "「{}」という [[field]] はありません。条件になる項目の id を書いてください",
                        when.field
                    ),
                    &format!(
                        "there is no [[field]] '{}': write the id of the field that decides",
                        when.field
                    ),
                ),
                None => {}
                Some(other) if other.kind.options().is_empty() => found.add(
                    at("field"),
                    &format!(
                        "「{}」は選ぶ項目ではありません。kind が choice か choices の項目を書いてください",
                        other.id
                    ),
                    &format!(
                        "'{}' is nothing to choose from: name a field of kind choice or choices",
                        other.id
                    ),
                ),
                Some(other) => options_of(other, when.is.as_slice(), at("is"), found),
            }
        }
    }

    /// Notes each field whose conditions come back to itself.
    fn circles(&self, found: &mut Found) {
        let next = |id: &str| {
            let field = self.fields.iter().find(|field| field.id == id);
            field.and_then(|field| field.when.as_ref()).map(|when| when.field.as_str())
        };
        for field in self.fields {
            let way = std::iter::successors(next(&field.id), |id| next(id)).take(self.fields.len());
            if way.into_iter().any(|id| id == field.id) {
                let at = self.table_of(field).map_or(0, |table| table.at_key("when"));
                found.add(
                    at,
                    &format!("「{}」の when をたどると自分に戻り、いつまでも表示されません。どれかの when を除いてください", field.id),
                    &format!("the conditions of '{}' lead back to itself, so that it is never shown: take one 'when' away", field.id),
                );
            }
        }
    }

    fn due_and_replies(&self, found: &mut Found) {
        let Some(due) = self.due else { return };
        let none = self.replies.is_empty() && !self.root.has("reply");
        if none && due != DueRule::NoReply {
            found.missing(
                self.root.at_key("due"),
                "返信の期日がありますが、[[reply]] がありません。返信欄を加えるか、[due] を kind = \"no_reply\" にしてください",
                "a reply is due, but there is no [[reply]]: add one, or write kind = \"no_reply\" in [due]",
            );
        }
        if let Some(reply) = self.replies.iter().find(|reply| due == DueRule::NoReply && reply.required) {
            found.add(
                self.root.at_table_with_id("reply", &reply.id),
                "返信のいらない様式(no_reply)に、必須の返信欄があります。required を除くか、[due] に期日を書いてください",
                "no reply is due, yet this one is required: take 'required' away, or write in [due] when it is due",
            );
        }
    }

    /// The reply can come before a day, or before offered times.
    fn before_what(&self, found: &mut Found) {
        for id in self.due_before {
            let field = self.fields.iter().find(|field| field.id == *id);
            let fits =
                field.is_some_and(|field| matches!(field.kind, FieldKind::Date | FieldKind::Slots { .. }));
            let has_mistakes =
                field.is_none() && self.field_tables.iter().any(|table| table.str("id") == Some(id));
            if !fits && !has_mistakes {
                let at = self.root.quiet_table("due").map_or(self.root.at(), |due| due.at_key("before"));
                found.add(
                    at,
                    &format!("「{id}」は日付の項目ではありません。kind が date か slots の [[field]] の id を書いてください"),
                    &format!("'{id}' is no [[field]] with a day: write the id of one of kind date or slots"),
                );
            }
        }
    }

    /// Frames to write in are for blank sheets, and those must fit on one page too.
    fn by_hand(&self, found: &mut Found) {
        for table in self.field_tables.iter().filter(|table| !self.unsolicited && table.has("frame_mm")) {
            found.add(
                table.at_key("frame_mm"),
                "frame_mm は unsolicited = true の様式だけで使えます。どちらかを直してください",
                "frame_mm is for forms with unsolicited = true: take it away, or add that line",
            );
        }
        if !self.unsolicited {
            return;
        }
        let at = self.root.at_key("unsolicited");
        if self.due.is_some_and(|due| due != DueRule::NoReply) || !self.replies.is_empty() {
            found.add(
                at,
                "unsolicited の様式には返信がありません。[[reply]] を除き、[due] を kind = \"no_reply\" にしてください",
                "an unsolicited form has no reply: take [[reply]] away and write kind = \"no_reply\" in [due]",
            );
        }
        let replies = blank_replies(self.fields);
        let boxes: usize = replies.iter().map(|reply| box_count(reply, self.fields)).sum();
        let height_mm = reply_height_mm(&replies, self.fields);
        if boxes > BOXES_MAX || height_mm > REPLY_MAX_MM {
            found.add(
                at,
                &format!("白紙の用紙が1ページに入りません(□{boxes}個/上限{BOXES_MAX}個、{height_mm:.0} mm/上限{REPLY_MAX_MM:.0} mm)。項目か frame_mm を減らしてください"),
                &format!("the blank sheet does not fit on one page ({boxes} of {BOXES_MAX} boxes, {height_mm:.0} of {REPLY_MAX_MM:.0} mm): use fewer fields or a smaller frame_mm"),
            );
        }
    }

    fn table_of(&self, field: &Field) -> Option<&Table<'_>> {
        self.field_tables.iter().find(|table| table.str("id") == Some(field.id.as_str()))
    }
}

/// Notes each condition's option that `other` does not have.
fn options_of(other: &Field, is: &[String], at: usize, found: &mut Found) {
    let known: Vec<&str> = other.kind.options().iter().map(|option| option.id.as_str()).collect();
    for unknown in is.iter().filter(|id| !known.contains(&id.as_str())) {
        let list = known.join(", ");
        found.add(
            at,
            &format!("「{}」に「{unknown}」という選択肢はありません。使えるのは {list} です", other.id),
            &format!("'{}' has no option '{unknown}': use one of {list}", other.id),
        );
    }
}

/// Every role of a side once, and no role on both sides.
pub(super) fn sides(root: &Table, from: &[PartyRole], to: &[PartyRole], found: &mut Found) {
    for (key, side) in [("also_from", from), ("also_to", to)] {
        let twice =
            side.iter().enumerate().any(|(nth, role)| side.iter().skip(nth + 1).any(|other| other == role));
        if twice {
            found.add(
                root.at_key(key),
                &format!("{key} に同じ相手が2度あります。1度だけ書いてください"),
                &format!("{key} names somebody twice: name everybody once"),
            );
        }
    }
    if from.iter().any(|role| to.contains(role)) {
        found.add(
            root.at_key("to"),
            "差出人と宛先が同じです。from か to を変えてください",
            "the form goes to whom it comes from: change 'from' or 'to'",
        );
    }
}

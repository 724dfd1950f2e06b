//! What changed between two versions of a form, in sentences for the people who keep the region's forms. Never
//! judges whether a change is good; it only says whether the version tells of it.

use super::definition::{ChoiceOption, Field, FormDefinition, Label, ReplyField, ReplyKind};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Every change from `old` to `new`, each a sentence `日本語 / English`; empty when they ask the same. The
/// version itself is no change: see [`version`].
#[must_use]
pub fn changes(old: &FormDefinition, new: &FormDefinition) -> Vec<String> {
    let mut said = Said::default();
    said.label("題名", "title", &old.title, &new.title);
    said.label("返信欄の問い", "question", &old.question, &new.question);
    if old.id != new.id {
        said.say(
            format!("別の様式です(「{}」と「{}」)", old.id, new.id),
            format!("these are two forms, '{}' and '{}'", old.id, new.id),
        );
    }
    said.value("差出人", "sender", &old.senders().collect::<Vec<_>>(), &new.senders().collect::<Vec<_>>());
    said.value(
        "宛先",
        "recipient",
        &old.recipients().collect::<Vec<_>>(),
        &new.recipients().collect::<Vec<_>>(),
    );
    said.value("返送の期日", "due rule", &old.due, &new.due);
    said.value("期日より前の日(before)", "due rule, before", &old.due_before, &new.due_before);
    said.value("同意", "consent", &old.consent, &new.consent);
    said.value("指示を扱わない旨(non_clinical)", "non_clinical", &old.non_clinical, &new.non_clinical);
    said.value("緊急の扱い(urgent)", "urgent", &old.urgent, &new.urgent);
    said.value("依頼なしの様式(unsolicited)", "unsolicited", &old.unsolicited, &new.unsolicited);
    said.value("書類を付ける様式(attachments)", "attachments", &old.attachments, &new.attachments);
    said.value("日付の書き方(dates)", "dates", &old.dates, &new.dates);
    said.value("利用者の伏せ方(masking)", "masking", &old.masking, &new.masking);
    fields(old, new, &mut said);
    replies(old, new, &mut said);
    said.0
}

/// Whether the version tells of the changes: a sentence, and whether all is well.
#[must_use]
pub fn version(old: &FormDefinition, new: &FormDefinition, changed: bool) -> (String, bool) {
    let (from, to) = (old.version, new.version);
    if !changed {
        return ("内容は同じです / nothing that is asked has changed".to_owned(), true);
    }
    if to > from {
        return (
            format!(
                "版は第{from}版から第{to}版に上がっています / the version was raised from {from} to {to}"
            ),
            true,
        );
    }
    (
        format!(
            "内容が変わりましたが、版が上がっていません(第{to}版)。version を{}以上にしてください / the form has changed but its version ({to}) was not raised: make it {} or more",
            from + 1,
            from + 1
        ),
        false,
    )
}

#[derive(Default)]
struct Said(Vec<String>);

impl Said {
    #[expect(clippy::needless_pass_by_value, reason = "both are made for this call")]
    fn say(&mut self, ja: String, en: String) {
        self.0.push(format!("{ja} / {en}"));
    }

    fn label(&mut self, ja: &str, en: &str, old: &Label, new: &Label) {
        if old.ja != new.ja {
            self.say(
                format!("{ja}:「{}」を「{}」に変えました", old.ja, new.ja),
                format!("{en}: its Japanese changed"),
            );
        }
        if old.en != new.en {
            self.say(
                format!("{ja}:英語の文が変わりました"),
                format!("{en}: '{}' became '{}'", old.en, new.en),
            );
        }
    }

    /// What changed between two values: of what has parts, each part by itself.
    fn value<T: Serialize + PartialEq>(&mut self, ja: &str, en: &str, old: &T, new: &T) {
        if old != new {
            let json = |value: &T| serde_json::to_value(value).unwrap_or_default();
            self.json(ja, en, &json(old), &json(new));
        }
    }

    fn json(&mut self, ja: &str, en: &str, old: &Value, new: &Value) {
        if let (Value::Object(old), Value::Object(new)) = (old, new) {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let part = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                let (old, new) = (part(old), part(new));
                if old != new {
                    self.json(&format!("{ja}の {key}"), &format!("{en}, {key}"), &old, &new);
                }
            }
            return;
        }
        let (before, after) = (shown(old), shown(new));
        let (ja, en) = match (old, new) {
            (Value::Null, _) => (format!("{ja}を加えました({after})"), format!("{en}: added ({after})")),
            (_, Value::Null) => {
                (format!("{ja}を除きました({before})"), format!("{en}: taken away ({before})"))
            }
            _ => (
                format!("{ja}を {before} から {after} に変えました"),
                format!("{en}: {before} became {after}"),
            ),
        };
        self.say(ja, en);
    }
}

fn fields(old: &FormDefinition, new: &FormDefinition, said: &mut Said) {
    let ids = |form: &FormDefinition| form.fields.iter().map(|field| field.id.clone()).collect::<Vec<_>>();
    lists("項目", "field", &ids(old), &ids(new), said);
    for field in &new.fields {
        if let Some(before) = old.field(&field.id) {
            one_field(before, field, said);
        }
    }
}

fn one_field(old: &Field, new: &Field, said: &mut Said) {
    let (ja, en) = (format!("項目「{}」", new.id), format!("field '{}'", new.id));
    said.label(&ja, &en, &old.label, &new.label);
    required(&ja, &en, old.required, new.required, said);
    said.value(&format!("{ja}の説明"), &format!("{en}, help"), &old.help, &new.help);
    said.value(&format!("{ja}の条件(when)"), &format!("{en}, when"), &old.when, &new.when);
    said.value(&format!("{ja}の初期値"), &format!("{en}, default"), &old.default, &new.default);
    said.value(&format!("{ja}の枠(frame_mm)"), &format!("{en}, frame_mm"), &old.frame_mm, &new.frame_mm);
    options(&ja, &en, old.kind.options(), new.kind.options(), said);
    said.value(&ja, &en, &without_options(&old.kind), &without_options(&new.kind));
}

fn replies(old: &FormDefinition, new: &FormDefinition, said: &mut Said) {
    let ids = |form: &FormDefinition| form.replies.iter().map(|reply| reply.id.clone()).collect::<Vec<_>>();
    lists("返信欄", "reply", &ids(old), &ids(new), said);
    for reply in &new.replies {
        if let Some(before) = old.replies.iter().find(|before| before.id == reply.id) {
            one_reply(before, reply, said);
        }
    }
}

fn one_reply(old: &ReplyField, new: &ReplyField, said: &mut Said) {
    let (ja, en) = (format!("返信欄「{}」", new.id), format!("reply '{}'", new.id));
    said.label(&ja, &en, &old.label, &new.label);
    required(&ja, &en, old.required, new.required, said);
    options(&ja, &en, reply_options(&old.kind), reply_options(&new.kind), said);
    said.value(&ja, &en, &without_options(&old.kind), &without_options(&new.kind));
}

fn reply_options(kind: &ReplyKind) -> &[ChoiceOption] {
    match kind {
        ReplyKind::ChooseOne { options }
        | ReplyKind::ChooseMany { options }
        | ReplyKind::Signature { options } => options,
        ReplyKind::Slots { .. } | ReplyKind::Handwriting { .. } => &[],
    }
}

fn required(ja: &str, en: &str, old: bool, new: bool, said: &mut Said) {
    if new && !old {
        said.say(format!("{ja}:必須になりました"), format!("{en}: it is required now"));
    }
    if old && !new {
        said.say(format!("{ja}:必須ではなくなりました"), format!("{en}: it is not required any more"));
    }
}

fn options(ja: &str, en: &str, old: &[ChoiceOption], new: &[ChoiceOption], said: &mut Said) {
    let ids = |options: &[ChoiceOption]| options.iter().map(|option| option.id.clone()).collect::<Vec<_>>();
    lists(&format!("{ja}の選択肢"), &format!("{en}, option"), &ids(old), &ids(new), said);
    for option in new {
        let Some(before) = old.iter().find(|before| before.id == option.id) else { continue };
        let (ja, en) = (format!("{ja}の選択肢「{}」", option.id), format!("{en}, option '{}'", option.id));
        said.label(&ja, &en, &before.label, &option.label);
        said.value(
            &format!("{ja}の手書き"),
            &format!("{en}, needs_handwriting"),
            &before.needs_handwriting,
            &option.needs_handwriting,
        );
    }
}

/// What came, what went, and whether the order of what stayed changed.
fn lists(ja: &str, en: &str, old: &[String], new: &[String], said: &mut Said) {
    for id in old.iter().filter(|id| !new.contains(id)) {
        said.say(format!("{ja}「{id}」を除きました"), format!("{en} '{id}' was taken away"));
    }
    for id in new.iter().filter(|id| !old.contains(id)) {
        said.say(format!("{ja}「{id}」を加えました"), format!("{en} '{id}' was added"));
    }
    let stayed = |ids: &[String], others: &[String]| {
        ids.iter().filter(|id| others.contains(id)).cloned().collect::<Vec<_>>()
    };
    if stayed(old, new) != stayed(new, old) {
        said.say(format!("{ja}の順番が変わりました"), format!("{en}s: their order changed"));
    }
}

/// The kind with its own settings, as a file writes them.
fn without_options(kind: &impl Serialize) -> Value {
    let mut kind = serde_json::to_value(kind).unwrap_or_default();
    if let Some(map) = kind.as_object_mut() {
        map.remove("options");
    }
    kind
}

/// A value as a sentence holds it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Object(map) => {
            map.iter().map(|(key, value)| format!("{key}: {}", shown(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

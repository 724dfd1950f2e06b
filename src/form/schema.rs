//! The JSON Schema of a form file, by which editors complete and underline while somebody writes. It is made of
//! the words that the check reads by; what holds between the parts of a form (conditions, boxes, pages) only
//! the check can tell.

use super::check::kinds::{
    ADDRESS_MASKS, BIRTH_MASKS, DATE_STYLES, DAYS, DECIMALS, DUE_KINDS, FIELD_KINDS, HANDWRITING_MM, HOURS,
    ID_MAX, Kind, LONG_TEXT_CHARS, NAME_MASKS, NUMBERS, OPTIONAL_KEYS, REPLY_KINDS, ROLES, SLOTS, TEXT_CHARS,
    VERSIONS,
};
use super::prefill;
use serde_json::{Map, Value, json};
use std::ops::RangeInclusive;

/// The schema (JSON Schema 2020-12).
#[must_use]
pub fn schema() -> Value {
    let mut root = object(
        &["id", "version", "title", "question", "from", "to", "due"],
        &[
            ("id", id("英小文字・数字・_ / a-z, 0-9, _")),
            ("version", whole(&VERSIONS, "変えたら上げる / raise it with every change")),
            ("title", label("様式の名前 / the form's name")),
            ("question", label("返信欄の問い / what the reply part asks")),
            ("from", one_of(ROLES, "差出人 / who fills it")),
            ("also_from", list_of_roles("ほかの差出人 / who else may fill it")),
            ("to", one_of(ROLES, "宛先 / who answers it")),
            ("also_to", list_of_roles("ほかの宛先 / who else may be asked")),
            ("non_clinical", truth("医師の指示を扱わない / it cannot carry a doctor's instructions")),
            ("urgent", truth("緊急時はお電話ください、と示す / says that one telephones in an emergency")),
            ("unsolicited", truth("依頼なしに送る様式(白紙で備え置く) / sent without being asked for")),
            ("attachments", truth("書類(PDF)を付ける様式 / papers belong to it")),
            ("dates", one_of(DATE_STYLES, "日付の書き方 / how days are written")),
            ("masking", masking()),
            ("due", any_kind(DUE_KINDS, &[], &[])),
            ("consent", consent()),
        ],
    );
    let lists = [("field", fields()), ("reply", replies())];
    if let Some(properties) = root.get_mut("properties").and_then(Value::as_object_mut) {
        properties
            .extend(lists.map(|(name, items)| (name.to_owned(), json!({ "type": "array", "items": items }))));
    }
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("renraku form");
    root["$defs"] = json!({ "label": label_definition(), "options": options() });
    root
}

fn fields() -> Value {
    let common = [
        ("id", id("英小文字・数字・_ / unique in the form")),
        ("label", label("用紙と画面の見出し / the name on sheet and page")),
        ("required", truth("必須 / it must be filled")),
        ("help", label("記入する人への説明 / a hint")),
        ("when", condition()),
        ("default", json!({ "type": "string", "examples": prefill::sources() })),
        ("frame_mm", whole(&HANDWRITING_MM, "白紙の用紙での枠の高さ / the frame's height on a blank sheet")),
    ];
    any_kind(FIELD_KINDS, &common, &["id", "label"])
}

fn replies() -> Value {
    let common = [
        ("id", id("英小文字・数字・_ / unique in the form")),
        ("label", label("返信欄の見出し / the question")),
        ("required", truth("必須 / without it a person looks")),
    ];
    any_kind(REPLY_KINDS, &common, &["id", "label"])
}

/// An object for each kind, told apart by `kind`.
fn any_kind(kinds: &[Kind], common: &[(&str, Value)], required: &[&str]) -> Value {
    let one = |(name, own): &Kind| {
        let mut properties: Vec<(&str, Value)> = vec![("kind", json!({ "const": name }))];
        properties.extend(common.iter().cloned());
        properties.extend(own.iter().map(|key| (*key, own_key(name, key))));
        let needed = own.iter().filter(|key| !OPTIONAL_KEYS.contains(key)).copied();
        let required: Vec<&str> = required.iter().copied().chain(["kind"]).chain(needed).collect();
        object(&required, &properties)
    };
    let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
    let variants: Vec<Value> = kinds.iter().map(one).collect();
    json!({ "type": "object", "required": ["kind"], "properties": { "kind": { "enum": names } }, "oneOf": variants })
}

/// What the key `key` of the kind `kind` holds.
fn own_key(kind: &str, key: &str) -> Value {
    match (kind, key) {
        (_, "options") => json!({ "$ref": "#/$defs/options" }),
        ("long_text", "max_chars") => whole(&LONG_TEXT_CHARS, "最大の字数 / the most characters"),
        (_, "max_chars") => whole(&TEXT_CHARS, "最大の字数 / the most characters"),
        ("slots", "max") => whole(&SLOTS, "候補の数 / the most times"),
        ("number", "min" | "max") => whole(&NUMBERS, "範囲 / the limit"),
        (_, "decimals") => whole(&DECIMALS, "小数の桁 / digits behind the point"),
        (_, "unit") => label("単位 / the unit"),
        (_, "role") => one_of(ROLES, "だれ / who"),
        (_, "days") => whole(&DAYS, "営業日 / business days"),
        (_, "hours") => whole(&HOURS, "時間 / hours"),
        (_, "before") => json!({ "type": "array", "minItems": 1, "items": { "type": "string" } }),
        (_, "height_mm") => whole(&HANDWRITING_MM, "枠の高さ / the frame's height"),
        _ => json!({ "type": "string" }),
    }
}

fn options() -> Value {
    let option = object(
        &["id", "label"],
        &[
            ("id", id("選択肢の id / unique in its list")),
            ("label", label("用紙の文字 / the words beside the box")),
            ("needs_handwriting", truth("連絡欄も読む / what is written must be read too")),
        ],
    );
    json!({ "type": "array", "minItems": 1, "items": option })
}

fn consent() -> Value {
    object(
        &["text"],
        &[
            ("required", truth("同意なしには送れない / nothing is sent without it")),
            ("text", label("同意の文 / the line")),
        ],
    )
}

fn masking() -> Value {
    object(
        &[],
        &[
            ("name", one_of(NAME_MASKS, "氏名 / the name")),
            ("birth", one_of(BIRTH_MASKS, "生年月日 / the birth date")),
            ("address", one_of(ADDRESS_MASKS, "住所 / addresses")),
        ],
    )
}

fn condition() -> Value {
    let is = json!({ "type": "array", "minItems": 1, "items": { "type": "string" } });
    object(&["field", "is"], &[("field", json!({ "type": "string" })), ("is", is)])
}

fn label_definition() -> Value {
    let text = json!({ "type": "string", "minLength": 1, "pattern": r"\S" });
    object(&["ja", "en"], &[("ja", text.clone()), ("en", text)])
}

fn label(what: &str) -> Value {
    json!({ "$ref": "#/$defs/label", "description": what })
}

fn id(what: &str) -> Value {
    json!({ "type": "string", "pattern": "^[a-z][a-z0-9_]*$", "maxLength": ID_MAX, "description": what })
}

fn truth(what: &str) -> Value {
    json!({ "type": "boolean", "description": what })
}

fn whole(range: &RangeInclusive<i64>, what: &str) -> Value {
    json!({ "type": "integer", "minimum": range.start(), "maximum": range.end(), "description": what })
}

fn one_of<T>(known: &[(&str, T)], what: &str) -> Value {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    json!({ "enum": names, "description": what })
}

fn list_of_roles(what: &str) -> Value {
    json!({ "type": "array", "items": one_of(ROLES, ""), "uniqueItems": true, "description": what })
}

/// An object with these keys and no others.
fn object(required: &[&str], properties: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> =
        properties.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}

//! Typed access to one JSON object; whatever is missing, unknown or of the wrong kind is noted, and
//! its value never repeated. Empty texts and `null` count as not given.

use super::AnswerMistake;
use serde_json::{Map, Value};
use std::str::FromStr;

/// An object with the place and the Japanese and English names for its messages.
pub(super) struct Object<'a> {
    map: &'a Map<String, Value>,
    /// Its field's id; empty for the whole.
    path: String,
}

/// What an item is called: key, Japanese, English.
pub(super) type Item<'n> = (&'n str, &'n str, &'n str);

impl<'a> Object<'a> {
    pub(super) fn root(json: &'a Value, mistakes: &mut Vec<AnswerMistake>) -> Option<Self> {
        Self::of(json, ("", "回答", "the answers"), mistakes)
    }

    /// The object `json`, called `item`.
    pub(super) fn of(json: &'a Value, item: Item, mistakes: &mut Vec<AnswerMistake>) -> Option<Self> {
        match json.as_object() {
            Some(map) => Some(Self { map, path: item.0.to_owned() }),
            None => wrong_kind(item.0, item, ("{ … } のまとまり", "an object { … }"), mistakes),
        }
    }

    /// The value of `key`, unless it is empty.
    pub(super) fn given(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| match value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => true,
        })
    }

    /// The texts that stand under `key`, alone or in a list: options that are chosen, as far as that can be
    /// told before they are checked.
    pub(super) fn chosen(&self, key: &str) -> Vec<String> {
        let texts = match self.map.get(key) {
            Some(Value::Array(items)) => items.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        texts.iter().filter_map(|text| text.as_str().map(|text| text.trim().to_owned())).collect()
    }

    /// The place of `key` for a message.
    pub(super) fn place(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Notes every key that is not `known`.
    pub(super) fn only(&self, known: &[&str], mistakes: &mut Vec<AnswerMistake>) {
        for key in self.map.keys().filter(|key| !known.contains(&key.as_str())) {
            // A key of another shape may be somebody's name in the wrong place.
            let ours = key.len() <= 40 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            let shown = if ours { key.as_str() } else { "?" };
            let list = known.join(", ");
            mistakes.push(mistake(
                self.place(shown),
                &format!("この様式にない項目です。使えるのは {list} です"),
                &format!("there is no such item: use one of {list}"),
            ));
        }
    }

    /// The value of `item`, which must be given where `required`.
    pub(super) fn need(
        &self,
        item: Item,
        required: bool,
        mistakes: &mut Vec<AnswerMistake>,
    ) -> Option<&'a Value> {
        let value = self.given(item.0);
        if value.is_none() && required {
            mistakes.push(mistake(
                self.place(item.0),
                &format!("「{}」を記入してください", item.1),
                &format!("fill in '{}'", item.2),
            ));
        }
        value
    }

    /// A text of one line and at most `max_chars`.
    pub(super) fn line(
        &self,
        item: Item,
        required: bool,
        max_chars: usize,
        mistakes: &mut Vec<AnswerMistake>,
    ) -> Option<String> {
        let text = self.lines(item, required, max_chars, mistakes)?;
        if text.contains('\n') {
            mistakes.push(mistake(
                self.place(item.0),
                &format!("「{}」は1行で記入してください", item.1),
                &format!("write '{}' in one line", item.2),
            ));
            return None;
        }
        Some(text)
    }

    /// A text of at most `max_chars`; lines end with `\n`.
    pub(super) fn lines(
        &self,
        item: Item,
        required: bool,
        max_chars: usize,
        mistakes: &mut Vec<AnswerMistake>,
    ) -> Option<String> {
        let text = self.text(item, required, mistakes)?.replace("\r\n", "\n");
        let chars = text.chars().count();
        if chars > max_chars {
            mistakes.push(mistake(
                self.place(item.0),
                &format!("「{}」は{max_chars}字までです({chars}字あります)。短くしてください", item.1),
                &format!("'{}' may have {max_chars} characters and has {chars}: shorten it", item.2),
            ));
            return None;
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            mistakes.push(mistake(
                self.place(item.0),
                &format!("「{}」に使えない文字(制御文字)があります。入力し直してください", item.1),
                &format!("'{}' has control characters: type it again", item.2),
            ));
            return None;
        }
        Some(text)
    }

    /// A text that `T` understands; `T`'s error is the message.
    pub(super) fn parsed<T>(&self, item: Item, required: bool, mistakes: &mut Vec<AnswerMistake>) -> Option<T>
    where
        T: FromStr<Err: std::fmt::Display>,
    {
        let text = self.text(item, required, mistakes)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                mistakes.push(AnswerMistake { field: self.place(item.0), what: error.to_string() });
                None
            }
        }
    }

    /// One of the texts of `known`.
    pub(super) fn one_of<T: Copy>(
        &self,
        item: Item,
        required: bool,
        known: &[(&str, T)],
        mistakes: &mut Vec<AnswerMistake>,
    ) -> Option<T> {
        let text = self.text(item, required, mistakes)?;
        let meant = known.iter().find(|(name, _)| *name == text).map(|(_, meant)| *meant);
        if meant.is_none() {
            let names = known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            mistakes.push(mistake(
                self.place(item.0),
                &format!("「{}」は {names} から選んでください", item.1),
                &format!("choose '{}' from {names}", item.2),
            ));
        }
        meant
    }

    fn text(&self, item: Item, required: bool, mistakes: &mut Vec<AnswerMistake>) -> Option<&'a str> {
        let value = self.need(item, required, mistakes)?;
        match value.as_str() {
            Some(text) => Some(text.trim()),
            None => wrong_kind(&self.place(item.0), item, ("文字", "a text"), mistakes),
        }
    }
}

pub(super) fn mistake(field: String, ja: &str, en: &str) -> AnswerMistake {
    AnswerMistake { field, what: format!("{ja} / {en}") }
}

/// Notes that `item` should have been something else.
pub(super) fn wrong_kind<T>(
    place: &str,
    item: Item,
    (ja, en): (&str, &str),
    mistakes: &mut Vec<AnswerMistake>,
) -> Option<T> {
    mistakes.push(mistake(
        place.to_owned(),
        &format!("「{}」は{ja}で記入してください", item.1),
        &format!("'{}' must be {en}", item.2),
    ));
    None
}

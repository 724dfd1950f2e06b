//! Typed access to one table of a form file; whatever is missing, unknown or of the wrong type is
//! noted with its place. Knows no rule of forms beyond ids and labels.

use super::kinds::ID_MAX;
use super::mistake::{Found, nearest};
use crate::form::definition::Label;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

type Value<'a> = Spanned<DeValue<'a>>;

/// A table and the byte at which it begins.
pub(super) struct Table<'a> {
    entries: &'a DeTable<'a>,
    at: usize,
}

impl<'a> Table<'a> {
    pub(super) fn root(entries: &'a DeTable<'a>) -> Self {
        Self { entries, at: 0 }
    }

    /// The byte at which it begins.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The byte at which `key` stands, or the table's own.
    pub(super) fn at_key(&self, key: &str) -> usize {
        self.entries.get_key_value(key).map_or(self.at, |(key, _)| key.span().start)
    }

    /// The text of `key` without a word about what is wrong with it.
    pub(super) fn str(&self, key: &str) -> Option<&'a str> {
        self.entries.get(key)?.get_ref().as_str()
    }

    /// Where the table of the array `key` whose id is `id` stands; the last one, when several.
    pub(super) fn at_table_with_id(&self, key: &str, id: &str) -> usize {
        let array = self.entries.get(key).and_then(|value| value.get_ref().as_array());
        let of_id = |value: &&Value| {
            let table = value.get_ref().as_table();
            table.and_then(|table| table.get("id")).and_then(|text| text.get_ref().as_str()) == Some(id)
        };
        let tables = array.map(|array| array.iter().filter(of_id).map(|value| value.span().start));
        tables.and_then(Iterator::last).unwrap_or(self.at)
    }

    /// Notes every key that is not `known`.
    pub(super) fn only(&self, known: &[&str], found: &mut Found) {
        for key in self.entries.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let (ja, en) = match nearest(key.get_ref(), known) {
                Some(near) => (format!("「{near}」ではありませんか"), format!("did you mean '{near}'?")),
                None => (
                    format!("ここで使えるのは {} です", known.join(", ")),
                    format!("here you can use {}", known.join(", ")),
                ),
            };
            found.add(
                key.span().start,
                &format!("「{}」という項目はここでは使えません。{ja}", key.get_ref()),
                &format!("there is no key '{}' here: {en}", key.get_ref()),
            );
        }
    }

    fn need(&self, key: &str, found: &mut Found) -> Option<&'a Value<'a>> {
        let value = self.entries.get(key);
        if value.is_none() {
            found.missing(
                self.at,
                &format!("「{key}」がありません。書き加えてください"),
                &format!("'{key}' is missing: add it"),
            );
        }
        value
    }

    /// A text that must be there, and where it stands.
    pub(super) fn text(&self, key: &str, found: &mut Found) -> Option<(&'a str, usize)> {
        let value = self.need(key, found)?;
        let at = value.span().start;
        match value.get_ref().as_str() {
            Some(text) => Some((text, at)),
            None => wrong_type(key, at, ("\"…\" の文字列", "a text in quotes"), found),
        }
    }

    /// A number that must be there, within `range`.
    pub(super) fn number(&self, key: &str, range: &RangeInclusive<i64>, found: &mut Found) -> Option<i64> {
        let value = self.need(key, found)?;
        let at = value.span().start;
        let Some(integer) = value.get_ref().as_integer() else {
            return wrong_type(key, at, ("引用符のない整数", "a whole number without quotes"), found);
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (low, high) = (range.start(), range.end());
            found.add(
                at,
                &format!("「{key}」は{low}から{high}までの数にしてください"),
                &format!("'{key}' must be from {low} to {high}"),
            );
        }
        number
    }

    /// A number within `range`, where it is there.
    pub(super) fn optional_number(
        &self,
        key: &str,
        range: &RangeInclusive<i64>,
        found: &mut Found,
    ) -> Option<i64> {
        if self.has(key) { self.number(key, range, found) } else { None }
    }

    /// The texts of the list `key`, which must be there.
    pub(super) fn texts(&self, key: &str, found: &mut Found) -> Option<Vec<&'a str>> {
        let value = self.need(key, found)?;
        let at = value.span().start;
        let texts: Option<Vec<&str>> = value
            .get_ref()
            .as_array()
            .and_then(|array| array.iter().map(|item| item.get_ref().as_str()).collect());
        texts.or_else(|| wrong_type(key, at, ("[\"…\"] の並び", "a list of texts [\"…\"]"), found))
    }

    /// Of the list `key` what stands beside each name of `known`; nothing where it is absent.
    pub(super) fn some_of<T: Copy>(&self, key: &str, known: &[(&str, T)], found: &mut Found) -> Vec<T> {
        if !self.has(key) {
            return Vec::new();
        }
        let at = self.at_key(key);
        let texts = self.texts(key, found).unwrap_or_default();
        texts.into_iter().filter_map(|text| meant(key, text, at, known, found)).collect()
    }

    /// [`Self::one_of`], or the default where it is absent.
    pub(super) fn optional_one_of<T: Copy + Default>(
        &self,
        key: &str,
        known: &[(&str, T)],
        found: &mut Found,
    ) -> T {
        if self.has(key) { self.one_of(key, known, found).unwrap_or_default() } else { T::default() }
    }

    /// A truth value; false where it is absent.
    pub(super) fn boolean(&self, key: &str, found: &mut Found) -> bool {
        let Some(value) = self.entries.get(key) else { return false };
        let read = value.get_ref().as_bool();
        read.or_else(|| wrong_type(key, value.span().start, ("true か false", "true or false"), found))
            .unwrap_or_default()
    }

    /// One of the names of `known`; gives what stands beside it.
    pub(super) fn one_of<T: Copy>(&self, key: &str, known: &[(&str, T)], found: &mut Found) -> Option<T> {
        let (text, at) = self.text(key, found)?;
        meant(key, text, at, known, found)
    }

    /// The table `key` without a word about what is wrong with it.
    pub(super) fn quiet_table(&self, key: &str) -> Option<Table<'a>> {
        let (name, value) = self.entries.get_key_value(key)?;
        value.get_ref().as_table().map(|entries| Table { entries, at: name.span().start })
    }

    /// The table `key`, where it is there.
    pub(super) fn table(&self, key: &str, found: &mut Found) -> Option<Table<'a>> {
        let (name, value) = self.entries.get_key_value(key)?;
        match value.get_ref().as_table() {
            Some(entries) => Some(Table { entries, at: name.span().start }),
            None => wrong_type(key, value.span().start, ("{ … } の表", "a table { … }"), found),
        }
    }

    /// The table `key`, which must be there.
    pub(super) fn need_table(&self, key: &str, found: &mut Found) -> Option<Table<'a>> {
        self.need(key, found)?;
        self.table(key, found)
    }

    /// The tables of the array `key`; none where it is absent.
    pub(super) fn tables(&self, key: &str, found: &mut Found) -> Vec<Table<'a>> {
        let Some(value) = self.entries.get(key) else { return vec![] };
        let Some(array) = value.get_ref().as_array() else {
            let expected = ("表の並び([[…]] または [{ … }])", "a list of tables, [[…]] or [{ … }]");
            let _: Option<()> = wrong_type(key, self.at_key(key), expected, found);
            return vec![];
        };
        let mut tables = Vec::new();
        for value in array {
            let at = value.span().start;
            match value.get_ref().as_table() {
                Some(entries) => tables.push(Table { entries, at }),
                None => tables.extend(wrong_type(key, at, ("{ … } の表", "a table { … }"), found)),
            }
        }
        tables
    }

    /// How many items the array `key` has, right or wrong.
    pub(super) fn count(&self, key: &str) -> usize {
        self.entries.get(key).and_then(|value| value.get_ref().as_array()).map_or(0, |array| array.len())
    }

    /// The table's id.
    pub(super) fn id(&self, found: &mut Found) -> Option<String> {
        let (text, at) = self.text("id", found)?;
        let letters = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if letters && text.len() <= ID_MAX && text.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Some(text.to_owned());
        }
        found.add(
            at,
            &format!("id は英小文字で始め、英小文字・数字・_ だけで{ID_MAX}字までにしてください"),
            &format!("an id begins with a-z and has only a-z, 0-9 and _, at most {ID_MAX}: change it"),
        );
        None
    }

    /// The table's id, which must not be among `ids`; joins them.
    pub(super) fn new_id(&self, ids: &mut BTreeSet<String>, found: &mut Found) -> Option<String> {
        let id = self.id(found)?;
        if !ids.insert(id.clone()) {
            let at = self.text("id", found)?.1;
            found.add(
                at,
                &format!("id「{id}」はすでに使われています。別の名前にしてください"),
                &format!("the id '{id}' is already taken: choose another"),
            );
        }
        Some(id)
    }

    /// A text in both languages that must be there.
    pub(super) fn label(&self, key: &str, max: usize, found: &mut Found) -> Option<Label> {
        let table = self.need_table(key, found)?;
        table.only(&["ja", "en"], found);
        // The sheet is Japanese; English stands on pages, where it may break.
        let (ja, en) = (table.printable("ja", max, found), table.printable("en", max * 2, found));
        Some(Label { ja: ja?, en: en? })
    }

    fn printable(&self, key: &str, max: usize, found: &mut Found) -> Option<String> {
        let (text, at) = self.text(key, found)?;
        if text.trim().is_empty() {
            found.add(at, "空です。文字を入れてください", "it is empty: write something");
            return None;
        }
        if let Some(odd) = text.chars().find(|c| is_unprintable(*c)) {
            let code = u32::from(odd);
            found.add(
                at,
                &format!("印刷できない文字(U+{code:04X})があります。別の文字にしてください"),
                &format!("U+{code:04X} cannot be printed: use another character"),
            );
        }
        if width(text) > max * 2 {
            found.add(
                at,
                &format!("用紙に入りません。全角{max}字までに短くしてください"),
                &format!(
                    "it does not fit on the sheet: at most {max} full-width (or {} Latin) characters",
                    max * 2
                ),
            );
        }
        Some(text.to_owned())
    }
}

/// What stands beside `text` in `known`; a name that is not there is noted.
fn meant<T: Copy>(key: &str, text: &str, at: usize, known: &[(&str, T)], found: &mut Found) -> Option<T> {
    let meant = known.iter().find(|(name, _)| *name == text).map(|(_, meant)| *meant);
    if meant.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let (ja, en) = nearest(text, &names).map_or_else(Default::default, |near| {
            (format!("「{near}」ではありませんか。"), format!("did you mean '{near}'? "))
        });
        let names = names.join(", ");
        found.add(
            at,
            &format!("{key} に「{text}」は使えません。{ja}使えるのは {names} です"),
            &format!("'{text}' is no {key}: {en}use one of {names}"),
        );
    }
    meant
}

fn wrong_type<T>(key: &str, at: usize, (ja, en): (&str, &str), found: &mut Found) -> Option<T> {
    found.add(at, &format!("「{key}」には{ja}を書いてください"), &format!("'{key}' must be {en}"));
    None
}

/// The sheet's typeface has no ballot boxes, dingbats or emoji; a line break belongs in no label.
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2610}'..='\u{2612}' | '\u{2700}'..='\u{27bf}' | '\u{10000}'..)
}

/// In half-width characters.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

//! Mistakes in a form file, with their lines. Knows nothing of what a form is.

use std::fmt;

/// One mistake in a form file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file's name as it was given.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong and what to do, in Japanese and English.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.what)
    }
}

/// What was found so far.
pub(super) struct Found<'a> {
    file: &'a str,
    text: &'a str,
    list: Vec<Mistake>,
    /// Lines that are not TOML: nothing more is said about them.
    broken_lines: Vec<usize>,
}

impl<'a> Found<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, list: Vec::new(), broken_lines: Vec::new() }
    }

    /// A mistake at the byte `at`.
    pub(super) fn add(&mut self, at: usize, ja: &str, en: &str) {
        let (line, column) = place(self.text, at);
        if !self.broken_lines.contains(&line) {
            let what = format!("{ja} / {en}");
            self.list.push(Mistake { file: self.file.to_owned(), line, column, what });
        }
    }

    /// Something is absent. While some lines are not TOML that proves nothing, so it is not said.
    pub(super) fn missing(&mut self, at: usize, ja: &str, en: &str) {
        if self.broken_lines.is_empty() {
            self.add(at, ja, en);
        }
    }

    /// The byte `at` is not TOML.
    pub(super) fn syntax(&mut self, at: usize, message: &str) {
        self.add(
            at,
            "TOMLの書き方が正しくありません。この行の引用符・かっこ・イコールを直してください",
            &format!("not TOML ({message}): mend the quotes, brackets or equals sign of this line"),
        );
        self.broken_lines.push(place(self.text, at).0);
    }

    /// The definition, or the mistakes in the order of their lines.
    pub(super) fn finish<T>(mut self, definition: Option<T>) -> Result<T, Vec<Mistake>> {
        if self.list.is_empty()
            && let Some(definition) = definition
        {
            return Ok(definition);
        }
        self.list.sort_by_key(|mistake| (mistake.line, mistake.column));
        Err(self.list)
    }
}

/// Line and column of the byte `at`, both from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The one of `known` that `text` was probably meant to be.
pub(super) fn nearest<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|candidate| (distance(text, candidate), *candidate)).min()?;
    // Two swapped letters are a distance of two; a slip in the first letter is rare.
    let slips = if text.chars().next() == near.1.chars().next() { 2 } else { 1 };
    (near.0 <= slips + near.1.len() / 8 && near.0 < near.1.len()).then_some(near.1)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key() {
        let known = ["id", "kind", "label", "required", "max_chars"];
        for (text, expected) in [
            ("lable", Some("label")),
            ("requird", Some("required")),
            ("max_char", Some("max_chars")),
            ("idn", Some("id")),
            ("ikdn", None),
            ("colour", None),
        ] {
            assert_eq!(nearest(text, &known), expected, "{text}");
        }
    }

    #[test]
    fn places_count_characters() {
        assert_eq!(place("a\n見本 = 1", "a\n見本".len()), (2, 3));
        assert_eq!(place("", 9), (1, 1));
    }
}

//! Text without the differences that keyboards and mailers make: wide and narrow forms, dashes, brackets, invisible
//! characters. Only for comparing; what a person wrote is kept as it is.

use unicode_normalization::UnicodeNormalization;

/// The text with one form of every character (NFKC), one dash, one kind of square bracket and plain blanks.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).nfkc().map(one_form).collect()
}

/// [`plain`] without blanks.
pub(super) fn squash(text: &str) -> String {
    plain(text).chars().filter(|c| *c != ' ').collect()
}

/// What an expected text leaves of another one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Eaten<'a> {
    /// The whole of the expected text stood there; this follows it.
    Whole(&'a str),
    /// The text ended first; so many octets of the expected one are still missing.
    Partly(usize),
    /// Something else stands there.
    Not,
}

/// Compares the beginning of `text` (plain) with `expected` (squashed), blanks aside.
pub(super) fn eat<'a>(text: &'a str, expected: &str) -> Eaten<'a> {
    let mut left = expected.chars();
    for (place, c) in text.char_indices().filter(|(_, c)| *c != ' ') {
        match left.next() {
            None => return Eaten::Whole(&text[place..]),
            Some(wanted) if wanted == c => {}
            Some(_) => return Eaten::Not,
        }
    }
    match left.as_str().len() {
        0 => Eaten::Whole(""),
        missing => Eaten::Partly(missing),
    }
}

fn one_form(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '−' | 'ー' | '─' | '━' | '﹣' => '-',
        '〜' | '∼' => '~',
        '【' | '〔' | '〖' => '[',
        '】' | '〕' | '〗' => ']',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// Widths, joiners, marks of direction, variations and soft hyphens show nothing.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{20e3}')
}

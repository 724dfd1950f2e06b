//! The small things of a line: codes, marks, brackets with a code behind them. Says what stands there, never what
//! it means.

/// A mark that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// ○ and what keyboards give for it.
    Ring,
    /// レ and its like.
    Check,
    /// x: a mark, but to some a no.
    Cross,
    /// 1: a mark, but to some a rank.
    One,
}

/// What stands between the brackets of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inside {
    /// Nothing.
    Empty,
    /// A mark that counts.
    Marked(Mark),
    /// Anything else.
    Unknown,
}

/// A part of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Brackets and a code, with what follows.
    Item {
        /// What the brackets hold.
        inside: Inside,
        /// The code.
        code: String,
        /// Up to the next item or the end of the line.
        rest: &'a str,
    },
    /// Anything else.
    Text(&'a str),
}

/// A code at the beginning of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Code<'a> {
    /// `1-2`.
    pub(super) code: String,
    /// What follows.
    pub(super) rest: &'a str,
}

/// Characters that a mark's brackets hold at the most, blanks included: more is no mark.
const INSIDE_MAX: usize = 8;

impl Mark {
    /// The mark that `text` (plain) is, if it is one and nothing else.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        let mark = Self::of_char(chars.next()?)?;
        chars.next().is_none().then_some(mark)
    }

    fn of_char(c: char) -> Option<Self> {
        Some(match c {
            '○' | '〇' | '◯' | '⭕' | 'o' | 'O' => Self::Ring,
            '✓' | '✔' | '☑' | '✅' | '√' | 'v' | 'V' | 'レ' => Self::Check,
            'x' | 'X' => Self::Cross,
            '1' => Self::One,
            _ => return None,
        })
    }

    /// The mark at the beginning of free text, where a digit is no mark and a letter stands alone.
    pub(super) fn free(text: &str) -> Option<(Self, &str)> {
        let mut chars = text.chars();
        let c = chars.next()?;
        let mark = Self::of_char(c).filter(|mark| *mark != Self::One)?;
        let rest = chars.as_str();
        let in_word = c.is_alphabetic() && rest.starts_with(char::is_alphabetic);
        (!in_word).then_some((mark, rest))
    }
}

/// Splits a plain line before every item in it.
pub(super) fn parts(line: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut heads = line
        .char_indices()
        .filter(|(_, c)| matches!(c, '[' | '('))
        .filter_map(|(place, _)| Some((place, head(&line[place..])?)))
        .peekable();
    let before = heads.peek().map_or(line.len(), |(place, _)| *place);
    if !line[..before].trim().is_empty() {
        parts.push(Part::Text(line[..before].trim()));
    }
    while let Some((place, (inside, code, length))) = heads.next() {
        let end = heads.peek().map_or(line.len(), |(next, _)| *next);
        let rest = line.get(place + length..end).unwrap_or("").trim();
        parts.push(Part::Item { inside, code, rest });
    }
    parts
}

/// Brackets with a code right behind them, and how many octets both take.
fn head(text: &str) -> Option<(Inside, String, usize)> {
    let close = if text.starts_with('[') { ']' } else { ')' };
    let (end, _) = text.char_indices().take(INSIDE_MAX + 2).find(|(_, c)| *c == close)?;
    let inside = text.get(1..end)?.trim();
    let after = text[end + 1..].trim_start();
    let code = code_at(after)?;
    let inside = match Mark::of(inside) {
        _ if inside.is_empty() => Inside::Empty,
        Some(mark) => Inside::Marked(mark),
        None => Inside::Unknown,
    };
    Some((inside, code.code, text.len() - code.rest.len()))
}

/// The brackets at the beginning hold something, and no code follows: a mark that lost what it marks.
pub(super) fn lost_its_code(line: &str) -> bool {
    let Some(inner) = line.strip_prefix('[') else { return false };
    let inside: String = inner.chars().take(INSIDE_MAX + 1).take_while(|c| *c != ']').collect();
    let closed = inner[inside.len()..].starts_with(']');
    closed && Mark::of(inside.trim()).is_some()
}

/// The code at the beginning of a plain text: one or two digits, a dash, one or two digits, and no more of the kind.
pub(super) fn code_at(text: &str) -> Option<Code<'_>> {
    let (question, rest) = digits(text)?;
    let (option, rest) = digits(rest.trim_start_matches(' ').strip_prefix('-')?.trim_start_matches(' '))?;
    let more = rest.strip_prefix(['-', '.', ':', ',']).and_then(digits).is_some();
    let fits = |part: &str| part.len() <= 2;
    (!more && fits(question) && fits(option)).then(|| Code { code: format!("{question}-{option}"), rest })
}

/// Every code in a plain text. Numbers of telephones, days and houses with three parts are none.
pub(super) fn codes(text: &str) -> Vec<String> {
    let mut codes = Vec::new();
    let mut rest = text;
    while let Some(place) = rest.find(|c: char| c.is_ascii_digit()) {
        let from = &rest[place..];
        if let Some(code) = code_at(from) {
            codes.push(code.code);
            rest = code.rest;
        } else {
            rest = from.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
        }
    }
    codes
}

/// Like a code, with something else for the dash: 1の2, 1/2, 1.2, 1 2.
pub(super) fn nearly_codes(text: &str) -> Vec<String> {
    let mut codes = Vec::new();
    let mut rest = text;
    while let Some(place) = rest.find(|c: char| c.is_ascii_digit()) {
        let Some((question, after)) = digits(&rest[place..]) else { break };
        rest = after;
        let Some(after) = after.strip_prefix(['の', '/', '.', ' ', '_', '~', '=']) else { continue };
        if let Some((option, _)) = digits(after) {
            codes.push(format!("{question}-{option}"));
        }
    }
    codes
}

/// The digits at the beginning; at least one.
pub(super) fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

//! The lines of a reply: which are quoted, which only say that a quote follows, and where the block begins and ends.
//! Looks at every line by itself; nothing is thrown away here.

use super::plain::plain;
use super::write::{BEGIN, END};

/// One line.
pub(super) struct Line<'a> {
    /// As it was written, quote marks included.
    pub(super) original: &'a str,
    /// Plain, without quote marks and without blanks around it.
    pub(super) text: String,
    /// True: it began with quote marks.
    pub(super) quoted: bool,
}

/// A part of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// The block begins.
    Begin,
    /// The block ends.
    End,
    /// Anything else; not empty.
    Text(&'a str),
}

/// Words that begin a line of a quoted mail's header, in lower case and without the colon.
const HEADERS: &[&str] = &[
    "from",
    "sent",
    "to",
    "cc",
    "date",
    "subject",
    "reply-to",
    "差出人",
    "送信元",
    "送信者",
    "送信日時",
    "送信日",
    "受信日時",
    "日時",
    "日付",
    "宛先",
    "件名",
    "題名",
];

/// Words in a line between dashes that says that another mail follows, without blanks and in lower case.
const FOLLOWS: &[&str] =
    &["originalmessage", "元のメッセ", "forwardedmessage", "転送メッセ", "wrote:", "originalmail"];

/// Every line of the text.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    text.lines().map(line).collect()
}

fn line(original: &str) -> Line<'_> {
    let text = plain(original);
    let mut bare = text.trim();
    let mut quoted = false;
    while let Some(rest) = bare.strip_prefix(['>', '|', '│', '»']) {
        quoted = true;
        bare = rest.trim_start();
    }
    let text = if bare.len() == text.len() { text } else { bare.to_owned() };
    Line { original, text, quoted }
}

/// True where the block stands in the text without quote marks.
pub(super) fn unmarked_quote(lines: &[Line]) -> bool {
    let first = lines.iter().find(|line| pieces(&line.text).contains(&Piece::Begin));
    first.is_some_and(|line| !line.quoted)
}

/// Splits a plain line at the block's begin and end.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        let begin = rest.find(BEGIN).map(|place| (place, BEGIN, Piece::Begin));
        let end = rest.find(END).map(|place| (place, END, Piece::End));
        let first = begin.into_iter().chain(end).min_by_key(|(place, ..)| *place);
        let Some((place, marker, piece)) = first else { break };
        push(&mut pieces, rest[..place].trim_end_matches(['=', ' ']));
        pieces.push(piece);
        rest = rest[place + marker.len()..].trim_start_matches(['=', ' ']);
    }
    push(&mut pieces, rest);
    pieces
}

fn push<'a>(pieces: &mut Vec<Piece<'a>>, text: &'a str) {
    if !text.trim().is_empty() {
        pieces.push(Piece::Text(text.trim()));
    }
}

/// True for a line that a mailer sets before the mail that it quotes: 「2026年11月20日(金) 10:00 … <…>:」,
/// `On … wrote:`, `-----Original Message-----`, 「差出人: …」.
pub(super) fn announces_quote(text: &str) -> bool {
    let joined: String = text.chars().filter(|c| *c != ' ').flat_map(char::to_lowercase).collect();
    let header = || joined.split_once(':').is_some_and(|(name, _)| HEADERS.contains(&name));
    let dashed = || joined.starts_with("--") && FOLLOWS.iter().any(|word| joined.contains(word));
    let ends = joined.ends_with(':');
    let wrote =
        ends && ["wrote:", "のメ-ル:", "書きました:", "さん:"].iter().any(|word| joined.ends_with(word));
    wrote
        || header()
        || dashed()
        || ends && joined.contains('@')
        || is_dated(&joined) && joined.contains(['<', '@', ':'])
}

/// Begins with a year, as the line before a quote does where it is broken in two.
fn is_dated(joined: &str) -> bool {
    let day =
        joined.strip_prefix("on").map_or(joined, |rest| rest.find("20").map_or(rest, |place| &rest[place..]));
    let year = day.strip_prefix("20").and_then(|rest| rest.get(2..));
    let digits = day.get(..4).is_some_and(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
    digits && year.is_some_and(|rest| rest.starts_with(['年', '/', '-', ',', 'a']))
}

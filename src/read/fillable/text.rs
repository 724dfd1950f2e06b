//! The value of a text field → text. Says when a value is not what the standard allows; never drops a character that a
//! person could read.

use crate::domain::reading::{Problem, ProblemCode};
use crate::form::fillable::TEXT_CHARS_MAX;
use lopdf::Object;

/// No text within [`TEXT_CHARS_MAX`] is longer, written in hexadecimal UTF-16 with room to spare.
const STREAM_BYTES_MAX: usize = 64 << 10;

/// Why a text is in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Different texts under one name; all are given.
    Several,
    /// Longer than the field takes; only its beginning is given.
    TooLong,
    /// Some characters could not be read.
    Unreadable,
    /// No encoding was named; UTF-8 fits.
    Encoding,
}

impl Doubt {
    pub fn problem(self, field: &str) -> Problem {
        let (ja, en) = match self {
            Self::Several => ("に異なる文が2つ以上あります", "holds different texts"),
            Self::TooLong => {
                ("の文が長すぎるため、途中までしか読めません", "is too long and was read in part")
            }
            Self::Unreadable => ("に読めない文字があります", "has characters that cannot be read"),
            Self::Encoding => {
                ("の文字コードが示されていません", "does not say how its characters are encoded")
            }
        };
        let sentence =
            format!("「{field}」{ja}。PDFを開いて確かめてください / '{field}' {en}: open the PDF and look");
        Problem::new(ProblemCode::Other, sentence)
    }
}

/// Text of a string, a stream (table 230) or, from careless tools, a name.
pub(super) fn typed(value: &Object) -> (String, Option<Doubt>) {
    let decoded = match value {
        Object::String(bytes, _) | Object::Name(bytes) => decode(bytes),
        Object::Stream(stream) => match stream.get_plain_content_with_limit(STREAM_BYTES_MAX) {
            Ok(bytes) => decode(&bytes),
            Err(_) => (String::new(), Some(Doubt::Unreadable)),
        },
        _ => (String::new(), Some(Doubt::Unreadable)),
    };
    let (text, doubt) = (clean(&decoded.0), decoded.1);
    if text.chars().nth(TEXT_CHARS_MAX).is_some() {
        return (text.chars().take(TEXT_CHARS_MAX).collect(), Some(Doubt::TooLong));
    }
    (text, doubt)
}

/// By the mark at its beginning (ISO 32000-2 §7.9.2.2); without one it is `PDFDocEncoding`.
fn decode(bytes: &[u8]) -> (String, Option<Doubt>) {
    match bytes {
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // Not allowed, but some programs write it.
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        _ if bytes.is_ascii() => (String::from_utf8_lossy(bytes).into_owned(), None),
        // Japanese text without a mark would be gibberish in PDFDocEncoding; the person is told.
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), Some(Doubt::Encoding)),
            Err(_) => document_encoding(bytes),
        },
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (String, Option<Doubt>) {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    let whole = rest.is_empty() && String::from_utf16(&units).is_ok();
    (String::from_utf16_lossy(&units), (!whole).then_some(Doubt::Unreadable))
}

fn utf8(bytes: &[u8]) -> (String, Option<Doubt>) {
    let text = String::from_utf8_lossy(bytes);
    let whole = std::str::from_utf8(bytes).is_ok();
    (text.into_owned(), (!whole).then_some(Doubt::Unreadable))
}

fn document_encoding(bytes: &[u8]) -> (String, Option<Doubt>) {
    let string = Object::String(bytes.to_vec(), lopdf::StringFormat::Literal);
    match lopdf::decode_text_string(&string) {
        Ok(text) => (text, None),
        Err(_) => (String::from_utf8_lossy(bytes).into_owned(), Some(Doubt::Unreadable)),
    }
}

/// Viewers end lines with a carriage return; other control characters are marks of language or mischief.
fn clean(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    lines.chars().filter(|one| matches!(one, '\n' | '\t') || !one.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], text: &str, doubt: Option<Doubt>) {
        let string = Object::String(bytes.to_vec(), lopdf::StringFormat::Literal);
        assert_eq!(typed(&string), (text.to_owned(), doubt), "{bytes:02x?}");
    }

    #[test]
    fn every_way_to_write_a_text_is_read_or_doubted() {
        check(b"", "", None);
        check(b"OK\r\nabc\rd\x07", "OK\nabc\nd", None);
        check(b"\xfe\xff\x85\xac\xd8\x42\xdf\xb7", "薬𠮷", None);
        check(b"\xff\xfe\xac\x85", "薬", None);
        check(b"\xef\xbb\xbf\xe8\x96\xac", "薬", None);
        check(b"\xe8\x96\xac", "薬", Some(Doubt::Encoding));
        check(b"caf\xe9", "café", None);
        check(b"\xfe\xff\x85", "", Some(Doubt::Unreadable));
        check(b"\xfe\xff\xd8\x42\x85\xac", "\u{fffd}薬", Some(Doubt::Unreadable));
        check(&[b'a'; TEXT_CHARS_MAX + 1], &"a".repeat(TEXT_CHARS_MAX), Some(Doubt::TooLong));
    }

    #[test]
    fn a_value_that_is_no_text_is_doubted() {
        assert_eq!(typed(&Object::Integer(1)), (String::new(), Some(Doubt::Unreadable)));
        let stream = lopdf::Stream::new(lopdf::Dictionary::new(), b"\xfe\xff\x85\xac".to_vec());
        assert_eq!(typed(&Object::Stream(stream)), ("薬".to_owned(), None));
    }
}

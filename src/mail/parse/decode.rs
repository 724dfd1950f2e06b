//! Transfer encodings and character sets of one part. Gives what can be read, and says when that
//! is not all; never fails.

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode_char;

/// The octets of a body, and whether the encoding was whole.
pub(super) fn decode_transfer(body: &[u8], encoding: &str) -> (Vec<u8>, bool) {
    match encoding {
        "base64" => base64(body),
        "quoted-printable" => quoted_printable(body),
        "" | "7bit" | "8bit" | "binary" => (body.to_vec(), true),
        _ => (body.to_vec(), false),
    }
}

/// RFC 2045 §6.8: characters outside the alphabet are ignored, and reported unless white space. A
/// cut-off end gives the octets before it; several paddings (base64 pieces put together) go on.
fn base64(body: &[u8]) -> (Vec<u8>, bool) {
    let mut bytes = Vec::with_capacity(body.len() / 4 * 3);
    let (mut bits, mut held, mut clean) = (0_u32, 0_u32, true);
    for byte in body {
        match (sextet(*byte), byte) {
            (Some(six), _) => {
                bits = (bits << 6) | six;
                held += 6;
                if held >= 8 {
                    held -= 8;
                    bytes.push((bits >> held) as u8);
                }
            }
            (None, b'=') => (bits, held) = (0, 0),
            (None, byte) => clean &= byte.is_ascii_whitespace(),
        }
    }
    (bytes, clean && held < 6)
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// RFC 2045 §6.7: an `=` that begins no escape stays as it is, and is reported.
fn quoted_printable(body: &[u8]) -> (Vec<u8>, bool) {
    let mut bytes = Vec::with_capacity(body.len());
    let mut clean = true;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        // White space before a line's end was added on the way, and `=` there joins lines.
        let text = line.trim_ascii_end();
        let (text, joined) = text.strip_suffix(b"=").map_or((text, false), |text| (text, true));
        clean &= unescape(text, &mut bytes);
        if !joined && line.ends_with(b"\n") {
            bytes.extend_from_slice(if line.ends_with(b"\r\n") { b"\r\n" } else { b"\n" });
        }
    }
    (bytes, clean)
}

/// The `=XX` of one line; false when one is none.
fn unescape(text: &[u8], bytes: &mut Vec<u8>) -> bool {
    let mut clean = true;
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        let escaped = match (first, after) {
            (b'=', [high, low, ..]) => quoted_printable_decode_char(*high, *low),
            _ => None,
        };
        clean &= *first != b'=' || escaped.is_some();
        if escaped.is_some() {
            rest = after.get(2..).unwrap_or_default();
        }
        bytes.push(escaped.unwrap_or(*first));
    }
    clean
}

/// Text in its declared character set. Where none is declared, or the text is not in it, in the one of those that
/// Japanese mailers use that fits best; U+FFFD stands for what nothing can read.
pub(in crate::mail) fn decode_text(bytes: &[u8], charset: Option<&str>) -> String {
    // Who says ASCII and writes more has said nothing.
    let charset = charset.filter(|name| !name.eq_ignore_ascii_case("us-ascii"));
    let named = charset.and_then(|name| charset_decoder(name.as_bytes())).map(|decode| decode(bytes));
    match named {
        Some(text) if unreadable(&text) == 0 => text,
        declared => {
            let guessed = guessed(bytes);
            declared.filter(|text| unreadable(text) <= unreadable(&guessed)).unwrap_or(guessed)
        }
    }
}

/// The text in UTF-8, ISO-2022-JP (by its escapes, RFC 1468), EUC-JP or `Shift_JIS`, whichever leaves least unread.
fn guessed(bytes: &[u8]) -> String {
    let utf8 = String::from_utf8_lossy(bytes).into_owned();
    if unreadable(&utf8) == 0 {
        return utf8;
    }
    let read = |name: &str| charset_decoder(name.as_bytes()).map(|decode| decode(bytes));
    let japanese = ["iso-2022-jp", "euc-jp", "shift_jis"].into_iter().filter_map(read);
    // The first of equals: UTF-8, then EUC-JP, whose kanji are half-width katakana in `Shift_JIS`.
    std::iter::once(utf8).chain(japanese).min_by_key(|text| unreadable(text)).unwrap_or_default()
}

/// Characters that tell of a wrong character set: unread ones, escapes, and half-width katakana, which hardly anyone
/// writes.
fn unreadable(text: &str) -> usize {
    let strange = |c: char| match c {
        '\u{fffd}' | '\u{1b}' => 8,
        '\u{ff61}'..='\u{ff9f}' => 1,
        _ => 0,
    };
    text.chars().map(strange).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_gives_what_it_has() {
        let table: [(&str, &[u8], bool); 8] = [
            ("JVBERi0xLjc=", b"%PDF-1.7", true),
            ("JVBE\r\nRi0x\r\nLjc=\r\n", b"%PDF-1.7", true),
            ("JVBERi0xLjc", b"%PDF-1.7", true),
            ("JVBERi0xL", b"%PDF-1", false),
            ("JVBE!Ri0xLjc=", b"%PDF-1.7", false),
            ("JQ==VkRG", b"%VDF", true),
            ("", b"", true),
            ("****", b"", false),
        ];
        for (text, bytes, clean) in table {
            assert_eq!(decode_transfer(text.as_bytes(), "base64"), (bytes.to_vec(), clean), "{text}");
        }
    }

    #[test]
    fn quoted_printable_gives_what_it_has() {
        let table: [(&str, &[u8], bool); 8] = [
            ("=E3=81=82", "あ".as_bytes(), true),
            ("a=\r\nb", b"ab", true),
            ("a=  \nb", b"ab", true),
            ("a  \r\n\r\nb\n", b"a\r\n\r\nb\n", true),
            ("a=3d=3D", b"a==", true),
            ("a=b", b"a=b", false),
            ("x==41=", b"x=A", false),
            ("=E3=8", b"\xe3=8", false),
        ];
        for (text, bytes, clean) in table {
            let expected = (bytes.to_vec(), clean);
            assert_eq!(decode_transfer(text.as_bytes(), "quoted-printable"), expected, "{text:?}");
        }
    }

    #[test]
    fn japanese_is_read_whatever_is_declared() {
        let jis = b"\x1b$B2sEz\x1b(B: 1";
        let euc = b"\xb2\xf3\xc5\xfa: 1";
        let sjis = b"\x89\xf1\x93\x9a: 1";
        let utf8 = "回答: 1".as_bytes();
        for charset in [None, Some("us-ascii"), Some("utf-8"), Some("no-such-charset")] {
            for (name, bytes) in [("jis", &jis[..]), ("euc", euc), ("sjis", sjis), ("utf-8", utf8)] {
                assert_eq!(decode_text(bytes, charset), "回答: 1", "{name} as {charset:?}");
            }
        }
        for (charset, bytes) in [("iso-2022-jp", &jis[..]), ("euc-jp", euc), ("shift_jis", sjis)] {
            assert_eq!(decode_text(bytes, Some(charset)), "回答: 1");
        }
        assert_eq!(decode_text(b"caf\xe9", Some("iso-8859-1")), "café");
    }

    #[test]
    fn an_unknown_encoding_is_left_as_it_is_and_reported() {
        assert_eq!(decode_transfer(b"begin 644 x", "x-uuencode"), (b"begin 644 x".to_vec(), false));
    }
}

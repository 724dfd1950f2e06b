//! How names, numbers and secrets are written on the wire. Pure text; knows no connection.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};

/// A quoted string (RFC 3501 §9, `quoted`); `None` for what cannot stand in one.
pub(super) fn quoted(text: &str) -> Option<String> {
    if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return None;
    }
    Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A mailbox's name, quoted, in the modified UTF-7 of RFC 3501 §5.1.3.
pub(super) fn mailbox(name: &str) -> String {
    let coder = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);
    let (mut text, mut other) = (String::new(), Vec::new());
    for c in name.chars().map(Some).chain([None]) {
        match c {
            Some(c) if !matches!(c, ' '..='~') => {
                let mut units = [0; 2];
                other.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
                continue;
            }
            _ if other.is_empty() => {}
            _ => {
                text = text + "&" + &coder.encode(&other) + "-";
                other.clear();
            }
        }
        match c {
            Some('&') => text += "&-",
            Some(c) => text.push(c),
            None => {}
        }
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// UIDs as a sequence-set: `1:3,7`. They must be in order, each once.
pub(super) fn uid_set(uids: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &uid in uids {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
            _ => ranges.push((uid, uid)),
        }
    }
    let ranges =
        ranges.iter().map(|(from, to)| if from == to { format!("{from}") } else { format!("{from}:{to}") });
    ranges.collect::<Vec<_>>().join(",")
}

/// The response of SASL PLAIN (RFC 4616 §2), in Base64.
pub(super) fn plain(user: &str, password: &str) -> String {
    STANDARD.encode(format!("\0{user}\0{password}"))
}

/// The response of XOAUTH2, in Base64: `user=…^Aauth=Bearer …^A^A`.
pub(super) fn xoauth2(user: &str, token: &str) -> String {
    STANDARD.encode(format!("user={user}\x01auth=Bearer {token}\x01\x01"))
}

/// Characters of a server's words that are kept.
const MOST_WORDS: usize = 300;

/// A server's words on one line, without control characters and without any of the secrets.
pub(super) fn one_line(words: &str, secrets: &[String]) -> String {
    let mut words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        words = words.replace(secret, "***");
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MOST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_the_protocol_wants_them() {
        for (name, expected) in [
            ("INBOX", "\"INBOX\""),
            ("a \"b\\", r#""a \"b\\""#),
            ("Q&A", "\"Q&-A\""),
            // RFC 3501 §5.1.3's own example.
            ("~peter/mail/台北/日本語", "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\""),
            ("𠮷", "\"&2ELftw-\""),
        ] {
            assert_eq!(mailbox(name), expected, "{name}");
        }
        assert_eq!(quoted(r#"a"b\"#).as_deref(), Some(r#""a\"b\\""#));
        assert_eq!(quoted("a\r\nb"), None);
        assert_eq!(quoted("鍵"), None);
    }

    #[test]
    fn uids_in_a_row_are_a_range() {
        for (uids, expected) in [
            (&[7][..], "7"),
            (&[1, 2, 3, 7, 9, 10], "1:3,7,9:10"),
            (&[u32::MAX - 1, u32::MAX], "4294967294:4294967295"),
        ] {
            assert_eq!(uid_set(uids), expected);
        }
    }

    #[test]
    fn a_servers_words_are_short_and_hold_no_secret() {
        let secrets = ["hunter2hunter2".to_owned(), String::new()];
        assert_eq!(one_line("BAD\r\n hunter2hunter2 \u{1b}[1m", &secrets), "BAD *** [1m");
        assert_eq!(one_line(&"長".repeat(999), &secrets).chars().count(), MOST_WORDS);
    }

    #[test]
    fn what_proves_the_user_is_written_as_its_mechanism_says() {
        assert_eq!(plain("u", "p"), "AHUAcA==");
        assert_eq!(STANDARD.decode(xoauth2("u", "t")).unwrap(), b"user=u\x01auth=Bearer t\x01\x01");
    }
}

//! Addresses and status codes in a text. Finds what looks like one; never decides what it means.

/// Every mail address in `text`, in order, each once whatever its case.
pub(super) fn addresses(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let Some(address) = address_around(text, at) else { continue };
        if !found.iter().any(|known| known.eq_ignore_ascii_case(address)) {
            found.push(address);
        }
    }
    found
}

/// The address whose `@` is at `at`: a local part (RFC 5321 §4.1.2) and a name with a dot.
fn address_around(text: &str, at: usize) -> Option<&str> {
    let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
    let local = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c);
    let start = before
        .rfind(|c| !local(c))
        .map_or(0, |gap| gap + before[gap..].chars().next().map_or(1, char::len_utf8));
    let name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let end = after.find(|c| !name(c)).unwrap_or(after.len());
    let domain = after.get(..end)?.trim_end_matches(['.', '-']);
    let start =
        start + before.get(start..)?.len() - before.get(start..)?.trim_start_matches(['\'', '.']).len();
    let start = quoted_local(before).unwrap_or(start);
    let is_domain = domain.contains('.') && !domain.starts_with(['.', '-']) && !domain.contains("..");
    (start < at && is_domain).then(|| text.get(start..at + 1 + domain.len())).flatten()
}

/// Where a local part in quotes begins (RFC 5321 §4.1.2: at most 64 octets, and no blank here).
fn quoted_local(before: &str) -> Option<usize> {
    let inner = before.strip_suffix('"')?;
    let open = inner.rfind('"')?;
    let local = inner.get(open + 1..)?;
    (!local.is_empty() && local.len() <= 62 && !local.contains(char::is_whitespace)).then_some(open)
}

/// The first enhanced status code (RFC 3463 §2) of class 2, 4 or 5 in `text`.
pub(super) fn status(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find_map(|start| {
        let stands_alone = start == 0 || !matches!(bytes.get(start - 1), Some(b'.' | b'0'..=b'9'));
        if !stands_alone || !matches!(bytes.get(start), Some(b'2' | b'4' | b'5')) {
            return None;
        }
        let rest = text.get(start..)?;
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let code = rest.get(..end)?.trim_end_matches('.');
        let parts: Vec<&str> = code.split('.').collect();
        let [class, subject, detail] = parts[..] else { return None };
        let sizes = class.len() == 1 && (1..=3).contains(&subject.len()) && (1..=3).contains(&detail.len());
        // 5.6.7.8 is an address, and 5.0.0 a code.
        (sizes && subject.len() == 1).then_some(code)
    })
}

/// True for a line that quotes a server: a reply code (RFC 5321 §4.2) or an enhanced one.
pub(super) fn quotes_server(line: &str) -> bool {
    let bytes = line.as_bytes();
    let code = |window: &[u8], before: Option<&u8>| {
        matches!(window, [b'4' | b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'-'])
            && !before.is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.')
    };
    let replies = bytes.windows(4).enumerate();
    replies.into_iter().any(|(at, window)| code(window, at.checked_sub(1).and_then(|at| bytes.get(at))))
        || status(line).is_some_and(|status| !status.starts_with('2'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stand_in_any_text() {
        for (text, expected) in [
            ("<a@example.jp>: unknown; A@EXAMPLE.JP", &["a@example.jp"][..]),
            ("宛先b.c+d@mail.example.co.jpには届きません。", &["b.c+d@mail.example.co.jp"]),
            ("see x@example.jp. Or y@example.org,", &["x@example.jp", "y@example.org"]),
            ("<\"a..b\"@example.jp> \" \"@example.jp", &["\"a..b\"@example.jp"]),
            ("@ a@ @b root@localhost x@y..z", &[]),
        ] {
            assert_eq!(addresses(text), expected, "{text}");
        }
    }

    #[test]
    fn codes_are_told_from_addresses_and_dates() {
        for (text, expected) in [
            ("550 5.1.1 <a@example.jp>", Some("5.1.1")),
            ("#5.0.0 smtp;", Some("5.0.0")),
            ("from 192.0.2.5 at 5.6.7.8", None),
            ("version 15.1.1", None),
            ("(4.4.7)", Some("4.4.7")),
        ] {
            assert_eq!(status(text), expected, "{text}");
        }
        assert!(quotes_server("said: 550 no such user") && quotes_server("Status: 4.2.2"));
        assert!(!quotes_server("at 15500 Main Street") && !quotes_server("nothing"));
    }
}

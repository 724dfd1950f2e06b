//! Signs that a machine wrote a mail. Never decides what follows from that.

use mail_parser::{HeaderName, Message};

/// Return-Path is `<>`.
pub(super) fn return_path_empty(message: &Message<'_>) -> bool {
    raw_values(message, "Return-Path").any(|value| value == "<>")
}

/// RFC 3834 §5, and what was in use before it.
pub(super) fn is_auto(message: &Message<'_>, from: Option<&str>) -> bool {
    let auto_submitted = raw_values(message, "Auto-Submitted").any(|value| first_word(value) != "no");
    let precedence = raw_values(message, "Precedence")
        .any(|value| matches!(first_word(value).as_str(), "bulk" | "junk" | "auto_reply"));
    let older = ["X-Autoreply", "X-Autorespond", "X-Auto-Reply"]
        .iter()
        .any(|name| raw_values(message, name).any(|value| first_word(value) != "no"));
    auto_submitted || precedence || older || is_report(message) || is_daemon(message, from)
}

/// Delivery reports (RFC 6522).
fn is_report(message: &Message<'_>) -> bool {
    raw_values(message, "Content-Type").any(|value| first_word(value) == "multipart/report")
}

/// `DragonFly`'s mailer writes `MAILER-DAEMON <>`: a name and no address.
fn is_daemon(message: &Message<'_>, from: Option<&str>) -> bool {
    let postmaster = from
        .and_then(|from| from.split_once('@'))
        .is_some_and(|(local, _)| local.eq_ignore_ascii_case("postmaster"));
    postmaster
        || raw_values(message, "From")
            .any(|from| from == "<>" || from.to_ascii_lowercase().contains("mailer-daemon"))
}

/// Every value of a header as it stands, its ends trimmed.
pub(super) fn raw_values<'a>(message: &'a Message<'_>, name: &'a str) -> impl Iterator<Item = &'a str> {
    let wanted = HeaderName::from(name);
    message
        .headers_raw()
        .filter(move |(name, _)| HeaderName::from(*name) == wanted)
        .map(|(_, value)| value.trim())
}

/// Up to a parameter or a comment, lower case.
fn first_word(value: &str) -> String {
    let end = value.find([';', '(', ' ', '\t', '\r', '\n']).unwrap_or(value.len());
    value.get(..end).unwrap_or_default().to_ascii_lowercase()
}

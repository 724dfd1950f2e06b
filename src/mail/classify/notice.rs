//! The fields of a delivery status notification (RFC 3464 §2.3) and of a feedback report (RFC 5965 §3), wherever in
//! the mail they stand: many servers write them into the text.

use super::{Recipient, scan, words};

/// What one recipient's fields say was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Failed,
    Delayed,
    /// Delivered, relayed or expanded.
    Arrived,
}

/// The recipients of every group of fields in `text` (unfolded), with what was done; each address once.
pub(super) fn recipients(text: &str) -> Vec<(Recipient, Action)> {
    let mut found: Vec<(Recipient, Action)> = Vec::new();
    for group in text.split("\n\n") {
        let field = |name: &str| field(group, name);
        let Some(address) = field("final-recipient")
            .and_then(|value| address(value).or_else(|| field("original-recipient").and_then(address)))
        else {
            continue;
        };
        if found.iter().any(|(known, _)| known.address.eq_ignore_ascii_case(address)) {
            continue;
        }
        let status = field("status").and_then(scan::status);
        let action = match field("action").map(str::to_ascii_lowercase).as_deref() {
            Some("delayed") => Action::Delayed,
            Some("delivered" | "relayed" | "expanded") => Action::Arrived,
            _ => Action::Failed,
        };
        let permanent = match action {
            Action::Failed => Some(
                words::is_wrong_address(status, &said(text, group, address))
                    && !words::was_after_data(around(text, address))
                    && !words::had_no_room(start(text)),
            ),
            Action::Delayed => Some(false),
            Action::Arrived => None,
        };
        let recipient =
            Recipient { address: address.to_owned(), permanent, status: status.map(str::to_owned) };
        found.push((recipient, action));
    }
    found
}

/// The notice's own first words.
fn start(text: &str) -> &str {
    const START: usize = 300;
    let end = text.char_indices().nth(START).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text)
}

/// What a server's own prose says right after the address.
fn around<'t>(text: &'t str, address: &str) -> &'t str {
    const AROUND: usize = 400;
    let after = text.find(address).and_then(|at| text.get(at..)).unwrap_or_default();
    let end = after.char_indices().nth(AROUND).map_or(after.len(), |(end, _)| end);
    let first = after.split("\n\n").next().unwrap_or(after);
    first.get(..end.min(first.len())).unwrap_or(first)
}

/// The server's words: the diagnostic, or where there is none what stands after the address in the text.
fn said(text: &str, group: &str, address: &str) -> String {
    const AROUND: usize = 600;
    if let Some(diagnostic) = field(group, "diagnostic-code").filter(|diagnostic| diagnostic.len() > 8) {
        return diagnostic.to_owned();
    }
    let after = text.find(address).and_then(|at| text.get(at..)).unwrap_or_default();
    after.chars().take(AROUND).collect()
}

/// Addresses that a feedback report names.
pub(super) fn complained(text: &str) -> Vec<Recipient> {
    let named = ["original-rcpt-to:", "removal-recipient:"];
    let lines = text.lines().filter(|line| {
        named.iter().any(|name| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
    });
    let found: Vec<&str> = lines.filter_map(address).collect();
    let mut recipients: Vec<Recipient> = Vec::new();
    for address in found {
        if !recipients.iter().any(|known| known.address.eq_ignore_ascii_case(address)) {
            recipients.push(Recipient { address: address.to_owned(), permanent: None, status: None });
        }
    }
    recipients
}

/// The value of a group's field.
fn field<'t>(group: &'t str, name: &str) -> Option<&'t str> {
    group.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn address(value: &str) -> Option<&str> {
    scan::addresses(value).into_iter().next()
}

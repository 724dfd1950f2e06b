//! The words of mail servers: whether an address is wrong, or a mail did not get through this time. A server's reply
//! is looked at before the prose around it. Short on purpose: what no line here knows is temporary, and is tried again or
//! shown to a person; it is never taken for a wrong address.

use super::scan;

/// The recipient is not there.
const NOBODY: &[&str] = &[
    "user unknown",
    "unknown user",
    "no such user",
    "unknown recipient",
    "recipient unknown",
    "user not found",
    "not found in directory",
    "mailbox not found",
    "mailbox does not exist",
    "address unknown",
    "unknown address",
    "does not exist",
    "doesn't exist",
    "not exist",
    "no such recipient",
    "no such mailbox",
    "no such address",
    "invalid recipient",
    "invalid user",
    "invalid mailbox",
    "invalid address",
    "recipient not found",
    "no mailbox here",
    "no mail box",
    "unknown local part",
    "unknown local-part",
    "is not a valid",
    "not a known user",
    "recipient rejected",
    "address rejected",
    "addressee unknown",
    "undeliverable address",
    "bad destination mailbox",
    "unrouteable address",
    "unknown account",
    "destination addresses were unknown",
    "account that you tried to reach",
    "user is unknown",
    "couldn't be found",
    "wasn't found",
    "could not be found",
    "was not found",
    "mailbox unavailable",
    "nonexistent",
    "recipientnotfound",
    "resolver.adr",
    "user invalid",
    "no user",
    "not listed in",
    "not recognized",
    "invalid final delivery userid",
    "no valid recipients",
    "doesn't have a",
    "宛先が見つか",
    "アドレスが見つか",
    "ユーザーが見つか",
    "宛先不明",
];

/// Its domain is not there.
const NOWHERE: &[&str] = &[
    "host unknown",
    "unknown host",
    "host not found",
    "name service error",
    "domain not found",
    "no such domain",
    "unrouteable mail domain",
    "nxdomain",
    "cannot resolve",
    "name or service not known",
    "domain name not found",
    "bad destination system",
    "illegal host",
    "unknown domain",
    "domain does not exist",
    "unable to route",
    "domain is not reachable",
    "no mx record",
    "domain may not exist",
    "couldn't find any host",
    "host or domain name not found",
];

const MOVED: &[&str] = &["has moved to", "has been replaced by", "address changed"];

/// The recipient is there, and the mail was refused: no word about an address counts beside these.
const REFUSED: &[&str] = &[
    "mailbox full",
    "mailbox is full",
    "over quota",
    "quota exceeded",
    "exceeded storage",
    "out of storage",
    "over the limit",
    "is full",
    "spam",
    "blocked",
    "blacklist",
    "blocklist",
    "block list",
    "policy",
    "greylist",
    "rate limit",
    "too large",
    "size exceed",
    "disabled",
    "inactive",
    "suspended",
    "virus",
    "dmarc",
    "reputation",
    "relaying",
    "relay access",
    "relay denied",
    "not relay",
    "to relay",
    "relay not",
    "5.7.1",
    "permission to post",
    "unsolicited",
    "5.1.8",
    "sender address",
    "sender domain",
];

/// Something was in the way.
const IN_THE_WAY: &[&str] = &[
    "access denied",
    "not accepting",
    "try again",
    "temporar",
    "timed out",
    "timeout",
    "too many",
    "refused",
    "loop",
    "too busy",
    "certificate",
    "connection",
    "exceeded",
    "authentication",
    "not authorized",
    "not permitted",
    "prohibited",
    "permission",
    "storage",
];

/// The server itself had no room, whatever code it gave.
const ON_DISK: &[&str] = &["couldn't create", "can't create", "disk space", "disk full", "disk quota"];

/// The address was taken, and the mail itself was not.
const AFTER_DATA: &[&str] = &["end of data", "after data", "in reply to data", ">>> data", "data command"];

/// The sender was not taken, and nobody was asked for the address.
const AT_SENDER: &[&str] = &["after mail from", "in reply to mail from", "mail from command"];

/// True for an address that is wrong for good (RFC 3463 class 5 and a word or code that says so), false for anything
/// that may pass. `status` is an enhanced code, `said` the server's words.
pub(super) fn is_wrong_address(status: Option<&str>, said: &str) -> bool {
    let said = said.to_lowercase();
    if status.is_some_and(|status| status.starts_with('4')) {
        return false;
    }
    if status == Some("5.1.6") || has(&said, MOVED) {
        return true;
    }
    if has(&said, AFTER_DATA) || has(&said, AT_SENDER) {
        return false;
    }
    let replies = replies(&said);
    let speaks =
        |text: &str| has(text, NOBODY) || has(text, NOWHERE) || has(text, REFUSED) || has(text, IN_THE_WAY);
    let words = if speaks(&replies) { &replies } else { &said };
    let (nobody, refused) = (has(words, NOBODY) || has(words, NOWHERE), has(words, REFUSED));
    let class = |prefixes: &[&str]| status.is_some_and(|status| prefixes.contains(&status));
    if class(&["5.1.1", "5.1.2", "5.1.3", "5.1.10", "5.4.4"]) {
        // The code is the server's own word; what the prose around it says of spam does not count beside it.
        return !has(&replies, REFUSED) && !has(&said, ON_DISK);
    }
    // 5.2.2, 5.2.3: the mailbox is there, and full, or the mail too long for it.
    nobody && !refused && !class(&["5.2.0", "5.2.2", "5.2.3"])
}

/// True where a notice says that its own server had no room.
pub(super) fn had_no_room(notice: &str) -> bool {
    has(&notice.to_lowercase(), ON_DISK)
}

/// True where the words around an address say that its server had taken the address before it refused the text.
pub(super) fn was_after_data(around: &str) -> bool {
    has(&around.to_lowercase(), AFTER_DATA)
}

/// The lines that quote a server, each with the next two: long replies are folded.
fn replies(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    let quotes = lines.iter().enumerate().filter(|(_, line)| scan::quotes_server(line));
    let with_next =
        quotes.map(|(at, _)| lines.get(at..(at + 3).min(lines.len())).unwrap_or_default().join("\n"));
    with_next.collect::<Vec<_>>().join("\n")
}

/// True when `text` has one of the words.
pub(super) fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_address_is_told_from_a_mail_that_did_not_pass() {
        for (status, said, wrong) in [
            (Some("5.1.1"), "550 5.1.1 User unknown", true),
            (Some("5.0.0"), "550 5.0.0 no such user here", true),
            (None, "Name service error for name=example.invalid", true),
            (Some("5.4.4"), "Host or domain name not found", true),
            (Some("5.1.6"), "551 user has moved to another", true),
            (Some("5.2.2"), "552 5.2.2 Mailbox full", false),
            (Some("5.1.1"), "550 mailbox is full, user unknown", false),
            (Some("4.1.1"), "450 4.1.1 unknown address", false),
            (Some("5.7.1"), "554 blocked as spam", false),
            (Some("5.4.4"), "X-Outbound-Mail-Relay; Host or domain name not found", true),
            (Some("5.1.1"), "550 5.1.1 <a@privaterelay.example>: user not found", true),
            (Some("5.1.0"), "after MAIL FROM:<a@example.jp>: 553 5.1.0 example.jp does not exist", false),
            (Some("5.4.1"), "541 5.4.1 Mail rejected by destination domain", false),
            (Some("5.4.1"), "550 5.4.1 Recipient address rejected: Access denied", true),
            (Some("5.2.1"), "550 5.2.1 User Unknown", true),
            (None, "550 unknown user (in reply to end of DATA command)", false),
            (None, "宛先が見つかりませんでした", true),
            (None, "please try again later", false),
            (None, "", false),
        ] {
            assert_eq!(is_wrong_address(status, said), wrong, "{status:?} {said}");
        }
    }
}

//! Bounces that say in words alone what failed: every server has its own. The addresses that it names before the mail
//! that it gives back, each with the words that follow it.

use super::{Recipient, scan, words};

/// Where the mail that is given back begins, in lower case.
const GIVEN_BACK: &[&str] = &[
    "received: ",
    "return-path: ",
    "message-id:",
    "content-type: message/rfc822",
    "from: ",
    "--- below this line is a copy",
    "------ this is a copy",
    "----- original message",
    "---- original message",
    "--- the header",
    "----- returned message",
    "--- enclosed are the original",
    "unsent message below",
    "the header of the original",
    "original message follows",
    "copy of your message",
];

/// The recipients that `text` (without headers) names; `own` are the addresses of the notice itself.
pub(super) fn recipients(text: &str, failed: Option<&str>, own: &[&str]) -> Vec<Recipient> {
    let (said, given_back) = split(text);
    let is_other = |address: &&str| {
        let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
        !own.iter().any(|own| own.eq_ignore_ascii_case(address))
            && !matches!(local.as_str(), "postmaster" | "mailer-daemon" | "abuse" | "support")
    };
    let mut named: Vec<&str> = match failed {
        // Some servers expand an address in the header and name the one that was written to in the text.
        Some(header) => {
            let mut both = scan::addresses(header);
            let alone = both.len() == 1;
            both.extend(listed(said).filter(|address| alone && !both.contains(address)).collect::<Vec<_>>());
            both
        }
        None => scan::addresses(said).into_iter().filter(is_other).collect(),
    };
    if named.is_empty() {
        let to = given_back
            .lines()
            .find(|line| line.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("to:")));
        named = to.map(scan::addresses).unwrap_or_default();
    }
    let one = |address: &&str| {
        let words = after(said, address, &named);
        let status = scan::status(words);
        Recipient {
            address: (*address).to_owned(),
            permanent: Some(words::is_wrong_address(status, words)),
            status: status.map(str::to_owned),
        }
    };
    named.iter().map(one).collect()
}

/// Addresses that stand alone on a line.
fn listed(said: &str) -> impl Iterator<Item = &str> {
    let alone = |line: &&str| {
        let line = line.trim().trim_matches(['<', '>']);
        line.contains('@') && scan::addresses(line).first().is_some_and(|address| *address == line)
    };
    said.lines().filter(alone).map(|line| line.trim().trim_matches(['<', '>']))
}

/// Where the prose gives no code, the conversation with the other server may stand below it.
pub(super) fn with_transcript(recipients: &mut [Recipient], whole: &str) {
    for recipient in recipients.iter_mut().filter(|recipient| recipient.status.is_none()) {
        let Some(answer) = transcript(whole, &recipient.address) else { continue };
        let status = scan::status(answer);
        recipient.permanent = Some(words::is_wrong_address(status, answer));
        recipient.status = status.map(str::to_owned);
    }
}

/// What a server answered to `RCPT TO` with that address, where a conversation was written down.
fn transcript<'t>(text: &'t str, address: &str) -> Option<&'t str> {
    let mut lines = text.lines();
    let asked = |line: &str| {
        let line = line.to_ascii_lowercase();
        line.starts_with(">>> rcpt to") && line.contains(&address.to_ascii_lowercase())
    };
    lines.find(|line| asked(line))?;
    lines.next().filter(|line| line.starts_with("<<< "))
}

fn split(text: &str) -> (&str, &str) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let low = line.trim_start_matches('>').to_lowercase();
        let low = low.strip_prefix(' ').unwrap_or(&low);
        // A server that writes down the conversation: "From: <a> RCPT: <b>".
        let conversation = low.contains("rcpt:");
        if at > 0 && !conversation && GIVEN_BACK.iter().any(|start| low.starts_with(start)) {
            return text.split_at(at);
        }
        at += line.len();
    }
    (text, "")
}

/// What stands from an address to the next one; everything, where it is the only one.
fn after<'t>(said: &'t str, address: &str, all: &[&str]) -> &'t str {
    let Some(start) = said.find(address).filter(|_| all.len() > 1) else { return said };
    let rest = said.get(start..).unwrap_or_default();
    let ends = all.iter().filter(|other| !other.eq_ignore_ascii_case(address));
    let end = ends.filter_map(|other| rest.find(other)).min().unwrap_or(rest.len());
    rest.get(..end).unwrap_or(rest)
}

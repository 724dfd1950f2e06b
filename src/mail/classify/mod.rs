//! What kind of mail arrived, before anybody looks for an answer in it: a notice of a server is none, nor is the
//! holiday text of a mailer (RFC 3834). It says what the mail is; it never decides what follows.

mod notice;
mod prose;
mod scan;
mod words;

use super::marks::marked;
use super::parse::ParsedMail;
use notice::Action;
use serde::Serialize;
use words::has;

/// The kinds of mail. Only [`Class::Other`] can hold an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A server tells that a mail arrived.
    Result,
    /// A server tells that a mail did not arrive.
    Bounce,
    /// A server tells that it still tries.
    Delay,
    /// A machine answers for somebody who is away.
    AutoReply,
    /// Somebody's provider tells that a mail was called spam (RFC 5965).
    Complaint,
    /// A mail of our own that came back as it was, or one that has passed too many servers.
    Loop,
    /// None of these.
    Other,
}

/// An address that a notice speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recipient {
    /// As it stands there.
    pub address: String,
    /// True for an address that is wrong; false where the mail may pass another time; `None` where nothing failed.
    pub permanent: Option<bool>,
    /// The enhanced status code (RFC 3463), where there is one.
    pub status: Option<String>,
}

/// What kind of mail it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The kind.
    pub class: Class,
    /// Of a notice, whom it speaks of.
    pub recipients: Vec<Recipient>,
    /// A report by its parts (RFC 6522): what is attached to it is the mail that it gives back.
    pub is_report: bool,
}

/// Parts that only a report has (RFC 3464, RFC 6533, RFC 5965).
const REPORTS: &[&str] = &["message/delivery-status", "message/global-delivery-status", FEEDBACK];
const FEEDBACK: &str = "message/feedback-report";

/// Servers that a mail passes at the most (RFC 5321 §6.3 asks servers to allow a hundred; a way is hardly twenty long).
const HOPS_MAX: usize = 50;

/// Octets of a mail that are looked at for notices: they say it at their beginning.
const LOOKED_AT_MAX: usize = 512 * 1024;

/// True when a mail server's reply to an address says that the address does not exist: a code of an address, or the words
/// for it (RFC 3463 §3.2).
#[must_use]
pub fn is_wrong_address(reply: &str) -> bool {
    words::is_wrong_address(scan::status(reply), reply)
}

/// Tells what kind of mail `raw` is; `mail` is the same mail, parsed.
#[must_use]
pub fn classify(raw: &[u8], mail: &ParsedMail) -> Verdict {
    let seen = Seen::new(raw, mail);
    let is_report = mail.attachments.iter().any(|part| REPORTS.contains(&part.declared_type.as_str()));
    let of = |class, recipients| Verdict { class, recipients, is_report };
    if seen.is_feedback() {
        return of(Class::Complaint, notice::complained(&seen.whole));
    }
    if mail.hops > HOPS_MAX || !is_report && marked(mail).own.is_some() {
        return of(Class::Loop, Vec::new());
    }
    let told = notice::recipients(&seen.whole);
    if !told.is_empty() {
        let all = |what: &[Action]| told.iter().all(|(_, action)| what.contains(action));
        let class = if all(&[Action::Arrived]) {
            Class::Result
        } else if all(&[Action::Arrived, Action::Delayed]) {
            Class::Delay
        } else {
            Class::Bounce
        };
        return of(class, told.into_iter().map(|(recipient, _)| recipient).collect());
    }
    if seen.is_away() {
        return of(Class::AutoReply, Vec::new());
    }
    if seen.is_bounce() {
        let own: Vec<&str> = mail.from.iter().chain(&mail.to).map(String::as_str).collect();
        let body = if mail.text.trim().is_empty() { &seen.body } else { &mail.text };
        let failed = seen.header("x-failed-recipients");
        let mut recipients = prose::recipients(body, failed, &own);
        if recipients.is_empty() {
            recipients = prose::recipients(&seen.body, failed, &own);
        }
        prose::with_transcript(&mut recipients, &seen.body);
        let class = if seen.is_delay() { Class::Delay } else { Class::Bounce };
        return of(class, recipients);
    }
    of(
        if mail.auto_submitted && seen.answers_by_itself() { Class::AutoReply } else { Class::Other },
        Vec::new(),
    )
}

/// What is looked at.
struct Seen<'m> {
    /// Name in lower case and value, unfolded.
    headers: Vec<(String, String)>,
    /// The whole mail, decoded where it says how, unfolded.
    whole: String,
    /// Everything below the headers.
    body: String,
    subject: String,
    mail: &'m ParsedMail,
}

/// A server that writes about mails.
const SERVERS: &[&str] = &[
    "mailer-daemon",
    "postmaster",
    "mail delivery",
    "mail-daemon",
    "maildelivery",
    "mail administrator",
    "delivery subsystem",
    "system administrator",
    "mailadmin",
    "mailsystem",
    "post_office",
    "mdaemon",
    "daemon@",
    "<>",
];

/// Subjects of notices that something did not arrive.
const NOT_ARRIVED: &[&str] = &[
    "undeliver",
    "delivery fail",
    "delivery status",
    "failure",
    "returned mail",
    "delivery notification",
    "mail delivery",
    "could not be delivered",
    "not delivered",
    "nondeliver",
    "non-deliver",
    "delivery error",
    "rejected",
    "bounce",
    "warning: ",
    "failed",
    "delayed",
    "system error",
    "delivery report",
    "mail error",
    "delivery problem",
    "error sending your mail",
    "cannot deliver",
    "can not deliver",
    "user unknown",
    "message you sent",
    "配信エラー",
    "配信不能",
    "配信失敗",
    "配信できません",
    "不達",
    "送信できません",
    "配送エラー",
    "配送できません",
];

/// Texts that say it.
const SAID: &[&str] = &[
    "could not be delivered",
    "couldn't be delivered",
    "undeliver",
    "delivery failed",
    "delivery has failed",
    "unable to deliver",
    "not delivered",
    "delivery to the following",
    "cannot be delivered",
    "can not be delivered",
    "returned to sender",
    "wasn't delivered",
    "delivery failure",
    "was not accepted",
    "trouble delivering your message",
    "届きませんでした",
    "配信できません",
    "送信できませんでした",
];

/// Subjects of those who are away.
const AWAY: &[&str] = &[
    "out of office",
    "out of the office",
    "automatic reply",
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto response",
    "auto-response",
    "vacation",
    "away from",
    "on leave",
    "不在",
    "自動応答",
    "自動返信",
    "自動返答",
    "休診",
    "休業",
    "休暇",
    "自動送信",
];

impl<'m> Seen<'m> {
    fn new(raw: &[u8], mail: &'m ParsedMail) -> Self {
        let raw = String::from_utf8_lossy(raw.get(..LOOKED_AT_MAX).unwrap_or(raw));
        let raw = raw.replace("\r\n", "\n").replace('\r', "\n");
        let (head, body) = raw.split_once("\n\n").unwrap_or((&raw, ""));
        let headers = unfolded(head)
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut whole = mail.text.clone();
        for part in mail.attachments.iter().filter(|part| is_text(&part.declared_type)) {
            whole.push_str("\n\n");
            whole.push_str(&String::from_utf8_lossy(&part.bytes).replace("\r\n", "\n"));
        }
        whole.push_str("\n\n");
        whole.push_str(body);
        let subject = mail.subject.clone().unwrap_or_default().to_lowercase();
        Self { headers, whole: unfolded(&whole), body: body.to_owned(), subject, mail }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn is_feedback(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        kind.contains("feedback-report")
            || self.mail.attachments.iter().any(|part| part.declared_type == FEEDBACK)
            || self.whole.lines().any(|line| line.to_ascii_lowercase().starts_with("feedback-type:"))
    }

    fn is_from_server(&self) -> bool {
        let from = self.header("from").unwrap_or_default().to_lowercase();
        self.mail.return_path_empty
            || self.header("x-failed-recipients").is_some()
            || has(&from, SERVERS)
            || self.header("content-type").is_some_and(|kind| kind.starts_with("multipart/report"))
    }

    /// Signs that a machine answered (RFC 3834 §5 and older ones).
    fn answers_by_itself(&self) -> bool {
        let says = |name: &str, word: &str| {
            self.header(name).is_some_and(|value| value.to_ascii_lowercase().starts_with(word))
        };
        let there = ["x-autoreply", "x-autorespond", "x-auto-reply", "x-autogenerated"];
        says("auto-submitted", "auto-replied")
            || says("precedence", "auto_reply")
            || there.iter().any(|name| self.header(name).is_some())
            || has(&self.subject, AWAY)
    }

    fn is_away(&self) -> bool {
        let not_arrived = has(&self.subject, NOT_ARRIVED);
        if has(&self.subject, AWAY) {
            return !not_arrived;
        }
        self.answers_by_itself() && !not_arrived && !(self.is_from_server() && self.tells_of_a_failure())
    }

    fn tells_of_a_failure(&self) -> bool {
        let text = self.whole.to_lowercase();
        has(&text, SAID)
    }

    fn is_bounce(&self) -> bool {
        let not_arrived = has(&self.subject, NOT_ARRIVED);
        let quoted = || self.whole.lines().any(scan::quotes_server);
        self.is_from_server() && (not_arrived || self.tells_of_a_failure())
            || not_arrived && self.tells_of_a_failure() && (quoted() || self.mail.auto_submitted)
    }

    fn is_delay(&self) -> bool {
        let text = self.whole.to_lowercase();
        let tries = [
            "will keep trying",
            "will continue to",
            "still trying",
            "not yet been delivered",
            "no action is required",
        ];
        let over = ["giving up", "has been returned", "permanent", "could not be delivered for"];
        has(&text, &tries) && !has(&text, &over)
    }
}

fn is_text(kind: &str) -> bool {
    kind.starts_with("text/") || kind.starts_with("message/")
}

/// Lines that begin with white space belong to the one before (RFC 5322 §2.2.3).
fn unfolded(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.starts_with([' ', '\t'])
            && all.ends_with('\n')
            && !all.ends_with("\n\n")
            && !line.trim().is_empty()
        {
            all.pop();
            all.push(' ');
            all.push_str(line.trim_start());
        } else if line.trim().is_empty() {
            all.push('\n');
        } else {
            all.push_str(line);
        }
    }
    all
}

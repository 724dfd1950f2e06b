//! Raw mail → what it says and what is attached, with every doubt in `problems`. Never panics,
//! never decides what a mail means, and never throws a part away in silence; the raw bytes are
//! kept by the caller in any case.

mod auto;
pub(super) mod decode;
mod mime;

use jiff::Timestamp;
use mail_parser::{Address, Message, MessageParser};
use std::borrow::Cow;
use std::fmt;

/// Octets of text that are kept; a longer text is cut, with a problem.
const TEXT_MAX: usize = 1_000_000;

/// Octets of a mail's headers that are read: reading a parameter's list takes time by its square.
const HEADERS_MAX: usize = 256 * 1024;

/// Octets at the start of a file that must hold headers for it to look like a mail.
const HEAD_MAX: usize = 64 * 1024;

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParsedMail {
    /// Without the angle brackets.
    pub message_id: Option<String>,
    /// The first address of From.
    pub from: Option<String>,
    /// Every address of To.
    pub to: Vec<String>,
    /// Every other address that it was sent to: Cc, and what servers noted on its way (Delivered-To, X-Original-To …).
    pub also_to: Vec<String>,
    /// Message-IDs of References and In-Reply-To (RFC 5322 §3.6.4), without the angle brackets.
    pub references: Vec<String>,
    /// Servers that it passed (Received lines).
    pub hops: usize,
    /// Decoded.
    pub subject: Option<String>,
    /// As the sender claims.
    pub date: Option<Timestamp>,
    /// Return-Path is `<>`: a bounce or another notice (RFC 5321 §4.5.5).
    pub return_path_empty: bool,
    /// A machine wrote it (RFC 3834 and older signs). Such a text is never a doctor's answer;
    /// a fax service's delivery of a page is marked so too, and its page counts.
    pub auto_submitted: bool,
    /// The text bodies, or the HTML body as text where there is no other.
    pub text: String,
    /// Every other part, also from within forwarded mails.
    pub attachments: Vec<Attachment>,
    /// Each doubt, one sentence.
    pub problems: Vec<String>,
}

impl ParsedMail {
    fn says_nothing_of_itself(&self) -> bool {
        self.from.is_none() && self.subject.is_none() && self.date.is_none() && self.message_id.is_none()
    }
}

/// A part that is not the mail's own text. What it is, its content tells: name and type are only
/// what the sender wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Decoded from base64 or quoted-printable.
    pub bytes: Vec<u8>,
    /// As declared; never used as a path.
    pub declared_name: Option<String>,
    /// As declared, lower case, e.g. `application/pdf`; `text/plain` when nothing is declared.
    pub declared_type: String,
}

impl Attachment {
    /// True for what a mailer adds to a signed mail (RFC 8551 §3.5.3, RFC 3156 §5), by its declared type alone.
    #[must_use]
    pub fn is_signature(&self) -> bool {
        let kinds =
            ["application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"];
        kinds.contains(&self.declared_type.as_str())
    }
}

/// A page is client data: only its size is shown.
impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment({}, {} bytes)", self.declared_type, self.bytes.len())
    }
}

/// Parses a mail with LF, CRLF or bare CR line ends.
#[must_use]
pub fn parse(raw: &[u8]) -> ParsedMail {
    let mut mail = ParsedMail::default();
    let raw = with_line_feeds(raw, &mut mail.problems);
    let (head, _) = mime::split_head(&raw);
    let head = mime::bounded(head, HEADERS_MAX, &mut mail.problems);
    if let Some(message) = MessageParser::default().parse_headers(head) {
        headers(&message, &mut mail);
    }
    if let Some(subject) = raw_subject(head) {
        mail.subject = Some(subject);
    }
    if mail.says_nothing_of_itself() {
        mail.problems.push(
            "メールとして読めません。原本を確認してください / this cannot be read as a mail: look at the original"
                .to_owned(),
        );
    }
    mime::walk(&raw, &mut mail);
    mail
}

/// True when the file begins like a mail: header lines, at least two of them well known. Tells a
/// raw mail from a TIFF or a PDF.
#[must_use]
pub fn looks_like_mail(bytes: &[u8]) -> bool {
    let start = bytes.get(..HEAD_MAX).unwrap_or(bytes);
    let start = with_line_feeds(start, &mut Vec::new());
    let lines = start.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut known = 0;
    for (at, line) in lines.enumerate() {
        match header_line(line) {
            _ if line.is_empty() => break,
            // mbox (RFC 4155) begins with "From sender date".
            _ if at == 0 && line.starts_with(b"From ") => {}
            HeaderLine::Known => known += 1,
            HeaderLine::Other => {}
            HeaderLine::Folded if at > 0 => {}
            HeaderLine::Folded | HeaderLine::None => return known >= 2 && at > 1,
        }
    }
    known >= 2
}

enum HeaderLine {
    Known,
    Other,
    Folded,
    None,
}

fn header_line(line: &[u8]) -> HeaderLine {
    const KNOWN: [&[u8]; 12] = [
        b"from",
        b"to",
        b"subject",
        b"date",
        b"received",
        b"message-id",
        b"return-path",
        b"delivered-to",
        b"mime-version",
        b"content-type",
        b"reply-to",
        b"x-mailer",
    ];
    if line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
        return HeaderLine::Folded;
    }
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return HeaderLine::None };
    let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
    match name {
        [] => HeaderLine::None,
        _ if !name.iter().all(u8::is_ascii_graphic) => HeaderLine::None,
        _ if KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name)) => HeaderLine::Known,
        _ => HeaderLine::Other,
    }
}

/// Some carriers' mails were stored with bare CR: without any LF, CR is the line end.
fn with_line_feeds<'a>(raw: &'a [u8], problems: &mut Vec<String>) -> Cow<'a, [u8]> {
    if raw.contains(&b'\n') || !raw.contains(&b'\r') {
        return Cow::Borrowed(raw);
    }
    problems.push("改行がCRだけのメールです / the mail's lines end in CR alone".to_owned());
    Cow::Owned(raw.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect())
}

fn headers(message: &Message<'_>, mail: &mut ParsedMail) {
    mail.message_id = message.message_id().map(str::to_owned);
    mail.from = message.from().and_then(|from| addresses(from).into_iter().next());
    mail.to = message.to().map(addresses).unwrap_or_default();
    mail.also_to = also_to(message);
    mail.references = references(message);
    mail.hops = auto::raw_values(message, "Received").count();
    mail.subject = message.subject().map(str::to_owned);
    mail.date = message.date().and_then(|date| Timestamp::from_second(date.to_timestamp()).ok());
    mail.return_path_empty = auto::return_path_empty(message);
    mail.auto_submitted = mail.return_path_empty || auto::is_auto(message, mail.from.as_deref());
}

/// Addresses that a list of headers may hold; more are not looked at.
const ADDRESSES_MAX: usize = 200;

/// The headers in which servers keep the address that they delivered to.
const DELIVERED: [&str; 6] =
    ["Delivered-To", "X-Original-To", "X-Delivered-To", "Envelope-To", "X-Envelope-To", "X-Forwarded-To"];

fn also_to(message: &Message<'_>) -> Vec<String> {
    let mut found = message.cc().map(addresses).unwrap_or_default();
    for name in DELIVERED {
        let values = auto::raw_values(message, name);
        found.extend(values.map(|value| value.trim_matches(['<', '>', ' ']).to_owned()));
    }
    found.truncate(ADDRESSES_MAX);
    found
}

fn references(message: &Message<'_>) -> Vec<String> {
    let values = auto::raw_values(message, "References").chain(auto::raw_values(message, "In-Reply-To"));
    let ids = values.flat_map(|value| value.split(['<', '>', ' ', '\t', '\r', '\n', ',']));
    let mut found: Vec<String> = Vec::new();
    for id in ids.filter(|id| id.contains('@')) {
        if !found.iter().any(|known| known == id) && found.len() < ADDRESSES_MAX {
            found.push(id.to_owned());
        }
    }
    found
}

/// The subject of a mailer that writes it as it is, in a character set of its own, and not as RFC 2047 asks.
fn raw_subject(head: &[u8]) -> Option<String> {
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.find_map(|line| {
        let (name, value) = line.split_at_checked("subject:".len())?;
        name.eq_ignore_ascii_case(b"subject:").then_some(value)
    })?;
    let folded = lines.take_while(|line| line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')));
    let value = std::iter::once(first).chain(folded).map(<[u8]>::trim_ascii).collect::<Vec<_>>().join(&b' ');
    let is_raw = value.contains(&0x1b) || std::str::from_utf8(&value).is_err();
    is_raw.then(|| decode::decode_text(&value, None))
}

fn addresses(address: &Address<'_>) -> Vec<String> {
    address.iter().filter_map(|one| one.address.as_deref()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;

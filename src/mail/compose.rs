//! One outgoing mail → bytes for SMTP: ASCII only, CRLF only, one recipient, at most one PDF.
//! Never lets a value break out of its header, and never reads a clock or makes an id itself, so
//! the same try always gives the same bytes.

use jiff::Timestamp;
use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, Message, MultiPart, MultiPartBuilder, SinglePart};
use std::fmt;
use std::time::SystemTime;

/// Octets of a text line without its CRLF (RFC 5321 §4.5.3.1.6).
const LINE_MAX: usize = 998;

/// Why a mail cannot be composed. Nothing has been sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// A line break or control character in a value that becomes a header.
    #[error(
        "{what}に改行や制御文字があります。取り除いてください / {what} contains a line break or a control character: remove it"
    )]
    Control {
        /// Which value.
        what: &'static str,
    },
    /// Not one plain ASCII mail address.
    #[error(
        "{what}「{value}」はメールアドレスではありません(半角 name@example.jp の形)/ {what} '{value}' is not an ASCII mail address such as name@example.jp"
    )]
    Address {
        /// Which value.
        what: &'static str,
        /// The text as given, its control characters escaped.
        value: String,
    },
    /// A file name that some receivers cannot read.
    #[error(
        "添付名「{0}」は使えません(半角英数字と . _ - で、.pdf で終わる100字以内)/ the attachment's name '{0}' must be ASCII letters, digits, '.', '_' or '-', end in .pdf, and have at most 100 characters"
    )]
    FileName(String),
    /// The attachment is not a PDF.
    #[error("添付がPDFではありません。送信を中止しました / the attachment is not a PDF, so nothing is sent")]
    NotAPdf,
    /// Bigger than the provider takes.
    #[error(
        "メールが{bytes}バイトで、送信先の上限{max}バイトを超えます / the mail has {bytes} bytes; this provider takes at most {max}"
    )]
    TooLarge {
        /// The whole mail as it would be sent.
        bytes: usize,
        /// The provider's limit.
        max: usize,
    },
    /// What was built could not be sent by every server.
    #[error("メールを組み立てられません({0})/ the mail could not be put together: {0}")]
    Build(String),
}

/// A mail to one recipient. Carries no client data except inside the PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The registered sender, as From, and as envelope sender where no other is named.
    pub from: String,
    /// The envelope sender, to which notices of failure go.
    pub envelope_from: Option<String>,
    /// Where answers go; the sender where none is named.
    pub reply_to: Option<String>,
    /// The one recipient.
    pub to: String,
    /// One line, any characters.
    pub subject: String,
    /// Plain text; empty means no text part at all, since an empty text part became an extra fax
    /// page with some services.
    pub body: String,
    /// From [`Marks`](super::marks::Marks), without the angle brackets.
    pub message_id: String,
    /// When the try was made; becomes Date.
    pub date: Timestamp,
    /// The sheet.
    pub pdf: Option<PdfFile>,
    /// The provider's limit for the whole mail.
    pub max_bytes: usize,
}

/// A PDF to attach.
#[derive(Clone, PartialEq, Eq)]
pub struct PdfFile {
    /// ASCII, e.g. `renraku-26-000042-3.pdf`: of a non-ASCII name some receivers see nothing,
    /// since only the RFC 2231 form would be written.
    pub file_name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// A mail ready for SMTP.
#[derive(Clone, PartialEq, Eq)]
pub struct Composed {
    /// Envelope sender.
    pub from: Address,
    /// Envelope recipient.
    pub to: Address,
    /// The Message-ID, without the angle brackets; a result mail may quote it.
    pub message_id: String,
    /// The message: ASCII, CRLF line ends, before dot-stuffing.
    pub bytes: Vec<u8>,
}

/// The sheet is client data: only its size is shown.
impl fmt::Debug for PdfFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PdfFile({}, {} bytes)", self.file_name, self.bytes.len())
    }
}

/// The text is client data: only its size is shown.
impl fmt::Debug for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Composed({}, to {}, {} bytes)", self.message_id, self.to, self.bytes.len())
    }
}

/// Builds the mail.
///
/// # Errors
/// [`MailError`] names the value that is wrong; nothing is repaired silently.
pub fn compose(outgoing: &Outgoing) -> Result<Composed, MailError> {
    let from = address("差出人 / From", &outgoing.from)?;
    let to = address("宛先 / To", &outgoing.to)?;
    let envelope_from = match &outgoing.envelope_from {
        Some(envelope) => address("エンベロープの差出人 / envelope sender", envelope)?,
        None => from.clone(),
    };
    let message_id = checked_message_id(&outgoing.message_id)?;
    single_line("件名 / Subject", &outgoing.subject)?;
    let mut message = Message::builder().from(Mailbox::new(None, from));
    if let Some(reply_to) = &outgoing.reply_to {
        message = message.reply_to(Mailbox::new(None, address("返信先 / Reply-To", reply_to)?));
    }
    let message = message
        .to(Mailbox::new(None, to.clone()))
        .subject(outgoing.subject.as_str())
        .date(SystemTime::from(outgoing.date))
        .message_id(Some(format!("<{message_id}>")))
        .raw_header(auto_generated())
        .multipart(parts(outgoing)?)
        .map_err(|error| MailError::Build(error.to_string()))?;
    let bytes = message.formatted();
    sendable(&bytes, outgoing.max_bytes)?;
    Ok(Composed { from: envelope_from, to, message_id: message_id.to_owned(), bytes })
}

/// One plain ASCII address.
pub(super) fn address(what: &'static str, text: &str) -> Result<Address, MailError> {
    single_line(what, text)?;
    let wrong = || MailError::Address { what, value: text.escape_debug().to_string() };
    if !text.is_ascii() || text.contains([' ', '"', '<', '>', ',', ';']) {
        return Err(wrong());
    }
    text.parse().map_err(|_| wrong())
}

/// Refuses what could start a new header line.
pub(super) fn single_line(what: &'static str, text: &str) -> Result<(), MailError> {
    if text.chars().any(breaks_a_line) { Err(MailError::Control { what }) } else { Ok(()) }
}

/// Control characters, and the two separators that some software takes for line ends.
fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Text of several lines: LF, CRLF and tab are fine.
pub(super) fn many_lines(what: &'static str, text: &str) -> Result<(), MailError> {
    let lines = text.replace("\r\n", "\n");
    let bad = lines.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
    if bad { Err(MailError::Control { what }) } else { Ok(()) }
}

fn checked_message_id(id: &str) -> Result<&str, MailError> {
    address("メッセージID / Message-ID", id).map(|_| id)
}

/// RFC 3834 §5: keeps holiday notices and the like from answering us.
fn auto_generated() -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned())
}

fn parts(outgoing: &Outgoing) -> Result<MultiPart, MailError> {
    let mut parts = with_boundary(&outgoing.message_id).build();
    many_lines("本文 / body", &outgoing.body)?;
    if !outgoing.body.is_empty() {
        parts = parts.singlepart(SinglePart::plain(outgoing.body.replace("\r\n", "\n")));
    }
    match &outgoing.pdf {
        Some(pdf) => Ok(parts.singlepart(pdf_part(pdf)?)),
        None if outgoing.body.is_empty() => {
            Err(MailError::Build("本文も添付もありません / neither a text nor an attachment".to_owned()))
        }
        None => Ok(parts),
    }
}

/// A boundary made of the try's id: deterministic, and never part of base64 or of our texts.
fn with_boundary(message_id: &str) -> MultiPartBuilder {
    let try_id: String = message_id.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    MultiPart::mixed().boundary(format!("=_renraku-{try_id}"))
}

fn pdf_part(pdf: &PdfFile) -> Result<SinglePart, MailError> {
    let name = pdf.file_name.as_str();
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let pdf_name = std::path::Path::new(name).extension().is_some_and(|extension| extension == "pdf");
    if !plain || !pdf_name || name.len() > 100 {
        return Err(MailError::FileName(name.escape_debug().to_string()));
    }
    if !pdf.bytes.starts_with(b"%PDF-") {
        return Err(MailError::NotAPdf);
    }
    let kind = ContentType::parse("application/pdf").map_err(|error| MailError::Build(error.to_string()))?;
    let body = Body::new_with_encoding(pdf.bytes.clone(), ContentTransferEncoding::Base64)
        .map_err(|_| MailError::Build("base64".to_owned()))?;
    Ok(Attachment::new(name.to_owned()).body(body, kind))
}

/// What every server can take: 7-bit, CRLF, short lines, not too many octets.
fn sendable(bytes: &[u8], max: usize) -> Result<(), MailError> {
    if bytes.len() > max {
        return Err(MailError::TooLarge { bytes: bytes.len(), max });
    }
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    // What follows the last LF: nothing, when the mail ends as it should.
    let rest = lines.pop();
    let good = |line: &&[u8]| {
        line.strip_suffix(b"\r").is_some_and(|line| line.len() <= LINE_MAX && !line.contains(&b'\r'))
    };
    if rest != Some(&[]) || !bytes.is_ascii() || !lines.iter().all(good) {
        return Err(MailError::Build("7 bit, CRLF, 998".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::parse::parse;

    fn outgoing() -> Outgoing {
        Outgoing {
            from: "fax@office.example.jp".to_owned(),
            envelope_from: None,
            reply_to: None,
            to: "0344772288@fax.example.jp".to_owned(),
            subject: "連絡票 26-000042-3 主治医・ケアマネージャー連絡票のご送付(ご回答をお願いいたします)"
                .to_owned(),
            body: "連絡票をお送りします。\n.\n..\nFrom here".to_owned(),
            message_id: "0190f000-0000-7000-8000-000000000001@office.example.jp".to_owned(),
            date: "2026-04-01T09:00:00+09:00".parse().unwrap(),
            pdf: Some(PdfFile {
                file_name: "renraku-26-000042-3.pdf".to_owned(),
                bytes: b"%PDF-1.7\n\r\n.\r\n\xff\x00 end".to_vec(),
            }),
            max_bytes: 100_000,
        }
    }

    #[test]
    fn a_mail_reads_back_as_it_was_meant() {
        let outgoing = outgoing();
        let composed = compose(&outgoing).unwrap();
        let parsed = parse(&composed.bytes);
        assert_eq!(parsed.problems, Vec::<String>::new());
        assert_eq!(parsed.subject.as_deref(), Some(outgoing.subject.as_str()));
        assert_eq!(parsed.from.as_deref(), Some("fax@office.example.jp"));
        assert_eq!(parsed.to, ["0344772288@fax.example.jp"]);
        assert_eq!(parsed.message_id.as_deref(), Some(outgoing.message_id.as_str()));
        assert_eq!(parsed.date, Some(outgoing.date));
        assert!(parsed.auto_submitted);
        assert_eq!(parsed.text.trim_end().replace("\r\n", "\n"), outgoing.body);
        let pdf = outgoing.pdf.unwrap();
        assert_eq!(parsed.attachments.len(), 1);
        assert_eq!(parsed.attachments[0].bytes, pdf.bytes);
        assert_eq!(parsed.attachments[0].declared_name.as_deref(), Some(pdf.file_name.as_str()));
        assert_eq!(parsed.attachments[0].declared_type, "application/pdf");
    }

    #[test]
    fn answers_and_notices_may_go_elsewhere() {
        let elsewhere = Outgoing {
            envelope_from: Some("bounces+1@office.example.jp".to_owned()),
            reply_to: Some("reply+1@office.example.jp".to_owned()),
            ..outgoing()
        };
        let composed = compose(&elsewhere).unwrap();
        assert_eq!(composed.from.to_string(), "bounces+1@office.example.jp");
        let text = String::from_utf8(composed.bytes).unwrap();
        assert!(text.contains("\r\nReply-To: reply+1@office.example.jp\r\n"), "{text}");
        assert!(text.contains("From: fax@office.example.jp\r\n") && !text.contains("bounces"), "{text}");
        assert_eq!(compose(&outgoing()).unwrap().from.to_string(), "fax@office.example.jp");
    }

    #[test]
    fn another_reader_of_mail_agrees() {
        let composed = compose(&outgoing()).unwrap();
        let message = mail_parser::MessageParser::default().parse(&composed.bytes).unwrap();
        assert_eq!(message.subject(), Some(outgoing().subject.as_str()));
        assert_eq!(message.attachment(0).unwrap().contents(), outgoing().pdf.unwrap().bytes);
    }

    #[test]
    fn the_same_try_gives_the_same_bytes() {
        assert_eq!(compose(&outgoing()), compose(&outgoing()));
    }

    #[test]
    fn an_empty_body_makes_no_text_part() {
        let composed = compose(&Outgoing { body: String::new(), ..outgoing() }).unwrap();
        let text = String::from_utf8(composed.bytes).unwrap();
        assert!(!text.contains("text/plain"), "{text}");
        assert_eq!(text.matches("application/pdf").count(), 1);
    }

    /// A name, and what it makes of the mail.
    type Attempt = (&'static str, fn(&mut Outgoing));

    #[test]
    fn no_value_breaks_out_of_its_header() {
        let attempts: &[Attempt] = &[
            ("subject with CRLF", |o| o.subject = "x\r\nBcc: evil@example.com".to_owned()),
            ("subject with LF", |o| o.subject = "x\nBcc: evil@example.com".to_owned()),
            ("subject with CR", |o| o.subject = "x\rBcc: evil@example.com".to_owned()),
            ("subject with NUL", |o| o.subject = "x\0".to_owned()),
            ("subject with NEL", |o| o.subject = "x\u{85}y".to_owned()),
            ("subject with LS", |o| o.subject = "x\u{2028}y".to_owned()),
            ("sender with CRLF", |o| o.from = "a@example.jp\r\nBcc: evil@example.com".to_owned()),
            ("two recipients", |o| o.to = "a@example.jp,evil@example.com".to_owned()),
            ("recipient with a parameter", |o| o.to = "a@example.jp> NOTIFY=SUCCESS".to_owned()),
            ("envelope with CRLF", |o| {
                o.envelope_from = Some("a@b.jp>\r\nRCPT TO:<evil@example.com>".to_owned());
            }),
            ("answers to two", |o| o.reply_to = Some("a@b.jp, evil@example.com".to_owned())),
            ("answers with LF", |o| o.reply_to = Some("a@b.jp\nBcc: evil@example.com".to_owned())),
            ("recipient with CRLF", |o| o.to = "a@example.jp\r\nRCPT TO:<evil@example.com>".to_owned()),
            ("recipient in full-width", |o| o.to = "\u{ff10}\u{ff13}12345678@fax.example.jp".to_owned()),
            ("id with CRLF", |o| o.message_id = "a@b.jp>\r\nX: y".to_owned()),
            ("body with a bare CR", |o| o.body = "x\r.\ry".to_owned()),
            ("body with ESC", |o| o.body = "x\u{1b}$B".to_owned()),
            ("file name with a quote", |o| o.pdf.as_mut().unwrap().file_name = "a\".pdf".to_owned()),
            ("file name with CRLF", |o| o.pdf.as_mut().unwrap().file_name = "a\r\nX: y.pdf".to_owned()),
            ("Japanese file name", |o| o.pdf.as_mut().unwrap().file_name = "連絡票.pdf".to_owned()),
            ("a PDF that is none", |o| o.pdf.as_mut().unwrap().bytes = b"MZ".to_vec()),
            ("too large", |o| o.max_bytes = 300),
            ("nothing to send", |o| (o.body, o.pdf) = (String::new(), None)),
        ];
        for (name, spoil) in attempts {
            let mut outgoing = outgoing();
            spoil(&mut outgoing);
            let refused = compose(&outgoing).expect_err(name);
            assert!(!refused.to_string().contains(['\r', '\n']), "{name}: {refused}");
        }
    }
}

//! The tree of parts (RFC 2046), walked with limits on depth, parts and octets. mail-parser reads
//! each part's headers; the parts themselves are cut here, because a mail of nested mails would
//! otherwise recurse as deep as its sender likes, and because a broken encoding must still give
//! up the octets it has.

use super::decode::{decode_text, decode_transfer};
use super::{Attachment, HEADERS_MAX, ParsedMail, TEXT_MAX};
use mail_parser::decoders::html::html_to_text;
use mail_parser::{ContentType, Message, MessageParser, MimeHeaders};

/// Mails within mails.
const MAIL_DEPTH_MAX: usize = 5;
/// Multiparts within multiparts, mails included.
const DEPTH_MAX: usize = 20;
/// Parts of one mail.
const PARTS_MAX: usize = 200;
/// Octets of an inner part's headers that are read.
const PART_HEADERS_MAX: usize = 64 * 1024;
/// Octets of all decoded parts together.
const BYTES_MAX: usize = 100_000_000;

/// Header block with its last line end, and body. A part may begin with its empty line.
pub(super) fn split_head(part: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for line in part.split_inclusive(|byte| *byte == b'\n') {
        if matches!(line, b"\n" | b"\r\n") {
            let (head, rest) = part.split_at_checked(at).unwrap_or((part, &[]));
            return (head, rest.get(line.len()..).unwrap_or_default());
        }
        at += line.len();
    }
    (part, &[])
}

/// At most `max` octets of a header block; a longer one is a problem.
pub(super) fn bounded<'h>(head: &'h [u8], max: usize, problems: &mut Vec<String>) -> &'h [u8] {
    let Some(start) = head.get(..max).filter(|start| start.len() < head.len()) else { return head };
    let sentence = "見出しが長いため途中まで読みました / a header block is long and was read in part";
    if !problems.iter().any(|known| known == sentence) {
        problems.push(sentence.to_owned());
    }
    start
}

/// Collects text, attachments and problems of `raw`.
pub(super) fn walk(raw: &[u8], mail: &mut ParsedMail) {
    let mut walk = Walk { mail, parts: 0, bytes: 0, html: String::new() };
    walk.part(raw, Place { depth: 0, mail_depth: 0, in_digest: false });
    let html = std::mem::take(&mut walk.html);
    if mail.text.trim().is_empty() && !html.is_empty() {
        mail.text = html_to_text(&html);
    }
}

#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    mail_depth: usize,
    in_digest: bool,
}

struct Walk<'m> {
    mail: &'m mut ParsedMail,
    parts: usize,
    bytes: usize,
    html: String,
}

/// What the headers say of one part.
struct Declared {
    /// `type/subtype`, lower case.
    kind: String,
    name: Option<String>,
    boundary: Option<String>,
    charset: Option<String>,
    encoding: String,
    attached: bool,
}

impl Walk<'_> {
    fn part(&mut self, part: &[u8], place: Place) {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            self.problem("部分が多すぎます。残りは原本で確認してください / too many parts: see the original for the rest");
            return;
        }
        let (head, body) = split_head(part);
        let max = if place.depth == 0 { HEADERS_MAX } else { PART_HEADERS_MAX };
        let declared = declared(bounded(head, max, &mut self.mail.problems), place.in_digest);
        match declared.kind.as_str() {
            kind if kind.starts_with("multipart/") => self.multipart(body, &declared, place),
            kind if is_mail(kind) => self.inner_mail(body, &declared, place),
            _ => self.leaf(body, &declared, place),
        }
    }

    fn multipart(&mut self, body: &[u8], declared: &Declared, place: Place) {
        // A bounce that gives back the headers alone.
        if body.trim_ascii().is_empty() {
            return;
        }
        let mut parts = split_parts(body, declared.boundary.as_deref().unwrap_or_default());
        if parts.is_empty() {
            self.problem(
                "マルチパートの区切りが宣言と違います / a multipart's boundary is not the declared one",
            );
            parts = guessed_boundary(body).map(|boundary| split_parts(body, boundary)).unwrap_or_default();
        }
        if parts.is_empty() || place.depth >= DEPTH_MAX {
            self.problem(
                "マルチパートを分けられません / a multipart cannot be taken apart, or is nested too deep",
            );
            self.attach(body.to_vec(), declared);
            return;
        }
        let in_digest = declared.kind == "multipart/digest";
        for part in parts {
            if self.parts > PARTS_MAX {
                return;
            }
            self.part(part, Place { depth: place.depth + 1, in_digest, ..place });
        }
    }

    /// A mail within the mail: its parts count, its text is not the sender's.
    fn inner_mail(&mut self, body: &[u8], declared: &Declared, place: Place) {
        let bytes = self.decoded(body, declared);
        if place.mail_depth >= MAIL_DEPTH_MAX || place.depth >= DEPTH_MAX {
            self.problem("メールの入れ子が深すぎます / mails are nested too deep");
            self.attach(bytes, declared);
            return;
        }
        self.part(
            &bytes,
            Place { depth: place.depth + 1, mail_depth: place.mail_depth + 1, in_digest: false },
        );
    }

    fn leaf(&mut self, body: &[u8], declared: &Declared, place: Place) {
        let bytes = self.decoded(body, declared);
        let is_body = matches!(declared.kind.as_str(), "text/plain" | "text/html")
            && declared.name.is_none()
            && !declared.attached
            && !is_document(&bytes);
        match (is_body, place.mail_depth) {
            (false, _) => self.attach(bytes, declared),
            (true, 0) => self.body_text(&bytes, declared),
            // The text of a quoted mail stays in the original.
            (true, _) => {}
        }
    }

    fn body_text(&mut self, bytes: &[u8], declared: &Declared) {
        let text = decode_text(bytes, declared.charset.as_deref());
        let kept =
            text.char_indices().take_while(|(at, _)| *at < TEXT_MAX).map(|(_, c)| c).collect::<String>();
        if kept.len() < text.len() {
            self.problem("本文が長いため途中まで読みました / the text is long and was cut");
        }
        let all = if declared.kind == "text/html" { &mut self.html } else { &mut self.mail.text };
        if all.len() < TEXT_MAX {
            if !all.is_empty() && !all.ends_with('\n') {
                all.push('\n');
            }
            all.push_str(&kept);
        }
    }

    fn attach(&mut self, bytes: Vec<u8>, declared: &Declared) {
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > BYTES_MAX {
            self.problem("添付が大きすぎます。残りは原本で確認してください / the attachments are too large: see the original for the rest");
            return;
        }
        if bytes.is_empty() {
            self.problem("空の添付があります / an attachment is empty");
        }
        let (declared_name, declared_type) = (declared.name.clone(), declared.kind.clone());
        self.mail.attachments.push(Attachment { bytes, declared_name, declared_type });
    }

    fn decoded(&mut self, body: &[u8], declared: &Declared) -> Vec<u8> {
        let (bytes, clean) = decode_transfer(body, &declared.encoding);
        if !clean {
            self.problem("添付の符号化が壊れています。読めた所まで使います / a part's encoding is damaged: what could be read is used");
        }
        bytes
    }

    fn problem(&mut self, sentence: &str) {
        if !self.mail.problems.iter().any(|known| known == sentence) {
            self.mail.problems.push(sentence.to_owned());
        }
    }
}

fn is_mail(kind: &str) -> bool {
    matches!(kind, "message/rfc822" | "message/global")
}

/// PDF, TIFF, PNG or JPEG by content: some machines send a page as text/plain.
fn is_document(bytes: &[u8]) -> bool {
    const STARTS: [&[u8]; 6] =
        [b"%PDF-", b"II*\0", b"MM\0*", b"\x89PNG\r\n", b"\xff\xd8\xff", b"\xef\xbb\xbf%PDF-"];
    STARTS.iter().any(|start| bytes.starts_with(start))
}

fn declared(head: &[u8], in_digest: bool) -> Declared {
    let default_kind = if in_digest { "message/rfc822" } else { "text/plain" };
    let message = MessageParser::default().parse_headers(head);
    let part = message.as_ref().and_then(|message| message.parts.first());
    let content_type = part.and_then(MimeHeaders::content_type);
    let attribute = |name: &str| content_type.and_then(|kind| kind.attribute(name)).map(str::to_owned);
    Declared {
        kind: content_type.map_or_else(|| default_kind.to_owned(), |kind| kind_name(kind)),
        name: part.and_then(MimeHeaders::attachment_name).map(str::to_owned),
        boundary: attribute("boundary"),
        charset: attribute("charset"),
        encoding: message.as_ref().map(transfer_encoding).unwrap_or_default(),
        attached: part.and_then(MimeHeaders::content_disposition).is_some_and(ContentType::is_attachment),
    }
}

/// Lower case; `text` alone, as very old mailers write, is `text/plain`.
fn kind_name(kind: &ContentType<'_>) -> String {
    let subtype = kind.subtype().unwrap_or(if kind.ctype() == "text" { "plain" } else { "unknown" });
    format!("{}/{subtype}", kind.ctype()).to_ascii_lowercase()
}

fn transfer_encoding(message: &Message<'_>) -> String {
    let value = message.parts.first().and_then(MimeHeaders::content_transfer_encoding);
    value.unwrap_or_default().trim().to_ascii_lowercase()
}

/// The parts between the boundary's lines. A missing closing line ends the last part at the end;
/// the line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
fn split_parts<'b>(body: &'b [u8], boundary: &str) -> Vec<&'b [u8]> {
    let mut parts = Vec::new();
    if boundary.is_empty() {
        return parts;
    }
    let mut start = None;
    let mut at = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let line_start = at;
        at += line.len();
        let Some(closing) = boundary_line(line, boundary) else { continue };
        parts.extend(start.and_then(|start| body.get(start..line_start)).map(without_line_end));
        start = (!closing).then_some(at);
        if closing || parts.len() > PARTS_MAX {
            return parts;
        }
    }
    parts.extend(start.and_then(|start| body.get(start..)));
    parts
}

/// The first line that begins with `--` and is followed by a part's header: what the sender's
/// boundary must have been, when the declared one is nowhere to be found.
fn guessed_boundary(body: &[u8]) -> Option<&str> {
    let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').take(1000).collect();
    let is_start = |pair: &&[&[u8]]| {
        let header = pair.get(1).and_then(|line| line.get(..8)).unwrap_or_default();
        header.eq_ignore_ascii_case(b"content-")
    };
    let starts = lines.windows(2).filter(is_start).filter_map(|pair| pair.first()?.strip_prefix(b"--"));
    let boundary = starts.map(<[u8]>::trim_ascii_end).find(|boundary| !boundary.is_empty())?;
    std::str::from_utf8(boundary).ok()
}

/// Some(true) for `--boundary--`, Some(false) for `--boundary`; white space may follow.
fn boundary_line(line: &[u8], boundary: &str) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary.as_bytes())?.trim_ascii_end();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

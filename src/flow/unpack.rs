//! The bytes of an arrival → the files in it, each with a name of its own, always the same for the same bytes.
//! Opens none of them.

use crate::domain::directory::{Clinic, RouteKind};
use crate::domain::reading::{Reason, ReasonCode};
use crate::mail::classify::{Class, Verdict, classify};
use crate::mail::parse::{self, ParsedMail};
use crate::read::raster;
use std::borrow::Cow;

/// The files of an arrival, in order.
pub(super) struct Unpacked<'a> {
    /// Name (for people; no two are the same) and bytes.
    pub(super) files: Vec<(String, Cow<'a, [u8]>)>,
    /// What was wrong with the arrival as a whole.
    pub(super) problems: Vec<Reason>,
    /// Where it says that it came from.
    pub(super) origin: Origin,
    /// The mail and what kind it is, when it is one.
    pub(super) mail: Option<(ParsedMail, Verdict)>,
}

/// Where an arrival says that it came from. A mail's sender is what its From line claims: whether that is true, the
/// mail server that took it has asked (SPF, DKIM), not this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A file that somebody laid down here.
    File,
    /// A mail, with the first address of its From line, if it has one.
    Mail(Option<String>),
}

impl Origin {
    /// True when nothing says that it is not the clinic's: a file that somebody laid down, or a mail from a mailbox that the
    /// clinic has on file and that is verified.
    pub(super) fn is_of(&self, clinic: &Clinic) -> bool {
        let Self::Mail(from) = self else { return true };
        from.as_ref().is_some_and(|from| {
            clinic.routes.iter().any(|route| {
                let verified = route.kind == RouteKind::PlainMail && route.verified_at.is_some();
                verified && route.address.eq_ignore_ascii_case(from)
            })
        })
    }
}

const NO_PAGES: &str =
    "PDF・TIFF・JPEG・PNG ではない添付があります / an attachment is no PDF, TIFF, JPEG or PNG";

/// A mail's attachments that can be pages, or the file itself. What a file is, its content says.
pub(super) fn unpack<'a>(name: &str, bytes: &'a [u8]) -> Unpacked<'a> {
    // Asked first: a mail may speak of a PDF, but no file of a page begins with the lines of a mail.
    if !parse::looks_like_mail(bytes) {
        return Unpacked {
            files: vec![(name.to_owned(), Cow::Borrowed(bytes))],
            problems: Vec::new(),
            origin: Origin::File,
            mail: None,
        };
    }
    let mut mail = parse::parse(bytes);
    let verdict = classify(bytes, &mail);
    let origin = Origin::Mail(mail.from.clone());
    let mut problems: Vec<Reason> = Vec::new();
    let mut files: Vec<(String, Cow<'a, [u8]>)> = Vec::new();
    // What a report gives back is our own mail, and so is what goes round: nothing in it is read.
    if !verdict.is_report && verdict.class != Class::Loop {
        let problem = |text: &str| Reason::new(ReasonCode::FileProblem, text);
        problems.extend(mail.problems.iter().map(|text| problem(text)));
        for (index, attachment) in mail.attachments.iter_mut().enumerate() {
            if attachment.bytes.is_empty()
                || attachment.is_signature() && raster::sniff(&attachment.bytes).is_none()
            {
                // Told by the parser; or said by a program, and no page.
                continue;
            }
            if raster::sniff(&attachment.bytes).is_none() {
                problems.push(problem(NO_PAGES));
                continue;
            }
            let nth = index + 1;
            let name = attachment.declared_name.clone().unwrap_or_else(|| format!("attachment-{nth}"));
            let taken = files.iter().any(|(known, _)| *known == name);
            let name = if taken { format!("{name} ({nth})") } else { name };
            files.push((name, Cow::Owned(attachment.bytes.clone())));
        }
    }
    Unpacked { files, problems, origin, mail: Some((mail, verdict)) }
}

/// The reason for which a server's notice waits for a person; `None` for what may hold an answer.
pub(super) fn notice(class: Class) -> Option<ReasonCode> {
    match class {
        Class::Bounce => Some(ReasonCode::MailBounced),
        Class::Delay => Some(ReasonCode::MailDelayed),
        Class::Result => Some(ReasonCode::MailArrived),
        Class::Complaint => Some(ReasonCode::MailComplaint),
        Class::Loop => Some(ReasonCode::MailLoop),
        Class::AutoReply | Class::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachments_of_one_name_are_told_apart() {
        let part = |name: &str, body: &str| {
            format!(
                "--b\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\nContent-Disposition: \
                 attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}\r\n"
            )
        };
        let mail = format!(
            "From: a@example.jp\r\nTo: b@example.jp\r\nSubject: fax\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n{}{}{}--b--\r\n",
            part("fax.pdf", "JVBERi0xLjQgZmlyc3Q="),
            part("note.bin", "bm90aGluZw=="),
            part("fax.pdf", "JVBERi0xLjQgc2Vjb25k"),
        );
        let unpacked = unpack("mail", mail.as_bytes());
        let files: Vec<_> = unpacked
            .files
            .iter()
            .map(|(name, bytes)| (name.as_str(), String::from_utf8_lossy(bytes).trim().to_owned()))
            .collect();
        assert_eq!(
            files,
            [("fax.pdf", "%PDF-1.4 first".to_owned()), ("fax.pdf (3)", "%PDF-1.4 second".to_owned())]
        );
        assert_eq!(unpacked.problems.len(), 1);
        assert_eq!(unpacked.origin, Origin::Mail(Some("a@example.jp".to_owned())));
        let file = unpack("fax.tif", b"II\x2a\0....");
        assert_eq!((file.files[0].0.as_str(), file.origin), ("fax.tif", Origin::File));
    }

    /// The inside of a signed mail is read; a page that calls itself a signature is a page.
    #[test]
    fn a_signature_beside_a_page_is_no_doubt() {
        let part = |kind: &str, body: &str| {
            format!("--b\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}\r\n")
        };
        for (signature, files) in [("MIIBIjANBgk=", 1), ("JVBERi0xLjQgc2Vjb25k", 2)] {
            let mail = format!(
                "From: a@example.jp\r\nTo: b@example.jp\r\nSubject: fax\r\nMIME-Version: 1.0\r\n\
                 Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n{}{}--b--\r\n",
                part("application/pdf", "JVBERi0xLjQgZmlyc3Q="),
                part("application/pkcs7-signature; name=smime.p7s", signature),
            );
            let unpacked = unpack("mail", mail.as_bytes());
            assert_eq!(
                (unpacked.files.len(), unpacked.problems.len()),
                (files, 0),
                "{:?}",
                unpacked.problems
            );
            let (mail, _) = unpacked.mail.unwrap();
            assert!(mail.attachments.iter().any(parse::Attachment::is_signature));
        }
    }
}

//! `renraku mail`: what a mail is. Needs no database; where there is one, it says which request the mail would answer.

use super::app::{self, App, open_pool};
use super::layouts::LayoutBook;
use super::{CliError, CliResult, Common, output};
use crate::domain::reading::FoundBy;
use crate::flow::mail_answer::{Matched, matched};
use crate::mail::block::{self, TextAnswer};
use crate::mail::classify::{Class, Recipient, classify};
use crate::mail::marks::marked;
use crate::mail::parse::{self, Attachment, ParsedMail};
use crate::mail::results::{FaxNews, FaxResults, everything, request_numbers_in};
use crate::pool::Pool;
use crate::read::raster::{FileKind, sniff};
use crate::seal::keyring::Keyring;
use clap::Subcommand;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Tells what raw mails are: one JSON object a line for each file.
    ///
    /// {file, class: answer|result|bounce|delay|auto_reply|complaint|loop|other, recipients: [{address, permanent:
    /// true|false|null, status}], token: text|null, request: text|null, text_answer: {request, marked: [code], offered:
    /// [[code, label]], comment, doubts: [{kind, detail}]}|null, attachments: [{kind: pdf|tiff|jpeg|png|signature|other,
    /// bytes, pages}], problems: [text]}. permanent says that the address is wrong. token is of the shape of ours; whether it is
    /// ours, the data directory's keys say: matched: {request, by: reply_address|thread, sender_known}|null, where the
    /// directory (--data) has a database. A fax service's result mails are known by the [fax.results]
    /// of the settings. A strange mail is no error.
    Explain {
        /// Raw mails (RFC 5322), or folders of them.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

#[derive(Serialize)]
struct Explained {
    file: String,
    class: &'static str,
    recipients: Vec<Recipient>,
    token: Option<String>,
    request: Option<String>,
    text_answer: Option<TextAnswer>,
    attachments: Vec<Attached>,
    problems: Vec<String>,
    /// Where there is a database to ask.
    matched: Option<MatchedLine>,
}

#[derive(Serialize)]
struct MatchedLine {
    request: String,
    by: FoundBy,
    sender_known: bool,
}

#[derive(Serialize)]
struct Attached {
    kind: &'static str,
    bytes: usize,
    pages: usize,
}

/// What is asked beside the mail itself.
struct Explainer {
    app: Option<App>,
    service: Option<FaxResults>,
    pool: crate::pool::SharedPool,
}

pub fn mail(common: &Common, command: MailCommand) -> CliResult {
    let MailCommand::Explain { files } = command;
    let stored = common.data.join(app::DATABASE).exists();
    let explainer = Explainer {
        app: stored.then(|| App::open(common)).transpose()?,
        service: app::load_config(common)?.fax.map(|fax| fax.results),
        pool: open_pool()?,
    };
    for path in super::readers::files_of(&files)? {
        output::line(&explainer.explain(&path)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Explainer {
    fn explain(&self, path: &Path) -> Result<Explained, CliError> {
        let raw = std::fs::read(path)
            .map_err(|error| format!("{} を読めません / cannot be read: {error}", path.display()))?;
        let mail = parse::parse(&raw);
        let verdict = classify(&raw, &mail);
        let matched = match &self.app {
            Some(app) => matched(app.store.as_ref(), &app.keyring, &mail)?,
            None => None,
        };
        let by_machine = verdict.class != Class::Other;
        let text_answer = match &matched {
            _ if by_machine => None,
            Some(known) => Some(known.text_answer.clone()),
            // Without its block, numbers in a text are no answer.
            None => block::read(&mail.text, None)
                .filter(|read| !read.offered.is_empty() || !read.marked.is_empty()),
        };
        let token = marked(&mail).first().map(|token| token.to_ascii_lowercase());
        let attachments: Vec<Attached> =
            mail.attachments.iter().map(|one| attached(&self.pool, one)).collect();
        let answers = token.is_some()
            || text_answer.is_some()
            || attachments.iter().any(|one| matches!(one.kind, "pdf" | "tiff"));
        Ok(Explained {
            file: path.display().to_string(),
            class: class(verdict.class, answers, self.told_by_service(&mail)),
            recipients: verdict.recipients,
            token,
            request: request_numbers_in(&everything(&mail)).first().map(ToString::to_string),
            text_answer,
            attachments,
            problems: mail.problems,
            matched: matched.map(line),
        })
    }

    /// True for a mail in which the fax service tells about a fax.
    fn told_by_service(&self, mail: &ParsedMail) -> bool {
        let tells = |service: &FaxResults| {
            service.is_from_service(mail) && matches!(service.read(mail), FaxNews::Clear(_))
        };
        self.service.as_ref().is_some_and(tells)
    }
}

fn line(matched: Matched) -> MatchedLine {
    let Matched { request, by, sender_known, .. } = matched;
    MatchedLine { request: request.to_string(), by, sender_known }
}

fn class(class: Class, answers: bool, told: bool) -> &'static str {
    match class {
        _ if told => "result",
        Class::Result => "result",
        Class::Bounce => "bounce",
        Class::Delay => "delay",
        Class::AutoReply => "auto_reply",
        Class::Complaint => "complaint",
        Class::Loop => "loop",
        Class::Other if answers => "answer",
        Class::Other => "other",
    }
}

fn attached(pool: &Pool, part: &Attachment) -> Attached {
    let bytes = &part.bytes;
    let kind = match sniff(bytes) {
        Some(FileKind::Pdf) => "pdf",
        Some(FileKind::Tiff) => "tiff",
        Some(FileKind::Jpeg) => "jpeg",
        Some(FileKind::Png) => "png",
        _ if part.is_signature() => "signature",
        _ => "other",
    };
    // Opened in a process of its own, without a sheet to look for.
    let book = LayoutBook::empty(Keyring::sample());
    let pages = if matches!(kind, "other" | "signature") {
        0
    } else {
        pool.read("attachment", bytes, &book).pages.len()
    };
    Attached { kind, bytes: bytes.len(), pages }
}

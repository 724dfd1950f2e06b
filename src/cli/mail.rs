//! `renraku mail`: what a mail is, without a database.

use super::{CliError, CliResult, output};
use crate::domain::sheet_number::RequestNumber;
use crate::mail::classify::{Class, Recipient, classify};
use crate::mail::parse::{self, ParsedMail};
use crate::read::raster::{FileKind, sniff};
use clap::Subcommand;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Tells what raw mails are: one JSON object a line for each file.
    ///
    /// {file, class: result|bounce|delay|auto_reply|complaint|other, recipients: [{address, permanent: true|false|null,
    /// status}], request: text|null, attachments: [{kind: pdf|tiff|jpeg|png|other, bytes}], problems: [text]}. permanent
    /// says that the address is wrong. Only what is "other" can hold an answer. A strange mail is no error.
    Explain {
        /// Raw mails (RFC 5322), or folders of them.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

#[derive(Serialize)]
struct Explained {
    file: String,
    class: Class,
    recipients: Vec<Recipient>,
    request: Option<String>,
    attachments: Vec<Attached>,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Attached {
    kind: &'static str,
    bytes: usize,
}

pub fn mail(command: MailCommand) -> CliResult {
    let MailCommand::Explain { files } = command;
    for path in super::readers::files_of(&files)? {
        output::line(&explained(&path)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn explained(path: &Path) -> Result<Explained, CliError> {
    let raw = std::fs::read(path)
        .map_err(|error| format!("{} を読めません / cannot be read: {error}", path.display()))?;
    let mail = parse::parse(&raw);
    let verdict = classify(&raw, &mail);
    Ok(Explained {
        file: path.display().to_string(),
        class: verdict.class,
        recipients: verdict.recipients,
        request: request_number(&mail),
        attachments: mail.attachments.iter().map(|one| attached(&one.bytes)).collect(),
        problems: mail.problems,
    })
}

fn attached(bytes: &[u8]) -> Attached {
    let kind = match sniff(bytes) {
        Some(FileKind::Pdf) => "pdf",
        Some(FileKind::Tiff) => "tiff",
        Some(FileKind::Jpeg) => "jpeg",
        Some(FileKind::Png) => "png",
        _ => "other",
    };
    Attached { kind, bytes: bytes.len() }
}

/// The first request number in subject or text whose check digit is right.
fn request_number(mail: &ParsedMail) -> Option<String> {
    let subject = mail.subject.as_deref().unwrap_or_default();
    [subject, &mail.text].into_iter().find_map(|text| {
        text.split(|c: char| !(c.is_ascii_digit() || c == '-'))
            .filter(|word| word.len() >= 9 && word.contains('-'))
            .find_map(|word| RequestNumber::typed(word).ok())
            .map(|number| number.as_str().to_owned())
    })
}

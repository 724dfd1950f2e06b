//! `renraku read --fields`: fillable sheets that came back → one JSON object a line. Records nothing.

use super::output;
use super::{CliError, CliResult};
use crate::domain::reading::{Problem, ProblemCode};
use crate::read::fillable::{FilledForm, read_fields};
use crate::seal::code::{self, NotOurCode};
use crate::seal::keyring::Keyring;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub fn read(files: &[PathBuf], keyring: &Keyring) -> CliResult {
    for path in files {
        line(path, keyring)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn line(path: &Path, keyring: &Keyring) -> Result<(), CliError> {
    let (form, mut problems) = match std::fs::read(path) {
        Ok(bytes) => read_fields(&bytes),
        Err(error) => {
            let sentence = format!("ファイルを読めません / the file cannot be read: {error}");
            (None, vec![Problem::new(ProblemCode::Broken, sentence)])
        }
    };
    let code = form.as_ref().and_then(|form| verified(form, keyring, &mut problems));
    let form = form.unwrap_or_default();
    output::line(&json!({
        "file": path.display().to_string(),
        "token_valid": code.is_some(),
        "sheet_id": code.as_ref().map(|code| &code.sheet_id),
        "page": code.as_ref().map(|code| code.page),
        "answers": form.answers,
        "texts": form.texts,
        "drawn_over": form.drawn_over,
        "problems": problems,
    }))
}

fn verified(form: &FilledForm, keyring: &Keyring, problems: &mut Vec<Problem>) -> Option<code::VerifiedCode> {
    let (kind, sentence) = match code::verify(keyring, &form.token) {
        Ok(code) => return Some(code),
        Err(NotOurCode::Forged) => (
            ProblemCode::CodeForged,
            "用紙の識別コードを確かめられません。--key-file を確かめてください / the code of the sheet does not verify: is --key-file right?",
        ),
        Err(NotOurCode::Shape) => (
            ProblemCode::ForeignCode,
            "識別コードが連絡票のものではありません / the hidden code is not one of a sheet",
        ),
    };
    problems.push(Problem::new(kind, sentence));
    None
}

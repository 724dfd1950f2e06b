//! `renraku sheet` and `renraku keys`: paper and what seals it, without a database.

use super::app::{KEYS, load_catalogue, load_config};
use super::{CliError, CliResult, Common, output};
use crate::domain::calendar::{Closures, japan_date};
use crate::flow::submit::{Rule, due_on};
use crate::form::answers::check_answers;
use crate::form::definition::PartyRole;
use crate::jobs::lock::WorkerLock;
use crate::seal::keyring::Keyring;
use crate::seal::random;
use crate::sheet::{SheetOrder, render};
use clap::{Args, Subcommand};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The number that a sheet without a request carries.
const NO_NUMBER: &str = "00-000000-0";

#[derive(Debug, Args)]
pub struct SheetArgs {
    /// Form id or path of a form file.
    #[arg(long)]
    form: String,
    /// The filled fields: {field: value, …}.
    #[arg(long, value_name = "JSON")]
    answers: PathBuf,
    /// The PDF to write.
    #[arg(long, value_name = "PDF")]
    out: PathBuf,
    /// The layout to write (millimetres from the page's top left):
    /// {sheet_id, pages: [{page, width_mm, height_mm, marks, code, boxes, zones}]}.
    #[arg(long, value_name = "JSON")]
    layout: PathBuf,
    /// Keys to seal with; without it the sheet is sealed with the sample key and marked 見本.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Adds a new key and makes it current; sheets sealed with the old ones still verify. Stop the server first.
    Rotate,
}

pub fn sheet(common: &Common, args: &SheetArgs) -> CliResult {
    let form = load_catalogue(&load_config(common)?)?.load(&args.form)?;
    let json = serde_json::from_str(&read_text(&args.answers)?).map_err(|error| {
        format!("{} はJSONとして読めません / is not JSON: {error}", args.answers.display())
    })?;
    let answers = check_answers(&form, &json).map_err(crate::flow::FlowError::Answers)?;
    let keyring = keyring(args.key_file.as_deref())?;
    let issued_on = japan_date(super::app::clock(common.now).now());
    let rule = Rule { closures: Closures::default(), ..Rule::default() };
    let return_fax = answers.party(PartyRole::CareManager).and_then(|party| party.fax.as_ref());
    let sheet_id = random::sheet_number()?;
    let rendered = render(&SheetOrder {
        form: &form,
        answers: &answers,
        number: NO_NUMBER,
        sheet_id: &sheet_id,
        keyring: &keyring,
        issued_on,
        due_on: due_on(&form, &rule, &answers, issued_on)?,
        return_fax: &return_fax.map(ToString::to_string).unwrap_or_default(),
        sample: keyring.is_sample(),
    })?;
    write(&args.out, &rendered.pdf)?;
    write(&args.layout, serde_json::to_string_pretty(&rendered.layout)?.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

pub fn keys(common: &Common, command: KeysCommand) -> CliResult {
    let KeysCommand::Rotate = command;
    // A server that runs would go on with the keys that it read when it started.
    let _lock = WorkerLock::take(&common.data)?;
    let path = common.data.join(KEYS);
    let mut keyring = Keyring::from_toml(&read_text(&path)?)?;
    let id = keyring.rotate()?;
    let new = path.with_extension("new");
    let _ = fs::remove_file(&new);
    super::app::write_private(&new, keyring.to_toml().as_bytes())?;
    fs::rename(&new, &path)?;
    fs::File::open(&common.data)?.sync_all()?;
    output::line(&serde_json::json!({ "current": id }))?;
    Ok(ExitCode::SUCCESS)
}

/// The keys of a file, or the sample key.
pub fn keyring(file: Option<&Path>) -> Result<Keyring, CliError> {
    match file {
        Some(path) => Ok(Keyring::from_toml(&read_text(path)?)?),
        None => Ok(Keyring::sample()),
    }
}

/// A file's text, or stdin's for `-`; or one sentence.
pub fn read_text(path: &Path) -> Result<String, CliError> {
    if path == Path::new("-") {
        return Ok(std::io::read_to_string(std::io::stdin())?);
    }
    fs::read_to_string(path)
        .map_err(|error| format!("{} を読めません / cannot be read: {error}", path.display()).into())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    fs::write(path, bytes)
        .map_err(|error| format!("{} に書けません / cannot be written: {error}", path.display()).into())
}

//! `renraku forms`: the forms of the program and of the region.

use super::app::{load_catalogue, load_config};
use super::sheet::read_text;
use super::{CliError, CliResult, Common, output};
use crate::form::catalogue::{BUILT_IN, toml_files};
use crate::form::check::check;
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub enum FormsCommand {
    /// Reports every mistake of form files as `file:line:column: what to do`; exit status 1 when there is one.
    Check {
        /// Files or directories; the program's own forms when left out.
        paths: Vec<PathBuf>,
    },
    /// Lists the forms: {id, version, title, from, to}.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Shows a form's fields and replies.
    Show {
        /// Form id or path of a form file.
        form: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

pub fn forms(common: &Common, command: FormsCommand) -> CliResult {
    match command {
        FormsCommand::Check { paths } => check_files(&paths),
        FormsCommand::List { json } => list(common, json),
        FormsCommand::Show { form, json } => show(common, &form, json),
    }
}

fn check_files(paths: &[PathBuf]) -> CliResult {
    let mut wrong = false;
    let mut check_one = |name: &str, text: &str| -> Result<(), CliError> {
        match check(name, text) {
            Ok(form) => eprintln!("{name}: {} 第{}版 OK", form.id, form.version),
            Err(mistakes) => {
                wrong = true;
                for mistake in mistakes {
                    output::text(&mistake.to_string())?;
                }
            }
        }
        Ok(())
    };
    if paths.is_empty() {
        for (name, text) in BUILT_IN {
            check_one(&format!("forms/{name}"), text)?;
        }
    }
    for path in paths {
        for file in files_of(path)? {
            check_one(&file.display().to_string(), &read_text(&file)?)?;
        }
    }
    Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn files_of(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    if path.is_dir() { Ok(toml_files(path)?) } else { Ok(vec![path.to_owned()]) }
}

fn list(common: &Common, as_json: bool) -> CliResult {
    for form in load_catalogue(&load_config(common)?)?.forms() {
        if as_json {
            output::line(&json!({
                "id": form.id, "version": form.version, "title": form.title, "from": form.from, "to": form.to,
            }))?;
        } else {
            output::text(&format!(
                "{}\t第{}版\t{}\t{}",
                form.id, form.version, form.title.ja, form.title.en
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(common: &Common, form: &str, as_json: bool) -> CliResult {
    let form = load_catalogue(&load_config(common)?)?.load(form)?;
    if as_json {
        output::pretty(&form)?;
        return Ok(ExitCode::SUCCESS);
    }
    output::text(&format!("{} ({}) 第{}版", form.title.ja, form.id, form.version))?;
    for field in &form.fields {
        let required = if field.required { "必須" } else { "任意" };
        output::text(&format!("  {}\t{required}\t{}\t{}", field.id, field.label.ja, field.label.en))?;
    }
    output::text("返信 / reply")?;
    for reply in &form.replies {
        output::text(&format!("  {}\t{}\t{}", reply.id, reply.label.ja, reply.label.en))?;
    }
    Ok(ExitCode::SUCCESS)
}

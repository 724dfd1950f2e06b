//! `renraku forms`: the forms of the program and of the region.

use super::app::{load_catalogue, load_config};
use super::sheet::read_text;
use super::{CliError, CliResult, Common, output};
use crate::form::catalogue::{BUILT_IN, toml_files};
use crate::form::check::check;
use crate::form::definition::{DueRule, Field, FieldKind, FormDefinition, ReplyKind};
use crate::form::{diff, schema};
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
    /// Says what changed from one version of a form to another, and whether the version was raised; exit status
    /// 1 when it was not.
    Diff {
        /// The older one: form id or path of a form file.
        old: String,
        /// The newer one.
        new: String,
    },
    /// Prints the JSON Schema of a form file, for editors.
    Schema,
}

pub fn forms(common: &Common, command: FormsCommand) -> CliResult {
    match command {
        FormsCommand::Check { paths } => check_files(&paths),
        FormsCommand::List { json } => list(common, json),
        FormsCommand::Show { form, json } => show(common, &form, json),
        FormsCommand::Diff { old, new } => say_diff(common, &old, &new),
        FormsCommand::Schema => {
            output::pretty(&schema::schema())?;
            Ok(ExitCode::SUCCESS)
        }
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
    for line in describe(&form) {
        output::text(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The form in lines for people: what it is, what is filled, what is answered.
fn describe(form: &FormDefinition) -> Vec<String> {
    let mut lines = vec![
        format!("{} ({}) 第{}版", form.title.ja, form.id, form.version),
        format!("{}\t{}", form.title.en, due(form.due)),
    ];
    lines.extend(form.fields.iter().map(field_line));
    if !form.replies.is_empty() {
        lines.push("返信 / reply".to_owned());
    }
    for reply in &form.replies {
        lines.push(format!("  {}\t{}\t{}", reply.id, reply.label.ja, reply.label.en));
        if let ReplyKind::ChooseOne { options } | ReplyKind::ChooseMany { options } = &reply.kind {
            lines.extend(
                options.iter().map(|option| format!("    □ {}\t{}", option.label.ja, option.label.en)),
            );
        }
    }
    lines
}

fn field_line(field: &Field) -> String {
    let required = if field.required { "必須" } else { "任意" };
    let when = field.when.as_ref().map(|when| format!("\t({} = {})", when.field, when.is.join(" | ")));
    let unit = match &field.kind {
        FieldKind::Number { unit, .. } => format!(" [{}]", unit.ja),
        _ => String::new(),
    };
    format!(
        "  {}\t{required}\t{}{unit}\t{}{}",
        field.id,
        field.label.ja,
        field.label.en,
        when.unwrap_or_default()
    )
}

fn due(due: DueRule) -> String {
    match due {
        DueRule::BusinessDays { days } => format!("{days}営業日 / {days} business days"),
        DueRule::Hours { hours } => format!("{hours}時間 / {hours} hours"),
        DueRule::NoReply => "返信不要 / no reply due".to_owned(),
    }
}

fn say_diff(common: &Common, old: &str, new: &str) -> CliResult {
    let catalogue = load_catalogue(&load_config(common)?)?;
    let (old, new) = (catalogue.load(old)?, catalogue.load(new)?);
    let changes = diff::changes(&old, &new);
    for change in &changes {
        output::text(change)?;
    }
    let (sentence, well) = diff::version(&old, &new, !changes.is_empty());
    output::text(&sentence)?;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

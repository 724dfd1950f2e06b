//! `renraku report`: what the association looks at.

use super::app::App;
use super::{CliResult, Common, output};
use crate::report::unanswered;
use clap::{Subcommand, ValueEnum};
use jiff::civil::Date;
use std::process::ExitCode;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// {from, to, clinics: [{clinic_id, clinic, sent, answered, answered_late, needs_review, unanswered,
    /// waiting, undelivered, in_doubt, ended, no_reply, unanswered_numbers}]}.
    Json,
    /// For a spreadsheet: UTF-8 with a byte order mark.
    Csv,
}

#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Unanswered requests, a row for each clinic; undelivered ones stand apart.
    Unanswered {
        /// The first day on which the requests were handed over.
        #[arg(long)]
        from: Date,
        /// The last day.
        #[arg(long)]
        to: Date,
        /// The output.
        #[arg(long, value_enum, default_value = "json")]
        format: Format,
    },
}

pub fn report(common: &Common, command: ReportCommand) -> CliResult {
    let ReportCommand::Unanswered { from, to, format } = command;
    if from > to {
        return Err("開始日が終了日より後です / --from is after --to: exchange them".into());
    }
    let rows = App::open(common)?.store.unanswered(from, to)?;
    match format {
        Format::Json => output::text(&unanswered::json(from, to, &rows)?)?,
        Format::Csv => output::bytes(&unanswered::csv(&rows)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

//! `renraku report`: what the association looks at.

use super::app::App;
use super::{CliResult, Common, output};
use crate::domain::account::By;
use crate::domain::id::DeliveryId;
use crate::flow::misdirected::looked_at;
use crate::report::{misdirected, unanswered};
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
    /// What the log knows about a sheet that went to somebody else: a text for whoever must report it, without a client.
    ///
    /// Request, form, office, the clinic that was meant, the number that was used, every try with its times, what was told
    /// afterwards, and when and how the number was verified. The look stands in the audit log.
    Misdirected {
        /// The delivery's id (`outbox list`).
        delivery: DeliveryId,
    },
}

pub fn report(common: &Common, command: ReportCommand) -> CliResult {
    let (from, to, format) = match command {
        ReportCommand::Unanswered { from, to, format } => (from, to, format),
        ReportCommand::Misdirected { delivery } => {
            let app = App::open(common)?;
            let now = app.clock.now();
            let facts = looked_at(app.store.as_ref(), delivery, &By::console(), now)?;
            output::text(&misdirected::text(&facts, now))?;
            return Ok(ExitCode::SUCCESS);
        }
    };
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

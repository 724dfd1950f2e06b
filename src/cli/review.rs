//! `renraku review`: what waits for a person, and what a person decides. And the audit log, which tells of it.

use super::app::App;
use super::sheet::read_text;
use super::{CliError, CliResult, Common, output};
use crate::domain::account::By;
use crate::domain::id::{DecisionId, RequestId, ReviewId};
use crate::domain::request::ReplyAnswers;
use crate::domain::sheet_number::RequestNumber;
use crate::flow::review as decide;
use crate::store::{AuditFilter, Store};
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Items that a list shows at the most.
const LIST_MAX: usize = 10_000;

#[derive(Debug, Subcommand)]
pub enum ReviewCommand {
    /// Lists what waits, the oldest first: one JSON object a line.
    List {
        /// What was decided instead, the last first.
        #[arg(long)]
        closed: bool,
        /// The lines are JSON with and without it.
        #[arg(long)]
        json: bool,
    },
    /// Shows an item: {item, decisions, proposal: {answers, mistake}}; proposal is null when no request is known.
    Show {
        /// The item's id.
        id: ReviewId,
    },
    /// The reading, or the given answers, become the reply of the item's request: JSON of the reply.
    Confirm {
        /// The item's id.
        id: ReviewId,
        /// Corrected answers: {field: [option]}.
        #[arg(long, value_name = "JSON")]
        answers: Option<PathBuf>,
    },
    /// The item becomes the reply of that request: JSON of the reply.
    Assign {
        /// The item's id.
        id: ReviewId,
        /// The request that it answers: its id, or its number such as 26-000042-3.
        request: String,
        /// What it says: {field: [option]}. Without it, what was read on the page by that request's form.
        #[arg(long, value_name = "JSON")]
        answers: Option<PathBuf>,
    },
    /// Several replies in one: splits the item into parts that are decided one by one: one JSON object a part and line.
    Split {
        /// The item's id.
        id: ReviewId,
    },
    /// A sheet that a clinic keeps: its page goes to the sheet's office as a message: JSON of the decision.
    HandOn {
        /// The item's id.
        id: ReviewId,
    },
    /// Nothing in it is an answer: JSON of the decision. The bytes stay.
    Reject {
        /// The item's id.
        id: ReviewId,
        /// The reason.
        #[arg(long)]
        why: String,
    },
    /// Takes the last decision back; the item waits again: JSON of the decision.
    Undo {
        /// The item's id.
        id: ReviewId,
        /// Only if this is the last decision.
        #[arg(long)]
        decision: Option<DecisionId>,
    },
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Lists entries, the newest first: one JSON object a line.
    List {
        /// How many at the most.
        #[arg(long, default_value_t = 1000)]
        limit: usize,
    },
    /// Checks that no entry was changed, removed or added: {entries, last_hash}; exit status 1 when one was.
    Verify,
}

pub fn review(common: &Common, command: ReviewCommand) -> CliResult {
    let app = App::open(common)?;
    let (store, by, now) = (app.store.as_ref(), By::console(), app.clock.now());
    match command {
        ReviewCommand::List { closed, .. } => {
            let items = if closed { store.closed_reviews(LIST_MAX) } else { store.open_reviews(LIST_MAX) };
            items?.iter().try_for_each(output::line)?;
        }
        ReviewCommand::Show { id } => {
            let item = store.review(id)?;
            let proposal = decide::proposal(store, &item)?.map(|proposal| {
                json!({ "answers": proposal.answers, "mistake": proposal.mistake.map(|it| it.to_string()) })
            });
            let decisions = store.decisions(id)?;
            output::pretty(&json!({ "item": item, "decisions": decisions, "proposal": proposal }))?;
        }
        ReviewCommand::Confirm { id, answers } => {
            let answers = answers.map(|file| read_answers(&file)).transpose()?;
            output::line(&decide::confirm(store, id, answers, &by, now)?)?;
        }
        ReviewCommand::Assign { id, request, answers } => {
            let request = named(store, &request)?;
            let answers = answers.map(|file| read_answers(&file)).transpose()?;
            output::line(&decide::assign(store, id, request, answers, &by, now)?)?;
        }
        ReviewCommand::Split { id } => {
            decide::split(store, id, &by, now)?.iter().try_for_each(output::line)?;
        }
        ReviewCommand::HandOn { id } => output::line(&decide::hand_on(store, id, &by, now)?)?,
        ReviewCommand::Reject { id, why } => output::line(&decide::reject(store, id, &why, &by, now)?)?,
        ReviewCommand::Undo { id, decision } => {
            output::line(&decide::undo(store, id, decision, &by, now)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub fn audit(common: &Common, command: AuditCommand) -> CliResult {
    let app = App::open(common)?;
    match command {
        AuditCommand::List { limit } => {
            app.store.audit(&AuditFilter::default(), limit)?.iter().try_for_each(output::line)?;
        }
        AuditCommand::Verify => {
            let end = app.store.verify_audit()??;
            output::line(&json!({ "entries": end.number, "last_hash": end.hash }))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The request that a person names by its id or its number.
fn named(store: &dyn Store, text: &str) -> Result<RequestId, CliError> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let number = RequestNumber::typed(text)?;
    let found = store.request_by_number(&number)?;
    found.map(|request| request.id).ok_or_else(|| {
        format!("連絡番号 {number} の連絡票はありません / there is no request of the number {number}").into()
    })
}

/// `{field: [option]}`.
pub fn read_answers(file: &Path) -> Result<ReplyAnswers, CliError> {
    serde_json::from_str(&read_text(file)?).map_err(|error| {
        format!(
            "{} はJSONの {{項目: [選択肢]}} ではありません / is not a JSON object of lists: {error}",
            file.display()
        )
        .into()
    })
}

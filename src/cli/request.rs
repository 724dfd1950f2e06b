//! `renraku request`: new, show, list, cancel.

use super::app::{App, papers};
use super::review::read_answers;
use super::sheet::read_text;
use super::{CliResult, Common, output};
use crate::domain::account::By;
use crate::domain::event::Subject;
use crate::domain::id::{ClinicId, OfficeId, ReplyId, RequestId};
use crate::domain::state::RequestState;
use crate::flow::cancel::cancel;
use crate::flow::phone_answer::{Heard, phone_answer, take_back};
use crate::flow::submit::{Filled, Way, submit};
use crate::store::RequestFilter;
use clap::Subcommand;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// Requests that a list shows at the most.
const LIST_MAX: usize = 10_000;

#[derive(Debug, Subcommand)]
pub enum RequestCommand {
    /// Hands a filled form over for sending; prints the request's id.
    New {
        /// Form id or path of a form file.
        #[arg(long)]
        form: String,
        /// The filled fields: {field: value, …}; sender and recipient come from the directory.
        #[arg(long, value_name = "JSON")]
        answers: PathBuf,
        /// Who asks.
        #[arg(long, value_name = "ID")]
        office: OfficeId,
        /// Who is asked.
        #[arg(long, value_name = "ID")]
        clinic: ClinicId,
        /// PDFs that go along, in this order.
        #[arg(long = "attach", value_name = "PDF")]
        attach: Vec<PathBuf>,
        /// Nothing is sent: somebody prints the sheet and carries it. The clinic needs no verified number.
        #[arg(long)]
        by_hand: bool,
        /// Also the request number: {id, number, due_on}.
        #[arg(long)]
        json: bool,
    },
    /// Shows a request with its deliveries, replies and events.
    Show {
        /// The request's id.
        id: RequestId,
        /// As JSON: {request, deliveries, replies, events}.
        #[arg(long)]
        json: bool,
    },
    /// Lists requests, the newest first.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
        /// Only those in this state.
        #[arg(long)]
        state: Option<RequestState>,
        /// Only those flagged overdue.
        #[arg(long)]
        overdue: bool,
    },
    /// Records what the clinic answered by telephone: JSON of the reply.
    PhoneAnswer {
        /// The request's id.
        id: RequestId,
        /// What was said: {field: [option]}.
        #[arg(long, value_name = "JSON")]
        answers: PathBuf,
        /// Who at the clinic said it.
        #[arg(long)]
        said_by: String,
        /// What was said in words, for the form's handwriting area of this id: comment='…'.
        #[arg(long = "text", value_name = "AREA=TEXT")]
        texts: Vec<String>,
    },
    /// Takes an answer by telephone back, when it was written down wrongly: JSON of the reply.
    TakeBack {
        /// The reply's id.
        reply: ReplyId,
    },
    /// Withdraws a request. An answer that comes all the same is kept for a person.
    Cancel {
        /// The request's id.
        id: RequestId,
    },
}

pub fn request(common: &Common, command: RequestCommand) -> CliResult {
    let app = App::open(common)?;
    match command {
        RequestCommand::New { form, answers, office, clinic, attach, by_hand, json } => {
            let form = app.catalogue()?.load(&form)?;
            let answers: Map<String, Value> =
                serde_json::from_str(&read_text(&answers)?).map_err(|error| {
                    format!(
                        "{} はJSONの {{項目: 値}} ではありません / is not a JSON object: {error}",
                        answers.display()
                    )
                })?;
            let now = app.clock.now();
            let papers = papers(&app.pool, &attach, now)?;
            let (office_id, clinic_id) = (office, clinic);
            let way = if by_hand { Way::ByHand } else { Way::Verified };
            let filled = Filled { form: &form, answers, office_id, clinic_id, asked_by: None, papers, way };
            let request = submit(app.store.as_ref(), &app.rule(), filled, RequestId::new_at(now), now)?;
            if json {
                let due_on = request.due_on;
                output::line(&json!({ "id": request.id, "number": request.number, "due_on": due_on }))?;
            } else {
                output::text(&request.id.to_string())?;
            }
        }
        RequestCommand::Show { id, json } => show(&app, id, json)?,
        RequestCommand::List { json, state, overdue } => {
            let filter = RequestFilter { state, office_id: None, overdue };
            for request in app.store.requests(&filter, LIST_MAX)? {
                if json {
                    output::line(&request)?;
                } else {
                    let overdue = if request.overdue_since.is_some() { "期限超過" } else { "" };
                    output::text(&format!(
                        "{}\t{}\t{}\t{overdue}",
                        request.id, request.number, request.state
                    ))?;
                }
            }
        }
        RequestCommand::PhoneAnswer { id, answers, said_by, texts } => {
            let (answers, now) = (read_answers(&answers)?, app.clock.now());
            let (reply, by) = (ReplyId::new_at(now), By::console());
            let text =
                |text: &String| text.split_once('=').map(|(area, text)| (area.to_owned(), text.to_owned()));
            let texts = texts
                .iter()
                .map(text)
                .collect::<Option<BTreeMap<_, _>>>()
                .ok_or("--text は 項目=内容 の形で書いてください / write --text as AREA=TEXT")?;
            let heard = Heard { answers, texts, said_by };
            output::line(&phone_answer(app.store.as_ref(), reply, id, &heard, &by, now)?)?;
        }
        RequestCommand::TakeBack { reply } => {
            output::line(&take_back(app.store.as_ref(), reply, &By::console(), app.clock.now())?)?;
        }
        RequestCommand::Cancel { id } => {
            let request = cancel(app.store.as_ref(), id, app.clock.now())?;
            output::line(&json!({ "id": request.id, "state": request.state }))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(app: &App, id: RequestId, as_json: bool) -> Result<(), super::CliError> {
    let request = app.store.request(id)?;
    let deliveries = app.store.deliveries(id)?;
    let replies = app.store.replies(id)?;
    let events = app.store.events(Subject::Request, &id.to_string())?;
    if as_json {
        let shown =
            json!({ "request": request, "deliveries": deliveries, "replies": replies, "events": events });
        return output::pretty(&shown);
    }
    output::text(&format!("{} {} {}", request.number, request.form_id, request.state))?;
    for event in events {
        let step = event.to.map(|to| format!(" → {to}")).unwrap_or_default();
        output::text(&format!("  {} {}{step} {}", event.at, event.what, event.detail))?;
    }
    Ok(())
}

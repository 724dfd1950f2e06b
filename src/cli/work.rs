//! What the server does by itself, by hand: ingest, receive, deliver, run-due, outbox.

use super::app::App;
use super::{CliError, CliResult, Common, output};
use crate::domain::account::By;
use crate::domain::id::{ArrivalId, DeliveryId};
use crate::domain::request::{ArrivalState, DoubtDecision};
use crate::flow::decide_in_doubt::decide_in_doubt;
use crate::flow::deliver::deliver_next;
use crate::flow::flag_overdue::flag_overdue;
use crate::flow::ingest::{Ingested, read_arrival, store_arrival};
use crate::flow::receive::receive;
use crate::jobs::lock::WorkerLock;
use crate::store::{Filed, Recorded};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The most bytes that are taken from a file or stdin.
const INGEST_MAX_BYTES: u64 = 100_000_000;
/// Items that a list shows at the most.
const LIST_MAX: usize = 10_000;

#[derive(Debug, Args)]
pub struct IngestArgs {
    /// A raw mail, TIFF, PDF, JPEG or PNG; `-` for stdin.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, Args)]
pub struct DeliverArgs {
    /// Sends what is due now and returns.
    #[arg(long, required = true)]
    once: bool,
}

#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// Stops all sending.
    Hold {
        /// Why; shown to everybody who asks.
        #[arg(default_value = "held by hand")]
        why: String,
    },
    /// Lets sending go on.
    Release,
    /// Lists deliveries: one JSON object a line.
    List {
        /// Only those of which nobody knows whether they left.
        #[arg(long)]
        in_doubt: bool,
        /// The lines are JSON with and without it.
        #[arg(long)]
        json: bool,
    },
    /// Ends the doubt about a delivery: JSON of the delivery that now stands for the request.
    ///
    /// resend: the clinic may get the sheet twice. delivered: if it did not arrive, nobody asks again.
    /// undelivered: nothing is sent; the request counts as not delivered.
    Decide {
        /// The delivery's id.
        id: DeliveryId,
        /// What was found out or decided.
        decision: Decision,
    },
}

/// The ways to end a doubt.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Decision {
    /// Send it once more.
    Resend,
    /// It arrived.
    Delivered,
    /// It did not arrive.
    Undelivered,
}

#[derive(Serialize)]
struct IngestedLine {
    arrival: ArrivalId,
    known: bool,
    #[serde(flatten)]
    filed: Filed,
}

pub fn ingest(common: &Common, args: &IngestArgs) -> CliResult {
    let app = App::open(common)?;
    let bytes = take(&args.file)?;
    let name =
        args.file.file_name().map_or_else(|| "stdin".to_owned(), |name| name.to_string_lossy().into_owned());
    let recorded = store_arrival(app.store.as_ref(), "file", &name, &bytes, app.clock.now())?;
    file_one(&app, recorded)?;
    Ok(ExitCode::SUCCESS)
}

pub fn receive_all(common: &Common) -> CliResult {
    let app = App::open(common)?;
    let received = receive(app.store.as_ref(), &app.inbox()?, &app.clock)?;
    for recorded in received.arrivals {
        file_one(&app, recorded)?;
    }
    // What an earlier run stored and did not read.
    while let Some(ingested) = read_arrival(app.store.as_ref(), &app.reading(), None, &app.clock)? {
        print_ingested(&ingested, false)?;
    }
    if received.left > 0 {
        let left = received.left;
        return Err(format!("{left} 通のメールを取り込めませんでした。受信箱に残っています / {left} mails could not be taken and stay in the inbox").into());
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads an arrival, unless it was read before.
fn file_one(app: &App, recorded: Recorded) -> Result<(), CliError> {
    let known = matches!(recorded, Recorded::Known(_));
    let read = read_arrival(app.store.as_ref(), &app.reading(), Some(recorded.id()), &app.clock)?;
    if let Some(ingested) = read {
        return print_ingested(&ingested, known);
    }
    let arrival = app.store.arrival(recorded.id())?;
    if !matches!(arrival.state, ArrivalState::Done | ArrivalState::Quarantined) {
        eprintln!("別の処理が読み取り中です / it is stored, and another process reads it now");
    }
    output::line(&IngestedLine { arrival: arrival.id, known, filed: Filed::default() })
}

fn print_ingested(ingested: &Ingested, known: bool) -> Result<(), CliError> {
    output::line(&IngestedLine { arrival: ingested.arrival.id, known, filed: ingested.filed.clone() })
}

fn take(file: &Path) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let unreadable = |error| format!("{} を読めません / cannot be read: {error}", file.display());
    if file == Path::new("-") {
        std::io::stdin().lock().take(INGEST_MAX_BYTES + 1).read_to_end(&mut bytes)?;
    } else {
        let opened = std::fs::File::open(file).map_err(unreadable)?;
        opened.take(INGEST_MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if bytes.len() as u64 > INGEST_MAX_BYTES {
        return Err(
            "ファイルが大きすぎます(上限100MB)。分けてください / the file is larger than 100 MB: split it"
                .into(),
        );
    }
    Ok(bytes)
}

pub fn deliver(common: &Common, _args: &DeliverArgs) -> CliResult {
    let app = App::open(common)?;
    let _lock = WorkerLock::take(&app.data)?;
    app.store.recover_deliveries(true, app.clock.now())?;
    let sender = app.sender()?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        while let Some(delivered) = deliver_next(&app.store, &sender, &app.clock).await? {
            output::line(&json!({
                "delivery": delivered.delivery.id,
                "request": delivered.delivery.request_id(),
                "end": delivered.end,
                "detail": delivered.detail,
            }))?;
        }
        Ok::<_, CliError>(())
    })?;
    if let Some(why) = app.store.hold()? {
        eprintln!("送信は保留中です({why}) / sending is on hold");
    }
    Ok(ExitCode::SUCCESS)
}

pub fn run_due(common: &Common) -> CliResult {
    let app = App::open(common)?;
    let flagged = flag_overdue(app.store.as_ref(), app.clock.now())?;
    let rows: Vec<_> = flagged
        .iter()
        .map(|request| {
            json!({
                "id": request.id, "number": request.number, "clinic_id": request.clinic_id,
                "due_on": request.due_on,
            })
        })
        .collect();
    output::line(&json!({ "flagged": rows }))?;
    Ok(ExitCode::SUCCESS)
}

pub fn outbox(common: &Common, command: OutboxCommand) -> CliResult {
    let app = App::open(common)?;
    match command {
        OutboxCommand::Hold { why } => app.store.set_hold(Some(&why), app.clock.now())?,
        OutboxCommand::Release => app.store.set_hold(None, app.clock.now())?,
        OutboxCommand::List { in_doubt: true, .. } => {
            app.store.in_doubt(LIST_MAX)?.iter().try_for_each(output::line)?;
        }
        OutboxCommand::List { in_doubt: false, .. } => {
            app.store.outbox(LIST_MAX)?.iter().try_for_each(output::line)?;
        }
        OutboxCommand::Decide { id, decision } => {
            let decision = match decision {
                Decision::Resend => DoubtDecision::Resend,
                Decision::Delivered => DoubtDecision::Delivered,
                Decision::Undelivered => DoubtDecision::Undelivered,
            };
            let (store, now) = (app.store.as_ref(), app.clock.now());
            output::line(&decide_in_doubt(store, id, decision, &By::console(), now)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

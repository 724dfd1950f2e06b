//! The command line. Parses, wires one [`app::App`], calls a flow, prints. JSON on stdout is a contract;
//! texts for people and logs go to stderr.

#![allow(clippy::doc_markdown, reason = "the doc comments of arguments are the help that people read")]
#![allow(
    clippy::needless_pass_by_value,
    reason = "a command is taken apart by the one function that runs it"
)]

mod app;
mod backup;
mod blank;
mod demo;
mod demo_pages;
mod directory;
mod fields;
mod forms;
mod layouts;
mod link;
mod mail;
mod measure;
mod output;
mod practice;
mod read;
mod readers;
mod report;
mod request;
mod review;
mod routes;
mod serve;
mod sheet;
mod user;
mod work;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// The data directory where none is named.
const DEFAULT_DATA: &str = "data";

/// 連絡: care managers ask, doctors tick and fax back, nothing is lost.
#[derive(Debug, Parser)]
#[command(name = "renraku", version, about, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
struct Common {
    /// The data directory (database, blobs, keys, inbox, config.toml).
    #[arg(long, global = true, value_name = "DIR", default_value = DEFAULT_DATA)]
    data: PathBuf,
    /// Settings file; DIR/config.toml when left out.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Acts as if the clock began at this moment (RFC 3339).
    #[arg(long, global = true, value_name = "RFC3339")]
    now: Option<Timestamp>,
    /// Logs to stderr what happens (ids and codes only); RUST_LOG refines it.
    #[arg(long, short, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Renders a sheet without a database: PDF and the places of everything on it.
    Sheet(sheet::SheetArgs),
    /// Makes a sheet for a clinic to keep: blank, addressed to one office, to be filled by hand and faxed at any time.
    ///
    /// Copies are fine; what comes on them is a message for the office (`ingest`). JSON: {sheet_id, form, version,
    /// office_id, clinic_id, pages, pdf_bytes}. Only forms that are sent unasked can be kept: `renraku forms list`.
    Blank(blank::BlankArgs),
    /// Reads files (TIFF, PDF, JPEG, PNG): one JSON object a line for each page, and for each sheet on it.
    ///
    /// {file, page_in_file, sheet_id, page, found_by: code|code_search|number|none, rotation_deg, dpi: [x, y],
    /// quality, needs_person, reasons: [text], boxes: [{field, option, state:
    /// empty|marked|circled|cancelled|unsure, quality}], zones: [{field, ink}], problems: [text]}.
    /// A file that cannot be opened gives a line with problems and exit status 0. rotation_deg and dpi are as
    /// measured on the page. Boxes are read one by one: that a form wants exactly one of them is checked when
    /// an answer is filed (`ingest`), not here.
    Read(read::ReadArgs),
    /// Reads a folder of pages whose answers are known, and prints the table of errors: by kind of mark, by quality and
    /// by damage, for each resolution. Fails when a box was read wrong without a doubt.
    Measure(measure::MeasureArgs),
    /// Makes such a folder: sheets that the practice clinic ticks, mistreats and faxes. Samples; no real pages.
    Trials(measure::TrialsArgs),
    /// The forms: check, list, show, diff, schema.
    #[command(subcommand)]
    Forms(forms::FormsCommand),
    /// Requests: new, show, list, cancel.
    #[command(subcommand)]
    Request(request::RequestCommand),
    /// One-time links by which a clinic answers: new, list, revoke.
    #[command(subcommand)]
    Link(link::LinkCommand),
    /// Clinics, offices and clients: load, list, verify.
    #[command(subcommand)]
    Directory(directory::DirectoryCommand),
    /// Stores a mail, TIFF, PDF, JPEG or PNG durably, reads it and files what it says.
    ///
    /// JSON: {arrival, known, answered: [request], repeated: [request], messages: [message], told: [delivery], reviews: [{id,
    /// arrival_id, page_number, request_id, reasons, created_at, closed_at}]}.
    Ingest(work::IngestArgs),
    /// Mails as they are: explain.
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Takes what waits in the inbox (a Maildir), and reads it: JSON as of `ingest`, a line for each.
    Receive,
    /// Sends what is due in the outbox: one JSON line for each try
    /// {delivery, request, end: submitted|retry|failed|in_doubt, detail}.
    Deliver(work::DeliverArgs),
    /// The outbox: hold, release, list, decide.
    #[command(subcommand)]
    Outbox(work::OutboxCommand),
    /// What waits for a person: list, show, confirm, assign, reject, undo.
    #[command(subcommand)]
    Review(review::ReviewCommand),
    /// Who may sign in: add, list, deactivate, password.
    #[command(subcommand)]
    User(user::UserCommand),
    /// The audit log: list, verify.
    #[command(subcommand)]
    Audit(review::AuditCommand),
    /// Flags what is overdue: JSON {flagged: [{id, number, clinic_id, due_on}]}.
    RunDue,
    /// Reports for the association.
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// Lists the routes of the pages.
    ///
    /// JSON: [{method, path, roles: [role], or public or link alone; csrf: true|false, csrf_exempt_reason:
    /// text|null, cache: no-store|immutable}].
    Routes(routes::RoutesArgs),
    /// Runs the gateway: inbox, outbox, clock and pages.
    Serve(serve::ServeArgs),
    /// Shows the whole line on a sample region with a practice clinic.
    Demo(demo::DemoArgs),
    /// Writes everything, keys included, to one new file while work goes on.
    Backup(backup::BackupArgs),
    /// Makes a new data directory from a backup; sending is on hold afterwards.
    Restore(backup::RestoreArgs),
    /// The keys that seal sheets.
    #[command(subcommand)]
    Keys(sheet::KeysCommand),
    /// A reader of strangers' files, for this program's own use.
    #[command(hide = true)]
    ReadWorker,
    /// Answers one sheet of the demo, for this program's own use.
    #[command(hide = true)]
    PracticeClinic(practice::PracticeArgs),
}

/// Anything that a command can fail with: already a sentence for people.
pub type CliError = Box<dyn std::error::Error + Send + Sync>;

type CliResult = Result<ExitCode, CliError>;

/// Runs the command.
///
/// # Errors
/// One clear sentence; the exit status is then 1 (2 for wrong usage).
pub fn run(cli: Cli) -> CliResult {
    if !matches!(cli.command, Command::ReadWorker) {
        log_to_stderr(cli.common.verbose);
    }
    let common = &cli.common;
    match cli.command {
        Command::Sheet(args) => sheet::sheet(common, &args),
        Command::Blank(args) => blank::blank(common, &args),
        Command::Read(args) => read::read(common, &args),
        Command::Measure(args) => measure::measure(&args),
        Command::Trials(args) => measure::trials(&args),
        Command::Forms(command) => forms::forms(common, command),
        Command::Request(command) => request::request(common, command),
        Command::Link(command) => link::link(common, command),
        Command::Directory(command) => directory::directory(common, command),
        Command::Ingest(args) => work::ingest(common, &args),
        Command::Mail(command) => mail::mail(common, command),
        Command::Receive => work::receive_all(common),
        Command::Deliver(args) => work::deliver(common, &args),
        Command::Outbox(command) => work::outbox(common, command),
        Command::Review(command) => review::review(common, command),
        Command::User(command) => user::user(common, command),
        Command::Audit(command) => review::audit(common, command),
        Command::RunDue => work::run_due(common),
        Command::Report(command) => report::report(common, command),
        Command::Routes(args) => routes::routes(&args),
        Command::Serve(args) => serve::serve(common, &args),
        Command::Demo(args) => demo::demo(common, &args),
        Command::Backup(args) => backup::backup(common, &args),
        Command::Restore(args) => backup::restore(common, &args),
        Command::Keys(command) => sheet::keys(common, command),
        Command::PracticeClinic(args) => practice::answer(&args),
        Command::ReadWorker => {
            crate::pool::serve()?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn log_to_stderr(verbose: bool) {
    use tracing_subscriber::EnvFilter;
    let default = if verbose { "renraku=info,warn" } else { "renraku=warn,error" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Colours are for terminals; a log file keeps plain text. A second initialisation, in tests, changes nothing.
    let _ = log.with_ansi(std::io::stderr().is_terminal()).try_init();
}

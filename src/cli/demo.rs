//! `renraku demo --headless`: the whole line on a sample region. Requests leave over real SMTP, the practice clinic ticks
//! and faxes them back, the answers are read and compared with what was ticked; one stays unanswered, the
//! clock moves, and it is flagged and reported.

use super::app::{App, CONFIG, write_private};
use super::directory::{self, Loaded};
use super::{CliError, CliResult, Common, demo_pages};
use crate::domain::calendar::japan_date;
use crate::domain::directory::Route;
use crate::domain::id::RequestId;
use crate::domain::request::Request;
use crate::domain::state::{AttemptEnd, RequestState};
use crate::flow::deliver::deliver_next;
use crate::flow::flag_overdue::flag_overdue;
use crate::flow::ingest::read_arrival;
use crate::flow::receive::receive;
use crate::flow::submit::{Filled, Way, submit};
use crate::form::layout::Layout;
use crate::mail::receive::maildir::deliver_to_maildir;
use crate::practice::clinic::{self, Sending, Ticked};
use crate::practice::damage::Resolution;
use crate::practice::smtp_server::{Arrived, Behaviour, SmtpServer};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// The sample region: invented, and marked as a sample.
const REGION: &str = include_str!("../../templates/sample-region.toml");
/// The clinic whose number is left for the administrator to make sure of.
pub(super) const UNVERIFIED: &str = "03-0000-1006";
/// The answered example of the form.
pub(super) const EXAMPLE: &str = include_str!("../../tests/forms/liaison/example.json");
/// Requests that are sent; the last one stays unanswered.
const REQUESTS: usize = 6;
/// After so long every due date of the demo is over.
const LATER: SignedDuration = SignedDuration::from_hours(24 * 15);
/// Fixed, so that every run ticks the same boxes.
pub(super) const SEED: u64 = 20_261_122;

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Prints each step and ends; without it the pages open on the first free port of this machine.
    #[arg(long)]
    headless: bool,
}

/// One request of the demo with what the practice clinic ticked.
struct Played {
    request: RequestId,
    ticked: Option<Ticked>,
}

pub fn demo(common: &Common, args: &DemoArgs) -> CliResult {
    if !args.headless {
        return demo_pages::show(common, &demo_directory(common)?);
    }
    let mut steps = Steps { began: Instant::now() };
    let data = demo_directory(common)?;
    steps.say(&format!("見本データを {} に作ります / sample data directory", data.display()));
    let runtime = tokio::runtime::Runtime::new()?;
    let right = runtime.block_on(play(common, &data, &mut steps))?;
    if !right {
        steps.say("一致しない結果があります / something is not as it must be");
        return Ok(ExitCode::FAILURE);
    }
    steps.say("すべて一致しました / every record equals what was ticked");
    Ok(ExitCode::SUCCESS)
}

async fn play(common: &Common, data: &Path, steps: &mut Steps) -> Result<bool, CliError> {
    let mailbag = data.join("practice");
    fs::create_dir_all(&mailbag)?;
    let clinic = start_clinic(&mailbag).await?;
    write_private(&data.join(CONFIG), config(clinic.address().port()).as_bytes())?;
    let app = App::open(&Common { data: data.to_owned(), config: None, ..common.clone() })?;
    let loaded = load_region(&app, |_| true)?;
    steps.say(&format!(
        "医療機関{}・事業所{}を登録しました / loaded",
        loaded.clinics.len(),
        loaded.offices.len()
    ));
    let requests = submit_all(&app, &loaded)?;
    steps.say(&format!("連絡票{}件を作成しました / requests handed over", requests.len()));
    send_all(&app, steps).await?;
    let played = answer_all(&app, &requests, &mailbag, steps)?;
    read_all(&app, steps)?;
    let records_right = compare(&app, &played, steps)?;
    let unanswered_right = let_time_pass(&app, &played, steps)?;
    Ok(records_right && unanswered_right)
}

/// The practice clinic's fax machine: every mail that comes is laid into a folder as a file.
pub(super) async fn start_clinic(mailbag: &Path) -> Result<SmtpServer, CliError> {
    let mailbag = mailbag.to_owned();
    let server = SmtpServer::start(0, Behaviour::default(), move |mail: Arrived| {
        let path = mailbag.join(format!("{}.eml", crate::seal::random::token().unwrap_or_default()));
        Box::pin(async move { tokio::fs::write(path, mail.bytes).await.map_err(|error| error.to_string()) })
    });
    Ok(server.await?)
}

pub(super) fn config(port: u16) -> String {
    format!(
        "# 見本 / sample settings of the demo\n\
         return_fax = \"03-0000-0001\"\n\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none_on_loopback\"\nhelo_name = \"gateway.example\"\n\n\
         [fax]\nname = \"practice\"\naddress = \"{{fax}}@fax.practice.example\"\nnumber_format = \"domestic\"\n\
         subject = \"renraku {{number}}\"\nbody = \"\"\nfrom = \"gateway@gateway.example\"\nmax_bytes = 10000000\n"
    )
}

/// Loads the region; what `verified` says yes to is verified.
pub(super) fn load_region(app: &App, verified: fn(&Route) -> bool) -> Result<Loaded, CliError> {
    let now = app.clock.now();
    let loaded = directory::load(app.store.as_ref(), REGION, now)?;
    for clinic in &loaded.clinics {
        for route in clinic.routes.iter().filter(|route| verified(route)) {
            app.store.verify_route(
                clinic.id,
                route.kind,
                &route.address,
                "見本の練習医院 / practice clinic",
                now,
            )?;
        }
    }
    Ok(loaded)
}

fn submit_all(app: &App, loaded: &Loaded) -> Result<Vec<Request>, CliError> {
    let form = app.catalogue()?.load("liaison")?;
    let example: Map<String, Value> = serde_json::from_str(EXAMPLE)?;
    let mut requests = Vec::new();
    for index in 0..REQUESTS {
        let mut answers = example.clone();
        if let Some(record) = loaded.clients.get(index % loaded.clients.len().max(1)) {
            answers.insert("client".to_owned(), serde_json::to_value(&record.client)?);
        }
        let now = app.clock.now();
        let filled = Filled {
            form: &form,
            answers,
            office_id: loaded.offices[index % loaded.offices.len()].id,
            clinic_id: loaded.clinics[index % loaded.clinics.len()].id,
            asked_by: None,
            papers: Vec::new(),
            way: Way::Verified,
        };
        requests.push(submit(app.store.as_ref(), &app.rule(), filled, RequestId::new_at(now), now)?);
    }
    Ok(requests)
}

async fn send_all(app: &App, steps: &mut Steps) -> Result<(), CliError> {
    let sender = app.sender()?;
    let mut sent = 0;
    while let Some(delivered) = deliver_next(&app.store, &sender, &app.clock).await? {
        if delivered.end != AttemptEnd::Submitted {
            return Err(format!("送信できませんでした / not sent: {}", delivered.detail).into());
        }
        sent += 1;
    }
    steps.say(&format!("{sent}件をメールFAXで送信しました / sent over SMTP"));
    Ok(())
}

/// The practice clinic at work: every sheet but the last one's is ticked and faxed back into the inbox.
fn answer_all(
    app: &App,
    requests: &[Request],
    mailbag: &Path,
    steps: &mut Steps,
) -> Result<Vec<Played>, CliError> {
    for request in requests {
        let layout = layout_of(app, request.id)?;
        fs::write(mailbag.join(format!("{}.json", request.number)), serde_json::to_vec(&layout)?)?;
    }
    let mut played = Vec::new();
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mails = mails_by_number(mailbag)?;
    for (index, request) in requests.iter().enumerate() {
        let mut entry = Played { request: request.id, ticked: None };
        let mail = mails.iter().find(|(number, _)| number == request.number.as_str());
        let (_, mail) =
            mail.ok_or_else(|| format!("{} did not reach the practice clinic", request.number))?;
        if index + 1 < requests.len() {
            let layout: Layout =
                serde_json::from_slice(&fs::read(mailbag.join(format!("{}.json", request.number)))?)?;
            let resolution = if index % 2 == 0 { Resolution::Fine } else { Resolution::Standard };
            let manner = Sending { resolution, damage: 0.5 };
            let answered = clinic::answer(&clinic::sheet_of(mail)?, &layout, manner, &mut rng)?;
            let fax = clinic::fax_service_mail(&answered.tiff, "03-0000-1002", index as u64 + 1);
            deliver_to_maildir(&app.data.join("inbox"), app.clock.now(), &fax)?;
            entry.ticked = Some(answered.ticked);
        }
        played.push(entry);
    }
    let answered = played.iter().filter(|played| played.ticked.is_some()).count();
    steps.say(&format!("練習医院が{answered}件に記入し、FAXで返信しました / ticked and faxed back"));
    Ok(played)
}

pub(super) fn layout_of(app: &App, request: RequestId) -> Result<Layout, CliError> {
    let deliveries = app.store.deliveries(request)?;
    let sheet_id =
        deliveries.iter().find_map(|delivery| delivery.sheet_id.clone()).ok_or("no sheet was rendered")?;
    Ok(app.store.sheet(&sheet_id)?.ok_or("the sheet is not stored")?.layout)
}

/// The mails that the practice clinic has, by the request number in their subject.
fn mails_by_number(mailbag: &Path) -> Result<Vec<(String, Vec<u8>)>, CliError> {
    let mut mails = Vec::new();
    for entry in fs::read_dir(mailbag)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            let bytes = fs::read(&path)?;
            let subject = crate::mail::parse::parse(&bytes).subject.unwrap_or_default();
            mails.push((subject.trim_start_matches("renraku ").to_owned(), bytes));
        }
    }
    Ok(mails)
}

fn read_all(app: &App, steps: &mut Steps) -> Result<(), CliError> {
    let came = receive(app.store.as_ref(), &app.inbox()?, &app.clock)?.arrivals.len();
    steps.say(&format!("返信{came}通を受け取り、保存しました / answers received and stored"));
    while let Some(read) = read_arrival(app.store.as_ref(), &app.reading(), None, &app.clock)? {
        let (answered, reviews) = (read.filed.answered.len(), read.filed.reviews.len());
        steps.say(&format!(
            "  読み取り: 回答{answered} 要確認{reviews} / read: {answered} answered, {reviews} for review"
        ));
    }
    Ok(())
}

/// Every stored record against what the pen did.
fn compare(app: &App, played: &[Played], steps: &mut Steps) -> Result<bool, CliError> {
    let mut right = true;
    for played in played.iter().filter(|played| played.ticked.is_some()) {
        let request = app.store.request(played.request)?;
        let replies = app.store.replies(played.request)?;
        let recorded = replies.first().map(|reply| &reply.answers);
        let same = replies.len() == 1
            && request.state == RequestState::Answered
            && recorded == played.ticked.as_ref().map(|ticked| &ticked.answers);
        let chosen = recorded.and_then(|answers| answers.get("answer")).map(|options| options.join(","));
        let verdict = if same { "一致 / same" } else { "不一致 / DIFFERENT" };
        steps.say(&format!("  {} {} {verdict}", request.number, chosen.unwrap_or_default()));
        right &= same;
    }
    Ok(right)
}

/// The clock moves on; the silent one is flagged and on the report, and nothing else is.
fn let_time_pass(app: &App, played: &[Played], steps: &mut Steps) -> Result<bool, CliError> {
    let silent: Vec<RequestId> =
        played.iter().filter(|played| played.ticked.is_none()).map(|played| played.request).collect();
    let today = app.clock.now();
    let later = today + LATER;
    let flagged: Vec<RequestId> =
        flag_overdue(app.store.as_ref(), later)?.iter().map(|request| request.id).collect();
    steps.say(&format!("15日後: 期限超過 {}件 / 15 days later: overdue", flagged.len()));
    let rows = app.store.unanswered(japan_date(today), japan_date(later))?;
    let unanswered: u32 = rows.iter().map(|row| row.unanswered).sum();
    for row in &rows {
        steps.say(&format!(
            "  {}: 送信{} 回答{} 未回答{} 未達{} / {}",
            row.clinic,
            row.sent,
            row.answered,
            row.unanswered,
            row.undelivered,
            json!(row.unanswered_numbers)
        ));
    }
    let numbers: Vec<_> = rows.iter().flat_map(|row| &row.unanswered_numbers).collect();
    let mut listed = true;
    for request in &silent {
        listed &= numbers.contains(&&app.store.request(*request)?.number);
    }
    Ok(flagged == silent && listed && unanswered as usize == silent.len())
}

/// A new directory, so that a demo never touches what is real.
fn demo_directory(common: &Common) -> Result<PathBuf, CliError> {
    if common.data != Path::new(super::DEFAULT_DATA) {
        let empty = fs::read_dir(&common.data).map_or(true, |mut entries| entries.next().is_none());
        if !empty {
            return Err(format!(
                "{} は空ではありません。見本は新しいフォルダに作ります / the demo wants a new or empty directory",
                common.data.display()
            )
            .into());
        }
        return Ok(common.data.clone());
    }
    let began = Timestamp::now().as_millisecond();
    Ok(std::env::temp_dir().join(format!("renraku-demo-{began}-{}", std::process::id())))
}

/// Prints each step with its time.
struct Steps {
    began: Instant,
}

impl Steps {
    fn say(&mut self, text: &str) {
        println!("{:7.3} s  {text}", self.began.elapsed().as_secs_f64());
    }
}

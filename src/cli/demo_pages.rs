//! `renraku demo`: the pages on a sample region. The gateway runs as it always does; at the other end the practice
//! clinic takes each fax, ticks it and faxes it back after a moment. Nothing leaves this machine.

use super::app::{App, CONFIG, write_private};
use super::directory::Loaded;
use super::{CliError, CliResult, Common, demo, serve};
use crate::domain::account::{By, Password, Role, Tenant};
use crate::domain::directory::RouteKind;
use crate::domain::id::RequestId;
use crate::domain::identifier::FaxNumber;
use crate::domain::sheet_number::RequestNumber;
use crate::flow::Clock;
use crate::flow::deliver::deliver_next;
use crate::flow::submit::{Filled, Way, submit};
use crate::flow::users::{self, NewUser};
use crate::form::layout::Layout;
use crate::jobs::lock::WorkerLock;
use crate::mail::parse;
use crate::practice::clinic;
use crate::sheet::number_test::DENIES;
use jiff::SignedDuration;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// The ports that are tried, before any free one.
const PORTS: std::ops::RangeInclusive<u16> = 8470..=8479;
/// Of every sample account; the data is invented and the pages are reached from this machine alone.
const PASSWORD: &str = "mihon-no-aikotoba";
/// Login, name, role: one account a role.
const ACCOUNTS: &[(&str, &str, Role)] = &[
    ("caremane", "見本 太郎", Role::CareManager),
    ("manager", "見本 管子", Role::OfficeManager),
    ("clinic", "見本 受付", Role::Clinic),
    ("association", "見本 会子", Role::Association),
    ("reviewer", "見本 確", Role::Reviewer),
    ("admin", "見本 理子", Role::Administrator),
];
/// So long the practice clinic has the sheet before it faxes it back.
const THINKS: Duration = Duration::from_secs(3);
/// How often its tray is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// How long ago the requests of the sample were written; the first one is never answered.
const WRITTEN: [SignedDuration; 2] = [SignedDuration::from_hours(24 * 14), SignedDuration::from_hours(20)];
/// Of the practice clinic's mail for a test page: it has no request's number.
const TEST_PAGE: &str = "test-page";

/// Runs until somebody says stop.
pub fn show(common: &Common, data: &Path) -> CliResult {
    let runtime = serve::runtime()?;
    runtime.block_on(run(common, data))?;
    Ok(ExitCode::SUCCESS)
}

async fn run(common: &Common, data: &Path) -> Result<(), CliError> {
    let tray = data.join("practice");
    fs::create_dir_all(&tray)?;
    let machine = demo::start_clinic(&tray).await?;
    let listener = listen().await?;
    let settings = demo::config(machine.address().port()) + &settings(listener.local_addr()?);
    write_private(&data.join(CONFIG), settings.as_bytes())?;
    let app = Arc::new(App::open(&Common { data: data.to_owned(), config: None, ..common.clone() })?);
    let _lock = WorkerLock::take(&app.data)?;
    let loaded = demo::load_region(&app, |route| {
        FaxNumber::parse(&route.address).is_ok_and(|fax| fax.display() != demo::UNVERIFIED)
            || route.kind == RouteKind::PlainMail
    })?;
    add_accounts(&app, &loaded)?;
    let silent = add_requests(&app, &loaded).await?;
    let lines = lines(&listener, data)?;
    let practice = Practice { app: Arc::clone(&app), tray, silent };
    let practice = tokio::task::spawn(practice.answer());
    let ended = serve::run(&app, listener, true, || println!("{lines}")).await;
    practice.abort();
    ended
}

/// The loops look often, so that nobody waits; notices leave at any hour.
fn settings(address: SocketAddr) -> String {
    format!(
        "\n[serve]\nlook_every_ms = 300\ndue_every_ms = 2000\npublic_url = \"http://{address}\"\n\n\
         [mail]\nname = \"mail\"\nsubject = \"連絡票 {{number}}\"\nbody = \"連絡票 {{number}} をお送りします。\"\n\
         from = \"gateway@gateway.example\"\nmax_bytes = 10000000\n\n\
         [association]\nname = \"見本医師会\"\ntel = \"03-0000-0009\"\n\n\
         [notice]\nfrom_hour = 0\nto_hour = 24\n"
    )
}

/// The three lines that say where it is and how to get in.
fn lines(listener: &TcpListener, data: &Path) -> Result<String, CliError> {
    let address = listener.local_addr()?;
    let login = ACCOUNTS[0].0;
    let others: Vec<&str> = ACCOUNTS[1..].iter().map(|(login, ..)| *login).collect();
    let (others, data) = (others.join(", "), data.display());
    Ok(format!(
        "見本の画面 / sample pages: http://{address}/\n\
         ログイン名 / login: {login}  パスワード / password: {PASSWORD}  (ほかの役割 / other roles: {others})\n\
         終了 / stop: Ctrl+C  見本データ / sample data: {data}"
    ))
}

async fn listen() -> Result<TcpListener, CliError> {
    for port in PORTS {
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
            return Ok(listener);
        }
    }
    Ok(TcpListener::bind(("127.0.0.1", 0)).await?)
}

fn add_accounts(app: &App, loaded: &Loaded) -> Result<(), CliError> {
    let office = loaded.offices.first().ok_or("the sample region has no office")?;
    let clinic = loaded.clinics.first().ok_or("the sample region has no clinic")?;
    for (login, name, role) in ACCOUNTS {
        let new = NewUser {
            login: login.parse()?,
            name: (*name).to_owned(),
            mail: Some(format!("{login}@sample.example")),
            tenant: match role {
                Role::CareManager | Role::OfficeManager => Tenant::Office(office.id),
                Role::Clinic => Tenant::Clinic(clinic.id),
                _ => Tenant::Association,
            },
            roles: BTreeSet::from([*role]),
            password: Password::new(PASSWORD)?,
            sample: true,
        };
        users::add(app.store.as_ref(), new, &By::console(), app.clock.now())?;
    }
    Ok(())
}

/// Something to look at: a request that was sent long ago, and one of yesterday. Returns the number of the
/// one that stays unanswered.
async fn add_requests(app: &App, loaded: &Loaded) -> Result<RequestNumber, CliError> {
    let form = app.catalogue()?.load("liaison")?;
    let example: Map<String, Value> = serde_json::from_str(demo::EXAMPLE)?;
    let office = loaded.offices.first().ok_or("the sample region has no office")?;
    let sender = app.sender()?;
    let mut numbers = Vec::new();
    for (index, ago) in WRITTEN.into_iter().enumerate() {
        let mut answers = example.clone();
        let client = loaded.clients.iter().filter(|client| client.office_id == office.id).nth(index);
        if let Some(record) = client {
            answers.insert("client".to_owned(), serde_json::to_value(&record.client)?);
        }
        let then = app.clock.now() - ago;
        let clinic_id = loaded.clinics[index % loaded.clinics.len()].id;
        let filled = Filled {
            form: &form,
            answers,
            office_id: office.id,
            clinic_id,
            asked_by: None,
            papers: Vec::new(),
            way: Way::Verified,
        };
        let request = submit(app.store.as_ref(), &app.rule(), filled, RequestId::new_at(then), then)?;
        deliver_next(&app.store, &sender, &Clock::new(move || then)).await?;
        numbers.push(request.number);
    }
    numbers.into_iter().next().ok_or_else(|| "no sample request was written".into())
}

/// The practice clinic at work.
struct Practice {
    app: Arc<App>,
    tray: PathBuf,
    silent: RequestNumber,
}

impl Practice {
    async fn answer(self) {
        let mut seen = BTreeSet::new();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Err(error) = self.look(&mut seen).await {
                tracing::error!(%error, "the practice clinic could not answer");
            }
        }
    }

    /// Answers every sheet that has lain in the tray long enough.
    async fn look(&self, seen: &mut BTreeSet<PathBuf>) -> Result<(), CliError> {
        for entry in fs::read_dir(&self.tray)? {
            let entry = entry?;
            let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
            let is_mail = entry.path().extension().is_some_and(|ending| ending == "eml");
            if is_mail && age >= THINKS && seen.insert(entry.path()) {
                self.fax_back(&entry.path(), seen.len() as u64).await?;
            }
        }
        Ok(())
    }

    async fn fax_back(&self, mail: &Path, nth: u64) -> Result<(), CliError> {
        let subject = parse::parse(&fs::read(mail)?).subject.unwrap_or_default();
        let number = subject.trim_start_matches("renraku ").to_owned();
        if number == self.silent.as_str() {
            return Ok(());
        }
        // Mails to people have no sheet.
        let Ok(sheet) = clinic::sheet_of(&fs::read(mail)?) else { return Ok(()) };
        let layout = if number == TEST_PAGE { self.test_layout(&sheet)? } else { self.layout(&number)? };
        let Some(layout) = layout else { return Ok(()) };
        let layout_file = mail.with_extension("json");
        fs::write(&layout_file, serde_json::to_vec(&layout)?)?;
        let ended = tokio::process::Command::new(std::env::current_exe()?)
            .arg("practice-clinic")
            .args([OsStr::new("--mail"), mail.as_os_str(), OsStr::new("--layout"), layout_file.as_os_str()])
            .args([OsStr::new("--inbox"), self.app.data.join("inbox").as_os_str()])
            .args(["--nth", &nth.to_string()])
            .kill_on_drop(true)
            .status();
        if ended.await?.success() { Ok(()) } else { Err("the practice clinic gave up".into()) }
    }

    /// Of the request's sheet; of a withdrawn one nothing is answered.
    fn layout(&self, number: &str) -> Result<Option<Layout>, CliError> {
        let Ok(number) = number.parse::<RequestNumber>() else { return Ok(None) };
        let request = self.app.store.request_by_number(&number)?.filter(|request| !request.state.is_ended());
        request.map(|request| demo::layout_of(&self.app, request.id)).transpose()
    }

    /// Of the test page that came, with the box alone that says that the number is right.
    fn test_layout(&self, sheet: &[u8]) -> Result<Option<Layout>, CliError> {
        let store = &self.app.store;
        for clinic in store.clinics()? {
            for page in store.number_tests(clinic.id)?.into_iter().filter_map(|test| test.page) {
                if store.blobs().get(&page.pdf)? != sheet {
                    continue;
                }
                let mut layout = store.number_test_by_sheet(&page.sheet_id)?.map(|(_, layout)| layout);
                let pages = layout.iter_mut().flat_map(|layout| &mut layout.pages);
                pages.for_each(|page| page.boxes.retain(|one| one.option != DENIES));
                return Ok(layout);
            }
        }
        Ok(None)
    }
}

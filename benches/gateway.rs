//! The gateway's roads under load, on a store on disk and with real connections: sheets that leave by mail, beside the
//! same mails sent by lettre alone; faxed answers that are stored, read and filed, beside the reader alone; and how long
//! mails wait when one destination is slow, puts off, or a whole route hangs, beside the same without it. The ratios count;
//! the counts a second are of this machine. At the end the most memory that it took.
//!
//! `cargo bench --bench gateway`

use jiff::Timestamp;
use lettre::address::Envelope;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use renraku::domain::backoff::BackoffRule;
use renraku::domain::directory::{Clinic, Doctor, Office, Route, RouteKind};
use renraku::domain::id::{ClinicId, OfficeId, RequestId};
use renraku::domain::state::DeliveryState;
use renraku::flow::Clock;
use renraku::flow::deliver::{Sender, deliver_next_by};
use renraku::flow::ingest::{Reading, read_arrival, store_arrival};
use renraku::flow::link::LinkRule;
use renraku::flow::submit::{Filled, Rule, Way, submit};
use renraku::form::catalogue::Catalogue;
use renraku::mail::send::smtp::Smtp;
use renraku::pool::{Pool, PoolLimits};
use renraku::practice::clinic::{Sending, answer, fax_service_mail};
use renraku::practice::damage::Resolution;
use renraku::practice::smtp_server::{Arrived, Behaviour, SmtpServer};
use renraku::read::book::{LookUp, SheetBook};
use renraku::seal::keyring::Keyring;
use renraku::store::{SqliteStore, Store};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const MAILS: usize = 400;
const CLINICS: usize = 40;
const FAXES: usize = 200;
/// Mails on their way at once, of each route: the settings' own default.
const AT_ONCE: usize = 4;

fn main() {
    // `cargo test --benches` only asks whether it can be built.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        mails_a_second().await;
        one_slow_destination().await;
        answers_a_second().await;
    });
    println!("most memory of this program: {} MB", most_memory_kb() / 1024);
}

/// A gateway on disk, and a mail server that takes its mails.
struct Gateway {
    _dir: tempfile::TempDir,
    store: Arc<dyn Store>,
    sender: Arc<Sender>,
    office: OfficeId,
    clinics: Vec<ClinicId>,
    rule: Rule,
    clock: Clock,
    server: SmtpServer,
    taken: Arc<Mutex<Vec<(Instant, Arrived)>>>,
}

impl Gateway {
    /// `manner` says how long the server thinks about a recipient, and whether it puts it off.
    async fn new(manner: fn(&str) -> (Duration, bool)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(dir.path()).unwrap());
        let taken = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&taken);
        let server = SmtpServer::start(0, Behaviour::default(), move |mail| {
            let sink = Arc::clone(&sink);
            Box::pin(async move {
                let (thinks, puts_off) = manner(&mail.to[0]);
                tokio::time::sleep(thinks).await;
                if puts_off {
                    return Err("try later".to_owned());
                }
                sink.lock().unwrap().push((Instant::now(), mail));
                Ok(())
            })
        });
        let server = server.await.unwrap();
        let port = server.address().port();
        let smtp =
            format!("host='127.0.0.1'\nport={port}\ntls='none_on_loopback'\nhelo_name='gateway.example'");
        let fax = "name='fax'\naddress='{fax}@fax.example'\nnumber_format='domestic'\nsubject='renraku {number}'\n\
                   body=''\nfrom='gateway@gateway.example'\nmax_bytes=10000000";
        let mail = "name='mail'\nsubject='連絡票 {number}'\nbody='お送りします。'\nfrom='gateway@gateway.example'\n\
                    max_bytes=10000000\nreply_to='reply@gateway.example'\nbounces_to='bounces@gateway.example'";
        let sender = Arc::new(Sender {
            smtp: Smtp::open(&toml::from_str(&smtp).unwrap()).unwrap(),
            longest_try: Duration::from_mins(10),
            fax: Some(toml::from_str(fax).unwrap()),
            mail: Some(toml::from_str(mail).unwrap()),
            backoff: BackoffRule::default(),
            return_fax: "03-0000-0009".to_owned(),
            links: LinkRule::default(),
            rule: Rule::default(),
            keyring: Arc::new(Keyring::generate().unwrap()),
        });
        let now = Timestamp::now();
        let office = OfficeId::new_at(now);
        let new = Office {
            id: office,
            code: String::new(),
            name: "見本事業所".to_owned(),
            care_manager: "見本 春子".to_owned(),
            tel: "03-0000-0003".to_owned(),
            fax: "0300000003".to_owned(),
            sample: true,
        };
        store.put_office(&new).unwrap();
        let rule = Rule { return_fax: Some("03-0000-0009".to_owned()), ..Rule::default() };
        let clock = Clock::new(Timestamp::now);
        let clinics = Vec::new();
        Self { _dir: dir, store, sender, office, clinics, rule, clock, server, taken }
    }

    fn add_clinic(&mut self, kind: RouteKind, address: &str) {
        let now = Timestamp::now();
        let route = Route { kind, address: address.to_owned(), verified_at: None, verified_how: None };
        let clinic = Clinic {
            id: ClinicId::new_at(now),
            code: String::new(),
            name: "見本医院".to_owned(),
            doctors: vec![Doctor { name: "見本 一郎".to_owned(), department: String::new() }],
            tel: "03-0000-0004".to_owned(),
            routes: vec![route],
            care_manager_hours: Vec::new(),
            sample: true,
        };
        self.store.put_clinic(&clinic, now).unwrap();
        self.store.verify_route(clinic.id, kind, address, "bench", now).unwrap();
        self.clinics.push(clinic.id);
    }

    fn submit(&self, clinic: ClinicId) -> RequestId {
        let catalogue = Catalogue::built_in().unwrap();
        let answers = include_str!("../tests/forms/liaison/example.json");
        let filled = Filled {
            form: catalogue.get("liaison").unwrap(),
            answers: serde_json::from_str(answers).unwrap(),
            office_id: self.office,
            clinic_id: clinic,
            asked_by: None,
            papers: Vec::new(),
            way: Way::Verified,
        };
        let now = self.clock.now();
        submit(self.store.as_ref(), &self.rule, filled, RequestId::new_at(now), now).unwrap().id
    }

    /// Sends what is due as the server's loops do, until nothing is.
    async fn send_all(&self) {
        let mut workers = tokio::task::JoinSet::new();
        for route in RouteKind::ALL {
            for _ in 0..AT_ONCE {
                let (store, sender, clock) =
                    (Arc::clone(&self.store), Arc::clone(&self.sender), self.clock.clone());
                workers.spawn(async move {
                    while deliver_next_by(&store, &sender, Some(*route), &clock).await.unwrap().is_some() {}
                });
            }
        }
        while workers.join_next().await.is_some() {}
    }
}

fn at_once(_: &str) -> (Duration, bool) {
    (Duration::ZERO, false)
}

async fn mails_a_second() {
    let mut gateway = Gateway::new(at_once).await;
    for nth in 0..CLINICS {
        gateway.add_clinic(RouteKind::PlainMail, &format!("desk{nth}@clinic.example"));
    }
    for nth in 0..MAILS {
        gateway.submit(gateway.clinics[nth % CLINICS]);
    }
    let began = Instant::now();
    gateway.send_all().await;
    let ours = began.elapsed();
    let mails: Vec<Arrived> =
        std::mem::take(&mut *gateway.taken.lock().unwrap()).into_iter().map(|(_, mail)| mail).collect();
    assert_eq!(mails.len(), MAILS);
    // The same bytes to the same server, without a store, a sheet or a note of any kind.
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
        .port(gateway.server.address().port())
        .build();
    let mails = Arc::new(mails);
    let began = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..AT_ONCE {
        let (transport, mails) = (transport.clone(), Arc::clone(&mails));
        workers.spawn(async move {
            for mail in mails.iter().skip(worker).step_by(AT_ONCE) {
                let envelope =
                    Envelope::new(Some(mail.from.parse().unwrap()), vec![mail.to[0].parse().unwrap()]);
                transport.send_raw(&envelope.unwrap(), &mail.bytes).await.unwrap();
            }
        });
    }
    while workers.join_next().await.is_some() {}
    let alone = began.elapsed();
    let rate = |took: Duration| MAILS as f64 / took.as_secs_f64();
    println!(
        "mails: {MAILS} sheets by mail, rendered, noted and sent: {:.0} a second; lettre alone, the same mails over \
         kept connections: {:.0} a second; ratio {:.2}",
        rate(ours),
        rate(alone),
        ours.as_secs_f64() / alone.as_secs_f64()
    );
}

/// One destination thinks two seconds about every mail, another puts everything off, and every fax hangs.
fn difficult(to: &str) -> (Duration, bool) {
    match to {
        "slow@clinic.example" => (Duration::from_secs(2), false),
        "later@clinic.example" => (Duration::from_millis(20), true),
        fax if fax.ends_with("@fax.example") => (Duration::from_secs(2), false),
        _ => (Duration::from_millis(20), false),
    }
}

async fn one_slow_destination() {
    let mut baseline = Duration::ZERO;
    for (name, slow, later, faxes) in [
        ("alone", 0, 0, 0),
        ("beside one slow destination", 6, 0, 0),
        ("beside one that puts everything off", 0, 30, 0),
        ("beside a fax service that hangs", 0, 0, 12),
    ] {
        let mut gateway = Gateway::new(difficult).await;
        for nth in 0..CLINICS {
            gateway.add_clinic(RouteKind::PlainMail, &format!("desk{nth}@clinic.example"));
        }
        let ordinary = gateway.clinics.clone();
        gateway.add_clinic(RouteKind::PlainMail, "slow@clinic.example");
        gateway.add_clinic(RouteKind::PlainMail, "later@clinic.example");
        let [.., slow_one, later_one] = gateway.clinics[..] else { unreachable!() };
        for nth in 0..faxes {
            gateway.add_clinic(RouteKind::FaxByMail, &format!("03000010{nth:02}"));
            gateway.submit(gateway.clinics[CLINICS + 2 + nth]);
        }
        for (count, clinic) in [(slow, slow_one), (later, later_one)] {
            for _ in 0..count {
                gateway.submit(clinic);
            }
        }
        let ours: Vec<RequestId> = (0..120).map(|nth| gateway.submit(ordinary[nth % CLINICS])).collect();
        let began = Instant::now();
        gateway.send_all().await;
        for id in &ours {
            let delivery = gateway.store.deliveries(*id).unwrap().pop().unwrap();
            assert_eq!(delivery.state, DeliveryState::Submitted, "{}", delivery.last_detail);
        }
        let taken = std::mem::take(&mut *gateway.taken.lock().unwrap());
        let mut waits: Vec<Duration> = taken
            .iter()
            .filter(|(_, mail)| mail.to[0].starts_with("desk"))
            .map(|(at, _)| at.duration_since(began))
            .collect();
        waits.sort();
        assert_eq!(waits.len(), ours.len());
        let p95 = waits[waits.len() * 95 / 100];
        if slow + later + faxes == 0 {
            baseline = p95;
        }
        println!(
            "120 mails {name}: 95 of 100 had left after {:.2} s, ratio {:.2}",
            p95.as_secs_f64(),
            p95.as_secs_f64() / baseline.as_secs_f64()
        );
    }
}

/// The sheets' codes without a store: what the reader needs and nothing else.
struct Codes(BTreeMap<String, renraku::store::Sheet>, Vec<renraku::form::layout::Frame>);

impl SheetBook for Codes {
    fn frames(&self) -> Vec<renraku::form::layout::Frame> {
        self.1.clone()
    }

    fn look_up(&self, code_text: &str) -> LookUp {
        let Some(sheet) = self.0.get(code_text) else { return LookUp::NotOurs };
        let page = sheet.layout.pages.iter().find(|page| page.code.text == code_text).unwrap();
        LookUp::Known { sheet_id: sheet.sheet_id.clone(), layout: Box::new(page.clone()) }
    }
}

async fn answers_a_second() {
    let mut gateway = Gateway::new(at_once).await;
    for nth in 0..CLINICS {
        gateway.add_clinic(RouteKind::FaxByMail, &format!("03000011{nth:02}"));
    }
    let requests: Vec<RequestId> =
        (0..FAXES).map(|nth| gateway.submit(gateway.clinics[nth % CLINICS])).collect();
    gateway.send_all().await;
    let mut rng = ChaCha8Rng::seed_from_u64(20_261_128);
    let (mut mails, mut tiffs, mut codes) = (Vec::new(), Vec::new(), BTreeMap::new());
    let manner = Sending { resolution: Resolution::Fine, damage: 0.2 };
    for (nth, id) in requests.iter().enumerate() {
        let delivery = gateway.store.deliveries(*id).unwrap().pop().unwrap();
        let sheet = gateway.store.sheet(&delivery.sheet_id.unwrap()).unwrap().unwrap();
        let pdf = gateway.store.blobs().get(&sheet.pdf).unwrap();
        let answered = answer(&pdf, &sheet.layout, manner, &mut rng).unwrap();
        mails.push(fax_service_mail(&answered.tiff, "03-0000-1101", nth as u64));
        tiffs.push(answered.tiff);
        codes.extend(sheet.layout.pages.iter().map(|page| (page.code.text.clone(), sheet.clone())));
    }
    let pool = Pool::new(env!("CARGO_BIN_EXE_renraku").into(), PoolLimits::default());
    let (store, keyring) = (gateway.store.as_ref(), gateway.sender.keyring.as_ref());
    let with = Reading { pool: &pool, keyring, service: None, backoff: BackoffRule::default() };
    let began = Instant::now();
    for (nth, mail) in mails.iter().enumerate() {
        store_arrival(store, &format!("bench:{nth}"), "fax.eml", mail, gateway.clock.now()).unwrap();
    }
    let answered = std::thread::scope(|scope| {
        let work = || {
            let mut answered = 0;
            while let Some(read) = read_arrival(store, &with, None, &gateway.clock).unwrap() {
                answered += read.filed.answered.len();
            }
            answered
        };
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.into_iter().map(|worker| worker.join().unwrap()).sum::<usize>()
    });
    let ours = began.elapsed();
    // The reader alone: the same pages in the same processes, nothing stored.
    let book = Codes(codes, store.frames().unwrap());
    let began = Instant::now();
    std::thread::scope(|scope| {
        let (book, pool, tiffs) = (&book, &pool, &tiffs);
        for worker in 0..2 {
            scope.spawn(move || {
                for tiff in tiffs.iter().skip(worker).step_by(2) {
                    assert!(!pool.read("fax.tif", tiff, book).pages.is_empty());
                }
            });
        }
    });
    let alone = began.elapsed();
    let rate = |took: Duration| FAXES as f64 / took.as_secs_f64();
    println!(
        "answers: {FAXES} faxed sheets stored, read and filed: {:.1} a second, {answered} recorded, the others wait for a \
         person; the reader alone {:.1} a second; ratio {:.2}",
        rate(ours),
        rate(alone),
        ours.as_secs_f64() / alone.as_secs_f64()
    );
}

/// The most memory that this program had at once (`VmHWM`), in kB.
fn most_memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}

//! A gateway with two offices, a clinic and an account of every role, behind a real listener; and a browser that
//! keeps cookies and reads forms, over real bytes.

use jiff::{SignedDuration, Timestamp};
use renraku::domain::account::{By, Password, Role, Tenant};
use renraku::domain::directory::{Association, ClientRecord, Clinic, Doctor, Office, Route, RouteKind};
use renraku::domain::id::{ArrivalId, ClientId, ClinicId, OfficeId, RequestId};
use renraku::domain::message::Message;
use renraku::domain::reading::{BoxReading, BoxState, FoundBy, PageReading, Reason, ReasonCode};
use renraku::domain::request::Request;
use renraku::domain::request::{ArrivalPage, BlobId};
use renraku::domain::sheet_number::SheetNumber;
use renraku::flow::Clock;
use renraku::flow::blank_sheet;
use renraku::flow::submit::{Filled, Rule, Way, submit};
use renraku::flow::users::{NewUser, add};
use renraku::form::catalogue::Catalogue;
use renraku::pool::{Pool, PoolLimits};
use renraku::seal::keyring::Keyring;
use renraku::store::{ArrivalOutcome, Lease, NewArrival, PageOutcome, SqliteStore, Store};
use renraku::web::{Web, WebSettings, router};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::watch;

pub const PASSWORD: &str = "a sentence is fine";
const EXAMPLE: &str = include_str!("../../forms/liaison/example.json");

/// The gateway and what is in it.
pub struct World {
    pub address: SocketAddr,
    pub store: Arc<dyn Store>,
    pub offices: [OfficeId; 2],
    pub clients: [ClientId; 2],
    pub clinics: [ClinicId; 2],
    pub requests: [RequestId; 2],
    pub sheets: [SheetNumber; 2],
    pub messages: [Message; 2],
    minutes: Arc<AtomicI64>,
    _stop: watch::Sender<bool>,
    _runtime: tokio::runtime::Runtime,
    _data: tempfile::TempDir,
}

impl World {
    pub fn new() -> Self {
        Self::with(WebSettings { sample: true, ..WebSettings::default() })
    }

    pub fn with(settings: WebSettings) -> Self {
        Self::with_forms(settings, Catalogue::built_in().unwrap())
    }

    /// With other forms than the program's own.
    pub fn with_forms(settings: WebSettings, forms: Catalogue) -> Self {
        let data = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(data.path()).unwrap());
        let minutes = Arc::new(AtomicI64::new(0));
        let told = Arc::clone(&minutes);
        let clock = Clock::new(move || at(told.load(Ordering::SeqCst)));
        let offices = [0, 1].map(|nth| put_office(store.as_ref(), nth));
        let clients = [0, 1].map(|nth| put_client(store.as_ref(), offices[nth], nth));
        let clinics = [0, 1].map(|nth| put_clinic(store.as_ref(), nth));
        let association = Association { name: "見本医師会".to_owned(), tel: "03-0000-0008".to_owned() };
        let rule = Rule {
            return_fax: Some("03-0000-0001".to_owned()),
            association: Some(Arc::new(association)),
            ..Rule::default()
        };
        let requests =
            [0, 1].map(|nth| put_request(store.as_ref(), &rule, offices[nth], clinics[nth], clients[nth]).id);
        put_users(store.as_ref(), &offices, clinics[0]);
        let keyring = settings.keyring.clone().unwrap_or_else(|| Arc::new(Keyring::sample()));
        let sheets =
            [0, 1].map(|nth| put_sheet(store.as_ref(), (&rule, &keyring), offices[nth], clinics[nth]));
        let messages = [0, 1].map(|nth| put_message(store.as_ref(), &sheets[nth]));
        let settings = WebSettings { keyring: Some(keyring), ..settings };
        let (stop, stopping) = watch::channel(false);
        let reader = env!("CARGO_BIN_EXE_renraku").into();
        let pool = Arc::new(Pool::new(reader, PoolLimits::default()));
        let web = Web::new(Arc::clone(&store), clock, forms, rule, pool, settings, stopping);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let service = router(web).into_make_service_with_connect_info::<SocketAddr>();
        runtime.spawn(async move { axum::serve(listener, service).await });
        Self {
            address,
            store,
            offices,
            clients,
            clinics,
            requests,
            sheets,
            messages,
            minutes,
            _stop: stop,
            _runtime: runtime,
            _data: data,
        }
    }

    /// The clock goes on.
    pub fn later(&self, minutes: i64) {
        self.minutes.fetch_add(minutes, Ordering::SeqCst);
    }

    pub fn browser(&self) -> Browser {
        Browser {
            address: self.address,
            host: self.address.to_string(),
            cookies: BTreeMap::new(),
            extra: vec![],
        }
    }

    /// What the clock says.
    pub fn now(&self) -> Timestamp {
        at(self.minutes.load(Ordering::SeqCst))
    }

    /// A browser that is signed in.
    pub fn signed_in(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        let csrf = browser.get("/sign-in").field("csrf");
        let answer = browser.post("/sign-in", &[("csrf", &csrf), ("login", login), ("password", PASSWORD)]);
        assert_eq!(answer.status, 303, "{login}: {}", answer.text());
        browser
    }

    /// A whole form of the first office, as its page posts it.
    pub fn filled(&self, id: &str) -> Vec<(&'static str, String)> {
        vec![
            ("id", id.to_owned()),
            ("form", "liaison".to_owned()),
            ("client", self.clients[0].to_string()),
            ("to", format!("{}/見本 一郎", self.clinics[0])),
            ("f.sender.person", "見本 太郎".to_owned()),
            ("f.urgency", "normal".to_owned()),
            ("f.purposes", "medication".to_owned()),
            ("f.subject", "件名 \"><script>".to_owned()),
            ("f.content", "一行目\r\n二行目".to_owned()),
            ("consent.date", "2026-11-18".to_owned()),
            ("consent.method", "written".to_owned()),
        ]
    }
}

pub fn at(minutes: i64) -> Timestamp {
    let noon: Timestamp = "2026-11-20T03:00:00Z".parse().unwrap();
    noon + SignedDuration::from_mins(minutes)
}

fn put_office(store: &dyn Store, nth: usize) -> OfficeId {
    let office = Office {
        id: OfficeId::new_at(at(0)),
        code: String::new(),
        name: format!("見本事業所{nth}"),
        care_manager: "見本 太郎".to_owned(),
        tel: "03-0000-0002".to_owned(),
        fax: "0300000003".to_owned(),
        sample: true,
    };
    store.put_office(&office).unwrap();
    office.id
}

fn put_client(store: &dyn Store, office_id: OfficeId, nth: usize) -> ClientId {
    let name = ["見本 花子", "秘密 次郎"][nth];
    let client = serde_json::from_value(json!({ "name": name, "kana": "ミホン ハナコ" })).unwrap();
    let record = ClientRecord { id: ClientId::new_at(at(0)), office_id, client };
    store.put_client(&record).unwrap();
    record.id
}

fn put_clinic(store: &dyn Store, nth: usize) -> ClinicId {
    let address = ["0300001002", "0300001004"][nth].to_owned();
    let route = Route { kind: RouteKind::FaxByMail, address, verified_at: None, verified_how: None };
    let clinic = Clinic {
        id: ClinicId::new_at(at(0)),
        code: String::new(),
        name: format!("見本クリニック{nth}"),
        doctors: vec![Doctor { name: "見本 一郎".to_owned(), department: String::new() }],
        tel: "03-0000-1001".to_owned(),
        routes: vec![route.clone()],
        care_manager_hours: vec![],
        sample: true,
    };
    store.put_clinic(&clinic, at(0)).unwrap();
    store.verify_route(clinic.id, route.kind, &route.address, "見本", at(0)).unwrap();
    clinic.id
}

fn put_request(
    store: &dyn Store,
    rule: &Rule,
    office_id: OfficeId,
    clinic_id: ClinicId,
    client: ClientId,
) -> Request {
    let form = Catalogue::built_in().unwrap().load("liaison").unwrap();
    let mut answers: Map<String, Value> = serde_json::from_str(EXAMPLE).unwrap();
    answers.insert("client".to_owned(), json!(store.client(client).unwrap().client));
    let filled = Filled {
        form: &form,
        answers,
        office_id,
        clinic_id,
        asked_by: None,
        papers: Vec::new(),
        way: Way::Verified,
    };
    submit(store, rule, filled, RequestId::new_at(at(0)), at(0)).unwrap()
}

/// A blank sheet that the clinic keeps.
fn put_sheet(
    store: &dyn Store,
    sealing: (&Rule, &Keyring),
    office_id: OfficeId,
    clinic_id: ClinicId,
) -> SheetNumber {
    let catalogue = Catalogue::built_in().unwrap();
    let (form, by) = (catalogue.get("guidance").unwrap(), By::console());
    blank_sheet::make(store, sealing, form, (office_id, clinic_id), &by, at(0)).unwrap().sheet_id
}

/// What came on it: one box ticked, one unsure, one frame with ink. Its page is the sheet's own PDF.
fn put_message(store: &dyn Store, sheet_id: &SheetNumber) -> Message {
    let blob = store.blank_sheet(sheet_id).unwrap().unwrap().pdf;
    let source_key = format!("fax {}", sheet_id.as_str());
    let new = NewArrival { id: ArrivalId::new_at(at(0)), source_key, name: "fax.pdf".to_owned(), blob };
    let arrival_id = store.record_arrival(&new, at(0)).unwrap().id();
    let lease = Lease { token: "reader".to_owned(), until: at(10) };
    store.lease_arrival(Some(arrival_id), &lease, at(0)).unwrap().unwrap();
    let read = |option: &str, state| BoxReading {
        field: "cautions".to_owned(),
        option: option.to_owned(),
        state,
        quality: 0.5,
    };
    let boxes =
        vec![read("food", BoxState::Marked), read("skin", BoxState::Unsure), read("none", BoxState::Empty)];
    let png: BlobId = store.blobs().put(b"a picture").unwrap();
    let outcome = PageOutcome::Message {
        sheet_id: sheet_id.clone(),
        boxes: boxes.clone(),
        reasons: vec![Reason::new(ReasonCode::BoxUnsure, "cautions/skin")],
        handwriting: BTreeMap::from([("condition".to_owned(), png)]),
    };
    let reading = PageReading {
        file: "fax.pdf".to_owned(),
        page_in_file: 1,
        sheet_id: Some(sheet_id.clone()),
        page: Some(1),
        found_by: FoundBy::Code,
        rotation_deg: 0.0,
        dpi: [204.0, 196.0],
        quality: 1.0,
        needs_person: true,
        reasons: Vec::new(),
        boxes,
        zones: Vec::new(),
        texts: BTreeMap::new(),
        proposals: BTreeMap::new(),
        problems: Vec::new(),
    };
    let page = ArrivalPage { arrival_id, number: 1, reading, crops: BTreeMap::new() };
    let outcome = ArrivalOutcome { pages: vec![(page, outcome)], whole: Vec::new(), told: Vec::new() };
    let filed = store.finish_arrival(arrival_id, &outcome, &lease, at(0)).unwrap();
    store.message(filed.messages[0]).unwrap()
}

/// One account a role, named as the role; `other` is a care manager of the second office.
fn put_users(store: &dyn Store, offices: &[OfficeId; 2], clinic: ClinicId) {
    let accounts = Role::ALL.iter().map(|role| {
        let tenant = match role {
            Role::CareManager | Role::OfficeManager => Tenant::Office(offices[0]),
            Role::Clinic => Tenant::Clinic(clinic),
            _ => Tenant::Association,
        };
        (role.as_str(), *role, tenant)
    });
    for (login, role, tenant) in accounts.chain([("other", Role::CareManager, Tenant::Office(offices[1]))]) {
        let new = NewUser {
            login: login.parse().unwrap(),
            name: "見本 太郎".to_owned(),
            mail: None,
            tenant,
            roles: [role].into(),
            password: Password::new(PASSWORD).unwrap(),
            sample: true,
        };
        add(store, new, &By::console(), at(0)).unwrap();
    }
}

/// A browser as far as these tests need one.
#[derive(Clone)]
pub struct Browser {
    address: SocketAddr,
    pub host: String,
    pub cookies: BTreeMap<String, String>,
    /// Headers that go with every visit.
    pub extra: Vec<(&'static str, &'static str)>,
}

/// What came back.
pub struct Seen {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Browser {
    pub fn get(&mut self, path: &str) -> Seen {
        self.visit("GET", path, None)
    }

    pub fn post(&mut self, path: &str, pairs: &[(&str, &str)]) -> Seen {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.visit("POST", path, Some(body.as_bytes()))
    }

    /// Posts a form with files, whose parts are divided by `b`.
    pub fn post_parts(&mut self, path: &str, body: &[u8]) -> Seen {
        self.visit_with("POST", path, Some(("multipart/form-data; boundary=b", body)))
    }

    /// Posts with the session's token.
    pub fn send(&mut self, path: &str, pairs: &[(&str, String)]) -> Seen {
        let csrf = self.csrf();
        let mut all: Vec<(&str, &str)> = vec![("csrf", &csrf)];
        all.extend(pairs.iter().map(|(name, value)| (*name, value.as_str())));
        self.post(path, &all)
    }

    /// The token of this browser's forms.
    pub fn csrf(&mut self) -> String {
        let here = if self.cookies.contains_key("renraku-session") { "/" } else { "/sign-in" };
        self.get(here).field("csrf")
    }

    /// Asks for `path` and leaves the answer to whoever reads it as it comes.
    pub fn open(&self, path: &str) -> TcpStream {
        self.ask("GET", path, None)
    }

    fn visit(&mut self, method: &str, path: &str, body: Option<&[u8]>) -> Seen {
        self.visit_with(method, path, body.map(|body| ("application/x-www-form-urlencoded", body)))
    }

    fn visit_with(&mut self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Seen {
        let mut stream = self.ask(method, path, body);
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let seen = Seen::parse(&bytes);
        for (_, line) in seen.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        seen
    }

    fn ask(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.host);
        if !cookies.is_empty() {
            write!(head, "Cookie: {}\r\n", cookies.join("; ")).unwrap();
        }
        for (name, value) in &self.extra {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if let Some((kind, body)) = body {
            write!(head, "Content-Type: {kind}\r\n").unwrap();
            write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        stream.write_all(body.map_or(&[], |(_, body)| body)).unwrap();
        stream
    }
}

impl Seen {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an HTTP answer");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        Self { status, headers: lines.map(header).collect(), body: bytes[end + 4..].to_vec() }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(candidate, _)| candidate == name).map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of the first field `name` of the page.
    pub fn field(&self, name: &str) -> String {
        let text = self.text();
        let after = text.split(&format!("name=\"{name}\" value=\"")).nth(1);
        let value = after.unwrap_or_else(|| panic!("no field {name}: {text}")).split('"').next().unwrap();
        value
            .replace("&#x2f;", "/")
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    }
}

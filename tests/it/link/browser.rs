//! A place with one link, its server on a real port, and a browser of a few lines: it keeps cookies, fills in the
//! form's token and does not follow.

use jiff::{Timestamp, ToSpan};
use renraku::domain::account::By;
use renraku::domain::directory::{Clinic, Doctor, Office, Route, RouteKind};
use renraku::domain::id::{ClinicId, OfficeId, RequestId};
use renraku::flow::Clock;
use renraku::flow::link::{LinkRule, issue_link};
use renraku::flow::submit::{Filled, Rule, Way, submit};
use renraku::form::catalogue::Catalogue;
use renraku::store::{SqliteStore, Store};
use renraku::web::{Web, WebSettings, router};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// One request with one link, served.
pub struct Place {
    pub dir: tempfile::TempDir,
    pub store: Arc<dyn Store>,
    pub request: RequestId,
    /// `/a/{token}`.
    pub link: String,
    office: OfficeId,
    clinic: ClinicId,
    minutes: Arc<AtomicI64>,
    address: SocketAddr,
    _runtime: Runtime,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(dir.path()).unwrap());
        let minutes = Arc::new(AtomicI64::new(0));
        let (office, clinic) = fill(store.as_ref());
        let runtime = Runtime::new().unwrap();
        let address = serve(&runtime, Arc::clone(&store), clock(&minutes));
        let request = RequestId::new_at(at(0));
        let mut place = Self {
            dir,
            store,
            request,
            link: String::new(),
            office,
            clinic,
            minutes,
            address,
            _runtime: runtime,
        };
        place.link = place.submit(request);
        place
    }

    pub fn now(&self) -> Timestamp {
        at(self.minutes.load(Ordering::SeqCst))
    }

    pub fn clock_forward(&self, minutes: i64) {
        self.minutes.fetch_add(minutes, Ordering::SeqCst);
    }

    pub fn browser(&self) -> Browser {
        Browser { address: self.address, cookies: BTreeMap::new(), csrf: String::new() }
    }

    /// The link of a request of its own.
    pub fn another_request(&self) -> String {
        self.submit(RequestId::new_at(at(0)))
    }

    fn submit(&self, id: RequestId) -> String {
        let catalogue = Catalogue::built_in().unwrap();
        let filled = Filled {
            form: catalogue.get("liaison").unwrap(),
            answers: serde_json::from_str(include_str!("../../forms/liaison/example.json")).unwrap(),
            office_id: self.office,
            clinic_id: self.clinic,
            asked_by: None,
            papers: Vec::new(),
            way: Way::Verified,
        };
        let rule = Rule { return_fax: Some("03-0000-0009".to_owned()), ..Rule::default() };
        submit(self.store.as_ref(), &rule, filled, id, self.now()).unwrap();
        let rule = LinkRule { public_url: Some("http://127.0.0.1".to_owned()), ..LinkRule::default() };
        let issued = issue_link(self.store.as_ref(), &rule, id, &By::console(), self.now()).unwrap();
        format!("/a/{}", issued.token.expose())
    }
}

fn at(minutes: i64) -> Timestamp {
    let nine: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
    nine + minutes.minutes()
}

fn clock(minutes: &Arc<AtomicI64>) -> Clock {
    let minutes = Arc::clone(minutes);
    Clock::new(move || at(minutes.load(Ordering::SeqCst)))
}

fn serve(runtime: &Runtime, store: Arc<dyn Store>, clock: Clock) -> SocketAddr {
    let (_stop, stopping) = watch::channel(false);
    let catalogue = Catalogue::built_in().unwrap();
    let reader = std::path::PathBuf::from(env!("CARGO_BIN_EXE_renraku"));
    let pool = Arc::new(renraku::pool::Pool::new(reader, renraku::pool::PoolLimits::default()));
    let web = Web::new(store, clock, catalogue, Rule::default(), pool, WebSettings::default(), stopping);
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let service = router(web).into_make_service_with_connect_info::<SocketAddr>();
    runtime.spawn(async move { axum::serve(listener, service).await.unwrap() });
    address
}

fn fill(store: &dyn Store) -> (OfficeId, ClinicId) {
    let office = Office {
        id: OfficeId::new_at(at(0)),
        code: String::new(),
        name: "見本居宅介護支援事業所".to_owned(),
        care_manager: "見本 春子".to_owned(),
        tel: "03-0000-0003".to_owned(),
        fax: "0300000004".to_owned(),
        sample: true,
    };
    let clinic = Clinic {
        id: ClinicId::new_at(at(0)),
        code: String::new(),
        name: "見本医院".to_owned(),
        doctors: vec![Doctor { name: "見本 一郎".to_owned(), department: String::new() }],
        tel: "03-0000-0002".to_owned(),
        routes: vec![Route {
            kind: RouteKind::FaxByMail,
            address: "0300000001".to_owned(),
            verified_at: None,
            verified_how: None,
        }],
        care_manager_hours: Vec::new(),
        sample: true,
    };
    store.put_office(&office).unwrap();
    store.put_clinic(&clinic, at(0)).unwrap();
    store.verify_route(clinic.id, RouteKind::FaxByMail, "0300000001", "test page", at(0)).unwrap();
    (office.id, clinic.id)
}

/// What a server answered.
pub struct Page {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Page {
    /// The value of a header; empty when there is none.
    pub fn header(&self, name: &str) -> String {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
            .collect()
    }

    /// The head without what differs from visit to visit, and without one header more.
    pub fn head_without(&self, name: &str) -> Vec<&str> {
        let varies = |line: &&str| {
            !["set-cookie", "date", name].iter().any(|name| line.to_ascii_lowercase().starts_with(name))
        };
        self.head.lines().filter(varies).collect()
    }

    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> String {
        let begin = format!(r#"name="{name}" value=""#);
        let rest = self.body.split_once(&begin).unwrap_or_else(|| panic!("no {name}: {}", self.body)).1;
        rest.split('"').next().unwrap().replace("&#x2f;", "/").replace("&amp;", "&")
    }
}

/// Keeps cookies and the form's token.
#[derive(Clone)]
pub struct Browser {
    address: SocketAddr,
    cookies: BTreeMap<String, String>,
    pub csrf: String,
}

impl Browser {
    pub fn get(&mut self, path: &str) -> Page {
        self.ask("GET", path, &[], None)
    }

    /// Posts a form with its token.
    pub fn post(&mut self, path: &str, fields: &[(&str, String)]) -> Page {
        let mut pairs = renraku::web::pairs::Pairs::default();
        pairs.add("csrf", &self.csrf);
        for (name, value) in fields {
            pairs.add(name, value);
        }
        self.ask("POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], Some(pairs.encode()))
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> String {
        self.cookies.get(name).cloned().unwrap_or_default()
    }

    /// As if nobody had been here.
    pub fn forget(&mut self) {
        self.cookies.clear();
    }

    /// One request, byte for byte.
    pub fn ask(&mut self, method: &str, path: &str, more: &[(&str, &str)], body: Option<String>) -> Page {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            write!(head, "Cookie: {}\r\n", cookies.join("; ")).unwrap();
        }
        for (name, value) in more {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let body = body.unwrap_or_default();
        write!(head, "Content-Length: {}\r\n\r\n", body.len()).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        self.take(&String::from_utf8(answer).unwrap())
    }

    fn take(&mut self, answer: &str) -> Page {
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        for line in head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let page = Page { status, head: head.to_owned(), body: body.to_owned() };
        if page.body.contains(r#"name="csrf""#) {
            self.csrf = page.hidden("csrf");
        }
        page
    }
}

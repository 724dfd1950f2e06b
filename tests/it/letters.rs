//! Letters over real SMTP to the practice clinic: what each of them says, to whom, and that none tells a stranger or a log
//! about a client. A test page is printed, ticked, faxed back and read.

use crate::world::reading;
use jiff::{SignedDuration, Timestamp, ToSpan};
use renraku::domain::account::{By, Password, Role, Tenant, User};
use renraku::domain::attachment::Paper;
use renraku::domain::directory::{Association, Clinic, Doctor, Office, Route, RouteKind};
use renraku::domain::id::{ArrivalId, ClinicId, DeliveryId, OfficeId, ReplyId, RequestId};
use renraku::domain::letter::{CodeTry, NoticeAbout, TestEnd};
use renraku::domain::reading::ReasonCode;
use renraku::domain::request::Request;
use renraku::domain::state::{AttemptEnd, DeliveryState};
use renraku::flow::blank_sheet::make;
use renraku::flow::deliver::{Delivered, Sender, deliver_next};
use renraku::flow::flag_overdue::flag_overdue;
use renraku::flow::ingest::{read_arrival, store_arrival};
use renraku::flow::link::{self, LinkRule};
use renraku::flow::mail_link::mail_link;
use renraku::flow::notify::{NoticeRule, notify};
use renraku::flow::number_test::{read_out, send_page};
use renraku::flow::phone_answer::{Heard, phone_answer};
use renraku::flow::submit::{Filled, Rule, Way, submit};
use renraku::flow::users::{NewUser, add, deactivate};
use renraku::flow::{Clock, FlowError, cancel::cancel};
use renraku::form::catalogue::Catalogue;
use renraku::mail::parse::{ParsedMail, parse};
use renraku::mail::send::smtp::Smtp;
use renraku::pool::{Pool, PoolLimits};
use renraku::practice::clinic::{self, Sending};
use renraku::practice::damage::Resolution;
use renraku::practice::smtp_server::{Arrived, Behaviour, SmtpServer};
use renraku::seal::keyring::Keyring;
use renraku::store::{SqliteStore, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

pub const FAX: &str = "0300000001";
pub const MAIL: &str = "desk@clinic.example";
/// Of the filled example; must stand in no mail's text or subject.
const CLIENT_WORDS: &[&str] = &["花子", "ハナコ", "1940", "昭和15"];
const NOTICES: NoticeRule = NoticeRule { can_tell: true, from_hour: 8, to_hour: 19 };

pub fn at(minutes: i64) -> Timestamp {
    let nine: Timestamp = "2026-07-01T00:00:00Z".parse().unwrap();
    nine + minutes.minutes()
}

/// A gateway, and everything that left it.
pub struct Region {
    pub dir: tempfile::TempDir,
    _server: SmtpServer,
    pub store: Arc<dyn Store>,
    pub sender: Arc<Sender>,
    rule: Rule,
    minutes: Arc<AtomicI64>,
    pub clock: Clock,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    office: OfficeId,
    pub clinic: ClinicId,
}

impl Region {
    pub async fn new() -> Self {
        Self::with(Behaviour::default()).await
    }

    /// With a mail server that behaves so.
    pub async fn with(behaviour: Behaviour) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(dir.path()).unwrap());
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&arrived);
        let server = SmtpServer::start(0, behaviour, move |mail| {
            let sink = Arc::clone(&sink);
            Box::pin(async move {
                sink.lock().unwrap().push(mail);
                Ok(())
            })
        });
        let server = server.await.unwrap();
        let association =
            Arc::new(Association { name: "見本医師会".to_owned(), tel: "03-0000-0008".to_owned() });
        let sender = sender(server.address().port(), &association);
        let minutes = Arc::new(AtomicI64::new(0));
        let told = Arc::clone(&minutes);
        let region = Self {
            dir,
            _server: server,
            sender,
            rule: Rule {
                return_fax: Some("03-0000-0009".to_owned()),
                association: Some(association),
                ..Rule::default()
            },
            minutes,
            clock: Clock::new(move || at(told.load(Ordering::SeqCst))),
            arrived,
            office: OfficeId::new_at(at(0)),
            clinic: ClinicId::new_at(at(0)),
            store,
        };
        region.fill();
        region
    }

    fn fill(&self) {
        let office = Office {
            id: self.office,
            code: String::new(),
            name: "見本事業所".to_owned(),
            care_manager: "見本 春子".to_owned(),
            tel: "03-0000-0003".to_owned(),
            fax: "0300000003".to_owned(),
            sample: true,
        };
        let route = |kind, address: &str| Route {
            kind,
            address: address.to_owned(),
            verified_at: None,
            verified_how: None,
        };
        let clinic = Clinic {
            id: self.clinic,
            code: String::new(),
            name: "見本医院".to_owned(),
            doctors: vec![Doctor { name: "見本 一郎".to_owned(), department: String::new() }],
            tel: "03-0000-0004".to_owned(),
            routes: vec![route(RouteKind::FaxByMail, FAX), route(RouteKind::PlainMail, MAIL)],
            care_manager_hours: Vec::new(),
            sample: true,
        };
        self.store.put_office(&office).unwrap();
        self.store.put_clinic(&clinic, at(0)).unwrap();
    }

    pub fn verify(&self, kind: RouteKind, address: &str) {
        self.store.verify_route(self.clinic, kind, address, "test", at(0)).unwrap();
    }

    fn user(&self, login: &str, mail: Option<&str>) -> User {
        let new = NewUser {
            login: login.parse().unwrap(),
            name: format!("見本 {login}"),
            mail: mail.map(str::to_owned),
            tenant: Tenant::Office(self.office),
            roles: BTreeSet::from([Role::CareManager]),
            password: Password::new("三年前の夏に海へ行きました").unwrap(),
            sample: true,
        };
        add(self.store.as_ref(), new, &By::console(), at(0)).unwrap()
    }

    pub fn submit(&self, asked_by: Option<&User>) -> Request {
        self.submit_with(asked_by, Vec::new())
    }

    /// With papers that go along.
    pub fn submit_with(&self, asked_by: Option<&User>, papers: Vec<Arc<Paper>>) -> Request {
        self.submit_all(asked_by, papers, Way::Verified).unwrap()
    }

    fn try_submit(&self, way: Way) -> Result<Request, FlowError> {
        self.submit_all(None, Vec::new(), way)
    }

    fn submit_all(
        &self,
        asked_by: Option<&User>,
        papers: Vec<Arc<Paper>>,
        way: Way,
    ) -> Result<Request, FlowError> {
        let catalogue = Catalogue::built_in().unwrap();
        let filled = Filled {
            form: catalogue.get("liaison").unwrap(),
            answers: serde_json::from_str(include_str!("../forms/liaison/example.json")).unwrap(),
            office_id: self.office,
            clinic_id: self.clinic,
            asked_by: asked_by.map(|user| user.id),
            papers,
            way,
        };
        let now = self.clock.now();
        submit(self.store.as_ref(), &self.rule, filled, RequestId::new_at(now), now)
    }

    pub async fn deliver(&self) -> Option<Delivered> {
        deliver_next(&self.store, &self.sender, &self.clock).await.unwrap()
    }

    /// Sends what is due and gives the mails that came of it.
    pub async fn send_all(&self) -> Vec<(String, ParsedMail)> {
        while let Some(delivered) = self.deliver().await {
            assert_eq!(delivered.end, AttemptEnd::Submitted, "{}", delivered.detail);
        }
        let mails: Vec<Arrived> = std::mem::take(&mut *self.arrived.lock().unwrap());
        let read = |mail: Arrived| {
            let parsed = parse(&mail.bytes);
            let words = format!("{} {}", parsed.subject.clone().unwrap_or_default(), parsed.text);
            for word in CLIENT_WORDS {
                assert!(!words.contains(word), "{words}");
            }
            (mail.to[0].clone(), parsed)
        };
        mails.into_iter().map(read).collect()
    }

    /// What the mail server has taken since the last look.
    pub fn taken(&self) -> Vec<Arrived> {
        std::mem::take(&mut *self.arrived.lock().unwrap())
    }

    #[allow(clippy::used_underscore_binding)]
    /// Another mail server takes over, and what it took is seen instead.
    pub async fn moves_to(&mut self, behaviour: Behaviour) {
        let other = Self::with(behaviour).await;
        let keyring = Arc::clone(&self.sender.keyring);
        let sender = Arc::into_inner(other.sender).expect("nobody else has it");
        self.sender = Arc::new(Sender { keyring, ..sender });
        self._server = other._server;
        self.arrived = other.arrived;
    }

    /// What left, as it left.
    pub async fn raw_mails(&self) -> Vec<Arrived> {
        while self.deliver().await.is_some() {}
        std::mem::take(&mut *self.arrived.lock().unwrap())
    }

    pub fn later(&self, minutes: i64) {
        self.minutes.fetch_add(minutes, Ordering::SeqCst);
    }

    fn notify(&self) {
        while notify(self.store.as_ref(), NOTICES, self.clock.now()).unwrap() {}
    }
}

fn sender(port: u16, association: &Arc<Association>) -> Arc<Sender> {
    let smtp = format!("host='127.0.0.1'\nport={port}\ntls='none_on_loopback'\nhelo_name='gateway.example'");
    let fax = "name='fax'\naddress='{fax}@fax.example'\nnumber_format='domestic'\nsubject='renraku {number}'\nbody=''\n\
               from='gateway@gateway.example'\nmax_bytes=10000000\nbounces_to='bounces@gateway.example'\n\
               [results]\npromised='both'\nsilence_minutes=30\nfrom=['result@fax.example']\n\
               delivered=['送信完了']\nbusy=['話中']\nno_answer=['応答なし']\nwrong_number=['番号違い']\n\
               failed=['送信できませんでした']";
    let mail = "name='mail'\nsubject='連絡票 {number}'\nbody='お送りします。'\nfrom='gateway@gateway.example'\nmax_bytes=10000000\n\
                reply_to='reply@gateway.example'\nbounces_to='bounces@gateway.example'";
    Arc::new(Sender {
        smtp: Smtp::open(&toml::from_str(&smtp).unwrap()).unwrap(),
        longest_try: std::time::Duration::from_mins(1),
        fax: Some(toml::from_str(fax).unwrap()),
        mail: Some(toml::from_str(mail).unwrap()),
        backoff: renraku::domain::backoff::BackoffRule::default(),
        return_fax: "03-0000-0009".to_owned(),
        links: LinkRule { public_url: Some("https://renraku.example".to_owned()), ..LinkRule::default() },
        rule: Rule { association: Some(Arc::clone(association)), ..Rule::default() },
        keyring: Arc::new(Keyring::generate().unwrap()),
    })
}

/// Leaves a paper where a person can look at it, when asked to.
pub fn show(name: &str, pdf: &[u8]) {
    if let Ok(dir) = std::env::var("RENRAKU_SHOW") {
        std::fs::write(std::path::Path::new(&dir).join(name), pdf).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_sheet_is_withdrawn_at_the_clinic() {
    let region = Region::new().await;
    region.verify(RouteKind::FaxByMail, FAX);
    let request = region.submit(None);
    let sheet = region.send_all().await;
    assert_eq!(sheet[0].0, format!("{FAX}@fax.example"));
    cancel(region.store.as_ref(), request.id, at(1)).unwrap();
    region.later(1);
    let notice = region.send_all().await;
    assert_eq!(notice.len(), 1);
    assert_eq!(notice[0].0, format!("{FAX}@fax.example"));
    let pdf = &notice[0].1.attachments[0].bytes;
    show("cancel.pdf", pdf);
    let words = words(pdf);
    for expected in [
        "取消のお知らせ",
        "ご回答は不要です",
        request.number.as_str(),
        "見本医院",
        "見本 一郎 先生",
        "見本事業所",
    ] {
        assert!(words.contains(&squeeze(expected)), "{expected}: {words}");
    }
    assert!(!words.contains("花子"), "the masked initial alone: {words}");
    // The clinic's number was changed meanwhile: nothing leaves to the old one.
    let request = region.submit(None);
    region.send_all().await;
    cancel(region.store.as_ref(), request.id, at(2)).unwrap();
    let mut clinic = region.store.clinic(region.clinic).unwrap();
    clinic.routes[0].address = "0300000007".to_owned();
    region.store.put_clinic(&clinic, at(3)).unwrap();
    region.later(3);
    let ended = region.deliver().await.unwrap();
    assert_eq!((ended.end, ended.delivery.letter.as_str()), (AttemptEnd::Failed, "cancel_notice"));
    assert!(region.send_all().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_by_mail_opens_its_request_and_nobody_else_has_it() {
    let region = Region::new().await;
    region.verify(RouteKind::FaxByMail, FAX);
    let request = region.submit(None);
    region.send_all().await;
    let rule = &region.sender.links;
    let store = region.store.as_ref();
    let ask = |address: &str| mail_link(store, rule, request.id, address, &By::console(), region.clock.now());
    assert!(matches!(ask(MAIL), Err(FlowError::NotVerified { .. })), "its mailbox is not verified");
    region.verify(RouteKind::PlainMail, MAIL);
    assert!(matches!(ask("other@clinic.example"), Err(FlowError::NotVerified { .. })), "not what was shown");
    let nowhere = LinkRule::default();
    let unset = mail_link(store, &nowhere, request.id, MAIL, &By::console(), at(0));
    assert!(matches!(unset, Err(FlowError::Missing(_))));
    let delivery = ask(MAIL).unwrap();
    assert!(matches!(ask(MAIL), Err(FlowError::Store(StoreError::Conflict(_)))), "a second click");
    let mails = region.send_all().await;
    assert_eq!((mails.len(), mails[0].0.as_str()), (1, MAIL));
    let mail = &mails[0].1;
    assert!(mail.attachments.is_empty() && mail.auto_submitted);
    let place = mail.text.lines().find(|line| line.starts_with("https://renraku.example/a/")).unwrap();
    let token = place.rsplit('/').next().unwrap();
    assert!(
        matches!(link::open(store, token, at(1)).unwrap(), link::Found::Open(open) if open.request.id == request.id)
    );
    assert_eq!(store.delivery(delivery.id).unwrap().state, DeliveryState::Submitted);
    let files = ["renraku.sqlite3", "renraku.sqlite3-wal"]
        .map(|name| std::fs::read(region.dir.path().join(name)).unwrap());
    for stored in files {
        assert!(
            !stored.windows(token.len()).any(|window| window == token.as_bytes()),
            "only its hash is kept"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_proven_by_its_code_or_by_the_page_that_comes_back() {
    let region = Region::new().await;
    let store = region.store.as_ref();
    let by = By::console();
    let nobody = Rule::default();
    let fax = (RouteKind::FaxByMail, FAX);
    let refused = send_page(store, &nobody, region.clinic, fax, &by, at(0));
    assert!(matches!(refused, Err(FlowError::NoAssociation)));
    let test = send_page(store, &region.rule, region.clinic, fax, &by, at(0)).unwrap();
    let mails = region.send_all().await;
    assert_eq!(mails[0].0, format!("{FAX}@fax.example"));
    assert!(!mails[0].1.subject.as_deref().unwrap_or_default().contains(&test.code));
    let pdf = mails[0].1.attachments[0].bytes.clone();
    show("number-test.pdf", &pdf);
    let printed = words(&pdf);
    for expected in [
        "見本医院",
        "ご担当者 様",
        "03-0000-0001",
        &test.code,
        "見本医師会",
        "03-0000-0008",
        "患者さんの情報は含まれていません",
    ] {
        assert!(printed.contains(&squeeze(expected)), "{expected}: {printed}");
    }
    assert!(
        matches!(read_out(store, test.id, "12345", &by, at(1)), Err(FlowError::Missing(_))),
        "five digits"
    );
    // The page comes back as a fax and is read in a process of its own.
    let page = store.number_test(test.id).unwrap().page.unwrap();
    let whole = store.number_test_by_sheet(&page.sheet_id).unwrap().unwrap().1;
    let mut rng = <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(41);
    let manner = Sending { resolution: Resolution::Standard, damage: 0.3 };
    // 「違います」 is ticked: a person hears of it, and nobody can accept the page.
    let without = |option: &str| {
        let mut layout = whole.clone();
        layout.pages.iter_mut().for_each(|page| page.boxes.retain(|one| one.option != option));
        layout
    };
    let denied = clinic::answer(&pdf, &without("yes"), manner, &mut rng).unwrap();
    let bytes = clinic::fax_service_mail(&denied.tiff, "03-0000-0001", 7);
    store_arrival(store, "denied", "fax.eml", &bytes, at(1)).unwrap();
    let pool = Pool::new(env!("CARGO_BIN_EXE_renraku").into(), PoolLimits::default());
    let read =
        read_arrival(store, &reading(&pool, &region.sender.keyring), None, &region.clock).unwrap().unwrap();
    let reasons: Vec<ReasonCode> = read.filed.reviews[0].reasons.iter().map(|reason| reason.code).collect();
    assert_eq!(reasons, [ReasonCode::NumberDenied]);
    assert!(store.returned_tests(10).unwrap().is_empty());
    assert!(matches!(store.accept_returned(test.id, &by, at(1)), Err(StoreError::Conflict(_))));
    let layout = without("no");
    let answered = clinic::answer(&pdf, &layout, manner, &mut rng).unwrap();
    let bytes = clinic::fax_service_mail(&answered.tiff, "03-0000-0001", 1);
    store_arrival(store, "test", "fax.eml", &bytes, at(2)).unwrap();
    let only: Option<ArrivalId> = None;
    let read =
        read_arrival(store, &reading(&pool, &region.sender.keyring), only, &region.clock).unwrap().unwrap();
    assert!(read.filed.reviews.is_empty(), "{:?}", read.filed.reviews);
    let returned = store.returned_tests(10).unwrap();
    assert_eq!(returned.iter().map(|test| test.id).collect::<Vec<_>>(), [test.id]);
    assert!(store.clinic(region.clinic).unwrap().routes[0].verified_at.is_none());
    store.accept_returned(test.id, &by, at(3)).unwrap();
    assert!(store.clinic(region.clinic).unwrap().routes[0].verified_at.is_some());
    // A mailbox: the code is in the attached page alone.
    let mail = (RouteKind::PlainMail, MAIL);
    let test = send_page(store, &region.rule, region.clinic, mail, &by, at(4)).unwrap();
    region.later(5);
    let mails = region.send_all().await;
    assert_eq!(mails[0].0, MAIL);
    assert!(!mails[0].1.text.contains(&test.code));
    assert!(words(&mails[0].1.attachments[0].bytes).contains(MAIL));
    let typed = format!("{} {}", &test.code[..3], &test.code[3..]);
    let typed: String = typed
        .chars()
        .map(|c| char::from_u32(if c == ' ' { 0x3000 } else { c as u32 + 0xfee0 }).unwrap())
        .collect();
    assert_eq!(read_out(store, test.id, &typed, &by, at(6)).unwrap(), CodeTry::Right, "full-width digits");
    assert_eq!(store.number_test(test.id).unwrap().ended, Some(TestEnd::ReadOut));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_told_what_needs_them_and_nothing_else() {
    let region = Region::new().await;
    region.verify(RouteKind::FaxByMail, FAX);
    let store = region.store.as_ref();
    let asks = region.user("asks", Some("asks@office.example"));
    let other = region.user("other", Some("other@office.example"));
    region.user("silent", None);
    let first = region.submit(Some(&asks));
    let second = region.submit(None);
    region.send_all().await;
    region.notify();
    assert!(region.send_all().await.is_empty(), "that something was sent needs nobody");
    // Heard on the telephone: whoever wrote it down knows. Overdue: the one who asked, and for nobody's request all.
    let heard = |said: &str| Heard {
        answers: BTreeMap::from([
            ("answer".to_owned(), vec!["call".to_owned()]),
            ("signature".to_owned(), vec!["doctor".to_owned()]),
        ]),
        texts: BTreeMap::new(),
        said_by: said.to_owned(),
    };
    let third = region.submit(Some(&asks));
    region.send_all().await;
    phone_answer(store, ReplyId::new_at(at(1)), third.id, &heard("見本 一郎"), &By::console(), at(1))
        .unwrap();
    let night = SignedDuration::from_hours(24 * 14 + 14).as_mins();
    region.later(night);
    assert_eq!(flag_overdue(store, region.clock.now()).unwrap().len(), 2);
    region.notify();
    assert!(region.send_all().await.is_empty(), "at eleven in the evening nobody is told");
    region.later(SignedDuration::from_hours(9).as_mins());
    let mut mails = region.send_all().await;
    mails.sort_by(|left, right| left.0.cmp(&right.0));
    let to: Vec<&str> = mails.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["asks@office.example", "other@office.example"]);
    let lines = |text: &str| text.lines().filter(|line| line.starts_with('■')).count();
    assert_eq!(mails.iter().map(|(_, mail)| lines(&mail.text)).collect::<Vec<_>>(), [2, 1]);
    let place = format!("https://renraku.example/requests/{}", first.id);
    assert!(mails[0].1.text.contains(&place) && mails[0].1.text.contains(first.number.as_str()));
    assert!(
        !mails[1].1.text.contains(first.number.as_str()) && mails[1].1.text.contains(second.number.as_str())
    );
    region.notify();
    assert!(region.send_all().await.is_empty(), "nothing is told twice");
    // An account that was closed while its notice waited gets nothing.
    let fourth = region.submit(Some(&other));
    let lost = region.store.lease_delivery(&lease(&region), region.clock.now()).unwrap().unwrap();
    assert_eq!(lost.request_id(), Some(fourth.id));
    end(&region, lost.id);
    region.notify();
    deactivate(store, other.id, &By::console(), region.clock.now()).unwrap();
    let ended = region.deliver().await.unwrap();
    assert_eq!((ended.end, ended.delivery.letter.as_str()), (AttemptEnd::Failed, "notice"));
    assert_eq!(store.notice_items(ended.delivery.id).unwrap()[0].about, NoticeAbout::Undelivered);
    assert!(region.send_all().await.is_empty());
}

/// A doctor's word that nobody asked for must not lie unseen: everybody of its office hears of it, without a client.
#[tokio::test(flavor = "multi_thread")]
async fn an_office_is_told_that_a_clinic_wrote() {
    let region = Region::new().await;
    let store = region.store.as_ref();
    region.user("asks", Some("asks@office.example"));
    region.user("other", Some("other@office.example"));
    region.user("silent", None);
    let catalogue = Catalogue::built_in().unwrap();
    let (form, whose) = (catalogue.get("guidance").unwrap(), (region.office, region.clinic));
    let keyring = region.sender.keyring.as_ref();
    let made = make(store, (&region.rule, keyring), form, whose, &By::console(), at(0)).unwrap();
    let pool = Pool::new(env!("CARGO_BIN_EXE_renraku").into(), PoolLimits::default());
    let arrives = |key: &str, ticks: &[(&str, &str)]| {
        let fax = crate::world::ticked_fax(&made.pdf, &made.layout, ticks);
        let id = store_arrival(store, key, "fax.tif", &fax, region.clock.now()).unwrap().id();
        read_arrival(store, &reading(&pool, keyring), Some(id), &region.clock).unwrap().unwrap().filed
    };
    let first = arrives("first", &[("cautions", "food")]).messages[0];
    arrives("second", &[("cautions", "skin")]);
    region.notify();
    let mut mails = region.send_all().await;
    mails.sort_by(|left, right| left.0.cmp(&right.0));
    let to: Vec<&str> = mails.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["asks@office.example", "other@office.example"]);
    for (_, mail) in &mails {
        let told = "連絡が届いています(2件)。\n  https://renraku.example/messages";
        assert!(mail.text.replace('\r', "").contains(told), "{}", mail.text);
    }
    region.notify();
    assert!(region.send_all().await.is_empty(), "nothing is told twice");
    // Somebody has looked before the mail leaves: it tells of the other one alone.
    let third = arrives("third", &[("cautions", "food"), ("cautions", "skin")]).messages[0];
    arrives("fourth", &[("cautions", "none")]);
    region.notify();
    for seen in [first, third] {
        store.see_message(seen, &By::console(), region.clock.now()).unwrap();
    }
    let mails = region.send_all().await;
    assert!(mails.iter().all(|(_, mail)| mail.text.contains("(1件)")), "{}", mails[0].1.text);
    // And where nothing is left to tell, nobody gets a mail.
    let last = arrives("last", &[("cautions", "food"), ("cautions", "none")]).messages[0];
    region.notify();
    store.see_message(last, &By::console(), region.clock.now()).unwrap();
    assert_eq!(region.deliver().await.unwrap().end, AttemptEnd::Failed);
    assert!(region.raw_mails().await.is_empty());
}

/// Nothing leaves by any line, and yet the clock runs.
#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_for_a_clinic_without_a_number_is_printed_and_its_clock_runs() {
    let region = Region::new().await;
    let store = region.store.as_ref();
    let refused = region.try_submit(Way::Verified);
    assert!(matches!(refused, Err(FlowError::NotVerified { .. })), "{refused:?}");
    let request = region.try_submit(Way::VerifiedOrByHand).unwrap();
    assert!(region.send_all().await.is_empty());
    let sheet = store.deliveries(request.id).unwrap().remove(0);
    assert_eq!((sheet.route, sheet.state), (RouteKind::Hand, DeliveryState::Submitted));
    let printed = store.sheet(&sheet.sheet_id.unwrap()).unwrap().unwrap();
    assert!(words(&store.blobs().get(&printed.pdf).unwrap()).contains(request.number.as_str()));
    let stored = store.request(request.id).unwrap();
    assert_eq!(stored.state, renraku::domain::state::RequestState::Sent);
    region.later(SignedDuration::from_hours(24 * 14).as_mins());
    assert_eq!(flag_overdue(store, region.clock.now()).unwrap().len(), 1);
    // A clinic whose number is verified gets a fax, unless somebody wants to carry the sheet.
    region.verify(RouteKind::FaxByMail, FAX);
    region.try_submit(Way::ByHand).unwrap();
    assert!(region.send_all().await.is_empty());
    region.try_submit(Way::VerifiedOrByHand).unwrap();
    assert_eq!(region.send_all().await.len(), 1);
}

fn lease(region: &Region) -> renraku::store::Lease {
    let until = region.clock.now() + SignedDuration::from_mins(10);
    renraku::store::Lease { token: "by hand".to_owned(), until }
}

/// The delivery is refused for good.
fn end(region: &Region, delivery: DeliveryId) {
    let (now, lease) = (region.clock.now(), lease(region));
    let attempt = renraku::domain::id::AttemptId::new_at(now);
    region.store.attempt_started(attempt, delivery, &lease, now).unwrap();
    let outcome = renraku::store::AttemptOutcome {
        end: AttemptEnd::Failed,
        detail: "550 no such number".to_owned(),
        next_try_at: None,
        result_due_at: None,
        wrong_number: false,
    };
    region.store.attempt_ended(attempt, &outcome, &lease, now).unwrap();
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The words of a PDF without blanks.
fn words(pdf: &[u8]) -> String {
    let document = lopdf::Document::load_mem(pdf).unwrap();
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    squeeze(&document.extract_text(&pages).unwrap())
}

//! Wrong tries are counted per login and per address, so that neither one login nor one password can be tried on
//! and on, and an office behind one address is not shut out by one of its people. Sessions that are over go.

use jiff::{Timestamp, ToSpan};
use renraku::domain::account::{By, Password, Role, Tenant};
use renraku::flow::notify::NoticeRule;
use renraku::flow::sign_in::sign_in;
use renraku::flow::users::{NewUser, add};
use renraku::flow::{Clock, FlowError};
use renraku::jobs::{Works, run};
use renraku::mail::receive::maildir::Maildir;
use renraku::pool::{Pool, PoolLimits};
use renraku::seal::keyring::Keyring;
use renraku::store::{AuditFilter, SqliteStore, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const PASSWORD: &str = "a sentence is fine";
const OFFICE: &str = "192.0.2.7";

fn at(minutes: i64) -> Timestamp {
    "2026-07-01T00:00:00Z".parse::<Timestamp>().unwrap() + minutes.minutes()
}

struct Gateway {
    store: Arc<dyn Store>,
    data: tempfile::TempDir,
}

impl Gateway {
    /// With users `user-0` to `user-4`.
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(data.path()).unwrap());
        for nth in 0..5 {
            let new = NewUser {
                login: format!("user-{nth}").parse().unwrap(),
                name: "見本".to_owned(),
                mail: None,
                tenant: Tenant::Association,
                roles: [Role::Reviewer].into(),
                password: Password::new(PASSWORD).unwrap(),
                sample: true,
            };
            add(store.as_ref(), new, &By::console(), at(0)).unwrap();
        }
        Self { store, data }
    }

    fn enter(&self, login: &str, password: &str, from: &str, minutes: i64) -> &'static str {
        match sign_in(self.store.as_ref(), login, password, from, at(minutes)) {
            Ok(_) => "in",
            Err(FlowError::WrongSignIn) => "wrong",
            Err(FlowError::TooManySignIns { .. }) => "later",
            Err(error) => panic!("{error}"),
        }
    }

    /// One password on many logins, as many as an address may try.
    fn spray(&self, from: impl Fn(usize) -> String) {
        for nth in 0..50 {
            let (login, from) = (format!("somebody-{nth}"), from(nth));
            assert_eq!(self.enter(&login, "password password", &from, 1), "wrong", "{nth}");
        }
    }
}

#[test]
fn one_password_cannot_be_tried_on_many_logins() {
    let gateway = Gateway::new();
    gateway.spray(|_| OFFICE.to_owned());
    assert_eq!(gateway.enter("somebody-50", "password password", OFFICE, 2), "later");
    assert_eq!(gateway.enter("user-0", PASSWORD, OFFICE, 2), "later", "not even with the right one");
    for _ in 0..6 {
        assert_eq!(gateway.enter("user-0", "wrong wrong wrong", OFFICE, 3), "later");
    }
    assert_eq!(gateway.enter("user-0", PASSWORD, "198.51.100.1", 3), "in", "the login was charged nothing");
    assert_eq!(gateway.enter("user-0", PASSWORD, OFFICE, 16), "in", "the tries have grown old");
    let entries = gateway.store.audit(&AuditFilter::default(), 200).unwrap();
    let refused = entries.iter().filter(|entry| entry.detail == "too_many_from_address").count();
    assert_eq!(refused, 8);
}

#[test]
fn one_who_mistypes_does_not_shut_out_the_office() {
    let gateway = Gateway::new();
    for nth in 0..200 {
        let expected = if nth < 5 { "wrong" } else { "later" };
        assert_eq!(gateway.enter("user-0", "wrong wrong wrong", OFFICE, 1), expected, "{nth}");
    }
    for nth in 0..60 {
        let login = format!("user-{}", 1 + nth % 4);
        assert_eq!(gateway.enter(&login, PASSWORD, OFFICE, 2), "in", "who gets in costs nothing: {nth}");
    }
}

#[test]
fn of_ipv6_the_network_counts() {
    let gateway = Gateway::new();
    gateway.spray(|nth| format!("2001:db8:1:2::{nth:x}"));
    assert_eq!(gateway.enter("user-0", PASSWORD, "2001:db8:1:2:ffff::1", 2), "later");
    assert_eq!(gateway.enter("user-0", PASSWORD, "2001:db8:1:3::1", 2), "in");
}

/// The address as one is written that stands for another kind of the same.
#[test]
fn an_address_has_one_count_however_it_is_written() {
    let gateway = Gateway::new();
    gateway.spray(|_| format!("::ffff:{OFFICE}"));
    assert_eq!(gateway.enter("user-0", PASSWORD, OFFICE, 2), "later");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_forgets_sessions_that_are_over() {
    let gateway = Gateway::new();
    let [old, live] = [at(0), at(100)]
        .map(|when| sign_in(gateway.store.as_ref(), "user-0", PASSWORD, OFFICE, when).unwrap().session);
    let works = Works {
        service: None,
        backoff: renraku::domain::backoff::BackoffRule::default(),
        store: Arc::clone(&gateway.store),
        pool: Arc::new(Pool::new("nothing".into(), PoolLimits::default())),
        keyring: Arc::new(Keyring::generate().unwrap()),
        sender: None,
        inbox: Maildir::open(&gateway.data.path().join("inbox")).unwrap(),
        imap: None,
        folder: None,
        clock: Clock::new(|| at(101)),
        notices: NoticeRule { can_tell: false, from_hour: 8, to_hour: 19 },
        look_every: Duration::from_millis(10),
        due_every: Duration::from_millis(10),
        sends_at_once: 1,
    };
    let (stop, stopped) = watch::channel(false);
    let loops = tokio::spawn(run(works, stopped));
    let there = |hash: &str| gateway.store.session(hash).unwrap().is_some();
    let began = std::time::Instant::now();
    while there(&old.token_hash) && began.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.send_replace(true);
    loops.await.unwrap();
    assert!(!there(&old.token_hash));
    assert!(there(&live.token_hash), "one that is live stays");
}

//! A mailbox on Debian's Dovecot, read by the real program: what came is there once, whatever dies in between, and no mail is
//! marked before it is stored. `tests/system/mail-servers/run` makes the certificate and starts this.

mod dovecot;
mod gateway;
#[path = "../../it/world.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod world;

use dovecot::{Dovecot, PASSWORD, USER, wait_for};
use gateway::{Gateway, Line, plain_mail, waiting, world};
use jiff::Timestamp;
use renraku::flow::Clock;
use renraku::flow::receive::take_mail;
use renraku::mail::receive::imap::{Imap, Mail, Memory};
use renraku::practice::clinic::fax_service_mail;
use renraku::store::{ArrivalStore, Recorded, SqliteStore};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use world::{FaxService, ticked_fax};

const TAKEN: &str = "\\Seen $Renraku";

fn imap(settings: &str) -> Imap {
    Imap::open(&toml::from_str(settings).unwrap()).unwrap()
}

fn is_taken(flags: &str) -> bool {
    TAKEN.split(' ').all(|flag| flags.split(' ').any(|one| one == flag))
}

/// One look of a connection of its own, with this to store.
async fn look(
    imap: &Imap,
    memory: &mut Memory,
    store: impl Fn(&Mail) -> Result<(), String>,
) -> Result<usize, String> {
    let mut session = imap.connect().await.map_err(|error| error.to_string())?;
    let looked = session.take_all(memory, |mail| std::future::ready(store(&mail))).await;
    let looked = looked.map_err(|error| error.to_string())?;
    assert!(looked.left.is_empty() && looked.unsettled.is_none(), "{looked:?}");
    Ok(looked.taken)
}

#[test]
fn an_answer_comes_by_idle_and_is_recorded_within_seconds() {
    let mut server = Dovecot::start("idle", "");
    let service = FaxService::willing();
    let world = world(service.port(), &server.settings(server.tls_port, "tls", ""));
    server.deliver(&plain_mail(1));
    let gateway = Gateway::start(&world);
    wait_for("the first mail", || (waiting(&world).len() == 1).then_some(()));
    let request = world.submit(0, &[]);
    wait_for("the sheet", || service.numbers().pop());
    let (layout, pdf) = world.sheet(&request);
    let first = layout.pages.iter().flat_map(|page| &page.boxes).next().expect("a box");
    let tiff = ticked_fax(&pdf, &layout, &[(first.field.as_str(), first.option.as_str())]);
    let began = Instant::now();
    server.deliver(&fax_service_mail(&tiff, "03-0000-1002", 1));
    let request = request.parse().unwrap();
    let became = || !world.store().replies(request).unwrap().is_empty() || waiting(&world).len() > 1;
    wait_for("the answer", || became().then_some(()));
    let seconds = began.elapsed().as_secs_f64();
    println!("idle: an answer was recorded {seconds:.1} s after it came, TLS, nothing polled");
    assert!(seconds < 20.0, "the server is asked every ten minutes only");
    wait_for("the flags", || server.flags("INBOX").iter().all(|flags| is_taken(flags)).then_some(()));
    let began = Instant::now();
    assert_eq!(gateway.terminate(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "a stop ends the wait");
}

#[tokio::test]
async fn a_mail_is_unseen_until_it_is_stored_and_stays_when_it_is_not() {
    let mut server = Dovecot::start("peek", "");
    server.deliver(&plain_mail(1));
    let (imap, mut memory) = (imap(&server.settings(server.plain_port, "starttls", "")), Memory::default());
    let refuse = |_: &Mail| Err("disk full".to_owned());
    let error = look(&imap, &mut memory, refuse).await.unwrap_err();
    assert!(error.contains("disk full"), "{error}");
    let flags = server.flags("INBOX");
    assert!(flags.len() == 1 && !flags[0].contains("Seen") && !flags[0].contains("Renraku"), "{flags:?}");
    let take = |mail: &Mail| {
        assert_eq!(mail.bytes, plain_mail(1), "octet by octet");
        assert!(!server.flags("INBOX")[0].contains("Seen"));
        Ok(())
    };
    assert_eq!(look(&imap, &mut memory, take).await, Ok(1));
    assert!(is_taken(&server.flags("INBOX")[0]), "{:?}", server.flags("INBOX"));
    assert_eq!(look(&imap, &mut Memory::default(), |_| Err("again".to_owned())).await, Ok(0));
    // A person reads it in a mailer before we look: it is taken all the same.
    server.deliver(&plain_mail(2));
    server.admin(&["flags", "add", "-u", USER, "\\Seen", "mailbox", "INBOX", "all"]);
    assert_eq!(look(&imap, &mut Memory::default(), |_| Ok(())).await, Ok(1));
}

#[test]
fn killed_between_store_and_flag_it_knows_the_mail_again() {
    let mut server = Dovecot::start("kill", "");
    server.deliver(&plain_mail(1));
    let line = Line::to(server.plain_port, b"UID STORE");
    let world = world(1, &server.settings(line.port, "none_on_loopback", ""));
    let gateway = Gateway::start(&world);
    wait_for("the mail is to be flagged", || line.held.load(Ordering::SeqCst).then_some(()));
    wait_for("the mail is read", || (waiting(&world).len() == 1).then_some(()));
    drop(gateway);
    assert!(!server.flags("INBOX")[0].contains("Renraku"), "it died before");
    // The next life has a line that is open.
    let config = std::fs::read_to_string(world.data.join("config.toml")).unwrap();
    let config =
        config.replace(&format!("port = {}\n", line.port), &format!("port = {}\n", server.plain_port));
    std::fs::write(world.data.join("config.toml"), config).unwrap();
    let gateway = Gateway::start(&world);
    wait_for("the flag", || is_taken(&server.flags("INBOX")[0]).then_some(()));
    assert_eq!(gateway.terminate(), Some(0));
    assert_eq!(waiting(&world).len(), 1, "known by its key");
}

#[test]
fn when_the_server_numbers_its_mails_anew_nothing_is_there_twice() {
    let mut server = Dovecot::start("validity", "");
    let world = world(1, &server.settings(server.tls_port, "tls", ""));
    (1..=3).for_each(|number| server.deliver(&plain_mail(number)));
    let gateway = Gateway::start(&world);
    wait_for("three mails", || (waiting(&world).len() == 3).then_some(()));
    wait_for("the flags", || server.flags("INBOX").iter().all(|flags| is_taken(flags)).then_some(()));
    let before = validity(&server);
    server.down();
    wait_for("it is noticed", || gateway.said().contains("imap.host").then_some(()));
    // Without its files the server knows neither its numbers nor our keyword any more.
    for entry in std::fs::read_dir(server.dir.join("mail")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::remove_file(path).unwrap();
        }
    }
    server.up();
    server.deliver(&plain_mail(4));
    wait_for("the fourth mail", || (server.flags("INBOX").len() == 4).then_some(()));
    wait_for("the flags", || server.flags("INBOX").iter().all(|flags| is_taken(flags)).then_some(()));
    assert_ne!(validity(&server), before, "the test tests something");
    wait_for("the last is read", || (waiting(&world).len() >= 4).then_some(()));
    assert_eq!(gateway.terminate(), Some(0));
    assert_eq!(waiting(&world).len(), 4);
}

fn validity(server: &Dovecot) -> String {
    server.admin(&["-f", "tab", "mailbox", "status", "-u", USER, "uidvalidity", "INBOX"])
}

#[test]
fn after_a_restart_of_the_server_the_next_mail_comes() {
    let mut server = Dovecot::start("restart", "");
    let world = world(1, &server.settings(server.tls_port, "tls", ""));
    server.deliver(&plain_mail(1));
    let gateway = Gateway::start(&world);
    wait_for("the first mail", || (waiting(&world).len() == 1).then_some(()));
    server.down();
    wait_for("it is noticed", || gateway.said().contains("imap.host").then_some(()));
    server.up();
    let began = Instant::now();
    server.deliver(&plain_mail(2));
    wait_for("the second mail", || (waiting(&world).len() == 2).then_some(()));
    println!(
        "restart: the next mail was read {:.1} s after the server was there again",
        began.elapsed().as_secs_f64()
    );
    assert_eq!(gateway.terminate(), Some(0));
}

#[test]
fn a_wrong_password_is_one_sentence_and_one_try() {
    let server = Dovecot::start("password", "");
    let settings = server.settings(server.tls_port, "tls", "");
    std::fs::write(server.dir.join("password"), "wrong-and-secret").unwrap();
    let world = world(1, &settings);
    let gateway = Gateway::start(&world);
    wait_for("the refusal", || gateway.said().contains("imap.user").then_some(()));
    std::thread::sleep(Duration::from_secs(12));
    let said = gateway.said();
    assert_eq!(said.matches("imap.user").count() / 2, 1, "in two languages, once: {said}");
    assert!(!said.contains("wrong-and-secret") && !said.contains(PASSWORD));
    let log = server.log();
    assert_eq!(log.matches("Password mismatch").count(), 1, "{log}");
    assert_eq!(gateway.terminate(), Some(0));
}

#[test]
fn taken_mails_are_moved_where_the_settings_say() {
    // With MOVE, and with COPY and UID EXPUNGE where there is none.
    for (name, more) in [("move", ""), ("copy", "imap_capability = IMAP4rev1 UIDPLUS IDLE AUTH=PLAIN")] {
        let mut server = Dovecot::start(name, more);
        server.admin(&["mailbox", "create", "-u", USER, "処理済み & 保管"]);
        let settings = server.settings(server.tls_port, "tls", "move_to = '処理済み & 保管'");
        let world = world(1, &settings);
        (1..=3).for_each(|number| server.deliver(&plain_mail(number)));
        let gateway = Gateway::start(&world);
        wait_for("three mails", || (waiting(&world).len() == 3).then_some(()));
        wait_for("an empty mailbox", || server.flags("INBOX").is_empty().then_some(()));
        assert_eq!(server.flags("処理済み & 保管").len(), 3, "{name}");
        assert_eq!(gateway.terminate(), Some(0));
    }
}

#[tokio::test]
async fn what_another_has_marked_as_deleted_is_not_expunged_with_ours() {
    let mut server = Dovecot::start("expunge", "imap_capability = IMAP4rev1 UIDPLUS IDLE AUTH=PLAIN");
    server.admin(&["mailbox", "create", "-u", USER, "done"]);
    (1..=2).for_each(|number| server.deliver(&plain_mail(number)));
    let imap = imap(&server.settings(server.tls_port, "tls", "move_to = 'done'"));
    let mark = |mail: &Mail| {
        if mail.bytes == plain_mail(1) {
            server.admin(&["flags", "add", "-u", USER, "\\Deleted", "mailbox", "INBOX", "all"]);
        }
        Ok(())
    };
    assert_eq!(look(&imap, &mut Memory::default(), mark).await, Ok(2), "the second was still there");
    assert_eq!((server.flags("INBOX").len(), server.flags("done").len()), (0, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_on_one_mailbox_store_nothing_twice() {
    const MAILS: usize = 40;
    let mut server = Dovecot::start("two", "");
    (0..MAILS).for_each(|number| server.deliver(&plain_mail(number)));
    let imap = imap(&server.settings(server.tls_port, "tls", ""));
    let data = tempfile::tempdir().unwrap();
    let stores = [SqliteStore::open(data.path()).unwrap(), SqliteStore::open(data.path()).unwrap()];
    let recorded = Mutex::new(Vec::new());
    let clock = Clock::new(Timestamp::now);
    let work = |nth: usize| {
        let (store, recorded, clock) = (&stores[nth], &recorded, &clock);
        let take = move |mail: &Mail| {
            let one = take_mail(store, mail, clock).map_err(|error| error.to_string())?;
            recorded.lock().unwrap().push(one);
            Ok(())
        };
        let imap = &imap;
        async move { look(imap, &mut Memory::default(), take).await.unwrap() }
    };
    let (first, second) = tokio::join!(work(0), work(1));
    let recorded = recorded.into_inner().unwrap();
    let new = recorded.iter().filter(|one| matches!(one, Recorded::New(_))).count();
    println!("two workers: {first} + {second} mails handed over, {new} new");
    assert_eq!(new, MAILS);
    assert!(first + second > MAILS, "the test tests something");
    assert!(server.flags("INBOX").iter().all(|flags| is_taken(flags)));
}

#[test]
fn two_hundred_mails_at_once_are_all_there() {
    const MAILS: usize = 200;
    let mut server = Dovecot::start("many", "");
    (0..MAILS).for_each(|number| server.deliver(&plain_mail(number)));
    let world = world(1, &server.settings(server.tls_port, "tls", ""));
    let began = Instant::now();
    let gateway = Gateway::start(&world);
    let done = || server.flags("INBOX").iter().filter(|flags| is_taken(flags)).count() == MAILS;
    wait_for("all are flagged", || done().then_some(()));
    let stored = began.elapsed().as_secs_f64();
    wait_for("all are read", || (waiting(&world).len() == MAILS).then_some(()));
    println!(
        "{MAILS} mails: stored and flagged in {stored:.1} s, read in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    assert_eq!(gateway.terminate(), Some(0));
}

#[test]
fn a_server_without_idle_is_asked() {
    let mut server = Dovecot::start("poll", "imap_capability = IMAP4rev1 AUTH=PLAIN");
    let settings = server.settings(server.tls_port, "tls", "").replace("600000", "1000");
    let world = world(1, &settings);
    server.deliver(&plain_mail(1));
    let gateway = Gateway::start(&world);
    wait_for("the first mail", || (waiting(&world).len() == 1).then_some(()));
    server.deliver(&plain_mail(2));
    wait_for("the second mail", || (waiting(&world).len() == 2).then_some(()));
    assert_eq!(gateway.terminate(), Some(0));
}

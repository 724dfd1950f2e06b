//! Mail over real TCP on this machine, and real mails of others. The table of faults decides what
//! a lost connection means; a corpus mail may be odd, but never sinks the parser.

use jiff::Timestamp;
use renraku::domain::state::AttemptEnd;
use renraku::mail::compose::{Composed, Outgoing, PdfFile, compose};
use renraku::mail::parse::{looks_like_mail, parse};
use renraku::mail::receive::maildir::{Maildir, deliver_to_maildir};
use renraku::mail::send::smtp::{DETAIL_MAX, Phase, Sent, Smtp};
use renraku::mail::send::{SmtpSettings, TlsPolicy};
use renraku::practice::smtp_server::{Arrived, Behaviour, Fault, Faults, SmtpServer, Step};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const NUMBER: &str = "26-000042-3";
/// Before each octet: a whole answer takes longer than any limit of these tests.
const TRICKLE: Duration = Duration::from_millis(60);

fn mail() -> Composed {
    let pdf = b"%PDF-1.7\n".iter().copied().chain((0..=255).cycle().take(40_000)).collect();
    compose(&Outgoing {
        envelope_from: None,
        reply_to: None,
        from: "fax@office.example.jp".to_owned(),
        to: "0344772288@fax.example.jp".to_owned(),
        subject: format!("連絡票 {NUMBER}"),
        body: ".\n..\nRCPT TO:<other@example.jp>\n.\n".to_owned(),
        message_id: "0190f000-0000-7000-8000-000000000001@office.example.jp".to_owned(),
        date: "2026-04-01T09:00:00+09:00".parse().unwrap(),
        pdf: Some(PdfFile { file_name: format!("renraku-{NUMBER}.pdf"), bytes: pdf }),
        max_bytes: 1_000_000,
    })
    .unwrap()
}

fn settings(port: u16, more: &str) -> SmtpSettings {
    toml::from_str(&format!(
        "host='127.0.0.1'\nport={port}\ntls='none_on_loopback'\nhelo_name='gateway.example.jp'\n{more}\n\
         [timeouts]\nconnect_ms=500\ncommand_ms=100\ndata_ms=300\nbody_ms=150\nafter_dot_ms=150\nquit_ms=100"
    ))
    .unwrap()
}

/// A server and what it was given.
struct Clinic {
    server: SmtpServer,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Clinic {
    async fn start(behaviour: Behaviour, takes: bool) -> Self {
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&arrived);
        let server = SmtpServer::start(0, behaviour, move |mail| {
            let sink = Arc::clone(&sink);
            Box::pin(async move {
                sink.lock().unwrap().push(mail);
                if takes { Ok(()) } else { Err("full".to_owned()) }
            })
        });
        Self { server: server.await.unwrap(), arrived }
    }

    fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    async fn send(&self) -> Sent {
        self.send_with("").await
    }

    async fn send_with(&self, more: &str) -> Sent {
        let smtp = Smtp::open(&settings(self.server.address().port(), more)).unwrap();
        smtp.send(&mail(), || async { Ok::<(), String>(()) }).await
    }
}

fn faults(step: Step, fault: Fault) -> Behaviour {
    Behaviour { faults: Faults::from([(step, fault)]), login: None }
}

fn say(line: &str) -> Fault {
    Fault::Say(line.to_owned())
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_composed() {
    let clinic = Clinic::start(Behaviour::default(), true).await;
    let sent = clinic.send().await;
    assert_eq!((sent.end, sent.phase, sent.code), (AttemptEnd::Submitted, Phase::Body, Some(250)));
    let arrived = clinic.arrived();
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].from, "fax@office.example.jp");
    assert_eq!(arrived[0].to, ["0344772288@fax.example.jp"]);
    assert_eq!(arrived[0].bytes, mail().bytes);
    assert_eq!(
        clinic.server.transcript(),
        [
            "EHLO gateway.example.jp",
            "MAIL FROM:<fax@office.example.jp>",
            "RCPT TO:<0344772288@fax.example.jp>",
            "DATA",
            "(text)",
            "QUIT",
        ]
    );
}

/// Step, fault, how it must end, whether the clinic has the mail.
#[tokio::test]
async fn every_fault_at_every_step_has_its_end() {
    use AttemptEnd::{Failed, InDoubt, Retry, Submitted};
    let table: Vec<(Step, Fault, AttemptEnd, bool)> = vec![
        (Step::Connect, Fault::Die, Retry, false),
        (Step::Connect, Fault::Hang, Retry, false),
        (Step::Connect, say("noise"), Retry, false),
        (Step::Greeting, Fault::Die, Retry, false),
        (Step::Greeting, Fault::Hang, Retry, false),
        (Step::Greeting, say("421 4.3.2 busy"), Retry, false),
        (Step::Greeting, say("554 5.3.2 no service"), Retry, false),
        (Step::Ehlo, Fault::Die, Retry, false),
        (Step::Ehlo, Fault::Hang, Retry, false),
        (Step::Ehlo, say("421 4.3.2 busy"), Retry, false),
        (Step::Ehlo, say("550 5.7.1 go away"), Retry, false),
        (Step::Mail, Fault::Die, Retry, false),
        (Step::Mail, Fault::Hang, Retry, false),
        (Step::Mail, say("noise"), Retry, false),
        (Step::Mail, say("451 4.3.0 later"), Retry, false),
        (Step::Mail, say("530 5.7.0 authenticate"), Retry, false),
        (Step::Mail, say("550 5.7.1 not this sender"), Failed, false),
        (Step::Rcpt, Fault::Die, Retry, false),
        (Step::Rcpt, Fault::Hang, Retry, false),
        (Step::Rcpt, say("450 4.2.1 later"), Retry, false),
        (Step::Rcpt, say("421 4.3.2 closing"), Retry, false),
        (Step::Rcpt, say("550 5.1.1 no such number"), Failed, false),
        (Step::Rcpt, say("354 what"), Retry, false),
        (Step::Data, Fault::Die, Retry, false),
        (Step::Data, Fault::Hang, Retry, false),
        (Step::Data, say("250 2.0.0 done already"), Retry, false),
        (Step::Data, say("451 4.3.0 later"), Retry, false),
        (Step::Data, say("554 5.6.0 no"), Failed, false),
        (Step::Body, Fault::Die, InDoubt, false),
        (Step::Body, Fault::Hang, InDoubt, false),
        (Step::Body, say("noise"), InDoubt, false),
        (Step::Body, say("451 4.3.0 later"), Retry, false),
        (Step::Body, say("552 5.3.4 too large"), Failed, false),
        (Step::AfterDot, Fault::Die, InDoubt, true),
        (Step::AfterDot, Fault::Hang, InDoubt, true),
        (Step::AfterDot, say("noise"), InDoubt, false),
        (Step::AfterDot, say("354 more"), InDoubt, false),
        (Step::AfterDot, say("25"), InDoubt, false),
        (Step::AfterDot, say("421 4.3.2 closing"), Retry, false),
        (Step::AfterDot, say("451 4.3.0 later"), Retry, false),
        (Step::AfterDot, say("554 5.6.0 no"), Failed, false),
        (Step::AfterDot, say("251 2.1.5 will forward"), Submitted, false),
        (Step::AfterAnswer, Fault::Die, Submitted, true),
        (Step::AfterAnswer, Fault::Hang, Submitted, true),
        (Step::AfterAnswer, say("451 4.3.0 on second thoughts"), Submitted, true),
        // The limits are of a whole answer: one that never ends is silence, one that only takes its time is an answer.
        (Step::Greeting, Fault::Drip(TRICKLE), Retry, false),
        (Step::Ehlo, Fault::Drip(TRICKLE), Retry, false),
        (Step::Mail, Fault::Drip(TRICKLE), Retry, false),
        (Step::Rcpt, Fault::Drip(TRICKLE), Retry, false),
        (Step::Data, Fault::Drip(TRICKLE), Retry, false),
        (Step::AfterDot, Fault::Drip(TRICKLE), InDoubt, true),
        (Step::Quit, Fault::Drip(TRICKLE), Submitted, true),
        (Step::Rcpt, Fault::Drip(Duration::from_millis(1)), Submitted, true),
        (Step::AfterDot, Fault::Drip(Duration::from_millis(1)), Submitted, true),
        (Step::Quit, Fault::Die, Submitted, true),
        (Step::Quit, Fault::Hang, Submitted, true),
        (Step::Quit, say("500 5.0.0 no leave"), Submitted, true),
    ];
    for (step, fault, end, has_it) in table {
        let name = format!("{step:?} {fault:?}");
        let clinic = Clinic::start(faults(step, fault), true).await;
        let sent = clinic.send().await;
        assert_eq!(sent.end, end, "{name}: {sent:?}");
        assert_eq!(!clinic.arrived().is_empty(), has_it, "{name}");
        assert!(sent.detail.chars().count() <= DETAIL_MAX && !sent.detail.contains(['\r', '\n']), "{name}");
        assert!(!sent.detail.contains(NUMBER), "{name}: {sent:?}");
    }
}

#[tokio::test]
async fn nobody_listening_is_a_retry() {
    let port = Clinic::start(Behaviour::default(), true).await.server.address().port();
    let smtp = Smtp::open(&settings(port, "")).unwrap();
    let sent = smtp.send(&mail(), || async { Ok::<(), String>(()) }).await;
    assert_eq!((sent.end, sent.phase, sent.code), (AttemptEnd::Retry, Phase::Connect, None));
}

#[tokio::test]
async fn a_receiver_that_cannot_store_it_says_so() {
    let clinic = Clinic::start(Behaviour::default(), false).await;
    assert_eq!(clinic.send().await.code, Some(451));
}

/// The durable note comes after 354 and before the first octet of the text.
#[tokio::test]
async fn the_note_is_written_between_354_and_the_text() {
    let clinic = Clinic::start(Behaviour::default(), true).await;
    let smtp = Smtp::open(&settings(clinic.server.address().port(), "")).unwrap();
    let mut seen = Vec::new();
    let sent = smtp
        .send(&mail(), || async {
            // Time for octets that should not have left to arrive.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            seen = clinic.server.transcript();
            Ok::<(), String>(())
        })
        .await;
    assert_eq!(sent.end, AttemptEnd::Submitted);
    assert_eq!(seen.last().map(String::as_str), Some("DATA"));
    assert_eq!(clinic.server.transcript().get(seen.len()).map(String::as_str), Some("(text)"));
}

#[tokio::test]
async fn without_the_note_nothing_leaves() {
    let clinic = Clinic::start(Behaviour::default(), true).await;
    let smtp = Smtp::open(&settings(clinic.server.address().port(), "")).unwrap();
    let sent = smtp.send(&mail(), || async { Err("the disk is full") }).await;
    assert_eq!((sent.end, sent.phase), (AttemptEnd::Retry, Phase::BeforeBody));
    assert!(sent.detail.contains("the disk is full"));
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(clinic.server.transcript().last().map(String::as_str), Some("DATA"));
    assert!(clinic.arrived().is_empty());
}

#[tokio::test]
async fn no_tls_where_it_is_required_sends_nothing() {
    for tls in [TlsPolicy::StartTlsRequired, TlsPolicy::Required] {
        let clinic = Clinic::start(Behaviour::default(), true).await;
        let settings = SmtpSettings { tls, ..settings(clinic.server.address().port(), "") };
        let smtp = Smtp::open(&settings).unwrap();
        let sent = smtp.send(&mail(), || async { Ok::<(), String>(()) }).await;
        assert_eq!(sent.end, AttemptEnd::Retry, "{tls:?}");
        let said = clinic.server.transcript();
        assert!(!said.iter().any(|line| line.starts_with("MAIL") || line == "AUTH"), "{tls:?}: {said:?}");
    }
}

#[tokio::test]
async fn a_password_opens_the_way_and_a_wrong_one_is_not_the_recipients_fault() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("password");
    let auth = format!("auth = {{ user = 'u', password_file = '{}' }}", file.display());
    let login = Some(("u".to_owned(), "secret word".to_owned()));
    for (password, end) in [("secret word\n", AttemptEnd::Submitted), ("wrong\n", AttemptEnd::Retry)] {
        std::fs::write(&file, password).unwrap();
        let clinic = Clinic::start(Behaviour { login: login.clone(), ..Behaviour::default() }, true).await;
        let sent = clinic.send_with(&auth).await;
        assert_eq!(sent.end, end, "{sent:?}");
        assert!(!sent.detail.contains("secret") && !sent.detail.contains("wrong\n"));
    }
    // Without a password the server asks for one: our settings, not the recipient.
    let clinic = Clinic::start(Behaviour { login, ..Behaviour::default() }, true).await;
    let sent = clinic.send().await;
    assert_eq!((sent.end, sent.code), (AttemptEnd::Retry, Some(530)));
}

#[tokio::test]
async fn many_at_once_all_arrive() {
    let clinic = Arc::new(Clinic::start(Behaviour::default(), true).await);
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let clinic = Arc::clone(&clinic);
        // Also proves that the future may move between threads.
        sending.spawn(async move { clinic.send().await.end });
    }
    assert!(sending.join_all().await.iter().all(|end| *end == AttemptEnd::Submitted));
    assert_eq!(clinic.arrived().len(), 20);
}

#[test]
fn a_mail_goes_through_a_maildir_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = mail().bytes;
    deliver_to_maildir(dir.path(), "2026-04-01T00:00:00Z".parse::<Timestamp>().unwrap(), &bytes).unwrap();
    let maildir = Maildir::open(dir.path()).unwrap();
    let received = maildir.waiting().unwrap().next().unwrap().unwrap();
    assert_eq!(received.bytes, bytes);
    maildir.acknowledge(&received).unwrap();
    assert!(Maildir::open(dir.path()).unwrap().waiting().unwrap().next().is_none());
}

/// Every corpus mail is parsed, and so is every third of it; what is not understood is said.
#[test]
fn real_mails_never_sink_the_parser() {
    let Some(corpora) = std::env::var_os("RENRAKU_CORPORA").map(PathBuf::from) else {
        println!("RENRAKU_CORPORA is not set: skipped");
        return;
    };
    let mut tally = BTreeMap::<String, [usize; 5]>::new();
    for folder in ["mail", "bounces"] {
        for path in files(&corpora.join(folder)) {
            let raw = std::fs::read(&path).unwrap();
            let name = path.strip_prefix(&corpora).unwrap().parent().unwrap().display().to_string();
            let count = tally.entry(name).or_default();
            look_at(&path, &raw, folder, count);
        }
    }
    println!("folder: mails, machine-made, attachments, problems, not like a mail");
    for (folder, count) in &tally {
        println!("{folder}: {count:?}");
    }
    assert!(
        tally.values().map(|count| count[0]).sum::<usize>() > 100,
        "the corpora are not where they should be"
    );
}

fn look_at(path: &Path, raw: &[u8], folder: &str, count: &mut [usize; 5]) {
    let mail = parse(raw);
    for part in 1..3 {
        let _ = parse(&raw[..raw.len() * part / 3]);
    }
    for attachment in &mail.attachments {
        let page =
            [&b"%PDF-"[..], b"II*\0", b"MM\0*"].iter().any(|start| attachment.bytes.starts_with(start));
        assert!(!(page && folder == "bounces"), "{} gives a page", path.display());
    }
    let looks = looks_like_mail(raw);
    if !looks {
        println!("does not look like a mail: {}", path.display());
    }
    if !mail.auto_submitted && folder == "bounces" {
        println!("not seen as a machine's: {} from {:?}", path.display(), mail.from);
    }
    for problem in mail.problems.iter().filter(|problem| !problem.contains("CR")) {
        println!("{}: {problem}", path.display());
    }
    count[0] += 1;
    count[1] += usize::from(mail.auto_submitted);
    count[2] += mail.attachments.len();
    count[3] += mail.problems.len();
    count[4] += usize::from(!looks);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            files.push(path);
        }
    }
    files.sort();
    files
}

//! Servers that are polite, silent, confused or hostile, over real connections.

use super::*;
use std::sync::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What a server answers to a command; `{tag}` stands for its tag. Nothing: it is silent. `HANG UP` ends the connection.
type Answers = Arc<dyn Fn(&str) -> Vec<u8> + Send + Sync>;

/// Ends the connection.
const HANG_UP: &[u8] = b"HANG UP";

/// A mailbox with one mail, UID 5.
fn polite(command: &str) -> Vec<u8> {
    let answer = match command {
        "" => "* OK ready\r\n",
        "CAPABILITY" => "* CAPABILITY IMAP4rev1 IDLE\r\n{tag} OK\r\n",
        "UID SEARCH UNKEYWORD $Renraku" | "UID SEARCH UNSEEN" | "UID SEARCH ALL" => {
            "* SEARCH 5\r\n{tag} OK\r\n"
        }
        "UID FETCH 5 (UID RFC822.SIZE)" => "* 1 FETCH (UID 5 RFC822.SIZE 5)\r\n{tag} OK\r\n",
        "UID FETCH 5 (UID BODY.PEEK[])" => "* 1 FETCH (UID 5 BODY[] {5}\r\nhello)\r\n{tag} OK\r\n",
        "IDLE" => "+ idling\r\n* 2 EXISTS\r\n",
        // The tag of IDLE, the one command that is ended so.
        "DONE" => "{tag} OK\r\n",
        _ if command.starts_with("SELECT") => {
            "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n{tag} OK [READ-WRITE] done\r\n"
        }
        _ => "{tag} OK\r\n",
    };
    answer.as_bytes().to_vec()
}

/// A polite server but for the commands that begin so.
fn but(command: &'static str, answer: impl Into<Vec<u8>>) -> Answers {
    let answer = answer.into();
    Arc::new(move |said| {
        let this = if command.is_empty() { said.is_empty() } else { said.starts_with(command) };
        if this { answer.clone() } else { polite(said) }
    })
}

struct Server {
    port: u16,
    said: Arc<Mutex<Vec<String>>>,
    _password: tempfile::NamedTempFile,
    settings: ImapSettings,
}

impl Server {
    async fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&said);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&answers), Arc::clone(&heard)));
            }
        });
        let password = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(password.path(), "correct horse\n").unwrap();
        let text = format!(
            "host='127.0.0.1'\nport={port}\ntls='none_on_loopback'\nuser='gateway'\npassword_file='{}'\n\
             poll_every_ms=1000\ntimeouts={{connect_ms=2000,command_ms=400,fetch_ms=400,idle_ms=400}}",
            password.path().display()
        );
        let settings = toml::from_str(&text).unwrap();
        Self { port, said, _password: password, settings }
    }

    fn imap(&self) -> Imap {
        Imap::with_limit(&self.settings, 1000).unwrap()
    }

    /// One connection and one look: what was handed over, or the error.
    async fn look(&self, memory: &mut Memory) -> Result<(Vec<Mail>, Looked), ImapError> {
        let (imap, mails) = (self.imap(), Mutex::new(Vec::new()));
        let take = |mail| {
            mails.lock().unwrap().push(mail);
            std::future::ready(Ok::<_, String>(()))
        };
        let looked = imap.connect().await?.take_all(memory, take).await?;
        Ok((mails.into_inner().unwrap(), looked))
    }

    fn said(&self, what: &str) -> bool {
        self.said.lock().unwrap().iter().any(|line| line.contains(what))
    }
}

async fn converse(stream: TcpStream, answers: Answers, heard: Arc<Mutex<Vec<String>>>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let (mut tag, mut command) = (String::new(), String::new());
    loop {
        let answer = answers(&command);
        if answer == HANG_UP {
            return;
        }
        // Bytes, not text: a mutated answer is none.
        let mut rest = answer.as_slice();
        while let Some(at) = rest.windows(5).position(|five| five == b"{tag}") {
            let whole = [&rest[..at], tag.as_bytes()].concat();
            if write.write_all(&whole).await.is_err() {
                return;
            }
            rest = &rest[at + 5..];
        }
        if write.write_all(rest).await.is_err() {
            return;
        }
        let Ok(Some(line)) = lines.next_line().await else { return };
        heard.lock().unwrap().push(line.clone());
        match line.split_once(' ') {
            Some((new, rest)) => (tag, command) = (new.to_owned(), rest.to_owned()),
            None => command = line,
        }
    }
}

#[tokio::test]
async fn a_mail_is_handed_over_whole_and_flagged_afterwards() {
    let server = Server::start(Arc::new(polite)).await;
    let imap = server.imap();
    let mut session = imap.connect().await.unwrap();
    let take = |mail: Mail| {
        assert_eq!(
            (mail.source_key.as_str(), mail.bytes.as_slice()),
            ("imap:127.0.0.1/INBOX/7/5", &b"hello"[..])
        );
        assert!(!server.said("STORE"), "not before it is stored");
        std::future::ready(Ok::<_, String>(()))
    };
    let looked = session.take_all(&mut Memory::default(), take).await.unwrap();
    assert_eq!(looked.taken, 1);
    assert!(server.said("UID STORE 5 +FLAGS.SILENT (\\Seen $Renraku)"));
    session.wait().await.unwrap();
    assert!(server.said("IDLE") && server.said("DONE"));
}

#[tokio::test]
async fn a_stored_mail_is_settled_as_the_server_can() {
    let no_keywords =
        "* OK [UIDVALIDITY 7] x\r\n* OK [PERMANENTFLAGS (\\Seen)] x\r\n{tag} OK [READ-WRITE] x\r\n";
    let uidplus = "* CAPABILITY IMAP4rev1 UIDPLUS\r\n{tag} OK\r\n";
    let moving = "* CAPABILITY IMAP4rev1 UIDPLUS MOVE\r\n{tag} OK\r\n";
    let bare = "* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n";
    for (command, answer, move_to, expected, remarks) in [
        ("SELECT", no_keywords, None, &["UID SEARCH UNSEEN", "UID STORE 5 +FLAGS.SILENT (\\Seen)"][..], 1),
        ("CAPABILITY", moving, Some("箱"), &["UID SEARCH ALL", "UID MOVE 5 \"&e7E-\""], 0),
        (
            "CAPABILITY",
            uidplus,
            Some("done"),
            &["UID COPY 5 \"done\"", "UID STORE 5 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 5"],
            0,
        ),
        ("CAPABILITY", bare, Some("done"), &["UID STORE 5 +FLAGS.SILENT (\\Seen $Renraku)"], 1),
    ] {
        let mut server = Server::start(but(command, answer)).await;
        server.settings.move_to = move_to.map(str::to_owned);
        let imap = server.imap();
        let mut session = imap.connect().await.unwrap();
        assert_eq!(session.remarks().len(), remarks, "{expected:?}");
        let take = |_| std::future::ready(Ok::<_, String>(()));
        assert_eq!(session.take_all(&mut Memory::default(), take).await.unwrap().taken, 1);
        let said = server.said.lock().unwrap().join("\n");
        assert!(expected.iter().all(|words| said.contains(words)), "{expected:?}: {said}");
        assert!(!said.lines().any(|line| line.ends_with(" EXPUNGE")), "a plain EXPUNGE takes others' mails");
    }
}

#[tokio::test]
async fn what_is_not_stored_is_not_flagged() {
    let server = Server::start(Arc::new(polite)).await;
    let (imap, mut memory) = (server.imap(), Memory::default());
    let mut session = imap.connect().await.unwrap();
    let error = session.take_all(&mut memory, |_| std::future::ready(Err("disk full"))).await.unwrap_err();
    assert!(matches!(&error, ImapError::NotStored(why) if why == "disk full"), "{error}");
    assert!(!server.said("STORE"));
    assert_eq!(server.look(&mut memory).await.unwrap().1.taken, 1, "it is taken later");
}

#[tokio::test]
async fn a_server_that_is_confused_or_hostile_ends_the_look_with_its_reason() {
    let flood = "* OK still here\r\n".repeat(2000);
    let deep = format!("* 1 FETCH (BODYSTRUCTURE {}\r\n", "(".repeat(100_000));
    for (command, answer, expected) in [
        ("", "220 smtp.example.jp ESMTP\r\n", "greeting"),
        ("", "* BYE too many\r\n", "too many"),
        ("", "* PREAUTH you are root\r\n", "PREAUTH"),
        ("", "", "greeting"),
        ("", "\r\n", "greeting"),
        ("CAPABILITY", "{tag} BAD\r\n", "CAPABILITY"),
        ("CAPABILITY", "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n{tag} OK\r\n", "LOGINDISABLED"),
        ("LOGIN", "{tag} NO [AUTHENTICATIONFAILED] correct horse?\r\n", "***?"),
        ("LOGIN", "{tag} NO [UNAVAILABLE] later\r\n", "LOGIN"),
        ("LOGIN", "r0 OK\r\n", "out of step"),
        ("SELECT", "{tag} NO no such\r\n", "imap.mailbox"),
        ("SELECT", "* OK [UIDVALIDITY 7] x\r\n{tag} OK [READ-ONLY] x\r\n", "read-only"),
        ("SELECT", "{tag} OK [READ-WRITE]\r\n", "UIDVALIDITY"),
        ("UID SEARCH", "* SEARCH 99999999999\r\n{tag} OK\r\n", "no list of UIDs"),
        ("UID SEARCH", "{tag} NO\r\n", "UID SEARCH"),
        ("UID SEARCH", "", "UID SEARCH"),
        ("UID SEARCH", "HANG UP", "end of connection"),
        ("UID SEARCH", "* BYE shutting down\r\n", "shutting down"),
        ("UID SEARCH", &flood, "UID SEARCH"),
        ("UID SEARCH", &deep, "nested too deep"),
        ("UID FETCH 5 (UID BODY", "* 1 FETCH (UID 5 BODY[] {99999999999999999999}\r\n", "1000"),
        ("UID FETCH 5 (UID BODY", "* 1 FETCH (UID 5 BODY[] {4000000000}\r\n", "1000"),
        ("UID FETCH 5 (UID BODY", "* 1 FETCH (UID 5 BODY[] {5}\r\nhel", "UID FETCH"),
        ("UID STORE", "HANG UP", "UID STORE"),
    ] {
        let server = Server::start(but(command, answer)).await;
        let error = server.look(&mut Memory::default()).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{command} {:.60}: {error}", answer.escape_debug());
        assert!(error.contains(" / ") && !error.contains("horse"), "{error}");
    }
}

#[tokio::test]
async fn what_a_server_may_say_differently_is_understood() {
    for (command, answer, bytes) in [
        ("UID SEARCH", "* SEARCH 5 0 5\r\n* SEARCH 5 \r\n{tag} OK\r\n", Some("hello")),
        ("UID SEARCH", "{tag} OK\r\n", None),
        ("UID FETCH 5 (UID RFC", "{tag} NO not this one\r\n", Some("hello")),
        ("UID FETCH 5 (UID BODY", "* 1 FETCH (BODY[] \"a\\\"b\\\\\" UID 5)\r\n{tag} OK\r\n", Some("a\"b\\")),
        ("UID FETCH 5 (UID BODY", "* 9 FETCH (UID 9 BODY[] {1}\r\nx)\r\n{tag} OK\r\n", None),
        ("UID FETCH 5 (UID BODY", "* 1 FETCH (UID 5 BODY[] NIL)\r\n{tag} OK\r\n", None),
        ("UID FETCH 5 (UID BODY", "* 1 FETCH (UID 5 BODY[]<0> {1}\r\nx)\r\n{tag} OK\r\n", None),
        ("UID FETCH 5 (UID BODY", "* what\r\n* 2 EXISTS\r\n{tag} NO gone\r\n", None),
    ] {
        let server = Server::start(but(command, answer)).await;
        let (mails, looked) = server.look(&mut Memory::default()).await.unwrap();
        let found: Vec<_> = mails.iter().map(|mail| String::from_utf8_lossy(&mail.bytes)).collect();
        assert_eq!(found, bytes.into_iter().collect::<Vec<_>>(), "{command} {answer}");
        assert_eq!(looked.taken, mails.len());
        assert_eq!(server.said("STORE"), !mails.is_empty(), "what was not handed over is not flagged");
    }
}

#[tokio::test]
async fn a_mail_too_large_or_never_handed_over_is_left_and_told_once() {
    let size = but("UID FETCH 5 (UID RFC", "* 1 FETCH (UID 5 RFC822.SIZE 1001)\r\n{tag} OK\r\n");
    let server = Server::start(size).await;
    let mut memory = Memory::default();
    let left = server.look(&mut memory).await.unwrap().1.left;
    assert!(matches!(left[..], [ImapError::TooLarge { uid: 5, max: 1000 }]), "{left:?}");
    assert!(server.look(&mut memory).await.unwrap().1.left.is_empty());
    assert!(!server.said("BODY.PEEK") && !server.said("STORE"));

    let server = Server::start(but("UID FETCH 5 (UID BODY", "{tag} NO cannot\r\n")).await;
    let (mut memory, mut told) = (Memory::default(), Vec::new());
    for _ in 0..5 {
        told.extend(server.look(&mut memory).await.unwrap().1.left);
    }
    assert!(matches!(told[..], [ImapError::NotHandedOver { uid: 5 }]), "{told:?}");
}

#[tokio::test]
async fn a_stored_mail_that_cannot_be_flagged_is_not_fetched_again() {
    let server = Server::start(but("UID STORE", "{tag} NO quota\r\n")).await;
    let mut memory = Memory::default();
    let (mails, looked) = server.look(&mut memory).await.unwrap();
    assert!(mails.len() == 1 && looked.unsettled.is_some());
    let (mails, looked) = server.look(&mut memory).await.unwrap();
    assert!(mails.is_empty() && looked.unsettled.unwrap().to_string().contains("quota"));
}

#[tokio::test]
async fn words_before_encryption_are_not_heard_after_it_and_no_secret_is_said() {
    let answer = "{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n";
    for answer in [answer, "{tag} BAD no\r\n", "{tag} OK go\r\n"] {
        let mut server = Server::start(but("STARTTLS", answer)).await;
        server.settings.tls = ImapTls::StartTlsRequired;
        let error = server.look(&mut Memory::default()).await.unwrap_err().to_string();
        assert!(error.contains("TLS"), "{error}");
        assert!(!server.said("LOGIN") && !server.said("AUTHENTICATE") && !server.said("horse"));
    }
    let mut server = Server::start(Arc::new(polite)).await;
    server.settings.tls = ImapTls::Required;
    assert!(matches!(server.look(&mut Memory::default()).await, Err(ImapError::Tls { .. })));
}

#[tokio::test]
async fn a_token_is_said_by_xoauth2_and_read_anew() {
    let answers: Answers = Arc::new(|said| match said {
        "CAPABILITY" => b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n{tag} OK\r\n".to_vec(),
        "AUTHENTICATE XOAUTH2" => b"+ \r\n".to_vec(),
        // user=gateway^Aauth=Bearer good^A^A
        "dXNlcj1nYXRld2F5AWF1dGg9QmVhcmVyIGdvb2QBAQ==" => b"{tag} OK\r\n".to_vec(),
        "" => b"* OK\r\n".to_vec(),
        other if other.starts_with("dXNl") => b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n".to_vec(),
        other => polite(other),
    });
    // The empty line that takes the reason is answered like a greeting: told apart by what was said before.
    let refused = Arc::new(Mutex::new(false));
    let flag = Arc::clone(&refused);
    let answers: Answers = Arc::new(move |said| {
        let mut flag = flag.lock().unwrap();
        if said.is_empty() && std::mem::take(&mut *flag) {
            return b"{tag} NO [AUTHENTICATIONFAILED] expired\r\n".to_vec();
        }
        let answer = answers(said);
        *flag = answer.starts_with(b"+ eyJ");
        answer
    });
    let mut server = Server::start(answers).await;
    let token = server.settings.password_file.take().unwrap();
    server.settings.oauth2_token_file = Some(token.clone());
    std::fs::write(&token, "stale").unwrap();
    let imap = server.imap();
    let error = imap.connect().await.err().unwrap();
    assert!(error.needs_a_person() && error.to_string().contains("expired"), "{error}");
    std::fs::write(&token, "good\n").unwrap();
    imap.connect().await.unwrap();
}

#[tokio::test]
async fn a_server_that_refuses_idle_is_polled() {
    let server = Server::start(but("IDLE", "{tag} NO\r\n")).await;
    let imap = server.imap();
    let mut session = imap.connect().await.unwrap();
    let mut memory = Memory::default();
    let take = |_| std::future::ready(Ok::<_, String>(()));
    for _ in 0..3 {
        session.take_all(&mut memory, take).await.unwrap();
        session.wait().await.unwrap();
    }
    assert_eq!(server.said.lock().unwrap().iter().filter(|line| line.ends_with("IDLE")).count(), 1);
    assert_eq!(server.said.lock().unwrap().iter().filter(|line| line.contains("SEARCH")).count(), 3);
    assert_ne!(server.port, 0);
}

/// Whatever a server says: an end with a reason, no panic, and nothing flagged that was not handed over.
#[tokio::test]
async fn mutated_answers_never_panic() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..150 {
        let (nth, kind, place, byte) = (next() % 7, next() % 4, next() as usize, next() as u8);
        let counted = Mutex::new(0);
        let server = Server::start(Arc::new(move |said: &str| {
            let mut counted = counted.lock().unwrap();
            *counted += 1;
            let mut answer = polite(said);
            if *counted - 1 == nth {
                let at = place % answer.len();
                match kind {
                    0 => answer[at] = byte,
                    1 => answer.truncate(at),
                    2 => answer.insert(at, byte),
                    _ => drop(answer.splice(at..at, *b"{7}\r\n(")),
                }
            } else if *counted > nth + 1 {
                return HANG_UP.to_vec();
            }
            answer
        }))
        .await;
        let mut imap = server.imap();
        let short = ImapTimeouts { connect_ms: 500, command_ms: 30, fetch_ms: 30, idle_ms: 30 };
        imap.settings.timeouts = short;
        let handed = Mutex::new(false);
        if let Ok(mut session) = imap.connect().await {
            let take = |_| {
                *handed.lock().unwrap() = true;
                std::future::ready(Ok::<_, String>(()))
            };
            let _ = session.take_all(&mut Memory::default(), take).await;
        }
        assert!(!server.said("STORE") || handed.into_inner().unwrap());
    }
}

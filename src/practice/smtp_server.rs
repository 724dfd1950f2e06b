//! A small SMTP server (RFC 5321) on this machine alone, for the practice clinic and for tests: it
//! takes real mail over real TCP, hands each one over before it answers 250, and can be told to
//! fail at any step. Never listens to another machine, never stores or forwards anything itself.

pub use super::smtp_faults::{Fault, Faults, Step};
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Octets of a line with its CRLF; RFC 5321 §4.5.3.1.6 gives 1000 for text, AUTH may need more.
const COMMAND_MAX: u64 = 2048;
const TEXT_LINE_MAX: usize = 1000;

/// Octets of a mail, as announced by SIZE (RFC 1870).
pub const MAIL_MAX: usize = 50_000_000;

/// A client that says nothing for so long is left.
const IDLE: Duration = Duration::from_mins(5);

/// A mail that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Envelope sender; empty for `<>`.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// The message: CRLF line ends, dots unstuffed.
    pub bytes: Vec<u8>,
}

/// What becomes of a mail before 250 is said; an error becomes 451.
pub type Taking = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// How the server behaves.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    /// Faults by step.
    pub faults: Faults,
    /// User and password that AUTH PLAIN or LOGIN must give before MAIL; None: no AUTH at all.
    pub login: Option<(String, String)>,
}

/// A running server; it stops when this is dropped.
#[derive(Debug)]
pub struct SmtpServer {
    address: SocketAddr,
    transcript: Transcript,
    task: JoinHandle<()>,
}

/// Commands as they came, without AUTH's secrets, and `(text)` at the first octet of a text.
#[derive(Debug, Clone, Default)]
struct Transcript(Arc<Mutex<Vec<String>>>);

impl SmtpServer {
    /// Starts on 127.0.0.1; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port cannot be bound.
    pub async fn start<F>(port: u16, behaviour: Behaviour, handler: F) -> io::Result<Self>
    where
        F: Fn(Arrived) -> Taking + Send + Sync + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let transcript = Transcript::default();
        let shared =
            Arc::new(Shared { behaviour, handler: Box::new(handler), transcript: transcript.clone() });
        Ok(Self { address, transcript, task: tokio::spawn(accept(listener, shared)) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The commands so far, over all connections.
    #[must_use]
    pub fn transcript(&self) -> Vec<String> {
        self.transcript.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Transcript {
    fn push(&self, line: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    }
}

struct Shared {
    behaviour: Behaviour,
    handler: Box<dyn Fn(Arrived) -> Taking + Send + Sync>,
    transcript: Transcript,
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // The set is dropped, and its connections with it, when the server stops.
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                conversations.spawn(converse(stream, Arc::clone(&shared)));
            }
            Some(_) = conversations.join_next() => {}
        }
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let (read, write) = stream.into_split();
    let mut conversation =
        Conversation { read: BufReader::new(read), write, shared, mail: None, logged_in: false };
    // However it ends, there is nobody left to tell.
    let _ = conversation.run().await;
}

/// Why a conversation is over.
enum Over {
    Quit,
    Lost,
}

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Self::Lost
    }
}

struct Conversation {
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
    shared: Arc<Shared>,
    /// Sender and recipients since MAIL.
    mail: Option<(String, Vec<String>)>,
    logged_in: bool,
}

impl Conversation {
    async fn run(&mut self) -> Result<(), Over> {
        self.fails(Step::Connect).await?;
        self.answer(Step::Greeting, "220 practice.invalid ESMTP").await?;
        loop {
            let line = self.line().await?;
            let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
            self.command(&verb.to_ascii_uppercase(), argument).await?;
        }
    }

    async fn command(&mut self, verb: &str, argument: &str) -> Result<(), Over> {
        if verb == "AUTH" {
            self.shared.transcript.push("AUTH");
            return self.auth(argument).await;
        }
        self.shared.transcript.push(format!("{verb} {argument}").trim_end());
        match verb {
            "EHLO" => self.ehlo().await,
            "HELO" => self.answer(Step::Ehlo, "250 practice.invalid").await.map(drop),
            "MAIL" => self.mail_from(argument).await,
            "RCPT" => self.rcpt_to(argument).await,
            "DATA" => self.data().await,
            "RSET" => {
                self.mail = None;
                self.say("250 2.0.0 OK").await
            }
            "NOOP" => self.say("250 2.0.0 OK").await,
            "QUIT" => {
                self.answer(Step::Quit, "221 2.0.0 Bye").await?;
                Err(Over::Quit)
            }
            _ => self.say("502 5.5.1 Command not implemented").await,
        }
    }

    async fn ehlo(&mut self) -> Result<(), Over> {
        self.mail = None;
        let auth = if self.shared.behaviour.login.is_some() { "250-AUTH PLAIN LOGIN\r\n" } else { "" };
        let answer = format!("250-practice.invalid\r\n250-8BITMIME\r\n{auth}250 SIZE {MAIL_MAX}");
        self.answer(Step::Ehlo, &answer).await.map(drop)
    }

    async fn auth(&mut self, argument: &str) -> Result<(), Over> {
        let Some((user, password)) = self.shared.behaviour.login.clone() else {
            return self.say("502 5.5.1 Command not implemented").await;
        };
        let (mechanism, initial) = argument.split_once(' ').unwrap_or((argument, ""));
        let right = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let given = if initial.is_empty() { self.ask("334 ").await? } else { initial.to_owned() };
                given == base64(format!("\0{user}\0{password}").as_bytes())
            }
            "LOGIN" => {
                let given_user = self.ask("334 VXNlcm5hbWU6").await?;
                let given_password = self.ask("334 UGFzc3dvcmQ6").await?;
                given_user == base64(user.as_bytes()) && given_password == base64(password.as_bytes())
            }
            _ => return self.say("504 5.5.4 Unknown mechanism").await,
        };
        let answer = if right { "235 2.7.0 OK" } else { "535 5.7.8 Wrong user or password" };
        self.logged_in = self.answer(Step::Auth, answer).await? && right;
        Ok(())
    }

    async fn mail_from(&mut self, argument: &str) -> Result<(), Over> {
        if self.shared.behaviour.login.is_some() && !self.logged_in {
            return self.say("530 5.7.0 Authentication required").await;
        }
        let Some((from, parameters)) = path(argument, "FROM:") else {
            return self.say("501 5.5.4 MAIL FROM:<address>").await;
        };
        if announced_size(parameters).is_some_and(|size| size > MAIL_MAX) {
            return self.say("552 5.3.4 Too large").await;
        }
        let from = from.to_owned();
        if self.answer(Step::Mail, "250 2.1.0 OK").await? {
            self.mail = Some((from, Vec::new()));
        }
        Ok(())
    }

    async fn rcpt_to(&mut self, argument: &str) -> Result<(), Over> {
        if self.mail.is_none() {
            return self.say("503 5.5.1 MAIL first").await;
        }
        let Some((to, _)) = path(argument, "TO:").filter(|(to, _)| !to.is_empty()) else {
            return self.say("501 5.5.4 RCPT TO:<address>").await;
        };
        let to = to.to_owned();
        let taken = self.answer(Step::Rcpt, "250 2.1.5 OK").await?;
        if let Some((_, recipients)) = self.mail.as_mut().filter(|_| taken) {
            recipients.push(to);
        }
        Ok(())
    }

    async fn data(&mut self) -> Result<(), Over> {
        let Some((from, to)) = self.mail.take().filter(|(_, to)| !to.is_empty()) else {
            return self.say("503 5.5.1 RCPT first").await;
        };
        if !self.answer(Step::Data, "354 End with <CRLF>.<CRLF>").await? {
            return Ok(());
        }
        let text = self.text().await?;
        match text {
            Text::Whole(bytes) => self.take(Arrived { from, to, bytes }).await,
            Text::Refused(answer) => self.say(answer).await,
            Text::AlreadyAnswered => Ok(()),
        }
    }

    /// Hands the mail over, and only then says that it was taken.
    async fn take(&mut self, arrived: Arrived) -> Result<(), Over> {
        let fault = self.shared.behaviour.faults.get(&Step::AfterDot).cloned();
        if matches!(fault, Some(Fault::Say(_))) {
            return self.fails(Step::AfterDot).await.map(drop);
        }
        let taken = (self.shared.handler)(arrived).await;
        self.fails(Step::AfterDot).await?;
        match taken {
            Ok(()) => self.say_at(Step::AfterDot, "250 2.0.0 Taken").await?,
            Err(_) => self.say("451 4.3.0 Could not be taken; try later").await?,
        }
        self.fails(Step::AfterAnswer).await.map(drop)
    }

    /// The text up to the final dot (RFC 5321 §4.5.2). A refusal is said only after the dot.
    async fn text(&mut self) -> Result<Text, Over> {
        let (mut bytes, mut refusal, mut answered) = (Vec::new(), None, None);
        loop {
            let line = self.raw_line(MAIL_MAX as u64).await?;
            if answered.is_none() {
                self.shared.transcript.push("(text)");
                answered = Some(self.fails(Step::Body).await?);
            }
            let Some(line) = line.strip_suffix(b"\r\n") else {
                refusal = Some("550 5.6.11 Line ends must be CRLF");
                continue;
            };
            if line == b"." {
                break;
            }
            if line.len() + 2 > TEXT_LINE_MAX {
                refusal = Some("500 5.5.2 Line too long");
            }
            bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
            bytes.extend_from_slice(b"\r\n");
            if bytes.len() > MAIL_MAX {
                refusal = Some("552 5.3.4 Too large");
                bytes.clear();
            }
        }
        Ok(match (answered, refusal) {
            (Some(true), _) => Text::AlreadyAnswered,
            (_, Some(answer)) => Text::Refused(answer),
            (_, None) => Text::Whole(bytes),
        })
    }

    async fn ask(&mut self, question: &str) -> Result<String, Over> {
        self.say(question).await?;
        self.line().await
    }

    /// The answer, or the step's fault instead of it. True when the answer was given.
    async fn answer(&mut self, step: Step, answer: &str) -> Result<bool, Over> {
        if self.fails(step).await? {
            return Ok(false);
        }
        self.say_at(step, answer).await.map(|()| true)
    }

    /// The answer, as slowly as the step's fault says.
    async fn say_at(&mut self, step: Step, answer: &str) -> Result<(), Over> {
        let Some(Fault::Drip(pause)) = self.shared.behaviour.faults.get(&step).cloned() else {
            return self.say(answer).await;
        };
        for octet in format!("{answer}\r\n").bytes() {
            tokio::time::sleep(pause).await;
            self.write.write_all(&[octet]).await?;
            self.write.flush().await?;
        }
        Ok(())
    }

    /// Lets the step's fault happen; true when it said something.
    async fn fails(&mut self, step: Step) -> Result<bool, Over> {
        match self.shared.behaviour.faults.get(&step).cloned() {
            None | Some(Fault::Drip(_)) => Ok(false),
            Some(Fault::Die) => Err(Over::Lost),
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Say(line)) => self.say(&line).await.map(|()| true),
        }
    }

    async fn say(&mut self, answer: &str) -> Result<(), Over> {
        self.write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        Ok(self.write.flush().await?)
    }

    async fn line(&mut self) -> Result<String, Over> {
        let line = self.raw_line(COMMAND_MAX).await?;
        Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }

    /// A line with its LF, of at most `max` octets; an end of the stream or a longer line is the
    /// end of the conversation.
    async fn raw_line(&mut self, max: u64) -> Result<Vec<u8>, Over> {
        let mut line = Vec::new();
        let mut limited = (&mut self.read).take(max);
        let reading = limited.read_until(b'\n', &mut line);
        tokio::time::timeout(IDLE, reading).await.map_err(|_| Over::Lost)??;
        if line.ends_with(b"\n") { Ok(line) } else { Err(Over::Lost) }
    }
}

enum Text {
    Whole(Vec<u8>),
    Refused(&'static str),
    AlreadyAnswered,
}

/// The address between the angle brackets after `keyword`, and the parameters after it.
fn path<'a>(argument: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let found = argument.get(..keyword.len())?;
    let rest = argument.get(keyword.len()..)?.trim_start();
    if !found.eq_ignore_ascii_case(keyword) {
        return None;
    }
    rest.strip_prefix('<')?.split_once('>')
}

fn announced_size(parameters: &str) -> Option<usize> {
    parameters
        .split_ascii_whitespace()
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("SIZE"))
        .and_then(|(_, size)| size.parse().ok())
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(*chunk.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let sextet = bits >> (18 - 6 * at) & 63;
            text.push(if at <= chunk.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn paths_are_read_as_rfc_5321_writes_them() {
        let table = [
            ("FROM:<a@b>", Some(("a@b", ""))),
            ("from: <a@b> SIZE=10", Some(("a@b", " SIZE=10"))),
            ("FROM:<>", Some(("", ""))),
            ("FROM:a@b", None),
            ("TO:<a@b>", None),
            ("", None),
        ];
        for (argument, expected) in table {
            assert_eq!(path(argument, "FROM:"), expected, "{argument}");
        }
    }

    /// What a client that speaks every command gets back, and what the handler is given.
    #[tokio::test]
    async fn a_whole_conversation() {
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&arrived);
        let server = SmtpServer::start(0, Behaviour::default(), move |mail| {
            sink.lock().unwrap().push(mail);
            Box::pin(async { Ok(()) })
        })
        .await
        .unwrap();
        let mut client = TcpStream::connect(server.address()).await.unwrap();
        let script = "EHLO me\r\nNOOP\r\nRCPT TO:<x@y>\r\nDATA\r\nMAIL FROM:<> SIZE=99999999\r\n\
             MAIL FROM:<a@b>\r\nRSET\r\nMAIL FROM:<> BODY=8BITMIME\r\nRCPT TO:<x@y>\r\nRCPT TO:<z@y>\r\nDATA\r\n\
             Subject: x\r\n\r\n..\r\n..a\r\n\u{3042}\r\n.\r\nMAIL FROM:<a@b>\r\nRCPT TO:<x@y>\r\nDATA\r\n\
             bare\nfeed\r\n.\r\nVRFY x\r\nQUIT\r\n";
        client.write_all(script.as_bytes()).await.unwrap();
        let mut answers = String::new();
        client.read_to_string(&mut answers).await.unwrap();
        let codes: Vec<&str> =
            answers.lines().filter(|line| line.get(3..4) == Some(" ")).map(|line| &line[..3]).collect();
        let expected = "220 250 250 503 503 552 250 250 250 250 250 354 250 250 250 354 550 502 221";
        assert_eq!(codes.join(" "), expected, "{answers}");
        let arrived = arrived.lock().unwrap();
        assert_eq!(arrived.len(), 1);
        assert_eq!(arrived[0].from, "");
        assert_eq!(arrived[0].to, ["x@y", "z@y"]);
        assert_eq!(arrived[0].bytes, "Subject: x\r\n\r\n.\r\n.a\r\n\u{3042}\r\n".as_bytes());
    }
}

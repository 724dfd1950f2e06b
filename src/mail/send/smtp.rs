//! One mail over one SMTP connection, each step under its own time limit, and how it ended.
//! Never sends twice, never calls a lost connection a success or a failure once the text has
//! begun to leave, and never shows a password.

use super::{SettingsError, SmtpAuth, SmtpSettings, TlsPolicy};
use crate::domain::state::AttemptEnd;
use crate::mail::compose::Composed;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use std::error::Error as _;
use std::fmt;
use std::future::Future;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;

/// Characters of a server's words that are kept.
pub const DETAIL_MAX: usize = 300;

/// How far a try came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Lookup, TCP, TLS from the first byte, greeting and EHLO.
    Connect,
    /// STARTTLS and the EHLO after it.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, up to its 354.
    Data,
    /// Our own note that the text is about to leave.
    BeforeBody,
    /// The text, and the answer to its final dot.
    Body,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::BeforeBody => "before the text",
            Self::Body => "text",
        })
    }
}

/// How one try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What it means for the delivery.
    pub end: AttemptEnd,
    /// Where it ended.
    pub phase: Phase,
    /// The server's code, when it gave one.
    pub code: Option<u16>,
    /// Phase and the server's words: one line, at most [`DETAIL_MAX`] characters, no password.
    pub detail: String,
}

/// A mail server with checked settings and its password, ready to be connected to.
pub struct Smtp {
    settings: SmtpSettings,
    credentials: Option<Credentials>,
    tls: Option<TlsParameters>,
    helo: ClientId,
    /// Never shown; used to take it out of a server's words.
    password: String,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// A step that went wrong before the text left.
struct Broken {
    phase: Phase,
    code: Option<u16>,
    words: String,
}

impl Smtp {
    /// Checks the settings, reads the password and prepares TLS. Connects to nothing.
    ///
    /// # Errors
    /// [`SettingsError`] says which setting and what to do.
    pub fn open(settings: &SmtpSettings) -> Result<Self, SettingsError> {
        settings.check()?;
        let password = settings.auth.as_ref().map(password).transpose()?.unwrap_or_default();
        let credentials =
            settings.auth.as_ref().map(|auth| Credentials::new(auth.user.clone(), password.clone()));
        let encrypted = matches!(settings.tls, TlsPolicy::Required | TlsPolicy::StartTlsRequired);
        let tls = if encrypted { Some(tls_parameters(settings)?) } else { None };
        let helo = ClientId::Domain(settings.helo_name.clone());
        Ok(Self { settings: settings.clone(), credentials, tls, helo, password })
    }

    /// Sends one mail. `before_body` is awaited after the server said 354 and before the first
    /// byte of the text leaves; when it fails nothing leaves and the end is Retry.
    ///
    /// Dropping the returned future before `before_body` has run means that nothing left; after
    /// it, that nobody knows (the caller's durable note says which).
    pub async fn send<F, Fut, E>(&self, mail: &Composed, before_body: F) -> Sent
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<(), E>>,
        E: fmt::Display,
    {
        let connection = match self.up_to_data(mail).await {
            Ok(connection) => connection,
            Err(broken) => return self.sent(end_before_body(&broken), broken),
        };
        match before_body().await {
            Ok(()) => self.body(connection, mail).await,
            Err(error) => {
                // Closed without a word: after 354 even QUIT would be text (RFC 5321 §4.1.1.4).
                drop(connection);
                let broken = Broken { phase: Phase::BeforeBody, code: None, words: error.to_string() };
                self.sent(AttemptEnd::Retry, broken)
            }
        }
    }

    /// Everything up to the 354; on a refusal takes leave of the server.
    async fn up_to_data(&self, mail: &Composed) -> Result<AsyncSmtpConnection, Broken> {
        let mut connection = self.connect().await?;
        match self.announce(&mut connection, mail).await {
            Ok(()) => Ok(connection),
            Err(broken) => {
                // After silence or noise the next line read could be the answer to anything.
                if broken.code.is_some_and(|code| code >= 400) {
                    self.quit(&mut connection).await;
                }
                Err(broken)
            }
        }
    }

    /// lettre reads greeting and EHLO as part of connecting, so the three share their limits.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Broken> {
        let times = self.settings.timeouts;
        let implicit_tls = self.tls.clone().filter(|_| self.settings.tls == TlsPolicy::Required);
        let server = (self.settings.host.as_str(), self.settings.port);
        let per_address = Some(Duration::from_millis(times.connect_ms));
        let connecting =
            AsyncSmtpConnection::connect_tokio1(server, per_address, &self.helo, implicit_tls, None);
        let limit_ms = times.connect_ms.saturating_add(times.command_ms.saturating_mul(3));
        step(Phase::Connect, limit_ms, connecting).await
    }

    /// STARTTLS, AUTH, MAIL, RCPT, DATA.
    async fn announce(&self, connection: &mut AsyncSmtpConnection, mail: &Composed) -> Result<(), Broken> {
        let times = self.settings.timeouts;
        self.encrypt(connection).await?;
        self.authenticate(connection).await?;
        let from = Mail::new(Some(mail.from.clone()), vec![]);
        let answer = step(Phase::Mail, times.command_ms, connection.command(from)).await?;
        expect(Phase::Mail, &answer, 200..=299)?;
        let to = Rcpt::new(mail.to.clone(), vec![]);
        let answer = step(Phase::Rcpt, times.command_ms, connection.command(to)).await?;
        expect(Phase::Rcpt, &answer, 200..=299)?;
        let answer = step(Phase::Data, times.data_ms, connection.command(Data)).await?;
        expect(Phase::Data, &answer, 354..=354)
    }

    async fn encrypt(&self, connection: &mut AsyncSmtpConnection) -> Result<(), Broken> {
        if let (TlsPolicy::StartTlsRequired, Some(tls)) = (self.settings.tls, self.tls.clone()) {
            let limit_ms = self.settings.timeouts.command_ms.saturating_mul(3);
            step(Phase::StartTls, limit_ms, connection.starttls(tls, &self.helo)).await?;
        }
        if self.tls.is_some() && !connection.is_encrypted() {
            let words = "the connection is not encrypted".to_owned();
            return Err(Broken { phase: Phase::StartTls, code: None, words });
        }
        Ok(())
    }

    async fn authenticate(&self, connection: &mut AsyncSmtpConnection) -> Result<(), Broken> {
        let Some(credentials) = &self.credentials else { return Ok(()) };
        let limit_ms = self.settings.timeouts.command_ms;
        let answer = step(Phase::Auth, limit_ms, connection.auth(DEFAULT_MECHANISMS, credentials)).await?;
        // Exactly 235 (RFC 4954 §6): an answer out of step must not open the way.
        expect(Phase::Auth, &answer, 235..=235)
    }

    /// The text and its answer. From here on only an explicit answer is one.
    async fn body(&self, mut connection: AsyncSmtpConnection, mail: &Composed) -> Sent {
        let times = self.settings.timeouts;
        // lettre writes CRLF.CRLF after what it is given; without this there would be a blank line more.
        let text = mail.bytes.strip_suffix(b"\r\n").unwrap_or(&mail.bytes);
        let limit_ms = times.body_ms.saturating_add(times.after_dot_ms);
        let broken = match step(Phase::Body, limit_ms, connection.message(text)).await {
            Ok(answer) => Broken::answered(Phase::Body, &answer),
            Err(broken) => broken,
        };
        let end = end_after_body(broken.code);
        if end != AttemptEnd::InDoubt {
            self.quit(&mut connection).await;
        }
        self.sent(end, broken)
    }

    /// Politeness only: what comes of it changes nothing.
    async fn quit(&self, connection: &mut AsyncSmtpConnection) {
        let limit = Duration::from_millis(self.settings.timeouts.quit_ms);
        let _ = timeout(limit, connection.quit()).await;
    }

    fn sent(&self, end: AttemptEnd, broken: Broken) -> Sent {
        let Broken { phase, code, words } = broken;
        let words = if self.password.is_empty() { words } else { words.replace(&self.password, "***") };
        let detail = match code {
            Some(code) => format!("{phase}: {code} {words}"),
            None => format!("{phase}: {words}"),
        };
        Sent { end, phase, code, detail: one_line(&detail) }
    }
}

impl Broken {
    fn answered(phase: Phase, answer: &Response) -> Self {
        let words = answer.message().collect::<Vec<_>>().join(" ");
        Self { phase, code: Some(u16::from(answer.code())), words }
    }

    fn failed(phase: Phase, error: &SmtpError) -> Self {
        let code = error.status().map(u16::from);
        let words = match (code, error.source()) {
            (Some(_), Some(words)) => words.to_string(),
            _ => error.to_string(),
        };
        Self { phase, code, words }
    }
}

/// One step under its limit.
async fn step<T>(
    phase: Phase,
    limit_ms: u64,
    doing: impl Future<Output = Result<T, SmtpError>>,
) -> Result<T, Broken> {
    match timeout(Duration::from_millis(limit_ms), doing).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Broken::failed(phase, &error)),
        Err(_) => Err(Broken { phase, code: None, words: format!("no answer within {limit_ms} ms") }),
    }
}

/// lettre takes any 2xx or 3xx for good; each step here wants its own.
fn expect(phase: Phase, answer: &Response, codes: std::ops::RangeInclusive<u16>) -> Result<(), Broken> {
    if codes.contains(&u16::from(answer.code())) { Ok(()) } else { Err(Broken::answered(phase, answer)) }
}

/// Nothing left. Only a 5xx to MAIL, RCPT or DATA speaks about this mail; a refusal of the whole
/// connection, or one that asks for authentication or TLS (RFC 4954 §6), is about our settings.
fn end_before_body(broken: &Broken) -> AttemptEnd {
    match (broken.phase, broken.code) {
        (Phase::Mail | Phase::Rcpt | Phase::Data, Some(530 | 534 | 535 | 538)) => AttemptEnd::Retry,
        (Phase::Mail | Phase::Rcpt | Phase::Data, Some(500..=599)) => AttemptEnd::Failed,
        _ => AttemptEnd::Retry,
    }
}

/// The text left: the server's explicit word, or doubt.
fn end_after_body(code: Option<u16>) -> AttemptEnd {
    match code {
        Some(200..=299) => AttemptEnd::Submitted,
        Some(400..=499) => AttemptEnd::Retry,
        Some(500..=599) => AttemptEnd::Failed,
        _ => AttemptEnd::InDoubt,
    }
}

/// One line without control characters, at most [`DETAIL_MAX`] characters.
fn one_line(words: &str) -> String {
    let visible: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(DETAIL_MAX).collect()
}

fn password(auth: &SmtpAuth) -> Result<String, SettingsError> {
    let text = read("smtp.auth.password_file", &auth.password_file)?;
    let wrong = || SettingsError::Password(auth.password_file.clone());
    let text = String::from_utf8(text).map_err(|_| wrong())?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.chars().any(char::is_control) { Err(wrong()) } else { Ok(line.to_owned()) }
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, SettingsError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        let pem = read("smtp.ca_file", path)?;
        let certificate =
            Certificate::from_pem(&pem).map_err(|error| SettingsError::Tls(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| SettingsError::Tls(error.to_string()))
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, SettingsError> {
    std::fs::read(path).map_err(|source| SettingsError::File { key, path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_the_text_only_a_refusal_of_this_mail_is_final() {
        use AttemptEnd::{Failed, Retry};
        let table = [
            (Phase::Connect, Some(554), Retry),
            (Phase::Connect, None, Retry),
            (Phase::StartTls, Some(500), Retry),
            (Phase::Auth, Some(535), Retry),
            (Phase::Mail, Some(421), Retry),
            (Phase::Mail, Some(530), Retry),
            (Phase::Mail, Some(550), Failed),
            (Phase::Rcpt, Some(450), Retry),
            (Phase::Rcpt, Some(550), Failed),
            (Phase::Rcpt, Some(354), Retry),
            (Phase::Rcpt, None, Retry),
            (Phase::Data, Some(250), Retry),
            (Phase::Data, Some(554), Failed),
        ];
        for (phase, code, end) in table {
            let broken = Broken { phase, code, words: String::new() };
            assert_eq!(end_before_body(&broken), end, "{phase} {code:?}");
        }
    }

    #[test]
    fn after_the_text_only_an_explicit_answer_is_one() {
        use AttemptEnd::{Failed, InDoubt, Retry, Submitted};
        let table = [
            (Some(250), Submitted),
            (Some(354), InDoubt),
            (Some(421), Retry),
            (Some(451), Retry),
            (Some(554), Failed),
            (Some(199), InDoubt),
            (None, InDoubt),
        ];
        for (code, end) in table {
            assert_eq!(end_after_body(code), end, "{code:?}");
        }
    }

    #[test]
    fn words_become_one_short_line() {
        assert_eq!(one_line("a\r\nb\u{1b}[31m  c"), "a b [31m c");
        assert_eq!(one_line(&"長".repeat(1000)).chars().count(), DETAIL_MAX);
    }

    #[test]
    fn a_password_is_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("password");
        std::fs::write(&file, "hunter2 長い\n").unwrap();
        let text = format!(
            "host='127.0.0.1'\nport=25\ntls='none_on_loopback'\nhelo_name='g'\n[auth]\nuser='u'\npassword_file='{}'",
            file.display()
        );
        let smtp = Smtp::open(&toml::from_str(&text).unwrap()).unwrap();
        assert!(!format!("{smtp:?}").contains("hunter2"));
        let broken =
            Broken { phase: Phase::Auth, code: Some(535), words: "no, hunter2 長い is wrong".to_owned() };
        assert_eq!(smtp.sent(AttemptEnd::Retry, broken).detail, "AUTH: 535 no, *** is wrong");
        std::fs::write(&file, "one\ntwo\n").unwrap();
        assert!(matches!(Smtp::open(&toml::from_str(&text).unwrap()), Err(SettingsError::Password(_))));
    }
}

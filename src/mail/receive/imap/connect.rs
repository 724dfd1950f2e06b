//! From nothing to a user who is let in: TCP, TLS, the greeting, the login. Says no secret before the connection is encrypted as
//! the settings ask.

use super::error::ImapError;
use super::settings::{ImapSettings, ImapSettingsError, ImapTls, Secret};
use super::wire::{Kind, Line, Wire, kind, within};
use super::words::{plain, quoted, xoauth2};
use imap_proto::{Capability, Response};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// What a server says that it can (RFC 3501 §7.2.1), in capitals.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Capabilities(Vec<String>);

impl Capabilities {
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|one| one == name)
    }
}

/// Prepares TLS, where the settings ask for it.
pub(super) fn tls(settings: &ImapSettings) -> Result<Option<Arc<ClientConfig>>, ImapSettingsError> {
    if settings.tls == ImapTls::NoneOnLoopback {
        return Ok(None);
    }
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = &settings.ca_file {
        let wrong = |cause: String| ImapSettingsError::File { key: "ca_file", path: path.clone(), cause };
        let known = roots.len();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))? {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
        if roots.len() == known {
            return Err(wrong("no certificate in PEM".to_owned()));
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| ImapSettingsError::Value {
            key: "tls",
            japanese: "TLS を使えません",
            english: "TLS cannot be used",
        })?;
    Ok(Some(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}

/// Connects and lets the user in.
pub(super) async fn open(
    settings: &ImapSettings,
    tls: Option<&Arc<ClientConfig>>,
    most_bytes: u64,
) -> Result<(Wire, Capabilities), ImapError> {
    let secret = settings.secret()?;
    let word = secret.read()?;
    let mut wire = greeted(settings, tls, most_bytes).await?;
    wire.secrets = vec![word.clone(), plain(&settings.user, &word), xoauth2(&settings.user, &word)];
    let before = capabilities(&mut wire, settings.timeouts.command_ms).await?;
    log_in(&mut wire, settings, secret, &word, &before).await?;
    let after = capabilities(&mut wire, settings.timeouts.command_ms).await?;
    Ok((wire, after))
}

/// Everything up to the point where a secret may be said.
async fn greeted(
    settings: &ImapSettings,
    tls: Option<&Arc<ClientConfig>>,
    most_bytes: u64,
) -> Result<Wire, ImapError> {
    let limit_ms = settings.timeouts.command_ms;
    let line = tcp(settings).await?;
    match (settings.tls, tls) {
        (ImapTls::NoneOnLoopback, _) => {
            let mut wire = Wire::new(Box::new(line), most_bytes);
            greeting(&mut wire, settings).await?;
            Ok(wire)
        }
        (ImapTls::Required, Some(tls)) => {
            let mut wire = Wire::new(encrypted(settings, tls, Box::new(line)).await?, most_bytes);
            greeting(&mut wire, settings).await?;
            Ok(wire)
        }
        (ImapTls::StartTlsRequired, Some(tls)) => {
            let mut wire = Wire::new(Box::new(line), most_bytes);
            greeting(&mut wire, settings).await?;
            wire.command("STARTTLS", limit_ms, "STARTTLS", |_| ()).await?;
            Ok(Wire::new(encrypted(settings, tls, wire.into_line()?).await?, most_bytes))
        }
        (_, None) => Err(tls_failed(settings, "no TLS was prepared".to_owned())),
    }
}

async fn tcp(settings: &ImapSettings) -> Result<TcpStream, ImapError> {
    let unreachable = |cause| ImapError::Unreachable { server: server(settings), cause };
    let limit = Duration::from_millis(settings.timeouts.connect_ms);
    match timeout(limit, TcpStream::connect((settings.host.as_str(), settings.port))).await {
        Ok(Ok(line)) => Ok(line),
        Ok(Err(error)) => Err(unreachable(error.to_string())),
        Err(_) => Err(unreachable(format!("no answer within {} ms", limit.as_millis()))),
    }
}

async fn encrypted(
    settings: &ImapSettings,
    tls: &Arc<ClientConfig>,
    line: Box<dyn Line>,
) -> Result<Box<dyn Line>, ImapError> {
    let name = ServerName::try_from(settings.host.clone())
        .map_err(|error| tls_failed(settings, error.to_string()))?;
    let limit = Duration::from_millis(settings.timeouts.connect_ms);
    match timeout(limit, TlsConnector::from(Arc::clone(tls)).connect(name, line)).await {
        Ok(Ok(line)) => Ok(Box::new(line)),
        Ok(Err(error)) => Err(tls_failed(settings, error.to_string())),
        Err(_) => Err(tls_failed(settings, format!("no answer within {} ms", limit.as_millis()))),
    }
}

fn tls_failed(settings: &ImapSettings, cause: String) -> ImapError {
    ImapError::Tls { server: server(settings), cause }
}

fn server(settings: &ImapSettings) -> String {
    format!("{}:{}", settings.host, settings.port)
}

/// `* OK`. A PREAUTH says that we were somebody already, before anything was encrypted or proven: it is not taken.
async fn greeting(wire: &mut Wire, settings: &ImapSettings) -> Result<(), ImapError> {
    let act = "greeting";
    let frame = within(act, settings.timeouts.command_ms, wire.frame(act)).await?;
    let refused = |words: &[u8]| ImapError::Refused { act, words: wire.words(words) };
    let second = frame.bytes.split(u8::is_ascii_whitespace).nth(1).unwrap_or_default();
    match kind(&frame.bytes, "") {
        Kind::Untagged if second.eq_ignore_ascii_case(b"OK") => Ok(()),
        Kind::Untagged if second.eq_ignore_ascii_case(b"PREAUTH") => Err(refused(b"PREAUTH")),
        Kind::Bye(words) => Err(refused(words)),
        _ => Err(ImapError::Garbled { act, what: "no IMAP server's greeting" }),
    }
}

async fn capabilities(wire: &mut Wire, limit_ms: u64) -> Result<Capabilities, ImapError> {
    let mut found = Capabilities::default();
    let each = |frame: &super::wire::Frame| {
        if let Ok((_, Response::Capabilities(list))) = Response::parse(&frame.bytes) {
            found.0 = list.iter().map(name).collect();
        }
    };
    wire.command("CAPABILITY", limit_ms, "CAPABILITY", each).await?;
    Ok(found)
}

fn name(capability: &Capability<'_>) -> String {
    match capability {
        Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
        Capability::Auth(mechanism) => format!("AUTH={}", mechanism.to_ascii_uppercase()),
        Capability::Atom(atom) => atom.to_ascii_uppercase(),
    }
}

/// XOAUTH2 for a token; PLAIN, else LOGIN, for a password.
async fn log_in(
    wire: &mut Wire,
    settings: &ImapSettings,
    secret: Secret<'_>,
    word: &str,
    can: &Capabilities,
) -> Result<(), ImapError> {
    let (user, limit_ms) = (settings.user.as_str(), settings.timeouts.command_ms);
    let refused = |words: &str| ImapError::Login { user: user.to_owned(), words: words.to_owned() };
    let outcome = match secret {
        Secret::Token(_) if !can.has("AUTH=XOAUTH2") => return Err(refused("the server has no XOAUTH2")),
        Secret::Token(_) => {
            // The second, empty, line takes the server's reason for a refusal.
            let replies = [xoauth2(user, word), String::new()];
            wire.converse("AUTHENTICATE", limit_ms, "AUTHENTICATE XOAUTH2", &replies, |_| ()).await
        }
        Secret::Password(_) if can.has("AUTH=PLAIN") => {
            let replies = [plain(user, word)];
            wire.converse("AUTHENTICATE", limit_ms, "AUTHENTICATE PLAIN", &replies, |_| ()).await
        }
        Secret::Password(_) if can.has("LOGINDISABLED") => return Err(refused("LOGINDISABLED")),
        Secret::Password(_) => {
            let (Some(user), Some(word)) = (quoted(user), quoted(word)) else {
                return Err(refused("LOGIN takes ASCII alone"));
            };
            wire.command("LOGIN", limit_ms, &format!("LOGIN {user} {word}"), |_| ()).await
        }
    };
    match outcome {
        // The server cannot ask whoever knows the passwords (RFC 5530 §3): that says nothing about ours.
        Err(ImapError::Refused { words, .. }) if !words.to_ascii_uppercase().contains("[UNAVAILABLE]") => {
            Err(refused(&words))
        }
        other => other.map(|_| ()),
    }
}

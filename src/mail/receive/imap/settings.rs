//! The settings of a mailbox that is read over IMAP. Holds no password: it names the file that does.

use crate::mail::send::is_loopback;
use serde::Deserialize;
use std::path::PathBuf;

/// Why the settings of the mailbox cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ImapSettingsError {
    /// Clear text to another machine.
    #[error(
        "imap.tls: メールサーバー「{host}」への接続が暗号化されません。\"tls\" か \"starttls\" にしてください / imap.tls: the connection to '{host}' would not be encrypted: set \"tls\" or \"starttls\""
    )]
    Plaintext {
        /// The server.
        host: String,
    },
    /// A value that cannot be used.
    #[error("imap.{key}: {japanese} / imap.{key}: {english}")]
    Value {
        /// Which setting.
        key: &'static str,
        /// What to do.
        japanese: &'static str,
        /// The same.
        english: &'static str,
    },
    /// A file that the settings name cannot be read.
    #[error(
        "imap.{key}: ファイル {path} を読めません({cause})。場所と権限をお確かめください / imap.{key}: cannot read {path}: check its place and rights"
    )]
    File {
        /// Which setting.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
}

/// Whether and how the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum ImapTls {
    /// TLS from the first byte (port 993, RFC 8314 §3.2).
    #[serde(rename = "tls")]
    Required,
    /// STARTTLS (RFC 3501 §6.2.1), or nothing is read.
    #[serde(rename = "starttls")]
    StartTlsRequired,
    /// No TLS, and only to this machine itself.
    #[serde(rename = "none_on_loopback")]
    NoneOnLoopback,
}

/// Time limits in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImapTimeouts {
    /// Name lookup and TCP, and again TLS.
    pub connect_ms: u64,
    /// The greeting and the answer to each command.
    pub command_ms: u64,
    /// One mail.
    pub fetch_ms: u64,
    /// How long IDLE is left alone before it is asked for anew: at most 29 minutes (RFC 2177); less finds a
    /// connection sooner that a router on the way has forgotten.
    pub idle_ms: u64,
}

/// The longest that IDLE may stand (RFC 2177 §3), in milliseconds.
const MOST_IDLE_MS: u64 = 29 * 60 * 1000;

impl Default for ImapTimeouts {
    fn default() -> Self {
        Self { connect_ms: 30_000, command_ms: 60_000, fetch_ms: 300_000, idle_ms: 300_000 }
    }
}

/// The mailbox, as it stands in the settings file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImapSettings {
    /// Host name or address.
    pub host: String,
    /// 993 for `tls`, 143 otherwise is usual.
    pub port: u16,
    /// Encryption.
    pub tls: ImapTls,
    /// The user's name.
    pub user: String,
    /// A file that holds the password on one line.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// A file that holds an OAuth 2.0 access token on one line (XOAUTH2); whoever renews the token writes it there. It is read
    /// anew at every connection.
    #[serde(default)]
    pub oauth2_token_file: Option<PathBuf>,
    /// The mailbox that answers arrive in.
    #[serde(default = "inbox")]
    pub mailbox: String,
    /// A mailbox of the same account, which must be there, that a stored mail is moved to. Without it a stored mail stays and is
    /// flagged.
    #[serde(default)]
    pub move_to: Option<String>,
    /// How often a server without IDLE is asked.
    #[serde(default = "a_minute")]
    pub poll_every_ms: u64,
    /// A PEM file of a certificate authority to trust besides the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Time limits.
    #[serde(default)]
    pub timeouts: ImapTimeouts,
}

fn inbox() -> String {
    "INBOX".to_owned()
}

const fn a_minute() -> u64 {
    60_000
}

/// What proves who we are, and the file that it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret<'a> {
    /// A password.
    Password(&'a PathBuf),
    /// An access token.
    Token(&'a PathBuf),
}

impl ImapSettings {
    /// Whether these settings may be used at all; reads no file.
    ///
    /// # Errors
    /// [`ImapSettingsError`] names the key.
    pub fn check(&self) -> Result<(), ImapSettingsError> {
        let times = self.timeouts;
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
        if self.host.is_empty() || self.host.len() > 253 || !self.host.bytes().all(fine) {
            return Err(value("host", "ホスト名ではありません", "is not a host name"));
        }
        if self.tls == ImapTls::NoneOnLoopback && !is_loopback(&self.host) {
            return Err(ImapSettingsError::Plaintext { host: self.host.clone() });
        }
        for (key, text) in
            [("user", Some(&self.user)), ("mailbox", Some(&self.mailbox)), ("move_to", self.move_to.as_ref())]
        {
            if text.is_some_and(|text| text.is_empty() || text.chars().any(char::is_control)) {
                return Err(value(
                    key,
                    "空にせず、改行などを入れないでください",
                    "must not be empty or hold control characters",
                ));
            }
        }
        if self.move_to.as_ref() == Some(&self.mailbox) {
            return Err(value(
                "move_to",
                "mailbox と別のフォルダーにしてください",
                "must differ from mailbox",
            ));
        }
        if [times.connect_ms, times.command_ms, times.fetch_ms, times.idle_ms].contains(&0) {
            return Err(value("timeouts", "1以上にしてください", "every value must be at least 1 ms"));
        }
        if times.idle_ms > MOST_IDLE_MS {
            return Err(value(
                "timeouts.idle_ms",
                "29分(1740000)以下にしてください",
                "must be at most 1740000",
            ));
        }
        if self.poll_every_ms < 1000 {
            return Err(value("poll_every_ms", "1000以上にしてください", "must be at least 1000"));
        }
        self.secret().map(|_| ())
    }

    /// The one of the two files that is named.
    ///
    /// # Errors
    /// When none is, or both.
    pub fn secret(&self) -> Result<Secret<'_>, ImapSettingsError> {
        match (&self.password_file, &self.oauth2_token_file) {
            (Some(file), None) => Ok(Secret::Password(file)),
            (None, Some(file)) => Ok(Secret::Token(file)),
            _ => Err(value(
                "password_file",
                "password_file か oauth2_token_file のどちらか一つを書いてください",
                "name either password_file or oauth2_token_file",
            )),
        }
    }
}

impl Secret<'_> {
    /// Reads the file's one line.
    ///
    /// # Errors
    /// [`ImapSettingsError`] names the key.
    pub(super) fn read(self) -> Result<String, ImapSettingsError> {
        let (key, path) = match self {
            Self::Password(path) => ("password_file", path),
            Self::Token(path) => ("oauth2_token_file", path),
        };
        let text = std::fs::read_to_string(path).map_err(|error| ImapSettingsError::File {
            key,
            path: path.clone(),
            cause: error.to_string(),
        })?;
        let line = text.trim_end_matches(['\r', '\n']);
        if line.is_empty() || line.chars().any(char::is_control) {
            return Err(value(
                key,
                "ファイルには1行でパスワード(またはトークン)だけを書いてください",
                "the file must hold the secret alone, on one line",
            ));
        }
        Ok(line.to_owned())
    }
}

fn value(key: &'static str, japanese: &'static str, english: &'static str) -> ImapSettingsError {
    ImapSettingsError::Value { key, japanese, english }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> ImapSettings {
        let text = format!("port=993\nuser='gateway'\n{more}");
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn a_mistake_is_named_by_its_key() {
        let fine = "host='mail.example.jp'\ntls='tls'\npassword_file='/p'\n";
        assert!(settings(fine).check().is_ok());
        assert_eq!(settings(fine).mailbox, "INBOX");
        let local = "host='127.0.0.1'\ntls='none_on_loopback'\noauth2_token_file='/t'";
        assert!(settings(local).check().is_ok());
        for (more, key) in [
            ("host='mail.example.jp'\ntls='none_on_loopback'\npassword_file='/p'", "imap.tls"),
            ("host='mail example'\ntls='tls'\npassword_file='/p'", "imap.host"),
            ("host='mail.example.jp'\ntls='tls'", "oauth2_token_file"),
            (
                "host='mail.example.jp'\ntls='tls'\npassword_file='/p'\noauth2_token_file='/t'",
                "imap.password_file",
            ),
            (&format!("{fine}mailbox=''"), "imap.mailbox"),
            (&format!("{fine}mailbox=\"a\\r\\nb\""), "imap.mailbox"),
            (&format!("{fine}move_to='INBOX'"), "imap.move_to"),
            (&format!("{fine}poll_every_ms=1"), "imap.poll_every_ms"),
            (&format!("{fine}timeouts={{idle_ms=1740001}}"), "imap.timeouts.idle_ms"),
            (&format!("{fine}timeouts={{fetch_ms=0}}"), "imap.timeouts"),
        ] {
            let error = settings(more).check().unwrap_err().to_string();
            assert!(error.contains(key) && error.contains(" / "), "{more}: {error}");
        }
    }
}

//! Sending routes and the settings of the mail server they use. A route turns a destination and
//! a sheet into one [`Outgoing`](super::compose::Outgoing); [`smtp`] carries it. Nothing here
//! tries twice.

pub mod fax_by_mail;
pub mod plain_mail;
pub mod smtp;

use serde::Deserialize;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Why the mail server's settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Plain text to another machine without the word that allows it.
    #[error(
        "メールサーバー「{host}」への接続が暗号化されません。tls = \"starttls\" か \"tls\" にしてください / the connection to '{host}' would not be encrypted: set tls = \"starttls\" or \"tls\" (to send in clear text all the same, the word is \"plaintext_even_though_anyone_on_the_way_can_read_it\")"
    )]
    Plaintext {
        /// The mail server.
        host: String,
    },
    /// A password in clear text to another machine.
    #[error(
        "暗号化しない接続でパスワードは送れません。tls を設定するか auth を外してください / a password is never sent to '{host}' in clear text: set tls, or remove auth"
    )]
    PasswordInClear {
        /// The mail server.
        host: String,
    },
    /// A host or our own name that is no host name.
    #[error("{key}「{value}」はホスト名ではありません / {key} '{value}' is not a host name")]
    HostName {
        /// Which setting.
        key: &'static str,
        /// Its value, escaped.
        value: String,
    },
    /// A file that the settings name cannot be read.
    #[error("{key} のファイル {path} を読めません({source})/ cannot read {path} ({key}): {source}")]
    File {
        /// Which setting.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An empty password, or one of several lines.
    #[error(
        "パスワードのファイル {0} には1行でパスワードだけを書いてください / {0} must hold the password alone, on one line"
    )]
    Password(PathBuf),
    /// The certificates could not be used.
    #[error("証明書の設定に誤りがあります({0})/ the certificate settings are wrong: {0}")]
    Tls(String),
    /// A time limit of zero.
    #[error("timeouts の値は1以上にしてください / every timeout must be at least 1 ms")]
    ZeroTimeout,
}

/// Whether and how the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum TlsPolicy {
    /// TLS from the first byte (port 465, RFC 8314 §3.3).
    #[serde(rename = "tls")]
    Required,
    /// STARTTLS (RFC 3207), or nothing is sent.
    #[serde(rename = "starttls")]
    StartTlsRequired,
    /// No TLS, and only to this machine itself.
    #[serde(rename = "none_on_loopback")]
    NoneOnLoopback,
    /// No TLS to another machine. The word says what it means.
    #[serde(rename = "plaintext_even_though_anyone_on_the_way_can_read_it")]
    PlaintextEvenThoughAnyoneCanRead,
}

/// User and password of the mail server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpAuth {
    /// The user's name.
    pub user: String,
    /// A file that holds the password on one line; the settings never hold it themselves.
    pub password_file: PathBuf,
}

/// Time limits (RFC 5321 §4.5.3.2), in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmtpTimeouts {
    /// Name lookup and TCP, for each address of the host.
    pub connect_ms: u64,
    /// The greeting, each command, and each TLS handshake.
    pub command_ms: u64,
    /// The answer to DATA (§4.5.3.2.4 asks for 2 minutes).
    pub data_ms: u64,
    /// Writing the whole message.
    pub body_ms: u64,
    /// The answer to the final dot (§4.5.3.2.6 asks for 10 minutes): too short makes doubt.
    pub after_dot_ms: u64,
    /// Saying QUIT; its outcome changes nothing.
    pub quit_ms: u64,
}

impl Default for SmtpTimeouts {
    fn default() -> Self {
        Self {
            connect_ms: 30_000,
            command_ms: 60_000,
            data_ms: 120_000,
            body_ms: 300_000,
            after_dot_ms: 600_000,
            quit_ms: 5_000,
        }
    }
}

impl SmtpTimeouts {
    fn any_zero(self) -> bool {
        [self.connect_ms, self.command_ms, self.data_ms, self.body_ms, self.after_dot_ms, self.quit_ms]
            .contains(&0)
    }

    /// The longest that one try may take, from lookup to QUIT: a lease on a delivery must be
    /// longer than this.
    #[must_use]
    pub fn whole_try(self) -> Duration {
        // Connecting, TLS and EHLO (4), STARTTLS with its EHLO (3), AUTH, MAIL, RCPT.
        let before = self.connect_ms.saturating_add(self.command_ms.saturating_mul(10));
        let data = self.data_ms.saturating_add(self.body_ms).saturating_add(self.after_dot_ms);
        Duration::from_millis(before.saturating_add(data).saturating_add(self.quit_ms))
    }
}

/// The mail server, as it stands in the settings file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// Host name or address.
    pub host: String,
    /// 465 for `tls`, 587 for `starttls`, 25 otherwise is usual.
    pub port: u16,
    /// Encryption.
    pub tls: TlsPolicy,
    /// The name that we say in EHLO.
    pub helo_name: String,
    /// User and password, where the server wants them.
    #[serde(default)]
    pub auth: Option<SmtpAuth>,
    /// A PEM file of a certificate authority to trust besides the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Time limits.
    #[serde(default)]
    pub timeouts: SmtpTimeouts,
}

impl SmtpSettings {
    /// Whether these settings may be used at all; reads no file.
    ///
    /// # Errors
    /// [`SettingsError`], in particular for clear text to another machine.
    pub fn check(&self) -> Result<(), SettingsError> {
        host_name("smtp.host", &self.host)?;
        host_name("smtp.helo_name", &self.helo_name)?;
        let loopback = is_loopback(&self.host);
        let host = || self.host.clone();
        match self.tls {
            TlsPolicy::NoneOnLoopback if !loopback => Err(SettingsError::Plaintext { host: host() }),
            TlsPolicy::PlaintextEvenThoughAnyoneCanRead if !loopback && self.auth.is_some() => {
                Err(SettingsError::PasswordInClear { host: host() })
            }
            _ if self.timeouts.any_zero() => Err(SettingsError::ZeroTimeout),
            _ => Ok(()),
        }
    }
}

/// True for this machine itself: an address of 127/8 or `::1`, or the name `localhost`
/// (RFC 6761 §6.3). Any other name could point elsewhere tomorrow.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host.parse::<IpAddr>().map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |ip| ip.is_loopback())
}

/// `renraku-26-000042-3.pdf`
fn sheet_file_name(number: &str) -> String {
    format!("renraku-{number}.pdf")
}

fn host_name(key: &'static str, value: &str) -> Result<(), SettingsError> {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
    if value.is_empty() || value.len() > 253 || !value.bytes().all(fine) {
        return Err(SettingsError::HostName { key, value: value.escape_debug().to_string() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(host: &str, tls: &str, more: &str) -> SmtpSettings {
        let text = format!("host='{host}'\nport=25\ntls='{tls}'\nhelo_name='gw.example.jp'\n{more}");
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn clear_text_leaves_the_machine_only_by_its_own_word() {
        let loud = "plaintext_even_though_anyone_on_the_way_can_read_it";
        let auth = "[auth]\nuser='u'\npassword_file='/run/p'";
        let table = [
            ("127.0.0.1", "none_on_loopback", "", true),
            ("127.0.0.1", "none_on_loopback", auth, true),
            ("::1", "none_on_loopback", "", true),
            ("localhost", "none_on_loopback", "", true),
            ("localhost.example.jp", "none_on_loopback", "", false),
            ("192.168.0.5", "none_on_loopback", "", false),
            ("mail.example.jp", "none_on_loopback", "", false),
            ("mail.example.jp", loud, "", true),
            ("mail.example.jp", loud, auth, false),
            ("mail.example.jp", "starttls", auth, true),
            ("mail.example.jp", "tls", auth, true),
            ("mail.example.jp\r\nX", "tls", "", false),
            ("", "tls", "", false),
            ("mail.example.jp", "tls", "[timeouts]\nafter_dot_ms=0", false),
        ];
        for (host, tls, more, allowed) in table {
            let escaped = SmtpSettings { host: host.to_owned(), ..settings("h", tls, more) };
            assert_eq!(escaped.check().is_ok(), allowed, "{host} {tls} {more}");
        }
    }

    #[test]
    fn a_mistyped_key_is_noticed() {
        let text = "host='h'\nport=25\ntls='tls'\nhelo_name='g'\npasword='x'";
        let error = toml::from_str::<SmtpSettings>(text).unwrap_err().to_string();
        assert!(error.contains("pasword"), "{error}");
    }
}

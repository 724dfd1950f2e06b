//! The settings file: what a region decides once. Every mistake is one sentence with its line.

use crate::domain::backoff::BackoffRule;
use crate::domain::calendar::Closures;
use crate::domain::client::Masking;
use crate::domain::directory::Association;
use crate::domain::identifier::FaxNumber;
use crate::form::definition::DueRule;
use crate::mail::profile::{FaxProfile, MailProfile};
use crate::mail::receive::folder::FolderSettings;
use crate::mail::receive::imap::ImapSettings;
use crate::mail::send::SmtpSettings;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No such file, or no right to read it.
    #[error(
        "設定ファイル {path} を読めません({cause})。場所と権限をお確かめください / the settings file cannot be read"
    )]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        cause: String,
    },
    /// A mistake in it.
    #[error("設定ファイル {path} に誤りがあります / the settings file has a mistake:\n{cause}")]
    Wrong {
        /// Which.
        path: String,
        /// Where and what.
        cause: String,
    },
}

/// The settings. Everything may be left out; what is needed and missing is said when it is needed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The number that doctors fax their answers to.
    pub return_fax: Option<FaxNumber>,
    /// The mail server that everything leaves through.
    pub smtp: Option<SmtpSettings>,
    /// The e-mail-to-fax service.
    pub fax: Option<FaxProfile>,
    /// Mails to clinics' own mailboxes.
    pub mail: Option<MailProfile>,
    /// The Maildir that answers arrive in; `inbox` in the data directory when left out.
    pub inbox: Option<PathBuf>,
    /// A mailbox on a server in which answers arrive as well.
    pub imap: Option<ImapSettings>,
    /// A folder into which a scanner or a fax server drops files.
    pub folder: Option<FolderSettings>,
    /// A directory with forms of the region's own.
    pub forms: Option<PathBuf>,
    /// Due rules that differ from the forms' own, by form id.
    pub due: BTreeMap<String, DueRule>,
    /// When nobody works.
    pub closures: Closures,
    /// How tries of a delivery are spaced.
    pub backoff: BackoffRule,
    /// The server.
    pub serve: ServeConfig,
    /// One-time links by which clinics answer.
    pub link: LinkConfig,
    /// What sheets may show of a client at the most.
    pub masking: Masking,
    /// Who runs the gateway.
    pub association: Option<Association>,
    /// Mails that tell users to look.
    pub notice: NoticeConfig,
    /// What helps people who read handwriting.
    pub reading: ReadingConfig,
}

/// What helps people who read handwriting.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadingConfig {
    /// A program of this machine and its arguments that takes a picture (PNG) on its standard input and writes
    /// what it makes out, in UTF-8: `["tesseract", "stdin", "stdout", "-l", "jpn", "--psm", "6"]`. Empty: none. Its
    /// words are shown to the reviewer beside the picture and are never taken for an answer.
    pub transcriber: Vec<String>,
}

/// When notices leave, in Japanese time. They need `[mail]` and `serve.public_url`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoticeConfig {
    /// From this hour on.
    pub from_hour: Hour,
    /// And before this one.
    pub to_hour: Hour,
}

/// An hour of the day, 0 to 24.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "i8")]
pub struct Hour(pub i8);

impl TryFrom<i8> for Hour {
    type Error = &'static str;
    fn try_from(hour: i8) -> Result<Self, Self::Error> {
        if (0..=24).contains(&hour) {
            Ok(Self(hour))
        } else {
            Err("0から24までの時刻にしてください / an hour is 0 to 24")
        }
    }
}

impl Default for NoticeConfig {
    fn default() -> Self {
        Self { from_hour: Hour(8), to_hour: Hour(19) }
    }
}

/// Settings of one-time links. They are built from `serve.public_url`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkConfig {
    /// Days that a link lives.
    pub days: u16,
    /// True: the page shows the client's name and day of birth; otherwise the masked initial.
    pub show_name: bool,
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self { days: 14, show_name: false }
    }
}

/// Settings of `renraku serve`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// True: a proxy before it speaks TLS, so that another address than loopback may be listened on.
    pub behind_tls_proxy: bool,
    /// Where people open the pages: `https://renraku.example.jp`. Pages answer to this name alone; without it,
    /// to this machine's own names.
    pub public_url: Option<String>,
    /// How often the inbox and the outbox are looked at.
    pub look_every_ms: u64,
    /// How often overdue requests are looked for.
    pub due_every_ms: u64,
    /// Mails that may be on their way at once, of each route.
    pub sends_at_once: usize,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8470)),
            behind_tls_proxy: false,
            public_url: None,
            look_every_ms: 2_000,
            due_every_ms: 60_000,
            sends_at_once: 4,
        }
    }
}

impl Config {
    /// Reads a settings file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            path: path.display().to_string(),
            cause: error.to_string(),
        })?;
        toml::from_str(&text).map_err(|error| ConfigError::Wrong {
            path: path.display().to_string(),
            cause: error.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_a_setting_and_a_slip_is_named_with_its_line() {
        assert!(toml::from_str::<Config>("").is_ok());
        for (text, expected) in [
            ("return_fax = '09012345678'", "return_fax"),
            ("[notice]\nto_hour = 25", "24"),
            ("[masking]\nname = 'half'", "alternate"),
            ("[association]\nname = 'x'", "tel"),
            ("[imap]\nhost = 'mail.example.jp'\nport = 993\nuser = 'u'\ntls = 'none'", "none_on_loopback"),
            (
                "[imap]\nhost = 'mail.example.jp'\nport = 993\ntls = 'tls'\nuser = 'u'\npasword = 'x'",
                "pasword",
            ),
            ("[folder]\nsettle_ms = 5", "path"),
            ("\nretrun_fax = '0344772288'", "retrun_fax"),
            ("[serve]\nlisten = 'somewhere'", "listen"),
            ("[due]\nliaison = { kind = 'business_days', days = -1 }", "days"),
        ] {
            let message = toml::from_str::<Config>(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}

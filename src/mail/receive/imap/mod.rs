//! A mailbox on a server, read over IMAP (RFC 3501) with TLS and IDLE (RFC 2177). A mail is fetched whole, handed over to be
//! stored, and only then flagged or moved; nothing is deleted but a mail that was copied to the mailbox that the settings name.

mod connect;
mod error;
mod plan;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod wire;
mod words;

pub use error::ImapError;
pub use plan::{KEYWORD, Memory, Plan, Remark, Settle};
pub use session::{Looked, Mail, Session};
pub use settings::{ImapSettings, ImapSettingsError, ImapTimeouts, ImapTls};

use super::maildir::MAX_BYTES;
use std::fmt;
use std::sync::Arc;
use tokio_rustls::rustls::ClientConfig;

/// A mailbox with checked settings, ready to be connected to.
pub struct Imap {
    settings: ImapSettings,
    tls: Option<Arc<ClientConfig>>,
    most_bytes: u64,
}

impl fmt::Debug for Imap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imap").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Imap {
    /// Checks the settings and the files that they name, and prepares TLS. Connects to nothing.
    ///
    /// # Errors
    /// [`ImapSettingsError`] names the key.
    pub fn open(settings: &ImapSettings) -> Result<Self, ImapSettingsError> {
        Self::with_limit(settings, MAX_BYTES)
    }

    /// As [`Imap::open`], with another limit for one mail, in octets.
    ///
    /// # Errors
    /// [`ImapSettingsError`] names the key.
    pub fn with_limit(settings: &ImapSettings, most_bytes: u64) -> Result<Self, ImapSettingsError> {
        settings.check()?;
        settings.secret()?.read()?;
        Ok(Self { settings: settings.clone(), tls: connect::tls(settings)?, most_bytes })
    }

    /// Connects, logs in and opens the mailbox. The secret's file is read anew, so that one that was renewed is used.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn connect(&self) -> Result<Session<'_>, ImapError> {
        Session::open(self).await
    }

    fn key(&self, uid_validity: u32, uid: u32) -> String {
        format!("imap:{}/{}/{uid_validity}/{uid}", self.settings.host, self.settings.mailbox)
    }
}

//! What arrives: every mail and file is stored durably, then acknowledged where it came from, and only then read.

use super::ingest::store_arrival;
use super::{Clock, FlowError, Result};
use crate::mail::receive::folder::Folder;
use crate::mail::receive::imap::Mail;
use crate::mail::receive::maildir::{Maildir, MaildirError};
use crate::store::{Recorded, Store};

/// What one look into the inbox or into a folder did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Received {
    /// Arrivals, new or known.
    pub arrivals: Vec<Recorded>,
    /// Mails and files that could not be taken; they stay where they are.
    pub left: usize,
}

/// Takes everything that waits in the inbox. A mail that cannot be stored stays there.
///
/// # Errors
/// When the inbox cannot be listed, or the store fails.
pub fn receive(store: &dyn Store, inbox: &Maildir, clock: &Clock) -> Result<Received> {
    let mut received = Received::default();
    for mail in inbox.waiting().map_err(inbox_error)? {
        let mail = match mail {
            Ok(mail) => mail,
            Err(error) => {
                tracing::warn!(%error, "a mail of the inbox could not be taken and stays there");
                received.left += 1;
                continue;
            }
        };
        let recorded = store_arrival(store, &mail.source_key, "mail", &mail.bytes, clock.now())?;
        received.arrivals.push(recorded);
        if let Err(error) = inbox.acknowledge(&mail) {
            // It will be listed again under the same key, and then nothing is stored twice.
            tracing::warn!(%error, "a stored mail could not be marked as seen");
        }
    }
    Ok(received)
}

/// Stores a mail of a mailbox on a server. When this returns, it may be flagged or moved there.
///
/// # Errors
/// When the store fails: the mail must stay as it is.
pub fn take_mail(store: &dyn Store, mail: &Mail, clock: &Clock) -> Result<Recorded> {
    store_arrival(store, &mail.source_key, "mail", &mail.bytes, clock.now())
}

/// Takes the files of a watched folder that have stopped changing. One that cannot be read or stored stays there.
///
/// # Errors
/// When the folder cannot be listed, or the store fails.
pub fn take_files(store: &dyn Store, folder: &Folder, clock: &Clock) -> Result<Received> {
    let mut received = Received::default();
    for path in folder.settled(clock.now()).map_err(|error| FlowError::Inbox(error.to_string()))? {
        let file = match folder.read(&path) {
            Ok(Some(file)) => file,
            Ok(None) => continue,
            Err(error) => {
                if folder.is_news(&path) {
                    tracing::warn!(%error, "a file of the watched folder could not be taken and stays there");
                }
                received.left += 1;
                continue;
            }
        };
        received.arrivals.push(store_arrival(store, &file.source_key, &file.name, &file.bytes, clock.now())?);
        if let Err(error) = folder.acknowledge(&file)
            && folder.is_news(&path)
        {
            // It will be looked at again under the same key, and then nothing is stored twice.
            tracing::warn!(%error, "a stored file could not be moved");
        }
    }
    Ok(received)
}

fn inbox_error(error: impl Into<MaildirError>) -> FlowError {
    FlowError::Inbox(error.into().to_string())
}

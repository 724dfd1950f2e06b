//! The inbox: every mail is stored durably, then acknowledged, and only then read.

use super::ingest::store_arrival;
use super::{Clock, FlowError, Result};
use crate::mail::receive::maildir::{Maildir, MaildirError};
use crate::store::{Recorded, Store};

/// What one look into the inbox did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Received {
    /// Arrivals, new or known.
    pub arrivals: Vec<Recorded>,
    /// Mails that could not be taken; they stay where they are.
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

fn inbox_error(error: impl Into<MaildirError>) -> FlowError {
    FlowError::Inbox(error.into().to_string())
}

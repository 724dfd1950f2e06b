//! What changed since someone last asked, for pages that show it without a reload. Reads only the log's new
//! lines; says that something changed, never what: the page asks again, as the one who looks at it.

use super::Result;
use crate::domain::event::{Event, Subject};
use crate::domain::id::{MessageId, RequestId};
use crate::store::Store;
use std::collections::BTreeSet;

/// The most lines that are read at once; what is more is read the next time.
const BATCH: usize = 500;

/// What changed after a cursor.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one list that a page shows; none excludes another"
)]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Ask from here the next time.
    pub cursor: u64,
    /// Requests with a new state, delivery, reply or event.
    pub requests: BTreeSet<RequestId>,
    /// Messages that came, or were looked at.
    pub messages: BTreeSet<MessageId>,
    /// True when something began to wait for a person, or was decided.
    pub reviews: bool,
    /// True when the outbox moved.
    pub outbox: bool,
    /// True when a clinic changed.
    pub directory: bool,
    /// True when the hold was set or lifted, or something else happened to the gateway as a whole.
    pub gateway: bool,
}

impl Changes {
    /// True when nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { cursor: self.cursor, ..Self::default() }
    }
}

/// Where the log ends now: the cursor of someone who has just read everything.
///
/// # Errors
/// When the store fails.
pub fn end(store: &dyn Store) -> Result<u64> {
    Ok(store.last_event()?)
}

/// What changed after `cursor`.
///
/// # Errors
/// When the store fails.
pub fn since(store: &dyn Store, cursor: u64) -> Result<Changes> {
    let events = store.events_after(cursor, BATCH)?;
    let mut changes = Changes { cursor, ..Changes::default() };
    for (place, event) in &events {
        changes.cursor = *place;
        note(store, event, &mut changes)?;
    }
    Ok(changes)
}

fn note(store: &dyn Store, event: &Event, changes: &mut Changes) -> Result<()> {
    match event.subject {
        Subject::Request => changes.requests.extend(event.subject_id.parse::<RequestId>().ok()),
        Subject::Delivery => {
            changes.outbox = true;
            if let Ok(id) = event.subject_id.parse() {
                changes.requests.extend(store.delivery(id)?.request_id());
            }
        }
        Subject::Arrival | Subject::Review => changes.reviews = true,
        Subject::Message => changes.messages.extend(event.subject_id.parse::<MessageId>().ok()),
        Subject::Clinic => changes.directory = true,
        Subject::Gateway => changes.gateway = true,
    }
    Ok(())
}

//! One line of the append-only event log: what happened to what, and when.

use super::id::EventId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A request.
    Request,
    /// A delivery.
    Delivery,
    /// An arrival.
    Arrival,
    /// A clinic.
    Clinic,
    /// An item that waits for a person, or was decided.
    Review,
    /// A message on a blank sheet.
    Message,
    /// The gateway itself: hold, backup, restore.
    Gateway,
}

impl Subject {
    /// The name as it stands in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Delivery => "delivery",
            Self::Arrival => "arrival",
            Self::Clinic => "clinic",
            Self::Review => "review",
            Self::Message => "message",
            Self::Gateway => "gateway",
        }
    }
}

/// One event. Never changed, never deleted; carries no client data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Time-ordered.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// About what kind of thing.
    pub subject: Subject,
    /// About which one.
    pub subject_id: String,
    /// What happened: a word of the field in `snake_case`, such as `submitted`, `overdue_flagged`.
    pub what: String,
    /// The state before, when it changed.
    pub from: Option<String>,
    /// The state after, when it changed.
    pub to: Option<String>,
    /// The server's words, a reason's code; may be empty.
    pub detail: String,
}

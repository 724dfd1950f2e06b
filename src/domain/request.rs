//! A request on its way: the request, its deliveries and their attempts, its sheets, what arrived,
//! what waits for a person, and the replies that became records.

use super::directory::RouteKind;
use super::id::{ArrivalId, AttemptId, ClinicId, DeliveryId, OfficeId, ReplyId, RequestId, ReviewId};
use super::reading::{FoundBy, PageReading, Reason};
use super::sheet_number::{RequestNumber, SheetNumber};
use super::state::{AttemptEnd, DeliveryState, RequestState};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One request (照会).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// The number that people say.
    pub number: RequestNumber,
    /// The form.
    pub form_id: String,
    /// The form's version when it was filled.
    pub form_version: u32,
    /// Who asks.
    pub office_id: OfficeId,
    /// Who is asked.
    pub clinic_id: ClinicId,
    /// The filled fields: `{field: value, …}`.
    pub answers: serde_json::Value,
    /// Where it stands.
    pub state: RequestState,
    /// The last day on which the reply is in time; `None` where no reply is due.
    pub due_on: Option<Date>,
    /// The flag 期限超過: since when.
    pub overdue_since: Option<Timestamp>,
    /// When it was handed over.
    pub created_at: Timestamp,
    /// When it first left.
    pub sent_at: Option<Timestamp>,
    /// When its answer was recorded.
    pub answered_at: Option<Timestamp>,
}

/// One way of bringing a request to its recipient: a row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// What is brought.
    pub request_id: RequestId,
    /// How.
    pub route: RouteKind,
    /// The number or address that is really used, kept even if the clinic's changes later.
    pub address: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Tries so far, counted before each try.
    pub attempts: u32,
    /// Not before.
    pub next_try_at: Timestamp,
    /// The sheet, once rendered.
    pub sheet_id: Option<SheetNumber>,
    /// What the last try ended with, in the server's words.
    pub last_detail: String,
    /// When it entered the outbox.
    pub created_at: Timestamp,
}

/// One try of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// Of which delivery.
    pub delivery_id: DeliveryId,
    /// From 1.
    pub number: u32,
    /// Committed before connecting.
    pub started_at: Timestamp,
    /// Committed before the first byte of the text left.
    pub body_started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub end: Option<AttemptEnd>,
    /// The server's words.
    pub detail: String,
}

/// A blob's name: the SHA-256 of its bytes in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobId(pub String);

/// One thing that arrived. Its bytes are kept whatever becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// Its id.
    pub id: ArrivalId,
    /// Where it came from and which one it was there; unique.
    pub source_key: String,
    /// Its name for people: a file name, or the source.
    pub name: String,
    /// The bytes as they came.
    pub blob: BlobId,
    /// When it was stored.
    pub received_at: Timestamp,
    /// Where it stands.
    pub state: ArrivalState,
    /// Times that reading it was begun, counted before each.
    pub tries: u32,
}

/// Where an arrival stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArrivalState {
    /// Stored, not yet read.
    Waiting,
    /// A worker reads it.
    Reading,
    /// Read: what it gave is recorded or waits for a person.
    Done,
    /// Reading it failed again and again: a person must look at the raw bytes.
    Quarantined,
}

impl ArrivalState {
    /// The name as it stands in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Reading => "reading",
            Self::Done => "done",
            Self::Quarantined => "quarantined",
        }
    }
}

/// One page of an arrival, as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArrivalPage {
    /// Of which arrival.
    pub arrival_id: ArrivalId,
    /// From 1, over all attachments of the arrival.
    pub number: u32,
    /// What was read.
    pub reading: PageReading,
    /// Pictures of the handwriting areas with ink: field id → blob (PNG).
    pub crops: BTreeMap<String, BlobId>,
}

/// What a reply says: reply field → the chosen options, in the form's order.
pub type ReplyAnswers = BTreeMap<String, Vec<String>>;

/// A reply (回答) on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Its id.
    pub id: ReplyId,
    /// Which request it answers.
    pub request_id: RequestId,
    /// On which sheet.
    pub sheet_id: SheetNumber,
    /// In which arrival.
    pub arrival_id: ArrivalId,
    /// On which page of it.
    pub page_number: u32,
    /// What it says.
    pub answers: ReplyAnswers,
    /// Handwriting areas with ink: field id → picture. Read by people.
    pub handwriting: BTreeMap<String, BlobId>,
    /// What identified it.
    pub found_by: FoundBy,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// One thing that waits for a person (要確認).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewItem {
    /// Its id.
    pub id: ReviewId,
    /// What arrived.
    pub arrival_id: ArrivalId,
    /// The page of it; `None` when the arrival as a whole waits.
    pub page_number: Option<u32>,
    /// The request that it probably belongs to, when its code was verified.
    pub request_id: Option<RequestId>,
    /// Why it waits.
    pub reasons: Vec<Reason>,
    /// Since when.
    pub created_at: Timestamp,
    /// When a person was done with it.
    pub closed_at: Option<Timestamp>,
}

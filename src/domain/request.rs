//! A request on its way: the request, its deliveries and their attempts, its sheets, what arrived,
//! what waits for a person, and the replies that became records.

use super::directory::RouteKind;
use super::id::{
    ArrivalId, AttemptId, ClinicId, DecisionId, DeliveryId, LinkId, OfficeId, ReplyId, RequestId, ReviewId,
    UserId,
};
use super::letter::Letter;
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
    /// The user who asked; `None`: at the command line.
    pub asked_by: Option<UserId>,
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

/// One thing on its way to its recipient: a row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// What is brought; `letter` and its id in JSON.
    #[serde(flatten)]
    pub letter: Letter,
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

impl Delivery {
    /// The request that it belongs to; `None` for the test of a number and for notices.
    #[must_use]
    pub fn request_id(&self) -> Option<RequestId> {
        self.letter.request_id()
    }

    /// True when it is on its way, left, or may have: nobody sends the same again by another way.
    #[must_use]
    pub fn may_have_left(&self) -> bool {
        use DeliveryState::{Held, Queued, Undelivered};
        !matches!(self.state, Held | Queued | Undelivered)
    }
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

/// A reply (回答) on record. Never changed; a person may take it back, and then it no longer counts.
/// Where a request has several, the last one recorded is its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Its id.
    pub id: ReplyId,
    /// Which request it answers.
    pub request_id: RequestId,
    /// Where it comes from; its fields stand beside the others in JSON.
    #[serde(flatten)]
    pub source: ReplySource,
    /// What it says.
    pub answers: ReplyAnswers,
    /// Handwriting areas with ink: field id → picture. Read by people.
    pub handwriting: BTreeMap<String, BlobId>,
    /// What was typed in place of handwriting: field id → text, its lines ended with `\n`. May be a client's data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// Where a reply comes from. Every reply can say who vouches for it: a verified code, or a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum ReplySource {
    /// Read on a sheet with a verified code, without any doubt: on its picture, or ([`FoundBy::Fields`]) in the
    /// fields of a fillable sheet.
    Paper {
        /// On which sheet.
        sheet_id: SheetNumber,
        /// In which arrival.
        arrival_id: ArrivalId,
        /// On which page of it.
        page_number: u32,
        /// What identified it.
        found_by: FoundBy,
    },
    /// On paper, and a person looked at it.
    PaperConfirmed {
        /// The item that waited.
        review_id: ReviewId,
        /// On which sheet, when its code was verified.
        sheet_id: Option<SheetNumber>,
        /// In which arrival.
        arrival_id: ArrivalId,
        /// On which page of it; `None`: the person read the file as a whole.
        page_number: Option<u32>,
        /// True: the person's answers, not the reading's.
        corrected: bool,
        /// Who; `None`: at the command line.
        confirmed_by: Option<UserId>,
    },
    /// Said on the telephone.
    Phone {
        /// Who wrote it down; `None`: at the command line.
        written_by: Option<UserId>,
        /// Who at the clinic said it, as it was written down.
        said_by: String,
    },
    /// Ticked by the clinic on the page of its one-time link.
    Link {
        /// By which link.
        link_id: LinkId,
        /// The name as it was typed; may be empty. Doctor or on the doctor's behalf stands in the answers.
        name: String,
    },
}

impl ReplySource {
    /// The arrival and the page of it, for what came on paper.
    #[must_use]
    pub fn page(&self) -> Option<(ArrivalId, Option<u32>)> {
        match self {
            Self::Paper { arrival_id, page_number, .. } => Some((*arrival_id, Some(*page_number))),
            Self::PaperConfirmed { arrival_id, page_number, .. } => Some((*arrival_id, *page_number)),
            Self::Phone { .. } | Self::Link { .. } => None,
        }
    }
}

/// A reply that a person took back. It stays on record and counts no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawnReply {
    /// The reply as it was.
    pub reply: Reply,
    /// When it was taken back.
    pub withdrawn_at: Timestamp,
    /// Who; `None`: at the command line.
    pub withdrawn_by: Option<UserId>,
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

/// What a person decided about an item. The list of an item's decisions is append-only; the last counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewDecision {
    /// Its id.
    pub id: DecisionId,
    /// About which item.
    pub review_id: ReviewId,
    /// What.
    pub verdict: Verdict,
    /// The request whose reply it became; `None` for rejected.
    pub request_id: Option<RequestId>,
    /// The reply that it became, or that `Undone` took back.
    pub reply_id: Option<ReplyId>,
    /// The reason as it was typed; may name a client and goes into no log. Empty where none is asked.
    pub why: String,
    /// When.
    pub at: Timestamp,
    /// Who; `None`: at the command line.
    pub by: Option<UserId>,
}

/// What can be decided about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The reading, or corrected answers, became the reply of the item's request.
    Confirmed,
    /// The page became the reply of a request that a person named.
    Assigned,
    /// Nothing in it is an answer.
    Rejected,
    /// It was split: what it held waits as items of their own.
    Split,
    /// It was part of an item whose splitting was taken back: that item waits instead.
    Joined,
    /// The sheet is one that a clinic keeps: its page became a message for the sheet's office.
    HandedOn,
    /// The decision before was taken back: the item waits again.
    Undone,
}

impl Verdict {
    /// The name as it stands in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Assigned => "assigned",
            Self::Rejected => "rejected",
            Self::Split => "split",
            Self::Joined => "joined",
            Self::HandedOn => "handed_on",
            Self::Undone => "undone",
        }
    }
}

/// What a person decides about a delivery of which nobody knows whether it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoubtDecision {
    /// Send it once more. The clinic may get it twice.
    Resend,
    /// It arrived: the person asked.
    Delivered,
    /// It did not arrive, and is not sent again.
    Undelivered,
}

impl DoubtDecision {
    /// The name as it stands in JSON and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
        }
    }
}

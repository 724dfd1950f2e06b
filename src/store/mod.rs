//! Everything that must survive: one interface, [`Store`], behind which `SQLite` stands today and
//! `PostgreSQL` can stand tomorrow; and [`Blobs`] for large bytes. Above this module there is no SQL and
//! no type of a database crate.
//!
//! Every method of [`Store`] is one transaction. None renders, none speaks to the network, none reads
//! a clock. Steps are compare-and-set: a step that finds another state than it expected changes
//! nothing and says [`StoreError::Conflict`]. A step of a state writes its event in the same transaction.

mod blank_sheets;
pub mod blob;
mod files;
mod letters;
mod links;
mod passphrases;
mod people;
mod results;
pub mod sqlite;

pub use crate::domain::report::UnansweredRow;
pub use blank_sheets::{BlankSheet, BlankSheetStore, NewBlankSheet};
pub use letters::{LetterStore, NewNotice, NewNumberTest, NewTestPage};
pub use links::{LinkAnswered, LinkStore, LinkTry, NewLink, NewLinkPass, NewLinkReply};
pub use passphrases::{PassphraseStore, SealedPassphrase};
pub use people::{
    AccountStore, AuditFilter, AuditStore, NewConfirmed, NewPhoneReply, ReviewStore, TryAllowed,
};
pub use results::{FailedNumber, ResultStore};
pub use sqlite::SqliteStore;

use crate::domain::account::By;
use crate::domain::attachment::Attachment;
use crate::domain::directory::{ClientRecord, Clinic, Office, RouteKind};
use crate::domain::event::{Event, Subject};
use crate::domain::id::{
    ArrivalId, AttemptId, ClientId, ClinicId, DeliveryId, MessageId, OfficeId, RequestId, UserId,
};
use crate::domain::reading::{BoxReading, FoundBy, Reason};
use crate::domain::request::{
    Arrival, ArrivalPage, Attempt, BlobId, Delivery, DoubtDecision, Reply, ReplyAnswers, Request, ReviewItem,
};
use crate::domain::result::Told;
use crate::domain::sheet_number::{RequestNumber, SheetNumber};
use crate::domain::state::{AttemptEnd, RequestState};
use crate::form::definition::FormDefinition;
use crate::form::layout::{Frame, Layout};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What can go wrong in a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The thing is not there.
    #[error("{what} {id} は見つかりません。番号をお確かめください / there is no {what} {id}: check the id")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// The id that was looked for.
        id: String,
    },
    /// Someone else was faster, or the step is not allowed from the present state.
    #[error("{0} / it is no longer in the state that this step expects: look at it again")]
    Conflict(String),
    /// What was asked for cannot be done here at all; the text says what to do.
    #[error("{0}")]
    Refused(String),
    /// The database itself failed; the text names the act.
    #[error("while {act}: {cause}")]
    Failed {
        /// What was being done.
        act: &'static str,
        /// What the database said.
        cause: String,
    },
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The one id of [`Subject::Gateway`] in the log.
pub const GATEWAY: &str = "gateway";

/// A lease on a piece of work: whoever holds it may finish it until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Names the holder; unguessable by accident (worker and random).
    pub token: String,
    /// After this moment others may take the work.
    pub until: Timestamp,
}

/// A request to be stored with its first delivery.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// Chosen by the caller, so that a repeated call is noticed.
    pub id: RequestId,
    /// Of the first delivery.
    pub delivery_id: DeliveryId,
    /// The form, stored with the request if this version is not yet known.
    pub form: FormDefinition,
    /// Who asks.
    pub office_id: OfficeId,
    /// Who is asked.
    pub clinic_id: ClinicId,
    /// The filled fields.
    pub answers: serde_json::Value,
    /// The year of the request number.
    pub year: i16,
    /// The last day in time.
    pub due_on: Option<Date>,
    /// The route.
    pub route: RouteKind,
    /// The verified number or address.
    pub address: String,
    /// The user who asks; `None`: at the command line.
    pub asked_by: Option<UserId>,
    /// What goes along, its pages stored as blobs.
    pub attachments: Vec<Attachment>,
    /// It does not leave before this moment; `None`: at once.
    pub not_before: Option<Timestamp>,
}

/// Another letter.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// Chosen by the caller.
    pub id: DeliveryId,
    /// The route.
    pub route: RouteKind,
    /// The verified number or address.
    pub address: String,
    /// It does not leave before this moment; `None`: at once.
    pub not_before: Option<Timestamp>,
}

/// A rendered sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Its number.
    pub sheet_id: SheetNumber,
    /// Of which request.
    pub request_id: RequestId,
    /// For which delivery.
    pub delivery_id: DeliveryId,
    /// Its geometry, so that it stays readable after its form changes.
    pub layout: Layout,
    /// The PDF.
    pub pdf: BlobId,
    /// When it was rendered.
    pub rendered_at: Timestamp,
}

/// How an attempt ended, and what follows.
#[derive(Debug, Clone)]
pub struct AttemptOutcome {
    /// How.
    pub end: AttemptEnd,
    /// The server's words, without client data.
    pub detail: String,
    /// For `Retry`: not before; `None` when giving up (the delivery becomes undelivered).
    pub next_try_at: Option<Timestamp>,
    /// For `Submitted`: the route promised to tell what becomes of it until then; `None` where it promises nothing.
    pub result_due_at: Option<Timestamp>,
    /// For `Failed`: the server said that the address does not exist.
    pub wrong_number: bool,
}

/// Something that arrived, whose bytes are already durable as a blob.
#[derive(Debug, Clone)]
pub struct NewArrival {
    /// Chosen by the caller.
    pub id: ArrivalId,
    /// Unique: the same key again is the same arrival.
    pub source_key: String,
    /// For people.
    pub name: String,
    /// The bytes.
    pub blob: BlobId,
}

/// Whether an arrival was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Stored now.
    New(ArrivalId),
    /// Known already under its source key.
    Known(ArrivalId),
}

impl Recorded {
    /// The arrival, new or known.
    #[must_use]
    pub fn id(self) -> ArrivalId {
        match self {
            Self::New(id) | Self::Known(id) => id,
        }
    }
}

/// What became of one page of an arrival.
#[derive(Debug, Clone)]
pub enum PageOutcome {
    /// A sure reply with a verified code.
    Reply {
        /// On which sheet.
        sheet_id: SheetNumber,
        /// What it says.
        answers: ReplyAnswers,
        /// Handwriting areas with ink.
        handwriting: BTreeMap<String, BlobId>,
        /// What was typed in the areas of a fillable sheet: field id → text that is not empty.
        texts: BTreeMap<String, String>,
        /// What identified it.
        found_by: FoundBy,
    },
    /// A person must look.
    Review {
        /// The sheet, when its code was verified.
        sheet_id: Option<SheetNumber>,
        /// Why.
        reasons: Vec<Reason>,
    },
    /// A page that asks nothing, of a sheet of which no other page does.
    Nothing,
    /// A page that asks nothing, of a request's sheet of which another page does, or on which something is doubtful.
    Continuation {
        /// The sheet's number, verified.
        sheet_id: SheetNumber,
        /// The pages that ask, each as a [`ReasonCode::PagesMissing`](crate::domain::reading::ReasonCode::PagesMissing)
        /// with its number of how many (`2/2`): they are missing unless one of them is here, or was.
        lacks: Vec<Reason>,
        /// What a person must look at on this page.
        doubts: Vec<Reason>,
    },
    /// The page of a number's test came back.
    NumberTest {
        /// The page's number, verified.
        sheet_id: SheetNumber,
    },
    /// A clinic wrote on a blank sheet that it keeps.
    Message {
        /// The sheet's number, verified.
        sheet_id: SheetNumber,
        /// Every box of the page, as it was read.
        boxes: Vec<BoxReading>,
        /// What was doubtful; the office looks at the page in any case.
        reasons: Vec<Reason>,
        /// Handwriting areas with ink.
        handwriting: BTreeMap<String, BlobId>,
    },
}

/// What an arrival gave.
#[derive(Debug, Clone, Default)]
pub struct ArrivalOutcome {
    /// Each page with what became of it, in order.
    pub pages: Vec<(ArrivalPage, PageOutcome)>,
    /// Reasons for which the arrival as a whole waits for a person; empty when it does not.
    pub whole: Vec<Reason>,
    /// What it tells about deliveries, each with the reason for a person where it does not fit.
    pub told: Vec<(Told, Reason)>,
}

/// What [`Store::finish_arrival`] did with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// Requests whose reply is now on record.
    pub answered: Vec<RequestId>,
    /// Requests whose same reply was on record already.
    pub repeated: Vec<RequestId>,
    /// Messages on blank sheets, each page anew.
    #[serde(default)]
    pub messages: Vec<MessageId>,
    /// Deliveries of which something was told.
    #[serde(default)]
    pub told: Vec<DeliveryId>,
    /// Items that now wait for a person.
    pub reviews: Vec<ReviewItem>,
}

/// What a list of requests shows.
#[derive(Debug, Clone, Default)]
pub struct RequestFilter {
    /// Only this state.
    pub state: Option<RequestState>,
    /// Only this office's.
    pub office_id: Option<OfficeId>,
    /// Only those flagged overdue.
    pub overdue: bool,
}

/// Large bytes by content. The local default is durable (file and directory flushed) before `put` returns.
pub trait Blobs: Send + Sync {
    /// Stores the bytes; the same bytes again are the same blob.
    ///
    /// # Errors
    /// When the bytes could not be made durable.
    fn put(&self, bytes: &[u8]) -> Result<BlobId>;
    /// The bytes, checked against their name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or `Failed` when the bytes on disk no longer fit their name.
    fn get(&self, id: &BlobId) -> Result<Vec<u8>>;
}

/// The directory: who is who.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait DirectoryStore: Send + Sync {
    /// Stores or replaces. A route is verified afterwards only when exactly its kind and address are stored
    /// as verified and the given value says so too (then as stored): storing never verifies, and can take
    /// a verification away. The same fax number at another clinic is a `Conflict`; one that is not digits
    /// alone is `Refused`.
    fn put_clinic(&self, clinic: &Clinic, now: Timestamp) -> Result<()>;
    fn clinic(&self, id: ClinicId) -> Result<Clinic>;
    fn clinics(&self) -> Result<Vec<Clinic>>;
    /// Marks a route as verified; `NotFound` unless exactly this address is stored.
    fn verify_route(
        &self,
        clinic: ClinicId,
        kind: RouteKind,
        address: &str,
        how: &str,
        now: Timestamp,
    ) -> Result<()>;
    fn put_office(&self, office: &Office) -> Result<()>;
    fn office(&self, id: OfficeId) -> Result<Office>;
    fn offices(&self) -> Result<Vec<Office>>;
    fn put_client(&self, client: &ClientRecord) -> Result<()>;
    fn client(&self, id: ClientId) -> Result<ClientRecord>;
    fn clients(&self, office: OfficeId) -> Result<Vec<ClientRecord>>;
}

/// Requests, their deliveries and their sheets.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait RequestStore: Send + Sync {
    /// Stores form version, request (state queued, numbered), what goes along with it and delivery (queued, or held when the
    /// hold is set) together. `NotFound` when office or clinic are not stored; `Conflict` when this form id and version is stored with another content.
    /// The same request id again returns the stored request and changes nothing.
    fn submit(&self, new: &NewRequest, now: Timestamp) -> Result<Request>;
    fn request(&self, id: RequestId) -> Result<Request>;
    /// The request with that number, if there is one.
    fn request_by_number(&self, number: &RequestNumber) -> Result<Option<Request>>;
    /// Newest first, at most `limit`.
    fn requests(&self, filter: &RequestFilter, limit: usize) -> Result<Vec<Request>>;
    /// What goes along with the request, in order.
    fn attachments(&self, request: RequestId) -> Result<Vec<Attachment>>;
    fn form(&self, id: &str, version: u32) -> Result<FormDefinition>;
    /// Cancels; queued and held letters that have not left end as undelivered with the detail `cancelled`, and
    /// every address that has a sheet, or may have one, gets a 取消 notice. `Conflict` while something is being
    /// sent at this moment or the state forbids it.
    fn cancel(&self, id: RequestId, why: &str, now: Timestamp) -> Result<Request>;
    /// The deliveries of its sheets; other letters are in [`LetterStore::letters`].
    fn deliveries(&self, request: RequestId) -> Result<Vec<Delivery>>;
    fn delivery(&self, id: DeliveryId) -> Result<Delivery>;
    /// Deliveries of which a person must decide whether they left, oldest first, at most `limit`.
    fn in_doubt(&self, limit: usize) -> Result<Vec<Delivery>>;
    /// Ends a delivery that is in doubt, as a person decided, and steps its request (unless something
    /// came back or it has ended). With `resend` it ends as undelivered and that new delivery enters the
    /// outbox. `Conflict` when it is not in doubt any more, or, with `resend`, when an answer has come or
    /// the request has ended. Returns the delivery that now stands for the request.
    fn decide_in_doubt(
        &self,
        id: DeliveryId,
        decision: DoubtDecision,
        resend: Option<&NewDelivery>,
        by: &By,
        now: Timestamp,
    ) -> Result<Delivery>;
    fn attempts(&self, delivery: DeliveryId) -> Result<Vec<Attempt>>;
    /// Flags at most `limit` requests that still await an answer and whose due day is before `today`,
    /// and returns them. Reads only what is due (by an index), not what is stored.
    fn flag_overdue(&self, today: Date, limit: usize, now: Timestamp) -> Result<Vec<Request>>;

    /// Takes the delivery that is due longest: queued → sending, lease set. `None` when nothing is due
    /// or sending is on hold. At most one delivery per address is out at a time.
    fn lease_delivery(&self, lease: &Lease, now: Timestamp) -> Result<Option<Delivery>>;
    /// Stores a rendered sheet (and its frames) and names it in the delivery. Needs the lease's token.
    fn put_sheet(&self, sheet: &Sheet, lease: &Lease) -> Result<()>;
    /// Counts and stores the attempt, before connecting. Needs the lease, and that it has not expired.
    fn attempt_started(
        &self,
        attempt: AttemptId,
        delivery: DeliveryId,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<Attempt>;
    /// Committed before the first byte of the text leaves. Needs the lease, and that it has not expired,
    /// that the hold is not set and the request not ended: otherwise `Conflict`, and nothing leaves.
    fn body_started(&self, attempt: AttemptId, lease: &Lease, now: Timestamp) -> Result<()>;
    /// Ends the attempt, steps delivery and request: Submitted → submitted/sent; Retry with a next time →
    /// queued, without → undelivered/undelivered; Failed → undelivered/undelivered; `InDoubt` → in doubt
    /// both. A request that has meanwhile been answered, is under review or ended keeps its state. Where
    /// this says queued, it is held while the hold is set, and undelivered when the request has ended.
    /// Needs the lease's token (not its time: the end of what really happened must be kept).
    fn attempt_ended(
        &self,
        attempt: AttemptId,
        outcome: &AttemptOutcome,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<()>;
    /// Deliveries in `sending` whose lease has expired (`all`: every one, for a caller who knows that no
    /// other worker lives): body begun → attempt, delivery and request in doubt; otherwise → queued again
    /// (held while the hold is set), the attempt ended as Retry. Returns what it touched.
    fn recover_deliveries(&self, all: bool, now: Timestamp) -> Result<Vec<Delivery>>;

    fn sheet(&self, sheet_id: &SheetNumber) -> Result<Option<Sheet>>;
    /// The few different frames of all sheets, most recently used first. Does not scan the sheets.
    fn frames(&self) -> Result<Vec<Frame>>;
}

/// What arrives and what becomes of it.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait ArrivalStore: Send + Sync {
    fn record_arrival(&self, new: &NewArrival, now: Timestamp) -> Result<Recorded>;
    /// Takes one waiting arrival (that one, or the oldest): waiting → reading, try counted, lease set.
    fn lease_arrival(
        &self,
        only: Option<ArrivalId>,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<Option<Arrival>>;
    /// Stores pages, replies and review items and ends the reading, all in one transaction. Needs the lease's token.
    /// A reply to a request that has the same answers on record → repeated (an event links it, nothing else),
    /// unless it has ink in a handwriting area where that one had none, or other typed words → a review item with
    /// `handwriting`;
    /// with other answers → a review item with `second_answer`; to a cancelled or closed request → a review item
    /// with `request_ended`, the state kept. A new reply → stored, request answered. A review item with a known
    /// sheet → the request goes to `needs_review` unless it is answered or ended. A reply that no code
    /// identified is never recorded: it is a review item with `not_verified`. A page on a blank sheet is a message for its
    /// office, every time anew.
    fn finish_arrival(
        &self,
        id: ArrivalId,
        outcome: &ArrivalOutcome,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<Filed>;
    /// Ends the reading as quarantined, with a review item for the whole arrival.
    fn quarantine_arrival(
        &self,
        id: ArrivalId,
        reasons: &[Reason],
        lease: &Lease,
        now: Timestamp,
    ) -> Result<ReviewItem>;
    /// Readings whose lease has expired (`all`: every one) wait again. Returns how many.
    fn recover_arrivals(&self, all: bool, now: Timestamp) -> Result<usize>;
    fn arrival(&self, id: ArrivalId) -> Result<Arrival>;
    fn arrival_pages(&self, id: ArrivalId) -> Result<Vec<ArrivalPage>>;
    /// The replies that count, in the order of recording: the last one is the answer. What a person took
    /// back is in [`ReviewStore::withdrawn_replies`].
    fn replies(&self, request: RequestId) -> Result<Vec<Reply>>;
    /// Oldest first, at most `limit`.
    fn open_reviews(&self, limit: usize) -> Result<Vec<ReviewItem>>;
}

/// The gateway's own state, its log and its reports.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait GatewayStore: Send + Sync {
    /// Why sending is on hold; `None` when it is not.
    fn hold(&self) -> Result<Option<String>>;
    /// Sets (queued → held) or lifts (held → queued) the hold.
    fn set_hold(&self, why: Option<&str>, now: Timestamp) -> Result<()>;
    fn events(&self, subject: Subject, id: &str) -> Result<Vec<Event>>;
    /// Events written after the one at `cursor` (0: from the beginning), in the order of writing, each
    /// with its own cursor; at most `limit`. Reads those alone.
    fn events_after(&self, cursor: u64, limit: usize) -> Result<Vec<(u64, Event)>>;
    /// The cursor of the last event; 0 when there is none.
    fn last_event(&self) -> Result<u64>;
    /// Appends one event that no step writes by itself.
    fn append_event(&self, event: &Event) -> Result<()>;
    /// Requests created on the days `from` to `to` (Japan), one row a clinic that has any, by name.
    /// A due date counts as passed once [`RequestStore::flag_overdue`] has flagged it.
    fn unanswered(&self, from: Date, to: Date) -> Result<Vec<UnansweredRow>>;
    /// Writes everything, blobs included, to one new file, while work goes on. `extra` are small files
    /// (name → bytes) that go with it, such as the keyring. `Refused` when `file` exists.
    fn backup(&self, file: &Path, extra: &BTreeMap<String, Vec<u8>>, now: Timestamp) -> Result<()>;
}

/// A whole store.
pub trait Store:
    DirectoryStore
    + RequestStore
    + ArrivalStore
    + ReviewStore
    + LinkStore
    + LetterStore
    + ResultStore
    + PassphraseStore
    + BlankSheetStore
    + AccountStore
    + AuditStore
    + GatewayStore
{
    /// Where the large bytes are.
    fn blobs(&self) -> &dyn Blobs;
}

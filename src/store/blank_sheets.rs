//! What a store keeps of sheets without a request: the blank ones that clinics keep, and the messages that come on them.
//! Filing them is [`super::ArrivalStore::finish_arrival`]'s, as for every page.

use super::Result;
use crate::domain::account::By;
use crate::domain::id::{ClinicId, MessageId, OfficeId, UserId};
use crate::domain::message::Message;
use crate::domain::request::BlobId;
use crate::domain::sheet_number::SheetNumber;
use crate::form::definition::FormDefinition;
use crate::form::layout::Layout;
use jiff::Timestamp;

/// A blank sheet, to be stored.
#[derive(Debug, Clone)]
pub struct NewBlankSheet {
    /// Its number.
    pub sheet_id: SheetNumber,
    /// The blank sheet's own form ([`FormDefinition::as_blank`]), stored if this version is not yet known.
    pub form: FormDefinition,
    /// Who keeps it.
    pub clinic_id: ClinicId,
    /// Whom it is addressed to.
    pub office_id: OfficeId,
    /// Its geometry, so that it is known when it comes.
    pub layout: Layout,
    /// The PDF.
    pub pdf: BlobId,
}

/// A blank sheet that was made. It is never taken back: copies of it may lie anywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct BlankSheet {
    /// Its number.
    pub sheet_id: SheetNumber,
    /// Its form …
    pub form_id: String,
    /// … and the version.
    pub form_version: u32,
    /// Who keeps it.
    pub clinic_id: ClinicId,
    /// Whom it is addressed to.
    pub office_id: OfficeId,
    /// Its geometry.
    pub layout: Layout,
    /// The PDF.
    pub pdf: BlobId,
    /// When it was made.
    pub made_at: Timestamp,
    /// By whom; `None`: at the command line.
    pub made_by: Option<UserId>,
}

/// Blank sheets and messages. Every act of a person writes its entry of the audit log, in the same transaction.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait BlankSheetStore: Send + Sync {
    /// Stores a blank sheet with its form and its frames. `NotFound` when office or clinic are not stored; `Conflict` when
    /// this form id and version is stored with another content.
    fn put_blank_sheet(&self, new: &NewBlankSheet, by: &By, now: Timestamp) -> Result<()>;
    /// The blank sheet of that number, if there is one.
    fn blank_sheet(&self, sheet_id: &SheetNumber) -> Result<Option<BlankSheet>>;
    fn message(&self, id: MessageId) -> Result<Message>;
    /// Messages for the office that nobody has looked at, the last to arrive first, at most `limit`.
    fn unseen_messages(&self, office: OfficeId, limit: usize) -> Result<Vec<Message>>;
    /// Messages for the office that somebody has looked at, the last to arrive first, at most `limit`.
    fn seen_messages(&self, office: OfficeId, limit: usize) -> Result<Vec<Message>>;
    /// Notes that somebody looked at it. Whoever was first stays; looking again changes nothing.
    fn see_message(&self, id: MessageId, by: &By, now: Timestamp) -> Result<()>;
}

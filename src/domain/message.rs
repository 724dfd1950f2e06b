//! What a clinic wrote, unasked, on a sheet that it keeps: boxes and handwriting as they were read. Not an answer, and it
//! becomes none: whoever it is for looks at the page.

use super::id::{ArrivalId, ClinicId, MessageId, OfficeId, UserId};
use super::reading::{BoxReading, Reason};
use super::request::BlobId;
use super::sheet_number::SheetNumber;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One page that came. The same sheet may be copied, and comes as often as a clinic has something to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// On which sheet: a verified code.
    pub sheet_id: SheetNumber,
    /// Whom it is for.
    pub office_id: OfficeId,
    /// Whose sheet it is. Who faxed it nobody knows: paper is lent.
    pub clinic_id: ClinicId,
    /// The blank sheet's form …
    pub form_id: String,
    /// … and its version.
    pub form_version: u32,
    /// In which arrival.
    pub arrival_id: ArrivalId,
    /// On which page of it.
    pub page_number: u32,
    /// Every box of the page, as it was read.
    pub boxes: Vec<BoxReading>,
    /// What was doubtful about the reading.
    pub reasons: Vec<Reason>,
    /// Handwriting areas with ink, by field.
    pub handwriting: BTreeMap<String, BlobId>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The first look at it; `None`: nobody has said so yet.
    pub seen: Option<SeenMessage>,
}

/// That somebody looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenMessage {
    /// When.
    pub at: Timestamp,
    /// Who; `None`: at the command line.
    pub by: Option<UserId>,
}

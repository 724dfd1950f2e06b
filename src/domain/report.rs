//! Rows of the association's reports.

use super::id::ClinicId;
use super::sheet_number::RequestNumber;
use serde::{Deserialize, Serialize};

/// One row of the report on unanswered requests: one clinic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnansweredRow {
    /// The clinic.
    pub clinic_id: ClinicId,
    /// Its name.
    pub clinic: String,
    /// Requests sent to it in the period (created in it, and past the outbox; not what was withdrawn
    /// before it left). The sum of all counts below but `answered_late`.
    pub sent: u32,
    /// Answered.
    pub answered: u32,
    /// Of the answered: the first answer arrived after the due date.
    pub answered_late: u32,
    /// Waiting for a person here: not the clinic's silence.
    pub needs_review: u32,
    /// 未回答: sent, due date passed, no answer. Never counts undelivered or in doubt.
    pub unanswered: u32,
    /// Sent, still in time.
    pub waiting: u32,
    /// 未達.
    pub undelivered: u32,
    /// Not known whether it left.
    pub in_doubt: u32,
    /// Withdrawn or closed without an answer.
    pub ended: u32,
    /// Sent, and no answer was asked for (a notice).
    pub no_reply: u32,
    /// The numbers of the unanswered requests, oldest first.
    pub unanswered_numbers: Vec<RequestNumber>,
}

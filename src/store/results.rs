//! What a store keeps of what became of things that had left, and of sending a request again. What was told is filed
//! with its arrival ([`super::ArrivalOutcome::told`]).

use super::{Lease, NewDelivery, Result};
use crate::domain::account::By;
use crate::domain::directory::RouteKind;
use crate::domain::id::{AttemptId, ClinicId, DeliveryId, RequestId};
use crate::domain::request::{Delivery, Request};
use jiff::Timestamp;

/// A number or address at which somebody else, or nobody, was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedNumber {
    /// Which way.
    pub route: RouteKind,
    /// The number or address.
    pub address: String,
    /// When it was told.
    pub since: Timestamp,
    /// Of what.
    pub delivery_id: DeliveryId,
    /// In the service's words.
    pub detail: String,
}

/// Results.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait ResultStore: Send + Sync {
    /// Whose try it was; `None` for a try that is not stored here.
    fn delivery_of_attempt(&self, attempt: AttemptId) -> Result<Option<Delivery>>;
    /// Faxes to that number that left since a moment or may have, newest first, at most `limit`.
    fn faxes_to(&self, address: &str, since: Timestamp, limit: usize) -> Result<Vec<Delivery>>;
    /// Puts at most `limit` deliveries in doubt whose promised result has not come in time, and returns them. One whose
    /// request has an answer, or has ended, awaits none any more. Reads what is due alone.
    fn flag_silent(&self, limit: usize, now: Timestamp) -> Result<Vec<Delivery>>;
    /// Every number that was found wrong, newest first.
    fn failed_numbers(&self) -> Result<Vec<FailedNumber>>;
    /// Sends the sheet of a request that did not arrive, or has not left, on another way or once more; what has not left
    /// ends as undelivered. `Conflict` when something left or may have, is being sent, or an answer has come.
    fn send_again(&self, request: RequestId, new: &NewDelivery, by: &By, now: Timestamp) -> Result<Delivery>;
    /// Requests to a clinic that await an answer, newest first, at most `limit`. Reads those alone.
    fn awaited_of(&self, clinic: ClinicId, limit: usize) -> Result<Vec<Request>>;
    /// As [`lease_delivery`](super::RequestStore::lease_delivery), of one route alone.
    fn lease_delivery_by(&self, route: RouteKind, lease: &Lease, now: Timestamp) -> Result<Option<Delivery>>;
}

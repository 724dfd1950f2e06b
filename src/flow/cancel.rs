//! A care manager withdraws a request. What has not left does not leave; an answer that comes all the same
//! is kept and shown to a person.

use super::Result;
use crate::domain::id::RequestId;
use crate::domain::request::Request;
use crate::store::Store;
use jiff::Timestamp;

/// Cancels.
///
/// # Errors
/// When it is being sent at this moment, or has ended already.
pub fn cancel(store: &dyn Store, id: RequestId, now: Timestamp) -> Result<Request> {
    Ok(store.cancel(id, "cancelled by the care manager", now)?)
}

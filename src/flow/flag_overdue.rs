//! 期限超過: flags requests whose due day is over and that still await an answer. Undelivered requests and
//! those in doubt about their delivery are another matter and keep their state; the flag is none.

use super::Result;
use crate::domain::calendar::japan_date;
use crate::domain::request::Request;
use crate::store::Store;
use jiff::Timestamp;

/// Requests flagged in one transaction.
const BATCH: usize = 200;

/// Flags everything that is due before today in Japan, and returns it. The work grows with what is due.
///
/// # Errors
/// When the store fails; what was flagged before stays flagged.
pub fn flag_overdue(store: &dyn Store, now: Timestamp) -> Result<Vec<Request>> {
    let mut flagged = Vec::new();
    loop {
        let batch = store.flag_overdue(japan_date(now), BATCH, now)?;
        let last = batch.len() < BATCH;
        flagged.extend(batch);
        if last {
            return Ok(flagged);
        }
    }
}

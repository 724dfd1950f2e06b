//! An answer by telephone: written down by whoever heard it, with who said it, and checked like any other.

use super::review::checked;
use super::{FlowError, Result};
use crate::domain::account::By;
use crate::domain::id::{ReplyId, RequestId};
use crate::domain::request::{Reply, ReplyAnswers, WithdrawnReply};
use crate::store::{NewPhoneReply, Store};
use jiff::Timestamp;

/// Records it. `id` is chosen by the caller: the same id again is the same answer.
///
/// # Errors
/// [`FlowError::Reply`] when it is no whole answer; [`FlowError::Missing`] when it is not said who said it.
pub fn phone_answer(
    store: &dyn Store,
    id: ReplyId,
    request_id: RequestId,
    answers: ReplyAnswers,
    said_by: &str,
    by: &By,
    now: Timestamp,
) -> Result<Reply> {
    let said_by = said_by.trim().to_owned();
    if said_by.is_empty() {
        return Err(FlowError::Missing(
            "医療機関のどなたの返事かを入れてください / say who at the clinic said it",
        ));
    }
    let answers = checked(store, &store.request(request_id)?, answers)?;
    Ok(store.record_phone_reply(&NewPhoneReply { id, request_id, answers, said_by }, by, now)?)
}

/// Takes it back, when it was written down for the wrong request or wrongly.
///
/// # Errors
/// The store's `Refused` for a reply on paper, `Conflict` when it was taken back already.
pub fn take_back(store: &dyn Store, id: ReplyId, by: &By, now: Timestamp) -> Result<WithdrawnReply> {
    Ok(store.withdraw_phone_reply(id, by, now)?)
}

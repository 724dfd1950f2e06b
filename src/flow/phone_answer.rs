//! An answer by telephone: written down by whoever heard it, with who said it, and checked like any other.

use super::link::{promises_words, written};
use super::review::checked;
use super::{FlowError, Result};
use crate::domain::account::By;
use crate::domain::id::{ReplyId, RequestId};
use crate::domain::request::{Reply, ReplyAnswers, WithdrawnReply};
use crate::store::{NewPhoneReply, Store};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What was heard.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// The chosen options.
    pub answers: ReplyAnswers,
    /// What was said in words: handwriting area → text.
    pub texts: BTreeMap<String, String>,
    /// Who at the clinic said it.
    pub said_by: String,
}

/// Records it. `id` is chosen by the caller: the same id again is the same answer.
///
/// # Errors
/// [`FlowError::Reply`] when it is no whole answer; [`FlowError::Missing`] when it is not said who said it.
pub fn phone_answer(
    store: &dyn Store,
    id: ReplyId,
    request_id: RequestId,
    heard: &Heard,
    by: &By,
    now: Timestamp,
) -> Result<Reply> {
    let said_by = heard.said_by.trim().to_owned();
    if said_by.is_empty() {
        return Err(FlowError::Missing(
            "医療機関のどなたの返事かを入れてください / say who at the clinic said it",
        ));
    }
    let request = store.request(request_id)?;
    let form = store.form(&request.form_id, request.form_version)?;
    let answers = checked(store, &request, heard.answers.clone())?;
    let texts = written(&form, &heard.texts)?;
    let chosen = |field: &str| answers.get(field).map_or(&[][..], Vec::as_slice);
    let promised = form.replies.iter().any(|field| promises_words(&field.kind, chosen(&field.id)));
    if promised && texts.is_empty() {
        return Err(FlowError::Missing("お聞きになった内容もお書きください / write down what was said, too"));
    }
    Ok(store.record_phone_reply(&NewPhoneReply { id, request_id, answers, texts, said_by }, by, now)?)
}

/// Takes it back, when it was written down for the wrong request or wrongly.
///
/// # Errors
/// The store's `Refused` for a reply on paper, `Conflict` when it was taken back already.
pub fn take_back(store: &dyn Store, id: ReplyId, by: &By, now: Timestamp) -> Result<WithdrawnReply> {
    Ok(store.withdraw_phone_reply(id, by, now)?)
}

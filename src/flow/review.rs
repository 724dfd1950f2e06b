//! A person decides about what could not be filed by itself: confirms the reading or gives the answers,
//! names the request, rejects, and takes any of it back. What the person says is checked like any answer.

use super::file_page::offered_slots;
use super::{FlowError, Result};
use crate::domain::account::By;
use crate::domain::id::{DecisionId, RequestId, ReviewId};
use crate::domain::request::{
    ArrivalPage, Reply, ReplyAnswers, Request, ReviewDecision, ReviewItem, Verdict,
};
use crate::form::reply::{self, ReplyMistake, check_reply};
use crate::store::{BlankSheet, NewConfirmed, Store, StoreError};
use jiff::Timestamp;

const NO_PAGE: FlowError = FlowError::Missing(
    "読み取れたページがありません。返事の内容を入れてください / no page of it could be read: give the answers",
);

/// What a page that waits seems to say: what the confirm screen shows filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The ticks as they were read.
    pub answers: ReplyAnswers,
    /// Why they are no whole answer, when they are none: confirming then needs corrected answers.
    pub mistake: Option<ReplyMistake>,
}

/// The reading of the item's page by the rules of the request's form. `None` when no request is known, or
/// the item is an arrival as a whole.
///
/// # Errors
/// When the store fails.
pub fn proposal(store: &dyn Store, item: &ReviewItem) -> Result<Option<Proposal>> {
    let (Some(request_id), Some(page)) = (item.request_id, page_of(store, item)?) else { return Ok(None) };
    propose(store, &store.request(request_id)?, &page).map(Some)
}

/// The page's reading, or the corrected `answers`, become the reply of the item's request.
///
/// # Errors
/// [`FlowError::Reply`] when it is no whole answer; [`FlowError::Missing`] when no request is known; the
/// store's `Conflict` when someone else was faster.
pub fn confirm(
    store: &dyn Store,
    id: ReviewId,
    answers: Option<ReplyAnswers>,
    by: &By,
    now: Timestamp,
) -> Result<Reply> {
    let item = store.review(id)?;
    let request_id = item.request_id.ok_or(FlowError::Missing(
        "どの連絡への返事か分かりません。連絡を選んで割り当ててください / it is not known which request this answers: assign it to one",
    ))?;
    let read = proposal(store, &item)?;
    let corrected = answers.is_some();
    let answers = answers.or(read.map(|read| read.answers)).ok_or(NO_PAGE)?;
    let answers = checked(store, &store.request(request_id)?, answers)?;
    let verdict = Verdict::Confirmed;
    let new = NewConfirmed { review_id: id, verdict, request_id, answers, corrected };
    Ok(store.confirm_review(&new, by, now)?)
}

/// A page that fits no request by itself becomes the reply of the one that the person names. Without `answers` its reading
/// counts, by the rules of that request's form.
///
/// # Errors
/// [`FlowError::Reply`] when it is no whole answer; [`FlowError::Missing`] without answers where no page was read, or where
/// it is the sheet of another request: its boxes answer that one. The store's `Refused` when the page's verified code names
/// another request, `Conflict` when someone else was faster.
pub fn assign(
    store: &dyn Store,
    id: ReviewId,
    request_id: RequestId,
    answers: Option<ReplyAnswers>,
    by: &By,
    now: Timestamp,
) -> Result<Reply> {
    let request = store.request(request_id)?;
    let corrected = answers.is_some();
    let answers = match answers {
        Some(answers) => answers,
        None => as_read(store, &store.review(id)?, &request)?,
    };
    let answers = checked(store, &request, answers)?;
    let verdict = Verdict::Assigned;
    let new = NewConfirmed { review_id: id, verdict, request_id, answers, corrected };
    Ok(store.confirm_review(&new, by, now)?)
}

/// What was read on the item's page, by the request's form. Of the part that was split off a sheet, the boxes answer the
/// other request. (Of an item whose own request is another one, the store says so.)
fn as_read(store: &dyn Store, item: &ReviewItem, request: &Request) -> Result<ReplyAnswers> {
    let page = page_of(store, item)?.filter(|page| !page.reading.boxes.is_empty()).ok_or(NO_PAGE)?;
    let sheet = page.reading.sheet_id.as_ref().map(|sheet_id| store.sheet(sheet_id)).transpose()?.flatten();
    if item.request_id.is_none() && sheet.is_some_and(|sheet| sheet.request_id != request.id) {
        return Err(NO_PAGE);
    }
    Ok(propose(store, request, &page)?.answers)
}

/// Nothing in it is an answer. The bytes and the pages stay.
///
/// # Errors
/// [`FlowError::Missing`] without a reason; the store's `Conflict` when someone else was faster.
pub fn reject(store: &dyn Store, id: ReviewId, why: &str, by: &By, now: Timestamp) -> Result<ReviewDecision> {
    if why.trim().is_empty() {
        return Err(FlowError::Missing("理由を入れてください / give a reason"));
    }
    Ok(store.reject_review(id, why.trim(), by, now)?)
}

/// Splits an item that holds more than one reply, or many pages; each part is decided by itself.
///
/// # Errors
/// The store's `Conflict` when someone else was faster.
pub fn split(store: &dyn Store, id: ReviewId, by: &By, now: Timestamp) -> Result<Vec<ReviewItem>> {
    Ok(store.split_review(id, by, now)?)
}

/// The page of a sheet that a clinic keeps goes to the sheet's office as a message, doubts and all.
///
/// # Errors
/// The store's `Refused` when it is no such sheet, `Conflict` when someone else was faster.
pub fn hand_on(store: &dyn Store, id: ReviewId, by: &By, now: Timestamp) -> Result<ReviewDecision> {
    Ok(store.hand_on_review(id, by, now)?)
}

/// The sheet that a clinic keeps, when the verified code of the item's page names one.
///
/// # Errors
/// When the store fails.
pub fn kept_sheet(store: &dyn Store, item: &ReviewItem) -> Result<Option<BlankSheet>> {
    let Some(page) = page_of(store, item)? else { return Ok(None) };
    let sheet_id = page.reading.verified_sheet();
    Ok(sheet_id.map(|sheet_id| store.blank_sheet(sheet_id)).transpose()?.flatten())
}

/// Takes back what was decided last; `decision` is the one that the person saw.
///
/// # Errors
/// The store's `Conflict` when the item waits already, or something else was decided since.
pub fn undo(
    store: &dyn Store,
    id: ReviewId,
    decision: Option<DecisionId>,
    by: &By,
    now: Timestamp,
) -> Result<ReviewDecision> {
    Ok(store.undo_review(id, decision, by, now)?)
}

/// The answers as they are recorded: whole by the rules of the request's form, in its order.
///
/// # Errors
/// [`FlowError::Reply`].
pub(super) fn checked(store: &dyn Store, request: &Request, answers: ReplyAnswers) -> Result<ReplyAnswers> {
    let form = store.form(&request.form_id, request.form_version)?;
    let slots = offered_slots(&form, &request.answers)?;
    let answers = reply::in_order(&form, reply::ReplyAnswers(answers), slots);
    check_reply(&form, &answers, slots)?;
    Ok(answers.0)
}

fn propose(store: &dyn Store, request: &Request, page: &ArrivalPage) -> Result<Proposal> {
    let form = store.form(&request.form_id, request.form_version)?;
    let slots = offered_slots(&form, &request.answers)?;
    let answers = reply::decide(&form, &page.reading.boxes, &page.reading.zones, slots).answers;
    let mistake = check_reply(&form, &answers, slots).err();
    Ok(Proposal { answers: answers.0, mistake })
}

fn page_of(store: &dyn Store, item: &ReviewItem) -> Result<Option<ArrivalPage>> {
    let Some(number) = item.page_number else { return Ok(None) };
    let pages = store.arrival_pages(item.arrival_id)?;
    let page = pages.into_iter().find(|page| page.number == number);
    page.map(Some).ok_or_else(|| {
        StoreError::NotFound { what: "page", id: format!("{} {number}", item.arrival_id) }.into()
    })
}

//! The pages of one reply as a set: what came without the page that asks is said, and said no more when that page has come,
//! in the same fax or in another. Decides no answer.

use super::super::{ArrivalOutcome, Filed, PageOutcome};
use super::arrivals::row_to_review;
use super::columns::Micros;
use super::fault::Answer;
use super::filing::review;
use super::replies;
use super::requests::request;
use super::sheets::sheet;
use super::standing::WAITS;
use super::steps::{append, note};
use crate::domain::event::Subject;
use crate::domain::id::{ArrivalId, RequestId};
use crate::domain::reading::{Reason, ReasonCode};
use crate::domain::request::ReviewItem;
use crate::domain::sheet_number::SheetNumber;
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// What waits for a person about one request. Reads the index `review_of_request`.
pub(super) const OPEN: &str = "SELECT id, arrival_id, page_number, request_id, reasons, created_at, closed_at FROM review \
    WHERE request_id = ?1 AND closed_at IS NULL";

/// Pages that ask have come: nobody need look for them any more.
pub(super) fn came(connection: &Connection, outcome: &ArrivalOutcome, now: Timestamp) -> Answer<()> {
    for (_, outcome) in &outcome.pages {
        let (PageOutcome::Reply { sheet_id, .. } | PageOutcome::Review { sheet_id: Some(sheet_id), .. }) =
            outcome
        else {
            continue;
        };
        let Some(request_id) = request_of(connection, sheet_id)? else { continue };
        for item in open(connection, request_id)?.into_iter().filter(says_only_what_is_missing) {
            close(connection, request_id, &item, now)?;
        }
    }
    Ok(())
}

/// Files the pages that ask nothing. Where a request has no answer and nothing else of it waits, what is missing waits for
/// a person: the doctor may believe to have answered.
pub(super) fn missing(
    connection: &Connection,
    id: ArrivalId,
    outcome: &ArrivalOutcome,
    filed: &mut Filed,
    now: Timestamp,
) -> Answer<()> {
    let mut doubtful = Vec::new();
    for (page, outcome) in &outcome.pages {
        let PageOutcome::Continuation { sheet_id, lacks, doubts } = outcome else { continue };
        let request_id = request_of(connection, sheet_id)?;
        if !doubts.is_empty() {
            doubtful.push((page.number, request_id, doubts));
        }
        let Some(request_id) = request_id.filter(|_| !lacks.is_empty()) else { continue };
        if awaits(connection, request_id)? {
            filed.reviews.push(review(connection, id, Some(page.number), Some(request_id), lacks, now)?);
            let pages: Vec<&str> = lacks.iter().map(|reason| reason.detail.as_str()).collect();
            happened(connection, request_id, "pages_missing", &pages.join(","), now)?;
        }
    }
    // After what is missing, which asks whether anything of the request waits already.
    for (number, request_id, doubts) in doubtful {
        filed.reviews.push(review(connection, id, Some(number), request_id, doubts, now)?);
    }
    Ok(())
}

/// True while the request has no answer and nothing of it waits for a person.
fn awaits(connection: &Connection, id: RequestId) -> Answer<bool> {
    let ended = request(connection, id)?.state.is_ended();
    let answered = !replies::in_force(connection, id)?.is_empty();
    Ok(!ended && !answered && !connection.prepare_cached(WAITS)?.exists([id])?)
}

fn request_of(connection: &Connection, sheet_id: &SheetNumber) -> Answer<Option<RequestId>> {
    Ok(sheet(connection, sheet_id)?.map(|sheet| sheet.request_id))
}

fn open(connection: &Connection, id: RequestId) -> Answer<Vec<ReviewItem>> {
    let mut statement = connection.prepare_cached(OPEN)?;
    Ok(statement.query_map([id], row_to_review)?.collect::<rusqlite::Result<_>>()?)
}

/// An item about a page that is missing names pages (`2/2`); a reading that lacks a field names the field.
fn says_only_what_is_missing(item: &ReviewItem) -> bool {
    let is_page = |reason: &Reason| reason.code == ReasonCode::PagesMissing && reason.page_of().is_some();
    !item.reasons.is_empty() && item.reasons.iter().all(is_page)
}

/// The item closes without a decision: nobody decided anything.
fn close(connection: &Connection, request_id: RequestId, item: &ReviewItem, now: Timestamp) -> Answer<()> {
    let sql = "UPDATE review SET closed_at = ?2 WHERE id = ?1 AND closed_at IS NULL";
    connection.prepare_cached(sql)?.execute(params![item.id, Micros(now)])?;
    append(connection, &note(Subject::Review, &item.id.to_string(), "pages_complete", "", now))?;
    happened(connection, request_id, "pages_complete", &item.id.to_string(), now)
}

fn happened(connection: &Connection, id: RequestId, what: &str, detail: &str, now: Timestamp) -> Answer<()> {
    append(connection, &note(Subject::Request, &id.to_string(), what, detail, now))
}

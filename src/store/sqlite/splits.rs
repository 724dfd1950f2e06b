//! An item that holds more than one thing, split by a person into items of their own, and put together again. What was
//! split stays closed with its parts named; nothing of it goes.

use super::arrivals;
use super::fault::{Answer, conflict};
use super::filing::insert_review;
use super::reviews::{close, decide_alone, review};
use crate::domain::account::By;
use crate::domain::id::{ArrivalId, ReviewId};
use crate::domain::reading::{Reason, ReasonCode};
use crate::domain::request::{ReviewItem, Verdict};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

/// The parts of a split item, and whether each waits. Reads the index `review_split`.
pub(super) const PARTS: &str = "SELECT id, closed_at IS NULL FROM review WHERE split_from = ?1";

/// Pages of an arrival that are items. Reads the index `review_of_arrival`.
pub(super) const ITEM_PAGES: &str =
    "SELECT page_number FROM review WHERE arrival_id = ?1 AND page_number IS NOT NULL";

/// Splits an item that waits.
pub(super) fn split(
    connection: &Connection,
    id: ReviewId,
    by: &By,
    now: Timestamp,
) -> Answer<Vec<ReviewItem>> {
    let item = review(connection, id)?;
    close(connection, &item, now)?;
    let parts = parts(connection, &item, now)?;
    for part in &parts {
        insert_review(connection, part, Some(id))?;
    }
    decide_alone(connection, id, Verdict::Split, "", by, now)?;
    Ok(parts)
}

/// The parts of `id` are closed, and it may wait again. Refused where something was decided about one of them.
pub(super) fn join(connection: &Connection, id: ReviewId, by: &By, now: Timestamp) -> Answer<()> {
    let parts: Vec<(ReviewId, bool)> = connection
        .prepare_cached(PARTS)?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    if parts.iter().any(|(_, waits)| !waits) {
        return Err(conflict(
            "分けた項目のなかに、処理済みのものがあります。先にそちらを取り消してください / one of its parts was decided: take that back first",
        ));
    }
    for (part, _) in parts {
        close(connection, &review(connection, part)?, now)?;
        decide_alone(connection, part, Verdict::Joined, "", by, now)?;
    }
    Ok(())
}

/// What an item is split into, in the order in which it is shown: since when the item waited, and one after the other.
fn parts(connection: &Connection, item: &ReviewItem, now: Timestamp) -> Answer<Vec<ReviewItem>> {
    let mut since = item.created_at;
    let mut part = |page_number, request_id, reasons| {
        since = since.checked_add(SignedDuration::from_micros(1)).unwrap_or(since);
        ReviewItem {
            id: ReviewId::new_at(now),
            arrival_id: item.arrival_id,
            page_number,
            request_id,
            reasons,
            created_at: since,
            closed_at: None,
        }
    };
    let loose = match item.page_number {
        Some(_) => Vec::new(),
        None => loose_pages(connection, item.arrival_id)?,
    };
    if loose.is_empty() {
        // The numbers that a mail names lead to its requests, whichever part is looked at first.
        let named = item.reasons.iter().filter(|reason| reason.code == ReasonCode::NumberInMail).cloned();
        let other = [Reason::new(ReasonCode::SplitOff, "")].into_iter().chain(named).collect();
        return Ok(vec![
            part(item.page_number, item.request_id, item.reasons.clone()),
            part(item.page_number, None, other),
        ]);
    }
    let not_found = |reason: &Reason| reason.code == ReasonCode::SheetNotFound;
    let rest: Vec<Reason> = item.reasons.iter().filter(|reason| !not_found(reason)).cloned().collect();
    let mut of_page = |number| part(Some(number), None, vec![Reason::new(ReasonCode::SheetNotFound, "")]);
    let mut parts: Vec<ReviewItem> = loose.into_iter().map(&mut of_page).collect();
    if !rest.is_empty() {
        parts.push(part(None, item.request_id, rest));
    }
    Ok(parts)
}

/// Pages of the arrival on which no sheet was found and that are no item of their own.
fn loose_pages(connection: &Connection, id: ArrivalId) -> Answer<Vec<u32>> {
    let items: Vec<u32> = connection
        .prepare_cached(ITEM_PAGES)?
        .query_map([id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let pages = arrivals::pages(connection, id)?.into_iter();
    let loose = pages.filter(|page| page.reading.sheet_id.is_none() && !items.contains(&page.number));
    Ok(loose.map(|page| page.number).collect())
}

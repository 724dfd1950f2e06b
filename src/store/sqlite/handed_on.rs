//! A page on a sheet that a clinic keeps, which waited for a person, and which the person hands on to the sheet's office.

use super::arrivals;
use super::blank_sheets::{self, NewMessage};
use super::columns::Micros;
use super::fault::{Answer, conflict, refused};
use super::reviews::{close, decide_alone, review};
use super::steps::{append, note};
use crate::domain::account::By;
use crate::domain::event::Subject;
use crate::domain::id::{MessageId, ReviewId};
use crate::domain::request::{ArrivalPage, ReviewDecision, ReviewItem, Verdict};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// The message that a page became, whether it was taken back, and whether somebody looked. Reads the table's own index.
pub(super) const OF_PAGE: &str = "SELECT id, withdrawn_at IS NOT NULL, seen_at IS NOT NULL FROM message \
    WHERE arrival_id = ?1 AND page_number = ?2";

/// What became of a page.
struct Known {
    id: MessageId,
    withdrawn: bool,
    seen: bool,
}

/// Makes the item's page a message, with every doubt of its reading.
pub(super) fn hand_on(
    connection: &Connection,
    id: ReviewId,
    by: &By,
    now: Timestamp,
) -> Answer<ReviewDecision> {
    let item = review(connection, id)?;
    close(connection, &item, now)?;
    let page = page_of(connection, &item)?;
    let Some(sheet_id) = page.reading.verified_sheet() else { return Err(no_kept_sheet()) };
    match known(connection, &item)? {
        Some(message) if message.withdrawn => {
            connection
                .prepare_cached("UPDATE message SET withdrawn_at = NULL WHERE id = ?1")?
                .execute([message.id])?;
            append(connection, &note(Subject::Message, &message.id.to_string(), "received", "", now))?;
        }
        Some(_) => {
            return Err(conflict(
                "このページはすでに事業所に渡されています / this page was handed on already",
            ));
        }
        None => {
            let ArrivalPage { reading, crops, .. } = &page;
            let new = NewMessage { boxes: &reading.boxes, reasons: &item.reasons, handwriting: crops };
            let place = (item.arrival_id, page.number);
            if blank_sheets::came(connection, sheet_id, place, &new, now)?.is_none() {
                return Err(no_kept_sheet());
            }
        }
    }
    decide_alone(connection, id, Verdict::HandedOn, "", by, now)
}

/// The message counts no more, unless the office has looked at it.
pub(super) fn take_back(connection: &Connection, item: &ReviewItem, now: Timestamp) -> Answer<()> {
    let Some(message) = known(connection, item)? else { return Ok(()) };
    if message.seen {
        return Err(conflict(
            "事業所がすでに見ています。取り消せません。事業所に電話でお伝えください / the office has looked at it: it cannot be taken \
             back, please call the office",
        ));
    }
    let sql = "UPDATE message SET withdrawn_at = ?2 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![message.id, Micros(now)])?;
    append(connection, &note(Subject::Message, &message.id.to_string(), "withdrawn", "", now))
}

fn page_of(connection: &Connection, item: &ReviewItem) -> Answer<ArrivalPage> {
    let pages = arrivals::pages(connection, item.arrival_id)?;
    pages.into_iter().find(|page| Some(page.number) == item.page_number).ok_or_else(no_kept_sheet)
}

fn known(connection: &Connection, item: &ReviewItem) -> Answer<Option<Known>> {
    let row =
        |row: &rusqlite::Row<'_>| Ok(Known { id: row.get(0)?, withdrawn: row.get(1)?, seen: row.get(2)? });
    let values = params![item.arrival_id, item.page_number];
    Ok(connection.prepare_cached(OF_PAGE)?.query_row(values, row).optional()?)
}

fn no_kept_sheet() -> super::fault::Fault {
    refused(
        "備え置き用紙ではないため、事業所に渡せません。連絡番号で連絡票を選んでください / it is no sheet that a clinic keeps: choose the \
         request by its number",
    )
}

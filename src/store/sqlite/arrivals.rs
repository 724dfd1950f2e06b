//! What arrives: recorded once under its source key, leased to be read, recovered when its reader
//! died. What a reading gives is filed by [`super::filing`]. Never forgets an arrival.

use super::super::{ArrivalOutcome, ArrivalStore, Filed, Lease, NewArrival, Recorded, Result};
use super::columns::{Json, Micros};
use super::fault::{Answer, conflict, found};
use super::requests::at_most;
use super::steps::{append, note, step_arrival};
use super::{SqliteStore, filing, replies};
use crate::domain::event::{Event, Subject};
use crate::domain::id::{ArrivalId, RequestId};
use crate::domain::reading::Reason;
use crate::domain::request::{Arrival, ArrivalPage, ArrivalState, Reply, ReviewItem};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The arrival that waits longest. Reads the index `arrival_waiting` alone.
pub(super) const NEXT: &str =
    "SELECT id FROM arrival WHERE state = 'waiting' ORDER BY received_at, id LIMIT 1";
/// Arrivals whose reader is gone. Reads the index `arrival_reading`.
pub(super) const LOST: &str = "SELECT id FROM arrival WHERE state = 'reading' AND (?1 OR lease_until < ?2)";
/// What waits for a person. Reads the index `review_open` in its order.
pub(super) const OPEN_REVIEWS: &str = "SELECT id, arrival_id, page_number, request_id, reasons, created_at, \
    closed_at FROM review WHERE closed_at IS NULL ORDER BY created_at, arrival_id, page_number, id LIMIT ?1";

/// The columns of an item that waits.
pub(super) const REVIEW: &str = "id, arrival_id, page_number, request_id, reasons, created_at, closed_at";

const COLUMNS: &str = "id, source_key, name, blob, received_at, state, tries";

impl ArrivalStore for SqliteStore {
    fn record_arrival(&self, new: &NewArrival, now: Timestamp) -> Result<Recorded> {
        self.write("recording an arrival", |connection| record(connection, new, now))
    }

    fn lease_arrival(
        &self,
        only: Option<ArrivalId>,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<Option<Arrival>> {
        self.write("taking an arrival", |connection| take(connection, only, lease, now))
    }

    fn finish_arrival(
        &self,
        id: ArrivalId,
        outcome: &ArrivalOutcome,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<Filed> {
        self.write("filing an arrival", |connection| {
            being_read(connection, id, lease)?;
            filing::file(connection, id, outcome, now)
        })
    }

    fn quarantine_arrival(
        &self,
        id: ArrivalId,
        reasons: &[Reason],
        lease: &Lease,
        now: Timestamp,
    ) -> Result<ReviewItem> {
        self.write("setting an arrival apart", |connection| {
            being_read(connection, id, lease)?;
            step_arrival(connection, id, (ArrivalState::Reading, ArrivalState::Quarantined), None, now)?;
            filing::review(connection, id, None, None, reasons, now)
        })
    }

    fn recover_arrivals(&self, all: bool, now: Timestamp) -> Result<usize> {
        self.write("recovering arrivals", |connection| recover(connection, all, now))
    }

    fn arrival(&self, id: ArrivalId) -> Result<Arrival> {
        self.read("reading an arrival", |connection| arrival(connection, id))
    }

    fn arrival_pages(&self, id: ArrivalId) -> Result<Vec<ArrivalPage>> {
        self.read("reading pages", |connection| pages(connection, id))
    }

    fn replies(&self, request: RequestId) -> Result<Vec<Reply>> {
        self.read("reading replies", |connection| replies::in_force(connection, request))
    }

    fn open_reviews(&self, limit: usize) -> Result<Vec<ReviewItem>> {
        self.read("listing what waits for a person", |connection| open_reviews(connection, limit))
    }
}

fn record(connection: &Connection, new: &NewArrival, now: Timestamp) -> Answer<Recorded> {
    let known = "SELECT id FROM arrival WHERE source_key = ?1";
    let known =
        connection.prepare_cached(known)?.query_row([&new.source_key], |row| row.get(0)).optional()?;
    if let Some(id) = known {
        return Ok(Recorded::Known(id));
    }
    // The same bytes by another way are the same arrival.
    let same = "SELECT id FROM arrival WHERE blob = ?1 ORDER BY received_at, id LIMIT 1";
    let same: Option<ArrivalId> =
        connection.prepare_cached(same)?.query_row([&new.blob], |row| row.get(0)).optional()?;
    if let Some(id) = same {
        // By which way; the rest of the key may be a file's name, which may be a client's.
        let way = new.source_key.split([':', '#']).next().unwrap_or_default();
        let event = note(Subject::Arrival, &id.to_string(), "arrived_again", way, now);
        append(connection, &event)?;
        return Ok(Recorded::Known(id));
    }
    let sql = "INSERT INTO arrival (id, source_key, name, blob, received_at, state, tries) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)";
    let state = ArrivalState::Waiting;
    let values = params![new.id, new.source_key, new.name, new.blob, Micros(now), state];
    connection.prepare_cached(sql)?.execute(values)?;
    let event = note(Subject::Arrival, &new.id.to_string(), "arrived", "", now);
    append(connection, &Event { to: Some(state.as_str().to_owned()), ..event })?;
    Ok(Recorded::New(new.id))
}

fn take(
    connection: &Connection,
    only: Option<ArrivalId>,
    lease: &Lease,
    now: Timestamp,
) -> Answer<Option<Arrival>> {
    let next = match only {
        Some(id) => (arrival(connection, id)?.state == ArrivalState::Waiting).then_some(id),
        None => connection.prepare_cached(NEXT)?.query_row([], |row| row.get(0)).optional()?,
    };
    let Some(id) = next else {
        return Ok(None);
    };
    step_arrival(connection, id, (ArrivalState::Waiting, ArrivalState::Reading), Some(lease), now)?;
    arrival(connection, id).map(Some)
}

/// Asks that the lease's holder is still the one who reads it.
fn being_read(connection: &Connection, id: ArrivalId, lease: &Lease) -> Answer<()> {
    arrival(connection, id)?;
    let sql = "SELECT 1 FROM arrival WHERE id = ?1 AND state = 'reading' AND lease_token = ?2";
    if connection.prepare_cached(sql)?.exists(params![id, lease.token])? {
        return Ok(());
    }
    Err(conflict("この受信の受け持ちはほかの処理に移りました"))
}

/// Lets readings wait again whose reader is gone.
pub(super) fn recover(connection: &Connection, all: bool, now: Timestamp) -> Answer<usize> {
    let mut statement = connection.prepare_cached(LOST)?;
    let lost: Vec<ArrivalId> =
        statement.query_map(params![all, Micros(now)], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for id in &lost {
        step_arrival(connection, *id, (ArrivalState::Reading, ArrivalState::Waiting), None, now)?;
    }
    Ok(lost.len())
}

fn arrival(connection: &Connection, id: ArrivalId) -> Answer<Arrival> {
    let sql = format!("SELECT {COLUMNS} FROM arrival WHERE id = ?1");
    found(connection.prepare_cached(&sql)?.query_row([id], row_to_arrival), "arrival", id)
}

pub(super) fn pages(connection: &Connection, id: ArrivalId) -> Answer<Vec<ArrivalPage>> {
    let sql =
        "SELECT arrival_id, number, reading, crops FROM arrival_page WHERE arrival_id = ?1 ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    let pages = statement.query_map([id], |row| {
        Ok(ArrivalPage {
            arrival_id: row.get("arrival_id")?,
            number: row.get("number")?,
            reading: row.get::<_, Json<_>>("reading")?.0,
            crops: row.get::<_, Json<_>>("crops")?.0,
        })
    })?;
    Ok(pages.collect::<rusqlite::Result<_>>()?)
}

fn open_reviews(connection: &Connection, limit: usize) -> Answer<Vec<ReviewItem>> {
    let mut statement = connection.prepare_cached(OPEN_REVIEWS)?;
    Ok(statement.query_map([at_most(limit)], row_to_review)?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn row_to_review(row: &Row<'_>) -> rusqlite::Result<ReviewItem> {
    Ok(ReviewItem {
        id: row.get("id")?,
        arrival_id: row.get("arrival_id")?,
        page_number: row.get("page_number")?,
        request_id: row.get("request_id")?,
        reasons: row.get::<_, Json<_>>("reasons")?.0,
        created_at: row.get::<_, Micros>("created_at")?.0,
        closed_at: row.get::<_, Option<Micros>>("closed_at")?.map(|at| at.0),
    })
}

fn row_to_arrival(row: &Row<'_>) -> rusqlite::Result<Arrival> {
    Ok(Arrival {
        id: row.get("id")?,
        source_key: row.get("source_key")?,
        name: row.get("name")?,
        blob: row.get("blob")?,
        received_at: row.get::<_, Micros>("received_at")?.0,
        state: row.get("state")?,
        tries: row.get("tries")?,
    })
}

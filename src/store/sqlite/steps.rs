//! Steps of states: the table of `domain::state` asked, the row changed only from the state that was
//! seen, the event written, all in the caller's transaction. And the event log itself.

use super::columns::{Micros, Place};
use super::fault::{Answer, conflict};
use super::requests::at_most;
use crate::domain::event::{Event, Subject};
use crate::domain::id::{ArrivalId, DeliveryId, EventId, RequestId};
use crate::domain::request::ArrivalState;
use crate::domain::state::{DeliveryState, RequestState};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

/// The steps of an arrival; its states are the store's own bookkeeping of who reads what.
const ARRIVAL_STEPS: &[(ArrivalState, ArrivalState)] = &[
    (ArrivalState::Waiting, ArrivalState::Reading),
    (ArrivalState::Reading, ArrivalState::Waiting),
    (ArrivalState::Reading, ArrivalState::Done),
    (ArrivalState::Reading, ArrivalState::Quarantined),
];

/// The events about one thing, in the order of writing.
pub(super) const EVENTS: &str = "SELECT id, at, subject, subject_id, what, from_state, to_state, detail FROM event \
               WHERE subject = ?1 AND subject_id = ?2 ORDER BY place";

/// The events after a place, in the order of writing. Reads the table by its key from there on.
pub(super) const EVENTS_AFTER: &str = "SELECT place, id, at, subject, subject_id, what, from_state, to_state, detail \
               FROM event WHERE place > ?1 ORDER BY place LIMIT ?2";

/// Steps a request.
pub(super) fn step_request(
    connection: &Connection,
    id: RequestId,
    (from, to): (RequestState, RequestState),
    detail: &str,
    now: Timestamp,
) -> Answer<()> {
    let to = from.step(to)?;
    let sql = "UPDATE request SET state = ?3 WHERE id = ?1 AND state = ?2";
    changed_one(connection.prepare_cached(sql)?.execute(params![id, from, to])?)?;
    let event = note(Subject::Request, &id.to_string(), to.as_str(), detail, now);
    append(connection, &stepped(event, from.as_str(), to.as_str()))
}

/// Steps a delivery; its lease ends with the step. (Taking a lease is [`step_to_sending`].)
pub(super) fn step_delivery(
    connection: &Connection,
    id: DeliveryId,
    (from, to): (DeliveryState, DeliveryState),
    detail: &str,
    now: Timestamp,
) -> Answer<()> {
    let to = from.step(to)?;
    let sql =
        "UPDATE delivery SET state = ?3, lease_token = NULL, lease_until = NULL WHERE id = ?1 AND state = ?2";
    changed_one(connection.prepare_cached(sql)?.execute(params![id, from, to])?)?;
    let event = note(Subject::Delivery, &id.to_string(), to.as_str(), detail, now);
    append(connection, &stepped(event, from.as_str(), to.as_str()))
}

/// Steps a delivery from queued to sending, with its lease.
pub(super) fn step_to_sending(
    connection: &Connection,
    id: DeliveryId,
    lease: &super::super::Lease,
    now: Timestamp,
) -> Answer<()> {
    let (from, to) = (DeliveryState::Queued, DeliveryState::Queued.step(DeliveryState::Sending)?);
    let sql =
        "UPDATE delivery SET state = ?3, lease_token = ?4, lease_until = ?5 WHERE id = ?1 AND state = ?2";
    let values = params![id, from, to, lease.token, Micros(lease.until)];
    changed_one(connection.prepare_cached(sql)?.execute(values)?)?;
    let event = note(Subject::Delivery, &id.to_string(), to.as_str(), "", now);
    append(connection, &stepped(event, from.as_str(), to.as_str()))
}

/// Steps an arrival. With a lease it begins to be read and the try is counted; without, its lease ends.
pub(super) fn step_arrival(
    connection: &Connection,
    id: ArrivalId,
    (from, to): (ArrivalState, ArrivalState),
    lease: Option<&super::super::Lease>,
    now: Timestamp,
) -> Answer<()> {
    if !ARRIVAL_STEPS.contains(&(from, to)) {
        return Err(conflict(format!("受信は {} から {} にできません", from.as_str(), to.as_str())));
    }
    let sql = "UPDATE arrival SET state = ?3, lease_token = ?4, lease_until = ?5, tries = tries + ?6 \
               WHERE id = ?1 AND state = ?2";
    let (token, until) = (lease.map(|lease| &lease.token), lease.map(|lease| Micros(lease.until)));
    let values = params![id, from, to, token, until, i64::from(lease.is_some())];
    changed_one(connection.prepare_cached(sql)?.execute(values)?)?;
    let event = note(Subject::Arrival, &id.to_string(), to.as_str(), "", now);
    append(connection, &stepped(event, from.as_str(), to.as_str()))
}

/// An event of the moment `now` that changes no state.
pub(super) fn note(subject: Subject, id: &str, what: &str, detail: &str, now: Timestamp) -> Event {
    Event {
        id: EventId::new_at(now),
        at: now,
        subject,
        subject_id: id.to_owned(),
        what: what.to_owned(),
        from: None,
        to: None,
        detail: detail.to_owned(),
    }
}

/// Writes one event.
pub(super) fn append(connection: &Connection, event: &Event) -> Answer<()> {
    let sql = "INSERT INTO event (id, at, subject, subject_id, what, from_state, to_state, detail) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let (from, to) = (&event.from, &event.to);
    connection.prepare_cached(sql)?.execute(params![
        event.id,
        Micros(event.at),
        event.subject,
        event.subject_id,
        event.what,
        from,
        to,
        event.detail,
    ])?;
    Ok(())
}

/// The events about one thing, in the order of writing.
pub(super) fn events(connection: &Connection, subject: Subject, id: &str) -> Answer<Vec<Event>> {
    let mut statement = connection.prepare_cached(EVENTS)?;
    let events = statement.query_map(params![subject, id], event)?.collect::<rusqlite::Result<_>>()?;
    Ok(events)
}

/// The events after a place of the log, each with its own.
pub(super) fn events_after(connection: &Connection, cursor: u64, limit: usize) -> Answer<Vec<(u64, Event)>> {
    let mut statement = connection.prepare_cached(EVENTS_AFTER)?;
    let values = params![Place(cursor), at_most(limit)];
    let events = statement.query_map(values, |row| Ok((row.get::<_, Place>("place")?.0, event(row)?)))?;
    Ok(events.collect::<rusqlite::Result<_>>()?)
}

/// The place of the last event; 0 when there is none.
pub(super) fn last_event(connection: &Connection) -> Answer<u64> {
    let sql = "SELECT COALESCE(MAX(place), 0) FROM event";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, Place>(0))?.0)
}

/// The request's sheet left; the first time counts.
pub(super) fn was_sent(connection: &Connection, id: RequestId, now: Timestamp) -> Answer<()> {
    let sql = "UPDATE request SET sent_at = COALESCE(sent_at, ?2) WHERE id = ?1";
    changed_one(connection.prepare_cached(sql)?.execute(params![id, Micros(now)])?)
}

/// A compare-and-set that changed nothing met another state.
pub(super) fn changed_one(rows: usize) -> Answer<()> {
    if rows == 1 { Ok(()) } else { Err(conflict("ほかの処理が先に進めました")) }
}

fn stepped(event: Event, from: &str, to: &str) -> Event {
    Event { from: Some(from.to_owned()), to: Some(to.to_owned()), ..event }
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        id: row.get("id")?,
        at: row.get::<_, Micros>("at")?.0,
        subject: row.get("subject")?,
        subject_id: row.get("subject_id")?,
        what: row.get("what")?,
        from: row.get("from_state")?,
        to: row.get("to_state")?,
        detail: row.get("detail")?,
    })
}

//! The outbox: deliveries and their attempts, from entering it to the moment before the text leaves.
//! What follows an attempt is in [`super::outcome`]. Sends nothing.

use super::super::{Lease, NewDelivery};
use super::columns::Micros;
use super::fault::{Answer, conflict, found};
use super::steps::{append, changed_one, note, step_to_sending};
use super::{gateway, requests};
use crate::domain::directory::RouteKind;
use crate::domain::event::{Event, Subject};
use crate::domain::id::{AttemptId, DeliveryId, NumberTestId, RequestId};
use crate::domain::letter::Letter;
use crate::domain::request::{Attempt, Delivery};
use crate::domain::state::{DeliveryState, RequestState};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The delivery that is due longest, to an address to which nothing is under way. Reads the indexes
/// `delivery_queued` and `delivery_sending` alone.
pub(super) const NEXT: &str = "SELECT id FROM delivery AS due WHERE state = 'queued' AND next_try_at <= ?1 \
    AND NOT EXISTS (SELECT 1 FROM delivery AS busy WHERE busy.state = 'sending' AND busy.address = due.address) \
    ORDER BY next_try_at, id LIMIT 1";

/// The same of one route. Reads the indexes `delivery_queued_by_route` and `delivery_sending` alone.
pub(super) const NEXT_BY: &str = "SELECT id FROM delivery AS due WHERE state = 'queued' AND route = ?2 \
    AND next_try_at <= ?1 AND NOT EXISTS (SELECT 1 FROM delivery AS busy WHERE busy.state = 'sending' \
    AND busy.address = due.address) ORDER BY next_try_at, id LIMIT 1";

const DELIVERY: &str = "id, letter, request_id, number_test_id, account_id, route, address, state, attempts, next_try_at, sheet_id, last_detail, \
    created_at";
const ATTEMPT: &str = "id, delivery_id, number, started_at, body_started_at, ended_at, outcome, detail";

/// Deliveries of which a person must decide. Reads the index `delivery_in_doubt` in its order.
pub(super) const IN_DOUBT: &str = "SELECT id, letter, request_id, number_test_id, account_id, route, address, state, \
    attempts, next_try_at, sheet_id, last_detail, created_at FROM delivery WHERE state = 'in_doubt' \
    ORDER BY created_at, id LIMIT ?1";

/// The outbox from its end: rows are numbered as they enter it. Reads no more than `limit` of them.
const NEWEST: &str = "SELECT id, letter, request_id, number_test_id, account_id, route, address, state, \
    attempts, next_try_at, sheet_id, last_detail, created_at FROM delivery ORDER BY rowid DESC LIMIT ?1";

/// Puts a letter into the outbox.
pub(super) fn insert(
    connection: &Connection,
    letter: Letter,
    new: &NewDelivery,
    now: Timestamp,
) -> Answer<()> {
    let on_hold = gateway::hold(connection)?.is_some();
    let state = if on_hold { DeliveryState::Held } else { DeliveryState::Queued };
    let (test, user) = match letter {
        Letter::NumberTest { number_test_id } => (Some(number_test_id), None),
        Letter::Notice { user_id } => (None, Some(user_id)),
        Letter::Sheet { .. } | Letter::CancelNotice { .. } | Letter::Link { .. } => (None, None),
    };
    let sql = "INSERT INTO delivery (id, letter, request_id, number_test_id, account_id, route, address, state, attempts, \
               next_try_at, last_detail, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?10, '', ?9)";
    let (kind, request) = (letter.as_str(), letter.request_id());
    let first = Micros(new.not_before.unwrap_or(now).max(now));
    let values =
        params![new.id, kind, request, test, user, new.route, new.address, state, Micros(now), first];
    connection.prepare_cached(sql)?.execute(values)?;
    let event = note(Subject::Delivery, &new.id.to_string(), "entered_outbox", "", now);
    append(connection, &Event { to: Some(state.to_string()), ..event })
}

/// Newest first.
pub(super) fn newest(connection: &Connection, limit: usize) -> Answer<Vec<Delivery>> {
    let mut statement = connection.prepare_cached(NEWEST)?;
    let rows = statement.query_map([requests::at_most(limit)], row_to_delivery)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Those in doubt, oldest first.
pub(super) fn in_doubt(connection: &Connection, limit: usize) -> Answer<Vec<Delivery>> {
    let mut statement = connection.prepare_cached(IN_DOUBT)?;
    let rows = statement.query_map([requests::at_most(limit)], row_to_delivery)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn delivery(connection: &Connection, id: DeliveryId) -> Answer<Delivery> {
    let sql = format!("SELECT {DELIVERY} FROM delivery WHERE id = ?1");
    found(connection.prepare_cached(&sql)?.query_row([id], row_to_delivery), "delivery", id)
}

/// Everything that the outbox had for a request.
pub(super) fn of_request(connection: &Connection, request: RequestId) -> Answer<Vec<Delivery>> {
    let sql = format!("SELECT {DELIVERY} FROM delivery WHERE request_id = ?1 ORDER BY created_at, id");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_map([request], row_to_delivery)?.collect::<rusqlite::Result<_>>()?)
}

/// The deliveries of a request's sheets.
pub(super) fn sheets_of_request(connection: &Connection, request: RequestId) -> Answer<Vec<Delivery>> {
    let mut letters = of_request(connection, request)?;
    letters.retain(|delivery| delivery.letter.is_sheet());
    Ok(letters)
}

/// The delivery of a number's test.
pub(super) fn of_test(connection: &Connection, test: NumberTestId) -> Answer<Delivery> {
    let sql = format!(
        "SELECT {DELIVERY} FROM delivery WHERE number_test_id = ?1 ORDER BY created_at DESC, id DESC"
    );
    found(connection.prepare_cached(&sql)?.query_row([test], row_to_delivery), "delivery", test)
}

pub(super) fn attempts(connection: &Connection, delivery: DeliveryId) -> Answer<Vec<Attempt>> {
    let sql = format!("SELECT {ATTEMPT} FROM attempt WHERE delivery_id = ?1 ORDER BY number");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_map([delivery], row_to_attempt)?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn attempt(connection: &Connection, id: AttemptId) -> Answer<Attempt> {
    let sql = format!("SELECT {ATTEMPT} FROM attempt WHERE id = ?1");
    found(connection.prepare_cached(&sql)?.query_row([id], row_to_attempt), "attempt", id)
}

/// The attempt that is under way; there is at most one.
pub(super) fn open_attempt(connection: &Connection, delivery: DeliveryId) -> Answer<Option<Attempt>> {
    let sql = format!("SELECT {ATTEMPT} FROM attempt WHERE delivery_id = ?1 AND ended_at IS NULL");
    Ok(connection.prepare_cached(&sql)?.query_row([delivery], row_to_attempt).optional()?)
}

pub(super) fn set_detail(connection: &Connection, id: DeliveryId, detail: &str) -> Answer<()> {
    let sql = "UPDATE delivery SET last_detail = ?2 WHERE id = ?1";
    changed_one(connection.prepare_cached(sql)?.execute(params![id, detail])?)
}

/// Takes the next delivery.
pub(super) fn lease(connection: &Connection, lease: &Lease, now: Timestamp) -> Answer<Option<Delivery>> {
    if gateway::hold(connection)?.is_some() {
        return Ok(None);
    }
    let next = connection.prepare_cached(NEXT)?.query_row([Micros(now)], |row| row.get(0)).optional()?;
    taken(connection, next, lease, now)
}

/// Takes the next delivery of a route.
pub(super) fn lease_by(
    connection: &Connection,
    route: RouteKind,
    lease: &Lease,
    now: Timestamp,
) -> Answer<Option<Delivery>> {
    if gateway::hold(connection)?.is_some() {
        return Ok(None);
    }
    let values = params![Micros(now), route];
    let next = connection.prepare_cached(NEXT_BY)?.query_row(values, |row| row.get(0)).optional()?;
    taken(connection, next, lease, now)
}

fn taken(
    connection: &Connection,
    next: Option<DeliveryId>,
    lease: &Lease,
    now: Timestamp,
) -> Answer<Option<Delivery>> {
    let Some(id) = next else {
        return Ok(None);
    };
    step_to_sending(connection, id, lease, now)?;
    delivery(connection, id).map(Some)
}

/// The delivery, when the lease's holder is still the one who sends it.
pub(super) fn held_by(connection: &Connection, id: DeliveryId, lease: &Lease) -> Answer<Delivery> {
    let stored = delivery(connection, id)?;
    let sql = "SELECT 1 FROM delivery WHERE id = ?1 AND state = 'sending' AND lease_token = ?2";
    if connection.prepare_cached(sql)?.exists(params![id, lease.token])? { Ok(stored) } else { Err(lost()) }
}

/// As [`held_by`], and the stored lease has not expired.
fn held_in_time(connection: &Connection, id: DeliveryId, lease: &Lease, now: Timestamp) -> Answer<Delivery> {
    let stored = held_by(connection, id, lease)?;
    let sql = "SELECT 1 FROM delivery WHERE id = ?1 AND lease_until >= ?2";
    if connection.prepare_cached(sql)?.exists(params![id, Micros(now)])? { Ok(stored) } else { Err(lost()) }
}

/// Counts and stores an attempt.
pub(super) fn attempt_started(
    connection: &Connection,
    id: AttemptId,
    delivery: DeliveryId,
    lease: &Lease,
    now: Timestamp,
) -> Answer<Attempt> {
    let stored = held_in_time(connection, delivery, lease, now)?;
    if open_attempt(connection, delivery)?.is_some() {
        return Err(conflict("この送付はすでに送信を始めています"));
    }
    let number = stored.attempts + 1;
    let count = "UPDATE delivery SET attempts = ?2 WHERE id = ?1";
    changed_one(connection.prepare_cached(count)?.execute(params![delivery, number])?)?;
    let sql = "INSERT INTO attempt (id, delivery_id, number, started_at, detail) VALUES (?1, ?2, ?3, ?4, '')";
    connection.prepare_cached(sql)?.execute(params![id, delivery, number, Micros(now)])?;
    let event = note(Subject::Delivery, &delivery.to_string(), "attempt_started", &number.to_string(), now);
    append(connection, &event)?;
    attempt(connection, id)
}

/// The last question before the text leaves: may it?
pub(super) fn body_started(
    connection: &Connection,
    id: AttemptId,
    lease: &Lease,
    now: Timestamp,
) -> Answer<()> {
    let attempt = attempt(connection, id)?;
    let delivery = held_in_time(connection, attempt.delivery_id, lease, now)?;
    if gateway::hold(connection)?.is_some() {
        return Err(conflict("送信は保留中です"));
    }
    if is_pointless(connection, &delivery)? {
        return Err(conflict("この連絡は取り消されたか、終わっています"));
    }
    let sql = "UPDATE attempt SET body_started_at = ?2 \
               WHERE id = ?1 AND body_started_at IS NULL AND ended_at IS NULL";
    changed_one(connection.prepare_cached(sql)?.execute(params![id, Micros(now)])?)?;
    let subject = delivery.id.to_string();
    append(connection, &note(Subject::Delivery, &subject, "body_started", &attempt.number.to_string(), now))
}

/// True for a letter that asks for an answer which nobody expects any more.
pub(super) fn is_pointless(connection: &Connection, delivery: &Delivery) -> Answer<bool> {
    Ok(match delivery.letter {
        Letter::Sheet { request_id } => requests::request(connection, request_id)?.state.is_ended(),
        Letter::Link { request_id } => {
            let state = requests::request(connection, request_id)?.state;
            state.is_ended() || state == RequestState::Answered
        }
        Letter::CancelNotice { .. } | Letter::NumberTest { .. } | Letter::Notice { .. } => false,
    })
}

fn lost() -> super::fault::Fault {
    conflict("この送付の受け持ちは時間切れか、ほかの処理に移りました")
}

fn row_to_letter(row: &Row<'_>) -> rusqlite::Result<Letter> {
    let request = || row.get("request_id");
    Ok(match row.get_ref("letter")?.as_str()? {
        "sheet" => Letter::Sheet { request_id: request()? },
        "cancel_notice" => Letter::CancelNotice { request_id: request()? },
        "link" => Letter::Link { request_id: request()? },
        "number_test" => Letter::NumberTest { number_test_id: row.get("number_test_id")? },
        // The table's CHECK allows no sixth word.
        _ => Letter::Notice { user_id: row.get("account_id")? },
    })
}

fn row_to_delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        id: row.get("id")?,
        letter: row_to_letter(row)?,
        route: row.get("route")?,
        address: row.get("address")?,
        state: row.get("state")?,
        attempts: row.get("attempts")?,
        next_try_at: row.get::<_, Micros>("next_try_at")?.0,
        sheet_id: row.get("sheet_id")?,
        last_detail: row.get("last_detail")?,
        created_at: row.get::<_, Micros>("created_at")?.0,
    })
}

fn row_to_attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    Ok(Attempt {
        id: row.get("id")?,
        delivery_id: row.get("delivery_id")?,
        number: row.get("number")?,
        started_at: row.get::<_, Micros>("started_at")?.0,
        body_started_at: row.get::<_, Option<Micros>>("body_started_at")?.map(|at| at.0),
        ended_at: row.get::<_, Option<Micros>>("ended_at")?.map(|at| at.0),
        end: row.get("outcome")?,
        detail: row.get("detail")?,
    })
}

//! What was told about deliveries that had left: their next step, their request's, and the number that was found wrong.
//! And a request that is sent again. What does not fit the state that is stored changes nothing.

use super::super::results::{FailedNumber, ResultStore};
use super::super::{Lease, NewDelivery, Result};
use super::columns::Micros;
use super::deliveries::{self, delivery, is_pointless, set_detail};
use super::fault::{Answer, conflict};
use super::requests::{at_most, request};
use super::standing::of_deliveries;
use super::steps::{append, note, step_delivery, step_request, was_sent};
use super::{SqliteStore, audit, gateway, outcome};
use crate::domain::account::By;
use crate::domain::directory::RouteKind;
use crate::domain::event::Subject;
use crate::domain::id::{AttemptId, ClinicId, DeliveryId, RequestId};
use crate::domain::letter::Letter;
use crate::domain::request::{Delivery, Request};
use crate::domain::result::{Failure, News, Told};
use crate::domain::state::{DeliveryState, RequestState};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Faxes to a number. Reads the index `delivery_to`.
pub(super) const TO: &str = "SELECT id FROM delivery WHERE address = ?1 AND created_at >= ?2 \
    AND route = 'fax_by_mail' AND state IN ('submitted', 'delivered', 'in_doubt', 'undelivered') \
    ORDER BY created_at DESC, id DESC LIMIT ?3";
/// What a clinic is asked and has not answered. Reads the index `request_awaited_of`.
pub(super) const AWAITED: &str = "SELECT id FROM request WHERE clinic_id = ?1 \
    AND state IN ('queued', 'sent', 'in_doubt') ORDER BY created_at DESC, id DESC LIMIT ?2";
/// Deliveries whose result is late. Reads the index `delivery_result_due`.
pub(super) const SILENT: &str = "SELECT id FROM delivery WHERE result_due_at IS NOT NULL AND result_due_at < ?1 \
    ORDER BY result_due_at, id LIMIT ?2";

impl ResultStore for SqliteStore {
    fn delivery_of_attempt(&self, attempt: AttemptId) -> Result<Option<Delivery>> {
        self.read("reading whose try it was", |connection| of_attempt(connection, attempt))
    }

    fn faxes_to(&self, address: &str, since: Timestamp, limit: usize) -> Result<Vec<Delivery>> {
        self.read("listing faxes to a number", |connection| faxes_to(connection, address, since, limit))
    }

    fn flag_silent(&self, limit: usize, now: Timestamp) -> Result<Vec<Delivery>> {
        self.write("looking for results that are late", |connection| flag_silent(connection, limit, now))
    }

    fn failed_numbers(&self) -> Result<Vec<FailedNumber>> {
        self.read("listing numbers that are wrong", failed_numbers)
    }

    fn send_again(&self, request: RequestId, new: &NewDelivery, by: &By, now: Timestamp) -> Result<Delivery> {
        self.write("sending a request again", |connection| send_again(connection, request, new, by, now))
    }

    fn awaited_of(&self, clinic: ClinicId, limit: usize) -> Result<Vec<Request>> {
        self.read("listing what a clinic is asked", |connection| awaited_of(connection, clinic, limit))
    }

    fn lease_delivery_by(&self, route: RouteKind, lease: &Lease, now: Timestamp) -> Result<Option<Delivery>> {
        self.write("taking a delivery", |connection| deliveries::lease_by(connection, route, lease, now))
    }
}

/// Files what was told. False when it does not fit where the delivery stands: then nothing is changed.
pub(super) fn told(connection: &Connection, told: &Told, now: Timestamp) -> Answer<bool> {
    use DeliveryState::{Delivered, InDoubt, Submitted, Undelivered};
    let stored = delivery(connection, told.delivery_id)?;
    let subject = stored.id.to_string();
    let (to, from) = match told.news {
        News::Arrived => (Delivered, &[Submitted, InDoubt][..]),
        News::Failed(_) => (Undelivered, &[Submitted, InDoubt, Delivered][..]),
        News::Noted => {
            append(connection, &note(Subject::Delivery, &subject, "told", &told.detail, now))?;
            return Ok(true);
        }
    };
    if stored.state == to {
        append(connection, &note(Subject::Delivery, &subject, "told_again", &told.detail, now))?;
        return Ok(true);
    }
    if !from.contains(&stored.state) {
        return Ok(false);
    }
    awaits_no_result(connection, stored.id)?;
    set_detail(connection, stored.id, &told.detail)?;
    step_delivery(connection, stored.id, (stored.state, to), &told.detail, now)?;
    match told.news {
        News::Arrived | News::Noted => left(connection, &stored, now)?,
        News::Failed(why) => {
            append(connection, &note(Subject::Delivery, &subject, why.as_str(), &told.detail, now))?;
            if why == Failure::WrongNumber {
                number_failed(connection, &stored, &told.detail, now)?;
            } else if let (Submitted, Some(at)) = (stored.state, told.retry_at) {
                // Of one that was said to have arrived, or is in doubt, a person decides whether it rings again.
                try_again(connection, &stored, at, now)?;
            }
        }
    }
    settle(connection, &stored, now)?;
    Ok(true)
}

/// It left, whatever was thought before.
fn left(connection: &Connection, stored: &Delivery, now: Timestamp) -> Answer<()> {
    if let Letter::Sheet { request_id } = stored.letter {
        was_sent(connection, request_id, now)?;
    }
    Ok(())
}

/// Back into the outbox, unless nobody expects it any more.
fn try_again(connection: &Connection, stored: &Delivery, at: Timestamp, now: Timestamp) -> Answer<()> {
    if is_pointless(connection, stored)? || request_has_answer(connection, stored)? {
        return Ok(());
    }
    let sql = "UPDATE delivery SET next_try_at = ?2 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![stored.id, Micros(at)])?;
    let step = (DeliveryState::Undelivered, DeliveryState::Queued);
    step_delivery(connection, stored.id, step, "tried again", now)?;
    if gateway::hold(connection)?.is_some() {
        let step = (DeliveryState::Queued, DeliveryState::Held);
        step_delivery(connection, stored.id, step, "", now)?;
    }
    Ok(())
}

fn request_has_answer(connection: &Connection, stored: &Delivery) -> Answer<bool> {
    let Letter::Sheet { request_id } = stored.letter else { return Ok(false) };
    let state = request(connection, request_id)?.state;
    Ok(matches!(state, RequestState::Answered | RequestState::NeedsReview))
}

/// Nothing more is sent to it before somebody has made sure whose it is.
pub(super) fn number_failed(
    connection: &Connection,
    stored: &Delivery,
    detail: &str,
    now: Timestamp,
) -> Answer<()> {
    let sql = "UPDATE clinic_route SET verified_at = NULL, verified_how = NULL WHERE kind = ?1 AND address = ?2 \
               RETURNING clinic_id";
    let mut statement = connection.prepare_cached(sql)?;
    let clinics: Vec<ClinicId> = statement
        .query_map(params![stored.route, stored.address], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if clinics.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO failed_number (route, address, since, delivery_id, detail) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (route, address) DO UPDATE SET since = excluded.since, \
               delivery_id = excluded.delivery_id, detail = excluded.detail";
    let values = params![stored.route, stored.address, Micros(now), stored.id, detail];
    connection.prepare_cached(sql)?.execute(values)?;
    let words = format!("{} {}", stored.route.as_str(), stored.address);
    clinics.iter().try_for_each(|clinic| {
        append(connection, &note(Subject::Clinic, &clinic.to_string(), "number_failed", &words, now))
    })
}

/// A number that was verified again is right.
pub(super) fn number_is_right(connection: &Connection, route: RouteKind, address: &str) -> Answer<()> {
    let sql = "DELETE FROM failed_number WHERE route = ?1 AND address = ?2";
    connection.prepare_cached(sql)?.execute(params![route, address])?;
    Ok(())
}

fn awaits_no_result(connection: &Connection, id: DeliveryId) -> Answer<()> {
    let sql = "UPDATE delivery SET result_due_at = NULL WHERE id = ?1";
    connection.prepare_cached(sql)?.execute([id])?;
    Ok(())
}

/// Steps the request to where its deliveries now stand, unless something has come back or it has ended.
fn settle(connection: &Connection, stored: &Delivery, now: Timestamp) -> Answer<()> {
    let Letter::Sheet { request_id } = stored.letter else { return Ok(()) };
    let to = of_deliveries(&deliveries::sheets_of_request(connection, request_id)?);
    outcome::settle(connection, request_id, to, now)
}

fn flag_silent(connection: &Connection, limit: usize, now: Timestamp) -> Answer<Vec<Delivery>> {
    let mut statement = connection.prepare_cached(SILENT)?;
    let values = params![Micros(now), at_most(limit)];
    let late: Vec<DeliveryId> =
        statement.query_map(values, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut silent = Vec::new();
    for id in late {
        awaits_no_result(connection, id)?;
        let stored = delivery(connection, id)?;
        let awaited = stored.state == DeliveryState::Submitted
            && !is_pointless(connection, &stored)?
            && !request_has_answer(connection, &stored)?;
        if !awaited {
            continue;
        }
        set_detail(connection, id, "no result")?;
        step_delivery(connection, id, (DeliveryState::Submitted, DeliveryState::InDoubt), "no result", now)?;
        settle(connection, &stored, now)?;
        silent.push(delivery(connection, id)?);
    }
    Ok(silent)
}

fn send_again(
    connection: &Connection,
    id: RequestId,
    new: &NewDelivery,
    by: &By,
    now: Timestamp,
) -> Answer<Delivery> {
    use DeliveryState::Undelivered;
    let state = request(connection, id)?.state;
    let sheets = deliveries::sheets_of_request(connection, id)?;
    let left = sheets.iter().any(Delivery::may_have_left);
    if left || !matches!(state, RequestState::Queued | RequestState::Undelivered) {
        return Err(conflict(format!("この連絡票は、別の方法で送り直せる状態ではありません(現在: {state})")));
    }
    let waits = |sheet: &Delivery| {
        sheet.state != Undelivered && (sheet.route, &sheet.address) == (new.route, &new.address)
    };
    if sheets.iter().any(waits) {
        return Err(conflict("この連絡票は、その送り先への送信をすでに待っています"));
    }
    let words = format!("sent again as {}", new.id);
    for waiting in sheets.iter().filter(|sheet| sheet.state != Undelivered) {
        set_detail(connection, waiting.id, "cancelled")?;
        step_delivery(connection, waiting.id, (waiting.state, Undelivered), "cancelled", now)?;
    }
    deliveries::insert(connection, Letter::Sheet { request_id: id }, new, now)?;
    if state != RequestState::Queued {
        step_request(connection, id, (state, RequestState::Queued), &words, now)?;
    }
    audit::changed(connection, by, ("request", &id.to_string()), "send_again", now)?;
    delivery(connection, new.id)
}

fn of_attempt(connection: &Connection, attempt: AttemptId) -> Answer<Option<Delivery>> {
    let sql = "SELECT delivery_id FROM attempt WHERE id = ?1";
    let id: Option<DeliveryId> =
        connection.prepare_cached(sql)?.query_row([attempt], |row| row.get(0)).optional()?;
    id.map(|id| delivery(connection, id)).transpose()
}

fn faxes_to(connection: &Connection, address: &str, since: Timestamp, limit: usize) -> Answer<Vec<Delivery>> {
    let mut statement = connection.prepare_cached(TO)?;
    let values = params![address, Micros(since), at_most(limit)];
    let ids: Vec<DeliveryId> =
        statement.query_map(values, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    ids.into_iter().map(|id| delivery(connection, id)).collect()
}

fn awaited_of(connection: &Connection, clinic: ClinicId, limit: usize) -> Answer<Vec<Request>> {
    let mut statement = connection.prepare_cached(AWAITED)?;
    let ids: Vec<RequestId> = statement
        .query_map(params![clinic, at_most(limit)], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    ids.into_iter().map(|id| request(connection, id)).collect()
}

fn failed_numbers(connection: &Connection) -> Answer<Vec<FailedNumber>> {
    let sql =
        "SELECT route, address, since, delivery_id, detail FROM failed_number ORDER BY since DESC, address";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_map([], row_to_failed)?.collect::<rusqlite::Result<_>>()?)
}

fn row_to_failed(row: &Row<'_>) -> rusqlite::Result<FailedNumber> {
    Ok(FailedNumber {
        route: row.get("route")?,
        address: row.get("address")?,
        since: row.get::<_, Micros>("since")?.0,
        delivery_id: row.get("delivery_id")?,
        detail: row.get("detail")?,
    })
}

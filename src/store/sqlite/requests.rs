//! Requests: stored with their number and first delivery, listed, cancelled, flagged overdue. The one
//! `impl` of [`RequestStore`] stands here and hands deliveries and sheets on to their files.

use super::super::{
    AttemptOutcome, Lease, NewDelivery, NewRequest, RequestFilter, RequestStore, Result, Sheet,
};
use super::columns::{Day, Json, Micros};
use super::fault::{Answer, conflict, found, not_found};
use super::steps::{append, changed_one, note, step_delivery, step_request};
use super::{SqliteStore, attachments, deliveries, doubt, outcome, sheets};
use crate::domain::account::By;
use crate::domain::attachment::Attachment;
use crate::domain::directory::RouteKind;
use crate::domain::event::{Event, Subject};
use crate::domain::id::{AttemptId, ClinicId, DeliveryId, OfficeId, RequestId};
use crate::domain::letter::Letter;
use crate::domain::request::{Attempt, Delivery, DoubtDecision, Request};
use crate::domain::sheet_number::{RequestNumber, SheetNumber};
use crate::domain::state::{DeliveryState, RequestState};
use crate::form::definition::FormDefinition;
use crate::form::layout::Frame;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// What a delivery of a cancelled request ends with.
const CANCELLED: &str = "cancelled";

/// Reads the index `request_due` alone: the states are those that await an answer.
pub(super) const DUE: &str = "SELECT id FROM request \
    WHERE overdue_since IS NULL AND state IN ('queued', 'sent', 'in_doubt') AND due_on < ?1 \
    ORDER BY due_on, id LIMIT ?2";

const COLUMNS: &str = "id, number, form_id, form_version, office_id, clinic_id, answers, state, due_on, \
    overdue_since, created_at, sent_at, answered_at, asked_by";

impl RequestStore for SqliteStore {
    fn submit(&self, new: &NewRequest, now: Timestamp) -> Result<Request> {
        self.write("storing a request", |connection| submit(connection, new, now))
    }

    fn request(&self, id: RequestId) -> Result<Request> {
        self.read("reading a request", |connection| request(connection, id))
    }

    fn request_by_number(&self, number: &RequestNumber) -> Result<Option<Request>> {
        self.read("reading a request", |connection| by_number(connection, number))
    }

    fn requests(&self, filter: &RequestFilter, limit: usize) -> Result<Vec<Request>> {
        self.read("listing requests", |connection| list(connection, filter, limit))
    }

    fn attachments(&self, request: RequestId) -> Result<Vec<Attachment>> {
        self.read("reading attachments", |connection| attachments::of_request(connection, request))
    }

    fn form(&self, id: &str, version: u32) -> Result<FormDefinition> {
        self.read("reading a form", |connection| {
            form(connection, id, version)?.ok_or_else(|| not_found("form", format!("{id} {version}")))
        })
    }

    fn cancel(&self, id: RequestId, why: &str, now: Timestamp) -> Result<Request> {
        self.write("cancelling a request", |connection| cancel(connection, id, why, now))
    }

    fn deliveries(&self, request: RequestId) -> Result<Vec<Delivery>> {
        self.read("reading deliveries", |connection| deliveries::sheets_of_request(connection, request))
    }

    fn delivery(&self, id: DeliveryId) -> Result<Delivery> {
        self.read("reading a delivery", |connection| deliveries::delivery(connection, id))
    }

    fn in_doubt(&self, limit: usize) -> Result<Vec<Delivery>> {
        self.read("listing what is in doubt", |connection| deliveries::in_doubt(connection, limit))
    }

    fn decide_in_doubt(
        &self,
        id: DeliveryId,
        decision: DoubtDecision,
        resend: Option<&NewDelivery>,
        by: &By,
        now: Timestamp,
    ) -> Result<Delivery> {
        self.write("ending a doubt", |connection| doubt::decide(connection, id, decision, resend, by, now))
    }

    fn attempts(&self, delivery: DeliveryId) -> Result<Vec<Attempt>> {
        self.read("reading attempts", |connection| deliveries::attempts(connection, delivery))
    }

    fn flag_overdue(&self, today: Date, limit: usize, now: Timestamp) -> Result<Vec<Request>> {
        self.write("flagging what is overdue", |connection| flag_overdue(connection, today, limit, now))
    }

    fn lease_delivery(&self, lease: &Lease, now: Timestamp) -> Result<Option<Delivery>> {
        self.write("taking a delivery", |connection| deliveries::lease(connection, lease, now))
    }

    fn put_sheet(&self, sheet: &Sheet, lease: &Lease) -> Result<()> {
        self.write("storing a sheet", |connection| sheets::put(connection, sheet, lease))
    }

    fn attempt_started(
        &self,
        attempt: AttemptId,
        delivery: DeliveryId,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<Attempt> {
        self.write("beginning an attempt", |connection| {
            deliveries::attempt_started(connection, attempt, delivery, lease, now)
        })
    }

    fn body_started(&self, attempt: AttemptId, lease: &Lease, now: Timestamp) -> Result<()> {
        self.write("letting a text leave", |connection| {
            deliveries::body_started(connection, attempt, lease, now)
        })
    }

    fn attempt_ended(
        &self,
        attempt: AttemptId,
        outcome: &AttemptOutcome,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<()> {
        self.write("ending an attempt", |connection| {
            outcome::attempt_ended(connection, attempt, outcome, lease, now)
        })
    }

    fn recover_deliveries(&self, all: bool, now: Timestamp) -> Result<Vec<Delivery>> {
        self.write("recovering deliveries", |connection| outcome::recover(connection, all, now))
    }

    fn sheet(&self, sheet_id: &SheetNumber) -> Result<Option<Sheet>> {
        self.read("reading a sheet", |connection| sheets::sheet(connection, sheet_id))
    }

    fn frames(&self) -> Result<Vec<Frame>> {
        self.read("reading frames", sheets::frames)
    }
}

/// One request.
pub(super) fn request(connection: &Connection, id: RequestId) -> Answer<Request> {
    let sql = format!("SELECT {COLUMNS} FROM request WHERE id = ?1");
    found(connection.prepare_cached(&sql)?.query_row([id], row_to_request), "request", id)
}

fn by_number(connection: &Connection, number: &RequestNumber) -> Answer<Option<Request>> {
    let sql = format!("SELECT {COLUMNS} FROM request WHERE number = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([number], row_to_request).optional()?)
}

fn submit(connection: &Connection, new: &NewRequest, now: Timestamp) -> Answer<Request> {
    if exists(connection, "SELECT 1 FROM request WHERE id = ?1", new.id)? {
        return request(connection, new.id);
    }
    assert_parties(connection, new.office_id, new.clinic_id)?;
    keep_form(connection, &new.form)?;
    let number = next_number(connection, new.year)?;
    insert(connection, new, &number, now)?;
    attachments::insert(connection, new.id, &new.attachments)?;
    let event = note(Subject::Request, &new.id.to_string(), "submitted", number.as_str(), now);
    append(connection, &Event { to: Some(RequestState::Queued.to_string()), ..event })?;
    let first = NewDelivery {
        id: new.delivery_id,
        route: new.route,
        address: new.address.clone(),
        not_before: new.not_before,
    };
    deliveries::insert(connection, Letter::Sheet { request_id: new.id }, &first, now)?;
    request(connection, new.id)
}

fn insert(connection: &Connection, new: &NewRequest, number: &RequestNumber, now: Timestamp) -> Answer<()> {
    let sql = "INSERT INTO request (id, number, form_id, form_version, office_id, clinic_id, answers, state, \
               due_on, created_at, asked_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    connection.prepare_cached(sql)?.execute(params![
        new.id,
        number,
        new.form.id,
        new.form.version,
        new.office_id,
        new.clinic_id,
        Json(&new.answers),
        RequestState::Queued,
        new.due_on.map(Day),
        Micros(now),
        new.asked_by,
    ])?;
    Ok(())
}

fn exists(connection: &Connection, sql: &str, id: impl rusqlite::ToSql) -> Answer<bool> {
    Ok(connection.prepare_cached(sql)?.exists([id])?)
}

/// Asks that both are in the directory.
pub(super) fn assert_parties(connection: &Connection, office: OfficeId, clinic: ClinicId) -> Answer<()> {
    if !exists(connection, "SELECT 1 FROM office WHERE id = ?1", office)? {
        return Err(not_found("office", office));
    }
    if !exists(connection, "SELECT 1 FROM clinic WHERE id = ?1", clinic)? {
        return Err(not_found("clinic", clinic));
    }
    Ok(())
}

/// Keeps the version of the form that the request was filled with; a version never changes.
pub(super) fn keep_form(connection: &Connection, new: &FormDefinition) -> Answer<()> {
    match form(connection, &new.id, new.version)? {
        Some(stored) if stored == *new => Ok(()),
        Some(_) => Err(conflict(format!(
            "様式 {} の版 {} は別の内容で保存されています。版の番号を上げてください (give the changed form a new version)",
            new.id, new.version
        ))),
        None => {
            let sql = "INSERT INTO form_version (id, version, definition) VALUES (?1, ?2, ?3)";
            connection.prepare_cached(sql)?.execute(params![new.id, new.version, Json(new)])?;
            Ok(())
        }
    }
}

fn form(connection: &Connection, id: &str, version: u32) -> Answer<Option<FormDefinition>> {
    let sql = "SELECT definition FROM form_version WHERE id = ?1 AND version = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query_map(params![id, version], |row| row.get::<_, Json<FormDefinition>>(0))?;
    Ok(rows.next().transpose()?.map(|json| json.0))
}

fn next_number(connection: &Connection, year: i16) -> Answer<RequestNumber> {
    let sql = "INSERT INTO request_counter (year, last) VALUES (?1, 1) \
               ON CONFLICT (year) DO UPDATE SET last = last + 1 RETURNING last";
    let serial: u32 = connection.prepare_cached(sql)?.query_row([year], |row| row.get(0))?;
    Ok(RequestNumber::new(year, serial))
}

fn list(connection: &Connection, filter: &RequestFilter, limit: usize) -> Answer<Vec<Request>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM request WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR office_id = ?2) \
         AND (?3 = 0 OR overdue_since IS NOT NULL) ORDER BY created_at DESC, id DESC LIMIT ?4"
    );
    let values = params![filter.state, filter.office_id, filter.overdue, at_most(limit)];
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_map(values, row_to_request)?.collect::<rusqlite::Result<_>>()?)
}

fn cancel(connection: &Connection, id: RequestId, why: &str, now: Timestamp) -> Answer<Request> {
    let before = request(connection, id)?;
    let mut left: Vec<Delivery> = Vec::new();
    for delivery in deliveries::of_request(connection, id)? {
        match delivery.state {
            DeliveryState::Sending => {
                return Err(conflict(
                    "ただいま送信中のため取り消せません。終わってからもう一度お試しください",
                ));
            }
            DeliveryState::Queued | DeliveryState::Held => {
                deliveries::set_detail(connection, delivery.id, CANCELLED)?;
                let step = (delivery.state, DeliveryState::Undelivered);
                step_delivery(connection, delivery.id, step, CANCELLED, now)?;
            }
            // It has left, or perhaps: whoever holds the sheet must hear of it.
            DeliveryState::Submitted | DeliveryState::Delivered | DeliveryState::InDoubt
                if delivery.letter.is_sheet() && delivery.route != RouteKind::Hand =>
            {
                left.push(delivery);
            }
            _ => {}
        }
    }
    step_request(connection, id, (before.state, RequestState::Cancelled), why, now)?;
    tell_of_cancelling(connection, id, &left, now)?;
    request(connection, id)
}

/// One 取消 notice to every number or address that has, or may have, a sheet.
fn tell_of_cancelling(
    connection: &Connection,
    id: RequestId,
    left: &[Delivery],
    now: Timestamp,
) -> Answer<()> {
    let mut told: Vec<&str> = Vec::new();
    for delivery in left.iter().rev() {
        if told.contains(&delivery.address.as_str()) {
            continue;
        }
        told.push(&delivery.address);
        let (route, address) = (delivery.route, delivery.address.clone());
        let new = NewDelivery { id: DeliveryId::new_at(now), route, address, not_before: None };
        deliveries::insert(connection, Letter::CancelNotice { request_id: id }, &new, now)?;
    }
    Ok(())
}

fn flag_overdue(connection: &Connection, today: Date, limit: usize, now: Timestamp) -> Answer<Vec<Request>> {
    let mut statement = connection.prepare_cached(DUE)?;
    let due: Vec<RequestId> = statement
        .query_map(params![Day(today), at_most(limit)], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    due.into_iter().map(|id| flag(connection, id, now)).collect()
}

fn flag(connection: &Connection, id: RequestId, now: Timestamp) -> Answer<Request> {
    let sql = "UPDATE request SET overdue_since = ?2 WHERE id = ?1 AND overdue_since IS NULL";
    changed_one(connection.prepare_cached(sql)?.execute(params![id, Micros(now)])?)?;
    let flagged = request(connection, id)?;
    let due_on = flagged.due_on.map(|day| day.to_string()).unwrap_or_default();
    append(connection, &note(Subject::Request, &id.to_string(), "overdue_flagged", &due_on, now))?;
    Ok(flagged)
}

/// A limit as `SQLite` takes it.
pub(super) fn at_most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn row_to_request(row: &Row<'_>) -> rusqlite::Result<Request> {
    let moment =
        |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<Micros>>(column)?.map(|at| at.0));
    Ok(Request {
        id: row.get("id")?,
        number: row.get("number")?,
        form_id: row.get("form_id")?,
        form_version: row.get("form_version")?,
        office_id: row.get("office_id")?,
        clinic_id: row.get("clinic_id")?,
        asked_by: row.get("asked_by")?,
        answers: row.get::<_, Json<_>>("answers")?.0,
        state: row.get("state")?,
        due_on: row.get::<_, Option<Day>>("due_on")?.map(|day| day.0),
        overdue_since: moment("overdue_since")?,
        created_at: row.get::<_, Micros>("created_at")?.0,
        sent_at: moment("sent_at")?,
        answered_at: moment("answered_at")?,
    })
}

//! The counts of the report on unanswered requests (未回答). What was not delivered (未達), or may not
//! have left, is never counted as the clinic's silence.

use super::super::UnansweredRow;
use super::columns::{Day, Micros};
use super::fault::Answer;
use crate::domain::id::ClinicId;
use crate::domain::sheet_number::RequestNumber;
use crate::domain::state::RequestState;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use rusqlite::{Connection, Row, params};
use std::collections::HashMap;

/// Japan's time; without summer time since 1952.
const JAPAN: Offset = Offset::constant(9);

/// The requests of a period. The first answer counts from when it arrived, not from when a person got
/// round to it: that delay is not the clinic's.
pub(super) const PERIOD: &str = "SELECT request.number, request.clinic_id, clinic.name, request.state, request.due_on, \
      request.overdue_since, request.sent_at, request.answered_at, \
      (SELECT MIN(arrival.received_at) FROM reply JOIN arrival ON arrival.id = reply.arrival_id \
       WHERE reply.request_id = request.id) AS first_answer_at \
    FROM request JOIN clinic ON clinic.id = request.clinic_id \
    WHERE request.created_at >= ?1 AND request.created_at < ?2 ORDER BY request.created_at, request.id";

/// What the report needs of a request.
struct Counted {
    number: RequestNumber,
    clinic_id: ClinicId,
    clinic: String,
    state: RequestState,
    due_on: Option<Date>,
    overdue: bool,
    left: bool,
    answered_at: Option<Timestamp>,
}

/// One row for each clinic to which a request was created on the days `from` to `to` in Japan.
pub(super) fn unanswered(connection: &Connection, from: Date, to: Date) -> Answer<Vec<UnansweredRow>> {
    // A day at the end of the calendar has no midnight after it: then there is no bound.
    let begin = midnight(from).unwrap_or(Timestamp::MIN);
    let end = to.checked_add(1.day()).ok().and_then(midnight).unwrap_or(Timestamp::MAX);
    let mut rows: HashMap<ClinicId, UnansweredRow> = HashMap::new();
    let mut statement = connection.prepare_cached(PERIOD)?;
    for counted in statement.query_map(params![Micros(begin), Micros(end)], row_to_counted)? {
        let counted = counted?;
        count(rows.entry(counted.clinic_id).or_insert_with(|| empty(&counted)), &counted);
    }
    let mut rows: Vec<UnansweredRow> = rows.into_values().collect();
    rows.sort_by(|a, b| (&a.clinic, a.clinic_id).cmp(&(&b.clinic, b.clinic_id)));
    Ok(rows)
}

/// Adds a request to its clinic's row. `sent` is always the sum of the columns after it, without
/// `answered_late`, which is a part of `answered`.
fn count(row: &mut UnansweredRow, request: &Counted) {
    match request.state {
        // Not past the outbox; or withdrawn before it left.
        RequestState::Draft | RequestState::Queued | RequestState::Cancelled if !request.left => return,
        RequestState::Answered => count_answer(row, request),
        RequestState::Closed if request.answered_at.is_some() => count_answer(row, request),
        RequestState::NeedsReview => row.needs_review += 1,
        RequestState::Undelivered => row.undelivered += 1,
        RequestState::InDoubt => row.in_doubt += 1,
        RequestState::Closed | RequestState::Cancelled => row.ended += 1,
        RequestState::Draft | RequestState::Queued | RequestState::Sent if request.overdue => {
            row.unanswered += 1;
            row.unanswered_numbers.push(request.number.clone());
        }
        RequestState::Draft | RequestState::Queued | RequestState::Sent if request.due_on.is_none() => {
            row.no_reply += 1;
        }
        RequestState::Draft | RequestState::Queued | RequestState::Sent => row.waiting += 1,
    }
    row.sent += 1;
}

fn count_answer(row: &mut UnansweredRow, request: &Counted) {
    row.answered += 1;
    let answered_on = request.answered_at.map(|at| JAPAN.to_datetime(at).date());
    let late = answered_on.zip(request.due_on).is_some_and(|(answered, due)| answered > due);
    row.answered_late += u32::from(late);
}

fn midnight(day: Date) -> Option<Timestamp> {
    JAPAN.to_timestamp(day.to_datetime(Time::midnight())).ok()
}

fn empty(first: &Counted) -> UnansweredRow {
    UnansweredRow {
        clinic_id: first.clinic_id,
        clinic: first.clinic.clone(),
        sent: 0,
        answered: 0,
        answered_late: 0,
        needs_review: 0,
        unanswered: 0,
        waiting: 0,
        undelivered: 0,
        in_doubt: 0,
        ended: 0,
        no_reply: 0,
        unanswered_numbers: Vec::new(),
    }
}

fn row_to_counted(row: &Row<'_>) -> rusqlite::Result<Counted> {
    let recorded_at = row.get::<_, Option<Micros>>("answered_at")?;
    let arrived_at = row.get::<_, Option<Micros>>("first_answer_at")?;
    Ok(Counted {
        number: row.get("number")?,
        clinic_id: row.get("clinic_id")?,
        clinic: row.get("name")?,
        state: row.get("state")?,
        due_on: row.get::<_, Option<Day>>("due_on")?.map(|day| day.0),
        overdue: row.get::<_, Option<Micros>>("overdue_since")?.is_some(),
        left: row.get::<_, Option<Micros>>("sent_at")?.is_some(),
        answered_at: recorded_at.map(|recorded| arrived_at.unwrap_or(recorded).0),
    })
}

//! What follows an attempt: its end, the delivery's step and the request's; and what follows when the
//! worker did not live to say. Once the text has begun to leave, nothing here ever queues it again.

use super::super::{AttemptOutcome, Lease};
use super::columns::Micros;
use super::deliveries::{attempt, delivery, held_by, is_pointless, open_attempt, set_detail};
use super::fault::Answer;
use super::gateway;
use super::requests::request;
use super::results::number_failed;
use super::steps::{changed_one, step_delivery, step_request, was_sent};
use crate::domain::id::{AttemptId, DeliveryId, RequestId};
use crate::domain::letter::Letter;
use crate::domain::request::Delivery;
use crate::domain::state::{AttemptEnd, DeliveryState, RequestState};
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// What an attempt ends with when its worker died or took too long.
const INTERRUPTED: &str = "interrupted";

/// Deliveries whose worker is gone. Reads the index `delivery_sending`.
pub(super) const LOST: &str =
    "SELECT id FROM delivery WHERE state = 'sending' AND (?1 OR lease_until < ?2) ORDER BY created_at, id";

/// Ends the attempt as its worker saw it.
pub(super) fn attempt_ended(
    connection: &Connection,
    id: AttemptId,
    outcome: &AttemptOutcome,
    lease: &Lease,
    now: Timestamp,
) -> Answer<()> {
    let delivery = held_by(connection, attempt(connection, id)?.delivery_id, lease)?;
    end_attempt(connection, id, outcome, now)?;
    if outcome.end == AttemptEnd::Failed && outcome.wrong_number {
        number_failed(connection, &delivery, &outcome.detail, now)?;
    }
    if let (AttemptEnd::Submitted, Some(due)) = (outcome.end, outcome.result_due_at) {
        let sql = "UPDATE delivery SET result_due_at = ?2 WHERE id = ?1";
        changed_one(connection.prepare_cached(sql)?.execute(params![delivery.id, Micros(due)])?)?;
    }
    if let (AttemptEnd::Submitted, Letter::Sheet { request_id }) = (outcome.end, delivery.letter) {
        was_sent(connection, request_id, now)?;
    }
    follow(connection, &delivery, outcome, now)
}

/// Frees deliveries whose worker is gone.
pub(super) fn recover(connection: &Connection, all: bool, now: Timestamp) -> Answer<Vec<Delivery>> {
    let mut statement = connection.prepare_cached(LOST)?;
    let lost: Vec<DeliveryId> =
        statement.query_map(params![all, Micros(now)], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    lost.into_iter().map(|id| recover_one(connection, id, now)).collect()
}

fn recover_one(connection: &Connection, id: DeliveryId, now: Timestamp) -> Answer<Delivery> {
    let lost = delivery(connection, id)?;
    let open = open_attempt(connection, id)?;
    let body_begun = open.as_ref().is_some_and(|attempt| attempt.body_started_at.is_some());
    let outcome = AttemptOutcome {
        end: if body_begun { AttemptEnd::InDoubt } else { AttemptEnd::Retry },
        detail: INTERRUPTED.to_owned(),
        next_try_at: (!body_begun).then_some(lost.next_try_at),
        result_due_at: None,
        wrong_number: false,
    };
    if let Some(attempt) = open {
        end_attempt(connection, attempt.id, &outcome, now)?;
    }
    follow(connection, &lost, &outcome, now)?;
    delivery(connection, id)
}

fn end_attempt(
    connection: &Connection,
    id: AttemptId,
    outcome: &AttemptOutcome,
    now: Timestamp,
) -> Answer<()> {
    let sql =
        "UPDATE attempt SET ended_at = ?2, outcome = ?3, detail = ?4 WHERE id = ?1 AND ended_at IS NULL";
    let values = params![id, Micros(now), outcome.end, outcome.detail];
    changed_one(connection.prepare_cached(sql)?.execute(values)?)
}

/// Steps the delivery that was being sent, and its request, to what the outcome means for them.
fn follow(
    connection: &Connection,
    delivery: &Delivery,
    outcome: &AttemptOutcome,
    now: Timestamp,
) -> Answer<()> {
    let to = delivery_after(connection, delivery, outcome)?;
    let next_try_at = outcome.next_try_at.unwrap_or(delivery.next_try_at);
    let sql = "UPDATE delivery SET next_try_at = ?2 WHERE id = ?1";
    changed_one(connection.prepare_cached(sql)?.execute(params![delivery.id, Micros(next_try_at)])?)?;
    set_detail(connection, delivery.id, &outcome.detail)?;
    step_delivery(connection, delivery.id, (DeliveryState::Sending, to), &outcome.detail, now)?;
    let Letter::Sheet { request_id } = delivery.letter else { return Ok(()) };
    match to {
        DeliveryState::Submitted => settle(connection, request_id, RequestState::Sent, now),
        DeliveryState::Undelivered => settle(connection, request_id, RequestState::Undelivered, now),
        DeliveryState::InDoubt => settle(connection, request_id, RequestState::InDoubt, now),
        _ => Ok(()),
    }
}

fn delivery_after(
    connection: &Connection,
    delivery: &Delivery,
    outcome: &AttemptOutcome,
) -> Answer<DeliveryState> {
    Ok(match (outcome.end, outcome.next_try_at) {
        (AttemptEnd::Submitted, _) => DeliveryState::Submitted,
        (AttemptEnd::InDoubt, _) => DeliveryState::InDoubt,
        (AttemptEnd::Failed, _) | (AttemptEnd::Retry, None) => DeliveryState::Undelivered,
        // Nothing is expected any more: it does not go back into the outbox.
        (AttemptEnd::Retry, Some(_)) if is_pointless(connection, delivery)? => DeliveryState::Undelivered,
        (AttemptEnd::Retry, Some(_)) if gateway::hold(connection)?.is_some() => DeliveryState::Held,
        (AttemptEnd::Retry, Some(_)) => DeliveryState::Queued,
    })
}

/// Steps the request, unless something has come back or it has ended: that counts more than how a
/// delivery went.
pub(super) fn settle(connection: &Connection, id: RequestId, to: RequestState, now: Timestamp) -> Answer<()> {
    let from = request(connection, id)?.state;
    let keeps = from.is_ended() || matches!(from, RequestState::Answered | RequestState::NeedsReview);
    if keeps || from == to || from.step(to).is_err() {
        return Ok(());
    }
    step_request(connection, id, (from, to), "", now)
}

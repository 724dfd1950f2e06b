//! Where a request stands when a person has decided or undone something about it: answered while a reply
//! counts, under review while something of it waits, and otherwise where its deliveries are.

use super::columns::Micros;
use super::fault::Answer;
use super::requests::request;
use super::steps::step_request;
use super::{deliveries, replies};
use crate::domain::id::RequestId;
use crate::domain::request::Delivery;
use crate::domain::state::{DeliveryState, RequestState};
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Whether something of the request waits for a person. Reads the index `review_of_request`.
pub(super) const WAITS: &str = "SELECT 1 FROM review WHERE request_id = ?1 AND closed_at IS NULL LIMIT 1";

/// Steps the request to where it stands; one that has ended stays ended.
pub(super) fn settle(connection: &Connection, id: RequestId, why: &str, now: Timestamp) -> Answer<()> {
    let from = request(connection, id)?.state;
    if from.is_ended() {
        return Ok(());
    }
    let counting = replies::in_force(connection, id)?;
    let answered_at = counting.first().map(|reply| Micros(reply.recorded_at));
    let sql = "UPDATE request SET answered_at = ?2 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![id, answered_at])?;
    let to = if !counting.is_empty() {
        RequestState::Answered
    } else if connection.prepare_cached(WAITS)?.exists([id])? {
        RequestState::NeedsReview
    } else {
        of_deliveries(&deliveries::sheets_of_request(connection, id)?)
    };
    walk(connection, id, from, to, why, now)
}

/// The best that is known of any delivery: one that left was sent, whatever became of the others.
pub(super) fn of_deliveries(deliveries: &[Delivery]) -> RequestState {
    let any = |states: &[DeliveryState]| deliveries.iter().any(|delivery| states.contains(&delivery.state));
    if any(&[DeliveryState::Submitted, DeliveryState::Delivered]) {
        RequestState::Sent
    } else if any(&[DeliveryState::InDoubt]) {
        RequestState::InDoubt
    } else if any(&[DeliveryState::Held, DeliveryState::Queued, DeliveryState::Sending]) {
        RequestState::Queued
    } else {
        RequestState::Undelivered
    }
}

/// An answer that was taken back goes by way of the review.
fn walk(
    connection: &Connection,
    id: RequestId,
    from: RequestState,
    to: RequestState,
    why: &str,
    now: Timestamp,
) -> Answer<()> {
    if from == to {
        return Ok(());
    }
    if from == RequestState::Answered && to != RequestState::NeedsReview {
        step_request(connection, id, (from, RequestState::NeedsReview), why, now)?;
        return step_request(connection, id, (RequestState::NeedsReview, to), why, now);
    }
    step_request(connection, id, (from, to), why, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::directory::RouteKind;
    use crate::domain::id::DeliveryId;
    use crate::domain::letter::Letter;

    #[test]
    fn the_best_known_delivery_counts() {
        use DeliveryState::{Delivered, Held, InDoubt, Queued, Sending, Submitted, Undelivered};
        for (states, expected) in [
            (&[][..], RequestState::Undelivered),
            (&[Undelivered], RequestState::Undelivered),
            (&[Undelivered, Submitted], RequestState::Sent),
            (&[Delivered, InDoubt, Queued], RequestState::Sent),
            (&[InDoubt, Queued], RequestState::InDoubt),
            (&[Undelivered, Held], RequestState::Queued),
            (&[Queued], RequestState::Queued),
            (&[Sending], RequestState::Queued),
        ] {
            let at = Timestamp::UNIX_EPOCH;
            let delivery = |state: &DeliveryState| Delivery {
                id: DeliveryId::new_at(at),
                letter: Letter::Sheet { request_id: RequestId::new_at(at) },
                route: RouteKind::FaxByMail,
                address: "0300000001".to_owned(),
                state: *state,
                attempts: 0,
                next_try_at: at,
                sheet_id: None,
                last_detail: String::new(),
                created_at: at,
            };
            let deliveries: Vec<Delivery> = states.iter().map(delivery).collect();
            assert_eq!(of_deliveries(&deliveries), expected, "{states:?}");
        }
    }
}

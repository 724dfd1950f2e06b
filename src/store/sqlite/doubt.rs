//! A person ends the doubt about a delivery. Only a delivery that is in doubt is touched, and what goes
//! out once more is a new row: the old one keeps its tries and ends as undelivered.

use super::super::NewDelivery;
use super::audit;
use super::deliveries::{delivery, insert, is_pointless, set_detail};
use super::fault::{Answer, conflict};
use super::outcome::settle;
use super::requests::request;
use super::steps::{step_delivery, step_request, was_sent};
use crate::domain::account::By;
use crate::domain::id::DeliveryId;
use crate::domain::letter::Letter;
use crate::domain::request::{Delivery, DoubtDecision};
use crate::domain::state::{DeliveryState, RequestState};
use jiff::Timestamp;
use rusqlite::Connection;

/// Ends the doubt and steps the request.
pub(super) fn decide(
    connection: &Connection,
    id: DeliveryId,
    decision: DoubtDecision,
    resend: Option<&NewDelivery>,
    by: &By,
    now: Timestamp,
) -> Answer<Delivery> {
    let doubtful = delivery(connection, id)?;
    if doubtful.state != DeliveryState::InDoubt {
        return Err(conflict(format!("この送付はもう「送信不明」ではありません(現在: {})", doubtful.state)));
    }
    audit::changed(connection, by, ("delivery", &id.to_string()), decision.as_str(), now)?;
    match (decision, resend) {
        (DoubtDecision::Delivered, None) => {
            end(connection, &doubtful, DeliveryState::Delivered, "decided: delivered", now)?;
            if let Letter::Sheet { request_id } = doubtful.letter {
                was_sent(connection, request_id, now)?;
                settle(connection, request_id, RequestState::Sent, now)?;
            }
            delivery(connection, id)
        }
        (DoubtDecision::Undelivered, None) => {
            end(connection, &doubtful, DeliveryState::Undelivered, "decided: undelivered", now)?;
            if let Letter::Sheet { request_id } = doubtful.letter {
                settle(connection, request_id, RequestState::Undelivered, now)?;
            }
            delivery(connection, id)
        }
        (DoubtDecision::Resend, Some(new)) => send_again(connection, &doubtful, new, now),
        _ => Err(conflict(
            "再送には新しい送付が1つ要ります (a resend, and only a resend, names a new delivery)",
        )),
    }
}

fn send_again(
    connection: &Connection,
    doubtful: &Delivery,
    new: &NewDelivery,
    now: Timestamp,
) -> Answer<Delivery> {
    let again = format!("decided: sent again as {}", new.id);
    let Letter::Sheet { request_id } = doubtful.letter else {
        if is_pointless(connection, doubtful)? {
            return Err(conflict("この連絡にはもう送る必要がありません"));
        }
        end(connection, doubtful, DeliveryState::Undelivered, &again, now)?;
        insert(connection, doubtful.letter, new, now)?;
        return delivery(connection, new.id);
    };
    let state = request(connection, request_id)?.state;
    // Not while something has come back: it may be the answer.
    let may = matches!(
        state,
        RequestState::Queued | RequestState::Sent | RequestState::InDoubt | RequestState::Undelivered
    );
    if !may {
        return Err(conflict(format!("この連絡にはもう送る必要がありません(現在: {state})")));
    }
    end(connection, doubtful, DeliveryState::Undelivered, &again, now)?;
    insert(connection, doubtful.letter, new, now)?;
    if state != RequestState::Queued {
        step_request(connection, request_id, (state, RequestState::Queued), "sent again", now)?;
    }
    delivery(connection, new.id)
}

fn end(
    connection: &Connection,
    doubtful: &Delivery,
    to: DeliveryState,
    detail: &str,
    now: Timestamp,
) -> Answer<()> {
    set_detail(connection, doubtful.id, detail)?;
    step_delivery(connection, doubtful.id, (DeliveryState::InDoubt, to), detail, now)
}

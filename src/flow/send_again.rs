//! A request that did not reach the clinic is sent again, or on another way. Only to a verified destination of that clinic,
//! the one that the person was shown; what waits for an earlier try goes no more.

use super::{FlowError, Result};
use crate::domain::account::By;
use crate::domain::directory::{BY_HAND, Clinic, Route, RouteKind};
use crate::domain::id::{DeliveryId, RequestId};
use crate::domain::request::{Delivery, Request};
use crate::domain::state::{DeliveryState, RequestState};
use crate::store::{NewDelivery, Store};
use jiff::Timestamp;

/// The ways by which the request can go now: every verified one of the clinic, in its order, while nothing has left. Of
/// a request that still waits in the outbox, only other ways than the one that it waits for.
#[must_use]
pub fn ways<'a>(request: &Request, sheets: &[Delivery], clinic: &'a Clinic) -> Vec<&'a Route> {
    use DeliveryState::{Held, Queued};
    let left = sheets.iter().any(Delivery::may_have_left);
    let tried = sheets.iter().any(|sheet| sheet.attempts > 0);
    let waits = |route: &Route| {
        sheets.iter().any(|sheet| {
            matches!(sheet.state, Held | Queued)
                && (sheet.route, &sheet.address) == (route.kind, &route.address)
        })
    };
    let may = match request.state {
        RequestState::Undelivered => true,
        // Before its first try nobody asks for another way.
        RequestState::Queued => tried,
        _ => false,
    };
    let ways = clinic.routes.iter().filter(|route| route.verified_at.is_some() && !waits(route));
    if may && !left { ways.collect() } else { Vec::new() }
}

/// True when somebody may carry the sheet: by the same rule, and whatever numbers the clinic has.
#[must_use]
pub fn can_be_carried(request: &Request, sheets: &[Delivery]) -> bool {
    let left = sheets.iter().any(Delivery::may_have_left);
    let given_up = |sheet: &Delivery| sheet.state == DeliveryState::Undelivered;
    let carried = sheets.iter().any(|sheet| sheet.route == RouteKind::Hand && !given_up(sheet));
    let waits = matches!(request.state, RequestState::Queued | RequestState::Undelivered);
    waits && !left && !carried
}

/// Puts the sheet into the outbox once more. Of [`RouteKind::Hand`] it is printed for whoever carries it.
///
/// # Errors
/// [`FlowError::NotVerified`] when the clinic has no such verified destination (any more); the store's `Conflict` when
/// something left or may have, or an answer has come.
pub fn send_again(
    store: &dyn Store,
    request_id: RequestId,
    kind: RouteKind,
    shown_address: &str,
    by: &By,
    now: Timestamp,
) -> Result<Delivery> {
    if kind == RouteKind::Hand {
        let address = BY_HAND.to_owned();
        let new = NewDelivery { id: DeliveryId::new_at(now), route: kind, address, not_before: None };
        return Ok(store.send_again(request_id, &new, by, now)?);
    }
    let clinic = store.clinic(store.request(request_id)?.clinic_id)?;
    let shown =
        |route: &&Route| route.kind == kind && route.address == shown_address && route.verified_at.is_some();
    let to = clinic.routes.iter().find(shown);
    let to = to.ok_or_else(|| FlowError::NotVerified { clinic: clinic.name.clone() })?;
    let new = NewDelivery {
        id: DeliveryId::new_at(now),
        route: to.kind,
        address: to.address.clone(),
        not_before: None,
    };
    Ok(store.send_again(request_id, &new, by, now)?)
}

//! A person decides about a delivery of which nobody knows whether it left. Only here does anything that
//! may have left already leave again, and only to a destination that is verified today.

use super::Result;
use super::submit::verified_route;
use crate::domain::account::By;
use crate::domain::id::DeliveryId;
use crate::domain::letter::Letter;
use crate::domain::request::{Delivery, DoubtDecision};
use crate::store::{NewDelivery, Store};
use jiff::Timestamp;

/// Ends the doubt. Returns the delivery that now stands for the request: the new one for a resend.
///
/// # Errors
/// The store's `Conflict` when it is not in doubt any more, or an answer has come meanwhile;
/// [`super::FlowError::NotVerified`] when nothing may be sent to the clinic.
pub fn decide_in_doubt(
    store: &dyn Store,
    id: DeliveryId,
    decision: DoubtDecision,
    by: &By,
    now: Timestamp,
) -> Result<Delivery> {
    let resend = if decision == DoubtDecision::Resend { Some(new_delivery(store, id, now)?) } else { None };
    Ok(store.decide_in_doubt(id, decision, resend.as_ref(), by, now)?)
}

fn new_delivery(store: &dyn Store, id: DeliveryId, now: Timestamp) -> Result<NewDelivery> {
    let doubtful = store.delivery(id)?;
    let Letter::Sheet { request_id } = doubtful.letter else {
        // To where it went; whether that may still be is asked once more before it leaves.
        let (route, address) = (doubtful.route, doubtful.address);
        return Ok(NewDelivery { id: DeliveryId::new_at(now), route, address, not_before: None });
    };
    let request = store.request(request_id)?;
    let clinic = store.clinic(request.clinic_id)?;
    let route = verified_route(&clinic)?;
    Ok(NewDelivery {
        id: DeliveryId::new_at(now),
        route: route.kind,
        address: route.address.clone(),
        not_before: None,
    })
}

//! The administrator's outbox: the hold on sending, deliveries of which nobody knows whether they left, and
//! those that did not arrive. Shows request numbers and clinics, never a client; sends nothing itself.

use super::WebError;
use super::access::Resource;
use super::answer::Answer;
use super::visit::Visit;
use crate::domain::audit::Act;
use crate::domain::directory::RouteKind;
use crate::domain::id::DeliveryId;
use crate::domain::letter::Letter;
use crate::domain::request::{Delivery, DoubtDecision, Request};
use crate::domain::state::RequestState;
use crate::flow::FlowError;
use crate::flow::decide_in_doubt::decide_in_doubt;
use crate::flow::submit::verified_route;
use crate::store::{RequestFilter, StoreError};
use axum::http::StatusCode;
use serde_json::Value;

/// Deliveries that the page shows of each kind at the most.
const LIST_MAX: usize = 200;
/// The most characters of a reason.
const WHY_MAX: usize = 200;

/// The page.
pub fn show(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Gateway, "outbox", "")?;
    page(visit, "")
}

/// Stops sending, for a reason that every page then shows.
pub fn hold(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Gateway, "outbox", "")?;
    let why = visit.form.get("why");
    if why.is_empty() || why.chars().count() > WHY_MAX {
        let sentence = visit.text("hold-why-missing");
        return Ok(page(visit, &sentence)?.with_status(StatusCode::UNPROCESSABLE_ENTITY));
    }
    visit.store().set_hold(Some(why), visit.now)?;
    visit.note(Act::Change, "outbox", "", "hold_set")?;
    Ok(Answer::see_other("/admin/outbox?notice=held"))
}

/// Lets everything go that was held.
pub fn release(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Gateway, "outbox", "")?;
    visit.store().set_hold(None, visit.now)?;
    visit.note(Act::Change, "outbox", "", "hold_lifted")?;
    Ok(Answer::see_other("/admin/outbox?notice=released"))
}

/// Ends a doubt as the person says.
pub fn decide(visit: &Visit) -> Result<Answer, WebError> {
    let id: DeliveryId = visit.param("id")?;
    visit.reach(Resource::Gateway, "delivery", &id.to_string())?;
    let (decision, notice) = match visit.form.get("decision") {
        "resend" => (DoubtDecision::Resend, "resent"),
        "delivered" => (DoubtDecision::Delivered, "decided"),
        "undelivered" => (DoubtDecision::Undelivered, "decided"),
        _ => return Err(WebError::NotFound),
    };
    match decide_in_doubt(visit.store(), id, decision, &visit.by()?, visit.now) {
        Ok(_) => Ok(Answer::see_other(&format!("/admin/outbox?notice={notice}"))),
        Err(error @ (FlowError::Store(StoreError::Conflict(_)) | FlowError::NotVerified { .. })) => {
            Ok(page(visit, &error.to_string())?.with_status(StatusCode::CONFLICT))
        }
        Err(error) => Err(error.into()),
    }
}

fn page(visit: &Visit, mistake: &str) -> Result<Answer, WebError> {
    let store = visit.store();
    let in_doubt: Vec<Value> = store
        .in_doubt(LIST_MAX)?
        .iter()
        .map(|delivery| doubtful(visit, delivery))
        .collect::<Result<_, _>>()?;
    let undelivered = RequestFilter { state: Some(RequestState::Undelivered), ..RequestFilter::default() };
    let undelivered: Vec<Value> = store
        .requests(&undelivered, LIST_MAX)?
        .iter()
        .map(|request| lost(visit, request))
        .collect::<Result<_, _>>()?;
    let notice = visit.query.get("notice");
    let notice = if ["held", "released", "resent", "decided"].contains(&notice) { notice } else { "" };
    let why = visit.form.get("why");
    visit.page("outbox.html", context! { in_doubt, undelivered, mistake, notice, why })
}

/// A delivery in doubt; what is sent again goes where the clinic is verified today.
fn doubtful(visit: &Visit, delivery: &Delivery) -> Result<Value, WebError> {
    let store = visit.store();
    let (number, clinic, to) = match delivery.letter {
        Letter::Sheet { request_id } | Letter::CancelNotice { request_id } | Letter::Link { request_id } => {
            let request = store.request(request_id)?;
            (request.number.to_string(), Some(store.clinic(request.clinic_id)?), String::new())
        }
        Letter::NumberTest { number_test_id } => {
            let clinic = store.clinic(store.number_test(number_test_id)?.clinic_id)?;
            (String::new(), Some(clinic), String::new())
        }
        Letter::Notice { user_id } => (String::new(), None, store.user(user_id)?.name),
    };
    let begun = store.attempts(delivery.id)?.last().map(|attempt| attempt.started_at);
    let again = if delivery.letter.is_sheet() {
        clinic
            .as_ref()
            .and_then(|clinic| verified_route(clinic).ok())
            .map(|route| (route.kind, route.address.clone()))
    } else {
        Some((delivery.route, delivery.address.clone()))
    };
    Ok(context! {
        id => delivery.id.to_string(),
        letter => delivery.letter.as_str(),
        number,
        clinic => clinic.as_ref().map_or(to, |clinic| clinic.name.clone()),
        tel => clinic.map(|clinic| clinic.tel).unwrap_or_default(),
        by_fax => delivery.route == RouteKind::FaxByMail,
        address => delivery.address,
        resend_by_fax => again.as_ref().is_some_and(|(kind, _)| *kind == RouteKind::FaxByMail),
        resend_to => again.map(|(_, address)| address),
        begun,
        detail => delivery.last_detail,
    })
}

fn lost(visit: &Visit, request: &Request) -> Result<Value, WebError> {
    let store = visit.store();
    let clinic = store.clinic(request.clinic_id)?;
    let delivery = store.deliveries(request.id)?.pop();
    Ok(context! {
        number => request.number.to_string(),
        clinic => clinic.name,
        tel => clinic.tel,
        office => store.office(request.office_id)?.name,
        by_fax => delivery.as_ref().is_some_and(|delivery| delivery.route == RouteKind::FaxByMail),
        address => delivery.as_ref().map(|delivery| delivery.address.clone()),
        detail => delivery.map(|delivery| delivery.last_detail),
    })
}

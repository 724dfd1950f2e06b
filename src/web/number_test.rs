//! The administrator makes sure of a number: a test page goes out, the clinic reads its code out or faxes it back. There is
//! no other way to a verified number on these pages; the code itself is shown on none of them.

use super::WebError;
use super::access::Resource;
use super::answer::Answer;
use super::clinics::{clinic, route};
use super::preview::arrived;
use super::visit::Visit;
use crate::domain::audit::Act;
use crate::domain::directory::{Clinic, Route, RouteKind};
use crate::domain::id::NumberTestId;
use crate::domain::letter::{CodeTry, NumberTest};
use crate::flow::FlowError;
use crate::flow::number_test::{read_out, send_page};
use crate::store::StoreError;
use axum::http::StatusCode;

/// Where the number stands and what to do next.
pub fn show(visit: &Visit) -> Result<Answer, WebError> {
    let clinic = clinic(visit)?;
    let route = route(&clinic, visit.query.get("kind")).ok_or(WebError::NotFound)?;
    page(visit, &clinic, route, "")
}

/// Sends a test page to the number that was shown.
pub fn send(visit: &Visit) -> Result<Answer, WebError> {
    let clinic = clinic(visit)?;
    let route = shown(visit, &clinic)?;
    let Some(route) = route else { return changed(visit, &clinic) };
    let to = (route.kind, route.address.as_str());
    match send_page(visit.store(), &visit.web.rule, clinic.id, to, &visit.by()?, visit.now) {
        Ok(_) => Ok(Answer::see_other(&place(&clinic, route.kind))),
        Err(error @ (FlowError::Store(StoreError::Conflict(_)) | FlowError::NoAssociation)) => {
            Ok(page(visit, &clinic, route, &error.to_string())?.with_status(StatusCode::CONFLICT))
        }
        Err(error) => Err(error.into()),
    }
}

/// The code that the clinic read out.
pub fn verify(visit: &Visit) -> Result<Answer, WebError> {
    let clinic = clinic(visit)?;
    let Some(route) = shown(visit, &clinic)? else { return changed(visit, &clinic) };
    let id = test_of(visit, &clinic)?;
    let mistake = match read_out(visit.store(), id, visit.form.get("code"), &visit.by()?, visit.now) {
        Ok(CodeTry::Right) => return Ok(Answer::see_other("/admin/clinics?notice=verified")),
        Ok(CodeTry::Wrong { left }) => visit.text_with("test-code-wrong", &[("left", left.to_string())]),
        Ok(CodeTry::Locked) => visit.text("test-code-locked"),
        Ok(CodeTry::Over) => visit.text("test-over"),
        Err(error @ FlowError::Missing(_)) => error.to_string(),
        Err(error) => return Err(error.into()),
    };
    Ok(page(visit, &clinic, route, &mistake)?.with_status(StatusCode::UNPROCESSABLE_ENTITY))
}

/// The page that came back was looked at.
pub fn accept(visit: &Visit) -> Result<Answer, WebError> {
    let clinic = clinic(visit)?;
    let Some(route) = shown(visit, &clinic)? else { return changed(visit, &clinic) };
    let id = test_of(visit, &clinic)?;
    match visit.store().accept_returned(id, &visit.by()?, visit.now) {
        Ok(()) => Ok(Answer::see_other("/admin/clinics?notice=verified")),
        Err(error @ StoreError::Conflict(_)) => {
            Ok(page(visit, &clinic, route, &error.to_string())?.with_status(StatusCode::CONFLICT))
        }
        Err(error) => Err(error.into()),
    }
}

/// The page that came back, made in a reader's process.
pub fn picture(visit: &Visit) -> Result<Answer, WebError> {
    let clinic = clinic(visit)?;
    let tests = visit.store().number_tests(clinic.id)?;
    let wanted = visit.params.get("kind");
    let test = tests.into_iter().find(|test| test.route.as_str() == wanted).ok_or(WebError::NotFound)?;
    let returned = test.returned.ok_or(WebError::NotFound)?;
    visit.note(Act::View, "clinic", &clinic.id.to_string(), visit.route.path)?;
    arrived(visit, returned.arrival_id, returned.page_number)
}

/// The test that the form is about; one of another clinic is not there.
fn test_of(visit: &Visit, clinic: &Clinic) -> Result<NumberTestId, WebError> {
    let id: NumberTestId = visit.form.get("test").parse().map_err(|_| WebError::NotFound)?;
    let own = visit.store().number_test(id)?.clinic_id == clinic.id;
    if own { Ok(id) } else { Err(WebError::NotFound) }
}

/// The route that the form is about; `None` when its number is no longer the one that was shown.
fn shown<'a>(visit: &Visit, clinic: &'a Clinic) -> Result<Option<&'a Route>, WebError> {
    let route = route(clinic, visit.form.get("kind")).ok_or(WebError::NotFound)?;
    Ok(Some(route).filter(|route| route.address == visit.form.get("address")))
}

fn changed(visit: &Visit, clinic: &Clinic) -> Result<Answer, WebError> {
    let route = route(clinic, visit.form.get("kind")).ok_or(WebError::NotFound)?;
    Ok(page(visit, clinic, route, &visit.text("verify-changed"))?.with_status(StatusCode::CONFLICT))
}

fn place(clinic: &Clinic, kind: RouteKind) -> String {
    format!("/admin/clinics/{}/verify?kind={}", clinic.id, kind.as_str())
}

fn page(visit: &Visit, clinic: &Clinic, route: &Route, mistake: &str) -> Result<Answer, WebError> {
    let id = clinic.id.to_string();
    let tests = visit.store().number_tests(clinic.id)?;
    let of_route = |test: &NumberTest| test.route == route.kind && test.address == route.address;
    let test = tests.into_iter().find(of_route).filter(|test| test.is_open(visit.now));
    let delivery = test.as_ref().map(|test| visit.store().number_test_delivery(test.id)).transpose()?;
    visit.page(
        "clinic_verify.html",
        context! {
            id,
            clinic => clinic,
            route => route,
            by_fax => route.kind == RouteKind::FaxByMail,
            test => test.as_ref().map(|test| test.id.to_string()),
            returned => test.as_ref().and_then(|test| test.returned).map(|returned| returned.at),
            asked_at => test.as_ref().map(|test| test.created_at),
            sent => delivery.map(|delivery| delivery.state.as_str()),
            mistake => mistake,
        },
    )
}

/// How many test pages came back and wait for a look.
pub fn waiting(visit: &Visit, most: usize) -> Result<usize, WebError> {
    visit.reach(Resource::Gateway, "clinic", "list")?;
    Ok(visit.store().returned_tests(most)?.len())
}

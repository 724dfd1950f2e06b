//! The first page of those without an office: what waits at each of their desks, as counts alone.

use super::WebError;
use super::answer::Answer;
use super::number_test;
use super::visit::Visit;
use crate::domain::account::Role;
use crate::domain::state::RequestState;
use crate::store::{RequestFilter, Store};
use serde_json::Value;

/// Counted up to here.
const COUNTED: usize = 1000;

/// The page. What a role may not open it sees as a number without a way to it.
pub fn home(visit: &Visit) -> Result<Answer, WebError> {
    let user = visit.user()?;
    let (reviewer, administrator) = (user.is(Role::Reviewer), user.is(Role::Administrator));
    let mut desks = Vec::new();
    if reviewer || administrator || user.is(Role::Association) {
        let waiting = visit.store().open_reviews(COUNTED)?.len();
        desks.push(desk("needs_review", waiting, if reviewer { "/review" } else { "" }));
    }
    if administrator {
        desks.push(desk("in_doubt", visit.store().in_doubt(COUNTED)?.len(), "/admin/outbox"));
        let undelivered =
            RequestFilter { state: Some(RequestState::Undelivered), ..RequestFilter::default() };
        let undelivered = visit.store().requests(&undelivered, COUNTED)?.len();
        desks.push(desk("undelivered", undelivered, "/admin/outbox#undelivered"));
        desks.push(desk("returned", number_test::waiting(visit, COUNTED)?, "/admin/clinics"));
        desks.push(desk("wrong_number", visit.store().failed_numbers()?.len(), "/admin/clinics"));
        desks.push(desk("unverified", unverified(visit.store())?, "/admin/clinics"));
    }
    visit.page("home_other.html", context! { desks })
}

fn desk(name: &str, count: usize, place: &str) -> Value {
    context! { name, count, place }
}

/// Clinics that nothing can be sent to.
fn unverified(store: &dyn Store) -> Result<usize, WebError> {
    let nowhere = |clinic: &crate::domain::directory::Clinic| {
        clinic.routes.iter().all(|route| route.verified_at.is_none())
    };
    Ok(store.clinics()?.iter().filter(|clinic| nowhere(clinic)).count())
}

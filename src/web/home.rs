//! The first page: what needs me.

use super::WebError;
use super::answer::Answer;
use super::requests::{self, rows};
use super::usual;
use super::visit::Visit;
use crate::domain::account::Tenant;
use crate::domain::id::OfficeId;
use crate::domain::request::Request;
use crate::domain::state::RequestState;
use crate::store::RequestFilter;
use jiff::SignedDuration;
use serde_json::Value;

/// Of each kind that need somebody, so many are shown; the list has the rest.
const SHOWN: usize = 5;
/// Counted up to here.
const COUNTED: usize = 500;
/// An answer, and a withdrawal that did not arrive, stand on the first page for so long.
const NEW: SignedDuration = SignedDuration::from_hours(24 * 7);

/// The page; for those without an office a greeting with the pages that are theirs.
pub fn show(visit: &Visit) -> Result<Answer, WebError> {
    let user = visit.user()?;
    let of_office = super::routes::OFFICE.iter().any(|role| user.is(*role));
    match user.tenant {
        Tenant::Office(office) if of_office => office_home(visit, office),
        _ => super::desk::home(visit),
    }
}

fn office_home(visit: &Visit, office: OfficeId) -> Result<Answer, WebError> {
    requests::note(visit, office)?;
    let find = |state, overdue| {
        let filter = RequestFilter { state, office_id: Some(office), overdue };
        visit.store().requests(&filter, COUNTED)
    };
    let mut answered = find(Some(RequestState::Answered), false)?;
    answered.retain(|request| request.answered_at.is_some_and(|at| visit.now.duration_since(at) < NEW));
    answered.sort_by_key(|request| std::cmp::Reverse(request.answered_at));
    let mut overdue = find(None, true)?;
    overdue.retain(|request| requests::standing(request) == "overdue");
    let needs = [
        ("answered", answered),
        ("overdue", overdue),
        ("undelivered", find(Some(RequestState::Undelivered), false)?),
        ("in_doubt", find(Some(RequestState::InDoubt), false)?),
        ("needs_review", find(Some(RequestState::NeedsReview), false)?),
        ("withdrawal", visit.store().failed_withdrawals(office, visit.now - NEW)?),
    ];
    let needs: Vec<Value> =
        needs.iter().map(|(name, found)| group(visit, name, found)).collect::<Result<_, _>>()?;
    let mut sent = find(Some(RequestState::Sent), false)?;
    sent.retain(|request| requests::standing(request) != "notified");
    let waiting = sent.len() + find(Some(RequestState::Queued), false)?.len();
    let messages = visit.store().unseen_messages(office, COUNTED)?.len();
    let held = visit.store().hold()?.is_some();
    let clients: Vec<Value> = usual::clients(visit, office)?
        .iter()
        .map(|record| context! { id => record.id.to_string(), name => record.client.name })
        .collect();
    visit.page("home.html", context! { needs, messages, waiting, held, clients })
}

fn group(visit: &Visit, name: &str, found: &[Request]) -> Result<Value, WebError> {
    let shown = &found[..found.len().min(SHOWN)];
    Ok(context! { name, count => found.len(), rows => rows(visit, shown)? })
}

//! The office's requests: rows as lists and the first page show them, and the list with its filters.

use super::WebError;
use super::answer::Answer;
use super::visit::Visit;
use crate::domain::audit::Act;
use crate::domain::client::Client;
use crate::domain::id::{ClinicId, OfficeId};
use crate::domain::request::Request;
use crate::domain::state::RequestState;
use crate::form::definition::{FieldKind, FormDefinition};
use crate::store::RequestFilter;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::HashMap;

/// Requests that a list shows at the most.
const LIST_MAX: usize = 300;

/// The filters of the list: the name in the address, and what it means.
const FILTERS: &[(&str, Option<RequestState>, bool)] = &[
    ("all", None, false),
    ("queued", Some(RequestState::Queued), false),
    ("sent", Some(RequestState::Sent), false),
    ("overdue", None, true),
    ("answered", Some(RequestState::Answered), false),
    ("needs_review", Some(RequestState::NeedsReview), false),
    ("undelivered", Some(RequestState::Undelivered), false),
    ("in_doubt", Some(RequestState::InDoubt), false),
    ("cancelled", Some(RequestState::Cancelled), false),
];

/// One request in a list.
#[derive(Debug, Serialize)]
pub struct RequestRow {
    id: String,
    number: String,
    client: String,
    clinic: String,
    subject: String,
    /// The state, or `overdue`, or `notified`.
    standing: &'static str,
    due_on: Option<Date>,
    created_at: Timestamp,
    answered_at: Option<Timestamp>,
}

/// The list.
pub fn list(visit: &Visit) -> Result<Answer, WebError> {
    let office = visit.office()?;
    let wanted = visit.query.get("show");
    let (chosen, state, overdue) = *FILTERS.iter().find(|(name, ..)| *name == wanted).unwrap_or(&FILTERS[0]);
    let filter = RequestFilter { state, office_id: Some(office), overdue };
    let mut found = visit.store().requests(&filter, LIST_MAX)?;
    // Nobody waits for a reply to a notice.
    found.retain(|request| chosen != "sent" || standing(request) != "notified");
    let rows = rows(visit, &found)?;
    note(visit, office)?;
    let filters: Vec<_> = FILTERS.iter().map(|(name, ..)| *name).collect();
    visit.page("requests.html", context! { rows, filters, chosen, most => LIST_MAX })
}

/// Notes that a list with names was seen.
///
/// # Errors
/// When the store fails.
pub fn note(visit: &Visit, office: OfficeId) -> Result<(), WebError> {
    visit.note(Act::View, "office", &office.to_string(), visit.route.path)
}

/// The rows of these requests, in their order.
///
/// # Errors
/// When the store fails.
pub fn rows(visit: &Visit, requests: &[Request]) -> Result<Vec<RequestRow>, WebError> {
    let clinics: HashMap<ClinicId, String> =
        visit.store().clinics()?.into_iter().map(|clinic| (clinic.id, clinic.name)).collect();
    let mut forms: HashMap<(String, u32), FormDefinition> = HashMap::new();
    let mut rows = Vec::with_capacity(requests.len());
    for request in requests {
        let key = (request.form_id.clone(), request.form_version);
        if !forms.contains_key(&key) {
            forms.insert(key.clone(), visit.store().form(&key.0, key.1)?);
        }
        let form = &forms[&key];
        rows.push(RequestRow {
            id: request.id.to_string(),
            number: request.number.to_string(),
            client: client_of(form, request).map(|client| client.name).unwrap_or_default(),
            clinic: clinics.get(&request.clinic_id).cloned().unwrap_or_default(),
            subject: subject_of(form, request),
            standing: standing(request),
            due_on: request.due_on,
            created_at: request.created_at,
            answered_at: request.answered_at,
        });
    }
    Ok(rows)
}

/// The state as people see it: overdue is told while an answer is awaited, and a notice that was sent awaits none.
#[must_use]
pub fn standing(request: &Request) -> &'static str {
    if request.overdue_since.is_some() && request.state == RequestState::Sent {
        "overdue"
    } else if request.due_on.is_none() && request.state == RequestState::Sent {
        "notified"
    } else {
        request.state.as_str()
    }
}

/// Whom the request is about.
#[must_use]
pub fn client_of(form: &FormDefinition, request: &Request) -> Option<Client> {
    let field = form.fields.iter().find(|field| field.kind == FieldKind::Client)?;
    serde_json::from_value(request.answers.get(&field.id)?.clone()).ok()
}

/// The first line of text of the form: what the request is about.
fn subject_of(form: &FormDefinition, request: &Request) -> String {
    let field = form.fields.iter().find(|field| matches!(field.kind, FieldKind::Text { .. }));
    let text = field.and_then(|field| request.answers.get(&field.id)).and_then(|text| text.as_str());
    text.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{OfficeId, RequestId};
    use crate::domain::sheet_number::RequestNumber;

    #[test]
    fn nobody_waits_for_a_reply_to_a_notice() {
        let now = Timestamp::UNIX_EPOCH;
        let request = |state, due_on, overdue_since| Request {
            id: RequestId::new_at(now),
            number: RequestNumber::new(2026, 1),
            form_id: "observation".to_owned(),
            form_version: 1,
            office_id: OfficeId::new_at(now),
            clinic_id: ClinicId::new_at(now),
            asked_by: None,
            answers: serde_json::Value::Null,
            state,
            due_on,
            overdue_since,
            created_at: now,
            sent_at: None,
            answered_at: None,
        };
        let day = Some(jiff::civil::date(2026, 12, 1));
        for (state, due_on, overdue_since, expected) in [
            (RequestState::Sent, None, None, "notified"),
            (RequestState::Sent, day, None, "sent"),
            (RequestState::Sent, day, Some(now), "overdue"),
            (RequestState::Queued, None, None, "queued"),
            (RequestState::Undelivered, None, None, "undelivered"),
        ] {
            assert_eq!(standing(&request(state, due_on, overdue_since)), expected);
        }
    }

    #[test]
    fn every_filter_is_a_state_or_the_flag_and_none_is_forgotten() {
        for state in RequestState::ALL {
            let shown = FILTERS.iter().any(|(name, of, _)| *of == Some(*state) && *name == state.as_str());
            // Drafts are never stored, and nothing closes a request yet.
            let hidden = matches!(state, RequestState::Draft | RequestState::Closed);
            assert_ne!(shown, hidden, "{state}");
        }
    }
}

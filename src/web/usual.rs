//! What a new form begins with: who writes, what the office's earlier requests say, and nothing that would be a
//! guess. A clinic is proposed only where this very client's last request went, and only while it is verified; a
//! consent is never proposed.

use super::WebError;
use super::filled;
use super::new_request::Written;
use super::pairs::Pairs;
use super::visit::Visit;
use crate::domain::calendar::japan_date;
use crate::domain::client::Client;
use crate::domain::directory::ClientRecord;
use crate::domain::id::OfficeId;
use crate::domain::request::Request;
use crate::flow::submit::verified_route;
use crate::form::definition::{Field, FieldKind, FormDefinition, PartyRole};
use crate::form::prefill::{self, Known};
use crate::store::RequestFilter;

/// So many of the office's last requests are looked at.
const LOOK_BACK: usize = 200;
/// Clients that the first page offers to write about.
const OFFERED: usize = 6;
/// The option that most requests have, in the field of the common header. An urgent one is chosen by a person.
const URGENCY: (&str, &str) = ("urgency", "normal");

/// Adds to `posted` what the form of `written` begins with.
///
/// # Errors
/// When the store fails.
pub fn begin(visit: &Visit, written: &Written, posted: &mut Pairs) -> Result<(), WebError> {
    let form = &written.form;
    let office = visit.store().office(written.client.office_id)?;
    let user = &visit.user()?.name;
    let client = Some(&written.client.client);
    let known = Known { client, office: &office, user, today: japan_date(visit.now) };
    for field in &form.fields {
        let name = filled::name(field);
        if field.kind == (FieldKind::Party { role: PartyRole::CareManager }) {
            posted.add(&format!("{name}.person"), user);
        } else if let Some(value) = prefill::value(field, &known) {
            posted.add(&name, &value);
        }
    }
    if let Some(field) = form.fields.iter().find(|field| field.id == URGENCY.0)
        && let FieldKind::Choice { options } = &field.kind
        && options.iter().any(|option| option.id == URGENCY.1)
        && posted.get(&filled::name(field)).is_empty()
    {
        posted.add(&filled::name(field), URGENCY.1);
    }
    for request in last_requests(visit, written.client.office_id)? {
        // A clinic is not asked what a hospital was asked.
        let same = visit.store().form(&request.form_id, request.form_version)?.to == form.to;
        if same && is_about(&request, &written.client.client) {
            posted.add("to", &recipient(visit, form, &request)?);
            break;
        }
    }
    Ok(())
}

/// Clients that are likely to be written about: those of the last requests first, then by name.
///
/// # Errors
/// When the store fails.
pub fn clients(visit: &Visit, office: OfficeId) -> Result<Vec<ClientRecord>, WebError> {
    let mut records = visit.store().clients(office)?;
    let last: Vec<Client> = last_requests(visit, office)?.iter().flat_map(clients_of).collect();
    let place = |record: &ClientRecord| last.iter().position(|client| *client == record.client);
    records.sort_by_cached_key(|record| {
        (place(record).unwrap_or(usize::MAX), record.client.kana.clone(), record.client.name.clone())
    });
    records.truncate(OFFERED);
    Ok(records)
}

fn last_requests(visit: &Visit, office: OfficeId) -> Result<Vec<Request>, WebError> {
    let filter = RequestFilter { office_id: Some(office), ..RequestFilter::default() };
    Ok(visit.store().requests(&filter, LOOK_BACK)?)
}

/// True when it is about this client in every item: two people may have one name.
fn is_about(request: &Request, client: &Client) -> bool {
    clients_of(request).contains(client)
}

fn clients_of(request: &Request) -> Vec<Client> {
    let answers = request.answers.as_object().into_iter().flat_map(|answers| answers.values());
    answers.filter_map(|value| serde_json::from_value(value.clone()).ok()).collect()
}

/// Whom the request went to, as the form posts it; empty when nothing can be sent there today.
fn recipient(visit: &Visit, form: &FormDefinition, request: &Request) -> Result<String, WebError> {
    let clinic = visit.store().clinic(request.clinic_id)?;
    let field = party(form, |field| field.kind == FieldKind::Party { role: form.to });
    let doctor = field.and_then(|field| request.answers.get(&field.id)?.get("person")?.as_str());
    Ok(match doctor {
        Some(doctor) if verified_route(&clinic).is_ok() => format!("{}/{doctor}", clinic.id),
        _ => String::new(),
    })
}

fn party(form: &FormDefinition, fits: impl Fn(&Field) -> bool) -> Option<&Field> {
    form.fields.iter().find(|field| fits(field))
}

//! The office's clients: list, add, change, and choose for a new request. What was sent keeps what it said.

use super::WebError;
use super::access::Resource;
use super::answer::Answer;
use super::pairs::Pairs;
use super::visit::Visit;
use crate::domain::audit::Act;
use crate::domain::client::CareLevel;
use crate::domain::directory::ClientRecord;
use crate::domain::id::ClientId;
use crate::form::answers::{AnswerMistake, CLIENT_ITEMS, check_client};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// The list.
pub fn list(visit: &Visit) -> Result<Answer, WebError> {
    page(visit, "clients.html")
}

/// The list, to choose from.
pub fn choose(visit: &Visit) -> Result<Answer, WebError> {
    page(visit, "client_choose.html")
}

fn page(visit: &Visit, template: &str) -> Result<Answer, WebError> {
    let office = visit.office()?;
    let mut records = visit.store().clients(office)?;
    records.sort_by(|left, right| left.client.kana.cmp(&right.client.kana));
    visit.note(Act::View, "office", &office.to_string(), visit.route.path)?;
    let clients: Vec<_> = records.iter().map(row).collect();
    let saved = visit.query.get("notice") == "saved";
    visit.page(template, context! { clients, saved })
}

fn row(record: &ClientRecord) -> Value {
    let client = &record.client;
    context! {
        id => record.id.to_string(),
        name => client.name,
        kana => client.kana,
        birth_date => client.birth_date,
        care_level => client.care_level,
    }
}

/// The empty form.
pub fn blank(visit: &Visit) -> Result<Answer, WebError> {
    visit.office()?;
    form(visit, &new_id(visit), &Pairs::default(), &[], false)
}

/// The form with what is stored.
pub fn edit(visit: &Visit) -> Result<Answer, WebError> {
    let record = own(visit)?;
    visit.note(Act::View, "client", &record.id.to_string(), visit.route.path)?;
    let mut typed = Pairs::default();
    let stored = serde_json::to_value(&record.client).unwrap_or_default();
    for item in CLIENT_ITEMS {
        if let Some(text) = stored.get(item).and_then(Value::as_str) {
            typed.add(item, text);
        }
    }
    form(visit, &record.id.to_string(), &typed, &[], true)
}

/// Stores what changed. Requests that were sent before keep the client as it was.
pub fn change(visit: &Visit) -> Result<Answer, WebError> {
    let record = own(visit)?;
    match check_client(&json!(items(&visit.form))) {
        Ok(client) => {
            visit.store().put_client(&ClientRecord { client, ..record.clone() })?;
            visit.note(Act::Change, "client", &record.id.to_string(), "change")?;
            Ok(Answer::see_other("/clients?notice=saved"))
        }
        Err(mistakes) => Ok(form(visit, &record.id.to_string(), &visit.form, &mistakes, true)?
            .with_status(StatusCode::UNPROCESSABLE_ENTITY)),
    }
}

/// The client that the path names, of the own office.
fn own(visit: &Visit) -> Result<ClientRecord, WebError> {
    let record = visit.store().client(visit.param("id")?)?;
    visit.reach(Resource::Clients(record.office_id), "client", &record.id.to_string())?;
    Ok(record)
}

/// Adds the client. The same form again is the same client.
pub fn add(visit: &Visit) -> Result<Answer, WebError> {
    let office_id = visit.office()?;
    let posted = &visit.form;
    let id: ClientId = posted.get("id").parse().map_err(|_| WebError::NotFound)?;
    match check_client(&json!(items(posted))) {
        Ok(client) => {
            put(visit, &ClientRecord { id, office_id, client })?;
            Ok(Answer::see_other("/clients"))
        }
        Err(mistakes) => Ok(form(visit, posted.get("id"), posted, &mistakes, false)?
            .with_status(StatusCode::UNPROCESSABLE_ENTITY)),
    }
}

/// Stores a new client; one that is there already under this id is not written over.
fn put(visit: &Visit, record: &ClientRecord) -> Result<(), WebError> {
    match visit.store().client(record.id) {
        Ok(known) if known.office_id == record.office_id => Ok(()),
        Ok(_) => Err(WebError::NotFound),
        Err(_) => {
            visit.store().put_client(record)?;
            visit.note(Act::Change, "client", &record.id.to_string(), "add")
        }
    }
}

fn new_id(visit: &Visit) -> String {
    ClientId::new_at(visit.now).to_string()
}

fn form(
    visit: &Visit,
    id: &str,
    posted: &Pairs,
    mistakes: &[AnswerMistake],
    changing: bool,
) -> Result<Answer, WebError> {
    let typed: Map<_, _> = CLIENT_ITEMS
        .iter()
        .map(|item| ((*item).to_owned(), json!(posted.all(item).next().unwrap_or_default())))
        .collect();
    let mut wrong: Map<String, serde_json::Value> = Map::new();
    for mistake in mistakes {
        wrong.entry(mistake.field.clone()).or_insert_with(|| json!(mistake.what));
    }
    let levels = CareLevel::ALL.map(CareLevel::code);
    visit.page("client_form.html", context! { id, typed, wrong, levels, changing })
}

/// What was typed; what is empty is left out.
fn items(posted: &Pairs) -> Map<String, serde_json::Value> {
    let given =
        CLIENT_ITEMS.iter().map(|item| (*item, posted.get(item))).filter(|(_, text)| !text.is_empty());
    given.map(|(item, text)| (item.to_owned(), json!(text))).collect()
}

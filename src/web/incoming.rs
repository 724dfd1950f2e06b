//! 届いた連絡: what clinics wrote, unasked, on the sheets that they keep. Shown as it was read, beside the page itself; an
//! unsure box is said to be unsure, and nothing here is an answer to anything.

use super::WebError;
use super::answer::Answer;
use super::preview::arrived;
use super::request_page::options;
use super::visit::Visit;
use crate::domain::audit::Act;
use crate::domain::id::MessageId;
use crate::domain::message::Message;
use crate::domain::reading::{BoxState, ReasonCode};
use crate::form::definition::{Label, ReplyField, ReplyKind};
use serde_json::Value;

/// Of each kind, so many stand in the list.
const SHOWN: usize = 100;

/// The list: what nobody has looked at first.
pub fn list(visit: &Visit) -> Result<Answer, WebError> {
    let office = visit.office()?;
    visit.note(Act::View, "office", &office.to_string(), visit.route.path)?;
    let rows = |found: Vec<Message>| found.iter().map(|one| row(visit, one)).collect::<Result<Vec<_>, _>>();
    let unseen = rows(visit.store().unseen_messages(office, SHOWN)?)?;
    let looked_at = rows(visit.store().seen_messages(office, SHOWN)?)?;
    let done = visit.query.get("notice") == "seen";
    visit.page("messages.html", context! { unseen, looked_at, done, most => SHOWN })
}

/// One message beside its page.
pub fn show(visit: &Visit) -> Result<Answer, WebError> {
    let message = visit.message(visit.param("id")?)?;
    let form = visit.store().form(&message.form_id, message.form_version)?;
    let clinic = visit.store().clinic(message.clinic_id)?;
    let seen_by = match message.seen.and_then(|seen| seen.by) {
        Some(user) => visit.store().user(user)?.name,
        None => String::new(),
    };
    visit.page(
        "message.html",
        context! {
            id => message.id.to_string(),
            title => form.title,
            clinic => clinic.name,
            tel => clinic.tel,
            received_at => message.received_at,
            fields => form.replies.iter().map(|field| field_view(field, &message)).collect::<Vec<_>>(),
            damaged => is_damaged(&message),
            outside => doubts(&message, ReasonCode::InkOutside),
            seen_at => message.seen.map(|seen| seen.at),
            seen_by,
        },
    )
}

/// The page, made in a reader's process.
pub fn picture(visit: &Visit) -> Result<Answer, WebError> {
    let message = visit.message(visit.param("id")?)?;
    arrived(visit, message.arrival_id, message.page_number)
}

/// What was written by hand in one frame.
pub fn handwriting(visit: &Visit) -> Result<Answer, WebError> {
    let message = visit.message(visit.param("id")?)?;
    let blob = message.handwriting.get(visit.params.get("field")).ok_or(WebError::NotFound)?;
    Ok(Answer::bytes("image/png", visit.store().blobs().get(blob)?))
}

/// Somebody looked. Saying so twice is saying so.
pub fn seen(visit: &Visit) -> Result<Answer, WebError> {
    let id: MessageId = visit.param("id")?;
    let message = visit.message(id)?;
    visit.store().see_message(message.id, &visit.by()?, visit.now)?;
    Ok(Answer::see_other("/messages?notice=seen"))
}

fn row(visit: &Visit, message: &Message) -> Result<Value, WebError> {
    let form = visit.store().form(&message.form_id, message.form_version)?;
    let clinic = visit.store().clinic(message.clinic_id)?.name;
    let (id, at) = (message.id.to_string(), message.received_at);
    Ok(context! { id, clinic, title => form.title, at, doubt => !message.reasons.is_empty() })
}

/// A field as it was read: what is ticked, what may be, and whether there is handwriting.
fn field_view(field: &ReplyField, message: &Message) -> Value {
    let of = |wanted: fn(BoxState) -> bool| -> Vec<Label> {
        let is = |option: &str| {
            let here = |state| {
                message
                    .boxes
                    .iter()
                    .any(|one| one.field == field.id && one.option == option && one.state == state)
            };
            STATES.into_iter().any(|state| wanted(state) && here(state))
        };
        options(field).iter().filter(|option| is(&option.id)).map(|option| option.label.clone()).collect()
    };
    let (mut chosen, mut unsure) =
        (of(BoxState::is_chosen), of(|state| matches!(state, BoxState::Unsure | BoxState::Cancelled)));
    // Two ticks where one is meant, or lines of the page that are lost: what is seen is not what was meant.
    let exclusive = matches!(field.kind, ReplyKind::ChooseOne { .. });
    if is_damaged(message) || exclusive && chosen.len() > 1 {
        unsure.append(&mut chosen);
    }
    let words = matches!(field.kind, ReplyKind::Handwriting { .. });
    let ink = message.handwriting.contains_key(&field.id);
    context! { id => field.id, label => field.label, chosen, unsure, words, ink }
}

const STATES: [BoxState; 4] = [BoxState::Marked, BoxState::Circled, BoxState::Unsure, BoxState::Cancelled];

/// Lines of the page are missing: any box may be other than it looks.
fn is_damaged(message: &Message) -> bool {
    doubts(message, ReasonCode::FileProblem)
}

fn doubts(message: &Message, code: ReasonCode) -> bool {
    message.reasons.iter().any(|reason| reason.code == code)
}

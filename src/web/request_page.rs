//! One request: where it stands, the answer, what happened; the answer by telephone; withdrawing it.

use super::WebError;
use super::answer::Answer;
use super::requests::{client_of, standing};
use super::review::page_args;
use super::visit::Visit;
use crate::domain::attachment::Attachment;
use crate::domain::audit::Act;
use crate::domain::directory::{Clinic, RouteKind};
use crate::domain::event::{Event, Subject};
use crate::domain::id::{ReplyId, RequestId};
use crate::domain::reading::{FoundBy, MAIL_TEXT, OUTSIDE, Reason, ReasonCode};
use crate::domain::request::{Reply, ReplyAnswers, ReplySource, Request};
use crate::domain::state::RequestState;
use crate::flow::mail_link::{mail_link, mailbox};
use crate::flow::send_again as again;
use crate::flow::{FlowError, cancel as flow_cancel, phone_answer as flow_phone};
use crate::form::answers::{Answers, Slot, check_answers};
use crate::form::definition::{ChoiceOption, Field, FieldKind, FormDefinition, Label, ReplyField, ReplyKind};
use crate::form::reply::slot_option;
use crate::store::StoreError;
use crate::web::page::pages;
use axum::http::StatusCode;
use serde_json::Value;

/// The page.
pub fn show(visit: &Visit) -> Result<Answer, WebError> {
    let request = visit.request(visit.param("id")?)?;
    page(visit, &request, "")
}

/// Records what was said on the telephone.
pub fn phone_answer(visit: &Visit) -> Result<Answer, WebError> {
    let request = visit.request(visit.param("id")?)?;
    let form = visit.store().form(&request.form_id, request.form_version)?;
    let id: ReplyId = visit.form.get("reply").parse().map_err(|_| WebError::NotFound)?;
    if is_edited(visit) {
        return page(visit, &request, "");
    }
    let chosen = |field: &ReplyField| {
        visit.form.all(&format!("r.{}", field.id)).map(str::to_owned).collect::<Vec<_>>()
    };
    let answers: ReplyAnswers = form
        .replies
        .iter()
        .map(|field| (field.id.clone(), chosen(field)))
        .filter(|(_, options)| !options.is_empty())
        .collect();
    let areas = form.replies.iter().filter(|field| matches!(field.kind, ReplyKind::Handwriting { .. }));
    let texts = areas.map(|field| (field.id.clone(), visit.form.get(&format!("t.{}", field.id)).to_owned()));
    let heard =
        flow_phone::Heard { answers, texts: texts.collect(), said_by: visit.form.get("said_by").to_owned() };
    let by = visit.by()?;
    match flow_phone::phone_answer(visit.store(), id, request.id, &heard, &by, visit.now) {
        Ok(_) => Ok(Answer::see_other(&format!("/requests/{}?notice=phone", request.id))),
        Err(error @ (FlowError::Reply(_) | FlowError::Missing(_))) => {
            Ok(page(visit, &request, &error.to_string())?.with_status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error.into()),
    }
}

/// True when the form is only to be shown again: the session had ended when it was posted.
fn is_edited(visit: &Visit) -> bool {
    !visit.form.get("edit").is_empty()
}

/// Withdraws the request. Withdrawing it twice is withdrawing it.
pub fn cancel(visit: &Visit) -> Result<Answer, WebError> {
    let request = visit.request_unseen(visit.param("id")?)?;
    if request.state != RequestState::Cancelled {
        flow_cancel::cancel(visit.store(), request.id, visit.now)?;
        visit.note(Act::Change, "request", &request.id.to_string(), "cancel")?;
    }
    Ok(Answer::see_other(&format!("/requests/{}?notice=cancelled", request.id)))
}

/// Puts a mail with a one-time link to the clinic into the outbox.
pub fn link_mail(visit: &Visit) -> Result<Answer, WebError> {
    let request = visit.request(visit.param("id")?)?;
    let (links, to) = (&visit.web.settings.links, visit.form.get("address"));
    match mail_link(visit.store(), links, request.id, to, &visit.by()?, visit.now) {
        Ok(_) => Ok(Answer::see_other(&format!("/requests/{}?notice=link", request.id))),
        // A second click, or the number changed meanwhile: the page says how it stands now.
        Err(FlowError::Store(StoreError::Conflict(_))) => {
            Ok(Answer::see_other(&format!("/requests/{}", request.id)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Sends the sheet again, on the way that the page showed.
pub fn send_again(visit: &Visit) -> Result<Answer, WebError> {
    let request = visit.request(visit.param("id")?)?;
    let kind = visit.form.get("route");
    let kind = RouteKind::ALL.iter().find(|known| known.as_str() == kind).ok_or(WebError::NotFound)?;
    let to = visit.form.get("address");
    match again::send_again(visit.store(), request.id, *kind, to, &visit.by()?, visit.now) {
        Ok(_) => Ok(Answer::see_other(&format!("/requests/{}?notice=again", request.id))),
        // A second click, or something has happened meanwhile: the page says how it stands now.
        Err(FlowError::Store(StoreError::Conflict(_))) => {
            Ok(Answer::see_other(&format!("/requests/{}", request.id)))
        }
        Err(error) => Err(error.into()),
    }
}

/// The mailbox that a link can be mailed to while an answer is awaited.
fn link_address<'a>(visit: &Visit, request: &Request, clinic: &'a Clinic) -> Option<&'a str> {
    let settings = &visit.web.settings;
    let can = settings.can_mail && settings.links.public_url.is_some();
    let awaited = !request.state.is_ended() && request.state != RequestState::Answered;
    mailbox(clinic).filter(|_| can && awaited).map(|route| route.address.as_str())
}

/// What went along with the request.
fn papers(visit: &Visit, id: RequestId) -> Result<Vec<Value>, WebError> {
    let papers = visit.store().attachments(id)?;
    let view = |paper: &Attachment| context! { name => paper.name, pages => paper.pages.len() };
    Ok(papers.iter().map(view).collect())
}

/// The page, with what is wrong with an answer by telephone that was just given.
fn page(visit: &Visit, request: &Request, phone_mistake: &str) -> Result<Answer, WebError> {
    let store = visit.store();
    let form = store.form(&request.form_id, request.form_version)?;
    let answers = check_answers(&form, &request.answers).map_err(FlowError::Answers)?;
    let deliveries = store.deliveries(request.id)?;
    let clinic = store.clinic(request.clinic_id)?;
    let reply = |reply: &Reply| {
        let has_page = super::preview::paper(visit, reply)?.is_some();
        Ok::<_, WebError>(reply_view(&form, &answers, reply, has_page))
    };
    let replies: Vec<Value> = store.replies(request.id)?.iter().map(reply).collect::<Result<_, _>>()?;
    let delivery = deliveries.last();
    let notice = visit.query.get("notice");
    let known = ["sent", "sent-before", "phone", "cancelled", "link", "again"].contains(&notice);
    let letters = store.letters(request.id)?;
    let last = |kind: &str| letters.iter().rfind(|letter| letter.letter.as_str() == kind);
    visit.page(
        "request.html",
        context! {
            id => request.id.to_string(),
            number => request.number.to_string(),
            standing => standing(request),
            form,
            client => client_of(&form, request),
            link_address => link_address(visit, request, &clinic),
            link_sent => last("link").map(|letter| letter.state.as_str()),
            cancel_sent => last("cancel_notice").map(|letter| letter.state.as_str()),
            by_hand => again::can_be_carried(request, &deliveries),
            carried => deliveries.last().is_some_and(|last| last.route == RouteKind::Hand && last.sheet_id.is_some()),
            ways => again::ways(request, &deliveries, &clinic)
                .iter()
                .map(|way| context! { route => way.kind.as_str(), address => way.address })
                .collect::<Vec<_>>(),
            clinic,
            fax => delivery.filter(|one| one.route == RouteKind::FaxByMail).map(|one| one.address.clone()),
            has_sheet => deliveries.iter().any(|delivery| delivery.sheet_id.is_some()),
            papers => papers(visit, request.id)?,
            fields => form.fields.iter().filter_map(|field| field_view(field, &answers)).collect::<Vec<_>>(),
            due_on => request.due_on,
            urgent => answers.is_urgent(&form),
            created_at => request.created_at,
            sent_at => request.sent_at,
            timeline => timeline(visit, request.id)?,
            missing => missing(visit, request)?,
            replies,
            phone_fields => form.replies.iter().filter_map(|field| phone_view(visit, field, &answers)).collect::<Vec<_>>(),
            phone_open => !form.replies.is_empty()
                && request.state != RequestState::Answered
                && !request.state.is_ended(),
            phone_mistake,
            phone_edited => is_edited(visit),
            reply_id => reply_id(visit).to_string(),
            said_by => visit.form.get("said_by"),
            can_cancel => request.state.step(RequestState::Cancelled).is_ok(),
            notice => if known { notice } else { "" },
        },
    )
}

/// The answer that is being written down keeps its id, so that it is recorded once.
fn reply_id(visit: &Visit) -> ReplyId {
    visit.form.get("reply").parse().unwrap_or_else(|_| ReplyId::new_at(visit.now))
}

/// A filled field as it is read back; parties and the client stand elsewhere on the page.
pub fn field_view(field: &Field, answers: &Answers) -> Option<Value> {
    let (text, day, options, slots) = match &field.kind {
        FieldKind::Choice { options } | FieldKind::Choices { options } => {
            let chosen = answers.chosen(&field.id);
            let labels: Vec<Label> = options
                .iter()
                .filter(|option| chosen.contains(&option.id))
                .map(|option| option.label.clone())
                .collect();
            (String::new(), None, labels, &[][..])
        }
        FieldKind::Date => {
            let crate::form::answers::Answer::Date(day) = answers.get(&field.id)? else { return None };
            (String::new(), Some(*day), vec![], &[][..])
        }
        FieldKind::Slots { .. } => (String::new(), None, vec![], answers.slots(&field.id)),
        FieldKind::Client | FieldKind::Party { .. } => return None,
        _ => (answers.text(&field.id)?.to_owned(), None, vec![], &[][..]),
    };
    let empty = text.is_empty() && day.is_none() && options.is_empty() && slots.is_empty();
    (!empty).then(|| context! { label => field.label, text, unit => field.kind.unit(), day, options, slots })
}

/// A reply with the labels of what was chosen, where it comes from and what was written by hand.
pub fn reply_view(form: &FormDefinition, answers: &Answers, reply: &Reply, has_page: bool) -> Value {
    let chosen = |field: &ReplyField| {
        let chosen = reply.answers.get(&field.id).map_or(&[][..], Vec::as_slice);
        let labels: Vec<Label> = options(field)
            .iter()
            .filter(|option| chosen.contains(&option.id))
            .map(|option| option.label.clone())
            .collect();
        let offered = offered(field, answers);
        let slots: Vec<Slot> = (1..)
            .zip(offered)
            .filter(|(nth, _)| chosen.contains(&slot_option(*nth)))
            .map(|(_, slot)| *slot)
            .collect();
        let empty = labels.is_empty() && slots.is_empty();
        (!empty).then(|| context! { label => field.label, options => labels, slots })
    };
    let written = form.replies.iter().filter(|field| reply.handwriting.contains_key(&field.id));
    let typed = |field: &ReplyField| {
        reply.texts.get(&field.id).map(|text| context! { label => field.label, text => text })
    };
    let (source, said_by) = match &reply.source {
        ReplySource::Paper { found_by: FoundBy::Fields, .. } => ("fields", ""),
        ReplySource::Paper { found_by, .. } if found_by.is_mail() => ("mail", ""),
        ReplySource::Paper { .. } => ("paper", ""),
        ReplySource::PaperConfirmed { .. } => ("confirmed", ""),
        ReplySource::Phone { said_by, .. } => ("phone", said_by.as_str()),
        ReplySource::Link { name, .. } => (if name.is_empty() { "link" } else { "link-by" }, name.as_str()),
    };
    context! {
        id => reply.id.to_string(),
        at => reply.recorded_at,
        source,
        said_by,
        paper => has_page,
        mail_text => reply.texts.get(MAIL_TEXT),
        fields => form.replies.iter().filter_map(chosen).collect::<Vec<_>>(),
        texts => form.replies.iter().filter_map(typed).collect::<Vec<_>>(),
        outside => reply.handwriting.contains_key(OUTSIDE),
        handwriting => written.map(|field| context! { id => field.id, label => field.label }).collect::<Vec<_>>(),
    }
}

/// A field of the reply as it is asked on the telephone.
fn phone_view(visit: &Visit, field: &ReplyField, answers: &Answers) -> Option<Value> {
    let many = matches!(field.kind, ReplyKind::ChooseMany { .. } | ReplyKind::Slots { .. });
    let slots: Vec<Value> = (1..)
        .zip(offered(field, answers))
        .map(|(nth, slot)| context! { id => slot_option(nth), slot })
        .collect();
    let options = options(field);
    let name = format!("r.{}", field.id);
    let chosen: Vec<String> = visit.form.all(&name).map(str::to_owned).collect();
    let words = matches!(field.kind, ReplyKind::Handwriting { .. });
    let name = if words { format!("t.{}", field.id) } else { name };
    let text = visit.form.get(&name).to_owned();
    let empty = options.is_empty() && slots.is_empty() && !words;
    (!empty).then(|| {
        context! { name, label => field.label, required => field.required, many, options, slots, chosen, words, text }
    })
}

/// The options of a field of the reply that are not times.
pub(super) fn options(field: &ReplyField) -> &[ChoiceOption] {
    match &field.kind {
        ReplyKind::ChooseOne { options }
        | ReplyKind::ChooseMany { options }
        | ReplyKind::Signature { options } => options,
        ReplyKind::Slots { .. } | ReplyKind::Handwriting { .. } => &[],
    }
}

/// The times that were offered for a field of the reply.
pub(super) fn offered<'a>(field: &ReplyField, answers: &'a Answers) -> &'a [Slot] {
    match &field.kind {
        ReplyKind::Slots { field } => answers.slots(field),
        _ => &[],
    }
}

/// The pages of the answer that have not come while others have, each as a sentence.
fn missing(visit: &Visit, request: &Request) -> Result<Vec<String>, WebError> {
    if request.state != RequestState::NeedsReview {
        return Ok(Vec::new());
    }
    let events = visit.store().events(Subject::Request, &request.id.to_string())?;
    let last =
        events.iter().rfind(|event| ["pages_missing", "pages_complete"].contains(&event.what.as_str()));
    let messages = pages(visit.language).messages();
    let sentence = |detail: &str| {
        let (page, count) = Reason::new(ReasonCode::PagesMissing, detail).page_of()?;
        Some(messages.text("reason-page_missing", &page_args(page, count)))
    };
    let named = last.filter(|event| event.what == "pages_missing").map(|event| event.detail.split(','));
    Ok(named.into_iter().flatten().filter_map(sentence).collect())
}

/// What happened, as far as it tells a care manager something: what has a text in the catalogue.
fn timeline(visit: &Visit, id: RequestId) -> Result<Vec<Value>, WebError> {
    let store = visit.store();
    let about = |kind: &'static str| move |event: Event| (kind, event);
    let mut events: Vec<(&str, Event)> =
        store.events(Subject::Request, &id.to_string())?.into_iter().map(about("request")).collect();
    for delivery in store.letters(id)? {
        let kind = if delivery.letter.is_sheet() { "delivery" } else { delivery.letter.as_str() };
        let of_letter = store.events(Subject::Delivery, &delivery.id.to_string())?;
        events.extend(of_letter.into_iter().map(about(kind)));
    }
    // Steps of one moment stay in the order of the log: what was written comes before what was sent.
    events.sort_by_key(|(_, event)| event.at);
    let messages = pages(visit.language).messages();
    let view = |(kind, event): &(&str, Event)| {
        let key = format!("event-{kind}-{}", event.what).replace('_', "-");
        messages.has(&key).then(|| context! { at => event.at, text => messages.text(&key, &[]) })
    };
    Ok(events.iter().filter_map(view).collect())
}

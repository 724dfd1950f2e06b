//! What the pages of a one-time link show of a request and its reply fields, and what their form posts. Of the
//! client the masked initial, unless the region has settled otherwise.

use super::WebError;
use super::answer::Answer;
use super::link::place;
use super::message::Language;
use super::pairs::Pairs;
use super::request_page::{field_view, offered, options, reply_view};
use super::requests::client_of;
use super::visit::Visit;
use crate::domain::client::Client;
use crate::domain::request::{Reply, ReplyAnswers, ReplySource, Request};
use crate::flow::FlowError;
use crate::flow::link::{LinkAnswer, NAME_MAX_CHARS, OpenLink, TEXT_MAX_CHARS};
use crate::form::answers::{Answers, check_answers};
use crate::form::definition::{Field, FieldKind, FormDefinition, ReplyField, ReplyKind};
use crate::form::reply::{ReplyMistake, slot_option};
use serde_json::Value;
use std::collections::BTreeMap;

/// The page with the question and the reply fields. Nothing posted: they are filled in from the record.
pub fn form(
    visit: &Visit,
    open: &OpenLink,
    posted: &Pairs,
    notice: &str,
    mistake: Option<&FlowError>,
) -> Result<Answer, WebError> {
    let (store, request) = (visit.store(), &open.request);
    let form = store.form(&request.form_id, request.form_version)?;
    let answers = check_answers(&form, &request.answers).map_err(FlowError::Answers)?;
    let office = store.office(request.office_id)?;
    let replies = store.replies(request.id)?;
    let last = replies.last();
    let blank = *posted == Pairs::default();
    let given = match last {
        Some(last) if blank => on_record(last),
        _ => given(&form, posted),
    };
    let mistake = mistake.map(|error| {
        let wrong = wrong_field(&form, &given, error);
        context! { sentence => sentence(visit, wrong, error), field => wrong.map(|field| &field.id) }
    });
    // Something was recorded since the page was shown that this was written on.
    let overtaken = last.is_some_and(|last| given.seen != Some(last.id));
    let notice = match notice {
        _ if overtaken => "link-overtaken",
        "" if last.is_some() => "link-answered-before",
        notice => notice,
    };
    let client = client_of(&form, request);
    // What the sheet masks, the page masks too.
    let masking = visit.web.rule.printed(&form).masking;
    let show_name = visit.web.settings.links.show_name && masking.is_open();
    visit.page(
        "link_answer.html",
        context! {
            place => place(visit),
            number => request.number.to_string(),
            title => form.title,
            non_clinical => form.non_clinical,
            to => answers.recipient(&form),
            from => answers.sender(&form),
            office,
            initial => client.as_ref().map(Client::masked_initial),
            client => client.filter(|_| show_name),
            due_on => request.due_on,
            urgent => answers.is_urgent(&form),
            fields => asked(&form, &answers, show_name),
            replies => form.replies.iter().filter_map(|field| view(field, &answers, &given)).collect::<Vec<_>>(),
            name => given.name,
            name_max => NAME_MAX_CHARS,
            text_max => TEXT_MAX_CHARS,
            seen => last.map(|last| last.id.to_string()),
            before => last.map(|last| reply_view(&form, &answers, last, false)),
            notice,
            mistake,
        },
    )
}

/// What is asked; times that are offered stand once, as boxes to tick. Where the client has no name, there is
/// no address and no insured number either.
fn asked(form: &FormDefinition, answers: &Answers, show_name: bool) -> Vec<Value> {
    let tells_who = |field: &Field| matches!(field.kind, FieldKind::Address | FieldKind::InsuredNumber);
    form.fields
        .iter()
        .filter(|field| !form.is_offered(&field.id) && (show_name || !tells_who(field)))
        .filter_map(|field| field_view(field, answers))
        .collect()
}

/// The page that says thanks.
pub fn thanks(visit: &Visit, open: &OpenLink, last: &Reply) -> Result<Answer, WebError> {
    let request = &open.request;
    let form = visit.store().form(&request.form_id, request.form_version)?;
    let answers = check_answers(&form, &request.answers).map_err(FlowError::Answers)?;
    let office = visit.store().office(request.office_id)?;
    let reply = reply_view(&form, &answers, last, false);
    let number = request.number.to_string();
    visit.page("link_thanks.html", context! { place => place(visit), number, office, reply })
}

/// What the clinic posted.
pub fn posted(visit: &Visit, request: &Request, posted: &Pairs) -> Result<LinkAnswer, WebError> {
    let form = visit.store().form(&request.form_id, request.form_version)?;
    Ok(given(&form, posted))
}

/// What is wrong with an answer, in the language of the page and with the form's own words.
fn sentence(visit: &Visit, wrong: Option<&ReplyField>, error: &FlowError) -> String {
    match (error, wrong) {
        (FlowError::Reply(ReplyMistake::NothingChosen(_) | ReplyMistake::SeveralChosen(_)), Some(field)) => {
            let label = match visit.language {
                Language::Japanese => &field.label.ja,
                Language::English => &field.label.en,
            };
            visit.text_with("link-choose", &[("field", label.clone())])
        }
        _ => visit.language.half(&error.to_string()).to_owned(),
    }
}

/// The field that the mistake is about: the one that it names, or who answers, or the remarks.
fn wrong_field<'a>(
    form: &'a FormDefinition,
    given: &LinkAnswer,
    error: &FlowError,
) -> Option<&'a ReplyField> {
    let named = match error {
        FlowError::Reply(ReplyMistake::NothingChosen(id) | ReplyMistake::SeveralChosen(id)) => Some(id),
        _ => None,
    };
    let nobody = |field: &&ReplyField| {
        matches!(field.kind, ReplyKind::Signature { .. }) && !given.answers.contains_key(&field.id)
    };
    let remarks = |field: &&ReplyField| matches!(field.kind, ReplyKind::Handwriting { .. });
    match named {
        Some(id) => form.replies.iter().find(|field| field.id == *id),
        None => form.replies.iter().find(nobody).or_else(|| form.replies.iter().find(remarks)),
    }
}

fn given(form: &FormDefinition, posted: &Pairs) -> LinkAnswer {
    let mut answer = LinkAnswer {
        name: posted.get("name").to_owned(),
        seen: posted.get("seen").parse().ok(),
        ..LinkAnswer::default()
    };
    for field in &form.replies {
        let chosen: Vec<String> = posted.all(&tick_name(field)).map(str::to_owned).collect();
        if !chosen.is_empty() {
            answer.answers.insert(field.id.clone(), chosen);
        }
        if let Some(text) = posted.all(&text_name(field)).next() {
            answer.texts.insert(field.id.clone(), text.to_owned());
        }
    }
    answer
}

fn on_record(last: &Reply) -> LinkAnswer {
    let name = match &last.source {
        ReplySource::Link { name, .. } => name.clone(),
        _ => String::new(),
    };
    LinkAnswer { answers: last.answers.clone(), texts: last.texts.clone(), name, seen: Some(last.id) }
}

/// One reply field as the paper has it; `None` for slots where none are offered.
fn view(field: &ReplyField, answers: &Answers, given: &LinkAnswer) -> Option<Value> {
    let written = matches!(field.kind, ReplyKind::Handwriting { .. });
    let many = matches!(field.kind, ReplyKind::ChooseMany { .. } | ReplyKind::Slots { .. });
    let signature = matches!(field.kind, ReplyKind::Signature { .. });
    let options = options(field);
    let slots: Vec<Value> = (1..)
        .zip(offered(field, answers))
        .map(|(nth, slot)| context! { id => slot_option(nth), slot })
        .collect();
    let empty = options.is_empty() && slots.is_empty() && !written;
    (!empty).then(|| {
        context! {
            id => field.id,
            name => if written { text_name(field) } else { tick_name(field) },
            label => field.label,
            required => field.required || signature,
            many,
            written,
            signature,
            options,
            slots,
            chosen => chosen(&given.answers, field),
            text => text(&given.texts, field),
        }
    })
}

fn chosen<'a>(answers: &'a ReplyAnswers, field: &ReplyField) -> &'a [String] {
    answers.get(&field.id).map_or(&[], Vec::as_slice)
}

fn text<'a>(texts: &'a BTreeMap<String, String>, field: &ReplyField) -> &'a str {
    texts.get(&field.id).map_or("", String::as_str)
}

fn tick_name(field: &ReplyField) -> String {
    format!("r.{}", field.id)
}

fn text_name(field: &ReplyField) -> String {
    format!("t.{}", field.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::catalogue::Catalogue;

    #[test]
    fn where_the_client_has_no_name_there_is_no_address() {
        let form = Catalogue::built_in().unwrap().load("admission").unwrap();
        let example = include_str!("../../tests/forms/admission/example.json");
        let answers = check_answers(&form, &serde_json::from_str(example).unwrap()).unwrap();
        let shown = |show_name| serde_json::to_string(&asked(&form, &answers, show_name)).unwrap();
        assert!(!shown(false).contains("一丁目2番3号") && shown(true).contains("一丁目2番3号"));
        assert!(shown(false).contains("5階東病棟"));
    }
}

//! The reviewer's decisions: confirm as read or corrected, assign to a request, reject, take back. Each goes on
//! to the next item that waits; whoever comes second is told who was faster.

use super::WebError;
use super::answer::Answer;
use super::review::{Said, by_number, item, page};
use super::visit::Visit;
use crate::domain::id::ReviewId;
use crate::domain::request::{ReplyAnswers, ReviewItem};
use crate::flow::{FlowError, review as flow};
use crate::store::StoreError;
use axum::http::StatusCode;

/// The item becomes the reply of its request: as it was read, when nothing was changed on the screen.
pub fn confirm(visit: &Visit) -> Result<Answer, WebError> {
    let item = item(visit)?;
    let posted = posted(visit);
    let read = flow::proposal(visit.store(), &item)?.map(|proposal| proposal.answers);
    let as_read = read.is_some_and(|read| chosen(&read) == posted);
    let corrected = (!as_read).then_some(posted);
    let outcome = flow::confirm(visit.store(), item.id, corrected, &visit.by()?, visit.now);
    go_on(visit, &item, outcome.map(drop), Said { posted: true, ..Said::default() })
}

/// The item becomes the reply of the request that the reviewer named.
pub fn assign(visit: &Visit) -> Result<Answer, WebError> {
    let item = item(visit)?;
    let number = visit.form.get("number").to_owned();
    let said = Said { number, posted: true, ..Said::default() };
    // A number that is wrong is told by the page itself.
    let Ok(request) = by_number(visit, &said.number)? else { return page(visit, &item, said) };
    let outcome =
        flow::assign(visit.store(), item.id, request.id, Some(posted(visit)), &visit.by()?, visit.now)
            .map(drop);
    go_on(visit, &item, outcome, said)
}

/// Nothing in it is an answer.
pub fn reject(visit: &Visit) -> Result<Answer, WebError> {
    let item = item(visit)?;
    let outcome = flow::reject(visit.store(), item.id, visit.form.get("why"), &visit.by()?, visit.now);
    go_on(visit, &item, outcome.map(drop), Said { rejecting: true, ..Said::default() })
}

/// It holds more than one reply: its parts wait one by one, the first of them next.
pub fn split(visit: &Visit) -> Result<Answer, WebError> {
    let item = item(visit)?;
    match flow::split(visit.store(), item.id, &visit.by()?, visit.now) {
        Ok(parts) => {
            let first = parts.first().map_or(item.id, |part| part.id);
            Ok(Answer::see_other(&format!("/review/{first}?done={}", item.id)))
        }
        Err(error) => refused(visit, &item, error, Said::default()),
    }
}

/// The sheet's office gets it as a message.
pub fn hand_on(visit: &Visit) -> Result<Answer, WebError> {
    let item = item(visit)?;
    let outcome = flow::hand_on(visit.store(), item.id, &visit.by()?, visit.now);
    go_on(visit, &item, outcome.map(drop), Said::default())
}

/// The last decision, which the reviewer saw, does not count any more.
pub fn undo(visit: &Visit) -> Result<Answer, WebError> {
    let item = item(visit)?;
    let seen = visit.form.get("decision").parse().map_err(|_| WebError::NotFound)?;
    match flow::undo(visit.store(), item.id, Some(seen), &visit.by()?, visit.now) {
        Ok(_) => Ok(Answer::see_other(&format!("/review/{}", item.id))),
        Err(error) => refused(visit, &item, error, Said::default()),
    }
}

/// On to the next item, or the same page with what is wrong.
fn go_on(
    visit: &Visit,
    item: &ReviewItem,
    outcome: Result<(), FlowError>,
    said: Said,
) -> Result<Answer, WebError> {
    match outcome {
        Ok(()) => {
            visit.web.looking.done(item.id);
            Ok(Answer::see_other(&next(visit, item.id)?))
        }
        Err(error) => refused(visit, item, error, said),
    }
}

/// The oldest that waits, or the list when nothing does; it tells what was done and how to take it back.
fn next(visit: &Visit, done: ReviewId) -> Result<String, WebError> {
    let next = visit.store().open_reviews(1)?;
    Ok(next
        .first()
        .map_or_else(|| format!("/review?done={done}"), |next| format!("/review/{}?done={done}", next.id)))
}

/// What the person can mend is told on the item's page as it now is; the rest goes its way.
fn refused(visit: &Visit, item: &ReviewItem, error: FlowError, said: Said) -> Result<Answer, WebError> {
    let status = match &error {
        FlowError::Reply(_) | FlowError::Missing(_) => StatusCode::UNPROCESSABLE_ENTITY,
        FlowError::Store(StoreError::Conflict(_) | StoreError::Refused(_)) => StatusCode::CONFLICT,
        _ => return Err(error.into()),
    };
    let now = visit.store().review(item.id)?;
    page(visit, &now, Said { mistake: error.to_string(), status, ..said })
}

/// The chosen options of every field; a field without one is left out.
fn posted(visit: &Visit) -> ReplyAnswers {
    let mut answers = ReplyAnswers::new();
    for (name, option) in visit.form.iter() {
        if let Some(field) = name.strip_prefix("r.") {
            answers.entry(field.to_owned()).or_default().push(option.to_owned());
        }
    }
    answers
}

/// The same without the fields that have none.
fn chosen(answers: &ReplyAnswers) -> ReplyAnswers {
    let chosen = answers.iter().filter(|(_, options)| !options.is_empty());
    chosen.map(|(field, options)| (field.clone(), options.clone())).collect()
}

//! Filing what a reading gave: each page becomes a reply on record, a repetition of one, a message, or an item
//! that waits for a person. In doubt it waits for a person. Reads no picture, decides no tick.

use super::super::{ArrivalOutcome, Filed, PageOutcome};
use super::blank_sheets::NewMessage;
use super::columns::{Json, Micros};
use super::fault::Answer;
use super::requests::request;
use super::reviews::stored_time;
use super::sheets::sheet;
use super::steps::{append, note, step_arrival, step_request};
use super::{blank_sheets, number_tests, page_sets, replies, results};
use crate::domain::event::Subject;
use crate::domain::id::{ArrivalId, ReplyId, RequestId, ReviewId};
use crate::domain::reading::{FoundBy, Reason, ReasonCode};
use crate::domain::request::{
    ArrivalPage, ArrivalState, BlobId, Reply, ReplyAnswers, ReplySource, ReviewItem,
};
use crate::domain::sheet_number::SheetNumber;
use crate::domain::state::RequestState;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// A page that was read as a sure reply.
struct SureReply<'a> {
    sheet_id: &'a SheetNumber,
    answers: &'a ReplyAnswers,
    handwriting: &'a BTreeMap<String, BlobId>,
    texts: &'a BTreeMap<String, String>,
    found_by: FoundBy,
}

/// Files everything that an arrival gave and ends its reading.
pub(super) fn file(
    connection: &Connection,
    id: ArrivalId,
    outcome: &ArrivalOutcome,
    now: Timestamp,
) -> Answer<Filed> {
    let mut filed = Filed::default();
    for (page, outcome) in &outcome.pages {
        insert_page(connection, id, page)?;
        file_page(connection, id, page.number, outcome, &mut filed, now)?;
    }
    // What is missing is known when every page has been seen, in whatever order they came.
    page_sets::came(connection, outcome, now)?;
    page_sets::missing(connection, id, outcome, &mut filed, now)?;
    let mut whole = outcome.whole.clone();
    for (told, reason) in &outcome.told {
        if results::told(connection, told, now)? {
            filed.told.push(told.delivery_id);
        } else {
            whole.push(reason.clone());
        }
    }
    if !whole.is_empty() {
        filed.reviews.push(review(connection, id, None, None, &whole, now)?);
    }
    step_arrival(connection, id, (ArrivalState::Reading, ArrivalState::Done), None, now)?;
    Ok(filed)
}

/// Adds an item that waits for a person. A request that it belongs to waits with it, unless it is
/// answered or ended.
pub(super) fn review(
    connection: &Connection,
    arrival_id: ArrivalId,
    page_number: Option<u32>,
    request_id: Option<RequestId>,
    reasons: &[Reason],
    now: Timestamp,
) -> Answer<ReviewItem> {
    let reasons = reasons.to_vec();
    let created_at = stored_time(now);
    let id = ReviewId::new_at(now);
    let item = ReviewItem { id, arrival_id, page_number, request_id, reasons, created_at, closed_at: None };
    insert_review(connection, &item, None)?;
    let codes: Vec<&str> = item.reasons.iter().map(|reason| reason.code.as_str()).collect();
    let arrival = arrival_id.to_string();
    append(connection, &note(Subject::Arrival, &arrival, "needs_person", &codes.join(","), now))?;
    if let Some(request_id) = request_id {
        put_under_review(connection, request_id, arrival_id, now)?;
    }
    Ok(item)
}

/// Stores an item; `split_from` is the one that a person split, where there is one.
pub(super) fn insert_review(
    connection: &Connection,
    item: &ReviewItem,
    split_from: Option<ReviewId>,
) -> Answer<()> {
    let sql = "INSERT INTO review (id, arrival_id, page_number, request_id, reasons, created_at, split_from) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        item.id,
        item.arrival_id,
        item.page_number,
        item.request_id,
        Json(&item.reasons),
        Micros(item.created_at),
        split_from,
    ])?;
    Ok(())
}

fn insert_page(connection: &Connection, id: ArrivalId, page: &ArrivalPage) -> Answer<()> {
    let sql = "INSERT INTO arrival_page (arrival_id, number, reading, crops) VALUES (?1, ?2, ?3, ?4)";
    let values = params![id, page.number, Json(&page.reading), Json(&page.crops)];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn file_page(
    connection: &Connection,
    id: ArrivalId,
    number: u32,
    outcome: &PageOutcome,
    filed: &mut Filed,
    now: Timestamp,
) -> Answer<()> {
    match outcome {
        // A continuation is filed after all pages.
        PageOutcome::Nothing | PageOutcome::Continuation { .. } => Ok(()),
        PageOutcome::NumberTest { sheet_id } => {
            if !number_tests::came_back(connection, sheet_id, (id, number), now)? {
                let reasons = [Reason::new(ReasonCode::SheetUnknown, sheet_id.as_str())];
                filed.reviews.push(review(connection, id, Some(number), None, &reasons, now)?);
            }
            Ok(())
        }
        PageOutcome::Message { sheet_id, boxes, reasons, handwriting } => {
            let new = NewMessage { boxes, reasons, handwriting };
            if let Some(message) = blank_sheets::came(connection, sheet_id, (id, number), &new, now)? {
                filed.messages.push(message);
                return Ok(());
            }
            let reasons = [Reason::new(ReasonCode::SheetUnknown, sheet_id.as_str())];
            filed.reviews.push(review(connection, id, Some(number), None, &reasons, now)?);
            Ok(())
        }
        PageOutcome::Review { sheet_id, reasons } => {
            let known = sheet_id.as_ref().map(|sheet_id| sheet(connection, sheet_id)).transpose()?.flatten();
            let request_id = known.map(|sheet| sheet.request_id);
            filed.reviews.push(review(connection, id, Some(number), request_id, reasons, now)?);
            Ok(())
        }
        PageOutcome::Reply { sheet_id, answers, handwriting, texts, found_by } => {
            let reply = SureReply { sheet_id, answers, handwriting, texts, found_by: *found_by };
            file_reply(connection, id, number, &reply, filed, now)
        }
    }
}

fn file_reply(
    connection: &Connection,
    id: ArrivalId,
    number: u32,
    reply: &SureReply<'_>,
    filed: &mut Filed,
    now: Timestamp,
) -> Answer<()> {
    let Some(sheet) = sheet(connection, reply.sheet_id)? else {
        let reasons = [Reason::new(ReasonCode::SheetUnknown, reply.sheet_id.as_str())];
        filed.reviews.push(review(connection, id, Some(number), None, &reasons, now)?);
        return Ok(());
    };
    let request_id = sheet.request_id;
    let on_record = replies::in_force(connection, request_id)?;
    if on_record.iter().any(|recorded| says_no_more(reply, recorded)) {
        let detail = format!("{id} page {number}");
        append(connection, &note(Subject::Request, &request_id.to_string(), "reply_repeated", &detail, now))?;
        if !filed.answered.contains(&request_id) && !filed.repeated.contains(&request_id) {
            filed.repeated.push(request_id);
        }
        return Ok(());
    }
    let state = request(connection, request_id)?.state;
    let reasons = doubts(reply, &on_record, state);
    if reasons.is_empty() {
        record(connection, id, number, request_id, reply, now)?;
        filed.answered.push(request_id);
    } else {
        filed.reviews.push(review(connection, id, Some(number), Some(request_id), &reasons, now)?);
    }
    Ok(())
}

/// True when the reply has the ticks of the recorded one, and no ink and no words where that one had none or
/// others: what was added since then must be seen by someone.
fn says_no_more(reply: &SureReply<'_>, recorded: &Reply) -> bool {
    recorded.answers == *reply.answers && added(reply, recorded).is_empty()
}

/// The areas that say something that the recorded reply does not.
fn added<'a>(reply: &'a SureReply<'_>, recorded: &Reply) -> Vec<&'a String> {
    let ink = reply.handwriting.keys().filter(|field| !recorded.handwriting.contains_key(*field));
    let words = reply.texts.iter().filter(|(field, text)| recorded.texts.get(*field) != Some(text));
    ink.chain(words.map(|(field, _)| field)).collect()
}

/// Why the reply cannot be recorded by itself.
fn doubts(reply: &SureReply<'_>, on_record: &[Reply], state: RequestState) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if !reply.found_by.is_verified() {
        reasons.push(Reason::new(ReasonCode::NotVerified, ""));
    }
    if state.is_ended() {
        reasons.push(Reason::new(ReasonCode::RequestEnded, state.as_str()));
    }
    if let Some(same) = on_record.iter().find(|recorded| recorded.answers == *reply.answers) {
        reasons
            .extend(added(reply, same).into_iter().map(|field| Reason::new(ReasonCode::Handwriting, field)));
    } else if !on_record.is_empty() {
        reasons.push(Reason::new(ReasonCode::SecondAnswer, ""));
    }
    reasons
}

fn record(
    connection: &Connection,
    arrival_id: ArrivalId,
    page_number: u32,
    request_id: RequestId,
    reply: &SureReply<'_>,
    now: Timestamp,
) -> Answer<()> {
    let new = Reply {
        id: ReplyId::new_at(now),
        request_id,
        source: ReplySource::Paper {
            sheet_id: reply.sheet_id.clone(),
            arrival_id,
            page_number,
            found_by: reply.found_by,
        },
        answers: reply.answers.clone(),
        handwriting: reply.handwriting.clone(),
        texts: reply.texts.clone(),
        recorded_at: now,
    };
    replies::record(connection, &new, &format!("{arrival_id} page {page_number}"), now)
}

fn put_under_review(
    connection: &Connection,
    id: RequestId,
    arrival_id: ArrivalId,
    now: Timestamp,
) -> Answer<()> {
    let from = request(connection, id)?.state;
    if from.is_ended() || matches!(from, RequestState::Answered | RequestState::NeedsReview) {
        return Ok(());
    }
    step_request(connection, id, (from, RequestState::NeedsReview), &arrival_id.to_string(), now)
}

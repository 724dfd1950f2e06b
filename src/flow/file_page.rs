//! One read page → what becomes of it: a reply, a message, an item for a person, or nothing. The only place where a
//! reading turns into an answer; it does so only for a verified code without any doubt.

use super::{FlowError, Result};
use crate::domain::reading::{BoxReading, BoxState, PageReading, Reason, ReasonCode};
use crate::domain::request::BlobId;
use crate::domain::sheet_number::SheetNumber;
use crate::form::answers::check_answers;
use crate::form::definition::{FormDefinition, ReplyKind};
use crate::form::layout::{Layout, PageLayout};
use crate::form::reply::{self, Decision};
use crate::sheet::number_test::DENIES;
use crate::store::{BlankSheet, PageOutcome, Store};
use std::collections::BTreeMap;

/// Decides. `handwriting` are the stored pictures of the areas with ink.
///
/// # Errors
/// When the store cannot be read; the arrival then waits and is read again.
pub fn file_page(
    store: &dyn Store,
    reading: &PageReading,
    handwriting: &BTreeMap<String, BlobId>,
) -> Result<PageOutcome> {
    let Some(sheet_id) = reading.verified_sheet() else {
        return Ok(PageOutcome::Review { sheet_id: None, reasons: reasons_of(reading) });
    };
    let Some(sheet) = store.sheet(sheet_id)? else {
        if let Some(blank) = store.blank_sheet(sheet_id)? {
            return Ok(blank_sheet(&blank, reading, handwriting));
        }
        if store.number_test_by_sheet(sheet_id)?.is_some() {
            return Ok(number_test(sheet_id, reading));
        }
        let reasons = vec![Reason::new(ReasonCode::SheetUnknown, sheet_id.as_str())];
        return Ok(PageOutcome::Review { sheet_id: None, reasons });
    };
    if asks_nothing(&sheet.layout, reading) {
        return Ok(continuation(sheet_id, &sheet.layout, reading));
    }
    let request = store.request(sheet.request_id)?;
    let form = store.form(&request.form_id, request.form_version)?;
    let slots = offered_slots(&form, &request.answers)?;
    let mut decision = reply::decide(&form, &reading.boxes, &reading.zones, slots);
    // Typed words are read; a person need not.
    let read = |reason: &Reason| {
        reason.code == ReasonCode::Handwriting && reading.texts.contains_key(&reason.detail)
    };
    decision.reasons.retain(|reason| !read(reason));
    Ok(outcome(sheet_id, reading, decision, handwriting))
}

/// True for a page that has nothing to fill in.
fn asks_nothing(layout: &Layout, reading: &PageReading) -> bool {
    let page = reading.page.and_then(|page| layout.page(page));
    page.is_some_and(|page| !asks(page))
}

fn asks(page: &PageLayout) -> bool {
    !page.boxes.is_empty() || !page.zones.is_empty()
}

/// A page without a question answers none. It tells which pages do, and what is doubtful about itself: a note that the
/// doctor wrote on it must not be lost.
fn continuation(sheet_id: &SheetNumber, layout: &Layout, reading: &PageReading) -> PageOutcome {
    let count = layout.pages.len();
    let missing = |page: &PageLayout| Reason::new(ReasonCode::PagesMissing, format!("{}/{count}", page.page));
    let lacks: Vec<Reason> = layout.pages.iter().filter(|page| asks(page)).map(missing).collect();
    let doubts = if reading.needs_person { reasons_of(reading) } else { Vec::new() };
    if lacks.is_empty() && doubts.is_empty() {
        return PageOutcome::Nothing;
    }
    PageOutcome::Continuation { sheet_id: sheet_id.clone(), lacks, doubts }
}

/// A page on a blank sheet is a message for its office, doubts and all: whoever gets it sees the page. Where it is not sure
/// that the page is that sheet alone, or where nothing is written, a person looks before any office does.
fn blank_sheet(
    sheet: &BlankSheet,
    reading: &PageReading,
    handwriting: &BTreeMap<String, BlobId>,
) -> PageOutcome {
    let doubts = |code| reading.reasons.iter().any(|reason| reason.code == code);
    let strange = doubts(ReasonCode::LayoutMismatch) || doubts(ReasonCode::Other);
    if asks_nothing(&sheet.layout, reading) && !reading.needs_person {
        return PageOutcome::Nothing;
    }
    let empty = reading.boxes.iter().all(|one| one.state == BoxState::Empty)
        && reading.zones.iter().all(|zone| !zone.ink)
        && !doubts(ReasonCode::InkOutside);
    if strange || empty {
        let nothing = (!strange).then(|| Reason::new(ReasonCode::NothingWritten, ""));
        let reasons = nothing.into_iter().chain(reading.reasons.iter().cloned()).collect();
        return PageOutcome::Review { sheet_id: None, reasons };
    }
    PageOutcome::Message {
        sheet_id: sheet.sheet_id.clone(),
        boxes: reading.boxes.clone(),
        reasons: reading.reasons.clone(),
        handwriting: handwriting.clone(),
    }
}

/// A number's test page that came back waits for the administrator, unless it may say that the number is another's: then
/// nobody can accept it.
fn number_test(sheet_id: &SheetNumber, reading: &PageReading) -> PageOutcome {
    let denies = |one: &BoxReading| one.option == DENIES && one.state != BoxState::Empty;
    if reading.boxes.iter().any(denies) {
        let reasons = vec![Reason::new(ReasonCode::NumberDenied, sheet_id.as_str())];
        return PageOutcome::Review { sheet_id: None, reasons };
    }
    PageOutcome::NumberTest { sheet_id: sheet_id.clone() }
}

fn outcome(
    sheet_id: &SheetNumber,
    reading: &PageReading,
    decision: Decision,
    handwriting: &BTreeMap<String, BlobId>,
) -> PageOutcome {
    if !reading.needs_person && decision.reasons.is_empty() {
        return PageOutcome::Reply {
            sheet_id: sheet_id.clone(),
            answers: decision.answers.0,
            handwriting: handwriting.clone(),
            texts: reading.texts.clone(),
            found_by: reading.found_by,
        };
    }
    let mut reasons = if reading.needs_person { reasons_of(reading) } else { Vec::new() };
    for reason in decision.reasons {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    PageOutcome::Review { sheet_id: Some(sheet_id.clone()), reasons }
}

/// The reading's reasons; a page that needs a person always has one.
fn reasons_of(reading: &PageReading) -> Vec<Reason> {
    if reading.reasons.is_empty() {
        vec![Reason::new(ReasonCode::NotVerified, "")]
    } else {
        reading.reasons.clone()
    }
}

/// How many times the sender offered.
pub(super) fn offered_slots(form: &FormDefinition, answers: &serde_json::Value) -> Result<usize> {
    let fields = form.replies.iter().filter_map(|reply| match &reply.kind {
        ReplyKind::Slots { field } => Some(field),
        _ => None,
    });
    let answers = check_answers(form, answers).map_err(FlowError::Answers)?;
    Ok(fields.map(|field| answers.slots(field).len()).max().unwrap_or(0))
}

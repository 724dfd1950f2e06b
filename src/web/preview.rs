//! Sheets, pages and handwriting as pictures and PDF: of a draft, of a request, of a reply. Nothing is drawn or
//! opened here: a reader's process does it, with its limits and its memory.

use super::WebError;
use super::answer::Answer;
use super::new_request::draft;
use super::visit::Visit;
use crate::domain::id::{ArrivalId, ReplyId, RequestId};
use crate::domain::request::{Reply, ReplySource};
use crate::flow::page_picture::page_picture;
use crate::pool::PageAsked;
use axum::http::header;

/// Of a sheet's picture: fine enough for small letters on a screen.
const WIDTH_PX: usize = 1240;

/// One page of the draft's sheet as a picture, for browsers that show no PDF in a page.
pub fn draft_picture(visit: &Visit) -> Result<Answer, WebError> {
    let page_in_file: u32 = visit.param("page")?;
    let pdf = draft(visit)?.check(visit)?.preview.pdf;
    let asked = PageAsked { page_in_file, quarters: 0, width_px: WIDTH_PX };
    Ok(Answer::bytes("image/png", visit.web.pool.picture(asked, &pdf).ok_or(WebError::NotFound)?))
}

/// The draft's sheet.
pub fn draft_pdf(visit: &Visit) -> Result<Answer, WebError> {
    Ok(pdf(draft(visit)?.check(visit)?.preview.pdf))
}

/// The sheet that went out last.
pub fn sheet_pdf(visit: &Visit) -> Result<Answer, WebError> {
    let request = visit.request(visit.param("id")?)?;
    let deliveries = visit.store().deliveries(request.id)?;
    let sheet_id = deliveries.iter().rev().find_map(|delivery| delivery.sheet_id.as_ref());
    let sheet = visit.store().sheet(sheet_id.ok_or(WebError::NotFound)?)?.ok_or(WebError::NotFound)?;
    Ok(pdf(visit.store().blobs().get(&sheet.pdf)?))
}

/// What was written by hand in one field of a reply.
pub fn handwriting(visit: &Visit) -> Result<Answer, WebError> {
    let id: RequestId = visit.param("id")?;
    let reply_id: ReplyId = visit.param("reply")?;
    visit.request(id)?;
    let replies = visit.store().replies(id)?;
    let reply = replies.iter().find(|reply| reply.id == reply_id).ok_or(WebError::NotFound)?;
    let blob = reply.handwriting.get(visit.params.get("field")).ok_or(WebError::NotFound)?;
    Ok(Answer::bytes("image/png", visit.store().blobs().get(blob)?))
}

/// The page that a reply to one of the office's requests was read from.
pub fn reply_page(visit: &Visit) -> Result<Answer, WebError> {
    let id: RequestId = visit.param("id")?;
    let reply_id: ReplyId = visit.param("reply")?;
    visit.request(id)?;
    let replies = visit.store().replies(id)?;
    let reply = replies.iter().find(|reply| reply.id == reply_id).ok_or(WebError::NotFound)?;
    let (arrival, number) = paper(visit, reply)?.ok_or(WebError::NotFound)?;
    arrived(visit, arrival, number)
}

/// Where the page of a reply is. A reply that a person read from a file as a whole has none: the file's other
/// pages may be about other people. One that stood in the text of a mail has none either.
pub(super) fn paper(visit: &Visit, reply: &Reply) -> Result<Option<(ArrivalId, u32)>, WebError> {
    let (arrival, number) = match reply.source {
        ReplySource::Paper { found_by, .. } if found_by.is_mail() => return Ok(None),
        ReplySource::Paper { arrival_id, page_number, .. } => return Ok(Some((arrival_id, page_number))),
        ReplySource::PaperConfirmed { arrival_id, page_number: Some(number), .. } => (arrival_id, number),
        ReplySource::PaperConfirmed { .. } | ReplySource::Phone { .. } | ReplySource::Link { .. } => {
            return Ok(None);
        }
    };
    let pages = visit.store().arrival_pages(arrival)?;
    let shows = pages.iter().any(|page| page.number == number && !page.reading.found_by.is_mail());
    Ok(shows.then_some((arrival, number)))
}

/// A page that arrived; whether the visitor may see it was asked before.
pub(super) fn arrived(visit: &Visit, arrival: ArrivalId, number: u32) -> Result<Answer, WebError> {
    let picture =
        page_picture(visit.store(), &visit.web.pool, visit.web.keys(), &visit.web.pictures, arrival, number)?;
    Ok(Answer::bytes("image/png", picture.ok_or(WebError::NotFound)?.to_vec()))
}

/// A PDF that is shown in its place.
pub(super) fn pdf(bytes: Vec<u8>) -> Answer {
    Answer::bytes("application/pdf", bytes)
        .with(header::CONTENT_DISPOSITION, "inline; filename=\"renraku.pdf\"")
}

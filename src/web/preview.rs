//! Sheets and handwriting as pictures and PDF: of a draft, of a request, of a reply. Nothing that a stranger
//! sent is opened here: what is shown of an answer was cut out by the reader.

use super::WebError;
use super::answer::Answer;
use super::new_request::draft;
use super::visit::Visit;
use crate::domain::id::{ReplyId, RequestId};
use crate::read::png;
use crate::read::raster::{self, Limits};
use axum::http::header;

/// Fine enough for small letters on a screen.
const PICTURE_DPI: f64 = 150.0;

/// One page of the draft's sheet as a picture, for browsers that show no PDF in a page.
pub fn draft_picture(visit: &Visit) -> Result<Answer, WebError> {
    let number: usize = visit.param("page")?;
    let pdf = draft(visit)?.check(visit)?.preview.pdf;
    let (pages, _) = raster::rasterize_pdf(&pdf, PICTURE_DPI, PICTURE_DPI, &Limits::default());
    let page = number.checked_sub(1).and_then(|index| pages.get(index)).ok_or(WebError::NotFound)?;
    Ok(Answer::bytes("image/png", png(&page.bitmap)))
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

fn pdf(bytes: Vec<u8>) -> Answer {
    Answer::bytes("application/pdf", bytes)
        .with(header::CONTENT_DISPOSITION, "inline; filename=\"renraku.pdf\"")
}

//! Requests that something unmatched may answer, the likeliest first: for the person who looks at it, never by itself.

use super::Result;
use super::mail_text::mail_text;
use crate::domain::directory::{Clinic, RouteKind};
use crate::domain::id::ClinicId;
use crate::domain::reading::ReasonCode;
use crate::domain::request::{Request, ReviewItem};
use crate::domain::sheet_number::RequestNumber;
use crate::mail::results::numbers_in;
use crate::store::Store;

/// Requests that are offered at the most.
const OFFERED: usize = 8;

/// Why a request is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The mail names its number.
    Number,
    /// The mail says that it is from the clinic's mailbox.
    Sender,
    /// The mail names the clinic's fax number, as fax services name the caller's.
    Caller,
    /// Another page of the same arrival is a sheet of the clinic, or this very page is, of another request.
    SameFax,
}

/// A request that is offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The request.
    pub request: Request,
    /// Its clinic's name.
    pub clinic: String,
    /// Why.
    pub why: Why,
}

/// What the item may answer. Nothing for one whose request is known.
///
/// # Errors
/// When the store fails.
pub fn candidates(store: &dyn Store, item: &ReviewItem) -> Result<Vec<Candidate>> {
    let mut found: Vec<Candidate> = Vec::new();
    if item.request_id.is_some() {
        return Ok(found);
    }
    let named = item.reasons.iter().filter(|reason| reason.code == ReasonCode::NumberInMail);
    for number in named.filter_map(|reason| reason.detail.parse::<RequestNumber>().ok()) {
        if let Some(request) = store.request_by_number(&number)? {
            let clinic = store.clinic(request.clinic_id)?.name;
            found.push(Candidate { request, clinic, why: Why::Number });
        }
    }
    let mut awaited = |clinic: &Clinic, why| -> Result<()> {
        for request in store.awaited_of(clinic.id, OFFERED)? {
            if !found.iter().any(|known| known.request.id == request.id) {
                found.push(Candidate { request, clinic: clinic.name.clone(), why });
            }
        }
        Ok(())
    };
    for clinic in in_the_same_arrival(store, item)? {
        awaited(&store.clinic(clinic)?, Why::SameFax)?;
    }
    let Some(mail) = mail_text(store, item.arrival_id)? else {
        found.truncate(OFFERED);
        return Ok(found);
    };
    let callers = numbers_in(&format!("{}\n{}\n{}", mail.subject, mail.from, mail.text));
    let clinics = store.clinics()?;
    let has = |clinic: &Clinic, kind, is: &dyn Fn(&str) -> bool| {
        clinic.routes.iter().any(|route| route.kind == kind && is(&route.address))
    };
    let by_sender =
        |clinic: &&Clinic| has(clinic, RouteKind::PlainMail, &|at| at.eq_ignore_ascii_case(&mail.from));
    let by_caller =
        |clinic: &&Clinic| has(clinic, RouteKind::FaxByMail, &|at| callers.iter().any(|one| one == at));
    let senders = clinics.iter().filter(by_sender).map(|clinic| (clinic, Why::Sender));
    let callers = clinics.iter().filter(by_caller).map(|clinic| (clinic, Why::Caller));
    for (clinic, why) in senders.chain(callers) {
        awaited(clinic, why)?;
    }
    found.truncate(OFFERED);
    Ok(found)
}

/// The clinics whose sheets came in the item's arrival, by verified codes: what lost its code there is likely theirs.
fn in_the_same_arrival(store: &dyn Store, item: &ReviewItem) -> Result<Vec<ClinicId>> {
    let mut clinics = Vec::new();
    for page in store.arrival_pages(item.arrival_id)? {
        let Some(sheet_id) = page.reading.verified_sheet() else { continue };
        let Some(sheet) = store.sheet(sheet_id)? else { continue };
        let clinic = store.request(sheet.request_id)?.clinic_id;
        if !clinics.contains(&clinic) {
            clinics.push(clinic);
        }
    }
    Ok(clinics)
}

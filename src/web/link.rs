//! A clinic's one-time link: the digits, the answer, thanks. Looking (GET, HEAD) changes nothing, since scanners
//! of mails follow links; before the digits nothing of a client is shown. Needs no account and no script.

use super::access::{Denial, Resource};
use super::answer::Answer;
use super::pairs::Pairs;
use super::visit::Visit;
use super::{WebError, cookie, door, link_view as view};
use crate::domain::audit::Act;
use crate::domain::link::{LinkClosed, LinkPass, PASS_TIME};
use crate::domain::request::Request;
use crate::flow::FlowError;
use crate::flow::link::{self as flow, Found, OpenLink, Unlocked};
use crate::store::LinkAnswered;
use axum::http::{HeaderName, StatusCode, header};

/// Of the page itself; what the clinic chose and typed is the rest.
const OWN: &[&str] = &[door::TOKEN, "digits", "kept"];

/// Asks for the digits.
pub fn ask(visit: &Visit) -> Result<Answer, WebError> {
    within(visit, |visit, open| digits(visit, open, "", ""))
}

/// Compares the digits; the right ones open the page for a while.
pub fn unlock(visit: &Visit) -> Result<Answer, WebError> {
    within(visit, |visit, open| {
        let typed = visit.form.get("digits");
        let kept = visit.form.get("kept");
        match flow::unlock(visit.store(), open, typed, &visit.from_address, visit.now)? {
            Unlocked::Pass(pass) => {
                let answer = match kept {
                    "" => Answer::see_other(&format!("{}/answer", place(visit))),
                    kept => form(visit, open, &Pairs::decode(kept.as_bytes()), "link-kept")?,
                };
                let secure = visit.web.is_secure();
                let seconds = PASS_TIME.as_secs();
                let set = cookie::set_within(cookie::PASS, pass.expose(), &place(visit), seconds, secure);
                Ok(answer.with(header::SET_COOKIE, set))
            }
            Unlocked::NoDigits => {
                let sentence = visit.text("link-no-digits");
                Ok(digits(visit, open, &sentence, kept)?.with_status(StatusCode::UNPROCESSABLE_ENTITY))
            }
            Unlocked::Wrong { left } => {
                let sentence = visit.text_with("link-wrong-digits", &[("left", left.to_string())]);
                Ok(digits(visit, open, &sentence, kept)?.with_status(StatusCode::FORBIDDEN))
            }
            Unlocked::Closed(closed) => shut(visit, Some(closed), Some(&open.request)),
        }
    })
}

/// What is asked, and the reply fields; filled in with what is on record.
pub fn show(visit: &Visit) -> Result<Answer, WebError> {
    within(visit, |visit, open| {
        if held(visit, open)?.is_none() {
            return Ok(Answer::see_other(&place(visit)));
        }
        form(visit, open, &Pairs::default(), "")
    })
}

/// Records the answer.
pub fn answer(visit: &Visit) -> Result<Answer, WebError> {
    within(visit, |visit, open| {
        let Some(pass) = held(visit, open)? else {
            let kept = visit.form.without(OWN).encode();
            let sentence = visit.text("link-again");
            return Ok(digits(visit, open, &sentence, &kept)?.with_status(StatusCode::UNAUTHORIZED));
        };
        let given = view::posted(visit, &open.request, &visit.form)?;
        match flow::answer(visit.store(), open, &pass, given, &visit.from_address, visit.now) {
            Ok(LinkAnswered::Recorded(_) | LinkAnswered::Repeated(_)) => {
                Ok(Answer::see_other(&format!("{}/thanks", place(visit))))
            }
            Ok(LinkAnswered::Overtaken(_)) => {
                Ok(form(visit, open, &visit.form, "")?.with_status(StatusCode::CONFLICT))
            }
            Ok(LinkAnswered::Closed(closed)) => shut(visit, Some(closed), Some(&open.request)),
            Err(error @ (FlowError::Reply(_) | FlowError::Missing(_))) => {
                let page = view::form(visit, open, &visit.form, "", Some(&error))?;
                Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY))
            }
            Err(error) => Err(error.into()),
        }
    })
}

/// Thanks, with what was answered.
pub fn thanks(visit: &Visit) -> Result<Answer, WebError> {
    within(visit, |visit, open| {
        if held(visit, open)?.is_none() {
            return Ok(Answer::see_other(&place(visit)));
        }
        match visit.store().replies(open.request.id)?.last() {
            Some(last) => view::thanks(visit, open, last),
            None => Ok(Answer::see_other(&format!("{}/answer", place(visit)))),
        }
    })
}

/// `/a/{token}`: the pages of this link.
pub fn place(visit: &Visit) -> String {
    format!("/a/{}", visit.params.get("token"))
}

/// Does `work` if the link is open; tells in one sentence why, if it is not. No search engine keeps any of it.
fn within(
    visit: &Visit,
    work: impl FnOnce(&Visit, &OpenLink) -> Result<Answer, WebError>,
) -> Result<Answer, WebError> {
    let answer = match flow::open(visit.store(), visit.params.get("token"), visit.now)? {
        Found::Nothing => shut(visit, None, None),
        Found::Closed(closed, request) => shut(visit, Some(closed), Some(&request)),
        Found::Open(open) => work(visit, &open),
    }?;
    Ok(answer.with(HeaderName::from_static("x-robots-tag"), "noindex, nofollow, noarchive"))
}

/// The pass that the visitor holds for this link; the access function says whether it fits.
fn held(visit: &Visit, open: &OpenLink) -> Result<Option<LinkPass>, WebError> {
    let Some(typed) = &visit.pass else { return Ok(None) };
    let Some(pass) = flow::pass(visit.store(), typed.expose(), visit.now)? else { return Ok(None) };
    match visit.reach(Resource::ByLink(Some(pass.link_id), open.link.id), "link", &open.link.id.to_string()) {
        Ok(()) => Ok(Some(pass)),
        // Another link's pass is none here; the attempt is noted.
        Err(WebError::Denied(Denial::Foreign)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn digits(visit: &Visit, open: &OpenLink, sentence: &str, kept: &str) -> Result<Answer, WebError> {
    let clinic = visit.store().clinic(open.request.clinic_id)?;
    let number = match flow::asked_number(&clinic).map(|(number, _)| number) {
        Some(flow::AskedNumber::Telephone) => "telephone",
        _ => "fax",
    };
    visit.page("link_digits.html", context! { place => place(visit), number, sentence, kept })
}

/// The form with what is posted, or with what is on record; that it was seen is noted.
fn form(visit: &Visit, open: &OpenLink, posted: &Pairs, notice: &str) -> Result<Answer, WebError> {
    visit.note(
        Act::View,
        "request",
        &open.request.id.to_string(),
        &format!("seen by link {}", open.link.id),
    )?;
    view::form(visit, open, posted, notice, None)
}

/// A link that nobody knows is answered like one whose time is over, but nobody can be named to call.
fn shut(visit: &Visit, closed: Option<LinkClosed>, request: Option<&Request>) -> Result<Answer, WebError> {
    let why = closed.unwrap_or(LinkClosed::Expired).as_str();
    let office = request.map(|request| visit.store().office(request.office_id)).transpose()?;
    let page = visit.page("link_closed.html", context! { why, office })?;
    Ok(page.with_status(StatusCode::GONE))
}

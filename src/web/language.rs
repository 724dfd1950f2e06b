//! The language of the pages, kept in a cookie.

use super::answer::Answer;
use super::message::Language;
use super::visit::Visit;
use super::{WebError, cookie, sign_in};
use axum::http::header;

/// Keeps the choice and goes back to where it was made.
pub fn choose(visit: &Visit) -> Result<Answer, WebError> {
    let language = Language::from_code(visit.form.get("language"));
    let line = cookie::set(cookie::LANGUAGE, language.code(), visit.web.is_secure());
    Ok(Answer::see_other(sign_in::local(visit.form.get("here"))).with(header::SET_COOKIE, line))
}

//! Signing in and out. A form that was posted after the session had ended is kept in the page and offered again
//! afterwards: nothing that was typed is lost.

use super::answer::Answer;
use super::pairs::Pairs;
use super::routes::Method;
use super::visit::Visit;
use super::{WebError, cookie, door};
use crate::domain::id::RequestId;
use crate::flow::{FlowError, sign_in as flow};
use axum::http::{StatusCode, header};

/// Asks a form to be shown again as it is, before anything is done with it.
const EDIT: &str = "edit";

/// The page where one signs in.
pub fn show(visit: &Visit) -> Result<Answer, WebError> {
    if visit.signed.is_some() {
        return Ok(Answer::see_other("/"));
    }
    page(visit, visit.query.get("next"), "", "")
}

/// Asks to sign in first: a page is opened afterwards, a form is kept.
pub fn ask(visit: &Visit) -> Result<Answer, WebError> {
    if visit.route.method == Method::Get {
        let mut next = Pairs::default();
        next.add("next", &visit.path);
        let place =
            if visit.path == "/" { "/sign-in".to_owned() } else { format!("/sign-in?{}", next.encode()) };
        return Ok(Answer::see_other(&place));
    }
    let (next, form) = kept(visit);
    let sentence = visit.text(if form.is_empty() { "sign-in-ended" } else { "sign-in-kept" });
    Ok(page(visit, next, &form, &sentence)?.with_status(StatusCode::FORBIDDEN))
}

/// Where the posted form goes on, and what of it is kept; nothing of forms of one click. Nothing is sent or
/// recorded before its page was seen once more.
fn kept(visit: &Visit) -> (&str, String) {
    let mut form = visit.form.without(&[door::TOKEN]);
    let next = match visit.route.path {
        "/requests" => "/requests/check",
        _ if resumes(&visit.path) => &visit.path,
        _ => return ("/", String::new()),
    };
    if is_phone_answer(next) {
        form.add(EDIT, "1");
    }
    (next, form.encode())
}

/// True for the forms that are worth keeping when the session has ended.
fn resumes(path: &str) -> bool {
    path == "/requests/check" || path == "/clients" || is_phone_answer(path)
}

fn is_phone_answer(path: &str) -> bool {
    let id = path.strip_prefix("/requests/").and_then(|rest| rest.strip_suffix("/phone-answer"));
    id.is_some_and(|id| id.parse::<RequestId>().is_ok())
}

/// Signs in with what was typed.
pub fn enter(visit: &Visit) -> Result<Answer, WebError> {
    let form = &visit.form;
    let password = form.all("password").next().unwrap_or_default();
    let signed = flow::sign_in(visit.store(), form.get("login"), password, &visit.from_address, visit.now);
    let (next, kept) = (form.get("next"), form.get("kept"));
    match signed {
        Ok(signed) => {
            close_old(visit)?;
            let secure = visit.web.is_secure();
            let answer = if kept.is_empty() || !resumes(next) {
                Answer::see_other(local(next))
            } else {
                let csrf = signed.session.csrf_token.expose();
                let fields: Vec<_> = Pairs::decode(kept.as_bytes()).iter().map(owned).collect();
                visit.page("resume.html", context! { csrf, action => next, fields })?
            };
            Ok(answer
                .with(header::SET_COOKIE, cookie::set(cookie::SESSION, signed.token.expose(), secure))
                .with(header::SET_COOKIE, cookie::clear(cookie::VISITOR, secure)))
        }
        Err(error @ (FlowError::WrongSignIn | FlowError::TooManySignIns { .. })) => {
            let sentence = visit.language.half(&error.to_string()).to_owned();
            Ok(page(visit, next, kept, &sentence)?.with_status(StatusCode::FORBIDDEN))
        }
        Err(error) => Err(error.into()),
    }
}

/// Signs out.
pub fn leave(visit: &Visit) -> Result<Answer, WebError> {
    close_old(visit)?;
    let line = cookie::clear(cookie::SESSION, visit.web.is_secure());
    Ok(Answer::see_other("/sign-in").with(header::SET_COOKIE, line))
}

/// The session that the visit came with opens nothing any more.
fn close_old(visit: &Visit) -> Result<(), WebError> {
    if let Some(signed) = &visit.signed {
        visit.store().close_session(&signed.session.token_hash, &visit.from_address, visit.now)?;
    }
    Ok(())
}

fn page(visit: &Visit, next: &str, kept: &str, sentence: &str) -> Result<Answer, WebError> {
    let login = visit.form.get("login");
    visit.page("sign_in.html", context! { next => local(next), kept, sentence, login })
}

/// A path of this server; anything else is its first page, so that no link leads elsewhere after the sign-in.
pub fn local(path: &str) -> &str {
    let plain = |c: char| c.is_ascii_graphic() && c != '\\';
    if path.starts_with('/') && !path.starts_with("//") && path.chars().all(plain) { path } else { "/" }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_forms_that_are_shown_first_are_resumed() {
        let id = RequestId::new_at(jiff::Timestamp::UNIX_EPOCH);
        for (path, expected) in [
            ("/requests/check".to_owned(), true),
            ("/clients".to_owned(), true),
            (format!("/requests/{id}/phone-answer"), true),
            ("/requests".to_owned(), false),
            (format!("/requests/{id}/cancel"), false),
            (format!("/requests/{id}/send-again"), false),
            ("/requests/x/../phone-answer".to_owned(), false),
            ("/admin/outbox/hold".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(resumes(&path), expected, "{path}");
        }
    }

    #[test]
    fn the_way_on_stays_here() {
        for (path, expected) in [
            ("/requests/1?a=b", "/requests/1?a=b"),
            ("//elsewhere.example", "/"),
            ("/\\elsewhere.example", "/"),
            ("https://elsewhere.example", "/"),
            ("/a\r\nSet-Cookie: b", "/"),
            ("", "/"),
        ] {
            assert_eq!(local(path), expected, "{path}");
        }
    }
}

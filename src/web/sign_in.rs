//! Signing in and out. A form that was posted after the session had ended is kept in the page and offered again
//! afterwards: nothing that was typed is lost.

use super::answer::Answer;
use super::pairs::Pairs;
use super::routes::Method;
use super::visit::Visit;
use super::{WebError, cookie, door};
use crate::flow::{FlowError, sign_in as flow};
use axum::http::{StatusCode, header};

/// The forms that are worth keeping when the session has ended: what they post shows a page first and sends
/// nothing.
const KEPT: &[&str] = &["/requests/check", "/clients"];

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
    let kept = KEPT.contains(&visit.route.path);
    let (next, form) = if kept {
        (visit.path.as_str(), visit.form.without(&[door::TOKEN]).encode())
    } else {
        ("/", String::new())
    };
    let sentence = visit.text(if kept { "sign-in-kept" } else { "sign-in-ended" });
    Ok(page(visit, next, &form, &sentence)?.with_status(StatusCode::FORBIDDEN))
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
            let answer = if kept.is_empty() || !KEPT.contains(&next) {
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

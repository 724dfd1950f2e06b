//! What belongs to no area: whether the gateway is well, the files that pages load, and the page that says what
//! is wrong.

use super::access::Denial;
use super::answer::Answer;
use super::asset;
use super::visit::Visit;
use super::{WebError, sign_in};
use crate::flow::FlowError;
use crate::store::StoreError;
use axum::http::StatusCode;
use serde_json::json;

/// Asked by machines, under whatever name they reach the server.
pub const HEALTH: &str = "/healthz";

/// 200 with `{"status":"ok","sending":"on"|"held"}`, or 503 when the store does not answer. Carries no client
/// data and needs no sign-in.
pub fn health(visit: &Visit) -> Result<Answer, WebError> {
    let (status, body) = match visit.store().hold() {
        Ok(hold) => {
            let sending = if hold.is_some() { "held" } else { "on" };
            (StatusCode::OK, json!({ "status": "ok", "sending": sending }))
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "the store does not answer" })),
    };
    Ok(Answer::bytes("application/json", body.to_string()).with_status(status))
}

/// A style sheet or a script.
pub fn asset(visit: &Visit) -> Result<Answer, WebError> {
    let asset = asset::find(visit.params.get("name")).ok_or(WebError::NotFound)?;
    Ok(Answer::bytes(asset.media_type, asset.bytes))
}

/// The page that says in one sentence what is wrong. What it is about goes to the log, without client data.
pub fn problem(visit: &Visit, error: &WebError) -> Answer {
    if let WebError::Denied(Denial::SignIn) = error {
        return sign_in::ask(visit).unwrap_or_else(|_| plain_failure());
    }
    let (status, sentence) = told(visit, error);
    if status.is_server_error() {
        tracing::error!(%error, path = visit.route.path, "a page could not be shown");
    }
    let title = visit.text("problem-title");
    visit
        .page("problem.html", context! { title, sentence, status => status.as_u16() })
        .unwrap_or_else(|error| {
            tracing::error!(%error, "the page that says what is wrong could not be shown");
            plain_failure()
        })
        .with_status(status)
}

fn told(visit: &Visit, error: &WebError) -> (StatusCode, String) {
    let (status, key) = match error {
        WebError::NotFound | WebError::Denied(Denial::Foreign) => {
            (StatusCode::NOT_FOUND, "problem-not-found")
        }
        WebError::Denied(_) => (StatusCode::FORBIDDEN, "problem-role"),
        WebError::Token => (StatusCode::FORBIDDEN, "problem-token"),
        WebError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "problem-too-large"),
        WebError::Host => (StatusCode::MISDIRECTED_REQUEST, "problem-host"),
        WebError::Refused(key) => (StatusCode::CONFLICT, *key),
        WebError::Flow(error) => return flow_told(visit, error),
        WebError::Page(_) | WebError::Interrupted(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "problem-failure")
        }
    };
    (status, visit.text(key))
}

/// A flow's error is already a sentence for people, but for what only the operator can mend.
fn flow_told(visit: &Visit, error: &FlowError) -> (StatusCode, String) {
    match error {
        FlowError::Store(StoreError::Failed { .. }) | FlowError::Stored { .. } => {
            (StatusCode::INTERNAL_SERVER_ERROR, visit.text("problem-failure"))
        }
        FlowError::Store(StoreError::NotFound { .. }) => {
            (StatusCode::NOT_FOUND, visit.text("problem-not-found"))
        }
        error => (StatusCode::CONFLICT, visit.language.half(&error.to_string()).to_owned()),
    }
}

/// When not even a page can be written.
pub fn plain_failure() -> Answer {
    let text = "ただいま表示できません。しばらくしてからもう一度お試しください / this cannot be shown now: try again in a while";
    Answer::bytes("text/plain; charset=utf-8", text).with_status(StatusCode::INTERNAL_SERVER_ERROR)
}

//! What the server shows over HTTP: today only whether it is well. The screens join here.

use crate::store::Store;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use std::sync::Arc;

/// The routes. `/healthz`: 200 with `{"status":"ok","sending":"on"|"held"}`, or 503 when the store does not
/// answer. Carries no client data and needs no sign-in.
pub fn router(store: Arc<dyn Store>) -> Router {
    Router::new().route("/healthz", get(health)).with_state(store)
}

async fn health(State(store): State<Arc<dyn Store>>) -> impl IntoResponse {
    let hold = tokio::task::spawn_blocking(move || store.hold()).await;
    let (status, body) = match hold {
        Ok(Ok(hold)) => {
            let sending = if hold.is_some() { "held" } else { "on" };
            (StatusCode::OK, json!({ "status": "ok", "sending": sending }))
        }
        Ok(Err(_)) | Err(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "the store does not answer" }))
        }
    };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body))
}

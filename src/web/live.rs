//! Says to an open page that something about its request changed (server-sent events). Carries no client data:
//! the page asks again, as the one who looks at it.

use super::visit::Visit;
use super::{WebError, answer::Answer};
use crate::domain::id::RequestId;
use crate::flow::changes;
use axum::body::{Body, Bytes};
use http_body_util::channel::{Channel, Sender};
use std::sync::Arc;
use std::time::Duration;

/// How often the log is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// After so many looks the page connects again, which asks again whether it may.
const LOOKS: u32 = 600;
/// After so many looks without news a comment goes out, so that a connection that is gone is noticed.
const ALIVE_EVERY: u32 = 30;

/// A stream of `changed` for one request.
///
/// # Errors
/// When the store fails.
pub fn of(visit: &Visit, id: RequestId) -> Result<Answer, WebError> {
    let cursor = visit.store().last_event()?;
    let (sender, body) = Channel::<Bytes>::new(4);
    let web = Arc::clone(&visit.web);
    tokio::runtime::Handle::current().spawn(async move {
        let mut stopping = web.stopping.clone();
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => {}
            ended = tell(web, id, cursor, sender) => {
                if let Err(error) = ended {
                    tracing::warn!(%error, "a page is no longer told of changes");
                }
            }
        }
    });
    Ok(Answer::bytes("text/event-stream", Body::new(body)))
}

async fn tell(
    web: Arc<super::Web>,
    id: RequestId,
    mut cursor: u64,
    mut sender: Sender<Bytes>,
) -> Result<(), WebError> {
    for look in 0..LOOKS {
        let asked = Arc::clone(&web);
        let changes = tokio::task::spawn_blocking(move || changes::since(asked.store.as_ref(), cursor))
            .await
            .map_err(|error| WebError::Interrupted(error.to_string()))??;
        cursor = changes.cursor;
        let text = if changes.requests.contains(&id) {
            "event: changed\ndata: \n\n"
        } else if look % ALIVE_EVERY == 0 {
            ": alive\n\n"
        } else {
            ""
        };
        if !text.is_empty() && sender.send_data(Bytes::from_static(text.as_bytes())).await.is_err() {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

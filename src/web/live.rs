//! Says to an open page that something which it shows has changed (server-sent events). Carries no client data:
//! the page asks again, as the one who looks at it.

use super::access::Resource;
use super::news::{self, News};
use super::visit::Visit;
use super::{WebError, answer::Answer};
use crate::domain::id::{OfficeId, RequestId};
use axum::body::{Body, Bytes};
use http_body_util::channel::{Channel, Sender};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

/// After so long the page connects again, which asks again whether it may.
const LASTS: Duration = Duration::from_mins(5);
/// After so long without news a comment goes out, so that a connection that is gone is noticed.
const ALIVE_EVERY: Duration = Duration::from_secs(15);
const CHANGED: &str = "event: changed\ndata: \n\n";
const ALIVE: &str = ": alive\n\n";

/// What an open page shows.
#[derive(Debug, Clone, Copy)]
enum Shows {
    Request(RequestId),
    Office(OfficeId),
    Reviews,
    Desks,
    Outbox,
    Directory,
}

/// An open page, and where the log stood when it was made.
#[derive(Debug, Clone, Copy)]
struct Page {
    shows: Shows,
    seen: u64,
}

impl Shows {
    fn is_old(self, news: &News) -> bool {
        news.anything
            || match self {
                Self::Request(id) => news.requests.contains_key(&id),
                Self::Office(office) => {
                    news.messages.contains(&office) || news.requests.values().any(|of| *of == office)
                }
                Self::Reviews => news.reviews,
                Self::Directory => news.directory || news.outbox,
                Self::Outbox => news.outbox || !news.requests.is_empty(),
                Self::Desks => news.reviews || news.outbox || news.directory || !news.requests.is_empty(),
            }
    }
}

/// For the page of one request.
pub fn request(visit: &Visit) -> Result<Answer, WebError> {
    let request = visit.request_unseen(visit.param("id")?)?;
    stream(visit, Shows::Request(request.id))
}

/// For the office's first page and its lists.
pub fn office(visit: &Visit) -> Result<Answer, WebError> {
    stream(visit, Shows::Office(visit.office()?))
}

/// For the list of what waits.
pub fn reviews(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Review, "review", "live")?;
    stream(visit, Shows::Reviews)
}

/// For the first page of those without an office, which shows counts alone.
pub fn desks(visit: &Visit) -> Result<Answer, WebError> {
    stream(visit, Shows::Desks)
}

/// For a clinic's number that is being made sure of.
pub fn directory(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Gateway, "clinic", "live")?;
    stream(visit, Shows::Directory)
}

/// For the outbox.
pub fn outbox(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Gateway, "outbox", "live")?;
    stream(visit, Shows::Outbox)
}

/// A stream of `changed`. The page says by `seen` up to where the log stood when it was made: what happened
/// since then is said at once.
fn stream(visit: &Visit, shows: Shows) -> Result<Answer, WebError> {
    // In this order: what happens in between is heard twice, never not at all.
    let receiver = news::subscribe(&visit.web)?;
    let seen = visit.query.get("seen").parse().unwrap_or(visit.seen);
    let old = shows.is_old(&news::missed(visit.store(), seen)?);
    let (sender, body) = Channel::<Bytes>::new(4);
    let mut stopping = visit.web.stopping.clone();
    tokio::runtime::Handle::current().spawn(async move {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => {}
            () = tokio::time::sleep(LASTS) => {}
            () = tell(receiver, Page { shows, seen }, old, sender) => {}
        }
    });
    Ok(Answer::bytes("text/event-stream", Body::new(body)))
}

/// Tells until the page is gone.
async fn tell(mut receiver: Receiver<Arc<News>>, page: Page, mut old: bool, mut sender: Sender<Bytes>) {
    loop {
        let text = if old { CHANGED } else { ALIVE };
        if sender.send_data(Bytes::from_static(text.as_bytes())).await.is_err() {
            return;
        }
        match timeout(ALIVE_EVERY, hear(&mut receiver, page)).await {
            Ok(true) => old = true,
            Ok(false) => return,
            Err(_) => old = false,
        }
    }
}

/// True when the page is old; false when nobody reads any more.
async fn hear(receiver: &mut Receiver<Arc<News>>, page: Page) -> bool {
    loop {
        match receiver.recv().await {
            Ok(news) if news.cursor > page.seen && page.shows.is_old(&news) => return true,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return true,
            Err(RecvError::Closed) => return false,
        }
    }
}

//! What is new in the log, read once for all open pages: one reader a process, however many pages wait, and
//! none while nobody does. Says what changed, never what it says; decides nothing about who may hear it.

use super::{Web, WebError};
use crate::domain::id::{MessageId, OfficeId, RequestId};
use crate::flow::changes::{self, Changes};
use crate::store::Store;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, Sender};

/// How often the log is looked at. Nobody notices half a second; a look at an end of the log costs microseconds.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// News that a page which is slow to listen may be behind; one that is further behind renews itself anyway.
const BEHIND: usize = 64;

/// What changed, for pages that show it.
#[expect(clippy::struct_excessive_bools, reason = "each is what one page shows; none excludes another")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// Up to where the log was read: to a page that was made there or later it is no news.
    pub cursor: u64,
    /// Requests that moved, with the office whose they are.
    pub requests: BTreeMap<RequestId, OfficeId>,
    /// Offices for whom a message came, or was looked at.
    pub messages: BTreeSet<OfficeId>,
    /// What waits for a person, or was decided.
    pub reviews: bool,
    /// The outbox or its hold.
    pub outbox: bool,
    /// A clinic.
    pub directory: bool,
    /// It is not known what: whoever listens looks again.
    pub anything: bool,
}

impl News {
    fn is_empty(&self) -> bool {
        *self == Self { cursor: self.cursor, ..Self::default() }
    }
}

/// The one reader.
pub struct Reader {
    told: Sender<Arc<News>>,
    /// True while somebody reads.
    reads: Mutex<bool>,
}

impl Default for Reader {
    fn default() -> Self {
        Self { told: Sender::new(BEHIND), reads: Mutex::new(false) }
    }
}

impl Reader {
    /// True when nobody listens any more; then nobody reads.
    fn is_left(&self) -> bool {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        *reads = self.told.receiver_count() > 0;
        !*reads
    }
}

/// Everything that is new from now on. Whoever also asks [`missed`] afterwards misses nothing.
///
/// # Errors
/// When the store fails.
pub fn subscribe(web: &Arc<Web>) -> Result<Receiver<Arc<News>>, WebError> {
    let mut reads = web.reader.reads.lock().unwrap_or_else(PoisonError::into_inner);
    let receiver = web.reader.told.subscribe();
    if !*reads {
        let cursor = changes::end(web.store.as_ref())?;
        tokio::runtime::Handle::current().spawn(read(Arc::clone(web), cursor));
        *reads = true;
    }
    Ok(receiver)
}

/// What happened after the page that was made at `cursor`.
///
/// # Errors
/// When the store fails.
pub fn missed(store: &dyn Store, cursor: u64) -> Result<News, WebError> {
    let changes = changes::since(store, cursor)?;
    let more = changes.cursor < changes::end(store)?;
    Ok(News { anything: more, ..news(store, &changes)? })
}

/// Looks at the log until nobody listens or the server stops.
async fn read(web: Arc<Web>, mut cursor: u64) {
    let mut stopping = web.stopping.clone();
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
        if web.reader.is_left() {
            return;
        }
        let asked = Arc::clone(&web);
        let looked = tokio::task::spawn_blocking(move || look(asked.store.as_ref(), cursor)).await;
        let news = looked.unwrap_or_else(|_| anything(cursor));
        cursor = news.cursor;
        if !news.is_empty() {
            // Whoever listened may just have left.
            let _ = web.reader.told.send(Arc::new(news));
        }
    }
}

/// What is new. A line that cannot be read wakes everybody and is passed over.
fn look(store: &dyn Store, cursor: u64) -> News {
    let looked =
        changes::since(store, cursor).map_err(WebError::from).and_then(|changes| news(store, &changes));
    looked.unwrap_or_else(|error| {
        tracing::warn!(%error, "what is new could not be read; every open page looks again");
        anything(changes::end(store).unwrap_or(cursor))
    })
}

fn anything(cursor: u64) -> News {
    News { cursor, anything: true, ..News::default() }
}

fn news(store: &dyn Store, changes: &Changes) -> Result<News, WebError> {
    let mut requests = BTreeMap::new();
    for id in &changes.requests {
        requests.insert(*id, store.request(*id)?.office_id);
    }
    let office = |id: &MessageId| Ok(store.message(*id)?.office_id);
    Ok(News {
        cursor: changes.cursor,
        requests,
        messages: changes.messages.iter().map(office).collect::<Result<_, WebError>>()?,
        reviews: changes.reviews,
        outbox: changes.outbox || changes.gateway,
        directory: changes.directory,
        anything: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{Event, Subject};
    use crate::domain::id::{DeliveryId, EventId};
    use crate::flow::Clock;
    use crate::flow::submit::Rule;
    use crate::form::catalogue::Catalogue;
    use crate::pool::{Pool, PoolLimits};
    use crate::store::SqliteStore;
    use crate::web::WebSettings;
    use jiff::Timestamp;
    use tokio::runtime::Handle;
    use tokio::sync::watch;

    fn web(store: Arc<dyn Store>, stopping: watch::Receiver<bool>) -> Arc<Web> {
        let pool = Arc::new(Pool::new("nothing".into(), PoolLimits::default()));
        let forms = Catalogue::built_in().unwrap();
        let (rule, settings) = (Rule::default(), WebSettings::default());
        Arc::new(Web::new(store, Clock::new(|| Timestamp::UNIX_EPOCH), forms, rule, pool, settings, stopping))
    }

    fn happens(store: &dyn Store, subject: Subject, subject_id: &str) {
        let event = Event {
            id: EventId::new_at(Timestamp::UNIX_EPOCH),
            at: Timestamp::UNIX_EPOCH,
            subject,
            subject_id: subject_id.to_owned(),
            what: "test".to_owned(),
            from: None,
            to: None,
            detail: String::new(),
        };
        store.append_event(&event).unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_hundred_pages_have_one_reader_and_none_has_none() {
        let data = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(data.path()).unwrap());
        let (stop, stopping) = watch::channel(false);
        let web = web(Arc::clone(&store), stopping);
        for _ in 0..2 {
            let mut pages: Vec<_> = (0..100).map(|_| subscribe(&web).unwrap()).collect();
            assert_eq!(Handle::current().metrics().num_alive_tasks(), 1);
            happens(store.as_ref(), Subject::Review, "1");
            for page in &mut pages {
                assert!(page.recv().await.unwrap().reviews);
            }
            drop(pages);
            tokio::time::sleep(LOOK_EVERY * 3).await;
            assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
            // What happens while nobody listens is found by whoever asks from where the page was made.
            let made_at = changes::end(store.as_ref()).unwrap();
            happens(store.as_ref(), Subject::Review, "1");
            assert!(missed(store.as_ref(), made_at).unwrap().reviews);
            assert!(missed(store.as_ref(), made_at + 1).unwrap().is_empty());
        }
        drop(stop);
    }

    #[test]
    fn a_page_that_missed_more_than_is_read_at_once_looks_again() {
        let data = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(data.path()).unwrap();
        for _ in 0..501 {
            happens(&store, Subject::Review, "1");
        }
        assert!(missed(&store, 0).unwrap().anything);
        assert!(!missed(&store, 1).unwrap().anything);
    }

    /// A line about a delivery that is not there.
    #[test]
    fn a_line_that_cannot_be_read_is_passed_over() {
        let data = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(data.path()).unwrap();
        let nowhere = DeliveryId::new_at(Timestamp::UNIX_EPOCH).to_string();
        happens(&store, Subject::Delivery, &nowhere);
        assert_eq!(look(&store, 0), anything(1));
        happens(&store, Subject::Review, "1");
        assert_eq!(look(&store, 1), News { cursor: 2, reviews: true, ..News::default() });
    }
}

//! The loops: inbox, reading, notices, outbox, clock. A failure is logged and tried again at the next look; it never
//! ends a loop.

use crate::domain::backoff::BackoffRule;
use crate::domain::directory::RouteKind;
use crate::flow::deliver::{Sender, deliver_next_by};
use crate::flow::flag_overdue::flag_overdue;
use crate::flow::ingest::{Reading, read_arrival};
use crate::flow::notify::{NoticeRule, notify};
use crate::flow::receive::{receive, take_files};
use crate::flow::sign_in::forget_old_sessions;
use crate::flow::{Clock, FlowError, Result};
use crate::mail::profile::FaxProfile;
use crate::mail::receive::folder::Folder;
use crate::mail::receive::imap::Imap;
use crate::mail::receive::maildir::Maildir;
use crate::pool::SharedPool;
use crate::seal::keyring::Keyring;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Deliveries without their result that are put in doubt at one look.
const SILENT_AT_ONCE: usize = 500;

/// What the loops work with.
#[derive(Clone)]
pub struct Works {
    /// Everything that is stored.
    pub store: Arc<dyn Store>,
    /// Readers.
    pub pool: SharedPool,
    /// Verifies codes.
    pub keyring: Arc<Keyring>,
    /// Sends; `None` where no mail server is configured, and then nothing leaves.
    pub sender: Option<Arc<Sender>>,
    /// Where answers arrive.
    pub inbox: Maildir,
    /// The fax service; `None` where there is none.
    pub service: Option<FaxProfile>,
    /// When a fax that met a busy line is tried again.
    pub backoff: BackoffRule,
    /// A mailbox on a server in which answers arrive as well.
    pub imap: Option<Arc<Imap>>,
    /// A folder into which a scanner or a fax server drops files.
    pub folder: Option<Arc<Folder>>,
    /// Tells the time.
    pub clock: Clock,
    /// When users are told of what needs them.
    pub notices: NoticeRule,
    /// How often inbox and outbox are looked at.
    pub look_every: Duration,
    /// How often overdue requests and sessions that are over are looked for.
    pub due_every: Duration,
    /// Mails on their way at once, of each route.
    pub sends_at_once: usize,
}

impl Works {
    fn reading(&self) -> Reading<'_> {
        let Self { pool, keyring, service, backoff, .. } = self;
        Reading { pool, keyring, service: service.as_ref(), backoff: *backoff }
    }
}

/// Runs every loop until `stop` says true. A mail that is on its way is waited for.
pub async fn run(works: Works, stop: watch::Receiver<bool>) {
    let mut loops = JoinSet::new();
    loops.spawn(every(works.look_every, stop.clone(), works.clone(), |works| async move {
        let received =
            blocking(&works, |works| receive(works.store.as_ref(), &works.inbox, &works.clock)).await?;
        Ok(!received.arrivals.is_empty())
    }));
    loops.spawn(every(works.look_every, stop.clone(), works.clone(), |works| async move {
        let read = blocking(&works, |works| {
            read_arrival(works.store.as_ref(), &works.reading(), None, &works.clock)
        });
        Ok(read.await?.is_some())
    }));
    loops.spawn(every(works.due_every, stop.clone(), works.clone(), |works| async move {
        let flagged = blocking(&works, |works| flag_overdue(works.store.as_ref(), works.clock.now())).await?;
        for request in &flagged {
            tracing::info!(request = %request.id, "flagged overdue");
        }
        let silent =
            blocking(&works, |works| Ok(works.store.flag_silent(SILENT_AT_ONCE, works.clock.now())?)).await?;
        for delivery in &silent {
            tracing::warn!(delivery = %delivery.id, "a promised result has not come: it is in doubt");
        }
        recover(&works).await?;
        blocking(&works, |works| forget_old_sessions(works.store.as_ref(), works.clock.now())).await?;
        Ok(false)
    }));
    loops.spawn(every(works.look_every, stop.clone(), works.clone(), |works| async move {
        blocking(&works, |works| notify(works.store.as_ref(), works.notices, works.clock.now())).await
    }));
    if let Some(folder) = works.folder.clone() {
        loops.spawn(every(works.look_every, stop.clone(), works.clone(), move |works| {
            let folder = Arc::clone(&folder);
            async move {
                let look = move |works: &Works| take_files(works.store.as_ref(), &folder, &works.clock);
                blocking(&works, look).await?;
                Ok(false)
            }
        }));
    }
    if let Some(imap) = works.imap.clone() {
        loops.spawn(super::mailbox::watch(works.clone(), imap, stop.clone()));
    }
    for route in RouteKind::ALL {
        for _ in 0..works.sends_at_once.max(1) {
            loops.spawn(every(works.look_every, stop.clone(), works.clone(), move |works| async move {
                let Some(sender) = &works.sender else { return Ok(false) };
                Ok(deliver_next_by(&works.store, sender, Some(*route), &works.clock).await?.is_some())
            }));
        }
    }
    while let Some(ended) = loops.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a loop of the server died");
        }
    }
}

/// Calls `act` until nothing is due, then sleeps. `act` says whether there may be more.
async fn every<A, F>(pause: Duration, mut stop: watch::Receiver<bool>, works: Works, act: A)
where
    A: Fn(Works) -> F,
    F: Future<Output = Result<bool>>,
{
    while !*stop.borrow() {
        match act(works.clone()).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "a job failed and will be tried again"),
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Work whose holder's lease has run out.
async fn recover(works: &Works) -> Result<()> {
    blocking(works, |works| {
        let now = works.clock.now();
        works.store.recover_arrivals(false, now)?;
        for delivery in works.store.recover_deliveries(false, now)? {
            tracing::warn!(delivery = %delivery.id, state = %delivery.state, "a try was given up by its worker");
        }
        Ok(())
    })
    .await
}

pub(super) async fn blocking<T: Send + 'static>(
    works: &Works,
    act: impl FnOnce(&Works) -> Result<T> + Send + 'static,
) -> Result<T> {
    let works = works.clone();
    tokio::task::spawn_blocking(move || act(&works))
        .await
        .map_err(|error| FlowError::Interrupted(error.to_string()))?
}

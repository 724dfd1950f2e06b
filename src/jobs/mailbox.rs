//! The mailbox on a server: connected to as long as the program runs, made anew when the connection ends, later and later when
//! that does not help. Stores nothing itself and ends at once when told to stop; what was not stored is still in the mailbox.

use super::loops::{Works, blocking};
use crate::domain::backoff::{BackoffRule, next_try};
use crate::flow::receive::take_mail;
use crate::mail::receive::imap::{Imap, ImapError, Looked, Memory};
use crate::seal::random;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// After a lost line: a provider restarts in seconds, and five minutes are no delay for a fax.
const LINE: BackoffRule = BackoffRule { first_s: 2, cap_s: 300, max_attempts: u32::MAX, jitter_share: 0.25 };
/// After a wrong password and the like: providers lock accounts that are tried often.
const PERSON: BackoffRule =
    BackoffRule { first_s: 300, cap_s: 3600, max_attempts: u32::MAX, jitter_share: 0.25 };

/// Watches the mailbox until `stop` says true.
pub(super) async fn watch(works: Works, imap: Arc<Imap>, mut stop: watch::Receiver<bool>) {
    tokio::select! {
        () = keep_connected(&works, &imap) => {}
        // An error says that nobody can tell us any more.
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

async fn keep_connected(works: &Works, imap: &Imap) {
    let (mut memory, mut failures, mut greeted) = (Memory::default(), 0_u32, false);
    loop {
        let error = read_until_it_fails(works, imap, &mut memory, &mut failures, &mut greeted).await;
        failures = failures.saturating_add(1);
        let wait = wait(works, failures, &error);
        tracing::error!(%error, wait_s = wait.as_secs(), "the mailbox cannot be read now and will be tried again");
        tokio::time::sleep(wait).await;
    }
}

/// One connection, up to the error that ends it. The count of failures begins anew when it has stood for a while.
async fn read_until_it_fails(
    works: &Works,
    imap: &Imap,
    memory: &mut Memory,
    failures: &mut u32,
    greeted: &mut bool,
) -> ImapError {
    let mut session = match imap.connect().await {
        Ok(session) => session,
        Err(error) => return error,
    };
    if !std::mem::replace(greeted, true) {
        session.remarks().iter().for_each(|remark| tracing::warn!("{}", remark.sentence()));
    }
    loop {
        let looked = session.take_all(memory, |mail| {
            blocking(works, move |works| take_mail(works.store.as_ref(), &mail, &works.clock).map(|_| ()))
        });
        match looked.await {
            Ok(looked) => tell(&looked),
            Err(error) => return error,
        }
        if let Err(error) = session.wait().await {
            return error;
        }
        *failures = 0;
    }
}

fn tell(looked: &Looked) {
    if looked.taken > 0 {
        tracing::info!(mails = looked.taken, "mails were taken from the mailbox");
    }
    for error in &looked.left {
        tracing::warn!(%error, "a mail is left in the mailbox");
    }
    if let Some(error) = &looked.unsettled {
        tracing::warn!(%error, "a stored mail could not be flagged or moved; it is tried again");
    }
}

fn wait(works: &Works, failures: u32, error: &ImapError) -> Duration {
    let rule = if error.needs_a_person() { &PERSON } else { &LINE };
    let now = works.clock.now();
    let jitter = random::fraction().unwrap_or(0.5);
    let at = next_try(failures, now, jitter, rule);
    let wait = at.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
    wait.unwrap_or(Duration::from_secs(u64::from(rule.cap_s)))
}

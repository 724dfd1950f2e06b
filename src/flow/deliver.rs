//! One delivery from the outbox: lease, render once, note the try, send, note the end. The notes are
//! committed *before* the acts that they announce, so that a death at any moment is either nothing sent
//! (tried again) or in doubt (a person decides), and never a silent second fax.

use super::letter::Desk;
use super::link::LinkRule;
use super::submit::Rule;
use super::{Clock, FlowError, Result};
use crate::domain::backoff::{BackoffRule, next_try};
use crate::domain::directory::RouteKind;
use crate::domain::id::AttemptId;
use crate::domain::letter::Letter;
use crate::domain::request::Delivery;
use crate::domain::state::AttemptEnd;
use crate::form::definition::FormDefinition;
use crate::mail::classify::is_wrong_address;
use crate::mail::compose::{Composed, compose};
use crate::mail::profile::{FaxProfile, MailProfile};
use crate::mail::results::Promised;
use crate::mail::send::smtp::{Phase, Smtp};
use crate::seal::keyring::Keyring;
use crate::seal::random;
use crate::store::{AttemptOutcome, Lease, Store};
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;

/// What sending needs besides the store.
pub struct Sender {
    /// The mail server.
    pub smtp: Smtp,
    /// Longer than the longest try: [`crate::mail::send::SmtpTimeouts::whole_try`].
    pub longest_try: Duration,
    /// The e-mail-to-fax service.
    pub fax: Option<FaxProfile>,
    /// Clinics' own mailboxes.
    pub mail: Option<MailProfile>,
    /// How tries are spaced.
    pub backoff: BackoffRule,
    /// Where answers are faxed to, as it is printed.
    pub return_fax: String,
    /// How links are made.
    pub links: LinkRule,
    /// What the region has settled.
    pub rule: Rule,
    /// Seals the sheets.
    pub keyring: Arc<Keyring>,
}

/// How one delivery went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The delivery as it was taken from the outbox.
    pub delivery: Delivery,
    /// How the try ended.
    pub end: AttemptEnd,
    /// The server's words.
    pub detail: String,
}

/// What is ready to leave.
struct Ready {
    delivery: Delivery,
    attempt: AttemptId,
    mail: Composed,
}

/// What an attempt is that ended without an answer; its end and its words are filled in.
const FAILED: AttemptOutcome = AttemptOutcome {
    end: AttemptEnd::Failed,
    detail: String::new(),
    next_try_at: None,
    result_due_at: None,
    wrong_number: false,
};

/// Takes the delivery that is due longest and tries it once. `None` when nothing is due, or sending is on
/// hold.
///
/// # Errors
/// When the store fails. The try then ends by the rule for a dead worker: nothing sent → again; begun → in doubt.
pub async fn deliver_next(
    store: &Arc<dyn Store>,
    sender: &Arc<Sender>,
    clock: &Clock,
) -> Result<Option<Delivered>> {
    deliver_next_by(store, sender, None, clock).await
}

/// As [`deliver_next`], of one route alone: what waits for a slow service holds up no other route.
///
/// # Errors
/// As of [`deliver_next`].
pub async fn deliver_next_by(
    store: &Arc<dyn Store>,
    sender: &Arc<Sender>,
    route: Option<RouteKind>,
    clock: &Clock,
) -> Result<Option<Delivered>> {
    let lease_time = SignedDuration::try_from(sender.longest_try).unwrap_or(SignedDuration::from_hours(1));
    let now = clock.now();
    let lease = Lease { token: random::token()?, until: now + lease_time + SignedDuration::from_mins(5) };
    let prepared = {
        let (sender, clock, lease) = (Arc::clone(sender), clock.clone(), lease.clone());
        blocking(store, move |store| prepare(store, &sender, route, &lease, &clock)).await?
    };
    match prepared {
        Prepared::NothingDue => Ok(None),
        Prepared::Ended(delivered) => Ok(Some(delivered)),
        Prepared::Ready(ready) => send(store, sender, &lease, *ready, clock).await.map(Some),
    }
}

enum Prepared {
    NothingDue,
    Ready(Box<Ready>),
    Ended(Delivered),
}

/// Everything before the network, in the order that a crash may interrupt anywhere.
fn prepare(
    store: &dyn Store,
    sender: &Sender,
    route: Option<RouteKind>,
    lease: &Lease,
    clock: &Clock,
) -> Result<Prepared> {
    let due = match route {
        Some(route) => store.lease_delivery_by(route, lease, clock.now())?,
        None => store.lease_delivery(lease, clock.now())?,
    };
    let Some(delivery) = due else { return Ok(Prepared::NothingDue) };
    // Counted before anything that could kill the program: what does so again and again must come to an end.
    let attempt = AttemptId::new_at(clock.now());
    store.attempt_started(attempt, delivery.id, lease, clock.now())?;
    if delivery.route == RouteKind::Hand {
        return by_hand(&Desk { store, sender, delivery: &delivery, attempt, lease, clock });
    }
    let mail = if delivery.attempts < sender.backoff.max_attempts {
        compose_for(store, sender, &delivery, attempt, lease, clock)
    } else {
        Err(FlowError::TriedTooOften(delivery.attempts))
    };
    match mail {
        Ok(mail) => Ok(Prepared::Ready(Box::new(Ready { delivery, attempt, mail }))),
        Err(FlowError::Store(error)) => {
            let outcome =
                retry_outcome(store, sender, &delivery, format!("the store failed: {error}"), clock)?;
            store.attempt_ended(attempt, &outcome, lease, clock.now())?;
            Err(error.into())
        }
        Err(error) => {
            // Trying again would fail again: a person must see it.
            let outcome = AttemptOutcome { end: AttemptEnd::Failed, detail: error.to_string(), ..FAILED };
            store.attempt_ended(attempt, &outcome, lease, clock.now())?;
            Ok(Prepared::Ended(Delivered { delivery, end: outcome.end, detail: outcome.detail }))
        }
    }
}

/// The sheet is made for whoever carries it. That counts as sent: from now on the clock runs.
fn by_hand(desk: &Desk<'_>) -> Result<Prepared> {
    let Desk { store, delivery, attempt, lease, clock, .. } = *desk;
    let outcome = match desk.print() {
        Ok(()) => {
            store.body_started(attempt, lease, clock.now())?;
            AttemptOutcome {
                end: AttemptEnd::Submitted,
                detail: "printed to be carried".to_owned(),
                ..FAILED
            }
        }
        Err(error) => AttemptOutcome { detail: error.to_string(), ..FAILED },
    };
    store.attempt_ended(attempt, &outcome, lease, clock.now())?;
    let delivery = delivery.clone();
    Ok(Prepared::Ended(Delivered { delivery, end: outcome.end, detail: outcome.detail }))
}

fn compose_for(
    store: &dyn Store,
    sender: &Sender,
    delivery: &Delivery,
    attempt: AttemptId,
    lease: &Lease,
    clock: &Clock,
) -> Result<Composed> {
    Ok(compose(&Desk { store, sender, delivery, attempt, lease, clock }.write()?)?)
}

async fn send(
    store: &Arc<dyn Store>,
    sender: &Arc<Sender>,
    lease: &Lease,
    ready: Ready,
    clock: &Clock,
) -> Result<Delivered> {
    let Ready { delivery, attempt, mail } = ready;
    let before_body = || {
        let (store, lease, now) = (Arc::clone(store), lease.clone(), clock.now());
        async move { blocking(&store, move |store| Ok(store.body_started(attempt, &lease, now)?)).await }
    };
    let sent = sender.smtp.send(&mail, before_body).await;
    let result_due_at =
        sender.fax.as_ref().filter(|_| delivery.route == RouteKind::FaxByMail).and_then(|fax| {
            let promised = fax.results.promised == Promised::Both && sent.end == AttemptEnd::Submitted;
            let silence = SignedDuration::from_mins(i64::from(fax.results.silence_minutes));
            promised.then(|| clock.now().saturating_add(silence).ok()).flatten()
        });
    let outcome = if sent.end == AttemptEnd::Retry {
        let (sender, delivery, detail, clock) =
            (Arc::clone(sender), delivery.clone(), sent.detail.clone(), clock.clone());
        blocking(store, move |store| retry_outcome(store, &sender, &delivery, detail, &clock)).await?
    } else {
        // Of a fax, the server that refuses is the service's: it says nothing about the number.
        let asked_there = delivery.route == RouteKind::PlainMail && sent.phase == Phase::Rcpt;
        let wrong_number = asked_there && sent.end == AttemptEnd::Failed && is_wrong_address(&sent.detail);
        AttemptOutcome { end: sent.end, detail: sent.detail.clone(), result_due_at, wrong_number, ..FAILED }
    };
    tracing::info!(delivery = %delivery.id, end = %sent.end, code = sent.code, "a try of a delivery ended");
    let (lease, now) = (lease.clone(), clock.now());
    blocking(store, move |store| Ok(store.attempt_ended(attempt, &outcome, &lease, now)?)).await?;
    Ok(Delivered { delivery, end: sent.end, detail: sent.detail })
}

fn retry_outcome(
    store: &dyn Store,
    sender: &Sender,
    delivery: &Delivery,
    detail: String,
    clock: &Clock,
) -> Result<AttemptOutcome> {
    let jitter = random::fraction()?;
    // The try that just ended is counted.
    let next = next_try(delivery.attempts + 1, clock.now(), jitter, &sender.backoff);
    let way = (delivery.route, delivery.address.as_str());
    let next_try_at = match next {
        Some(at) => Some(sender.rule.not_before(form_of(store, delivery)?.as_ref(), way, at)),
        None => None,
    };
    Ok(AttemptOutcome { end: AttemptEnd::Retry, detail, next_try_at, ..FAILED })
}

/// The form of a sheet; `None` for every other letter.
fn form_of(store: &dyn Store, delivery: &Delivery) -> Result<Option<FormDefinition>> {
    let Letter::Sheet { request_id } = delivery.letter else { return Ok(None) };
    let request = store.request(request_id)?;
    Ok(Some(store.form(&request.form_id, request.form_version)?))
}

/// Store calls block on disk flushes: they run where blocking is allowed.
async fn blocking<T: Send + 'static>(
    store: &Arc<dyn Store>,
    act: impl FnOnce(&dyn Store) -> Result<T> + Send + 'static,
) -> Result<T> {
    let store = Arc::clone(store);
    tokio::task::spawn_blocking(move || act(store.as_ref()))
        .await
        .map_err(|error| FlowError::Interrupted(error.to_string()))?
}

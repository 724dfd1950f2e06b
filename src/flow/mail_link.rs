//! Asks a clinic to answer by a link: a mail to its verified address enters the outbox. The link itself is made when the mail is
//! written, and whoever asks for the mail never sees it: an answer by it is the clinic's.

use super::link::{LinkRule, asked_number};
use super::{FlowError, Result};
use crate::domain::account::By;
use crate::domain::directory::{Clinic, Route, RouteKind};
use crate::domain::id::{DeliveryId, RequestId};
use crate::domain::request::Delivery;
use crate::store::{NewDelivery, Store};
use jiff::Timestamp;

/// The clinic's mailbox, when a person made sure that it is the clinic's.
#[must_use]
pub fn mailbox(clinic: &Clinic) -> Option<&Route> {
    let mail = |route: &&Route| route.kind == RouteKind::PlainMail && route.verified_at.is_some();
    clinic.routes.iter().find(mail)
}

/// Puts the mail into the outbox, to the address that the person was shown.
///
/// # Errors
/// [`FlowError::NotVerified`] when the clinic has no such mailbox (any more), [`FlowError::Missing`] without a public address or
/// without a number that the page could ask for; the store's `Conflict` when no answer is awaited or such a mail waits already.
pub fn mail_link(
    store: &dyn Store,
    rule: &LinkRule,
    request_id: RequestId,
    shown_address: &str,
    by: &By,
    now: Timestamp,
) -> Result<Delivery> {
    rule.public_url.as_deref().ok_or(FlowError::Missing(
        "公開アドレス(serve.public_url)が設定されていないため、リンクを送れません。管理者にご相談ください / no public address is set (serve.public_url): ask the administrator",
    ))?;
    let clinic = store.clinic(store.request(request_id)?.clinic_id)?;
    asked_number(&clinic).ok_or(FlowError::Missing(
        "医療機関のFAX番号も電話番号も登録されていないため、リンクを送れません。管理者にご相談ください / the clinic has no number that the page could ask for: ask the administrator",
    ))?;
    let to = mailbox(&clinic).filter(|route| route.address == shown_address);
    let to = to.ok_or_else(|| FlowError::NotVerified { clinic: clinic.name.clone() })?;
    let new = NewDelivery {
        id: DeliveryId::new_at(now),
        route: to.kind,
        address: to.address.clone(),
        not_before: None,
    };
    Ok(store.add_link_mail(request_id, &new, by, now)?)
}

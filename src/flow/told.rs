//! What a server or a fax service tells about something that left from here: which delivery it means, and what became of
//! it. Believes only what names a try of ours by its sealed token, or what the service itself writes about one fax that can
//! be told. Changes nothing (the store files it), and reads no answer.

use super::Result;
use crate::domain::backoff::{BackoffRule, next_try};
use crate::domain::directory::RouteKind;
use crate::domain::id::AttemptId;
use crate::domain::reading::{Reason, ReasonCode};
use crate::domain::request::Delivery;
use crate::domain::result::{Failure, News, Told};
use crate::domain::state::DeliveryState;
use crate::mail::classify::{Class, Recipient, Verdict};
use crate::mail::marks::{in_text, marked};
use crate::mail::parse::ParsedMail;
use crate::mail::profile::FaxProfile;
use crate::mail::results::{FaxNews, FaxResults, everything, numbers_in, request_numbers_in};
use crate::seal::keyring::Keyring;
use crate::seal::mail_token::{self, Place};
use crate::seal::random;
use crate::store::Store;
use jiff::{SignedDuration, Timestamp};

/// How long after a fax a result may come that names nothing but its number.
const RESULT_WITHIN: SignedDuration = SignedDuration::from_hours(72);
/// Faxes to one number that are looked at for that.
const FAXES_MAX: usize = 50;
/// Octets of a notice that are looked at for our Message-ID.
const LOOKED_AT_MAX: usize = 1 << 20;

/// Who asks, and with what.
pub(super) struct Listener<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) keyring: &'a Keyring,
    /// The fax service: what its mails look like, and when numbers do not ring.
    pub(super) service: Option<&'a FaxProfile>,
    pub(super) backoff: &'a BackoffRule,
    pub(super) now: Timestamp,
}

/// What a mail tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// It is no notice, or one of which nobody knows what it is about: it is treated like every other mail.
    Nothing,
    /// About one delivery, with the reason for a person where that does not fit.
    About(Told, Reason),
    /// From the service about a fax that cannot be told, or in words that nobody knows.
    Unclear(Reason),
}

impl Listener<'_> {
    /// What the mail tells about deliveries of ours.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn hear(&self, raw: &[u8], mail: &ParsedMail, verdict: &Verdict) -> Result<Heard> {
        if let Some(service) = self.service.filter(|service| service.results.is_from_service(mail)) {
            return self.of_service(&service.results, raw, mail);
        }
        let code = match verdict.class {
            Class::Bounce => ReasonCode::MailBounced,
            Class::Delay => ReasonCode::MailDelayed,
            Class::Result => ReasonCode::MailArrived,
            Class::AutoReply | Class::Complaint | Class::Loop | Class::Other => return Ok(Heard::Nothing),
        };
        let Some(delivery) = self.by_token(raw, mail, verdict)? else { return Ok(Heard::Nothing) };
        let about = about(&verdict.recipients);
        let told = Told {
            delivery_id: delivery.id,
            news: self.news(&delivery, mail, verdict),
            detail: about.clone(),
            retry_at: None,
        };
        Ok(Heard::About(told, Reason::new(code, about)))
    }

    fn of_service(&self, service: &FaxResults, raw: &[u8], mail: &ParsedMail) -> Result<Heard> {
        let reason = |code| Reason::new(code, mail.subject.clone().unwrap_or_default());
        let FaxNews::Clear(news) = service.read(mail) else {
            // A page that the service passes on is no result; without a page somebody should read what it says.
            let brings =
                mail.attachments.iter().any(|part| crate::read::raster::sniff(&part.bytes).is_some());
            return Ok(if brings {
                Heard::Nothing
            } else {
                Heard::Unclear(reason(ReasonCode::ResultUnclear))
            });
        };
        let code = if news == News::Arrived { ReasonCode::MailArrived } else { ReasonCode::MailBounced };
        let Some(delivery) = self.by_words(raw, mail)? else { return Ok(Heard::Unclear(reason(code))) };
        let detail = match news {
            News::Failed(why) => why.as_str(),
            News::Arrived | News::Noted => "arrived",
        };
        let retry_at = match news {
            News::Failed(why) if why.is_worth_another_try() => self.again(&delivery)?,
            _ => None,
        };
        let told = Told { delivery_id: delivery.id, news, detail: detail.to_owned(), retry_at };
        Ok(Heard::About(told, reason(code)))
    }

    /// By a token of ours: in the address that the notice came to, or in the Message-ID that it gives back. That it is a
    /// notice, its parts or its empty return path must say (RFC 5321 §4.5.5).
    fn by_token(&self, raw: &[u8], mail: &ParsedMail, verdict: &Verdict) -> Result<Option<Delivery>> {
        if let Some(delivery) = self.by_envelope(mail)? {
            return Ok(Some(delivery));
        }
        if !verdict.is_report && !mail.return_path_empty && !mail.auto_submitted {
            return Ok(None);
        }
        self.by_message_id(raw, mail)
    }

    /// By the envelope's sender, which servers alone have seen and to which they tell what became of the mail.
    fn by_envelope(&self, mail: &ParsedMail) -> Result<Option<Delivery>> {
        let tokens = marked(mail).addressed;
        let attempt = tokens.iter().find_map(|token| mail_token::read(self.keyring, Place::Envelope, token));
        attempt.map_or(Ok(None), |attempt| self.last_try_of(attempt))
    }

    /// The delivery whose last try it was: what is told late about an earlier one says nothing about where it stands now.
    fn last_try_of(&self, attempt: AttemptId) -> Result<Option<Delivery>> {
        let Some(delivery) = self.store.delivery_of_attempt(attempt)? else { return Ok(None) };
        let last = self.store.attempts(delivery.id)?.pop();
        Ok(last.is_some_and(|last| last.id == attempt).then_some(delivery))
    }

    fn by_message_id(&self, raw: &[u8], mail: &ParsedMail) -> Result<Option<Delivery>> {
        let text = String::from_utf8_lossy(raw.get(..LOOKED_AT_MAX).unwrap_or(raw));
        let tokens =
            marked(mail).referred.into_iter().chain(in_text(&text, 20)).chain(in_text(&mail.text, 20));
        for token in tokens {
            if let Some(attempt) = mail_token::read(self.keyring, Place::MessageId, &token)
                && let Some(delivery) = self.last_try_of(attempt)?
            {
                return Ok(Some(delivery));
            }
        }
        Ok(None)
    }

    /// By the envelope's sender, by our Message-ID, by the request's number, or by the fax number of the only fax that is awaited there.
    fn by_words(&self, raw: &[u8], mail: &ParsedMail) -> Result<Option<Delivery>> {
        let by_token = self.by_envelope(mail)?;
        let by_token = if by_token.is_some() { by_token } else { self.by_message_id(raw, mail)? };
        if let Some(delivery) = by_token {
            return Ok((delivery.route == RouteKind::FaxByMail).then_some(delivery));
        }
        let words = everything(mail);
        let (requests, numbers) = (request_numbers_in(&words), numbers_in(&words));
        let mut faxes: Vec<Delivery> = Vec::new();
        match requests.as_slice() {
            [number] => {
                let Some(request) = self.store.request_by_number(number)? else { return Ok(None) };
                faxes = self.store.letters(request.id)?;
                let named = faxes.iter().any(|fax| numbers.contains(&fax.address));
                faxes.retain(|fax| !named || numbers.contains(&fax.address));
            }
            [] => {
                let since = self.now.saturating_sub(RESULT_WITHIN).unwrap_or(self.now);
                for number in &numbers {
                    faxes.extend(self.store.faxes_to(number, since, FAXES_MAX)?);
                }
            }
            _ => return Ok(None),
        }
        faxes.retain(|fax| fax.route == RouteKind::FaxByMail);
        Ok(only(&faxes, &[DeliveryState::Submitted, DeliveryState::InDoubt])
            .or_else(|| only(&faxes, &[DeliveryState::Delivered, DeliveryState::Undelivered])))
    }

    fn news(&self, delivery: &Delivery, mail: &ParsedMail, verdict: &Verdict) -> News {
        let by_fax = delivery.route == RouteKind::FaxByMail;
        match verdict.class {
            // A fax service took the mail: that is not yet a fax.
            Class::Result if by_fax => News::Noted,
            Class::Result => News::Arrived,
            Class::Delay => News::Noted,
            _ if by_fax => match self.service.map(|service| service.results.read(mail)) {
                Some(FaxNews::Clear(News::Failed(why))) => News::Failed(why),
                _ => News::Failed(Failure::Other),
            },
            _ => {
                let its = |one: &&Recipient| one.address.eq_ignore_ascii_case(&delivery.address);
                let one = verdict.recipients.iter().find(its).or(match verdict.recipients.as_slice() {
                    [only] => Some(only),
                    _ => None,
                });
                let wrong = one.is_some_and(|one| one.permanent == Some(true));
                News::Failed(if wrong { Failure::WrongNumber } else { Failure::Other })
            }
        }
    }

    fn again(&self, delivery: &Delivery) -> Result<Option<Timestamp>> {
        let jitter = random::fraction()?;
        let next = next_try(delivery.attempts, self.now, jitter, self.backoff);
        Ok(next.map(|at| self.service.map_or(at, |service| service.quiet.after(&delivery.address, at))))
    }
}

/// The only one that stands there; none where there are several.
fn only(faxes: &[Delivery], states: &[DeliveryState]) -> Option<Delivery> {
    let mut there = faxes.iter().filter(|fax| states.contains(&fax.state));
    let first = there.next()?;
    there.next().is_none().then(|| first.clone())
}

/// Whom a notice speaks of, and the codes that its server gave.
pub(super) fn about(recipients: &[Recipient]) -> String {
    let one = |recipient: &Recipient| {
        let status = recipient.status.as_deref().unwrap_or_default();
        format!("{} {status}", recipient.address).trim_end().to_owned()
    };
    recipients.iter().map(one).collect::<Vec<_>>().join(", ")
}

//! Tells users by mail that something needs them: an answer, a message, a failure, a doubt, an overdue reply. Reads the log
//! from where it was told to; what happens before the mail leaves goes into the same mail. Carries no client data.

use super::Result;
use crate::domain::account::{Role, Tenant, User};
use crate::domain::calendar::{japan_date, japan_midnight, japan_time};
use crate::domain::event::{Event, Subject};
use crate::domain::id::{MessageId, OfficeId, UserId};
use crate::domain::letter::{Letter, NoticeAbout, NoticeItem};
use crate::domain::request::ReplySource;
use crate::domain::state::RequestState;
use crate::store::{NewNotice, Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Lines of the log that are told at once; what is more is told right after.
const BATCH: usize = 500;
/// Users that are looked at for an office's people.
const USERS_MAX: usize = 10_000;

/// What the region has settled about notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeRule {
    /// False: no mail server, no sender or no public address is set; then nobody is told, and nothing is put by for later.
    pub can_tell: bool,
    /// Notices leave from this hour on, 0 to 23.
    pub from_hour: i8,
    /// And before this one, 1 to 24.
    pub to_hour: i8,
}

/// Puts notices of what is new in the log into the outbox. Returns whether there may be more.
///
/// # Errors
/// When the store fails, or somebody else told the same at this moment: then nothing was put twice.
pub fn notify(store: &dyn Store, rule: NoticeRule, now: Timestamp) -> Result<bool> {
    let from = store.noticed_to()?;
    let events = store.events_after(from, BATCH)?;
    let Some((to, _)) = events.last() else { return Ok(false) };
    let notices = if rule.can_tell { notices(store, &events)? } else { Vec::new() };
    store.put_notices((from, *to), &notices, earliest(rule, now), now)?;
    Ok(events.len() == BATCH)
}

fn notices(store: &dyn Store, events: &[(u64, Event)]) -> Result<Vec<NewNotice>> {
    let mut told: BTreeMap<UserId, Told> = BTreeMap::new();
    let mut users = None;
    for (_, event) in events {
        let Some(news) = news(store, event)? else { continue };
        let (office, asked_by) = match &news {
            News::Request(item) => {
                let request = store.request(item.request_id)?;
                (request.office_id, request.asked_by)
            }
            News::Message(_, office) => (*office, None),
        };
        if users.is_none() {
            users = Some(store.users(USERS_MAX)?);
        }
        for (user, address) in recipients(users.as_deref().unwrap_or_default(), office, asked_by) {
            let told = told.entry(user).or_insert_with(|| Told { address, ..Told::default() });
            match &news {
                News::Request(item) => _ = told.items.insert(*item),
                News::Message(message, _) => _ = told.messages.insert(*message),
            }
        }
    }
    let notice = |(user_id, told): (UserId, Told)| NewNotice {
        user_id,
        address: told.address,
        items: told.items.into_iter().collect(),
        messages: told.messages.into_iter().collect(),
    };
    Ok(told.into_iter().map(notice).collect())
}

/// What one user is told.
#[derive(Default)]
struct Told {
    address: String,
    items: BTreeSet<NoticeItem>,
    messages: BTreeSet<MessageId>,
}

/// What is new to somebody.
enum News {
    Request(NoticeItem),
    Message(MessageId, OfficeId),
}

fn news(store: &dyn Store, event: &Event) -> Result<Option<News>> {
    if event.subject != Subject::Message {
        return Ok(item(store, event)?.map(News::Request));
    }
    let Ok(id) = event.subject_id.parse() else { return Ok(None) };
    if event.what != "received" {
        return Ok(None);
    }
    match store.message(id) {
        Ok(message) => Ok(Some(News::Message(id, message.office_id))),
        // Taken back before anybody was told.
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What the event is to the care manager, if anything.
fn item(store: &dyn Store, event: &Event) -> Result<Option<NoticeItem>> {
    match event.subject {
        Subject::Request => {
            let Ok(request_id) = event.subject_id.parse() else { return Ok(None) };
            let about = match event.what.as_str() {
                "answered" | "reply_amended" => NoticeAbout::Answered,
                "overdue_flagged" => NoticeAbout::Overdue,
                "undelivered" => NoticeAbout::Undelivered,
                "in_doubt" => NoticeAbout::InDoubt,
                _ => return Ok(None),
            };
            let heard = store.replies(request_id)?.pop();
            let by_phone = heard.is_some_and(|reply| matches!(reply.source, ReplySource::Phone { .. }));
            // Whoever wrote down a telephone call knows of it.
            Ok((about != NoticeAbout::Answered || !by_phone).then_some(NoticeItem { request_id, about }))
        }
        Subject::Delivery => letter_item(store, event),
        Subject::Arrival | Subject::Clinic | Subject::Review | Subject::Message | Subject::Gateway => {
            Ok(None)
        }
    }
}

/// A withdrawal or a link that did not arrive. (What became of a sheet, its request tells.)
fn letter_item(store: &dyn Store, event: &Event) -> Result<Option<NoticeItem>> {
    let failed = matches!(event.what.as_str(), "undelivered" | "in_doubt");
    let stopped = event.detail == "cancelled" || event.detail.starts_with("decided: sent again");
    let Ok(id) = event.subject_id.parse() else { return Ok(None) };
    if !failed || stopped {
        return Ok(None);
    }
    Ok(match store.delivery(id)?.letter {
        Letter::CancelNotice { request_id } => {
            Some(NoticeItem { request_id, about: NoticeAbout::CancelUnknown })
        }
        Letter::Link { request_id } => {
            let state = store.request(request_id)?.state;
            // Answered or ended meanwhile: nobody needs the link.
            let needed = state != RequestState::Answered && !state.is_ended();
            needed.then_some(NoticeItem { request_id, about: NoticeAbout::LinkUnknown })
        }
        Letter::Sheet { .. } | Letter::NumberTest { .. } | Letter::Notice { .. } => None,
    })
}

/// Whoever asked; where nobody is named, or that account is closed or has no address, everybody of the office.
fn recipients(users: &[User], office: OfficeId, asked_by: Option<UserId>) -> Vec<(UserId, String)> {
    let of_office = |user: &&User| {
        let role = user.is(Role::CareManager) || user.is(Role::OfficeManager);
        user.active && role && user.tenant == Tenant::Office(office)
    };
    let with_address = |user: &User| Some((user.id, user.mail.clone()?));
    let all = users.iter().filter(of_office);
    let asked = all.clone().filter(|user| Some(user.id) == asked_by).find_map(with_address);
    asked.map_or_else(|| all.filter_map(with_address).collect(), |one| vec![one])
}

/// Now within the region's hours, otherwise their next beginning: nobody is woken by a mail.
fn earliest(rule: NoticeRule, now: Timestamp) -> Timestamp {
    let hour = japan_time(now).hour();
    if (rule.from_hour..rule.to_hour).contains(&hour) {
        return now;
    }
    let today = japan_date(now);
    let day = if hour < rule.from_hour { today } else { today.tomorrow().unwrap_or(today) };
    let begins = SignedDuration::from_hours(i64::from(rule.from_hour));
    japan_midnight(day).saturating_add(begins).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_woken() {
        let rule = NoticeRule { can_tell: true, from_hour: 8, to_hour: 19 };
        for (now, expected) in [
            ("2026-11-20T12:00:00+09:00", "2026-11-20T12:00:00+09:00"),
            ("2026-11-20T08:00:00+09:00", "2026-11-20T08:00:00+09:00"),
            ("2026-11-20T07:59:59+09:00", "2026-11-20T08:00:00+09:00"),
            ("2026-11-20T19:00:00+09:00", "2026-11-21T08:00:00+09:00"),
            ("2026-11-21T00:30:00+09:00", "2026-11-21T08:00:00+09:00"),
        ] {
            let (now, expected): (Timestamp, Timestamp) = (now.parse().unwrap(), expected.parse().unwrap());
            assert_eq!(earliest(rule, now), expected, "{now}");
        }
        let always = NoticeRule { from_hour: 0, to_hour: 24, ..rule };
        let night: Timestamp = "2026-11-21T03:30:00+09:00".parse().unwrap();
        assert_eq!(earliest(always, night), night);
    }
}

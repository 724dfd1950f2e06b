//! The one-time link by which a clinic answers one request without paper: what is kept of it, when it opens
//! nothing any more, and the digits that whoever follows it must know. Never holds the link's own token.

use super::id::{LinkId, RequestId, UserId};
use super::state::RequestState;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Wrong digits after which a link opens nothing any more, however long it lives: one guess in 2,000 is right.
pub const WRONG_TRIES: u32 = 5;
/// How many digits are asked for.
pub const DIGITS: usize = 4;
/// How long the page stays open after the right digits: a consultation may come between, a lunch break not.
pub const PASS_TIME: SignedDuration = SignedDuration::from_mins(20);

/// A link. It opens one request; a request has at most one that is not revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its id, which opens nothing.
    pub id: LinkId,
    /// What it opens.
    pub request_id: RequestId,
    /// Since when.
    pub created_at: Timestamp,
    /// Who made it; `None`: at the command line.
    pub created_by: Option<UserId>,
    /// From then on it opens nothing.
    pub expires_at: Timestamp,
    /// Wrong digits so far.
    pub wrong_tries: u32,
    /// When it was taken back, or another took its place.
    pub revoked_at: Option<Timestamp>,
    /// When it was first answered by.
    pub used_at: Option<Timestamp>,
}

/// What whoever gave the right digits holds for a while. It belongs to its link alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPass {
    /// Whose.
    pub link_id: LinkId,
    /// From then on the digits are asked for again.
    pub expires_at: Timestamp,
}

/// Why a link opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkClosed {
    /// Its request was cancelled.
    Cancelled,
    /// Its request is closed.
    Ended,
    /// It was taken back, or another took its place.
    Revoked,
    /// Wrong digits too often.
    Locked,
    /// Its time is over.
    Expired,
}

impl Link {
    /// Why it opens nothing while its request is in `state`; `None` when it does. What helps the clinic
    /// most is said first.
    #[must_use]
    pub fn closed(&self, state: RequestState, now: Timestamp) -> Option<LinkClosed> {
        match state {
            RequestState::Cancelled => Some(LinkClosed::Cancelled),
            RequestState::Closed => Some(LinkClosed::Ended),
            _ if self.revoked_at.is_some() => Some(LinkClosed::Revoked),
            _ if self.wrong_tries >= WRONG_TRIES => Some(LinkClosed::Locked),
            _ if now >= self.expires_at => Some(LinkClosed::Expired),
            _ => None,
        }
    }
}

impl LinkClosed {
    /// The word for messages and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Ended => "ended",
            Self::Revoked => "revoked",
            Self::Locked => "locked",
            Self::Expired => "expired",
        }
    }
}

/// The digits in what was typed, full-width ones and blanks too; `None` when it is not [`DIGITS`] of them:
/// then nobody guessed.
#[must_use]
pub fn typed_digits(text: &str) -> Option<String> {
    let plain: String = text.nfkc().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let fits = plain.len() == DIGITS && plain.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(plain)
}

/// The last [`DIGITS`] digits of a telephone or fax number, however it is written; `None` for a shorter one.
#[must_use]
pub fn last_digits(number: &str) -> Option<String> {
    let digits: Vec<char> = number.nfkc().filter(char::is_ascii_digit).collect();
    let from = digits.len().checked_sub(DIGITS)?;
    digits.get(from..).map(|last| last.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    #[test]
    fn a_link_is_open_until_something_closes_it() {
        use RequestState::{Answered, Cancelled, Closed, Queued, Sent, Undelivered};
        let now = Timestamp::UNIX_EPOCH;
        let link = |wrong_tries, revoked, minutes: i64| Link {
            id: LinkId::new_at(now),
            request_id: RequestId::new_at(now),
            created_at: now,
            created_by: None,
            expires_at: now + minutes.minutes(),
            wrong_tries,
            revoked_at: Some(now).filter(|_| revoked),
            used_at: None,
        };
        for (link, state, expected) in [
            (link(0, false, 1), Sent, None),
            (link(4, false, 1), Answered, None),
            (link(0, false, 1), Queued, None),
            (link(0, false, 1), Undelivered, None),
            (link(5, false, 1), Sent, Some(LinkClosed::Locked)),
            (link(0, false, 0), Sent, Some(LinkClosed::Expired)),
            (link(0, true, 1), Sent, Some(LinkClosed::Revoked)),
            (link(0, false, 1), Closed, Some(LinkClosed::Ended)),
            (link(5, true, 0), Cancelled, Some(LinkClosed::Cancelled)),
        ] {
            assert_eq!(link.closed(state, now), expected, "{link:?} {state}");
        }
    }

    #[test]
    fn digits_are_read_as_people_type_them() {
        for (typed, expected) in [
            ("2288", Some("2288")),
            ("２２８８", Some("2288")),
            (" 22 88 ", Some("2288")),
            ("228", None),
            ("22880", None),
            ("", None),
            ("22八8", None),
        ] {
            assert_eq!(typed_digits(typed).as_deref(), expected, "{typed}");
        }
        for (number, expected) in [
            ("03-4477-2288", Some("2288")),
            ("０３（４４７７）２２８８", Some("2288")),
            ("119", None),
            ("", None),
        ] {
            assert_eq!(last_digits(number).as_deref(), expected, "{number}");
        }
    }
}

//! The states of a request and of a delivery, and the steps allowed between them. *Overdue is a
//! flag* of a request, not a state: a sheet that comes late is still a reply.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text that names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no state '{text}'; one of: {known}")]
pub struct NotAState {
    text: String,
    known: String,
}

/// A step that the table of transitions does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot go from {from} to {to}")]
pub struct ForbiddenStep {
    what: &'static str,
    from: &'static str,
    to: &'static str,
}

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every state.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name as it stands in JSON and in the store.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = NotAState;
            fn from_str(text: &str) -> Result<Self, NotAState> {
                Self::ALL.iter().copied().find(|state| state.as_str() == text).ok_or_else(|| NotAState {
                    text: text.to_owned(),
                    known: Self::ALL.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

states! {
    /// Where a request (照会) stands.
    RequestState {
        /// Being written.
        Draft = "draft",
        /// Handed over for sending.
        Queued = "queued",
        /// It left, as far as is known.
        Sent = "sent",
        /// Something came back that a person must look at.
        NeedsReview = "needs_review",
        /// The doctor's answer is recorded.
        Answered = "answered",
        /// 未達: no route reached the clinic. Never counted as unanswered.
        Undelivered = "undelivered",
        /// It may or may not have left; a person decides.
        InDoubt = "in_doubt",
        /// Done; nothing more is expected.
        Closed = "closed",
        /// 取消: withdrawn by the care manager.
        Cancelled = "cancelled",
    }
}

states! {
    /// Where one delivery stands.
    DeliveryState {
        /// Kept back by the send-hold switch.
        Held = "held",
        /// Waits for its time.
        Queued = "queued",
        /// A worker has it.
        Sending = "sending",
        /// The mail server took it; for a fax service that is not yet "delivered".
        Submitted = "submitted",
        /// The route said that it arrived.
        Delivered = "delivered",
        /// The route said that it cannot arrive.
        Undelivered = "undelivered",
        /// The connection was lost after the text had begun to leave: it may have been taken.
        InDoubt = "in_doubt",
    }
}

states! {
    /// How one try ended.
    AttemptEnd {
        /// The mail server took it.
        Submitted = "submitted",
        /// Nothing left; try again later.
        Retry = "retry",
        /// Refused for good.
        Failed = "failed",
        /// Lost after the text had begun to leave. Never sent again by itself.
        InDoubt = "in_doubt",
    }
}

/// The allowed steps of a request.
pub const REQUEST_STEPS: &[(RequestState, RequestState)] = {
    use RequestState::{Answered, Cancelled, Closed, Draft, InDoubt, NeedsReview, Queued, Sent, Undelivered};
    &[
        (Draft, Queued),
        (Draft, Cancelled),
        (Queued, Sent),
        (Queued, Undelivered),
        (Queued, InDoubt),
        (Queued, Cancelled),
        // The clinic may hold a sheet of an earlier try: its answer counts in every open state.
        (Queued, NeedsReview),
        (Queued, Answered),
        (Sent, NeedsReview),
        (Sent, Answered),
        // A late failure notice after the server had taken it.
        (Sent, Undelivered),
        (Sent, InDoubt),
        // Sent again on another route.
        (Sent, Queued),
        (Sent, Closed),
        (Sent, Cancelled),
        (NeedsReview, Answered),
        // The person found nothing in it, or took a decision back: to where its deliveries stand.
        (NeedsReview, Sent),
        (NeedsReview, Queued),
        (NeedsReview, Undelivered),
        (NeedsReview, InDoubt),
        (NeedsReview, Closed),
        (NeedsReview, Cancelled),
        (Answered, NeedsReview),
        (Answered, Closed),
        (Undelivered, Queued),
        (Undelivered, NeedsReview),
        (Undelivered, Answered),
        (Undelivered, Closed),
        (Undelivered, Cancelled),
        (InDoubt, Queued),
        (InDoubt, Sent),
        (InDoubt, Undelivered),
        (InDoubt, NeedsReview),
        (InDoubt, Answered),
        (InDoubt, Closed),
        (InDoubt, Cancelled),
    ]
};

/// The allowed steps of a delivery.
pub const DELIVERY_STEPS: &[(DeliveryState, DeliveryState)] = {
    use DeliveryState::{Delivered, Held, InDoubt, Queued, Sending, Submitted, Undelivered};
    &[
        (Held, Queued),
        (Held, Undelivered),
        (Queued, Held),
        (Queued, Sending),
        // Cancelled, or re-routed, before it left.
        (Queued, Undelivered),
        // Nothing left: Retry, or the worker died before the text began.
        (Sending, Queued),
        (Sending, Held),
        (Sending, Submitted),
        (Sending, Undelivered),
        (Sending, InDoubt),
        (Submitted, Delivered),
        (Submitted, Undelivered),
        (Submitted, InDoubt),
        // A late failure after "delivered".
        (Delivered, Undelivered),
        // A person decided.
        (InDoubt, Queued),
        (InDoubt, Submitted),
        (InDoubt, Delivered),
        (InDoubt, Undelivered),
        (Undelivered, Queued),
    ]
};

impl RequestState {
    /// `to`, when the table allows the step.
    ///
    /// # Errors
    /// [`ForbiddenStep`] names both states.
    pub fn step(self, to: Self) -> Result<Self, ForbiddenStep> {
        if REQUEST_STEPS.contains(&(self, to)) {
            Ok(to)
        } else {
            Err(ForbiddenStep { what: "a request", from: self.as_str(), to: to.as_str() })
        }
    }

    /// True while an answer is still awaited, so that the clock runs.
    #[must_use]
    pub fn awaits_answer(self) -> bool {
        matches!(self, Self::Queued | Self::Sent | Self::InDoubt)
    }

    /// True when nothing more is expected.
    #[must_use]
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Closed | Self::Cancelled)
    }
}

impl DeliveryState {
    /// `to`, when the table allows the step.
    ///
    /// # Errors
    /// [`ForbiddenStep`] names both states.
    pub fn step(self, to: Self) -> Result<Self, ForbiddenStep> {
        if DELIVERY_STEPS.contains(&(self, to)) {
            Ok(to)
        } else {
            Err(ForbiddenStep { what: "a delivery", from: self.as_str(), to: to.as_str() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table, written a second time by hand: rows are "from", columns "to" in the order
    /// of `ALL`; x is allowed.
    #[test]
    fn the_table_of_request_steps_is_this() {
        let expected = [
            //             dr qu se ne an un in cl ca
            "draft         .  x  .  .  .  .  .  .  x",
            "queued        .  .  x  x  x  x  x  .  x",
            "sent          .  x  .  x  x  x  x  x  x",
            "needs_review  .  x  x  .  x  x  x  x  x",
            "answered      .  .  .  x  .  .  .  x  .",
            "undelivered   .  x  .  x  x  .  .  x  x",
            "in_doubt      .  x  x  x  x  x  .  x  x",
            "closed        .  .  .  .  .  .  .  .  .",
            "cancelled     .  .  .  .  .  .  .  .  .",
        ];
        check(&expected, RequestState::ALL, RequestState::as_str, |from, to| from.step(to).is_ok());
    }

    #[test]
    fn the_table_of_delivery_steps_is_this() {
        let expected = [
            //            he qu se su de un in
            "held         .  x  .  .  .  x  .",
            "queued       x  .  x  .  .  x  .",
            "sending      x  x  .  x  .  x  x",
            "submitted    .  .  .  .  x  x  x",
            "delivered    .  .  .  .  .  x  .",
            "undelivered  .  x  .  .  .  .  .",
            "in_doubt     .  x  .  x  x  x  .",
        ];
        check(&expected, DeliveryState::ALL, DeliveryState::as_str, |from, to| from.step(to).is_ok());
    }

    fn check<S: Copy>(
        expected: &[&str],
        all: &[S],
        name: fn(S) -> &'static str,
        allowed: impl Fn(S, S) -> bool,
    ) {
        let actual: Vec<String> = all
            .iter()
            .map(|from| {
                let cells = all.iter().map(|to| if allowed(*from, *to) { "x" } else { "." });
                format!("{} {}", name(*from), cells.collect::<Vec<_>>().join(" "))
            })
            .collect();
        let expected: Vec<String> =
            expected.iter().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(actual, expected);
    }

    #[test]
    fn a_cancelled_request_never_becomes_answered_by_itself() {
        assert!(RequestState::Cancelled.step(RequestState::Answered).is_err());
    }
}

//! Identities of stored things: time-ordered UUIDs (RFC 9562 §5.7, version 7), never row numbers,
//! so that records from two stores can be put together without renaming one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::{NoContext, Uuid};

/// A text that should have been an id and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("「{0}」は番号(ID)ではありません / '{0}' is not an id: copy it from the list again")]
pub struct NotAnId(pub String);

/// A version 7 UUID of the moment `now`, with 74 random bits.
fn uuid_at(now: Timestamp) -> Uuid {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id; ids made later sort later (to the millisecond).
            #[must_use]
            pub fn new_at(now: Timestamp) -> Self {
                Self(uuid_at(now))
            }

            /// Its 128 bits.
            #[must_use]
            pub fn as_u128(self) -> u128 {
                self.0.as_u128()
            }

            /// The id of these 128 bits.
            #[must_use]
            pub fn from_u128(bits: u128) -> Self {
                Self(Uuid::from_u128(bits))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Uuid::parse_str(text.trim()).map(Self).map_err(|_| NotAnId(text.to_owned()))
            }
        }
    )+};
}

ids! {
    /// One request (照会) of a care manager to a clinic.
    RequestId,
    /// One way of bringing a request to its recipient.
    DeliveryId,
    /// One try of a delivery.
    AttemptId,
    /// One thing that arrived: a mail, a scan, a file.
    ArrivalId,
    /// One reply (回答) that became a record.
    ReplyId,
    /// One item that waits for a person (要確認).
    ReviewId,
    /// One line of the event log.
    EventId,
    /// A clinic (医療機関).
    ClinicId,
    /// An office of care managers (事業所).
    OfficeId,
    /// A client (利用者).
    ClientId,
    /// A user of the screens.
    UserId,
    /// One line of the audit log.
    AuditId,
    /// One decision about an item that waited for a person.
    DecisionId,
    /// One link by which a clinic answers one request.
    LinkId,
    /// One test of a clinic's number.
    NumberTestId,
    /// One page that came on a blank sheet, unasked.
    MessageId,
    /// One paper that goes along with a request (添付).
    AttachmentId,
}

//! What became of something that had left: what a fax service or a mail server told afterwards.

use super::id::DeliveryId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// It arrived.
    Arrived,
    /// It did not.
    Failed(Failure),
    /// Nothing that changes where it stands: a server still tries, or handed it on.
    Noted,
}

/// Why something did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Nobody is there: a number that is not in use, a voice that answered, an address that does not exist.
    WrongNumber,
    /// 話中.
    Busy,
    /// 応答なし.
    NoAnswer,
    /// 用紙切れ.
    NoPaper,
    /// Anything else, or no reason given.
    Other,
}

impl Failure {
    /// The word as it stands in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongNumber => "wrong_number",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::NoPaper => "no_paper",
            Self::Other => "failed",
        }
    }

    /// True where the same number may answer another time and no page can have come out there.
    #[must_use]
    pub fn is_worth_another_try(self) -> bool {
        matches!(self, Self::Busy | Self::NoAnswer)
    }
}

/// What was told about one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Which.
    pub delivery_id: DeliveryId,
    /// What.
    pub news: News,
    /// The words: a status code, an address. No client data.
    pub detail: String,
    /// When to try again, where the failure is worth it and the tries are not used up.
    pub retry_at: Option<Timestamp>,
}

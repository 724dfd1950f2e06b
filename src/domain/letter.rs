//! What the outbox carries. Besides the sheet of a request: the word that it was withdrawn, a one-time link, the test
//! of a number, and a notice to a user. Only a sheet moves its request from state to state.

use super::directory::RouteKind;
use super::id::{ArrivalId, ClinicId, NumberTestId, RequestId, UserId};
use super::request::BlobId;
use super::sheet_number::SheetNumber;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// A code that was read out wrongly so often proves nothing any more.
pub const CODE_TRIES: u32 = 5;
/// A test page that lies longer is forgotten: the number may have changed hands.
pub const TEST_TIME: SignedDuration = SignedDuration::from_hours(24 * 14);
/// Test pages that a number gets in [`TESTS_WITHIN`] at the most: it may be a stranger's telephone.
pub const TESTS_MOST: usize = 3;
/// The time in which test pages to a number are counted.
pub const TESTS_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Digits of a code.
const CODE_DIGITS: usize = 6;

/// The code as a person typed it: full-width digits and anything between them are fine; `None` when they are not six.
#[must_use]
pub fn typed_code(typed: &str) -> Option<String> {
    let digits: String = typed.nfkc().filter(char::is_ascii_digit).collect();
    (digits.len() == CODE_DIGITS).then_some(digits)
}

/// What a delivery brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    /// A request's sheet.
    Sheet {
        /// Which request.
        request_id: RequestId,
    },
    /// 取消: the sheet that the clinic holds needs no answer any more.
    CancelNotice {
        /// Which request.
        request_id: RequestId,
    },
    /// A one-time link by which the clinic answers.
    Link {
        /// Which request.
        request_id: RequestId,
    },
    /// A page without client data, sent to find out whose number it is.
    NumberTest {
        /// Which test.
        number_test_id: NumberTestId,
    },
    /// A mail without client data that tells a user to look.
    Notice {
        /// Whom.
        user_id: UserId,
    },
}

impl Letter {
    /// The request that it belongs to.
    #[must_use]
    pub fn request_id(self) -> Option<RequestId> {
        match self {
            Self::Sheet { request_id } | Self::CancelNotice { request_id } | Self::Link { request_id } => {
                Some(request_id)
            }
            Self::NumberTest { .. } | Self::Notice { .. } => None,
        }
    }

    /// True for a request's sheet.
    #[must_use]
    pub fn is_sheet(self) -> bool {
        matches!(self, Self::Sheet { .. })
    }

    /// The name as it stands in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sheet { .. } => "sheet",
            Self::CancelNotice { .. } => "cancel_notice",
            Self::Link { .. } => "link",
            Self::NumberTest { .. } => "number_test",
            Self::Notice { .. } => "notice",
        }
    }
}

/// One test of a number: a page with a code left for it; whoever can read the code out has the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberTest {
    /// Its id.
    pub id: NumberTestId,
    /// Of which clinic.
    pub clinic_id: ClinicId,
    /// Which way.
    pub route: RouteKind,
    /// The number or address that is tested, as it was then.
    pub address: String,
    /// Six digits; printed on the page and shown on no screen.
    #[serde(skip_serializing)]
    pub code: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Codes that were read out wrongly so far.
    pub wrong_tries: u32,
    /// The page, once rendered.
    pub page: Option<TestPage>,
    /// The page that came back by fax, if it did.
    pub returned: Option<ReturnedPage>,
    /// How it ended; `None` while it is open.
    pub ended: Option<TestEnd>,
}

impl NumberTest {
    /// True while its code may be read out, or its page come back.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now.duration_since(self.created_at) < TEST_TIME
    }
}

/// The page of a test as it was rendered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestPage {
    /// Its number.
    pub sheet_id: SheetNumber,
    /// The PDF.
    pub pdf: BlobId,
}

/// A page that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedPage {
    /// In which arrival.
    pub arrival_id: ArrivalId,
    /// On which page of it.
    pub page_number: u32,
    /// When.
    pub at: Timestamp,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// The name as it stands in JSON and in the store.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

words! {
    /// How a test ended.
    TestEnd {
        /// The clinic read the right code out.
        ReadOut = "read_out",
        /// The page came back, and a person saw that it is the clinic's.
        CameBack = "came_back",
        /// Five wrong codes.
        Locked = "locked",
        /// Another test took its place, or the number changed.
        Replaced = "replaced",
    }
}

words! {
    /// What a notice tells about a request.
    NoticeAbout {
        /// An answer is on record, or was changed by the clinic.
        Answered = "answered",
        /// 期限超過.
        Overdue = "overdue",
        /// 未達.
        Undelivered = "undelivered",
        /// It may or may not have left.
        InDoubt = "in_doubt",
        /// The notice that it was withdrawn did not reach the clinic, or perhaps not.
        CancelUnknown = "cancel_unknown",
        /// The mail with the link did not reach the clinic, or perhaps not.
        LinkUnknown = "link_unknown",
    }
}

/// One line of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NoticeItem {
    /// About which request.
    pub request_id: RequestId,
    /// What.
    pub about: NoticeAbout,
}

/// What a code that was read out gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeTry {
    /// Right: the number is verified.
    Right,
    /// Wrong; so many more may be wrong.
    Wrong {
        /// At least 1.
        left: u32,
    },
    /// Wrong for the last time: the test is over.
    Locked,
    /// The test is over, or the number is another one now: send a new page.
    Over,
}

//! The verbs of the gateway, one file each. A flow takes what it needs as arguments, calls the store, the
//! reader or the mail below it, and knows no page, no command line and no schedule.

pub mod attach;
pub mod blank_sheet;
pub mod cancel;
pub mod candidates;
pub mod changes;
pub mod decide_in_doubt;
pub mod deliver;
mod fields;
pub mod file_page;
pub mod flag_overdue;
pub mod ingest;
mod letter;
pub mod link;
pub mod mail_answer;
pub mod mail_link;
pub mod mail_text;
pub mod misdirected;
pub mod notify;
pub mod number_test;
pub mod page_picture;
pub mod party;
pub mod passphrase;
pub mod phone_answer;
pub mod receive;
pub mod review;
pub mod send_again;
pub mod sheet_book;
pub mod sign_in;
pub mod submit;
mod told;
mod unpack;
pub mod users;

use crate::domain::account::AccountMistake;
use crate::domain::attachment::AttachmentMistake;
use crate::domain::calendar::NoBusinessDay;
use crate::domain::passphrase::PassphraseMistake;
use crate::form::answers::AnswerMistake;
use crate::form::catalogue::CatalogueError;
use crate::form::reply::ReplyMistake;
use crate::mail::compose::MailError;
use crate::mail::send::fax_by_mail::FaxByMailError;
use crate::seal::password::PasswordError;
use crate::seal::random::NoRandomness;
use crate::sheet::SheetError;
use crate::sheet::fillable::FillableError;
use crate::store::StoreError;
use jiff::Timestamp;
use std::sync::Arc;

/// What can keep a flow from doing its work. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What goes along.
    #[error(transparent)]
    Attachment(#[from] AttachmentMistake),
    /// The form.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// What was filled does not fit the form.
    #[error("入力に誤りがあります / the answers have mistakes:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Answers(Vec<AnswerMistake>),
    /// The answer that a person gives does not fit the form.
    #[error(transparent)]
    Reply(#[from] ReplyMistake),
    /// A person must say something that is missing; the text says what.
    #[error("{0}")]
    Missing(&'static str),
    /// A login, a password or a user that cannot be.
    #[error(transparent)]
    Account(#[from] AccountMistake),
    /// Wrong login or password; which of them is not said.
    #[error("ログイン名かパスワードが違います / the login or the password is wrong")]
    WrongSignIn,
    /// Too many wrong tries.
    #[error(
        "続けて間違えたため、しばらくサインインできません。{minutes}分ほどたってからもう一度お試しください / too many wrong tries: try again in about {minutes} minutes"
    )]
    TooManySignIns {
        /// Whole minutes until the next try is allowed, at least 1.
        minutes: i64,
    },
    /// A password could not be hashed or compared.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The sheet cannot be printed as it was filled.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// A passphrase that is none.
    #[error(transparent)]
    Passphrase(#[from] PassphraseMistake),
    /// The sheet cannot be made fillable.
    #[error(transparent)]
    Fillable(#[from] FillableError),
    /// No destination of the clinic is verified.
    #[error(
        "「{clinic}」には確認済みの送付先がありません。送付先の番号を確認してから送信してください / no destination of '{clinic}' is verified: verify its number first"
    )]
    NotVerified {
        /// The clinic's name.
        clinic: String,
    },
    /// The setting for answers is missing.
    #[error(
        "返信先のFAX番号(return_fax)が設定されていません。設定ファイルに書いてください / no return_fax is set: answers would have nowhere to go"
    )]
    NoReturnFax,
    /// Nobody is named whom a stranger could call.
    #[error(
        "医師会の名称と電話番号([association] の name と tel)が設定されていません。設定ファイルに書いてください / set name and tel of [association]: whoever gets a test page by mistake must be able to call"
    )]
    NoAssociation,
    /// The calendar has no business day.
    #[error(transparent)]
    Calendar(#[from] NoBusinessDay),
    /// The mail could not be made.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The fax mail could not be made.
    #[error(transparent)]
    FaxByMail(#[from] FaxByMailError),
    /// A route without its profile.
    #[error(
        "{0} の送信設定がありません。設定ファイルに書いてください / no profile is configured for the route {0}"
    )]
    NoProfile(&'static str),
    /// The tries are used up.
    #[error(
        "{0}回試みましたが送れませんでした。別の方法でお送りください / it could not be sent in {0} tries: use another way"
    )]
    TriedTooOften(u32),
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// A stored value that cannot be read any more.
    #[error("the stored {what} of {id} cannot be read: {cause}")]
    Stored {
        /// Which value.
        what: &'static str,
        /// Of what.
        id: String,
        /// Why.
        cause: String,
    },
    /// The inbox.
    #[error("{0}")]
    Inbox(String),
    /// A worker thread died.
    #[error("the work was interrupted: {0}; it will be tried again")]
    Interrupted(String),
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, FlowError>;

/// Tells the time. Flows that last longer than a moment ask again instead of using an old `now`.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that asks `tell`.
    #[must_use]
    pub fn new(tell: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// The time, to the microsecond as it is stored.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = (self.0)();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

//! What a store does for people: users and their sessions, what they decide about what waits, and the
//! audit log of what they saw and did. Says what is kept, not how; knows no password and no cookie.

use super::Result;
use crate::domain::account::{By, Login, Secret, Session, User};
use crate::domain::audit::{AuditEntry, Break, ChainEnd, NewAudit};
use crate::domain::id::{DecisionId, ReplyId, RequestId, ReviewId, UserId};
use crate::domain::request::{Reply, ReplyAnswers, ReviewDecision, ReviewItem, Verdict, WithdrawnReply};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A page that a person looked at and found to be the reply of a request.
#[derive(Debug, Clone)]
pub struct NewConfirmed {
    /// The item.
    pub review_id: ReviewId,
    /// `Confirmed` or `Assigned`.
    pub verdict: Verdict,
    /// The request that it answers.
    pub request_id: RequestId,
    /// What it says, checked.
    pub answers: ReplyAnswers,
    /// True: the person's answers, not the reading's.
    pub corrected: bool,
}

/// What was said on the telephone.
#[derive(Debug, Clone)]
pub struct NewPhoneReply {
    /// Chosen by the caller, so that a repeated call is noticed.
    pub id: ReplyId,
    /// The request that it answers.
    pub request_id: RequestId,
    /// What was said, checked.
    pub answers: ReplyAnswers,
    /// What was said in words: handwriting area → text.
    pub texts: BTreeMap<String, String>,
    /// Who at the clinic said it.
    pub said_by: String,
}

/// Whether a try to sign in may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryAllowed {
    /// It is counted: compare the password.
    Yes,
    /// Too many failed: not before this moment.
    NotBefore(Timestamp),
}

/// What a list of the audit log shows.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only this record's: kind and id.
    pub record: Option<(String, String)>,
    /// Only this user's.
    pub who: Option<UserId>,
}

/// What people decide about what arrived, and what they heard on the telephone. Every decision also
/// writes its entry of the audit log, in the same transaction.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait ReviewStore: Send + Sync {
    fn review(&self, id: ReviewId) -> Result<ReviewItem>;
    /// Decided items, the last decided first, at most `limit`.
    fn closed_reviews(&self, limit: usize) -> Result<Vec<ReviewItem>>;
    /// Everything that was decided about the item, in order.
    fn decisions(&self, id: ReviewId) -> Result<Vec<ReviewDecision>>;
    /// Makes the item's page the reply of `new.request_id`: open → closed, the reply stored, the request
    /// answered (one that has ended keeps its state). `Conflict`, naming who was faster, when the item is
    /// closed; `Refused` when its verified code names another request.
    fn confirm_review(&self, new: &NewConfirmed, by: &By, now: Timestamp) -> Result<Reply>;
    /// Closes the item without a reply. Its request, if nothing else of it waits, goes back to where its
    /// deliveries stand. `Conflict` when the item is closed.
    fn reject_review(&self, id: ReviewId, why: &str, by: &By, now: Timestamp) -> Result<ReviewDecision>;
    /// Splits the item (`Conflict` when it is closed): the pages of an arrival that no item and no sheet claims wait one by
    /// one, and what else its item was about waits beside them. Otherwise there are two items of the same page or mail: one
    /// as it was, with its request, and one for another request. Returns the new items.
    fn split_review(&self, id: ReviewId, by: &By, now: Timestamp) -> Result<Vec<ReviewItem>>;
    /// The item's page becomes a message for the office of the blank sheet that its verified code names. `Refused` when it
    /// names none; `Conflict` when the item is closed, or the page is a message already.
    fn hand_on_review(&self, id: ReviewId, by: &By, now: Timestamp) -> Result<ReviewDecision>;
    /// Takes the last decision back (which must be `decision`, if one is named): the item waits again,
    /// its reply counts no more, its request is under review again; of a split item the parts are closed. `Conflict` when
    /// the item is open or the last decision is another one, when something was decided about a part, or when the office
    /// has looked at what was handed on.
    fn undo_review(
        &self,
        id: ReviewId,
        decision: Option<DecisionId>,
        by: &By,
        now: Timestamp,
    ) -> Result<ReviewDecision>;
    /// Stores what was said on the telephone. The same reply id again returns the stored reply and
    /// changes nothing. A request that has ended keeps its state.
    fn record_phone_reply(&self, new: &NewPhoneReply, by: &By, now: Timestamp) -> Result<Reply>;
    /// Takes a reply by telephone back. `Refused` for a reply on paper (its item is undone instead);
    /// `Conflict` when it was taken back already.
    fn withdraw_phone_reply(&self, id: ReplyId, by: &By, now: Timestamp) -> Result<WithdrawnReply>;
    /// Replies that were taken back, in the order of taking back.
    fn withdrawn_replies(&self, request: RequestId) -> Result<Vec<WithdrawnReply>>;
}

/// Users and their sessions. Every change writes its entry of the audit log, in the same transaction.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait AccountStore: Send + Sync {
    /// Adds the user, or replaces what was stored under the id but the password and the day of creation.
    /// One who is no longer active, or whose roles or party changed, loses all sessions. `Conflict` when
    /// the login is another user's; `NotFound` when office or clinic is not stored.
    fn put_user(&self, user: &User, by: &By, now: Timestamp) -> Result<()>;
    fn user(&self, id: UserId) -> Result<User>;
    fn user_by_login(&self, login: &Login) -> Result<Option<User>>;
    /// By login, at most `limit`.
    fn users(&self, limit: usize) -> Result<Vec<User>>;
    /// Sets the password and closes every session of the user but `keep` (a token hash).
    fn set_password(
        &self,
        id: UserId,
        password_hash: &Secret,
        keep: Option<&str>,
        by: &By,
        now: Timestamp,
    ) -> Result<()>;
    /// Stores a session and forgets the failed tries under `login_key`. `Conflict` when the user is not active.
    fn open_session(
        &self,
        session: &Session,
        login_key: &str,
        from_address: &str,
        now: Timestamp,
    ) -> Result<()>;
    /// The session and its user, if that one is active. Whether it is still live, the caller asks
    /// [`crate::domain::account::session_is_live`].
    fn session(&self, token_hash: &str) -> Result<Option<(Session, User)>>;
    /// Notes that the session is used. Never makes it older or opens it again.
    fn touch_session(&self, token_hash: &str, now: Timestamp) -> Result<()>;
    /// Closes a session; one that is not there is closed already.
    fn close_session(&self, token_hash: &str, from_address: &str, now: Timestamp) -> Result<()>;
    /// Closes every session of the user; returns how many.
    fn close_sessions_of(&self, user: UserId, by: &By, now: Timestamp) -> Result<usize>;
    /// Forgets sessions that were created before `created_before` or not used since `seen_before`.
    fn forget_sessions(&self, created_before: Timestamp, seen_before: Timestamp) -> Result<usize>;
    /// Counts a try to sign in *before* the password is compared, so that many at once cannot pass
    /// together. When `most` tries since `since` failed already, counts nothing and says when the next
    /// one is allowed. `login_key` is a hash of what was typed, which may be a password by mistake.
    fn begin_sign_in(
        &self,
        login_key: &str,
        since: Timestamp,
        most: u32,
        now: Timestamp,
    ) -> Result<TryAllowed>;
    /// Takes one try back that [`Self::begin_sign_in`] counted under `key` at `at`; none there is none to take.
    fn take_back_try(&self, key: &str, at: Timestamp) -> Result<()>;
}

/// The audit log: append-only, hash-chained ([`crate::domain::audit`]).
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait AuditStore: Send + Sync {
    /// Appends one entry in a transaction of its own.
    fn append_audit(&self, new: &NewAudit, now: Timestamp) -> Result<AuditEntry>;
    /// Newest first, at most `limit`.
    fn audit(&self, filter: &AuditFilter, limit: usize) -> Result<Vec<AuditEntry>>;
    /// Reads the whole log, one entry at a time, and says where it ends or where it is broken.
    fn verify_audit(&self) -> Result<std::result::Result<ChainEnd, Break>>;
}

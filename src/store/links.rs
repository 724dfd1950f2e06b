//! What a store keeps of one-time links, and what of them must be one transaction: a try of the digits, and
//! an answer. Knows no token, only its hash, and compares no digits.

use super::Result;
use crate::domain::account::By;
use crate::domain::id::{LinkId, ReplyId, RequestId};
use crate::domain::link::{Link, LinkClosed, LinkPass};
use crate::domain::request::{Reply, ReplyAnswers};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A link to be stored.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// Chosen by the caller.
    pub id: LinkId,
    /// What it opens.
    pub request_id: RequestId,
    /// SHA-256 of its token, in lower-case hexadecimal.
    pub token_hash: String,
    /// From then on it opens nothing.
    pub expires_at: Timestamp,
}

/// A pass to be stored if the digits are right.
#[derive(Debug, Clone)]
pub struct NewLinkPass {
    /// SHA-256 of its token, in lower-case hexadecimal.
    pub token_hash: String,
    /// From then on the digits are asked for again.
    pub expires_at: Timestamp,
}

/// What a try of the digits gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkTry {
    /// Right: the pass is stored.
    Opened,
    /// Wrong, and counted; so many more may be wrong.
    Wrong {
        /// At least 1.
        left: u32,
    },
    /// Nothing was compared, or this was the one wrong try too many.
    Closed(LinkClosed),
}

/// An answer given by a link.
#[derive(Debug, Clone)]
pub struct NewLinkReply {
    /// Chosen by the caller.
    pub id: ReplyId,
    /// By which link.
    pub link_id: LinkId,
    /// What was ticked, checked.
    pub answers: ReplyAnswers,
    /// What was typed: field id → text.
    pub texts: BTreeMap<String, String>,
    /// Who answers, as it was typed; may be empty.
    pub name: String,
    /// The last reply on record when the page was shown: an answer in place of one that nobody saw is none.
    pub seen: Option<ReplyId>,
}

/// What became of an answer given by a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkAnswered {
    /// It is the request's answer now.
    Recorded(Reply),
    /// It says what this one on record says; nothing was added.
    Repeated(Reply),
    /// Another answer was recorded since the page was shown: this one. Nothing was added.
    Overtaken(Reply),
    /// The link opens nothing any more.
    Closed(LinkClosed),
}

/// One-time links. Every change writes its entry of the audit log, in the same transaction.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait LinkStore: Send + Sync {
    /// Stores a link; the one that the request had is revoked. `Conflict` when the request has ended.
    fn put_link(&self, new: &NewLink, by: &By, now: Timestamp) -> Result<Link>;
    fn link(&self, id: LinkId) -> Result<Link>;
    fn link_by_token(&self, token_hash: &str) -> Result<Option<Link>>;
    /// Every link that the request had, oldest first; at most one is not revoked.
    fn links(&self, request: RequestId) -> Result<Vec<Link>>;
    /// Takes a link back; one that was taken back stays so.
    fn revoke_link(&self, id: LinkId, by: &By, now: Timestamp) -> Result<Link>;
    /// Notes a try of the digits, which the caller found `right` or not: a link that is closed stays closed
    /// for the right ones too. Wrong ones are counted for as long as the link lives.
    fn try_link(
        &self,
        id: LinkId,
        right: bool,
        pass: &NewLinkPass,
        from_address: &str,
        now: Timestamp,
    ) -> Result<LinkTry>;
    /// The pass, if it has not expired.
    fn link_pass(&self, token_hash: &str, now: Timestamp) -> Result<Option<LinkPass>>;
    /// Records the answer, if the link is open, its request has not ended and `new.seen` is the last reply on
    /// record. The request is answered by it; earlier replies stay on record, and this one, recorded last, counts.
    fn answer_by_link(&self, new: &NewLinkReply, from_address: &str, now: Timestamp) -> Result<LinkAnswered>;
}

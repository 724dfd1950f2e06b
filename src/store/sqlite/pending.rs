//! Pending.
#![allow(unused_variables, clippy::all)]
use super::super::*;
use super::SqliteStore;
use crate::domain::account::*;
use crate::domain::audit::*;
use crate::domain::id::*;
use crate::domain::request::*;
use jiff::Timestamp;
impl ReviewStore for SqliteStore {
    fn review(&self, id: ReviewId) -> Result<ReviewItem> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn closed_reviews(&self, limit: usize) -> Result<Vec<ReviewItem>> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn decisions(&self, id: ReviewId) -> Result<Vec<ReviewDecision>> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn confirm_review(&self, new: &NewConfirmed, by: &By, now: Timestamp) -> Result<Reply> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn reject_review(&self, id: ReviewId, why: &str, by: &By, now: Timestamp) -> Result<ReviewDecision> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn undo_review(
        &self,
        id: ReviewId,
        decision: Option<DecisionId>,
        by: &By,
        now: Timestamp,
    ) -> Result<ReviewDecision> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn record_phone_reply(&self, new: &NewPhoneReply, by: &By, now: Timestamp) -> Result<Reply> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn withdraw_phone_reply(&self, id: ReplyId, by: &By, now: Timestamp) -> Result<WithdrawnReply> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn withdrawn_replies(&self, request: RequestId) -> Result<Vec<WithdrawnReply>> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
}
impl AccountStore for SqliteStore {
    fn put_user(&self, user: &User, by: &By, now: Timestamp) -> Result<()> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn user(&self, id: UserId) -> Result<User> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn user_by_login(&self, login: &Login) -> Result<Option<User>> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn users(&self, limit: usize) -> Result<Vec<User>> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn set_password(
        &self,
        id: UserId,
        password_hash: &Secret,
        keep: Option<&str>,
        by: &By,
        now: Timestamp,
    ) -> Result<()> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn open_session(
        &self,
        session: &Session,
        login_key: &str,
        from_address: &str,
        now: Timestamp,
    ) -> Result<()> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn session(&self, token_hash: &str) -> Result<Option<(Session, User)>> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn touch_session(&self, token_hash: &str, now: Timestamp) -> Result<()> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn close_session(&self, token_hash: &str, from_address: &str, now: Timestamp) -> Result<()> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn close_sessions_of(&self, user: UserId, by: &By, now: Timestamp) -> Result<usize> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn forget_sessions(&self, created_before: Timestamp, seen_before: Timestamp) -> Result<usize> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
    fn begin_sign_in(
        &self,
        login_key: &str,
        since: Timestamp,
        most: u32,
        now: Timestamp,
    ) -> Result<TryAllowed> {
        Err(StoreError::Refused("not yet".to_owned()))
    }
}

//! What a store keeps of letters that are no sheets: links by mail, tests of numbers, notices. What must happen
//! together is one transaction: a right code and the verification; the notices and how far the log was told.

use super::{Lease, NewDelivery, Result};
use crate::domain::account::By;
use crate::domain::directory::RouteKind;
use crate::domain::id::{ClinicId, DeliveryId, MessageId, NumberTestId, OfficeId, RequestId, UserId};
use crate::domain::letter::{CodeTry, NoticeItem, NumberTest};
use crate::domain::request::{BlobId, Delivery, Request};
use crate::domain::sheet_number::SheetNumber;
use crate::form::layout::Layout;
use jiff::Timestamp;

/// A test of a number, to be stored with its delivery.
#[derive(Debug, Clone)]
pub struct NewNumberTest {
    /// Chosen by the caller.
    pub id: NumberTestId,
    /// Of its delivery.
    pub delivery_id: DeliveryId,
    /// Whose number.
    pub clinic_id: ClinicId,
    /// Which way.
    pub route: RouteKind,
    /// The number as it was shown to whoever asked for the test.
    pub address: String,
    /// Six digits.
    pub code: String,
}

/// A test's page as it was rendered.
#[derive(Debug, Clone)]
pub struct NewTestPage {
    /// Of which test.
    pub id: NumberTestId,
    /// Its number.
    pub sheet_id: SheetNumber,
    /// Its geometry, so that it is known when it comes back.
    pub layout: Layout,
    /// The PDF.
    pub pdf: BlobId,
    /// When.
    pub rendered_at: Timestamp,
}

/// What a user is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// Whom.
    pub user_id: UserId,
    /// The user's address.
    pub address: String,
    /// About requests.
    pub items: Vec<NoticeItem>,
    /// Messages that came for the user's office. Of both together at least one.
    pub messages: Vec<MessageId>,
}

/// Letters. Every act of a person writes its entry of the audit log, in the same transaction.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait LetterStore: Send + Sync {
    /// Everything that ever entered the outbox, newest first, at most `limit`.
    fn outbox(&self, limit: usize) -> Result<Vec<Delivery>>;
    /// Everything that the outbox had for a request, oldest first: sheets, withdrawals, links.
    fn letters(&self, request: RequestId) -> Result<Vec<Delivery>>;
    /// The office's withdrawn requests whose 取消 notice, of those that entered the outbox since a moment, did not reach
    /// the clinic, or perhaps not; newest first. Reads what failed, not what is stored.
    fn failed_withdrawals(&self, office: OfficeId, since: Timestamp) -> Result<Vec<Request>>;
    /// Puts a mail with a link into the outbox. `Conflict` when the request has ended or is answered, or such a mail waits already.
    fn add_link_mail(
        &self,
        request: RequestId,
        new: &NewDelivery,
        by: &By,
        now: Timestamp,
    ) -> Result<Delivery>;

    /// Stores a test and its delivery; the open test of that way ends as replaced. `Conflict` when the clinic's
    /// number is another one, or when it had its share of test pages today.
    fn add_number_test(&self, new: &NewNumberTest, by: &By, now: Timestamp) -> Result<NumberTest>;
    fn number_test(&self, id: NumberTestId) -> Result<NumberTest>;
    /// The last test of each way of the clinic.
    fn number_tests(&self, clinic: ClinicId) -> Result<Vec<NumberTest>>;
    /// The test whose page has that number, with the page's geometry.
    fn number_test_by_sheet(&self, sheet_id: &SheetNumber) -> Result<Option<(NumberTest, Layout)>>;
    /// Open tests whose page came back, oldest first, at most `limit`.
    fn returned_tests(&self, limit: usize) -> Result<Vec<NumberTest>>;
    /// Its delivery.
    fn number_test_delivery(&self, id: NumberTestId) -> Result<Delivery>;
    /// Stores a test's page and its frames. Needs the lease of its delivery.
    fn put_test_page(&self, page: &NewTestPage, delivery: DeliveryId, lease: &Lease) -> Result<()>;
    /// Compares the code that was read out. Right: the number is verified. Wrong: counted.
    fn try_code(&self, id: NumberTestId, code: &str, by: &By, now: Timestamp) -> Result<CodeTry>;
    /// A person saw the page that came back: the number is verified. `Conflict` when none came back, or the test is over.
    fn accept_returned(&self, id: NumberTestId, by: &By, now: Timestamp) -> Result<()>;

    /// Up to where the log was told to users.
    fn noticed_to(&self) -> Result<u64>;
    /// Puts the notices into the outbox, not to leave before `not_before`, and moves the mark from `told.0` to `told.1`. A
    /// notice that a user has waiting takes the items in. `Conflict` when the mark stands elsewhere: somebody else told them.
    fn put_notices(
        &self,
        told: (u64, u64),
        notices: &[NewNotice],
        not_before: Timestamp,
        now: Timestamp,
    ) -> Result<()>;
    /// What a notice tells, by request.
    fn notice_items(&self, delivery: DeliveryId) -> Result<Vec<NoticeItem>>;
    /// How many messages a notice tells of that nobody has looked at yet, or taken back.
    fn notice_messages(&self, delivery: DeliveryId) -> Result<usize>;
}

//! Letters that are no sheets: the one `impl` of [`LetterStore`], links by mail, and notices. Tests of numbers are
//! in [`super::number_tests`].

use super::super::letters::{LetterStore, NewNotice, NewNumberTest, NewTestPage};
use super::super::{Lease, NewDelivery, Result};
use super::columns::{Micros, Place};
use super::fault::{Answer, conflict};
use super::requests::request;
use super::steps::changed_one;
use super::{SqliteStore, audit, deliveries, number_tests};
use crate::domain::account::By;
use crate::domain::directory::RouteKind;
use crate::domain::id::{ClinicId, DeliveryId, NumberTestId, OfficeId, RequestId, UserId};
use crate::domain::letter::{CodeTry, Letter, NoticeItem, NumberTest};
use crate::domain::request::{Delivery, Request};
use crate::domain::sheet_number::SheetNumber;
use crate::domain::state::{DeliveryState, RequestState};
use crate::form::layout::Layout;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// The notice that a user has waiting. Reads the index `notice_waiting`.
pub(super) const WAITING: &str = "SELECT id FROM delivery WHERE account_id = ?1 AND letter = 'notice' \
    AND attempts = 0 AND state IN ('queued', 'held')";

/// Withdrawals that did not arrive, or perhaps not. Reads the index `withdrawal_failed`.
pub(super) const FAILED: &str = "SELECT request_id FROM delivery WHERE letter = 'cancel_notice' \
    AND state IN ('undelivered', 'in_doubt') AND created_at >= ?1 ORDER BY created_at DESC, request_id DESC";

impl LetterStore for SqliteStore {
    fn outbox(&self, limit: usize) -> Result<Vec<Delivery>> {
        self.read("listing the outbox", |connection| deliveries::newest(connection, limit))
    }

    fn letters(&self, request: RequestId) -> Result<Vec<Delivery>> {
        self.read("reading letters", |connection| deliveries::of_request(connection, request))
    }

    fn failed_withdrawals(&self, office: OfficeId, since: Timestamp) -> Result<Vec<Request>> {
        self.read("listing withdrawals that failed", |connection| failed(connection, office, since))
    }

    fn add_link_mail(
        &self,
        request: RequestId,
        new: &NewDelivery,
        by: &By,
        now: Timestamp,
    ) -> Result<Delivery> {
        self.write("storing a mail with a link", |connection| add_link(connection, request, new, by, now))
    }

    fn add_number_test(&self, new: &NewNumberTest, by: &By, now: Timestamp) -> Result<NumberTest> {
        self.write("storing a test of a number", |connection| number_tests::add(connection, new, by, now))
    }

    fn number_test(&self, id: NumberTestId) -> Result<NumberTest> {
        self.read("reading a test of a number", |connection| number_tests::test(connection, id))
    }

    fn number_tests(&self, clinic: ClinicId) -> Result<Vec<NumberTest>> {
        self.read("listing tests of numbers", |connection| number_tests::of_clinic(connection, clinic))
    }

    fn number_test_by_sheet(&self, sheet_id: &SheetNumber) -> Result<Option<(NumberTest, Layout)>> {
        self.read("reading a test of a number", |connection| number_tests::by_sheet(connection, sheet_id))
    }

    fn returned_tests(&self, limit: usize) -> Result<Vec<NumberTest>> {
        self.read("listing test pages that came back", |connection| number_tests::returned(connection, limit))
    }

    fn number_test_delivery(&self, id: NumberTestId) -> Result<Delivery> {
        self.read("reading a delivery", |connection| deliveries::of_test(connection, id))
    }

    fn put_test_page(&self, page: &NewTestPage, delivery: DeliveryId, lease: &Lease) -> Result<()> {
        self.write("storing a test page", |connection| {
            number_tests::put_page(connection, page, delivery, lease)
        })
    }

    fn try_code(&self, id: NumberTestId, code: &str, by: &By, now: Timestamp) -> Result<CodeTry> {
        self.write("trying a code", |connection| number_tests::try_code(connection, id, code, by, now))
    }

    fn accept_returned(&self, id: NumberTestId, by: &By, now: Timestamp) -> Result<()> {
        self.write("accepting a test page", |connection| number_tests::accept(connection, id, by, now))
    }

    fn noticed_to(&self) -> Result<u64> {
        self.read("reading how far users were told", noticed_to)
    }

    fn put_notices(
        &self,
        (from, to): (u64, u64),
        notices: &[NewNotice],
        not_before: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        self.write("storing notices", |connection| {
            put_notices(connection, (from, to), notices, not_before, now)
        })
    }

    fn notice_items(&self, delivery: DeliveryId) -> Result<Vec<NoticeItem>> {
        self.read("reading a notice", |connection| notice_items(connection, delivery))
    }

    fn notice_messages(&self, delivery: DeliveryId) -> Result<usize> {
        self.read("reading a notice", |connection| notice_messages(connection, delivery))
    }
}

fn failed(connection: &Connection, office: OfficeId, since: Timestamp) -> Answer<Vec<Request>> {
    let mut statement = connection.prepare_cached(FAILED)?;
    let ids: Vec<RequestId> =
        statement.query_map([Micros(since)], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut requests = ids.into_iter().map(|id| request(connection, id)).collect::<Answer<Vec<_>>>()?;
    requests.retain(|request| request.office_id == office);
    requests.dedup_by_key(|request| request.id);
    Ok(requests)
}

fn add_link(
    connection: &Connection,
    id: RequestId,
    new: &NewDelivery,
    by: &By,
    now: Timestamp,
) -> Answer<Delivery> {
    let state = request(connection, id)?.state;
    if state.is_ended() || state == RequestState::Answered {
        return Err(conflict("この連絡票には、もう回答をお願いする必要がありません"));
    }
    let waits = |delivery: &Delivery| {
        matches!(delivery.letter, Letter::Link { .. })
            && matches!(delivery.state, DeliveryState::Held | DeliveryState::Queued | DeliveryState::Sending)
    };
    if deliveries::of_request(connection, id)?.iter().any(waits) {
        return Err(conflict("回答用リンクのメールは、すでに送信を待っています"));
    }
    deliveries::insert(connection, Letter::Link { request_id: id }, new, now)?;
    audit::changed(connection, by, ("request", &id.to_string()), "link_mail", now)?;
    deliveries::delivery(connection, new.id)
}

fn noticed_to(connection: &Connection) -> Answer<u64> {
    let sql = "SELECT noticed_to FROM gateway WHERE id = 1";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, Place>(0))?.0)
}

fn put_notices(
    connection: &Connection,
    (from, to): (u64, u64),
    notices: &[NewNotice],
    not_before: Timestamp,
    now: Timestamp,
) -> Answer<()> {
    let sql = "UPDATE gateway SET noticed_to = ?2 WHERE id = 1 AND noticed_to = ?1";
    changed_one(connection.prepare_cached(sql)?.execute(params![Place(from), Place(to)])?)?;
    for notice in notices {
        let id = match waiting(connection, notice.user_id)? {
            Some(id) => id,
            None => insert_notice(connection, notice, not_before, now)?,
        };
        let sql = "INSERT INTO notice_item (delivery_id, request_id, about) VALUES (?1, ?2, ?3) \
                   ON CONFLICT DO NOTHING";
        for item in &notice.items {
            connection.prepare_cached(sql)?.execute(params![id, item.request_id, item.about])?;
        }
        let sql =
            "INSERT INTO notice_message (delivery_id, message_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        for message in &notice.messages {
            connection.prepare_cached(sql)?.execute(params![id, message])?;
        }
    }
    Ok(())
}

fn waiting(connection: &Connection, user: UserId) -> Answer<Option<DeliveryId>> {
    Ok(connection.prepare_cached(WAITING)?.query_row([user], |row| row.get(0)).optional()?)
}

fn insert_notice(
    connection: &Connection,
    notice: &NewNotice,
    not_before: Timestamp,
    now: Timestamp,
) -> Answer<DeliveryId> {
    let id = DeliveryId::new_at(now);
    let new =
        NewDelivery { id, route: RouteKind::PlainMail, address: notice.address.clone(), not_before: None };
    deliveries::insert(connection, Letter::Notice { user_id: notice.user_id }, &new, now)?;
    let sql = "UPDATE delivery SET next_try_at = ?2 WHERE id = ?1";
    changed_one(connection.prepare_cached(sql)?.execute(params![id, Micros(not_before.max(now))])?)?;
    Ok(id)
}

fn notice_items(connection: &Connection, delivery: DeliveryId) -> Answer<Vec<NoticeItem>> {
    let sql = "SELECT request_id, about FROM notice_item WHERE delivery_id = ?1 ORDER BY request_id, about";
    let mut statement = connection.prepare_cached(sql)?;
    let items = statement.query_map([delivery], |row| {
        Ok(NoticeItem { request_id: row.get("request_id")?, about: row.get("about")? })
    })?;
    Ok(items.collect::<rusqlite::Result<_>>()?)
}

fn notice_messages(connection: &Connection, delivery: DeliveryId) -> Answer<usize> {
    let sql = "SELECT COUNT(*) FROM notice_message JOIN message ON message.id = notice_message.message_id \
               WHERE notice_message.delivery_id = ?1 AND message.seen_at IS NULL AND message.withdrawn_at IS NULL";
    let count: u32 = connection.prepare_cached(sql)?.query_row([delivery], |row| row.get(0))?;
    Ok(count as usize)
}

//! Tests of numbers: a page with a code goes out; the code is read out, or the page comes back. Only here, and at the
//! command line, does a number become verified; each act is one transaction with its entry of the audit log.

use super::super::letters::{NewNumberTest, NewTestPage};
use super::super::{Lease, NewDelivery};
use super::audit;
use super::columns::{Json, Micros};
use super::deliveries::{self, held_by};
use super::directory::{routes, verify};
use super::fault::{Answer, conflict, found};
use super::requests::at_most;
use super::sheets::use_frames;
use super::steps::{append, changed_one, note};
use crate::domain::account::By;
use crate::domain::event::Subject;
use crate::domain::id::{ArrivalId, ClinicId, DeliveryId, NumberTestId};
use crate::domain::letter::{
    CODE_TRIES, CodeTry, Letter, NumberTest, ReturnedPage, TESTS_MOST, TESTS_WITHIN, TestEnd, TestPage,
};
use crate::domain::sheet_number::SheetNumber;
use crate::form::layout::Layout;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str = "id, clinic_id, route, address, code, created_at, wrong_tries, sheet_id, pdf, arrival_id, \
    page_number, returned_at, ended";

/// Test pages to an address since a moment. Reads the index `number_test_to`.
pub(super) const TO: &str = "SELECT COUNT(*) FROM number_test WHERE address = ?1 AND created_at > ?2";
/// Open tests whose page came back. Reads the index `number_test_returned`.
pub(super) const RETURNED: &str = "SELECT id FROM number_test WHERE returned_at IS NOT NULL AND ended_at IS NULL \
    ORDER BY returned_at, id LIMIT ?1";

/// Stores a test with its delivery, in place of the open one.
pub(super) fn add(
    connection: &Connection,
    new: &NewNumberTest,
    by: &By,
    now: Timestamp,
) -> Answer<NumberTest> {
    let stored = routes(connection, new.clinic_id)?;
    if !stored.iter().any(|route| route.kind == new.route && route.address == new.address) {
        return Err(moved());
    }
    let since = now.saturating_sub(TESTS_WITHIN).unwrap_or(now);
    let sent: i64 =
        connection.prepare_cached(TO)?.query_row(params![new.address, Micros(since)], |row| row.get(0))?;
    if sent >= at_most(TESTS_MOST) {
        return Err(conflict(
            "この番号には、24時間以内に試験ページを3回送っています。番号が正しいか、先に電話でお確かめください",
        ));
    }
    replace_open(connection, new, now)?;
    let sql = "INSERT INTO number_test (id, clinic_id, route, address, code, account_id, created_at, wrong_tries) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)";
    let values = params![new.id, new.clinic_id, new.route, new.address, new.code, by.user, Micros(now)];
    connection.prepare_cached(sql)?.execute(values)?;
    let delivery =
        NewDelivery { id: new.delivery_id, route: new.route, address: new.address.clone(), not_before: None };
    deliveries::insert(connection, Letter::NumberTest { number_test_id: new.id }, &delivery, now)?;
    happened(connection, new.clinic_id, "number_test_asked", now)?;
    audit::changed(connection, by, ("clinic", &new.clinic_id.to_string()), "number_test", now)?;
    test(connection, new.id)
}

fn replace_open(connection: &Connection, new: &NewNumberTest, now: Timestamp) -> Answer<()> {
    let sql = "SELECT id FROM number_test WHERE clinic_id = ?1 AND route = ?2 AND ended_at IS NULL";
    let open: Option<NumberTestId> = connection
        .prepare_cached(sql)?
        .query_row(params![new.clinic_id, new.route], |row| row.get(0))
        .optional()?;
    open.map_or(Ok(()), |id| end(connection, id, TestEnd::Replaced, now))
}

pub(super) fn test(connection: &Connection, id: NumberTestId) -> Answer<NumberTest> {
    let sql = format!("SELECT {COLUMNS} FROM number_test WHERE id = ?1");
    found(connection.prepare_cached(&sql)?.query_row([id], row_to_test), "number test", id)
}

/// The last test of each way.
pub(super) fn of_clinic(connection: &Connection, clinic: ClinicId) -> Answer<Vec<NumberTest>> {
    let sql =
        format!("SELECT {COLUMNS} FROM number_test WHERE clinic_id = ?1 ORDER BY created_at DESC, id DESC");
    let mut statement = connection.prepare_cached(&sql)?;
    let all: Vec<NumberTest> =
        statement.query_map([clinic], row_to_test)?.collect::<rusqlite::Result<_>>()?;
    let mut last: Vec<NumberTest> = Vec::new();
    for test in all {
        if !last.iter().any(|known| known.route == test.route) {
            last.push(test);
        }
    }
    Ok(last)
}

pub(super) fn by_sheet(
    connection: &Connection,
    sheet_id: &SheetNumber,
) -> Answer<Option<(NumberTest, Layout)>> {
    let sql = format!("SELECT {COLUMNS}, layout FROM number_test WHERE sheet_id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement
        .query_row([sheet_id], |row| Ok((row_to_test(row)?, row.get::<_, Json<Layout>>("layout")?.0)))
        .optional()?;
    Ok(found)
}

pub(super) fn returned(connection: &Connection, limit: usize) -> Answer<Vec<NumberTest>> {
    let mut statement = connection.prepare_cached(RETURNED)?;
    let ids: Vec<NumberTestId> =
        statement.query_map([at_most(limit)], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    ids.into_iter().map(|id| test(connection, id)).collect()
}

/// Stores the page and its frames.
pub(super) fn put_page(
    connection: &Connection,
    page: &NewTestPage,
    delivery: DeliveryId,
    lease: &Lease,
) -> Answer<()> {
    let held = held_by(connection, delivery, lease)?;
    if held.letter != (Letter::NumberTest { number_test_id: page.id }) {
        return Err(conflict("試験ページと送付が違います (the page is of another test)"));
    }
    let sql =
        "UPDATE number_test SET sheet_id = ?2, layout = ?3, pdf = ?4 WHERE id = ?1 AND sheet_id IS NULL";
    let values = params![page.id, page.sheet_id, Json(&page.layout), page.pdf];
    changed_one(connection.prepare_cached(sql)?.execute(values)?)?;
    use_frames(connection, &page.layout, page.rendered_at)
}

/// Notes a page that came back. One that came back before stays the one that is shown.
pub(super) fn came_back(
    connection: &Connection,
    sheet_id: &SheetNumber,
    (arrival_id, page_number): (ArrivalId, u32),
    now: Timestamp,
) -> Answer<bool> {
    let Some((test, _)) = by_sheet(connection, sheet_id)? else { return Ok(false) };
    if test.returned.is_none() {
        let sql = "UPDATE number_test SET arrival_id = ?2, page_number = ?3, returned_at = ?4 WHERE id = ?1";
        let values = params![test.id, arrival_id, page_number, Micros(now)];
        changed_one(connection.prepare_cached(sql)?.execute(values)?)?;
    }
    happened(connection, test.clinic_id, "number_test_returned", now)?;
    Ok(true)
}

/// Compares what was read out.
pub(super) fn try_code(
    connection: &Connection,
    id: NumberTestId,
    code: &str,
    by: &By,
    now: Timestamp,
) -> Answer<CodeTry> {
    let test = test(connection, id)?;
    if !test.is_open(now) || !is_there(connection, &test)? {
        return Ok(CodeTry::Over);
    }
    if code == test.code {
        prove(connection, &test, TestEnd::ReadOut, "試験ページの確認番号を読み上げてもらい確認", by, now)?;
        return Ok(CodeTry::Right);
    }
    let sql = "UPDATE number_test SET wrong_tries = wrong_tries + 1 WHERE id = ?1";
    changed_one(connection.prepare_cached(sql)?.execute([id])?)?;
    audit::changed(connection, by, ("clinic", &test.clinic_id.to_string()), "wrong_code", now)?;
    let left = CODE_TRIES.saturating_sub(test.wrong_tries + 1);
    if left > 0 {
        return Ok(CodeTry::Wrong { left });
    }
    end(connection, id, TestEnd::Locked, now)?;
    Ok(CodeTry::Locked)
}

/// A person saw the page that came back.
pub(super) fn accept(connection: &Connection, id: NumberTestId, by: &By, now: Timestamp) -> Answer<()> {
    let test = test(connection, id)?;
    if !test.is_open(now) || !is_there(connection, &test)? {
        return Err(moved());
    }
    if test.returned.is_none() {
        return Err(conflict("試験ページはまだ返ってきていません"));
    }
    prove(connection, &test, TestEnd::CameBack, "試験ページがFAXで返信され、用紙を見て確認", by, now)
}

fn prove(
    connection: &Connection,
    test: &NumberTest,
    how: TestEnd,
    words: &str,
    by: &By,
    now: Timestamp,
) -> Answer<()> {
    verify(connection, test.clinic_id, test.route, &test.address, words, now)?;
    end(connection, test.id, how, now)?;
    audit::changed(connection, by, ("clinic", &test.clinic_id.to_string()), "verify_route", now)
}

/// True while the clinic still has the number that is tested.
fn is_there(connection: &Connection, test: &NumberTest) -> Answer<bool> {
    let stored = routes(connection, test.clinic_id)?;
    Ok(stored.iter().any(|route| route.kind == test.route && route.address == test.address))
}

fn end(connection: &Connection, id: NumberTestId, how: TestEnd, now: Timestamp) -> Answer<()> {
    let sql = "UPDATE number_test SET ended = ?2, ended_at = ?3 WHERE id = ?1 AND ended IS NULL";
    changed_one(connection.prepare_cached(sql)?.execute(params![id, how, Micros(now)])?)
}

fn happened(connection: &Connection, clinic: ClinicId, what: &str, now: Timestamp) -> Answer<()> {
    append(connection, &note(Subject::Clinic, &clinic.to_string(), what, "", now))
}

fn moved() -> super::fault::Fault {
    conflict("番号が変わったか、この確認は終わっています。もう一度、試験ページを送ってください")
}

fn row_to_test(row: &Row<'_>) -> rusqlite::Result<NumberTest> {
    let page = match (row.get("sheet_id")?, row.get("pdf")?) {
        (Some(sheet_id), Some(pdf)) => Some(TestPage { sheet_id, pdf }),
        _ => None,
    };
    let returned = match (row.get("arrival_id")?, row.get("page_number")?, row.get("returned_at")?) {
        (Some(arrival_id), Some(page_number), Some(Micros(at))) => {
            Some(ReturnedPage { arrival_id, page_number, at })
        }
        _ => None,
    };
    Ok(NumberTest {
        id: row.get("id")?,
        clinic_id: row.get("clinic_id")?,
        route: row.get("route")?,
        address: row.get("address")?,
        code: row.get("code")?,
        created_at: row.get::<_, Micros>("created_at")?.0,
        wrong_tries: row.get("wrong_tries")?,
        page,
        returned,
        ended: row.get("ended")?,
    })
}

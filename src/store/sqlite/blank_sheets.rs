//! Blank sheets and the messages that come on them: the one `impl` of [`BlankSheetStore`]. Moves no request.

use super::super::Result;
use super::super::blank_sheets::{BlankSheet, BlankSheetStore, NewBlankSheet};
use super::columns::{Json, Micros};
use super::fault::{Answer, found};
use super::requests::{assert_parties, at_most, keep_form};
use super::sheets::use_frames;
use super::steps::{append, note};
use super::{SqliteStore, audit};
use crate::domain::account::By;
use crate::domain::event::Subject;
use crate::domain::id::{ArrivalId, MessageId, OfficeId};
use crate::domain::message::{Message, SeenMessage};
use crate::domain::reading::{BoxReading, Reason};
use crate::domain::request::BlobId;
use crate::domain::sheet_number::SheetNumber;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeMap;

macro_rules! messages {
    ($where:literal) => {
        concat!(
            "SELECT message.*, blank_sheet.clinic_id, blank_sheet.form_id, blank_sheet.form_version FROM message \
             JOIN blank_sheet ON blank_sheet.sheet_id = message.sheet_id \
             WHERE message.withdrawn_at IS NULL AND ",
            $where
        )
    };
}

const ONE: &str = messages!("message.id = ?1");
/// Reads the index `message_unseen`.
pub(super) const UNSEEN: &str = messages!(
    "message.office_id = ?1 AND seen_at IS NULL ORDER BY message.received_at DESC, message.id DESC LIMIT ?2"
);
/// Reads the index `message_seen`.
pub(super) const SEEN: &str = messages!(
    "message.office_id = ?1 AND seen_at IS NOT NULL ORDER BY message.received_at DESC, message.id DESC LIMIT ?2"
);

/// A page on a blank sheet, as it was read.
pub(super) struct NewMessage<'a> {
    pub(super) boxes: &'a [BoxReading],
    pub(super) reasons: &'a [Reason],
    pub(super) handwriting: &'a BTreeMap<String, BlobId>,
}

impl BlankSheetStore for SqliteStore {
    fn put_blank_sheet(&self, new: &NewBlankSheet, by: &By, now: Timestamp) -> Result<()> {
        self.write("storing a blank sheet", |connection| put(connection, new, by, now))
    }

    fn blank_sheet(&self, sheet_id: &SheetNumber) -> Result<Option<BlankSheet>> {
        self.read("reading a blank sheet", |connection| sheet(connection, sheet_id))
    }

    fn message(&self, id: MessageId) -> Result<Message> {
        self.read("reading a message", |connection| message(connection, id))
    }

    fn unseen_messages(&self, office: OfficeId, limit: usize) -> Result<Vec<Message>> {
        self.read("listing messages", |connection| list(connection, UNSEEN, office, limit))
    }

    fn seen_messages(&self, office: OfficeId, limit: usize) -> Result<Vec<Message>> {
        self.read("listing messages", |connection| list(connection, SEEN, office, limit))
    }

    fn see_message(&self, id: MessageId, by: &By, now: Timestamp) -> Result<()> {
        self.write("noting that a message was seen", |connection| see(connection, id, by, now))
    }
}

fn put(connection: &Connection, new: &NewBlankSheet, by: &By, now: Timestamp) -> Answer<()> {
    assert_parties(connection, new.office_id, new.clinic_id)?;
    keep_form(connection, &new.form)?;
    let sql = "INSERT INTO blank_sheet (sheet_id, form_id, form_version, clinic_id, office_id, layout, pdf, made_at, \
               account_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    connection.prepare_cached(sql)?.execute(params![
        new.sheet_id,
        new.form.id,
        new.form.version,
        new.clinic_id,
        new.office_id,
        Json(&new.layout),
        new.pdf,
        Micros(now),
        by.user,
    ])?;
    use_frames(connection, &new.layout, now)?;
    audit::changed(connection, by, ("blank_sheet", new.sheet_id.as_str()), "make", now)
}

pub(super) fn sheet(connection: &Connection, sheet_id: &SheetNumber) -> Answer<Option<BlankSheet>> {
    let sql = "SELECT * FROM blank_sheet WHERE sheet_id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([sheet_id], row_to_sheet).optional()?)
}

/// Stores what came on a sheet; `None` when no such sheet was made here.
pub(super) fn came(
    connection: &Connection,
    sheet_id: &SheetNumber,
    (arrival_id, page_number): (ArrivalId, u32),
    new: &NewMessage<'_>,
    now: Timestamp,
) -> Answer<Option<MessageId>> {
    let Some(sheet) = sheet(connection, sheet_id)? else { return Ok(None) };
    let id = MessageId::new_at(now);
    let sql = "INSERT INTO message (id, sheet_id, office_id, arrival_id, page_number, boxes, reasons, handwriting, \
               received_at) SELECT ?1, ?2, ?3, id, ?5, ?6, ?7, ?8, received_at FROM arrival WHERE id = ?4";
    connection.prepare_cached(sql)?.execute(params![
        id,
        sheet_id,
        sheet.office_id,
        arrival_id,
        page_number,
        Json(new.boxes),
        Json(new.reasons),
        Json(new.handwriting),
    ])?;
    append(connection, &note(Subject::Message, &id.to_string(), "received", "", now))?;
    Ok(Some(id))
}

fn message(connection: &Connection, id: MessageId) -> Answer<Message> {
    found(connection.prepare_cached(ONE)?.query_row([id], row_to_message), "message", id)
}

fn list(connection: &Connection, sql: &str, office: OfficeId, limit: usize) -> Answer<Vec<Message>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![office, at_most(limit)], row_to_message)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn see(connection: &Connection, id: MessageId, by: &By, now: Timestamp) -> Answer<()> {
    if message(connection, id)?.seen.is_some() {
        return Ok(());
    }
    let sql = "UPDATE message SET seen_at = ?2, seen_by = ?3 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![id, Micros(now), by.user])?;
    append(connection, &note(Subject::Message, &id.to_string(), "seen", "", now))?;
    audit::changed(connection, by, ("message", &id.to_string()), "seen", now)
}

fn row_to_sheet(row: &Row<'_>) -> rusqlite::Result<BlankSheet> {
    Ok(BlankSheet {
        sheet_id: row.get("sheet_id")?,
        form_id: row.get("form_id")?,
        form_version: row.get("form_version")?,
        clinic_id: row.get("clinic_id")?,
        office_id: row.get("office_id")?,
        layout: row.get::<_, Json<_>>("layout")?.0,
        pdf: row.get("pdf")?,
        made_at: row.get::<_, Micros>("made_at")?.0,
        made_by: row.get("account_id")?,
    })
}

fn row_to_message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let by = row.get("seen_by")?;
    let seen = row.get::<_, Option<Micros>>("seen_at")?.map(|at| SeenMessage { at: at.0, by });
    Ok(Message {
        id: row.get("id")?,
        sheet_id: row.get("sheet_id")?,
        office_id: row.get("office_id")?,
        clinic_id: row.get("clinic_id")?,
        form_id: row.get("form_id")?,
        form_version: row.get("form_version")?,
        arrival_id: row.get("arrival_id")?,
        page_number: row.get("page_number")?,
        boxes: row.get::<_, Json<_>>("boxes")?.0,
        reasons: row.get::<_, Json<_>>("reasons")?.0,
        handwriting: row.get::<_, Json<_>>("handwriting")?.0,
        received_at: row.get::<_, Micros>("received_at")?.0,
        seen,
    })
}

//! Sheets as they were rendered, and the few different frames of all of them. Renders nothing.

use super::super::{Lease, Sheet};
use super::columns::{Json, Micros};
use super::deliveries::held_by;
use super::fault::{Answer, conflict};
use super::steps::{append, changed_one, note};
use crate::domain::event::Subject;
use crate::domain::letter::Letter;
use crate::domain::sheet_number::SheetNumber;
use crate::form::layout::{Frame, Layout, PageLayout};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Stores a sheet, its frames, and its number in the delivery. An earlier sheet of the delivery stays
/// readable: it may lie on a desk.
pub(super) fn put(connection: &Connection, sheet: &Sheet, lease: &Lease) -> Answer<()> {
    let delivery = held_by(connection, sheet.delivery_id, lease)?;
    if delivery.letter != (Letter::Sheet { request_id: sheet.request_id }) {
        return Err(conflict("用紙と送付の連絡が違います (the sheet is of another request)"));
    }
    let sql = "INSERT INTO sheet (sheet_id, request_id, delivery_id, layout, pdf, rendered_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.prepare_cached(sql)?.execute(params![
        sheet.sheet_id,
        sheet.request_id,
        sheet.delivery_id,
        Json(&sheet.layout),
        sheet.pdf,
        Micros(sheet.rendered_at),
    ])?;
    use_frames(connection, &sheet.layout, sheet.rendered_at)?;
    let sql = "UPDATE delivery SET sheet_id = ?2 WHERE id = ?1";
    changed_one(connection.prepare_cached(sql)?.execute(params![delivery.id, sheet.sheet_id])?)?;
    let (subject, number) = (delivery.id.to_string(), sheet.sheet_id.as_str());
    append(connection, &note(Subject::Delivery, &subject, "sheet_rendered", number, sheet.rendered_at))
}

/// Notes the frames of a layout, so that its pages are looked for.
pub(super) fn use_frames(connection: &Connection, layout: &Layout, at: Timestamp) -> Answer<()> {
    let sql = "INSERT INTO frame (frame, last_used_at) VALUES (?1, ?2) \
               ON CONFLICT (frame) DO UPDATE SET last_used_at = MAX(last_used_at, excluded.last_used_at)";
    for frame in layout.pages.iter().filter_map(PageLayout::frame) {
        connection.prepare_cached(sql)?.execute(params![Json(frame), Micros(at)])?;
    }
    Ok(())
}

pub(super) fn sheet(connection: &Connection, id: &SheetNumber) -> Answer<Option<Sheet>> {
    let sql =
        "SELECT sheet_id, request_id, delivery_id, layout, pdf, rendered_at FROM sheet WHERE sheet_id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([id], row_to_sheet).optional()?)
}

pub(super) fn frames(connection: &Connection) -> Answer<Vec<Frame>> {
    let mut statement =
        connection.prepare_cached("SELECT frame FROM frame ORDER BY last_used_at DESC, frame")?;
    let frames = statement.query_map([], |row| Ok(row.get::<_, Json<Frame>>(0)?.0))?;
    Ok(frames.collect::<rusqlite::Result<_>>()?)
}

fn row_to_sheet(row: &Row<'_>) -> rusqlite::Result<Sheet> {
    Ok(Sheet {
        sheet_id: row.get("sheet_id")?,
        request_id: row.get("request_id")?,
        delivery_id: row.get("delivery_id")?,
        layout: row.get::<_, Json<_>>("layout")?.0,
        pdf: row.get("pdf")?,
        rendered_at: row.get::<_, Micros>("rendered_at")?.0,
    })
}

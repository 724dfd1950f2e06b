//! Replies on record: stored, listed, taken back. What counts is what is not taken back. Decides nothing.

use super::super::blob::id_of;
use super::columns::{Json, Micros};
use super::fault::{Answer, conflict, found};
use super::requests::request;
use super::steps::step_request;
use crate::domain::id::{ReplyId, RequestId, UserId};
use crate::domain::request::{Reply, ReplyAnswers, ReplySource, WithdrawnReply};
use crate::domain::state::RequestState;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str = "id, request_id, source, sheet_id, arrival_id, page_number, found_by, review_id, corrected, \
    account_id, said_by, answers, handwriting, recorded_at";

const PAPER: &str = "paper";
const PAPER_CONFIRMED: &str = "paper_confirmed";
const PHONE: &str = "phone";

/// Replies that count. Reads the indexes `reply_of_request` and the key of `reply_withdrawn`.
pub(super) const IN_FORCE: &str = "SELECT id, request_id, source, sheet_id, arrival_id, page_number, found_by, \
    review_id, corrected, account_id, said_by, answers, handwriting, recorded_at FROM reply WHERE request_id = ?1 \
    AND NOT EXISTS (SELECT 1 FROM reply_withdrawn WHERE reply_id = reply.id) ORDER BY recorded_at, id";

/// The replies of a request that count, in the order of recording.
pub(super) fn in_force(connection: &Connection, request: RequestId) -> Answer<Vec<Reply>> {
    let mut statement = connection.prepare_cached(IN_FORCE)?;
    Ok(statement.query_map([request], row_to_reply)?.collect::<rusqlite::Result<_>>()?)
}

/// One reply, whether it counts or not.
pub(super) fn reply(connection: &Connection, id: ReplyId) -> Answer<Reply> {
    let sql = format!("SELECT {COLUMNS} FROM reply WHERE id = ?1");
    found(connection.prepare_cached(&sql)?.query_row([id], row_to_reply), "reply", id)
}

/// One reply, if it was stored already.
pub(super) fn known(connection: &Connection, id: ReplyId) -> Answer<Option<Reply>> {
    let sql = format!("SELECT {COLUMNS} FROM reply WHERE id = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([id], row_to_reply).optional()?)
}

/// Replies that were taken back.
pub(super) fn withdrawn(connection: &Connection, request: RequestId) -> Answer<Vec<WithdrawnReply>> {
    let sql = "SELECT reply.*, gone.at AS gone_at, gone.account_id AS gone_by FROM reply \
               JOIN reply_withdrawn AS gone ON gone.reply_id = reply.id WHERE request_id = ?1 \
               ORDER BY gone.at, reply.id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([request], |row| {
        Ok(WithdrawnReply {
            reply: row_to_reply(row)?,
            withdrawn_at: row.get::<_, Micros>("gone_at")?.0,
            withdrawn_by: row.get("gone_by")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Stores a reply and steps its request to answered. One that was answered stays so, since then; one that
/// has ended stays ended, and the reply is kept all the same.
pub(super) fn record(connection: &Connection, new: &Reply, detail: &str, now: Timestamp) -> Answer<()> {
    insert(connection, new)?;
    let from = request(connection, new.request_id)?.state;
    if from.is_ended() || from == RequestState::Answered {
        return Ok(());
    }
    let sql = "UPDATE request SET answered_at = ?2 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![new.request_id, Micros(now)])?;
    step_request(connection, new.request_id, (from, RequestState::Answered), detail, now)
}

/// Notes that a reply counts no more.
pub(super) fn withdraw(
    connection: &Connection,
    id: ReplyId,
    by: Option<UserId>,
    now: Timestamp,
) -> Answer<()> {
    let gone = "SELECT 1 FROM reply_withdrawn WHERE reply_id = ?1";
    if connection.prepare_cached(gone)?.exists([id])? {
        return Err(conflict("この返事はすでに取り下げられています"));
    }
    let sql = "INSERT INTO reply_withdrawn (reply_id, at, account_id) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(sql)?.execute(params![id, Micros(now), by])?;
    Ok(())
}

fn insert(connection: &Connection, new: &Reply) -> Answer<()> {
    let sql = "INSERT INTO reply (id, request_id, answers, fingerprint, handwriting, recorded_at, source, sheet_id, \
               arrival_id, page_number, found_by, review_id, corrected, account_id, said_by) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
    let (id, request, at) = (new.id, new.request_id, Micros(new.recorded_at));
    let (answers, print, ink) = (Json(&new.answers), fingerprint(&new.answers)?, Json(&new.handwriting));
    let none = rusqlite::types::Null;
    let mut statement = connection.prepare_cached(sql)?;
    match &new.source {
        ReplySource::Paper { sheet_id, arrival_id, page_number, found_by } => statement.execute(params![
            id,
            request,
            answers,
            print,
            ink,
            at,
            PAPER,
            sheet_id,
            arrival_id,
            page_number,
            found_by,
            none,
            none,
            none,
            none
        ])?,
        ReplySource::PaperConfirmed {
            review_id,
            sheet_id,
            arrival_id,
            page_number,
            corrected,
            confirmed_by,
        } => statement.execute(params![
            id,
            request,
            answers,
            print,
            ink,
            at,
            PAPER_CONFIRMED,
            sheet_id,
            arrival_id,
            page_number,
            none,
            review_id,
            corrected,
            confirmed_by,
            none
        ])?,
        ReplySource::Phone { written_by, said_by } => statement.execute(params![
            id, request, answers, print, ink, at, PHONE, none, none, none, none, none, none, written_by,
            said_by
        ])?,
    };
    Ok(())
}

/// SHA-256 of the answers as JSON: fields sorted by name, options in the form's order.
fn fingerprint(answers: &ReplyAnswers) -> Answer<String> {
    let text =
        serde_json::to_vec(answers).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    Ok(id_of(&text).0)
}

fn row_to_reply(row: &Row<'_>) -> rusqlite::Result<Reply> {
    Ok(Reply {
        id: row.get("id")?,
        request_id: row.get("request_id")?,
        source: row_to_source(row)?,
        answers: row.get::<_, Json<_>>("answers")?.0,
        handwriting: row.get::<_, Json<_>>("handwriting")?.0,
        recorded_at: row.get::<_, Micros>("recorded_at")?.0,
    })
}

/// The table's CHECKs let no other source in.
fn row_to_source(row: &Row<'_>) -> rusqlite::Result<ReplySource> {
    Ok(match row.get::<_, String>("source")?.as_str() {
        PAPER => ReplySource::Paper {
            sheet_id: row.get("sheet_id")?,
            arrival_id: row.get("arrival_id")?,
            page_number: row.get("page_number")?,
            found_by: row.get("found_by")?,
        },
        PAPER_CONFIRMED => ReplySource::PaperConfirmed {
            review_id: row.get("review_id")?,
            sheet_id: row.get("sheet_id")?,
            arrival_id: row.get("arrival_id")?,
            page_number: row.get("page_number")?,
            corrected: row.get("corrected")?,
            confirmed_by: row.get("account_id")?,
        },
        _ => ReplySource::Phone { written_by: row.get("account_id")?, said_by: row.get("said_by")? },
    })
}

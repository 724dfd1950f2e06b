//! Replies on record: stored, listed, taken back. What counts is what is not taken back. Decides nothing.

use super::super::blob::id_of;
use super::columns::{Json, Micros};
use super::fault::{Answer, conflict, found};
use super::requests::request;
use super::steps::step_request;
use crate::domain::id::{ArrivalId, LinkId, ReplyId, RequestId, ReviewId, UserId};
use crate::domain::reading::FoundBy;
use crate::domain::request::{Reply, ReplyAnswers, ReplySource, WithdrawnReply};
use crate::domain::sheet_number::SheetNumber;
use crate::domain::state::RequestState;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str = "id, request_id, source, sheet_id, arrival_id, page_number, found_by, review_id, corrected, \
    account_id, said_by, link_id, answers, handwriting, texts, recorded_at";

const PAPER: &str = "paper";
const PAPER_CONFIRMED: &str = "paper_confirmed";
const PHONE: &str = "phone";
const LINK: &str = "link";

/// Replies that count. Reads the indexes `reply_of_request` and the key of `reply_withdrawn`.
pub(super) const IN_FORCE: &str = "SELECT id, request_id, source, sheet_id, arrival_id, page_number, found_by, \
    review_id, corrected, account_id, said_by, link_id, answers, handwriting, texts, recorded_at FROM reply WHERE request_id = ?1 \
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
    let sql = "INSERT INTO reply (id, request_id, answers, fingerprint, handwriting, texts, recorded_at, source, \
               sheet_id, arrival_id, page_number, found_by, review_id, corrected, account_id, said_by, link_id) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    let source = Columns::of(&new.source);
    connection.prepare_cached(sql)?.execute(params![
        new.id,
        new.request_id,
        Json(&new.answers),
        fingerprint(&new.answers)?,
        Json(&new.handwriting),
        Json(&new.texts),
        Micros(new.recorded_at),
        source.name,
        source.sheet_id,
        source.arrival_id,
        source.page_number,
        source.found_by,
        source.review_id,
        source.corrected,
        source.account_id,
        source.said_by,
        source.link_id,
    ])?;
    Ok(())
}

/// Where a reply comes from, a column each; what the source does not have is NULL.
#[derive(Default)]
struct Columns<'a> {
    name: &'static str,
    sheet_id: Option<&'a SheetNumber>,
    arrival_id: Option<ArrivalId>,
    page_number: Option<u32>,
    found_by: Option<FoundBy>,
    review_id: Option<ReviewId>,
    corrected: Option<bool>,
    account_id: Option<UserId>,
    said_by: Option<&'a str>,
    link_id: Option<LinkId>,
}

impl<'a> Columns<'a> {
    fn of(source: &'a ReplySource) -> Self {
        match source {
            ReplySource::Paper { sheet_id, arrival_id, page_number, found_by } => Self {
                name: PAPER,
                sheet_id: Some(sheet_id),
                arrival_id: Some(*arrival_id),
                page_number: Some(*page_number),
                found_by: Some(*found_by),
                ..Self::default()
            },
            ReplySource::PaperConfirmed {
                review_id,
                sheet_id,
                arrival_id,
                page_number,
                corrected,
                confirmed_by,
            } => Self {
                name: PAPER_CONFIRMED,
                sheet_id: sheet_id.as_ref(),
                arrival_id: Some(*arrival_id),
                page_number: *page_number,
                review_id: Some(*review_id),
                corrected: Some(*corrected),
                account_id: *confirmed_by,
                ..Self::default()
            },
            ReplySource::Phone { written_by, said_by } => {
                Self { name: PHONE, account_id: *written_by, said_by: Some(said_by), ..Self::default() }
            }
            ReplySource::Link { link_id, name } => {
                Self { name: LINK, link_id: Some(*link_id), said_by: Some(name), ..Self::default() }
            }
        }
    }
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
        texts: row.get::<_, Json<_>>("texts")?.0,
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
        LINK => ReplySource::Link { link_id: row.get("link_id")?, name: row.get("said_by")? },
        _ => ReplySource::Phone { written_by: row.get("account_id")?, said_by: row.get("said_by")? },
    })
}

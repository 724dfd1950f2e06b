//! Papers that go along with a request: written with it, never after.

use super::columns::Json;
use super::fault::Answer;
use crate::domain::attachment::Attachment;
use crate::domain::id::RequestId;
use rusqlite::{Connection, params};

/// Stores the papers of a request that is being stored.
pub(super) fn insert(connection: &Connection, request: RequestId, papers: &[Attachment]) -> Answer<()> {
    let sql = "INSERT INTO attachment (id, request_id, place, name, pages) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut statement = connection.prepare_cached(sql)?;
    for (place, paper) in (1_i64..).zip(papers) {
        statement.execute(params![paper.id, request, place, paper.name, Json(&paper.pages)])?;
    }
    Ok(())
}

/// The papers of a request, in order.
pub(super) fn of_request(connection: &Connection, request: RequestId) -> Answer<Vec<Attachment>> {
    let sql = "SELECT id, name, pages FROM attachment WHERE request_id = ?1 ORDER BY place";
    let mut statement = connection.prepare_cached(sql)?;
    let papers = statement.query_map([request], |row| {
        Ok(Attachment { id: row.get(0)?, name: row.get(1)?, pages: row.get::<_, Json<_>>(2)?.0 })
    })?;
    Ok(papers.collect::<rusqlite::Result<_>>()?)
}

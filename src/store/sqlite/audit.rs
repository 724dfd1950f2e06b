//! The audit log: every entry takes the hash of the last one and becomes the last, in the transaction of
//! what it tells of. Never changes an entry.

use super::super::{AuditFilter, AuditStore, Result};
use super::SqliteStore;
use super::columns::{Micros, Place};
use super::fault::Answer;
use super::requests::at_most;
use super::steps::changed_one;
use crate::domain::account::By;
use crate::domain::audit::{Act, AuditEntry, Break, ChainEnd, NewAudit};
use crate::domain::id::AuditId;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

const COLUMNS: &str =
    "number, id, at, who, what, record_kind, record_id, from_address, detail, previous_hash, hash";

/// The end of the log. Reads the last row by its key.
pub(super) const END: &str = "SELECT number, hash FROM audit_end WHERE id = 1";

impl AuditStore for SqliteStore {
    fn append_audit(&self, new: &NewAudit, now: Timestamp) -> Result<AuditEntry> {
        self.write("writing the audit log", |connection| append(connection, new, now))
    }

    fn audit(&self, filter: &AuditFilter, limit: usize) -> Result<Vec<AuditEntry>> {
        self.read("reading the audit log", |connection| list(connection, filter, limit))
    }

    fn verify_audit(&self) -> Result<std::result::Result<ChainEnd, Break>> {
        self.read("checking the audit log", verify)
    }
}

/// Appends one entry.
pub(super) fn append(connection: &Connection, new: &NewAudit, now: Timestamp) -> Answer<AuditEntry> {
    let at = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
    let entry = end(connection)?.next(new, AuditId::new_at(now), at);
    let sql = format!("INSERT INTO audit ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    connection.prepare_cached(&sql)?.execute(params![
        Place(entry.number),
        entry.id,
        Micros(entry.at),
        entry.who,
        entry.what,
        entry.record_kind,
        entry.record_id,
        entry.from_address,
        entry.detail,
        entry.previous_hash,
        entry.hash,
    ])?;
    let sql = "UPDATE audit_end SET number = ?1, hash = ?2 WHERE id = 1";
    changed_one(connection.prepare_cached(sql)?.execute(params![Place(entry.number), entry.hash])?)?;
    Ok(entry)
}

/// Appends that `by` changed a record.
pub(super) fn changed(
    connection: &Connection,
    by: &By,
    record: (&str, &str),
    detail: &str,
    now: Timestamp,
) -> Answer<()> {
    acted(connection, by, Act::Change, record, detail, now)
}

/// Appends that `by` did something to a record.
pub(super) fn acted(
    connection: &Connection,
    by: &By,
    what: Act,
    (kind, id): (&str, &str),
    detail: &str,
    now: Timestamp,
) -> Answer<()> {
    let new = NewAudit {
        who: by.user,
        what,
        record_kind: kind.to_owned(),
        record_id: id.to_owned(),
        from_address: by.from_address.clone(),
        detail: detail.to_owned(),
    };
    append(connection, &new, now).map(drop)
}

fn end(connection: &Connection) -> Answer<ChainEnd> {
    let row =
        |row: &Row<'_>| Ok(ChainEnd { number: row.get::<_, Place>("number")?.0, hash: row.get("hash")? });
    Ok(connection.prepare_cached(END)?.query_row([], row)?)
}

fn list(connection: &Connection, filter: &AuditFilter, limit: usize) -> Answer<Vec<AuditEntry>> {
    let (kind, id) = filter.record.as_ref().map_or((None, None), |(kind, id)| (Some(kind), Some(id)));
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE {} ORDER BY number DESC LIMIT ?4", narrowed(filter));
    let mut statement = connection.prepare_cached(&sql)?;
    // Every parameter is bound, also where the condition does not name it.
    let rows = statement.query_map(params![kind, id, filter.who, at_most(limit)], entry)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A condition that an index answers: `OR … IS NULL` would read the whole log.
pub(super) fn narrowed(filter: &AuditFilter) -> &'static str {
    match (&filter.record, filter.who) {
        (Some(_), Some(_)) => "record_kind = ?1 AND record_id = ?2 AND who = ?3",
        (Some(_), None) => "record_kind = ?1 AND record_id = ?2 AND ?3 IS NULL",
        (None, Some(_)) => "who = ?3 AND ?1 IS NULL AND ?2 IS NULL",
        (None, None) => "?1 IS NULL AND ?2 IS NULL AND ?3 IS NULL",
    }
}

fn verify(connection: &Connection) -> Answer<std::result::Result<ChainEnd, Break>> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM audit ORDER BY number"))?;
    let mut rows = statement.query([])?;
    let mut seen = ChainEnd::default();
    while let Some(row) = rows.next()? {
        if let Err(broken) = seen.follow(&entry(row)?) {
            return Ok(Err(broken));
        }
    }
    Ok(seen.is_end(&end(connection)?).map(|()| seen))
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        number: row.get::<_, Place>("number")?.0,
        id: row.get("id")?,
        at: row.get::<_, Micros>("at")?.0,
        who: row.get("who")?,
        what: row.get("what")?,
        record_kind: row.get("record_kind")?,
        record_id: row.get("record_id")?,
        from_address: row.get("from_address")?,
        detail: row.get("detail")?,
        previous_hash: row.get("previous_hash")?,
        hash: row.get("hash")?,
    })
}

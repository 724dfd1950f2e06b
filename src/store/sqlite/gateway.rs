//! The gateway's own state: the hold on sending, and the log.

use super::super::{GATEWAY, GatewayStore, Result, UnansweredRow};
use super::fault::Answer;
use super::steps::{append, changed_one, events, events_after, last_event, note, step_delivery};
use super::{SqliteStore, backup, report};
use crate::domain::event::{Event, Subject};
use crate::domain::id::DeliveryId;
use crate::domain::state::DeliveryState;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;

/// What the hold keeps back, and what lifting it lets go. Each reads an index of its own.
pub(super) const QUEUED: &str = "SELECT id FROM delivery WHERE state = 'queued'";
pub(super) const HELD: &str = "SELECT id FROM delivery WHERE state = 'held'";

impl GatewayStore for SqliteStore {
    fn hold(&self) -> Result<Option<String>> {
        self.read("reading the hold", hold)
    }

    fn set_hold(&self, why: Option<&str>, now: Timestamp) -> Result<()> {
        self.write("setting the hold", |connection| set_hold(connection, why, now))
    }

    fn events(&self, subject: Subject, id: &str) -> Result<Vec<Event>> {
        self.read("reading the log", |connection| events(connection, subject, id))
    }

    fn events_after(&self, cursor: u64, limit: usize) -> Result<Vec<(u64, Event)>> {
        self.read("reading the log", |connection| events_after(connection, cursor, limit))
    }

    fn last_event(&self) -> Result<u64> {
        self.read("reading the log", last_event)
    }

    fn append_event(&self, event: &Event) -> Result<()> {
        self.write("writing the log", |connection| append(connection, event))
    }

    fn unanswered(&self, from: Date, to: Date) -> Result<Vec<UnansweredRow>> {
        self.read("counting answers", |connection| report::unanswered(connection, from, to))
    }

    fn backup(&self, file: &Path, extra: &BTreeMap<String, Vec<u8>>, now: Timestamp) -> Result<()> {
        backup::write(&self.database, &self.blobs, file, extra, now)?;
        self.write("noting the backup", |connection| {
            append(connection, &note(Subject::Gateway, GATEWAY, "backup_written", "", now))
        })
    }
}

/// Why sending is on hold.
pub(super) fn hold(connection: &Connection) -> Answer<Option<String>> {
    let sql = "SELECT hold_reason FROM gateway WHERE id = 1";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Sets or lifts the hold and moves what is in the outbox.
pub(super) fn set_hold(connection: &Connection, why: Option<&str>, now: Timestamp) -> Answer<()> {
    let sql = "UPDATE gateway SET hold_reason = ?1 WHERE id = 1";
    changed_one(connection.prepare_cached(sql)?.execute([why])?)?;
    let what = if why.is_some() { "hold_set" } else { "hold_lifted" };
    append(connection, &note(Subject::Gateway, GATEWAY, what, why.unwrap_or_default(), now))?;
    let (queued, step) = if why.is_some() {
        (QUEUED, (DeliveryState::Queued, DeliveryState::Held))
    } else {
        (HELD, (DeliveryState::Held, DeliveryState::Queued))
    };
    let mut statement = connection.prepare_cached(queued)?;
    let moved: Vec<DeliveryId> =
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    moved.into_iter().try_for_each(|id| step_delivery(connection, id, step, "", now))
}

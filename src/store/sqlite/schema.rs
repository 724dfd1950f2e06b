//! The tables and how they came about: numbered migrations, each run once, in one transaction with its
//! number (`PRAGMA user_version`). A migration that was released is never changed; a new one is added
//! at the end. Holds no query.

use super::fault::{Answer, refused};
use super::in_transaction;
use rusqlite::Connection;

/// Number `n` stands at place `n - 1`.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/1_tables.sql"),
    include_str!("migrations/2_append_only.sql"),
    include_str!("migrations/3_indexes.sql"),
    include_str!("migrations/4_people.sql"),
    include_str!("migrations/5_links.sql"),
    include_str!("migrations/6_letters.sql"),
    include_str!("migrations/7_attachments.sql"),
    include_str!("migrations/8_passphrases.sql"),
    include_str!("migrations/9_blank_sheets.sql"),
    include_str!("migrations/10_results.sql"),
    include_str!("migrations/11_splits.sql"),
];

/// Brings the database up to date; refuses one that a newer program has written.
pub(super) fn migrate(connection: &mut Connection) -> Answer<()> {
    migrate_to(connection, MIGRATIONS.len())
}

/// The number of the last migration that ran; 0 for an empty database.
pub(super) fn version(connection: &Connection) -> Answer<usize> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    usize::try_from(version).map_err(|_| newer(version))
}

/// Refuses a version that this program does not know.
pub(super) fn assert_known(version: usize) -> Answer<()> {
    if version <= MIGRATIONS.len() { Ok(()) } else { Err(newer(version as i64)) }
}

/// Runs what is missing up to number `last`. Another program may do the same at this moment: the
/// version is read again inside each transaction.
pub(super) fn migrate_to(connection: &mut Connection, last: usize) -> Answer<()> {
    loop {
        let before = version(connection)?;
        assert_known(before)?;
        if before >= last {
            return Ok(());
        }
        in_transaction(connection, next_migration)?;
    }
}

fn next_migration(connection: &Connection) -> Answer<()> {
    let done = version(connection)?;
    if let Some(sql) = MIGRATIONS.get(done) {
        connection.execute_batch(sql)?;
        connection.pragma_update(None, "user_version", (done + 1) as i64)?;
    }
    Ok(())
}

fn newer(version: i64) -> super::fault::Fault {
    let known = MIGRATIONS.len();
    refused(format!(
        "このデータはより新しい連絡(版 {version})で作られています。プログラムを新しくしてください / the data was written by \
         a newer renraku (its tables are version {version}, this program knows {known}): install the newer program"
    ))
}

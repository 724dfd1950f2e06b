//! Connections: one that writes, a few that read. Refuses to work on a database that would not keep
//! what it commits. Knows no table.

use super::fault::{Answer, Fault, refused};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long a connection waits for another process's write. Writes take milliseconds; a backup does
/// not block them.
pub(super) const BUSY: Duration = Duration::from_secs(10);
/// Connections for reading; each has its own page cache.
const READERS: usize = 3;
/// `PRAGMA synchronous` reads back as a number: 2 is FULL.
const SYNCHRONOUS_FULL: i64 = 2;

/// Opens the connection that writes and checks what it promises.
pub(super) fn writer(database: &Path) -> Answer<Connection> {
    let connection = Connection::open_with_flags(database, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    connection.busy_timeout(BUSY)?;
    set_wal(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "recursive_triggers", true)?;
    assert_durable(&connection)?;
    Ok(connection)
}

/// Reads back what makes a commit durable. WAL with NORMAL may roll a commit back on power loss
/// (<https://sqlite.org/pragma.html#pragma_synchronous>).
pub(super) fn assert_durable(connection: &Connection) -> Answer<()> {
    let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    let foreign_keys: bool = connection.pragma_query_value(None, "foreign_keys", |row| row.get(0))?;
    if journal == "wal" && synchronous == SYNCHRONOUS_FULL && foreign_keys {
        return Ok(());
    }
    Err(refused(format!(
        "データベースが安全に書き込める設定になりません(journal_mode={journal}, synchronous={synchronous}, \
         foreign_keys={foreign_keys})。データをこの機械のディスクに置いてください / the database cannot be made to keep \
         what it commits: put the data directory on a local disk, not on a network share"
    )))
}

/// Turning WAL on needs the file for itself for a moment, and `SQLite` does not wait for that by itself:
/// two programs that open a new store at once would meet here.
fn set_wal(connection: &Connection) -> Answer<()> {
    for _ in 0..100 {
        match connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0)) {
            Err(error) if is_busy(&error) => std::thread::sleep(BUSY / 1000),
            set => return set.map(drop).map_err(Fault::from),
        }
    }
    Err(refused(
        "データベースが他のプログラムに使われています。少し待ってもう一度お試しください / another program holds the database: \
         wait a moment and try again",
    ))
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
    )
}

fn flags(access: OpenFlags) -> OpenFlags {
    access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE
}

/// The connections that read.
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    freed: Condvar,
}

/// A reading connection, given back when dropped.
pub(super) struct Reader<'a> {
    home: &'a Readers,
    connection: Option<Connection>,
}

impl Readers {
    pub(super) fn open(database: &Path) -> Answer<Self> {
        let idle = (0..READERS).map(|_| reader(database)).collect::<Answer<Vec<_>>>()?;
        Ok(Self { idle: Mutex::new(idle), freed: Condvar::new() })
    }

    /// Takes a connection, waiting until one is free. Nobody takes two, so nobody waits for ever.
    pub(super) fn take(&self) -> Reader<'_> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(connection) = idle.pop() {
                return Reader { home: self, connection: Some(connection) };
            }
            idle = self.freed.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Reader<'_> {
    pub(super) fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("a reader keeps its connection until it is dropped")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut idle = self.home.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.connection.take());
        self.home.freed.notify_one();
    }
}

/// Opens a connection that cannot write.
pub(super) fn reader(database: &Path) -> Answer<Connection> {
    let connection = Connection::open_with_flags(database, flags(OpenFlags::SQLITE_OPEN_READ_ONLY))?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

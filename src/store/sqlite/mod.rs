//! The store in one `SQLite` database (`renraku.sqlite3`) with the blobs beside it (`blobs/`).
//! One writer, several readers; every write is whole or not at all, and those that meet share a transaction. No type of
//! the database crate leaves this module.
//!
//! What is committed is durable: WAL with `synchronous=FULL`, both checked at every start. This is
//! proven by tests against the death of the process at any moment; against the loss of power it rests
//! on `SQLite`'s and the disk's promise to flush (<https://sqlite.org/atomiccommit.html>).

mod accounts;
mod arrivals;
mod attachments;
mod audit;
mod backup;
mod blank_sheets;
mod columns;
mod connection;
mod deliveries;
mod directory;
mod doubt;
mod fault;
mod filing;
mod gateway;
mod handed_on;
mod letters;
mod links;
mod number_tests;
mod outcome;
mod page_sets;
mod passphrases;
mod replies;
mod report;
mod requests;
mod restore;
mod results;
mod reviews;
mod schema;
mod sessions;
mod sheets;
mod splits;
mod standing;
mod steps;
mod writer;

pub use restore::restore;

use super::blob::FileBlobs;
use super::files::{private_dir, private_file, sync_dir};
use super::{Blobs, Result, Store, StoreError};
use connection::Readers;
use fault::Answer;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use writer::Writer;

/// The database's name in the data directory.
const DATABASE: &str = "renraku.sqlite3";
/// The blobs' name in the data directory.
const BLOBS: &str = "blobs";

/// A store in a data directory. Several may be open on one directory, in one process or several.
pub struct SqliteStore {
    database: PathBuf,
    writer: Writer,
    readers: Readers,
    blobs: FileBlobs,
}

impl SqliteStore {
    /// Opens the store in `dir`, making what is missing, for the owner alone (0700, 0600), and brings
    /// the tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the database is newer than this program or does not keep what it
    /// commits; [`StoreError::Failed`] when the directory or the database cannot be used.
    pub fn open(dir: &Path) -> Result<Self> {
        let act = "opening the store";
        let database = dir.join(DATABASE);
        make(dir, &database).map_err(|error| StoreError::Failed { act, cause: error.to_string() })?;
        let mut writer = connection::writer(&database).map_err(|fault| fault.during(act))?;
        schema::migrate(&mut writer).map_err(|fault| fault.during(act))?;
        let readers = Readers::open(&database).map_err(|fault| fault.during(act))?;
        let blobs = FileBlobs::open(&dir.join(BLOBS))?;
        Ok(Self { database, writer: Writer::new(writer), readers, blobs })
    }

    /// Runs `work` in a transaction of its own on a reader: it sees one moment.
    fn read<T>(&self, act: &'static str, work: impl FnOnce(&Connection) -> Answer<T>) -> Result<T> {
        let reader = self.readers.take();
        let run = || {
            let moment = reader.connection().unchecked_transaction()?;
            let found = work(&moment)?;
            moment.commit()?;
            Ok(found)
        };
        run().map_err(|fault: fault::Fault| fault.during(act))
    }

    /// Runs `work` on the writer; nothing of it stays unless all of it succeeds, and it is durable when this returns.
    fn write<T>(&self, act: &'static str, work: impl FnOnce(&Connection) -> Answer<T>) -> Result<T> {
        self.writer.write(work).map_err(|fault| fault.during(act))
    }
}

impl Store for SqliteStore {
    fn blobs(&self) -> &dyn Blobs {
        &self.blobs
    }
}

fn make(dir: &Path, database: &Path) -> std::io::Result<()> {
    private_dir(dir)?;
    // Made before SQLite does, which would follow the umask; -wal and -shm take their mode from it.
    private_file(database)?;
    sync_dir(dir)
}

fn in_transaction<T>(connection: &mut Connection, work: impl FnOnce(&Connection) -> Answer<T>) -> Answer<T> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

#[cfg(test)]
mod tests;

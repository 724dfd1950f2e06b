//! One file with everything: a snapshot of the database, every blob that its rows name, and a few
//! small files such as the keyring. Written while work goes on; whole or not at all.
//!
//! The file holds client data and keys: it is for the owner alone (0600), and is to be kept like them.

use super::super::files::{new_private_file, parent_of, sync_dir};
use super::super::{Blobs, Result, StoreError};
use super::columns::Micros;
use super::fault::{Answer, Fault, refused};
use crate::domain::request::BlobId;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, params};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What a backup has beside the tables of the store. [`super::restore`] takes it out again.
const TABLES: &str = "
    CREATE TABLE backup_made (at INTEGER NOT NULL) STRICT;                             -- when
    CREATE TABLE backup_blob (id TEXT NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT;   -- the blobs
    CREATE TABLE backup_file (name TEXT NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT; -- the small files
";

/// Every blob that a row names.
pub(super) const NAMED_BLOBS: &str = "SELECT pdf AS id FROM sheet UNION SELECT blob FROM arrival \
    UNION SELECT crop.value FROM arrival_page, json_each(arrival_page.crops) AS crop \
    UNION SELECT picture.value FROM reply, json_each(reply.handwriting) AS picture \
    UNION SELECT pdf FROM number_test WHERE pdf IS NOT NULL \
    UNION SELECT page.value ->> 'g4' FROM attachment, json_each(attachment.pages) AS page \
    UNION SELECT pdf FROM blank_sheet \
    UNION SELECT picture.value FROM message, json_each(message.handwriting) AS picture";

/// What goes into a backup.
struct Contents<'a> {
    database: &'a Path,
    blobs: &'a dyn Blobs,
    extra: &'a BTreeMap<String, Vec<u8>>,
    now: Timestamp,
}

/// Writes the backup to `file`, which must not exist.
pub(super) fn write(
    database: &Path,
    blobs: &dyn Blobs,
    file: &Path,
    extra: &BTreeMap<String, Vec<u8>>,
    now: Timestamp,
) -> Result<()> {
    assert_new(file).map_err(during)?;
    let temporary = beside(file);
    let contents = Contents { database, blobs, extra, now };
    let written = build(&contents, &temporary).and_then(|()| publish(&temporary, file));
    if written.is_err() {
        // The backup has failed already; a leftover is overwritten next time.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(during)
}

/// Asks `SQLite` whether the file is whole: every page, and every reference between rows.
pub(super) fn assert_whole(connection: &Connection) -> Answer<()> {
    let verdict: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    let dangling = connection.prepare("SELECT 1 FROM pragma_foreign_key_check")?.exists([])?;
    if verdict == "ok" && !dangling {
        return Ok(());
    }
    Err(refused(format!(
        "バックアップの内容が壊れています。別のバックアップを使ってください / the backup is damaged ({verdict}): use another one"
    )))
}

/// An error of the file system as a fault.
pub(super) fn disk(act: &'static str) -> impl Fn(io::Error) -> Fault {
    move |error| Fault::Told(StoreError::Failed { act, cause: error.to_string() })
}

fn build(contents: &Contents<'_>, temporary: &Path) -> Answer<()> {
    if temporary.exists() {
        fs::remove_file(temporary).map_err(disk("removing an unfinished backup"))?;
    }
    new_private_file(temporary).map_err(disk("making the backup file"))?;
    snapshot(contents.database, temporary)?;
    let mut backup = Connection::open_with_flags(temporary, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Nobody sees the file before it is flushed as a whole.
    backup.pragma_update(None, "synchronous", "OFF")?;
    super::in_transaction(&mut backup, |backup| fill(backup, contents))?;
    assert_whole(&backup)?;
    backup.close().map_err(|(_, error)| error)?;
    File::open(temporary).and_then(|file| file.sync_all()).map_err(disk("flushing the backup"))
}

/// One moment of the database, without stopping those who write.
fn snapshot(database: &Path, into: &Path) -> Answer<()> {
    let into = into
        .to_str()
        .ok_or_else(|| refused("ファイル名を英数字にしてください / give the file a plain name"))?;
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(super::connection::BUSY)?;
    connection.execute("VACUUM INTO ?1", [into])?;
    Ok(())
}

fn fill(backup: &Connection, contents: &Contents<'_>) -> Answer<()> {
    backup.execute_batch(TABLES)?;
    backup.execute("INSERT INTO backup_made (at) VALUES (?1)", [Micros(contents.now)])?;
    let mut named = backup.prepare(NAMED_BLOBS)?;
    for id in named.query_map([], |row| row.get::<_, BlobId>(0))? {
        let id = id?;
        let bytes = contents.blobs.get(&id)?;
        backup.execute("INSERT INTO backup_blob (id, bytes) VALUES (?1, ?2)", params![id, bytes])?;
    }
    for (name, bytes) in contents.extra {
        backup.execute("INSERT INTO backup_file (name, bytes) VALUES (?1, ?2)", params![name, bytes])?;
    }
    Ok(())
}

fn publish(temporary: &Path, file: &Path) -> Answer<()> {
    assert_new(file)?;
    fs::rename(temporary, file).and_then(|()| sync_dir(parent_of(file))).map_err(disk("naming the backup"))
}

fn assert_new(file: &Path) -> Answer<()> {
    if file.symlink_metadata().is_err() {
        return Ok(());
    }
    Err(refused(format!(
        "「{name}」はすでにあります。別の名前にしてください / {name} exists: choose another name, a backup is never overwritten",
        name = file.display()
    )))
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

fn during(fault: Fault) -> StoreError {
    fault.during("writing a backup")
}

//! A backup becomes a data directory again, with sending on hold: its outbox is as old as the backup,
//! and what stands in it may have left since. Whole or not at all.

use super::super::blob::{FileBlobs, id_of};
use super::super::files::{new_private_file, parent_of, private_dir, sync_dir};
use super::super::{Blobs, GATEWAY, Result};
use super::backup::{NAMED_BLOBS, assert_whole, disk};
use super::columns::Micros;
use super::fault::{Answer, Fault, refused};
use super::steps::{append, note};
use super::{BLOBS, DATABASE, arrivals, connection, gateway, in_transaction, outcome, schema};
use crate::domain::event::Subject;
use crate::domain::request::BlobId;
use crate::seal::random;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Request numbers given out after the backup was made stand on paper already: the restored store
/// leaves this many unused, so that no number is said of two requests.
const NUMBERS_LEFT_OUT: u32 = 1000;

/// The small files that went with a backup: name and bytes.
type SmallFiles = Vec<(String, Vec<u8>)>;

/// Makes the data directory `into_dir` (missing or empty) from the backup `file` and returns the small
/// files that went with it, for the caller to place. Sending is on hold; what was being sent is held,
/// or in doubt when its text had begun to leave.
///
/// # Errors
/// [`super::super::StoreError::Refused`] when the target is in use, or the file is no backup, is
/// damaged, or is of a newer program; nothing is left behind then.
pub fn restore(file: &Path, into_dir: &Path, now: Timestamp) -> Result<SmallFiles> {
    restored(file, into_dir, now).map_err(|fault| fault.during("restoring a backup"))
}

fn restored(file: &Path, into_dir: &Path, now: Timestamp) -> Answer<SmallFiles> {
    assert_unused(into_dir)?;
    assert_backup(file)?;
    let parent = parent_of(into_dir);
    let name = random::token().map_err(io::Error::other).map_err(disk("naming the data directory"))?;
    let building = parent.join(format!(".restoring-{name}"));
    private_dir(&building).map_err(disk("making the data directory"))?;
    let built = build(file, &building, now).and_then(|small_files| {
        // Takes the place of an empty directory, never of one with anything in it (rename(2)).
        fs::rename(&building, into_dir).map_err(disk("naming the data directory"))?;
        sync_dir(parent).map_err(disk("flushing the data directory"))?;
        Ok(small_files)
    });
    if built.is_err() {
        // The restore has failed already; what is left has a name that nobody takes for a store.
        let _ = fs::remove_dir_all(&building);
    }
    built
}

fn assert_unused(dir: &Path) -> Answer<()> {
    let unused = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if unused {
        return Ok(());
    }
    Err(refused(format!(
        "「{name}」は空ではありません。空のフォルダを指定してください / {name} is not an empty directory: name an empty or a new one",
        name = dir.display()
    )))
}

fn assert_backup(file: &Path) -> Answer<()> {
    assert_one_file(file)?;
    let backup = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|error| not_a_backup(&error))?;
    let tables =
        "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('backup_made', 'backup_blob', 'backup_file')";
    let tables: i64 = backup.query_row(tables, [], |row| row.get(0)).map_err(|error| not_a_backup(&error))?;
    let version = schema::version(&backup)?;
    if tables != 3 || version == 0 {
        return Err(no_backup("its tables are missing"));
    }
    schema::assert_known(version)?;
    assert_whole(&backup)
}

/// A backup is one file. A database with a log beside it is not: opening it would already write there.
/// (<https://sqlite.org/fileformat.html>: the first 16 bytes; byte 18 is 1 without WAL.)
fn assert_one_file(file: &Path) -> Answer<()> {
    let mut header = [0_u8; 19];
    let read = File::open(file).and_then(|mut file| file.read_exact(&mut header));
    match (read, &header) {
        (Err(error), _) => Err(no_backup(&error.to_string())),
        (Ok(()), [magic @ .., _, 1]) if magic.starts_with(b"SQLite format 3\0") => Ok(()),
        _ => Err(no_backup("it does not begin as one")),
    }
}

fn not_a_backup(error: &rusqlite::Error) -> Fault {
    no_backup(&error.to_string())
}

fn no_backup(why: &str) -> Fault {
    refused(format!(
        "連絡のバックアップではないか、開けません。ファイルをお確かめください / this is not a backup of renraku, or cannot be \
         opened ({why}): check the file's name"
    ))
}

fn build(file: &Path, dir: &Path, now: Timestamp) -> Answer<SmallFiles> {
    let database = dir.join(DATABASE);
    copy(file, &database).map_err(disk("copying the backup"))?;
    let (small_files, made_at) = take_out(&database, &dir.join(BLOBS))?;
    let mut store = connection::writer(&database)?;
    schema::migrate(&mut store)?;
    in_transaction(&mut store, |store| hold_everything(store, made_at, now))?;
    assert_whole(&store)?;
    // Closing the only connection moves the log into the database and removes it.
    store.close().map_err(|(_, error)| error)?;
    File::open(&database).and_then(|file| file.sync_all()).map_err(disk("flushing the database"))?;
    sync_dir(dir).map_err(disk("flushing the data directory"))?;
    Ok(small_files)
}

fn copy(file: &Path, to: &Path) -> io::Result<u64> {
    io::copy(&mut File::open(file)?, &mut new_private_file(to)?)
}

/// Takes what only a backup has out of the copy; the keys must not stay in its free pages (VACUUM).
fn take_out(database: &PathBuf, blobs: &Path) -> Answer<(SmallFiles, Timestamp)> {
    let copy = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let made_at = copy.query_row("SELECT at FROM backup_made", [], |row| row.get::<_, Micros>(0))?.0;
    let small_files = small_files(&copy)?;
    take_out_blobs(&copy, &FileBlobs::open(blobs)?)?;
    copy.execute_batch("DROP TABLE backup_made; DROP TABLE backup_blob; DROP TABLE backup_file; VACUUM")?;
    copy.close().map_err(|(_, error)| error)?;
    Ok((small_files, made_at))
}

fn small_files(copy: &Connection) -> Answer<SmallFiles> {
    let mut statement = copy.prepare("SELECT name, bytes FROM backup_file ORDER BY name")?;
    let files = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let files: SmallFiles = files.collect::<rusqlite::Result<_>>()?;
    // The caller will write them: none may point out of its directory.
    let plain = |name: &str| Path::new(name).file_name() == Some(OsStr::new(name));
    match files.iter().find(|(name, _)| !plain(name)) {
        None => Ok(files),
        Some((name, _)) => Err(no_backup(&format!("'{name}' is not a plain file name"))),
    }
}

fn take_out_blobs(copy: &Connection, blobs: &FileBlobs) -> Answer<()> {
    let missing = format!("SELECT 1 FROM ({NAMED_BLOBS}) WHERE id NOT IN (SELECT id FROM backup_blob)");
    if copy.prepare(&missing)?.exists([])? {
        return Err(damaged("a blob is missing"));
    }
    let mut statement = copy.prepare("SELECT id, bytes FROM backup_blob")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, bytes): (BlobId, Vec<u8>) = (row.get(0)?, row.get(1)?);
        if id_of(&bytes) != id {
            return Err(damaged(&format!("the bytes of {} do not fit their name", id.0)));
        }
        blobs.put(&bytes)?;
    }
    Ok(())
}

fn damaged(why: &str) -> Fault {
    refused(format!(
        "バックアップの内容が壊れています。別のバックアップを使ってください / the backup is damaged ({why}): use another one"
    ))
}

/// Nothing leaves a restored store before a person has looked.
fn hold_everything(store: &Connection, made_at: Timestamp, now: Timestamp) -> Answer<()> {
    let why = format!(
        "{made_at} のバックアップから戻しました。送信待ちをご確認のうえ、保留を解いてください / restored from the backup of \
         {made_at}: release when you have looked at the outbox"
    );
    append(store, &note(Subject::Gateway, GATEWAY, "restored", &made_at.to_string(), now))?;
    gateway::set_hold(store, Some(&why), now)?;
    outcome::recover(store, true, now)?;
    arrivals::recover(store, true, now)?;
    // Who was signed in then is not signed in now.
    store.execute("DELETE FROM session", [])?;
    store.execute("DELETE FROM link_pass", [])?;
    store.execute("UPDATE request_counter SET last = last + ?1", [NUMBERS_LEFT_OUT])?;
    Ok(())
}

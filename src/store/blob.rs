//! Large bytes as files, named by their content: `ab/abcdef…`. A blob is durable, bytes and name,
//! before its id is handed out. Never deletes a blob, never knows what the bytes mean.
//!
//! Durable means: `fsync` of the file and of its directories was called and succeeded. What is proven
//! by tests is the death of the process, not the loss of power, which depends on the disk as well.

use super::files::{new_private_file, private_dir, sync_dir};
use super::{Blobs, Result, StoreError};
use crate::domain::request::BlobId;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// A temporary file older than this was left by a process that died: no write takes a day.
const LEFT_BEHIND: Duration = Duration::from_hours(24);

/// Blobs in a directory of the local disk.
#[derive(Debug)]
pub struct FileBlobs {
    dir: PathBuf,
    /// Directories below that are known to be durable: they are flushed into `dir` once, and never removed.
    shards: Mutex<BTreeSet<PathBuf>>,
}

impl FileBlobs {
    /// Opens the directory, making it when it is missing (0700), and clears away temporary files
    /// that are older than a day.
    ///
    /// # Errors
    /// When the directory cannot be made or read.
    pub fn open(dir: &Path) -> Result<Self> {
        let blobs = Self { dir: dir.to_owned(), shards: Mutex::default() };
        private_dir(&blobs.temporary()).map_err(|error| failed("opening the blobs", &error))?;
        blobs
            .clear_temporary(SystemTime::now())
            .map_err(|error| failed("clearing old blobs away", &error))?;
        Ok(blobs)
    }

    fn temporary(&self) -> PathBuf {
        self.dir.join("tmp")
    }

    /// Where a blob lies; `None` when the id is not the name of a blob.
    fn path(&self, id: &BlobId) -> Option<PathBuf> {
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let ours = id.0.len() == 64 && id.0.bytes().all(hexadecimal);
        ours.then(|| self.dir.join(id.0.get(..2).unwrap_or_default()).join(&id.0))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let shard = super::files::parent_of(path);
        let known = || self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        let durable = known().contains(shard) && shard.is_dir();
        if !durable {
            private_dir(shard)?;
        }
        // Also mends a blob that the disk has damaged: these are the right bytes.
        if !fs::read(path).is_ok_and(|stored| stored == bytes) {
            self.write_new(path, bytes)?;
        }
        // Also for a blob that was there: who wrote it may have died before flushing its name.
        sync_dir(shard)?;
        if !durable {
            sync_dir(&self.dir)?;
            known().insert(shard.to_owned());
        }
        Ok(())
    }

    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let temporary = self.temporary().join(Uuid::now_v7().to_string());
        let mut file = new_private_file(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    }

    fn clear_temporary(&self, now: SystemTime) -> io::Result<()> {
        for entry in fs::read_dir(self.temporary())? {
            let entry = entry?;
            let changed = entry.metadata().and_then(|metadata| metadata.modified());
            let age = changed.ok().and_then(|changed| now.duration_since(changed).ok());
            if age.is_some_and(|age| age > LEFT_BEHIND) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Blobs for FileBlobs {
    fn put(&self, bytes: &[u8]) -> Result<BlobId> {
        let id = id_of(bytes);
        let path = self.path(&id).ok_or_else(|| not_found(&id))?;
        self.write(&path, bytes).map_err(|error| failed("storing a blob", &error))?;
        Ok(id)
    }

    fn get(&self, id: &BlobId) -> Result<Vec<u8>> {
        let path = self.path(id).ok_or_else(|| not_found(id))?;
        let bytes = fs::read(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => not_found(id),
            _ => failed("reading a blob", &error),
        })?;
        if id_of(&bytes) == *id {
            return Ok(bytes);
        }
        let cause = format!(
            "保存ファイル {} が壊れています。バックアップから戻してください / the stored bytes of {} no longer fit their name: \
             restore them from a backup",
            id.0, id.0
        );
        Err(StoreError::Failed { act: "reading a blob", cause })
    }
}

/// The name of the bytes.
#[must_use]
pub fn id_of(bytes: &[u8]) -> BlobId {
    let mut name = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(name, "{byte:02x}");
    }
    BlobId(name)
}

fn not_found(id: &BlobId) -> StoreError {
    StoreError::NotFound { what: "blob", id: id.0.clone() }
}

fn failed(act: &'static str, error: &io::Error) -> StoreError {
    StoreError::Failed { act, cause: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn files_below(dir: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() { found.extend(files_below(&entry)) } else { found.push(entry) }
        }
        found
    }

    #[test]
    fn the_same_bytes_are_one_private_file_named_by_their_hash() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = FileBlobs::open(&dir.path().join("deep/blobs")).unwrap();
        let id = blobs.put(b"abc").unwrap();
        // FIPS 180-4, the digest of "abc".
        assert_eq!(id.0, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(blobs.put(b"abc").unwrap(), id);
        assert_eq!(blobs.get(&id).unwrap(), b"abc");
        assert_eq!(blobs.get(&blobs.put(b"").unwrap()).unwrap(), b"");
        let files = files_below(dir.path());
        assert_eq!(files.len(), 2, "{files:?}");
        for file in files {
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            let shard = fs::metadata(file.parent().unwrap()).unwrap();
            assert_eq!(shard.permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn damaged_bytes_are_never_handed_out_and_mended_by_the_right_ones() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = FileBlobs::open(dir.path()).unwrap();
        let id = blobs.put(b"the doctor ticked yes").unwrap();
        fs::write(blobs.path(&id).unwrap(), b"the doctor ticked no!").unwrap();
        assert!(matches!(blobs.get(&id), Err(StoreError::Failed { .. })));
        assert_eq!(blobs.put(b"the doctor ticked yes").unwrap(), id);
        assert_eq!(blobs.get(&id).unwrap(), b"the doctor ticked yes");
    }

    #[test]
    fn a_name_that_is_no_hash_is_not_found_wherever_it_points() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("secret"), b"key").unwrap();
        let blobs = FileBlobs::open(&dir.path().join("blobs")).unwrap();
        for name in ["", "../secret", "ab", &"A".repeat(64), &"0".repeat(64), &"é".repeat(32)] {
            assert!(
                matches!(blobs.get(&BlobId(name.to_owned())), Err(StoreError::NotFound { .. })),
                "{name}"
            );
        }
    }

    #[test]
    fn only_old_temporary_files_are_cleared() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = FileBlobs::open(dir.path()).unwrap();
        let left = blobs.temporary().join("left");
        fs::write(&left, b"half").unwrap();
        blobs.clear_temporary(SystemTime::now() + Duration::from_hours(23)).unwrap();
        assert!(left.exists());
        blobs.clear_temporary(SystemTime::now() + Duration::from_hours(25)).unwrap();
        assert!(!left.exists());
    }

    #[test]
    fn many_threads_may_store_the_same_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = FileBlobs::open(dir.path()).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..5_u8).for_each(|byte| drop(blobs.put(&[byte; 1000]).unwrap())));
            }
        });
        assert_eq!(files_below(dir.path()).len(), 5);
    }
}

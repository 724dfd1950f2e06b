//! One worker process at a time for a data directory. The system lets go of the lock when its holder dies,
//! however it dies; so whoever gets it knows that no other worker lives, and may take over its work at once.

use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::path::Path;

/// Why the work cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error(
        "このデータフォルダでは、すでに別の renraku が動いています。終わるのを待つか、止めてください / another renraku works on this data directory: wait for it or stop it"
    )]
    Taken,
    /// The lock file cannot be used.
    #[error("the lock file cannot be used: {0}")]
    Io(#[from] std::io::Error),
}

/// Held while this value lives.
#[derive(Debug)]
pub struct WorkerLock(#[allow(dead_code, reason = "the open file is the lock")] File);

impl WorkerLock {
    /// Takes the lock of a data directory.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn take(data: &Path) -> Result<Self, LockError> {
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(data.join("worker.lock"))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(LockError::Taken),
            Err(error) => Err(LockError::Io(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_worker_has_the_lock_and_it_is_free_again_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let first = WorkerLock::take(dir.path()).unwrap();
        assert!(matches!(WorkerLock::take(dir.path()), Err(LockError::Taken)));
        drop(first);
        assert!(WorkerLock::take(dir.path()).is_ok());
    }
}

//! Private directories and files, and making their names durable. `fsync` of a file keeps its bytes;
//! its *name* is kept only by an `fsync` of the directory (fsync(2)). Never decides what is stored.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes the directory and what is missing above it, for the owner alone (0700), durably.
/// An existing directory keeps its mode.
///
/// # Errors
/// When it cannot be made, or a file stands in its place.
pub fn private_dir(dir: &Path) -> io::Result<()> {
    let parent = parent_of(dir);
    if dir.is_dir() {
        // Perhaps made by a process that died before it could flush; where the parent may not be
        // read (a service's home), nothing can be done.
        let _ = sync_dir(parent);
        return Ok(());
    }
    if !parent.exists() {
        private_dir(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
        made => made?,
    }
    sync_dir(parent)
}

/// A new file for the owner alone (0600).
///
/// # Errors
/// When it exists, or cannot be made.
pub fn new_private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// Makes sure that the file exists; a new one is for the owner alone (0600).
///
/// # Errors
/// When it cannot be made.
pub fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Flushes the names in a directory.
///
/// # Errors
/// When the directory cannot be opened or flushed.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// The directory that a path's name stands in.
#[must_use]
pub fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

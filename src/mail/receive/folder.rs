//! A folder that a scanner or a fax server drops files into. A file is taken when it has stopped changing, and moved into `taken/`
//! when it is stored. Never deletes or overwrites a file, follows no link, and takes none that is still being written.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use super::maildir::MAX_BYTES;

/// Where files go that are stored.
const TAKEN: &str = "taken";
/// Names that programs give to what they are still writing.
const UNFINISHED: &[&str] = &["part", "tmp", "filepart", "crdownload"];
/// Files of one name in `taken/` before the next is left where it is.
const MOST_OF_A_NAME: u32 = 10_000;

/// The folder, as it stands in the settings file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderSettings {
    /// Where the files appear.
    pub path: PathBuf,
    /// How long a file must not have changed before it is taken, in milliseconds.
    #[serde(default = "ten_seconds")]
    pub settle_ms: u32,
}

const fn ten_seconds() -> u32 {
    10_000
}

/// What went wrong with the folder or with one file of it. The file's name may be a patient's: it is not said.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A setting that cannot be used.
    #[error("folder.settle_ms: 1以上にしてください / folder.settle_ms must be at least 1")]
    ZeroSettle,
    /// The folder is not there or cannot be used.
    #[error(
        "folder.path: フォルダー {path} を扱えません({cause})。場所と権限をお確かめください / folder.path: cannot use {path}: check its place and rights"
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// One file cannot be read.
    #[error(
        "監視フォルダーに読めないファイルがあります({0})。権限をお確かめください / a file in the watched folder cannot be read: check its rights"
    )]
    Unreadable(io::Error),
    /// One file has nothing in it: whoever made it may still write into it, and would not find it any more.
    #[error(
        "監視フォルダーに空のファイルがあります。手で確認してください / an empty file stays in the watched folder: look at it by hand"
    )]
    Empty,
    /// One file is larger than the limit.
    #[error(
        "監視フォルダーに大きすぎるファイルがあります({bytes}バイト、上限{max})。手で確認してください / a file in the watched folder has {bytes} bytes, more than {max}: look at it by hand"
    )]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// It changed while it was read or moved; it is looked at anew.
    #[error(
        "読み取り中にファイルが変わりました。あとで取り込みます / a file changed while it was taken: it is taken later"
    )]
    Changed,
    /// A stored file could not be moved; it stays and is known.
    #[error(
        "取り込んだファイルを taken へ移せません({0})。権限をお確かめください / a stored file cannot be moved into taken: check the rights"
    )]
    NotMoved(io::Error),
}

/// What tells that a file is still the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    device: u64,
    inode: u64,
    bytes: u64,
    /// Seconds and nanoseconds.
    changed: (i64, i64),
}

impl Shape {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.size(),
            changed: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

/// What is remembered of a file between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Watched {
    shape: Shape,
    /// First seen in this shape.
    since: Timestamp,
    /// It was told that it cannot be taken.
    told: bool,
}

impl Watched {
    /// Another look at a file. A clock that was set back starts the wait anew.
    fn again(before: Option<Self>, shape: Shape, now: Timestamp) -> Self {
        match before {
            Some(before) if before.shape == shape && before.since <= now => before,
            _ => Self { shape, since: now, told: false },
        }
    }

    fn is_settled(&self, now: Timestamp, settle: SignedDuration) -> bool {
        now.duration_since(self.since) >= settle
    }
}

/// One file that has settled.
#[derive(Clone, PartialEq, Eq)]
pub struct Dropped {
    /// `folder:<name>`.
    pub source_key: String,
    /// Its name, which may be a patient's: not for a log.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    path: PathBuf,
    shape: Shape,
}

/// The file is client data: only its size is shown.
impl fmt::Debug for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dropped({} bytes)", self.bytes.len())
    }
}

/// A folder that is watched. Blocking file work: call it where blocking is allowed.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    settle: SignedDuration,
    max_bytes: u64,
    watched: Mutex<BTreeMap<OsString, Watched>>,
}

impl Folder {
    /// Opens the folder and makes `taken` in it where it lacks. The folder itself must be there: a path that is mistyped, or a
    /// share that is not mounted, is not a folder in which nothing arrives.
    ///
    /// # Errors
    /// [`FolderError::Folder`], [`FolderError::ZeroSettle`].
    pub fn open(settings: &FolderSettings) -> Result<Self, FolderError> {
        Self::with_limit(settings, MAX_BYTES)
    }

    /// As [`Folder::open`], with another limit for one file, in octets.
    ///
    /// # Errors
    /// [`FolderError::Folder`], [`FolderError::ZeroSettle`].
    pub fn with_limit(settings: &FolderSettings, max_bytes: u64) -> Result<Self, FolderError> {
        if settings.settle_ms == 0 {
            return Err(FolderError::ZeroSettle);
        }
        let (path, taken) = (settings.path.clone(), settings.path.join(TAKEN));
        fs::read_dir(&path).map_err(folder_error(&path))?;
        if !taken.is_dir() {
            fs::create_dir(&taken).map_err(folder_error(&taken))?;
        }
        let settle = SignedDuration::from_millis(i64::from(settings.settle_ms));
        Ok(Self { path, settle, max_bytes, watched: Mutex::default() })
    }

    /// Looks into the folder: the paths of the files that have not changed for long enough, in the order of their names. Each is to
    /// be [`read`](Self::read) when its turn comes.
    ///
    /// # Errors
    /// [`FolderError::Folder`] when it cannot be listed.
    pub fn settled(&self, now: Timestamp) -> Result<Vec<PathBuf>, FolderError> {
        let mut watched = self.watched();
        let mut seen = BTreeMap::new();
        for entry in fs::read_dir(&self.path).map_err(folder_error(&self.path))? {
            let entry = entry.map_err(folder_error(&self.path))?;
            let name = entry.file_name();
            if !may_be_taken(&name) {
                continue;
            }
            // Of a link this tells of the link itself; what has gone meanwhile is not there.
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_file() {
                let before = watched.get(&name).copied();
                seen.insert(name, Watched::again(before, Shape::of(&metadata), now));
            }
        }
        *watched = seen;
        let settled = watched.iter().filter(|(_, one)| one.is_settled(now, self.settle));
        Ok(settled.map(|(name, _)| self.path.join(name)).collect())
    }

    /// Reads a file that has settled. `None`: it has gone.
    ///
    /// # Errors
    /// [`FolderError`]; the file stays.
    pub fn read(&self, path: &Path) -> Result<Option<Dropped>, FolderError> {
        let name = path.file_name().unwrap_or_default();
        let Some(expected) = self.watched().get(name).map(|one| one.shape) else { return Ok(None) };
        if expected.bytes == 0 {
            return Err(FolderError::Empty);
        }
        if expected.bytes > self.max_bytes {
            return Err(FolderError::TooLarge { bytes: expected.bytes, max: self.max_bytes });
        }
        match shape_of(path) {
            None => return Ok(None),
            Some(shape) if shape != expected => return Err(FolderError::Changed),
            Some(_) => {}
        }
        let mut file = File::open(path).map_err(FolderError::Unreadable)?;
        let mut bytes = Vec::new();
        let limit = self.max_bytes.saturating_add(1);
        (&mut file).take(limit).read_to_end(&mut bytes).map_err(FolderError::Unreadable)?;
        let after = file.metadata().map_err(FolderError::Unreadable)?;
        let whole = Shape::of(&after) == expected && bytes.len() as u64 == expected.bytes;
        if !whole || shape_of(path) != Some(expected) {
            return Err(FolderError::Changed);
        }
        let source_key = format!("folder:{}", name.as_encoded_bytes().escape_ascii());
        let name = name.to_string_lossy().into_owned();
        Ok(Some(Dropped { source_key, name, bytes, path: path.to_owned(), shape: expected }))
    }

    /// Moves the file into `taken/`, under another number where the name is taken. To be called only after the store has committed
    /// it. A file that is no longer the one that was read stays, and is looked at anew.
    ///
    /// # Errors
    /// [`FolderError::Changed`], [`FolderError::NotMoved`]; the file then is where it was.
    pub fn acknowledge(&self, dropped: &Dropped) -> Result<(), FolderError> {
        match shape_of(&dropped.path) {
            None => return Ok(()),
            Some(shape) if shape != dropped.shape => return Err(FolderError::Changed),
            Some(_) => {}
        }
        let target = self.reserve(&dropped.path)?;
        fs::rename(&dropped.path, &target).map_err(FolderError::NotMoved)?;
        if shape_of(&target) == Some(dropped.shape) {
            return Ok(());
        }
        // Another file came under the name between the look and the move: it has not been read.
        if !dropped.path.exists() {
            fs::rename(&target, &dropped.path).map_err(FolderError::NotMoved)?;
        }
        Err(FolderError::Changed)
    }

    /// True the first time that it is said of this file in this shape.
    pub fn is_news(&self, path: &Path) -> bool {
        let mut watched = self.watched();
        let one = path.file_name().and_then(|name| watched.get_mut(name));
        one.is_some_and(|one| !std::mem::replace(&mut one.told, true))
    }

    /// An empty file in `taken/` that holds a free name, so that a move overwrites nothing else.
    fn reserve(&self, path: &Path) -> Result<PathBuf, FolderError> {
        let name = path.file_name().unwrap_or_default();
        for number in 1..=MOST_OF_A_NAME {
            let target = self.path.join(TAKEN).join(numbered(name, number));
            match OpenOptions::new().write(true).create_new(true).open(&target) {
                Ok(_) => return Ok(target),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(FolderError::NotMoved(error)),
            }
        }
        Err(FolderError::NotMoved(io::ErrorKind::AlreadyExists.into()))
    }

    fn watched(&self) -> MutexGuard<'_, BTreeMap<OsString, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn may_be_taken(name: &OsStr) -> bool {
    let extension = Path::new(name).extension().unwrap_or_default().to_ascii_lowercase();
    !name.as_encoded_bytes().starts_with(b".") && !UNFINISHED.iter().any(|one| extension == *one)
}

/// `fax.tif`, `fax (2).tif`, …
fn numbered(name: &OsStr, number: u32) -> OsString {
    if number == 1 {
        return name.to_owned();
    }
    let path = Path::new(name);
    let mut numbered = path.file_stem().unwrap_or_default().to_owned();
    numbered.push(format!(" ({number})"));
    if let Some(extension) = path.extension() {
        numbered.push(".");
        numbered.push(extension);
    }
    numbered
}

/// Of a plain file; not of a link.
fn shape_of(path: &Path) -> Option<Shape> {
    fs::symlink_metadata(path).ok().filter(Metadata::is_file).map(|metadata| Shape::of(&metadata))
}

fn folder_error(path: &Path) -> impl FnOnce(io::Error) -> FolderError + use<> {
    let path = path.to_owned();
    move |cause| FolderError::Folder { path, cause }
}

#[cfg(test)]
mod tests;

//! A Maildir (<https://cr.yp.to/proto/maildir.html>) that belongs to renraku: whoever else opens it
//! and marks a mail as seen hides it from us. Never deletes or overwrites a mail, and never
//! touches one before it is acknowledged.

use crate::seal::random;
use jiff::Timestamp;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// Octets of the largest mail that is taken.
pub const MAX_BYTES: u64 = 50_000_000;

/// What went wrong with the Maildir or with one mail of it. The mail stays where it was.
#[derive(Debug, thiserror::Error)]
pub enum MaildirError {
    /// The system refused.
    #[error("受信フォルダー {path} を扱えません({source})/ cannot {act} {path}: {source}")]
    Io {
        /// What was tried.
        act: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Larger than the limit; left in place.
    #[error(
        "メール {path} が大きすぎるため取り込めません({bytes}バイト、上限{max})。手で確認してください / {path} has {bytes} bytes, more than {max}: it is left in place, look at it by hand"
    )]
    TooLarge {
        /// The mail.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// Another mail already bears the name; neither is touched.
    #[error(
        "処理済みの別のメールと名前が同じです: {0}。手で確認してください / another mail that was taken has the same name as {0}: look at both by hand"
    )]
    NameTaken(PathBuf),
}

/// One mail that waits.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// `maildir:<unique part of the name>`, the same before and after acknowledging.
    pub source_key: String,
    /// Where it lies.
    pub path: PathBuf,
    /// The raw mail.
    pub bytes: Vec<u8>,
}

/// The mail is client data: only its size is shown.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received({}, {} bytes)", self.source_key, self.bytes.len())
    }
}

/// A Maildir that renraku reads. Blocking file work: call it where blocking is allowed.
#[derive(Debug, Clone)]
pub struct Maildir {
    dir: PathBuf,
    max_bytes: u64,
}

impl Maildir {
    /// Opens the Maildir at `dir`, making its folders where they lack.
    ///
    /// # Errors
    /// [`MaildirError::Io`].
    pub fn open(dir: &Path) -> Result<Self, MaildirError> {
        Self::with_limit(dir, MAX_BYTES)
    }

    /// As [`Maildir::open`], with another limit for one mail.
    ///
    /// # Errors
    /// [`MaildirError::Io`].
    pub fn with_limit(dir: &Path, max_bytes: u64) -> Result<Self, MaildirError> {
        make_folders(dir)?;
        Ok(Self { dir: dir.to_owned(), max_bytes })
    }

    /// The mails of `new`, then those of `cur` that nobody has marked as seen, each in the order
    /// of their names. The list is taken now; each mail is read when its turn comes.
    ///
    /// # Errors
    /// [`MaildirError::Io`] when a folder cannot be listed. An item is an error when that one mail
    /// cannot be taken; the others follow.
    pub fn waiting(
        &self,
    ) -> Result<impl Iterator<Item = Result<Received, MaildirError>> + use<>, MaildirError> {
        let mut paths = files(&self.dir.join("new"))?;
        paths.extend(files(&self.dir.join("cur"))?.into_iter().filter(|path| !is_seen(path)));
        let max_bytes = self.max_bytes;
        Ok(paths.into_iter().filter_map(move |path| read(path, max_bytes).transpose()))
    }

    /// Moves the mail to `cur` marked as seen, and makes the move durable. To be called only after
    /// the store has committed it; calling it again changes nothing.
    ///
    /// # Errors
    /// [`MaildirError`]; the mail then waits still, and will be listed again.
    pub fn acknowledge(&self, received: &Received) -> Result<(), MaildirError> {
        let target = self.dir.join("cur").join(seen_name(&received.path));
        match fs::symlink_metadata(&received.path) {
            // Already moved: by us, or by another program, and then it is listed again under its key.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(io_error("look at", &received.path)(error)),
            Ok(_) if received.path == target => return Ok(()),
            Ok(_) => {}
        }
        if target.exists() {
            return Err(MaildirError::NameTaken(received.path.clone()));
        }
        fs::rename(&received.path, &target).map_err(io_error("move", &received.path))?;
        // The new name first: after a power cut a mail may be seen twice, never not at all.
        sync_folder(&self.dir.join("cur"))?;
        sync_folder(&self.dir.join("new"))
    }
}

/// Puts a mail into `dir/new` the Maildir way: written whole and durable in `tmp`, then moved.
/// `now` begins the name, so that mails are listed in the order in which they came.
///
/// # Errors
/// [`MaildirError::Io`]; then nothing lies in `new`.
pub fn deliver_to_maildir(dir: &Path, now: Timestamp, bytes: &[u8]) -> Result<PathBuf, MaildirError> {
    make_folders(dir)?;
    let name = unique_name(now).map_err(|error| io_error("name a mail in", dir)(error))?;
    let (unfinished, delivered) = (dir.join("tmp").join(&name), dir.join("new").join(&name));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&unfinished)
        .map_err(io_error("create", &unfinished))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io_error("write", &unfinished))?;
    fs::rename(&unfinished, &delivered).map_err(io_error("move", &unfinished))?;
    sync_folder(&dir.join("new"))?;
    Ok(delivered)
}

/// `<seconds>.<microseconds>R<96 random bits>.renraku`
fn unique_name(now: Timestamp) -> io::Result<String> {
    let random: [u8; 12] = random::bytes().map_err(io::Error::other)?;
    let random = random.iter().fold(0_u128, |random, byte| random << 8 | u128::from(*byte));
    let microsecond = now.subsec_nanosecond().unsigned_abs() / 1000;
    Ok(format!("{}.M{microsecond:06}R{random:024x}.renraku", now.as_second()))
}

/// None when it has gone since it was listed: someone else moved it, and it will be listed there.
fn read(path: PathBuf, max: u64) -> Result<Option<Received>, MaildirError> {
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(io_error("open", &path))?,
    };
    let bytes = file.metadata().map_err(io_error("look at", &path))?.len();
    if bytes > max {
        return Err(MaildirError::TooLarge { path, bytes, max });
    }
    let mut raw = Vec::new();
    // One octet more than allowed tells a file that grew after it was measured.
    file.take(max.saturating_add(1)).read_to_end(&mut raw).map_err(io_error("read", &path))?;
    if raw.len() as u64 > max {
        return Err(MaildirError::TooLarge { path, bytes: raw.len() as u64, max });
    }
    Ok(Some(Received { source_key: source_key(&path), path, bytes: raw }))
}

/// Plain files whose name does not begin with a dot, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, MaildirError> {
    let wrong = |error| io_error("list", folder)(error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn source_key(path: &Path) -> String {
    let (unique, _) = name_parts(path);
    format!("maildir:{}", unique.escape_ascii())
}

/// The unique part of the name, and the flags after `:2,`.
fn name_parts(path: &Path) -> (&[u8], &[u8]) {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let colon = name.iter().position(|byte| *byte == b':').unwrap_or(name.len());
    let (unique, info) = name.split_at_checked(colon).unwrap_or((name, &[]));
    (unique, info.strip_prefix(b":2,").unwrap_or_default())
}

fn is_seen(path: &Path) -> bool {
    name_parts(path).1.contains(&b'S')
}

/// The name with the flag S among its flags, which stand in ASCII order.
fn seen_name(path: &Path) -> PathBuf {
    let (unique, flags) = name_parts(path);
    let mut flags: Vec<u8> = flags.iter().copied().chain([b'S']).collect();
    flags.sort_unstable();
    flags.dedup();
    PathBuf::from(OsString::from_vec([unique, b":2,", &flags].concat()))
}

fn make_folders(dir: &Path) -> Result<(), MaildirError> {
    for folder in ["tmp", "new", "cur"] {
        let path = dir.join(folder);
        fs::create_dir_all(&path).map_err(io_error("create", &path))?;
    }
    Ok(())
}

fn sync_folder(folder: &Path) -> Result<(), MaildirError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error("make durable", folder))
}

fn io_error(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> MaildirError + use<> {
    let path = path.to_owned();
    move |source| MaildirError::Io { act, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn waiting(maildir: &Maildir) -> Vec<Received> {
        maildir.waiting().unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn a_mail_waits_until_it_is_acknowledged_and_again_is_harmless() {
        let dir = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(dir.path()).unwrap();
        deliver_to_maildir(dir.path(), at(2_000_000_000), b"second").unwrap();
        deliver_to_maildir(dir.path(), at(1_900_000_000), b"first").unwrap();
        assert!(names(&dir.path().join("tmp")).is_empty());
        let first_time = waiting(&maildir);
        assert_eq!(
            first_time.iter().map(|mail| mail.bytes.as_slice()).collect::<Vec<_>>(),
            [&b"first"[..], b"second"]
        );
        assert_eq!(waiting(&maildir), first_time, "listing changes nothing");
        for _ in 0..2 {
            maildir.acknowledge(&first_time[0]).unwrap();
            assert_eq!(waiting(&maildir), &first_time[1..]);
        }
        let taken = names(&dir.path().join("cur"));
        assert_eq!(taken.len(), 1);
        assert!(taken[0].ends_with(":2,S"), "{taken:?}");
        assert_eq!(fs::read(dir.path().join("cur").join(&taken[0])).unwrap(), b"first");
    }

    #[test]
    fn the_key_survives_another_programs_flags() {
        let dir = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(dir.path()).unwrap();
        let path = deliver_to_maildir(dir.path(), at(1_900_000_000), b"x").unwrap();
        let key = waiting(&maildir)[0].source_key.clone();
        let unique = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(key, format!("maildir:{unique}"));
        fs::rename(&path, dir.path().join("cur").join(format!("{unique}:2,FT"))).unwrap();
        let moved = waiting(&maildir);
        assert_eq!(moved[0].source_key, key);
        maildir.acknowledge(&moved[0]).unwrap();
        assert_eq!(names(&dir.path().join("cur")), [format!("{unique}:2,FST")]);
        assert!(waiting(&maildir).is_empty());
        maildir.acknowledge(&moved[0]).unwrap();
    }

    #[test]
    fn a_mail_too_large_stays_and_the_others_are_taken() {
        let dir = tempfile::tempdir().unwrap();
        let maildir = Maildir::with_limit(dir.path(), 10).unwrap();
        let large = deliver_to_maildir(dir.path(), at(1), &[b'x'; 11]).unwrap();
        deliver_to_maildir(dir.path(), at(2), &[b'x'; 10]).unwrap();
        let all: Vec<_> = maildir.waiting().unwrap().collect();
        assert!(matches!(&all[0], Err(MaildirError::TooLarge { path, bytes: 11, .. }) if *path == large));
        assert_eq!(all[1].as_ref().unwrap().bytes.len(), 10);
        assert!(large.exists());
    }

    #[test]
    fn a_taken_mail_of_the_same_name_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(dir.path()).unwrap();
        fs::write(dir.path().join("new/same"), b"new").unwrap();
        fs::write(dir.path().join("cur/same:2,S"), b"old").unwrap();
        let mail = waiting(&maildir).remove(0);
        assert!(matches!(maildir.acknowledge(&mail), Err(MaildirError::NameTaken(_))));
        assert_eq!(fs::read(dir.path().join("new/same")).unwrap(), b"new");
        assert_eq!(fs::read(dir.path().join("cur/same:2,S")).unwrap(), b"old");
    }

    #[test]
    fn hidden_files_and_folders_are_no_mails() {
        let dir = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(dir.path()).unwrap();
        fs::write(dir.path().join("new/.hidden"), b"x").unwrap();
        fs::create_dir(dir.path().join("new/folder")).unwrap();
        assert!(waiting(&maildir).is_empty());
    }
}

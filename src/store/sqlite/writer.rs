//! The connection that writes. Every write is whole or not at all and durable before its caller hears of it; writes that
//! meet share one transaction, each in a savepoint of its own, and so one flush to the disk. Knows no table.

use super::super::StoreError;
use super::fault::{Answer, Fault};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Writes that share a transaction at the most: nobody waits longer than for so many.
const MEMBERS_MAX: usize = 32;

/// The connection, and the transaction that is open on it.
pub(super) struct Writer {
    desk: Mutex<Desk>,
    /// Writes that wait for the desk. Whoever leaves while there are any leaves the transaction to them.
    coming: AtomicUsize,
}

struct Desk {
    connection: Connection,
    open: Option<(Arc<Shared>, usize)>,
}

/// A transaction's end, for everyone who wrote in it: `None` until there is one, then why it failed, if it did.
#[derive(Default)]
struct Shared {
    end: Mutex<Option<Result<(), String>>>,
    ended: Condvar,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        Self { desk: Mutex::new(Desk { connection, open: None }), coming: AtomicUsize::new(0) }
    }

    /// Looks at the connection outside of any transaction.
    #[cfg(test)]
    pub(super) fn inspect<T>(&self, look: impl FnOnce(&Connection) -> T) -> T {
        look(&lock(&self.desk).connection)
    }

    /// Runs `work`; nothing of it stays unless all of it succeeds. Returns when its transaction has ended.
    pub(super) fn write<T>(&self, work: impl FnOnce(&Connection) -> Answer<T>) -> Answer<T> {
        self.coming.fetch_add(1, Ordering::SeqCst);
        let mut desk = lock(&self.desk);
        self.coming.fetch_sub(1, Ordering::SeqCst);
        let (shared, members) = if let Some((shared, members)) = desk.open.take() {
            (shared, members + 1)
        } else {
            desk.connection.execute_batch("BEGIN IMMEDIATE")?;
            (Arc::new(Shared::default()), 1)
        };
        let done = catch_unwind(AssertUnwindSafe(|| in_savepoint(&desk.connection, work)));
        // A full disk, say: the database has rolled back everything, the others' work too.
        let lost = desk.connection.is_autocommit();
        let another_ends_it = self.coming.load(Ordering::SeqCst) > 0 && members < MEMBERS_MAX;
        if lost {
            shared.ends(Err("another write of the same transaction failed".to_owned()));
        } else if another_ends_it {
            desk.open = Some((Arc::clone(&shared), members));
        } else {
            shared.ends(commit(&desk.connection));
        }
        drop(desk);
        let end = shared.wait();
        match done {
            Err(panic) => resume_unwind(panic),
            Ok(Err(fault)) => Err(fault),
            Ok(Ok(value)) => match end {
                Ok(()) => Ok(value),
                Err(cause) => Err(Fault::Told(StoreError::Failed { act: "committing", cause })),
            },
        }
    }
}

impl Shared {
    fn ends(&self, end: Result<(), String>) {
        *lock(&self.end) = Some(end);
        self.ended.notify_all();
    }

    fn wait(&self) -> Result<(), String> {
        let mut end = lock(&self.end);
        loop {
            if let Some(end) = end.as_ref() {
                return end.clone();
            }
            end = self.ended.wait(end).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Whoever panics ends its part first: what it held is sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `work` in a part of the transaction that is taken back alone when it fails or panics.
fn in_savepoint<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Answer<T>) -> Answer<T> {
    connection.execute_batch("SAVEPOINT part")?;
    let part = Part(connection);
    let done = work(connection)?;
    connection.execute_batch("RELEASE part")?;
    std::mem::forget(part);
    Ok(done)
}

/// Taken back when dropped.
struct Part<'a>(&'a Connection);

impl Drop for Part<'_> {
    fn drop(&mut self) {
        // Where the database has rolled back everything, there is no part any more.
        if !self.0.is_autocommit() && self.0.execute_batch("ROLLBACK TO part; RELEASE part").is_err() {
            // What cannot be taken back alone must not be committed with the others' work.
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}

fn commit(connection: &Connection) -> Result<(), String> {
    connection.execute_batch("COMMIT").map_err(|error| {
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        error.to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    type Work<T> = Box<dyn FnOnce(&Connection) -> Answer<T> + Send>;

    fn writer() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE word (text TEXT NOT NULL UNIQUE) STRICT").unwrap();
        Writer::new(connection)
    }

    fn put(connection: &Connection, text: &str) -> Answer<()> {
        connection.execute("INSERT INTO word (text) VALUES (?1)", [text])?;
        Ok(())
    }

    fn puts(text: &'static str) -> Work<()> {
        Box::new(move |connection| put(connection, text))
    }

    fn words(writer: &Writer) -> Vec<String> {
        writer.inspect(|connection| {
            let mut statement = connection.prepare("SELECT text FROM word ORDER BY rowid").unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        })
    }

    /// Stays at the desk until `count` others have come.
    fn wait_for(writer: &Writer, count: usize) {
        for _ in 0..60_000 {
            if writer.coming.load(Ordering::SeqCst) >= count {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("nobody comes");
    }

    /// Counts the transactions that are committed, and lets them fail when `fails` says so.
    fn count_commits(writer: &Writer, fails: bool) -> Arc<AtomicUsize> {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let hook = move || {
            counted.fetch_add(1, Ordering::SeqCst);
            fails
        };
        lock(&writer.desk).connection.commit_hook(Some(hook)).unwrap();
        count
    }

    /// The first one waits until the others have come; then each runs, and what each returned is returned.
    fn together<T: Send>(writer: &Writer, works: Vec<Work<T>>) -> Vec<std::thread::Result<Answer<T>>> {
        let others = works.len() - 1;
        let mut works = works.into_iter();
        let first = works.next().unwrap();
        std::thread::scope(|scope| {
            let leader = scope.spawn(|| {
                writer.write(|connection| {
                    wait_for(writer, others);
                    first(connection)
                })
            });
            while writer.desk.try_lock().is_ok() {
                std::thread::yield_now();
            }
            let followers: Vec<_> = works.map(|work| scope.spawn(|| writer.write(work))).collect();
            std::iter::once(leader).chain(followers).map(std::thread::ScopedJoinHandle::join).collect()
        })
    }

    #[test]
    fn writes_that_meet_are_committed_once() {
        let writer = writer();
        let commits = count_commits(&writer, false);
        let done = together(&writer, vec![puts("a"), puts("b"), puts("c"), puts("d")]);
        assert!(done.into_iter().all(|one| one.unwrap().is_ok()));
        assert_eq!((words(&writer).len(), commits.load(Ordering::SeqCst)), (4, 1));
        writer.write(|connection| put(connection, "alone")).unwrap();
        assert_eq!(commits.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn one_that_fails_or_panics_takes_back_its_own_alone() {
        let writer = writer();
        let done = together::<()>(
            &writer,
            vec![
                Box::new(|connection| put(connection, "first")),
                Box::new(|connection| {
                    put(connection, "half")?;
                    put(connection, "half")
                }),
                Box::new(|connection| {
                    put(connection, "lost")?;
                    panic!("as it may happen")
                }),
                Box::new(|connection| put(connection, "last")),
            ],
        );
        let ends: Vec<_> = done.iter().map(|one| one.as_ref().map(Result::is_ok).ok()).collect();
        assert_eq!(ends, [Some(true), Some(false), None, Some(true)]);
        let mut words = words(&writer);
        words.sort();
        assert_eq!(words, ["first", "last"]);
        writer.write(|connection| put(connection, "later")).unwrap();
    }

    #[test]
    fn a_commit_that_fails_is_told_to_everyone_in_it() {
        let writer = writer();
        count_commits(&writer, true);
        for one in together(&writer, vec![puts("a"), puts("b"), puts("c")]) {
            assert!(matches!(one.unwrap(), Err(Fault::Told(StoreError::Failed { .. }))));
        }
        assert!(words(&writer).is_empty());
        lock(&writer.desk).connection.commit_hook(None::<fn() -> bool>).unwrap();
        writer.write(|connection| put(connection, "after")).unwrap();
        assert_eq!(words(&writer), ["after"]);
    }

    #[test]
    fn what_the_database_rolled_back_is_nobodys_success() {
        let writer = writer();
        let done = together::<()>(
            &writer,
            vec![
                Box::new(|connection| put(connection, "first")),
                Box::new(|connection| Ok(connection.execute_batch("ROLLBACK")?)),
            ],
        );
        assert!(done.into_iter().all(|one| one.unwrap().is_err()));
        assert!(words(&writer).is_empty());
    }

    #[test]
    fn a_crowd_is_committed_in_parts_and_nothing_is_lost() {
        let writer = writer();
        let commits = count_commits(&writer, false);
        std::thread::scope(|scope| {
            for nth in 0..8 {
                let writer = &writer;
                scope.spawn(move || {
                    for one in 0..100 {
                        writer.write(|connection| put(connection, &format!("{nth} {one}"))).unwrap();
                    }
                });
            }
        });
        let commits = commits.load(Ordering::SeqCst);
        assert_eq!(words(&writer).len(), 800);
        assert!((800 / MEMBERS_MAX..=800).contains(&commits), "{commits}");
    }
}

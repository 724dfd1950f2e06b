//! One suite for every store: [`suite`] is given a way to make an empty one. Says nothing about how a
//! store keeps what it keeps; what is particular to one database is tested beside it.

mod accounts;
mod arrivals;
mod audit;
mod backups;
mod death;
mod directory;
mod doubt;
mod letters;
mod links;
mod messages;
mod outbox;
mod report;
mod requests;
mod reviews;
mod world;

use renraku::store::{SqliteStore, Store};
use tempfile::TempDir;

/// A store and the directory that it lives in.
type Made = (TempDir, Box<dyn Store>);
/// One behaviour, on an empty store.
type Case = (&'static str, fn(&dyn Store));

#[test]
fn sqlite_is_a_store() {
    suite(&|| {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = SqliteStore::open(dir.path()).expect("an empty store");
        (dir, Box::new(store))
    });
}

/// Runs every case on a store of its own.
fn suite(make: &dyn Fn() -> Made) {
    let groups = [
        directory::CASES,
        requests::CASES,
        outbox::CASES,
        doubt::CASES,
        arrivals::CASES,
        reviews::CASES,
        links::CASES,
        letters::CASES,
        messages::CASES,
        accounts::CASES,
        audit::CASES,
        report::CASES,
    ];
    for (name, case) in groups.into_iter().flatten() {
        println!("{name}");
        let (_dir, store) = make();
        case(store.as_ref());
    }
}

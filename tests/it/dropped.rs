//! Files that a scanner drops into a watched folder, and settings of the ways in that cannot be used.

use crate::world::{PATIENCE, Server, World};
use renraku::store::ArrivalStore;
use std::path::Path;
use std::time::{Duration, Instant};

/// No page can be read from it: one item for a person.
const DAMAGED: &[u8] = b"II*\0\x08\0\0\0 damaged";

fn wait_for(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "{what}: not yet");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn settings(folder: &Path) -> String {
    format!("[serve]\nlook_every_ms = 50\n[folder]\npath = '{}'\nsettle_ms = 200\n", folder.display())
}

#[test]
fn a_file_that_a_scanner_drops_is_read_once_and_kept() {
    let scans = tempfile::tempdir().unwrap();
    let world = World::new(1, &settings(scans.path()));
    let waiting = || world.store().open_reviews(usize::MAX).unwrap().len();
    let (dropped, taken) = (scans.path().join("fax.tif"), scans.path().join("taken"));
    std::fs::write(&dropped, DAMAGED).unwrap();
    let server = Server::start(&world, "127.0.0.1:0");
    wait_for("it is read", || waiting() == 1);
    wait_for("it is moved", || !dropped.exists());
    assert_eq!(std::fs::read(taken.join("fax.tif")).unwrap(), DAMAGED);
    // The same once more, as a machine does that was not sure.
    std::fs::write(&dropped, DAMAGED).unwrap();
    wait_for("it is moved too", || taken.join("fax (2).tif").exists() && !dropped.exists());
    assert_eq!(server.terminate(), Some(0));
    assert_eq!(waiting(), 1);
}

#[test]
fn a_way_in_that_cannot_be_used_is_said_before_the_server_starts() {
    let missing = "/nonexistent/renraku";
    let imap = "[imap]\nhost = 'mail.example.jp'\nport = 993\nuser = 'gateway'\n";
    for (more, key) in [
        (settings(Path::new(missing)), "folder.path"),
        (format!("{imap}tls = 'tls'\npassword_file = '{missing}'\n"), "imap.password_file"),
        (format!("{imap}tls = 'none_on_loopback'\npassword_file = '{missing}'\n"), "imap.tls"),
        (format!("{imap}tls = 'tls'\n"), "imap.password_file"),
    ] {
        let world = World::new(1, "");
        let config = world.data.join("config.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, text + &more).unwrap();
        let ran = world.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(ran.code, Some(1), "{key}: {}", ran.err);
        assert!(ran.err.contains(key) && ran.err.contains(" / "), "{key}: {}", ran.err);
    }
}

//! `backup` and `restore`: everything comes back, keys included, and nothing leaves before a person looked.

use super::{LATER, NO_PROBLEM, NOW, SOON};
use crate::world::{FaxService, Ran, World, renraku, ticked_fax};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn a_backup_comes_back_whole_and_on_hold() {
    let service = FaxService::willing();
    let world = World::new(service.port(), "");
    let sent = world.submit(0, &["--now", NOW]);
    world.run(&["deliver", "--once", "--now", SOON]).ok();
    let waiting = world.submit(1, &["--now", NOW]);
    let (layout, pdf) = world.sheet(&sent);
    let backup = world.path("all.backup").to_str().unwrap().to_owned();
    world.run(&["backup", &backup]).ok();
    world.run(&["backup", &backup]).refused("the file is there already", "all.backup");

    let into = world.path("restored");
    let run = |args: &[&str]| Ran::of(renraku().arg("--data").arg(&into).args(args));
    fs::create_dir(&into).unwrap();
    fs::write(into.join("mine.txt"), "mine").unwrap();
    run(&["restore", &backup]).refused("a directory in use", "is not an empty directory");
    assert_eq!(fs::read_dir(&into).unwrap().count(), 1, "the directory in use was touched");
    fs::remove_file(into.join("mine.txt")).unwrap();
    let noise = world.file("noise", "not a backup");
    run(&["restore", &noise]).refused("no backup", "not a backup");
    run(&["restore", &backup]).ok();

    // The same requests, the same keys, for the owner alone.
    let ids: Vec<String> = run(&["request", "list", "--json"])
        .ok()
        .lines()
        .iter()
        .map(|request| request["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&sent) && ids.contains(&waiting));
    assert_eq!(fs::read(into.join("keys.toml")).unwrap(), fs::read(world.data.join("keys.toml")).unwrap());
    let mode = fs::metadata(into.join("keys.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // Nothing leaves, also not what is handed over now.
    let held = run(&["deliver", "--once", "--now", LATER]).ok();
    assert_eq!(held.out, "");
    assert!(held.err.contains("sending is on hold"), "{}", held.err);
    assert_eq!(service.numbers().len(), 1);

    // A sheet that went out before the backup is still ours.
    let fax = world.file("answer.tif", ticked_fax(&pdf, &layout, NO_PROBLEM));
    let line = run(&["ingest", &fax]).ok().json();
    assert_eq!(line["answered"], serde_json::json!([sent]), "{line}");

    run(&["outbox", "release"]).ok();
    let released = run(&["deliver", "--once", "--now", LATER]).ok().lines();
    assert_eq!(released.len(), 1);
    assert_eq!(released[0]["request"], waiting.as_str());
    assert_eq!(service.numbers().len(), 2);
}

#[test]
fn lost_keys_are_not_replaced_in_silence() {
    let service = FaxService::willing();
    let world = World::new(service.port(), "");
    world.submit(0, &["--now", NOW]);
    world.run(&["deliver", "--once", "--now", SOON]).ok();
    fs::remove_file(world.data.join("keys.toml")).unwrap();
    world.run(&["request", "list"]).refused("the keys are gone", "restore it from the backup");
    assert!(!world.data.join("keys.toml").exists());
}

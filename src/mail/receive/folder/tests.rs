//! Files that settle, change, are too large, are no files, or meet their namesake.

use super::*;
use std::os::unix::fs::symlink;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(2_000_000_000 + second).unwrap()
}

fn folder(dir: &Path) -> Folder {
    let settings = FolderSettings { path: dir.to_owned(), settle_ms: 10_000 };
    Folder::with_limit(&settings, 10).unwrap()
}

/// What is taken at this second; each is stored and moved.
fn take(folder: &Folder, second: i64) -> Vec<(String, Vec<u8>)> {
    let settled = folder.settled(at(second)).unwrap();
    let read = settled.iter().filter_map(|path| folder.read(path).unwrap());
    let read: Vec<_> = read.collect();
    for one in &read {
        folder.acknowledge(one).unwrap();
    }
    read.into_iter().map(|one| (one.name, one.bytes)).collect()
}

#[test]
fn a_file_is_taken_when_it_has_not_changed_for_long_enough_and_then_moved() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let path = dir.path().join("a.tif");
    fs::write(&path, "half").unwrap();
    assert!(take(&folder, 0).is_empty(), "one look is not two");
    assert!(take(&folder, 9).is_empty());
    fs::write(&path, "whole").unwrap();
    assert!(take(&folder, 10).is_empty(), "it changed");
    assert!(take(&folder, 19).is_empty());
    assert!(take(&folder, -100).is_empty(), "a clock that was set back begins anew");
    assert!(take(&folder, -91).is_empty());
    assert_eq!(take(&folder, -90), [("a.tif".to_owned(), b"whole".to_vec())]);
    assert!(!path.exists());
    assert_eq!(fs::read(dir.path().join("taken/a.tif")).unwrap(), b"whole");
    assert!(take(&folder, 0).is_empty(), "what lies in taken is not looked at");
}

#[test]
fn a_file_of_the_same_length_that_is_another_one_waits_anew() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let path = dir.path().join("a.tif");
    fs::write(&path, "first").unwrap();
    folder.settled(at(0)).unwrap();
    fs::write(dir.path().join(".new"), "other").unwrap();
    fs::rename(dir.path().join(".new"), &path).unwrap();
    assert!(take(&folder, 10).is_empty());
    assert_eq!(take(&folder, 20), [("a.tif".to_owned(), b"other".to_vec())]);
}

#[test]
fn namesakes_get_a_number_and_nothing_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    for (second, content) in [(0, "1"), (100, "2"), (200, "3")] {
        fs::write(dir.path().join("fax.tif"), content).unwrap();
        fs::write(dir.path().join("plain"), content).unwrap();
        folder.settled(at(second)).unwrap();
        assert_eq!(take(&folder, second + 10).len(), 2);
    }
    for (name, content) in [
        ("fax.tif", "1"),
        ("fax (2).tif", "2"),
        ("fax (3).tif", "3"),
        ("plain", "1"),
        ("plain (2)", "2"),
        ("plain (3)", "3"),
    ] {
        assert_eq!(fs::read_to_string(dir.path().join("taken").join(name)).unwrap(), content, "{name}");
    }
}

#[test]
fn what_is_hidden_unfinished_a_link_or_a_folder_is_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    for name in [".hidden", "a.part", "b.TMP", "c.filepart"] {
        fs::write(dir.path().join(name), "x").unwrap();
    }
    fs::create_dir(dir.path().join("sub")).unwrap();
    fs::write(dir.path().join("sub/inner"), "x").unwrap();
    symlink(dir.path().join("sub/inner"), dir.path().join("link")).unwrap();
    folder.settled(at(0)).unwrap();
    assert_eq!(folder.settled(at(100)).unwrap(), [] as [PathBuf; 0]);
}

#[test]
fn a_file_too_large_stays_is_told_once_and_the_others_are_taken() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let large = dir.path().join("large");
    fs::write(&large, [b'x'; 11]).unwrap();
    fs::write(dir.path().join("small"), [b'x'; 10]).unwrap();
    folder.settled(at(0)).unwrap();
    assert_eq!(folder.settled(at(10)).unwrap().len(), 2);
    assert!(matches!(folder.read(&large), Err(FolderError::TooLarge { bytes: 11, max: 10 })));
    assert!(folder.is_news(&large));
    folder.settled(at(20)).unwrap();
    assert!(!folder.is_news(&large), "told already");
    assert!(large.exists());
    let empty = dir.path().join("empty");
    fs::write(&empty, "").unwrap();
    folder.settled(at(20)).unwrap();
    assert!(matches!(folder.read(&empty), Err(FolderError::Empty)));
    assert!(empty.exists());
    assert!(folder.read(&dir.path().join("small")).unwrap().is_some());
}

#[test]
fn a_file_that_changes_between_look_reading_and_move_is_neither_taken_nor_moved() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let path = dir.path().join("a");
    fs::write(&path, "1").unwrap();
    folder.settled(at(0)).unwrap();
    folder.settled(at(10)).unwrap();
    let read = folder.read(&path).unwrap().unwrap();
    fs::write(&path, "12").unwrap();
    assert!(matches!(folder.read(&path), Err(FolderError::Changed)));
    assert!(matches!(folder.acknowledge(&read), Err(FolderError::Changed)));
    assert_eq!(fs::read(&path).unwrap(), b"12");
    assert!(fs::read_dir(dir.path().join("taken")).unwrap().next().is_none());
    fs::remove_file(&path).unwrap();
    assert!(folder.read(&path).unwrap().is_none(), "what has gone is no mistake");
    folder.acknowledge(&read).unwrap();
}

#[test]
fn a_folder_that_is_not_there_is_said_and_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("missing");
    let error = Folder::open(&FolderSettings { path: path.clone(), settle_ms: 1 }).unwrap_err();
    assert!(error.to_string().contains("folder.path"), "{error}");
    assert!(!path.exists());
    let zero = FolderSettings { path: dir.path().to_owned(), settle_ms: 0 };
    assert!(Folder::open(&zero).unwrap_err().to_string().contains("folder.settle_ms"));
}

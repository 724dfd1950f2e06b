//! `directory passphrase` and `sheet --passphrase-file`: files that open with an agreed passphrase alone, before and
//! after a restore.

use super::NOW;
use crate::world::{EXAMPLE, FaxService, Ran, World, renraku};
use lopdf::{Document, LoadOptions};
use renraku::practice::clinic::sheet_of;
use renraku::store::{PassphraseStore, SqliteStore};
use serde_json::json;

const PASSPHRASE: &str = "mihon 2026-ame";
const MAIL: &str = "[mail]\nname = 'mail'\nsubject = 'renraku {number}'\nbody = 'a'\nfrom = 'gateway@gateway.example'\n\
    max_bytes = 10000000\n";
const REGION: &str = "[[clinic]]\nname = '見本メール医院'\nmail = 'desk@clinic.example'\ndoctors = [{ name = '見本 一郎' }]\nsample = true\n";

fn opens(pdf: &[u8], passphrase: &str) -> bool {
    let opened = Document::load_mem_with_options(pdf, LoadOptions::with_password(passphrase));
    opened.is_ok_and(|document| !document.is_encrypted())
}

#[test]
fn a_passphrase_set_at_the_command_line_locks_mails_also_after_a_restore() {
    let service = FaxService::willing();
    let mut world = World::new(service.port(), MAIL);
    let region = world.file("mail.toml", REGION);
    let clinic =
        world.run(&["directory", "load", &region]).ok().lines()[0]["id"].as_str().unwrap().to_owned();
    world.clinics.push(clinic.clone());
    let nth = world.clinics.len() - 1;
    world.run(&["directory", "verify", &clinic, "--mail", "desk@clinic.example", "--how", "test"]).ok();

    let passphrase = |args: &[&str]| world.run(&[&["directory", "passphrase", &clinic], args].concat());
    for (typed, expected) in
        [("too short", "12 to 60"), ("あいことばはひみつです。", "ASCII"), ("aaaaaaaaaaaaaa", "different")]
    {
        let file = world.file("wrong", typed);
        passphrase(&["--file", &file]).refused(typed, expected);
    }
    let file = world.file("secret", format!("{PASSPHRASE}\n"));
    let said = passphrase(&["--file", &file]).ok();
    assert_eq!(said.json(), json!({ "clinic": clinic, "passphrase": "set" }));
    let sent = world.submit(nth, &["--now", NOW]);
    world.run(&["deliver", "--once", "--now", super::SOON]).ok();
    let pdf = sheet_of(&service.mails()[0]).unwrap();
    assert!(opens(&pdf, PASSPHRASE) && !opens(&pdf, "") && !opens(&pdf, "mihon 2026-ama"));

    let backup = world.path("all.backup").to_str().unwrap().to_owned();
    world.run(&["backup", &backup]).ok();
    let bytes = std::fs::read(&backup).unwrap();
    assert!(!bytes.windows(10).any(|ten| ten == &PASSPHRASE.as_bytes()[..10]));
    let into = world.path("restored");
    let run = |args: &[&str]| Ran::of(renraku().arg("--data").arg(&into).args(args));
    run(&["restore", &backup]).ok();
    let who = ["--office", &world.office, "--clinic", &clinic, "--now", super::SOON];
    let new = ["request", "new", "--form", "liaison", "--answers", EXAMPLE];
    let again = run(&[&new[..], &who[..]].concat()).ok().out.trim().to_owned();
    assert_ne!(again, sent);
    run(&["outbox", "release"]).ok();
    run(&["deliver", "--once", "--now", super::LATER]).ok();
    assert!(opens(&sheet_of(&service.mails()[1]).unwrap(), PASSPHRASE));

    let removed = || passphrase(&["--remove"]).ok().json()["passphrase"].clone();
    assert_eq!((removed(), removed()), (json!("removed"), json!("none")));
    assert!(SqliteStore::open(&world.data).unwrap().passphrases(9).unwrap().is_empty());
    let audit = world.run(&["audit", "list"]).ok().out;
    assert!(
        audit.contains("passphrase_set") && audit.contains("passphrase_removed") && !audit.contains("mihon")
    );
}

#[test]
fn a_sheet_is_locked_without_a_database() {
    let desk = tempfile::tempdir().unwrap();
    std::fs::write(desk.path().join("secret"), PASSPHRASE).unwrap();
    let run = |args: &[&str]| Ran::of(renraku().current_dir(desk.path()).args(args));
    let make = ["sheet", "--form", "liaison", "--answers", EXAMPLE, "--out", "f.pdf", "--layout", "f.json"];
    run(&[&make[..], &["--fillable", "--passphrase-file", "secret"]].concat()).ok();
    let pdf = std::fs::read(desk.path().join("f.pdf")).unwrap();
    assert!(opens(&pdf, PASSPHRASE) && !opens(&pdf, "mihon 2026-ama"));
    std::fs::write(desk.path().join("secret"), "short").unwrap();
    run(&[&make[..], &["--fillable", "--passphrase-file", "secret"]].concat()).refused("short", "12 to 60");
}

//! The plan of the house, and that the house is built so: a module uses only floors below it, reaches outside
//! only where the plan says so, says at its top what it is for, and stays short. What is allowed stands here;
//! a new module or a new crate begins with a line in [`PLAN`].

#[path = "layers/plan.rs"]
mod plan;
#[path = "layers/rust.rs"]
mod rust;

use plan::{NARROWER, PLAN, Room, SIDEWAYS};
use rust::{Path, Source};
use std::collections::BTreeSet;
use std::fs;

/// Files are near 200 lines; one that passes this has two jobs.
const MOST_LINES: usize = 500;

/// Words that are only written to a database.
const SQL: &[&str] = &["SELECT ", "INSERT INTO", "INSERT OR", "DELETE FROM", "CREATE TABLE", "PRAGMA "];

/// Methods of `Path` that look at the disk without naming `std::fs`.
const LOOKS_AT_DISK: &[&str] =
    &["exists", "try_exists", "is_file", "is_dir", "read_dir", "canonicalize", "symlink_metadata"];

/// A file below `src/` with its content.
struct File {
    path: String,
    text: String,
}

impl File {
    /// `mail/send/mod.rs` → `mail`, `send`; empty for `lib.rs`.
    fn module(&self) -> Vec<String> {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.split('/').filter(|part| *part != "lib").map(str::to_owned).collect()
    }
}

/// Everything that is wrong, one line each.
fn faults(files: &[File], crates: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut arrows = BTreeSet::new();
    for file in files {
        let module = file.module();
        let source = Source::parse(&file.text);
        faults.extend(shape(file));
        let Some(name) = module.first() else { continue };
        let Some(room) = plan::room(name) else {
            faults.push(format!("{}: '{name}' is not in the plan", file.path));
            continue;
        };
        let used = used_modules(&source, &module);
        faults.extend(used.iter().filter_map(|(line, used)| arrow(room, used, &file.path, *line)));
        arrows.extend(used.into_iter().map(|(_, used)| (room.name, used)));
        faults.extend(outside(room, file, &source, crates));
        faults.extend(sql(file, &source));
    }
    faults.extend(stale(files, &arrows));
    faults
}

fn shape(file: &File) -> Vec<String> {
    let mut faults = Vec::new();
    if !file.text.starts_with("//!") {
        faults.push(format!("{}: does not open with //! and its one job", file.path));
    }
    let lines = file.text.lines().count();
    if lines > MOST_LINES {
        faults.push(format!("{}: {lines} lines", file.path));
    }
    faults
}

/// The top-level modules that a file uses, with the line.
fn used_modules(source: &Source, module: &[String]) -> Vec<(usize, String)> {
    let used = source.paths.iter().filter_map(|path| {
        let target = path.leads_to(module)?.first()?;
        (*target != module[0]).then(|| (path.line, target.clone()))
    });
    used.collect()
}

fn arrow(room: &Room, used: &str, file: &str, line: usize) -> Option<String> {
    let Some(target) = plan::room(used) else {
        return Some(format!("{file}:{line}: uses '{used}', which is not in the plan"));
    };
    let allowed = target.floor < room.floor
        || SIDEWAYS.iter().any(|(from, to, _)| (*from, *to) == (room.name, target.name));
    (!allowed).then(|| {
        let (name, floor) = (room.name, room.floor);
        format!("{file}:{line}: {name} (floor {floor}) uses {used} (floor {})", target.floor)
    })
}

/// Crates and things of the world that the room may not use, or not in this file.
fn outside(room: &Room, file: &File, source: &Source, crates: &BTreeSet<String>) -> Vec<String> {
    let local = source.local_names();
    let of_path = source.paths.iter().filter_map(|path| {
        let first = &path.segments[0];
        let outside = crates.contains(first) && !local.contains(&first.as_str());
        Some((path.line, reached(path).or(outside.then(|| first.clone()))?))
    });
    let calls = source.calls.iter().filter(|(_, call)| LOOKS_AT_DISK.contains(&call.as_str()));
    let of_call = calls.map(|(line, _)| (*line, "files".to_owned()));
    let used: BTreeSet<(usize, String)> = of_path.chain(of_call).collect();
    let used = used.iter().filter(|(_, thing)| !may_use(room, file, thing));
    used.map(|(line, thing)| format!("{}:{line}: {} may not use {thing} here", file.path, room.name))
        .collect()
}

fn may_use(room: &Room, file: &File, thing: &str) -> bool {
    let mut places =
        NARROWER.iter().filter(|(name, narrow, ..)| (*name, *narrow) == (room.name, thing)).peekable();
    (room.outside.contains(&thing) || room.reach.contains(&thing))
        && (places.peek().is_none() || places.any(|(_, _, place, _)| file.path.starts_with(place)))
}

/// What of the world a path reaches, as the plan calls it.
fn reached(path: &Path) -> Option<String> {
    let segments: Vec<&str> = path.segments.iter().map(String::as_str).collect();
    let thing = match segments.as_slice() {
        [.., "now" | "now_v7" | "now_v1"] => "clock",
        ["std" | "tokio", "fs", ..] => "files",
        ["std" | "tokio", "net", ..] => "network",
        ["std" | "tokio", "process", ..] => "processes",
        ["std", "env", ..] => "environment",
        _ => return None,
    };
    Some(thing.to_owned())
}

fn sql(file: &File, source: &Source) -> Vec<String> {
    if file.path.starts_with("store/sqlite") {
        return Vec::new();
    }
    let texts = source.texts.iter().filter(|(_, text)| SQL.iter().any(|word| text.contains(word)));
    texts.map(|(line, _)| format!("{}:{line}: SQL outside store/sqlite", file.path)).collect()
}

/// Exceptions that nobody needs any more.
fn stale(files: &[File], arrows: &BTreeSet<(&str, String)>) -> Vec<String> {
    let there = |name: &str| files.iter().any(|file| file.module().first().is_some_and(|top| top == name));
    let unused = SIDEWAYS
        .iter()
        .filter(|(from, to, _)| there(from) && there(to) && !arrows.contains(&(*from, (*to).to_owned())));
    unused.map(|(from, to, _)| format!("the plan lets {from} use {to}, which it does not")).collect()
}

fn files_of_src() -> Vec<File> {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                files.push(File { path, text });
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// `[dependencies]` of `Cargo.toml`, as Rust writes their names.
fn crates() -> BTreeSet<String> {
    let manifest: toml::Table = include_str!("../Cargo.toml").parse().unwrap();
    manifest["dependencies"].as_table().unwrap().keys().map(|name| name.replace('-', "_")).collect()
}

#[test]
fn the_house_is_built_as_planned() {
    let files = files_of_src();
    assert!(files.len() > 100, "only {} files below src/", files.len());
    let faults = faults(&files, &crates());
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_plan_names_only_what_there_is() {
    let crates = crates();
    for room in PLAN {
        for thing in room.outside {
            assert!(crates.contains(*thing), "{}: {thing} is no dependency", room.name);
        }
    }
    for (name, thing, place, _) in NARROWER {
        let room = plan::room(name).expect(name);
        assert!(room.outside.contains(thing) || room.reach.contains(thing), "{name}: {thing}");
        assert!(place.starts_with(name), "{place} is not in {name}");
    }
    for (from, to, _) in SIDEWAYS {
        let (from, to) = (plan::room(from).expect(from), plan::room(to).expect(to));
        assert_eq!(from.floor, to.floor, "{} uses {} without leave", from.name, to.name);
    }
}

/// A file, its content, and a piece of each fault.
type Case = (&'static str, &'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    // Arrows.
    ("flow/a.rs", "//! A.\nuse crate::store::Store;", &[]),
    ("store/a.rs", "//! A.\nuse crate::flow::X;", &["store/a.rs:2: store (floor 2) uses flow (floor 4)"]),
    ("mail/a.rs", "//! A.\nuse crate::store::Store;", &["mail (floor 2) uses store (floor 2)"]),
    ("mail/a.rs", "//! A.\nuse crate::mail::parse;", &[]),
    ("mail/a.rs", "//! A.\nfn a() {\n    crate::read::png();\n}", &["mail/a.rs:3: mail (floor 2) uses read"]),
    (
        "mail/a.rs",
        "//! A.\nuse crate::{domain::id, flow, web::{a, b}};",
        &["uses flow", "uses web", "uses web"],
    ),
    ("mail/a.rs", "//! A.\nuse crate::{domain as flow, seal::{self, code as web}};", &[]),
    ("mail/a.rs", "//! A.\nuse crate::*;", &["uses '*', which is not in the plan"]),
    ("mail/a.rs", "//! A.\nuse crate::nowhere::X;", &["uses 'nowhere', which is not in the plan"]),
    ("cellar/a.rs", "//! A.\n", &["'cellar' is not in the plan"]),
    // Climbing out.
    ("mail/mod.rs", "//! A.\nuse super::store::Store;", &["uses store"]),
    ("mail/a.rs", "//! A.\nuse super::store::Store;", &[]),
    ("mail/a.rs", "//! A.\nuse super::super::store::Store;", &["uses store"]),
    ("mail/a.rs", "//! A.\nuse self::super::super::store::Store;", &["uses store"]),
    ("mail/a.rs", "//! A.\nuse super::{super::flow::X, b};", &["uses flow"]),
    ("mail/send/a.rs", "//! A.\nuse super::super::store;", &[]),
    ("mail/a.rs", "//! A.\nmod tests {\n    use super::super::store;\n}\n", &[]),
    (
        "mail/a.rs",
        "//! A.\nmod tests {\n    use super::super::super::store;\n}\n",
        &["a.rs:3: mail (floor 2)"],
    ),
    ("mail/a.rs", "//! A.\nmod b {}\nuse super::super::store;", &["a.rs:3: mail (floor 2)"]),
    // What looks like a path and is none.
    ("mail/a.rs", "//! A.\n// crate::flow\n/* /* crate::flow */ crate::web */ fn a() {}", &[]),
    (
        "mail/a.rs",
        "//! A.\nfn a<'a>() { b(\"crate::flow \\\" x\", r#\"\" crate::web\"#, '\"', b'\"', '\\''); }",
        &[],
    ),
    ("mail/a.rs", "//! A.\nfn a() { b('\"'); crate::flow::x() }", &["uses flow"]),
    ("mail/a.rs", "//! A.\nfn a() { b(r\"\\\"); crate::flow::x() }", &["uses flow"]),
    ("mail/a.rs", "//! A.\nfn a(b: &'static str) { crate::flow::x::<'_>() }", &["uses flow"]),
    // The outside.
    ("mail/a.rs", "//! A.\nuse rusqlite::Connection;", &["mail/a.rs:2: mail may not use rusqlite here"]),
    ("mail/a.rs", "//! A.\nuse lettre;", &[]),
    ("flow/a.rs", "//! A.\nuse lettre as post;", &["may not use lettre"]),
    ("flow/a.rs", "//! A.\nfn a() -> lettre::Message {}", &["may not use lettre"]),
    ("sheet/a.rs", "//! A.\n#[derive(serde::Serialize)]\nstruct A;", &["a.rs:2: sheet may not use serde"]),
    ("sheet/a.rs", "//! A.\nuse super::image;\nfn a() { image::draw() }", &[]),
    ("store/a.rs", "//! A.\nuse rusqlite::Connection;", &["store may not use rusqlite here"]),
    ("store/sqlite/a.rs", "//! A.\nuse rusqlite::Connection;", &[]),
    ("flow/a.rs", "//! A.\nconst A: &str = \"SELECT 1\";", &["flow/a.rs:2: SQL outside store/sqlite"]),
    ("store/sqlite/a.rs", "//! A.\nconst A: &str = \"SELECT 1\";", &[]),
    // Clock, files, network, environment.
    (
        "domain/a.rs",
        "//! A.\nuse jiff::Timestamp;\nfn a() { Timestamp::now() }",
        &["a.rs:3: domain may not use clock"],
    ),
    ("read/a.rs", "//! A.\nfn a() { b.map(std::time::Instant::now) }", &["may not use clock"]),
    ("seal/a.rs", "//! A.\nuse std::{fmt, fs};", &["may not use files"]),
    ("form/a.rs", "//! A.\nuse std::fs;", &["form may not use files here"]),
    ("form/catalogue.rs", "//! A.\nuse std::fs;", &[]),
    ("form/catalogue.rs", "//! A.\nuse std::env;", &["may not use environment"]),
    ("read/a.rs", "//! A.\nfn a() { path.exists() }", &["may not use files"]),
    (
        "report/a.rs",
        "//! A.\nuse std::net::IpAddr;\nuse std::process::Command;",
        &["use network", "use processes"],
    ),
    ("flow/a.rs", "//! A.\nfn a() { tokio::fs::read(\"a\") }", &["may not use files"]),
    // Shape.
    ("mail/a.rs", "\n//! A.\n", &["does not open with //!"]),
    ("lib.rs", "pub mod domain;", &["lib.rs: does not open with //!"]),
];

#[test]
fn every_fault_is_seen() {
    let crates = crates();
    for (path, text, expected) in CASES {
        let file = File { path: (*path).to_owned(), text: (*text).to_owned() };
        let found = faults(&[file], &crates);
        let fits = found.len() == expected.len()
            && expected.iter().all(|piece| found.iter().any(|fault| fault.contains(piece)));
        assert!(fits, "{path}\n{text}\nexpected {expected:?}\nfound {found:?}");
    }
}

#[test]
fn a_long_file_is_seen() {
    let file = |lines: usize| File { path: "mail/a.rs".to_owned(), text: "//! A.\n".repeat(lines) };
    assert!(faults(&[file(MOST_LINES)], &crates()).is_empty());
    assert_eq!(faults(&[file(MOST_LINES + 1)], &crates()), ["mail/a.rs: 501 lines"]);
}

#[test]
fn an_exception_that_nobody_needs_is_seen() {
    let file = |path: &str, text: &str| File { path: path.to_owned(), text: format!("//! A.\n{text}") };
    let (from, to, _) = SIDEWAYS[0];
    let (from_file, to_file) = (format!("{from}/mod.rs"), format!("{to}.rs"));
    let used = [file(&from_file, &format!("use crate::{to}::X;")), file(&to_file, "")];
    assert_eq!(faults(&used, &crates()), Vec::<String>::new());
    let unused = [file(&from_file, ""), file(&to_file, "")];
    assert_eq!(faults(&unused, &crates()), [format!("the plan lets {from} use {to}, which it does not")]);
}

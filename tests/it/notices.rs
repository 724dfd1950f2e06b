//! Bounces, delays, holiday texts and complaints as servers really wrote them (`RENRAKU_CORPORA`), against the opinion of
//! another parser; and mails that look like one and are none.

use renraku::mail::classify::{Class, classify_raw};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn corpora() -> Option<PathBuf> {
    let folder = std::env::var_os("RENRAKU_CORPORA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("RENRAKU_CORPORA is not set: the notices of the world are not looked at");
    }
    folder
}

fn mails(folder: PathBuf) -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths
        .iter()
        .filter(|path| path.is_file())
        .map(|path| (name(path), std::fs::read(path).unwrap()))
        .collect()
}

#[test]
fn notices_of_the_world_are_told_from_answers_in_every_line_ending() {
    let Some(corpora) = corpora() else { return };
    let bounces = corpora.join("bounces");
    for (endings, least) in [("lf", 0.97), ("crlf", 0.97), ("cr", 0.97), ("damaged", 0.9)] {
        let all = mails(bounces.join(endings));
        let missed: Vec<&str> = all
            .iter()
            .filter(|(_, raw)| classify_raw(raw).class == Class::Other)
            .map(|(name, _)| name.as_str())
            .collect();
        let share = 1.0 - missed.len() as f64 / all.len() as f64;
        println!("{endings}: {} mails, {:.1} % recognised; not {missed:?}", all.len(), 100.0 * share);
        assert!(share >= least, "{endings}: {missed:?}");
    }
    for (name, raw) in mails(bounces.join("not-bounces")) {
        assert_eq!(classify_raw(&raw).class, Class::Other, "{name}");
    }
}

#[test]
fn whom_a_notice_speaks_of_is_told_as_another_parser_tells_it() {
    let Some(corpora) = corpora() else { return };
    let expected = std::fs::read_to_string(corpora.join("bounces/expected.tsv")).unwrap();
    let (mut counted, mut named, mut alike) = (0, 0, 0);
    let mut reasons: BTreeMap<&str, u32> = BTreeMap::new();
    for line in expected.lines().skip(1) {
        let [file, recipient, _, reason, kind] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        if !matches!(kind, "permanent" | "temporary") {
            continue;
        }
        counted += 1;
        let verdict = classify_raw(&std::fs::read(corpora.join("bounces").join(file)).unwrap());
        let found = verdict.recipients.iter().find(|one| one.address.eq_ignore_ascii_case(recipient));
        named += u32::from(found.is_some());
        if found.is_some_and(|one| one.permanent == Some(kind == "permanent")) {
            alike += 1;
        } else {
            *reasons.entry(reason).or_default() += 1;
            println!("{file}: {recipient} {reason} {kind}, here {verdict:?}");
        }
    }
    let share = |count: u32| f64::from(count) / f64::from(counted);
    println!(
        "{counted} recipients, {:.1} % named, {:.1} % alike; differ {reasons:?}",
        100.0 * share(named),
        100.0 * share(alike)
    );
    assert!(share(named) >= NAMED && share(alike) >= ALIKE);
}

/// Below what stands now; the aim for both together is 0.9.
const NAMED: f64 = 0.9;
const ALIKE: f64 = 0.7;

#[test]
fn explain_says_what_a_mail_is_and_takes_none_of_the_world_for_an_answer() {
    let Some(corpora) = corpora() else { return };
    let folders = ["bounces/lf", "bounces/damaged", "mail/malformed", "mail/rfc"];
    let mut command = crate::world::renraku();
    command.args(["mail", "explain"]).args(folders.map(|folder| corpora.join(folder)));
    let lines = crate::world::Ran::of(&mut command).ok().lines();
    assert!(lines.len() > 300, "{} mails", lines.len());
    for line in &lines {
        assert!(line["class"].is_string() && line["class"] != "answer", "{line}");
        assert_eq!(line["request"], serde_json::Value::Null, "{line}");
        let recipients = line["recipients"].as_array().unwrap();
        assert!(recipients.iter().all(|one| one["address"].as_str().unwrap().contains('@')), "{line}");
    }
}

//! Bounces, delays, holiday texts and complaints as servers really wrote them (`RENRAKU_CORPORA`), against the opinion of
//! another parser; and mails that look like one and are none.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use renraku::mail::classify::{Class, Verdict, classify};
use renraku::mail::parse;
use renraku::practice::clinic::fax_service_mail;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn classify_raw(raw: &[u8]) -> Verdict {
    classify(raw, &parse::parse(raw))
}

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

/// The aim for both together is 0.9.
const NAMED: f64 = 0.96;
const ALIKE: f64 = 0.9;

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

/// Mails as they come, cut, doubled, swapped and strewn with other octets: each is told to be something, without a panic,
/// and what is told of it stands in it. `RENRAKU_MUTANTS=10000` makes that many.
#[test]
fn mutated_mails_are_still_told_to_be_something() {
    let count = std::env::var("RENRAKU_MUTANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(400_u64);
    let mut originals = vec![fax_service_mail(b"II*\0 no page", "03-0000-1002", 1)];
    originals.push(
        b"Return-Path: <>\r\nFrom: MAILER-DAEMON@mail.example\r\nSubject: Undelivered\r\n\r\n\
          <a@clinic.example>: 550 5.1.1 user unknown\r\n\r\nFinal-Recipient: rfc822; a@clinic.example\r\n\
          Action: failed\r\nStatus: 5.1.1\r\n"
            .to_vec(),
    );
    for folder in ["bounces/lf", "bounces/cr", "mail/malformed"] {
        originals.extend(
            corpora().into_iter().flat_map(|corpora| mails(corpora.join(folder))).map(|(_, raw)| raw),
        );
    }
    let mut classes: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..count {
        let mut rng = ChaCha8Rng::seed_from_u64(7_000_000 + seed);
        let mut raw = originals.choose(&mut rng).unwrap().clone();
        for _ in 0..rng.random_range(1..6) {
            mutate(&mut raw, &mut rng);
        }
        let verdict = classify_raw(&raw);
        *classes.entry(format!("{:?}", verdict.class)).or_default() += 1;
        for recipient in &verdict.recipients {
            assert!(recipient.address.contains('@'), "seed {seed}: {recipient:?}");
        }
    }
    println!("{count} mutants of {} mails: {classes:?}", originals.len());
    assert!(classes.len() > 1, "{classes:?}");
}

pub fn mutate(raw: &mut Vec<u8>, rng: &mut ChaCha8Rng) {
    let length = raw.len().max(1);
    let (from, to) = (rng.random_range(0..length), rng.random_range(0..length));
    let piece = raw.get(from..(from + rng.random_range(0..200)).min(raw.len())).unwrap_or_default().to_vec();
    let at = to.min(raw.len());
    match rng.random_range(0..6) {
        0 => raw.truncate(from),
        1 => drop(raw.splice(at..at, piece)),
        2 => drop(raw.drain(from.min(to)..from.max(to).min(from.min(to) + 300).min(raw.len()))),
        3 => raw.iter_mut().skip(from).take(8).for_each(|byte| *byte = rng.random()),
        4 => drop(raw.splice(at..at, std::iter::repeat_n(b'\n', rng.random_range(1..4)))),
        _ => drop(raw.splice(at..at, *b"\r\nFinal-Recipient: rfc822; \xff@@x..y")),
    }
}

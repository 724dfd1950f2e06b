//! `request`: new, list, show, cancel.

use super::NOW;
use crate::world::{EXAMPLE, FaxService, World};
use serde_json::Value;

fn example(change: impl FnOnce(&mut Value)) -> String {
    let mut answers: Value = serde_json::from_str(&std::fs::read_to_string(EXAMPLE).unwrap()).unwrap();
    change(&mut answers);
    answers.to_string()
}

#[test]
fn what_cannot_be_sent_is_refused_with_one_sentence_and_nothing_is_stored() {
    let world = World::new(1, "");
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8057";
    let (office, clinic) = (world.office.as_str(), world.clinics[0].as_str());
    let no_content = world.file("no-content.json", example(|answers| drop(answers["content"].take())));
    let rare = world.file("rare.json", example(|answers| answers["content"] = "☑の件".into()));
    let long = world.file("long.json", example(|answers| answers["content"] = "あ".repeat(601).into()));
    let stray = world.file("stray.json", example(|answers| answers["colour"] = "red".into()));
    let no_json = world.file("no.json", "content: hello");
    let no_return_fax = world.file("no-return-fax.toml", "");
    let missing = world.path("missing.json").to_str().unwrap().to_owned();
    let plain = |answers, office, clinic| {
        vec![
            "request",
            "new",
            "--form",
            "liaison",
            "--answers",
            answers,
            "--office",
            office,
            "--clinic",
            clinic,
        ]
    };
    let cases = [
        ("an unknown clinic", plain(EXAMPLE, office, nobody), "there is no clinic"),
        ("an unknown office", plain(EXAMPLE, nobody, clinic), "there is no office"),
        ("an unverified clinic", plain(EXAMPLE, office, &world.clinics[2]), "verify its number first"),
        ("a missing field", plain(&no_content, office, clinic), "content: "),
        ("a character without a glyph", plain(&rare, office, clinic), "'☑' cannot be printed"),
        ("a text too long", plain(&long, office, clinic), "content: "),
        ("a field of no form", plain(&stray, office, clinic), "colour: "),
        ("no JSON", plain(&no_json, office, clinic), "is not a JSON object"),
        ("no file", plain(&missing, office, clinic), "cannot be read"),
        (
            "no return fax",
            [plain(EXAMPLE, office, clinic), vec!["--config", &no_return_fax]].concat(),
            "no return_fax is set",
        ),
        (
            "an unknown form",
            vec![
                "request",
                "new",
                "--form",
                "lunch",
                "--answers",
                EXAMPLE,
                "--office",
                office,
                "--clinic",
                clinic,
            ],
            "there is no form 'lunch'",
        ),
    ];
    for (case, args, expected) in cases {
        world.run(&args).refused(case, expected);
    }
    assert_eq!(world.run(&["request", "list", "--json"]).ok().out, "", "something was stored");
    assert_eq!(world.run(&["outbox", "list"]).ok().out, "", "something waits in the outbox");
}

#[test]
fn requests_are_listed_shown_and_cancelled() {
    let service = FaxService::willing();
    let world = World::new(service.port(), "");
    let first = world.submit(0, &["--now", NOW]);
    let second = world.submit(1, &["--now", "2026-11-18T02:00:00Z"]);
    let listed = |args: &[&str]| -> Vec<String> {
        let lines = world.run(&[&["request", "list", "--json"], args].concat()).ok().lines();
        lines.iter().map(|request| request["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(&[]), [second.clone(), first.clone()], "the newest first");
    let shown = world.run(&["request", "show", &first, "--json"]).ok().json();
    assert_eq!(shown["request"]["state"], "queued");
    assert_eq!(shown["request"]["due_on"], "2026-11-26");
    assert_eq!(shown["deliveries"].as_array().unwrap().len(), 1);
    assert_eq!(shown["replies"].as_array().unwrap().len(), 0);
    assert!(!shown["events"].as_array().unwrap().is_empty());

    let cancelled = world.run(&["request", "cancel", &first, "--now", NOW]).ok().json();
    assert_eq!((&cancelled["id"], &cancelled["state"]), (&first.as_str().into(), &"cancelled".into()));
    assert_eq!(listed(&["--state", "cancelled"]), [first.as_str()]);
    assert_eq!(listed(&["--state", "queued"]), [second.as_str()]);
    assert_eq!(listed(&["--overdue"]), [""; 0]);
    world.run(&["request", "cancel", &first]).refused("cancelled already", "look at it again");
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8057";
    world.run(&["request", "cancel", nobody]).refused("no such request", "there is no request");
    world.run(&["request", "show", nobody]).refused("no such request", "there is no request");

    // What was withdrawn before it left does not leave.
    let sent = world.run(&["deliver", "--once", "--now", "2026-11-18T03:00:00Z"]).ok().lines();
    assert_eq!(sent.iter().map(|line| &line["request"]).collect::<Vec<_>>(), [second.as_str()]);
    assert_eq!(service.numbers().len(), 1);
}

//! `deliver`, `outbox`, `run-due` and `report`: what leaves, what does not, and how it is counted.

use super::{LATER, NO_PROBLEM, NOW, SOON};
use crate::world::{FaxService, World, ticked_fax};
use renraku::practice::smtp_server::{Behaviour, Fault, Step};
use serde_json::Value;
use std::time::Duration;

/// The report over the days of the test, as JSON rows.
fn report(world: &World) -> Vec<Value> {
    let args = ["report", "unanswered", "--from", "2026-11-01", "--to", "2026-12-31", "--format", "json"];
    let report = world.run(&args).ok().json();
    assert_eq!((&report["from"], &report["to"]), (&"2026-11-01".into(), &"2026-12-31".into()));
    report["clinics"].as_array().unwrap().clone()
}

fn flagged(world: &World, now: &str) -> Vec<String> {
    let flagged = world.run(&["run-due", "--now", now]).ok().json()["flagged"].as_array().unwrap().clone();
    flagged.iter().map(|request| request["id"].as_str().unwrap().to_owned()).collect()
}

fn ends(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["end"].as_str().unwrap()).collect()
}

#[test]
fn nothing_leaves_while_sending_is_on_hold() {
    let service = FaxService::willing();
    let world = World::new(service.port(), "");
    let before = world.submit(0, &["--now", NOW]);
    world.run(&["outbox", "hold", "a drill"]).ok();
    let during = world.submit(1, &["--now", NOW]);
    let held = world.run(&["deliver", "--once", "--now", LATER]).ok();
    assert_eq!(held.out, "");
    assert!(held.err.contains("a drill"), "{}", held.err);
    assert_eq!(service.numbers(), [""; 0]);
    let states: Vec<Value> = world.run(&["outbox", "list", "--json"]).ok().lines();
    assert!(states.iter().all(|delivery| delivery["state"] == "held"), "{states:?}");

    world.run(&["outbox", "release"]).ok();
    let sent = world.run(&["deliver", "--once", "--now", LATER]).ok().lines();
    assert_eq!(ends(&sent), ["submitted"; 2]);
    let requests: Vec<&str> = sent.iter().map(|line| line["request"].as_str().unwrap()).collect();
    assert!(requests.contains(&before.as_str()) && requests.contains(&during.as_str()));
    assert_eq!(service.numbers().len(), 2);
    assert_eq!(world.run(&["deliver", "--once", "--now", LATER]).ok().out, "", "sent twice");
}

#[test]
fn a_refused_number_is_undelivered_and_never_unanswered() {
    let refusal = Fault::Say("550 5.1.1 No such fax number".to_owned());
    let behaviour = Behaviour { faults: [(Step::Rcpt, refusal)].into(), ..Behaviour::default() };
    let service = FaxService::start(behaviour, || Duration::ZERO);
    let world = World::new(service.port(), "");
    let request = world.submit(0, &["--now", NOW]);
    let tried = world.run(&["deliver", "--once", "--now", SOON]).ok().lines();
    assert_eq!(ends(&tried), ["failed"]);
    assert!(tried[0]["detail"].as_str().unwrap().contains("550"), "{tried:?}");
    let shown = world.run(&["request", "show", &request, "--json"]).ok().json();
    assert_eq!(shown["request"]["state"], "undelivered");
    assert_eq!(shown["deliveries"][0]["state"], "undelivered");

    assert_eq!(flagged(&world, LATER), [""; 0], "undelivered is not overdue");
    let rows = report(&world);
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!((&row["undelivered"], &row["unanswered"], &row["sent"]), (&1.into(), &0.into(), &1.into()));
    assert_eq!(row["unanswered_numbers"], serde_json::json!([]));
    assert_eq!(service.numbers(), [""; 0]);
}

#[test]
fn a_server_that_is_away_is_tried_again_later() {
    let behaviour = Behaviour {
        faults: [(Step::Greeting, Fault::Say("421 4.3.2 Later".to_owned()))].into(),
        ..Behaviour::default()
    };
    let away = FaxService::start(behaviour, || Duration::ZERO);
    let world = World::new(away.port(), "");
    world.submit(0, &["--now", NOW]);
    assert_eq!(ends(&world.run(&["deliver", "--once", "--now", SOON]).ok().lines()), ["retry"]);
    assert_eq!(world.run(&["deliver", "--once", "--now", SOON]).ok().out, "", "tried again at once");
    assert_eq!(ends(&world.run(&["deliver", "--once", "--now", LATER]).ok().lines()), ["retry"]);
    assert_eq!(away.numbers(), [""; 0]);
}

#[test]
fn what_is_overdue_is_flagged_once_and_reported() {
    let service = FaxService::willing();
    let world = World::new(service.port(), "");
    let silent = world.submit(0, &["--now", NOW]);
    let answered = world.submit(1, &["--now", NOW]);
    assert_eq!(ends(&world.run(&["deliver", "--once", "--now", SOON]).ok().lines()), ["submitted"; 2]);
    let (layout, pdf) = world.sheet(&answered);
    let fax = world.file("answer.tif", ticked_fax(&pdf, &layout, NO_PROBLEM));
    world.run(&["ingest", &fax, "--now", "2026-11-19T01:00:00Z"]).ok();

    // The due day is 26 November; it is over when the 27th begins in Japan (15:00 UTC).
    assert_eq!(flagged(&world, "2026-11-26T14:59:59Z"), [""; 0]);
    let before: u64 = report(&world).iter().map(|row| row["unanswered"].as_u64().unwrap()).sum();
    assert_eq!(before, 0);
    assert_eq!(flagged(&world, "2026-11-26T15:00:00Z"), [silent.as_str()]);
    assert_eq!(flagged(&world, LATER), [""; 0], "flagged a second time");
    let overdue = world.run(&["request", "list", "--json", "--overdue"]).ok().lines();
    assert_eq!(overdue.len(), 1);
    assert_eq!((&overdue[0]["id"], &overdue[0]["state"]), (&silent.as_str().into(), &"sent".into()));

    let number = overdue[0]["number"].as_str().unwrap();
    let rows = report(&world);
    let row = |name: &str| rows.iter().find(|row| row["clinic"] == name).expect(name);
    let (first, second) = (row("見本内科クリニック"), row("見本整形外科医院"));
    assert_eq!((&first["unanswered"], &first["answered"]), (&1.into(), &0.into()));
    assert_eq!(first["unanswered_numbers"], serde_json::json!([number]));
    assert_eq!((&second["unanswered"], &second["answered"]), (&0.into(), &1.into()));

    let args = ["report", "unanswered", "--from", "2026-11-01", "--to", "2026-12-31", "--format", "csv"];
    let csv = world.run(&args).ok().out;
    let lines: Vec<&str> = csv.strip_prefix('\u{feff}').expect("a byte order mark").split("\r\n").collect();
    assert_eq!(lines.len(), 4, "a heading, two clinics, the end: {csv}");
    assert!(lines[0].starts_with("医療機関,送信,回答"), "{csv}");
    let of_first =
        lines.iter().find(|line| line.starts_with("見本内科クリニック,")).expect("the first clinic");
    assert!(of_first.starts_with("見本内科クリニック,1,0,0,1,") && of_first.ends_with(number), "{csv}");

    // A period without requests has no rows; one that ends before it begins is a mistake.
    let empty =
        world.run(&["report", "unanswered", "--from", "2025-01-01", "--to", "2025-01-31"]).ok().json();
    assert_eq!(empty["clinics"], serde_json::json!([]));
    world
        .run(&["report", "unanswered", "--from", "2026-12-31", "--to", "2026-11-01"])
        .refused("exchanged days", "--from is after --to");
}

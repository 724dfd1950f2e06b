//! Cases on the report on unanswered requests: each request in exactly one column, 未達 never in 未回答.

use super::Case;
use super::world::{World, at, clinic, day, fax, outcome, reply, unsure};
use renraku::domain::sheet_number::RequestNumber;
use renraku::domain::state::{AttemptEnd, RequestState};
use renraku::store::{NewRequest, Store, UnansweredRow};

pub const CASES: &[Case] = &[
    ("each request is counted in one column", each_request_is_counted_in_one_column),
    ("a period is days in Japan", a_period_is_days_in_japan),
    ("clinics stand by name", clinics_stand_by_name),
];

fn each_request_is_counted_in_one_column(store: &dyn Store) {
    let world = World::new(store);
    let row = || store.unanswered(day("2026-07-01"), day("2026-07-01")).unwrap().remove(0);
    let queued_then_cancelled = world.submit("0300000001");
    assert_eq!(row().sent, 0, "still in the outbox");
    store.cancel(queued_then_cancelled.id, "", at(1)).unwrap();
    assert_eq!((row().sent, row().ended), (0, 0), "withdrawn before it left");

    let answer = |key: &str, minute: i64| {
        let (_, sheet) = world.sent("0300000001");
        world.arrive(key, vec![reply(&sheet, "yes")], at(minute));
    };
    answer("in time", 10);
    // 24:00 of the last day in Japan is 15:00 UTC, fifteen hours after nine in the morning there.
    answer("last minute", 2 * 24 * 60 + 15 * 60 - 1);
    answer("too late", 2 * 24 * 60 + 15 * 60);
    let (_, sheet) = world.sent("0300000001");
    world.arrive("unsure", vec![unsure(Some(&sheet))], at(10));
    for end in [AttemptEnd::Failed, AttemptEnd::Retry, AttemptEnd::InDoubt] {
        world.submit("0300000001");
        world.send(end);
    }
    let silent = world.sent("0300000001").0;
    let withdrawn = world.sent("0300000001").0;
    store.cancel(withdrawn.id, "", at(20)).unwrap();
    let flagged = store.flag_overdue(day("2026-07-04"), 100, at(5000)).unwrap();
    assert_eq!(flagged.len(), 2, "the silent one and the one in doubt");
    let patient = NewRequest { due_on: Some(day("2026-08-01")), ..world.new_request("0300000001") };
    store.submit(&patient, at(0)).unwrap();
    world.send(AttemptEnd::Submitted);
    // A notice waits for nothing.
    let notice = NewRequest { due_on: None, ..world.new_request("0300000001") };
    store.submit(&notice, at(0)).unwrap();
    world.send(AttemptEnd::Submitted);

    let expected = UnansweredRow {
        clinic_id: world.clinic,
        clinic: "見本医院".to_owned(),
        sent: 11,
        answered: 3,
        answered_late: 1,
        needs_review: 1,
        unanswered: 1,
        waiting: 1,
        undelivered: 2,
        in_doubt: 1,
        ended: 1,
        no_reply: 1,
        unanswered_numbers: vec![silent.number],
    };
    assert_eq!(row(), expected);
    assert_eq!(world.state(silent.id), RequestState::Sent);
}

fn a_period_is_days_in_japan(store: &dyn Store) {
    let world = World::new(store);
    // Nine in the morning is `at(0)`; the day in Japan began nine hours earlier and ends fifteen later.
    for minute in [-9 * 60 - 1, -9 * 60 + 1, 15 * 60 - 1, 15 * 60 + 1] {
        store.submit(&world.new_request("0300000001"), at(minute)).unwrap();
        world.send_to(&outcome(AttemptEnd::Submitted, None), at(15 * 60 + 2));
    }
    let sent = |from: &str, to: &str| -> u32 {
        store.unanswered(day(from), day(to)).unwrap().iter().map(|row| row.sent).sum()
    };
    assert_eq!(sent("2026-07-01", "2026-07-01"), 2);
    assert_eq!(sent("2026-06-30", "2026-07-01"), 3);
    assert_eq!(sent("2026-06-30", "2026-07-02"), 4);
    assert_eq!(sent("2026-07-03", "2026-07-02"), 0);
    assert_eq!(sent("-009999-01-01", "9999-12-31"), 4, "all of time");
}

fn clinics_stand_by_name(store: &dyn Store) {
    let world = World::new(store);
    let other = clinic("いろは医院", vec![fax("0300000002")]);
    let quiet = clinic("しずか医院", vec![fax("0300000003")]);
    store.put_clinic(&other, at(0)).unwrap();
    store.put_clinic(&quiet, at(0)).unwrap();
    world.sent("0300000001");
    for minute in [0, 1] {
        let new = NewRequest { clinic_id: other.id, ..world.new_request("0300000002") };
        store.submit(&new, at(minute)).unwrap();
        world.send(AttemptEnd::Submitted);
    }
    store.flag_overdue(day("2026-07-04"), 100, at(5000)).unwrap();
    let rows = store.unanswered(day("2026-07-01"), day("2026-07-01")).unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row.clinic.as_str()).collect();
    assert_eq!(names, ["いろは医院", "見本医院"], "a clinic without requests has no row");
    assert_eq!(rows[0].unanswered_numbers, [RequestNumber::new(2026, 2), RequestNumber::new(2026, 3)]);
}

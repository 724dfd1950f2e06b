//! Cases on the outbox: who may send what when, and what follows. No text leaves twice by itself.

use super::Case;
use super::world::{World, assert_conflict, at, layout, lease, outcome, reply, sheet_for, unsure};
use renraku::domain::event::Subject;
use renraku::domain::id::{AttemptId, DeliveryId, RequestId};
use renraku::domain::request::Delivery;
use renraku::domain::sheet_number::SheetNumber;
use renraku::domain::state::{AttemptEnd, DeliveryState, RequestState};
use renraku::store::{Lease, NewRequest, RequestStore, Sheet, Store, StoreError};
use std::collections::BTreeSet;
use std::sync::Mutex;

pub const CASES: &[Case] = &[
    ("the delivery that is due longest is taken first", the_longest_due_first),
    ("one delivery to an address is out at a time", one_delivery_to_an_address),
    ("eight threads take each delivery once", eight_threads_take_each_delivery_once),
    ("a sheet is stored with its frames", a_sheet_is_stored_with_its_frames),
    ("a stale lease can do nothing", a_stale_lease_can_do_nothing),
    ("an expired lease lets no text leave", an_expired_lease_lets_no_text_leave),
    ("how an attempt ended decides what follows", how_an_attempt_ended_decides),
    ("what has come back outweighs a delivery's end", what_has_come_back_outweighs),
    ("recovery never queues what may have left", recovery_never_queues_what_may_have_left),
    ("the hold keeps everything back", the_hold_keeps_everything_back),
    ("every step is in the log", every_step_is_in_the_log),
];

fn the_longest_due_first(store: &dyn Store) {
    let world = World::new(store);
    let submit =
        |address: &str, minute: i64| store.submit(&world.new_request(address), at(minute)).unwrap().id;
    let (second, first, later) = (submit("0300000002", 5), submit("0300000001", 2), submit("0300000003", 9));
    let take = |minute: i64| -> Option<RequestId> {
        let lease = lease("worker", at(minute));
        store.lease_delivery(&lease, at(minute)).unwrap().map(|delivery| delivery.request_id().unwrap())
    };
    assert_eq!(take(1), None, "nothing is due yet");
    assert_eq!([take(6), take(6), take(6)], [Some(first), Some(second), None]);
    assert_eq!(take(9), Some(later));
}

fn one_delivery_to_an_address(store: &dyn Store) {
    let world = World::new(store);
    let requests = [(-3, "0300000001"), (-2, "0300000001"), (-1, "0300000002")]
        .map(|(minute, address)| store.submit(&world.new_request(address), at(minute)).unwrap());
    let first = store.lease_delivery(&lease("a", at(1)), at(1)).unwrap().unwrap();
    let other = store.lease_delivery(&lease("b", at(1)), at(1)).unwrap().unwrap();
    assert_eq!(other.request_id(), Some(requests[2].id), "the busy address is passed over");
    assert_eq!(store.lease_delivery(&lease("c", at(1)), at(1)).unwrap(), None);
    store.recover_deliveries(true, at(2)).unwrap();
    let again = store.lease_delivery(&lease("d", at(2)), at(2)).unwrap().unwrap();
    assert_eq!(again.address, first.address);
}

fn eight_threads_take_each_delivery_once(store: &dyn Store) {
    let world = World::new(store);
    let all: BTreeSet<DeliveryId> =
        (0..40).map(|number| world.delivery(world.submit(&format!("03000000{number:02}")).id).id).collect();
    let taken = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let taken = &taken;
            scope.spawn(move || {
                let lease = lease(&format!("worker {worker}"), at(1));
                while let Some(delivery) = store.lease_delivery(&lease, at(1)).unwrap() {
                    taken.lock().unwrap().push(delivery.id);
                }
            });
        }
    });
    let taken = taken.into_inner().unwrap();
    assert_eq!(taken.len(), 40);
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>(), all);
}

fn a_sheet_is_stored_with_its_frames(store: &dyn Store) {
    let world = World::new(store);
    let request = world.submit("0300000001");
    let lease = lease("worker", at(1));
    let delivery = store.lease_delivery(&lease, at(1)).unwrap().unwrap();
    let number = |byte: u8| SheetNumber::from_random([byte; 7]);
    let sheet = |byte: u8, code_x_mm: f64, minute: i64| Sheet {
        sheet_id: number(byte),
        layout: layout(&number(byte), code_x_mm),
        ..sheet_for(&delivery, at(minute))
    };
    let sheets = [sheet(1, 120.0, 1), sheet(2, 130.0, 2), sheet(3, 120.0, 3)];
    for sheet in &sheets {
        store.put_sheet(sheet, &lease).unwrap();
    }
    for sheet in &sheets {
        assert_eq!(
            store.sheet(&sheet.sheet_id).unwrap().as_ref(),
            Some(sheet),
            "earlier sheets stay readable"
        );
    }
    assert_eq!(world.delivery(request.id).sheet_id, Some(number(3)));
    assert_eq!(store.sheet(&number(9)).unwrap(), None);
    let places: Vec<f64> = store.frames().unwrap().iter().map(|frame| frame.code_x_mm).collect();
    assert_eq!(places, [120.0, 130.0], "two different frames, the last used one first");
    assert_conflict(store.put_sheet(&sheets[0], &lease));
    let foreign = Sheet { request_id: world.submit("0300000002").id, ..sheet(4, 120.0, 4) };
    assert_conflict(store.put_sheet(&foreign, &lease));
}

fn a_stale_lease_can_do_nothing(store: &dyn Store) {
    let world = World::new(store);
    let request = world.submit("0300000001");
    let old = lease("old", at(1));
    let delivery = store.lease_delivery(&old, at(1)).unwrap().unwrap();
    let attempt = AttemptId::new_at(at(1));
    store.attempt_started(attempt, delivery.id, &old, at(1)).unwrap();
    store.recover_deliveries(false, at(12)).unwrap();
    let new = lease("new", at(12));
    store.lease_delivery(&new, at(12)).unwrap().unwrap();

    assert_conflict(store.put_sheet(&sheet_for(&delivery, at(12)), &old));
    assert_conflict(store.attempt_started(AttemptId::new_at(at(12)), delivery.id, &old, at(12)));
    assert_conflict(store.body_started(attempt, &old, at(12)));
    assert_conflict(store.body_started(attempt, &new, at(12)));
    assert_conflict(store.attempt_ended(attempt, &outcome(AttemptEnd::Submitted, None), &old, at(12)));
    assert_conflict(store.attempt_ended(attempt, &outcome(AttemptEnd::Submitted, None), &new, at(12)));
    assert_eq!(world.delivery(request.id).state, DeliveryState::Sending);
    let second = store.attempt_started(AttemptId::new_at(at(12)), delivery.id, &new, at(12)).unwrap();
    assert_eq!(second.number, 2);
    assert_conflict(store.attempt_started(AttemptId::new_at(at(12)), delivery.id, &new, at(12)));
}

fn an_expired_lease_lets_no_text_leave(store: &dyn Store) {
    let world = World::new(store);
    let request = world.submit("0300000001");
    let lease = lease("worker", at(1));
    let delivery = store.lease_delivery(&lease, at(1)).unwrap().unwrap();
    let attempt = AttemptId::new_at(at(1));
    store.attempt_started(attempt, delivery.id, &lease, at(1)).unwrap();
    // What counts is the lease as it was granted, not what the worker says of it now.
    let stretched = Lease { until: at(100), ..lease.clone() };
    assert_conflict(store.body_started(attempt, &stretched, at(12)));
    assert_eq!(store.attempts(delivery.id).unwrap()[0].body_started_at, None);
    store.body_started(attempt, &lease, at(11)).unwrap();
    assert_conflict(store.body_started(attempt, &lease, at(11)));
    // The end of what really happened is kept, however late it is told.
    store.attempt_ended(attempt, &outcome(AttemptEnd::Submitted, None), &lease, at(60)).unwrap();
    assert_eq!(world.state(request.id), RequestState::Sent);
    let attempt = store.attempts(delivery.id).unwrap().remove(0);
    assert_eq!((attempt.started_at, attempt.body_started_at), (at(1), Some(at(11))));
    assert_eq!((attempt.ended_at, attempt.end), (Some(at(60)), Some(AttemptEnd::Submitted)));
    assert_eq!(attempt.detail, "250 taken");
}

fn how_an_attempt_ended_decides(store: &dyn Store) {
    use AttemptEnd::{Failed, InDoubt, Retry, Submitted};
    let world = World::new(store);
    let later = Some(at(30));
    for (end, next, delivery, request) in [
        (Submitted, None, DeliveryState::Submitted, RequestState::Sent),
        (Submitted, later, DeliveryState::Submitted, RequestState::Sent),
        (Retry, None, DeliveryState::Undelivered, RequestState::Undelivered),
        (Failed, None, DeliveryState::Undelivered, RequestState::Undelivered),
        (Failed, later, DeliveryState::Undelivered, RequestState::Undelivered),
        (InDoubt, None, DeliveryState::InDoubt, RequestState::InDoubt),
        (InDoubt, later, DeliveryState::InDoubt, RequestState::InDoubt),
        (Retry, later, DeliveryState::Queued, RequestState::Queued),
    ] {
        let id = world.submit("0300000001").id;
        let (sent, _) = world.send_to(&outcome(end, next), at(1));
        let after = world.delivery(id);
        assert_eq!(
            (sent.request_id().unwrap(), after.state, world.state(id)),
            (id, delivery, request),
            "{end:?} {next:?}"
        );
        assert_eq!((after.attempts, after.last_detail.as_str()), (1, "250 taken"));
        assert_eq!(store.request(id).unwrap().sent_at.is_some(), end == Submitted);
    }
    assert_eq!(store.lease_delivery(&lease("worker", at(29)), at(29)).unwrap(), None, "not before its time");
    let (again, _) = world.send_to(&outcome(Submitted, None), at(30));
    assert_eq!(store.attempts(again.id).unwrap().len(), 2);
}

fn what_has_come_back_outweighs(store: &dyn Store) {
    let world = World::new(store);
    let ends = [AttemptEnd::Submitted, AttemptEnd::Failed, AttemptEnd::InDoubt];
    for end in ends {
        for (page, state) in [
            (reply as fn(&SheetNumber, &str) -> _, RequestState::Answered),
            (|sheet, _| unsure(Some(sheet)), RequestState::NeedsReview),
        ] {
            let request = world.submit("0300000001");
            let lease = lease("worker", at(1));
            let (delivery, sheet) = world.lease_with_sheet(&lease, at(1));
            let attempt = AttemptId::new_at(at(1));
            store.attempt_started(attempt, delivery.id, &lease, at(1)).unwrap();
            world.arrive(&sheet.to_string(), vec![page(&sheet, "yes")], at(2));
            store.attempt_ended(attempt, &outcome(end, None), &lease, at(3)).unwrap();
            assert_eq!(world.state(request.id), state, "{end:?}");
            assert_ne!(world.delivery(request.id).state, DeliveryState::Sending);
        }
    }
}

/// How far a worker got before it was gone.
#[derive(Debug, Clone, Copy)]
enum Phase {
    Leased,
    Attempting,
    BodyBegun,
}

fn recovery_never_queues_what_may_have_left(store: &dyn Store) {
    use DeliveryState::{InDoubt, Queued, Sending};
    let world = World::new(store);
    for (phase, all, minute, expected) in [
        (Phase::Leased, false, 5, Sending),
        (Phase::Leased, false, 12, Queued),
        (Phase::Leased, true, 5, Queued),
        (Phase::Attempting, false, 5, Sending),
        (Phase::Attempting, false, 12, Queued),
        (Phase::Attempting, true, 5, Queued),
        (Phase::BodyBegun, false, 5, Sending),
        (Phase::BodyBegun, false, 12, InDoubt),
        (Phase::BodyBegun, true, 5, InDoubt),
    ] {
        let request = world.submit("0300000001").id;
        let attempted = leave_off(&world, phase);
        let recovered = store.recover_deliveries(all, at(minute)).unwrap();
        let after = world.delivery(request);
        let context = format!("{phase:?} all {all} at {minute}");
        assert_eq!(after.state, expected, "{context}");
        assert_eq!(recovered, if expected == Sending { vec![] } else { vec![after.clone()] }, "{context}");
        let state = if expected == InDoubt { RequestState::InDoubt } else { RequestState::Queued };
        assert_eq!(world.state(request), state, "{context}");
        let ends: Vec<Option<AttemptEnd>> =
            store.attempts(after.id).unwrap().into_iter().map(|attempt| attempt.end).collect();
        let end = match expected {
            Sending => None,
            InDoubt => Some(AttemptEnd::InDoubt),
            _ => Some(AttemptEnd::Retry),
        };
        assert_eq!(ends, if attempted { vec![end] } else { vec![] }, "{context}");
        let taken = store.lease_delivery(&lease("next", at(minute)), at(minute)).unwrap();
        assert_eq!(
            taken.map(|delivery| delivery.request_id().unwrap()),
            (expected == Queued).then_some(request),
            "{context}"
        );
        store.recover_deliveries(true, at(minute)).unwrap();
        let _ = store.cancel(request, "the next row of the table", at(minute));
        world.clear_outbox(at(minute));
    }
}

/// Works on the only delivery that is due as far as the phase; true when an attempt was begun.
fn leave_off(world: &World<'_>, phase: Phase) -> bool {
    let lease = lease("gone", at(1));
    let (delivery, _) = world.lease_with_sheet(&lease, at(1));
    let attempt = AttemptId::new_at(at(1));
    if !matches!(phase, Phase::Leased) {
        world.store.attempt_started(attempt, delivery.id, &lease, at(1)).unwrap();
    }
    if matches!(phase, Phase::BodyBegun) {
        world.store.body_started(attempt, &lease, at(2)).unwrap();
    }
    !matches!(phase, Phase::Leased)
}

fn the_hold_keeps_everything_back(store: &dyn Store) {
    let world = World::new(store);
    let under_way = store.submit(&world.new_request("0300000001"), at(-1)).unwrap();
    let waiting = world.submit("0300000002");
    let worker = lease("worker", at(1));
    let delivery = store.lease_delivery(&worker, at(1)).unwrap().unwrap();
    assert_eq!(delivery.request_id(), Some(under_way.id));
    let attempt = AttemptId::new_at(at(1));
    store.attempt_started(attempt, delivery.id, &worker, at(1)).unwrap();

    assert_eq!(store.hold().unwrap(), None);
    store.set_hold(Some("a wrong number was reported"), at(2)).unwrap();
    assert_eq!(store.hold().unwrap().as_deref(), Some("a wrong number was reported"));
    let new = world.submit("0300000003");
    assert_eq!(store.lease_delivery(&lease("other", at(2)), at(2)).unwrap(), None);
    assert_conflict(store.body_started(attempt, &worker, at(2)));
    store.attempt_ended(attempt, &outcome(AttemptEnd::Retry, Some(at(2))), &worker, at(2)).unwrap();
    let states = || [&under_way, &waiting, &new].map(|request| world.delivery(request.id).state);
    assert_eq!(states(), [DeliveryState::Held; 3]);

    store.set_hold(None, at(3)).unwrap();
    assert_eq!(states(), [DeliveryState::Queued; 3]);
    let whats: Vec<String> = gateway_events(store);
    assert_eq!(whats, ["hold_set", "hold_lifted"]);
    // A worker that dies under the hold does not undo it.
    store.lease_delivery(&lease("dies", at(4)), at(4)).unwrap().unwrap();
    store.set_hold(Some("again"), at(5)).unwrap();
    store.recover_deliveries(true, at(5)).unwrap();
    assert_eq!(states(), [DeliveryState::Held; 3]);
}

fn gateway_events(store: &dyn Store) -> Vec<String> {
    let events = store.events(Subject::Gateway, renraku::store::GATEWAY).unwrap();
    events.into_iter().map(|event| event.what).collect()
}

fn every_step_is_in_the_log(store: &dyn Store) {
    let world = World::new(store);
    let request = world.submit("0300000001");
    world.send_to(&outcome(AttemptEnd::Retry, Some(at(2))), at(1));
    let (delivery, sheet) = world.send_to(&outcome(AttemptEnd::Submitted, None), at(2));
    let (arrival, _) = world.arrive("answer", vec![reply(&sheet, "yes")], at(3));
    let steps = |subject: Subject, id: String| -> Vec<String> {
        let events = store.events(subject, &id).unwrap();
        events.into_iter().filter_map(|event| Some(format!("{} {}", event.from?, event.to?))).collect()
    };
    assert_eq!(steps(Subject::Request, request.id.to_string()), ["queued sent", "sent answered"]);
    assert_eq!(
        steps(Subject::Delivery, delivery.id.to_string()),
        ["queued sending", "sending queued", "queued sending", "sending submitted"]
    );
    assert_eq!(steps(Subject::Arrival, arrival.to_string()), ["waiting reading", "reading done"]);
}

/// Two stores on one directory, as two programs would have them: what the one takes the other does not.
#[test]
fn two_programs_take_each_delivery_once() {
    let dir = tempfile::tempdir().unwrap();
    let stores = [open(&dir), open(&dir)];
    let world = World::new(&stores[0]);
    (0..20).for_each(|number| drop(world.submit(&format!("03000000{number:02}"))));
    let taken: Mutex<Vec<Delivery>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (worker, store) in stores.iter().cycle().take(4).enumerate() {
            let taken = &taken;
            scope.spawn(move || {
                let lease = lease(&format!("worker {worker}"), at(1));
                while let Some(delivery) = store.lease_delivery(&lease, at(1)).unwrap() {
                    taken.lock().unwrap().push(delivery);
                }
            });
        }
    });
    let taken = taken.into_inner().unwrap();
    assert_eq!(taken.iter().map(|delivery| delivery.id).collect::<BTreeSet<_>>().len(), 20);
    assert_eq!(taken.len(), 20);
}

/// Nothing ends a request while its delivery is under way, as far as this interface goes; should anything
/// ever do so, its text must not leave, and it must not go back into the outbox.
#[test]
fn a_request_that_ended_meanwhile_is_not_sent() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let world = World::new(&store);
    for ended in ["cancelled", "closed"] {
        let request = world.submit("0300000001");
        let lease = lease("worker", at(1));
        let (delivery, _) = world.lease_with_sheet(&lease, at(1));
        let attempt = AttemptId::new_at(at(1));
        store.attempt_started(attempt, delivery.id, &lease, at(1)).unwrap();
        let database = rusqlite::Connection::open(dir.path().join("renraku.sqlite3")).unwrap();
        let values = [ended.to_owned(), request.id.to_string()];
        database.execute("UPDATE request SET state = ?1 WHERE id = ?2", values).unwrap();

        assert_conflict(store.body_started(attempt, &lease, at(1)));
        let retry = outcome(AttemptEnd::Retry, Some(at(2)));
        store.attempt_ended(attempt, &retry, &lease, at(1)).unwrap();
        assert_eq!(world.delivery(request.id).state, DeliveryState::Undelivered);
        assert_eq!(world.state(request.id).as_str(), ended);
    }
}

fn open(dir: &tempfile::TempDir) -> renraku::store::SqliteStore {
    renraku::store::SqliteStore::open(dir.path()).unwrap()
}

/// A conflict says in both languages what to do; the text of a database error names the act.
#[test]
fn an_error_is_one_sentence_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let world = World::new(&store);
    let request = world.submit("0300000001");
    store.cancel(request.id, "", at(1)).unwrap();
    let error = store.cancel(request.id, "", at(1)).unwrap_err();
    assert!(error.to_string().ends_with("look at it again"), "{error}");
    let again = NewRequest { id: RequestId::new_at(at(0)), ..world.new_request("") };
    assert!(matches!(store.submit(&again, at(0)), Err(StoreError::Failed { act: "storing a request", .. })));
}

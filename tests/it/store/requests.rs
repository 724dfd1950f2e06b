//! Cases on requests: stored once, numbered, listed, cancelled, flagged.

use super::Case;
use super::world::{
    World, assert_conflict, assert_not_found, at, clinic, day, fax, form, lease, office, outcome, reply,
};
use renraku::domain::event::Subject;
use renraku::domain::id::{ClinicId, DeliveryId, OfficeId, RequestId};
use renraku::domain::request::Request;
use renraku::domain::sheet_number::RequestNumber;
use renraku::domain::state::{AttemptEnd, DeliveryState, RequestState};
use renraku::store::{NewRequest, RequestFilter, Store};

pub const CASES: &[Case] = &[
    ("a request is stored with its delivery", a_request_is_stored_with_its_delivery),
    ("the same request again changes nothing", the_same_request_again_changes_nothing),
    ("a form version never changes", a_form_version_never_changes),
    ("nothing of a refused request stays", nothing_of_a_refused_request_stays),
    ("numbers count within the year", numbers_count_within_the_year),
    ("numbers are unique among many threads", numbers_are_unique_among_many_threads),
    ("the list is filtered and newest first", the_list_is_filtered),
    ("cancelling keeps what is in the outbox from leaving", cancelling_empties_the_outbox),
    ("a delivery under way cannot be cancelled", a_delivery_under_way_cannot_be_cancelled),
    ("what is due is flagged once", what_is_due_is_flagged_once),
    ("a late answer still answers", a_late_answer_still_answers),
];

fn a_request_is_stored_with_its_delivery(store: &dyn Store) {
    let world = World::new(store);
    let new = world.new_request("0300000001");
    let request = store.submit(&new, at(0)).unwrap();
    let expected = Request {
        id: new.id,
        number: RequestNumber::new(2026, 1),
        form_id: "liaison".to_owned(),
        form_version: 1,
        office_id: world.office,
        clinic_id: world.clinic,
        asked_by: None,
        answers: new.answers.clone(),
        state: RequestState::Queued,
        due_on: Some(day("2026-07-03")),
        overdue_since: None,
        created_at: at(0),
        sent_at: None,
        answered_at: None,
    };
    assert_eq!(request, expected);
    assert_eq!(store.request(new.id).unwrap(), expected);
    assert_eq!(store.form("liaison", 1).unwrap(), form(1));
    let delivery = world.delivery(new.id);
    assert_eq!((delivery.id, delivery.state), (new.delivery_id, DeliveryState::Queued));
    assert_eq!((delivery.address.as_str(), delivery.attempts), ("0300000001", 0));
    let events = store.events(Subject::Request, &new.id.to_string()).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].what.as_str(), events[0].to.as_deref()), ("submitted", Some("queued")));
    assert_not_found(store.request(RequestId::new_at(at(0))));
}

fn the_same_request_again_changes_nothing(store: &dyn Store) {
    let world = World::new(store);
    let new = world.new_request("0300000001");
    let first = store.submit(&new, at(0)).unwrap();
    let again = NewRequest { delivery_id: DeliveryId::new_at(at(5)), year: 2027, ..new.clone() };
    assert_eq!(store.submit(&again, at(5)).unwrap(), first);
    assert_eq!(store.deliveries(new.id).unwrap().len(), 1);
    assert_eq!(store.events(Subject::Request, &new.id.to_string()).unwrap().len(), 1);
}

fn a_form_version_never_changes(store: &dyn Store) {
    let world = World::new(store);
    world.submit("0300000001");
    let mut changed = world.new_request("0300000001");
    changed.form.question.ja.push('?');
    assert_conflict(store.submit(&changed, at(0)));
    assert_not_found(store.request(changed.id));
    changed.form.version = 2;
    store.submit(&changed, at(0)).unwrap();
    assert_eq!(store.form("liaison", 2).unwrap(), changed.form);
    assert_eq!(store.form("liaison", 1).unwrap(), form(1));
    assert_not_found(store.form("liaison", 3));
}

fn nothing_of_a_refused_request_stays(store: &dyn Store) {
    let world = World::new(store);
    let good = world.new_request("0300000001");
    let no_office = NewRequest { office_id: OfficeId::new_at(at(0)), ..good.clone() };
    let no_clinic = NewRequest { clinic_id: ClinicId::new_at(at(0)), ..good.clone() };
    assert_not_found(store.submit(&no_office, at(0)));
    assert_not_found(store.submit(&no_clinic, at(0)));
    assert_not_found(store.form("liaison", 1));
    assert_eq!(
        store.submit(&good, at(0)).unwrap().number,
        RequestNumber::new(2026, 1),
        "no number was used up"
    );
    // A delivery's id that is taken: the whole request is refused.
    let taken = NewRequest { id: RequestId::new_at(at(0)), ..good };
    assert_conflict(store.submit(&taken, at(0)));
    assert_not_found(store.request(taken.id));
}

fn numbers_count_within_the_year(store: &dyn Store) {
    let world = World::new(store);
    for (year, serial) in [(2026, 1), (2026, 2), (2027, 1), (2026, 3), (2027, 2)] {
        let new = NewRequest { year, ..world.new_request("0300000001") };
        assert_eq!(store.submit(&new, at(0)).unwrap().number, RequestNumber::new(year, serial));
    }
}

fn numbers_are_unique_among_many_threads(store: &dyn Store) {
    let world = World::new(store);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..5).for_each(|_| drop(world.submit("0300000001"))));
        }
    });
    let all = store.requests(&RequestFilter::default(), 1000).unwrap();
    let mut numbers: Vec<RequestNumber> = all.into_iter().map(|request| request.number).collect();
    numbers.sort();
    let expected: Vec<RequestNumber> = (1..=40).map(|serial| RequestNumber::new(2026, serial)).collect();
    assert_eq!(numbers, expected);
}

fn the_list_is_filtered(store: &dyn Store) {
    let world = World::new(store);
    let other = office("別の事業所");
    store.put_office(&other).unwrap();
    let ids: Vec<RequestId> = (0..4)
        .map(|minute| {
            let office_id = if minute == 3 { other.id } else { world.office };
            let new = NewRequest { office_id, ..world.new_request("0300000001") };
            store.submit(&new, at(minute)).unwrap().id
        })
        .collect();
    store.cancel(ids[0], "", at(5)).unwrap();
    store.flag_overdue(day("2026-07-04"), 1, at(6)).unwrap();
    let check = |filter: RequestFilter, limit: usize, expected: &[RequestId]| {
        let found: Vec<RequestId> =
            store.requests(&filter, limit).unwrap().into_iter().map(|request| request.id).collect();
        assert_eq!(found, expected, "{filter:?}");
    };
    let all = RequestFilter::default;
    check(all(), 10, &[ids[3], ids[2], ids[1], ids[0]]);
    check(all(), 2, &[ids[3], ids[2]]);
    check(RequestFilter { state: Some(RequestState::Cancelled), ..all() }, 10, &[ids[0]]);
    check(RequestFilter { office_id: Some(other.id), ..all() }, 10, &[ids[3]]);
    let flagged = store.requests(&RequestFilter { overdue: true, ..all() }, 10).unwrap();
    assert_eq!(flagged.len(), 1);
}

fn cancelling_empties_the_outbox(store: &dyn Store) {
    let world = World::new(store);
    for on_hold in [None, Some("looking at the outbox")] {
        store.set_hold(on_hold, at(0)).unwrap();
        let request = world.submit("0300000001");
        let cancelled = store.cancel(request.id, "the client moved", at(1)).unwrap();
        assert_eq!(cancelled.state, RequestState::Cancelled);
        let delivery = world.delivery(request.id);
        assert_eq!(
            (delivery.state, delivery.last_detail.as_str()),
            (DeliveryState::Undelivered, "cancelled")
        );
        assert_conflict(store.cancel(request.id, "again", at(2)));
    }
    store.set_hold(None, at(3)).unwrap();
    assert_eq!(store.lease_delivery(&lease("worker", at(4)), at(4)).unwrap(), None);
    assert_not_found(store.cancel(RequestId::new_at(at(0)), "", at(5)));
}

fn a_delivery_under_way_cannot_be_cancelled(store: &dyn Store) {
    let world = World::new(store);
    let request = world.submit("0300000001");
    let lease = lease("worker", at(1));
    let (delivery, _) = world.lease_with_sheet(&lease, at(1));
    assert_conflict(store.cancel(request.id, "too late", at(1)));
    assert_eq!(world.state(request.id), RequestState::Queued);
    assert_eq!(world.delivery(request.id).state, DeliveryState::Sending);
    store.recover_deliveries(true, at(2)).unwrap();
    store.cancel(request.id, "now", at(3)).unwrap();
    assert_eq!(world.delivery(request.id).id, delivery.id);
    assert_eq!(world.delivery(request.id).state, DeliveryState::Undelivered);

    let (sent, _) = world.sent("0300000001");
    store.cancel(sent.id, "withdrawn", at(4)).unwrap();
    assert_eq!(world.delivery(sent.id).state, DeliveryState::Submitted, "what has left has left");
}

/// Every state in which a request can be, and whether its clock runs.
fn what_is_due_is_flagged_once(store: &dyn Store) {
    let world = World::new(store);
    let due =
        |due_on: Option<&str>| NewRequest { due_on: due_on.map(day), ..world.new_request("0300000001") };
    let (answered, sheet) = world.sent("0300000001");
    world.arrive("answer", vec![reply(&sheet, "yes")], at(2));
    let sent = world.sent("0300000001").0;
    let undelivered = world.submit("0300000001");
    world.send(AttemptEnd::Failed);
    let in_doubt = world.submit("0300000001");
    world.send(AttemptEnd::InDoubt);
    let cancelled = world.submit("0300000001");
    store.cancel(cancelled.id, "", at(2)).unwrap();
    let queued = store.submit(&due(Some("2026-07-03")), at(2)).unwrap();
    store.submit(&due(Some("2026-07-04")), at(2)).unwrap();
    store.submit(&due(None), at(2)).unwrap();

    assert!(store.flag_overdue(day("2026-07-03"), 100, at(3)).unwrap().is_empty(), "the last day is in time");
    assert_eq!(store.flag_overdue(day("2026-07-04"), 2, at(4)).unwrap().len(), 2, "the limit");
    let rest = store.flag_overdue(day("2026-07-04"), 100, at(5)).unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].overdue_since, Some(at(5)));
    assert!(store.flag_overdue(day("2026-07-04"), 100, at(6)).unwrap().is_empty(), "flagged once");
    let flagged = |request: &Request| store.request(request.id).unwrap().overdue_since.is_some();
    assert!([&sent, &in_doubt, &queued].into_iter().all(flagged));
    assert!(![&answered, &undelivered, &cancelled].into_iter().any(flagged));
    let events = store.events(Subject::Request, &sent.id.to_string()).unwrap();
    assert_eq!(events.iter().filter(|event| event.what == "overdue_flagged").count(), 1);
}

fn a_late_answer_still_answers(store: &dyn Store) {
    let world = World::new(store);
    let other = clinic("別の医院", vec![fax("0300000009")]);
    store.put_clinic(&other, at(0)).unwrap();
    let (request, sheet) = world.sent("0300000001");
    store.flag_overdue(day("2026-07-04"), 10, at(5000)).unwrap();
    let (_, filed) = world.arrive("late", vec![reply(&sheet, "yes")], at(6000));
    assert_eq!(filed.answered, [request.id]);
    let request = store.request(request.id).unwrap();
    assert_eq!(request.state, RequestState::Answered);
    assert_eq!((request.overdue_since, request.answered_at), (Some(at(5000)), Some(at(6000))));
    assert_eq!(request.sent_at, Some(at(1)));
    // An end of a delivery that is reported afterwards does not take the answer away.
    let retry = outcome(AttemptEnd::Retry, Some(at(10)));
    assert_not_found(store.attempt_ended(
        renraku::domain::id::AttemptId::new_at(at(0)),
        &retry,
        &lease("sender", at(1)),
        at(6001),
    ));
    assert_eq!(world.state(request.id), RequestState::Answered);
}

//! Cases on what arrives: nothing is forgotten, nothing counts twice, and only a sure reply counts.

use super::Case;
use super::world::{World, assert_conflict, assert_not_found, at, lease, page, reply, says, unsure};
use renraku::domain::event::Subject;
use renraku::domain::id::{ArrivalId, RequestId};
use renraku::domain::reading::{FoundBy, Reason, ReasonCode};
use renraku::domain::request::{ArrivalState, BlobId, ReplySource, ReviewItem};
use renraku::domain::sheet_number::SheetNumber;
use renraku::domain::state::{AttemptEnd, RequestState};
use renraku::store::{ArrivalOutcome, NewArrival, PageOutcome, Recorded, Store};
use std::collections::BTreeMap;

pub const CASES: &[Case] = &[
    ("an arrival is recorded once", an_arrival_is_recorded_once),
    ("arrivals are read oldest first", arrivals_are_read_oldest_first),
    ("a reader that is gone loses its arrival", a_reader_that_is_gone),
    ("a sure reply answers in every open state", a_sure_reply_answers_in_every_open_state),
    ("the same reply twice is one reply", the_same_reply_twice_is_one),
    ("the same reply on two pages is one reply", the_same_reply_on_two_pages_is_one),
    ("another answer waits for a person", another_answer_waits),
    ("new handwriting is seen by a person", new_handwriting_is_seen),
    ("an ended request takes no answer", an_ended_request_takes_no_answer),
    ("only a verified code records", only_a_verified_code_records),
    ("an unsure page puts its request under review", an_unsure_page),
    ("what cannot be filed leaves no trace", what_cannot_be_filed_leaves_no_trace),
    ("a poison arrival is set apart", a_poison_arrival_is_set_apart),
    ("blobs are named by their content", blobs_are_named_by_their_content),
];

fn new(key: &str) -> NewArrival {
    let blob = BlobId(renraku::seal::digest::digest_hex(key.as_bytes()));
    let id = ArrivalId::new_at(at(0));
    NewArrival { id, source_key: key.to_owned(), name: "fax.tif".to_owned(), blob }
}

fn an_arrival_is_recorded_once(store: &dyn Store) {
    let first = new("maildir:1");
    assert_eq!(store.record_arrival(&first, at(0)).unwrap(), Recorded::New(first.id));
    assert_eq!(store.record_arrival(&new("maildir:1"), at(1)).unwrap(), Recorded::Known(first.id));
    // The same bytes by another way.
    let elsewhere = NewArrival { source_key: "imap:1".to_owned(), ..new("maildir:1") };
    assert_eq!(store.record_arrival(&elsewhere, at(1)).unwrap(), Recorded::Known(first.id));
    let arrival = store.arrival(first.id).unwrap();
    assert_eq!((arrival.state, arrival.tries, arrival.received_at), (ArrivalState::Waiting, 0, at(0)));
    assert_eq!((arrival.source_key, arrival.name, arrival.blob), (first.source_key, first.name, first.blob));
    assert_not_found(store.arrival(ArrivalId::new_at(at(0))));
}

fn arrivals_are_read_oldest_first(store: &dyn Store) {
    let arrivals = ["a", "b", "c"].map(new);
    for (minute, arrival) in (0..).zip([&arrivals[1], &arrivals[0], &arrivals[2]]) {
        store.record_arrival(arrival, at(minute)).unwrap();
    }
    let take = |only: Option<ArrivalId>| {
        let taken = store.lease_arrival(only, &lease("reader", at(9)), at(9)).unwrap();
        taken.map(|arrival| {
            assert_eq!((arrival.state, arrival.tries), (ArrivalState::Reading, 1));
            arrival.id
        })
    };
    assert_eq!(take(Some(arrivals[2].id)), Some(arrivals[2].id));
    assert_eq!(take(Some(arrivals[2].id)), None, "it is being read");
    assert_eq!([take(None), take(None), take(None)], [Some(arrivals[1].id), Some(arrivals[0].id), None]);
    assert_not_found(store.lease_arrival(Some(ArrivalId::new_at(at(0))), &lease("reader", at(9)), at(9)));
}

fn a_reader_that_is_gone(store: &dyn Store) {
    let id = new("a");
    store.record_arrival(&id, at(0)).unwrap();
    let id = id.id;
    let old = lease("old", at(1));
    store.lease_arrival(None, &old, at(1)).unwrap().unwrap();
    assert_eq!(store.recover_arrivals(false, at(5)).unwrap(), 0, "its lease has not expired");
    assert_eq!(store.recover_arrivals(false, at(12)).unwrap(), 1);
    assert_eq!(store.arrival(id).unwrap().state, ArrivalState::Waiting);
    let new = lease("new", at(12));
    assert_eq!(store.lease_arrival(None, &new, at(12)).unwrap().unwrap().tries, 2);
    let outcome = ArrivalOutcome::default();
    assert_conflict(store.finish_arrival(id, &outcome, &old, at(13)));
    assert_conflict(store.quarantine_arrival(id, &[], &old, at(13)));
    assert_eq!(store.recover_arrivals(true, at(13)).unwrap(), 1);
    store.lease_arrival(None, &new, at(13)).unwrap().unwrap();
    store.finish_arrival(id, &outcome, &new, at(60)).unwrap();
    assert_eq!(store.arrival(id).unwrap().state, ArrivalState::Done);
    assert_conflict(store.finish_arrival(id, &outcome, &new, at(61)));
    assert_eq!(store.recover_arrivals(true, at(62)).unwrap(), 0);
}

fn a_sure_reply_answers_in_every_open_state(store: &dyn Store) {
    use RequestState::{InDoubt, NeedsReview, Queued, Sent, Undelivered};
    let world = World::new(store);
    for (end, before) in [
        (AttemptEnd::Submitted, Sent),
        (AttemptEnd::Failed, Undelivered),
        (AttemptEnd::InDoubt, InDoubt),
        (AttemptEnd::Retry, Queued),
        (AttemptEnd::Submitted, NeedsReview),
    ] {
        let request = world.submit("0300000001");
        let next = (before == Queued).then(|| at(100));
        let (_, sheet) = world.send_to(&super::world::outcome(end, next), at(1));
        if before == NeedsReview {
            world.arrive(&format!("unsure {sheet}"), vec![unsure(Some(&sheet))], at(2));
        }
        assert_eq!(world.state(request.id), before);
        let (arrival, filed) = world.arrive(&format!("sure {sheet}"), vec![reply(&sheet, "yes")], at(3));
        assert_eq!((filed.answered, filed.repeated), (vec![request.id], vec![]), "{before}");
        let answered = store.request(request.id).unwrap();
        assert_eq!((answered.state, answered.answered_at), (RequestState::Answered, Some(at(3))), "{before}");
        let stored = store.replies(request.id).unwrap().remove(0);
        let source = ReplySource::Paper {
            sheet_id: sheet,
            arrival_id: arrival,
            page_number: 1,
            found_by: FoundBy::Code,
        };
        assert_eq!((stored.source, stored.answers, stored.recorded_at), (source, says("yes"), at(3)));
        assert_eq!(store.arrival_pages(arrival).unwrap(), [page(arrival, 1)]);
    }
}

fn the_same_reply_twice_is_one(store: &dyn Store) {
    let world = World::new(store);
    let (request, sheet) = world.sent("0300000001");
    world.arrive("first", vec![reply(&sheet, "yes")], at(2));
    for key in ["second", "third"] {
        let (_, filed) = world.arrive(key, vec![reply(&sheet, "yes")], at(3));
        assert_eq!((filed.answered, filed.repeated, filed.reviews), (vec![], vec![request.id], vec![]));
    }
    assert_eq!(store.replies(request.id).unwrap().len(), 1);
    assert_eq!(store.request(request.id).unwrap().answered_at, Some(at(2)), "answered when it first was");
    assert_eq!(count(store, request.id, "reply_repeated"), 2);
    assert!(store.open_reviews(10).unwrap().is_empty());
}

fn count(store: &dyn Store, request: RequestId, what: &str) -> usize {
    let events = store.events(Subject::Request, &request.to_string()).unwrap();
    events.iter().filter(|event| event.what == what).count()
}

fn the_same_reply_on_two_pages_is_one(store: &dyn Store) {
    let world = World::new(store);
    let (request, sheet) = world.sent("0300000001");
    let pages = vec![reply(&sheet, "yes"), PageOutcome::Nothing, reply(&sheet, "yes")];
    let (arrival, filed) = world.arrive("twice", pages, at(2));
    assert_eq!((filed.answered, filed.repeated, filed.reviews), (vec![request.id], vec![], vec![]));
    assert_eq!(store.replies(request.id).unwrap().len(), 1);
    assert_eq!(store.arrival_pages(arrival).unwrap().len(), 3);
    let (_, filed) = world.arrive("again", vec![reply(&sheet, "yes"), reply(&sheet, "yes")], at(3));
    assert_eq!((filed.answered, filed.repeated), (vec![], vec![request.id]));
}

/// The codes of the reasons of the only open item.
fn only_item(store: &dyn Store) -> (ReviewItem, Vec<ReasonCode>) {
    let mut items = store.open_reviews(10).unwrap();
    assert_eq!(items.len(), 1, "{items:?}");
    let item = items.remove(0);
    let codes = item.reasons.iter().map(|reason| reason.code).collect();
    (item, codes)
}

fn another_answer_waits(store: &dyn Store) {
    let world = World::new(store);
    let (request, sheet) = world.sent("0300000001");
    world.arrive("yes", vec![reply(&sheet, "yes")], at(2));
    let (arrival, filed) = world.arrive("no", vec![reply(&sheet, "no")], at(3));
    assert!(filed.answered.is_empty() && filed.repeated.is_empty());
    let (item, codes) = only_item(store);
    assert_eq!(filed.reviews, std::slice::from_ref(&item));
    assert_eq!(codes, [ReasonCode::SecondAnswer]);
    assert_eq!((item.arrival_id, item.page_number, item.request_id), (arrival, Some(1), Some(request.id)));
    assert_eq!((item.created_at, item.closed_at), (at(3), None));
    assert_eq!(world.state(request.id), RequestState::Answered);
    assert_eq!(store.replies(request.id).unwrap()[0].answers, says("yes"), "the record stays as it was");
    // Yes and no on two pages of one arrival: the first is on record, the second waits.
    let (both, sheet) = world.sent("0300000001");
    let (_, filed) = world.arrive("both", vec![reply(&sheet, "yes"), reply(&sheet, "no")], at(4));
    assert_eq!((filed.answered.as_slice(), filed.reviews.len()), ([both.id].as_slice(), 1));
}

fn new_handwriting_is_seen(store: &dyn Store) {
    let world = World::new(store);
    let (request, sheet) = world.sent("0300000001");
    let with_ink = |fields: &[&str]| PageOutcome::Reply {
        sheet_id: sheet.clone(),
        answers: says("yes"),
        handwriting: fields.iter().map(|field| ((*field).to_owned(), BlobId("0".repeat(64)))).collect(),
        texts: BTreeMap::new(),
        found_by: FoundBy::CodeSearch,
    };
    world.arrive("first", vec![with_ink(&["note"])], at(2));
    let (_, filed) = world.arrive("less", vec![with_ink(&[])], at(3));
    assert_eq!(filed.repeated, [request.id]);
    let (_, filed) = world.arrive("more", vec![with_ink(&["note", "name"])], at(4));
    assert!(filed.repeated.is_empty());
    let (item, _) = only_item(store);
    assert_eq!(item.reasons, [Reason::new(ReasonCode::Handwriting, "name")]);
    let stored = store.replies(request.id).unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].handwriting, BTreeMap::from([("note".to_owned(), BlobId("0".repeat(64)))]));
}

fn an_ended_request_takes_no_answer(store: &dyn Store) {
    let world = World::new(store);
    let (request, sheet) = world.sent("0300000001");
    store.cancel(request.id, "the client moved", at(2)).unwrap();
    let (_, filed) = world.arrive("late", vec![reply(&sheet, "yes")], at(3));
    assert!(filed.answered.is_empty());
    let (item, codes) = only_item(store);
    assert_eq!((codes, item.request_id), (vec![ReasonCode::RequestEnded], Some(request.id)));
    assert_eq!(world.state(request.id), RequestState::Cancelled);
    assert!(store.replies(request.id).unwrap().is_empty());
    world.arrive("unsure", vec![unsure(Some(&sheet))], at(4));
    assert_eq!(world.state(request.id), RequestState::Cancelled);
}

fn only_a_verified_code_records(store: &dyn Store) {
    let world = World::new(store);
    for found_by in [FoundBy::Number, FoundBy::None] {
        let (request, sheet) = world.sent("0300000001");
        let PageOutcome::Reply { sheet_id, answers, handwriting, texts, .. } = reply(&sheet, "yes") else {
            unreachable!("a reply is a reply");
        };
        let typed = PageOutcome::Reply { sheet_id, answers, handwriting, texts, found_by };
        let (_, filed) = world.arrive(&sheet.to_string(), vec![typed], at(2));
        assert_eq!(filed.reviews[0].reasons, [Reason::new(ReasonCode::NotVerified, "")]);
        assert_eq!(world.state(request.id), RequestState::NeedsReview);
        assert!(store.replies(request.id).unwrap().is_empty());
    }
    let unknown = SheetNumber::from_random([9; 7]);
    let (_, filed) = world.arrive("unknown", vec![reply(&unknown, "yes")], at(3));
    assert_eq!(filed.reviews[0].reasons, [Reason::new(ReasonCode::SheetUnknown, unknown.as_str())]);
    assert_eq!(filed.reviews[0].request_id, None);
}

fn an_unsure_page(store: &dyn Store) {
    let world = World::new(store);
    let (request, sheet) = world.sent("0300000001");
    let unknown = SheetNumber::from_random([9; 7]);
    let pages = vec![unsure(Some(&sheet)), unsure(None), unsure(Some(&unknown))];
    let (_, filed) = world.arrive("unsure", pages, at(2));
    let requests: Vec<Option<RequestId>> = filed.reviews.iter().map(|item| item.request_id).collect();
    assert_eq!(requests, [Some(request.id), None, None]);
    assert_eq!(world.state(request.id), RequestState::NeedsReview);
    assert_eq!(store.open_reviews(10).unwrap(), filed.reviews);
    assert_eq!(store.open_reviews(2).unwrap(), filed.reviews[..2]);
    world.arrive("again", vec![unsure(Some(&sheet))], at(3));
    assert_eq!(world.state(request.id), RequestState::NeedsReview);

    let (answered, sheet) = world.sent("0300000001");
    world.arrive("sure", vec![reply(&sheet, "yes")], at(4));
    world.arrive("then unsure", vec![unsure(Some(&sheet))], at(5));
    assert_eq!(world.state(answered.id), RequestState::Answered);
}

fn what_cannot_be_filed_leaves_no_trace(store: &dyn Store) {
    let world = World::new(store);
    let (request, sheet) = world.sent("0300000001");
    let id = world.record("torn", at(2));
    let lease = lease("reader", at(2));
    store.lease_arrival(Some(id), &lease, at(2)).unwrap().unwrap();
    // The second page has the number of the first: the store must take all of it or nothing.
    let pages = vec![(page(id, 1), reply(&sheet, "yes")), (page(id, 1), unsure(None))];
    assert_conflict(store.finish_arrival(
        id,
        &ArrivalOutcome { pages, whole: vec![], told: Vec::new() },
        &lease,
        at(3),
    ));
    assert_eq!(world.state(request.id), RequestState::Sent);
    assert!(store.replies(request.id).unwrap().is_empty());
    assert!(store.arrival_pages(id).unwrap().is_empty());
    assert_eq!(store.arrival(id).unwrap().state, ArrivalState::Reading);
    assert_eq!(count(store, request.id, "answered"), 0);
    let whole = vec![Reason::new(ReasonCode::NoAttachment, "")];
    let filed = store
        .finish_arrival(id, &ArrivalOutcome { pages: vec![], whole, told: vec![] }, &lease, at(4))
        .unwrap();
    assert_eq!((filed.reviews[0].page_number, filed.reviews[0].request_id), (None, None));
}

fn a_poison_arrival_is_set_apart(store: &dyn Store) {
    let world = World::new(store);
    let id = world.record("poison", at(0));
    let lease = lease("reader", at(1));
    store.lease_arrival(None, &lease, at(1)).unwrap().unwrap();
    let reasons = [Reason::new(ReasonCode::FileProblem, "took_too_long")];
    let item = store.quarantine_arrival(id, &reasons, &lease, at(2)).unwrap();
    assert_eq!((item.arrival_id, item.page_number, item.reasons.as_slice()), (id, None, reasons.as_slice()));
    assert_eq!(store.open_reviews(10).unwrap(), [item]);
    assert_eq!(store.arrival(id).unwrap().state, ArrivalState::Quarantined);
    assert_eq!(store.lease_arrival(None, &lease, at(3)).unwrap(), None);
    assert_eq!(store.lease_arrival(Some(id), &lease, at(3)).unwrap(), None);
    assert_eq!(store.blobs().get(&store.arrival(id).unwrap().blob).unwrap(), b"poison", "its bytes are kept");
}

fn blobs_are_named_by_their_content(store: &dyn Store) {
    let blobs = store.blobs();
    let id = blobs.put(b"page").unwrap();
    assert_eq!(blobs.put(b"page").unwrap(), id);
    assert_ne!(blobs.put(b"Page").unwrap(), id);
    assert_eq!(blobs.get(&id).unwrap(), b"page");
    assert_not_found(blobs.get(&BlobId("0".repeat(64))));
}

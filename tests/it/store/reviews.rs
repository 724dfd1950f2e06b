//! Cases on what people decide about what waits, and on replies by telephone.

use super::Case;
use super::accounts::reviewer;
use super::world::{
    World, assert_conflict, assert_not_found, assert_refused, at, lease, outcome, page, reply, says, unsure,
};
use renraku::domain::account::By;
use renraku::domain::event::Subject;
use renraku::domain::id::{DecisionId, ReplyId, RequestId, ReviewId};
use renraku::domain::reading::{FoundBy, Reason, ReasonCode};
use renraku::domain::request::{BlobId, Reply, ReplySource, ReviewItem, Verdict};
use renraku::domain::sheet_number::SheetNumber;
use renraku::domain::state::{AttemptEnd, RequestState};
use renraku::store::{
    ArrivalOutcome, AuditFilter, NewConfirmed, NewPhoneReply, PageOutcome, Store, StoreError,
};

pub const CASES: &[Case] = &[
    ("a confirmed page is the reply", a_confirmed_page_is_the_reply),
    ("an unmatched page is assigned", an_unmatched_page_is_assigned),
    ("a verified page is no other request's", a_verified_page_is_no_other_requests),
    ("the second person hears who was first", the_second_person_hears_who_was_first),
    ("of many at once one decides", of_many_at_once_one_decides),
    ("a rejected page lets its request wait", a_rejected_page_lets_its_request_wait),
    ("a rejected page does not send what did not leave", a_rejected_page_and_deliveries),
    ("undo takes the reply back and not away", undo_takes_the_reply_back),
    ("undo of an assignment frees the request", undo_of_an_assignment),
    ("undo takes back only what was seen", undo_takes_back_only_what_was_seen),
    ("the same answer may come again after undo", the_same_answer_after_undo),
    ("a second answer stands beside the first", a_second_answer_stands_beside),
    ("a page with two replies is split", a_page_with_two_replies_is_split),
    ("many pages are split one by one", many_pages_are_split_one_by_one),
    ("what was split is put together again", what_was_split_is_put_together_again),
    ("an ended request keeps its state and the answer", an_ended_request_keeps_the_answer),
    ("a reply by telephone", a_reply_by_telephone),
    ("a reply by telephone is taken back", a_reply_by_telephone_is_taken_back),
    ("the log tells what changed", the_log_tells_what_changed),
];

fn confirmed(item: &ReviewItem, request_id: RequestId, option: &str) -> NewConfirmed {
    let verdict = if item.request_id.is_some() { Verdict::Confirmed } else { Verdict::Assigned };
    NewConfirmed { review_id: item.id, verdict, request_id, answers: says(option), corrected: false }
}

/// A sent request whose page came back unsure.
fn waiting(world: &World, key: &str) -> (RequestId, ReviewItem) {
    let (request, sheet) = world.sent("0300000001");
    let (_, filed) = world.arrive(key, vec![unsure(Some(&sheet))], at(2));
    assert_eq!(world.state(request.id), RequestState::NeedsReview);
    (request.id, filed.reviews[0].clone())
}

/// A page of that sheet, unsure, with ink in a handwriting area.
fn inked(store: &dyn Store, world: &World, sheet: &SheetNumber) -> ReviewItem {
    let id = world.record("inked", at(2));
    let lease = lease("reader", at(2));
    store.lease_arrival(Some(id), &lease, at(2)).unwrap().unwrap();
    let mut read = page(id, 1);
    read.reading.sheet_id = Some(sheet.clone());
    read.crops.insert("note".to_owned(), BlobId("0".repeat(64)));
    let pages = vec![(read, unsure(Some(sheet)))];
    let outcome = ArrivalOutcome { pages, whole: vec![], told: Vec::new() };
    store.finish_arrival(id, &outcome, &lease, at(2)).unwrap().reviews.remove(0)
}

fn unmatched(world: &World, key: &str) -> ReviewItem {
    let (_, filed) = world.arrive(key, vec![unsure(None)], at(2));
    filed.reviews[0].clone()
}

fn open(store: &dyn Store) -> Vec<ReviewId> {
    store.open_reviews(10).unwrap().iter().map(|item| item.id).collect()
}

fn verdicts(store: &dyn Store, item: ReviewId) -> Vec<Verdict> {
    store.decisions(item).unwrap().iter().map(|decision| decision.verdict).collect()
}

fn a_confirmed_page_is_the_reply(store: &dyn Store) {
    let world = World::new(store);
    let user = reviewer(store, "first");
    let by = By::user(user.id, "192.0.2.7");
    let (request, sheet) = world.sent("0300000001");
    // The page as it was read: its sheet and its handwriting go with the reply.
    let item = &inked(store, &world, &sheet);
    let id = item.arrival_id;

    let new = NewConfirmed { corrected: true, ..confirmed(item, request.id, "yes") };
    let reply = store.confirm_review(&new, &by, at(3)).unwrap();
    let source = ReplySource::PaperConfirmed {
        review_id: item.id,
        sheet_id: Some(sheet),
        arrival_id: id,
        page_number: Some(1),
        corrected: true,
        confirmed_by: Some(user.id),
    };
    let handwriting = [("note".to_owned(), BlobId("0".repeat(64)))].into();
    let expected = Reply {
        id: reply.id,
        request_id: request.id,
        source,
        answers: says("yes"),
        handwriting,
        texts: std::collections::BTreeMap::new(),
        recorded_at: at(3),
    };
    assert_eq!(reply, expected);
    assert_eq!(store.replies(request.id).unwrap(), std::slice::from_ref(&reply));
    let answered = store.request(request.id).unwrap();
    assert_eq!((answered.state, answered.answered_at), (RequestState::Answered, Some(at(3))));
    assert!(open(store).is_empty());
    assert_eq!(store.review(item.id).unwrap().closed_at, Some(at(3)));
    assert_eq!(store.closed_reviews(10).unwrap(), [store.review(item.id).unwrap()]);
    let decision = store.decisions(item.id).unwrap().remove(0);
    assert_eq!((decision.verdict, decision.by, decision.at), (Verdict::Confirmed, Some(user.id), at(3)));
    assert_eq!((decision.request_id, decision.reply_id), (Some(request.id), Some(reply.id)));
    let audit = store.audit(&AuditFilter { record: None, who: Some(user.id) }, 10).unwrap();
    assert_eq!(
        (audit.len(), audit[0].record_kind.as_str(), audit[0].detail.as_str()),
        (1, "review", "confirmed")
    );
    assert_not_found(store.review(ReviewId::new_at(at(0))));
}

fn an_unmatched_page_is_assigned(store: &dyn Store) {
    let world = World::new(store);
    let (request, _) = world.sent("0300000001");
    let item = unmatched(&world, "torn");
    let stranger = confirmed(&item, RequestId::new_at(at(0)), "yes");
    assert_not_found(store.confirm_review(&stranger, &By::console(), at(3)));
    assert_eq!(open(store), [item.id], "what failed leaves it open");
    let reply = store.confirm_review(&confirmed(&item, request.id, "yes"), &By::console(), at(3)).unwrap();
    assert!(matches!(
        reply.source,
        ReplySource::PaperConfirmed { sheet_id: None, page_number: Some(1), confirmed_by: None, .. }
    ));
    assert_eq!(world.state(request.id), RequestState::Answered);
    assert_eq!(verdicts(store, item.id), [Verdict::Assigned]);
    // A file that no page could be taken from.
    let id = world.record("poison", at(4));
    let lease = lease("reader", at(4));
    store.lease_arrival(Some(id), &lease, at(4)).unwrap().unwrap();
    let reasons = [Reason::new(ReasonCode::FileProblem, "")];
    let whole = store.quarantine_arrival(id, &reasons, &lease, at(4)).unwrap();
    let (other, _) = world.sent("0300000001");
    let reply = store.confirm_review(&confirmed(&whole, other.id, "no"), &By::console(), at(5)).unwrap();
    assert_eq!(reply.source.page(), Some((id, None)));
    assert_eq!(store.replies(other.id).unwrap(), [reply]);
}

fn a_verified_page_is_no_other_requests(store: &dyn Store) {
    let world = World::new(store);
    let (_, item) = waiting(&world, "unsure");
    let (other, _) = world.sent("0300000001");
    assert_refused(store.confirm_review(&confirmed(&item, other.id, "yes"), &By::console(), at(3)));
    assert_eq!(open(store), [item.id]);
    assert!(store.replies(other.id).unwrap().is_empty());
}

fn the_second_person_hears_who_was_first(store: &dyn Store) {
    let world = World::new(store);
    let (first, second) = (reviewer(store, "first"), reviewer(store, "second"));
    let (request, item) = waiting(&world, "unsure");
    let by = By::user(first.id, "192.0.2.7");
    store.reject_review(item.id, "blank", &by, at(65)).unwrap();
    let by = By::user(second.id, "192.0.2.8");
    for late in [
        store.confirm_review(&confirmed(&item, request, "yes"), &by, at(66)).map(drop),
        store.reject_review(item.id, "blank", &by, at(66)).map(drop),
    ] {
        match late {
            Err(StoreError::Conflict(sentence)) => {
                assert!(sentence.contains("見本 firstさん"), "{sentence}");
                assert!(sentence.contains("7月1日 10時5分"), "{sentence}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(verdicts(store, item.id), [Verdict::Rejected]);
    assert!(store.replies(request).unwrap().is_empty());
}

fn of_many_at_once_one_decides(store: &dyn Store) {
    let world = World::new(store);
    let (request, item) = waiting(&world, "unsure");
    let won: usize = std::thread::scope(|scope| {
        let all: Vec<_> = (0..16)
            .map(|number| {
                let item = &item;
                scope.spawn(move || {
                    let option = if number % 2 == 0 { "yes" } else { "no" };
                    let new = confirmed(item, request, option);
                    usize::from(store.confirm_review(&new, &By::console(), at(3)).is_ok())
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!((won, store.replies(request).unwrap().len()), (1, 1));
}

fn a_rejected_page_lets_its_request_wait(store: &dyn Store) {
    let world = World::new(store);
    let (request, sheet) = world.sent("0300000001");
    let (_, filed) = world.arrive("two", vec![unsure(Some(&sheet)), unsure(Some(&sheet))], at(2));
    let [first, second] = [filed.reviews[0].id, filed.reviews[1].id];
    let decision = store.reject_review(first, "advertisement", &By::console(), at(3)).unwrap();
    assert_eq!((decision.verdict, decision.why.as_str()), (Verdict::Rejected, "advertisement"));
    assert_eq!(world.state(request.id), RequestState::NeedsReview, "the other page waits still");
    store.reject_review(second, "advertisement", &By::console(), at(4)).unwrap();
    assert_eq!(world.state(request.id), RequestState::Sent);
    store.undo_review(second, None, &By::console(), at(5)).unwrap();
    assert_eq!((world.state(request.id), open(store)), (RequestState::NeedsReview, vec![second]));
    // The reason may name a client: it is in the decision alone.
    let events = store.events_after(0, 1000).unwrap();
    assert!(events.iter().all(|(_, event)| !event.detail.contains("advertisement")));
}

fn a_rejected_page_and_deliveries(store: &dyn Store) {
    let world = World::new(store);
    for (end, expected) in [
        (AttemptEnd::Submitted, RequestState::Sent),
        (AttemptEnd::Failed, RequestState::Undelivered),
        (AttemptEnd::InDoubt, RequestState::InDoubt),
        (AttemptEnd::Retry, RequestState::Queued),
    ] {
        let request = world.submit("0300000001");
        let next = (end == AttemptEnd::Retry).then(|| at(100));
        let (_, sheet) = world.send_to(&outcome(end, next), at(1));
        let (_, filed) = world.arrive(&format!("{sheet}"), vec![unsure(Some(&sheet))], at(2));
        assert_eq!(world.state(request.id), RequestState::NeedsReview);
        store.reject_review(filed.reviews[0].id, "blank", &By::console(), at(3)).unwrap();
        assert_eq!(world.state(request.id), expected);
    }
}

fn undo_takes_the_reply_back(store: &dyn Store) {
    let world = World::new(store);
    let user = reviewer(store, "first");
    let (request, item) = waiting(&world, "unsure");
    let reply = store.confirm_review(&confirmed(&item, request, "yes"), &By::console(), at(3)).unwrap();
    let undone = store.undo_review(item.id, None, &By::user(user.id, "192.0.2.7"), at(4)).unwrap();
    assert_eq!(
        (undone.verdict, undone.reply_id, undone.by),
        (Verdict::Undone, Some(reply.id), Some(user.id))
    );
    let stored = store.request(request).unwrap();
    assert_eq!((stored.state, stored.answered_at), (RequestState::NeedsReview, None));
    assert!(store.replies(request).unwrap().is_empty());
    let gone = store.withdrawn_replies(request).unwrap();
    assert_eq!((gone.len(), &gone[0].reply), (1, &reply));
    assert_eq!((gone[0].withdrawn_at, gone[0].withdrawn_by), (at(4), Some(user.id)));
    assert_eq!(open(store), [item.id]);
    assert_eq!(store.review(item.id).unwrap(), item, "as it was before");
    assert_conflict(store.undo_review(item.id, None, &By::console(), at(5)));
    // Decided again.
    let again = store.confirm_review(&confirmed(&item, request, "no"), &By::console(), at(6)).unwrap();
    assert_eq!(store.replies(request).unwrap(), [again]);
    assert_eq!(verdicts(store, item.id), [Verdict::Confirmed, Verdict::Undone, Verdict::Confirmed]);
    assert_eq!(store.request(request).unwrap().answered_at, Some(at(6)));
}

fn undo_of_an_assignment(store: &dyn Store) {
    let world = World::new(store);
    let (wrong, _) = world.sent("0300000001");
    let (right, _) = world.sent("0300000001");
    let item = unmatched(&world, "torn");
    store.confirm_review(&confirmed(&item, wrong.id, "yes"), &By::console(), at(3)).unwrap();
    store.undo_review(item.id, None, &By::console(), at(4)).unwrap();
    assert_eq!(world.state(wrong.id), RequestState::Sent, "nothing of it waits: its clock runs again");
    store.confirm_review(&confirmed(&item, right.id, "yes"), &By::console(), at(5)).unwrap();
    assert_eq!(world.state(right.id), RequestState::Answered);
    assert!(store.replies(wrong.id).unwrap().is_empty());
}

fn undo_takes_back_only_what_was_seen(store: &dyn Store) {
    let world = World::new(store);
    let (request, item) = waiting(&world, "unsure");
    let seen = store.reject_review(item.id, "blank", &By::console(), at(3)).unwrap();
    store.undo_review(item.id, Some(seen.id), &By::console(), at(4)).unwrap();
    store.confirm_review(&confirmed(&item, request, "yes"), &By::console(), at(5)).unwrap();
    assert_conflict(store.undo_review(item.id, Some(seen.id), &By::console(), at(6)));
    assert_conflict(store.undo_review(item.id, Some(DecisionId::new_at(at(0))), &By::console(), at(6)));
    assert_eq!(store.replies(request).unwrap().len(), 1);
}

fn the_same_answer_after_undo(store: &dyn Store) {
    let world = World::new(store);
    let (request, sheet) = world.sent("0300000001");
    let (_, filed) = world.arrive("unsure", vec![unsure(Some(&sheet))], at(2));
    let item = &filed.reviews[0];
    store.confirm_review(&confirmed(item, request.id, "yes"), &By::console(), at(3)).unwrap();
    let (_, filed) = world.arrive("same", vec![reply(&sheet, "yes")], at(4));
    assert_eq!(filed.repeated, [request.id]);
    store.undo_review(item.id, None, &By::console(), at(5)).unwrap();
    let (_, filed) = world.arrive("again", vec![reply(&sheet, "yes")], at(6));
    assert_eq!(filed.answered, [request.id]);
    assert_eq!(store.request(request.id).unwrap().answered_at, Some(at(6)));
}

fn a_second_answer_stands_beside(store: &dyn Store) {
    let world = World::new(store);
    let (request, sheet) = world.sent("0300000001");
    world.arrive("yes", vec![reply(&sheet, "yes")], at(2));
    let (_, filed) = world.arrive("no", vec![reply(&sheet, "no")], at(3));
    let item = &filed.reviews[0];
    store.confirm_review(&confirmed(item, request.id, "no"), &By::console(), at(4)).unwrap();
    let said = |store: &dyn Store| -> Vec<_> {
        store.replies(request.id).unwrap().into_iter().map(|reply| reply.answers).collect()
    };
    assert_eq!(said(store), [says("yes"), says("no")], "the last is the answer");
    assert_eq!(store.request(request.id).unwrap().answered_at, Some(at(2)), "answered when it first was");
    store.undo_review(item.id, None, &By::console(), at(5)).unwrap();
    assert_eq!(said(store), [says("yes")]);
    assert_eq!(world.state(request.id), RequestState::Answered);
    // The same ticks with more ink: a person may put them on record again, the program may not.
    let inked = PageOutcome::Reply {
        sheet_id: sheet.clone(),
        answers: says("yes"),
        handwriting: [("note".to_owned(), BlobId("0".repeat(64)))].into(),
        texts: std::collections::BTreeMap::new(),
        found_by: FoundBy::Code,
    };
    let (_, filed) = world.arrive("ink", vec![inked], at(6));
    store.confirm_review(&confirmed(&filed.reviews[0], request.id, "yes"), &By::console(), at(7)).unwrap();
    assert_eq!(said(store), [says("yes"), says("yes")]);
}

fn an_ended_request_keeps_the_answer(store: &dyn Store) {
    let world = World::new(store);
    let (request, sheet) = world.sent("0300000001");
    store.cancel(request.id, "moved", at(2)).unwrap();
    let (_, filed) = world.arrive("late", vec![reply(&sheet, "yes")], at(3));
    let item = &filed.reviews[0];
    store.confirm_review(&confirmed(item, request.id, "yes"), &By::console(), at(4)).unwrap();
    assert_eq!(world.state(request.id), RequestState::Cancelled);
    assert_eq!(store.replies(request.id).unwrap().len(), 1);
    store.undo_review(item.id, None, &By::console(), at(5)).unwrap();
    assert_eq!(world.state(request.id), RequestState::Cancelled);
    assert!(store.replies(request.id).unwrap().is_empty());
}

fn phone(request_id: RequestId, option: &str) -> NewPhoneReply {
    let said_by = "受付 見本様".to_owned();
    NewPhoneReply {
        id: ReplyId::new_at(at(0)),
        request_id,
        answers: says(option),
        texts: std::collections::BTreeMap::new(),
        said_by,
    }
}

fn a_reply_by_telephone(store: &dyn Store) {
    let world = World::new(store);
    let user = reviewer(store, "first");
    let by = By::user(user.id, "192.0.2.7");
    for (end, next) in
        [(AttemptEnd::Submitted, None), (AttemptEnd::Failed, None), (AttemptEnd::InDoubt, None)]
    {
        let request = world.submit("0300000001");
        world.send_to(&outcome(end, next), at(1));
        let new = phone(request.id, "yes");
        let reply = store.record_phone_reply(&new, &by, at(2)).unwrap();
        let source = ReplySource::Phone { written_by: Some(user.id), said_by: new.said_by.clone() };
        assert_eq!((&reply.source, &reply.answers, reply.recorded_at), (&source, &says("yes"), at(2)));
        assert_eq!(store.record_phone_reply(&new, &by, at(3)).unwrap(), reply, "a double click");
        assert_eq!(store.replies(request.id).unwrap(), [reply]);
        let answered = store.request(request.id).unwrap();
        assert_eq!((answered.state, answered.answered_at), (RequestState::Answered, Some(at(2))));
    }
    assert_not_found(store.record_phone_reply(&phone(RequestId::new_at(at(0)), "yes"), &by, at(4)));
    let audit = store.audit(&AuditFilter { record: None, who: Some(user.id) }, 10).unwrap();
    assert_eq!(audit.iter().filter(|entry| entry.detail == "phone_answer").count(), 3);
}

fn a_reply_by_telephone_is_taken_back(store: &dyn Store) {
    let world = World::new(store);
    let (request, sheet) = world.sent("0300000001");
    let new = phone(request.id, "yes");
    store.record_phone_reply(&new, &By::console(), at(2)).unwrap();
    let gone = store.withdraw_phone_reply(new.id, &By::console(), at(3)).unwrap();
    assert_eq!((gone.reply.id, gone.withdrawn_at), (new.id, at(3)));
    assert_eq!(world.state(request.id), RequestState::Sent);
    assert_conflict(store.withdraw_phone_reply(new.id, &By::console(), at(4)));
    world.arrive("paper", vec![reply(&sheet, "yes")], at(5));
    let on_paper = store.replies(request.id).unwrap()[0].id;
    assert_refused(store.withdraw_phone_reply(on_paper, &By::console(), at(6)));
    assert_not_found(store.withdraw_phone_reply(ReplyId::new_at(at(0)), &By::console(), at(6)));
    assert_eq!(store.withdrawn_replies(request.id).unwrap(), [gone]);
}

fn the_log_tells_what_changed(store: &dyn Store) {
    assert_eq!((store.last_event().unwrap(), store.events_after(0, 10).unwrap().len()), (0, 0));
    let world = World::new(store);
    let (request, item) = waiting(&world, "unsure");
    let cursor = store.last_event().unwrap();
    assert!(cursor > 0 && store.events_after(cursor, 10).unwrap().is_empty());
    store.confirm_review(&confirmed(&item, request, "yes"), &By::console(), at(3)).unwrap();
    let new = store.events_after(cursor, 10).unwrap();
    let told: Vec<_> = new.iter().map(|(_, event)| (event.subject, event.what.as_str())).collect();
    let expected = [
        (Subject::Request, "answered"),
        (Subject::Review, "confirmed"),
        (Subject::Request, "reply_confirmed"),
    ];
    assert_eq!(told, expected);
    assert_eq!(new.last().unwrap().0, store.last_event().unwrap());
    assert_eq!(store.events_after(cursor, 1).unwrap(), new[..1]);
    assert_eq!(store.events_after(new[0].0, 10).unwrap(), new[1..]);
    assert!(store.events_after(u64::MAX, 10).unwrap().is_empty());
}

/// Both requests get their answer from one page; what stands in the first one's fields is not the second one's.
fn a_page_with_two_replies_is_split(store: &dyn Store) {
    let world = World::new(store);
    let (first, sheet) = world.sent("0300000001");
    let (second, _) = world.sent("0300000002");
    let item = inked(store, &world, &sheet);

    let by = By::user(reviewer(store, "splitter").id, "192.0.2.7");
    let parts = store.split_review(item.id, &by, at(3)).unwrap();
    let whose: Vec<_> = parts.iter().map(|part| (part.page_number, part.request_id)).collect();
    assert_eq!(whose, [(Some(1), Some(first.id)), (Some(1), None)]);
    assert_eq!(parts[0].reasons, item.reasons);
    assert_eq!(parts[1].reasons, [Reason::new(ReasonCode::SplitOff, "")]);
    let expected: Vec<ReviewId> = parts.iter().map(|part| part.id).collect();
    assert_eq!(open(store), expected, "the item itself waits no more");
    assert_eq!(store.review(parts[1].id).unwrap(), parts[1]);
    assert_eq!(verdicts(store, item.id), [Verdict::Split]);
    assert_eq!(world.state(first.id), RequestState::NeedsReview);
    assert_conflict(store.split_review(item.id, &by, at(3)));
    assert_conflict(store.reject_review(item.id, "x", &by, at(3)));

    let own = store.confirm_review(&confirmed(&parts[0], first.id, "yes"), &by, at(4)).unwrap();
    assert_eq!(own.handwriting.len(), 1);
    let other = store.confirm_review(&confirmed(&parts[1], second.id, "no"), &by, at(4)).unwrap();
    assert!(other.handwriting.is_empty(), "the ink stands in the first request's fields");
    for (request, option) in [(first.id, "yes"), (second.id, "no")] {
        assert_eq!(world.state(request), RequestState::Answered);
        assert_eq!(store.replies(request).unwrap()[0].answers, says(option));
    }
    let entries = store.audit(&AuditFilter::default(), 10).unwrap();
    assert!(entries.iter().any(|it| it.record_id == item.id.to_string() && it.detail == "split"));
}

/// Pages of nobody that wait together; a page that is an item already is not doubled, and what else was wrong stays.
fn many_pages_are_split_one_by_one(store: &dyn Store) {
    let world = World::new(store);
    let id = world.record("many", at(2));
    let lease = lease("reader", at(2));
    store.lease_arrival(Some(id), &lease, at(2)).unwrap().unwrap();
    let nothing = |number| (page(id, number), PageOutcome::Nothing);
    let pages = vec![nothing(1), nothing(2), (page(id, 3), unsure(None)), nothing(4)];
    let broken = Reason::new(ReasonCode::FileProblem, "壊れています / broken");
    let whole = vec![Reason::new(ReasonCode::SheetNotFound, "pages 1, 2, 4"), broken.clone()];
    let filed =
        store.finish_arrival(id, &ArrivalOutcome { pages, whole, told: Vec::new() }, &lease, at(2)).unwrap();
    let together = filed.reviews.iter().find(|item| item.page_number.is_none()).unwrap();
    let parts = store.split_review(together.id, &By::console(), at(3)).unwrap();
    let shape: Vec<_> = parts.iter().map(|part| (part.page_number, part.reasons[0].code)).collect();
    let lost = ReasonCode::SheetNotFound;
    assert_eq!(shape, [(Some(1), lost), (Some(2), lost), (Some(4), lost), (None, ReasonCode::FileProblem)]);
    assert_eq!(parts[3].reasons, [broken]);
    assert_eq!(open(store).len(), 5, "page 3 waited already");
    // Nothing is left to part: two items of the whole.
    let twins = store.split_review(parts[3].id, &By::console(), at(4)).unwrap();
    assert_eq!(twins.iter().map(|part| part.page_number).collect::<Vec<_>>(), [None, None]);
    assert_not_found(store.split_review(ReviewId::new_at(at(0)), &By::console(), at(4)));
}

fn what_was_split_is_put_together_again(store: &dyn Store) {
    let world = World::new(store);
    let (request, item) = waiting(&world, "together");
    let parts = store.split_review(item.id, &By::console(), at(3)).unwrap();
    store.reject_review(parts[1].id, "nothing else in it", &By::console(), at(4)).unwrap();
    // A decision stands about a part: it would be lost.
    assert_conflict(store.undo_review(item.id, None, &By::console(), at(5)));
    assert_eq!(open(store), [parts[0].id]);
    store.undo_review(parts[1].id, None, &By::console(), at(5)).unwrap();
    store.undo_review(item.id, None, &By::console(), at(6)).unwrap();
    assert_eq!(open(store), [item.id]);
    assert_eq!(verdicts(store, item.id), [Verdict::Split, Verdict::Undone]);
    assert_eq!(verdicts(store, parts[0].id), [Verdict::Joined]);
    assert_eq!(world.state(request), RequestState::NeedsReview);
    // A part does not come back by itself beside the whole.
    assert_conflict(store.undo_review(parts[0].id, None, &By::console(), at(7)));
    assert_conflict(store.confirm_review(&confirmed(&parts[0], request, "yes"), &By::console(), at(7)));
    // Split once more, both ways decided.
    let again = store.split_review(item.id, &By::console(), at(8)).unwrap();
    assert_eq!(open(store), again.iter().map(|part| part.id).collect::<Vec<_>>());
}

//! Cases on letters that are no sheets: withdrawals, links by mail, tests of numbers, notices.

use super::Case;
use super::accounts::user;
use super::world::{World, assert_conflict, at, fax, layout, lease, outcome, page, reply};
use jiff::{SignedDuration, Timestamp};
use renraku::domain::account::{By, Role, Tenant};
use renraku::domain::directory::RouteKind;
use renraku::domain::id::{AttemptId, DeliveryId, NumberTestId, RequestId};
use renraku::domain::letter::{CodeTry, Letter, NoticeAbout, NoticeItem, NumberTest, TEST_TIME, TestEnd};
use renraku::domain::request::{BlobId, Delivery, DoubtDecision};
use renraku::domain::sheet_number::SheetNumber;
use renraku::domain::state::{AttemptEnd, DeliveryState, RequestState};
use renraku::store::{AuditFilter, NewDelivery, NewNotice, NewNumberTest, NewTestPage, PageOutcome, Store};

pub const CASES: &[Case] = &[
    ("whoever holds a sheet hears that it was withdrawn", whoever_holds_a_sheet_hears),
    ("what becomes of a letter moves no request", a_letter_moves_no_request),
    ("a link is mailed while an answer is awaited", a_link_is_mailed_while_an_answer_is_awaited),
    ("a code that is read out verifies the number", a_code_verifies),
    ("wrong codes end a test", wrong_codes_end_a_test),
    ("a test page that came back verifies when a person says so", a_returned_page_verifies),
    ("a stranger's telephone does not ring all day", three_pages_a_day),
    ("a notice takes in what happens before it leaves", a_notice_takes_in_what_happens),
];

const FAX: &str = "0300000001";

fn letters(store: &dyn Store, id: RequestId) -> Vec<(&'static str, String, DeliveryState)> {
    let letters = store.letters(id).unwrap();
    letters.iter().map(|it| (it.letter.as_str(), it.address.clone(), it.state)).collect()
}

/// Sends the letter that is due; it needs no sheet.
fn send_letter(store: &dyn Store, end: AttemptEnd, now: Timestamp) -> Delivery {
    let lease = lease("sender", now);
    let delivery = store.lease_delivery(&lease, now).unwrap().expect("a letter");
    let attempt = AttemptId::new_at(now);
    store.attempt_started(attempt, delivery.id, &lease, now).unwrap();
    store.body_started(attempt, &lease, now).unwrap();
    store.attempt_ended(attempt, &outcome(end, None), &lease, now).unwrap();
    store.delivery(delivery.id).unwrap()
}

fn whoever_holds_a_sheet_hears(store: &dyn Store) {
    let world = World::new(store);
    let unsent = world.submit(FAX);
    store.cancel(unsent.id, "", at(2)).unwrap();
    assert_eq!(letters(store, unsent.id), [("sheet", FAX.to_owned(), DeliveryState::Undelivered)]);
    for (end, left) in
        [(AttemptEnd::Submitted, true), (AttemptEnd::InDoubt, true), (AttemptEnd::Failed, false)]
    {
        let request = world.submit(FAX);
        world.send(end);
        store.cancel(request.id, "", at(3)).unwrap();
        let told = letters(store, request.id).into_iter().filter(|(kind, ..)| *kind == "cancel_notice");
        let expected = left.then(|| ("cancel_notice", FAX.to_owned(), DeliveryState::Queued));
        assert_eq!(told.collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>(), "{end}");
        assert_eq!(store.deliveries(request.id).unwrap().len(), 1, "a notice is no sheet");
        if left {
            // It leaves although the request has ended.
            assert_eq!(send_letter(store, AttemptEnd::Submitted, at(4)).state, DeliveryState::Submitted);
        }
        assert_eq!(world.state(request.id), RequestState::Cancelled);
        assert_conflict(store.cancel(request.id, "", at(5)));
    }
    // A sheet that was sent twice to one number is withdrawn once.
    let request = world.submit(FAX);
    let (doubtful, _) = world.send(AttemptEnd::InDoubt);
    let again = NewDelivery {
        id: DeliveryId::new_at(at(6)),
        route: RouteKind::FaxByMail,
        address: FAX.to_owned(),
        not_before: None,
    };
    store.decide_in_doubt(doubtful.id, DoubtDecision::Resend, Some(&again), &By::console(), at(6)).unwrap();
    let lease = lease("sender", at(6));
    let (delivery, _) = world.lease_with_sheet(&lease, at(6));
    let attempt = AttemptId::new_at(at(6));
    store.attempt_started(attempt, delivery.id, &lease, at(6)).unwrap();
    store.body_started(attempt, &lease, at(6)).unwrap();
    store.attempt_ended(attempt, &outcome(AttemptEnd::Submitted, None), &lease, at(6)).unwrap();
    store.cancel(request.id, "", at(7)).unwrap();
    let told = letters(store, request.id).into_iter().filter(|(kind, ..)| *kind == "cancel_notice").count();
    assert_eq!(told, 1);
}

fn a_letter_moves_no_request(store: &dyn Store) {
    let world = World::new(store);
    for end in [AttemptEnd::Submitted, AttemptEnd::Failed, AttemptEnd::InDoubt] {
        let (request, _) = world.sent(FAX);
        let new = link_mail();
        store.add_link_mail(request.id, &new, &By::console(), at(2)).unwrap();
        let sent = send_letter(store, end, at(2));
        assert_eq!(sent.letter, Letter::Link { request_id: request.id });
        assert_eq!(world.state(request.id), RequestState::Sent, "{end}");
        if end == AttemptEnd::InDoubt {
            // Sent again it is a link again, and the request stays where it is.
            let again = link_mail();
            let resend = DoubtDecision::Resend;
            let by = By::console();
            let new = store.decide_in_doubt(sent.id, resend, Some(&again), &by, at(3)).unwrap();
            assert_eq!((new.id, new.letter), (again.id, sent.letter));
            assert_eq!(store.delivery(sent.id).unwrap().state, DeliveryState::Undelivered);
            assert_eq!(world.state(request.id), RequestState::Sent);
        }
        store.cancel(request.id, "", at(4)).unwrap();
        world.clear_outbox(at(5));
    }
}

fn link_mail() -> NewDelivery {
    let (id, route) = (DeliveryId::new_at(at(0)), RouteKind::PlainMail);
    NewDelivery { id, route, address: "desk@clinic.example".to_owned(), not_before: None }
}

fn a_link_is_mailed_while_an_answer_is_awaited(store: &dyn Store) {
    let world = World::new(store);
    let (request, sheet) = world.sent(FAX);
    let by = By::console();
    let first = store.add_link_mail(request.id, &link_mail(), &by, at(2)).unwrap();
    assert_conflict(store.add_link_mail(request.id, &link_mail(), &by, at(2)));
    // An answer came meanwhile: the mail does not leave any more.
    let lease = lease("sender", at(3));
    let delivery = store.lease_delivery(&lease, at(3)).unwrap().unwrap();
    assert_eq!(delivery.id, first.id);
    let attempt = AttemptId::new_at(at(3));
    store.attempt_started(attempt, delivery.id, &lease, at(3)).unwrap();
    world.arrive("fax", vec![reply(&sheet, "visit")], at(3));
    assert_conflict(store.body_started(attempt, &lease, at(3)));
    store.attempt_ended(attempt, &outcome(AttemptEnd::Retry, Some(at(9))), &lease, at(3)).unwrap();
    assert_eq!(store.delivery(first.id).unwrap().state, DeliveryState::Undelivered);
    assert_conflict(store.add_link_mail(request.id, &link_mail(), &by, at(4)));
}

fn ask(store: &dyn Store, world: &World, minutes: i64) -> Result<NumberTest, renraku::store::StoreError> {
    let new = NewNumberTest {
        id: NumberTestId::new_at(at(minutes)),
        delivery_id: DeliveryId::new_at(at(minutes)),
        clinic_id: world.clinic,
        route: RouteKind::FaxByMail,
        address: FAX.to_owned(),
        code: "012345".to_owned(),
    };
    store.add_number_test(&new, &By::console(), at(minutes))
}

fn verified(store: &dyn Store, world: &World) -> Option<String> {
    store.clinic(world.clinic).unwrap().routes[0].verified_how.clone()
}

fn a_code_verifies(store: &dyn Store) {
    let world = World::new(store);
    let by = By::console();
    let first = ask(store, &world, 1).unwrap();
    let test = ask(store, &world, 2).unwrap();
    assert_eq!(store.number_test(first.id).unwrap().ended, Some(TestEnd::Replaced));
    assert_eq!(store.try_code(first.id, "012345", &by, at(3)).unwrap(), CodeTry::Over, "replaced");
    assert_eq!(store.number_tests(world.clinic).unwrap(), [store.number_test(test.id).unwrap()]);
    assert_eq!(store.try_code(test.id, "543210", &by, at(3)).unwrap(), CodeTry::Wrong { left: 4 });
    assert_eq!(verified(store, &world), None);
    assert_eq!(store.try_code(test.id, "012345", &by, at(3)).unwrap(), CodeTry::Right);
    assert!(verified(store, &world).unwrap().contains("読み上げ"));
    assert_eq!(store.try_code(test.id, "012345", &by, at(4)).unwrap(), CodeTry::Over, "once");
    let audit = store.audit(&AuditFilter::default(), 20).unwrap();
    for detail in ["number_test", "wrong_code", "verify_route"] {
        assert!(audit.iter().any(|entry| entry.detail == detail), "{detail}");
    }
    // The number changes while the page is on its way: the code proves nothing about the new one.
    let mut clinic = store.clinic(world.clinic).unwrap();
    let test = ask(store, &world, 5).unwrap();
    clinic.routes = vec![fax("0300000009")];
    store.put_clinic(&clinic, at(6)).unwrap();
    assert_eq!(store.try_code(test.id, "012345", &by, at(7)).unwrap(), CodeTry::Over);
    assert_conflict(ask(store, &world, 8));
    assert_eq!(verified(store, &world), None);
}

fn wrong_codes_end_a_test(store: &dyn Store) {
    let world = World::new(store);
    let by = By::console();
    let test = ask(store, &world, 1).unwrap();
    for left in (1..5).rev() {
        assert_eq!(store.try_code(test.id, "000000", &by, at(2)).unwrap(), CodeTry::Wrong { left });
    }
    assert_eq!(store.try_code(test.id, "000000", &by, at(2)).unwrap(), CodeTry::Locked);
    assert_eq!(store.try_code(test.id, "012345", &by, at(2)).unwrap(), CodeTry::Over);
    let late = ask(store, &world, 3).unwrap();
    let after = at(3) + TEST_TIME;
    assert_eq!(store.try_code(late.id, "012345", &by, after).unwrap(), CodeTry::Over, "too old");
    assert_eq!(verified(store, &world), None);
}

fn a_returned_page_verifies(store: &dyn Store) {
    let world = World::new(store);
    let by = By::console();
    let test = ask(store, &world, 1).unwrap();
    let lease = lease("sender", at(1));
    let delivery = store.lease_delivery(&lease, at(1)).unwrap().unwrap();
    assert_eq!(delivery.letter, Letter::NumberTest { number_test_id: test.id });
    assert_eq!(store.number_test_delivery(test.id).unwrap().id, delivery.id);
    let sheet_id = SheetNumber::from_random([7; 7]);
    let page_of = |sheet_id: &SheetNumber| NewTestPage {
        id: test.id,
        sheet_id: sheet_id.clone(),
        layout: layout(sheet_id, 111.0),
        pdf: BlobId("0".repeat(64)),
        rendered_at: at(1),
    };
    store.put_test_page(&page_of(&sheet_id), delivery.id, &lease).unwrap();
    assert_conflict(store.put_test_page(&page_of(&SheetNumber::from_random([8; 7])), delivery.id, &lease));
    assert!(store.sheet(&sheet_id).unwrap().is_none(), "it is no request's sheet");
    assert_eq!(store.number_test_by_sheet(&sheet_id).unwrap().unwrap().1, layout(&sheet_id, 111.0));
    assert_eq!(store.frames().unwrap().len(), 1, "its frame is looked for");
    assert_conflict(store.accept_returned(test.id, &by, at(2)));
    assert!(store.returned_tests(10).unwrap().is_empty());

    let (arrival, filed) =
        world.arrive("fax", vec![PageOutcome::NumberTest { sheet_id: sheet_id.clone() }], at(3));
    assert!(filed.reviews.is_empty() && filed.answered.is_empty());
    world.arrive("again", vec![PageOutcome::NumberTest { sheet_id: sheet_id.clone() }], at(4));
    let returned = store.returned_tests(10).unwrap();
    assert_eq!(returned.len(), 1);
    assert_eq!(returned[0].returned.map(|page| (page.arrival_id, page.page_number)), Some((arrival, 1)));
    assert_eq!(verified(store, &world), None, "nothing verifies by itself");
    store.accept_returned(test.id, &by, at(5)).unwrap();
    assert!(verified(store, &world).unwrap().contains("返信"));
    assert!(store.returned_tests(10).unwrap().is_empty());
    assert_conflict(store.accept_returned(test.id, &by, at(6)));
    // A page of a test that is not known waits for a person.
    let stranger = PageOutcome::NumberTest { sheet_id: SheetNumber::from_random([9; 7]) };
    let (id, filed) = world.arrive("stranger", vec![stranger], at(7));
    assert_eq!(filed.reviews.len(), 1);
    assert_eq!(store.arrival_pages(id).unwrap(), [page(id, 1)]);
}

fn three_pages_a_day(store: &dyn Store) {
    let world = World::new(store);
    for minute in 1..=3 {
        ask(store, &world, minute).unwrap();
    }
    assert_conflict(ask(store, &world, 4));
    let day = SignedDuration::from_hours(24).as_mins();
    assert_conflict(ask(store, &world, day));
    ask(store, &world, day + 2).unwrap();
}

fn a_notice_takes_in_what_happens(store: &dyn Store) {
    let world = World::new(store);
    let user = user("caremane", Tenant::Office(world.office), Role::CareManager);
    store.put_user(&user, &By::console(), at(0)).unwrap();
    let requests = [world.submit(FAX), world.submit("0300000002")];
    let item = |nth: usize, about| NoticeItem { request_id: requests[nth].id, about };
    let notice = |items: Vec<NoticeItem>| {
        [NewNotice {
            user_id: user.id,
            address: "caremane@office.example".to_owned(),
            items,
            messages: vec![],
        }]
    };
    assert_eq!(store.noticed_to().unwrap(), 0);
    let [answered, overdue, failed] =
        [item(0, NoticeAbout::Answered), item(1, NoticeAbout::Overdue), item(0, NoticeAbout::Undelivered)];
    store.put_notices((0, 3), &notice(vec![answered]), at(30), at(1)).unwrap();
    // Somebody else told the same events: nothing is put twice.
    assert_conflict(store.put_notices((0, 3), &notice(vec![answered]), at(30), at(1)));
    store.put_notices((3, 5), &notice(vec![answered, overdue]), at(30), at(2)).unwrap();
    store.put_notices((5, 6), &[], at(30), at(2)).unwrap();
    assert_eq!(store.noticed_to().unwrap(), 6);
    for _ in 0..2 {
        world.send(AttemptEnd::Submitted);
    }
    assert_eq!(store.lease_delivery(&lease("early", at(29)), at(29)).unwrap(), None, "not before its hour");
    let sent = send_letter(store, AttemptEnd::Submitted, at(31));
    assert_eq!(sent.letter, Letter::Notice { user_id: user.id });
    assert_eq!(sent.address, "caremane@office.example");
    let mut told = store.notice_items(sent.id).unwrap();
    told.sort_unstable();
    let mut expected = vec![answered, overdue];
    expected.sort_unstable();
    assert_eq!(told, expected, "one mail, nothing twice");
    // What has left takes nothing in any more.
    store.put_notices((6, 7), &notice(vec![failed]), at(40), at(32)).unwrap();
    let next = send_letter(store, AttemptEnd::Submitted, at(41));
    assert_ne!(next.id, sent.id);
    assert_eq!(store.notice_items(next.id).unwrap(), [failed]);
}

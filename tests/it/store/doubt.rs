//! Cases on deliveries of which nobody knows whether they left.

use super::Case;
use super::world::{World, assert_conflict, assert_not_found, at, lease, outcome, reply, unsure};
use renraku::domain::account::By;
use renraku::domain::directory::RouteKind;
use renraku::domain::id::DeliveryId;
use renraku::domain::request::{Delivery, DoubtDecision, Request};
use renraku::domain::sheet_number::SheetNumber;
use renraku::domain::state::{AttemptEnd, DeliveryState, RequestState};
use renraku::store::{NewDelivery, Store};

pub const CASES: &[Case] = &[
    ("a doubt ends as delivered or undelivered", a_doubt_ends),
    ("a resend is a delivery of its own", a_resend_is_a_delivery_of_its_own),
    ("only a doubt is decided, and once", only_a_doubt_is_decided),
    ("what was answered is not sent again", what_was_answered_is_not_sent_again),
];

fn doubtful(world: &World) -> (Request, Delivery, SheetNumber) {
    let request = world.submit("0300000001");
    let (_, sheet) = world.send(AttemptEnd::InDoubt);
    assert_eq!(world.state(request.id), RequestState::InDoubt);
    (request.clone(), world.delivery(request.id), sheet)
}

fn new(address: &str) -> NewDelivery {
    let (id, route) = (DeliveryId::new_at(at(0)), RouteKind::FaxByMail);
    NewDelivery { id, route, address: address.to_owned(), not_before: None }
}

fn a_doubt_ends(store: &dyn Store) {
    let world = World::new(store);
    for (decision, delivery_state, request_state) in [
        (DoubtDecision::Delivered, DeliveryState::Delivered, RequestState::Sent),
        (DoubtDecision::Undelivered, DeliveryState::Undelivered, RequestState::Undelivered),
    ] {
        let (request, delivery, _) = doubtful(&world);
        assert_eq!(store.in_doubt(10).unwrap(), std::slice::from_ref(&delivery));
        let ended = store.decide_in_doubt(delivery.id, decision, None, &By::console(), at(5)).unwrap();
        assert_eq!((ended.id, ended.state), (delivery.id, delivery_state));
        let stored = store.request(request.id).unwrap();
        assert_eq!(stored.state, request_state);
        assert_eq!(stored.sent_at.is_some(), decision == DoubtDecision::Delivered);
        assert_eq!(store.deliveries(request.id).unwrap(), [ended]);
        assert!(store.in_doubt(10).unwrap().is_empty());
    }
    assert_eq!(store.lease_delivery(&lease("sender", at(9)), at(9)).unwrap(), None, "nothing leaves again");
}

fn a_resend_is_a_delivery_of_its_own(store: &dyn Store) {
    let world = World::new(store);
    let (request, old, _) = doubtful(&world);
    let new = new("0300000002");
    let sent =
        store.decide_in_doubt(old.id, DoubtDecision::Resend, Some(&new), &By::console(), at(5)).unwrap();
    assert_eq!((sent.id, sent.address.as_str(), sent.attempts), (new.id, "0300000002", 0));
    assert_eq!(world.state(request.id), RequestState::Queued);
    let deliveries = store.deliveries(request.id).unwrap();
    assert_eq!(
        (deliveries.len(), deliveries[0].id, deliveries[0].state),
        (2, old.id, DeliveryState::Undelivered)
    );
    assert_eq!((deliveries[0].attempts, store.attempts(old.id).unwrap().len()), (1, 1), "its tries stay");
    assert!(deliveries[0].last_detail.contains(&new.id.to_string()));
    let (taken, _) = world.send_to(&outcome(AttemptEnd::Submitted, None), at(9));
    assert_eq!(taken.id, new.id);
    assert_eq!(world.state(request.id), RequestState::Sent);
    // While sending is on hold, it is held as well.
    let (_, old, _) = doubtful(&world);
    store.set_hold(Some("testing"), at(6)).unwrap();
    let again = self::new("0300000001");
    let held =
        store.decide_in_doubt(old.id, DoubtDecision::Resend, Some(&again), &By::console(), at(7)).unwrap();
    assert_eq!(held.state, DeliveryState::Held);
}

fn only_a_doubt_is_decided(store: &dyn Store) {
    let world = World::new(store);
    let request = world.submit("0300000001");
    let queued = world.delivery(request.id).id;
    let decide = |id, decision, resend: Option<&NewDelivery>| {
        store.decide_in_doubt(id, decision, resend, &By::console(), at(5))
    };
    assert_conflict(decide(queued, DoubtDecision::Delivered, None));
    world.send(AttemptEnd::InDoubt);
    // A resend without a delivery, and a delivery without a resend.
    assert_conflict(decide(queued, DoubtDecision::Resend, None));
    assert_conflict(decide(queued, DoubtDecision::Undelivered, Some(&new("0300000001"))));
    assert_eq!(world.delivery(request.id).state, DeliveryState::InDoubt, "what was refused changed nothing");
    let won: usize = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|_| {
                let decide = &decide;
                scope.spawn(move || {
                    usize::from(decide(queued, DoubtDecision::Resend, Some(&new("0300000001"))).is_ok())
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!((won, store.deliveries(request.id).unwrap().len()), (1, 2), "one more fax, not eight");
    assert_conflict(decide(queued, DoubtDecision::Delivered, None));
    assert_not_found(decide(DeliveryId::new_at(at(0)), DoubtDecision::Delivered, None));
}

fn what_was_answered_is_not_sent_again(store: &dyn Store) {
    let world = World::new(store);
    for (number, state) in
        [RequestState::Answered, RequestState::NeedsReview, RequestState::Cancelled].into_iter().enumerate()
    {
        let (request, delivery, sheet) = doubtful(&world);
        match state {
            RequestState::Answered => {
                world.arrive(&format!("{number}"), vec![reply(&sheet, "yes")], at(2));
            }
            RequestState::NeedsReview => {
                world.arrive(&format!("{number}"), vec![unsure(Some(&sheet))], at(2));
            }
            _ => {
                store.cancel(request.id, "moved", at(2)).unwrap();
            }
        }
        assert_eq!(world.state(request.id), state);
        let again = new("0300000001");
        let resent =
            store.decide_in_doubt(delivery.id, DoubtDecision::Resend, Some(&again), &By::console(), at(5));
        assert_conflict(resent);
        assert_eq!(store.deliveries(request.id).unwrap().len(), 1);
        store.decide_in_doubt(delivery.id, DoubtDecision::Undelivered, None, &By::console(), at(6)).unwrap();
        assert_eq!(world.state(request.id), state, "what came back counts more");
    }
}

//! The mail server dies at every step of the conversation, 25 times each, with the whole outbox above it: nothing is lost,
//! what may have left is in doubt and never sent again by itself, and everything else arrives exactly once.

use crate::letters::{FAX, Region};
use renraku::domain::directory::RouteKind;
use renraku::domain::request::Request;
use renraku::domain::state::{DeliveryState, RequestState};
use renraku::mail::parse::parse;
use renraku::mail::results::request_numbers_in;
use renraku::practice::smtp_server::{Arrived, Behaviour, Fault, Faults, Step};
use std::collections::BTreeMap;

const EACH: usize = 25;

/// Where the server dies, whether it takes the mail all the same, and where the delivery stands then.
const DEATHS: [(Step, bool, DeliveryState); 8] = [
    (Step::Greeting, false, DeliveryState::Queued),
    (Step::Ehlo, false, DeliveryState::Queued),
    (Step::Mail, false, DeliveryState::Queued),
    (Step::Rcpt, false, DeliveryState::Queued),
    (Step::Data, false, DeliveryState::Queued),
    (Step::Body, false, DeliveryState::InDoubt),
    (Step::AfterDot, true, DeliveryState::InDoubt),
    (Step::AfterAnswer, true, DeliveryState::Submitted),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_costs_nothing_and_nothing_leaves_twice() {
    for (step, takes, expected) in DEATHS {
        let faults = Faults::from([(step, Fault::Die)]);
        let mut region = Region::with(Behaviour { faults, login: None }).await;
        region.verify(RouteKind::FaxByMail, FAX);
        let requests: Vec<Request> = (0..EACH).map(|_| region.submit(None)).collect();
        while region.deliver().await.is_some() {}
        for request in &requests {
            let delivery = region.store.deliveries(request.id).unwrap().pop().unwrap();
            assert_eq!(delivery.state, expected, "{step:?}: {}", delivery.last_detail);
        }
        let mut times = counted(&region.taken());
        region.moves_to(Behaviour::default()).await;
        for _ in 0..10 {
            region.later(90);
            while region.deliver().await.is_some() {}
        }
        for (number, count) in counted(&region.taken()) {
            *times.entry(number).or_default() += count;
        }
        let ends = if expected == DeliveryState::InDoubt {
            (DeliveryState::InDoubt, RequestState::InDoubt)
        } else {
            (DeliveryState::Submitted, RequestState::Sent)
        };
        for request in &requests {
            let delivery = region.store.deliveries(request.id).unwrap().pop().unwrap();
            let stored = region.store.request(request.id).unwrap();
            assert_eq!((delivery.state, stored.state), ends, "{step:?}");
            let arrived = times.get(request.number.as_str()).copied().unwrap_or(0);
            let once = takes || expected != DeliveryState::InDoubt;
            assert_eq!(arrived, usize::from(once), "{step:?}: {}", request.number);
        }
        let doubts = region.store.in_doubt(100).unwrap().len();
        println!("{step:?}: {EACH} deaths, {} arrived, {doubts} in doubt", times.len());
    }
}

/// How often each request's mail was taken.
fn counted(mails: &[Arrived]) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for mail in mails {
        let subject = parse(&mail.bytes).subject.unwrap();
        let number = request_numbers_in(&subject).pop().expect("its number");
        *times.entry(number.to_string()).or_default() += 1;
    }
    times
}

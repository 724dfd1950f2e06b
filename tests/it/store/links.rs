//! Cases on one-time links.

use super::Case;
use super::world::{World, assert_conflict, assert_not_found, at, says};
use renraku::domain::account::By;
use renraku::domain::id::{LinkId, ReplyId, RequestId};
use renraku::domain::link::{Link, LinkClosed};
use renraku::domain::request::{Reply, ReplySource};
use renraku::domain::state::RequestState;
use renraku::store::{
    AuditFilter, LinkAnswered, LinkTry, NewLink, NewLinkPass, NewLinkReply, NewPhoneReply, Store,
};
use std::collections::BTreeMap;

const FROM: &str = "192.0.2.7";

pub const CASES: &[Case] = &[
    ("a link is stored, and a new one takes its place", a_link_is_stored_and_replaced),
    ("a request that has ended gets no link", an_ended_request_gets_no_link),
    ("wrong digits lock a link, also at once", wrong_digits_lock),
    ("right digits give a pass for a while", right_digits_give_a_pass),
    ("an answer by link answers, and every version stays", answers_and_amendments_stay),
    ("nobody replaces an answer that was not seen", nobody_replaces_what_was_not_seen),
    ("one of many first answers is recorded", one_of_many_is_recorded),
    ("a link that is closed records nothing", a_closed_link_records_nothing),
];

fn put(store: &dyn Store, request: RequestId, token_hash: &str, expires: i64) -> Link {
    let new = NewLink {
        id: LinkId::new_at(at(2)),
        request_id: request,
        token_hash: token_hash.to_owned(),
        expires_at: at(expires),
    };
    store.put_link(&new, &By::console(), at(2)).expect("a link")
}

fn sent_with_link(store: &dyn Store) -> (RequestId, Link) {
    let world = World::new(store);
    let (request, _) = world.sent("0300000001");
    (request.id, put(store, request.id, "t1", 100))
}

fn pass(token_hash: &str) -> NewLinkPass {
    NewLinkPass { token_hash: token_hash.to_owned(), expires_at: at(20) }
}

fn answer(link: &Link, option: &str, seen: Option<&Reply>) -> NewLinkReply {
    NewLinkReply {
        id: ReplyId::new_at(at(3)),
        link_id: link.id,
        answers: says(option),
        texts: BTreeMap::from([("comment".to_owned(), "夕方に\nお電話ください".to_owned())]),
        name: "見本 太郎".to_owned(),
        seen: seen.map(|reply| reply.id),
    }
}

#[track_caller]
fn recorded(answered: LinkAnswered) -> Reply {
    let LinkAnswered::Recorded(reply) = answered else { panic!("{answered:?}") };
    reply
}

fn events(store: &dyn Store, request: RequestId) -> Vec<String> {
    let events = store.events(renraku::domain::event::Subject::Request, &request.to_string()).unwrap();
    events.into_iter().map(|event| event.what).collect()
}

fn a_link_is_stored_and_replaced(store: &dyn Store) {
    let (request, first) = sent_with_link(store);
    assert_eq!((first.request_id, first.wrong_tries, first.used_at), (request, 0, None));
    assert_eq!(store.link(first.id).unwrap(), first);
    assert_eq!(store.link_by_token("t1").unwrap().as_ref(), Some(&first));
    assert_eq!(store.link_by_token("t2").unwrap(), None);
    let new = NewLink {
        id: LinkId::new_at(at(3)),
        request_id: request,
        token_hash: "t2".to_owned(),
        expires_at: at(200),
    };
    let second = store.put_link(&new, &By::console(), at(3)).unwrap();
    let links = store.links(request).unwrap();
    assert_eq!(links.iter().map(|link| link.id).collect::<Vec<_>>(), [first.id, second.id]);
    assert_eq!(links.iter().map(|link| link.revoked_at.is_some()).collect::<Vec<_>>(), [true, false]);
    let revoked = store.revoke_link(second.id, &By::console(), at(4)).unwrap();
    assert_eq!(revoked.revoked_at, Some(at(4)));
    assert_eq!(store.revoke_link(second.id, &By::console(), at(5)).unwrap(), revoked, "once is enough");
    assert_not_found(store.link(LinkId::new_at(at(0))));
    let told = events(store, request);
    let told: Vec<_> = told.iter().filter(|what| what.starts_with("link")).collect();
    assert_eq!(told, ["link_issued", "link_revoked", "link_issued", "link_revoked"]);
    let again = NewLink {
        id: LinkId::new_at(at(6)),
        request_id: request,
        token_hash: "t1".to_owned(),
        expires_at: at(9),
    };
    assert_conflict(store.put_link(&again, &By::console(), at(6)));
}

fn an_ended_request_gets_no_link(store: &dyn Store) {
    let world = World::new(store);
    let request = world.submit("0300000001").id;
    store.cancel(request, "", at(1)).unwrap();
    let new = NewLink {
        id: LinkId::new_at(at(2)),
        request_id: request,
        token_hash: "t1".to_owned(),
        expires_at: at(9),
    };
    assert_conflict(store.put_link(&new, &By::console(), at(2)));
    assert!(store.links(request).unwrap().is_empty());
}

fn wrong_digits_lock(store: &dyn Store) {
    let (request, link) = sent_with_link(store);
    let outcomes: Vec<LinkTry> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| store.try_link(link.id, false, &pass("wrong"), FROM, at(3)).unwrap()))
            .collect();
        tries.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let wrong = outcomes.iter().filter(|one| matches!(one, LinkTry::Wrong { .. })).count();
    let locked = outcomes.iter().filter(|one| **one == LinkTry::Closed(LinkClosed::Locked)).count();
    assert_eq!((wrong, locked), (4, 16));
    assert_eq!(store.link(link.id).unwrap().wrong_tries, 5);
    let right = store.try_link(link.id, true, &pass("p1"), FROM, at(4)).unwrap();
    assert_eq!(right, LinkTry::Closed(LinkClosed::Locked), "too late for the right ones");
    assert_eq!(store.link_pass("p1", at(4)).unwrap(), None);
    assert_eq!(store.link_pass("wrong", at(4)).unwrap(), None);
    assert_eq!(events(store, request).iter().filter(|what| *what == "link_locked").count(), 1);
    let record = Some(("link".to_owned(), link.id.to_string()));
    let noted = store.audit(&AuditFilter { record, who: None }, 100).unwrap();
    assert_eq!(noted.iter().filter(|entry| entry.detail == "wrong_digits").count(), 5);
}

fn right_digits_give_a_pass(store: &dyn Store) {
    let (_, link) = sent_with_link(store);
    assert_eq!(store.try_link(link.id, false, &pass("p0"), FROM, at(3)).unwrap(), LinkTry::Wrong { left: 4 });
    assert_eq!(store.try_link(link.id, true, &pass("p1"), FROM, at(3)).unwrap(), LinkTry::Opened);
    assert_eq!(store.try_link(link.id, false, &pass("p0"), FROM, at(3)).unwrap(), LinkTry::Wrong { left: 3 });
    let held = |minutes| store.link_pass("p1", at(minutes)).unwrap().map(|pass| pass.link_id);
    assert_eq!([held(3), held(19), held(20)], [Some(link.id), Some(link.id), None]);
    assert_eq!(store.link_pass("p2", at(3)).unwrap(), None);
    store.revoke_link(link.id, &By::console(), at(4)).unwrap();
    assert_eq!(held(4), None, "a link that is taken back takes its passes along");
}

fn answers_and_amendments_stay(store: &dyn Store) {
    let (request, link) = sent_with_link(store);
    let first = recorded(store.answer_by_link(&answer(&link, "visit", None), FROM, at(3)).unwrap());
    let source = ReplySource::Link { link_id: link.id, name: "見本 太郎".to_owned() };
    assert_eq!(
        (&first.source, &first.answers, first.recorded_at, &first.texts["comment"][..]),
        (&source, &says("visit"), at(3), "夕方に\nお電話ください")
    );
    assert_eq!(store.replies(request).unwrap(), std::slice::from_ref(&first));
    let answered = store.request(request).unwrap();
    assert_eq!((answered.state, answered.answered_at), (RequestState::Answered, Some(at(3))));
    assert_eq!(store.link(link.id).unwrap().used_at, Some(at(3)));

    // The same again is the same, whatever was seen.
    for seen in [None, Some(&first)] {
        let again = store.answer_by_link(&answer(&link, "visit", seen), FROM, at(4)).unwrap();
        assert_eq!(again, LinkAnswered::Repeated(first.clone()));
    }
    // The clock was set back: what was recorded last still comes last.
    let second = recorded(store.answer_by_link(&answer(&link, "phone", Some(&first)), FROM, at(-5)).unwrap());
    assert!(second.recorded_at > first.recorded_at);
    assert_eq!(store.replies(request).unwrap(), [first.clone(), second.clone()]);
    let back = recorded(store.answer_by_link(&answer(&link, "visit", Some(&second)), FROM, at(6)).unwrap());
    assert_eq!(store.replies(request).unwrap(), [first, second, back]);
    assert_eq!(store.link(link.id).unwrap().used_at, Some(at(3)));
    let told = events(store, request);
    assert_eq!(told[told.len() - 4..], ["answered", "link_answer", "reply_amended", "reply_amended"]);
    let record = Some(("request".to_owned(), request.to_string()));
    let noted = store.audit(&AuditFilter { record, who: None }, 10).unwrap();
    assert!(
        noted.len() == 3 && noted.iter().all(|entry| entry.detail.ends_with(&link.id.to_string())),
        "{noted:?}"
    );
}

fn nobody_replaces_what_was_not_seen(store: &dyn Store) {
    let (request, link) = sent_with_link(store);
    let heard = NewPhoneReply {
        id: ReplyId::new_at(at(3)),
        request_id: request,
        answers: says("phone"),
        texts: std::collections::BTreeMap::new(),
        said_by: "受付".to_owned(),
    };
    let heard = store.record_phone_reply(&heard, &By::console(), at(3)).unwrap();
    let unseen = store.answer_by_link(&answer(&link, "visit", None), FROM, at(4)).unwrap();
    assert_eq!(unseen, LinkAnswered::Overtaken(heard.clone()));
    let first = recorded(store.answer_by_link(&answer(&link, "visit", Some(&heard)), FROM, at(5)).unwrap());
    let older = store.answer_by_link(&answer(&link, "other", Some(&heard)), FROM, at(6)).unwrap();
    assert_eq!(older, LinkAnswered::Overtaken(first.clone()));
    assert_eq!(store.replies(request).unwrap(), [heard, first]);
}

fn one_of_many_is_recorded(store: &dyn Store) {
    let (request, link) = sent_with_link(store);
    let options = ["visit", "phone", "other", "none"];
    let answered: Vec<LinkAnswered> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..100)
            .map(|nth| {
                let new = answer(&link, options[nth % options.len()], None);
                scope.spawn(move || store.answer_by_link(&new, FROM, at(3)).unwrap())
            })
            .collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let count = |wanted: fn(&LinkAnswered) -> bool| answered.iter().filter(|one| wanted(one)).count();
    assert_eq!(count(|one| matches!(one, LinkAnswered::Recorded(_))), 1);
    assert_eq!(count(|one| matches!(one, LinkAnswered::Repeated(_))), 24);
    assert_eq!(count(|one| matches!(one, LinkAnswered::Overtaken(_))), 75);
    assert_eq!(store.replies(request).unwrap().len(), 1);
}

fn a_closed_link_records_nothing(store: &dyn Store) {
    let world = World::new(store);
    let (request, _) = world.sent("0300000001");
    let record =
        |link: &Link, minutes| store.answer_by_link(&answer(link, "visit", None), FROM, at(minutes)).unwrap();
    let expired = put(store, request.id, "t1", 10);
    assert_eq!(record(&expired, 10), LinkAnswered::Closed(LinkClosed::Expired));
    let revoked = expired;
    let locked = put(store, request.id, "t2", 100);
    assert_eq!(record(&revoked, 3), LinkAnswered::Closed(LinkClosed::Revoked));
    for _ in 0..5 {
        store.try_link(locked.id, false, &pass("p"), FROM, at(3)).unwrap();
    }
    assert_eq!(record(&locked, 3), LinkAnswered::Closed(LinkClosed::Locked));
    let cancelled = put(store, request.id, "t3", 100);
    store.cancel(request.id, "", at(4)).unwrap();
    assert_eq!(record(&cancelled, 5), LinkAnswered::Closed(LinkClosed::Cancelled));
    assert!(store.replies(request.id).unwrap().is_empty());
    assert_eq!(world.state(request.id), RequestState::Cancelled);
}

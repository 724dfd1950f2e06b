//! The faxed page beside the answer: for the office that asked, and for nobody else; looked at by the log.

use super::desks::{CALL, Desk};
use super::world::at;
use renraku::domain::audit::Act;
use renraku::domain::id::{ReplyId, ReviewId};
use renraku::domain::state::RequestState;
use renraku::store::AuditFilter;

#[test]
fn the_office_that_asked_sees_the_page_that_came() {
    let desk = Desk::new();
    assert!(desk.arrive(&desk.fax(CALL), 2).is_empty(), "it was read without a doubt");
    let store = desk.world.store.as_ref();
    let [own, foreign] = desk.world.requests;
    assert_eq!(desk.state(0), RequestState::Answered);
    let reply = store.replies(own).unwrap()[0].id;
    let place = format!("/requests/{own}/replies/{reply}/page");
    let mut manager = desk.world.signed_in("care_manager");
    let text = manager.get(&format!("/requests/{own}")).text().replace("&#x2f;", "/");
    assert!(text.contains("届いた用紙を見る") && text.contains(&format!("src=\"{place}\"")), "{text}");
    let first = manager.get(&place);
    assert_eq!((first.status, first.header("content-type")), (200, "image/png"));
    assert_eq!(first.header("cache-control"), "no-store");
    assert!(first.body.starts_with(b"\x89PNG") && first.body.len() > 5_000, "{} bytes", first.body.len());
    assert!(manager.get(&place).body == first.body);
    let seen = |entry: &&renraku::domain::audit::AuditEntry| {
        (entry.what, entry.record_id.as_str(), entry.detail.as_str())
            == (Act::View, &*own.to_string(), "/requests/{id}/replies/{reply}/page")
    };
    let entries = store.audit(&AuditFilter::default(), 100).unwrap();
    assert_eq!(entries.iter().filter(seen).count(), 2, "every look has its line, made anew or not");
    // Nobody else's, not under a request of one's own either.
    assert_eq!(desk.world.signed_in("other").get(&place).status, 404);
    let borrowed = format!("/requests/{foreign}/replies/{reply}/page");
    assert_eq!(desk.world.signed_in("other").get(&borrowed).status, 404);
    assert_eq!(manager.get(&borrowed).status, 404);
    let nothing = format!("/requests/{own}/replies/{}/page", ReplyId::new_at(at(0)));
    assert_eq!(manager.get(&nothing).status, 404);
    for login in ["clinic", "association", "reviewer", "administrator"] {
        assert_eq!(desk.world.signed_in(login).get(&place).status, 403, "{login}");
    }
    assert_eq!(desk.world.browser().get(&place).status, 303);
}

#[test]
fn an_answer_by_telephone_has_no_page_and_a_confirmed_one_has() {
    let desk = Desk::new();
    let item: ReviewId = desk.arrive(&desk.scribbled(CALL), 2)[0];
    let own = desk.world.requests[0];
    let mut manager = desk.world.signed_in("care_manager");
    let reply = manager.get(&format!("/requests/{own}")).field("reply");
    let answer = [("reply", reply), ("r.answer", "call".to_owned()), ("said_by", "見本 一郎".to_owned())];
    assert_eq!(manager.send(&format!("/requests/{own}/phone-answer"), &answer).status, 303);
    let phone = desk.world.store.replies(own).unwrap()[0].id;
    assert_eq!(manager.get(&format!("/requests/{own}/replies/{phone}/page")).status, 404);
    assert!(!manager.get(&format!("/requests/{own}")).text().contains("届いた用紙を見る"));
    let mut reviewer = desk.world.signed_in("reviewer");
    let confirmed = [("r.answer", "call".to_owned()), ("r.signature", "doctor".to_owned())];
    assert_eq!(reviewer.send(&format!("/review/{item}/confirm"), &confirmed).status, 303);
    let replies = desk.world.store.replies(own).unwrap();
    let paper = replies.iter().find(|reply| reply.id != phone).unwrap().id;
    let place = format!("/requests/{own}/replies/{paper}/page");
    let picture = manager.get(&place);
    assert_eq!(picture.status, 200);
    // What the reviewer looks at is the same picture.
    assert!(reviewer.get(&format!("/review/{item}/page/1")).body == picture.body);
    // An answer that was taken back shows its page no more.
    let decision = reviewer.get(&format!("/review/{item}")).field("decision");
    let undone = reviewer.send(&format!("/review/{item}/undo"), &[("decision", decision)]);
    assert_eq!(undone.status, 303);
    assert_eq!(manager.get(&place).status, 404);
}

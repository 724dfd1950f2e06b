//! Letters on a request's page: a link by mail, and what became of it and of a withdrawal.

use super::world::{World, at};
use renraku::domain::directory::{Route, RouteKind};
use renraku::domain::id::AttemptId;
use renraku::domain::state::AttemptEnd;
use renraku::flow::link::LinkRule;
use renraku::store::{AttemptOutcome, AuditFilter, Lease};
use renraku::web::WebSettings;

const MAIL: &str = "desk@clinic.example";

fn world() -> World {
    let links = LinkRule { public_url: Some("https://renraku.example".to_owned()), ..LinkRule::default() };
    World::with(WebSettings { sample: true, links, can_mail: true, ..WebSettings::default() })
}

/// Ends what is due of the first request, sheet or letter.
fn end(world: &World, end: AttemptEnd) {
    let lease = Lease { token: "sender".to_owned(), until: at(600) };
    let delivery = std::iter::from_fn(|| world.store.lease_delivery(&lease, at(1)).unwrap())
        .find(|delivery| delivery.request_id() == Some(world.requests[0]))
        .unwrap();
    let attempt = AttemptId::new_at(at(1));
    world.store.attempt_started(attempt, delivery.id, &lease, at(1)).unwrap();
    let outcome = AttemptOutcome {
        end,
        detail: String::new(),
        next_try_at: None,
        result_due_at: None,
        wrong_number: false,
    };
    world.store.attempt_ended(attempt, &outcome, &lease, at(1)).unwrap();
}

#[test]
fn a_link_is_mailed_to_a_mailbox_that_is_the_clinics() {
    let world = world();
    world.later(1);
    let mut browser = world.signed_in("care_manager");
    let page = format!("/requests/{}", world.requests[0]);
    let form = [("address", MAIL.to_owned())];
    assert!(!browser.get(&page).text().contains("link-mail"), "the clinic has no mailbox");
    assert_eq!(browser.send(&format!("{page}/link-mail"), &form).status, 409);
    let mut clinic = world.store.clinic(world.clinics[0]).unwrap();
    let kind = RouteKind::PlainMail;
    clinic.routes.push(Route { kind, address: MAIL.to_owned(), verified_at: None, verified_how: None });
    world.store.put_clinic(&clinic, at(0)).unwrap();
    assert!(!browser.get(&page).text().contains("link-mail"), "nobody has made sure of it");
    world.store.verify_route(clinic.id, kind, MAIL, "test", at(0)).unwrap();
    assert!(browser.get(&page).text().contains(MAIL));
    let other = [("address", "other@clinic.example".to_owned())];
    assert_eq!(browser.send(&format!("{page}/link-mail"), &other).status, 409, "not the one that was shown");
    for notice in ["?notice=link", ""] {
        let sent = browser.send(&format!("{page}/link-mail"), &form);
        assert_eq!(sent.header("location"), format!("{page}{notice}"), "a second click is the first");
    }
    let letters = world.store.letters(world.requests[0]).unwrap();
    assert_eq!(letters.iter().filter(|letter| letter.letter.as_str() == "link").count(), 1);
    assert!(browser.get(&page).text().contains("回答用リンクのメールをまもなく送ります"));
    let entries = world.store.audit(&AuditFilter::default(), 50).unwrap();
    assert!(entries.iter().any(|entry| entry.detail == "link_mail" && entry.who.is_some()));
}

#[test]
fn a_withdrawal_that_did_not_arrive_is_told() {
    let world = world();
    world.later(1);
    let mut browser = world.signed_in("care_manager");
    let page = format!("/requests/{}", world.requests[0]);
    end(&world, AttemptEnd::Submitted);
    assert_eq!(browser.send(&format!("{page}/cancel"), &[]).status, 303);
    assert!(browser.get(&page).text().contains("「取消のお知らせ」をまもなく送ります"));
    end(&world, AttemptEnd::Failed);
    let seen = browser.get(&page).text();
    assert!(seen.contains("「取消のお知らせ」が届きませんでした。医療機関へお電話ください。"), "{seen}");
    assert!(seen.contains("「取消のお知らせ」が届きませんでした</span>"), "in what happened: {seen}");
    let home = |browser: &mut super::world::Browser| browser.get("/").text();
    let seen = home(&mut browser);
    assert!(
        seen.contains("取消のお知らせが届いていないかもしれません")
            && seen.contains("/requests?show=cancelled")
    );
    let mut stranger = world.signed_in("other");
    assert!(!home(&mut stranger).contains("取消のお知らせが"), "another office's is not shown");
    world.later(8 * 24 * 60);
    let mut later = world.signed_in("care_manager");
    assert!(!home(&mut later).contains("取消のお知らせが"), "after a week it is history");
}

/// What did not arrive goes again on the way that the page shows, and nowhere else; or somebody carries it.
#[test]
fn what_did_not_arrive_is_sent_again_or_carried() {
    let world = world();
    world.later(1);
    let mut browser = world.signed_in("care_manager");
    let page = format!("/requests/{}", world.requests[0]);
    let again = format!("{page}/send-again");
    assert!(!browser.get(&page).text().contains(">もう一度送る<"), "it still waits for its first try");
    end(&world, AttemptEnd::Failed);
    let clinic = world.store.clinic(world.clinics[0]).unwrap();
    let fax = clinic.routes[0].address.clone();
    let seen = browser.get(&page).text();
    assert!(seen.contains(">もう一度送る<") && seen.contains(&format!("value=\"{fax}\"")), "{seen}");
    assert!(seen.contains("印刷して届ける"));
    let form = |route: &str, address: &str| [("route", route.to_owned()), ("address", address.to_owned())];
    assert_eq!(browser.send(&again, &form("fax_by_mail", "0300009999")).status, 409, "not what was shown");
    assert_eq!(browser.send(&again, &form("pigeon", &fax)).status, 404);
    for notice in ["?notice=again", ""] {
        let sent = browser.send(&again, &form("fax_by_mail", &fax));
        assert_eq!(sent.header("location"), format!("{page}{notice}"), "a second click is the first");
    }
    assert_eq!(world.store.deliveries(world.requests[0]).unwrap().len(), 2);
    // It does not arrive again, and somebody carries it.
    world.later(1);
    end(&world, AttemptEnd::Failed);
    assert_eq!(browser.send(&again, &form("hand", "")).header("location"), format!("{page}?notice=again"));
    let deliveries = world.store.deliveries(world.requests[0]).unwrap();
    assert!(deliveries.iter().any(|delivery| delivery.route == RouteKind::Hand));
    let entries = world.store.audit(&AuditFilter::default(), 50).unwrap();
    assert!(entries.iter().any(|entry| entry.detail == "send_again" && entry.who.is_some()));
}

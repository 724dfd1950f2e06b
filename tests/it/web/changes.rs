//! What is stored can be corrected: a client by the own office, a user by the administrator.

use super::world::{PASSWORD, World};
use renraku::domain::account::Role;
use renraku::store::AuditFilter;

#[test]
fn a_client_is_corrected_by_the_own_office_and_old_requests_stay() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let place = format!("/clients/{}", world.clients[0]);
    let shown = browser.get(&place);
    assert_eq!(
        (shown.field("name"), shown.field("kana")),
        ("見本 花子".to_owned(), "ミホン ハナコ".to_owned())
    );
    let form = |name: &str, born: &str| {
        [("name", name), ("birth_date", born)].map(|(field, value)| (field, value.to_owned()))
    };
    let wrong = browser.send(&place, &form("", "昭和99年"));
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.field("birth_date"), "昭和99年", "what was typed stays");
    let saved = browser.send(&place, &form("見本 華子", "昭和15年2月11日"));
    assert_eq!(saved.header("location"), "/clients?notice=saved");
    let stored = world.store.client(world.clients[0]).unwrap().client;
    assert_eq!((stored.name.as_str(), stored.kana), ("見本 華子", None));
    let request = world.store.request(world.requests[0]).unwrap();
    assert!(request.answers.to_string().contains("見本 花子"), "what was sent keeps what it said");
    // A stranger's client is not there.
    let foreign = format!("/clients/{}", world.clients[1]);
    assert_eq!(browser.get(&foreign).status, 404);
    assert_eq!(browser.send(&foreign, &form("盗み見", "")).status, 404);
    assert_eq!(world.store.client(world.clients[1]).unwrap().client.name, "秘密 次郎");
    let audit = world.store.audit(&AuditFilter::default(), 50).unwrap();
    assert!(audit.iter().any(|entry| entry.record_kind == "client" && entry.detail == "change"));
    assert!(audit.iter().any(|entry| entry.record_kind == "client" && entry.detail == "foreign"));
}

#[test]
fn a_user_is_changed_and_a_lost_password_replaced() {
    let world = World::new();
    let mut admin = world.signed_in("administrator");
    let mut old = world.signed_in("care_manager");
    let users = world.store.users(100).unwrap();
    let user = users.iter().find(|user| user.login.as_str() == "care_manager").unwrap();
    let own = users.iter().find(|user| user.login.as_str() == "administrator").unwrap();
    let place = format!("/admin/users/{}", user.id);
    let form = |mail: &str, role: &str, password: &str| {
        [("name", "見本 春子"), ("mail", mail), ("role", role), ("new_password", password)]
            .map(|(field, value)| (field, value.to_owned()))
    };
    let shown = admin.get(&place);
    assert_eq!(shown.field("name"), user.name);
    assert!(
        shown.text().contains("見本 太郎 さん") && shown.text().contains("/admin/outbox"),
        "the frame is whole"
    );
    assert!(admin.get("/admin/users/new").text().contains("見本 太郎 さん"));
    for (mail, role, password, status) in [
        ("a@b@c", "care_manager", "", 422),
        ("a@office.example", "administrator", "", 422),
        ("a@office.example", "", "", 422),
        ("a@office.example", "care_manager", "short", 422),
        ("a@office.example", "office_manager", "", 303),
    ] {
        assert_eq!(
            admin.send(&place, &form(mail, role, password)).status,
            status,
            "{mail} {role} {password}"
        );
    }
    let stored = world.store.user(user.id).unwrap();
    assert_eq!((stored.name.as_str(), stored.mail.as_deref()), ("見本 春子", Some("a@office.example")));
    assert!(stored.is(Role::OfficeManager) && !stored.is(Role::CareManager));
    assert_eq!(old.get("/").status, 303, "another role: the session is closed");
    let mut old = world.signed_in("care_manager");
    let new = "忘れないための長い文です";
    let form = form("", "care_manager", &format!("{new} "));
    assert_eq!(admin.send(&place, &form).status, 303);
    assert_eq!(old.get("/").status, 303, "every session is closed");
    let mut again = world.browser();
    let csrf = again.get("/sign-in").field("csrf");
    let enter = |password: &str| {
        vec![("csrf", csrf.clone()), ("login", "care_manager".to_owned()), ("password", password.to_owned())]
    };
    let post = |browser: &mut super::world::Browser, password: &str| {
        let form = enter(password);
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post("/sign-in", &pairs).status
    };
    assert_ne!(post(&mut again, PASSWORD), 303, "the old one opens nothing");
    assert_eq!(post(&mut again, &format!("{new} ")), 303, "the blank at its end is part of it");
    // The last administrator would lock everybody out.
    let form = [("name", "見本"), ("role", "association")].map(|(field, value)| (field, value.to_owned()));
    assert_eq!(admin.send(&format!("/admin/users/{}", own.id), &form).status, 422);
    assert!(world.store.user(own.id).unwrap().is(Role::Administrator));
}

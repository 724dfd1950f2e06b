//! What people and machines do to forms: a session that ends, two tabs, ten megabytes, names that break out of
//! their place or that no font has. Nothing is lost, nothing is doubled, and one sentence says what to do.

use super::world::{Browser, PASSWORD, Seen, World, at};
use renraku::domain::directory::{ClientRecord, Clinic};
use renraku::domain::id::{ClientId, RequestId};
use renraku::store::RequestFilter;

/// Posts when the session has ended, and signs in again on the page that comes.
fn post_late(world: &World, browser: &mut Browser, path: &str, filled: &[(&'static str, String)]) -> Seen {
    let csrf = browser.csrf();
    world.later(60);
    let mut pairs: Vec<(&str, &str)> = vec![("csrf", &csrf)];
    pairs.extend(filled.iter().map(|(name, value)| (*name, value.as_str())));
    let asked = browser.post(path, &pairs);
    assert_eq!(asked.status, 403);
    assert!(asked.text().contains("入力した内容は残っています"), "{path}");
    let [csrf, next, kept] = ["csrf", "next", "kept"].map(|name| asked.field(name));
    let signs_in = [("csrf", csrf), ("next", next), ("kept", kept), ("login", "care_manager".to_owned())];
    let mut pairs: Vec<_> = signs_in.iter().map(|(name, value)| (*name, value.as_str())).collect();
    pairs.push(("password", PASSWORD));
    let resumed = browser.post("/sign-in", &pairs);
    assert_eq!(resumed.status, 200, "{path}: {}", resumed.text());
    resumed
}

/// Presses the one button of the page, as it stands.
fn go_on(browser: &mut Browser, page: &Seen, names: &[&'static str]) -> Seen {
    let text = page.text();
    let action = text.rsplit("<form method=\"post\" action=\"").next().unwrap();
    let action = action.split('"').next().unwrap().replace("&#x2f;", "/");
    let mut pairs: Vec<(&str, String)> = vec![("csrf", page.field("csrf"))];
    pairs.extend(names.iter().map(|name| (*name, page.field(name))));
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(&action, &pairs)
}

#[test]
fn a_session_that_ends_before_the_last_button_sends_nothing_and_keeps_everything() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let id = RequestId::new_at(at(0)).to_string();
    let mut filled = world.filled(&id);
    filled.push(("address", "0300001002".to_owned()));
    let resumed = post_late(&world, &mut browser, "/requests", &filled);
    let names: Vec<_> = filled.iter().map(|(name, _)| *name).collect();
    let seen = go_on(&mut browser, &resumed, &names);
    assert_eq!((seen.status, seen.header("location")), (303, format!("/requests/check/{id}").as_str()));
    assert!(world.store.request(id.parse().unwrap()).is_err(), "the sheet is looked at once more first");
    let check = browser.get(seen.header("location"));
    assert_eq!(check.field("f.subject"), "件名 \"><script>");
}

#[test]
fn what_was_heard_on_the_telephone_outlives_the_session() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let place = format!("/requests/{}", world.requests[0]);
    let reply = browser.get(&place).field("reply");
    let heard = vec![
        ("reply", reply.clone()),
        ("r.answer", "opinion".to_owned()),
        ("t.comment", "朝の薬は \"><script> 減らす".to_owned()),
        ("said_by", "見本 一郎".to_owned()),
    ];
    let resumed = post_late(&world, &mut browser, &format!("{place}/phone-answer"), &heard);
    let names = ["reply", "r.answer", "t.comment", "said_by", "edit"];
    let shown = go_on(&mut browser, &resumed, &names);
    assert_eq!(shown.status, 200);
    let text = shown.text();
    assert!(
        text.contains("朝の薬は &quot;&gt;&lt;script&gt; 減らす") && text.contains("id=\"phone\" open"),
        "{text}"
    );
    assert!(text.contains("value=\"opinion\" checked") && shown.field("said_by") == "見本 一郎");
    assert_eq!(shown.field("reply"), reply, "recorded once, however often it is posted");
    assert!(world.store.replies(world.requests[0]).unwrap().is_empty(), "nothing before the button");
    for _ in 0..2 {
        assert_eq!(browser.send(&format!("{place}/phone-answer"), &heard).status, 303);
    }
    assert_eq!(world.store.replies(world.requests[0]).unwrap().len(), 1);
}

#[test]
fn a_form_that_another_person_resumes_is_not_theirs() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let csrf = browser.csrf();
    world.later(60);
    let filled = world.filled(&RequestId::new_at(at(0)).to_string());
    let mut pairs: Vec<(&str, &str)> = vec![("csrf", &csrf)];
    pairs.extend(filled.iter().map(|(name, value)| (*name, value.as_str())));
    let asked = browser.post("/requests/check", &pairs);
    let [csrf, next, kept] = ["csrf", "next", "kept"].map(|name| asked.field(name));
    let pairs =
        [("csrf", &*csrf), ("next", &next), ("kept", &kept), ("login", "other"), ("password", PASSWORD)];
    let resumed = browser.post("/sign-in", &pairs);
    let names: Vec<_> = filled.iter().map(|(name, _)| *name).collect();
    assert_eq!(go_on(&mut browser, &resumed, &names).status, 404, "the client is another office's");
}

#[test]
fn two_tabs_are_two_requests_and_one_form_in_two_tabs_is_one() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let blank = format!("/requests/new?client={}", world.clients[0]);
    let [first, second] = [0, 1].map(|_| browser.get(&blank).field("id"));
    assert_ne!(first, second);
    let with_subject = |id: &str, subject: &str| {
        let mut filled = world.filled(id);
        filled.iter_mut().find(|(name, _)| *name == "f.subject").unwrap().1 = subject.to_owned();
        filled.push(("address", "0300001002".to_owned()));
        filled
    };
    // Both are looked at before either is sent; each tab sends what it shows.
    for (id, subject) in [(&first, "一枚目"), (&second, "二枚目")] {
        assert_eq!(browser.send("/requests/check", &with_subject(id, subject)).status, 303);
    }
    for (id, subject) in [(&second, "二枚目"), (&first, "一枚目")] {
        let sent = browser.send("/requests", &with_subject(id, subject));
        assert_eq!(sent.header("location"), format!("/requests/{id}?notice=sent"));
        assert_eq!(world.store.request(id.parse().unwrap()).unwrap().answers["subject"], subject);
    }
    // The same form in two tabs, changed in the second: the first that is sent stands, the other is told.
    let both = browser.get(&blank).field("id");
    for subject in ["左の内容", "右の内容"] {
        browser.send("/requests/check", &with_subject(&both, subject));
    }
    let left = browser.send("/requests", &with_subject(&both, "左の内容"));
    let right = browser.send("/requests", &with_subject(&both, "右の内容"));
    assert_eq!(left.header("location"), format!("/requests/{both}?notice=sent"));
    assert_eq!(right.header("location"), format!("/requests/{both}?notice=sent-before"));
    assert_eq!(world.store.request(both.parse().unwrap()).unwrap().answers["subject"], "左の内容");
    assert_eq!(world.store.requests(&RequestFilter::default(), 10).unwrap().len(), 5);
}

#[test]
fn ten_megabytes_in_a_field_are_one_clear_sentence_on_every_form() {
    let world = World::new();
    let much = "あ".repeat(10_000_000 / 9);
    let request = format!("/requests/{}", world.requests[0]);
    let phone = format!("{request}/phone-answer");
    for (login, path, field) in [
        ("care_manager", "/requests/check", "f.content"),
        ("care_manager", "/requests", "f.content"),
        ("care_manager", "/clients", "name"),
        ("care_manager", phone.as_str(), "said_by"),
        ("administrator", "/admin/clinics", "name"),
        ("administrator", "/admin/outbox/hold", "why"),
    ] {
        let mut browser = world.signed_in(login);
        let mut filled = world.filled(&RequestId::new_at(at(0)).to_string());
        filled.push((field, much.clone()));
        let seen = browser.send(path, &filled);
        assert_eq!(seen.status, 413, "{path}");
        let text = seen.text();
        assert!(text.contains("内容が大きすぎます。前の画面に戻り"), "{path}: {text}");
        assert!(text.len() < 20_000, "{path}: it is not sent back");
        assert_eq!(browser.get("/").status, 200, "{path}: the session goes on");
    }
    assert_eq!(world.browser().get("/sign-in").status, 200);
    assert_eq!(world.store.requests(&RequestFilter::default(), 10).unwrap().len(), 2);
    assert!(world.store.hold().unwrap().is_none());
}

#[test]
fn a_strange_name_is_shown_as_it_is_and_what_cannot_be_printed_is_said_before_sending() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    for (name, shown, prints) in [
        ("\"><script>alert(1)</script>", "&quot;&gt;&lt;script&gt;alert(1)&lt;&#x2f;script&gt;", true),
        ("髙橋 﨑子", "髙橋 﨑子", true),
        ("𠮷田 花子", "𠮷田 花子", true),
        ("☑ 花子", "☑ 花子", false),
        ("{{ csrf }} {% include \"base.html\" %}", "{{ csrf }} {% include &quot;base.html&quot; %}", true),
    ] {
        let id = ClientId::new_at(at(0)).to_string();
        let client = [("id", id.clone()), ("name", name.to_owned())];
        assert_eq!(browser.send("/clients", &client).status, 303, "{name}");
        for path in ["/", "/clients", "/requests/new", &format!("/requests/new?client={id}")] {
            let text = browser.get(path).text();
            assert!(text.contains(shown) && !text.contains("<script>alert"), "{name} {path}: {text}");
        }
        let mut filled = world.filled(&RequestId::new_at(at(0)).to_string());
        filled.iter_mut().find(|(field, _)| *field == "client").unwrap().1 = id;
        let checked = browser.send("/requests/check", &filled);
        if prints {
            assert_eq!(checked.status, 303, "{name}: {}", checked.text());
            let check = browser.get(checked.header("location")).text();
            assert!(check.contains(shown) && !check.contains("<script>alert"), "{name}: {check}");
        } else {
            assert_eq!(checked.status, 422, "{name}");
            assert!(checked.text().contains("印刷できない文字"), "{name}: {}", checked.text());
            assert_eq!(checked.field("f.subject"), "件名 \"><script>", "nothing that was typed is lost");
        }
    }
}

#[test]
fn a_form_begins_with_what_is_known_and_with_no_guess() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let blank =
        |browser: &mut Browser, client: ClientId| browser.get(&format!("/requests/new?client={client}"));
    let selected = |seen: &Seen| seen.text().matches("\" selected").count();
    let own = blank(&mut browser, world.clients[0]);
    assert_eq!(own.field("f.sender.person"), "見本 太郎");
    let text = own.text();
    assert!(text.contains("name=\"f.urgency\" value=\"normal\" checked"), "{text}");
    assert_eq!(text.matches(" checked").count(), 1, "no purpose and no consent is chosen for anybody");
    assert_eq!(own.field("consent.date"), "");
    assert_eq!(selected(&own), 1, "where this client's last request went");
    // Another person of the same name was never written about.
    let record = world.store.client(world.clients[0]).unwrap();
    let mut client = record.client.clone();
    client.birth_date = Some("1931-02-03".parse().unwrap());
    let namesake = ClientRecord { id: ClientId::new_at(at(0)), client, ..record };
    world.store.put_client(&namesake).unwrap();
    assert_eq!(selected(&blank(&mut browser, namesake.id)), 0);
    // The first page leads to the form in one step, those who were written about first.
    let home = browser.get("/").text();
    let place = |id: ClientId| home.find(&format!("?client={id}")).unwrap();
    assert!(place(world.clients[0]) < place(namesake.id));
    assert!(!home.contains(&world.clients[1].to_string()), "the other office's are not there");
    // A clinic whose number is verified no more is not proposed.
    let clinic = world.store.clinic(world.clinics[0]).unwrap();
    let mut routes = clinic.routes.clone();
    routes[0].address = "0300001009".to_owned();
    world.store.put_clinic(&Clinic { routes, ..clinic }, at(1)).unwrap();
    assert_eq!(selected(&blank(&mut browser, world.clients[0])), 0);
}

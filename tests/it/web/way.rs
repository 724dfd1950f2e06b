//! The care manager's way over real bytes, with what can go wrong on it: two clicks, a lost session, a changed
//! number, wrong and hostile input. Nothing is lost and nothing is doubled.

use super::world::{self, World, at};
use renraku::domain::directory::RouteKind;
use renraku::domain::id::RequestId;
use renraku::domain::state::RequestState;
use renraku::store::RequestFilter;

#[test]
fn from_the_empty_form_to_one_request() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let blank = browser.get(&format!("/requests/new?client={}", world.clients[0]));
    assert_eq!(blank.status, 200);
    let id = blank.field("id");
    assert!(
        blank.text().contains(&format!("value=\"{}&#x2f;見本 一郎\" selected", world.clinics[0])),
        "as last time"
    );
    let mut filled = world.filled(&id);
    let seen = browser.send("/requests/check", &filled);
    assert_eq!(
        (seen.status, seen.header("location")),
        (303, format!("/requests/check/{id}").as_str()),
        "{}",
        seen.text()
    );
    let check = browser.get(seen.header("location"));
    assert!(check.text().contains("03-0000-1002") && check.text().contains("見本クリニック0"));
    assert_eq!(check.field("f.subject"), "件名 \"><script>");
    assert!(!check.text().contains("<script>"));
    let picture = browser.get(&format!("/requests/check/{id}/page/1"));
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
    assert!(picture.body.starts_with(b"\x89PNG"));
    let pdf = browser.get(&format!("/requests/check/{id}/sheet.pdf"));
    assert!(pdf.body.starts_with(b"%PDF-"));
    assert_eq!(browser.get(&format!("/requests/check/{id}/page/2")).status, 404);
    filled.push(("address", check.field("address")));
    // A double click, and two more.
    let mut clicks = Vec::new();
    let csrf = browser.csrf();
    for _ in 0..4 {
        let (mut browser, filled, csrf) = (browser.clone(), filled.clone(), csrf.clone());
        clicks.push(std::thread::spawn(move || {
            let mut pairs: Vec<(&str, &str)> = vec![("csrf", &csrf)];
            pairs.extend(filled.iter().map(|(name, value)| (*name, value.as_str())));
            let seen = browser.post("/requests", &pairs);
            (seen.status, seen.header("location").to_owned())
        }));
    }
    for click in clicks {
        assert_eq!(click.join().unwrap(), (303, format!("/requests/{id}?notice=sent")));
    }
    assert_eq!(world.store.requests(&RequestFilter::default(), 10).unwrap().len(), 3);
    let request = world.store.request(id.parse().unwrap()).unwrap();
    assert_eq!(request.office_id, world.offices[0]);
    assert_eq!(request.answers["content"], "一行目\n二行目");
    assert_eq!(world.store.deliveries(request.id).unwrap().len(), 1);
    // Back to the check page leads on; a changed form is not sent and says so.
    let check = format!("/requests/check/{id}");
    assert_eq!(browser.get(&check).header("location"), format!("/requests/{id}?notice=sent"));
    for (name, value) in [
        ("f.subject", "別の件名".to_owned()),
        ("f.urgency", "urgent".to_owned()),
        ("f.purposes", "other".to_owned()),
        ("f.sender.person", "見本 次郎".to_owned()),
        ("to", format!("{}/見本 一郎", world.clinics[1])),
        ("consent.date", "2026-11-19".to_owned()),
        ("consent.method", "oral".to_owned()),
    ] {
        let mut other = filled.clone();
        other.iter_mut().find(|(field, _)| *field == name).unwrap().1 = value;
        let again = browser.send("/requests", &other);
        assert_eq!(again.header("location"), format!("/requests/{id}?notice=sent-before"), "{name}");
    }
    let again = browser.send("/requests", &filled);
    assert_eq!(again.header("location"), format!("/requests/{id}?notice=sent"), "the very same");
    filled.push(("f.purposes", "other".to_owned()));
    assert_eq!(browser.send("/requests/check", &filled).header("location"), check);
    assert_eq!(browser.get(&check).header("location"), format!("/requests/{id}?notice=sent-before"));
    let again = browser.send("/requests", &filled);
    assert_eq!(again.header("location"), format!("/requests/{id}?notice=sent-before"));
    assert!(browser.get(again.header("location")).text().contains("あとから変えた内容は送信されていません"));
}

#[test]
fn what_was_typed_comes_back_at_its_field_with_what_is_wrong() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let id = RequestId::new_at(at(0)).to_string();
    for (name, value, sentence) in [
        ("f.subject", "", "「件名」を記入してください"),
        (
            "f.subject",
            "長い件名が四十字をこえるとどうなるかを調べるために書いた、たいへん長い件名のれいである",
            "40字まで",
        ),
        ("f.content", "☑の件", "印刷できない文字"),
        ("f.urgency", "whenever", "「緊急度」は"),
        ("f.purposes", "nothing", "「連絡の目的」は"),
        ("f.conference_date", "2026-02-30", "実在する日"),
        ("to", "", "宛先の医療機関を選んでください"),
        ("to", "00000000-0000-7000-8000-000000000000/x", "宛先の医療機関を選んでください"),
        ("consent.method", "", "「同意の方法」を記入してください"),
    ] {
        let mut filled = world.filled(&id);
        filled.retain(|(field, _)| *field != name);
        filled.push((name, value.to_owned()));
        let seen = browser.send("/requests/check", &filled);
        assert_eq!(seen.status, 422, "{name}={value}");
        let text = seen.text();
        assert!(text.contains(sentence), "{name}={value}: {text}");
        for (field, kept) in [
            ("f.sender.person", "見本 太郎"),
            ("f.subject", "件名 &quot;&gt;&lt;script&gt;"),
            ("f.content", "一行目\r\n二行目"),
            ("consent.date", "2026-11-18"),
        ] {
            // What was typed wrongly is there to be mended.
            let kept = if field == name { value } else { kept };
            assert!(text.contains(kept), "{name}={value}: {kept} is lost");
        }
        assert_eq!(seen.field("id"), id);
    }
    assert_eq!(world.store.requests(&RequestFilter::default(), 10).unwrap().len(), 2);
}

#[test]
fn a_number_that_changed_is_shown_before_anything_is_sent() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let id = RequestId::new_at(at(0)).to_string();
    let mut filled = world.filled(&id);
    filled.push(("address", "0300009999".to_owned()));
    let seen = browser.send("/requests", &filled);
    assert_eq!(
        (seen.status, seen.header("location")),
        (303, format!("/requests/check/{id}?changed=1").as_str())
    );
    assert!(browser.get(seen.header("location")).text().contains("送付先の番号が変わりました"));
    assert!(world.store.request(id.parse().unwrap()).is_err());
}

/// Nobody has to wait for a number: the sheet is printed and carried, and nothing leaves by any line.
#[test]
fn a_clinic_without_a_verified_number_gets_its_sheet_by_hand() {
    let world = World::new();
    let store = world.store.as_ref();
    let mut clinic = store.clinic(world.clinics[0]).unwrap();
    clinic.routes[0].verified_at = None;
    store.put_clinic(&clinic, at(0)).unwrap();
    let mut browser = world.signed_in("care_manager");
    let form = browser.get(&format!("/requests/new?client={}", world.clients[0]));
    assert!(form.text().contains("番号の確認待ち:印刷して届けます"), "{}", form.text());
    let id = form.field("id");
    let mut filled = world.filled(&id);
    let place = browser.send("/requests/check", &filled);
    let check = browser.get(place.header("location"));
    for expected in ["印刷して届ける", "FAXやメールでは送られません", "印刷用の用紙を作る", "見本クリニック0"]
    {
        assert!(check.text().contains(expected), "{expected}: {}", check.text());
    }
    assert!(!check.text().contains("この番号へ送信する") && !check.text().contains("03-0000-1002"));
    filled.push(("address", check.field("address")));
    // Verified in the meantime: it would leave by fax after all, and that is shown first.
    let verify = || store.verify_route(clinic.id, RouteKind::FaxByMail, "0300001002", "見本", at(1)).unwrap();
    verify();
    let seen = browser.send("/requests", &filled);
    assert_eq!(seen.header("location"), format!("/requests/check/{id}?changed=1"));
    assert!(browser.get(seen.header("location")).text().contains("03-0000-1002"));
    store.put_clinic(&clinic, at(2)).unwrap();
    assert_eq!(browser.send("/requests", &filled).header("location"), format!("/requests/{id}?notice=sent"));
    let sheets = store.deliveries(id.parse().unwrap()).unwrap();
    assert_eq!((sheets.len(), sheets[0].route), (1, RouteKind::Hand));
}

#[test]
fn a_session_that_ends_in_mid_form_loses_nothing() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let id = RequestId::new_at(at(0)).to_string();
    let filled = world.filled(&id);
    let csrf = browser.csrf();
    world.later(60);
    let mut pairs: Vec<(&str, &str)> = vec![("csrf", &csrf)];
    pairs.extend(filled.iter().map(|(name, value)| (*name, value.as_str())));
    let asked = browser.post("/requests/check", &pairs);
    assert_eq!(asked.status, 403);
    assert!(asked.text().contains("入力した内容は残っています"));
    let (csrf, next, kept) = (asked.field("csrf"), asked.field("next"), asked.field("kept"));
    let resumed = browser.post(
        "/sign-in",
        &[
            ("csrf", &csrf),
            ("next", &next),
            ("kept", &kept),
            ("login", "care_manager"),
            ("password", world::PASSWORD),
        ],
    );
    assert_eq!(resumed.status, 200, "{}", resumed.text());
    assert_eq!(resumed.field("f.subject"), "件名 \"><script>");
    let fields: Vec<(&str, String)> = filled.iter().map(|(name, _)| (*name, resumed.field(name))).collect();
    let csrf = resumed.field("csrf");
    let mut pairs: Vec<(&str, &str)> = vec![("csrf", &csrf)];
    pairs.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
    let seen = browser.post("/requests/check", &pairs);
    assert_eq!((seen.status, seen.header("location")), (303, format!("/requests/check/{id}").as_str()));
}

#[test]
fn clients_are_added_once_and_only_to_the_own_office() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let id = browser.get("/clients/new").field("id");
    let client = |name: &str, birth: &str| {
        vec![
            ("id", id.clone()),
            ("name", name.to_owned()),
            ("birth_date", birth.to_owned()),
            ("care_level", "22".to_owned()),
        ]
    };
    let wrong = browser.send("/clients", &client("山田 \"><script>", "昭和15年2月31日"));
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.field("name"), "山田 \"><script>");
    assert!(wrong.text().contains("実在する日"));
    for _ in 0..2 {
        assert_eq!(browser.send("/clients", &client("山田 \"><script>", "S15.2.11")).status, 303);
    }
    let clients = world.store.clients(world.offices[0]).unwrap();
    assert_eq!(clients.iter().filter(|record| record.client.name.starts_with("山田")).count(), 1);
    assert!(browser.get("/clients").text().contains("昭和15年2月11日"));
    // The id of another office's client is not taken over.
    let mut foreign = client("山田", "");
    foreign[0].1 = world.clients[1].to_string();
    assert_eq!(browser.send("/clients", &foreign).status, 404);
    assert_eq!(world.store.client(world.clients[1]).unwrap().client.name, "秘密 次郎");
    // Nor is a request written about one.
    assert_eq!(browser.get(&format!("/requests/new?client={}", world.clients[1])).status, 404);
    let mut filled = world.filled(&RequestId::new_at(at(0)).to_string());
    filled[2].1 = world.clients[1].to_string();
    assert_eq!(browser.send("/requests/check", &filled).status, 404);
    assert_eq!(browser.send("/requests", &filled).status, 404);
}

#[test]
fn an_answer_by_telephone_and_a_withdrawal() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let place = format!("/requests/{}", world.requests[0]);
    let reply = browser.get(&place).field("reply");
    let answer = |option: &str, said_by: &str| {
        vec![("reply", reply.clone()), ("r.answer", option.to_owned()), ("said_by", said_by.to_owned())]
    };
    for (option, said_by, sentence) in [
        ("", "見本 一郎", "を選んでください"),
        ("no_problem", "", "どなたの返事か"),
        ("perhaps", "x", "選択肢"),
    ] {
        let mut pairs = answer(option, said_by);
        pairs.retain(|(_, value)| !value.is_empty());
        let seen = browser.send(&format!("{place}/phone-answer"), &pairs);
        assert_eq!(seen.status, 422, "{option} {said_by}");
        assert!(seen.text().contains(sentence), "{option} {said_by}: {}", seen.text());
    }
    for _ in 0..2 {
        let seen = browser.send(&format!("{place}/phone-answer"), &answer("no_problem", "見本 一郎"));
        assert_eq!(seen.status, 303);
    }
    assert_eq!(world.store.replies(world.requests[0]).unwrap().len(), 1);
    let page = browser.get(&place).text();
    assert!(page.contains("特に問題なし") && page.contains("電話での回答(見本 一郎 様)"), "{page}");
    let mut other = world.signed_in("other");
    let place = format!("/requests/{}", world.requests[1]);
    for _ in 0..2 {
        assert_eq!(other.send(&format!("{place}/cancel"), &[]).status, 303);
    }
    assert_eq!(world.store.request(world.requests[1]).unwrap().state, RequestState::Cancelled);
}

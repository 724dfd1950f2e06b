//! The pages over real bytes: every route of the table with its headers, its token and every role; and the
//! care manager's way with everything that can go wrong on it.

#[path = "web/world.rs"]
mod world;

use renraku::domain::audit::Act;
use renraku::domain::id::RequestId;
use renraku::domain::state::RequestState;
use renraku::store::{AuditFilter, RequestFilter};
use renraku::web::WebSettings;
use renraku::web::access::Rule;
use renraku::web::routes::{Cache, Csrf, Method, ROUTES, Route};
use world::{Browser, Seen, World, at};

/// The route's path about one of the two requests.
fn path(world: &World, route: &Route, nth: usize) -> String {
    route
        .path
        .replace("{id}", &world.requests[nth].to_string())
        .replace("{page}", "1")
        .replace("{reply}", &world.requests[nth].to_string())
        .replace("{field}", "comment")
        .replace("{name}", "style.css")
}

/// Visits the route; a stream is not read to its end.
fn visit(browser: &mut Browser, route: &Route, path: &str) -> Seen {
    match route.method {
        Method::Get => browser.get(path),
        Method::Post => browser.send(path, &[]),
    }
}

/// Everything but what never ends.
fn finite() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| !route.path.ends_with("/live"))
}

#[test]
fn every_route_has_the_headers_for_everybody() {
    let world = World::new();
    for login in [None, Some("care_manager")] {
        let mut browser = login.map_or_else(|| world.browser(), |login| world.signed_in(login));
        for route in finite().filter(|route| route.path != "/sign-out") {
            let seen = visit(&mut browser, route, &path(&world, route, 0));
            let name = format!("{} {} {login:?}", route.method.as_str(), route.path);
            let policy = seen.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{name}");
            assert!(policy.contains("frame-ancestors 'none'; base-uri 'none'"), "{name}");
            assert!(!policy.contains("unsafe"), "{name}");
            assert_eq!(seen.header("x-content-type-options"), "nosniff", "{name}");
            assert_eq!(seen.header("referrer-policy"), "no-referrer", "{name}");
            assert_eq!(seen.header("cache-control"), "no-store", "{name}");
            for (_, line) in seen.headers.iter().filter(|(name, _)| name == "set-cookie") {
                assert!(line.contains("HttpOnly; SameSite=Strict"), "{name}: {line}");
            }
        }
    }
    let mut browser = world.browser();
    let page = browser.get("/sign-in").text();
    let style = page.split("href=\"").find(|piece| piece.contains("style-")).unwrap();
    let style = style.split('"').next().unwrap().replace("&#x2f;", "/");
    let seen = browser.get(&style);
    assert_eq!((seen.status, seen.header("cache-control")), (200, "public, max-age=31536000, immutable"));
    let immutable: Vec<_> =
        ROUTES.iter().filter(|route| route.cache == Cache::Immutable).map(|route| route.path).collect();
    assert_eq!(immutable, ["/assets/{name}"]);
}

/// What a route answers to whoever may use it, about the own request and about a stranger's.
fn expected(route: &Route) -> [u16; 2] {
    match (route.method, route.path) {
        (Method::Get, "/assets/{name}") => [404, 404],
        (Method::Post, "/sign-in") => [403, 403],
        (Method::Post, "/language" | "/sign-out") => [303, 303],
        // Without a client the form says nothing about anybody.
        (Method::Post, "/requests/check" | "/requests") => [404, 404],
        (Method::Post, "/clients") => [404, 404],
        // The request is there already: the check page leads to it. A stranger's is not there.
        (Method::Get, "/requests/check/{id}") => [303, 404],
        // No draft of that name.
        (Method::Get, path) if path.starts_with("/requests/check/") => [409, 409],
        // Not rendered yet, no reply yet.
        (Method::Get, path) if path.ends_with("sheet.pdf") || path.contains("handwriting") => [404, 404],
        // No id of a reply was posted.
        (Method::Post, path) if path.ends_with("phone-answer") => [404, 404],
        (Method::Post, path) if path.ends_with("cancel") => [303, 404],
        (Method::Get, "/requests/{id}") => [200, 404],
        _ => [200, 200],
    }
}

#[test]
fn every_route_for_every_role_and_a_foreign_office() {
    let world = World::new();
    let mut unexpected = Vec::new();
    for login in ["care_manager", "office_manager", "clinic", "association", "reviewer", "administrator"] {
        // Signing out is the last.
        let mut routes: Vec<_> = finite().collect();
        routes.sort_by_key(|route| route.path == "/sign-out");
        let mut browser = world.signed_in(login);
        for route in routes {
            let may = match route.rule {
                Rule::Public(_) => true,
                Rule::SignedIn(roles) => roles.iter().any(|role| role.as_str() == login),
            };
            for nth in [1, 0] {
                if nth == 1 && route.path == "/sign-out" {
                    continue;
                }
                let seen = visit(&mut browser, route, &path(&world, route, nth));
                let mut wanted = if may { expected(route)[nth] } else { 403 };
                if may && (route.method, route.path) == (Method::Get, "/sign-in") {
                    wanted = 303;
                }
                if seen.status != wanted || seen.text().contains("秘密") {
                    unexpected.push((login, route.method.as_str(), route.path, nth, seen.status, wanted));
                }
            }
        }
    }
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

#[test]
fn nobody_gets_in_without_an_account() {
    let world = World::new();
    for route in finite() {
        let mut browser = world.browser();
        let seen = visit(&mut browser, route, &path(&world, route, 0));
        let expected = match (route.rule, route.method) {
            (Rule::Public(_), _) => continue,
            (Rule::SignedIn(_), Method::Get) => 303,
            (Rule::SignedIn(_), Method::Post) => 403,
        };
        assert_eq!(seen.status, expected, "{} {}", route.method.as_str(), route.path);
        assert!(!seen.text().contains("花子"), "{}", route.path);
        if route.method == Method::Get {
            assert!(seen.header("location").starts_with("/sign-in"), "{}", route.path);
        }
    }
}

#[test]
fn every_form_needs_its_token_and_comes_from_here() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let foreign = world.signed_in("other").csrf();
    for route in ROUTES.iter().filter(|route| route.method == Method::Post) {
        assert_eq!(route.csrf, Csrf::Checked, "{}", route.path);
        let path = path(&world, route, 0);
        for token in ["", "0", foreign.as_str()] {
            assert_eq!(browser.post(&path, &[("csrf", token)]).status, 403, "{} '{token}'", route.path);
        }
        for header in [
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
            ("Origin", "https://evil.example"),
        ] {
            let mut from_elsewhere = browser.clone();
            let csrf = browser.csrf();
            from_elsewhere.extra.push(header);
            assert_eq!(
                from_elsewhere.post(&path, &[("csrf", &csrf)]).status,
                403,
                "{} {header:?}",
                route.path
            );
        }
    }
    let request = world.store.request(world.requests[0]).unwrap();
    assert_eq!(request.state, RequestState::Queued, "nothing was cancelled");
}

#[test]
fn another_name_of_the_server_is_not_answered() {
    let world = World::new();
    for (host, expected) in [
        ("evil.example", 421),
        ("localhost:1", 200),
        ("127.0.0.1", 200),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
    ] {
        let mut browser = world.browser();
        browser.host = host.to_owned();
        assert_eq!(browser.get("/sign-in").status, expected, "{host}");
        assert_eq!(browser.get("/healthz").status, 200, "{host}");
    }
    let settings =
        WebSettings { public_url: Some("https://renraku.example.jp/".to_owned()), ..WebSettings::default() };
    let world = World::with(settings);
    let mut browser = world.browser();
    assert_eq!(browser.get("/sign-in").status, 421);
    let mut browser = world.browser();
    browser.host = "renraku.example.jp".to_owned();
    let seen = browser.get("/sign-in");
    assert_eq!(seen.status, 200);
    assert!(seen.header("set-cookie").starts_with("__Host-renraku-visitor="), "{:?}", seen.headers);
    assert!(seen.header("set-cookie").ends_with("Path=/; HttpOnly; SameSite=Strict; Secure"));
}

#[test]
fn a_session_begins_with_a_new_token_and_ends() {
    let world = World::new();
    let mut browser = world.browser();
    browser.cookies.insert("renraku-session".to_owned(), "chosen-by-a-stranger".to_owned());
    browser.get("/sign-in");
    let csrf = browser.get("/sign-in").field("csrf");
    let wrong = browser.post("/sign-in", &[("csrf", &csrf), ("login", "care_manager"), ("password", "no")]);
    assert_eq!(wrong.status, 403);
    assert!(wrong.text().contains("ログイン名かパスワードが違います"), "{}", wrong.text());
    let csrf = wrong.field("csrf");
    let right = browser
        .post("/sign-in", &[("csrf", &csrf), ("login", "care_manager"), ("password", world::PASSWORD)]);
    assert_eq!(right.status, 303);
    let first = browser.cookies["renraku-session"].clone();
    assert_ne!(first, "chosen-by-a-stranger");
    assert_eq!(browser.get("/").status, 200);
    let mut thief = browser.clone();
    assert_eq!(browser.send("/sign-out", &[]).status, 303);
    assert!(!browser.cookies.contains_key("renraku-session"));
    assert_eq!(thief.get("/").status, 303, "the cookie opens nothing any more");
    for (pauses, expected) in [(vec![29, 29, 29], 200), (vec![31], 303), (vec![25; 29], 303)] {
        let mut browser = world.signed_in("care_manager");
        let mut last = 0;
        for pause in pauses {
            world.later(pause);
            last = browser.get("/").status;
        }
        assert_eq!(last, expected);
    }
}

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
    assert_eq!(browser.get(&format!("/requests/check/{id}")).header("location"), format!("/requests/{id}"));
    filled.iter_mut().find(|(name, _)| *name == "f.subject").unwrap().1 = "別の件名".to_owned();
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
        ("f.content", "𠮷野さんの件", "印刷できない文字"),
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
fn ten_megabytes_in_a_field_are_one_clear_sentence() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let mut filled = world.filled(&RequestId::new_at(at(0)).to_string());
    filled.push(("f.content", "あ".repeat(10_000_000 / 9)));
    let seen = browser.send("/requests/check", &filled);
    assert_eq!(seen.status, 413);
    assert!(seen.text().contains("内容が大きすぎます"));
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

#[test]
fn views_changes_and_denials_are_in_the_log() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    browser.get(&format!("/requests/{}", world.requests[0]));
    browser.get(&format!("/requests/{}", world.requests[1]));
    browser.send(&format!("/requests/{}/cancel", world.requests[0]), &[]);
    world.signed_in("administrator").get("/clients");
    let entries = world.store.audit(&AuditFilter::default(), 100).unwrap();
    let has = |what: Act, kind: &str, id: &str, detail: &str| {
        let fits = |entry: &&renraku::domain::audit::AuditEntry| {
            (entry.what, entry.record_kind.as_str(), entry.record_id.as_str(), entry.detail.as_str())
                == (what, kind, id, detail)
        };
        let entry = entries.iter().find(fits);
        assert!(entry.is_some(), "{what:?} {kind} {id} {detail}: {entries:#?}");
        assert_eq!(entry.unwrap().from_address, "127.0.0.1");
        assert!(entry.unwrap().who.is_some());
    };
    let [own, foreign] = world.requests.map(|id| id.to_string());
    has(Act::View, "request", &own, "/requests/{id}");
    has(Act::Denied, "request", &foreign, "foreign");
    has(Act::Change, "request", &own, "cancel");
    has(Act::View, "office", &world.offices[0].to_string(), "/");
    has(Act::Denied, "page", "/clients", "role");
    assert!(world.store.verify_audit().unwrap().is_ok());
    assert!(!format!("{entries:?}").contains("花子"));
}

#[test]
fn the_pages_are_english_when_asked() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    assert!(browser.get("/").text().contains("<html lang=\"ja\">"));
    let choice = [("language", "en".to_owned()), ("here", "/requests".to_owned())];
    assert_eq!(browser.send("/language", &choice).header("location"), "/requests");
    for path in ["/", "/requests", "/clients", "/clients/new", &format!("/requests/{}", world.requests[0])] {
        let text = browser.get(path).text();
        assert!(text.contains("<html lang=\"en\">") && text.contains("Sign out"), "{path}");
        assert!(!text.contains("⟦") && !text.contains("連絡票</a>"), "{path}");
    }
}

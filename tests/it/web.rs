//! The pages over real bytes: every route of the table with its headers, its token, every role and a foreign
//! office; sessions, and the log.

#[path = "web/attach.rs"]
mod attach;
#[path = "web/bad_input.rs"]
mod bad_input;
#[path = "web/changes.rs"]
mod changes;
#[path = "web/desks.rs"]
mod desks;
#[path = "web/fields.rs"]
mod fields;
#[path = "web/forms.rs"]
mod forms;
#[path = "web/incoming.rs"]
mod incoming;
#[path = "web/letters.rs"]
mod letters;
#[path = "web/live.rs"]
mod live;
#[path = "web/paper.rs"]
mod paper;
#[path = "web/sets.rs"]
mod sets;
#[path = "web/way.rs"]
mod way;
#[path = "web/world.rs"]
mod world;

use renraku::domain::audit::Act;
use renraku::domain::state::RequestState;
use renraku::store::AuditFilter;
use renraku::web::WebSettings;
use renraku::web::access::Rule;
use renraku::web::routes::{Cache, Csrf, Method, ROUTES, Route};
use world::{Browser, Seen, World};

/// The route's path about one of the two requests, or one of the two messages.
fn path(world: &World, route: &Route, nth: usize) -> String {
    let of_message = route.path.starts_with("/messages/");
    let id = if of_message { world.messages[nth].id.to_string() } else { world.requests[nth].to_string() };
    route
        .path
        .replace("{id}", &id)
        .replace("{sheet}", world.sheets[nth].as_str())
        .replace("{page}", "1")
        .replace("{reply}", &world.requests[nth].to_string())
        .replace("{field}", "comment")
        .replace("{name}", "style.css")
        .replace("{kind}", "fax_by_mail")
}

/// Visits the route; a stream is not read to its end.
fn visit(browser: &mut Browser, route: &Route, path: &str) -> Seen {
    match route.method {
        Method::Get => browser.get(path),
        Method::Post => browser.send(path, &[]),
    }
}

/// What people with an account visit; a clinic's link has no account (`tests/it/link.rs`).
fn for_accounts() -> impl Iterator<Item = &'static Route> {
    finite().filter(|route| !route.path.starts_with("/a/"))
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
        (Method::Post, "/sign-in") => [403, 403],
        (Method::Post, "/language" | "/sign-out") => [303, 303],
        // No such file; a form that no page of ours made.
        (_, "/assets/{name}") | (Method::Post, "/requests/check" | "/requests" | "/clients") => [404, 404],
        // Nothing was chosen.
        (Method::Post, "/blank-sheets") => [422, 422],
        // The sheet, the message and its page are the office's own. Nothing is written in a frame of that name.
        (_, path) if path.ends_with("/handwriting/{field}") => [404, 404],
        (Method::Get, "/blank-sheets/{sheet}/sheet.pdf" | "/messages/{id}" | "/messages/{id}/page") => {
            [200, 404]
        }
        // The request is there already: the check page leads to it. A stranger's is not there.
        (Method::Get, "/requests/check/{id}") | (Method::Post, "/messages/{id}/seen") => [303, 404],
        // No draft of that name.
        (Method::Get, path) if path.starts_with("/requests/check/") => [409, 409],
        // Not rendered yet, no reply yet.
        (Method::Get, path) if path.ends_with("sheet.pdf") || path.contains("/replies/") => [404, 404],
        // No id of a reply was posted.
        (Method::Post, path) if path.ends_with("phone-answer") => [404, 404],
        (Method::Post, path) if path.ends_with("cancel") => [303, 404],
        // The clinic has no mailbox.
        (Method::Post, path) if path.ends_with("link-mail") => [409, 404],
        (Method::Post, path) if path.ends_with("send-again") => [404, 404],
        (Method::Get, "/requests/{id}") => [200, 404],
        (_, path) if path.starts_with("/review/") => [404, 404],
        // No id, no name: the form comes back, or there is nothing to save.
        (Method::Post, "/admin/users" | "/admin/outbox/hold") => [422, 422],
        (Method::Post, "/admin/outbox/release") => [303, 303],
        (Method::Post, path) if path.starts_with("/admin/") => [404, 404],
        (Method::Get, path) if path.starts_with("/admin/") && path.contains("{id}") => [404, 404],
        (_, "/clients/{id}") => [404, 404],
        _ => [200, 200],
    }
}

#[test]
fn every_route_for_every_role_and_a_foreign_office() {
    let world = World::new();
    let mut unexpected = Vec::new();
    for login in ["care_manager", "office_manager", "clinic", "association", "reviewer", "administrator"] {
        // Signing out is the last.
        let mut routes: Vec<_> = for_accounts().collect();
        routes.sort_by_key(|route| route.path == "/sign-out");
        let mut browser = world.signed_in(login);
        for route in routes {
            let may = match route.rule {
                Rule::Public(_) => true,
                Rule::Link => false,
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
    for route in for_accounts() {
        let mut browser = world.browser();
        let seen = visit(&mut browser, route, &path(&world, route, 0));
        let expected = match (route.rule, route.method) {
            (Rule::Public(_) | Rule::Link, _) => continue,
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

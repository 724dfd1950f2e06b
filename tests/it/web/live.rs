//! Open pages over real bytes: each is told of what it shows and of nothing else, from the moment at which it was
//! made; the stream says nothing of anybody, and a page that waits keeps no session alive.

use super::world::{Browser, World};
use renraku::domain::event::{Event, Subject};
use renraku::domain::id::{EventId, ReviewId};
use renraku::domain::state::RequestState;
use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const LIVE: [&str; 4] = ["/live", "/desk/live", "/review/live", "/admin/outbox/live"];
/// The log is looked at twice a second.
const SOON: Duration = Duration::from_secs(5);
const NOT: Duration = Duration::from_millis(1500);

/// An open stream and what came of it.
struct Stream {
    connection: TcpStream,
    heard: String,
}

impl Stream {
    fn open(browser: &Browser, path: &str) -> Self {
        let mut stream = Self { connection: browser.open(path), heard: String::new() };
        assert!(stream.hears("\r\n\r\n", SOON), "{path}: no answer");
        stream
    }

    fn status(&self) -> u16 {
        self.heard.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Reads on until `text` has come or the time is over.
    fn hears(&mut self, text: &str, within: Duration) -> bool {
        let began = Instant::now();
        let mut bytes = [0; 4096];
        while !self.heard.contains(text) && began.elapsed() < within {
            self.connection.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            match self.connection.read(&mut bytes) {
                Ok(0) => break,
                Ok(read) => self.heard += &String::from_utf8_lossy(&bytes[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => panic!("{error}"),
            }
        }
        self.heard.contains(text)
    }

    fn is_told(&mut self, within: Duration) -> bool {
        self.hears("event: changed", within)
    }
}

/// Where the page's stream is, as the page says it.
fn stream_of(browser: &mut Browser, path: &str) -> String {
    let text = browser.get(path).text();
    let place = text.split("data-live=\"").nth(1).unwrap_or_else(|| panic!("{path} has no stream"));
    place.split('"').next().unwrap().replace("&#x2f;", "/")
}

#[test]
fn every_page_that_changes_is_told_by_the_stream_that_it_names() {
    let world = World::new();
    let request = format!("/requests/{}", world.requests[0]);
    let pages = [
        ("care_manager", "/"),
        ("care_manager", "/requests?show=overdue"),
        ("care_manager", request.as_str()),
        ("office_manager", "/"),
        ("administrator", "/"),
        ("administrator", "/admin/outbox"),
        ("association", "/"),
    ];
    let mut streams: Vec<_> = pages
        .into_iter()
        .map(|(login, path)| {
            let mut browser = world.signed_in(login);
            let place = stream_of(&mut browser, path);
            (login, path, Stream::open(&browser, &place))
        })
        .collect();
    // Nothing has happened since the page was made.
    for (login, path, stream) in &mut streams {
        assert_eq!(stream.status(), 200, "{login} {path}");
        assert!(stream.heard.to_ascii_lowercase().contains("content-type: text/event-stream"));
        assert!(stream.hears(": alive", SOON), "{login} {path}");
        assert!(!stream.is_told(Duration::ZERO), "{login} {path}");
    }
    world.store.cancel(world.requests[0], "cancelled", world.now()).unwrap();
    for (login, path, stream) in &mut streams {
        assert!(stream.is_told(SOON), "{login} {path}");
        for word in ["花子", "見本", "26-0000", &world.requests[0].to_string()] {
            assert!(!stream.heard.contains(word), "{login} {path}: {}", stream.heard);
        }
    }
}

#[test]
fn an_office_is_woken_by_its_own_requests_alone() {
    let world = World::new();
    let [mut own, mut foreign] = ["care_manager", "other"].map(|login| {
        let mut browser = world.signed_in(login);
        let place = stream_of(&mut browser, "/");
        Stream::open(&browser, &place)
    });
    let manager = world.signed_in("care_manager");
    let mut first = Stream::open(&manager, &format!("/requests/{}/live", world.requests[0]));
    world.store.cancel(world.requests[1], "cancelled", world.now()).unwrap();
    assert!(foreign.is_told(SOON));
    assert!(!own.is_told(NOT) && !first.is_told(Duration::ZERO));
    let mut reviewer = world.signed_in("reviewer");
    let place = stream_of(&mut reviewer, "/review");
    let mut reviews = Stream::open(&reviewer, &place);
    world.store.cancel(world.requests[0], "cancelled", world.now()).unwrap();
    assert!(own.is_told(SOON) && first.is_told(SOON));
    assert!(!reviews.is_told(NOT), "nothing began to wait");
    let event = Event {
        id: EventId::new_at(world.now()),
        at: world.now(),
        subject: Subject::Review,
        subject_id: ReviewId::new_at(world.now()).to_string(),
        what: "opened".to_owned(),
        from: None,
        to: None,
        detail: String::new(),
    };
    world.store.append_event(&event).unwrap();
    assert!(reviews.is_told(SOON));
}

#[test]
fn what_happened_between_the_page_and_its_stream_is_told_at_once() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    for path in ["/", "/requests", &format!("/requests/{}", world.requests[0])] {
        let before = stream_of(&mut browser, path);
        assert!(!Stream::open(&browser, &before).is_told(NOT), "{path}");
    }
    let before = stream_of(&mut browser, "/");
    world.store.cancel(world.requests[0], "cancelled", world.now()).unwrap();
    assert!(Stream::open(&browser, &before).is_told(NOT));
    let after = stream_of(&mut browser, "/");
    assert_ne!(before, after);
    assert!(!Stream::open(&browser, &after).is_told(NOT));
    for strange in ["/live", "/live?seen=", "/live?seen=-1", "/live?seen=99999999999999999999"] {
        assert_eq!(Stream::open(&browser, strange).status(), 200, "{strange}");
    }
}

#[test]
fn a_stream_is_for_those_whose_page_it_renews() {
    let world = World::new();
    for (login, expected) in [
        ("care_manager", [200, 403, 403, 403]),
        ("office_manager", [200, 403, 403, 403]),
        ("clinic", [403, 403, 403, 403]),
        ("association", [403, 200, 403, 403]),
        ("reviewer", [403, 200, 200, 403]),
        ("administrator", [403, 200, 403, 200]),
    ] {
        let browser = world.signed_in(login);
        let statuses = LIVE.map(|path| Stream::open(&browser, path).status());
        assert_eq!(statuses, expected, "{login}");
        let of_requests = world.requests.map(|id| format!("/requests/{id}/live"));
        let statuses = of_requests.map(|path| Stream::open(&browser, &path).status());
        let of_office = login.ends_with("_manager");
        assert_eq!(statuses, if of_office { [200, 404] } else { [403, 403] }, "{login}");
    }
    for path in LIVE {
        assert_eq!(Stream::open(&world.browser(), path).status(), 303, "{path}");
    }
}

#[test]
fn a_page_that_waits_or_renews_itself_keeps_no_session_alive() {
    let world = World::new();
    let browser = world.signed_in("care_manager");
    let mut renewing = browser.clone();
    renewing.extra.push(("HX-Request", "true"));
    for _ in 0..2 {
        world.later(14);
        assert_eq!(Stream::open(&browser, "/live").status(), 200);
        assert_eq!(renewing.get("/").status, 200);
    }
    world.later(3);
    assert_eq!(renewing.get("/").status, 303, "nobody has used it for 31 minutes");
    assert_eq!(Stream::open(&browser, "/live").status(), 303);
    assert_eq!(world.store.request(world.requests[0]).unwrap().state, RequestState::Queued);
}

/// A browser closes the stream of a page that nobody looks at; the server minds no hundred that it does not.
#[test]
fn a_hundred_open_pages_are_told_and_others_still_load() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let place = stream_of(&mut browser, "/");
    let mut streams: Vec<_> = (0..100).map(|_| Stream::open(&browser, &place)).collect();
    let began = Instant::now();
    assert_eq!(browser.get("/requests").status, 200);
    assert!(began.elapsed() < SOON);
    world.store.cancel(world.requests[0], "cancelled", world.now()).unwrap();
    for (nth, stream) in streams.iter_mut().enumerate() {
        assert!(stream.is_told(SOON), "{nth}");
    }
}

#[test]
fn an_office_is_told_of_its_messages_and_of_nobody_elses() {
    let world = World::new();
    for page in ["/messages", "/"] {
        let [mut own, mut other] = ["care_manager", "other"].map(|login| {
            let mut browser = world.signed_in(login);
            let place = stream_of(&mut browser, page);
            Stream::open(&browser, &place)
        });
        let event = Event {
            id: EventId::new_at(world.now()),
            at: world.now(),
            subject: Subject::Message,
            subject_id: world.messages[0].id.to_string(),
            what: "received".to_owned(),
            from: None,
            to: None,
            detail: String::new(),
        };
        world.store.append_event(&event).unwrap();
        assert!(own.is_told(SOON), "{page}: {}", own.heard);
        assert!(!other.is_told(NOT), "{page}: {}", other.heard);
    }
}

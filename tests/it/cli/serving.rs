//! `serve`: who may reach it, how it is, and how it ends.

use crate::world::{FaxService, PATIENCE, Server, World};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// One visit: the first line with the headers of its own, and what is posted.
fn visit(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let rest = format!("Host: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(format!("{head}\r\n{rest}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn health(address: &str) -> String {
    visit(address, "GET /healthz HTTP/1.1", "")
}

/// A password of nobody costs the same work as one of somebody.
fn sign_in_as_nobody(address: &str, nth: usize) {
    let page = visit(address, "GET /sign-in HTTP/1.1", "");
    let between = |before: &str, after: char| page.split(before).nth(1).unwrap().split(after).next().unwrap();
    let csrf = between("name=\"csrf\" value=\"", '"');
    let visitor = between("renraku-visitor=", ';');
    let head = format!("POST /sign-in HTTP/1.1\r\nCookie: renraku-visitor={visitor}");
    let body = format!("csrf={csrf}&login=somebody-{nth}&password=password+password");
    let answer = visit(address, &head, &body);
    assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("パスワードが違います"), "{answer}");
}

/// Thirty passwords at once would take 570 MB if each had memory of its own.
#[test]
fn many_who_sign_in_at_once_take_the_memory_of_one() {
    let world = World::new(1, "");
    let server = Server::start(&world, "127.0.0.1:0");
    let address = server.address();
    std::thread::scope(|scope| {
        for nth in 0..30 {
            let address = &address;
            scope.spawn(move || sign_in_as_nobody(address, nth));
        }
    });
    let peak_kb = server.peak_kb();
    assert!(peak_kb < 150_000, "{peak_kb} kB");
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn other_machines_reach_it_only_behind_a_declared_proxy() {
    let world = World::new(1, "");
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8470"] {
        world.run(&["serve", "--listen", listen]).refused(listen, "put a TLS proxy before it");
    }
    let behind = World::new(1, "[serve]\nbehind_tls_proxy = true\n");
    let server = Server::start(&behind, "0.0.0.0:0");
    assert!(server.address().starts_with("0.0.0.0:"));
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn it_works_says_how_it_is_and_stops_when_told() {
    let service = FaxService::willing();
    let world = World::new(service.port(), "[serve]\nlook_every_ms = 20\ndue_every_ms = 50\n");
    let server = Server::start(&world, "127.0.0.1:0");
    let address = server.address();
    let well = health(&address);
    assert!(
        well.starts_with("HTTP/1.1 200 ") && well.ends_with(r#"{"sending":"on","status":"ok"}"#),
        "{well}"
    );

    // Commands work beside it; a second worker does not.
    let request = world.submit(0, &[]);
    world.run(&["deliver", "--once"]).refused("a second worker", "another renraku works on this data");
    let began = Instant::now();
    while world.run(&["request", "show", &request, "--json"]).ok().json()["request"]["state"] != "sent" {
        assert!(began.elapsed() < PATIENCE, "it does not send");
        sleep(Duration::from_millis(50));
    }
    assert_eq!(service.numbers().len(), 1);

    world.run(&["outbox", "hold"]).ok();
    assert!(health(&address).contains(r#""sending":"held""#));
    assert_eq!(server.terminate(), Some(0));
    assert!(TcpStream::connect(&address).is_err(), "it still listens");
    // The lock is free again.
    world.run(&["deliver", "--once"]).ok();
}

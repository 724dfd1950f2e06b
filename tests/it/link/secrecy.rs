//! A link's token is nowhere but in its address: not in a file of the data directory, not in the log, however
//! much is logged.

use super::browser::Place;
use super::{DIGITS, call, inside, send};
use crate::world::{PATIENCE, World};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;

/// Every file below `dir` with its bytes.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let (mut folders, mut files) = (vec![dir.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    files
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn no_file_holds_a_token_or_a_pass() {
    let place = Place::new();
    let mut browser = inside(&place);
    assert_eq!(send(&place, &mut browser, &call("doctor")).status, 303);
    browser.post(&place.link, &[("digits", "9999".to_owned())]);
    let token = place.link.strip_prefix("/a/").unwrap();
    let pass = browser.cookie("renraku-pass");
    assert_eq!(pass.len(), 64);
    let files = files(place.dir.path());
    let hash = renraku::seal::token::hash(token);
    assert!(files.iter().any(|(_, bytes)| holds(bytes, &hash)), "the hash is what is kept");
    for (name, bytes) in &files {
        assert!(!holds(bytes, token) && !holds(bytes, &pass), "{name}");
        assert!(!holds(bytes, &token.to_ascii_uppercase()), "{name}");
    }
}

#[test]
fn no_log_names_a_token() {
    // The server answers to its own name alone, which is known once it listens: a proxy stands before it.
    let world = World::new(1, "[serve]\npublic_url = 'http://renraku.example.jp'\n");
    let request = world.submit(0, &[]);
    let url = world.run(&["link", "new", &request]).ok().out;
    let link = url.trim().strip_prefix("http://renraku.example.jp").unwrap().to_owned();
    let mut command = world.command(&["-v", "serve", "--listen", "127.0.0.1:0"]);
    let mut child =
        command.env("RUST_LOG", "trace").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let address = loop {
        let line = lines.next().expect("it listens");
        if let Some(rest) = line.strip_prefix("renraku: http://") {
            break rest.split('/').next().unwrap().to_owned();
        }
    };
    for method in ["GET", "HEAD", "POST"] {
        for below in ["", "/answer", "/thanks", "/elsewhere"] {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let body = format!("digits={DIGITS}&kept=x");
            let ask = format!(
                "{method} {link}{below} HTTP/1.1\r\nHost: renraku.example.jp\r\nConnection: close\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(ask.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        }
    }
    // The try to deliver the request, at the latest: the log is on.
    let first = lines.next().expect("something is logged");
    child.kill().unwrap();
    child.wait().unwrap();
    let log: Vec<String> = std::iter::once(first).chain(lines).collect();
    let token = link.strip_prefix("/a/").unwrap();
    assert!(log.iter().all(|line| !line.contains(token)), "{log:?}");
    for (name, bytes) in files(&world.data) {
        assert!(!holds(&bytes, token), "{name}");
    }
}

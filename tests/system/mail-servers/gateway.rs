//! The real program on a mailbox: started, looked into, killed. And a line to a server that can be held.

use crate::world::World;
use renraku::domain::request::ReviewItem;
use renraku::store::ArrivalStore;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// `renraku serve` as a process; killed when it is dropped.
pub struct Gateway {
    child: Child,
    said: PathBuf,
}

impl Gateway {
    pub fn start(world: &World) -> Self {
        let said = world.path("said");
        let file = File::options().create(true).append(true).open(&said).unwrap();
        let mut command = world.command(&["serve", "--listen", "127.0.0.1:0"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Self { child, said }
    }

    /// Everything that it has said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap()
    }

    /// SIGTERM; its exit status.
    pub fn terminate(mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code()
    }
}

/// SIGKILL: it gets no word in.
impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}", self.said());
        }
    }
}

/// A world whose gateway reads this mailbox.
pub fn world(smtp_port: u16, imap: &str) -> World {
    World::new(smtp_port, &format!("[serve]\nlook_every_ms = 50\n[imap]\n{imap}"))
}

/// What waits for a person: a mail without a sheet is one item.
pub fn waiting(world: &World) -> Vec<ReviewItem> {
    world.store().open_reviews(usize::MAX).unwrap()
}

/// A mail without a sheet.
pub fn plain_mail(number: usize) -> Vec<u8> {
    format!(
        "From: sample{number}@example.jp\r\nTo: answers@gateway.example\r\nSubject: sample {number}\r\n\
         Message-ID: <{number}@example.jp>\r\n\r\nNothing is attached to this sample.\r\n"
    )
    .into_bytes()
}

/// A line to the server that lets nothing more through once the client says `word`.
pub struct Line {
    pub port: u16,
    pub held: Arc<AtomicBool>,
}

impl Line {
    pub fn to(server: u16, word: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let held = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&held);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                let (back, there) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let flag = Arc::clone(&flag);
                std::thread::spawn(move || {
                    carry(client, server, |bytes| {
                        let found = bytes.windows(word.len()).any(|window| window == word);
                        flag.fetch_or(found, Ordering::SeqCst);
                        !found
                    });
                });
                std::thread::spawn(move || carry(there, back, |_| true));
            }
        });
        Self { port, held }
    }
}

/// From one to the other until one ends; what may not pass, and all after it, is kept.
fn carry(mut from: TcpStream, mut to: TcpStream, may_pass: impl Fn(&[u8]) -> bool) {
    let mut bytes = [0; 4096];
    let mut open = true;
    while let Ok(count) = from.read(&mut bytes) {
        let bytes = &bytes[..count];
        open = open && may_pass(bytes);
        if count == 0 || (open && to.write_all(bytes).is_err()) {
            return;
        }
    }
}

//! A Dovecot of its own for one test: a mailbox of one user, on free ports of the loopback.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The user and the password that lets it in.
pub const USER: &str = "gateway";
pub const PASSWORD: &str = "sample-password-of-the-tests";
/// Debian's `nobody` and `nogroup`: whom the mails belong to.
const NOBODY: u32 = 65534;

pub struct Dovecot {
    pub dir: PathBuf,
    /// With TLS from the first byte.
    pub tls_port: u16,
    /// Without, and with STARTTLS.
    pub plain_port: u16,
    child: Option<Child>,
    mails: usize,
}

impl Dovecot {
    /// Starts one in a folder of this name; `more` is added to its settings.
    pub fn start(name: &str, more: &str) -> Self {
        let work = std::env::var("RENRAKU_MAIL_SERVERS")
            .expect("start tests/system/mail-servers/run, which makes the certificate");
        let dir = Path::new(&work).join(name);
        std::fs::create_dir_all(&dir).unwrap();
        let (tls_port, plain_port) = (free_port(), free_port());
        let shown = dir.display();
        let settings = format!(
            "protocols = imap\nlisten = 127.0.0.1\nbase_dir = {shown}/run\nstate_dir = {shown}/state\n\
             instance_name = renraku-{name}\nlog_path = {shown}/log\nssl = yes\nssl_cert = <{work}/cert.pem\n\
             ssl_key = <{work}/key.pem\ndisable_plaintext_auth = no\nmail_location = maildir:{shown}/mail\n\
             mail_max_userip_connections = 50\nauth_verbose = yes\n\
             passdb {{\n  driver = passwd-file\n  args = scheme=PLAIN {shown}/users\n}}\n\
             userdb {{\n  driver = static\n  args = uid={NOBODY} gid={NOBODY} home={shown}/home\n}}\n\
             service imap-login {{\n  inet_listener imap {{\n    port = {plain_port}\n  }}\n\
             \x20 inet_listener imaps {{\n    port = {tls_port}\n    ssl = yes\n  }}\n}}\n{more}\n"
        );
        std::fs::write(dir.join("dovecot.conf"), settings).unwrap();
        std::fs::write(dir.join("users"), format!("{USER}:{PASSWORD}\n")).unwrap();
        for folder in ["home", "mail", "mail/tmp", "mail/new", "mail/cur"] {
            std::fs::create_dir(dir.join(folder)).unwrap();
            chown(dir.join(folder), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let mut server = Self { dir, tls_port, plain_port, child: None, mails: 0 };
        server.up();
        server
    }

    /// Starts it and waits until it listens.
    pub fn up(&mut self) {
        let mut command = Command::new("dovecot");
        command.arg("-F").arg("-c").arg(self.dir.join("dovecot.conf"));
        self.child = Some(command.stdin(Stdio::null()).spawn().unwrap());
        wait_for("Dovecot listens", || {
            TcpStream::connect(("127.0.0.1", self.plain_port)).is_ok().then_some(())
        });
    }

    /// Stops it with everything that it has started.
    pub fn down(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let pid = rustix::process::Pid::from_child(&child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        child.wait().unwrap();
    }

    /// Delivers a mail the Maildir way.
    pub fn deliver(&mut self, mail: &[u8]) {
        self.mails += 1;
        let name = format!("{}.M{:06}.example", 1_900_000_000 + self.mails, self.mails);
        let unfinished = self.dir.join("mail/tmp").join(&name);
        std::fs::write(&unfinished, mail).unwrap();
        chown(&unfinished, Some(NOBODY), Some(NOBODY)).unwrap();
        std::fs::rename(&unfinished, self.dir.join("mail/new").join(&name)).unwrap();
    }

    /// Runs `doveadm` for the user; what it said.
    pub fn admin(&self, args: &[&str]) -> String {
        let mut command = Command::new("doveadm");
        command.arg("-c").arg(self.dir.join("dovecot.conf")).args(args);
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The flags of every mail of a mailbox, a line each.
    pub fn flags(&self, mailbox: &str) -> Vec<String> {
        let fetched = self.admin(&["-f", "tab", "fetch", "-u", USER, "flags", "mailbox", mailbox, "all"]);
        fetched.lines().skip(1).map(str::to_owned).collect()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }

    /// Settings of the gateway for this mailbox.
    pub fn settings(&self, port: u16, tls: &str, more: &str) -> String {
        let password = self.dir.join("password");
        if !password.exists() {
            std::fs::write(&password, PASSWORD).unwrap();
        }
        let ca = self.dir.parent().unwrap().join("cert.pem");
        format!(
            "host = 'localhost'\nport = {port}\ntls = '{tls}'\nuser = '{USER}'\npassword_file = '{}'\n\
             ca_file = '{}'\npoll_every_ms = 600000\n{more}\n",
            password.display(),
            ca.display()
        )
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.down();
        if std::thread::panicking() {
            eprintln!("{}: {}", self.dir.display(), self.log());
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whoever has not come to this point after two minutes hangs.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_mins(2), "{what}: not yet");
        std::thread::sleep(Duration::from_millis(50));
    }
}

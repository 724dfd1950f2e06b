//! The gateway with real servers on both sides: Postfix, `HylaFAX` and two modems. `tests/system/gateway/run` sets them up
//! and starts this.

use lettre::message::Mailbox;
use lettre::{Message, SmtpTransport, Transport};
use renraku::form::layout::Layout;
use renraku::mail::parse::parse;
use renraku::practice::clinic::{Sending, answer};
use renraku::practice::damage::Resolution;
use renraku::store::{ArrivalStore, RequestStore, SqliteStore, Store};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/system/fax-line/line");
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/forms/liaison/example.json");
/// A call of one page takes half a minute; a machine that is busy otherwise takes longer.
const FAX_PATIENCE: Duration = Duration::from_mins(6);
const MAIL_PATIENCE: Duration = Duration::from_mins(1);

const REGION: &str = "
[[office]]
name = '見本居宅介護支援事業所'
care_manager = '見本 太郎'
tel = '03-0000-0002'
fax = '03-0000-0003'
sample = true
[[clinic]]
name = '見本内科クリニック'
tel = '03-0000-1001'
fax = '03-0000-1002'
doctors = [{ name = '見本 一郎', department = '内科' }]
sample = true
[[clinic]]
name = '見本整形外科医院'
tel = '03-0000-1003'
mail = 'desk@clinic.example'
doctors = [{ name = '見本 二郎', department = '整形外科' }]
sample = true
[[clinic]]
name = '見本在宅診療所'
tel = '03-0000-1005'
mail = 'gone@bounce.example'
doctors = [{ name = '見本 三郎', department = '' }]
sample = true
";

fn place() -> PathBuf {
    std::env::var_os("RENRAKU_GATEWAY")
        .expect("start tests/system/gateway/run, which sets the servers up")
        .into()
}

fn port(name: &str) -> u16 {
    std::env::var(name).unwrap().parse().unwrap()
}

/// A gateway with its own data, on the servers that `run` has started.
struct Gateway {
    dir: tempfile::TempDir,
    office: String,
    clinics: Vec<String>,
}

impl Gateway {
    fn new(password: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("password"), password).unwrap();
        std::fs::write(at("region.toml"), REGION).unwrap();
        std::fs::create_dir(at("data")).unwrap();
        let (place, port) = (place(), port("RENRAKU_GATEWAY_PORT"));
        let settings = format!(
            "return_fax = '03-0000-0001'\ninbox = '{inbox}'\n\
             [serve]\nlook_every_ms = 200\n\
             [backoff]\nfirst_s = 2\ncap_s = 4\nmax_attempts = 3\njitter_share = 0.1\n\
             [smtp]\nhost = 'localhost'\nport = {port}\ntls = 'starttls'\nhelo_name = 'renraku.example'\n\
             ca_file = '{ca}'\nauth = {{ user = 'gateway', password_file = '{password}' }}\n\
             [mail]\nname = 'mail'\nsubject = '連絡票 {{number}}'\nbody = '連絡票 {{number}} をお送りします。'\n\
             from = 'desk@gateway.example'\nmax_bytes = 10000000\nreply_to = 'reply@gateway.example'\n\
             bounces_to = 'bounces@gateway.example'\n{fax}",
            inbox = place.join("mail/gateway").display(),
            ca = place.join("tls/ca.pem").display(),
            password = at("password").display(),
            fax = include_str!("../../../templates/fax-profiles/faxmail.toml")
                .replace("fax.example.jp", "fax.example")
                .replace("gateway.example.jp", "gateway.example"),
        );
        std::fs::write(at("data/config.toml"), settings).unwrap();
        let mut gateway = Self { dir, office: String::new(), clinics: Vec::new() };
        let region = gateway.path("region.toml");
        let loaded = gateway.lines(&["directory", "load", region.to_str().unwrap()]);
        let of = |kind: &str| -> Vec<String> {
            let its = loaded.iter().filter(|entry| entry["kind"] == kind);
            its.map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
        };
        gateway.office = of("office").remove(0);
        gateway.clinics = of("clinic");
        let ways =
            [("--fax", "03-0000-1002"), ("--mail", "desk@clinic.example"), ("--mail", "gone@bounce.example")];
        for (clinic, (kind, address)) in gateway.clinics.iter().zip(ways) {
            gateway.lines(&["directory", "verify", clinic, kind, address, "--how", "test"]);
        }
        gateway
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let program =
            std::env::var("RENRAKU_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_renraku").to_owned());
        let mut command = Command::new(program);
        command.arg("--data").arg(self.path("data")).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> String {
        let output = self.command(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn lines(&self, args: &[&str]) -> Vec<Value> {
        self.run(args).lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    fn submit(&self, clinic: usize) -> String {
        let (office, clinic) = (self.office.as_str(), self.clinics[clinic].as_str());
        let who = ["--office", office, "--clinic", clinic];
        self.run(&[&["request", "new", "--form", "liaison", "--answers", EXAMPLE], &who[..]].concat())
            .trim()
            .to_owned()
    }

    /// Waits until the request's state, or its last delivery's, is this.
    fn wait_for(&self, id: &str, what: &str, state: &str, patience: Duration) {
        let began = Instant::now();
        loop {
            let is = self.state(id, what);
            if is == state {
                println!("  {what} {state} after {:.1} s", began.elapsed().as_secs_f64());
                return;
            }
            let log = place().join("postfix.log");
            let logged = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(
                began.elapsed() < patience,
                "{what} is {is}, not {state}: {:?}\n{}",
                self.store().deliveries(id.parse().unwrap()),
                logged()
            );
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    fn state(&self, id: &str, what: &str) -> String {
        let store = self.store();
        let id = id.parse().unwrap();
        match what {
            "request" => store.request(id).unwrap().state.to_string(),
            _ => store.deliveries(id).unwrap().pop().unwrap().state.to_string(),
        }
    }

    fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.path("data")).unwrap()
    }

    fn serve(&self) -> Server {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains("http://"));
        assert!(ready, "the server did not start");
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| println!("  serve: {line}")));
        Server(child)
    }
}

/// Ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The mails in a Maildir, the newest last.
fn mails(folder: &str) -> Vec<Vec<u8>> {
    let new = place().join("mail").join(folder).join("new");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(new).map(|all| all.map(|one| one.unwrap().path()).collect()).unwrap_or_default();
    files.sort_by_key(|path| path.metadata().and_then(|meta| meta.modified()).unwrap());
    files.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn waited<T>(what: &str, patience: Duration, look: impl Fn() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            println!("  {what} after {:.1} s", began.elapsed().as_secs_f64());
            return found;
        }
        assert!(began.elapsed() < patience, "{what}: nothing came");
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn a_sheet_rings_is_ticked_and_comes_back_as_a_record() {
    let gateway = Gateway::new("a long pass phrase");
    let _server = gateway.serve();
    let line = place().join("line");
    let request = gateway.submit(0);
    gateway.wait_for(&request, "delivery", "submitted", MAIL_PATIENCE);
    // The clinic's machine has it, and its code is read from what really came out there.
    let came = waited("the clinic's fax machine has printed", FAX_PATIENCE, || {
        let entry = std::fs::read_dir(line.join("clinic/came")).ok()?.next()?.ok()?;
        let text = std::fs::read_to_string(entry.path()).ok()?;
        text.lines().next().map(PathBuf::from)
    });
    let (layout, pdf) = sheet(&gateway, &request);
    assert_arrived_legible(&gateway, &came, &layout);
    // HylaFAX tells so by mail, and the delivery is one that arrived.
    gateway.wait_for(&request, "delivery", "delivered", MAIL_PATIENCE);
    // The doctor ticks it; the clinic's machine calls the gateway's, which mails what came.
    let mut rng = <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(20_261_128);
    let manner = Sending { resolution: Resolution::Fine, damage: 0.0 };
    let answered = answer(&pdf, &layout, manner, &mut rng).unwrap();
    let fax = gateway.path("answer.tif");
    std::fs::write(&fax, &answered.tiff).unwrap();
    let called = Command::new(LINE).arg("call").arg(&line).arg("-m").arg(&fax).output().unwrap();
    assert!(called.status.success(), "{}", String::from_utf8_lossy(&called.stderr));
    gateway.wait_for(&request, "request", "answered", MAIL_PATIENCE);
    let reply = gateway.store().replies(request.parse().unwrap()).unwrap().pop().unwrap();
    assert_eq!(answered.ticked.answers, reply.answers);
    println!("  ticked and read: {:?}", reply.answers);
    let waiting = gateway.lines(&["review", "list"]);
    assert!(waiting.is_empty(), "{waiting:?}");
}

fn sheet(gateway: &Gateway, request: &str) -> (Layout, Vec<u8>) {
    let store = gateway.store();
    let delivery = store.deliveries(request.parse().unwrap()).unwrap().pop().unwrap();
    let sheet = store.sheet(&delivery.sheet_id.unwrap()).unwrap().unwrap();
    (sheet.layout, store.blobs().get(&sheet.pdf).unwrap())
}

/// The page that came out at the clinic is the sheet: its code verifies, and every box is where it should be.
fn assert_arrived_legible(gateway: &Gateway, came: &Path, layout: &Layout) {
    let file = gateway.path("layout.json");
    std::fs::write(&file, serde_json::to_vec(layout).unwrap()).unwrap();
    let keys = gateway.path("data/keys.toml");
    let keys = keys.to_str().unwrap();
    let args = ["read", came.to_str().unwrap(), "--layout", file.to_str().unwrap(), "--key-file", keys];
    let pages = gateway.lines(&args);
    assert_eq!(pages.len(), layout.pages.len(), "{pages:?}");
    assert_eq!(pages[0]["sheet_id"], layout.sheet_id.as_str(), "{}", pages[0]);
    let boxes = pages[0]["boxes"].as_array().unwrap();
    assert!(boxes.iter().all(|one| one["state"] == "empty"), "{boxes:?}");
}

#[test]
fn a_mail_is_answered_in_its_text_and_one_to_nobody_bounces() {
    let gateway = Gateway::new("a long pass phrase");
    let _server = gateway.serve();
    let (request, lost) = (gateway.submit(1), gateway.submit(2));
    gateway.wait_for(&request, "delivery", "submitted", MAIL_PATIENCE);
    let sent = waited("the clinic's mailbox has it", MAIL_PATIENCE, || mails("clinic").pop());
    let text = String::from_utf8_lossy(&sent).into_owned();
    let reply_to = text.lines().find_map(|line| line.strip_prefix("Reply-To: ")).unwrap().trim().to_owned();
    let sent = parse(&sent);
    // The clinic's mailer: quoted below, one line marked.
    let marked = sent.text.replace("[ ] 1-1 ", "[○] 1-1 ");
    let body: String = marked.lines().flat_map(|line| ["> ", line, "\r\n"]).collect();
    let reply = Message::builder()
        .from(Mailbox::new(None, "desk@clinic.example".parse().unwrap()))
        .to(Mailbox::new(None, reply_to.parse().unwrap()))
        .subject(format!("Re: {}", sent.subject.unwrap()))
        .body(format!("確認しました。\r\n\r\n{body}"))
        .unwrap();
    let clinic =
        SmtpTransport::builder_dangerous("127.0.0.1").port(port("RENRAKU_GATEWAY_SMTP_PORT")).build();
    clinic.send(&reply).unwrap();
    gateway.wait_for(&request, "request", "answered", MAIL_PATIENCE);
    // Postfix took the other one and found nobody.
    gateway.wait_for(&lost, "delivery", "undelivered", MAIL_PATIENCE);
    gateway.wait_for(&lost, "request", "undelivered", MAIL_PATIENCE);
    let failed = renraku::store::ResultStore::failed_numbers(&gateway.store()).unwrap();
    assert_eq!(failed.iter().map(|one| one.address.as_str()).collect::<Vec<_>>(), ["gone@bounce.example"]);
    let waiting = gateway.lines(&["review", "list"]);
    assert!(waiting.is_empty(), "{waiting:?}");
}

#[test]
fn a_wrong_password_sends_nothing() {
    let gateway = Gateway::new("another pass phrase");
    let request = gateway.submit(1);
    let before = mails("clinic").len();
    let output = gateway.command(&["deliver", "--once"]).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("535"), "{said}");
    assert!(!said.contains("another pass phrase"), "{said}");
    assert_eq!(gateway.state(&request, "delivery"), "queued");
    assert_eq!(mails("clinic").len(), before);
}

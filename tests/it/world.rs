//! A gateway of its own for one test: a data directory with the sample region, the real binary run on it,
//! a practice fax service that takes its mails, and pens for the sheets that come out.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use renraku::domain::backoff::BackoffRule;
use renraku::flow::ingest::Reading;
use renraku::form::layout::Layout;
use renraku::mail::parse;
use renraku::pool::Pool;
use renraku::practice::clinic::{self, Ticked};
use renraku::practice::damage::{Damage, Resolution, fax};
use renraku::practice::fax_tiff::encode_g3;
use renraku::practice::pen::{MarkStyle, mark_box};
use renraku::practice::smtp_server::{Arrived, Behaviour, SmtpServer};
use renraku::read::raster::{Limits, rasterize_pdf};
use renraku::seal::keyring::Keyring;
use renraku::store::{RequestStore, SqliteStore};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What arrivals are read with, where no fax service is set up.
pub fn reading<'a>(pool: &'a Pool, keyring: &'a Keyring) -> Reading<'a> {
    Reading { pool, keyring, service: None, backoff: BackoffRule::default() }
}

/// The filled example of the form.
pub const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/forms/liaison/example.json");
const REGION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/sample-region.toml");
const PX_PER_MM: f64 = 300.0 / 25.4;
/// Whoever has not answered after so long hangs.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// The binary under test.
pub fn renraku() -> Command {
    Command::new(env!("CARGO_BIN_EXE_renraku"))
}

/// What a run of the binary gave.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn new(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        Self::new(command.stdin(Stdio::null()).output().expect("the binary starts"))
    }

    /// Runs a command that reads `input`.
    pub fn fed(command: &mut Command, input: &[u8]) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        child.stdin.take().unwrap().write_all(input).unwrap();
        Self::new(child.wait_with_output().unwrap())
    }

    /// Asks for success.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self
    }

    /// The whole output as one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    /// The output as one JSON value a line.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// Asks for one clear sentence in Japanese and in English on stderr, and for nothing on stdout.
    #[track_caller]
    pub fn refused(&self, case: &str, expected: &str) {
        assert_eq!(self.code, Some(1), "{case}: {}{}", self.out, self.err);
        assert!(self.err.contains(expected), "{case}: {}", self.err);
        let (japanese, english) =
            self.err.split_once(" / ").unwrap_or_else(|| panic!("{case}: {}", self.err));
        assert!(!japanese.is_ascii() && english.contains(' '), "{case}: {}", self.err);
        assert!(!self.err.contains("panicked") && self.out.is_empty(), "{case}: {}{}", self.out, self.err);
    }
}

/// A data directory with the sample region; the first two clinics' fax numbers are verified, the third's is
/// not.
pub struct World {
    dir: TempDir,
    pub data: PathBuf,
    pub office: String,
    pub clinics: Vec<String>,
}

impl World {
    /// Its mails go to `smtp_port`; `more` is added to the settings.
    pub fn new(smtp_port: u16, more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("config.toml"), settings(smtp_port) + more).unwrap();
        let mut world = Self { dir, data, office: String::new(), clinics: Vec::new() };
        let entries = world.run(&["directory", "load", REGION]).ok().lines();
        let ids = |kind: &str| entries.iter().filter(|entry| entry["kind"] == kind).map(id_of).collect();
        let offices: Vec<String> = ids("office");
        world.office.clone_from(&offices[0]);
        world.clinics = ids("clinic");
        for (clinic, fax) in world.clinics.iter().zip(["03-0000-1002", "03-0000-1004"]) {
            world.run(&["directory", "verify", clinic, "--fax", fax, "--how", "test"]).ok();
        }
        world
    }

    /// A place for the test's own files.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file of the test's own.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The binary on this data directory.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = renraku();
        command.arg("--data").arg(&self.data).args(args);
        command
    }

    /// Runs the binary on this data directory.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&mut self.command(args))
    }

    /// The arguments that hand the example over to the `nth` clinic.
    pub fn new_request<'a>(&'a self, nth: usize, answers: &'a str) -> Vec<&'a str> {
        let who = ["--office", &self.office, "--clinic", &self.clinics[nth]];
        [&["request", "new", "--form", "liaison", "--answers", answers], &who[..]].concat()
    }

    /// Hands the example over to the `nth` clinic; returns the request's id.
    pub fn submit(&self, nth: usize, more: &[&str]) -> String {
        let ran = self.run(&[&self.new_request(nth, EXAMPLE), more].concat()).ok();
        ran.out.trim().to_owned()
    }

    /// The store itself, for what the command line does not tell.
    pub fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.data).unwrap()
    }

    /// The layout and the PDF of a request's sheet.
    pub fn sheet(&self, request: &str) -> (Layout, Vec<u8>) {
        use renraku::store::Store;
        let store = self.store();
        let deliveries = store.deliveries(request.parse().unwrap()).unwrap();
        let sheet_id = deliveries[0].sheet_id.clone().expect("a rendered sheet");
        let sheet = store.sheet(&sheet_id).unwrap().unwrap();
        (sheet.layout, store.blobs().get(&sheet.pdf).unwrap())
    }
}

fn settings(smtp_port: u16) -> String {
    format!(
        "return_fax = '03-0000-0001'\n\
         [fax]\nname = 'practice'\naddress = '{{fax}}@fax.practice.example'\nnumber_format = 'domestic'\n\
         subject = 'renraku {{number}}'\nbody = ''\nfrom = 'gateway@gateway.example'\nmax_bytes = 10000000\n\
         [smtp]\nhost = '127.0.0.1'\nport = {smtp_port}\ntls = 'none_on_loopback'\n\
         helo_name = 'gateway.example'\n\
         [smtp.timeouts]\nconnect_ms = 5000\ncommand_ms = 5000\ndata_ms = 5000\nbody_ms = 5000\n\
         after_dot_ms = 10000\nquit_ms = 500\n"
    )
}

fn id_of(entry: &Value) -> String {
    entry["id"].as_str().expect("an id").to_owned()
}

/// The practice fax service: takes mails over real SMTP and keeps each whole body.
pub struct FaxService {
    server: SmtpServer,
    taken: Arc<Mutex<Vec<Arrived>>>,
    numbers: Mutex<Vec<String>>,
    _runtime: Runtime,
}

impl FaxService {
    /// `pause` is asked how long to think between the final dot and the answer to it.
    pub fn start(behaviour: Behaviour, pause: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let runtime = Runtime::new().unwrap();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let bag = Arc::clone(&taken);
        let server = runtime.block_on(SmtpServer::start(0, behaviour, move |mail| {
            bag.lock().unwrap().push(mail);
            let pause = pause();
            Box::pin(async move {
                tokio::time::sleep(pause).await;
                Ok(())
            })
        }));
        Self { server: server.unwrap(), taken, numbers: Mutex::default(), _runtime: runtime }
    }

    /// One that takes everything at once.
    pub fn willing() -> Self {
        Self::start(Behaviour::default(), || Duration::ZERO)
    }

    pub fn port(&self) -> u16 {
        self.server.address().port()
    }

    /// The request number of every body that was taken, in order. Each mail is parsed once.
    pub fn numbers(&self) -> Vec<String> {
        let mut numbers = self.numbers.lock().unwrap();
        let taken = self.taken.lock().unwrap();
        let known = numbers.len();
        numbers.extend(taken[known..].iter().map(number_of));
        numbers.clone()
    }
}

impl FaxService {
    /// Every body that was taken, in order.
    pub fn mails(&self) -> Vec<Vec<u8>> {
        self.taken.lock().unwrap().iter().map(|mail| mail.bytes.clone()).collect()
    }
}

fn number_of(mail: &Arrived) -> String {
    let subject = parse::parse(&mail.bytes).subject.expect("a subject");
    subject.strip_prefix("renraku ").expect("the profile's subject").to_owned()
}

/// Prints a sheet with what is attached to it, ticks the named boxes (`field`, `option`), and faxes all of it over a
/// clean line.
pub fn ticked_fax(pdf: &[u8], layout: &Layout, ticks: &[(&str, &str)]) -> Vec<u8> {
    let dpi = PX_PER_MM * 25.4;
    let (printed, problems) = rasterize_pdf(pdf, dpi, dpi, &Limits::default());
    assert!(printed.len() >= layout.pages.len(), "{problems:?}");
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut ticked = 0;
    let mut faxed = Vec::new();
    let pages = layout.pages.iter().map(Some).chain(std::iter::repeat(None));
    for (paper, page) in printed.into_iter().zip(pages) {
        let mut paper = paper.bitmap;
        let boxes = page.into_iter().flat_map(|page| &page.boxes);
        for one in boxes.filter(|one| ticks.contains(&(one.field.as_str(), one.option.as_str()))) {
            mark_box(&mut paper, PX_PER_MM, one.x_mm, one.y_mm, one.size_mm, MarkStyle::Cross, &mut rng);
            ticked += 1;
        }
        faxed.push(fax(&paper, PX_PER_MM, Resolution::Fine, &Damage::none(), &mut rng));
    }
    assert_eq!(ticked, ticks.len(), "a box to tick is missing");
    let pages: Vec<_> = faxed.iter().map(|page| (&page.bitmap, page.dpi_x, page.dpi_y)).collect();
    encode_g3(&pages)
}

/// A sheet answered as the practice clinic answers: at random, over an ordinary line.
pub fn random_fax(pdf: &[u8], layout: &Layout, rng: &mut ChaCha8Rng) -> (Ticked, Vec<u8>) {
    let manner = clinic::Sending { resolution: Resolution::Fine, damage: 0.3 };
    let answered = clinic::answer(pdf, layout, manner, rng).unwrap();
    (answered.ticked, answered.tiff)
}

/// `renraku serve` as a process; killed when it is dropped.
pub struct Server {
    child: Child,
    ready: Receiver<String>,
}

impl Server {
    /// Starts it; what it says on stderr is in the test's output.
    pub fn start(world: &World, listen: &str) -> Self {
        let mut command = world.command(&["serve", "--listen", listen]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (say, ready) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                eprintln!("serve: {line}");
                let address = line.strip_prefix("renraku: http://").and_then(|url| url.strip_suffix("/"));
                if let Some(address) = address {
                    // Who did not wait for it needs no word.
                    let _ = say.send(address.to_owned());
                }
            }
        });
        Self { child, ready }
    }

    /// Waits until it listens; its address.
    pub fn address(&self) -> String {
        self.ready.recv_timeout(PATIENCE).expect("the server listens")
    }

    /// The most memory that it had at once (`VmHWM` of proc(5)).
    pub fn peak_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// SIGKILL: it gets no word in.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, as a service manager says it; its exit status.
    pub fn terminate(mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

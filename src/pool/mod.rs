//! Reads strangers' bytes in child processes of this same binary, kept warm, with limits on memory, time
//! and pages. A file that breaks a child costs its sender a clear problem, and the gateway nothing.
//!
//! The child has no key, no store and no name of a person: whose code it is, it asks the parent.

mod child;
mod limits;
mod transcriber;
mod wire;

pub use child::serve;
pub use limits::PoolLimits;
pub use transcriber::{Program, Proposals, Transcriber};

use crate::domain::attachment::{ATTACHED_FILE_BYTES, ATTACHED_PAGES, AttachedPage};
use crate::domain::reading::{PageReading, Problem, ProblemCode};
use crate::read::attachment::{self, PageSize};
use crate::read::book::{LookUp, SheetBook};
use crate::read::fillable::FilledForm;
use serde::{Deserialize, Serialize};
use std::io::{BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

/// The most that programs which read handwriting may take for one arrival: reading it is leased for 15 minutes.
const PROPOSALS_WALL: Duration = Duration::from_mins(2);

/// One page as a child read it.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolPage {
    /// The reading.
    pub reading: PageReading,
    /// Pictures of the handwriting areas with ink: field id and PNG.
    pub crops: Vec<(String, Vec<u8>)>,
    /// What else was asked for.
    pub shown: Option<Box<PageShown>>,
}

/// What a person wants to see of a page besides its reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Show {
    /// How long every stage took.
    pub timings: bool,
    /// The page with everything drawn in that was found.
    pub explained: bool,
    /// Every box, cut out.
    pub boxes: bool,
}

/// What was asked for by [`Show`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageShown {
    /// Stage and microseconds, in the order in which they were done; opening first. Of a page with several
    /// sheets, with the first of them.
    pub timings_us: Vec<(String, u64)>,
    /// An SVG of the page; with the first of its sheets.
    pub explained: Vec<u8>,
    /// A PNG of each box, in the reading's order.
    pub boxes: Vec<Vec<u8>>,
}

/// Everything that a file gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PoolReading {
    /// The pages that could be read, in order.
    pub pages: Vec<PoolPage>,
    /// What was wrong with the file as a whole.
    pub problems: Vec<Problem>,
}

/// The children.
pub struct Pool {
    program: PathBuf,
    limits: PoolLimits,
    idle: Mutex<Vec<Worker>>,
    transcriber: Option<Box<dyn Transcriber>>,
}

struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pages: u32,
}

/// What a child says.
#[derive(Debug, Serialize, Deserialize)]
enum Said {
    LookUp { code: String },
    Crop { field: String },
    Timings(Vec<(String, u64)>),
    Explained,
    BoxCrop,
    Page(Box<PageReading>),
    Picture,
    Attached(PageSize),
    Fields(Box<FilledForm>),
    Plain,
    Done { problems: Vec<Problem> },
}

/// What a child is asked of the file that follows.
#[derive(Debug, Serialize, Deserialize)]
enum Asked {
    /// What every page says.
    Read { name: String, frames: Vec<crate::form::layout::Frame>, show: Show },
    /// How one page looks.
    Picture(PageAsked),
    /// All pages in black and white, to go along with a request.
    Attachment,
    /// What the fields of a fillable sheet hold.
    Fields,
    /// The same file without its lock.
    Unlock { passphrases: Vec<String> },
}

/// Which page of a file is to be seen, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageAsked {
    /// From 1.
    pub page_in_file: u32,
    /// How many times it arrived turned by 90° clockwise; it is turned back.
    pub quarters: u8,
    /// The most pixels across.
    pub width_px: usize,
}

/// What was heard of a child about one file.
#[derive(Default)]
struct Heard {
    reading: PoolReading,
    picture: Option<Vec<u8>>,
    attached: Vec<AttachedPage>,
    fields: Option<FilledForm>,
    plain: Option<Vec<u8>>,
}

/// For a question that is about no sheet.
struct NoBook;

impl SheetBook for NoBook {
    fn frames(&self) -> Vec<crate::form::layout::Frame> {
        Vec::new()
    }

    fn look_up(&self, _code_text: &str) -> LookUp {
        LookUp::NotOurs
    }
}

/// Why a child did not finish.
enum Broken {
    Wire(std::io::Error),
    NotStarted(std::io::Error),
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Self::Wire(error)
    }
}

impl Pool {
    /// A pool of children of `program`, which must be this binary.
    #[must_use]
    pub fn new(program: PathBuf, limits: PoolLimits) -> Self {
        Self { program, limits, idle: Mutex::new(Vec::new()), transcriber: None }
    }

    /// The same pool, with something that reads handwriting for people to check.
    #[must_use]
    pub fn with_transcriber(self, transcriber: Box<dyn Transcriber>) -> Self {
        Self { transcriber: Some(transcriber), ..self }
    }

    /// What reads the handwriting of one arrival.
    #[must_use]
    pub fn proposals(&self) -> Proposals<'_> {
        Proposals::new(self.transcriber.as_deref(), PROPOSALS_WALL)
    }

    /// Reads one file. Blocks until the child is done or stopped. Never fails: what went wrong is in the
    /// problems, and the pages that were read before it are kept.
    #[must_use]
    pub fn read(&self, name: &str, bytes: &[u8], book: &dyn SheetBook) -> PoolReading {
        self.read_showing(name, bytes, book, Show::default())
    }

    /// The same, with more to see.
    #[must_use]
    pub fn read_showing(&self, name: &str, bytes: &[u8], book: &dyn SheetBook, show: Show) -> PoolReading {
        let asked = Asked::Read { name: name.to_owned(), frames: book.frames(), show };
        self.ask(&asked, bytes, book).reading
    }

    /// One page of a file as a PNG in grey. `None` when the file has no such page, or none that can be
    /// shown within the limits. Blocks like [`Self::read`].
    #[must_use]
    pub fn picture(&self, asked: PageAsked, bytes: &[u8]) -> Option<Vec<u8>> {
        let heard = self.ask(&Asked::Picture(asked), bytes, &NoBook);
        heard.picture.filter(|png| !png.is_empty())
    }

    /// The pages of a PDF in black and white, as they go along with a request: all of them, or none. Blocks like
    /// [`Self::read`].
    ///
    /// # Errors
    /// What is wrong with the file, as a sentence for whoever chose it.
    pub fn attachment(&self, bytes: &[u8]) -> Result<Vec<AttachedPage>, Problem> {
        if bytes.len() > ATTACHED_FILE_BYTES {
            return Err(too_large(bytes.len() as u64, ATTACHED_FILE_BYTES as u64));
        }
        let heard = self.ask(&Asked::Attachment, bytes, &NoBook);
        match heard.reading.problems.into_iter().next() {
            Some(problem) if problem.code == ProblemCode::TookTooLong => Err(took_too_long()),
            Some(problem) => Err(problem),
            None if heard.attached.is_empty() => Err(nothing_came()),
            None => Ok(heard.attached),
        }
    }

    /// The fields of a PDF, as [`crate::read::fillable::read_fields`] reads them. Blocks like [`Self::read`].
    #[must_use]
    pub fn fields(&self, bytes: &[u8]) -> (Option<FilledForm>, Vec<Problem>) {
        let heard = self.ask(&Asked::Fields, bytes, &NoBook);
        (heard.fields, heard.reading.problems)
    }

    /// A locked PDF without its lock, as [`crate::read::locked::unlock`] opens it. Blocks like [`Self::read`].
    ///
    /// # Errors
    /// Why it stays locked.
    pub fn unlock(&self, bytes: &[u8], passphrases: Vec<String>) -> Result<Vec<u8>, Vec<Problem>> {
        let heard = self.ask(&Asked::Unlock { passphrases }, bytes, &NoBook);
        heard.plain.ok_or(heard.reading.problems)
    }

    fn ask(&self, asked: &Asked, bytes: &[u8], book: &dyn SheetBook) -> Heard {
        if bytes.len() as u64 > self.limits.file_bytes {
            let problem = too_large(bytes.len() as u64, self.limits.file_bytes);
            let reading = PoolReading { pages: Vec::new(), problems: vec![problem] };
            return Heard { reading, ..Heard::default() };
        }
        let idle = self.lock().pop();
        let attempt = |worker: Result<Worker, Broken>| {
            let mut heard = Heard::default();
            let outcome = worker.and_then(|worker| self.converse(worker, asked, bytes, book, &mut heard));
            (heard, outcome)
        };
        let (mut heard, outcome) = match idle.map(|worker| attempt(Ok(worker))) {
            // A child that waited may have died of its age or of another file: this one is not blamed.
            None | Some((_, Err(Broken::Wire(_)))) => attempt(self.start()),
            Some(done) => done,
        };
        heard.reading.problems.extend(outcome.err().map(why_stopped));
        heard
    }

    fn start(&self) -> Result<Worker, Broken> {
        let mut command = Command::new(&self.program);
        command
            .arg("read-worker")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        self.limits.put_into(&mut command);
        let mut child = command.spawn().map_err(Broken::NotStarted)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Broken::NotStarted(std::io::Error::other("no pipes")));
        };
        Ok(Worker { child, input, output: BufReader::new(output), pages: 0 })
    }

    fn converse(
        &self,
        mut worker: Worker,
        asked: &Asked,
        bytes: &[u8],
        book: &dyn SheetBook,
        heard: &mut Heard,
    ) -> Result<(), Broken> {
        let Worker { child, input, output, pages } = &mut worker;
        let (finished, watched) = mpsc::channel::<()>();
        let outcome = thread::scope(|scope| {
            let wall = self.limits.wall;
            let watchdog = scope.spawn(move || {
                if watched.recv_timeout(wall) == Err(mpsc::RecvTimeoutError::Timeout) {
                    // The reader in this process sees the pipe close and gives up.
                    let _ = child.kill();
                }
            });
            let outcome = talk(input, output, asked, bytes, book, heard);
            drop(finished);
            let _ = watchdog.join();
            outcome
        });
        *pages += (heard.reading.pages.len() + heard.attached.len()) as u32 + 1;
        if outcome.is_ok() && *pages < self.limits.pages_a_child {
            self.lock().push(worker);
        }
        outcome.map_err(Broken::Wire)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A pool that several threads share.
pub type SharedPool = Arc<Pool>;

fn talk(
    input: &mut impl Write,
    output: &mut BufReader<ChildStdout>,
    asked: &Asked,
    bytes: &[u8],
    book: &dyn SheetBook,
    heard: &mut Heard,
) -> std::io::Result<()> {
    wire::write_json(input, asked)?;
    wire::write_bytes(input, bytes)?;
    let mut crops = Vec::new();
    let mut shown = PageShown::default();
    loop {
        match wire::read_json(output)? {
            Said::LookUp { code } => wire::write_json(input, &book.look_up(&code))?,
            Said::Crop { field } => crops.push((field, wire::read_bytes(output)?)),
            Said::Timings(timings_us) => shown.timings_us = timings_us,
            Said::Explained => shown.explained = wire::read_bytes(output)?,
            Said::BoxCrop => shown.boxes.push(wire::read_bytes(output)?),
            Said::Page(page) => {
                let shown = Some(std::mem::take(&mut shown)).filter(|shown| *shown != PageShown::default());
                let crops = std::mem::take(&mut crops);
                heard.reading.pages.push(PoolPage { reading: *page, crops, shown: shown.map(Box::new) });
            }
            Said::Picture => heard.picture = Some(wire::read_bytes(output)?),
            Said::Attached(size) => {
                let page = attachment::page(size, &wire::read_bytes(output)?);
                let page = page.filter(|_| heard.attached.len() < ATTACHED_PAGES);
                heard.attached.push(page.ok_or(std::io::ErrorKind::InvalidData)?);
            }
            Said::Fields(form) => heard.fields = Some(*form),
            Said::Plain => heard.plain = Some(wire::read_bytes(output)?),
            Said::Done { problems } => {
                heard.reading.problems.extend(problems);
                return Ok(());
            }
        }
    }
}

fn why_stopped(broken: Broken) -> Problem {
    match broken {
        Broken::Wire(error) => {
            tracing::warn!(%error, "a reader was stopped by its limits");
            Problem::new(
                ProblemCode::TookTooLong,
                "このファイルは大きすぎるか壊れているため、途中で読み取りを止めました。原本は保存してあります \
                 / reading was stopped: the file needs more time or memory than allowed; the original is kept",
            )
        }
        Broken::NotStarted(error) => Problem::new(
            ProblemCode::Other,
            format!("読み取りを始められませんでした / the reader could not be started: {error}"),
        ),
    }
}

fn took_too_long() -> Problem {
    Problem::new(
        ProblemCode::TookTooLong,
        "このPDFは複雑すぎるか壊れているため、開けませんでした。「PDFとして印刷」で作り直してください / the PDF needs more time or memory than allowed: print the paper to a new PDF",
    )
}

fn nothing_came() -> Problem {
    Problem::new(
        ProblemCode::Other,
        "ファイルを開けませんでした。もう一度選んでください / the file could not be opened: choose it again",
    )
}

fn too_large(bytes: u64, limit: u64) -> Problem {
    Problem::new(
        ProblemCode::TooLarge,
        format!(
            "ファイルが大きすぎます({} MB、上限 {} MB)。ページを分けてお送りください / the file is too large: send fewer pages",
            bytes / 1_000_000,
            limit / 1_000_000
        ),
    )
}

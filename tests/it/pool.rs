//! The pool of readers against files that mean harm, against children that die, and against leaks. Whatever
//! comes, there is one clear sentence about it, and the next good page is read.

use crate::hostile::{deflated, huge_tiff, pdf, stream};
use crate::paper::{self, Book, PX};
use crate::tiffs::{Rows, Tiff};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use renraku::domain::reading::{BoxState, FoundBy, Problem, ProblemCode};
use renraku::form::layout::Frame;
use renraku::pool::{Pool, PoolLimits, PoolReading};
use renraku::practice::damage::{Damage, Resolution, fax};
use renraku::practice::fax_tiff::encode_g4;
use renraku::practice::pen::{self, MarkStyle};
use renraku::read::bitmap::{Bitmap, RasterPage};
use renraku::read::book::{LookUp, SheetBook};
use renraku::read::{png, raster, read_page};
use rustix::process::{Pid, Signal, kill_process};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_renraku");

fn book() -> Book {
    Book { layout: paper::layout(), others: LookUp::NotOurs }
}

/// A fax with the first box ticked on each of its pages.
fn good_fax(pages: usize) -> Vec<u8> {
    let layout = paper::layout();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut page = paper::print(&layout, 1);
    let one = &layout.boxes[0];
    pen::mark_box(&mut page, PX, one.x_mm, one.y_mm, one.size_mm, MarkStyle::Tick, &mut rng);
    let page = fax(&page, PX, Resolution::Fine, &Damage::none(), &mut rng);
    encode_g4(&vec![(&page.bitmap, page.dpi_x, page.dpi_y); pages])
}

/// What the reader says without a pool.
fn read_here(bytes: &[u8]) -> PoolReading {
    let mut reading = PoolReading::default();
    reading.problems = raster::open(bytes, &raster::Limits::default(), &mut |page: RasterPage| {
        let read = read_page("good.tif", &page, &book());
        let crops = read.crops.into_iter().map(|crop| (crop.field, png(&crop.bitmap)));
        reading.pages.push(renraku::pool::PoolPage {
            reading: read.reading,
            crops: crops.collect(),
            shown: None,
        });
    });
    reading
}

fn assert_reads_good(pool: &Pool, after: &str) {
    let good = good_fax(1);
    let reading = pool.read("good.tif", &good, &book());
    assert_eq!(reading, read_here(&good), "after {after}");
    let page = &reading.pages[0].reading;
    assert_eq!((page.found_by, page.boxes[0].state), (FoundBy::Code, BoxState::Marked), "after {after}");
}

fn all_problems(reading: &PoolReading) -> Vec<&Problem> {
    let of_pages = reading.pages.iter().flat_map(|page| &page.reading.problems);
    reading.problems.iter().chain(of_pages).collect()
}

/// One problem of this kind, said in both languages, and no answer of any kind.
fn assert_one_problem(name: &str, reading: &PoolReading, code: ProblemCode) {
    let problems = all_problems(reading);
    assert_eq!(
        problems.iter().map(|problem| problem.code).collect::<Vec<_>>(),
        [code],
        "{name}: {reading:#?}"
    );
    assert!(problems[0].sentence.contains(" / "), "{name}: {}", problems[0].sentence);
    assert!(reading.pages.iter().all(|page| page.reading.boxes.is_empty()), "{name}: {reading:#?}");
}

/// Some gigabytes of 0, packed into one or two megabytes.
fn gigabytes() -> Vec<u8> {
    deflated(b"", 2 << 30, b"")
}

/// Terabytes: what unpacks to gigabytes is itself mostly zeros.
fn terabytes() -> Vec<u8> {
    let inner = gigabytes();
    let (head, tail) = (inner.iter().position(|byte| *byte == 0).unwrap() + 64, 64);
    let zeros = inner.len() - head - tail;
    assert!(inner[head..head + zeros].iter().all(|byte| *byte == 0));
    deflated(&inner[..head], zeros as u64, &inner[head + zeros..])
}

fn image_pdf(width_px: u32, height_px: u32, filter: &str, data: &[u8]) -> Vec<u8> {
    let entries = format!(
        "/Type /XObject /Subtype /Image /Width {width_px} /Height {height_px} /BitsPerComponent 8 \
         /ColorSpace /DeviceGray /Filter {filter}"
    );
    pdf(&[stream("", b"q 595 0 0 842 0 0 cm /I Do Q"), stream(&entries, data)])
}

/// The page's content is text that draws nothing, for gigabytes: 0 is white space (ISO 32000-1 §7.2.2).
fn content_pdf() -> Vec<u8> {
    pdf(&[stream("/Filter /FlateDecode", &gigabytes())])
}

fn object_stream_pdf() -> Vec<u8> {
    let packed = deflated(b"9 0 (a) ", 2 << 30, b"");
    let content = stream("", b"q 595 0 0 842 0 0 cm /I Do Q");
    pdf(&[content, stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", &packed)])
}

/// Forms that each draw the next one ten times; the last one draws a line, 10⁹ times.
fn nested_pdf(deep: usize) -> Vec<u8> {
    let form = |number: usize| {
        let entries = format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /I {} 0 R >> >>",
            number + 1
        );
        let content = if number < 4 + deep { "/I Do ".repeat(10) } else { "0 0 m 9 9 l S".to_owned() };
        stream(&entries, content.as_bytes())
    };
    let forms = (5..=4 + deep).map(form);
    pdf(&[vec![stream("", b"/I Do")], forms.collect()].concat())
}

/// One cell of a pattern, drawn over itself a million times.
fn pattern_pdf() -> Vec<u8> {
    let page = "/Pattern cs /P scn 0 0 595 842 re f";
    let cell = "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1000 1000] /XStep 1 /YStep 1 \
                /Resources << >>";
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Pattern << /P 6 0 R >> >>";
    pdf(&[stream("", b"/I Do"), stream(form, page.as_bytes()), stream(cell, b"0 0 1000 1000 re f")])
}

/// One line in dashes of a hair's breadth.
fn dashed_pdf() -> Vec<u8> {
    pdf(&[stream("", b"[0.00001] 0 d 0 0 m 595 842 l S")])
}

/// A fax of so many tiny pages; its last directory may lead back to the first.
pub fn endless_tiff(pages: usize, in_a_circle: bool) -> Vec<u8> {
    let mut file = Tiff::fax(&Bitmap::white(64, 8), Rows::G4);
    file.pages = vec![file.pages.remove(0); pages];
    let mut bytes = file.bytes();
    if in_a_circle {
        let (first, end) = (bytes[4..8].to_vec(), bytes.len() - 4);
        bytes[end..].copy_from_slice(&first);
    }
    bytes
}

pub fn black_fax() -> Vec<u8> {
    let mut page = Bitmap::white(1728, 2292);
    page.ink.fill(1);
    encode_g4(&[(&page, 204.0, 196.0)])
}

#[test]
fn a_fax_of_ten_thousand_pages_is_read_up_to_its_limit() {
    let pool = Pool::new(PROGRAM.into(), PoolLimits::default());
    for (name, file, most, code) in [
        ("long.tif", endless_tiff(10_000, false), 100, ProblemCode::TooLarge),
        ("circle.tif", endless_tiff(7, true), 7, ProblemCode::Broken),
    ] {
        let reading = pool.read(name, &file, &book());
        let problems: Vec<_> = reading.problems.iter().map(|problem| problem.code).collect();
        assert_eq!((reading.pages.len(), problems), (most, vec![code]), "{name}");
        assert!(reading.pages.iter().all(|page| page.reading.needs_person), "{name}");
    }
    assert_reads_good(&pool, "long faxes");
}

/// Bounded by what is counted before it is drawn, not by the clock that kills.
#[test]
fn drawing_without_end_is_refused_at_once() {
    let pool = Pool::new(PROGRAM.into(), PoolLimits::default());
    for (name, file) in [
        ("nested.pdf", nested_pdf(9)),
        ("deep.pdf", nested_pdf(60)),
        ("pattern.pdf", pattern_pdf()),
        ("dashed.pdf", dashed_pdf()),
    ] {
        let start = Instant::now();
        assert_one_problem(name, &pool.read(name, &file, &book()), ProblemCode::TooLarge);
        assert!(start.elapsed() < Duration::from_secs(5), "{name} took {:?}", start.elapsed());
    }
    let usual = pool.read("three.pdf", &nested_pdf(3), &book());
    assert_one_problem("three.pdf", &usual, ProblemCode::SheetNotFound);
}

/// The most memory that a child's pages lay in, in kB.
fn peak_kb(named: &Named) -> u64 {
    let child = named.children()[0].as_raw_nonzero();
    let status = std::fs::read_to_string(format!("/proc/{child}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn peak_after_kb(file: &[u8]) -> u64 {
    let named = Named::new();
    let pool = Pool::new(named.program.clone(), PoolLimits::default());
    let reading = pool.read("fax.tif", file, &book());
    assert!(!reading.pages.is_empty(), "{:?}", reading.problems);
    peak_kb(&named)
}

#[test]
fn a_page_needs_little_memory_and_a_long_fax_no_more() {
    let (one, two, many) = (good_fax(1), good_fax(2), good_fax(200));
    let [one_kb, two_kb, many_kb] = [&one, &two, &many].map(|file| peak_after_kb(file));
    println!(
        "{one_kb} kB for one page, {two_kb} for two, {many_kb} for 200 pages in {} kB",
        many.len() / 1000
    );
    assert!(one_kb <= 64 << 10, "{one_kb} kB for one fine page");
    // The file itself is held, and while it comes, twice.
    assert!(many_kb <= two_kb + 4096 + 2 * many.len() as u64 / 1024, "{many_kb} kB beside {two_kb}");
}

#[test]
fn a_hostile_file_costs_one_clear_problem() {
    let pool = Pool::new(PROGRAM.into(), PoolLimits::default());
    let good = good_fax(1);
    let cases: &[(&str, Vec<u8>, ProblemCode)] = &[
        ("empty.pdf", Vec::new(), ProblemCode::Empty),
        ("text.tif", b"I am no picture at all.\n".to_vec(), ProblemCode::UnknownKind),
        ("cut.tif", good[..good.len() / 2].to_vec(), ProblemCode::Broken),
        ("huge.tif", huge_tiff(60_000, 60_000), ProblemCode::TooLarge),
        ("flat.tif", huge_tiff(4_000_000, 10), ProblemCode::TooLarge),
        ("image.pdf", image_pdf(40_000, 50_000, "/FlateDecode", &gigabytes()), ProblemCode::TooLarge),
        ("lying.pdf", image_pdf(100, 100, "/FlateDecode", &gigabytes()), ProblemCode::TooLarge),
        (
            "twice.pdf",
            image_pdf(100, 100, "[/FlateDecode /FlateDecode]", &terabytes()),
            ProblemCode::TooLarge,
        ),
        ("black.tif", black_fax(), ProblemCode::SheetNotFound),
        ("content.pdf", content_pdf(), ProblemCode::TooLarge),
        ("objects.pdf", object_stream_pdf(), ProblemCode::TooLarge),
    ];
    for (name, bytes, code) in cases {
        assert!(bytes.len() < 3_000_000, "{name}: a bomb is small");
        assert_one_problem(name, &pool.read(name, bytes, &book()), *code);
        assert_reads_good(&pool, name);
    }
}

#[test]
fn a_limit_stops_its_child_and_no_other() {
    let usual = PoolLimits::default();
    let large = {
        let page = Bitmap::white(6_300, 6_300);
        encode_g4(&[(&page, 600.0, 600.0)])
    };
    let little = PoolLimits { memory_bytes: 64 << 20, ..usual };
    assert_reads_good(&Pool::new(PROGRAM.into(), little), "with little memory");
    let cases = [
        ("memory", little, ProblemCode::TookTooLong),
        ("time", PoolLimits { wall: Duration::ZERO, ..usual }, ProblemCode::TookTooLong),
        ("size", PoolLimits { file_bytes: large.len() as u64 - 1, ..usual }, ProblemCode::TooLarge),
    ];
    for (name, limits, code) in cases {
        assert_one_problem(name, &Pool::new(PROGRAM.into(), limits).read("a", &large, &book()), code);
    }
    let enough = Pool::new(PROGRAM.into(), usual).read("a", &large, &book());
    assert_one_problem("enough", &enough, ProblemCode::SheetNotFound);
}

#[test]
fn fields_and_locks_are_opened_within_the_same_limits() {
    let usual = PoolLimits::default();
    let bytes = pdf(&[(b"<<>>".to_vec())]);
    for (name, limits, code) in [
        ("time", PoolLimits { wall: Duration::ZERO, ..usual }, ProblemCode::TookTooLong),
        ("size", PoolLimits { file_bytes: 4, ..usual }, ProblemCode::TooLarge),
    ] {
        let pool = Pool::new(PROGRAM.into(), limits);
        let (form, problems) = pool.fields(&bytes);
        assert_eq!((form, problems.len(), problems[0].code), (None, 1, code), "{name}");
        let locked = pool.unlock(&bytes, vec!["mihon 2026-ame".to_owned()]).unwrap_err();
        assert_eq!((locked.len(), locked[0].code), (1, code), "{name}");
    }
    let pool = Pool::new(PROGRAM.into(), usual);
    assert_eq!(pool.fields(b"II*\0").1[0].code, ProblemCode::Broken);
    assert_eq!(pool.unlock(b"II*\0", vec!["a".to_owned()]).unwrap_err()[0].code, ProblemCode::Broken);
    assert_eq!(pool.unlock(&bytes, Vec::new()).unwrap_err()[0].code, ProblemCode::Encrypted);
    assert_reads_good(&pool, "fields and locks");
}

#[test]
fn a_program_that_does_not_start_is_said() {
    let pool = Pool::new("/nowhere/renraku".into(), PoolLimits::default());
    assert_one_problem("nowhere", &pool.read("a", b"a", &book()), ProblemCode::Other);
}

/// A name of the program that only one test uses, so that its children can be told from others.
struct Named {
    _folder: TempDir,
    program: PathBuf,
}

impl Named {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("renraku");
        symlink(PROGRAM, &program).unwrap();
        Self { _folder: folder, program }
    }

    fn children(&self) -> Vec<Pid> {
        let wanted = [self.program.as_os_str().as_encoded_bytes(), b"\0read-worker\0"].concat();
        let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let path = entry.unwrap().path();
            let id = path.file_name()?.to_str()?.parse().ok()?;
            (std::fs::read(path.join("cmdline")).ok()? == wanted).then(|| Pid::from_raw(id))?
        });
        processes.collect()
    }
}

/// Kills the child that asks the question number `at`.
struct KillsAt<'a> {
    named: &'a Named,
    at: usize,
    asked: AtomicUsize,
}

impl SheetBook for KillsAt<'_> {
    fn frames(&self) -> Vec<Frame> {
        book().frames()
    }

    fn look_up(&self, code_text: &str) -> LookUp {
        if self.asked.fetch_add(1, Ordering::SeqCst) + 1 == self.at {
            let children = self.named.children();
            assert_eq!(children.len(), 1);
            kill_process(children[0], Signal::KILL).unwrap();
        }
        book().look_up(code_text)
    }
}

#[test]
fn pages_that_were_read_before_a_child_was_killed_are_kept() {
    let named = Named::new();
    let three = good_fax(3);
    let whole = read_here(&three);
    assert_eq!((whole.pages.len(), whole.problems.len()), (3, 0));
    let looked_up = {
        let count = KillsAt { named: &named, at: usize::MAX, asked: AtomicUsize::new(0) };
        let _ = Pool::new(named.program.clone(), PoolLimits::default()).read("good.tif", &three, &count);
        count.asked.into_inner()
    };

    let pool = Pool::new(named.program.clone(), PoolLimits::default());
    let last = KillsAt { named: &named, at: looked_up, asked: AtomicUsize::new(0) };
    let reading = pool.read("good.tif", &three, &last);
    assert_eq!(reading.pages, whole.pages[..2]);
    let problems: Vec<_> = reading.problems.iter().map(|problem| problem.code).collect();
    assert_eq!(problems, [ProblemCode::TookTooLong]);
    assert!(named.children().is_empty(), "the dead child is waited for");
    assert_reads_good(&pool, "a killed child");
}

#[test]
fn the_next_file_is_not_blamed_for_a_child_that_died_of_its_past() {
    let named = Named::new();
    let pool = Pool::new(named.program.clone(), PoolLimits::default());
    assert_reads_good(&pool, "nothing");
    let first = KillsAt { named: &named, at: 1, asked: AtomicUsize::new(0) };
    let three = good_fax(3);
    assert_eq!(pool.read("good.tif", &three, &first), read_here(&three), "killed while it read");
    assert!(first.asked.into_inner() > 1);
    kill_process(named.children()[0], Signal::KILL).unwrap();
    assert_reads_good(&pool, "an idle child was killed");
}

#[test]
fn a_child_is_used_again_and_replaced_after_its_pages() {
    let named = Named::new();
    // A file counts one more than it has pages: two files here make four.
    let pool = Pool::new(named.program.clone(), PoolLimits { pages_a_child: 4, ..PoolLimits::default() });
    assert!(named.children().is_empty(), "none is started before it is needed");
    assert_reads_good(&pool, "nothing");
    let first = named.children();
    assert_eq!(first.len(), 1);
    assert_reads_good(&pool, "one page");
    assert!(named.children().is_empty(), "the worn out child is gone");
    assert_reads_good(&pool, "a replacement");
    let second = named.children();
    assert!(second.len() == 1 && second != first);
    drop(pool);
    assert!(named.children().is_empty(), "no child outlives its pool");
}

#[test]
fn files_read_at_once_have_a_child_each() {
    let named = Named::new();
    let pool = Pool::new(named.program.clone(), PoolLimits::default());
    std::thread::scope(|scope| {
        let reads: Vec<_> = (0..2).map(|_| scope.spawn(|| assert_reads_good(&pool, "nothing"))).collect();
        for read in reads {
            read.join().unwrap();
        }
    });
    assert!((1..=2).contains(&named.children().len()));
}

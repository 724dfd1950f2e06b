//! What strangers' files do to `read::raster`: real faxes, files that crashed other readers, and files
//! of our own with bytes changed. Whatever comes, it ends in pages or problems, never in a panic.
//! The corpora are looked for in the folder that `RENRAKU_CORPORA` names.

use crate::paper::{self, Book};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use renraku::domain::reading::ProblemCode;
use renraku::mail::parse::parse;
use renraku::pool::PoolLimits;
use renraku::practice::fax_tiff::{encode_g3, encode_g4};
use renraku::read::bitmap::{Bitmap, RasterPage};
use renraku::read::book::LookUp;
use renraku::read::raster::{Limits, open};
use renraku::read::read_page;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, Instant};

thread_local! {
    /// Panics inside a guarded decoder count too: they are caught for the page's sake, but are faults.
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

fn count_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.set(PANICS.get() + 1);
            print(panic);
        }));
    });
}

fn read(bytes: &[u8]) -> (Vec<RasterPage>, Vec<ProblemCode>) {
    let mut pages = Vec::new();
    let problems = open(bytes, &Limits::default(), &mut |page| pages.push(page));
    for page in &pages {
        assert_eq!(page.bitmap.ink.len(), page.bitmap.width_px * page.bitmap.height_px);
        assert!(page.bitmap.ink.iter().all(|&ink| ink <= 1));
        assert!(page.dpi_x >= 1.0 && page.dpi_y >= 1.0, "{} × {} dpi", page.dpi_x, page.dpi_y);
    }
    assert!(!pages.is_empty() || !problems.is_empty(), "neither a page nor a word why");
    (pages, problems.iter().map(|problem| problem.code).collect())
}

fn corpus(folder: &str) -> Vec<(String, Vec<u8>)> {
    let Some(root) = std::env::var_os("RENRAKU_CORPORA") else {
        println!("RENRAKU_CORPORA is not set: {folder} skipped");
        return Vec::new();
    };
    let folder = PathBuf::from(root).join(folder);
    let listing = std::fs::read_dir(&folder).expect("the corpus folder");
    let mut files: Vec<_> = listing
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), std::fs::read(&path).expect("a file")))
        .collect();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files.sort();
    files
}

#[test]
fn every_real_fax_gives_its_page() {
    for (name, bytes) in corpus("tiff/fax") {
        let (pages, problems) = read(&bytes);
        assert_eq!((pages.len(), problems), (1, vec![]), "{name}");
        let damaged = pages[0].problems.iter().any(|problem| problem.code == ProblemCode::DamagedLines);
        let undamaged = ["fax4", "g3test", "testfax4", "seq-1c-1b"].iter().any(|sound| name.contains(sound));
        assert!(!(undamaged && damaged), "{name}: {:?}", pages[0].problems);
    }
}

/// All files below a folder.
fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { below(&path, found) } else { found.push(path) }
    }
}

/// Opened and read to the end, as the child does; what came of it.
fn read_all_the_way(bytes: &[u8], book: &Book) -> (usize, usize) {
    let mut pages = 0;
    let problems = open(bytes, &Limits::default(), &mut |page| {
        let reading = read_page("corpus", &page, book).reading;
        assert!(reading.needs_person && reading.boxes.is_empty(), "nobody here sent this sheet: {reading:?}");
        pages += 1;
    });
    assert!(pages > 0 || !problems.is_empty(), "neither a page nor a word why");
    assert!(problems.iter().all(|problem| problem.sentence.contains(" / ")), "{problems:?}");
    (pages, problems.len())
}

/// Every file of the corpora, the mails among them with everything that is attached to them.
#[test]
fn files_that_crashed_other_readers_end_in_pages_or_problems() {
    count_panics();
    let Some(root) = std::env::var_os("RENRAKU_CORPORA") else {
        println!("RENRAKU_CORPORA is not set: skipped");
        return;
    };
    let book = Book { layout: paper::layout(), others: LookUp::NotOurs };
    let mut files = Vec::new();
    below(Path::new(&root), &mut files);
    let (mut count, mut slowest) = ((0, 0, 0, 0), (Duration::ZERO, PathBuf::new()));
    for path in files {
        let bytes = std::fs::read(&path).expect("a file");
        let start = Instant::now();
        let mail = path.extension().is_some_and(|ending| ending == "eml").then(|| parse(&bytes).attachments);
        let parts =
            mail.map_or(vec![bytes], |attached| attached.into_iter().map(|file| file.bytes).collect());
        for part in &parts {
            let (pages, problems) = read_all_the_way(part, &book);
            count = (count.0, count.1 + 1, count.2 + pages, count.3 + problems);
        }
        count.0 += 1;
        slowest = slowest.max((start.elapsed(), path));
    }
    let (files, parts, pages, problems) = count;
    println!("{files} files with {parts} parts: {pages} pages, {problems} problems; slowest {slowest:?}");
    assert!(files > 100, "{files} files");
    assert!(slowest.0 < PoolLimits::default().wall, "{slowest:?}");
    assert_eq!(PANICS.get(), 0, "a decoder panicked");
}

fn sample_page(width_px: usize, height_px: usize) -> Bitmap {
    let mut bitmap = Bitmap::white(width_px, height_px);
    for (at, ink) in bitmap.ink.iter_mut().enumerate() {
        let (x, y) = (at % width_px, at / width_px);
        *ink = u8::from((x * 7 + y * y) % (23 + y % 11) < 4 && y % 5 != 0);
    }
    bitmap
}

/// A PDF around a Group 4 page, written without a library so that every byte of it can be changed.
fn sample_pdf(bitmap: &Bitmap) -> Vec<u8> {
    let tiff = encode_g4(&[(bitmap, 204.0, 196.0)]);
    // The strip stands right behind the header of eight bytes.
    let data = &tiff[8..];
    let (width, height) = (bitmap.width_px, bitmap.height_px);
    let mut file = format!(
        "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] \
         /Count 1 >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 50] /Contents 4 0 R \
         /Resources << /XObject << /I 5 0 R >> >> >>\nendobj\n4 0 obj\n<< /Length 29 >>\nstream\n\
         q 100 0 0 50 0 0 cm /I Do Q  \nendstream\nendobj\n5 0 obj\n<< /Type /XObject /Subtype /Image /Width \
         {width} /Height {height} /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /CCITTFaxDecode \
         /DecodeParms << /K -1 /Columns {width} >> /Length {} >>\nstream\n",
        data.len()
    )
    .into_bytes();
    file.extend(data);
    file.extend(b"\nendstream\nendobj\ntrailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n0\n%%EOF\n");
    file
}

#[test]
fn changed_bytes_never_panic() {
    count_panics();
    let bitmap = sample_page(304, 80);
    let tall = sample_page(120, 200);
    let files = [
        encode_g3(&[(&bitmap, 204.0, 98.0), (&tall, 204.0, 196.0)]),
        encode_g4(&[(&bitmap, 204.0, 98.0), (&tall, 204.0, 196.0)]),
        sample_pdf(&bitmap),
    ];
    for file in &files {
        let (pages, problems) = read(file);
        assert!(problems.is_empty() && pages[0].bitmap == bitmap, "the file itself is read: {problems:?}");
    }
    let mut dice = ChaCha8Rng::seed_from_u64(20_260_701);
    for round in 0..3000 {
        let mut file = files[round % files.len()].clone();
        for _ in 0..dice.random_range(1..6) {
            let at = dice.random_range(0..file.len());
            file[at] = dice.random();
        }
        if dice.random_ratio(1, 10) {
            file.truncate(dice.random_range(0..file.len()));
        }
        read(&file);
    }
    assert_eq!(PANICS.get(), 0, "a decoder panicked");
}

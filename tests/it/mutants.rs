//! Files of our own of every kind, damaged in every way that comes to mind, read all the way: each ends in pages or in
//! a clear problem, soon, without a panic, and no page of it becomes a wrong answer without a person. `RENRAKU_MUTANTS=20000`
//! makes that many (use `--release`); the seeds are fixed.

use crate::answered::Answered;
use crate::tiffs::{Page, Rows, Tiff, Value};
use image::{DynamicImage, GrayImage, ImageFormat};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use renraku::practice::damage::Resolution;
use renraku::read::bitmap::Bitmap;
use renraku::read::raster::{self, Limits};
use renraku::read::read_page;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const FIRST_SEED: u64 = 840_000;
/// No mutant may come near to the 20 s after which a child is killed; debug builds are ten times as slow.
const MOST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 6 });

fn mutants() -> u64 {
    std::env::var("RENRAKU_MUTANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(120)
}

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

/// One of our own files.
struct Sample {
    name: String,
    bytes: Vec<u8>,
}

fn samples(sheet: &Answered) -> Vec<Sample> {
    let with_boxes = |page: &&renraku::read::bitmap::RasterPage| {
        !sheet.layout.pages[page.page_in_file as usize - 1].boxes.is_empty()
    };
    let page = &sheet.pages.iter().find(with_boxes).expect("a page with boxes").bitmap;
    let standard = |file: Tiff| file.with(283, Value::Ratio(98, 1));
    let mut samples = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| samples.push(Sample { name: name.to_owned(), bytes });
    for rows in Rows::ALL {
        add(&format!("{rows:?}.tif"), standard(Tiff::fax(page, rows)).bytes());
    }
    let mut swapped = standard(Tiff::fax(page, Rows::G3)).lowest_bit_first().with(266, Value::Short(vec![2]));
    swapped.big_endian = true;
    add("big-endian.tif", swapped.bytes());
    let mut several = standard(Tiff::fax(page, Rows::G4));
    several.pages.push(standard(Tiff::fax(page, Rows::G3TwoD)).pages.remove(0));
    add("two-pages.tif", several.bytes());
    add("strips.tif", standard(strips(page)).bytes());
    add("grey.tif", standard(grey_tiff(page)).bytes());
    add("sheet.pdf", sheet.pdf.clone());
    add("fax.pdf", fax_pdf(page));
    let grey = grey(page, 255, 0);
    add("scan.png", encoded(&grey, ImageFormat::Png));
    add("photo.jpg", encoded(&grey, ImageFormat::Jpeg));
    samples
}

/// Strips of 128 rows, as a scanner makes them.
fn strips(page: &Bitmap) -> Tiff {
    let mut file = Tiff::fax(page, Rows::G4).with(278, Value::Long(vec![128]));
    file.pages[0].parts = page
        .ink
        .chunks(128 * page.width_px)
        .map(|ink| {
            let rows = ink.len() / page.width_px;
            let part = Bitmap { width_px: page.width_px, height_px: rows, ink: ink.to_vec() };
            crate::tiffs::coded(&part, Rows::G4)
        })
        .collect();
    file
}

fn grey_tiff(page: &Bitmap) -> Tiff {
    let mut file = Tiff::fax(page, Rows::Plain);
    let tags: &mut BTreeMap<u16, Value> = &mut file.pages[0].tags;
    tags.insert(258, Value::Short(vec![8]));
    tags.insert(262, Value::Short(vec![1]));
    tags.insert(277, Value::Short(vec![1]));
    let samples = page.ink.iter().map(|ink| 230 - ink * 170).collect();
    let tags = std::mem::take(tags);
    file.pages[0] = Page { tags, parts: vec![samples], ..Page::default() };
    file
}

/// Square pixels, as pictures have them.
fn grey(page: &Bitmap, paper: u8, ink: u8) -> DynamicImage {
    let rows = page.ink.chunks(page.width_px).flat_map(|row| [row, row]).flatten();
    let values = rows.map(|&one| if one == 1 { ink } else { paper }).collect();
    let image =
        GrayImage::from_raw(page.width_px as u32, page.height_px as u32 * 2, values).expect("an image");
    DynamicImage::from(image)
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("encoded");
    bytes.into_inner()
}

fn fax_pdf(page: &Bitmap) -> Vec<u8> {
    let (width, height) = (page.width_px, page.height_px);
    let image = format!(
        "/Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 1 /ColorSpace /DeviceGray \
         /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns {width} /Rows {height} >>"
    );
    let content = b"q 595 0 0 842 0 0 cm /I Do Q";
    let data = crate::tiffs::coded(page, Rows::G4);
    crate::hostile::pdf(&[crate::hostile::stream("", content), crate::hostile::stream(&image, &data)])
}

/// Damages a file; `others` lend their parts.
fn mutate(file: &mut Vec<u8>, others: &[Sample], dice: &mut ChaCha8Rng) {
    for _ in 0..dice.random_range(1..=4) {
        if file.is_empty() {
            return;
        }
        let at = dice.random_range(0..file.len());
        let to = (at + dice.random_range(1..200)).min(file.len());
        match dice.random_range(0..20) {
            0..=3 => file[at] ^= 1 << dice.random_range(0..8),
            4..=6 => file[at] = dice.random(),
            7 | 8 => file[at..to].fill_with(|| dice.random()),
            9 => file[at..to].fill(if dice.random() { 0 } else { 0xff }),
            10 => file.truncate(at),
            11 => drop(file.drain(at..to)),
            12 => {
                let copy = file[at..to].to_vec();
                let place = dice.random_range(0..=file.len());
                file.splice(place..place, copy);
            }
            13 => splice(file, &others.choose(dice).expect("samples").bytes, dice),
            14..=16 => edit_tag(file, dice),
            _ => edit_number(file, dice),
        }
    }
}

/// The head of one file and the tail of another.
fn splice(file: &mut Vec<u8>, other: &[u8], dice: &mut ChaCha8Rng) {
    file.truncate(dice.random_range(0..file.len()));
    file.extend(&other[dice.random_range(0..other.len())..]);
}

/// Numbers that readers stumble over.
const TRICKY: &[u32] =
    &[0, 1, 2, 3, 7, 8, 255, 256, 32_767, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/// One field of one entry of a TIFF's directory becomes a tricky number; of other files, four bytes.
fn edit_tag(file: &mut [u8], dice: &mut ChaCha8Rng) {
    let big_endian = file.starts_with(b"MM");
    let number = |bytes: &[u8]| {
        let push = |value: usize, byte: &u8| value << 8 | usize::from(*byte);
        if big_endian { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) }
    };
    let directory = file.get(4..8).map_or(0, number);
    let entries = file.get(directory..directory + 2).map_or(0, number).clamp(1, 64);
    let entry = directory + 2 + 12 * dice.random_range(0..entries);
    let (at, size) = *[(0, 2), (2, 2), (4, 4), (8, 4), (8, 2)].choose(dice).expect("fields");
    let value = TRICKY.choose(dice).expect("numbers");
    let value = if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let value = if big_endian { &value[4 - size..] } else { &value[..size] };
    let is_tiff = matches!(file.get(..2), Some(b"II" | b"MM")) && entry + 12 <= file.len();
    let at = if is_tiff { entry + at } else { dice.random_range(0..file.len()) };
    if let Some(field) = file.get_mut(at..at + size) {
        field.copy_from_slice(value);
    }
}

/// A number in the text of a PDF becomes another one; in other files, digits are as rare as they are.
fn edit_number(file: &mut Vec<u8>, dice: &mut ChaCha8Rng) {
    let start = dice.random_range(0..file.len());
    let Some(from) = (start..file.len()).find(|&at| file[at].is_ascii_digit()) else { return };
    let to = (from..file.len()).find(|&at| !file[at].is_ascii_digit()).unwrap_or(file.len());
    let number = match dice.random_range(0..4) {
        0 => "-1".to_owned(),
        1 => "0.00001".to_owned(),
        2 => dice.random_range(0..40).to_string(),
        _ => TRICKY.choose(dice).expect("numbers").to_string(),
    };
    file.splice(from..to, number.into_bytes());
}

#[derive(Debug, Default)]
struct Tally {
    read: u64,
    pages: u64,
    sure: u64,
    refused: u64,
    slowest: (Duration, String),
    faults: Vec<String>,
}

fn read(name: &str, bytes: &[u8], sheet: &Answered, blank: bool, tally: &mut Tally) {
    let start = Instant::now();
    let before = PANICS.get();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let (mut pages, mut wrong, mut sure) = (0, Vec::new(), 0);
        let problems = raster::open(bytes, &Limits::default(), &mut |page| {
            pages += 1;
            let read = read_page(name, &page, &sheet.book());
            let alone = !read.reading.needs_person;
            sure += u64::from(alone);
            let errors = if blank { Vec::new() } else { sheet.silent_errors(&read) };
            if alone {
                wrong.extend(errors);
            } else if !errors.is_empty() {
                println!("{name}: {errors:?}, on a page that a person looks at: {:?}", read.reading.reasons);
            }
        });
        let unclear = problems.iter().filter(|problem| !problem.sentence.contains(" / "));
        wrong.extend(unclear.map(|problem| format!("unclear: {problem}")));
        if pages == 0 && problems.is_empty() {
            wrong.push("neither a page nor a word why".to_owned());
        }
        (pages, sure, wrong)
    }));
    let took = start.elapsed();
    if took > tally.slowest.0 {
        tally.slowest = (took, name.to_owned());
    }
    tally.read += 1;
    if took > MOST {
        tally.faults.push(format!("{name}: took {took:?}"));
    }
    if PANICS.get() != before {
        tally.faults.push(format!("{name}: a panic"));
    }
    if let Ok((pages, sure, wrong)) = outcome {
        tally.pages += pages;
        tally.sure += sure;
        tally.refused += u64::from(pages == 0);
        tally.faults.extend(wrong.into_iter().map(|fault| format!("{name}: {fault}")));
    }
}

/// One after the other from a common number, so that all threads have work until the end.
fn run(samples: &[Sample], sheet: &Answered, next: &AtomicU64) -> Tally {
    let mut tally = Tally::default();
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= mutants() {
            return tally;
        }
        let mut dice = ChaCha8Rng::seed_from_u64(FIRST_SEED + seed);
        let sample = &samples[seed as usize % samples.len()];
        let mut file = sample.bytes.clone();
        mutate(&mut file, samples, &mut dice);
        let blank = sample.name == "sheet.pdf" || file.starts_with(b"%PDF");
        read(&format!("mutant {seed} of {}", sample.name), &file, sheet, blank, &mut tally);
    }
}

#[test]
fn mutants_of_our_own_files_end_soon_in_pages_or_problems() {
    count_panics();
    let sheet = Answered::new(FIRST_SEED, Resolution::Standard, 0.0);
    let samples = samples(&sheet);
    let mut whole = Tally::default();
    for sample in &samples {
        let (pages, sure) = (whole.pages, whole.sure);
        read(&sample.name, &sample.bytes, &sheet, sample.name == "sheet.pdf", &mut whole);
        assert!(whole.pages > pages && whole.sure > sure, "{} itself is read: {whole:?}", sample.name);
    }
    assert_eq!(whole.faults, Vec::<String>::new());
    let next = AtomicU64::new(0);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(|| run(&samples, &sheet, &next)));
        threads.into_iter().map(|thread| thread.join().expect("a tally")).collect()
    });
    let count = |of: fn(&Tally) -> u64| tallies.iter().map(of).sum::<u64>();
    println!(
        "{} mutants: {} pages, {} sure, {} files refused; slowest {:?}",
        count(|tally| tally.read),
        count(|tally| tally.pages),
        count(|tally| tally.sure),
        count(|tally| tally.refused),
        tallies.iter().map(|tally| &tally.slowest).max()
    );
    let faults: Vec<&String> = tallies.iter().flat_map(|tally| &tally.faults).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(count(|tally| tally.read), mutants());
}

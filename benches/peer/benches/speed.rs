//! The same sheets written by renraku and by krilla, turn by turn in one run:
//! `cargo bench --manifest-path benches/peer/Cargo.toml --bench speed`. Only the ratio says something on a machine
//! that does other things too.
//!
//! Like for like are *writing* (drawn pages → PDF) and *whole* (form and answers → PDF, where the drawing is renraku's
//! both times). Fonts are parsed before for both. Before anything is timed both PDFs are read back: the same text on
//! every page, and the same ink but for the edges of letters.

use divan::{Bencher, black_box};
use renraku::read::raster::{Limits, rasterize_pdf};
use renraku::typeset::pdf;
use renraku_peer::Peer;
use renraku_peer::sample::{Sample, TITLE};
use std::time::{Duration, Instant};

/// For the ratio, each of both is timed so often.
const TURNS: usize = 500;
/// For the comparison of the two pictures.
const DPI: f64 = 200.0;
/// Of the ink, where the two pictures may differ: coordinates are rounded otherwise at the edges of letters.
const DIFFERENT_AT_MOST: f64 = 0.02;

fn main() {
    let peer = Peer::new();
    for sample in Sample::all() {
        check(&peer, &sample);
        compare(&peer, &sample);
    }
    divan::main();
}

/// Neither leaves anything out.
fn check(peer: &Peer, sample: &Sample) {
    let pages = sample.draw().pages;
    let (ours, theirs) = (sample.render().pdf, peer.write(TITLE, &pages));
    let (words, ink) = (texts(&ours), [&ours, &theirs].map(|pdf| pictures(pdf)));
    assert!(words.iter().all(|page| page.chars().count() > 100), "{sample}: {words:?}");
    assert_eq!(words, texts(&theirs), "{sample}");
    assert_eq!(ink.each_ref().map(Vec::len), [pages.len(); 2], "{sample}");
    let share = different(&ink[0].concat(), &ink[1].concat());
    assert!(share <= DIFFERENT_AT_MOST, "{sample}: {share} of the ink differs");
    println!("{sample}: {} bytes by renraku, {} by krilla", ours.len(), theirs.len());
}

/// The words of every page, without blanks.
fn texts(bytes: &[u8]) -> Vec<String> {
    let document = lopdf::Document::load_mem(bytes).unwrap();
    let words = |page| document.extract_text(&[page]).unwrap().split_whitespace().collect();
    document.get_pages().into_keys().map(words).collect()
}

/// The pixels of every page, 1 for ink.
fn pictures(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (pages, problems) = rasterize_pdf(bytes, DPI, DPI, &Limits::default());
    assert!(problems.is_empty(), "{problems:?}");
    pages.into_iter().map(|page| page.bitmap.ink).collect()
}

/// Pixels that differ, as a share of the ink.
fn different(ours: &[u8], theirs: &[u8]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let ink = ours.iter().filter(|pixel| **pixel != 0).count();
    let differ = ours.iter().zip(theirs).filter(|(one, other)| one != other).count();
    differ as f64 / ink as f64
}

/// The two ratios.
fn compare(peer: &Peer, sample: &Sample) {
    let pages = sample.draw().pages;
    let (ours, theirs) = (|| pdf::write(TITLE, &pages).unwrap(), || peer.write(TITLE, &pages));
    report(&format!("{sample}: writing"), ours, theirs);
    let (ours, theirs) = (|| sample.render().pdf, || peer.write(TITLE, &sample.draw().pages));
    report(&format!("{sample}: whole"), ours, theirs);
}

/// Turn by turn, so that whatever else the machine does slows both.
fn report(what: &str, ours: impl Fn() -> Vec<u8>, theirs: impl Fn() -> Vec<u8>) {
    let (mut by_us, mut by_them) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        by_us.push(time(&ours));
        by_them.push(time(&theirs));
    }
    let (by_us, by_them) = (median_ms(by_us), median_ms(by_them));
    let ratio = by_us / by_them;
    println!("{what}: {by_us:.2} ms : {by_them:.2} ms by krilla = {ratio:.2} (medians of {TURNS})");
}

fn time(work: impl Fn() -> Vec<u8>) -> Duration {
    let begun = Instant::now();
    black_box(work());
    begun.elapsed()
}

fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

/// Form and answers → PDF.
#[divan::bench(args = Sample::all())]
fn whole(bencher: Bencher, sample: &Sample) {
    bencher.bench(|| sample.render());
}

/// Form and answers → PDF, written by krilla.
#[divan::bench(args = Sample::all())]
fn whole_by_krilla(bencher: Bencher, sample: &Sample) {
    let peer = Peer::new();
    bencher.bench(|| peer.write(TITLE, &sample.draw().pages));
}

/// Form and answers → drawn pages.
#[divan::bench(args = Sample::all())]
fn drawing(bencher: Bencher, sample: &Sample) {
    bencher.bench(|| sample.draw());
}

/// Drawn pages → PDF.
#[divan::bench(args = Sample::all())]
fn writing(bencher: Bencher, sample: &Sample) {
    let pages = sample.draw().pages;
    bencher.bench(|| pdf::write(TITLE, &pages));
}

/// Drawn pages → PDF, by krilla.
#[divan::bench(args = Sample::all())]
fn writing_by_krilla(bencher: Bencher, sample: &Sample) {
    let (peer, pages) = (Peer::new(), sample.draw().pages);
    bencher.bench(|| peer.write(TITLE, &pages));
}

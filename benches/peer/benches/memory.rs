//! What writing the same pages takes of memory, by renraku and by krilla: the column "max alloc" is the most that is
//! held at once. Counting slows the work, so the times here say nothing; `speed` says them.

use divan::{AllocProfiler, Bencher};
use renraku::typeset::pdf;
use renraku_peer::Peer;
use renraku_peer::sample::{Sample, TITLE};

#[global_allocator]
static COUNTED: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
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

//! One fine fax page: from the bytes of its TIFF to pixels, and from pixels to states; beside them what rqrr
//! needs to search the same page for its code, which the reader spares itself. The ratio is what counts. The
//! reader looks for the sheets of every form, as in a region that uses all of them. `many_pages` takes turns
//! among 60 trials (`renraku::practice::trial`): its slowest is the worst page of them.

use divan::Bencher;
use jiff::civil::date;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use renraku::domain::reading::{BoxState, FoundBy};
use renraku::domain::sheet_number::SheetNumber;
use renraku::form::answers::check_answers;
use renraku::form::catalogue::Catalogue;
use renraku::form::layout::{Frame, PageLayout};
use renraku::practice::damage::{Damage, LINE_PX, Resolution, fax};
use renraku::practice::fax_tiff::encode_g3;
use renraku::practice::pen::{self, MarkStyle};
use renraku::practice::trial::{PAPER_PX_PER_MM, PrintedPage, trial};
use renraku::read::bitmap::RasterPage;
use renraku::read::book::{LookUp, SheetBook};
use renraku::read::raster::{Limits, open, rasterize_pdf};
use renraku::read::{ReadPage, read_page, read_sheets};
use renraku::seal::keyring::Keyring;
use renraku::sheet::{RenderedSheet, SheetOrder, render};

fn main() {
    divan::main();
}

/// The sheets that went out: the example of every form.
struct Region(Vec<PageLayout>);

impl SheetBook for Region {
    fn frames(&self) -> Vec<Frame> {
        let mut frames: Vec<Frame> = Vec::new();
        for frame in self.0.iter().filter_map(PageLayout::frame) {
            if !frames.contains(&frame) {
                frames.push(frame);
            }
        }
        frames
    }

    fn look_up(&self, code_text: &str) -> LookUp {
        let Some(layout) = self.0.iter().find(|layout| layout.code.text == code_text) else {
            return LookUp::NotOurs;
        };
        LookUp::Known { sheet_id: SheetNumber::from_random([7; 7]), layout: Box::new(layout.clone()) }
    }
}

fn region() -> (Region, Vec<PrintedPage>) {
    let catalogue = Catalogue::built_in().unwrap();
    let (mut layouts, mut printed) = (Vec::new(), Vec::new());
    for (nth, form) in catalogue.forms().iter().enumerate() {
        let sheet = sample_sheet(&catalogue, form.id.as_str(), nth as u8);
        let dpi = PAPER_PX_PER_MM * 25.4;
        let (papers, problems) = rasterize_pdf(&sheet.pdf, dpi, dpi, &Limits::default());
        assert!(problems.is_empty(), "{problems:?}");
        for (layout, paper) in sheet.layout.pages.iter().zip(papers) {
            layouts.push(layout.clone());
            if !layout.boxes.is_empty() {
                let sheet_id = sheet.layout.sheet_id.clone();
                printed.push(PrintedPage { sheet_id, layout: layout.clone(), paper: paper.bitmap });
            }
        }
    }
    (Region(layouts), printed)
}

/// A sheet that was ticked and faxed with ordinary damage.
struct Arrived {
    tiff: Vec<u8>,
    book: Region,
}

impl Arrived {
    fn new() -> Self {
        let (book, printed) = region();
        let page = printed.into_iter().find(|page| page.layout.boxes.len() == 12).unwrap();
        let PrintedPage { layout, mut paper, .. } = page;
        let mut rng = ChaCha8Rng::seed_from_u64(20_001);
        for one in layout.boxes.iter().step_by(3) {
            pen::mark_box(
                &mut paper,
                PAPER_PX_PER_MM,
                one.x_mm,
                one.y_mm,
                one.size_mm,
                MarkStyle::Tick,
                &mut rng,
            );
        }
        let damage = Damage::random(&mut rng, 1.0);
        let page = fax(&paper, PAPER_PX_PER_MM, Resolution::Fine, &damage, &mut rng);
        let tiff = encode_g3(&[(&page.bitmap, page.dpi_x, page.dpi_y)]);
        Self { tiff, book }
    }

    fn open(&self) -> RasterPage {
        let mut pages = Vec::new();
        open(&self.tiff, &Limits::default(), &mut |page| pages.push(page));
        pages.remove(0)
    }

    fn read(&self, page: &RasterPage) -> ReadPage {
        read_page("fax.tif", page, &self.book)
    }
}

fn sample_sheet(catalogue: &Catalogue, id: &str, nth: u8) -> RenderedSheet {
    let form = catalogue.get(id).unwrap();
    let example =
        std::fs::read(format!("{}/tests/forms/{id}/example.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let answers = check_answers(form, &serde_json::from_slice(&example).unwrap()).unwrap();
    let order = SheetOrder {
        form,
        answers: &answers,
        number: "2026-000001",
        sheet_id: &SheetNumber::from_random([nth; 7]),
        keyring: &Keyring::sample(),
        issued_on: date(2026, 11, 20),
        due_on: Some(date(2026, 11, 27)),
        return_fax: "03-0000-0001",
        sample: true,
        cover: false,
        attached: &[],
    };
    render(&order).unwrap()
}

/// TIFF bytes → pixels.
#[divan::bench]
fn opening(bencher: Bencher) {
    let arrived = Arrived::new();
    bencher.bench(|| arrived.open());
}

/// Pixels → states.
#[divan::bench]
fn reading(bencher: Bencher) {
    let arrived = Arrived::new();
    let page = arrived.open();
    let reading = arrived.read(&page).reading;
    let marked = reading.boxes.iter().filter(|one| one.state == BoxState::Marked).count();
    assert!(reading.found_by == FoundBy::Code && marked > 0, "{reading:#?}");
    bencher.bench(|| arrived.read(&page));
}

/// TIFF bytes → states.
#[divan::bench]
fn opening_and_reading(bencher: Bencher) {
    let arrived = Arrived::new();
    bencher.bench(|| arrived.read(&arrived.open()));
}

/// TIFF bytes → states, of 60 mistreated pages in turn.
#[divan::bench(sample_count = 180, sample_size = 1)]
fn many_pages(bencher: Bencher) {
    let (book, printed) = region();
    let tiffs: Vec<Vec<u8>> = (0..)
        .map(|seed| trial(&printed, Resolution::Fine, 500_000 + seed).page)
        .filter(|page| page.bitmap.width_px == LINE_PX && page.bitmap.height_px <= 2300)
        .take(60)
        .map(|page| encode_g3(&[(&page.bitmap, page.dpi_x, page.dpi_y)]))
        .collect();
    let mut turn = tiffs.iter().cycle();
    bencher.with_inputs(|| turn.next().unwrap()).bench_local_refs(|tiff| {
        let mut read = Vec::new();
        open(tiff, &Limits::default(), &mut |page| read.extend(read_sheets("fax.tif", &page, &book)));
        read
    });
}

/// rqrr alone, on every pixel of the page.
#[divan::bench]
fn rqrr_searches_the_page(bencher: Bencher) {
    let page = Arrived::new().open().bitmap;
    let search = || {
        let ink = |x: usize, y: usize| page.at(x as isize, y as isize) == 1;
        let mut prepared = rqrr::PreparedImage::prepare_from_bitmap(page.width_px, page.height_px, ink);
        prepared.detect_grids().len()
    };
    assert!(search() > 0);
    bencher.bench(search);
}

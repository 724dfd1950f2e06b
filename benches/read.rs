//! One fine fax page: from the bytes of its TIFF to pixels, and from pixels to states; beside them what rqrr
//! needs to search the same page for its code, which the reader spares itself. The ratio is what counts.

use divan::Bencher;
use jiff::civil::date;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use renraku::domain::reading::{BoxState, FoundBy};
use renraku::domain::sheet_number::SheetNumber;
use renraku::form::answers::check_answers;
use renraku::form::catalogue::Catalogue;
use renraku::form::layout::{Frame, PageLayout};
use renraku::practice::damage::{Damage, Resolution, fax};
use renraku::practice::fax_tiff::encode_g3;
use renraku::practice::pen::{self, MarkStyle};
use renraku::read::bitmap::RasterPage;
use renraku::read::book::{LookUp, SheetBook};
use renraku::read::raster::{Limits, open, rasterize_pdf};
use renraku::read::{ReadPage, read_page};
use renraku::seal::keyring::Keyring;
use renraku::sheet::{RenderedSheet, SheetOrder, render};

/// Pixels a millimetre of the printed sheet, before the fax machine.
const PX: f64 = 12.0;

fn main() {
    divan::main();
}

/// The one sheet that went out.
struct OneSheet(PageLayout);

impl SheetBook for OneSheet {
    fn frames(&self) -> Vec<Frame> {
        self.0.frame().into_iter().collect()
    }

    fn look_up(&self, code_text: &str) -> LookUp {
        if code_text != self.0.code.text {
            return LookUp::NotOurs;
        }
        LookUp::Known { sheet_id: SheetNumber::from_random([7; 7]), layout: Box::new(self.0.clone()) }
    }
}

/// A sheet that was ticked and faxed with ordinary damage.
struct Arrived {
    tiff: Vec<u8>,
    book: OneSheet,
}

impl Arrived {
    fn new() -> Self {
        let sheet = sample_sheet();
        let layout = sheet.layout.pages[0].clone();
        let dpi = PX * 25.4;
        let (mut pages, problems) = rasterize_pdf(&sheet.pdf, dpi, dpi, &Limits::default());
        assert!(problems.is_empty(), "{problems:?}");
        let mut paper = pages.remove(0).bitmap;
        let mut rng = ChaCha8Rng::seed_from_u64(20_001);
        for one in layout.boxes.iter().step_by(3) {
            pen::mark_box(&mut paper, PX, one.x_mm, one.y_mm, one.size_mm, MarkStyle::Tick, &mut rng);
        }
        let damage = Damage::random(&mut rng, 1.0);
        let page = fax(&paper, PX, Resolution::Fine, &damage, &mut rng);
        let tiff = encode_g3(&[(&page.bitmap, page.dpi_x, page.dpi_y)]);
        Self { tiff, book: OneSheet(layout) }
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

fn sample_sheet() -> RenderedSheet {
    let catalogue = Catalogue::built_in().unwrap();
    let form = catalogue.get("liaison").unwrap();
    let example = include_str!("../tests/forms/liaison/example.json");
    let answers = check_answers(form, &serde_json::from_str(example).unwrap()).unwrap();
    let order = SheetOrder {
        form,
        answers: &answers,
        number: "2026-000001",
        sheet_id: &SheetNumber::from_random([7; 7]),
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

/// rqrr alone, on every pixel of the page.
#[divan::bench]
fn rqrr_searches_the_page(bencher: Bencher) {
    let page = Arrived::new().open().bitmap;
    let search = || {
        let ink = |x: usize, y: usize| page.at(x as isize, y as isize) == 1;
        let mut prepared = rqrr::PreparedImage::prepare_from_bitmap(page.width_px, page.height_px, ink);
        prepared.detect_grids().iter().filter(|grid| grid.decode().is_ok()).count()
    };
    assert_eq!(search(), 1);
    bencher.bench(search);
}

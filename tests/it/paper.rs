//! Draws a sheet straight from its layout, with everything around it that could mislead a reader:
//! characters, tables, bars. Used where the reader is tested without the sheet's own PDF.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use renraku::domain::sheet_number::SheetNumber;
use renraku::form::layout::{CodePlace, Frame, Mark, PageLayout, TickBox, Zone};
use renraku::read::bitmap::Bitmap;
use renraku::read::book::{LookUp, SheetBook};

/// Pixels a millimetre of a drawn page.
pub const PX: f64 = 12.0;

/// One sheet that went out; every other code is as `others` says.
pub struct Book {
    pub layout: PageLayout,
    pub others: LookUp,
}

impl SheetBook for Book {
    /// The sheet's frame among those of shorter and taller sheets, as a region has them.
    fn frames(&self) -> Vec<Frame> {
        let Some(frame) = self.layout.frame() else { return Vec::new() };
        let heights = (-10..=3).map(|step| f64::from(step) * 5.0);
        let taller = heights.map(|by_mm| {
            let mut other = frame.clone();
            other.marks[0].y_mm -= by_mm;
            other.marks[1].y_mm -= by_mm;
            other.code_y_mm -= by_mm;
            other
        });
        taller.collect()
    }

    fn look_up(&self, code_text: &str) -> LookUp {
        if code_text == self.layout.code.text {
            return LookUp::Known { sheet_id: sheet_id(), layout: Box::new(self.layout.clone()) };
        }
        self.others.clone()
    }
}

pub fn sheet_id() -> SheetNumber {
    SheetNumber::from_random([7; 7])
}

/// A reply part in the lower half of an A4 page.
pub fn layout() -> PageLayout {
    let mark = |x_mm, y_mm| Mark { x_mm, y_mm, size_mm: 6.0 };
    let columns = [(22.0, 164.0, 7), (88.0, 164.0, 6), (140.0, 198.0, 3)];
    let boxes = columns.iter().enumerate().flat_map(|(column, &(x_mm, top, count))| {
        (0..count).map(move |row| TickBox {
            field: format!("field{column}"),
            option: format!("option{row}"),
            x_mm,
            y_mm: top + 11.0 * f64::from(row),
            size_mm: 5.0,
        })
    });
    let zone = |field: &str, x_mm, y_mm, w_mm, h_mm| Zone { field: field.to_owned(), x_mm, y_mm, w_mm, h_mm };
    PageLayout {
        page: 1,
        width_mm: 210.0,
        height_mm: 297.0,
        marks: vec![mark(10.0, 150.0), mark(194.0, 150.0), mark(10.0, 280.0), mark(194.0, 280.0)],
        code: CodePlace {
            text: "1ABCDEFGHJKM1NPQRSTVWXYZ01".to_owned(),
            x_mm: 163.0,
            y_mm: 156.0,
            size_mm: 25.0,
        },
        boxes: boxes.collect(),
        zones: vec![zone("note", 22.0, 244.0, 110.0, 20.0), zone("who", 22.0, 268.0, 160.0, 12.0)],
        printed: Vec::new(),
    }
}

/// The printed sheet, with distractors that depend on `seed`.
pub fn print(layout: &PageLayout, seed: u64) -> Bitmap {
    let mut paper = Paper {
        page: Bitmap::white((layout.width_mm * PX) as usize, (layout.height_mm * PX) as usize),
        rng: ChaCha8Rng::seed_from_u64(seed),
    };
    paper.letter_above(layout);
    for mark in &layout.marks {
        paper.fill(mark.x_mm, mark.y_mm, mark.size_mm, mark.size_mm);
    }
    paper.code(layout);
    for one in &layout.boxes {
        paper.frame(one.x_mm, one.y_mm, one.size_mm, one.size_mm, 0.35);
        paper.text(one.x_mm + one.size_mm + 2.1, one.y_mm + 0.4, 28.0, 4.2);
    }
    for zone in &layout.zones {
        paper.frame(zone.x_mm, zone.y_mm, zone.w_mm, zone.h_mm, 0.3);
    }
    paper.page
}

/// Keeps only the reply part, as if cut off with scissors and laid at the top of the glass.
pub fn cut_off(page: &Bitmap, top_mm: f64) -> Bitmap {
    let from = (top_mm * PX) as usize * page.width_px;
    Bitmap {
        width_px: page.width_px,
        height_px: page.height_px - (top_mm * PX) as usize,
        ink: page.ink[from..].to_vec(),
    }
}

/// Whites out (0) or blackens (1) a rectangle given in mm.
pub fn paint(page: &mut Bitmap, x_mm: f64, y_mm: f64, w_mm: f64, h_mm: f64, ink: u8) {
    let clip = |mm: f64, limit: usize| ((mm * PX).round().max(0.0) as usize).min(limit);
    let (x0, x1) = (clip(x_mm, page.width_px), clip(x_mm + w_mm, page.width_px));
    for y in clip(y_mm, page.height_px)..clip(y_mm + h_mm, page.height_px) {
        page.ink[y * page.width_px + x0..y * page.width_px + x1].fill(ink);
    }
}

struct Paper {
    page: Bitmap,
    rng: ChaCha8Rng,
}

impl Paper {
    fn fill(&mut self, x: f64, y: f64, w: f64, h: f64) {
        paint(&mut self.page, x, y, w, h, 1);
    }

    fn frame(&mut self, x: f64, y: f64, w: f64, h: f64, stroke: f64) {
        let half = stroke / 2.0;
        for (x, y, w, h) in [(x, y, w, 0.0), (x, y + h, w, 0.0), (x, y, 0.0, h), (x + w, y, 0.0, h)] {
            self.fill(x - half, y - half, w + stroke, h + stroke);
        }
    }

    fn code(&mut self, layout: &PageLayout) {
        let code = &layout.code;
        let qr =
            qrcode::QrCode::with_version(&code.text, qrcode::Version::Normal(2), qrcode::EcLevel::Q).unwrap();
        let module = code.size_mm / 25.0;
        for (index, color) in qr.to_colors().into_iter().enumerate() {
            if color == qrcode::Color::Dark {
                let (column, row) = ((index % 25) as f64, (index / 25) as f64);
                self.fill(code.x_mm + column * module, code.y_mm + row * module, module, module);
            }
        }
    }

    /// A line of things like kanji: strokes across and down in a square.
    fn text(&mut self, x: f64, y: f64, w: f64, size: f64) {
        let mut at = x;
        while at + size <= x + w {
            for _ in 0..self.rng.random_range(3..7) {
                let stroke = size * 0.09;
                let off = self.rng.random_range(0.0..size * 0.9);
                let (from, length) =
                    (self.rng.random_range(0.0..size * 0.3), self.rng.random_range(0.4..0.7) * size);
                if self.rng.random_bool(0.5) {
                    self.fill(at + from, y + off, length, stroke);
                } else {
                    self.fill(at + off, y + from, stroke, length);
                }
            }
            at += size * 1.05;
        }
    }

    /// The upper part: a bold title, bars, a table, solid bullets the size of corner squares.
    fn letter_above(&mut self, layout: &PageLayout) {
        let bottom = layout.marks.iter().map(|mark| mark.y_mm).fold(f64::MAX, f64::min) - 6.0;
        if bottom < 60.0 {
            return;
        }
        self.text(60.0, 15.0, 90.0, 8.0);
        self.fill(15.0, 26.0, 180.0, 7.0);
        for bullet in 0..self.rng.random_range(0..4) {
            let (x, size) = (self.rng.random_range(15.0..190.0), self.rng.random_range(4.5..7.0));
            self.fill(x, 36.0 + 9.0 * f64::from(bullet), size, size);
        }
        let mut y = 66.0;
        while y < bottom {
            self.frame(15.0, y, 180.0, 9.0, 0.3);
            let width = self.rng.random_range(40.0..170.0);
            self.text(18.0, y + 2.0, width, 3.7);
            y += 9.0;
        }
    }
}

//! A fax machine with its faults: a clean high-resolution page becomes a page of fax pixels. It never
//! repairs anything; every fault comes from the given random numbers.

use crate::read::bitmap::{Bitmap, RasterPage};
use rand::Rng;

/// The two resolutions of group 3 machines (ITU-T T.4 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// 204 × 98 pixels an inch.
    Standard,
    /// 204 × 196 pixels an inch.
    Fine,
}

impl Resolution {
    /// Pixels an inch, across and down.
    #[must_use]
    pub fn dpi(self) -> (f64, f64) {
        match self {
            Self::Standard => (204.0, 98.0),
            Self::Fine => (204.0, 196.0),
        }
    }
}

/// Pixels in a line of a G3 fax (ITU-T T.4 §2.2).
pub const LINE_PX: usize = 1728;

/// Everything that goes wrong with one page.
#[derive(Debug, Clone, PartialEq)]
pub struct Damage {
    /// Scale across (1 = true).
    pub scale_x: f64,
    /// Scale down.
    pub scale_y: f64,
    /// Skew, clockwise.
    pub skew_deg: f64,
    /// Quarter turns clockwise: 2 is upside down.
    pub quarter_turns: u8,
    /// How far the paper lies to the right of its place.
    pub shift_x_mm: f64,
    /// How far it lies down.
    pub shift_y_mm: f64,
    /// Share of a pixel that must be dark: below 0.5 lines thicken, above they thin.
    pub threshold: f64,
    /// How much the threshold wavers from pixel to pixel: frayed edges.
    pub fray: f64,
    /// Share of pixels that flip.
    pub specks: f64,
    /// Black vertical lines: place (0 to 1 of the width) and thickness in pixels.
    pub streaks: Vec<(f64, usize)>,
    /// Lost rows: place (0 to 1 of the height) and number of rows.
    pub lost: Vec<(f64, usize)>,
    /// True when lost rows repeat the row above instead of being white.
    pub lost_repeat: bool,
    /// The sender's line at the top.
    pub header: bool,
}

impl Damage {
    /// No damage at all: sampling only.
    #[must_use]
    pub fn none() -> Self {
        Self {
            scale_x: 1.0,
            scale_y: 1.0,
            skew_deg: 0.0,
            quarter_turns: 0,
            shift_x_mm: 0.0,
            shift_y_mm: 0.0,
            threshold: 0.5,
            fray: 0.0,
            specks: 0.0,
            streaks: Vec::new(),
            lost: Vec::new(),
            lost_repeat: false,
            header: false,
        }
    }

    /// What an ordinary bad line does: `strength` 0 is a clean page, 1 is scale 93 to 103 % both ways,
    /// skew ±3°, one page in five upside down, noise, thick or thin lines, now and then a streak and
    /// lost rows.
    pub fn random(rng: &mut impl Rng, strength: f64) -> Self {
        let mut around = |middle: f64, reach: f64| middle + rng.random_range(-1.0..=1.0) * reach * strength;
        let (scale_x, scale_y) = (around(1.0 - 0.02 * strength, 0.05), around(1.0 - 0.02 * strength, 0.05));
        let (skew_deg, right_mm, down_mm) = (around(0.0, 3.0), around(0.0, 2.5), around(0.0, 2.5));
        let threshold = around(0.45, 0.12);
        let some = |rng: &mut dyn rand::RngCore, chance: f64, most: usize| {
            if rng.random_bool(chance * strength) { rng.random_range(1..=most) } else { 0 }
        };
        let streaks = some(rng, 0.06, 1);
        let lost = some(rng, 0.5, 4);
        Self {
            scale_x,
            scale_y,
            skew_deg,
            quarter_turns: if rng.random_bool(0.2 * strength) { 2 } else { 0 },
            shift_x_mm: right_mm,
            shift_y_mm: down_mm,
            threshold,
            fray: 0.15 * strength,
            specks: rng.random_range(0.0..0.0012) * strength,
            streaks: (0..streaks).map(|_| (rng.random_range(0.02..0.98), rng.random_range(1..=2))).collect(),
            lost: (0..lost).map(|_| (rng.random_range(0.05..0.95), rng.random_range(1..=3))).collect(),
            lost_repeat: rng.random_bool(0.5),
            header: strength > 0.0,
        }
    }
}

/// Sends `page` (square pixels, `px_per_mm`) through the machine. The result is always A4-sized: 1728
/// pixels across, or as many as a quarter turn needs.
pub fn fax(
    page: &Bitmap,
    px_per_mm: f64,
    resolution: Resolution,
    damage: &Damage,
    rng: &mut impl Rng,
) -> RasterPage {
    let (dpi_x, dpi_y) = resolution.dpi();
    let sheet_mm = (page.width_px as f64 / px_per_mm, page.height_px as f64 / px_per_mm);
    let on_side = damage.quarter_turns % 2 == 1;
    let paper_mm = if on_side { (sheet_mm.1, sheet_mm.0) } else { sheet_mm };
    let width = if on_side { (paper_mm.0 * dpi_x / 25.4) as usize } else { LINE_PX };
    let height = (paper_mm.1 * dpi_y / 25.4) as usize;
    let mut bitmap = Bitmap::white(width, height);
    let view = View { page, px_per_mm, damage, sheet_mm, paper_mm, dpi: (dpi_x, dpi_y) };
    scan(&mut bitmap, &view, rng);
    if damage.header {
        print_header(&mut bitmap, dpi_y, rng);
    }
    lose_rows(&mut bitmap, damage);
    draw_streaks(&mut bitmap, damage);
    RasterPage { page_in_file: 1, bitmap, dpi_x, dpi_y, damaged_rows: Vec::new(), problems: Vec::new() }
}

/// How the scanner sees the paper.
struct View<'a> {
    page: &'a Bitmap,
    px_per_mm: f64,
    damage: &'a Damage,
    sheet_mm: (f64, f64),
    paper_mm: (f64, f64),
    dpi: (f64, f64),
}

impl View<'_> {
    /// The page's pixel (with fraction) that lies under the fax pixel (with fraction).
    fn source(&self, x: f64, y: f64) -> (f64, f64) {
        let damage = self.damage;
        let u = (x * 25.4 / self.dpi.0 - damage.shift_x_mm - self.paper_mm.0 / 2.0) / damage.scale_x;
        let v = (y * 25.4 / self.dpi.1 - damage.shift_y_mm - self.paper_mm.1 / 2.0) / damage.scale_y;
        let turn = damage.skew_deg + 90.0 * f64::from(damage.quarter_turns);
        let (sin, cos) = turn.to_radians().sin_cos();
        let (sheet_x, sheet_y) = (u * cos + v * sin, -u * sin + v * cos);
        (
            (sheet_x + self.sheet_mm.0 / 2.0) * self.px_per_mm,
            (sheet_y + self.sheet_mm.1 / 2.0) * self.px_per_mm,
        )
    }
}

/// Samples on each fax pixel, across and down: its share of ink in steps of 1/12.
const SAMPLES: (usize, usize) = (3, 4);

fn scan(bitmap: &mut Bitmap, view: &View, rng: &mut impl Rng) {
    let origin = view.source(0.0, 0.0);
    let right = view.source(1.0, 0.0);
    let down = view.source(0.0, 1.0);
    let (rx, ry) = (right.0 - origin.0, right.1 - origin.1);
    let (dx, dy) = (down.0 - origin.0, down.1 - origin.1);
    let blank = blank_rows(view.page);
    let width = bitmap.width_px;
    for (index, pixel) in bitmap.ink.iter_mut().enumerate() {
        let (x, y) = ((index % width) as f64, (index / width) as f64);
        let (sx, sy) = (origin.0 + x * rx + y * dx, origin.1 + x * ry + y * dy);
        let mut dark = 0;
        if !blank.is_white(sx, sy) {
            for sample in 0..SAMPLES.0 * SAMPLES.1 {
                let fx = ((sample % SAMPLES.0) as f64 + 0.5) / SAMPLES.0 as f64;
                let fy = ((sample / SAMPLES.0) as f64 + 0.5) / SAMPLES.1 as f64;
                dark += usize::from(
                    view.page.at((sx + fx * rx + fy * dx) as isize, (sy + fx * ry + fy * dy) as isize),
                );
            }
        }
        let share = dark as f64 / (SAMPLES.0 * SAMPLES.1) as f64;
        let waver = if dark > 0 && view.damage.fray > 0.0 {
            rng.random_range(-view.damage.fray..=view.damage.fray)
        } else {
            0.0
        };
        let flipped = view.damage.specks > 0.0 && rng.random_bool(view.damage.specks);
        *pixel = u8::from((share > view.damage.threshold + waver) != flipped);
    }
}

/// Blocks of the page without any ink, so that white paper costs little.
struct Blank {
    columns: isize,
    inked: Vec<bool>,
}

const BLOCK_PX: isize = 32;

fn blank_rows(page: &Bitmap) -> Blank {
    let columns = page.width_px as isize / BLOCK_PX + 1;
    let rows = page.height_px as isize / BLOCK_PX + 1;
    let mut inked = vec![false; (columns * rows) as usize];
    for y in 0..page.height_px {
        for (block, pixels) in page.row(y).chunks(BLOCK_PX as usize).enumerate() {
            if pixels.contains(&1) {
                inked[y / BLOCK_PX as usize * columns as usize + block] = true;
            }
        }
    }
    Blank { columns, inked }
}

impl Blank {
    /// True when nothing is drawn in the pixel's block nor in any beside it.
    fn is_white(&self, x: f64, y: f64) -> bool {
        let (column, row) = ((x as isize).div_euclid(BLOCK_PX), (y as isize).div_euclid(BLOCK_PX));
        !(-1..=1).any(|dy| (-1..=1).any(|dx| self.is_inked(column + dx, row + dy)))
    }

    fn is_inked(&self, column: isize, row: isize) -> bool {
        if column < 0 || row < 0 || column >= self.columns {
            return false;
        }
        self.inked.get((row * self.columns + column) as usize).copied().unwrap_or(false)
    }
}

/// Blobs like the characters of a sender's line, 2.5 mm high, in the top 6 mm.
fn print_header(bitmap: &mut Bitmap, dpi_y: f64, rng: &mut impl Rng) {
    let (top, bottom) = ((2.5 * dpi_y / 25.4) as usize, (5.0 * dpi_y / 25.4) as usize);
    let width = bitmap.width_px;
    let mut x = 60;
    while x + 16 < width * 2 / 3 {
        if rng.random_bool(0.8) {
            for y in top..bottom.min(bitmap.height_px) {
                let from = x + rng.random_range(0..6);
                bitmap.ink[y * width + from..y * width + from + 5].fill(1);
            }
        }
        x += 20;
    }
}

fn lose_rows(bitmap: &mut Bitmap, damage: &Damage) {
    let width = bitmap.width_px;
    for &(place, rows) in &damage.lost {
        let first = ((place * bitmap.height_px as f64) as usize).max(1);
        for y in first..(first + rows).min(bitmap.height_px) {
            if damage.lost_repeat {
                bitmap.ink.copy_within((first - 1) * width..first * width, y * width);
            } else {
                bitmap.ink[y * width..(y + 1) * width].fill(0);
            }
        }
    }
}

fn draw_streaks(bitmap: &mut Bitmap, damage: &Damage) {
    let width = bitmap.width_px;
    for &(place, thickness) in &damage.streaks {
        let first = (place * width as f64) as usize;
        for y in 0..bitmap.height_px {
            bitmap.ink[y * width + first..y * width + (first + thickness).min(width)].fill(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn square_page() -> Bitmap {
        let mut page = Bitmap::white(2100, 2970);
        for y in 300..400 {
            page.ink[y * 2100 + 500..y * 2100 + 600].fill(1);
        }
        page
    }

    #[test]
    fn a_clean_line_keeps_every_thing_in_its_place() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let page = fax(&square_page(), 10.0, Resolution::Fine, &Damage::none(), &mut rng);
        assert_eq!((page.bitmap.width_px, page.bitmap.height_px), (1728, 2291));
        let at = |x_mm: f64, y_mm: f64| {
            page.bitmap.at((x_mm / 25.4 * 204.0) as isize, (y_mm / 25.4 * 196.0) as isize)
        };
        assert_eq!([at(55.0, 35.0), at(50.5, 30.5), at(59.5, 39.5)], [1; 3]);
        assert_eq!([at(49.0, 35.0), at(61.0, 35.0), at(55.0, 29.0), at(55.0, 41.0)], [0; 4]);
    }

    #[test]
    fn turns_go_clockwise() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let damage = Damage { quarter_turns: 1, ..Damage::none() };
        let page = fax(&square_page(), 10.0, Resolution::Fine, &damage, &mut rng);
        // 35 mm from the top becomes 35 mm from the right; 55 mm from the left, 55 mm from the top.
        let x = ((297.0 - 35.0) / 25.4 * 204.0) as isize;
        assert_eq!(page.bitmap.at(x, (55.0 / 25.4 * 196.0) as isize), 1);
    }
}

//! A fax machine with its faults: a clean high-resolution page becomes a page of fax pixels. It never
//! repairs anything; every fault comes from the given random numbers.

use super::scanner::{self, Glass};
use crate::read::affine::Affine;
use crate::read::bitmap::{Bitmap, RasterPage};
use crate::read::plane::Plane;
use rand::Rng;
use serde::{Deserialize, Serialize};

/// The two resolutions of group 3 machines (ITU-T T.4 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// How much longer the paper's top edge is seen than its bottom edge, as a share: the camera was not
    /// held straight.
    pub keystone_down: f64,
    /// The same for the left edge against the right one.
    pub keystone_across: f64,
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
            keystone_down: 0.0,
            keystone_across: 0.0,
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
            keystone_down: 0.0,
            keystone_across: 0.0,
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
    let size_mm = (page.width_px as f64 / px_per_mm, page.height_px as f64 / px_per_mm);
    let (dpi_x, _) = resolution.dpi();
    let on_side = damage.quarter_turns % 2 == 1;
    let width_px = if on_side { (size_mm.1 * dpi_x / 25.4) as usize } else { LINE_PX };
    let glass = Glass { scene: page, px_per_mm, paper_mm: (0.0, 0.0, size_mm.0, size_mm.1), width_px };
    fax_from(&glass, resolution, damage, rng).0
}

/// The same for paper that lies anywhere on a glass, with the map that the machine made of it: glass mm →
/// page px.
pub fn fax_from(
    glass: &Glass,
    resolution: Resolution,
    damage: &Damage,
    rng: &mut impl Rng,
) -> (RasterPage, Plane) {
    let (dpi_x, dpi_y) = resolution.dpi();
    let (_, _, w, h) = glass.paper_mm;
    let down_mm = if damage.quarter_turns % 2 == 1 { w } else { h };
    let plane = damage.plane(glass, (dpi_x, dpi_y));
    let mut bitmap = Bitmap::white(glass.width_px, (down_mm * dpi_y / 25.4) as usize);
    scanner::scan(&mut bitmap, glass, &plane, damage, rng);
    if damage.header {
        print_header(&mut bitmap, dpi_y, rng);
    }
    lose_rows(&mut bitmap, damage);
    draw_streaks(&mut bitmap, damage);
    let page =
        RasterPage { page_in_file: 1, bitmap, dpi_x, dpi_y, damaged_rows: Vec::new(), problems: Vec::new() };
    (page, plane)
}

impl Damage {
    /// Glass mm → page px: turned and stretched around the paper's middle, which comes to lie in the middle
    /// of the page.
    fn plane(&self, glass: &Glass, (dpi_x, dpi_y): (f64, f64)) -> Plane {
        let (left, top, w, h) = glass.paper_mm;
        let (middle_x, middle_y) = (left + w / 2.0, top + h / 2.0);
        let down_mm = if self.quarter_turns % 2 == 1 { w } else { h };
        let (px, py) = (dpi_x / 25.4 * self.scale_x, dpi_y / 25.4 * self.scale_y);
        let (sin, cos) = (self.skew_deg + 90.0 * f64::from(self.quarter_turns)).to_radians().sin_cos();
        let (xx, xy, yx, yy) = (px * cos, -px * sin, py * sin, py * cos);
        let x0 = glass.width_px as f64 / 2.0 + self.shift_x_mm * dpi_x / 25.4;
        let y0 = (down_mm / 2.0 + self.shift_y_mm) * dpi_y / 25.4;
        // From the middle: page = middle + A·p / (1 + g·p); as one division over mm from the glass's corner.
        let (gx, gy) = (self.keystone_across / w, self.keystone_down / h);
        let (xx, xy, yx, yy) = (xx + x0 * gx, xy + x0 * gy, yx + y0 * gx, yy + y0 * gy);
        let (x0, y0) = (x0 - xx * middle_x - xy * middle_y, y0 - yx * middle_x - yy * middle_y);
        let depth = 1.0 - gx * middle_x - gy * middle_y;
        let over = |value: f64| value / depth;
        Plane {
            affine: Affine {
                xx: over(xx),
                xy: over(xy),
                x0: over(x0),
                yx: over(yx),
                yy: over(yy),
                y0: over(y0),
            },
            gx: over(gx),
            gy: over(gy),
        }
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
            // Paper of 210 mm lies in the middle of a line of 1728 pixels, 215.2 mm.
            page.bitmap.at(((x_mm + 2.58) / 25.4 * 204.0) as isize, (y_mm / 25.4 * 196.0) as isize)
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

//! A doctor's pen on a high-resolution page: ticks, crosses, rings, handwriting. It draws; it never
//! reads, and the same random numbers always draw the same stroke.

use crate::read::bitmap::Bitmap;
use rand::Rng;

/// Ways to mark a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkStyle {
    /// ✓
    Tick,
    /// ×
    Cross,
    /// A thick dot, 1.3 mm and more: less is what a pen leaves when it rests.
    Dot,
    /// Filled in, within the frame.
    Fill,
    /// A ring around the box.
    Circle,
    /// A single stroke.
    Slash,
    /// Blotted out beyond the frame, to take a mark back.
    Blot,
}

impl MarkStyle {
    /// Every way that means "this one".
    pub const CHOOSING: [Self; 6] =
        [Self::Tick, Self::Cross, Self::Dot, Self::Fill, Self::Circle, Self::Slash];

    /// One of [`Self::CHOOSING`], ticks most often.
    pub fn random(rng: &mut impl Rng) -> Self {
        if rng.random_bool(0.4) {
            return Self::Tick;
        }
        Self::CHOOSING[rng.random_range(0..Self::CHOOSING.len())]
    }
}

/// What a stroke is drawn with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nib {
    /// Width of the stroke.
    pub width_mm: f64,
    /// Share of the paper under the stroke that gets dark: 1 for ink, less for a pencil.
    pub darkness: f64,
}

impl Nib {
    /// A pen with ink.
    #[must_use]
    pub fn ink(width_mm: f64) -> Self {
        Self { width_mm, darkness: 1.0 }
    }
}

/// Marks the box whose outline's top left is at `(x_mm, y_mm)` with a pen of 0.4 to 0.9 mm.
pub fn mark_box(
    page: &mut Bitmap,
    px_per_mm: f64,
    x_mm: f64,
    y_mm: f64,
    size_mm: f64,
    style: MarkStyle,
    rng: &mut impl Rng,
) {
    let nib = Nib::ink(rng.random_range(0.4..0.9));
    mark_box_with(page, px_per_mm, x_mm, y_mm, size_mm, style, nib, rng);
}

/// The same with a given pen.
#[expect(clippy::too_many_arguments, reason = "a place, a style and a pen; all of them vary in tests")]
pub fn mark_box_with(
    page: &mut Bitmap,
    px_per_mm: f64,
    x_mm: f64,
    y_mm: f64,
    size_mm: f64,
    style: MarkStyle,
    nib: Nib,
    rng: &mut impl Rng,
) {
    let slip = size_mm * 0.09;
    let cx = x_mm + size_mm / 2.0 + rng.random_range(-slip..slip);
    let cy = y_mm + size_mm / 2.0 + rng.random_range(-slip..slip);
    let half = size_mm / 2.0;
    let mut pen = Pen { page, px_per_mm, nib };
    let at = |dx: f64, dy: f64| (cx + dx * half, cy + dy * half);
    match style {
        MarkStyle::Tick => {
            let reach = rng.random_range(0.9..1.5);
            pen.stroke(&[at(-0.7, -0.1), at(-0.2, 0.6), at(0.6 * reach, -0.8 * reach)], rng);
        }
        MarkStyle::Cross => {
            let reach = rng.random_range(0.7..1.1);
            pen.stroke(&[at(-reach, -reach), at(reach, reach)], rng);
            pen.stroke(&[at(reach, -reach), at(-reach, reach)], rng);
        }
        MarkStyle::Dot => pen.disc(cx, cy, rng.random_range(1.3..2.0)),
        MarkStyle::Fill => pen.hatch(x_mm, y_mm, size_mm, size_mm, rng),
        MarkStyle::Circle => {
            let (rx, ry) = (half * rng.random_range(1.55..1.75), half * rng.random_range(1.55..1.75));
            pen.ring(cx, cy, rx, ry, rng);
        }
        MarkStyle::Slash => {
            let reach = rng.random_range(0.8..1.3);
            pen.stroke(&[at(reach, -reach), at(-reach, reach)], rng);
        }
        MarkStyle::Blot => {
            let spill = rng.random_range(1.2..1.8);
            pen.hatch(x_mm - spill, y_mm - spill, size_mm + 2.0 * spill, size_mm + 2.0 * spill, rng);
        }
    }
}

/// Draws one stroke through `points_mm`.
pub fn draw_stroke(
    page: &mut Bitmap,
    px_per_mm: f64,
    points_mm: &[(f64, f64)],
    nib: Nib,
    rng: &mut impl Rng,
) {
    Pen { page, px_per_mm, nib }.stroke(points_mm, rng);
}

/// Scribbles a line or more of "handwriting" within the area.
pub fn write_in_zone(
    page: &mut Bitmap,
    px_per_mm: f64,
    (x_mm, y_mm): (f64, f64),
    (w_mm, h_mm): (f64, f64),
    rng: &mut impl Rng,
) {
    let mut pen = Pen { page, px_per_mm, nib: Nib::ink(rng.random_range(0.35..0.7)) };
    let letter_mm = (h_mm * 0.5).clamp(2.0, 6.0);
    let lines = ((h_mm - 2.0) / (letter_mm * 1.4)).floor().max(1.0) as usize;
    for line in 0..rng.random_range(1..=lines) {
        let top = y_mm + 1.5 + line as f64 * letter_mm * 1.4;
        let mut x = x_mm + rng.random_range(2.0..6.0);
        let end = x_mm + (w_mm - 3.0) * rng.random_range(0.3..1.0);
        while x + letter_mm < end {
            letter(&mut pen, x, top, letter_mm.min(h_mm - 3.0), rng);
            x += letter_mm * rng.random_range(0.9..1.3);
        }
    }
}

/// Two to five strokes in a square: enough like a character for a reader that cannot read.
fn letter(pen: &mut Pen, x: f64, y: f64, size: f64, rng: &mut impl Rng) {
    for _ in 0..rng.random_range(2..=5) {
        let mut point = || (x + size * rng.random_range(0.0..1.0), y + size * rng.random_range(0.0..1.0));
        let points = [point(), point()];
        pen.stroke(&points, rng);
    }
}

/// Draws with a round nib.
struct Pen<'a> {
    page: &'a mut Bitmap,
    px_per_mm: f64,
    nib: Nib,
}

impl Pen<'_> {
    /// Straight pieces between `points`, with the wobble of a hand.
    fn stroke(&mut self, points: &[(f64, f64)], rng: &mut impl Rng) {
        for ends in points.windows(2) {
            let [(x0, y0), (x1, y1)] = ends else { continue };
            let length = (x1 - x0).hypot(y1 - y0).max(0.1);
            let bend = rng.random_range(-0.08..0.08) * length;
            let steps = (length / 0.08).ceil() as usize;
            for step in 0..=steps {
                let t = step as f64 / steps as f64;
                let bow = bend * (t * std::f64::consts::PI).sin();
                let (nx, ny) = (-(y1 - y0) / length, (x1 - x0) / length);
                self.disc(x0 + (x1 - x0) * t + nx * bow, y0 + (y1 - y0) * t + ny * bow, self.nib.width_mm);
            }
        }
    }

    /// A closed ring whose end overshoots its start.
    fn ring(&mut self, cx: f64, cy: f64, rx: f64, ry: f64, rng: &mut impl Rng) {
        let start = rng.random_range(0.0..std::f64::consts::TAU);
        let drift = rng.random_range(-0.04..0.08);
        let steps = 240;
        for step in 0..=steps {
            let t = f64::from(step) / f64::from(steps);
            let angle = start + t * std::f64::consts::TAU * 1.04;
            let grow = 1.0 + drift * t;
            self.disc(cx + rx * grow * angle.cos(), cy + ry * grow * angle.sin(), self.nib.width_mm);
        }
    }

    /// Fills a rectangle with strokes so close that they cover it.
    fn hatch(&mut self, x: f64, y: f64, w: f64, h: f64, rng: &mut impl Rng) {
        let inset = self.nib.width_mm / 2.0;
        let mut down = inset;
        while down <= h - inset {
            let (from, to) =
                (x + inset + rng.random_range(0.0..0.3), x + w - inset - rng.random_range(0.0..0.3));
            self.stroke_straight((from, y + down), (to, y + down));
            down += self.nib.width_mm * 0.8;
        }
        self.stroke_straight((x + inset, y + h - inset), (x + w - inset, y + h - inset));
    }

    fn stroke_straight(&mut self, (x0, y0): (f64, f64), (x1, y1): (f64, f64)) {
        let steps = ((x1 - x0).hypot(y1 - y0) / 0.08).ceil().max(1.0) as usize;
        for step in 0..=steps {
            let t = step as f64 / steps as f64;
            self.disc(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t, self.nib.width_mm);
        }
    }

    fn disc(&mut self, x_mm: f64, y_mm: f64, diameter_mm: f64) {
        let (cx, cy, radius) =
            (x_mm * self.px_per_mm, y_mm * self.px_per_mm, diameter_mm / 2.0 * self.px_per_mm);
        for y in (cy - radius).max(0.0) as usize..=((cy + radius) as usize) {
            let off = y as f64 + 0.5 - cy;
            let half = (radius * radius - off * off).max(0.0).sqrt();
            let (from, to) = ((cx - half).max(0.0) as usize, (cx + half).max(0.0) as usize);
            let width = self.page.width_px;
            if y < self.page.height_px && from < width {
                let to = to.min(width - 1);
                if self.nib.darkness >= 1.0 {
                    self.page.ink[(y * width + from)..=(y * width + to)].fill(1);
                } else {
                    for x in from..=to {
                        self.page.ink[y * width + x] |= u8::from(grain(x, y) < self.nib.darkness);
                    }
                }
            }
        }
    }
}

/// The paper's grain, 0 to 1: where a pencil leaves its lead first. The same at every stroke over a place.
fn grain(x: usize, y: usize) -> f64 {
    let mixed = (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77);
    let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x2C1B_3C6D);
    f64::from(mixed ^ mixed >> 13) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn every_style_leaves_ink_near_its_box_and_repeats_itself() {
        for style in MarkStyle::CHOOSING.into_iter().chain([MarkStyle::Blot]) {
            let draw = |seed| {
                let mut page = Bitmap::white(320, 320);
                let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
                mark_box(&mut page, 16.0, 7.5, 7.5, 5.0, style, &mut rng);
                page
            };
            let page = draw(1);
            assert!(page.ink.contains(&1), "{style:?}");
            assert_eq!(page, draw(1), "{style:?}");
            assert_ne!(page, draw(2), "{style:?}");
            let near = (0..320).flat_map(|y| (0..320).map(move |x| (x, y)));
            let far = near
                .filter(|&(x, y)| page.at(x, y) == 1 && (!(48..272).contains(&x) || !(48..272).contains(&y)));
            assert_eq!(far.count(), 0, "{style:?} strays more than 4.5 mm from its box");
        }
    }
}

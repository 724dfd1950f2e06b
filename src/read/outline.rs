//! Finds a printed rectangle (a tick box, a handwriting area's frame) again by its own outline. It
//! looks at the outline only, never at the darkest spot: that would be the pen's.

use super::affine::Point;
use super::ink::Ink;
use super::plane::Plane;

/// A rectangle on the sheet, in mm: the middle of its stroke.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left.
    pub x_mm: f64,
    /// Top.
    pub y_mm: f64,
    /// Width.
    pub w_mm: f64,
    /// Height.
    pub h_mm: f64,
}

impl Rect {
    /// The rectangle with so much more on every side.
    #[must_use]
    pub fn grown(&self, by_mm: f64) -> Self {
        Self {
            x_mm: self.x_mm - by_mm,
            y_mm: self.y_mm - by_mm,
            w_mm: self.w_mm + 2.0 * by_mm,
            h_mm: self.h_mm + 2.0 * by_mm,
        }
    }

    /// Its middle.
    #[must_use]
    pub fn middle(&self) -> Point {
        Point::new(self.x_mm + self.w_mm / 2.0, self.y_mm + self.h_mm / 2.0)
    }
}

/// Where the outline was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// From where the map says, in px.
    pub shift_px: (f64, f64),
    /// How much of the outline is there, 0 to 1.
    pub agreement: f64,
}

/// Slides the outline of `rect` by up to `reach_mm` and keeps the best place. Places farther away must
/// be clearly better.
#[must_use]
pub fn find(ink: &Ink, map: &Plane, rect: &Rect, reach_mm: f64) -> Found {
    let samples = Samples::new(map, rect);
    let (px, py) = map.local(rect.middle()).px_per_mm();
    let (nx, ny) = ((reach_mm * px).round() as isize, (reach_mm * py).round() as isize);
    let (mut best, mut sum, mut count) = (f64::MIN, (0.0, 0.0), 0.0);
    for dy in -ny..=ny {
        for dx in -nx..=nx {
            let away_mm = (dx as f64 / px).hypot(dy as f64 / py);
            let score = samples.score(ink, dx, dy) - 0.02 * away_mm;
            if score > best + 0.004 {
                (best, sum, count) = (score, (dx as f64, dy as f64), 1.0);
            } else if score > best - 0.004 {
                (sum, count) = ((sum.0 + dx as f64, sum.1 + dy as f64), count + 1.0);
            }
        }
    }
    let shift_px = (sum.0 / count, sum.1 / count);
    let agreement = samples.agreement(ink, shift_px.0.round() as isize, shift_px.1.round() as isize);
    Found { shift_px, agreement }
}

/// Pixels on the outline, and just outside of it where paper should be.
struct Samples {
    line: Vec<(isize, isize)>,
    outside: Vec<(isize, isize)>,
}

/// The paper just outside a box is looked at this far from the line.
const OUTSIDE_MM: f64 = 0.6;
/// Left out at the corners, where rounding and skew blur.
const CORNER_MM: f64 = 0.3;

impl Samples {
    fn new(map: &Plane, rect: &Rect) -> Self {
        let (mut line, mut outside) = (Vec::new(), Vec::new());
        let mut add = |x: f64, y: f64, out_x: f64, out_y: f64| {
            let on = map.to_page(Point::new(rect.x_mm + x, rect.y_mm + y));
            let off = map.to_page(Point::new(rect.x_mm + x + out_x, rect.y_mm + y + out_y));
            line.push((on.x.floor() as isize, on.y.floor() as isize));
            outside.push((off.x.floor() as isize, off.y.floor() as isize));
        };
        for x in along(rect.w_mm) {
            add(x, 0.0, 0.0, -OUTSIDE_MM);
            add(x, rect.h_mm, 0.0, OUTSIDE_MM);
        }
        for y in along(rect.h_mm) {
            add(0.0, y, -OUTSIDE_MM, 0.0);
            add(rect.w_mm, y, OUTSIDE_MM, 0.0);
        }
        Self { line, outside }
    }

    /// For comparing places: the line dark, the paper beside it white.
    fn score(&self, ink: &Ink, dx: isize, dy: isize) -> f64 {
        let dark = |samples: &[(isize, isize)]| {
            samples.iter().map(|&(x, y)| usize::from(ink.at(x + dx, y + dy))).sum::<usize>() as f64
                / samples.len() as f64
        };
        dark(&self.line) - 0.4 * dark(&self.outside)
    }

    /// For judging a place: a pixel beside the line counts as well, since thin lines break at 98 dpi;
    /// a place that is black all around is no outline.
    fn agreement(&self, ink: &Ink, dx: isize, dy: isize) -> f64 {
        let near = |&&(x, y): &&(isize, isize)| {
            let (x, y) = (x + dx, y + dy);
            [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)].iter().any(|&(ax, ay)| ink.at(x + ax, y + ay) == 1)
        };
        let line = self.line.iter().filter(near).count() as f64 / self.line.len() as f64;
        let black = self.outside.iter().filter(|&&(x, y)| ink.at(x + dx, y + dy) == 1).count() as f64
            / self.outside.len() as f64;
        line * (1.0 - (black - 0.4).max(0.0))
    }
}

/// Places along a side: every 0.35 mm, but no more than 40.
fn along(length_mm: f64) -> impl Iterator<Item = f64> {
    let usable = (length_mm - 2.0 * CORNER_MM).max(0.1);
    let count = ((usable / 0.35).ceil() as usize).clamp(2, 40);
    (0..count).map(move |i| CORNER_MM + usable * i as f64 / (count - 1) as f64)
}

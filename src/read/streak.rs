//! Lines of the machine: dirt on a scanner's glass, a broken sensor. Told from a pen by their length and
//! straightness alone.

use super::affine::Affine;
use super::ink::Ink;
use super::outline::Rect;
use super::thresholds as t;

/// A line that runs far beyond the box both ways: dirt on a scanner's glass or a broken sensor.
pub struct Streak {
    /// Along y (a vertical line on the page) or along x.
    vertical: bool,
    /// Where it crosses the box's middle, in px across the line.
    at: f64,
    /// px across for each px along.
    slope: f64,
    /// The box's middle along the line, in px.
    middle: f64,
    /// It crosses the inside of the box.
    pub inside: bool,
    /// It runs down the whole page as it arrived, straight: no hand draws that.
    pub whole_page: bool,
}

impl Streak {
    /// True for a pixel that belongs to the line.
    #[must_use]
    pub fn covers(&self, x: isize, y: isize) -> bool {
        let (along, across) = if self.vertical { (y, x) } else { (x, y) };
        let line = self.at + self.slope * (along as f64 + 0.5 - self.middle);
        (across as f64 + 0.5 - line).abs() <= 2.0
    }
}

/// mm across for each mm along, of the lines that are looked for; upright ones first.
const LEANS: [f64; 5] = [0.0, 0.02, -0.02, 0.04, -0.04];
/// What half a box is multiplied with to be clear of its frame.
const BOX_AND_FRAME: f64 = 1.3;

/// Nearly vertical or horizontal lines through the box or the ring around it.
#[must_use]
pub fn streaks(ink: &Ink, map: &Affine, rect: &Rect) -> Vec<Streak> {
    let center = map.to_page(rect.middle());
    let (px, py) = map.px_per_mm();
    let mut found = Vec::new();
    let inside_mm = rect.w_mm / 2.0 * t::INSIDE_SHARE + 0.2;
    for vertical in [true, false] {
        let (along, across) = if vertical { (py, px) } else { (px, py) };
        let (middle, start) = if vertical { (center.y, center.x) } else { (center.x, center.y) };
        let reach = ((rect.w_mm / 2.0 + t::RING_TO_MM) * across) as i32;
        for offset in -reach..=reach {
            let at = start + f64::from(offset);
            if !may_run(ink, vertical, (middle, at), (along, across), rect.w_mm / 2.0) {
                continue;
            }
            for lean in LEANS {
                let slope = lean * across / along;
                let line = Streak {
                    vertical,
                    at,
                    slope,
                    middle,
                    inside: f64::from(offset).abs() <= inside_mm * across,
                    whole_page: false,
                };
                if runs_beyond(ink, &line, rect.w_mm / 2.0 * along, t::STREAK_MM * along) {
                    let whole_page = vertical && lean == 0.0 && runs_down(ink, at);
                    found.push(Streak { whole_page, ..line });
                    break;
                }
            }
        }
    }
    found
}

/// False where so little is dark beyond the box, as far as a leaning line may stray, that no line runs there.
fn may_run(
    ink: &Ink,
    vertical: bool,
    (middle, at): (f64, f64),
    (along, across): (f64, f64),
    half_box_mm: f64,
) -> bool {
    let from = half_box_mm * along * BOX_AND_FRAME;
    let reach = t::STREAK_MM * along;
    let steepest = LEANS.iter().copied().fold(0.0, f64::max) * across / along;
    let wide = steepest * (from + reach) + 1.0;
    [-1.0, 1.0].iter().all(|side| {
        let center = middle + side * (from + reach / 2.0);
        let (x, y, half_x, half_y) = if vertical {
            (at, center, wide, reach / 2.0 + 1.0)
        } else {
            (center, at, reach / 2.0 + 1.0, wide)
        };
        let dark = ink.share(x, y, half_x, half_y) * 4.0 * half_x * half_y;
        dark >= 0.9 * t::STREAK_INK * reach
    })
}

/// True when nearly every row of the page is dark at `x`.
fn runs_down(ink: &Ink, x: f64) -> bool {
    let dark = (0..ink.height_px).filter(|&y| ink.is_ink(x, y as f64)).count();
    dark as f64 >= t::STREAK_WHOLE * ink.height_px as f64
}

/// True when the line is dark outside the box, on both sides of it.
fn runs_beyond(ink: &Ink, line: &Streak, half_box_px: f64, reach_px: f64) -> bool {
    [-1.0, 1.0].iter().all(|side| {
        let from = half_box_px * BOX_AND_FRAME;
        let steps = (reach_px) as usize;
        let allowed = (steps as f64 * (1.0 - t::STREAK_INK)) as usize;
        let mut missing = 0;
        for step in 0..steps {
            let along = side * (from + step as f64);
            let across = line.at + line.slope * along;
            let (x, y) =
                if line.vertical { (across, line.middle + along) } else { (line.middle + along, across) };
            missing += usize::from(!ink.is_ink(x, y));
            if missing > allowed {
                return false;
            }
        }
        true
    })
}

//! The QR code: sampled where the corner squares say it is, or searched for on the whole page. It
//! yields the code's text; whose text that is, it does not ask.

use super::affine::{Affine, Pair, Point};
use super::bitmap::Bitmap;
use super::ink::Ink;
use super::locate::Scale;
use super::thresholds as t;
use crate::form::layout::Frame;

/// Modules on a side of a version 2 code (ISO/IEC 18004 §6.3.1).
pub const MODULES: usize = 25;

/// The code where a map says it is.
#[derive(Debug, Clone)]
pub struct CodeAt {
    /// Sheet mm → page px, exact around the code.
    pub map: Affine,
    /// The finder patterns that were clearly seen.
    pub finders: Vec<Pair>,
    /// Mean agreement of the three finder patterns, 0 to 1.
    pub agreement: f64,
}

impl CodeAt {
    /// The same code for a sheet on which it stands farther right and down by so much.
    #[must_use]
    pub fn moved_on_sheet(&self, right_mm: f64, down_mm: f64) -> Self {
        let Affine { xx, xy, x0, yx, yy, y0 } = self.map;
        let map = Affine {
            x0: x0 - xx * right_mm - xy * down_mm,
            y0: y0 - yx * right_mm - yy * down_mm,
            ..self.map
        };
        let moved = |pair: &Pair| Pair { sheet: pair.sheet.moved(right_mm, down_mm), ..*pair };
        Self { map, finders: self.finders.iter().map(moved).collect(), agreement: self.agreement }
    }
}

/// Looks for the three finder patterns around their places.
#[must_use]
pub fn look_at(ink: &Ink, map: &Affine, frame: &Frame, reach_mm: f64) -> CodeAt {
    let module_mm = frame.code_size_mm / MODULES as f64;
    let far = frame.code_size_mm - 3.5 * module_mm;
    let near = 3.5 * module_mm;
    let mut finders = Vec::new();
    let mut agreement = 0.0;
    for (x, y) in [(near, near), (far, near), (near, far)] {
        let sheet = Point::new(frame.code_x_mm + x, frame.code_y_mm + y);
        let (page, share) = find_finder(ink, map, sheet, module_mm, reach_mm);
        agreement += share / 3.0;
        if share >= t::FINDER_GOOD {
            finders.push(Pair { sheet, page, weight: 1.0 });
        }
    }
    CodeAt { map: steer(map, &finders), finders, agreement }
}

/// The text of the code at a known place; `None` when it does not decode.
#[must_use]
pub fn decode_at(ink: &Ink, code: &CodeAt, frame: &Frame) -> Option<String> {
    let (px, py) = code.map.px_per_mm();
    let mut tries = 0;
    let offsets = offsets_by_distance();
    for (window, dark) in [(0.3, 0.5), (0.15, 0.5), (0.42, 0.5), (0.3, 0.35), (0.3, 0.65)] {
        for &(dx, dy) in &offsets {
            let map = code.map.moved(dx * px, dy * py);
            let modules = sample(ink, &map, frame, window, dark);
            if !looks_like_code(&modules) {
                continue;
            }
            tries += 1;
            if tries > t::CODE_TRIES_MAX {
                return None;
            }
            let grid = rqrr::SimpleGrid::from_func(MODULES, |x, y| is_dark(&modules, x, y));
            if let Ok((_, text)) = rqrr::Grid::new(grid).decode() {
                return Some(text);
            }
        }
    }
    None
}

/// A code found by searching the page.
#[derive(Debug, Clone)]
pub struct FoundCode {
    /// What it says; `None` when it was seen but did not decode.
    pub text: Option<String>,
    /// Its corners on the page in px, about: top left, top right, bottom right, bottom left.
    pub corners: [Point; 4],
}

/// Searches the whole page for codes. Bounded: one shrunk picture, a few codes.
#[must_use]
pub fn search(ink: &Ink, scale: Scale) -> Vec<FoundCode> {
    let picture = Picture::new(ink, scale);
    if picture.width < MODULES || picture.height < MODULES {
        return Vec::new();
    }
    // The detector is not ours and walks over strangers' pixels: its panic must not cost the page.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| detect(&picture))).unwrap_or_default()
}

fn detect(picture: &Picture) -> Vec<FoundCode> {
    let mut prepared =
        rqrr::PreparedImage::prepare_from_bitmap(picture.width, picture.height, |x, y| picture.is_dark(x, y));
    let grids = prepared.detect_grids();
    let found = grids.into_iter().take(t::SEARCH_CODES_MAX).map(|grid| FoundCode {
        text: grid.decode().ok().map(|(_, text)| text),
        corners: grid.bounds.map(|corner| picture.to_page(f64::from(corner.x), f64::from(corner.y))),
    });
    found.collect()
}

impl FoundCode {
    /// Its middle on the page, in px.
    #[must_use]
    pub fn middle(&self) -> Point {
        let [a, b, c, d] = self.corners;
        Point::new((a.x + b.x + c.x + d.x) / 4.0, (a.y + b.y + c.y + d.y) / 4.0)
    }
}

/// The code's corners on the sheet: top left, top right, bottom right, bottom left.
#[must_use]
pub fn corners(frame: &Frame) -> [Point; 4] {
    let (x, y, size) = (frame.code_x_mm, frame.code_y_mm, frame.code_size_mm);
    [(x, y), (x + size, y), (x + size, y + size), (x, y + size)].map(|(x, y)| Point::new(x, y))
}

/// The map that a code's corners on the page suggest: right within a few millimetres near it.
#[must_use]
pub fn rough_map(corners_px: [Point; 4], frame: &Frame) -> Option<Affine> {
    let pairs: Vec<Pair> = corners(frame)
        .into_iter()
        .zip(corners_px)
        .map(|(sheet, page)| Pair { sheet, page, weight: 1.0 })
        .collect();
    Affine::fit(&pairs)
}

/// The best place for a finder pattern near `sheet`, and how many of its 49 modules agree (0 to 1).
fn find_finder(ink: &Ink, map: &Affine, sheet: Point, module_mm: f64, reach_mm: f64) -> (Point, f64) {
    let near = find_finder_within(ink, map, sheet, module_mm, t::FINDER_NEAR_MM.min(reach_mm));
    if near.1 >= t::FINDER_GOOD { near } else { find_finder_within(ink, map, sheet, module_mm, reach_mm) }
}

fn find_finder_within(ink: &Ink, map: &Affine, sheet: Point, module_mm: f64, reach_mm: f64) -> (Point, f64) {
    let center = map.to_page(sheet);
    let modules = finder_modules(map, module_mm);
    let (px, py) = map.px_per_mm();
    let whole_px: Vec<(isize, isize, u8)> = modules
        .iter()
        .map(|(offset, dark)| (offset.x.round() as isize, offset.y.round() as isize, u8::from(*dark)))
        .collect();
    let coarse = |dx: f64, dy: f64, best: f64| {
        let (x, y) = ((center.x + dx).floor() as isize, (center.y + dy).floor() as isize);
        let misses = whole_px.iter().filter(|(right, down, dark)| ink.at(x + right, y + down) != *dark);
        // Where more miss than at the best place, the rest does not matter.
        let most = ((1.0 - best.max(0.0)) * modules.len() as f64 + 1.0) as usize;
        1.0 - misses.take(most + 1).count() as f64 / modules.len() as f64
    };
    let (dx, dy, share) = best_offset(reach_mm * px, reach_mm * py, 0.25 * px, (0.25 * py).max(1.0), &coarse);
    if share < 0.7 {
        return (center.moved(dx, dy), share);
    }
    let fine = |fx: f64, fy: f64, _: f64| {
        let (x, y) = (center.x + dx + fx, center.y + dy + fy);
        let agreement = modules.iter().map(|(offset, dark)| {
            let share = ink.share(x + offset.x, y + offset.y, 0.4 * module_mm * px, 0.4 * module_mm * py);
            if *dark { share } else { 1.0 - share }
        });
        agreement.sum::<f64>() / modules.len() as f64
    };
    let (cx, cy, _) = best_offset(0.4 * px, 0.4 * py, 1.5, 1.5, &fine);
    let (fx, fy, share) =
        best_offset(1.0, 1.0, 0.5, 0.5, &|fx: f64, fy: f64, best: f64| fine(cx + fx, cy + fy, best));
    (center.moved(dx + cx + fx, dy + cy + fy), share)
}

/// The middles of a finder pattern's modules, in px from its own middle, and whether each is dark.
fn finder_modules(map: &Affine, module_mm: f64) -> Vec<(Point, bool)> {
    let mut modules = Vec::with_capacity(49);
    for row in -3_i32..=3 {
        for column in -3_i32..=3 {
            let (x, y) = (f64::from(column) * module_mm, f64::from(row) * module_mm);
            let offset = Point::new(map.xx * x + map.xy * y, map.yx * x + map.yy * y);
            modules.push((offset, column.abs().max(row.abs()) != 2));
        }
    }
    modules
}

/// The offset with the highest score, which is told of the highest one so far; equal ones are averaged, so that a
/// plateau yields its middle.
fn best_offset(
    reach_x: f64,
    reach_y: f64,
    step_x: f64,
    step_y: f64,
    score: &dyn Fn(f64, f64, f64) -> f64,
) -> (f64, f64, f64) {
    let (nx, ny) = ((reach_x / step_x) as i32, (reach_y / step_y) as i32);
    let (mut best, mut sum, mut count) = (f64::MIN, (0.0, 0.0), 0.0);
    for iy in -ny..=ny {
        for ix in -nx..=nx {
            let (dx, dy) = (f64::from(ix) * step_x, f64::from(iy) * step_y);
            let here = score(dx, dy, best);
            if here > best + 1e-9 {
                (best, sum, count) = (here, (dx, dy), 1.0);
            } else if here > best - 1e-9 {
                (sum, count) = ((sum.0 + dx, sum.1 + dy), count + 1.0);
            }
        }
    }
    (sum.0 / count, sum.1 / count, best)
}

/// Bends the map to the finder patterns: all three make it exact around the code, fewer move it.
fn steer(map: &Affine, finders: &[Pair]) -> Affine {
    if let Some(exact) = Affine::fit(finders)
        && similar(&exact, map)
    {
        return exact;
    }
    let count = finders.len().max(1) as f64;
    let (dx, dy) = finders.iter().fold((0.0, 0.0), |(dx, dy), pair| {
        let expected = map.to_page(pair.sheet);
        (dx + (pair.page.x - expected.x) / count, dy + (pair.page.y - expected.y) / count)
    });
    map.moved(dx, dy)
}

/// True when two maps stretch and turn alike, within what three points 18 mm apart can say.
fn similar(a: &Affine, b: &Affine) -> bool {
    let (px, py) = b.px_per_mm();
    let near = |a: f64, b: f64, px: f64| (a - b).abs() < 0.08 * px;
    near(a.xx, b.xx, px) && near(a.xy, b.xy, px) && near(a.yx, b.yx, py) && near(a.yy, b.yy, py)
}

fn offsets_by_distance() -> Vec<(f64, f64)> {
    let steps = (t::CODE_REACH_MM / t::CODE_STEP_MM).round() as i32;
    let mut offsets: Vec<(f64, f64)> = (-steps..=steps)
        .flat_map(|y| (-steps..=steps).map(move |x| (f64::from(x), f64::from(y))))
        .map(|(x, y)| (x * t::CODE_STEP_MM, y * t::CODE_STEP_MM))
        .collect();
    offsets.sort_by(|a, b| a.0.hypot(a.1).total_cmp(&b.0.hypot(b.1)));
    offsets
}

/// Each module dark or light: the share of ink in its middle against `dark`.
fn sample(ink: &Ink, map: &Affine, frame: &Frame, window: f64, dark: f64) -> Vec<bool> {
    let module_mm = frame.code_size_mm / MODULES as f64;
    let (px, py) = map.px_per_mm();
    let (half_w, half_h) = (window * module_mm * px, window * module_mm * py);
    (0..MODULES * MODULES)
        .map(|index| {
            let (column, row) = ((index % MODULES) as f64 + 0.5, (index / MODULES) as f64 + 0.5);
            let sheet = Point::new(frame.code_x_mm + column * module_mm, frame.code_y_mm + row * module_mm);
            let at = map.to_page(sheet);
            ink.share(at.x, at.y, half_w, half_h) > dark
        })
        .collect()
}

fn is_dark(modules: &[bool], x: usize, y: usize) -> bool {
    modules.get(y * MODULES + x).copied().unwrap_or(false)
}

/// True when most of the timing patterns (ISO/IEC 18004 §6.3.5) alternate: anything else is not worth
/// a decoding.
fn looks_like_code(modules: &[bool]) -> bool {
    let hits = (8..MODULES - 8)
        .map(|i| {
            let dark = i % 2 == 0;
            usize::from(is_dark(modules, i, 6) == dark) + usize::from(is_dark(modules, 6, i) == dark)
        })
        .sum::<usize>();
    hits >= 12
}

/// The page, shrunk to square pixels.
struct Picture {
    width: usize,
    height: usize,
    dark: Bitmap,
    step: (f64, f64),
}

impl Picture {
    fn new(ink: &Ink, scale: Scale) -> Self {
        let step = (scale.x / t::SEARCH_PX_PER_MM, scale.y / t::SEARCH_PX_PER_MM);
        let width = (ink.width_px as f64 / step.0) as usize;
        let height = (ink.height_px as f64 / step.1) as usize;
        let mut dark = Bitmap::white(width, height);
        // A window a little larger than the pixel is the blur that closes white streaks.
        let (half_w, half_h) = ((0.7 * step.0).max(1.0), (0.7 * step.1).max(0.75));
        for (index, pixel) in dark.ink.iter_mut().enumerate() {
            let (x, y) = ((index % width) as f64 + 0.5, (index / width) as f64 + 0.5);
            *pixel = u8::from(ink.share(x * step.0, y * step.1, half_w, half_h) > 0.5);
        }
        Self { width, height, dark, step }
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        self.dark.at(x as isize, y as isize) == 1
    }

    fn to_page(&self, x: f64, y: f64) -> Point {
        Point::new(x * self.step.0, y * self.step.1)
    }
}

//! Finds everything on the page that could be a corner square. It does not know where squares belong.

use super::Scale;
use crate::read::affine::Point;
use crate::read::ink::Ink;
use crate::read::thresholds as t;

/// Something solid, dark and about square.
#[derive(Debug, Clone, Copy)]
pub struct Square {
    /// Its middle, in px.
    pub center: Point,
    /// Mean side, in mm by the page's scale.
    pub side_mm: f64,
    /// 1 for a clean square with white around it; lower for anything else.
    pub score: f64,
}

/// The likely corner squares, best first, at most [`t::SQUARES_MAX`].
#[must_use]
pub fn find(ink: &Ink, scale: Scale) -> Vec<Square> {
    let mut squares: Vec<Square> =
        hearts(ink, scale).into_iter().filter_map(|heart| measure(ink, scale, heart)).collect();
    squares.sort_by(|a, b| b.score.total_cmp(&a.score));
    squares.truncate(t::SQUARES_MAX);
    squares
}

/// Middles of the small dark regions: a coarse grid of windows, joined where they touch.
fn hearts(ink: &Ink, scale: Scale) -> Vec<Point> {
    let (step_x, step_y) = (t::HEART_STEP_MM * scale.x, t::HEART_STEP_MM * scale.y);
    let columns = (ink.width_px as f64 / step_x) as usize + 1;
    let rows = (ink.height_px as f64 / step_y) as usize + 1;
    let (half_x, half_y) = (t::HEART_HALF_MM * scale.x, t::HEART_HALF_MM * scale.y);
    let reach = |at: f64, half: f64| ((at - half) as isize, (at + half) as isize);
    let places: Vec<(f64, isize, isize)> = (0..columns)
        .map(|column| column as f64 * step_x)
        .map(|x| (x, reach(x, half_x).0, reach(x, half_x).1))
        .collect();
    let row_px = (t::HEART_ROW_INK * 2.0 * half_x) as u32;
    let mut dark = vec![false; columns * rows];
    for (row, cells) in dark.chunks_exact_mut(columns).enumerate() {
        let y = row as f64 * step_y;
        let (above, below) = reach(y, half_y / 2.0);
        for (cell, &(x, left, right)) in cells.iter_mut().zip(&places) {
            // Two rows of pixels tell most of the text from a square.
            *cell = ink.is_ink(x, y)
                && ink.count(left, above, right, above + 1) >= row_px
                && ink.count(left, below, right, below + 1) >= row_px
                && ink.share(x, y, half_x, half_y) >= t::HEART_INK;
        }
    }
    let widest = ((t::SQUARE_MAX_MM - t::HEART_HALF_MM) / t::HEART_STEP_MM) as usize;
    let mut found = Vec::new();
    for start in 0..dark.len() {
        if dark.get(start) == Some(&true)
            && let Some((x, y)) = take_cluster(&mut dark, columns, start, widest)
        {
            found.push(Point::new(x * step_x, y * step_y));
        }
    }
    found
}

/// Empties the cluster of dark cells around `start`; its middle, unless it is wider than any square.
fn take_cluster(dark: &mut [bool], columns: usize, start: usize, widest: usize) -> Option<(f64, f64)> {
    let mut waiting = vec![start];
    let (mut sum_x, mut sum_y, mut count) = (0_usize, 0_usize, 0_usize);
    let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
    while let Some(index) = waiting.pop() {
        match dark.get_mut(index) {
            Some(cell) if *cell => *cell = false,
            _ => continue,
        }
        let (x, y) = (index % columns, index / columns);
        (sum_x, sum_y, count) = (sum_x + x, sum_y + y, count + 1);
        (left, right, top, bottom) = (left.min(x), right.max(x), top.min(y), bottom.max(y));
        if x > 0 {
            waiting.push(index - 1);
        }
        if x + 1 < columns {
            waiting.push(index + 1);
        }
        waiting.extend(index.checked_sub(columns));
        waiting.push(index + columns);
    }
    let fits = right - left <= widest && bottom - top <= widest;
    fits.then(|| (sum_x as f64 / count as f64, sum_y as f64 / count as f64))
}

/// Finds the four edges around a heart and judges the shape.
fn measure(ink: &Ink, scale: Scale, heart: Point) -> Option<Square> {
    let mut center = heart;
    let mut sides = (0.0, 0.0);
    for _ in 0..2 {
        let (left, right) = extent(ink, center, (1.0, 0.0), scale.x, scale.y)?;
        let (top, bottom) = extent(ink, center, (0.0, 1.0), scale.y, scale.x)?;
        center = center.moved((right - left) / 2.0, (bottom - top) / 2.0);
        sides = ((left + right) / scale.x, (top + bottom) / scale.y);
    }
    let plausible = |side: f64| (t::SQUARE_MIN_MM..=t::SQUARE_MAX_MM).contains(&side);
    if !plausible(sides.0) || !plausible(sides.1) {
        return None;
    }
    let share = |grow_mm: f64| {
        let (half_x, half_y) = ((sides.0 / 2.0 + grow_mm) * scale.x, (sides.1 / 2.0 + grow_mm) * scale.y);
        (ink.share(center.x, center.y, half_x, half_y), 4.0 * half_x * half_y)
    };
    let ((fill, _), (near, near_px), (far, far_px)) = (share(-0.6), share(0.6), share(2.2));
    let around = (far * far_px - near * near_px) / (far_px - near_px);
    let lopsided = (sides.0 / sides.1).ln().abs();
    let score = fill - around - lopsided;
    (score > 0.2).then_some(Square { center, side_mm: f64::midpoint(sides.0, sides.1), score })
}

/// How far the dark reaches from `center` against and along `direction`, in px: the medians over many
/// parallel lines, so that dirt on one of them does not count.
fn extent(ink: &Ink, center: Point, direction: (f64, f64), along: f64, across: f64) -> Option<(f64, f64)> {
    let lines = (t::HEART_HALF_MM * across) as i32;
    let (mut back, mut forth) = (Vec::new(), Vec::new());
    for line in -lines..=lines {
        let start = center.moved(direction.1 * f64::from(line), direction.0 * f64::from(line));
        back.extend(edge(ink, start, (-direction.0, -direction.1), along));
        forth.extend(edge(ink, start, direction, along));
    }
    let most = (2 * lines + 1) as usize * 2 / 5;
    Some((median(&mut back, most)?, median(&mut forth, most)?))
}

/// Steps from `start` to the last ink before a white gap; `None` when no gap comes in time.
fn edge(ink: &Ink, start: Point, direction: (f64, f64), px_per_mm: f64) -> Option<f64> {
    let gap = (t::SQUARE_EDGE_MM * px_per_mm).ceil() as i32;
    let limit = ((t::SQUARE_MAX_MM - 1.0) * px_per_mm) as i32;
    let mut last_dark = None;
    for step in 0..=limit {
        let at = f64::from(step);
        if ink.is_ink(start.x + direction.0 * at, start.y + direction.1 * at) {
            last_dark = Some(step);
        } else if step - last_dark.unwrap_or(0) >= gap {
            return last_dark.map(|step| f64::from(step) + 0.5);
        }
    }
    None
}

fn median(values: &mut [f64], at_least: usize) -> Option<f64> {
    if values.len() < at_least.max(1) {
        return None;
    }
    let middle = values.len() / 2;
    Some(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::bitmap::Bitmap;

    fn page_with(rectangles: &[(usize, usize, usize, usize)]) -> Ink {
        let mut page = Bitmap::white(800, 400);
        for &(x, y, w, h) in rectangles {
            for row in y..y + h {
                page.ink[row * 800 + x..row * 800 + x + w].fill(1);
            }
        }
        Ink::new(&page, 100.0)
    }

    #[test]
    fn squares_are_found_and_bars_lines_and_black_pages_are_not() {
        let scale = Scale { x: 8.0, y: 4.0 };
        let ink = page_with(&[
            (100, 100, 48, 24),  // a 6 mm square
            (300, 100, 200, 30), // a bar
            (300, 200, 300, 2),  // a line
            (600, 250, 24, 12),  // a 3 mm blot
        ]);
        let found = find(&ink, scale);
        assert_eq!(found.len(), 1);
        assert!((found[0].center.x - 124.0).abs() < 1.0 && (found[0].center.y - 112.0).abs() < 1.0);
        assert!((found[0].side_mm - 6.0).abs() < 0.2 && found[0].score > 0.9);
        assert!(find(&page_with(&[(0, 0, 800, 400)]), scale).is_empty());
    }
}

//! Rows of the page that are not to be trusted, against what stands on the sheet: a field that they meet is a
//! person's to read, and so is a page that lost too much. It repairs nothing.

use super::affine::{Affine, Point};
use super::bitmap::RasterPage;
use super::outline::Rect;
use super::thresholds as t;
use std::ops::Range;

/// The damaged rows of one page.
#[derive(Debug, Clone)]
pub struct LostRows {
    rows: Vec<Range<usize>>,
    height_px: usize,
}

impl LostRows {
    /// Those of this page.
    #[must_use]
    pub fn of(page: &RasterPage) -> Self {
        Self { rows: page.damaged_rows.clone(), height_px: page.bitmap.height_px }
    }

    /// True when one of them runs through the rectangle or nearer to it than [`t::DAMAGED_AROUND_MM`].
    #[must_use]
    pub fn meet(&self, map: &Affine, rect: &Rect) -> bool {
        let around = t::DAMAGED_AROUND_MM;
        let field = page_rows(map, rect, around);
        self.rows.iter().any(|rows| (rows.start as f64) < field.end && rows.end as f64 > field.start)
    }

    /// True when so much of the page is lost that the rest of it cannot be trusted, or so much in one place that a
    /// piece of writing beside the fields could be gone without a trace.
    #[must_use]
    pub fn are_too_many(&self, map: &Affine, sheet: &Rect) -> bool {
        let lost: usize = self.rows.iter().map(ExactSizeIterator::len).sum();
        if lost as f64 > t::DAMAGED_SHARE_MAX * self.height_px as f64 {
            return true;
        }
        let on_page = page_rows(map, sheet, 0.0);
        let px_per_mm = map.yx.hypot(map.yy);
        self.rows.iter().any(|rows| {
            let (from, to) = ((rows.start as f64).max(on_page.start), (rows.end as f64).min(on_page.end));
            to - from > t::DAMAGED_STRETCH_MM * px_per_mm
        })
    }
}

/// The rows of the page that a rectangle of the sheet takes up, with `around_mm` around it.
fn page_rows(map: &Affine, rect: &Rect, around_mm: f64) -> Range<f64> {
    let (left, right) = (rect.x_mm - around_mm, rect.x_mm + rect.w_mm + around_mm);
    let (top, foot) = (rect.y_mm - around_mm, rect.y_mm + rect.h_mm + around_mm);
    let corners = [(left, top), (right, top), (left, foot), (right, foot)];
    let rows = corners.map(|(x, y)| map.to_page(Point::new(x, y)).y);
    rows.iter().copied().fold(f64::MAX, f64::min)..rows.iter().copied().fold(f64::MIN, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 8 px a millimetre both ways, upright or lying on its side.
    fn map(on_side: bool) -> Affine {
        let (along, across) = if on_side { (0.0, 8.0) } else { (8.0, 0.0) };
        Affine { xx: along, xy: across, x0: 0.0, yx: across, yy: along, y0: 0.0 }
    }

    fn lost(rows: Range<usize>) -> LostRows {
        LostRows { rows: vec![rows], height_px: 2400 }
    }

    #[test]
    fn a_lost_row_meets_what_lies_on_it_or_a_millimetre_away() {
        let rect = Rect { x_mm: 100.0, y_mm: 20.0, w_mm: 5.0, h_mm: 5.0 };
        for (on_side, from) in [(false, 160), (true, 800)] {
            for (rows, meets) in [
                (from - 10..from - 9, false),
                (from - 9..from - 7, true),
                (from + 20..from + 21, true),
                (from + 47..from + 48, true),
                (from + 48..from + 90, false),
            ] {
                assert_eq!(lost(rows.clone()).meet(&map(on_side), &rect), meets, "{rows:?} {on_side}");
            }
        }
    }

    #[test]
    fn a_long_stretch_or_a_large_share_is_too_much() {
        let sheet = Rect { x_mm: 0.0, y_mm: 0.0, w_mm: 210.0, h_mm: 280.0 };
        let cases =
            [(10..18, false), (10..19, true), (2235..2248, false), (2241..2300, false), (2241..2320, true)];
        for (rows, too_many) in cases {
            assert_eq!(lost(rows.clone()).are_too_many(&map(false), &sheet), too_many, "{rows:?}");
        }
    }
}

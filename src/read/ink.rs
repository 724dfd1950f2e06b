//! The page as the reader counts on it: blank lines mended, and how much ink any rectangle holds in
//! constant time. It never decides what the ink means.

use super::affine::Point;
use super::bitmap::Bitmap;
use super::plane::Plane;
use super::thresholds as t;

/// A page's pixels with their running sums.
#[derive(Debug, Clone)]
pub struct Ink {
    /// The pixels, with lost scan lines mended.
    pub bitmap: Bitmap,
    /// `(width + 1) * (height + 1)` sums of all ink above and to the left.
    sums: Vec<u32>,
}

impl Ink {
    /// Mends lost lines and sums up; `dpi_y` tells how many rows a lost stretch may have.
    #[must_use]
    pub fn new(bitmap: &Bitmap, dpi_y: f64) -> Self {
        let mut bitmap = bitmap.clone();
        mend_lost_lines(&mut bitmap, (t::LOST_LINES_MM * dpi_y / 25.4).ceil() as usize);
        let sums = running_sums(&bitmap);
        Self { bitmap, sums }
    }

    /// Ink pixels in columns `x0..x1` and rows `y0..y1`, cut at the page's edge.
    #[must_use]
    pub fn count(&self, x0: isize, y0: isize, x1: isize, y1: isize) -> u32 {
        let clip = |value: isize, limit: usize| value.clamp(0, limit as isize) as usize;
        let (x0, x1) = (clip(x0, self.bitmap.width_px), clip(x1, self.bitmap.width_px));
        let (y0, y1) = (clip(y0, self.bitmap.height_px), clip(y1, self.bitmap.height_px));
        if x1 <= x0 || y1 <= y0 {
            return 0;
        }
        (self.sum(x1, y1) + self.sum(x0, y0)) - (self.sum(x0, y1) + self.sum(x1, y0))
    }

    /// The share of ink (0 to 1) in the rectangle that reaches `across_px` and `down_px` from `(x, y)`
    /// each way; beyond the page is white.
    #[must_use]
    pub fn share(&self, x: f64, y: f64, across_px: f64, down_px: f64) -> f64 {
        let (x0, x1) = ((x - across_px).round() as isize, (x + across_px).round() as isize);
        let (y0, y1) = ((y - down_px).round() as isize, (y + down_px).round() as isize);
        let (x1, y1) = (x1.max(x0 + 1), y1.max(y0 + 1));
        f64::from(self.count(x0, y0, x1, y1)) / ((x1 - x0) * (y1 - y0)) as f64
    }

    /// True where there is ink at the pixel under `(x, y)`.
    #[must_use]
    pub fn is_ink(&self, x: f64, y: f64) -> bool {
        self.bitmap.at(x.floor() as isize, y.floor() as isize) == 1
    }

    /// True for ink that has ink beside it: noise of single pixels is not a stroke.
    #[must_use]
    pub fn is_stroke(&self, x: isize, y: isize) -> bool {
        self.bitmap.at(x, y) == 1 && self.count(x - 1, y - 1, x + 2, y + 2) > 1
    }

    /// True for ink on a line that goes on both ways: in a large area even noise has neighbours.
    #[must_use]
    pub fn is_line(&self, x: isize, y: isize) -> bool {
        self.bitmap.at(x, y) == 1 && self.count(x - 1, y - 1, x + 2, y + 2) > 2
    }

    /// The page with these areas of a sheet (left, top, width, height in mm) white.
    #[must_use]
    pub fn without(&self, map: &Plane, areas_mm: &[[f64; 4]]) -> Self {
        let mut bitmap = self.bitmap.clone();
        for [left, top, width, height] in areas_mm {
            let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
                .map(|(x, y)| map.to_page(Point::new(left + x * width, top + y * height)));
            let span = |values: [f64; 4], limit: usize| {
                let low = values.iter().copied().fold(f64::MAX, f64::min);
                let high = values.iter().copied().fold(0.0, f64::max);
                (low.max(0.0) as usize).min(limit)..((high + 1.0) as usize).min(limit)
            };
            let columns = span(corners.map(|corner| corner.x), bitmap.width_px);
            for y in span(corners.map(|corner| corner.y), bitmap.height_px) {
                let start = y * bitmap.width_px;
                if let Some(row) = bitmap.ink.get_mut(start + columns.start..start + columns.end) {
                    row.fill(0);
                }
            }
        }
        let sums = running_sums(&bitmap);
        Self { bitmap, sums }
    }

    fn sum(&self, x: usize, y: usize) -> u32 {
        self.sums.get(y * (self.bitmap.width_px + 1) + x).copied().unwrap_or(0)
    }
}

fn running_sums(bitmap: &Bitmap) -> Vec<u32> {
    let stride = bitmap.width_px + 1;
    let mut sums = vec![0_u32; stride];
    sums.reserve(stride * bitmap.height_px);
    let mut above = vec![0_u32; stride];
    for y in 0..bitmap.height_px {
        let mut row_sum = 0;
        for (total, pixel) in above.iter_mut().skip(1).zip(bitmap.row(y)) {
            row_sum += u32::from(*pixel);
            *total += row_sum;
        }
        sums.extend_from_slice(&above);
    }
    sums
}

/// Fills short stretches of wholly white rows whose neighbours above and below agree: a receiver
/// leaves such rows when it could not decode them (T.4 has no retransmission without T.30 ECM).
fn mend_lost_lines(bitmap: &mut Bitmap, longest: usize) {
    let width = bitmap.width_px;
    let mut last_inked: Option<usize> = None;
    for y in 0..bitmap.height_px {
        if !bitmap.row(y).contains(&1) {
            continue;
        }
        if let Some(above) = last_inked
            && y - above > 1
            && y - above - 1 <= longest
            && agree(bitmap.row(above), bitmap.row(y))
        {
            for lost in above + 1..y {
                let source = if lost - above <= y - lost { above } else { y };
                bitmap.ink.copy_within(source * width..(source + 1) * width, lost * width);
            }
        }
        last_inked = Some(y);
    }
}

/// True when most of the ink of the rows lies in the same columns.
fn agree(above: &[u8], below: &[u8]) -> bool {
    let (mut both, mut either) = (0_usize, 0_usize);
    for (a, b) in above.iter().zip(below) {
        both += usize::from(a & b);
        either += usize::from(a | b);
    }
    both >= t::LOST_LINES_SAME_PX && both * 2 >= either
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(rows: &[&str]) -> Bitmap {
        let ink = rows.concat().bytes().map(|byte| u8::from(byte == b'#')).collect();
        Bitmap { width_px: rows[0].len(), height_px: rows.len(), ink }
    }

    #[test]
    fn counts_equal_a_plain_count() {
        let bitmap = page(&["#..#", ".##.", "####"]);
        let ink = Ink::new(&bitmap, 100.0);
        for (x0, y0, x1, y1) in [(0, 0, 4, 3), (1, 1, 3, 2), (-5, -5, 99, 99), (3, 0, 4, 1), (2, 2, 2, 3)] {
            let plain: u32 = (y0..y1)
                .flat_map(|y| (x0..x1).map(move |x| (x, y)))
                .map(|(x, y)| u32::from(bitmap.at(x, y)))
                .sum();
            assert_eq!(ink.count(x0, y0, x1, y1), plain);
        }
    }

    #[test]
    fn a_lost_line_is_mended_and_a_gap_between_lines_of_text_is_not() {
        let solid = "#".repeat(60) + &".".repeat(60);
        let blank = ".".repeat(120);
        let other = ".".repeat(60) + &"#".repeat(60);
        let mended = Ink::new(&page(&[&solid, &blank, &solid]), 200.0);
        assert_eq!(mended.bitmap.row(1), mended.bitmap.row(0));
        let kept = Ink::new(&page(&[&solid, &blank, &other]), 200.0);
        assert!(!kept.bitmap.row(1).contains(&1));
    }
}

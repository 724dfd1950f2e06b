//! The page as the reader counts on it: a bit for each pixel, so that it stays in the processor's cache, with
//! blank lines mended. It never decides what the ink means.

use super::affine::Point;
use super::bitmap::Bitmap;
use super::plane::Plane;
use super::thresholds as t;
use std::ops::Range;

/// Pixels in a word.
const WORD: usize = 64;

/// A page's pixels.
#[derive(Debug, Clone)]
pub struct Ink {
    /// Pixels in a row.
    pub width_px: usize,
    /// Rows.
    pub height_px: usize,
    /// Words in a row.
    stride: usize,
    /// Row after row; the lowest bit is the leftmost pixel, 1 is ink.
    words: Vec<u64>,
}

impl Ink {
    /// Packs the page and mends lost lines; `dpi_y` tells how many rows a lost stretch may have.
    #[must_use]
    pub fn new(bitmap: &Bitmap, dpi_y: f64) -> Self {
        let stride = bitmap.width_px.div_ceil(WORD).max(1);
        let mut words = Vec::with_capacity(stride * bitmap.height_px);
        for y in 0..bitmap.height_px {
            let row = bitmap.row(y);
            let whole = row.chunks_exact(WORD);
            let rest = pack(whole.remainder());
            words.extend(whole.map(pack));
            words.resize((y + 1) * stride, rest);
        }
        let mut ink = Self { width_px: bitmap.width_px, height_px: bitmap.height_px, stride, words };
        ink.mend_lost_lines((t::LOST_LINES_MM * dpi_y / 25.4).ceil() as usize);
        ink
    }

    /// 1 for ink, 0 for paper and for everything outside the page.
    #[must_use]
    pub fn at(&self, x: isize, y: isize) -> u8 {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return 0 };
        if x >= self.width_px || y >= self.height_px {
            return 0;
        }
        let word = self.words.get(y * self.stride + x / WORD).copied().unwrap_or(0);
        (word >> (x % WORD) & 1) as u8
    }

    /// Ink pixels in columns `x0..x1` and rows `y0..y1`, cut at the page's edge.
    #[must_use]
    pub fn count(&self, x0: isize, y0: isize, x1: isize, y1: isize) -> u32 {
        let clip = |value: isize, limit: usize| value.clamp(0, limit as isize) as usize;
        let (x0, x1) = (clip(x0, self.width_px), clip(x1, self.width_px));
        let (y0, y1) = (clip(y0, self.height_px), clip(y1, self.height_px));
        if x1 <= x0 || y1 <= y0 {
            return 0;
        }
        if x1 - x0 <= WORD {
            return self.count_narrow(x0, x1, y0..y1);
        }
        (y0..y1).map(|y| self.masked(y, x0..x1).map(|(_, word)| word.count_ones()).sum::<u32>()).sum()
    }

    /// The same for at most 64 columns on the page: as many rows as fit into a word are counted at once.
    fn count_narrow(&self, x0: usize, x1: usize, rows: Range<usize>) -> u32 {
        let (first, last, shift) = (x0 / WORD, (x1 - 1) / WORD, x0 % WORD);
        let width = x1 - x0;
        let mask = u64::MAX >> (WORD - width);
        let (lane, lanes) = match width {
            ..=8 => (8, 8),
            9..=16 => (16, 4),
            17..=32 => (32, 2),
            _ => (0, 1),
        };
        let rows = self.words.get(rows.start * self.stride..rows.end * self.stride).unwrap_or(&[]);
        let (mut count, mut gathered, mut held) = (0, 0_u64, 0);
        for row in rows.chunks_exact(self.stride) {
            let mut bits = row.get(first).copied().unwrap_or(0) >> shift;
            if last > first {
                bits |= row.get(last).copied().unwrap_or(0) << (WORD - shift);
            }
            gathered = gathered << lane | bits & mask;
            held += 1;
            if held == lanes {
                count += gathered.count_ones();
                (gathered, held) = (0, 0);
            }
        }
        count + gathered.count_ones()
    }

    /// The share of ink (0 to 1) in the rectangle that reaches `across_px` and `down_px` from `(x, y)`
    /// each way; beyond the page is white.
    #[must_use]
    pub fn share(&self, x: f64, y: f64, across_px: f64, down_px: f64) -> f64 {
        let (x0, x1) = (floor(x - across_px + 0.5), floor(x + across_px + 0.5));
        let (y0, y1) = (floor(y - down_px + 0.5), floor(y + down_px + 0.5));
        let (x1, y1) = (x1.max(x0 + 1), y1.max(y0 + 1));
        f64::from(self.count(x0, y0, x1, y1)) / ((x1 - x0) * (y1 - y0)) as f64
    }

    /// True where there is ink at the pixel under `(x, y)`.
    #[must_use]
    pub fn is_ink(&self, x: f64, y: f64) -> bool {
        self.at(floor(x), floor(y)) == 1
    }

    /// True for ink that has ink beside it: noise of single pixels is not a stroke.
    #[must_use]
    pub fn is_stroke(&self, x: isize, y: isize) -> bool {
        self.at(x, y) == 1 && self.count(x - 1, y - 1, x + 2, y + 2) > 1
    }

    /// True for ink on a line that goes on both ways: in a large area even noise has neighbours.
    #[must_use]
    pub fn is_line(&self, x: isize, y: isize) -> bool {
        self.at(x, y) == 1 && self.count(x - 1, y - 1, x + 2, y + 2) > 2
    }

    /// True where row `y` says the same as the row above it, in these columns.
    #[must_use]
    pub fn repeats(&self, y: usize, columns: Range<usize>) -> bool {
        let columns = columns.start..columns.end.min(self.width_px);
        y > 0
            && y < self.height_px
            && self
                .masked(y, columns.clone())
                .map(|(_, word)| word)
                .eq(self.masked(y - 1, columns).map(|(_, word)| word))
    }

    /// The columns with ink in row `y`, of those in `columns`.
    pub fn inked(&self, y: usize, columns: Range<usize>) -> impl Iterator<Item = usize> {
        let columns = columns.start..columns.end.min(self.width_px);
        let masked = if y < self.height_px { columns } else { 0..0 };
        self.masked(y, masked).flat_map(|(start, word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(start + bit)
            })
        })
    }

    /// The page with these areas of a sheet (left, top, width, height in mm) white.
    #[must_use]
    pub fn without(&self, map: &Plane, areas_mm: &[[f64; 4]]) -> Self {
        let mut page = self.clone();
        for [left, top, width, height] in areas_mm {
            let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
                .map(|(x, y)| map.to_page(Point::new(left + x * width, top + y * height)));
            let span = |values: [f64; 4], limit: usize| {
                let low = values.iter().copied().fold(f64::MAX, f64::min);
                let high = values.iter().copied().fold(0.0, f64::max);
                (low.max(0.0) as usize).min(limit)..((high + 1.0) as usize).min(limit)
            };
            let columns = span(corners.map(|corner| corner.x), page.width_px);
            for y in span(corners.map(|corner| corner.y), page.height_px) {
                for (word, mask) in masks(columns.clone()) {
                    if let Some(word) = page.words.get_mut(y * page.stride + word) {
                        *word &= !mask;
                    }
                }
            }
        }
        page
    }

    /// The words of row `y` that hold the columns, each with its first column; other columns are white.
    fn masked(&self, y: usize, columns: Range<usize>) -> impl Iterator<Item = (usize, u64)> {
        let start = y * self.stride;
        masks(columns)
            .map(move |(word, mask)| (word * WORD, self.words.get(start + word).copied().unwrap_or(0) & mask))
    }

    fn row(&self, y: usize) -> &[u64] {
        self.words.get(y * self.stride..(y + 1) * self.stride).unwrap_or(&[])
    }

    /// Fills short stretches of wholly white rows whose neighbours above and below agree: a receiver
    /// leaves such rows when it could not decode them (T.4 has no retransmission without T.30 ECM).
    fn mend_lost_lines(&mut self, longest: usize) {
        let mut last_inked: Option<usize> = None;
        for y in 0..self.height_px {
            if self.row(y).iter().all(|word| *word == 0) {
                continue;
            }
            if let Some(above) = last_inked
                && y - above > 1
                && y - above - 1 <= longest
                && agree(self.row(above), self.row(y))
            {
                for lost in above + 1..y {
                    let source = if lost - above <= y - lost { above } else { y };
                    let source = source * self.stride..(source + 1) * self.stride;
                    self.words.copy_within(source, lost * self.stride);
                }
            }
            last_inked = Some(y);
        }
    }
}

/// More pixels than a page has on either side.
const FAR_PX: i32 = 1 << 20;

/// The whole number below, for places on a page and around it. `f64::floor` is a call into a library where the
/// processor's own instruction may not be used; this is asked a million times a page.
fn floor(value: f64) -> isize {
    (value + f64::from(FAR_PX)) as isize - FAR_PX as isize
}

/// Up to 64 bytes of 0 or 1 as a word.
fn pack(pixels: &[u8]) -> u64 {
    // Eight bytes of 0 or 1 times this have their eight bits in the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut word = 0;
    for (index, eight) in pixels.chunks(8).enumerate() {
        let mut bytes = [0; 8];
        bytes[..eight.len()].copy_from_slice(eight);
        word |= (u64::from_le_bytes(bytes).wrapping_mul(GATHER) >> 56) << (8 * index);
    }
    word
}

/// The words that hold the columns, each with the bits that do.
fn masks(columns: Range<usize>) -> impl Iterator<Item = (usize, u64)> {
    let words = if columns.is_empty() { 0..0 } else { columns.start / WORD..columns.end.div_ceil(WORD) };
    words.map(move |word| {
        let from = columns.start.saturating_sub(word * WORD);
        let beyond = ((word + 1) * WORD).saturating_sub(columns.end);
        (word, u64::MAX << from & u64::MAX >> beyond)
    })
}

/// True when most of the ink of the rows lies in the same columns.
fn agree(above: &[u64], below: &[u64]) -> bool {
    let (mut both, mut either) = (0_usize, 0_usize);
    for (a, b) in above.iter().zip(below) {
        both += (a & b).count_ones() as usize;
        either += (a | b).count_ones() as usize;
    }
    both >= t::LOST_LINES_SAME_PX && both * 2 >= either
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::affine::Affine;

    fn page(rows: &[&str]) -> Bitmap {
        let ink = rows.concat().bytes().map(|byte| u8::from(byte == b'#')).collect();
        Bitmap { width_px: rows[0].len(), height_px: rows.len(), ink }
    }

    fn rows(ink: &Ink) -> Vec<String> {
        let pixel = |x: usize, y: usize| if ink.at(x as isize, y as isize) == 1 { '#' } else { '.' };
        (0..ink.height_px).map(|y| (0..ink.width_px).map(|x| pixel(x, y)).collect()).collect()
    }

    #[test]
    fn counts_equal_a_plain_count_at_every_edge_of_a_word() {
        let wide: Vec<u8> = (0..3 * 150_u32).map(|n| u8::from(n * 7 % 5 < 2 || n % 150 == 63)).collect();
        let bitmap = Bitmap { width_px: 150, height_px: 3, ink: wide };
        let ink = Ink::new(&bitmap, 25.4);
        for x0 in [-5, 0, 1, 62, 63, 64, 65, 127, 128, 149, 150] {
            for x1 in [-5, 0, 1, 63, 64, 65, 128, 129, 149, 150, 160] {
                for (y0, y1) in [(0, 3), (1, 2), (-1, 1), (2, 9), (2, 2)] {
                    let plain: u32 = (y0..y1)
                        .flat_map(|y| (x0..x1).map(move |x| (x, y)))
                        .map(|(x, y)| u32::from(bitmap.at(x, y)))
                        .sum();
                    assert_eq!(ink.count(x0, y0, x1, y1), plain, "{x0}..{x1} {y0}..{y1}");
                }
            }
        }
        for y in 0..3 {
            let plain: Vec<usize> = (60..150).filter(|x| bitmap.at(*x as isize, y as isize) == 1).collect();
            assert_eq!(ink.inked(y, 60..999).collect::<Vec<_>>(), plain);
        }
        assert_eq!(ink.inked(3, 0..150).count(), 0);
        assert!(ink.repeats(1, 0..60) == (bitmap.row(0)[..60] == bitmap.row(1)[..60]));
        assert!(ink.repeats(1, 63..64) && !ink.repeats(0, 0..9) && !ink.repeats(3, 0..9));
    }

    #[test]
    fn a_lost_line_is_mended_and_a_gap_between_lines_of_text_is_not() {
        let solid = "#".repeat(60) + &".".repeat(60);
        let blank = ".".repeat(120);
        let other = ".".repeat(60) + &"#".repeat(60);
        let mended = Ink::new(&page(&[&solid, &blank, &solid]), 200.0);
        assert_eq!(rows(&mended), [&*solid, &solid, &solid]);
        let kept = Ink::new(&page(&[&solid, &blank, &other]), 200.0);
        assert_eq!(rows(&kept), [&*solid, &blank, &other]);
    }

    #[test]
    fn an_area_is_put_out_of_sight() {
        let full = "#".repeat(100);
        let ink = Ink::new(&page(&[&full, &full, &full]), 200.0);
        let map = Affine { xx: 10.0, xy: 0.0, x0: 0.0, yx: 0.0, yy: 1.0, y0: 0.0 };
        let rest = ink.without(&map.into(), &[[6.0, 1.0, 1.0, 0.5]]);
        let hole = "#".repeat(60) + &".".repeat(11) + &"#".repeat(29);
        assert_eq!(rows(&rest), [&*full, &hole, &full]);
    }
}

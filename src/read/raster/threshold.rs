//! Grey → ink, for pictures that are not black and white yet. A picture that has only black and white
//! in it is taken as it is: thresholding it again would eat thin strokes.

use crate::read::bitmap::Bitmap;

/// The side of the neighbourhood that a pixel is compared with, as a part of the picture's longer
/// side: about 37 mm of an A4 page, six times the sheet's solid corner squares, so that their middle
/// does not turn white, and small enough to follow the shadow of a hand on a photograph.
const NEIGHBOURHOOD: f64 = 1.0 / 8.0;
/// Ink is darker than this part of the neighbourhood's mean. Pencil on a scan is about 0.75, paper
/// grain and JPEG noise stay above 0.9.
const INK_BELOW: f64 = 0.82;
/// Darker than this is ink whatever surrounds it, so that large black areas do not become hollow. Paper
/// in the deepest shadow of a usable photograph is above 60.
const ALWAYS_INK: u8 = 40;

/// Ink where the grey (0 black to 255 white, rows from the top) is dark against its surroundings.
pub(super) fn to_ink(grey: &[u8], width_px: usize, height_px: usize) -> Bitmap {
    if grey.iter().all(|&value| value == 0 || value == 255) {
        let ink = grey.iter().map(|&value| u8::from(value == 0)).collect();
        return Bitmap { width_px, height_px, ink };
    }
    let radius = ((width_px.max(height_px) as f64 * NEIGHBOURHOOD / 2.0) as usize).max(1);
    let mut ink = Vec::with_capacity(grey.len());
    let mut columns = Columns::new(width_px);
    for (y, row) in grey.chunks_exact(width_px.max(1)).enumerate() {
        columns.move_to(grey, y, radius, height_px);
        columns.threshold(row, radius, &mut ink);
    }
    Bitmap { width_px, height_px, ink }
}

/// The sums of the columns over the rows of the neighbourhood: memory for a row, not for a page.
struct Columns {
    sums: Vec<u64>,
    rows: std::ops::Range<usize>,
}

impl Columns {
    fn new(width_px: usize) -> Self {
        Self { sums: vec![0; width_px], rows: 0..0 }
    }

    fn move_to(&mut self, grey: &[u8], y: usize, radius: usize, height_px: usize) {
        let width_px = self.sums.len();
        let row_of = |y: usize| grey.get(y * width_px..(y + 1) * width_px).unwrap_or(&[]);
        let wanted = y.saturating_sub(radius)..(y + radius + 1).min(height_px);
        while self.rows.end < wanted.end {
            self.sums.iter_mut().zip(row_of(self.rows.end)).for_each(|(sum, &v)| *sum += u64::from(v));
            self.rows.end += 1;
        }
        while self.rows.start < wanted.start {
            self.sums.iter_mut().zip(row_of(self.rows.start)).for_each(|(sum, &v)| *sum -= u64::from(v));
            self.rows.start += 1;
        }
    }

    fn threshold(&self, row: &[u8], radius: usize, ink: &mut Vec<u8>) {
        let (mut sum, mut from, mut to) = (0_u64, 0, 0);
        for (x, &value) in row.iter().enumerate() {
            let wanted = x.saturating_sub(radius)..(x + radius + 1).min(row.len());
            sum += self.sums.get(to..wanted.end).unwrap_or(&[]).iter().sum::<u64>();
            sum -= self.sums.get(from..wanted.start).unwrap_or(&[]).iter().sum::<u64>();
            (from, to) = (wanted.start, wanted.end);
            let mean = sum as f64 / (self.rows.len() * wanted.len()).max(1) as f64;
            ink.push(u8::from(value < ALWAYS_INK || f64::from(value) < mean * INK_BELOW));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_and_white_is_never_thresholded() {
        // A nearly black picture: any mean would make its one white pixel's surroundings uncertain.
        let mut grey = vec![0; 100];
        grey[37] = 255;
        let ink: Vec<u8> = (0..100).map(|at| u8::from(at != 37)).collect();
        assert_eq!(to_ink(&grey, 10, 10).ink, ink);
    }

    #[test]
    fn ink_is_found_under_a_shadow() {
        // Paper from 250 down to 90 across the picture, a stroke of 0.6 of the paper every 40 pixels.
        let (width, height) = (400, 400);
        let paper = |x: usize| 250.0 - 160.0 * x as f64 / width as f64;
        let stroke = |x: usize| x % 40 < 3;
        let grey: Vec<u8> = (0..width * height)
            .map(|at| at % width)
            .map(|x| (paper(x) * if stroke(x) { 0.6 } else { 1.0 }) as u8)
            .collect();
        let found = to_ink(&grey, width, height);
        for x in 0..width {
            assert_eq!(found.at(x as isize, 200), u8::from(stroke(x)), "x {x}");
        }
    }

    #[test]
    fn a_solid_square_stays_solid() {
        let (width, height) = (800, 1130);
        let inside = |x: usize, y: usize| (40..64).contains(&x) && (40..64).contains(&y);
        let grey: Vec<u8> =
            (0..width * height).map(|at| if inside(at % width, at / width) { 30 } else { 230 }).collect();
        let found = to_ink(&grey, width, height);
        assert_eq!(found.ink.iter().map(|&ink| usize::from(ink)).sum::<usize>(), 24 * 24);
    }
}

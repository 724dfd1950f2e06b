//! Quarter turns and mirrorings of a bitmap, as a file's tags or a PDF's matrix demand them.

use super::spans::Spans;
use crate::read::bitmap::Bitmap;

/// First rows and columns change places, then the result is mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Turn {
    pub(super) transpose: bool,
    /// Left becomes right.
    pub(super) flip_x: bool,
    /// Top becomes bottom.
    pub(super) flip_y: bool,
}

impl Turn {
    /// From TIFF's Orientation tag (TIFF 6.0 section 8; Exif has the same); 1 for anything unknown.
    pub(super) fn from_orientation(orientation: u32) -> Self {
        let (transpose, flip_x, flip_y) = match orientation {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { transpose, flip_x, flip_y }
    }

    /// The bitmap as it is meant to be seen.
    pub(super) fn apply(self, bitmap: Bitmap) -> Bitmap {
        if self == Self::default() {
            return bitmap;
        }
        let (width_px, height_px) = self.size(bitmap.width_px, bitmap.height_px);
        let mut ink = Vec::with_capacity(bitmap.ink.len());
        for y in 0..height_px {
            let from_y = if self.flip_y { height_px - 1 - y } else { y };
            for x in 0..width_px {
                let from_x = if self.flip_x { width_px - 1 - x } else { x };
                let (source_x, source_y) = if self.transpose { (from_y, from_x) } else { (from_x, from_y) };
                ink.push(bitmap.at(source_x as isize, source_y as isize));
            }
        }
        Bitmap { width_px, height_px, ink }
    }

    /// The damaged rows after the turn, of a bitmap that had `height_px` rows before it. On a page that is laid on
    /// its side they have become columns: then no row is to be trusted.
    pub(super) fn spans(self, damaged: Spans, (width_px, height_px): (usize, usize)) -> Spans {
        match (damaged.is_empty(), self.transpose, self.flip_y) {
            (true, ..) | (false, false, false) => damaged,
            (false, true, _) => Spans::one(0..width_px),
            (false, false, true) => damaged.flipped(height_px),
        }
    }

    /// The two lengths, in pixels or of a resolution, after the turn.
    pub(super) fn size<T>(self, x: T, y: T) -> (T, T) {
        if self.transpose { (y, x) } else { (x, y) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_orientation_puts_the_marked_corner_where_tiff_says() {
        // Ink in the stored first pixel of the first row; TIFF 6.0 says where that is to be seen.
        let cases = [
            (1, 0, 0),
            (2, 1, 0),
            (3, 1, 2),
            (4, 0, 2),
            (5, 0, 0),
            (6, 2, 0),
            (7, 2, 1),
            (8, 0, 1),
            (99, 0, 0),
        ];
        for (orientation, x, y) in cases {
            let mut bitmap = Bitmap::white(2, 3);
            bitmap.ink[0] = 1;
            let turned = Turn::from_orientation(orientation).apply(bitmap);
            assert_eq!(turned.ink.iter().map(|&ink| u32::from(ink)).sum::<u32>(), 1);
            assert_eq!(turned.at(x, y), 1, "orientation {orientation}: {turned:?}");
        }
    }
}

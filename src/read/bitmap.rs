//! A page as black and white pixels.

use crate::domain::reading::Problem;

/// One bit a pixel in meaning, one byte in memory: 1 is ink, 0 is paper. Rows from the top, without
/// padding. Fax pixels are not square: the resolution is kept beside the bitmap in [`RasterPage`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    /// Pixels in a row.
    pub width_px: usize,
    /// Rows.
    pub height_px: usize,
    /// `width_px * height_px` bytes of 0 or 1.
    pub ink: Vec<u8>,
}

impl Bitmap {
    /// A white page.
    #[must_use]
    pub fn white(width_px: usize, height_px: usize) -> Self {
        Self { width_px, height_px, ink: vec![0; width_px * height_px] }
    }

    /// 1 for ink, 0 for paper and for everything outside the page.
    #[must_use]
    pub fn at(&self, x: isize, y: isize) -> u8 {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return 0 };
        if x >= self.width_px || y >= self.height_px {
            return 0;
        }
        self.ink.get(y * self.width_px + x).copied().unwrap_or(0)
    }

    /// Every row twice: what was scanned at 98 lines an inch as the paper shows it.
    #[must_use]
    pub fn rows_doubled(&self) -> Self {
        let rows = self.ink.chunks(self.width_px.max(1));
        let ink = rows.flat_map(|row| [row, row]).flatten().copied().collect();
        Self { width_px: self.width_px, height_px: self.height_px * 2, ink }
    }

    /// The pixels of row `y`; empty outside the page.
    #[must_use]
    pub fn row(&self, y: usize) -> &[u8] {
        self.ink.get(y * self.width_px..(y + 1) * self.width_px).unwrap_or(&[])
    }
}

/// One page as it came out of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct RasterPage {
    /// From 1.
    pub page_in_file: u32,
    /// The pixels, not squared and not turned.
    pub bitmap: Bitmap,
    /// Pixels an inch across, as the file says or as its pixel count suggests.
    pub dpi_x: f64,
    /// Pixels an inch down.
    pub dpi_y: f64,
    /// Rows of this bitmap whose pixels are not to be trusted, from the top and apart from each other: they were
    /// lost, or came behind damage that no later row recovers from. All rows where it cannot be known which.
    pub damaged_rows: Vec<std::ops::Range<usize>>,
    /// What was wrong with this page; its pixels are what could be kept.
    pub problems: Vec<Problem>,
}

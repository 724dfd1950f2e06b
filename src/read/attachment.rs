//! A PDF that goes along with a request → black and white pages. A stranger's bytes are opened in a reader's process
//! ([`open`]), which gives away nothing but pixels; what is stored and sent is made of those pixels ([`page`]).

use super::bitmap::Bitmap;
use super::raster::{Limits, fitted_pages};
use crate::domain::attachment::{ATTACHED_HEIGHT_MM, ATTACHED_PX_A_MM, ATTACHED_WIDTH_MM, AttachedPage};
use crate::domain::reading::Problem;
use fax::encoder::Encoder;
use fax::{Color, VecWriter};
use serde::{Deserialize, Serialize};

/// How large a page is; its pixels follow, eight to a byte, rows on whole bytes, 1 for ink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageSize {
    /// Pixels across.
    pub width_px: u32,
    /// Pixels down.
    pub height_px: u32,
    /// How large it is beside the original.
    pub percent: u32,
}

impl PageSize {
    fn row_bytes(self) -> usize {
        (self.width_px as usize).div_ceil(8)
    }

    /// True for what fits between the edges of a page.
    fn is_printable(self) -> bool {
        let most = |mm: f64| (mm * ATTACHED_PX_A_MM).ceil() as u32;
        let (across, down) = (most(ATTACHED_WIDTH_MM), most(ATTACHED_HEIGHT_MM));
        (1..=across).contains(&self.width_px) && (1..=down).contains(&self.height_px) && self.percent <= 100
    }
}

/// Every page of the PDF with its pixels.
///
/// # Errors
/// The problem, as a sentence for whoever chose the file. There is none with which a part of it is taken.
pub fn open(bytes: &[u8]) -> Result<Vec<(PageSize, Vec<u8>)>, Problem> {
    let pages = fitted_pages(bytes, &Limits::default())?;
    Ok(pages
        .into_iter()
        .map(|page| {
            let size = PageSize {
                width_px: page.bitmap.width_px as u32,
                height_px: page.bitmap.height_px as u32,
                percent: (page.scale * 100.0).round() as u32,
            };
            (size, pack(&page.bitmap))
        })
        .collect())
}

/// The page in Group 4; `None` when size and pixels do not belong together.
#[must_use]
pub fn page(size: PageSize, pixels: &[u8]) -> Option<AttachedPage> {
    let fits = size.is_printable() && pixels.len() == size.row_bytes() * size.height_px as usize;
    let g4 = fits.then(|| g4(&unpack(size, pixels)))?;
    Some(AttachedPage { width_px: size.width_px, height_px: size.height_px, percent: size.percent, g4 })
}

fn pack(bitmap: &Bitmap) -> Vec<u8> {
    let byte = |eight: &[u8]| {
        eight.iter().enumerate().fold(0, |byte, (at, ink)| byte | (u8::from(*ink == 1) << (7 - at)))
    };
    (0..bitmap.height_px).flat_map(|y| bitmap.row(y).chunks(8).map(byte)).collect()
}

fn unpack(size: PageSize, pixels: &[u8]) -> Bitmap {
    let (width_px, height_px) = (size.width_px as usize, size.height_px as usize);
    let row = |row: &[u8]| -> Vec<u8> { (0..width_px).map(|x| row[x / 8] >> (7 - x % 8) & 1).collect() };
    let ink = pixels.chunks(size.row_bytes().max(1)).flat_map(row).collect();
    Bitmap { width_px, height_px, ink }
}

/// The bitmap in Group 4 (ITU-T T.6), ended by EOFB.
///
/// # Panics
/// When it is wider than 65 535 pixels, far beyond any fax.
#[must_use]
pub fn g4(bitmap: &Bitmap) -> Vec<u8> {
    let width_px = u16::try_from(bitmap.width_px).expect("a fax page is at most 65535 pixels wide");
    let mut encoder = Encoder::new(VecWriter::new());
    for y in 0..bitmap.height_px {
        let colors = bitmap.row(y).iter().map(|&ink| if ink == 0 { Color::White } else { Color::Black });
        let Ok(()) = encoder.encode_line(colors, width_px);
    }
    let Ok(bits) = encoder.finish();
    bits.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bitmap(width_px: usize, height_px: usize) -> Bitmap {
        let ink = (0..width_px * height_px).map(|at| u8::from(at % 7 < 3 || at % 11 == 0)).collect();
        Bitmap { width_px, height_px, ink }
    }

    fn size(width_px: u32, height_px: u32) -> PageSize {
        PageSize { width_px, height_px, percent: 100 }
    }

    #[test]
    fn pixels_go_through_the_pipe_as_they_are() {
        for (width, height) in [(1, 1), (7, 3), (8, 2), (9, 5), (1526, 4)] {
            let bitmap = bitmap(width, height);
            assert!(unpack(size(width as u32, height as u32), &pack(&bitmap)) == bitmap, "{width}");
        }
    }

    #[test]
    fn what_a_reader_says_is_believed_only_when_it_fits() {
        let pixels = pack(&bitmap(9, 5));
        assert!(page(size(9, 5), &pixels).is_some());
        for wrong in [size(9, 4), size(17, 5), size(0, 0), size(8, 10_000), size(100_000, 5)] {
            assert!(page(wrong, &pixels).is_none(), "{wrong:?}");
        }
        let high = vec![0; 2200 * 2];
        assert!(page(size(9, 2200), &high).is_none(), "higher than a page");
        assert!(page(PageSize { percent: 101, ..size(9, 5) }, &pixels).is_none());
    }
}

//! Black and white pages → a multi-page fax TIFF, as a mail-to-fax service would attach it: the
//! inverse of [`crate::read::raster`] for the practice clinic and for tests. It never damages a page;
//! whoever wants noise puts it into the pixels or into the bytes.

use crate::read::attachment::g4;
use crate::read::bitmap::Bitmap;
use fax::maps::{EOL, black, white};
use fax::{BitWriter, Bits, VecWriter};

/// A page with its pixels an inch across and down.
pub type FaxPage<'a> = (&'a Bitmap, f64, f64);

/// Group 3, one-dimensional (T.4 §4.1; TIFF compression 3, `T4Options` 0): an end-of-line code before
/// every line, most significant bit first, little-endian file, resolution in inches, no RTC (TIFF-F
/// leaves it out).
#[must_use]
pub fn encode_g3(pages: &[FaxPage<'_>]) -> Vec<u8> {
    write_tiff(pages, &Scheme { compression: 3, options_tag: 292, encode: g3_strip })
}

/// Group 4 (T.6; TIFF compression 4), ended by EOFB; else as [`encode_g3`]. A page is at most 65 535
/// pixels wide, far beyond any fax.
#[must_use]
pub fn encode_g4(pages: &[FaxPage<'_>]) -> Vec<u8> {
    write_tiff(pages, &Scheme { compression: 4, options_tag: 293, encode: g4 })
}

struct Scheme {
    compression: u32,
    options_tag: u16,
    encode: fn(&Bitmap) -> Vec<u8>,
}

fn g3_strip(bitmap: &Bitmap) -> Vec<u8> {
    let mut bits = VecWriter::new();
    for y in 0..bitmap.height_px {
        put(&mut bits, EOL);
        g3_line(&mut bits, bitmap.row(y));
    }
    bits.finish()
}

/// T.4 §4.1.1: runs of white and black by turns; a line starts with white, if need be of length 0.
fn g3_line(bits: &mut VecWriter, row: &[u8]) {
    let mut rest = row;
    let mut ink = 0;
    loop {
        let run = rest.iter().take_while(|&&pixel| pixel == ink).count();
        put_run(bits, ink, run);
        rest = &rest[run..];
        if rest.is_empty() {
            return;
        }
        ink = 1 - ink;
    }
}

/// Make-up codes for the multiples of 64 (2560 again and again for a longer run), then one
/// terminating code (T.4 tables 2 and 3).
fn put_run(bits: &mut VecWriter, ink: u8, mut run: usize) {
    let codes = if ink == 0 { &white::ENTRIES } else { &black::ENTRIES };
    while run >= 64 {
        let make_up = run.min(2560) & !63;
        put(bits, codes[63 + make_up / 64].1);
        run -= make_up;
    }
    put(bits, codes[run].1);
}

fn put(bits: &mut VecWriter, code: Bits) {
    let Ok(()) = bits.write(code);
}

fn write_tiff(pages: &[FaxPage<'_>], scheme: &Scheme) -> Vec<u8> {
    let mut file = b"II\x2a\0\0\0\0\0".to_vec();
    let mut link_at = 4;
    for (index, page) in pages.iter().enumerate() {
        let strip_at = file.len();
        file.extend((scheme.encode)(page.0));
        let strip = (strip_at as u32, (file.len() - strip_at) as u32);
        file.resize(file.len().next_multiple_of(2), 0);
        let resolutions_at = file.len() as u32;
        put_resolution(&mut file, page.1);
        put_resolution(&mut file, page.2);
        let ifd_at = file.len() as u32;
        file[link_at..link_at + 4].copy_from_slice(&ifd_at.to_le_bytes());
        let number = (index as u32, pages.len() as u32);
        put_ifd(&mut file, &page_tags(page.0, scheme, strip, resolutions_at, number));
        link_at = file.len() - 4;
    }
    file
}

/// A RATIONAL in thousandths.
fn put_resolution(file: &mut Vec<u8>, dpi: f64) {
    file.extend(((dpi * 1000.0).round() as u32).to_le_bytes());
    file.extend(1000_u32.to_le_bytes());
}

const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

/// Tag, type, count, value or offset; ascending tags as TIFF 6.0 demands.
type Entry = (u16, u16, u32, u32);

fn page_tags(
    bitmap: &Bitmap,
    scheme: &Scheme,
    strip: (u32, u32),
    resolutions_at: u32,
    number: (u32, u32),
) -> Vec<Entry> {
    let (width, height) = (bitmap.width_px as u32, bitmap.height_px as u32);
    vec![
        (254, LONG, 1, 2), // one page of several
        (256, LONG, 1, width),
        (257, LONG, 1, height),
        (258, SHORT, 1, 1),
        (259, SHORT, 1, scheme.compression),
        (262, SHORT, 1, 0), // 0 is white
        (266, SHORT, 1, 1), // most significant bit first
        (273, LONG, 1, strip.0),
        (274, SHORT, 1, 1), // upright
        (277, SHORT, 1, 1),
        (278, LONG, 1, height),
        (279, LONG, 1, strip.1),
        (282, RATIONAL, 1, resolutions_at),
        (283, RATIONAL, 1, resolutions_at + 8),
        (scheme.options_tag, LONG, 1, 0),
        (296, SHORT, 1, 2), // inches
        (297, SHORT, 2, number.0 | number.1 << 16),
    ]
}

fn put_ifd(file: &mut Vec<u8>, entries: &[Entry]) {
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::raster::{Limits, open};

    fn page(width_px: usize, height_px: usize) -> Bitmap {
        let mut bitmap = Bitmap::white(width_px, height_px);
        for (at, ink) in bitmap.ink.iter_mut().enumerate() {
            let (x, y) = (at % width_px, at / width_px);
            *ink = u8::from((x * 7 + y * y) % (23 + y * 5) < 4 + y / 3 && y % 5 != 0);
        }
        bitmap
    }

    #[test]
    fn what_is_written_is_read_back_with_its_resolution() {
        // 3456 pixels of one colour need 2560 and a second make-up code; 9 is no whole byte.
        let mut wide = page(3456, 60);
        wide.ink[..3456].fill(1);
        let (normal, narrow) = (page(1728, 100), page(9, 20));
        let pages = [(&normal, 204.0, 98.0), (&wide, 408.0, 391.0), (&narrow, 203.2, 195.58)];
        for file in [encode_g3(&pages), encode_g4(&pages)] {
            let mut read = Vec::new();
            let problems = open(&file, &Limits::default(), &mut |page| read.push(page));
            assert_eq!(problems, []);
            assert_eq!(read.len(), pages.len());
            for (page, &(bitmap, dpi_x, dpi_y)) in read.iter().zip(&pages) {
                assert_eq!(page.problems, [], "{} wide", bitmap.width_px);
                assert!(page.bitmap == *bitmap, "{} wide", bitmap.width_px);
                assert_eq!((page.dpi_x, page.dpi_y), (dpi_x, dpi_y));
            }
        }
    }
}

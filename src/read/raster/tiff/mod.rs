//! TIFF and `BigTIFF` → pages: one-bit pages in strips or tiles here (fax coding, `PackBits`, plain), grey and colour
//! through the `tiff` crate. Tags are believed only where the pixels do not contradict them.

mod deep;
mod ifd;
mod strips;
mod tiles;

use super::spans::Spans;
use super::turn::Turn;
use super::{Limits, bits, resolution, trouble};
use crate::domain::reading::Problem;
use crate::read::bitmap::{Bitmap, RasterPage};
use ifd::Directory;

mod tag {
    pub(super) const SUBFILE_TYPE: u16 = 254;
    pub(super) const WIDTH: u16 = 256;
    pub(super) const HEIGHT: u16 = 257;
    pub(super) const BITS_PER_SAMPLE: u16 = 258;
    pub(super) const COMPRESSION: u16 = 259;
    pub(super) const PHOTOMETRIC: u16 = 262;
    pub(super) const FILL_ORDER: u16 = 266;
    pub(super) const STRIP_OFFSETS: u16 = 273;
    pub(super) const ORIENTATION: u16 = 274;
    pub(super) const SAMPLES_PER_PIXEL: u16 = 277;
    pub(super) const ROWS_PER_STRIP: u16 = 278;
    pub(super) const STRIP_BYTE_COUNTS: u16 = 279;
    pub(super) const X_RESOLUTION: u16 = 282;
    pub(super) const Y_RESOLUTION: u16 = 283;
    pub(super) const TILE_WIDTH: u16 = 322;
    pub(super) const TILE_HEIGHT: u16 = 323;
    pub(super) const TILE_OFFSETS: u16 = 324;
    pub(super) const TILE_BYTE_COUNTS: u16 = 325;
    pub(super) const T4_OPTIONS: u16 = 292;
    pub(super) const RESOLUTION_UNIT: u16 = 296;
}

/// A page's pixels with what was wrong with them.
pub(super) struct Pixels {
    bitmap: Bitmap,
    damaged: Spans,
    problems: Vec<Problem>,
}

/// Why a page has no pixels.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    #[error("the page is larger than the limits allow")]
    TooLarge,
    #[error("the page is broken or of a kind that is not read")]
    Broken,
}

/// A page whose ink covers more than this is a page whose colour tag lies: no form is two thirds black.
const MOST_INK: f64 = 2.0 / 3.0;
/// Unless the other colour would leave an empty page: then it is what it looks like, a page of solid black.
const LEAST_INK: f64 = 0.002;

/// Calls `each` with every page that can be had.
pub(super) fn open(bytes: &[u8], limits: &Limits, each: &mut dyn FnMut(RasterPage)) -> Vec<Problem> {
    let (directories, broke_off) = ifd::directories(bytes, limits.max_pages as usize + 1);
    let pages: Vec<_> = directories.iter().filter(|one| !is_thumbnail(one)).collect();
    let mut problems = Vec::new();
    for (number, directory) in (1..=limits.max_pages).zip(&pages) {
        match page(bytes, directory, number, limits) {
            Ok(page) => each(page),
            Err(PageError::TooLarge) => problems.push(trouble::page_too_large(number)),
            Err(PageError::Broken) => problems.push(trouble::page_broken(number)),
        }
    }
    if directories.len() > limits.max_pages as usize {
        problems.push(trouble::too_many_pages(limits.max_pages));
    } else if pages.is_empty() {
        problems.push(trouble::broken("TIFF"));
    } else if broke_off {
        problems.push(trouble::broken_after("TIFF", pages.len() as u32));
    }
    problems
}

/// `NewSubfileType` bit 0: a smaller copy of another page.
fn is_thumbnail(directory: &Directory<'_>) -> bool {
    directory.number(tag::SUBFILE_TYPE).is_some_and(|kind| kind & 1 == 1)
}

fn page(
    bytes: &[u8],
    directory: &Directory<'_>,
    number: u32,
    limits: &Limits,
) -> Result<RasterPage, PageError> {
    let pixels = if strips::can_read(directory) {
        strips::read(directory, limits)?
    } else {
        deep::read(bytes, directory, limits)?
    };
    Ok(finish(directory, pixels, number))
}

fn finish(directory: &Directory<'_>, pixels: Pixels, number: u32) -> RasterPage {
    let Pixels { bitmap, damaged, mut problems } = pixels;
    let found = resolution::resolve(tagged_dpi(directory), bitmap.width_px, bitmap.height_px);
    if found.contradicts_tags {
        problems.push(trouble::lying_tags());
    }
    let turn = Turn::from_orientation(directory.number(tag::ORIENTATION).unwrap_or(1));
    let (dpi_x, dpi_y) = turn.size(found.dpi_x, found.dpi_y);
    let damaged_rows = turn.spans(damaged, (bitmap.width_px, bitmap.height_px)).into_vec();
    RasterPage { page_in_file: number, bitmap: turn.apply(bitmap), dpi_x, dpi_y, damaged_rows, problems }
}

/// In pixels an inch. `ResolutionUnit` 3 is a centimetre; 1 (no unit) is taken for inches, and thrown out
/// later if no page comes of it.
fn tagged_dpi(directory: &Directory<'_>) -> Option<(f64, f64)> {
    let per_inch = if directory.number(tag::RESOLUTION_UNIT) == Some(3) { 2.54 } else { 1.0 };
    let x = directory.ratio(tag::X_RESOLUTION)?;
    let y = directory.ratio(tag::Y_RESOLUTION)?;
    Some((x * per_inch, y * per_inch))
}

/// Black and white as the file says, unless that makes a page which is mostly ink.
fn believe_colour(mut bitmap: Bitmap, problems: &mut Vec<Problem>) -> Bitmap {
    // 255 ones fit into a byte: the processor adds many of them at once.
    let sums = bitmap.ink.chunks(255).map(|some| some.iter().fold(0_u8, |sum, &ink| sum.wrapping_add(ink)));
    let ink: usize = sums.map(usize::from).sum();
    if (MOST_INK..1.0 - LEAST_INK).contains(&(ink as f64 / bitmap.ink.len().max(1) as f64)) {
        bits::invert(&mut bitmap.ink);
        problems.push(trouble::lying_tags());
    }
    bitmap
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::ProblemCode;
    use crate::read::raster::samples::{Rows, Tiff, coded, packed, page};

    fn read(bytes: &[u8]) -> (Vec<RasterPage>, Vec<ProblemCode>) {
        let mut pages = Vec::new();
        let problems = open(bytes, &Limits::default(), &mut |page| pages.push(page));
        (pages, problems.iter().map(|problem| problem.code).collect())
    }

    fn check(name: &str, file: &Tiff, expected: &Bitmap, codes: &[ProblemCode]) {
        let (pages, problems) = read(&file.bytes());
        assert_eq!(problems, [], "{name}");
        assert_eq!(pages.len(), 1, "{name}");
        assert!(pages[0].bitmap == *expected, "{name}: pixels differ");
        let found: Vec<_> = pages[0].problems.iter().map(|problem| problem.code).collect();
        assert_eq!(found, codes, "{name}");
    }

    fn reversed(mut file: Tiff) -> Tiff {
        for byte in file.pages[0].1.iter_mut().flatten() {
            *byte = byte.reverse_bits();
        }
        file
    }

    #[test]
    fn every_coding_byte_order_and_bit_order_gives_the_same_page() {
        use Rows::{G3, G3Filled, G3TwoD, G4, Rle};
        let bitmap = page(1728, 120);
        for (rows, compression, options) in
            [(G3, 3, 0), (G3Filled, 3, 4), (G3TwoD, 3, 1), (Rle, 2, 0), (G4, 4, 0)]
        {
            for big_endian in [false, true] {
                let make = || {
                    let mut file = Tiff::one(1728, 120, compression, coded(&bitmap, rows)).with(292, options);
                    file.big_endian = big_endian;
                    file
                };
                let name = format!("{rows:?} big {big_endian}");
                check(&name, &make(), &bitmap, &[]);
                check(&format!("{name}, lowest bit first"), &reversed(make()).with(266, 2), &bitmap, &[]);
                check(&format!("{name}, bit order lies"), &reversed(make()), &bitmap, &[]);
                check(&format!("{name}, coding lies"), &make().with(292, 1 - options.min(1)), &bitmap, &[]);
            }
        }
    }

    #[test]
    fn a_wrong_compression_is_seen_through() {
        let bitmap = page(1728, 120);
        check("G4 called G3", &Tiff::one(1728, 120, 3, coded(&bitmap, Rows::G4)), &bitmap, &[]);
        check("G3 called G4", &Tiff::one(1728, 120, 4, coded(&bitmap, Rows::G3)), &bitmap, &[]);
        check("RLE called G3", &Tiff::one(1728, 120, 3, coded(&bitmap, Rows::Rle)), &bitmap, &[]);
    }

    #[test]
    fn missing_tags_are_done_without() {
        let bitmap = page(1728, 120);
        let file = || Tiff::one(1728, 120, 3, coded(&bitmap, Rows::G3));
        check("no colour", &file().without(262), &bitmap, &[]);
        check("no height", &file().without(257), &bitmap, &[]);
        check("height 0", &file().with(257, 0), &bitmap, &[]);
        check("rows a strip 0", &file().with(278, 0), &bitmap, &[]);
        check("rows a strip 2^32-1", &file().with(278, u32::MAX), &bitmap, &[]);
    }

    #[test]
    fn plain_and_packed_pages_are_read() {
        let bitmap = page(203, 40);
        let plain = packed(&bitmap);
        check("plain", &Tiff::one(203, 40, 1, plain.clone()), &bitmap, &[]);
        let inverse: Vec<u8> = plain.iter().map(|byte| !byte).collect();
        check("0 is black", &Tiff::one(203, 40, 1, inverse.clone()).with(262, 1), &bitmap, &[]);
        check("colour lies", &Tiff::one(203, 40, 1, inverse), &bitmap, &[ProblemCode::LyingTags]);
        let literal = |row: &[u8]| [&[row.len() as u8 - 1], row].concat();
        let packbits: Vec<u8> = plain.chunks(26).flat_map(literal).collect();
        check("PackBits", &Tiff::one(203, 40, 32_773, packbits), &bitmap, &[]);
    }

    #[test]
    fn grey_goes_through_the_threshold() {
        let bitmap = page(200, 60);
        let grey: Vec<u8> = bitmap.ink.iter().map(|ink| 230 - ink * 150).collect();
        let file = Tiff::one(200, 60, 1, grey).with(262, 1).with(258, 8).with(277, 1).with(278, 60);
        check("8-bit grey", &file, &bitmap, &[]);
    }

    #[test]
    fn strips_keep_their_places_when_one_is_lost() {
        let bitmap = page(1728, 90);
        let part = |rows: std::ops::Range<usize>| {
            let ink = bitmap.ink[rows.start * 1728..rows.end * 1728].to_vec();
            coded(&Bitmap { width_px: 1728, height_px: rows.len(), ink }, Rows::G4)
        };
        let mut file = Tiff::one(1728, 90, 4, Vec::new()).with(278, 30);
        file.pages[0].1 = vec![part(0..30), part(30..60), part(60..90)];
        check("three strips", &file, &bitmap, &[]);
        file.pages[0].1[1] = Vec::new();
        let (pages, _) = read(&file.bytes());
        let rows = |bitmap: &Bitmap, from: usize| bitmap.ink[from * 1728..(from + 30) * 1728].to_vec();
        assert_eq!(pages[0].problems[0].code, ProblemCode::DamagedLines);
        assert!(
            rows(&pages[0].bitmap, 60) == rows(&bitmap, 60) && rows(&pages[0].bitmap, 0) == rows(&bitmap, 0)
        );
    }

    #[test]
    fn rows_before_and_after_damage_are_kept() {
        let bitmap = page(1728, 200);
        let mut data = coded(&bitmap, Rows::G3);
        let middle = data.len() / 2;
        data[middle..middle + 12].fill(0x5a);
        let (pages, _) = read(&Tiff::one(1728, 200, 3, data).bytes());
        let read = &pages[0];
        assert_eq!(read.problems[0].code, ProblemCode::DamagedLines);
        assert_eq!(read.bitmap.height_px, 200);
        let same = (0..200).filter(|&y| read.bitmap.row(y) == bitmap.row(y)).count();
        assert!((80..200).contains(&same), "{same} rows alike");
        assert!(read.bitmap.row(20) == bitmap.row(20));
    }

    #[test]
    fn a_page_cut_short_is_white_below() {
        let bitmap = page(1728, 200);
        let mut data = coded(&bitmap, Rows::G4);
        data.truncate(data.len() / 2);
        let (pages, _) = read(&Tiff::one(1728, 200, 4, data).bytes());
        assert_eq!(pages[0].problems[0].code, ProblemCode::DamagedLines);
        assert_eq!(pages[0].bitmap.height_px, 200);
        assert!(pages[0].bitmap.row(50) == bitmap.row(50));
        assert!(pages[0].bitmap.row(199).iter().all(|&ink| ink == 0));
    }

    #[test]
    fn pages_come_one_by_one_and_a_bad_one_sinks_no_other() {
        let bitmap = page(1728, 40);
        let mut file = Tiff::one(1728, 40, 4, coded(&bitmap, Rows::G4));
        let good = file.pages[0].clone();
        let mut huge = good.clone();
        huge.0.retain(|tag| tag.0 != 257);
        huge.0.push((257, 60_000));
        file.pages.extend([huge, good]);
        let (pages, problems) = read(&file.bytes());
        assert_eq!(problems, [ProblemCode::TooLarge]);
        assert_eq!(pages.iter().map(|page| page.page_in_file).collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn strips_that_all_name_the_same_bytes_are_not_decoded_again_and_again() {
        let bitmap = page(1728, 4);
        let mut file = Tiff::one(1728, 400, 4, Vec::new()).with(278, 4);
        let strip = coded(&bitmap, Rows::G4);
        file.pages[0].1 = vec![strip.clone(); 100];
        let mut bytes = file.bytes();
        // Every offset becomes that of the first strip, every length that of the whole file.
        let (whole, lists) = (bytes.len() as u32, 8 + strip.len() * 100);
        for index in 0..100 {
            bytes[lists + index * 4..][..4].copy_from_slice(&8_u32.to_le_bytes());
            bytes[lists + 400 + index * 4..][..4].copy_from_slice(&whole.to_le_bytes());
        }
        let (pages, _) = read(&bytes);
        assert_eq!(pages[0].problems[0].code, ProblemCode::DamagedLines);
        assert!(pages[0].bitmap.row(3) == bitmap.row(3));
        assert!(pages[0].bitmap.row(9).iter().all(|&ink| ink == 0));
    }

    #[test]
    fn endless_pages_are_cut_off() {
        let bitmap = page(100, 4);
        let mut file = Tiff::one(100, 4, 4, coded(&bitmap, Rows::G4));
        let one = file.pages[0].clone();
        file.pages = vec![one; 8];
        let limits = Limits { max_pages: 3, ..Limits::default() };
        let mut count = 0;
        let problems = open(&file.bytes(), &limits, &mut |_| count += 1);
        assert_eq!((count, problems[0].code), (3, ProblemCode::TooLarge));
        let mut circle = file.bytes();
        // The last directory's link to the next one: back to the first.
        let (end, first) = (circle.len() - 4, circle[4..8].to_vec());
        circle[end..].copy_from_slice(&first);
        let (pages, problems) = read(&circle);
        assert_eq!((pages.len(), problems), (8, vec![ProblemCode::Broken]));
    }
}

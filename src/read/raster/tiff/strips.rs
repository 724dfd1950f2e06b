//! The strips of a one-bit page → its pixels. Strips that are damaged or missing leave white rows, so
//! that those below stay in their places.

use super::{Directory, PageError, Pixels, believe_colour, tag};
use crate::read::bitmap::Bitmap;
use crate::read::raster::ccitt::{Coding, Decoded, Shape, decode_rows};
use crate::read::raster::{Limits, bits, trouble};
use hayro_ccitt::EncodingMode;

/// TIFF's compression numbers for one-bit pages.
const PLAIN: u32 = 1;
const RLE: u32 = 2;
const GROUP_3: u32 = 3;
const GROUP_4: u32 = 4;
const PACKBITS: u32 = 32_773;

/// True for a page of one bit a pixel in strips of a coding that is read here.
pub(super) fn can_read(directory: &Directory<'_>) -> bool {
    let compression = directory.number(tag::COMPRESSION).unwrap_or(PLAIN);
    let one_bit = directory.number(tag::BITS_PER_SAMPLE).unwrap_or(1) == 1
        && directory.number(tag::SAMPLES_PER_PIXEL).unwrap_or(1) == 1;
    let fax = matches!(compression, RLE | GROUP_3 | GROUP_4);
    directory.has(tag::STRIP_OFFSETS) && (fax || one_bit && matches!(compression, PLAIN | PACKBITS))
}

/// The page's pixels; missing rows are white when the file says how many there should be.
pub(super) fn read(directory: &Directory<'_>, limits: &Limits) -> Result<Pixels, PageError> {
    let width_px = directory.number(tag::WIDTH).filter(|&width| width > 0).ok_or(PageError::Broken)? as usize;
    let height_px = directory.number(tag::HEIGHT).unwrap_or(0) as usize;
    if !limits.allow(width_px, height_px.max(1)) {
        return Err(PageError::TooLarge);
    }
    let rows = collect(directory, width_px, height_px, limits.max_rows(width_px));
    if rows.had == 0 {
        return Err(PageError::Broken);
    }
    Ok(into_pixels(directory, rows, width_px, height_px))
}

fn into_pixels(directory: &Directory<'_>, rows: Rows, width_px: usize, height_px: usize) -> Pixels {
    let mut problems = Vec::new();
    let mut ink = rows.ink;
    let full_px = if height_px == 0 { ink.len() / width_px } else { height_px };
    if directory.number(tag::PHOTOMETRIC) == Some(1) {
        bits::invert(&mut ink);
    }
    ink.resize(full_px * width_px, 0);
    blank(&mut ink, &rows.missing, width_px);
    if !rows.whole {
        problems.push(trouble::damaged_lines(rows.sound, full_px));
    }
    let bitmap = believe_colour(Bitmap { width_px, height_px: full_px, ink }, &mut problems);
    Pixels { bitmap, problems }
}

/// Rows that never came are paper, whichever colour 0 is.
fn blank(ink: &mut [u8], missing: &[std::ops::Range<usize>], width_px: usize) {
    for rows in missing {
        if let Some(gap) = ink.get_mut(rows.start * width_px..rows.end * width_px) {
            gap.fill(0);
        }
    }
}

/// The strips one under another, 1 where a sample is 1 or a code says black.
#[derive(Default)]
struct Rows {
    ink: Vec<u8>,
    had: usize,
    sound: usize,
    whole: bool,
    missing: Vec<std::ops::Range<usize>>,
}

fn collect(directory: &Directory<'_>, width_px: usize, height_px: usize, max_rows: usize) -> Rows {
    let offsets = directory.numbers(tag::STRIP_OFFSETS);
    let lengths = directory.numbers(tag::STRIP_BYTE_COUNTS);
    let per_strip = rows_per_strip(directory, offsets.len(), height_px);
    let mut rows = Rows { whole: !offsets.is_empty(), ..Rows::default() };
    // Strips lie side by side; thousands that all name the same megabytes are made to keep us busy.
    let mut bytes_left = directory.file_bytes();
    for (index, &offset) in offsets.iter().enumerate() {
        let top = rows.ink.len() / width_px;
        let most = if height_px == 0 { max_rows } else { height_px } - top.min(height_px.max(max_rows));
        let wanted = if per_strip == 0 { 0 } else { per_strip.min(most) };
        if most == 0 {
            break;
        }
        // A single strip of length 0 is how some writers say that they did not count.
        let length = lengths.get(index).copied().filter(|&length| length > 0 || offsets.len() > 1);
        let data = directory.strip(offset, length);
        let data = data.get(..bytes_left).unwrap_or(data);
        bytes_left -= data.len();
        let shape = Shape { width_px, rows: wanted, max_rows: most };
        rows.add(decode_strip(directory, data, shape), shape);
    }
    rows.whole &= height_px == 0 || rows.had == height_px;
    rows
}

/// 0 when only the data tells. A single strip holds the whole page whatever its tag says; 2³² − 1 is
/// TIFF's way to say so, and 0 or nothing is how others do.
fn rows_per_strip(directory: &Directory<'_>, strips: usize, height_px: usize) -> usize {
    let said = directory.number(tag::ROWS_PER_STRIP).unwrap_or(0) as usize;
    if strips <= 1 || said == 0 || said > 1 << 20 { height_px } else { said }
}

impl Rows {
    fn add(&mut self, strip: Decoded, shape: Shape) {
        let top = self.ink.len() / shape.width_px;
        let had = strip.black.len() / shape.width_px;
        self.had += had;
        self.sound += strip.sound_rows;
        self.whole &= strip.whole;
        self.ink.extend(strip.black);
        if had < shape.rows {
            self.ink.resize((top + shape.rows) * shape.width_px, 0);
            self.missing.push(top + had..top + shape.rows);
        }
    }
}

fn decode_strip(directory: &Directory<'_>, data: &[u8], shape: Shape) -> Decoded {
    let least_first = directory.number(tag::FILL_ORDER) == Some(2);
    let compression = directory.number(tag::COMPRESSION).unwrap_or(PLAIN);
    if matches!(compression, RLE | GROUP_3 | GROUP_4) {
        return decode_rows(data, said_coding(directory, compression, least_first), shape);
    }
    let most_rows = if shape.rows == 0 { shape.max_rows } else { shape.rows };
    let packed = bits::most_significant_first(data, least_first);
    let packed = if compression == PACKBITS {
        bits::packbits(&packed, most_rows * shape.width_px.div_ceil(8))
    } else {
        packed.into_owned()
    };
    let black = bits::unpack(&packed, shape.width_px, most_rows, 1);
    let sound_rows = black.len() / shape.width_px;
    Decoded { black, sound_rows, whole: shape.rows == 0 || sound_rows == shape.rows }
}

/// `T4Options` bit 0: two-dimensional. Its bit 2 (fill bits before end-of-line) needs no word: fill bits
/// are always skipped.
fn said_coding(directory: &Directory<'_>, compression: u32, least_first: bool) -> Coding {
    let two_dimensional = directory.number(tag::T4_OPTIONS).is_some_and(|options| options & 1 == 1);
    let mode = match compression {
        GROUP_4 => EncodingMode::Group4,
        GROUP_3 if two_dimensional => EncodingMode::Group3_2D,
        _ => EncodingMode::Group3_1D,
    };
    Coding { mode, byte_aligned: compression == RLE, least_first }
}

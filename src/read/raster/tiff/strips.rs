//! The strips (or tiles) of a one-bit page → its pixels. Strips that are damaged or missing leave white rows, so
//! that those below stay in their places.

use super::{Directory, PageError, Pixels, believe_colour, tag, tiles};
use crate::read::bitmap::Bitmap;
use crate::read::raster::ccitt::{Coding, Decoded, Shape, UNSEEN_ROWS, decode_rows};
use crate::read::raster::{Limits, bits, spans::Spans, trouble};
use hayro_ccitt::EncodingMode;

/// TIFF's compression numbers for one-bit pages.
const PLAIN: u32 = 1;
const RLE: u32 = 2;
const GROUP_3: u32 = 3;
const GROUP_4: u32 = 4;
const PACKBITS: u32 = 32_773;

/// True for a page of one bit a pixel in strips or tiles of a coding that is read here.
pub(super) fn can_read(directory: &Directory<'_>) -> bool {
    let compression = directory.number(tag::COMPRESSION).unwrap_or(PLAIN);
    let one_bit = directory.number(tag::BITS_PER_SAMPLE).unwrap_or(1) == 1
        && directory.number(tag::SAMPLES_PER_PIXEL).unwrap_or(1) == 1;
    let fax = matches!(compression, RLE | GROUP_3 | GROUP_4);
    let placed = directory.has(tag::STRIP_OFFSETS) || directory.has(tag::TILE_OFFSETS);
    placed && (fax || one_bit && matches!(compression, PLAIN | PACKBITS))
}

/// The page's pixels; missing rows are white when the file says how many there should be.
pub(super) fn read(directory: &Directory<'_>, limits: &Limits) -> Result<Pixels, PageError> {
    let width_px = directory.number(tag::WIDTH).filter(|&width| width > 0).ok_or(PageError::Broken)? as usize;
    let height_px = directory.number(tag::HEIGHT).unwrap_or(0) as usize;
    if !limits.allow(width_px, height_px.max(1)) {
        return Err(PageError::TooLarge);
    }
    let rows = if directory.has(tag::STRIP_OFFSETS) {
        collect(directory, width_px, height_px, limits.max_rows(width_px))
    } else {
        tiles::collect(directory, (width_px, height_px), limits)?
    };
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
    let mut damaged = rows.damaged;
    damaged.add(ink.len() / width_px..full_px);
    ink.resize(full_px * width_px, 0);
    rows.lost.whiten(&mut ink, width_px);
    if !damaged.is_empty() {
        problems.push(trouble::damaged_lines(full_px.saturating_sub(damaged.rows()), full_px));
    }
    let bitmap = believe_colour(Bitmap { width_px, height_px: full_px, ink }, &mut problems);
    Pixels { bitmap, damaged, problems }
}

/// The strips one under another, 1 where a sample is 1 or a code says black.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) ink: Vec<u8>,
    pub(super) had: usize,
    /// Never came; made white, whichever colour 0 is.
    pub(super) lost: Spans,
    /// Not to be trusted, the lost ones among them.
    pub(super) damaged: Spans,
}

fn collect(directory: &Directory<'_>, width_px: usize, height_px: usize, max_rows: usize) -> Rows {
    let offsets = directory.numbers(tag::STRIP_OFFSETS);
    let lengths = directory.numbers(tag::STRIP_BYTE_COUNTS);
    let mut in_order = offsets.clone();
    in_order.sort_unstable();
    let per_strip = rows_per_strip(directory, offsets.len(), height_px);
    let mut rows = Rows::default();
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
        let data = directory.strip(offset, length.or_else(|| up_to_next(&in_order, offset)));
        let data = data.get(..bytes_left).unwrap_or(data);
        bytes_left -= data.len();
        let shape = Shape { width_px, rows: wanted, max_rows: most, counted: length.is_some() };
        rows.add(decode_part(directory, data, shape), shape);
    }
    rows
}

/// How far a strip reaches that nobody counted: to the next one, or to the end of the file.
fn up_to_next(in_order: &[u32], offset: u32) -> Option<u32> {
    in_order.get(in_order.partition_point(|&other| other <= offset)).map(|next| next - offset)
}

/// 0 when only the data tells: of several strips without a word. A single strip holds the whole page whatever its
/// tag says; 2³² − 1 is TIFF's way to say so, and 0 or nothing is how others do.
fn rows_per_strip(directory: &Directory<'_>, strips: usize, height_px: usize) -> usize {
    let said = directory.number(tag::ROWS_PER_STRIP).unwrap_or(0) as usize;
    match (strips, said) {
        (0 | 1, _) => height_px,
        (_, 0 | 0x0010_0000..) => 0,
        _ => said,
    }
}

impl Rows {
    fn add(&mut self, strip: Decoded, shape: Shape) {
        let top = self.ink.len() / shape.width_px;
        let had = strip.black.len() / shape.width_px;
        self.had += had;
        self.lost.add_all(&strip.lost, top);
        self.damaged.add_all(&strip.damaged, top);
        if self.ink.is_empty() {
            // Most pages are one strip: it is not held twice.
            self.ink = strip.black;
        } else {
            self.ink.extend(strip.black);
        }
        if had < shape.rows {
            self.ink.resize((top + shape.rows) * shape.width_px, 0);
            self.lost.add(top + had..top + shape.rows);
            self.damaged.add(top + had..top + shape.rows);
        }
    }
}

/// The rows of a strip or of a tile.
pub(super) fn decode_part(directory: &Directory<'_>, data: &[u8], shape: Shape) -> Decoded {
    let least_first = directory.number(tag::FILL_ORDER) == Some(2);
    let compression = directory.number(tag::COMPRESSION).unwrap_or(PLAIN);
    if matches!(compression, RLE | GROUP_3 | GROUP_4) {
        return decode_rows(data, said_coding(directory, compression, least_first), shape);
    }
    let most_rows = if shape.rows == 0 { shape.max_rows } else { shape.rows };
    let packed = bits::most_significant_first(data, least_first);
    let stride = shape.width_px.div_ceil(8);
    let (packed, damaged) = if compression == PACKBITS {
        (bits::packbits(&packed, most_rows * stride), torn_rows(&packed, stride, shape.rows))
    } else {
        (packed.into_owned(), Spans::default())
    };
    let black = bits::unpack(&packed, shape.width_px, most_rows, 1);
    let damaged = damaged.within(black.len() / shape.width_px);
    Decoded { black, lost: Spans::default(), damaged, whole: true }
}

/// Rows of `PackBits` that lie on the wrong bytes since a byte was damaged: all from where a packet first reaches into
/// the next row, unless the whole is as long as it should be, which is how a careless writer packs.
fn torn_rows(packed: &[u8], stride: usize, rows: usize) -> Spans {
    let packets = bits::packed_rows(packed, stride);
    let end = packets.bytes.div_ceil(stride);
    if packets.bytes == rows * stride || packets.apart == packets.bytes / stride {
        return Spans::default();
    }
    Spans::one(packets.apart.saturating_sub(UNSEEN_ROWS)..end)
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

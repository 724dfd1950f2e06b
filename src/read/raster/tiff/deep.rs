//! Pages that need the `tiff` crate: grey, colour, tiles, LZW, Deflate, JPEG. It touches no fax coding.

use super::{Directory, PageError, Pixels, tag};
use crate::read::bitmap::Bitmap;
use crate::read::raster::{Limits, bits, guarded, picture::luma, spans::Spans, threshold::to_ink};
use std::io::Cursor;
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits as TiffLimits};

/// The page's pixels, thresholded unless it has one bit a pixel.
pub(super) fn read(bytes: &[u8], directory: &Directory<'_>, limits: &Limits) -> Result<Pixels, PageError> {
    let side = |which| directory.number(which).filter(|&px| px > 0).ok_or(PageError::Broken);
    let (width_px, height_px) = (side(tag::WIDTH)? as usize, side(tag::HEIGHT)? as usize);
    if !limits.allow(width_px, height_px) {
        return Err(PageError::TooLarge);
    }
    // A header that points at this page's directory: an earlier page that the decoder would refuse
    // must not stand in the way.
    let mut file = bytes.to_vec();
    link_to(&mut file, directory).ok_or(PageError::Broken)?;
    if directory.number(tag::FILL_ORDER) == Some(2) {
        reverse_strips(&mut file, directory);
    }
    let bitmap = guarded(|| decode(&file, (width_px, height_px), limits)).flatten();
    bitmap
        .map(|bitmap| Pixels { bitmap, damaged: Spans::default(), problems: Vec::new() })
        .ok_or(PageError::Broken)
}

/// Lets the header's link to the first directory name this one.
fn link_to(file: &mut [u8], directory: &Directory<'_>) -> Option<()> {
    let at = directory.at as u64;
    let bytes = if file.starts_with(b"MM") { at.to_be_bytes() } else { at.to_le_bytes() };
    if directory.is_wide() {
        file.get_mut(8..16)?.copy_from_slice(&bytes);
    } else {
        let four = if file.starts_with(b"MM") { bytes.get(4..)? } else { bytes.get(..4)? };
        file.get_mut(4..8)?.copy_from_slice(four);
    }
    Some(())
}

/// The decoder does not know of bit orders; in LZW and Deflate data too they turn every byte.
fn reverse_strips(file: &mut [u8], directory: &Directory<'_>) {
    let offsets = directory.numbers(tag::STRIP_OFFSETS);
    for (from, length) in offsets.into_iter().zip(directory.numbers(tag::STRIP_BYTE_COUNTS)) {
        let to = (from as usize).saturating_add(length as usize).min(file.len());
        for byte in file.get_mut(from as usize..to).unwrap_or_default() {
            *byte = byte.reverse_bits();
        }
    }
}

fn decode(file: &[u8], (width_px, height_px): (usize, usize), limits: &Limits) -> Option<Bitmap> {
    let mut bounds = TiffLimits::default();
    bounds.decoding_buffer_size = limits.max_decoded_stream_bytes;
    bounds.intermediate_buffer_size = limits.max_decoded_stream_bytes;
    let mut decoder = Decoder::new(Cursor::new(file)).ok()?.with_limits(bounds);
    let colour = decoder.colortype().ok()?;
    let samples = match decoder.read_image().ok()? {
        DecodingResult::U8(samples) => samples,
        // The upper half of sixteen bits is as fine as the threshold needs.
        DecodingResult::U16(samples) => samples.into_iter().map(|sample| (sample >> 8) as u8).collect(),
        _ => return None,
    };
    let grey = match colour {
        // The decoder has turned the samples so that 0 is black, whatever the file's colour tag says.
        ColorType::Gray(1) => {
            let ink = bits::unpack(&samples, width_px, height_px, 0);
            return (ink.len() == width_px * height_px).then_some(Bitmap { width_px, height_px, ink });
        }
        ColorType::Gray(bits @ (2 | 4)) => bits::spread(&samples, width_px, height_px, usize::from(bits)),
        ColorType::Gray(8 | 16) => samples,
        ColorType::RGB(8 | 16) | ColorType::YCbCr(8) => luma(&samples, 3),
        ColorType::RGBA(8 | 16) => luma(&samples, 4),
        _ => return None,
    };
    (grey.len() == width_px * height_px).then(|| to_ink(&grey, width_px, height_px))
}

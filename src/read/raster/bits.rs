//! Packed one-bit samples → a byte a pixel, and `PackBits`. It knows no file format.

use std::borrow::Cow;

/// The bytes with the bits of each one in the order that decoders expect: first pixel highest.
pub(super) fn most_significant_first(data: &[u8], least_first: bool) -> Cow<'_, [u8]> {
    if least_first {
        Cow::Owned(data.iter().map(|byte| byte.reverse_bits()).collect())
    } else {
        Cow::Borrowed(data)
    }
}

/// Whole rows of `width_px` one-bit samples, each row padded to a byte; a sample that equals `ink` is
/// ink. A row that is cut short is left out.
pub(super) fn unpack(packed: &[u8], width_px: usize, max_rows: usize, ink: u8) -> Vec<u8> {
    let stride = width_px.div_ceil(8).max(1);
    let rows = (packed.len() / stride).min(max_rows);
    let mut pixels = Vec::with_capacity(rows * width_px);
    for row in packed.chunks_exact(stride).take(rows) {
        let bits = row.iter().flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1));
        pixels.extend(bits.take(width_px).map(|sample| u8::from(sample == ink)));
    }
    pixels
}

/// Samples of `bits_each` (2 or 4) bits, each row padded to a byte, as grey from 0 to 255.
pub(super) fn spread(packed: &[u8], width_px: usize, max_rows: usize, bits_each: usize) -> Vec<u8> {
    let (each, most) = (8 / bits_each, (1_u16 << bits_each) - 1);
    let stride = width_px.div_ceil(each).max(1);
    let mut grey = Vec::with_capacity(width_px * max_rows);
    for row in packed.chunks_exact(stride).take(max_rows) {
        let parts = row
            .iter()
            .flat_map(|byte| (1..=each).map(move |part| u16::from(*byte) >> (8 - part * bits_each)));
        grey.extend(parts.take(width_px).map(|sample| ((sample & most) * 255 / most) as u8));
    }
    grey
}

/// Ink becomes paper and paper ink.
pub(super) fn invert(ink: &mut [u8]) {
    for pixel in ink {
        *pixel ^= 1;
    }
}

/// Black becomes white in grey samples.
pub(super) fn negate(grey: &mut [u8]) {
    for value in grey {
        *value = 255 - *value;
    }
}

/// `PackBits` (TIFF 6.0 section 9), up to `max_bytes`; what is there when the data ends early.
pub(super) fn packbits(data: &[u8], max_bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = data;
    while let Some((&head, tail)) = rest.split_first() {
        let (taken, count) = match head {
            128 => (0, 0),
            0..128 => (usize::from(head) + 1, 1),
            _ => (1, 257 - usize::from(head)),
        };
        let (literal, after) = tail.split_at(taken.min(tail.len()));
        for _ in 0..count {
            out.extend_from_slice(literal);
        }
        if out.len() >= max_bytes {
            out.truncate(max_bytes);
            break;
        }
        rest = after;
    }
    out
}

/// How `PackBits` data fit rows of `stride` bytes, each of which is packed for itself (TIFF 6.0 section 9).
pub(super) struct PackedRows {
    /// Bytes that the data unpack to.
    pub(super) bytes: usize,
    /// Rows before the first one that a packet reaches into from the row above.
    pub(super) apart: usize,
}

/// Looks at the packets alone.
pub(super) fn packed_rows(data: &[u8], stride: usize) -> PackedRows {
    let (mut bytes, mut apart, mut rest) = (0, None, data);
    while let Some((&head, tail)) = rest.split_first() {
        let (taken, count) = match head {
            128 => (0, 0),
            0..128 => (usize::from(head) + 1, usize::from(head) + 1),
            _ => (1, 257 - usize::from(head)),
        };
        if bytes % stride + count > stride {
            apart = apart.or(Some(bytes / stride));
        }
        bytes += count;
        rest = tail.get(taken..).unwrap_or(&[]);
    }
    PackedRows { bytes, apart: apart.unwrap_or(bytes / stride) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packbits_follows_the_example_of_tiff_6() {
        let packed =
            [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let plain = [
            0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22, 0xaa, 0xaa,
            0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
        ];
        assert_eq!(packbits(&packed, 1000), plain);
        assert_eq!(packbits(&packed, 4), plain[..4]);
        assert_eq!(packbits(&[128, 128, 0, 7, 5, 1], 100), [7, 1]);
    }

    #[test]
    fn a_packet_that_reaches_into_the_next_row_is_seen() {
        let rows = |data: &[u8]| {
            let rows = packed_rows(data, 4);
            (rows.bytes, rows.apart)
        };
        assert_eq!(rows(&[0xfd, 1, 3, 1, 2, 3, 4, 128, 0xff, 7, 0xff, 8]), (12, 3));
        assert_eq!(rows(&[0xfd, 1, 0xfc, 2, 2, 1, 2, 3]), (12, 1));
        assert_eq!(rows(&[]), (0, 0));
    }

    #[test]
    fn rows_are_unpacked_without_their_padding() {
        assert_eq!(unpack(&[0b1010_0000, 0b0111_1111, 0xff], 3, 2, 1), [1, 0, 1, 0, 1, 1]);
        assert_eq!(unpack(&[0b1010_0000], 3, 9, 0), [0, 1, 0]);
        assert!(unpack(&[0xff], 9, 9, 1).is_empty());
        assert_eq!(spread(&[0b00_01_10_11, 0b11_000000], 5, 9, 2), [0, 85, 170, 255, 255]);
        assert_eq!(spread(&[0x0f, 0x80], 3, 1, 4), [0, 255, 136]);
    }
}

//! Packs the streams of a PDF for `FlateDecode` (ISO 32000-1 §7.4.4). printpdf's own packing takes the highest level,
//! which is three quarters of the time of writing a sheet.

use flate2::{Compress, Compression, FlushCompress, Status};

/// Of 1 to 9: outlines of glyphs hardly become smaller above 3 (36.6 of 50.9 kB, 36.3 kB at 6), and 2 is larger by 2 kB.
const LEVEL: u32 = 3;

/// Deflate with tables that are made once a document: making them takes as long as packing a page's text.
pub struct Packer(Compress);

impl Packer {
    /// With fresh tables.
    pub fn new() -> Self {
        Self(Compress::new(Compression::new(LEVEL), true))
    }

    /// The same bytes are packed into the same bytes, whatever was packed before.
    pub fn pack(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.0.reset();
        let mut packed = Vec::with_capacity(bytes.len() + 64);
        loop {
            let rest = &bytes[self.0.total_in() as usize..];
            let status = self.0.compress_vec(rest, &mut packed, FlushCompress::Finish);
            if status.expect("deflate takes all bytes") == Status::StreamEnd {
                return packed;
            }
            packed.reserve(bytes.len() + 64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::ZlibDecoder;
    use std::io::Read as _;

    #[test]
    fn what_is_packed_comes_out_again_whatever_was_packed_before() {
        // Text, bytes that no packing makes smaller, and nothing.
        let noise =
            (0..100_000_u32).map(|place| (place.wrapping_mul(2_654_435_761).rotate_left(13) >> 9) as u8);
        let samples = ["見本".repeat(9000).into_bytes(), noise.collect(), Vec::new()];
        let mut packer = Packer::new();
        for bytes in samples.iter().chain(samples.iter().rev()) {
            let packed = packer.pack(bytes);
            assert!(packed == Packer::new().pack(bytes));
            let mut unpacked = Vec::new();
            ZlibDecoder::new(packed.as_slice()).read_to_end(&mut unpacked).unwrap();
            assert!(unpacked == *bytes, "{} bytes", bytes.len());
        }
    }
}

//! A second opinion on Group 4 rows: some encoders write runs of no pixels and count them as changes of
//! colour for the next row, which T.6 does not foresee and the first decoder loses its way over. Only a
//! page that comes out whole and ends exactly with EOFB is believed; it never mends damage.

use super::ccitt::{Coding, Decoded, Shape};
use super::{bits::most_significant_first, guarded, spans::Spans};
use fax::decoder::{DecodeStatus, Group4Decoder};
use hayro_ccitt::EncodingMode;
use std::convert::Infallible;

/// The whole page, or nothing.
pub(super) fn whole_page(data: &[u8], said: Coding, shape: Shape) -> Option<Decoded> {
    let width = u16::try_from(shape.width_px).ok()?;
    let sensible = shape.rows > 0 && shape.rows <= shape.max_rows && said.mode == EncodingMode::Group4;
    if !sensible || said.byte_aligned {
        return None;
    }
    let data = most_significant_first(data, said.least_first);
    let black = guarded(|| rows(&data, width, shape.rows)).flatten()?;
    Some(Decoded { black, lost: Spans::default(), damaged: Spans::default(), whole: true })
}

fn rows(data: &[u8], width: u16, count: usize) -> Option<Vec<u8>> {
    let mut decoder = Group4Decoder::new(data.iter().map(|&byte| Ok::<u8, Infallible>(byte)), width).ok()?;
    let mut black = Vec::new();
    for _ in 0..count {
        if decoder.advance().ok()? != DecodeStatus::Incomplete {
            return None;
        }
        push_row(&mut black, decoder.transition(), usize::from(width))?;
    }
    (decoder.advance().ok()? == DecodeStatus::End).then_some(black)
}

fn push_row(black: &mut Vec<u8>, changes: &[u16], width_px: usize) -> Option<()> {
    let start = black.len();
    black.resize(start + width_px, 0);
    let row = black.get_mut(start..)?;
    for pair in changes.chunks(2) {
        let from = usize::from(*pair.first()?);
        let to = pair.get(1).map_or(width_px, |&to| usize::from(to));
        row.get_mut(from..to)?.fill(1);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::raster::samples::{Rows, coded, page};

    const SAID: Coding = Coding { mode: EncodingMode::Group4, byte_aligned: false, least_first: false };

    /// T.6 codes by hand, 16 pixels. First row: horizontal, white 0, black 0, then horizontal, white 4,
    /// black 3, then white to the end. Second row: pass (over the run of nothing), then horizontal,
    /// white 6, black 2, white to the end. Then EOFB.
    const EMPTY_RUN: &str = "001 00110101 0000110111 001 1011 10 1 \
                             0001 001 1110 11 1 000000000001000000000001";

    fn bytes(codes: &str) -> Vec<u8> {
        let bits: Vec<u8> = codes.bytes().filter(|&bit| bit != b' ').map(|bit| bit - b'0').collect();
        let byte = |eight: &[u8]| eight.iter().enumerate().fold(0, |byte, (at, bit)| byte | bit << (7 - at));
        bits.chunks(8).map(byte).collect()
    }

    #[test]
    fn a_run_of_nothing_is_taken_as_its_writer_meant_it() {
        let shape = Shape { width_px: 16, rows: 2, max_rows: 100, counted: true };
        let decoded = whole_page(&bytes(EMPTY_RUN), SAID, shape).expect("a whole page");
        let rows: Vec<String> = decoded
            .black
            .chunks(16)
            .map(|row| row.iter().map(|&ink| if ink == 1 { '#' } else { '.' }).collect())
            .collect();
        assert_eq!(rows, ["....###.........", "......##........"]);
        assert!(decoded.whole);
    }

    #[test]
    fn a_page_without_its_end_is_not_believed() {
        let bitmap = page(304, 60);
        let data = coded(&bitmap, Rows::G4);
        let shape = |rows| Shape { width_px: 304, rows, max_rows: 1000, counted: true };
        assert!(whole_page(&data, SAID, shape(60)).is_some_and(|page| page.black == bitmap.ink));
        assert!(whole_page(&data, SAID, shape(59)).is_none());
        assert!(whole_page(&data, SAID, shape(61)).is_none());
        assert!(whole_page(&data[..data.len() / 2], SAID, shape(60)).is_none());
    }
}

//! Fax-coded rows (T.4, T.6) → pixels. The file's word on coding and bit order is tried first, then
//! every other: some writers name the wrong one. Rows that were decoded are kept, and those that cannot be
//! trusted are named; it never makes a row up.

use super::bits::most_significant_first;
use super::spans::Spans;
use super::{lenient_g4, resync};
use hayro_ccitt::{DecodeSettings, Decoder, DecoderContext, EncodingMode, decode};

/// How rows are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) mode: EncodingMode,
    /// Each row begins on a byte (TIFF compression 2, PDF's `EncodedByteAlign`).
    pub(super) byte_aligned: bool,
    /// `FillOrder` 2: the lowest bit of a byte is its first pixel.
    pub(super) least_first: bool,
}

/// What rows are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) width_px: usize,
    /// As the file says; 0 when it does not.
    pub(super) rows: usize,
    /// Never more, whatever the file says.
    pub(super) max_rows: usize,
    /// The file says where the data end; else others' may follow.
    pub(super) counted: bool,
}

impl Shape {
    pub(super) fn rows_to_decode(&self) -> usize {
        if self.rows == 0 { self.max_rows } else { self.rows.min(self.max_rows) }
    }
}

/// The rows that were had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decoded {
    /// 1 where the code says black; whole rows.
    pub(super) black: Vec<u8>,
    /// Rows among them that never came: they are made white, whichever colour 0 is.
    pub(super) lost: Spans,
    /// Rows that are not to be trusted, the lost ones among them.
    pub(super) damaged: Spans,
    /// Everything that was promised came, without an error.
    pub(super) whole: bool,
}

impl Decoded {
    /// How many rows came.
    pub(super) fn rows(&self, shape: Shape) -> usize {
        self.black.len() / shape.width_px.max(1)
    }
}

/// How much further than the file's own word another coding must get before it is believed: noise
/// decodes a few rows as anything.
const BELIEVE_OTHER_ROWS: usize = 16;
const BELIEVE_OTHER_TIMES: usize = 4;
/// Padding and end codes behind the last row. More data than this means that the coding or the number
/// of rows is not what the file says.
const TRAILING_BYTES: usize = 64;
const TRAILING_PART: usize = 16;
/// Without end-of-line codes, damage is not seen at once: rows before the first error that are not to be trusted. A row
/// of runs is wrong in its length at once (measured: never more than three rows later); of T.6, where nearly every bit
/// means something, as many as 37 rows went wrong before an error, so that none of its page is trusted.
pub(super) const UNSEEN_ROWS: usize = 8;

/// Decodes as the file says; strictly first. Where that fails and another coding gets much further,
/// that one; then around the damage, where end-of-line codes tell where rows begin; and where there are none,
/// everything from the first error on is damaged, for nothing says where a later row begins; of T.6 everything.
pub(super) fn decode_rows(data: &[u8], said: Coding, shape: Shape) -> Decoded {
    let strict = run(data, said, shape, true);
    if strict.whole {
        return strict;
    }
    if let Some(page) = lenient_g4::whole_page(data, said, shape) {
        return page;
    }
    let (coding, best) = best_other(data, said, shape, strict.rows(shape));
    if best.whole {
        return run(data, coding, shape, true);
    }
    let ordered = most_significant_first(data, coding.least_first);
    resync::rows(&ordered, coding, shape).unwrap_or_else(|| up_to_damage(data, coding, shape, best.rows))
}

/// What comes behind the first error is shown to a person and trusted for nothing.
fn up_to_damage(data: &[u8], coding: Coding, shape: Shape, sound: usize) -> Decoded {
    let lenient = run(data, coding, shape, false);
    let trusted = if coding.mode == EncodingMode::Group4 { 0 } else { sound.saturating_sub(UNSEEN_ROWS) };
    let damaged = Spans::one(trusted..lenient.rows(shape));
    Decoded { damaged, whole: false, ..lenient }
}

fn best_other(data: &[u8], said: Coding, shape: Shape, said_rows: usize) -> (Coding, Run) {
    let mut best = (said, Run { rows: said_rows, whole: false });
    for coding in all_codings().filter(|&coding| coding != said) {
        let run = feed(data, coding, shape, true, &mut Counter);
        let far = run.rows >= BELIEVE_OTHER_ROWS.max(said_rows * BELIEVE_OTHER_TIMES);
        let whole = run.whole && (run.rows >= BELIEVE_OTHER_ROWS || said_rows == 0);
        if !best.1.whole && (whole || far && run.rows > best.1.rows) {
            best = (coding, Run { whole, ..run });
        }
    }
    best
}

fn all_codings() -> impl Iterator<Item = Coding> {
    use EncodingMode::{Group3_1D, Group3_2D, Group4};
    [false, true].into_iter().flat_map(|least_first| {
        [(Group3_1D, false), (Group3_2D, false), (Group4, false), (Group3_1D, true), (Group4, true)]
            .map(|(mode, byte_aligned)| Coding { mode, byte_aligned, least_first })
    })
}

fn run(data: &[u8], coding: Coding, shape: Shape, strict: bool) -> Decoded {
    let mut rows = Rows::new(shape.width_px);
    let Run { whole, .. } = feed(data, coding, shape, strict, &mut rows);
    Decoded { black: rows.black, lost: Spans::default(), damaged: Spans::default(), whole }
}

/// How far a decoder came.
struct Run {
    rows: usize,
    /// All rows that were promised, without an error, and hardly any data left over.
    whole: bool,
}

fn feed(data: &[u8], coding: Coding, shape: Shape, strict: bool, sink: &mut impl Decoder) -> Run {
    let settings = DecodeSettings {
        columns: shape.width_px as u32,
        rows: shape.rows_to_decode() as u32,
        end_of_block: true,
        end_of_line: false,
        rows_are_byte_aligned: coding.byte_aligned,
        encoding: coding.mode,
        strict,
    };
    if data.is_empty() || shape.width_px == 0 {
        return Run { rows: 0, whole: false };
    }
    let mut data = most_significant_first(data, coding.least_first);
    if shape.rows == 0 {
        data.to_mut().extend_from_slice(end_of_page(coding.mode));
    }
    let mut counted = Counted { sink, rows: 0 };
    let ended = decode(&data, &mut counted, &mut DecoderContext::new(settings));
    let rows = counted.rows;
    let left_over = ended.map(|consumed| data.len().saturating_sub(consumed));
    let whole = rows > 0
        && (shape.rows == 0 || rows == shape.rows_to_decode())
        && left_over
            .is_ok_and(|bytes| !shape.counted || bytes <= TRAILING_BYTES.max(data.len() / TRAILING_PART));
    Run { rows, whole }
}

/// Six end-of-line codes (T.4 §4.1.4 and §4.2.4): where the number of rows is not known, they keep the
/// padding of the last byte from being taken for a row. Two of them end T.6.
fn end_of_page(mode: EncodingMode) -> &'static [u8] {
    match mode {
        EncodingMode::Group3_2D => &[0x00, 0x18, 0x00, 0xc0, 0x06, 0x00, 0x30, 0x01, 0x80, 0x0c],
        EncodingMode::Group3_1D | EncodingMode::Group4 => {
            &[0x00, 0x10, 0x01, 0x00, 0x10, 0x01, 0x00, 0x10, 0x01]
        }
    }
}

struct Counted<'a, D> {
    sink: &'a mut D,
    rows: usize,
}

impl<D: Decoder> Decoder for Counted<'_, D> {
    fn push_row(&mut self, changes: &[u32]) {
        self.rows += 1;
        self.sink.push_row(changes);
    }
}

/// Decodes everything there is, up to six end-of-line codes, but no more than `most` rows; false at the first error.
pub(super) fn strictly(data: &[u8], mode: EncodingMode, most: usize, rows: &mut Rows) -> bool {
    let settings = DecodeSettings {
        columns: rows.width_px as u32,
        rows: most as u32,
        end_of_block: true,
        end_of_line: false,
        rows_are_byte_aligned: false,
        encoding: mode,
        strict: true,
    };
    decode(data, rows, &mut DecoderContext::new(settings)).is_ok()
}

/// Rows as they are decoded, one under another.
pub(super) struct Rows {
    width_px: usize,
    black: Vec<u8>,
}

impl Rows {
    pub(super) fn new(width_px: usize) -> Self {
        Self { width_px, black: Vec::new() }
    }

    pub(super) fn count(&self) -> usize {
        self.black.len() / self.width_px.max(1)
    }

    /// Keeps the first ones.
    pub(super) fn cut(&mut self, rows: usize) {
        self.black.truncate(rows * self.width_px);
    }

    /// Adds white ones.
    pub(super) fn blank(&mut self, rows: usize) {
        self.black.resize(self.black.len() + rows * self.width_px, 0);
    }

    /// Puts white ones in front of row `at`.
    pub(super) fn insert_blank(&mut self, at: usize, rows: usize) {
        let at = (at * self.width_px).min(self.black.len());
        self.black.splice(at..at, std::iter::repeat_n(0, rows * self.width_px));
    }

    pub(super) fn into_black(self) -> Vec<u8> {
        self.black
    }
}

impl Decoder for Rows {
    fn push_row(&mut self, changes: &[u32]) {
        let start = self.black.len();
        self.black.resize(start + self.width_px, 0);
        for pair in changes.chunks(2) {
            let from = pair.first().map_or(0, |&at| at as usize);
            let to = pair.get(1).map_or(self.width_px, |&at| at as usize);
            if let Some(run) = self.black.get_mut(start + from..start + to) {
                run.fill(1);
            }
        }
    }
}

struct Counter;

impl Decoder for Counter {
    fn push_row(&mut self, _changes: &[u32]) {}
}

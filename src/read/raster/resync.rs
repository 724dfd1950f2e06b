//! Group 3 rows around damage: every end-of-line code (T.4 §4.1.2) begins anew, so that rows before *and after*
//! damage are kept, and the lost ones are named. A lost row is white. Where so many rows went missing that it
//! cannot be known where, the whole page is named.

use super::ccitt::{Coding, Decoded, Rows, Shape, strictly};
use super::spans::Spans;
use hayro_ccitt::EncodingMode;

/// Rows that may be missing or too many without a word where: their places shift by less than half a millimetre at
/// 196 rows an inch, and boxes are found again by their outlines.
const SHIFT_ROWS_MAX: usize = 4;

/// The zeros of an end-of-line code.
const EOL_ZEROS: usize = 11;
/// Six of them end a page (T.4 §4.1.4).
const RTC_EOLS: usize = 6;

/// The page, row by row; `None` for data without end-of-line codes, or with too few for its rows.
///
/// `data` has the first pixel in the highest bit.
pub(super) fn rows(data: &[u8], coding: Coding, shape: Shape) -> Option<Decoded> {
    let two_dimensional = match coding.mode {
        EncodingMode::Group3_1D => false,
        EncodingMode::Group3_2D => true,
        EncodingMode::Group4 => return None,
    };
    let most = shape.rows_to_decode();
    let lines = lines(data, two_dimensional, most + SHIFT_ROWS_MAX + 1);
    if coding.byte_aligned || lines.len() < 2 || lines.len() * 2 < shape.rows {
        return None;
    }
    let mut page = Page { data, coding, shape, rows: Rows::new(shape.width_px), damaged: Spans::default() };
    let taken = if two_dimensional { page.two_dimensional(&lines) } else { page.one_dimensional(&lines) };
    Some(page.finish(lines.len() - taken))
}

/// One coded line: its bits with the end-of-line code behind it, but not the one before it.
#[derive(Debug, Clone, Copy)]
struct Line {
    from_bit: usize,
    to_bit: usize,
    /// Of two-dimensional data: coded without the line above.
    alone: bool,
}

fn lines(data: &[u8], two_dimensional: bool, most: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut from_bit, mut empty) = (0, 0);
    for eol in Eols::new(data) {
        let tag_bits = usize::from(two_dimensional && from_bit > 0);
        if eol.zeros_from_bit > from_bit + tag_bits {
            lines.push(line(data, from_bit, eol.to_bit));
            empty = 0;
        } else {
            empty += 1;
        }
        from_bit = eol.to_bit;
        if lines.len() >= most || empty + 1 >= RTC_EOLS {
            return lines;
        }
    }
    let rest = data.get(from_bit / 8 + 1..).unwrap_or(&[]);
    if rest.iter().any(|&byte| byte != 0) {
        lines.push(line(data, from_bit, data.len() * 8));
    }
    lines
}

fn line(data: &[u8], from_bit: usize, to_bit: usize) -> Line {
    Line { from_bit, to_bit, alone: bit(data, from_bit) == 1 }
}

fn bit(data: &[u8], at: usize) -> u8 {
    data.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1)
}

/// An end-of-line code with the fill before it.
struct Eol {
    zeros_from_bit: usize,
    to_bit: usize,
}

/// All end-of-line codes: eleven zeros or more, then a one. No run of T.4 has so many zeros.
struct Eols<'a> {
    data: &'a [u8],
    byte: usize,
    zeros: usize,
}

impl<'a> Eols<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self { data, byte: 0, zeros: 0 }
    }
}

impl Iterator for Eols<'_> {
    type Item = Eol;

    fn next(&mut self) -> Option<Eol> {
        loop {
            let byte = *self.data.get(self.byte)?;
            let before_bit = self.byte * 8;
            self.byte += 1;
            if byte == 0 {
                self.zeros += 8;
                continue;
            }
            let leading = byte.leading_zeros() as usize;
            let zeros = self.zeros + leading;
            self.zeros = byte.trailing_zeros() as usize;
            if zeros >= EOL_ZEROS {
                let one = before_bit + leading;
                return Some(Eol { zeros_from_bit: one - zeros, to_bit: one + 1 });
            }
        }
    }
}

struct Page<'a> {
    data: &'a [u8],
    coding: Coding,
    shape: Shape,
    rows: Rows,
    damaged: Spans,
}

impl Page<'_> {
    /// How many lines were taken, sound or not, until the page was full.
    fn one_dimensional(&mut self, lines: &[Line]) -> usize {
        for (index, line) in lines.iter().enumerate() {
            if self.room() == 0 {
                return index;
            }
            let before = self.rows.count();
            if !self.decode(*line, *line) {
                // A damaged line may come to its width by chance: none of what it gave is kept.
                self.rows.cut(before);
                self.lose(1);
            }
        }
        lines.len()
    }

    /// A line that is coded alone, with those coded against it: behind the first error, all of them are lost.
    fn two_dimensional(&mut self, lines: &[Line]) -> usize {
        let mut index = 0;
        while self.room() > 0
            && let Some(first) = lines.get(index)
        {
            let rest = lines.get(index + 1..).unwrap_or(&[]);
            let count = 1 + rest.iter().take_while(|line| !line.alone).count();
            let last = lines.get(index + count - 1).unwrap_or(first);
            self.group(*first, *last, count);
            index += count;
        }
        index
    }

    fn group(&mut self, first: Line, last: Line, count: usize) {
        let before = self.rows.count();
        let count = count.min(self.room());
        if first.alone && self.decode(first, last) && self.rows.count() == before + count {
            return;
        }
        // The row that was decoded last may be the damaged one, at its width by chance.
        let kept = (self.rows.count() - before).min(count).saturating_sub(1);
        self.rows.cut(before + kept);
        self.lose(count - kept);
    }

    /// True when everything from the first line to the last was rows, strictly.
    fn decode(&mut self, first: Line, last: Line) -> bool {
        let two_dimensional = self.coding.mode == EncodingMode::Group3_2D;
        let mut bits = Bits::default();
        if two_dimensional {
            bits.eol();
        }
        bits.copy(self.data, first.from_bit, last.to_bit);
        for _ in 0..RTC_EOLS {
            bits.eol();
            if two_dimensional {
                bits.put(1);
            }
        }
        let (before, room) = (self.rows.count(), self.room());
        let sound = strictly(&bits.bytes, self.coding.mode, room + 1, &mut self.rows);
        self.rows.cut(before + room);
        sound && self.rows.count() > before
    }

    fn lose(&mut self, rows: usize) {
        let from = self.rows.count();
        let rows = rows.min(self.room());
        self.rows.blank(rows);
        self.damaged.add(from..from + rows);
    }

    fn room(&self) -> usize {
        self.shape.rows_to_decode().saturating_sub(self.rows.count())
    }

    /// `left_over` lines did not fit onto the page.
    fn finish(mut self, left_over: usize) -> Decoded {
        let missing = self.shape.rows.min(self.shape.max_rows).saturating_sub(self.rows.count());
        if let Some(lost) = self.damaged.only()
            && missing > 0
        {
            // What is missing went where the damage is.
            self.rows.insert_blank(lost.end, missing);
            self.damaged.add(lost.end..lost.end + missing);
        }
        let lost = self.damaged.clone();
        let unknown_where = self.damaged.only().is_none() && missing > SHIFT_ROWS_MAX || self.shape.rows == 0;
        if !lost.is_empty() && unknown_where || self.shape.counted && left_over > SHIFT_ROWS_MAX {
            self.damaged = Spans::one(0..self.rows.count());
        }
        Decoded { black: self.rows.into_black(), lost, damaged: self.damaged, whole: false }
    }
}

/// Bits that are put together anew, on bytes.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    fn put(&mut self, bit: u8) {
        if self.count.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= bit << (7 - self.count % 8);
        }
        self.count += 1;
    }

    fn eol(&mut self) {
        for _ in 0..EOL_ZEROS {
            self.put(0);
        }
        self.put(1);
    }

    fn copy(&mut self, data: &[u8], from_bit: usize, to_bit: usize) {
        for at in from_bit..to_bit {
            self.put(bit(data, at));
        }
    }
}

//! TIFF files as fax software writes them, and as it should not: any coding, any tags, either byte order, strips or
//! tiles, 32 or 64 bits. The gateway itself writes only one kind of them.

use fax::encoder::Encoder;
use fax::maps::{EOL, black, white};
use fax::{BitWriter, Bits, Color, VecWriter};
use renraku::read::bitmap::Bitmap;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// How rows are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// T.4 one-dimensional, an end-of-line code before each row.
    G3,
    /// The same, with fill so that the code ends on a byte.
    G3Filled,
    /// T.4 two-dimensional: three rows of four are coded against the one above.
    G3TwoD,
    /// The same with fill.
    G3TwoDFilled,
    /// T.4 runs without a code between rows, each row on a byte.
    Rle,
    /// T.4 runs without a code between rows, nor on bytes.
    NoEol,
    /// T.6.
    G4,
    /// A bit a pixel.
    Plain,
    /// The same, packed (TIFF 6.0 section 9).
    PackBits,
}

impl Rows {
    pub const ALL: [Self; 9] = [
        Self::G3,
        Self::G3Filled,
        Self::G3TwoD,
        Self::G3TwoDFilled,
        Self::Rle,
        Self::NoEol,
        Self::G4,
        Self::Plain,
        Self::PackBits,
    ];

    /// TIFF's Compression and `T4Options`.
    pub fn tags(self) -> (u32, u32) {
        match self {
            Self::G3 | Self::NoEol => (3, 0),
            Self::G3Filled => (3, 4),
            Self::G3TwoD => (3, 1),
            Self::G3TwoDFilled => (3, 5),
            Self::Rle => (2, 0),
            Self::G4 => (4, 0),
            Self::Plain => (1, 0),
            Self::PackBits => (32_773, 0),
        }
    }

    fn is_filled(self) -> bool {
        matches!(self, Self::G3Filled | Self::G3TwoDFilled)
    }

    fn is_two_dimensional(self) -> bool {
        matches!(self, Self::G3TwoD | Self::G3TwoDFilled)
    }
}

/// One row of every so many stands alone in two-dimensional data (T.4 §4.2: K is 2 or 4).
const K: usize = 4;

/// The rows of a page, coded.
pub fn coded(bitmap: &Bitmap, rows: Rows) -> Vec<u8> {
    match rows {
        Rows::G4 => return bytes_of(g4(bitmap, 0..bitmap.height_px)),
        Rows::Plain => return packed(bitmap),
        Rows::PackBits => {
            return packed(bitmap).chunks(bitmap.width_px.div_ceil(8)).flat_map(packbits).collect();
        }
        _ => {}
    }
    let mut bits = BitList::default();
    for y in 0..bitmap.height_px {
        let alone = y % K == 0;
        match rows {
            Rows::Rle => bits.align(0),
            Rows::NoEol => {}
            _ => {
                if rows.is_filled() {
                    bits.align(4);
                }
                bits.put(EOL);
                if rows.is_two_dimensional() {
                    bits.put(Bits { data: u16::from(alone), len: 1 });
                }
            }
        }
        if rows.is_two_dimensional() && !alone {
            bits.0.extend(against_the_row_above(bitmap, y));
        } else {
            bits.one_dimensional(bitmap.row(y));
        }
    }
    bytes_of(bits.0)
}

/// The bits of T.6, with its end.
fn g4(bitmap: &Bitmap, rows: std::ops::Range<usize>) -> Vec<u8> {
    let mut encoder = Encoder::new(BitList::default());
    let colour = |ink: &u8| if *ink == 1 { Color::Black } else { Color::White };
    for y in rows {
        let Ok(()) = encoder.encode_line(bitmap.row(y).iter().map(colour), bitmap.width_px as u16);
    }
    let Ok(bits) = encoder.finish();
    bits.0
}

/// The encoder knows T.6 alone; the second of two rows of it is a two-dimensional row of T.4.
fn against_the_row_above(bitmap: &Bitmap, y: usize) -> Vec<u8> {
    let end_bits = 24;
    let (one, both) = (g4(bitmap, y - 1..y), g4(bitmap, y - 1..y + 1));
    both[one.len() - end_bits..both.len() - end_bits].to_vec()
}

/// Bits, one a byte.
#[derive(Default)]
struct BitList(Vec<u8>);

impl BitWriter for BitList {
    type Error = Infallible;
    fn write(&mut self, bits: Bits) -> Result<(), Infallible> {
        self.put(bits);
        Ok(())
    }
}

impl BitList {
    fn put(&mut self, bits: Bits) {
        self.0.extend((0..bits.len).rev().map(|bit| (bits.data >> bit & 1) as u8));
    }

    /// Zeros, until so many bits of the last byte are used.
    fn align(&mut self, used: usize) {
        while self.0.len() % 8 != used {
            self.0.push(0);
        }
    }

    fn one_dimensional(&mut self, row: &[u8]) {
        let (mut rest, mut ink) = (row, 0);
        loop {
            let mut run = rest.iter().take_while(|&&pixel| pixel == ink).count();
            rest = &rest[run..];
            let codes = if ink == 0 { &white::ENTRIES } else { &black::ENTRIES };
            while run >= 64 {
                let make_up = run.min(2560) & !63;
                self.put(codes[63 + make_up / 64].1);
                run -= make_up;
            }
            self.put(codes[run].1);
            ink = 1 - ink;
            if rest.is_empty() {
                return;
            }
        }
    }
}

fn bytes_of(bits: Vec<u8>) -> Vec<u8> {
    let mut writer = VecWriter::new();
    for bit in bits {
        let Ok(()) = writer.write(Bits { data: u16::from(bit), len: 1 });
    }
    writer.finish()
}

fn packed(bitmap: &Bitmap) -> Vec<u8> {
    let byte = |eight: &[u8]| eight.iter().enumerate().fold(0, |byte, (at, ink)| byte | ink << (7 - at));
    (0..bitmap.height_px).flat_map(|y| bitmap.row(y).chunks(8).map(byte)).collect()
}

/// Runs of one byte as runs, all else byte by byte.
fn packbits(row: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for run in row.chunk_by(|a, b| a == b) {
        for part in run.chunks(128) {
            out.extend([257_usize.wrapping_sub(part.len()) as u8, part[0]]);
        }
    }
    out
}

/// What a tag holds.
#[derive(Debug, Clone)]
pub enum Value {
    Short(Vec<u16>),
    Long(Vec<u32>),
    Ratio(u32, u32),
}

/// One page: its tags, and its data in strips or tiles.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub tags: BTreeMap<u16, Value>,
    pub parts: Vec<Vec<u8>>,
    pub tiled: bool,
    /// Leaves the lengths of the parts out.
    pub uncounted: bool,
}

/// A file.
#[derive(Debug, Clone, Default)]
pub struct Tiff {
    pub big_endian: bool,
    /// `BigTIFF`: offsets of 64 bits.
    pub wide: bool,
    pub pages: Vec<Page>,
}

impl Tiff {
    /// A page in one strip, with all tags of a fax (RFC 2306), 204 × 196 an inch.
    pub fn fax(bitmap: &Bitmap, rows: Rows) -> Self {
        let (compression, options) = rows.tags();
        let mut page = Page { parts: vec![coded(bitmap, rows)], ..Page::default() };
        let long = |value: usize| Value::Long(vec![value as u32]);
        page.tags.insert(256, long(bitmap.width_px));
        page.tags.insert(257, long(bitmap.height_px));
        page.tags.insert(259, Value::Short(vec![compression as u16]));
        page.tags.insert(262, Value::Short(vec![0]));
        page.tags.insert(266, Value::Short(vec![1]));
        page.tags.insert(278, long(bitmap.height_px));
        page.tags.insert(282, Value::Ratio(204, 1));
        page.tags.insert(283, Value::Ratio(196, 1));
        page.tags.insert(292, long(options as usize));
        page.tags.insert(296, Value::Short(vec![2]));
        Self { pages: vec![page], ..Self::default() }
    }

    /// Adds a tag to every page, or changes it.
    #[expect(clippy::needless_pass_by_value, reason = "a value is made where it is used")]
    pub fn with(mut self, tag: u16, value: Value) -> Self {
        for page in &mut self.pages {
            page.tags.insert(tag, value.clone());
        }
        self
    }

    pub fn without(mut self, tag: u16) -> Self {
        for page in &mut self.pages {
            page.tags.remove(&tag);
        }
        self
    }

    /// The same with every byte of the data turned around.
    pub fn lowest_bit_first(mut self) -> Self {
        for byte in self.pages.iter_mut().flat_map(|page| &mut page.parts).flatten() {
            *byte = byte.reverse_bits();
        }
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut file = Vec::new();
        file.extend(if self.big_endian { b"MM" } else { b"II" });
        if self.wide {
            self.put(&mut file, 43, 2);
            self.put(&mut file, 8, 2);
            self.put(&mut file, 0, 2);
        } else {
            self.put(&mut file, 42, 2);
        }
        let mut link = file.len();
        self.put(&mut file, 0, self.word());
        for page in &self.pages {
            link = self.page(&mut file, link, page);
        }
        file
    }

    fn word(&self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    fn page(&self, file: &mut Vec<u8>, link: usize, page: &Page) -> usize {
        let mut tags = page.tags.clone();
        let offsets = page.parts.iter().map(|part| append(file, part)).collect();
        let lengths = page.parts.iter().map(|part| part.len() as u32).collect();
        let (offsets_tag, lengths_tag) = if page.tiled { (324, 325) } else { (273, 279) };
        tags.insert(offsets_tag, Value::Long(offsets));
        if !page.uncounted {
            tags.insert(lengths_tag, Value::Long(lengths));
        }
        let entries: Vec<_> = tags.iter().map(|(tag, value)| (*tag, self.value(file, value))).collect();
        let mut at = Vec::new();
        self.put(&mut at, file.len() as u64, self.word());
        file[link..link + at.len()].copy_from_slice(&at);
        self.put(file, entries.len() as u64, if self.wide { 8 } else { 2 });
        for (tag, (kind, count, value)) in entries {
            self.put(file, u64::from(tag), 2);
            self.put(file, kind, 2);
            self.put(file, count, self.word());
            file.extend(value);
        }
        self.put(file, 0, self.word());
        file.len() - self.word()
    }

    /// Type, count, and the bytes that stand in the entry; what does not fit there is appended.
    fn value(&self, file: &mut Vec<u8>, value: &Value) -> (u64, u64, Vec<u8>) {
        let mut bytes = Vec::new();
        let (kind, count) = match value {
            Value::Short(values) => {
                let bytes_of = values.iter().map(|&one| self.uint(u64::from(one), 2));
                bytes.extend(bytes_of.flatten());
                (3, values.len())
            }
            Value::Long(values) => {
                let bytes_of = values.iter().map(|&one| self.uint(u64::from(one), 4));
                bytes.extend(bytes_of.flatten());
                (4, values.len())
            }
            Value::Ratio(over, under) => {
                self.put(&mut bytes, u64::from(*over), 4);
                self.put(&mut bytes, u64::from(*under), 4);
                (5, 1)
            }
        };
        if bytes.len() > self.word() {
            let at = append(file, &bytes);
            bytes = Vec::new();
            self.put(&mut bytes, u64::from(at), self.word());
        }
        bytes.resize(self.word(), 0);
        (kind, count as u64, bytes)
    }

    fn put(&self, file: &mut Vec<u8>, value: u64, size: usize) {
        file.extend(self.uint(value, size));
    }

    fn uint(&self, value: u64, size: usize) -> Vec<u8> {
        let mut bytes = value.to_be_bytes()[8 - size..].to_vec();
        if !self.big_endian {
            bytes.reverse();
        }
        bytes
    }
}

fn append(file: &mut Vec<u8>, bytes: &[u8]) -> u32 {
    let at = file.len() as u32;
    file.extend(bytes);
    at
}

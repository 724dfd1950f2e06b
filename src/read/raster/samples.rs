//! Small files made by hand for the tests of `raster`: pages, TIFFs with any tags, PDFs around one
//! image. Never part of the program.

use crate::read::bitmap::Bitmap;
use fax::encoder::Encoder;
use fax::maps::{EOL, black, white};
use fax::{BitWriter, Bits, Color, VecWriter};

/// A page that no turn or shift leaves alike: strokes of many lengths, ink at both edges, blank rows.
pub(super) fn page(width_px: usize, height_px: usize) -> Bitmap {
    let mut bitmap = Bitmap::white(width_px, height_px);
    for y in (0..height_px).filter(|y| y % 5 != 0) {
        for x in 0..width_px {
            let stroke = (x * 7 + y * y) % (23 + y % 11) < 4 || x < y % 3 || x + y % 2 == width_px;
            bitmap.ink[y * width_px + x] = u8::from(stroke);
        }
    }
    bitmap
}

/// How rows are coded for [`coded`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// T.4 one-dimensional with an end-of-line code before each row.
    G3,
    /// The same, fill bits before the code so that it ends on a byte.
    G3Filled,
    /// T.4 two-dimensional, every second row coded against the one above.
    G3TwoD,
    /// T.4 runs without any code between rows, each row on a byte.
    Rle,
    /// T.6.
    G4,
}

/// The rows of a page, coded.
pub(super) fn coded(bitmap: &Bitmap, rows: Rows) -> Vec<u8> {
    if rows == Rows::G4 {
        return g4(bitmap);
    }
    let mut bits = Padded::default();
    for y in 0..bitmap.height_px {
        match rows {
            Rows::G3 => bits.put(EOL),
            Rows::G3Filled => {
                while bits.len % 8 != 4 {
                    bits.put(Bits { data: 0, len: 1 });
                }
                bits.put(EOL);
            }
            Rows::G3TwoD => {
                bits.put(EOL);
                bits.put(Bits { data: u16::from(y % 2 == 0), len: 1 });
            }
            Rows::Rle | Rows::G4 => bits.align(),
        }
        if rows == Rows::G3TwoD && y % 2 == 1 {
            bits.two_dimensional(bitmap.row(y - 1), bitmap.row(y));
        } else {
            bits.one_dimensional(bitmap.row(y));
        }
    }
    bits.writer.finish()
}

fn g4(bitmap: &Bitmap) -> Vec<u8> {
    let mut encoder = Encoder::new(VecWriter::new());
    for y in 0..bitmap.height_px {
        let Ok(()) = encoder.encode_line(colours(bitmap.row(y)), bitmap.width_px as u16);
    }
    let Ok(writer) = encoder.finish();
    writer.finish()
}

fn colours(row: &[u8]) -> impl Iterator<Item = Color> + '_ {
    row.iter().map(|&ink| if ink == 1 { Color::Black } else { Color::White })
}

struct Padded {
    writer: VecWriter,
    len: usize,
}

impl Default for Padded {
    fn default() -> Self {
        Self { writer: VecWriter::new(), len: 0 }
    }
}

impl Padded {
    fn put(&mut self, code: Bits) {
        let Ok(()) = self.writer.write(code);
        self.len += usize::from(code.len);
    }

    fn align(&mut self) {
        while !self.len.is_multiple_of(8) {
            self.put(Bits { data: 0, len: 1 });
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

    /// The encoder knows T.6 only; a row of it against `above` is a T.4 two-dimensional row.
    fn two_dimensional(&mut self, above: &[u8], row: &[u8]) {
        let mut bits = Encoder::new(BitList(Vec::new()));
        let Ok(()) = bits.encode_line(colours(above), above.len() as u16);
        let mut alone = Encoder::new(BitList(Vec::new()));
        let Ok(()) = alone.encode_line(colours(above), above.len() as u16);
        let Ok(()) = bits.encode_line(colours(row), row.len() as u16);
        let (Ok(both), Ok(first)) = (bits.finish(), alone.finish());
        let end_of_block = 24;
        for &bit in &both.0[first.0.len() - end_of_block..both.0.len() - end_of_block] {
            self.put(Bits { data: bit, len: 1 });
        }
    }
}

struct BitList(Vec<u16>);

impl BitWriter for BitList {
    type Error = std::convert::Infallible;
    fn write(&mut self, bits: Bits) -> Result<(), Self::Error> {
        self.0.extend((0..bits.len).rev().map(|bit| bits.data >> bit & 1));
        Ok(())
    }
}

/// A bit a pixel, 1 for ink, rows padded to bytes.
pub(super) fn packed(bitmap: &Bitmap) -> Vec<u8> {
    let byte = |eight: &[u8]| eight.iter().enumerate().fold(0, |byte, (at, ink)| byte | ink << (7 - at));
    (0..bitmap.height_px).flat_map(|y| bitmap.row(y).chunks(8).map(byte)).collect()
}

/// One page's tags (tag, value; a LONG each) and strips.
pub(super) type Page = (Vec<(u16, u32)>, Vec<Vec<u8>>);

/// A TIFF whose tags a test can bend.
pub(super) struct Tiff {
    pub(super) big_endian: bool,
    pub(super) pages: Vec<Page>,
}

impl Tiff {
    /// One page with what a reader needs, colour 0 white.
    pub(super) fn one(width: usize, height: usize, compression: u32, strip: Vec<u8>) -> Self {
        let tags = vec![(256, width as u32), (257, height as u32), (259, compression), (262, 0)];
        Self { big_endian: false, pages: vec![(tags, vec![strip])] }
    }

    /// Adds a tag to every page, or changes it.
    pub(super) fn with(mut self, tag: u16, value: u32) -> Self {
        for (tags, _) in &mut self.pages {
            tags.retain(|one| one.0 != tag);
            tags.push((tag, value));
        }
        self
    }

    /// Leaves a tag out.
    pub(super) fn without(mut self, tag: u16) -> Self {
        for (tags, _) in &mut self.pages {
            tags.retain(|one| one.0 != tag);
        }
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut file = if self.big_endian { b"MM\0\x2a".to_vec() } else { b"II\x2a\0".to_vec() };
        let mut link = file.len();
        file.extend([0; 4]);
        for (tags, strips) in &self.pages {
            let offsets: Vec<u32> = strips.iter().map(|strip| append(&mut file, strip)).collect();
            let lengths: Vec<u32> = strips.iter().map(|strip| strip.len() as u32).collect();
            let mut entries: Vec<(u16, u32, u32)> =
                tags.iter().map(|&(tag, value)| (tag, 1, value)).collect();
            for (tag, values) in [(273, &offsets), (279, &lengths)] {
                let value = if values.len() == 1 { values[0] } else { self.longs(&mut file, values) };
                entries.push((tag, values.len() as u32, value));
            }
            entries.sort_unstable();
            link = self.directory(&mut file, link, &entries);
        }
        file
    }

    fn longs(&self, file: &mut Vec<u8>, values: &[u32]) -> u32 {
        let at = file.len() as u32;
        file.extend(values.iter().flat_map(|&value| self.u32(value)));
        at
    }

    fn directory(&self, file: &mut Vec<u8>, link: usize, entries: &[(u16, u32, u32)]) -> usize {
        let at = self.u32(file.len() as u32);
        file[link..link + 4].copy_from_slice(&at);
        file.extend(self.u16(entries.len() as u16));
        for &(tag, count, value) in entries {
            file.extend(self.u16(tag));
            file.extend(self.u16(4));
            file.extend(self.u32(count));
            file.extend(self.u32(value));
        }
        file.extend([0; 4]);
        file.len() - 4
    }

    fn u16(&self, value: u16) -> [u8; 2] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn u32(&self, value: u32) -> [u8; 4] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }
}

fn append(file: &mut Vec<u8>, data: &[u8]) -> u32 {
    let at = file.len() as u32;
    file.extend(data);
    at
}

/// A PDF of one page: the image dictionary's entries, its data, the page's content and further entries
/// of the page's dictionary.
pub(super) fn pdf(image: &str, data: &[u8], content: &str, page: &str) -> Vec<u8> {
    let stream = |dict: String, data: &[u8]| {
        [format!("<< {dict} /Length {} >>\nstream\n", data.len()).as_bytes(), data, b"\nendstream"].concat()
    };
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 600 800] >>".to_vec(),
        format!(
            "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> {page} >>"
        )
        .into_bytes(),
        stream(String::new(), content.as_bytes()),
        stream(format!("/Type /XObject /Subtype /Image {image}"), data),
    ];
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(file.len());
        file.extend([format!("{number} 0 obj\n").as_bytes(), object, b"\nendobj\n"].concat());
    }
    let xref = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).into_bytes());
    file.extend(offsets.iter().flat_map(|at| format!("{at:010} 00000 n \n").into_bytes()));
    file.extend(
        format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n", objects.len() + 1)
            .into_bytes(),
    );
    file
}

//! Files that mean harm, built byte by byte: small ones that claim or unpack to gigabytes. Each is legal
//! enough that a reader begins with it.

/// A zlib stream (RFC 1950) of `before`, then `zeros` bytes of 0, then `after`: 1032 zeros take one byte.
pub fn deflated(before: &[u8], zeros: u64, after: &[u8]) -> Vec<u8> {
    let mut bits = Bits { bytes: vec![0x78, 0x01], free: 0 };
    bits.stored(before, false);
    bits.zeros(zeros);
    bits.stored(after, true);
    bits.bytes.extend(adler32(before, zeros, after).to_be_bytes());
    bits.bytes
}

fn adler32(before: &[u8], zeros: u64, after: &[u8]) -> u32 {
    const BASE: u64 = 65_521;
    let run = |sums: (u64, u64), bytes: &[u8]| {
        bytes.iter().fold(sums, |(a, b), byte| {
            let a = (a + u64::from(*byte)) % BASE;
            (a, (b + a) % BASE)
        })
    };
    let (a, b) = run((1, 0), before);
    let (a, b) = run((a, (b + a * (zeros % BASE)) % BASE), after);
    (b << 16 | a) as u32
}

/// Bits from the lowest up, as RFC 1951 §3.1.1 packs them.
struct Bits {
    bytes: Vec<u8>,
    free: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for bit in 0..count {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let last = self.bytes.len() - 1;
            self.bytes[last] |= ((value >> bit & 1) as u8) << (8 - self.free);
            self.free -= 1;
        }
    }

    /// RFC 1951 §3.2.4.
    fn stored(&mut self, bytes: &[u8], last: bool) {
        self.put(u32::from(last), 3);
        self.free = 0;
        let length = u16::try_from(bytes.len()).unwrap();
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend((!length).to_le_bytes());
        self.bytes.extend(bytes);
    }

    /// RFC 1951 §3.2.7: a block whose code for "repeat the last byte 258 times" is two bits of 0.
    fn zeros(&mut self, count: u64) {
        self.put(0b100, 3);
        // 286 codes for literals and lengths, 1 for distances, 18 for the lengths of codes.
        self.put(29, 5);
        self.put(0, 5);
        self.put(14, 4);
        for length in [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2] {
            self.put(length, 3);
        }
        // Literal 0 and the end have two bits, length 258 and distance 1 have one, all else none.
        let (one, two, none) = ((0b01, 2), (0b11, 2), (0, 1));
        self.codes(&[two, none, (127, 7), none, (106, 7), two, none, (17, 7), one, one]);
        let repeats = count.saturating_sub(1) / 258;
        let rest = count - repeats * 258;
        for _ in 0..rest {
            self.codes(&[(0b01, 2)]);
        }
        let whole = repeats / 4;
        self.codes(&vec![(0, 2); (repeats % 4) as usize]);
        for _ in 0..whole {
            self.put(0, 8);
        }
        self.codes(&[(0b11, 2)]);
    }

    fn codes(&mut self, codes: &[(u32, u32)]) {
        for (value, count) in codes {
            self.put(*value, *count);
        }
    }
}

/// An object of a PDF with a stream; `entries` is what its dictionary says beside the length.
pub fn stream(entries: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("<< {entries} /Length {} >>\nstream\n", data.len());
    [head.as_bytes(), data, b"\nendstream"].concat()
}

/// A PDF of one page; its content is object 4, `objects` are numbered from 4 on.
pub fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let first: [&[u8]; 3] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
           /Resources << /XObject << /I 5 0 R >> >> >>",
    ];
    let mut file = b"%PDF-1.5\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in first.into_iter().chain(objects.iter().map(Vec::as_slice)).enumerate() {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n", index + 1).as_bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let (start, size) = (file.len(), places.len() + 1);
    file.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes());
    for place in places {
        file.extend(format!("{place:010} 00000 n \n").as_bytes());
    }
    file.extend(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").as_bytes());
    file
}

/// A TIFF with one Group 4 strip of a few bytes that says it is so large.
pub fn huge_tiff(width_px: u32, height_px: u32) -> Vec<u8> {
    let strip = [0x26, 0xa1, 0x5c, 0x00, 0x10, 0x01];
    let entries = [
        (256, width_px),
        (257, height_px),
        (258, 1),
        (259, 4),
        (262, 0),
        (273, 8),
        (277, 1),
        (278, height_px),
        (279, strip.len() as u32),
    ];
    let mut file = b"II\x2a\0".to_vec();
    file.extend(14_u32.to_le_bytes());
    file.extend(strip);
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, value) in entries {
        file.extend((tag as u16).to_le_bytes());
        file.extend(4_u16.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
    file
}

#[test]
fn a_deflated_bomb_is_sound_and_small() {
    for zeros in [0, 1, 257, 258, 259, 1033, 300_000] {
        let packed = deflated(b"before", zeros, b"after");
        let entries = lopdf::dictionary! { "Filter" => "FlateDecode" };
        let unpacked = lopdf::Stream::new(entries, packed).decompressed_content().unwrap();
        let expected = [b"before".as_slice(), &vec![0; zeros as usize], b"after"].concat();
        assert!(unpacked == expected, "{zeros} zeros became {} bytes", unpacked.len());
    }
    assert!(deflated(b"", 1 << 30, b"").len() < 1_100_000);
}

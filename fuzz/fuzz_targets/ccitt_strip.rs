//! Any bytes as the one strip of a fax, in every coding: the first two bytes choose it and the width.
#![no_main]

use libfuzzer_sys::fuzz_target;
use renraku::read::raster::{Limits, open};

/// One directory and one strip.
fn tiff(width_px: u32, rows: u32, compression: u32, options: u32, fill_order: u32, strip: &[u8]) -> Vec<u8> {
    let entries = [
        (256_u16, width_px),
        (257, rows),
        (259, compression),
        (262, 0),
        (266, fill_order),
        (273, 8),
        (279, strip.len() as u32),
        (292, options),
    ];
    let mut file = b"II\x2a\0".to_vec();
    file.extend((8 + strip.len() as u32).to_le_bytes());
    file.extend(strip);
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend([4, 0, 1, 0, 0, 0]);
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    file
}

fuzz_target!(|data: &[u8]| {
    let [kind, width, strip @ ..] = data else { return };
    let (compression, options) =
        [(2, 0), (3, 0), (3, 1), (3, 4), (3, 5), (4, 0), (32_773, 0), (1, 0)][usize::from(kind & 7)];
    let rows = if kind & 0x10 == 0 { 40 } else { 0 };
    let fill_order = 1 + u32::from(kind & 8 != 0);
    let file = tiff(u32::from(*width) * 8 + 1, rows, compression, options, fill_order, strip);
    let limits = Limits { max_pixels: 1 << 20, ..Limits::default() };
    open(&file, &limits, &mut |page| {
        let bitmap = &page.bitmap;
        assert_eq!(bitmap.ink.len(), bitmap.width_px * bitmap.height_px);
        assert!(bitmap.ink.iter().all(|&ink| ink <= 1));
        assert!(page.damaged_rows.iter().all(|rows| !rows.is_empty() && rows.end <= bitmap.height_px));
    });
});

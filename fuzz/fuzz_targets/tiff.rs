//! Any bytes behind a TIFF's or `BigTIFF`'s header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use renraku::read::raster::{Limits, open};

fuzz_target!(|data: &[u8]| {
    // Small, so that a run is many files and not many pixels.
    let limits = Limits { max_pixels: 1 << 20, max_pages: 4, ..Limits::default() };
    let header: &[u8] = match data.first() {
        Some(0) => b"MM\0\x2a",
        Some(1) => b"II\x2b\0",
        Some(2) => b"MM\0\x2b",
        _ => b"II\x2a\0",
    };
    let file = [header, data.get(1..).unwrap_or(&[])].concat();
    let mut pages = 0;
    let problems = open(&file, &limits, &mut |page| {
        pages += 1;
        let bitmap = &page.bitmap;
        assert_eq!(bitmap.ink.len(), bitmap.width_px * bitmap.height_px);
        assert!(page.damaged_rows.iter().all(|rows| !rows.is_empty() && rows.end <= bitmap.height_px));
    });
    assert!(pages > 0 || !problems.is_empty(), "neither a page nor a word why");
});

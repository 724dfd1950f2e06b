//! Any bytes as the objects of a PDF with a page, a form, a pattern and an image: drawn, or taken as an image.
#![no_main]

use libfuzzer_sys::fuzz_target;
use renraku::read::raster::{Limits, open};

/// The objects are the file's own, so that the fuzzer need not invent a catalogue: what it writes stands behind them.
fn pdf(content: &[u8], objects: &[u8]) -> Vec<u8> {
    let head = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] \
        /Count 1 >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R /Resources \
        << /XObject << /I 5 0 R /J 6 0 R >> /Pattern << /P 7 0 R >> /Font << /F 8 0 R >> >> >>\nendobj\n";
    let mut file = head.to_vec();
    file.extend(format!("4 0 obj\n<< /Length {} >>\nstream\n", content.len()).into_bytes());
    file.extend(content);
    file.extend(b"\nendstream\nendobj\n");
    file.extend(objects);
    file.extend(b"\ntrailer\n<< /Size 9 /Root 1 0 R >>\nstartxref\n0\n%%EOF\n");
    file
}

fuzz_target!(|data: &[u8]| {
    let split = data.iter().position(|&byte| byte == b'\0').unwrap_or(data.len());
    let (content, objects) = data.split_at(split);
    let limits = Limits {
        max_pixels: 1 << 20,
        max_decoded_stream_bytes: 1 << 20,
        max_drawn_bytes: 1 << 18,
        ..Limits::default()
    };
    let mut pages = 0;
    let problems = open(&pdf(content, objects), &limits, &mut |_| pages += 1);
    assert!(pages > 0 || !problems.is_empty(), "neither a page nor a word why");
});

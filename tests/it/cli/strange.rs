//! What strangers send: files that are broken, empty, enormous or someone else's.

use crate::hostile::{deflated, huge_tiff, pdf, stream};
use qrcode::{Color, QrCode};
use renraku::practice::fax_tiff::encode_g3;
use renraku::read::bitmap::Bitmap;

/// A PDF of 1 MB whose page unpacks to 1 GB.
pub fn pdf_bomb() -> Vec<u8> {
    let content = deflated(b"q ", 1 << 30, b" Q");
    pdf(&[stream("/Filter /FlateDecode", &content), stream("/Type /XObject /Subtype /Form", b"")])
}

/// A TIFF of 120 bytes that says it has 60,000 × 60,000 pixels.
pub fn tiff_bomb() -> Vec<u8> {
    huge_tiff(60_000, 60_000)
}

/// A fine fax page of solid black: a sheet that was laid on the glass without its cover.
pub fn black_page() -> Vec<u8> {
    let page = Bitmap { width_px: 1728, height_px: 2292, ink: vec![1; 1728 * 2292] };
    encode_g3(&[(&page, 204.0, 196.0)])
}

/// A fine fax page with somebody else's QR code.
pub fn foreign_page() -> Vec<u8> {
    let (width_px, height_px, module_px) = (1728, 2292, 8);
    let mut page = Bitmap::white(width_px, height_px);
    let code = QrCode::new(b"https://www.example.jp/menu").unwrap();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        let (column, row) = (at % code.width(), at / code.width());
        for dot in 0..module_px * module_px {
            let x = 300 + column * module_px + dot % module_px;
            let y = 400 + row * module_px + dot / module_px;
            page.ink[y * width_px + x] = u8::from(color == Color::Dark);
        }
    }
    encode_g3(&[(&page, 204.0, 196.0)])
}

/// A mail with words alone.
pub fn mail_without_attachment() -> Vec<u8> {
    b"From: someone@example.jp\r\nTo: answers@gateway.example\r\nSubject: hello\r\n\
      Message-ID: <1@example.jp>\r\nDate: Wed, 18 Nov 2026 10:00:00 +0900\r\n\r\nSee you tomorrow.\r\n"
        .to_vec()
}

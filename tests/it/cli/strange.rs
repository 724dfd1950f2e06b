//! What strangers send: files that are broken, empty, enormous or someone else's.

use qrcode::{Color, QrCode};
use renraku::practice::fax_tiff::encode_g3;
use renraku::read::bitmap::Bitmap;

/// A TIFF of so many pixels, all white, in Group 4: one bit a line ("nothing changes", T.6 §2.2), so that
/// 3.6 thousand million pixels come in 7.5 kB.
pub fn tiff_bomb(side_px: u32) -> Vec<u8> {
    let strip = vec![0xff_u8; side_px as usize / 8];
    let mut file = b"II*\0".to_vec();
    file.extend((8 + strip.len() as u32).to_le_bytes());
    file.extend(&strip);
    let long = 4_u16;
    let entries = [
        (256_u16, side_px),
        (257, side_px),
        (258, 1),
        (259, 4),
        (262, 0),
        (273, 8),
        (277, 1),
        (278, side_px),
        (279, strip.len() as u32),
    ];
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(long.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    file
}

/// A PDF around the same picture.
pub fn pdf_bomb(side_px: u32) -> Vec<u8> {
    let strip = vec![0xff_u8; side_px as usize / 8];
    let mut pdf = format!(
        "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] \
         /Count 1 >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /XObject << /I 5 0 R >> >> >>\nendobj\n4 0 obj\n<< /Length 31 >>\nstream\n\
         q 595 0 0 842 0 0 cm /I Do Q   \nendstream\nendobj\n5 0 obj\n<< /Type /XObject /Subtype /Image \
         /Width {side_px} /Height {side_px} /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /CCITTFaxDecode \
         /DecodeParms << /K -1 /Columns {side_px} >> /Length {} >>\nstream\n",
        strip.len()
    )
    .into_bytes();
    pdf.extend(strip);
    pdf.extend(b"\nendstream\nendobj\ntrailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n0\n%%EOF\n");
    pdf
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

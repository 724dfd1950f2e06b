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

/// A PDF whose page draws a form ten times, which draws another ten times, and so on: 10⁹ drawings from some
/// kilobytes.
pub fn pdf_bomb() -> Vec<u8> {
    const LEVELS: usize = 9;
    let mut pdf = "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n\
        2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n\
        3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject \
        << /F 5 0 R >> >> >>\nendobj\n"
        .to_owned();
    let ten = "/F Do ".repeat(10);
    pdf += &format!("4 0 obj\n<< /Length {} >>\nstream\n{ten}\nendstream\nendobj\n", ten.len());
    for level in 0..LEVELS {
        let (number, next) = (5 + level, 6 + level);
        let content = if level + 1 == LEVELS { "0 0 9 9 re f" } else { &ten };
        pdf += &format!(
            "{number} 0 obj\n<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /F \
             {next} 0 R >> >> /Length {} >>\nstream\n{content}\nendstream\nendobj\n",
            content.len()
        );
    }
    pdf += &format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n0\n%%EOF\n", 5 + LEVELS);
    pdf.into_bytes()
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

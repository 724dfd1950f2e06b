//! The QR code of a sheet: version 2, level Q, 25 × 25 modules of 1 mm.

use super::metrics::{CODE_MM, CODE_MODULES};
use crate::form::layout::CodePlace;
use crate::typeset::canvas::Page;
use qrcode::{Color, EcLevel, QrCode, Version};

/// Draws the code's dark modules as solid runs.
pub fn draw(page: &mut Page, place: &CodePlace) {
    let module_mm = CODE_MM / CODE_MODULES as f64;
    for (row, modules) in modules(&place.text).chunks(CODE_MODULES).enumerate() {
        let mut column = 0;
        for run in modules.chunk_by(|a, b| a == b) {
            if run.first() == Some(&true) {
                let x_mm = place.x_mm + column as f64 * module_mm;
                let y_mm = place.y_mm + row as f64 * module_mm;
                page.solid(x_mm, y_mm, run.len() as f64 * module_mm, module_mm);
            }
            column += run.len();
        }
    }
}

/// The modules row by row; true is dark.
fn modules(text: &str) -> Vec<bool> {
    let code = QrCode::with_version(text, Version::Normal(2), EcLevel::Q)
        .expect("26 alphanumerics fit version 2 level Q (29; ISO/IEC 18004 table 7)");
    code.to_colors().into_iter().map(|color| color == Color::Dark).collect()
}

//! Where the sheet lies on the page, by its corner squares: every plausible combination is a
//! hypothesis, and what is printed at known places decides. It does not decode or look anything up.

pub mod quads;
pub mod squares;

use super::bitmap::RasterPage;

/// Pixels a millimetre of the page, as assumed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Across.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl Scale {
    /// From pixels an inch.
    #[must_use]
    pub fn from_dpi(dpi_x: f64, dpi_y: f64) -> Self {
        Self { x: dpi_x / 25.4, y: dpi_y / 25.4 }
    }

    /// True when the two are the same for every practical purpose.
    fn is_like(self, other: Self) -> bool {
        let near = |a: f64, b: f64| (a / b).ln().abs() < 0.06;
        near(self.x, other.x) && near(self.y, other.y)
    }
}

/// The scales to try, the likeliest first: as the file says, then as its pixel count suggests, since
/// gateways write wrong resolution tags (a fax line has 1728 pixels in 215 mm, ITU-T T.4 §2.2).
#[must_use]
pub fn scales(page: &RasterPage) -> Vec<Scale> {
    let (w, h) = (page.bitmap.width_px as f64, page.bitmap.height_px as f64);
    let wide = w.min(h) / 8.3;
    let guesses = [
        (page.dpi_x, page.dpi_y),
        (page.dpi_x, page.dpi_y * 2.0),
        (page.dpi_x, page.dpi_y / 2.0),
        (204.0, 196.0),
        (204.0, 98.0),
        (wide, wide),
    ];
    let mut scales: Vec<Scale> = Vec::new();
    for (x, y) in guesses {
        let scale = Scale::from_dpi(x, y);
        let usable = (60.0..=700.0).contains(&x) && (60.0..=700.0).contains(&y);
        if usable && !scales.iter().any(|known| known.is_like(scale)) {
            scales.push(scale);
        }
    }
    scales
}

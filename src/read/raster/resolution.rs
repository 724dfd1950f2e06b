//! Pixels an inch: believed when a page of a believable size comes of it, else guessed from the
//! number of pixels, as for an A4 page. It never looks at the pixels themselves.

/// A resolution of a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Resolution {
    pub(super) dpi_x: f64,
    pub(super) dpi_y: f64,
    /// The file named one that its size in pixels makes impossible.
    pub(super) contradicts_tags: bool,
}

/// Faxes are scanned at 98 lines an inch or more, scans at up to 1200.
const PLAUSIBLE_DPI: std::ops::RangeInclusive<f64> = 50.0..=1300.0;
/// A3 on its side is 16.5 inches wide.
const MAX_WIDTH_IN: f64 = 17.5;
/// A roll may be long; a page of more than a metre is a lie.
const MAX_HEIGHT_IN: f64 = 40.0;
/// Fax pixels are at most 2.1 times as high as they are wide.
const MAX_ASPECT: f64 = 4.5;
const A4_SHORT_IN: f64 = 8.268;
const A4_LONG_IN: f64 = 11.693;

/// The resolution of a page of that many pixels. A tagged value below 10 is what writers without one
/// put there (1, or 0), not a lie.
pub(super) fn resolve(tagged: Option<(f64, f64)>, width_px: usize, height_px: usize) -> Resolution {
    let (dpi_x, dpi_y) = guess(width_px, height_px);
    match tagged {
        Some((x, y)) if plausible(x, y, width_px, height_px) => {
            Resolution { dpi_x: x, dpi_y: y, contradicts_tags: false }
        }
        Some((x, y)) => Resolution { dpi_x, dpi_y, contradicts_tags: x > 10.0 && y > 10.0 },
        None => Resolution { dpi_x, dpi_y, contradicts_tags: false },
    }
}

fn plausible(x: f64, y: f64, width_px: usize, height_px: usize) -> bool {
    PLAUSIBLE_DPI.contains(&x)
        && PLAUSIBLE_DPI.contains(&y)
        && (1.0 / MAX_ASPECT..=MAX_ASPECT).contains(&(x / y))
        && width_px as f64 / x <= MAX_WIDTH_IN
        && height_px as f64 / y <= MAX_HEIGHT_IN
}

/// T.4 table 1 and T.30: the widths of A4, B4 and A3 lines at 204, 300 and 408 pixels an inch, and
/// the line densities 98, 196 and 391. A width that no fax has: square pixels and a whole A4 page.
fn guess(width_px: usize, height_px: usize) -> (f64, f64) {
    let fine = if height_px <= 1300 {
        98.0
    } else if height_px <= 3200 {
        196.0
    } else {
        391.0
    };
    match width_px {
        1728 | 1734 | 2048 | 2432 => (204.0, fine),
        2592 | 3072 | 3648 => (300.0, 300.0),
        3456 | 4096 | 4864 => (408.0, if height_px <= 3200 { 196.0 } else { 391.0 }),
        _ => {
            let (short, long) = (width_px.min(height_px) as f64, width_px.max(height_px) as f64);
            let dpi = (short / A4_SHORT_IN).max(long / A4_LONG_IN).max(1.0);
            (dpi, dpi)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_believed_only_when_they_make_a_page() {
        let cases = [
            (Some((204.0, 98.0)), 1728, 1100, (204.0, 98.0, false)),
            (Some((203.2, 195.58)), 1728, 2292, (203.2, 195.58, false)),
            (None, 1728, 1145, (204.0, 98.0, false)),
            (None, 1734, 2292, (204.0, 196.0, false)),
            (None, 1728, 4573, (204.0, 391.0, false)),
            (None, 2592, 3508, (300.0, 300.0, false)),
            (None, 3456, 4573, (408.0, 391.0, false)),
            (Some((1.0, 1.0)), 1728, 1145, (204.0, 98.0, false)),
            (Some((72.0, 72.0)), 1728, 2292, (204.0, 196.0, true)),
            (Some((20000.0, 20000.0)), 1728, 2292, (204.0, 196.0, true)),
            (Some((f64::NAN, 0.0)), 1728, 2292, (204.0, 196.0, false)),
        ];
        for (tagged, width, height, (dpi_x, dpi_y, contradicts_tags)) in cases {
            let expected = Resolution { dpi_x, dpi_y, contradicts_tags };
            assert_eq!(resolve(tagged, width, height), expected, "{tagged:?} {width}×{height}");
        }
    }

    #[test]
    fn another_width_is_taken_for_a_whole_a4_page() {
        for (width, height) in [(2480, 3508), (3508, 2480)] {
            let found = resolve(None, width, height);
            assert!((found.dpi_x - 300.0).abs() < 0.1 && (found.dpi_y - 300.0).abs() < 0.1, "{found:?}");
        }
    }
}

//! A page as a person looks at it on a screen: upright, with square pixels, in grey. It reads nothing from it.

use super::bitmap::{Bitmap, RasterPage};

/// Narrower is not made wider: a picture of a few pixels stays one.
const MIN_WIDTH_PX: usize = 16;
/// The most rows: a roll of paper is cut off here, and a browser still shows it.
const MAX_HEIGHT_PX: usize = 8_000;

/// The page as a PNG of 8-bit grey, `width_px` wide, or as wide as it is when that is less. `quarters` is
/// how many times it arrived turned by 90° clockwise, which is turned back. Empty for a page without pixels.
#[must_use]
pub fn view(page: &RasterPage, quarters: u8, width_px: usize) -> Vec<u8> {
    let upright = Upright { bitmap: &page.bitmap, quarters: quarters % 4 };
    let (source_width, source_height) = upright.size();
    if source_width == 0 || source_height == 0 {
        return Vec::new();
    }
    let (dpi_across, dpi_down) =
        if quarters.is_multiple_of(2) { (page.dpi_x, page.dpi_y) } else { (page.dpi_y, page.dpi_x) };
    let width = width_px.min(source_width).max(MIN_WIDTH_PX);
    let stretch = if dpi_down > 0.0 { dpi_across / dpi_down } else { 1.0 };
    let height = (source_height as f64 * stretch * width as f64 / source_width as f64).round();
    let height = (height as usize).clamp(1, MAX_HEIGHT_PX);
    encode(&upright.shrink(width, height), width, height)
}

/// A bitmap seen as it lay on the sender's desk.
struct Upright<'a> {
    bitmap: &'a Bitmap,
    quarters: u8,
}

impl Upright<'_> {
    fn size(&self) -> (usize, usize) {
        let (width, height) = (self.bitmap.width_px, self.bitmap.height_px);
        if self.quarters.is_multiple_of(2) { (width, height) } else { (height, width) }
    }

    fn at(&self, x: usize, y: usize) -> u8 {
        let (width, height) = self.size();
        let (right, below) = (width.saturating_sub(x + 1), height.saturating_sub(y + 1));
        let (x, y) = match self.quarters {
            0 => (x, y),
            1 => (below, x),
            2 => (right, below),
            _ => (y, right),
        };
        self.bitmap.at(x as isize, y as isize)
    }

    /// Every pixel of the picture is the mean of what it covers, so that thin strokes stay to be seen.
    fn shrink(&self, width: usize, height: usize) -> Vec<u8> {
        let (source_width, source_height) = self.size();
        let columns: Vec<_> = (0..width).map(|x| covered(x, width, source_width)).collect();
        let mut grey = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = covered(y, height, source_height);
            for columns in &columns {
                let ink: usize =
                    rows.clone().map(|y| columns.clone().filter(|x| self.at(*x, y) == 1).count()).sum();
                let pixels = rows.len() * columns.len();
                grey.push((255 * (pixels - ink) / pixels) as u8);
            }
        }
        grey
    }
}

/// Which of `many` lines the `nth` of `few` covers; at least one.
fn covered(nth: usize, few: usize, many: usize) -> std::ops::Range<usize> {
    let from = (nth * many / few).min(many.saturating_sub(1));
    from..((nth + 1) * many / few).max(from + 1)
}

fn encode(grey: &[u8], width: usize, height: usize) -> Vec<u8> {
    use image::ImageEncoder as _;
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    // Writing to memory fails only for an empty picture; that is no picture.
    if encoder.write_image(grey, width as u32, height as u32, image::ExtendedColorType::L8).is_err() {
        bytes.clear();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 40 × 60 with ink in its top left corner, 10 × 20.
    fn page(quarters: u8, dpi_y: f64) -> RasterPage {
        let upright = |x: usize, y: usize| u8::from(x < 10 && y < 20);
        let (width, height) = if quarters.is_multiple_of(2) { (40, 60) } else { (60, 40) };
        let mut bitmap = Bitmap::white(width, height);
        for y in 0..60 {
            for x in 0..40 {
                let (ax, ay) = match quarters {
                    0 => (x, y),
                    1 => (59 - y, x),
                    2 => (39 - x, 59 - y),
                    _ => (y, 39 - x),
                };
                bitmap.ink[ay * width + ax] = upright(x, y);
            }
        }
        RasterPage {
            page_in_file: 1,
            bitmap,
            dpi_x: 200.0,
            dpi_y,
            damaged_rows: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn decoded(png: &[u8]) -> image::GrayImage {
        image::load_from_memory(png).expect("a PNG").to_luma8()
    }

    #[test]
    fn a_page_is_turned_back_and_shrunk() {
        for quarters in 0..4 {
            let picture = decoded(&view(&page(quarters, 200.0), quarters, 20));
            assert_eq!(picture.dimensions(), (20, 30), "{quarters}");
            let dark = |x, y| picture.get_pixel(x, y).0[0] == 0;
            assert!(dark(0, 0) && dark(4, 9) && !dark(5, 0) && !dark(0, 10), "{quarters}");
        }
    }

    #[test]
    fn a_fax_of_half_resolution_is_stretched() {
        assert_eq!(decoded(&view(&page(0, 100.0), 0, 40)).dimensions(), (40, 120));
        assert_eq!(decoded(&view(&page(0, 200.0), 0, 1000)).dimensions(), (40, 60));
        let roll = RasterPage {
            page_in_file: 1,
            bitmap: Bitmap::white(20, 19_000),
            dpi_x: 200.0,
            dpi_y: 200.0,
            damaged_rows: Vec::new(),
            problems: Vec::new(),
        };
        assert_eq!(decoded(&view(&roll, 0, 20)).dimensions(), (20, 8_000));
        let nothing = RasterPage { bitmap: Bitmap::white(0, 0), ..roll };
        assert!(view(&nothing, 0, 20).is_empty());
    }
}

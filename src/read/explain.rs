//! What the reader saw, for people: the page with everything that was found on it drawn in, and each box cut
//! out. It judges nothing; it shows what was judged.

use super::affine::{Affine, Point};
use super::bitmap::{Bitmap, RasterPage};
use super::mark::PlacedBox;
use super::outline::Rect;
use super::page::{ReadPage, png};
use super::plane::Plane;
use crate::domain::reading::BoxState;
use base64::Engine as _;
use std::fmt::Write as _;

/// The page as an SVG in millimetres of paper: its pixels in grey, and over them corner squares and code
/// (blue), boxes by their state with the quality in per cent, handwriting areas, reasons and problems.
#[must_use]
pub fn explain(page: &RasterPage, sheets: &[ReadPage]) -> String {
    let (width, height) = (page.bitmap.width_px as f64, page.bitmap.height_px as f64);
    let mm = |px: f64, dpi: f64| px / dpi.max(1.0) * 25.4;
    let picture = base64::engine::general_purpose::STANDARD.encode(png(&page.bitmap));
    // Units are the page's pixels across; down they are stretched, since fax pixels are not square.
    let stretch = page.dpi_x / page.dpi_y.max(1.0);
    let mut svg = Svg { text: String::new(), stretch, unit_px: page.dpi_x / 25.4 };
    let head = 26.0 * svg.unit_px;
    let _ = write!(
        svg.text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0}mm\" height=\"{:.0}mm\" \
         viewBox=\"0 {:.0} {:.0} {:.0}\" font-family=\"sans-serif\">\n\
         <rect x=\"0\" y=\"{:.0}\" width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <image x=\"0\" y=\"0\" width=\"{width:.0}\" height=\"{:.0}\" preserveAspectRatio=\"none\" opacity=\"0.55\" \
         style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{picture}\"/>\n",
        mm(width, page.dpi_x),
        mm(height, page.dpi_y) + 26.0,
        -head,
        width,
        height * stretch + head,
        -head,
        height * stretch,
    );
    for (index, sheet) in sheets.iter().enumerate() {
        svg.sheet(sheet, index);
    }
    svg.text.push_str("</svg>\n");
    svg.text
}

/// One box and what is around it, straightened, 12 px a millimetre.
#[must_use]
pub fn box_crop(page: &Bitmap, one: &PlacedBox) -> Bitmap {
    const AROUND_MM: f64 = 3.0;
    const PX_PER_MM: f64 = 12.0;
    let Rect { x_mm, y_mm, w_mm, h_mm } = one.rect;
    let size = |mm: f64| ((mm + 2.0 * AROUND_MM) * PX_PER_MM).round() as usize;
    let mut crop = Bitmap::white(size(w_mm), size(h_mm));
    let width = crop.width_px;
    for (index, pixel) in crop.ink.iter_mut().enumerate() {
        let (x, y) = ((index % width) as f64 + 0.5, (index / width) as f64 + 0.5);
        let sheet = Point::new(x_mm - AROUND_MM + x / PX_PER_MM, y_mm - AROUND_MM + y / PX_PER_MM);
        let at = one.map.to_page(sheet);
        *pixel = page.at(at.x.floor() as isize, at.y.floor() as isize);
    }
    crop
}

struct Svg {
    text: String,
    stretch: f64,
    unit_px: f64,
}

impl Svg {
    fn sheet(&mut self, sheet: &ReadPage, index: usize) {
        let reading = &sheet.reading;
        let number = reading.sheet_id.as_ref().map_or("—", |id| id.as_str());
        let lines = [
            format!(
                "{number} p{} · {:?} · quality {:.2} · {:.1}° · {:.0} × {:.0} dpi · {}",
                reading.page.map_or(0, u32::from),
                reading.found_by,
                reading.quality,
                reading.rotation_deg,
                reading.dpi[0],
                reading.dpi[1],
                if reading.needs_person { "needs a person" } else { "needs no person" }
            ),
            reading.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            reading.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        ];
        for (line, words) in lines.iter().enumerate() {
            let y = -22.0 + 13.0 * index as f64 + 4.0 * line as f64;
            let color = if line == 0 { "#111" } else { "#b00020" };
            self.words(3.0 * self.unit_px, y * self.unit_px, 3.0, color, words);
        }
        let Some(places) = &sheet.places else { return };
        for [x, y, w, h] in &places.anchors_mm {
            self.outline(&places.map, Rect { x_mm: *x, y_mm: *y, w_mm: *w, h_mm: *h }, "#1565c0", 0.5);
        }
        for (zone, read) in places.zones.iter().zip(&reading.zones) {
            self.outline(&zone.map, zone.rect, if read.ink { "#2e7d32" } else { "#9e9e9e" }, 0.5);
        }
        for (one, read) in places.boxes.iter().zip(&reading.boxes) {
            let color = match read.state {
                BoxState::Empty => "#9e9e9e",
                BoxState::Marked => "#2e7d32",
                BoxState::Circled => "#00838f",
                BoxState::Cancelled => "#6a1b9a",
                BoxState::Unsure => "#e65100",
            };
            self.outline(&one.map.into(), one.rect, color, 0.7);
            let at = one.map.to_page(Point::new(one.rect.x_mm, one.rect.y_mm - 0.8));
            self.words(at.x, at.y * self.stretch, 2.6, color, &format!("{:.0}", 100.0 * read.quality));
        }
    }

    fn outline(&mut self, map: &Plane, rect: Rect, color: &str, width_mm: f64) {
        let Rect { x_mm, y_mm, w_mm, h_mm } = rect;
        let corners = [(x_mm, y_mm), (x_mm + w_mm, y_mm), (x_mm + w_mm, y_mm + h_mm), (x_mm, y_mm + h_mm)];
        let points = corners.map(|(x, y)| {
            let at = map.to_page(Point::new(x, y));
            format!("{:.1},{:.1}", at.x, at.y * self.stretch)
        });
        let _ = writeln!(
            self.text,
            "<polygon points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{:.1}\"/>",
            points.join(" "),
            width_mm * self.unit_px
        );
    }

    fn words(&mut self, x: f64, y: f64, size_mm: f64, color: &str, words: &str) {
        let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = writeln!(
            self.text,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{:.1}\" fill=\"{color}\">{words}</text>",
            size_mm * self.unit_px
        );
    }
}

/// Where everything was found on the page as it arrived.
#[derive(Debug, Clone)]
pub struct Places {
    /// Sheet mm → page px.
    pub map: Plane,
    /// Corner squares and code: left, top, width, height in mm of the sheet.
    pub anchors_mm: Vec<[f64; 4]>,
    /// The boxes, in the layout's order.
    pub boxes: Vec<PlacedBox>,
    /// The handwriting areas, in the layout's order.
    pub zones: Vec<super::zone::PlacedZone>,
}

impl Places {
    /// The same places on a page that was `by` times finer before it was shrunk for reading.
    pub(super) fn unshrunk(mut self, by: f64) -> Self {
        let grown = |map: Affine| Affine {
            xx: map.xx * by,
            xy: map.xy * by,
            x0: map.x0 * by,
            yx: map.yx * by,
            yy: map.yy * by,
            y0: map.y0 * by,
        };
        self.map.affine = grown(self.map.affine);
        self.boxes.iter_mut().for_each(|one| one.map = grown(one.map));
        self.zones.iter_mut().for_each(|zone| zone.map.affine = grown(zone.map.affine));
        self
    }
}

//! Handwriting areas: is there ink, and the straightened picture of it. It never reads the writing.

use super::affine::Point;
use super::bitmap::Bitmap;
use super::ink::Ink;
use super::outline::{self, Rect};
use super::plane::Plane;
use super::thresholds as t;
use crate::form::layout::Zone;

/// Pixels of a picture for which the map is taken as straight.
const STRAIGHT_PX: usize = 32;

/// One area on the page.
#[derive(Debug, Clone)]
pub struct PlacedZone {
    /// Sheet mm → page px, exact at this area.
    pub map: Plane,
    /// Its place on the sheet.
    pub rect: Rect,
    /// How much of its frame was found, 0 to 1.
    pub agreement: f64,
    /// Strokes inside, without streaks, in mm² of the sheet.
    pub ink_mm2: f64,
}

impl PlacedZone {
    /// True when something was written.
    #[must_use]
    pub fn has_ink(&self) -> bool {
        self.ink_mm2 >= t::ZONE_INK_MM2
    }

    /// The area with its frame, straightened.
    #[must_use]
    pub fn crop(&self, ink: &Ink) -> Bitmap {
        straighten(ink, &self.map, &self.rect)
    }
}

/// A part of the sheet as a picture, straightened, [`t::CROP_PX_PER_MM`] both ways.
#[must_use]
pub fn straighten(ink: &Ink, map: &Plane, rect: &Rect) -> Bitmap {
    let size = |mm: f64| (mm * t::CROP_PX_PER_MM).round().max(1.0) as usize;
    let mut crop = Bitmap::white(size(rect.w_mm), size(rect.h_mm));
    let width = crop.width_px;
    let place = |x: f64, y: f64| {
        map.to_page(Point::new(rect.x_mm + x / t::CROP_PX_PER_MM, rect.y_mm + y / t::CROP_PX_PER_MM))
    };
    for (y, row) in crop.ink.chunks_mut(width).enumerate() {
        for (part, pixels) in row.chunks_mut(STRAIGHT_PX).enumerate() {
            // Straight within a few millimetres, whatever the camera did.
            let (x, y) = ((part * STRAIGHT_PX) as f64 + 0.5, y as f64 + 0.5);
            let (from, to) = (place(x, y), place(x + STRAIGHT_PX as f64, y));
            let (mut x, mut y) = (parts(from.x), parts(from.y));
            let (dx, dy) = ((parts(to.x) - x) / STRAIGHT_PX as i64, (parts(to.y) - y) / STRAIGHT_PX as i64);
            for pixel in pixels {
                *pixel = ink.at((x >> PART_BITS) as isize, (y >> PART_BITS) as isize);
                (x, y) = (x + dx, y + dy);
            }
        }
    }
    crop
}

/// Bits of a pixel's parts.
const PART_BITS: u32 = 24;

/// A length in parts of a pixel: steps along a line are additions then.
fn parts(px: f64) -> i64 {
    (px * f64::from(1_u32 << PART_BITS)) as i64
}

/// Finds the area by its frame and counts its ink.
#[must_use]
pub fn read_zone(ink: &Ink, map: &Plane, zone: &Zone) -> PlacedZone {
    let rect = Rect { x_mm: zone.x_mm, y_mm: zone.y_mm, w_mm: zone.w_mm, h_mm: zone.h_mm };
    let found = outline::find(ink, map, &rect, 0.6);
    let map = if found.agreement >= t::BOX_OUTLINE_MIN {
        map.moved(found.shift_px.0, found.shift_px.1)
    } else {
        *map
    };
    PlacedZone { map, rect, agreement: found.agreement, ink_mm2: ink_mm2(ink, &map, &rect) }
}

fn ink_mm2(ink: &Ink, map: &Plane, rect: &Rect) -> f64 {
    let strokes = strokes(ink, map, rect);
    let bounds = strokes.iter().fold(None, |bounds: Option<[usize; 4]>, &(x, y)| {
        let [left, top, right, bottom] = bounds.unwrap_or([x, y, x, y]);
        Some([left.min(x), top.min(y), right.max(x), bottom.max(y)])
    });
    let Some([left, top, right, bottom]) = bounds else { return 0.0 };
    let mut columns = vec![0_usize; right - left + 1];
    let mut rows = vec![0_usize; bottom - top + 1];
    for &(x, y) in &strokes {
        columns.get_mut(x - left).map(|count| *count += 1).unwrap_or_default();
        rows.get_mut(y - top).map(|count| *count += 1).unwrap_or_default();
    }
    let (w_px, h_px) = size_px(map, rect);
    let is_streak = |counts: &[usize], at: usize, length: f64| {
        counts.get(at).is_some_and(|&count| count as f64 >= t::ZONE_STREAK * length)
    };
    let written = strokes
        .iter()
        .filter(|&&(x, y)| !is_streak(&columns, x - left, h_px) && !is_streak(&rows, y - top, w_px));
    let local = map.local(rect.middle());
    written.count() as f64 / (local.xx * local.yy - local.xy * local.yx).abs()
}

/// The inside's width and height on the page, in px; swapped when the page lies on its side.
fn size_px(map: &Plane, rect: &Rect) -> (f64, f64) {
    let map = map.local(rect.middle());
    let (w, h) = (rect.w_mm - 2.0 * t::ZONE_INSET_MM, rect.h_mm - 2.0 * t::ZONE_INSET_MM);
    if map.xx.abs() > map.xy.abs() {
        (map.xx.abs() * w, map.yy.abs() * h)
    } else {
        (map.xy.abs() * h, map.yx.abs() * w)
    }
}

/// Stroke pixels well inside the frame.
fn strokes(ink: &Ink, map: &Plane, rect: &Rect) -> Vec<(usize, usize)> {
    let corners = [(0.0, 0.0), (rect.w_mm, 0.0), (0.0, rect.h_mm), (rect.w_mm, rect.h_mm)]
        .map(|(x, y)| map.to_page(Point::new(rect.x_mm + x, rect.y_mm + y)));
    let low = |value: fn(&Point) -> f64| corners.iter().map(value).fold(f64::MAX, f64::min).max(0.0) as usize;
    let high = |value: fn(&Point) -> f64| corners.iter().map(value).fold(0.0, f64::max) as usize + 1;
    let (left, right) = (low(|corner| corner.x), high(|corner| corner.x));
    let mut found = Vec::new();
    for y in low(|corner| corner.y)..high(|corner| corner.y).min(ink.height_px) {
        for x in ink.inked(y, left..right) {
            let Some(at) = map.to_sheet(Point::new(x as f64 + 0.5, y as f64 + 0.5)) else { continue };
            let inside = at.x >= rect.x_mm + t::ZONE_INSET_MM
                && at.x <= rect.x_mm + rect.w_mm - t::ZONE_INSET_MM
                && at.y >= rect.y_mm + t::ZONE_INSET_MM
                && at.y <= rect.y_mm + rect.h_mm - t::ZONE_INSET_MM;
            if inside && ink.is_line(x as isize, y as isize) {
                found.push((x, y));
            }
        }
    }
    found
}

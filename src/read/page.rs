//! One page from bitmap to proposal: identify, place, read, and say what a person must look at. It
//! decides nothing about the form's groups and records nothing.

use super::affine::{Affine, Pair};
use super::bitmap::{Bitmap, RasterPage};
use super::book::SheetBook;
use super::identify::{self, Identity, Located};
use super::ink::Ink;
use super::lost::LostRows;
use super::mark::{self, PlacedBox};
use super::outline::{self, Rect};
use super::outside;
use super::thresholds as t;
use super::zone::{self, PlacedZone};
use crate::domain::reading::{
    BoxReading, BoxState, FoundBy, PageReading, Problem, ProblemCode, Reason, ReasonCode, ZoneReading,
};
use std::borrow::Cow;

/// A page's reading and the pictures of its handwriting.
#[derive(Debug, Clone)]
pub struct ReadPage {
    /// What was read.
    pub reading: PageReading,
    /// One for each handwriting area with ink.
    pub crops: Vec<Crop>,
}

/// The straightened picture of a handwriting area, 8 px a millimetre.
#[derive(Debug, Clone)]
pub struct Crop {
    /// The reply field's id.
    pub field: String,
    /// The picture, with the area's frame.
    pub bitmap: Bitmap,
}

/// Reads one page. Never fails: what could not be read is in the reading's reasons and problems.
#[must_use]
pub fn read_page(file: &str, page: &RasterPage, book: &dyn SheetBook) -> ReadPage {
    let (page_used, shrunk_by) = shrink(page);
    let ink = Ink::new(&page_used.bitmap, page_used.dpi_y);
    let mut reading = blank_reading(file, page);
    let mut crops = Vec::new();
    match identify::identify(&ink, &page_used, book) {
        Identity::Known(located) => {
            let lost = LostRows::of(&page_used);
            crops = read_known(&ink, &located, &lost, shrunk_by, &mut reading);
        }
        Identity::UnknownSheet { sheet_id, map, found_by } => {
            place(&mut reading, &map, shrunk_by);
            reading.found_by = found_by;
            doubt(&mut reading, ReasonCode::SheetUnknown, sheet_id.as_str());
            reading.sheet_id = Some(sheet_id);
            report(&mut reading, ProblemCode::SheetUnknown, UNKNOWN);
        }
        Identity::Forged => {
            doubt(&mut reading, ReasonCode::CodeForged, "");
            report(&mut reading, ProblemCode::CodeForged, FORGED);
        }
        Identity::Foreign => {
            doubt(&mut reading, ReasonCode::SheetNotFound, "");
            report(&mut reading, ProblemCode::ForeignCode, FOREIGN);
        }
        Identity::Nothing => {
            doubt(&mut reading, ReasonCode::SheetNotFound, "");
            report(&mut reading, ProblemCode::SheetNotFound, NOT_FOUND);
        }
    }
    ReadPage { reading, crops }
}

/// The picture as a PNG of 8-bit grey.
#[must_use]
pub fn png(bitmap: &Bitmap) -> Vec<u8> {
    use image::ImageEncoder as _;
    let grey: Vec<u8> = bitmap.ink.iter().map(|&ink| if ink == 1 { 0 } else { 255 }).collect();
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    let (width, height) = (bitmap.width_px as u32, bitmap.height_px as u32);
    // Writing to memory fails only for an empty picture; that is no picture.
    if encoder.write_image(&grey, width, height, image::ExtendedColorType::L8).is_err() {
        bytes.clear();
    }
    bytes
}

const UNKNOWN: &str = "この用紙の番号は当方に登録がありません。送り先をお確かめください / \
    the sheet's number is not known here: check whether it was meant for us";
const FORGED: &str = "用紙のコードを確認できません。原本と照らし合わせてください / \
    the sheet's code does not verify: compare it with the original";
const FOREIGN: &str = "当方のものではないコードが付いています。連絡票かどうかをお確かめください / \
    the page has a code that is not ours: check whether it is a reply";
const NOT_FOUND: &str = "連絡票が見つかりません。画像をご覧のうえ、連絡番号で登録してください / \
    no sheet was found on the page: look at it and file it by its request number";
const MISMATCH: &str = "コードの示す用紙と紙面が一致しません。画像をご確認ください / \
    the page does not look like the sheet that its code names: look at the picture";

const SECOND_SHEET: &str = "1ページに連絡票が2枚あります。もう1枚は手で登録してください / \
    there are two sheets on one page: only one was read, file the other one by hand";

/// Halves (or thirds …) pages finer than [`t::MAX_DPI`]; returns by how much.
fn shrink(page: &RasterPage) -> (Cow<'_, RasterPage>, f64) {
    let by = |dpi: f64| (dpi / t::MAX_DPI).ceil().max(1.0) as usize;
    let (by_x, by_y) = (by(page.dpi_x), by(page.dpi_y));
    let factor = by_x.max(by_y);
    if factor <= 1 || page.dpi_x.min(page.dpi_y) / (factor as f64) < 90.0 {
        return (Cow::Borrowed(page), 1.0);
    }
    let mut small = Bitmap::white(page.bitmap.width_px / factor, page.bitmap.height_px / factor);
    let width = small.width_px.max(1);
    for (index, pixel) in small.ink.iter_mut().enumerate() {
        let (x, y) = (index % width * factor, index / width * factor);
        let rows = (y..y + factor).map(|row| page.bitmap.row(row).get(x..x + factor).unwrap_or(&[]));
        let count: usize = rows.map(|row| row.iter().map(|&ink| usize::from(ink)).sum::<usize>()).sum();
        *pixel = u8::from(2 * count >= factor * factor);
    }
    let scale = factor as f64;
    let shrunk = RasterPage {
        bitmap: small,
        dpi_x: page.dpi_x / scale,
        dpi_y: page.dpi_y / scale,
        page_in_file: page.page_in_file,
        damaged_rows: page
            .damaged_rows
            .iter()
            .map(|rows| rows.start / factor..rows.end.div_ceil(factor))
            .collect(),
        problems: Vec::new(),
    };
    (Cow::Owned(shrunk), scale)
}

fn blank_reading(file: &str, page: &RasterPage) -> PageReading {
    PageReading {
        file: file.to_owned(),
        page_in_file: page.page_in_file,
        sheet_id: None,
        page: None,
        found_by: FoundBy::None,
        rotation_deg: 0.0,
        dpi: [page.dpi_x, page.dpi_y],
        quality: 0.0,
        needs_person: false,
        reasons: Vec::new(),
        boxes: Vec::new(),
        zones: Vec::new(),
        texts: std::collections::BTreeMap::new(),
        problems: page.problems.clone(),
    }
}

fn place(reading: &mut PageReading, map: &Affine, shrunk_by: f64) {
    let (px, py) = map.px_per_mm();
    reading.dpi = [px * 25.4 * shrunk_by, py * 25.4 * shrunk_by];
    reading.rotation_deg = map.rotation_deg();
}

fn doubt(reading: &mut PageReading, code: ReasonCode, detail: &str) {
    reading.needs_person = true;
    reading.reasons.push(Reason::new(code, detail));
}

fn report(reading: &mut PageReading, code: ProblemCode, sentence: &str) {
    reading.problems.push(Problem::new(code, sentence));
}

fn read_known(
    ink: &Ink,
    located: &Located,
    lost: &LostRows,
    shrunk_by: f64,
    reading: &mut PageReading,
) -> Vec<Crop> {
    let layout = &located.layout;
    let map = refine(ink, located);
    let mut boxes = mark::read_boxes(ink, &map, &layout.boxes, t::BOX_REACH_REFINED_MM);
    mark::doubt_damaged(lost, &mut boxes);
    let zones: Vec<PlacedZone> = layout.zones.iter().map(|zone| zone::read_zone(ink, &map, zone)).collect();
    place(reading, &map, shrunk_by);
    reading.sheet_id = Some(located.sheet_id.clone());
    reading.page = Some(layout.page);
    reading.found_by = located.found_by;
    reading.quality = quality(located, &boxes, &zones);
    if reading.quality < t::LAYOUT_QUALITY_MIN {
        doubt(reading, ReasonCode::LayoutMismatch, "");
        report(reading, ProblemCode::Other, MISMATCH);
    }
    let sheet = Rect { x_mm: 0.0, y_mm: 0.0, w_mm: layout.width_mm, h_mm: layout.height_mm };
    if lost.are_too_many(&map, &sheet) {
        doubt(reading, ReasonCode::FileProblem, "damaged lines");
    }
    if located.not_alone {
        doubt(reading, ReasonCode::Other, "second sheet on the page");
        report(reading, ProblemCode::Other, SECOND_SHEET);
    }
    if let Some(at) = outside::first(ink, &map, layout) {
        doubt(reading, ReasonCode::InkOutside, &format!("x {:.0} mm, y {:.0} mm", at.x, at.y));
    }
    for (tick_box, placed) in layout.boxes.iter().zip(&boxes) {
        note_box(reading, &tick_box.field, &tick_box.option, placed);
    }
    let mut crops = Vec::new();
    for (zone, placed) in layout.zones.iter().zip(&zones) {
        let has_ink = placed.has_ink();
        if lost.meet(&placed.map, &placed.rect) {
            doubt(reading, ReasonCode::FileProblem, &format!("damaged lines in {}", zone.field));
        }
        reading.zones.push(ZoneReading { field: zone.field.clone(), ink: has_ink });
        if has_ink {
            crops.push(Crop { field: zone.field.clone(), bitmap: placed.crop(ink) });
        }
    }
    crops
}

fn note_box(reading: &mut PageReading, field: &str, option: &str, placed: &PlacedBox) {
    let about = format!("{field}/{option}");
    match placed.state {
        BoxState::Unsure => doubt(reading, ReasonCode::BoxUnsure, &about),
        BoxState::Cancelled => doubt(reading, ReasonCode::BoxCancelled, &about),
        BoxState::Empty | BoxState::Marked | BoxState::Circled => {}
    }
    reading.boxes.push(BoxReading {
        field: field.to_owned(),
        option: option.to_owned(),
        state: placed.state,
        quality: placed.quality,
    });
}

/// Fits the map again through the printed outlines, which lie where the answers are.
fn refine(ink: &Ink, located: &Located) -> Affine {
    let reach_mm = if located.squares >= 3 { t::BOX_REACH_MM } else { t::BOX_REACH_LOST_MM };
    let mut pairs = located.anchors.clone();
    for tick_box in &located.layout.boxes {
        let rect = mark::rect(tick_box);
        let found = outline::find(ink, &located.map, &rect, reach_mm);
        if found.agreement >= t::BOX_STEERS {
            let sheet = rect.middle();
            let page = located.map.to_page(sheet).moved(found.shift_px.0, found.shift_px.1);
            pairs.push(Pair { sheet, page, weight: found.agreement });
        }
    }
    let Some(first) = Affine::fit(&pairs) else { return located.map };
    let (px, py) = first.px_per_mm();
    let steady = |pair: &&Pair| {
        let at = first.to_page(pair.sheet);
        ((at.x - pair.page.x) / px).hypot((at.y - pair.page.y) / py) <= t::FIT_OFF_MM
    };
    let pairs: Vec<Pair> = pairs.iter().filter(steady).copied().collect();
    Affine::fit(&pairs).unwrap_or(first)
}

/// 0 to 1: how much of what is printed on the sheet was found where the map says. Handwriting areas
/// count only on a page without boxes: a pen may run over their frames.
fn quality(located: &Located, boxes: &[PlacedBox], zones: &[PlacedZone]) -> f64 {
    let outlines: Vec<f64> = if boxes.is_empty() {
        zones.iter().map(|zone| zone.agreement).collect()
    } else {
        boxes.iter().map(|one| one.ink.outline).collect()
    };
    let squares = located.squares as f64 / 4.0;
    if outlines.is_empty() {
        return squares;
    }
    0.85 * outlines.iter().sum::<f64>() / outlines.len() as f64 + 0.15 * squares
}

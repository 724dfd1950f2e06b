//! One page from bitmap to proposal: identify, place, read, and say what a person must look at. It
//! decides nothing about the form's groups and records nothing.

use super::affine::{Affine, Point};
use super::bitmap::{Bitmap, RasterPage};
use super::book::SheetBook;
use super::explain::Places;
use super::identify::{self, Identity, Located};
use super::ink::Ink;
use super::known::Sheet;
use super::lost::LostRows;
use super::outside::OtherSheet;
use super::stage::{Stage, Watch};
use super::thresholds as t;
use crate::domain::reading::{FoundBy, PageReading, Problem, ProblemCode, Reason, ReasonCode};
use crate::form::layout::PageLayout;
use std::borrow::Cow;

/// A page's reading and the pictures of its handwriting.
#[derive(Debug, Clone)]
pub struct ReadPage {
    /// What was read.
    pub reading: PageReading,
    /// One for each handwriting area with ink, and one ([`crate::domain::reading::OUTSIDE`]) of what was written beside them.
    pub crops: Vec<Crop>,
    /// Where everything was found; `None` where no sheet was.
    pub places: Option<Places>,
}

/// The straightened picture of a handwriting area, 8 px a millimetre.
#[derive(Debug, Clone)]
pub struct Crop {
    /// The reply field's id.
    pub field: String,
    /// The picture, with the area's frame.
    pub bitmap: Bitmap,
}

/// Reads one page: as many readings as there are sheets on it, at least one. Never fails: what could not be
/// read is in the readings' reasons and problems.
#[must_use]
pub fn read_sheets(file: &str, page: &RasterPage, book: &dyn SheetBook) -> Vec<ReadPage> {
    read_sheets_watched(file, page, book, &|_| {})
}

/// The same; `watch` is told of every stage when it is done.
#[must_use]
pub fn read_sheets_watched(
    file: &str,
    page: &RasterPage,
    book: &dyn SheetBook,
    watch: Watch,
) -> Vec<ReadPage> {
    let (page_used, shrunk_by) = shrink(page);
    let ink = Ink::new(&page_used.bitmap, page_used.dpi_y);
    watch(Stage::Summing);
    let found = find_all(&ink, &page_used, book);
    watch(Stage::Finding);
    let sheets: Vec<&Located> = found
        .iter()
        .filter_map(|identity| match identity {
            Identity::Known(located) => Some(located.as_ref()),
            _ => None,
        })
        .collect();
    if sheets.is_empty() {
        let identity = found.into_iter().next().unwrap_or(Identity::Nothing);
        return vec![ReadPage {
            reading: read_nothing(file, page, identity, shrunk_by),
            crops: Vec::new(),
            places: None,
        }];
    }
    let lost = LostRows::of(&page_used);
    let read = sheets.iter().enumerate().map(|(index, located)| {
        let others = sheets.iter().enumerate().filter(|(other, _)| *other != index);
        let others: Vec<OtherSheet> = others.map(|(_, other)| as_other(other)).collect();
        let mut reading = blank_reading(file, page);
        let (crops, places) =
            Sheet { ink: &ink, located, others: &others, lost: &lost, shrunk_by, watch }.read(&mut reading);
        ReadPage { reading, crops, places: Some(places.unshrunk(shrunk_by)) }
    });
    read.collect()
}

/// The first sheet of a page, for whoever knows that there is one.
#[must_use]
pub fn read_page(file: &str, page: &RasterPage, book: &dyn SheetBook) -> ReadPage {
    read_sheets(file, page, book).swap_remove(0)
}

/// The sheets on the page: after the first, each is looked for with the squares and codes of those before it
/// out of sight. One that is seen and cannot be read leaves its note on the others.
fn find_all(ink: &Ink, page: &RasterPage, book: &dyn SheetBook) -> Vec<Identity> {
    let first = identify::identify(ink, page, book);
    let Identity::Known(located) = first else { return vec![first] };
    let mut sheets = vec![located];
    let mut rest: Option<Ink> = None;
    while let Some(last) = sheets.last().filter(|last| last.not_alone && sheets.len() < t::SHEETS_MAX) {
        let without = rest.as_ref().unwrap_or(ink).without(&last.map, &anchors_mm(&last.layout));
        let next = identify::identify(&without, page, book);
        rest = Some(without);
        match next {
            Identity::Known(located) => sheets.push(located),
            _ => break,
        }
    }
    let unread = sheets.last().is_some_and(|last| last.not_alone);
    let note = |mut sheet: Box<Located>| {
        sheet.not_alone = unread;
        Identity::Known(sheet)
    };
    sheets.into_iter().map(note).collect()
}

/// Corner squares and code: left, top, width, height in mm.
pub(super) fn anchors_mm(layout: &PageLayout) -> Vec<[f64; 4]> {
    let code = &layout.code;
    let squares = layout.marks.iter().map(|mark| [mark.x_mm, mark.y_mm, mark.size_mm, mark.size_mm]);
    squares.chain([[code.x_mm, code.y_mm, code.size_mm, code.size_mm]]).collect()
}

/// The part of a sheet that is there even when it was cut off.
fn as_other(located: &Located) -> OtherSheet {
    let layout = &located.layout;
    let top = layout.marks.iter().map(|mark| mark.y_mm).fold(layout.height_mm, f64::min);
    OtherSheet { map: located.map, reply_mm: [0.0, top - t::CUT_OFF_MM, layout.width_mm, layout.height_mm] }
}

/// The reading of a page without any known sheet.
fn read_nothing(file: &str, page: &RasterPage, identity: Identity, shrunk_by: f64) -> PageReading {
    let mut reading = blank_reading(file, page);
    match identity {
        Identity::Known(_) => {}
        Identity::UnknownSheet { sheet_id, map, found_by } => {
            place(&mut reading, &map.local(A4_MIDDLE), shrunk_by);
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
    reading
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

/// Where a sheet's scales and turn are said for.
pub(super) const A4_MIDDLE: Point = Point { x: 105.0, y: 148.5 };

const UNKNOWN: &str = "この用紙の番号は当方に登録がありません。送り先をお確かめください / \
    the sheet's number is not known here: check whether it was meant for us";
const FORGED: &str = "用紙のコードを確認できません。原本と照らし合わせてください / \
    the sheet's code does not verify: compare it with the original";
const FOREIGN: &str = "当方のものではないコードが付いています。連絡票かどうかをお確かめください / \
    the page has a code that is not ours: check whether it is a reply";
const NOT_FOUND: &str = "連絡票が見つかりません。画像をご覧のうえ、連絡番号で登録してください / \
    no sheet was found on the page: look at it and file it by its request number";
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
        proposals: std::collections::BTreeMap::new(),
        problems: page.problems.clone(),
    }
}

pub(super) fn place(reading: &mut PageReading, map: &Affine, shrunk_by: f64) {
    let (px, py) = map.px_per_mm();
    reading.dpi = [px * 25.4 * shrunk_by, py * 25.4 * shrunk_by];
    reading.rotation_deg = map.rotation_deg();
}

pub(super) fn doubt(reading: &mut PageReading, code: ReasonCode, detail: &str) {
    reading.needs_person = true;
    reading.reasons.push(Reason::new(code, detail));
}

pub(super) fn report(reading: &mut PageReading, code: ProblemCode, sentence: &str) {
    reading.problems.push(Problem::new(code, sentence));
}

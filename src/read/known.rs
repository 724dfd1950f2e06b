//! A sheet whose code was verified: the map fitted through what is printed on it, every field read, and what a
//! person must look at.

use super::affine::Pair;
use super::explain::Places;
use super::identify::Located;
use super::ink::Ink;
use super::lost::LostRows;
use super::mark::{self, PlacedBox};
use super::outline::{self, Rect};
use super::outside::{self, OtherSheet};
use super::page::{A4_MIDDLE, Crop, anchors_mm, doubt, place, report};
use super::plane::Plane;
use super::stage::{Stage, Watch};
use super::thresholds as t;
use super::zone::{self, PlacedZone};
use crate::domain::reading::{
    BoxReading, BoxState, OUTSIDE, PageReading, ProblemCode, ReasonCode, ZoneReading,
};

const MISMATCH: &str = "コードの示す用紙と紙面が一致しません。画像をご確認ください / \
    the page does not look like the sheet that its code names: look at the picture";

const SECOND_SHEET: &str = "1ページに連絡票が2枚あります。もう1枚は手で登録してください / \
    there are two sheets on one page: only one was read, file the other one by hand";

/// A known sheet on the page.
pub(super) struct Sheet<'a> {
    pub ink: &'a Ink,
    pub located: &'a Located,
    /// The other sheets on the same page.
    pub others: &'a [OtherSheet],
    pub lost: &'a LostRows,
    pub shrunk_by: f64,
    pub watch: Watch<'a>,
}

impl Sheet<'_> {
    /// Reads it into `reading`; the pictures of its handwriting, and where everything was found.
    pub fn read(&self, reading: &mut PageReading) -> (Vec<Crop>, Places) {
        let Self { ink, located, others, lost, shrunk_by, watch } = *self;
        let layout = &located.layout;
        let map = refine(ink, located);
        watch(Stage::Placing);
        let mut boxes = mark::read_boxes(ink, &map, &layout.boxes, t::BOX_REACH_REFINED_MM);
        mark::doubt_damaged(lost, &mut boxes);
        watch(Stage::Boxes);
        let zones: Vec<PlacedZone> =
            layout.zones.iter().map(|zone| zone::read_zone(ink, &map, zone)).collect();
        watch(Stage::Areas);
        place(reading, &map.local(A4_MIDDLE), shrunk_by);
        reading.sheet_id = Some(located.sheet_id.clone());
        reading.page = Some(layout.page);
        reading.found_by = located.found_by;
        reading.quality = quality(located, &boxes, &zones);
        if reading.quality < t::LAYOUT_QUALITY_MIN {
            doubt(reading, ReasonCode::LayoutMismatch, "");
            report(reading, ProblemCode::Other, MISMATCH);
        }
        let sheet = Rect { x_mm: 0.0, y_mm: 0.0, w_mm: layout.width_mm, h_mm: layout.height_mm };
        if lost.are_too_many(&map.local(sheet.middle()), &sheet) {
            doubt(reading, ReasonCode::FileProblem, "damaged lines");
        }
        if located.not_alone {
            doubt(reading, ReasonCode::Other, "second sheet on the page");
            report(reading, ProblemCode::Other, SECOND_SHEET);
        }
        let outside = outside::find(ink, &map, layout, others);
        if let Some(found) = &outside {
            let at = found.first;
            doubt(reading, ReasonCode::InkOutside, &format!("x {:.0} mm, y {:.0} mm", at.x, at.y));
        }
        watch(Stage::Outside);
        for (tick_box, placed) in layout.boxes.iter().zip(&boxes) {
            note_box(reading, &tick_box.field, &tick_box.option, placed);
        }
        let mut crops = Vec::new();
        for (zone, placed) in layout.zones.iter().zip(&zones) {
            let has_ink = placed.has_ink();
            if lost.meet(&placed.map.local(placed.rect.middle()), &placed.rect) {
                doubt(reading, ReasonCode::FileProblem, &format!("damaged lines in {}", zone.field));
            }
            reading.zones.push(ZoneReading { field: zone.field.clone(), ink: has_ink });
            if has_ink {
                crops.push(Crop { field: zone.field.clone(), bitmap: placed.crop(ink) });
            }
        }
        crops.extend(outside.map(|found| {
            let area = found.area.grown(t::OUTSIDE_SHOWN_MM);
            Crop { field: OUTSIDE.to_owned(), bitmap: zone::straighten(ink, &map, &area) }
        }));
        watch(Stage::Areas);
        let anchors_mm = anchors_mm(layout);
        (crops, Places { map, anchors_mm, boxes, zones })
    }
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
fn refine(ink: &Ink, located: &Located) -> Plane {
    let reach_mm = if located.squares >= 3 { t::BOX_REACH_MM } else { t::BOX_REACH_LOST_MM };
    let mut pairs = located.anchors.clone();
    for tick_box in &located.layout.boxes {
        let rect = mark::rect(tick_box);
        let mut found = outline::find(ink, &located.map, &rect, t::BOX_REACH_NEAR_MM);
        if found.agreement < t::BOX_STEERS {
            found = outline::find(ink, &located.map, &rect, reach_mm);
        }
        if found.agreement >= t::BOX_STEERS {
            let sheet = rect.middle();
            let page = located.map.to_page(sheet).moved(found.shift_px.0, found.shift_px.1);
            pairs.push(Pair { sheet, page, weight: found.agreement });
        }
    }
    let Some(first) = Plane::fit(&pairs, t::FLAT_MM) else { return located.map };
    let (px, py) = first.local(A4_MIDDLE).px_per_mm();
    let steady = |pair: &&Pair| {
        let at = first.to_page(pair.sheet);
        ((at.x - pair.page.x) / px).hypot((at.y - pair.page.y) / py) <= t::FIT_OFF_MM
    };
    let pairs: Vec<Pair> = pairs.iter().filter(steady).copied().collect();
    Plane::fit(&pairs, t::FLAT_MM).unwrap_or(first)
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

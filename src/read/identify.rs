//! Which sheet is on the page, and where: corner squares and the code at its place first, a search for
//! the code second. It asks the [`SheetBook`] whose code it is, and reads no box.

use super::affine::{Affine, Pair, Point};
use super::bitmap::RasterPage;
use super::book::{LookUp, SheetBook};
use super::code::{self, CodeAt, FoundCode};
use super::ink::Ink;
use super::locate::quads::{self, Hypothesis};
use super::locate::squares::{self, Square};
use super::locate::{self, Scale};
use super::plane::Plane;
use super::thresholds as t;
use crate::domain::reading::FoundBy;
use crate::domain::sheet_number::SheetNumber;
use crate::form::layout::{Frame, PageLayout, TickBox};

/// What is known about a page.
#[derive(Debug, Clone)]
pub enum Identity {
    /// A sheet of ours.
    Known(Box<Located>),
    /// Our code, but nobody here knows its sheet.
    UnknownSheet {
        /// The number in the code.
        sheet_id: SheetNumber,
        /// Where the sheet lies.
        map: Plane,
        /// How the code was found.
        found_by: FoundBy,
    },
    /// The shape of our code without its proof.
    Forged,
    /// Someone else's code, and no other.
    Foreign,
    /// Nothing.
    Nothing,
}

/// A known sheet and where it lies.
#[derive(Debug, Clone)]
pub struct Located {
    /// Its number.
    pub sheet_id: SheetNumber,
    /// Its page's geometry.
    pub layout: PageLayout,
    /// How the code was found.
    pub found_by: FoundBy,
    /// Sheet mm → page px, by squares and finder patterns.
    pub map: Plane,
    /// The squares and finder patterns.
    pub anchors: Vec<Pair>,
    /// Corner squares among them.
    pub squares: usize,
    /// True when the page carries another code of ours: a person must see to the second sheet.
    pub not_alone: bool,
}

/// A place that may be the sheet's, with its finder patterns.
struct Place<'a> {
    hypothesis: Hypothesis,
    code: CodeAt,
    frame: &'a Frame,
}

/// Identifies the page.
#[must_use]
pub fn identify(ink: &Ink, page: &RasterPage, book: &dyn SheetBook) -> Identity {
    let frames = book.frames();
    let mut best = Identity::Nothing;
    for scale in locate::scales(page) {
        best = better(best, by_squares(ink, scale, &frames, book));
        if matches!(best, Identity::Known(_) | Identity::UnknownSheet { .. } | Identity::Forged) {
            return best;
        }
    }
    for scale in locate::scales(page).into_iter().take(2) {
        best = better(best, by_search(ink, scale, &frames, book));
        if matches!(best, Identity::Known(_)) {
            return best;
        }
    }
    best
}

/// The one that says more: a page may carry someone's code beside ours.
fn better(a: Identity, b: Identity) -> Identity {
    let rank = |identity: &Identity| match identity {
        Identity::Known(_) => 4,
        Identity::UnknownSheet { .. } => 3,
        Identity::Forged => 2,
        Identity::Foreign => 1,
        Identity::Nothing => 0,
    };
    if rank(&b) > rank(&a) { b } else { a }
}

/// Squares → hypotheses → the code where it must be.
fn by_squares(ink: &Ink, scale: Scale, frames: &[Frame], book: &dyn SheetBook) -> Identity {
    let squares = squares::find(ink, scale);
    let first = places(ink, scale, frames, &squares, Look::UntilClear);
    let mut best = by_places(ink, scale, &first, book);
    if !matches!(best, Identity::Known(_)) {
        best = by_places(ink, scale, &places(ink, scale, frames, &squares, Look::Everywhere), book);
    }
    if let Identity::Known(located) = &mut best {
        let strangers = strange_squares(squares, located, scale);
        located.not_alone |= !places(ink, scale, frames, &strangers, Look::UntilClear).is_empty();
    }
    best
}

fn by_places(ink: &Ink, scale: Scale, places: &[Place], book: &dyn SheetBook) -> Identity {
    let mut best = Identity::Nothing;
    let mut read: Vec<Point> = Vec::new();
    for place in places.iter().take(t::PLACES_MAX) {
        let at = place.code.map.to_page(quads::code_middle(place.frame));
        if read.iter().any(|other| quads::is_near(at, *other, scale, t::SAME_CODE_MM)) {
            continue;
        }
        let Some(text) = code::decode_at(ink, &place.code, place.frame) else { continue };
        read.push(at);
        best = joined(best, by_place(ink, place, book.look_up(&text)));
    }
    best
}

/// Squares that are none of the sheet's. Where they make a plausible sheet, another slip lies on the page,
/// even if its code cannot be read. A box that was filled in is none.
fn strange_squares(squares: Vec<Square>, located: &Located, scale: Scale) -> Vec<Square> {
    let layout = &located.layout;
    let middle = |one: &TickBox| Point::new(one.x_mm + one.size_mm / 2.0, one.y_mm + one.size_mm / 2.0);
    let own = layout.marks.iter().map(quads::middle).chain(layout.boxes.iter().map(middle));
    let explained: Vec<Point> = own.map(|at| located.map.to_page(at)).collect();
    let is_strange = |square: &Square| {
        !explained.iter().any(|at| quads::is_near(square.center, *at, scale, t::SAME_SQUARE_MM))
    };
    squares.into_iter().filter(is_strange).collect()
}

/// How many hypotheses are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// After a code that is clear, only those that put it at the same place: a second sheet is looked for by the
    /// squares that the first one leaves.
    UntilClear,
    Everywhere,
}

/// The plausible places, best first.
fn places<'a>(
    ink: &Ink,
    scale: Scale,
    frames: &'a [Frame],
    squares: &[Square],
    look: Look,
) -> Vec<Place<'a>> {
    let mut looked: Vec<Looked> = Vec::new();
    let mut places: Vec<Place> = quads::hypotheses(squares, frames, scale)
        .into_iter()
        .filter_map(|hypothesis| {
            let frame = frames.get(hypothesis.frame)?;
            let around = hypothesis.map.local(quads::code_middle(frame));
            let enough = look == Look::UntilClear
                && looked.iter().any(|other| other.code.agreement >= t::FINDERS_CLEAR);
            let code = look_once(ink, &around, frame, &mut looked, enough)?;
            is_plausible(&hypothesis, &code).then_some(Place { hypothesis, code, frame })
        })
        .collect();
    let merit = |place: &Place| place.code.agreement + place.hypothesis.score / 100.0;
    places.sort_by(|a, b| merit(b).total_cmp(&merit(a)));
    places
}

/// Where the code's corners were expected, how the code lies from the sheet's origin, and what was seen there.
struct Looked {
    corners: [Point; 4],
    origin: Point,
    code: CodeAt,
}

/// Sheets of different heights put the code at the same place of the page: it is looked at there once. `None` for a
/// place that was not looked at when that is `enough`.
fn look_once(
    ink: &Ink,
    around: &Affine,
    frame: &Frame,
    looked: &mut Vec<Looked>,
    enough: bool,
) -> Option<CodeAt> {
    let corners = code::corners(frame).map(|corner| around.to_page(corner));
    let origin = Point::new(frame.code_x_mm, frame.code_y_mm);
    let is_same = |other: &&Looked| {
        let pairs = corners.iter().zip(&other.corners);
        pairs.map(|(a, b)| (a.x - b.x).abs().max((a.y - b.y).abs())).fold(0.0, f64::max) <= t::SAME_LOOK_PX
    };
    if let Some(same) = looked.iter().find(is_same) {
        return Some(same.code.moved_on_sheet(origin.x - same.origin.x, origin.y - same.origin.y));
    }
    if enough {
        return None;
    }
    let code = code::look_at(ink, around, frame, t::FINDER_REACH_MM);
    looked.push(Looked { corners, origin, code: code.clone() });
    Some(code)
}

fn by_place(ink: &Ink, place: &Place, answer: LookUp) -> Identity {
    match answer {
        LookUp::Known { sheet_id, layout } if layout.frame().as_ref() == Some(place.frame) => {
            known(sheet_id, *layout, &place.hypothesis, &place.code)
        }
        LookUp::Known { sheet_id, layout } => {
            let corners = code::corners(place.frame).map(|corner| place.code.map.to_page(corner));
            known_by_code(ink, sheet_id, *layout, corners, FoundBy::Code)
        }
        LookUp::UnknownSheet { sheet_id } => {
            Identity::UnknownSheet { sheet_id, map: place.hypothesis.map, found_by: FoundBy::Code }
        }
        LookUp::Forged => Identity::Forged,
        LookUp::NotOurs => Identity::Foreign,
    }
}

/// Two codes on one page: the better one, and if both are of ours, a note that it is not alone.
fn joined(a: Identity, b: Identity) -> Identity {
    let is_ours = |identity: &Identity| !matches!(identity, Identity::Nothing | Identity::Foreign);
    let both = is_ours(&a) && is_ours(&b);
    let mut best = better(a, b);
    if let Identity::Known(located) = &mut best {
        located.not_alone |= both;
    }
    best
}

/// Three squares are believed only when the code's corners agree.
fn is_plausible(hypothesis: &Hypothesis, code: &CodeAt) -> bool {
    code.agreement >= t::FINDERS_MIN && (hypothesis.squares.len() == 4 || code.finders.len() >= 2)
}

fn known(sheet_id: SheetNumber, layout: PageLayout, hypothesis: &Hypothesis, code: &CodeAt) -> Identity {
    let mut anchors = hypothesis.squares.clone();
    anchors.extend(&code.finders);
    let map = Plane::fit(&anchors, t::FLAT_MM).unwrap_or(hypothesis.map);
    let squares = hypothesis.squares.len();
    Identity::Known(Box::new(Located {
        sheet_id,
        layout,
        found_by: FoundBy::Code,
        map,
        anchors,
        squares,
        not_alone: false,
    }))
}

/// The code anywhere on the page → the squares around it.
fn by_search(ink: &Ink, scale: Scale, frames: &[Frame], book: &dyn SheetBook) -> Identity {
    let mut best = Identity::Nothing;
    let mut read: Vec<Point> = Vec::new();
    for found in code::search(ink, scale) {
        let at = found.middle();
        if read.iter().any(|other| quads::is_near(at, *other, scale, t::SAME_CODE_MM)) {
            continue;
        }
        let Some(text) = found.text.clone().or_else(|| sample_again(ink, &found, frames)) else { continue };
        read.push(at);
        best = joined(best, by_found(ink, &found, frames, book.look_up(&text)));
    }
    best
}

/// A code that was seen but not decoded: its modules, sampled around its finder patterns.
fn sample_again(ink: &Ink, found: &FoundCode, frames: &[Frame]) -> Option<String> {
    let frame = frames.first()?;
    let map = code::rough_map(found.corners, frame)?;
    code::decode_at(ink, &code::look_at(ink, &map, frame, t::FINDER_REACH_MM), frame)
}

fn by_found(ink: &Ink, found: &FoundCode, frames: &[Frame], answer: LookUp) -> Identity {
    match answer {
        LookUp::Known { sheet_id, layout } => {
            known_by_code(ink, sheet_id, *layout, found.corners, FoundBy::CodeSearch)
        }
        LookUp::UnknownSheet { sheet_id } => {
            let map = frames.first().and_then(|frame| code::rough_map(found.corners, frame)).map(Plane::from);
            Identity::UnknownSheet { sheet_id, map: map.unwrap_or(NO_PLACE), found_by: FoundBy::CodeSearch }
        }
        LookUp::Forged => Identity::Forged,
        LookUp::NotOurs => Identity::Foreign,
    }
}

/// Locates a sheet whose code was found at `corners`: finder patterns first, then whichever corner
/// squares lie about where they should.
fn known_by_code(
    ink: &Ink,
    sheet_id: SheetNumber,
    layout: PageLayout,
    corners: [Point; 4],
    found_by: FoundBy,
) -> Identity {
    let Some((frame, rough)) =
        layout.frame().and_then(|frame| Some((frame.clone(), code::rough_map(corners, &frame)?)))
    else {
        return Identity::UnknownSheet { sheet_id, map: NO_PLACE, found_by };
    };
    let code = code::look_at(ink, &rough, &frame, t::FINDER_REACH_MM);
    let (px, py) = code.map.px_per_mm();
    let candidates = squares::find(ink, Scale { x: px, y: py });
    let (mut map, mut anchors, mut squares) = (Plane::from(code.map), code.finders.clone(), 0);
    // The code is small beside the sheet: first the squares near it, then with a better map the rest.
    for reach_mm in [7.0, 7.0, 3.0] {
        let mut pairs = code.finders.clone();
        pairs.extend(frame.marks.iter().filter_map(|mark| {
            let sheet = quads::middle(mark);
            let expected = map.to_page(sheet);
            let off = |at: Point| ((at.x - expected.x) / px).hypot((at.y - expected.y) / py);
            let nearest = candidates.iter().min_by(|a, b| off(a.center).total_cmp(&off(b.center)))?;
            let weight = nearest.score.max(0.1);
            (off(nearest.center) <= reach_mm).then_some(Pair { sheet, page: nearest.center, weight })
        }));
        squares = pairs.len() - code.finders.len();
        if let Some(better) = Plane::fit(&pairs, t::FLAT_MM) {
            (map, anchors) = (better, pairs);
        }
    }
    Identity::Known(Box::new(Located { sheet_id, layout, found_by, map, anchors, squares, not_alone: false }))
}

/// The map of a sheet whose stored layout has no four corner squares: it cannot be placed.
const NO_PLACE: Plane =
    Plane { affine: Affine { xx: 8.0, xy: 0.0, x0: 0.0, yx: 0.0, yy: 8.0, y0: 0.0 }, gx: 0.0, gy: 0.0 };

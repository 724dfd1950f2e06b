//! From candidates for corner squares to hypotheses about where the sheet lies: three squares make a
//! map, the fourth confirms it. It does not look at the page.

use super::Scale;
use super::squares::Square;
use crate::form::layout::{Frame, Mark};
use crate::read::affine::{Affine, Pair, Point};
use crate::read::plane::Plane;
use crate::read::thresholds as t;

/// A place where a sheet may lie.
#[derive(Debug, Clone)]
pub struct Hypothesis {
    /// Sheet mm → page px.
    pub map: Plane,
    /// The squares that carry it: 3 or 4, with their places on the sheet.
    pub squares: Vec<Pair>,
    /// Which of the frames.
    pub frame: usize,
    /// Larger is better; any with four squares beats any with three.
    pub score: f64,
}

/// The best hypotheses for any frame, best first, at most [`t::HYPOTHESES_MAX`].
#[must_use]
pub fn hypotheses(squares: &[Square], frames: &[Frame], scale: Scale) -> Vec<Hypothesis> {
    let mut found = Vec::new();
    for (frame_index, frame) in frames.iter().enumerate() {
        for missing in 0..4 {
            triples(squares, frame, missing, scale, &mut |three| {
                found.extend(
                    weigh(squares, frame, missing, three, scale)
                        .map(|hypothesis| Hypothesis { frame: frame_index, ..hypothesis }),
                );
            });
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    distinct(found, frames, scale)
}

/// The first of those that say the same, and a few of those that put a code at the same place: sheets
/// of nearly the same height fit the same squares, and must not crowd out a second sheet on the page.
fn distinct(found: Vec<Hypothesis>, frames: &[Frame], scale: Scale) -> Vec<Hypothesis> {
    let mut kept: Vec<(Hypothesis, Point)> = Vec::new();
    for hypothesis in found {
        let Some(code) = frames.get(hypothesis.frame).map(|frame| hypothesis.map.to_page(code_middle(frame)))
        else {
            continue;
        };
        let alike = kept.iter().filter(|(_, other)| is_near(code, *other, scale, t::SAME_CODE_MM)).count();
        if alike < t::HYPOTHESES_ALIKE && !kept.iter().any(|(other, _)| same_place(other, &hypothesis)) {
            kept.push((hypothesis, code));
        }
        if kept.len() == t::HYPOTHESES_MAX {
            break;
        }
    }
    kept.into_iter().map(|(hypothesis, _)| hypothesis).collect()
}

/// The middle of the code on the sheet.
#[must_use]
pub fn code_middle(frame: &Frame) -> Point {
    Point::new(frame.code_x_mm, frame.code_y_mm).moved(frame.code_size_mm / 2.0, frame.code_size_mm / 2.0)
}

/// True when two places of the page are within `reach_mm`.
#[must_use]
pub fn is_near(a: Point, b: Point, scale: Scale, reach_mm: f64) -> bool {
    ((a.x - b.x) / scale.x).hypot((a.y - b.y) / scale.y) <= reach_mm
}

/// The middle of a corner square on the sheet.
#[must_use]
pub fn middle(mark: &Mark) -> Point {
    Point::new(mark.x_mm + mark.size_mm / 2.0, mark.y_mm + mark.size_mm / 2.0)
}

/// One candidate square and the corner that it would be.
#[derive(Debug, Clone, Copy)]
struct Placed<'a> {
    square: &'a Square,
    mark: &'a Mark,
}

/// Every three candidates that could be the corners other than `missing`.
fn triples<'a>(
    squares: &'a [Square],
    frame: &'a Frame,
    missing: usize,
    scale: Scale,
    visit: &mut dyn FnMut([Placed<'a>; 3]),
) {
    // The corner opposite the missing one has the right angle; its neighbours lie beside and above or below.
    let corner = 3 - missing;
    let marks = (frame.marks.get(corner), frame.marks.get(corner ^ 1), frame.marks.get(corner ^ 2));
    let (Some(corner), Some(beside), Some(beyond)) = marks else { return };
    for at_corner in squares {
        for at_beside in squares {
            let Some(across) = Leg::new(corner, beside, at_corner, at_beside, scale) else { continue };
            for at_beyond in squares {
                let Some(down) = Leg::new(corner, beyond, at_corner, at_beyond, scale) else { continue };
                if across.agrees(down) {
                    visit([
                        Placed { square: at_corner, mark: corner },
                        Placed { square: at_beside, mark: beside },
                        Placed { square: at_beyond, mark: beyond },
                    ]);
                }
            }
        }
    }
}

/// How a side between two corners would be stretched and turned.
#[derive(Debug, Clone, Copy)]
struct Leg {
    stretch: f64,
    turn_deg: f64,
}

impl Leg {
    fn new(from: &Mark, to: &Mark, at_from: &Square, at_to: &Square, scale: Scale) -> Option<Self> {
        let (from, to) = (middle(from), middle(to));
        let sheet = (to.x - from.x, to.y - from.y);
        let page =
            ((at_to.center.x - at_from.center.x) / scale.x, (at_to.center.y - at_from.center.y) / scale.y);
        let stretch = page.0.hypot(page.1) / sheet.0.hypot(sheet.1);
        if !(t::SCALE_MIN..=t::SCALE_MAX).contains(&stretch) {
            return None;
        }
        let turn_deg = degrees_apart(page.1.atan2(page.0), sheet.1.atan2(sheet.0));
        let skew = turn_deg - (turn_deg / 90.0).round() * 90.0;
        (skew.abs() <= t::SKEW_MAX_DEG).then_some(Self { stretch, turn_deg })
    }

    fn agrees(self, other: Self) -> bool {
        let ratio = self.stretch / other.stretch;
        let apart = (self.turn_deg - other.turn_deg + 540.0).rem_euclid(360.0) - 180.0;
        apart.abs() <= t::SHEAR_MAX_DEG && ratio <= t::SCALE_RATIO_MAX && ratio.recip() <= t::SCALE_RATIO_MAX
    }
}

fn degrees_apart(a: f64, b: f64) -> f64 {
    (a - b).to_degrees()
}

/// Fits three squares, looks for the fourth, and scores.
fn weigh(
    squares: &[Square],
    frame: &Frame,
    missing: usize,
    three: [Placed; 3],
    scale: Scale,
) -> Option<Hypothesis> {
    let pair = |placed: &Placed| Pair {
        sheet: middle(placed.mark),
        page: placed.square.center,
        weight: placed.square.score.max(0.1),
    };
    let mut pairs: Vec<Pair> = three.iter().map(pair).collect();
    let map = Affine::fit(&pairs)?;
    let mark = frame.marks.get(missing)?;
    let expected = map.to_page(middle(mark));
    let off_mm = |square: &Square| {
        ((square.center.x - expected.x) / scale.x).hypot((square.center.y - expected.y) / scale.y)
    };
    let nearest = squares.iter().min_by(|a, b| off_mm(a).total_cmp(&off_mm(b)))?;
    let mut score = three.iter().map(|placed| placed.square.score - misfit(placed, &map, scale)).sum::<f64>();
    let fourth = Placed { square: nearest, mark };
    let misfit = misfit(&fourth, &map, scale);
    let off_mm = off_mm(nearest);
    let leant = off_mm <= t::FOURTH_SQUARE_LEANT_MM && nearest.score >= t::SQUARE_CLEAR && misfit <= 0.2;
    let mut map = Plane::from(map);
    if off_mm <= t::FOURTH_SQUARE_MM || leant {
        pairs.push(pair(&fourth));
        map = Plane::fit(&pairs, t::FLAT_MM)?;
        score += 2.0 + nearest.score - misfit - off_mm / t::FOURTH_SQUARE_MM;
    }
    Some(Hypothesis { map, squares: pairs, frame: 0, score })
}

/// How much larger or smaller the square is than the map says.
fn misfit(placed: &Placed, map: &Affine, scale: Scale) -> f64 {
    let area = (map.xx * map.yy - map.xy * map.yx).abs() / (scale.x * scale.y);
    (placed.square.side_mm / (placed.mark.size_mm * area.sqrt())).ln().abs() * 2.0
}

fn same_place(a: &Hypothesis, b: &Hypothesis) -> bool {
    a.frame == b.frame
        && [Point::new(0.0, 0.0), Point::new(200.0, 0.0), Point::new(0.0, 280.0)].iter().all(|&corner| {
            let (a, b) = (a.map.to_page(corner), b.map.to_page(corner));
            (a.x - b.x).abs() + (a.y - b.y).abs() < 16.0
        })
}

//! What a doctor's pen did to a tick box: the ink inside and around it, and what that says. In doubt it
//! says unsure; it never guesses and never applies the rules of a form.

use super::affine::{Affine, Point};
use super::ink::Ink;
use super::lost::LostRows;
use super::outline::{self, Rect};
use super::plane::Plane;
use super::streak;
use super::stroke;
use super::thresholds as t;
use crate::domain::reading::BoxState;
use crate::form::layout::TickBox;

/// What was measured in and around one box. Shares are of the inner square's and the ring's area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoxInk {
    /// How much of the printed outline was found.
    pub outline: f64,
    /// Strokes inside.
    pub inside: f64,
    /// Of the strokes inside, those in rows of the page that only repeat the row above: a machine does so with rows that
    /// it lost, and one side of the box becomes a bar.
    pub repeated: f64,
    /// Single pixels inside.
    pub noise: f64,
    /// Strokes in the ring around the box, without streaks.
    pub ring: f64,
    /// Single pixels in that ring.
    pub ring_noise: f64,
    /// Sectors of the ring with strokes, of the 12 that do not look to the right.
    pub sectors: usize,
    /// A line runs through the inside.
    pub streak: bool,
    /// It is the machine's for sure, down the whole page; its own ink is not counted.
    pub machine_streak: bool,
    /// Height of the rows that were lost within the box.
    pub lost_mm: f64,
    /// Strokes that three of four lines through the inside cross at the most, across or down.
    pub runs: usize,
}

/// One box on the page.
#[derive(Debug, Clone)]
pub struct PlacedBox {
    /// Sheet mm → page px, exact at this box.
    pub map: Affine,
    /// Its place on the sheet.
    pub rect: Rect,
    /// What was measured.
    pub ink: BoxInk,
    /// The verdict.
    pub state: BoxState,
    /// 0 to 1.
    pub quality: f64,
}

/// A tick box's rectangle.
#[must_use]
pub fn rect(tick_box: &TickBox) -> Rect {
    Rect { x_mm: tick_box.x_mm, y_mm: tick_box.y_mm, w_mm: tick_box.size_mm, h_mm: tick_box.size_mm }
}

/// Finds each box by its outline, measures and judges it; then looks for strokes that belong to a
/// neighbour.
#[must_use]
pub fn read_boxes(ink: &Ink, map: &Plane, boxes: &[TickBox], reach_mm: f64) -> Vec<PlacedBox> {
    let mut placed: Vec<PlacedBox> =
        boxes.iter().map(|one| read_box(ink, map, rect(one), reach_mm)).collect();
    stroke::doubt_crossed(ink, &mut placed);
    doubt_faint(&mut placed);
    placed
}

/// On a page whose thin printed lines have vanished, an empty box may have held a thin stroke.
fn doubt_faint(boxes: &mut [PlacedBox]) {
    let outlines: f64 = boxes.iter().map(|one| one.ink.outline).sum();
    if outlines >= t::PAGE_FAINT * boxes.len() as f64 {
        return;
    }
    for one in boxes.iter_mut().filter(|one| one.state == BoxState::Empty) {
        (one.state, one.quality) = (BoxState::Unsure, 0.3);
    }
}

/// A lost row may have held a stroke, or drawn one.
pub(super) fn doubt_damaged(lost: &LostRows, boxes: &mut [PlacedBox]) {
    for one in boxes.iter_mut().filter(|one| lost.meet(&one.map, &one.rect)) {
        (one.state, one.quality) = (BoxState::Unsure, one.quality.min(0.3));
    }
}

fn read_box(ink: &Ink, map: &Plane, rect: Rect, reach_mm: f64) -> PlacedBox {
    let map = map.local(rect.middle());
    let mut found = outline::find(ink, &map.into(), &rect, reach_mm);
    if found.agreement < t::BOX_STEERS && reach_mm < t::BOX_REACH_MM {
        let wider = outline::find(ink, &map.into(), &rect, t::BOX_REACH_MM);
        if wider.agreement > found.agreement {
            found = wider;
        }
    }
    let map = map.moved(found.shift_px.0, found.shift_px.1);
    let ink = measure(ink, &map, &rect, found.agreement);
    let (state, quality) = judge(&ink);
    PlacedBox { map, rect, ink, state, quality }
}

/// The verdict on one box by its measures alone, with its quality.
#[must_use]
pub fn judge(ink: &BoxInk) -> (BoxState, f64) {
    if ink.outline < t::BOX_OUTLINE_MIN || ink.streak && !ink.machine_streak {
        return (BoxState::Unsure, 0.5 * ink.outline);
    }
    if ink.machine_streak
        && ink.inside + ink.noise >= t::BESIDE_STREAK_EMPTY
        && ink.inside < t::BESIDE_STREAK_MARKED
    {
        // What little is seen beside the line may have more under it.
        return (BoxState::Unsure, 0.5 * ink.outline);
    }
    if ink.inside >= t::FULL_MIN {
        return judge_full(ink);
    }
    if ink.inside >= t::EMPTY_MAX && ink.inside - ink.repeated < t::MARKED_MIN {
        return (BoxState::Unsure, 0.3);
    }
    let to_and_fro = ink.inside >= t::SCRIBBLE_MIN && ink.runs >= t::SCRIBBLE_RUNS;
    if ink.inside >= t::DENSE_MIN && ink.ring >= t::DENSE_RING || to_and_fro {
        // Ticked and taken back, perhaps.
        return (BoxState::Unsure, 0.3);
    }
    if ink.inside >= t::MARKED_MIN {
        let clear = ((ink.inside - t::EMPTY_MAX) / (2.0 * t::MARKED_MIN)).clamp(0.0, 1.0);
        return (BoxState::Marked, ink.outline.min(0.5 + 0.5 * clear));
    }
    if ink.inside >= t::EMPTY_MAX {
        return (BoxState::Unsure, 0.4);
    }
    if ink.ring >= t::RING_MIN && ink.sectors >= t::CIRCLE_SECTORS {
        return (BoxState::Circled, ink.outline.min(ink.sectors as f64 / 12.0));
    }
    let faint = ink.inside >= t::FAINT_MAX || ink.inside + ink.noise >= t::FAINT_WITH_NOISE;
    let around = ink.ring >= t::RING_DOUBT || ink.ring + ink.ring_noise >= t::RING_WITH_NOISE;
    if faint || around || ink.noise >= t::NOISE_MAX || ink.lost_mm >= t::LOST_IN_BOX_MM {
        return (BoxState::Unsure, 0.4);
    }
    let doubt = (ink.inside / t::FAINT_MAX).max(ink.ring / t::RING_DOUBT);
    (BoxState::Empty, ink.outline.min(1.0 - 0.5 * doubt))
}

/// A full box: neatly filled in, or blotted out to take a mark back.
fn judge_full(ink: &BoxInk) -> (BoxState, f64) {
    if ink.ring >= 2.0 * t::SPILL_MAX {
        (BoxState::Cancelled, 0.5)
    } else if ink.ring >= t::SPILL_MAX {
        (BoxState::Unsure, 0.4)
    } else {
        (BoxState::Marked, ink.outline.min(0.9))
    }
}

/// Counts the ink in and around a box whose map is exact.
fn measure(ink: &Ink, map: &Affine, rect: &Rect, outline: f64) -> BoxInk {
    let mut counts = Counts::default();
    let half = rect.w_mm / 2.0;
    let inner = half * t::INSIDE_SHARE;
    let streaks = streak::streaks(ink, map, rect);
    let machine: Vec<&streak::Streak> =
        streaks.iter().filter(|line| line.inside && line.whole_page).collect();
    let repeats = RepeatedRows::around(ink, map, rect);
    visit(ink, map, rect.middle(), half + t::RING_TO_MM, &mut |x, y, at| {
        let stroke = ink.is_stroke(x, y);
        if at.x.abs().max(at.y.abs()) <= inner {
            let is_machine = machine.iter().any(|line| line.covers(x, y));
            counts.inside += usize::from(stroke && !is_machine);
            counts.repeated += usize::from(stroke && !is_machine && repeats.has(y));
            counts.noise += usize::from(!stroke && !is_machine);
        } else if in_ring(at, half) && !streaks.iter().any(|line| line.covers(x, y)) {
            if !stroke {
                counts.ring_noise += 1;
                return;
            }
            counts.ring += 1;
            // From the left, clockwise: sectors 6 to 9 look to the right.
            let turn = at.y.atan2(at.x) / std::f64::consts::TAU + 0.5;
            if let Some(sector) = counts.sectors.get_mut((turn * 16.0) as usize % 16) {
                *sector += 1;
            }
        }
    });
    let lost = Lost::of(ink, map, rect);
    let px_per_mm2 = (map.xx * map.yy - map.xy * map.yx).abs();
    let inside_px = 4.0 * inner * inner * px_per_mm2;
    let ring_px = ring_mm2(half) * px_per_mm2;
    let crossed = |(sector, count): &(usize, &usize)| {
        !(6..10).contains(sector) && **count as f64 >= t::SECTOR_MM2 * px_per_mm2
    };
    BoxInk {
        outline,
        inside: counts.inside as f64 / inside_px,
        repeated: counts.repeated as f64 / inside_px,
        noise: counts.noise as f64 / inside_px,
        ring: counts.ring as f64 / ring_px,
        ring_noise: counts.ring_noise as f64 / ring_px,
        sectors: counts.sectors.iter().enumerate().filter(crossed).count(),
        streak: streaks.iter().any(|line| line.inside),
        machine_streak: !machine.is_empty() && streaks.iter().all(|line| line.whole_page || !line.inside),
        lost_mm: lost.mm(),
        runs: runs(ink, map, rect, &lost),
    }
}

/// How often lines through the inside meet a stroke: the third quartile of the lines across or of those
/// down, whichever is more. What a lost line parts is one stroke.
fn runs(ink: &Ink, map: &Affine, rect: &Rect, lost: &Lost) -> usize {
    let step_mm = 0.8 * rect.w_mm / LINES as f64;
    let start = rect.middle().moved(-0.4 * rect.w_mm, -0.4 * rect.h_mm);
    let dark = |across: usize, down: usize| {
        let at = start.moved((across as f64 + 0.5) * step_mm, (down as f64 + 0.5) * step_mm);
        let at = map.to_page(at);
        ink.is_ink(at.x, at.y)
    };
    let starts = |line: &dyn Fn(usize) -> bool, lost: &[bool; LINES]| {
        let mut before = false;
        let mut count = 0;
        for place in (0..LINES).filter(|&place| !lost[place]) {
            let here = line(place);
            count += usize::from(here && !before);
            before = here;
        }
        count
    };
    let third_quartile = |mut counts: Vec<usize>| {
        counts.sort_unstable();
        counts.get(LINES * 3 / 4).copied().unwrap_or(0)
    };
    let across = (0..LINES).map(|row| starts(&|place| dark(place, row), &lost.columns)).collect();
    let down = (0..LINES).map(|column| starts(&|place| dark(column, place), &lost.rows)).collect();
    third_quartile(across).max(third_quartile(down))
}

/// True for a place in the ring, `at` being relative to the box's middle.
fn in_ring(at: Point, half: f64) -> bool {
    let away = at.x.abs().max(at.y.abs());
    away >= half + t::RING_FROM_MM && away <= half + t::RING_TO_MM && at.x <= half + t::RING_TO_RIGHT_MM
}

fn ring_mm2(half: f64) -> f64 {
    let (w, h) = (2.0 * half + t::RING_TO_MM + t::RING_TO_RIGHT_MM, 2.0 * (half + t::RING_TO_MM));
    w * h - 4.0 * (half + t::RING_FROM_MM).powi(2)
}

#[derive(Default)]
struct Counts {
    inside: usize,
    repeated: usize,
    noise: usize,
    ring: usize,
    ring_noise: usize,
    sectors: [usize; 16],
}

/// Visits the ink pixels within `reach_mm` (as a square) of `middle`, each with its place on the sheet
/// relative to `middle`, in mm.
pub(super) fn visit(
    ink: &Ink,
    map: &Affine,
    middle: Point,
    reach_mm: f64,
    see: &mut dyn FnMut(isize, isize, Point),
) {
    let Some(back) = map.inverse() else { return };
    let center = map.to_page(middle);
    let reach_x = reach_mm * (map.xx.abs() + map.xy.abs()) + 1.0;
    let reach_y = reach_mm * (map.yx.abs() + map.yy.abs()) + 1.0;
    let from = |middle: f64, reach: f64| (middle - reach).max(0.0) as usize;
    let to = |middle: f64, reach: f64| (middle + reach + 1.0).max(0.0) as usize;
    for y in from(center.y, reach_y)..to(center.y, reach_y) {
        for x in ink.inked(y, from(center.x, reach_x)..to(center.x, reach_x)) {
            let sheet = back.to_page(Point::new(x as f64 + 0.5, y as f64 + 0.5));
            let at = sheet.moved(-middle.x, -middle.y);
            if at.x.abs() <= reach_mm && at.y.abs() <= reach_mm {
                see(x as isize, y as isize, at);
            }
        }
    }
}

/// Rows of the page that say the same as the row above: all over the page, or as far as the box and its ring reach
/// where they are as dark inside as a side of the box is.
struct RepeatedRows {
    top: isize,
    same: Vec<bool>,
}

impl RepeatedRows {
    fn around(ink: &Ink, map: &Affine, rect: &Rect) -> Self {
        let (center, (px, py)) = (map.to_page(rect.middle()), map.px_per_mm());
        let reach_mm = rect.w_mm / 2.0 + t::RING_TO_MM;
        let start = |at: f64, scale: f64| (at - reach_mm * scale).max(0.0) as usize;
        let end = |at: f64, scale: f64| (at + reach_mm * scale).max(0.0) as usize;
        let columns = start(center.x, px)..end(center.x, px);
        let (top, bottom) = (start(center.y, py), end(center.y, py));
        let inner_px = rect.w_mm / 2.0 * t::INSIDE_SHARE * px;
        let inside = ((center.x - inner_px) as isize, (center.x + inner_px) as isize);
        let is_side = |y: usize| {
            let dark = ink.count(inside.0, y as isize, inside.1, y as isize + 1);
            f64::from(dark) >= t::SIDE_INK * (inside.1 - inside.0) as f64
        };
        let repeats =
            |y: usize| ink.repeats(y, columns.clone()) && (is_side(y) || ink.repeats(y, 0..ink.width_px));
        let same = (top..bottom).map(repeats).collect();
        Self { top: top as isize, same }
    }

    fn has(&self, y: isize) -> bool {
        usize::try_from(y - self.top).ok().and_then(|row| self.same.get(row)) == Some(&true)
    }
}

/// Lines across the inside of a box, and down: a tenth of a millimetre from one to the next in a box of 5 mm.
const LINES: usize = 40;

/// Which of the lines through the inside lost both sides of the box at once: the machine's doing, not the pen's.
struct Lost {
    rows: [bool; LINES],
    /// On a page that lies on its side.
    columns: [bool; LINES],
    step_mm: f64,
}

impl Lost {
    fn of(ink: &Ink, map: &Affine, rect: &Rect) -> Self {
        let step_mm = 0.8 * rect.w_mm / LINES as f64;
        // A side is looked for across its stroke alone: along it, the next line is there again.
        let there = |x: f64, y: f64, (dx, dy): (f64, f64)| {
            (-2..=2).any(|step| {
                let (x, y) = (x + f64::from(step) * dx, y + f64::from(step) * dy);
                let at = map.to_page(Point::new(rect.x_mm + x, rect.y_mm + y));
                ink.is_ink(at.x, at.y)
            })
        };
        let (across, down) = ((0.15, 0.0), (0.0, 0.15));
        let mut lost = Self { rows: [false; LINES], columns: [false; LINES], step_mm };
        for (index, (row, column)) in lost.rows.iter_mut().zip(&mut lost.columns).enumerate() {
            let at = 0.1 * rect.w_mm + (index as f64 + 0.5) * step_mm;
            *row = !there(0.0, at, across) && !there(rect.w_mm, at, across);
            *column = !there(at, 0.0, down) && !there(at, rect.h_mm, down);
        }
        lost
    }

    fn mm(&self) -> f64 {
        let count = |lines: &[bool; LINES]| lines.iter().filter(|lost| **lost).count();
        self.step_mm * count(&self.rows).max(count(&self.columns)) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        let clean = BoxInk {
            outline: 0.95,
            inside: 0.0,
            repeated: 0.0,
            noise: 0.0,
            ring: 0.0,
            ring_noise: 0.0,
            sectors: 0,
            streak: false,
            machine_streak: false,
            lost_mm: 0.0,
            runs: 0,
        };
        let cases = [
            ("nothing", clean, BoxState::Empty),
            ("a tick", BoxInk { inside: 0.25, ring: 0.03, sectors: 2, ..clean }, BoxState::Marked),
            (
                "a thick cross",
                BoxInk { inside: 0.5, ring: 0.06, sectors: 4, runs: 2, ..clean },
                BoxState::Marked,
            ),
            ("a thick cross of a thick pen", BoxInk { inside: 0.65, runs: 2, ..clean }, BoxState::Marked),
            ("a tick scribbled over", BoxInk { inside: 0.5, ring: 0.06, runs: 3, ..clean }, BoxState::Unsure),
            (
                "a side of the box drawn again",
                BoxInk { inside: 0.2, repeated: 0.18, ..clean },
                BoxState::Unsure,
            ),
            (
                "a tick across rows drawn again",
                BoxInk { inside: 0.2, repeated: 0.08, ..clean },
                BoxState::Marked,
            ),
            (
                "a filling is the same in every row",
                BoxInk { inside: 0.98, repeated: 0.9, ..clean },
                BoxState::Marked,
            ),
            ("a dense scribble", BoxInk { inside: 0.7, ring: 0.06, runs: 2, ..clean }, BoxState::Unsure),
            ("what is left of a tick", BoxInk { inside: 0.015, ..clean }, BoxState::Unsure),
            ("a light dot", BoxInk { inside: 0.05, ..clean }, BoxState::Unsure),
            ("a neat filling", BoxInk { inside: 0.98, ring: 0.01, ..clean }, BoxState::Marked),
            ("a blot over the frame", BoxInk { inside: 0.98, ring: 0.3, ..clean }, BoxState::Cancelled),
            ("a filling with slips", BoxInk { inside: 0.95, ring: 0.08, ..clean }, BoxState::Unsure),
            ("a scribble", BoxInk { inside: 0.7, ring: 0.2, ..clean }, BoxState::Unsure),
            ("a ring around", BoxInk { ring: 0.12, sectors: 12, ..clean }, BoxState::Circled),
            ("an arc beside", BoxInk { ring: 0.06, sectors: 6, ..clean }, BoxState::Unsure),
            ("a pencil's ring", BoxInk { ring: 0.003, ring_noise: 0.011, ..clean }, BoxState::Unsure),
            ("dust around", BoxInk { ring_noise: 0.004, ..clean }, BoxState::Empty),
            ("a tick that missed", BoxInk { ring: 0.03, sectors: 2, ..clean }, BoxState::Unsure),
            ("a streak", BoxInk { inside: 0.1, streak: true, ..clean }, BoxState::Unsure),
            (
                "a tick beside a line down the page",
                BoxInk { inside: 0.2, streak: true, machine_streak: true, ..clean },
                BoxState::Marked,
            ),
            (
                "nothing but a line down the page",
                BoxInk { streak: true, machine_streak: true, ..clean },
                BoxState::Empty,
            ),
            (
                "something beside a line down the page",
                BoxInk { inside: 0.009, streak: true, machine_streak: true, ..clean },
                BoxState::Unsure,
            ),
            ("no outline", BoxInk { outline: 0.5, inside: 0.3, ..clean }, BoxState::Unsure),
            ("lost rows", BoxInk { lost_mm: 1.5, ..clean }, BoxState::Unsure),
            ("dirt", BoxInk { noise: 0.1, ..clean }, BoxState::Unsure),
        ];
        for (name, ink, state) in cases {
            assert_eq!(judge(&ink).0, state, "{name}");
        }
    }
}

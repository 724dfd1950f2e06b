//! Whose stroke is it: follows the ink of a box to see whether it runs on, or comes from another box. It
//! can only take certainty away.

use super::affine::Point;
use super::ink::Ink;
use super::mark::{PlacedBox, visit};
use super::streak::{self, Streak};
use super::thresholds as t;
use crate::domain::reading::BoxState;

/// A stroke that runs through its box, or through two boxes, is no clear answer. Of two boxes, the one with
/// less of it was only crossed; when neither has clearly more, a person decides on both.
pub fn doubt_crossed(ink: &Ink, boxes: &mut [PlacedBox]) {
    let mut doubted = vec![false; boxes.len()];
    for (index, own) in boxes.iter().enumerate() {
        if own.ink.inside < t::EMPTY_MAX {
            continue;
        }
        let mut stroke = follow(ink, own, &[]);
        if runs_through(&stroke, own) {
            // Perhaps along a line of the machine, which crosses whatever it likes.
            let mut lines = streak::streaks(ink, &own.map, &own.rect);
            lines.retain(|line| line.whole_page);
            if !lines.is_empty() {
                stroke = follow(ink, own, &lines);
            }
        }
        if runs_through(&stroke, own)
            && let Some(flag) = doubted.get_mut(index)
        {
            *flag = true;
        }
        let own_px = pixels_inside(&stroke, own);
        for (other_index, other) in boxes.iter().enumerate() {
            if other_index == index || !is_near(own, other) {
                continue;
            }
            let other_px = pixels_inside(&stroke, other);
            let inside_px = own_px as f64 / own.ink.inside.max(1e-6);
            if (other_px as f64) < t::EMPTY_MAX * inside_px {
                continue;
            }
            let share = other_px as f64 / own_px.max(1) as f64;
            let flags = [(index, share * t::CROSSED_SHARE >= 1.0), (other_index, share <= t::CROSSED_SHARE)];
            let neither = !flags[0].1 && !flags[1].1;
            for (flagged, crossed) in flags {
                if let Some(flag) = doubted.get_mut(flagged) {
                    *flag |= crossed || neither;
                }
            }
        }
    }
    for (one, doubt) in boxes.iter_mut().zip(doubted) {
        if doubt && one.state != BoxState::Cancelled {
            (one.state, one.quality) = (BoxState::Unsure, 0.3);
        }
    }
}

/// True for a stroke that goes well beyond two opposite sides of the box: a line that strikes the option
/// out, or one that comes from elsewhere and goes on; and for one that comes from far away and ends here.
fn runs_through(stroke: &[(isize, isize)], one: &PlacedBox) -> bool {
    let Some(back) = one.map.inverse() else { return true };
    let (middle, half) = (one.rect.middle(), one.rect.w_mm / 2.0);
    let (across, down) = (half + t::THROUGH_ACROSS_MM, half + t::THROUGH_DOWN_MM);
    let afar = half + t::COMES_FROM_MM;
    let mut beyond = [false; 4];
    let mut comes_from_afar = false;
    for &(x, y) in stroke {
        let at = back.to_page(Point::new(x as f64 + 0.5, y as f64 + 0.5)).moved(-middle.x, -middle.y);
        let sides = [at.x < -across, at.x > across, at.y < -down, at.y > down];
        beyond.iter_mut().zip(sides).for_each(|(seen, here)| *seen |= here);
        comes_from_afar |= at.x < -afar || at.y > afar;
    }
    let [left, right, above, below] = beyond;
    (left && right) || (above && below) || comes_from_afar
}

fn is_near(a: &PlacedBox, b: &PlacedBox) -> bool {
    let (a, b) = (a.rect.middle(), b.rect.middle());
    (a.x - b.x).abs() <= t::FOLLOW_MM && (a.y - b.y).abs() <= t::FOLLOW_MM
}

fn pixels_inside(stroke: &[(isize, isize)], one: &PlacedBox) -> usize {
    let Some(back) = one.map.inverse() else { return 0 };
    let (middle, inner) = (one.rect.middle(), one.rect.w_mm / 2.0 * t::INSIDE_SHARE);
    let inside = |&&(x, y): &&(isize, isize)| {
        let at = back.to_page(Point::new(x as f64 + 0.5, y as f64 + 0.5));
        (at.x - middle.x).abs() <= inner && (at.y - middle.y).abs() <= inner
    };
    stroke.iter().filter(inside).count()
}

/// All ink that hangs together with the ink inside a box; gaps of one pixel do not part it, nor do lost rows. Lines of
/// the machine, which run down the page, are crossed and not followed.
fn follow(ink: &Ink, one: &PlacedBox, lines: &[Streak]) -> Vec<(isize, isize)> {
    let center = one.map.to_page(one.rect.middle());
    let (px, py) = one.map.px_per_mm();
    let (reach_x, reach_y) = ((t::FOLLOW_MM * px) as isize, (t::FOLLOW_MM * py) as isize);
    let (left, top) = (center.x as isize - reach_x, center.y as isize - reach_y);
    let width = 2 * reach_x + 1;
    let rows = WhiteRows::around(ink, (left, left + width), (top, top + 2 * reach_y + 1), py);
    let mut seen = vec![false; (width * (2 * reach_y + 1)) as usize];
    let mut waiting = Vec::new();
    visit(ink, &one.map, one.rect.middle(), one.rect.w_mm / 2.0 * t::INSIDE_SHARE, &mut |x, y, _| {
        waiting.push((x, y));
    });
    let mut stroke = Vec::new();
    while let Some((x, y)) = waiting.pop() {
        let (column, row) = (x - left, y - top);
        if ink.at(x, y) == 0 || column < 0 || column >= width || row < 0 {
            continue;
        }
        match seen.get_mut((row * width + column) as usize) {
            Some(flag) if !*flag => *flag = true,
            _ => continue,
        }
        if lines.iter().any(|line| line.covers(x, y)) {
            waiting.extend((-3..=3).map(|dx| (x + dx, y)));
            continue;
        }
        stroke.push((x, y));
        for dy in -2..=2 {
            waiting.extend((-2..=2).map(|dx| (x + dx, y + dy)).filter(|&(x, y)| ink.at(x, y) == 1));
        }
        for beyond in rows.beyond(y) {
            waiting.extend((-2..=2).map(|dx| (x + dx, beyond)));
        }
    }
    stroke
}

/// Rows around a box without any ink, few enough that a line lost them.
struct WhiteRows {
    top: isize,
    white: Vec<bool>,
    longest: isize,
}

impl WhiteRows {
    fn around(ink: &Ink, columns: (isize, isize), rows: (isize, isize), px_per_mm: f64) -> Self {
        let is_white = |y| ink.count(columns.0, y, columns.1, y + 1) <= t::LOST_ROW_PX;
        let longest = (t::LOST_LINES_MM * px_per_mm).ceil() as isize;
        Self { top: rows.0, white: (rows.0..rows.1).map(is_white).collect(), longest }
    }

    /// The rows on the other side of lost rows next to row `y`.
    fn beyond(&self, y: isize) -> impl Iterator<Item = isize> {
        let is_white =
            |y: isize| usize::try_from(y - self.top).ok().and_then(|row| self.white.get(row)).copied();
        [-1, 1].into_iter().filter_map(move |step| {
            let lost =
                (1..=self.longest + 1).take_while(|away| is_white(y + step * away) == Some(true)).count();
            (1..=self.longest as usize).contains(&lost).then(|| y + step * (lost as isize + 1))
        })
    }
}

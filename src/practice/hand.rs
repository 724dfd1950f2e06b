//! Whoever holds the pen: which boxes of a sheet are marked, and how well. It writes down what it did, so
//! that others can compare.

use super::pen::{MarkStyle, Nib, draw_stroke, mark_box, mark_box_with, write_in_zone};
use crate::form::layout::{PageLayout, TickBox};
use crate::read::bitmap::Bitmap;
use rand::Rng;
use rand::seq::IndexedRandom;
use std::collections::BTreeMap;

/// How a sheet is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// One clear mark in every group; of offered times any number; words in the areas for words.
    Plain,
    /// The same with a pencil or a fine pen, hardly pressed: strokes of 0.2 to 0.35 mm.
    Light,
    /// In one group first one box was ticked, then blotted out, and another one ticked.
    Corrected,
    /// In one group the box that was ticked first is struck through with its label.
    StruckOut,
    /// In one group two boxes are ticked.
    Doubled,
    /// Plain, with a few words where nobody asked for them.
    Stray,
}

impl Manner {
    /// Mostly plain; every fourth sheet is one of the others, light strokes most often.
    pub fn random(rng: &mut impl Rng) -> Self {
        match rng.random_range(0..100) {
            0..72 => Self::Plain,
            72..84 => Self::Light,
            84..88 => Self::Corrected,
            88..92 => Self::StruckOut,
            92..95 => Self::Doubled,
            _ => Self::Stray,
        }
    }
}

/// What the pen did to one box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Nothing.
    Empty,
    /// Chosen, in this style.
    Marked(MarkStyle),
    /// Chosen, with strokes that are hardly there.
    MarkedLightly(MarkStyle),
    /// Ticked, and blotted out again.
    Blotted,
    /// Ticked, and struck through with its label.
    StruckOut,
}

impl Done {
    /// True where the doctor means this option.
    #[must_use]
    pub fn is_chosen(self) -> bool {
        matches!(self, Self::Marked(_) | Self::MarkedLightly(_))
    }
}

/// What the pen did to a page, in the layout's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Each box.
    pub boxes: Vec<Done>,
    /// Each handwriting area: whether something was written.
    pub zones: Vec<bool>,
}

/// Fills in one page, printed at `px_per_mm`.
pub fn fill_in(
    paper: &mut Bitmap,
    px_per_mm: f64,
    layout: &PageLayout,
    manner: Manner,
    rng: &mut impl Rng,
) -> Filled {
    let mut hand = Hand { paper, px_per_mm, manner, done: vec![Done::Empty; layout.boxes.len()] };
    let mut groups: BTreeMap<&str, Vec<(usize, &TickBox)>> = BTreeMap::new();
    for (index, one) in layout.boxes.iter().enumerate() {
        groups.entry(&one.field).or_default().push((index, one));
    }
    let choices = groups.values().filter(|boxes| boxes.len() > 1 && !any_number(boxes)).count();
    let mut odd = (manner != Manner::Plain && choices > 0).then(|| rng.random_range(0..choices));
    for boxes in groups.into_values() {
        if any_number(&boxes) {
            for one in boxes.into_iter().filter(|_| rng.random_bool(0.4)).collect::<Vec<_>>() {
                hand.choose(one, rng);
            }
            continue;
        }
        let Some(&chosen) = boxes.choose(rng) else { continue };
        hand.choose(chosen, rng);
        if boxes.len() > 1 {
            if odd == Some(0) {
                let others: Vec<_> = boxes.iter().filter(|one| one.0 != chosen.0).copied().collect();
                hand.second_thought(&others, rng);
            }
            odd = odd.and_then(|left| left.checked_sub(1));
        }
    }
    let done = hand.done;
    if manner == Manner::Stray {
        write_aside(paper, px_per_mm, layout, rng);
    }
    let written = layout.zones.iter().map(|zone| {
        let written = rng.random_bool(0.5);
        if written {
            write_in_zone(paper, px_per_mm, (zone.x_mm, zone.y_mm), (zone.w_mm, zone.h_mm), rng);
        }
        written
    });
    let zones = written.collect();
    Filled { boxes: done, zones }
}

fn any_number(boxes: &[(usize, &TickBox)]) -> bool {
    boxes.iter().all(|(_, one)| one.option.starts_with("slot_"))
}

struct Hand<'a> {
    paper: &'a mut Bitmap,
    px_per_mm: f64,
    manner: Manner,
    done: Vec<Done>,
}

impl Hand<'_> {
    fn choose(&mut self, (index, one): (usize, &TickBox), rng: &mut impl Rng) {
        let style = MarkStyle::random(rng);
        if self.manner == Manner::Light {
            let nib = Nib { width_mm: rng.random_range(0.2..0.35), darkness: rng.random_range(0.5..1.0) };
            self.mark(one, style, nib, rng);
            self.note(index, Done::MarkedLightly(style));
        } else {
            mark_box(self.paper, self.px_per_mm, one.x_mm, one.y_mm, one.size_mm, style, rng);
            self.note(index, Done::Marked(style));
        }
    }

    /// What makes a sheet other than plain, on one of the boxes that were not chosen.
    fn second_thought(&mut self, others: &[(usize, &TickBox)], rng: &mut impl Rng) {
        let Some(&(index, one)) = others.choose(rng) else { return };
        let nib = Nib::ink(rng.random_range(0.4..0.9));
        match self.manner {
            Manner::Corrected => {
                self.mark(one, MarkStyle::Tick, nib, rng);
                self.mark(one, MarkStyle::Blot, nib, rng);
                self.note(index, Done::Blotted);
            }
            Manner::StruckOut => {
                self.mark(one, MarkStyle::Tick, nib, rng);
                let middle = one.y_mm + one.size_mm / 2.0;
                for line in 0..rng.random_range(1..=2) {
                    let tilt = rng.random_range(-0.8..0.8);
                    let y = middle + f64::from(line) * 1.2;
                    let ends = [
                        (one.x_mm - rng.random_range(2.0..4.0), y - tilt),
                        (one.x_mm + rng.random_range(18.0..30.0), y + tilt),
                    ];
                    draw_stroke(self.paper, self.px_per_mm, &ends, nib, rng);
                }
                self.note(index, Done::StruckOut);
            }
            Manner::Doubled => self.choose((index, one), rng),
            Manner::Plain | Manner::Light | Manner::Stray => {}
        }
    }

    fn mark(&mut self, one: &TickBox, style: MarkStyle, nib: Nib, rng: &mut impl Rng) {
        mark_box_with(self.paper, self.px_per_mm, one.x_mm, one.y_mm, one.size_mm, style, nib, rng);
    }

    fn note(&mut self, index: usize, done: Done) {
        if let Some(known) = self.done.get_mut(index) {
            *known = done;
        }
    }
}

/// Words of 40 × 8 mm in the reply part, where least is printed of all places that the pen comes by.
fn write_aside(paper: &mut Bitmap, px_per_mm: f64, layout: &PageLayout, rng: &mut impl Rng) {
    let top = layout.marks.iter().map(|mark| mark.y_mm).fold(layout.height_mm, f64::min);
    let bottom = layout.marks.iter().map(|mark| mark.y_mm).fold(0.0, f64::max);
    let places = (0..30).map(|_| (rng.random_range(20.0..140.0), rng.random_range(top + 8.0..bottom - 8.0)));
    let places: Vec<(f64, f64)> = places.collect();
    let taken = |&(x, y): &(f64, f64)| {
        let over =
            |from: f64, to: f64, start: f64, length: f64| (to.min(start + length) - from.max(start)).max(0.0);
        let areas = layout.printed.iter().map(|area| (area.x_mm, area.y_mm, area.w_mm, area.h_mm));
        let zones = layout.zones.iter().map(|zone| (zone.x_mm, zone.y_mm, zone.w_mm, zone.h_mm));
        let boxes = layout.boxes.iter().map(|one| (one.x_mm - 3.0, one.y_mm - 3.0, 11.0, 11.0));
        let all = areas.chain(zones).chain(boxes);
        all.map(|(ax, ay, w, h)| over(x, x + 40.0, ax, w) * over(y, y + 8.0, ay, h)).sum::<f64>()
    };
    if let Some(place) = places.into_iter().min_by(|a, b| taken(a).total_cmp(&taken(b))) {
        write_in_zone(paper, px_per_mm, place, (40.0, 8.0), rng);
    }
}

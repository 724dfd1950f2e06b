//! Ink outside every field: a word beside a box, a label that was ringed, a line between the options. It
//! cannot say what the ink means; it makes a person look, and shows where.

use super::affine::{Affine, Point};
use super::ink::Ink;
use super::outline::Rect;
use super::plane::Plane;
use super::thresholds as t;
use crate::form::layout::PageLayout;
use std::ops::Range;

/// Writing where the sheet has neither print nor a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outside {
    /// The middle of its first piece, from the top, in mm on the sheet.
    pub first: Point,
    /// What holds all its pieces.
    pub area: Rect,
}

/// What was written outside every field. `None` when nothing was, or when the sheet's print is not known.
#[must_use]
pub fn find(ink: &Ink, map: &Plane, layout: &PageLayout, others: &[OtherSheet]) -> Option<Outside> {
    if layout.printed.is_empty() {
        return None;
    }
    let mut cells = Cells::of(layout);
    cells.look(ink, map, others);
    cells.outside(&Page { ink, map, others, size_mm: [layout.width_mm, layout.height_mm] })
}

/// Another sheet on the same page, and how much of it is surely there: its ink is its own.
pub struct OtherSheet {
    /// Its mm → page px.
    pub map: Plane,
    /// From its corner squares to its lower and outer edges: left, top, right, bottom in its mm.
    pub reply_mm: [f64; 4],
}

impl OtherSheet {
    fn has(&self, at: Point) -> bool {
        let [left, top, right, bottom] = self.reply_mm;
        self.map.to_sheet(at).is_some_and(|at| (left..right).contains(&at.x) && (top..bottom).contains(&at.y))
    }
}

/// Cells of a block, each way, that are looked at together.
const BLOCK: usize = 4;
/// How far a block reaches from its middle on a page that lies askew: half its diagonal, and a pixel.
const BLOCK_REACH_MM: f64 = BLOCK as f64 * t::OUTSIDE_CELL_MM / 2.0 * 1.5;

/// The sheet in cells: how much ink each holds, in mm²; nothing where print or a field stands.
struct Cells {
    columns: usize,
    ink_mm2: Vec<f32>,
    left_out: Vec<bool>,
}

/// The page that the sheet lies on.
struct Page<'a> {
    ink: &'a Ink,
    map: &'a Plane,
    others: &'a [OtherSheet],
    /// The sheet's width and height.
    size_mm: [f64; 2],
}

impl Page<'_> {
    /// Solid in the middle, with paper around it.
    fn is_disc(&self, center: Point) -> bool {
        self.share(center, t::HOLE_SOLID_MM / 2.0) >= t::SOLID
            && self.share(center, t::HOLE_MAX_MM / 2.0 + 1.0) <= t::HOLE_AROUND
    }

    /// The binder's other hole, along the same edge. Where that is not on the page, since the sheet was cut, the hole
    /// must be where a binder makes it: as far from the middle of the edge as the other one.
    fn has_partner(&self, center: Point) -> bool {
        let [width, height] = self.size_mm;
        let at_side = center.x.min(width - center.x) <= center.y.min(height - center.y);
        let along = |mm: f64| if at_side { center.moved(0.0, mm) } else { center.moved(mm, 0.0) };
        let from_middle = if at_side { center.y - height / 2.0 } else { center.x - width / 2.0 };
        let is_half_apart = (from_middle.abs() - t::HOLES_APART_MM / 2.0).abs() <= t::HOLES_OFF_MM;
        let inward = -t::HOLES_APART_MM * from_middle.signum();
        is_half_apart && self.is_away(along(inward))
            || [t::HOLES_APART_MM, -t::HOLES_APART_MM].into_iter().any(|mm| self.has_disc(along(mm)))
    }

    fn has_disc(&self, around: Point) -> bool {
        let off = 4;
        let near = |step: i32| f64::from(step) * t::OUTSIDE_CELL_MM;
        (-off..=off).any(|dy| (-off..=off).any(|dx| self.is_disc(around.moved(near(dx), near(dy)))))
    }

    /// A place of the sheet that is not on the page, or lies under another sheet.
    fn is_away(&self, sheet: Point) -> bool {
        let at = self.map.to_page(sheet);
        let is_on = (0.0..self.ink.width_px as f64).contains(&at.x)
            && (0.0..self.ink.height_px as f64).contains(&at.y);
        !is_on || self.others.iter().any(|other| other.has(at))
    }

    /// Near the edge of what is looked at: the sheet's or the page's.
    fn reaches_edge(&self, piece: &Piece) -> bool {
        let Rect { x_mm: left, y_mm: top, w_mm, h_mm } = piece.area();
        let (right, foot) = (left + w_mm, top + h_mm);
        let [width, height] = self.size_mm;
        let (near, near_top) =
            (t::OUTSIDE_EDGE_MM + 2.0 * t::OUTSIDE_CELL_MM, t::OUTSIDE_TOP_MM + 2.0 * t::OUTSIDE_CELL_MM);
        let sides = [(left, top), (right, top), (left, foot), (right, foot)];
        left <= near
            || right >= width - near
            || top <= near_top
            || foot >= height - near
            || sides.into_iter().any(|(x, y)| {
                let at = self.map.to_page(Point::new(x, y));
                let (px, py) = self.map.local(Point::new(x, y)).px_per_mm();
                let (x, y) = (at.x / px, at.y / py);
                x <= near
                    || x >= self.ink.width_px as f64 / px - near
                    || y <= near_top
                    || y >= self.ink.height_px as f64 / py - near
            })
    }

    /// The share of ink in the square that reaches `half_mm` from a place of the sheet each way.
    fn share(&self, sheet: Point, half_mm: f64) -> f64 {
        let at = self.map.to_page(sheet);
        let (px, py) = self.map.local(sheet).px_per_mm();
        self.ink.share(at.x, at.y, half_mm * px, half_mm * py)
    }
}

/// What of the page is looked at, and how large cells are on it.
struct Looked<'a> {
    ink: &'a Ink,
    columns_px: Range<f64>,
    rows_px: Range<f64>,
    /// Half a cell.
    half_px: (f64, f64),
    /// What surely holds a block, from its middle.
    block_px: (f64, f64),
}

impl<'a> Looked<'a> {
    fn at(ink: &'a Ink, (px, py): (f64, f64)) -> Self {
        // On a page that lies on its side the scales change places; the edges are generous.
        let most = px.max(py);
        let edge = t::OUTSIDE_EDGE_MM * most;
        Self {
            ink,
            columns_px: edge..ink.width_px as f64 - edge,
            rows_px: t::OUTSIDE_TOP_MM * most..ink.height_px as f64 - edge,
            half_px: (px * t::OUTSIDE_CELL_MM / 2.0, py * t::OUTSIDE_CELL_MM / 2.0),
            block_px: (px * BLOCK_REACH_MM, py * BLOCK_REACH_MM),
        }
    }
}

/// A connected piece of ink.
struct Piece {
    columns: (usize, usize),
    rows: (usize, usize),
    ink_mm2: f64,
}

impl Cells {
    fn of(layout: &PageLayout) -> Self {
        let count = |mm: f64| (mm / t::OUTSIDE_CELL_MM).ceil().max(1.0) as usize;
        let (columns, rows) = (count(layout.width_mm), count(layout.height_mm));
        let mut cells =
            Self { columns, ink_mm2: vec![0.0; columns * rows], left_out: vec![false; columns * rows] };
        let (w, h, edge) = (layout.width_mm, layout.height_mm, t::OUTSIDE_EDGE_MM);
        for (x, y, w, h) in [
            (0.0, 0.0, w, t::OUTSIDE_TOP_MM),
            (0.0, h - edge, w, edge),
            (0.0, 0.0, edge, h),
            (w - edge, 0.0, edge, h),
        ] {
            cells.leave_out(x, y, w, h, 0.0);
        }
        for area in &layout.printed {
            cells.leave_out(area.x_mm, area.y_mm, area.w_mm, area.h_mm, t::OUTSIDE_PRINTED_MM);
        }
        for one in &layout.boxes {
            cells.leave_out(one.x_mm, one.y_mm, one.size_mm, one.size_mm, t::OUTSIDE_BOX_MM);
        }
        for zone in &layout.zones {
            cells.leave_out(zone.x_mm, zone.y_mm, zone.w_mm, zone.h_mm, t::OUTSIDE_ZONE_MM);
        }
        for mark in &layout.marks {
            cells.leave_out(mark.x_mm, mark.y_mm, mark.size_mm, mark.size_mm, t::OUTSIDE_ZONE_MM);
        }
        let code = &layout.code;
        cells.leave_out(code.x_mm, code.y_mm, code.size_mm, code.size_mm, t::OUTSIDE_ZONE_MM);
        cells
    }

    fn rows(&self) -> usize {
        self.ink_mm2.len() / self.columns
    }

    fn leave_out(&mut self, x_mm: f64, y_mm: f64, w_mm: f64, h_mm: f64, around_mm: f64) {
        let cell = |mm: f64, most: usize| ((mm / t::OUTSIDE_CELL_MM).max(0.0) as usize).min(most);
        let rows = self.rows();
        let (x0, x1) =
            (cell(x_mm - around_mm, self.columns), cell(x_mm + w_mm + around_mm, self.columns - 1));
        let (y0, y1) = (cell(y_mm - around_mm, rows), cell(y_mm + h_mm + around_mm, rows - 1));
        for row in y0..=y1 {
            if let Some(cells) = self.left_out.get_mut(row * self.columns + x0..=row * self.columns + x1) {
                cells.fill(true);
            }
        }
    }

    /// Counts the strokes of the page into the cells. Most blocks are print, or white, and not looked at closely.
    fn look(&mut self, ink: &Ink, map: &Plane, others: &[OtherSheet]) {
        let looked = Looked::at(ink, map.local(self.middle(self.ink_mm2.len() / 2)).px_per_mm());
        for top in (0..self.rows()).step_by(BLOCK) {
            let rows = top..(top + BLOCK).min(self.rows());
            for left in (0..self.columns).step_by(BLOCK) {
                let columns = left..(left + BLOCK).min(self.columns);
                let is_open = |row| {
                    let cells = row * self.columns + columns.start..row * self.columns + columns.end;
                    self.left_out.get(cells).is_some_and(|cells| cells.contains(&false))
                };
                if !rows.clone().any(is_open) {
                    continue;
                }
                let middle = |cell: usize| (cell + BLOCK / 2) as f64 * t::OUTSIDE_CELL_MM;
                let middle = Point::new(middle(left), middle(top));
                let near = map.local(middle);
                let at = near.to_page(middle);
                if ink.share(at.x, at.y, looked.block_px.0, looked.block_px.1) > 0.0 {
                    let cells = rows.clone().flat_map(|row| columns.clone().map(move |column| (row, column)));
                    cells.for_each(|(row, column)| self.look_at(row, column, &near, &looked, others));
                }
            }
        }
    }

    /// Counts the strokes in one cell, which `near` maps to the page.
    fn look_at(&mut self, row: usize, column: usize, near: &Affine, looked: &Looked, others: &[OtherSheet]) {
        let index = row * self.columns + column;
        if self.left_out.get(index) != Some(&false) {
            return;
        }
        let half = |cell: usize| (cell as f64 + 0.5) * t::OUTSIDE_CELL_MM;
        let at = near.to_page(Point::new(half(column), half(row)));
        if !looked.columns_px.contains(&at.x) || !looked.rows_px.contains(&at.y) {
            return;
        }
        let share = looked.ink.share(at.x, at.y, looked.half_px.0, looked.half_px.1);
        if share >= t::OUTSIDE_CELL_INK
            && !others.iter().any(|other| other.has(at))
            && let Some(cell) = self.ink_mm2.get_mut(index)
        {
            *cell = (share * t::OUTSIDE_CELL_MM * t::OUTSIDE_CELL_MM) as f32;
        }
    }

    fn middle(&self, index: usize) -> Point {
        let (column, row) = (index % self.columns, index / self.columns);
        Point::new((column as f64 + 0.5) * t::OUTSIDE_CELL_MM, (row as f64 + 0.5) * t::OUTSIDE_CELL_MM)
    }

    fn outside(mut self, page: &Page) -> Option<Outside> {
        let mut found: Option<(Point, Piece)> = None;
        for index in 0..self.ink_mm2.len() {
            if self.ink_mm2.get(index).is_some_and(|ink| *ink > 0.0) {
                let piece = self.take_piece(index);
                let of_the_desk = || self.is_surrounding(&piece, page) || self.is_hole(&piece, page);
                if piece.is_writing() && !of_the_desk() {
                    match &mut found {
                        Some((_, all)) => all.join(&piece),
                        None => found = Some((piece.middle(), piece)),
                    }
                }
            }
        }
        found.map(|(first, all)| Outside { first, area: all.area() })
    }

    /// The black around paper that was laid on an open glass: it reaches the edge of what is looked at, and somewhere it
    /// is solid over more than a pen draws. What was blacked out in the middle of the sheet is a person's to see.
    fn is_surrounding(&self, piece: &Piece, page: &Page) -> bool {
        let half = t::SURROUNDING_MM / 2.0;
        let step = (half / t::OUTSIDE_CELL_MM) as usize;
        piece.ink_mm2 >= t::SURROUNDING_MM * t::SURROUNDING_MM
            && page.reaches_edge(piece)
            && (piece.rows.0..=piece.rows.1).step_by(step).any(|row| {
                (piece.columns.0..=piece.columns.1)
                    .step_by(step)
                    .any(|column| page.share(self.middle(row * self.columns + column), half) >= t::SOLID)
            })
    }

    /// A hole of a binder before a dark lid: near an edge of the sheet, a solid disc, of which the piece is a part, and
    /// another one at the distance of a binder's. A single blot is a person's to see.
    fn is_hole(&self, piece: &Piece, page: &Page) -> bool {
        let whole = [self.columns, self.rows()].map(|cells| cells as f64 * t::OUTSIDE_CELL_MM);
        let area = piece.area();
        let beyond = [whole[0] - area.x_mm - area.w_mm, whole[1] - area.y_mm - area.h_mm];
        let edge = area.x_mm.min(area.y_mm).min(beyond[0]).min(beyond[1]);
        if edge > t::HOLE_FROM_EDGE_MM || area.w_mm.max(area.h_mm) > t::HOLE_MAX_MM {
            return false;
        }
        let middle = piece.middle();
        let reach = (t::HOLE_MAX_MM / 2.0 / t::OUTSIDE_CELL_MM) as i32;
        let near = |step: i32| f64::from(step) * t::OUTSIDE_CELL_MM;
        let holds = |center: Point| {
            let off = |from: f64, length: f64, at: f64| (at - from).abs().max((from + length - at).abs());
            let (dx, dy) = (off(area.x_mm, area.w_mm, center.x), off(area.y_mm, area.h_mm, center.y));
            dx.max(dy) <= t::HOLE_MAX_MM / 2.0
        };
        (-reach..=reach).any(|dy| {
            (-reach..=reach).any(|dx| {
                let center = middle.moved(near(dx), near(dy));
                holds(center) && page.is_disc(center) && page.has_partner(center)
            })
        })
    }

    /// Takes the piece that hangs together with cell `index` out of the cells.
    fn take_piece(&mut self, index: usize) -> Piece {
        let (column, row) = (index % self.columns, index / self.columns);
        let mut piece = Piece { columns: (column, column), rows: (row, row), ink_mm2: 0.0 };
        let mut waiting = vec![(column, row)];
        while let Some((column, row)) = waiting.pop() {
            let Some(cell) = self.ink_mm2.get_mut(row * self.columns + column) else { continue };
            if *cell <= 0.0 {
                continue;
            }
            piece.add(column, row, f64::from(std::mem::take(cell)));
            for next_row in row.saturating_sub(1)..=row + 1 {
                for next in column.saturating_sub(1)..=(column + 1).min(self.columns - 1) {
                    waiting.push((next, next_row));
                }
            }
        }
        piece
    }
}

impl Piece {
    fn add(&mut self, column: usize, row: usize, ink_mm2: f64) {
        self.columns = (self.columns.0.min(column), self.columns.1.max(column));
        self.rows = (self.rows.0.min(row), self.rows.1.max(row));
        self.ink_mm2 += ink_mm2;
    }

    fn join(&mut self, other: &Self) {
        self.add(other.columns.0, other.rows.0, 0.0);
        self.add(other.columns.1, other.rows.1, other.ink_mm2);
    }

    fn area(&self) -> Rect {
        let (w_mm, h_mm) = self.size_mm();
        let start = |(from, _): (usize, usize)| from as f64 * t::OUTSIDE_CELL_MM;
        Rect { x_mm: start(self.columns), y_mm: start(self.rows), w_mm, h_mm }
    }

    fn size_mm(&self) -> (f64, f64) {
        let span = |(from, to): (usize, usize)| (to - from + 1) as f64 * t::OUTSIDE_CELL_MM;
        (span(self.columns), span(self.rows))
    }

    /// Long enough, dark enough, and no streak.
    fn is_writing(&self) -> bool {
        let (across, down) = self.size_mm();
        let (short, long) = (across.min(down), across.max(down));
        let streak = short <= t::OUTSIDE_STREAK_MM && long >= 4.0 * t::OUTSIDE_STREAK_MM;
        long >= t::OUTSIDE_MIN_MM && self.ink_mm2 >= t::OUTSIDE_MIN_MM2 && !streak
    }

    fn middle(&self) -> Point {
        let middle = |(from, to): (usize, usize)| (from + to + 1) as f64 / 2.0 * t::OUTSIDE_CELL_MM;
        Point::new(middle(self.columns), middle(self.rows))
    }
}

//! The map of a whole sheet: affine for a fax or a scan, with the slight perspective of a photo where the
//! found places ask for it. Around one place it is affine again ([`Plane::local`]). It only calculates.

use super::affine::{Affine, Pair, Point};

/// Sheet mm → page px: the affine map, divided by 1 + `gx`·x + `gy`·y.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    /// The map before the division.
    pub affine: Affine,
    /// Perspective for each mm to the right; 0 for paper that lay flat under the lens.
    pub gx: f64,
    /// Perspective for each mm down.
    pub gy: f64,
}

impl From<Affine> for Plane {
    fn from(affine: Affine) -> Self {
        Self { affine, gx: 0.0, gy: 0.0 }
    }
}

impl Plane {
    /// The least-squares map through `pairs`: affine while that leaves no pair farther off than `flat_mm`
    /// (sheet mm), else with perspective. `None` with fewer than three pairs or with all on a line.
    #[must_use]
    pub fn fit(pairs: &[Pair], flat_mm: f64) -> Option<Self> {
        let flat = Self::from(Affine::fit(pairs)?);
        if pairs.len() < 4 || flat.worst_mm(pairs) <= flat_mm {
            return Some(flat);
        }
        let bent = Self::bent(pairs).filter(|bent| bent.worst_mm(pairs) < 0.7 * flat.worst_mm(pairs));
        Some(bent.unwrap_or(flat))
    }

    /// Where the sheet's point lies on the page.
    #[must_use]
    pub fn to_page(&self, sheet: Point) -> Point {
        let flat = self.affine.to_page(sheet);
        let depth = self.depth(sheet);
        Point::new(flat.x / depth, flat.y / depth)
    }

    /// The affine map that is right around `sheet`: within 0.1 mm over 10 mm for what a hand-held photo does.
    #[must_use]
    pub fn local(&self, sheet: Point) -> Affine {
        if self.gx == 0.0 && self.gy == 0.0 {
            return self.affine;
        }
        let (page, depth, flat) = (self.to_page(sheet), self.depth(sheet), self.affine);
        let (xx, xy) = ((flat.xx - page.x * self.gx) / depth, (flat.xy - page.x * self.gy) / depth);
        let (yx, yy) = ((flat.yx - page.y * self.gx) / depth, (flat.yy - page.y * self.gy) / depth);
        Affine {
            xx,
            xy,
            x0: page.x - xx * sheet.x - xy * sheet.y,
            yx,
            yy,
            y0: page.y - yx * sheet.x - yy * sheet.y,
        }
    }

    /// The sheet's point that lies at the page's point; `None` when the map is flat as a line.
    #[must_use]
    pub fn to_sheet(&self, page: Point) -> Option<Point> {
        let flat = &self.affine;
        let turned = Affine {
            xx: flat.xx - page.x * self.gx,
            xy: flat.xy - page.x * self.gy,
            x0: flat.x0 - page.x,
            yx: flat.yx - page.y * self.gx,
            yy: flat.yy - page.y * self.gy,
            y0: flat.y0 - page.y,
        };
        turned.inverse().map(|back| Point::new(back.x0, back.y0))
    }

    /// The same map, moved by pixels.
    #[must_use]
    pub fn moved(self, right_px: f64, down_px: f64) -> Self {
        let by = |flat: f64, gain: f64, px: f64| flat + gain * px;
        let Affine { xx, xy, x0, yx, yy, y0 } = self.affine;
        let affine = Affine {
            xx: by(xx, self.gx, right_px),
            xy: by(xy, self.gy, right_px),
            x0: x0 + right_px,
            yx: by(yx, self.gx, down_px),
            yy: by(yy, self.gy, down_px),
            y0: y0 + down_px,
        };
        Self { affine, ..self }
    }

    fn depth(&self, sheet: Point) -> f64 {
        // A lens sees no point behind itself; a fit that says so is wrong and must not divide by nothing.
        (1.0 + self.gx * sheet.x + self.gy * sheet.y).max(0.05)
    }

    fn worst_mm(&self, pairs: &[Pair]) -> f64 {
        let (px, py) = self.affine.px_per_mm();
        let off = |pair: &Pair| {
            let at = self.to_page(pair.sheet);
            ((at.x - pair.page.x) / px).hypot((at.y - pair.page.y) / py)
        };
        pairs.iter().map(off).fold(0.0, f64::max)
    }

    /// The eight numbers of a perspective by least squares, each pair giving two linear equations:
    /// x = xx·u + xy·v + x0 − x·(gx·u + gy·v), and the same for y.
    fn bent(pairs: &[Pair]) -> Option<Self> {
        // Everything about 1 in size, or the squares of a thousand pixels drown the rest.
        let size =
            |value: &dyn Fn(&Pair) -> f64| pairs.iter().map(|pair| value(pair).abs()).fold(1.0, f64::max);
        let (mm, px) = (
            size(&|pair| pair.sheet.x.abs().max(pair.sheet.y.abs())),
            size(&|pair| pair.page.x.abs().max(pair.page.y.abs())),
        );
        let mut normal = [[0.0; 9]; 8];
        for pair in pairs {
            let (u, v) = (pair.sheet.x / mm, pair.sheet.y / mm);
            let (x, y) = (pair.page.x / px, pair.page.y / px);
            let across = [u, v, 1.0, 0.0, 0.0, 0.0, -x * u, -x * v, x];
            let down = [0.0, 0.0, 0.0, u, v, 1.0, -y * u, -y * v, y];
            for row in [across, down] {
                for (line, left) in normal.iter_mut().zip(row) {
                    for (cell, right) in line.iter_mut().zip(row) {
                        *cell += pair.weight * left * right;
                    }
                }
            }
        }
        let [xx, xy, x0, yx, yy, y0, gx, gy] = solve(normal)?;
        let affine = Affine {
            xx: xx * px / mm,
            xy: xy * px / mm,
            x0: x0 * px,
            yx: yx * px / mm,
            yy: yy * px / mm,
            y0: y0 * px,
        };
        Some(Self { affine, gx: gx / mm, gy: gy / mm })
    }
}

/// Gauss's elimination with the largest pivot; `None` when the equations do not say enough.
fn solve(mut rows: [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let largest = (column..8).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
        rows.swap(column, largest);
        let pivot = rows[column];
        if pivot[column].abs() < 1e-10 {
            return None;
        }
        for (index, row) in rows.iter_mut().enumerate() {
            if index != column {
                let share = row[column] / pivot[column];
                row.iter_mut().zip(pivot).for_each(|(cell, above)| *cell -= share * above);
            }
        }
    }
    let mut found = [0.0; 8];
    for (index, value) in found.iter_mut().enumerate() {
        *value = rows[index][8] / rows[index][index];
    }
    found.iter().all(|value| value.is_finite()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo() -> Plane {
        let affine = Affine { xx: 8.0, xy: -0.3, x0: 40.0, yx: 0.4, yy: 7.8, y0: -20.0 };
        Plane { affine, gx: 1.5e-4, gy: -1.0e-4 }
    }

    fn seen(plane: &Plane) -> Vec<Pair> {
        let places =
            [(10.0, 150.0), (194.0, 150.0), (10.0, 280.0), (194.0, 280.0), (180.0, 160.0), (90.0, 200.0)];
        let at = |&(x, y): &(f64, f64)| Point::new(x, y);
        places.iter().map(at).map(|sheet| Pair { sheet, page: plane.to_page(sheet), weight: 1.0 }).collect()
    }

    #[test]
    fn a_fit_finds_the_perspective_that_made_the_points_and_none_where_there_is_none() {
        let pairs = seen(&photo());
        let found = Plane::fit(&pairs, 0.3).unwrap();
        for (x, y) in [(20.0, 20.0), (105.0, 215.0), (150.0, 290.0)] {
            let (a, b) = (found.to_page(Point::new(x, y)), photo().to_page(Point::new(x, y)));
            assert!((a.x - b.x).abs() + (a.y - b.y).abs() < 1e-3, "{a:?} {b:?}");
            let back = found.to_sheet(a).unwrap();
            assert!((back.x - x).abs() + (back.y - y).abs() < 1e-6);
            let moved = found.moved(3.0, -2.0).to_page(Point::new(x, y));
            assert!((moved.x - a.x - 3.0).abs() + (moved.y - a.y + 2.0).abs() < 1e-6);
        }
        let flat = Plane { gx: 0.0, gy: 0.0, ..photo() };
        assert!(Plane::fit(&seen(&flat), 0.3).unwrap().gx.abs() < f64::MIN_POSITIVE);
        assert!(Plane::fit(&pairs[..2], 0.3).is_none());
    }

    #[test]
    fn around_a_place_the_local_map_is_right() {
        let (plane, middle) = (photo(), Point::new(120.0, 220.0));
        let local = plane.local(middle);
        for (dx, dy) in [(0.0, 0.0), (5.0, 5.0), (-5.0, 4.0), (0.0, -8.0)] {
            let (a, b) = (local.to_page(middle.moved(dx, dy)), plane.to_page(middle.moved(dx, dy)));
            assert!((a.x - b.x).hypot(a.y - b.y) < 0.8, "{a:?} {b:?}");
        }
    }
}

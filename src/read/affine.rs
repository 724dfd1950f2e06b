//! The one map of the reader: from millimetres on the sheet to pixels on the page. It only calculates;
//! it never looks at a pixel.

/// A point, in millimetres of a sheet or in pixels of a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl Point {
    /// A point.
    #[must_use]
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// This point moved by `dx` and `dy`.
    #[must_use]
    pub fn moved(self, dx: f64, dy: f64) -> Self {
        Self { x: self.x + dx, y: self.y + dy }
    }
}

/// Where a place of the sheet (mm) was found on the page (px).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// On the sheet, in mm.
    pub sheet: Point,
    /// On the page, in px.
    pub page: Point,
    /// How much it counts in a fit.
    pub weight: f64,
}

/// Sheet mm → page px: turn, skew, both scales and shift (six numbers). A fax machine's feed makes x
/// and y scales differ; it does not make a perspective.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    /// px to the right for each mm to the right.
    pub xx: f64,
    /// px to the right for each mm down.
    pub xy: f64,
    /// px to the right of the sheet's origin.
    pub x0: f64,
    /// px down for each mm to the right.
    pub yx: f64,
    /// px down for each mm down.
    pub yy: f64,
    /// px down of the sheet's origin.
    pub y0: f64,
}

impl Affine {
    /// The least-squares map through `pairs`; `None` with fewer than three or with all on a line.
    #[must_use]
    pub fn fit(pairs: &[Pair]) -> Option<Self> {
        let total: f64 = pairs.iter().map(|pair| pair.weight).sum();
        if pairs.len() < 3 || total <= 0.0 {
            return None;
        }
        let mean = |value: &dyn Fn(&Pair) -> f64| {
            pairs.iter().map(|pair| pair.weight * value(pair)).sum::<f64>() / total
        };
        let sheet = Point::new(mean(&|pair| pair.sheet.x), mean(&|pair| pair.sheet.y));
        let page = Point::new(mean(&|pair| pair.page.x), mean(&|pair| pair.page.y));
        let co = |left: &dyn Fn(&Pair) -> f64, right: &dyn Fn(&Pair) -> f64| {
            pairs.iter().map(|pair| pair.weight * left(pair) * right(pair)).sum::<f64>() / total
        };
        let u = |pair: &Pair| pair.sheet.x - sheet.x;
        let v = |pair: &Pair| pair.sheet.y - sheet.y;
        let (uu, uv, vv) = (co(&u, &u), co(&u, &v), co(&v, &v));
        let determinant = uu * vv - uv * uv;
        if determinant < 1e-3 * (uu + vv) {
            return None;
        }
        let solve = |target: &dyn Fn(&Pair) -> f64| {
            let (tu, tv) = (co(&u, target), co(&v, target));
            ((tu * vv - tv * uv) / determinant, (tv * uu - tu * uv) / determinant)
        };
        let (xx, xy) = solve(&|pair| pair.page.x - page.x);
        let (yx, yy) = solve(&|pair| pair.page.y - page.y);
        Some(Self {
            xx,
            xy,
            x0: page.x - xx * sheet.x - xy * sheet.y,
            yx,
            yy,
            y0: page.y - yx * sheet.x - yy * sheet.y,
        })
    }

    /// Where the sheet's point lies on the page.
    #[must_use]
    pub fn to_page(&self, sheet: Point) -> Point {
        Point {
            x: self.xx * sheet.x + self.xy * sheet.y + self.x0,
            y: self.yx * sheet.x + self.yy * sheet.y + self.y0,
        }
    }

    /// The map back, page px → sheet mm; `None` when the map is flat.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        let determinant = self.xx * self.yy - self.xy * self.yx;
        if determinant.abs() < 1e-9 {
            return None;
        }
        let (xx, xy) = (self.yy / determinant, -self.xy / determinant);
        let (yx, yy) = (-self.yx / determinant, self.xx / determinant);
        Some(Self { xx, xy, x0: -(xx * self.x0 + xy * self.y0), yx, yy, y0: -(yx * self.x0 + yy * self.y0) })
    }

    /// The same map, moved by pixels.
    #[must_use]
    pub fn moved(self, right_px: f64, down_px: f64) -> Self {
        Self { x0: self.x0 + right_px, y0: self.y0 + down_px, ..self }
    }

    /// Pixels a millimetre across the page, and down the page.
    #[must_use]
    pub fn px_per_mm(&self) -> (f64, f64) {
        (self.xx.hypot(self.xy), self.yx.hypot(self.yy))
    }

    /// How far the page is turned clockwise against the sheet, in (-180, 180] degrees.
    #[must_use]
    pub fn rotation_deg(&self) -> f64 {
        let (px, py) = self.px_per_mm();
        // Both of the sheet's axes, in page mm; averaged, so that shear does not count as a turn.
        let (right, down) = ((self.xx / px, self.yx / py), (self.yy / py, -self.xy / px));
        (right.1 + down.1).atan2(right.0 + down.0).to_degrees()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(degrees: f64) -> Affine {
        let (sin, cos) = degrees.to_radians().sin_cos();
        Affine { xx: 8.0 * cos, xy: -8.0 * sin, x0: 5.0, yx: 4.0 * sin, yy: 4.0 * cos, y0: 9.0 }
    }

    #[test]
    fn a_fit_finds_the_map_that_made_the_points() {
        for degrees in [0.0, 2.5, 90.0, 178.0, -90.0, -3.0] {
            let map = turned(degrees);
            let corners = [(10.0, 150.0), (194.0, 150.0), (10.0, 280.0), (194.0, 280.0)];
            let pairs: Vec<Pair> = corners
                .iter()
                .map(|&(x, y)| Point::new(x, y))
                .map(|sheet| Pair { sheet, page: map.to_page(sheet), weight: 1.0 })
                .collect();
            let found = Affine::fit(&pairs).unwrap();
            let back = found.inverse().unwrap().to_page(map.to_page(Point::new(33.0, 44.0)));
            assert!((back.x - 33.0).abs() < 1e-6 && (back.y - 44.0).abs() < 1e-6);
            assert!((found.rotation_deg() - degrees).abs() < 1e-6, "{degrees}: {}", found.rotation_deg());
            assert!(Affine::fit(&pairs[..2]).is_none());
        }
    }
}

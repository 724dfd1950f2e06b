//! Into how many dashes a stroke falls: a line of a kilometre in dashes of a hair's breadth is a few bytes in the file
//! and gigabytes for whoever draws it. It knows no matrix: length and dash are scaled alike.

/// The length of the path that is being built, in the units of its numbers.
#[derive(Default)]
pub(super) struct Path {
    start: (f64, f64),
    at: (f64, f64),
    length: f64,
}

impl Path {
    /// Follows a path construction operator (ISO 32000-1 table 59); a curve is as long as its polygon at the most.
    pub(super) fn follow(&mut self, operator: &[u8], numbers: &[f64]) {
        match (operator, numbers) {
            (b"m", &[x, y]) => {
                self.start = (x, y);
                self.at = (x, y);
            }
            (b"l" | b"c" | b"v" | b"y", points) => points.chunks_exact(2).for_each(|point| self.go(point)),
            (b"h", _) => self.close(),
            (b"re", &[x, y, width, height]) => {
                self.start = (x, y);
                self.at = (x, y);
                self.length += 2.0 * (width.abs() + height.abs());
            }
            _ => {}
        }
    }

    fn go(&mut self, point: &[f64]) {
        let &[x, y] = point else { return };
        self.length += (x - self.at.0).hypot(y - self.at.1);
        self.at = (x, y);
    }

    /// Back to where it began.
    pub(super) fn close(&mut self) {
        self.go(&[self.start.0, self.start.1]);
    }

    /// How many dashes of this pattern it takes; the path is used up.
    pub(super) fn dashes(&mut self, dash: Dash) -> u64 {
        let length = std::mem::take(self).length;
        if dash.period > 0.0 { (length / dash.period * dash.parts).min(1e18) as u64 } else { 0 }
    }
}

/// A dash array: how long it is, and of how many lengths. Nothing is a line without gaps.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Dash {
    period: f64,
    parts: f64,
}

impl Dash {
    pub(super) fn new(lengths: impl Iterator<Item = f64>) -> Self {
        lengths.fold(Self::default(), |dash, length| Self {
            period: dash.period + length.abs(),
            parts: dash.parts + 1.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_are_counted_along_the_path() {
        let mut path = Path::default();
        path.follow(b"m", &[0.0, 0.0]);
        path.follow(b"l", &[30.0, 40.0]);
        path.follow(b"c", &[30.0, 50.0, 40.0, 50.0, 40.0, 60.0]);
        path.follow(b"re", &[0.0, 0.0, 5.0, 5.0]);
        let dash = Dash::new([3.0, 2.0].into_iter());
        assert_eq!(path.dashes(dash), 40);
        assert_eq!(path.dashes(dash), 0, "the path is used up");
        path.follow(b"m", &[0.0, 0.0]);
        path.follow(b"l", &[0.0, 1e9]);
        path.follow(b"h", &[]);
        assert_eq!(path.dashes(Dash::new([1e-3].into_iter())), 2_000_000_000_000);
        path.follow(b"l", &[0.0, 1e9]);
        assert_eq!(path.dashes(Dash::default()), 0);
    }
}

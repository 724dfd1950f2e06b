//! Stretches of rows: which of a page's rows are not to be trusted. It knows no pixel.

use std::ops::Range;

/// Stretches from the top, none empty, no two touching.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spans(Vec<Range<usize>>);

impl Spans {
    /// One stretch, or none if it is empty.
    pub(super) fn one(rows: Range<usize>) -> Self {
        let mut spans = Self::default();
        spans.add(rows);
        spans
    }

    /// Adds rows, wherever they lie.
    pub(super) fn add(&mut self, rows: Range<usize>) {
        if rows.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.end == rows.start => last.end = rows.end,
            Some(last) if last.end > rows.start => self.add_between(rows),
            _ => self.0.push(rows),
        }
    }

    fn add_between(&mut self, rows: Range<usize>) {
        self.0.push(rows);
        self.0.sort_unstable_by_key(|span| span.start);
        let mut joined: Vec<Range<usize>> = Vec::with_capacity(self.0.len());
        for span in self.0.drain(..) {
            match joined.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => joined.push(span),
            }
        }
        self.0 = joined;
    }

    /// Adds another's stretches, each `down` rows further down.
    pub(super) fn add_all(&mut self, other: &Self, down: usize) {
        for span in &other.0 {
            self.add(span.start + down..span.end + down);
        }
    }

    /// Makes these rows of a page white.
    pub(super) fn whiten(&self, ink: &mut [u8], width_px: usize) {
        for span in &self.0 {
            let end = (span.end * width_px).min(ink.len());
            if let Some(rows) = ink.get_mut(span.start * width_px..end) {
                rows.fill(0);
            }
        }
    }

    /// What of them lies on a page of so many rows.
    pub(super) fn within(&self, height_px: usize) -> Self {
        let cut = |span: &Range<usize>| span.start.min(height_px)..span.end.min(height_px);
        Self(self.0.iter().map(cut).filter(|span| !span.is_empty()).collect())
    }

    /// How many rows.
    pub(super) fn rows(&self) -> usize {
        self.0.iter().map(ExactSizeIterator::len).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The stretches, from the top.
    pub(super) fn into_vec(self) -> Vec<Range<usize>> {
        self.0
    }

    /// The only stretch, if there is just one.
    pub(super) fn only(&self) -> Option<Range<usize>> {
        match self.0.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }
    }

    /// On a page of `height_px` rows that is turned upside down.
    pub(super) fn flipped(self, height_px: usize) -> Self {
        let flip =
            |span: Range<usize>| height_px.saturating_sub(span.end)..height_px.saturating_sub(span.start);
        Self(self.0.into_iter().rev().map(flip).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_that_touch_become_one() {
        let mut spans = Spans::default();
        for rows in [5..7, 1..2, 7..9, 4..4, 20..30, 22..25] {
            spans.add(rows);
        }
        assert_eq!((spans.rows(), spans.only()), (15, None));
        assert_eq!(spans.clone().into_vec(), [1..2, 5..9, 20..30]);
        assert_eq!(spans.within(8).into_vec(), [1..2, 5..8]);
        assert_eq!(spans.flipped(30).into_vec(), [0..10, 21..25, 28..29]);
        assert_eq!(Spans::one(3..3), Spans::default());
        assert_eq!(Spans::one(3..5).only(), Some(3..5));
    }
}

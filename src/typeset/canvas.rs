//! Pages to draw on, in millimetres from the top left. What is drawn is kept as a list and written
//! by [`super::pdf`].

use super::font::{Face, MM_A_POINT};

/// One thing on a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Drawn {
    /// A line of text; `y_mm` is its baseline.
    Text {
        /// Left end.
        x_mm: f64,
        /// Baseline.
        y_mm: f64,
        /// Weight.
        face: Face,
        /// Size.
        size_pt: f64,
        /// The line.
        text: String,
    },
    /// A straight line.
    Line {
        /// Beginning.
        from_mm: (f64, f64),
        /// End.
        to_mm: (f64, f64),
        /// Thickness.
        width_mm: f64,
        /// Dash and gap; `None` for a solid line.
        dash_mm: Option<f64>,
    },
    /// The outline of a rectangle; the stroke's middle lies on its edge.
    Frame {
        /// Left edge.
        x_mm: f64,
        /// Top edge.
        y_mm: f64,
        /// Width.
        w_mm: f64,
        /// Height.
        h_mm: f64,
        /// Thickness of the stroke.
        stroke_mm: f64,
    },
    /// A solid black rectangle.
    Solid {
        /// Left edge.
        x_mm: f64,
        /// Top edge.
        y_mm: f64,
        /// Width.
        w_mm: f64,
        /// Height.
        h_mm: f64,
    },
}

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Width.
    pub width_mm: f64,
    /// Height.
    pub height_mm: f64,
    /// In drawing order.
    pub drawn: Vec<Drawn>,
}

impl Page {
    /// An empty A4 page (ISO 216).
    #[must_use]
    pub fn a4() -> Self {
        Self { width_mm: 210.0, height_mm: 297.0, drawn: Vec::new() }
    }

    /// The places of all text and all lines: `(x, y, width, height)` in mm. Frames and solids are not among
    /// them.
    pub fn text_and_lines_mm(&self) -> impl Iterator<Item = (f64, f64, f64, f64)> {
        self.drawn.iter().filter_map(|drawn| match drawn {
            Drawn::Text { x_mm, y_mm, face, size_pt, text } if !text.is_empty() => {
                let em_mm = size_pt * MM_A_POINT;
                let font = face.font();
                let up_mm = f64::from(font.ascent) / f64::from(font.units_per_em) * em_mm;
                let down_mm = f64::from(-font.descent) / f64::from(font.units_per_em) * em_mm;
                Some((*x_mm, y_mm - up_mm, face.width_mm(text, *size_pt), up_mm + down_mm))
            }
            Drawn::Line { from_mm, to_mm, width_mm, .. } => {
                let (left, top) = (from_mm.0.min(to_mm.0), from_mm.1.min(to_mm.1));
                let (across, down) = ((from_mm.0 - to_mm.0).abs(), (from_mm.1 - to_mm.1).abs());
                let half = width_mm / 2.0;
                Some((left - half, top - half, across + width_mm, down + width_mm))
            }
            Drawn::Text { .. } | Drawn::Frame { .. } | Drawn::Solid { .. } => None,
        })
    }

    /// A line of text with its baseline at `y_mm`.
    pub fn text(&mut self, x_mm: f64, y_mm: f64, face: Face, size_pt: f64, text: impl Into<String>) {
        self.drawn.push(Drawn::Text { x_mm, y_mm, face, size_pt, text: text.into() });
    }

    /// A line of text that ends at `right_mm`.
    pub fn text_right(&mut self, right_mm: f64, y_mm: f64, face: Face, size_pt: f64, text: &str) {
        self.text(right_mm - face.width_mm(text, size_pt), y_mm, face, size_pt, text);
    }

    /// A line of text around `middle_mm`.
    pub fn text_centred(&mut self, middle_mm: f64, y_mm: f64, face: Face, size_pt: f64, text: &str) {
        self.text(middle_mm - face.width_mm(text, size_pt) / 2.0, y_mm, face, size_pt, text);
    }

    /// A solid line.
    pub fn line(&mut self, from_mm: (f64, f64), to_mm: (f64, f64), width_mm: f64) {
        self.drawn.push(Drawn::Line { from_mm, to_mm, width_mm, dash_mm: None });
    }

    /// A dashed line.
    pub fn dashed(&mut self, from_mm: (f64, f64), to_mm: (f64, f64), width_mm: f64, dash_mm: f64) {
        self.drawn.push(Drawn::Line { from_mm, to_mm, width_mm, dash_mm: Some(dash_mm) });
    }

    /// The outline of a rectangle.
    pub fn frame(&mut self, x_mm: f64, y_mm: f64, w_mm: f64, h_mm: f64, stroke_mm: f64) {
        self.drawn.push(Drawn::Frame { x_mm, y_mm, w_mm, h_mm, stroke_mm });
    }

    /// A solid rectangle.
    pub fn solid(&mut self, x_mm: f64, y_mm: f64, w_mm: f64, h_mm: f64) {
        self.drawn.push(Drawn::Solid { x_mm, y_mm, w_mm, h_mm });
    }
}

//! The layout of a rendered sheet in millimetres: made by `sheet`, stored with the sheet, used by
//! `read`. All places are from the page's top left to the thing's top left corner.
//! The JSON of `renraku sheet --layout` is [`Layout`].

use crate::domain::sheet_number::SheetNumber;
use serde::{Deserialize, Serialize};

/// The geometry of every page of one sheet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// The sheet that it belongs to.
    pub sheet_id: SheetNumber,
    /// In page order.
    pub pages: Vec<PageLayout>,
}

impl Layout {
    /// The layout of the sheet's page `page` (from 1).
    #[must_use]
    pub fn page(&self, page: u8) -> Option<&PageLayout> {
        self.pages.iter().find(|candidate| candidate.page == page)
    }
}

/// The geometry of one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageLayout {
    /// From 1.
    pub page: u8,
    /// The paper's width.
    pub width_mm: f64,
    /// The paper's height.
    pub height_mm: f64,
    /// The four solid corner squares: top left, top right, bottom left, bottom right.
    pub marks: Vec<Mark>,
    /// The QR code (version 2, level Q: 25 × 25 modules).
    pub code: CodePlace,
    /// The tick boxes, in the order in which they are read.
    pub boxes: Vec<TickBox>,
    /// The handwriting areas.
    pub zones: Vec<Zone>,
    /// What else is printed: lines of text and rules, so that ink elsewhere is known to be the pen's. Empty
    /// for a sheet whose print is not known; then nobody looks elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub printed: Vec<Printed>,
}

/// A solid black square.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Left edge.
    pub x_mm: f64,
    /// Top edge.
    pub y_mm: f64,
    /// Width and height.
    pub size_mm: f64,
}

/// The QR code, without its quiet zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodePlace {
    /// What it says: 26 characters.
    pub text: String,
    /// Left edge of the first module.
    pub x_mm: f64,
    /// Top edge of the first module.
    pub y_mm: f64,
    /// Width and height of the 25 modules together.
    pub size_mm: f64,
}

/// A tick box: a square outline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TickBox {
    /// The reply field's id.
    pub field: String,
    /// The option's id.
    pub option: String,
    /// Left edge (of the stroke's middle).
    pub x_mm: f64,
    /// Top edge (of the stroke's middle).
    pub y_mm: f64,
    /// Width and height.
    pub size_mm: f64,
}

/// A framed handwriting area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Zone {
    /// The reply field's id.
    pub field: String,
    /// Left edge of the frame.
    pub x_mm: f64,
    /// Top edge of the frame.
    pub y_mm: f64,
    /// Width of the frame.
    pub w_mm: f64,
    /// Height of the frame.
    pub h_mm: f64,
}

/// A place with printed ink that is no box, area, corner square or code.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Printed {
    /// Left edge.
    pub x_mm: f64,
    /// Top edge.
    pub y_mm: f64,
    /// Width.
    pub w_mm: f64,
    /// Height.
    pub h_mm: f64,
}

/// What must be known to look for a sheet before it is known which sheet it is: its corner squares
/// and its code's place. A region uses a handful of these, however many sheets it sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Top left, top right, bottom left, bottom right.
    pub marks: [Mark; 4],
    /// Left edge of the code.
    pub code_x_mm: f64,
    /// Top edge of the code.
    pub code_y_mm: f64,
    /// Width and height of the code.
    pub code_size_mm: f64,
    /// The paper.
    pub width_mm: f64,
    /// The paper.
    pub height_mm: f64,
}

impl PageLayout {
    /// The page's frame; `None` when it does not have four corner squares.
    #[must_use]
    pub fn frame(&self) -> Option<Frame> {
        let marks: [Mark; 4] = self.marks.clone().try_into().ok()?;
        Some(Frame {
            marks,
            code_x_mm: self.code.x_mm,
            code_y_mm: self.code.y_mm,
            code_size_mm: self.code.size_mm,
            width_mm: self.width_mm,
            height_mm: self.height_mm,
        })
    }
}

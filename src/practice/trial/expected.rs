//! What the practice clinic did, beside the page that arrived: the file that `renraku measure` compares
//! readings with.

use crate::domain::sheet_number::SheetNumber;
use crate::practice::damage::Resolution;
use serde::{Deserialize, Serialize};

/// One file of one page. The JSON beside it is this type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// The file's name, beside this one.
    pub file: String,
    /// The machine.
    pub resolution: Resolution,
    /// What was done to the page, in words that stand for kinds of damage.
    pub damage: Vec<String>,
    /// The sheets on it, from the top.
    pub sheets: Vec<ExpectedSheet>,
}

/// One sheet on the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpectedSheet {
    /// Its number.
    pub sheet_id: SheetNumber,
    /// Its page, from 1.
    pub page: u8,
    /// True when it was answered as the form asks, with an ordinary pen: such a page should need no person.
    pub plain: bool,
    /// True when something was written where nobody asked for it: such a page should need a person.
    pub stray: bool,
    /// False when a part of its code lies beyond the page's edge: nobody can tell which sheet it is.
    pub code_on_page: bool,
    /// Every box, in the layout's order.
    pub boxes: Vec<ExpectedBox>,
    /// Every handwriting area, in the layout's order.
    pub zones: Vec<ExpectedZone>,
}

/// One tick box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpectedBox {
    /// The reply field's id.
    pub field: String,
    /// The option's id.
    pub option: String,
    /// What the pen did.
    pub mark: Mark,
    /// True where the doctor means this option.
    pub chosen: bool,
    /// What is dark of the box's inside on the page that arrived (of the ring around it for a circle), 0 to 1.
    pub dark: f64,
}

/// One handwriting area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedZone {
    /// The reply field's id.
    pub field: String,
    /// True when something was written.
    pub ink: bool,
}

/// The classes of boxes in the table of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Nothing.
    Empty,
    /// ✓
    Tick,
    /// ×
    Cross,
    /// A thick dot.
    Dot,
    /// Filled in.
    Fill,
    /// A ring around the box.
    Circle,
    /// A single stroke.
    Slash,
    /// Any of them with a fine pen or a pencil, hardly pressed.
    Light,
    /// Ticked and blotted out.
    Blotted,
    /// Ticked and struck through.
    StruckOut,
}

impl Mark {
    /// As it stands in JSON and in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Tick => "tick",
            Self::Cross => "cross",
            Self::Dot => "dot",
            Self::Fill => "fill",
            Self::Circle => "circle",
            Self::Slash => "slash",
            Self::Light => "light",
            Self::Blotted => "blotted",
            Self::StruckOut => "struck_out",
        }
    }
}

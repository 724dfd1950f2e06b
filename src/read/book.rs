//! Whose sheet is it: the one question that the reader asks of the world around it.

use crate::domain::sheet_number::SheetNumber;
use crate::form::layout::{Frame, PageLayout};
use serde::{Deserialize, Serialize};

/// Knows the sheets that went out, and the keys that prove it. The reader has neither.
pub trait SheetBook {
    /// The few different frames that the sheets have: where to expect corner squares and code.
    fn frames(&self) -> Vec<Frame>;
    /// Whose code is this? Verifies the MAC.
    fn look_up(&self, code_text: &str) -> LookUp;
}

/// The answer of a [`SheetBook`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookUp {
    /// Verified, and the sheet is known.
    Known {
        /// The sheet's number.
        sheet_id: SheetNumber,
        /// Boxed, since it is much larger than the other answers.
        layout: Box<PageLayout>,
    },
    /// Verified, but no such sheet or page is known here.
    UnknownSheet {
        /// The number in the code.
        sheet_id: SheetNumber,
    },
    /// It has the shape of our code, but its MAC does not verify.
    Forged,
    /// Someone else's code.
    NotOurs,
}

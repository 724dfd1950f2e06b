//! How the fields of a fillable sheet are named: `sheet` writes them, `read` finds them. A field that takes one box is
//! `r.FIELD` with the option as its value, any other box is `r.FIELD.OPTION` with itself as its value, an area is
//! `t.FIELD`, the sheet's code is `seal`.

/// First part of the names of boxes.
pub const BOXES: &str = "r";
/// First part of the names of areas.
pub const TEXTS: &str = "t";
/// The name of the hidden field with the code of the answered page.
pub const SEAL: &str = "seal";
/// The value of a box that is not ticked.
pub const OFF: &str = "Off";
/// The most characters of one area.
pub const TEXT_CHARS_MAX: usize = 2_000;

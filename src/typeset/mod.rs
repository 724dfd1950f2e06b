//! Fonts, line breaking, and text, lines and squares → PDF. Knows nothing of forms or requests.
//! Everything is pure black: a fax gateway turns grey into noise.

pub mod canvas;
pub mod font;
mod pack;
pub mod pdf;
pub mod text;

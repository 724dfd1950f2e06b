//! Bytes of a fax, scan or PDF → pages → the sheet found on them → boxes, handwriting areas and
//! problems. Pure: nothing in `read` opens a file or knows a key; who the sheet is, is asked of a
//! [`SheetBook`](book::SheetBook).

pub mod affine;
pub mod attachment;
pub mod bitmap;
pub mod book;
pub mod code;
pub mod explain;
pub mod fillable;
pub mod identify;
pub mod ink;
mod known;
pub mod locate;
pub mod locked;
pub mod lost;
pub mod mark;
pub mod outline;
pub mod outside;
pub mod page;
pub mod plane;
pub mod raster;
pub mod stage;
pub mod streak;
pub mod stroke;
pub mod thresholds;
pub mod view;
pub mod zone;

pub use page::{Crop, ReadPage, png, read_page, read_sheets, read_sheets_watched};

//! Bytes of a fax, scan or PDF → pages → the sheet found on them → boxes, handwriting areas and
//! problems. Pure: nothing in `read` opens a file or knows a key; who the sheet is, is asked of a
//! [`SheetBook`].

pub mod bitmap;
pub mod book;
pub mod raster;

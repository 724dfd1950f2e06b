//! (being written)

pub mod fax_tiff;

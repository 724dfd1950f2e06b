//! All integration tests in one binary: linking is what takes the time.

mod forms;
mod mail;
mod paper;
mod raster;
mod read_sheet;
mod store;

//! All integration tests in one binary: linking is what takes the time.

mod cli;
mod forms;
mod kill;
mod mail;
mod paper;
mod raster;
mod read_sheet;
mod store;
mod world;

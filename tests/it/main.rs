//! All integration tests in one binary, so that they link once.

mod forms;
mod paper;
mod read_sheet;

//! All integration tests in one binary: linking is what takes the time.

mod attachments;
mod blank_sheets;
mod catalogue;
mod cli;
mod faxed;
mod fillable;
mod forms;
mod hostile;
mod kill;
mod letters;
mod link;
mod longest;
mod mail;
mod mistakes;
mod paper;
mod people;
mod pool;
mod raster;
mod read_sheet;
mod screen;
mod sets;
mod sheets;
mod sign_in;
mod store;
mod web;
mod world;

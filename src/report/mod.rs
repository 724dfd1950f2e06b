//! Rows and facts → what people read: CSV for the clerks' spreadsheet, JSON for scripts, text to hand on. Pure: never
//! queries.

pub mod misdirected;
pub mod unanswered;

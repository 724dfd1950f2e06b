//! Rows → what people read: CSV for the clerks' spreadsheet, JSON for scripts. Pure: never queries.

pub mod unanswered;

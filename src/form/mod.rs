//! `forms/*.toml` → a checked form definition; answers checked against it; a reading turned into a
//! reply by the form's rules; and the [`layout`] of a sheet in millimetres. Never draws, never stores.

pub mod answers;
pub mod blank;
pub mod catalogue;
pub mod check;
pub mod condition;
pub mod definition;
pub mod diff;
pub mod fillable;
pub mod layout;
pub mod prefill;
pub mod reply;
pub mod schema;

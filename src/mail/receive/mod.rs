//! Places where replies arrive. Each yields raw bytes with a key that stays the same for the same
//! message, and is acknowledged only after the store has committed them.

pub mod folder;
pub mod imap;
pub mod maildir;

//! Keys and what they prove: that a code on a page is ours. Never stores, never sends; the keyring's
//! bytes come from and go to the caller.

pub mod code;
pub mod digest;
pub mod keyring;
pub mod mail_token;
pub mod password;
pub mod random;
pub mod sealed;
pub mod token;

//! Mail: composing what we send, sending it, parsing what arrives, and the places where it
//! arrives. Knows nothing of requests, stores or retries: it reports how one try ended and
//! never tries a second time by itself.

pub mod block;
pub mod classify;
pub mod compose;
pub mod letter;
pub mod marks;
pub mod parse;
pub mod profile;
pub mod receive;
pub mod results;
pub mod send;

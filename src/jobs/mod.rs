//! What runs by itself while the server stands: each job is a loop that calls one flow when it is due.

pub mod lock;
mod loops;
mod mailbox;

pub use loops::{Works, run};

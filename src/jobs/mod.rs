//! What runs by itself while the server stands: each job is a loop that calls one flow when it is due.

mod loops;
pub mod lock;

pub use loops::{Works, run};

//! The practice clinic of demo and tests: a pen, a fax machine with its faults, and a mailbox. It acts
//! only through SMTP and files, and no part of the gateway depends on it.

pub mod clinic;
pub mod damage;
pub mod fax_tiff;
pub mod hand;
pub mod pen;
pub mod scanner;
mod smtp_faults;
pub mod smtp_server;
pub mod trial;

//! The practice clinic of the demo and the tests; acts only through SMTP and files.

pub mod smtp_server;

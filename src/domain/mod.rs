//! The words of the field and the rules between them. Takes `now` as an argument; never reads a
//! clock, a file, the network or the environment.

pub mod account;
pub mod attachment;
pub mod audit;
pub mod backoff;
pub mod calendar;
pub mod client;
pub mod decimal;
pub mod directory;
pub mod event;
pub mod id;
pub mod identifier;
pub mod letter;
pub mod link;
pub mod message;
pub mod passphrase;
pub mod quiet;
pub mod reading;
pub mod report;
pub mod request;
pub mod result;
pub mod sheet_number;
pub mod state;

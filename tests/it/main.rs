//! All integration tests, in one binary: linking takes long on two cores.

mod mail;

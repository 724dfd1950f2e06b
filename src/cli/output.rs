//! JSON on stdout. A reader that closed the pipe early is no failure.

use super::CliError;
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// One JSON value on one line.
pub fn line(value: &impl Serialize) -> Result<(), CliError> {
    text(&serde_json::to_string(value)?)
}

/// One JSON value, indented.
pub fn pretty(value: &impl Serialize) -> Result<(), CliError> {
    text(&serde_json::to_string_pretty(value)?)
}

/// A line of text.
pub fn text(line: &str) -> Result<(), CliError> {
    bytes(format!("{line}\n").as_bytes())
}

/// Bytes as they are.
pub fn bytes(bytes: &[u8]) -> Result<(), CliError> {
    match std::io::stdout().write_all(bytes) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

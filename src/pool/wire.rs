//! How parent and child speak: a length (4 bytes, big-endian) and so many bytes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{Error, ErrorKind, Read, Result, Write};

/// A message longer than this is no message of ours.
const MAX_BYTES: usize = 256 << 20;

/// Writes one message and flushes it.
pub fn write_bytes(output: &mut impl Write, bytes: &[u8]) -> Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| Error::new(ErrorKind::InvalidData, "too long"))?;
    output.write_all(&length.to_be_bytes())?;
    output.write_all(bytes)?;
    output.flush()
}

/// Reads one message.
pub fn read_bytes(input: &mut impl Read) -> Result<Vec<u8>> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX_BYTES {
        return Err(Error::new(ErrorKind::InvalidData, "too long"));
    }
    // Grows with what really comes, so that a length alone costs nothing.
    let mut bytes = Vec::new();
    input.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() == length { Ok(bytes) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

/// Writes one value.
pub fn write_json(output: &mut impl Write, value: &impl Serialize) -> Result<()> {
    write_bytes(output, &serde_json::to_vec(value)?)
}

/// Reads one value.
pub fn read_json<T: DeserializeOwned>(input: &mut impl Read) -> Result<T> {
    Ok(serde_json::from_slice(&read_bytes(input)?)?)
}

//! Random bytes from the operating system, for keys, sheet numbers and lease tokens.

use crate::domain::sheet_number::SheetNumber;

/// The operating system gave no random bytes: nothing may be numbered or sealed without them.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random numbers ({0}): nothing can be sent until it does")]
pub struct NoRandomness(getrandom::Error);

/// `N` random bytes.
///
/// # Errors
/// [`NoRandomness`].
pub fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(bytes)
}

/// A number from 0 to 1, by which tries are spread.
///
/// # Errors
/// [`NoRandomness`].
pub fn fraction() -> Result<f64, NoRandomness> {
    Ok(f64::from(u16::from_be_bytes(bytes::<2>()?)) / f64::from(u16::MAX))
}

/// A new sheet number.
///
/// # Errors
/// [`NoRandomness`].
pub fn sheet_number() -> Result<SheetNumber, NoRandomness> {
    Ok(SheetNumber::from_random(bytes()?))
}

/// A new token for a lease: 128 bits in hexadecimal.
///
/// # Errors
/// [`NoRandomness`].
pub fn token() -> Result<String, NoRandomness> {
    Ok(super::keyring::to_hex(&bytes::<16>()?))
}

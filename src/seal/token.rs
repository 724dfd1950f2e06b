//! Tokens that open something to whoever holds them: 256 random bits, of which only the hash is kept.

use super::keyring::to_hex;
use super::random::{self, NoRandomness};
use crate::domain::account::Secret;
use sha2::{Digest, Sha256};

/// A new token: 64 hexadecimal digits.
///
/// # Errors
/// [`NoRandomness`].
pub fn new() -> Result<Secret, NoRandomness> {
    Ok(Secret::new(to_hex(&random::bytes::<32>()?)))
}

/// What is kept of a token: its SHA-256 in hexadecimal. A plain hash is enough for 256 random bits.
#[must_use]
pub fn hash(token: &str) -> String {
    to_hex(&Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_are_kept_as_their_hash() {
        let (first, second) = (new().unwrap(), new().unwrap());
        assert_ne!(first.expose(), second.expose());
        assert_eq!(first.expose().len(), 64);
        // FIPS 180-4, the digest of "abc".
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}

//! Digests: names that follow from content, and secrets that are compared without telling where they differ.

use super::keyring::to_hex;
use sha2::{Digest, Sha256};

/// The SHA-256 of the bytes in lower-case hexadecimal.
#[must_use]
pub fn digest_hex(bytes: &[u8]) -> String {
    to_hex(&Sha256::digest(bytes))
}

/// A secret of its own for `purpose` that follows from `secret` and does not tell it.
#[must_use]
pub fn derived(purpose: &str, secret: &str) -> String {
    digest_hex(format!("renraku {purpose}\0{secret}").as_bytes())
}

/// True when both are the same. The time that it takes does not depend on where they differ: what is compared
/// are digests, whose bytes nobody can choose, and all of them are looked at.
#[must_use]
pub fn same(left: &str, right: &str) -> bool {
    let (left, right) = (Sha256::digest(left.as_bytes()), Sha256::digest(right.as_bytes()));
    left.iter().zip(right.iter()).fold(0, |differs, (left, right)| differs | (left ^ right)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha_256() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(digest_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn secrets_are_the_same_or_not() {
        for (left, right, expected) in
            [("", "", true), ("a", "a", true), ("a", "b", false), ("a", "aa", false), ("", "a", false)]
        {
            assert_eq!(same(left, right), expected, "{left} {right}");
        }
        assert_ne!(derived("one", "secret"), derived("two", "secret"));
        assert_ne!(derived("one", "secret"), "secret");
    }
}

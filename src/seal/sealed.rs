//! Secrets that must be read again, sealed under the gateway's keys: a copy of the database without the keyring shows
//! nothing of them. AES-256-GCM (NIST SP 800-38D) with a key that is derived from the keyring's by HMAC-SHA-256.

use super::keyring::{KEY_BYTES, Keyring, to_hex};
use super::random::{self, NoRandomness};
use crate::domain::account::Secret;
use hmac::{Hmac, Mac};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;

/// Keeps these keys apart from every other use of the same key.
const PURPOSE: &[u8] = b"renraku sealed secret v1\0";

/// Seals `secret` with the current key. `about` says what it is and whose; only with the same it opens again, so that
/// nobody can put one clinic's secret in the place of another's. The text: the key's id, then the nonce and the
/// sealed bytes in hexadecimal.
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn seal(keyring: &Keyring, about: &str, secret: &Secret) -> Result<String, NoRandomness> {
    let (id, key) = keyring.current();
    // Random nonces of 96 bits: safe for the few thousand secrets of a region (SP 800-38D §8.3 allows 2^32).
    let nonce = random::bytes::<NONCE_LEN>()?;
    let mut bytes = secret.expose().as_bytes().to_vec();
    cipher(key)
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(about.as_bytes()),
            &mut bytes,
        )
        .expect("a secret is shorter than 64 GB");
    Ok(format!("{id}{}{}", to_hex(&nonce), to_hex(&bytes)))
}

/// The secret again; `None` when its key is not in the keyring, or the text was changed or sealed about something else.
#[must_use]
pub fn open(keyring: &Keyring, about: &str, sealed: &str) -> Option<Secret> {
    let id = sealed.chars().next()?;
    let key = keyring.key(id)?;
    let mut bytes = from_hex(sealed.get(id.len_utf8()..)?)?;
    if bytes.len() < NONCE_LEN {
        return None;
    }
    let mut sealed = bytes.split_off(NONCE_LEN);
    let nonce = Nonce::try_assume_unique_for_key(&bytes).ok()?;
    let plain = cipher(key).open_in_place(nonce, Aad::from(about.as_bytes()), &mut sealed).ok()?;
    Some(Secret::new(std::str::from_utf8(plain).ok()?.to_owned()))
}

fn cipher(key: &[u8; KEY_BYTES]) -> LessSafeKey {
    let mut derived = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    derived.update(PURPOSE);
    let derived = derived.finalize().into_bytes();
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &derived).expect("SHA-256 gives 32 bytes"))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_with_its_keyring_and_about_the_same_alone() {
        let mut keyring = Keyring::generate().unwrap();
        let secret = Secret::new("mihon 2026-ame".to_owned());
        let sealed = seal(&keyring, "clinic 1", &secret).unwrap();
        assert!(!sealed.contains("mihon") && sealed != seal(&keyring, "clinic 1", &secret).unwrap());
        keyring.rotate().unwrap();
        assert_eq!(open(&keyring, "clinic 1", &sealed), Some(secret));
        assert_eq!(open(&keyring, "clinic 2", &sealed), None);
        assert_eq!(open(&Keyring::generate().unwrap(), "clinic 1", &sealed), None);
        for at in 0..sealed.len() {
            let other = if sealed.as_bytes()[at] == b'0' { "1" } else { "0" };
            let mut changed = sealed.clone();
            changed.replace_range(at..=at, other);
            assert_eq!(open(&keyring, "clinic 1", &changed), None, "character {at}");
        }
        for text in ["", "1", "1zz", "あ", "100", &sealed[..30]] {
            assert_eq!(open(&keyring, "clinic 1", text), None, "{text}");
        }
    }
}

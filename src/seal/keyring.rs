//! The keys that seal sheets. One is current and seals; older ones still verify, so that a sheet
//! that lay on a desk over a change of keys is still ours.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::random::{self, NoRandomness};
use crate::domain::sheet_number::BASE32;

/// Bytes of a key: as long as SHA-256's output (RFC 2104 §3).
pub const KEY_BYTES: usize = 32;

/// The key of samples: printed in the source, so it proves nothing. Sheets made with it say 見本.
const SAMPLE_KEY: [u8; KEY_BYTES] = *b"renraku sample key, not a secret";

/// What can be wrong with a key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// Not the TOML of a keyring.
    #[error(
        "the key file is not readable: {0}; restore it from the backup, or make a new one with an empty path"
    )]
    Unreadable(String),
    /// A key that is not 64 hexadecimal digits, or an id that is not one character of the alphabet.
    #[error("key '{0}' must be one base32 character with 64 hexadecimal digits")]
    BadKey(String),
    /// The current key is not in the file.
    #[error("the key file names '{0}' as current, but has no such key")]
    NoCurrent(char),
    /// All 32 ids are taken.
    #[error("the key file is full (32 keys): remove the oldest one whose sheets nobody will return")]
    Full,
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

/// Keys by their one-character id.
#[derive(Clone)]
pub struct Keyring {
    current: char,
    keys: BTreeMap<char, [u8; KEY_BYTES]>,
    sample: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    current: char,
    keys: BTreeMap<String, String>,
}

impl Keyring {
    /// A keyring with one new random key.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate() -> Result<Self, KeyringError> {
        let current = char::from(BASE32[1]);
        Ok(Self { current, keys: BTreeMap::from([(current, random::bytes()?)]), sample: false })
    }

    /// The keyring of samples: proves nothing.
    #[must_use]
    pub fn sample() -> Self {
        let current = char::from(BASE32[0]);
        Self { current, keys: BTreeMap::from([(current, SAMPLE_KEY)]), sample: true }
    }

    /// Reads a key file (TOML: `current = "1"` and `[keys]` with 64 hexadecimal digits each).
    ///
    /// # Errors
    /// One sentence that says what is wrong.
    pub fn from_toml(text: &str) -> Result<Self, KeyringError> {
        let file: KeyFile =
            toml::from_str(text).map_err(|error| KeyringError::Unreadable(error.message().to_owned()))?;
        let keys =
            file.keys.iter().map(|(id, hex)| parse_key(id, hex)).collect::<Result<BTreeMap<_, _>, _>>()?;
        if !keys.contains_key(&file.current) {
            return Err(KeyringError::NoCurrent(file.current));
        }
        Ok(Self { current: file.current, keys, sample: false })
    }

    /// The text of the key file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = format!(
            "# Seals the sheets. Keep it secret and in the backup.\ncurrent = \"{}\"\n\n[keys]\n",
            self.current
        );
        for (id, key) in &self.keys {
            text.extend([&id.to_string(), " = \"", &to_hex(key), "\"\n"]);
        }
        text
    }

    /// Adds a new random key and makes it current; the old ones still verify.
    ///
    /// # Errors
    /// When 32 keys are there already.
    pub fn rotate(&mut self) -> Result<char, KeyringError> {
        let free = BASE32.iter().skip(1).map(|id| char::from(*id)).find(|id| !self.keys.contains_key(id));
        let id = free.ok_or(KeyringError::Full)?;
        self.keys.insert(id, random::bytes()?);
        self.current = id;
        Ok(id)
    }

    /// True for the keyring of samples.
    #[must_use]
    pub fn is_sample(&self) -> bool {
        self.sample
    }

    pub(super) fn current(&self) -> (char, &[u8; KEY_BYTES]) {
        (self.current, &self.keys[&self.current])
    }

    pub(super) fn key(&self, id: char) -> Option<&[u8; KEY_BYTES]> {
        self.keys.get(&id)
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring")
            .field("current", &self.current)
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}

/// Lower-case hexadecimal.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn parse_key(id: &str, hex: &str) -> Result<(char, [u8; KEY_BYTES]), KeyringError> {
    let bad = || KeyringError::BadKey(id.to_owned());
    let [id_byte] = id.as_bytes() else { return Err(bad()) };
    if !BASE32.contains(id_byte) || hex.len() != KEY_BYTES * 2 || !hex.is_ascii() {
        return Err(bad());
    }
    let mut key = [0; KEY_BYTES];
    for (byte, place) in key.iter_mut().zip((0..hex.len()).step_by(2)) {
        *byte = u8::from_str_radix(&hex[place..place + 2], 16).map_err(|_| bad())?;
    }
    Ok((char::from(*id_byte), key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_comes_back_as_it_was() {
        let mut keyring = Keyring::generate().unwrap();
        keyring.rotate().unwrap();
        let again = Keyring::from_toml(&keyring.to_toml()).unwrap();
        assert_eq!((again.current, again.keys), (keyring.current, keyring.keys));
    }

    #[test]
    fn a_wrong_key_file_says_what_is_wrong() {
        for (text, expected) in [
            ("current = 1", "not readable"),
            ("current = \"1\"\n[keys]\n", "no such key"),
            ("current = \"1\"\n[keys]\n1 = \"00\"\n", "64 hexadecimal"),
            ("current = \"1\"\n[keys]\nU = \"00\"\n", "64 hexadecimal"),
        ] {
            let message = Keyring::from_toml(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn a_keyring_never_prints_its_keys() {
        let keyring = Keyring::sample();
        assert!(!format!("{keyring:?}").contains("73616d706c65"));
        assert!(!format!("{keyring:?}").contains("sample key"));
    }
}

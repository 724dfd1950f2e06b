//! The text of the code on a sheet: key id (1) + sheet number (11) + page (1) + MAC (13) = 26
//! characters of base32, which a QR code of version 2 level Q holds (29; ISO/IEC 18004 table 7).
//! The MAC is the first 65 bits of HMAC-SHA-256 (RFC 2104 §5 allows truncation).

use super::keyring::Keyring;
use crate::domain::sheet_number::{BASE32, SHEET_NUMBER_CHARS, SheetNumber};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Characters of a code.
pub const CODE_CHARS: usize = 26;
/// Characters of the MAC: 65 bits.
const MAC_CHARS: usize = 13;
/// Keeps this MAC apart from every other use of the same key.
const PURPOSE: &[u8] = b"renraku sheet code v1\0";

/// A code whose MAC verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCode {
    /// The sheet.
    pub sheet_id: SheetNumber,
    /// Its page, from 1.
    pub page: u8,
}

/// Why a text is not a code of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOurCode {
    /// Not 26 characters of base32: someone else's code.
    #[error("it does not have the shape of a sheet code")]
    Shape,
    /// The shape is ours, but the MAC does not verify, or its key is not known here.
    #[error("it has the shape of a sheet code, but it was not sealed here")]
    Forged,
}

/// The code of page `page` (1 to 31) of a sheet, sealed with the current key.
#[must_use]
pub fn seal(keyring: &Keyring, sheet_id: &SheetNumber, page: u8) -> String {
    let (key_id, key) = keyring.current();
    let page = char::from(BASE32[usize::from(page & 31)]);
    let body = format!("{key_id}{sheet_id}{page}");
    let mac = mac_chars(key, &body);
    body + &mac
}

/// Verifies a code with whichever key it names.
///
/// # Errors
/// [`NotOurCode`].
pub fn verify(keyring: &Keyring, text: &str) -> Result<VerifiedCode, NotOurCode> {
    if text.len() != CODE_CHARS || !text.bytes().all(|byte| BASE32.contains(&byte)) {
        return Err(NotOurCode::Shape);
    }
    let (body, mac) = text.split_at(CODE_CHARS - MAC_CHARS);
    let key_id = body.chars().next().ok_or(NotOurCode::Shape)?;
    let key = keyring.key(key_id).ok_or(NotOurCode::Forged)?;
    if !same(mac_chars(key, body).as_bytes(), mac.as_bytes()) {
        return Err(NotOurCode::Forged);
    }
    let sheet_id = body[1..=SHEET_NUMBER_CHARS].parse().map_err(|_| NotOurCode::Shape)?;
    let page_char = body.as_bytes()[SHEET_NUMBER_CHARS + 1];
    let page = BASE32.iter().position(|byte| *byte == page_char).ok_or(NotOurCode::Shape)?;
    Ok(VerifiedCode { sheet_id, page: page as u8 })
}

fn mac_chars(key: &[u8], body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(PURPOSE);
    mac.update(body.as_bytes());
    let bytes = mac.finalize().into_bytes();
    let bits = bytes.iter().take(9).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    (0..MAC_CHARS).map(|place| char::from(BASE32[(bits >> (67 - 5 * place) & 31) as usize])).collect()
}

/// Compares without stopping at the first difference, so that time tells nothing.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> SheetNumber {
        "0123456789A".parse().unwrap()
    }

    #[test]
    fn a_code_verifies_and_any_changed_character_does_not() {
        let keyring = Keyring::generate().unwrap();
        let code = seal(&keyring, &sheet(), 2);
        assert_eq!(code.len(), CODE_CHARS);
        assert_eq!(verify(&keyring, &code), Ok(VerifiedCode { sheet_id: sheet(), page: 2 }));
        for place in 0..CODE_CHARS {
            for other in BASE32.iter().filter(|other| **other != code.as_bytes()[place]) {
                let mut forged = code.clone().into_bytes();
                forged[place] = *other;
                assert_eq!(verify(&keyring, std::str::from_utf8(&forged).unwrap()), Err(NotOurCode::Forged));
            }
        }
    }

    #[test]
    fn an_old_key_still_verifies_old_sheets() {
        let mut keyring = Keyring::generate().unwrap();
        let old = seal(&keyring, &sheet(), 1);
        keyring.rotate().unwrap();
        let new = seal(&keyring, &sheet(), 1);
        assert_ne!(old, new);
        assert!(verify(&keyring, &old).is_ok() && verify(&keyring, &new).is_ok());
    }

    #[test]
    fn other_texts_are_not_ours() {
        let keyring = Keyring::sample();
        for text in ["", "https://example.jp/", "0123456789A", "ＡＡＡＡＡＡＡＡＡ", &"I".repeat(26)]
        {
            assert_eq!(verify(&keyring, text), Err(NotOurCode::Shape), "{text}");
        }
    }
}

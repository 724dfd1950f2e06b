//! What a mail carries so that whatever answers it finds its way back: the try that sent it, sealed. Key id (1) + the
//! try's id (26) + MAC (12) = 39 characters of base32 in lower case, which fit before the `@` of an address (RFC 5321
//! §4.5.3.1.1: 64 octets). The MAC is the first 60 bits of HMAC-SHA-256 (RFC 2104 §5 allows truncation).

use super::digest::same;
use super::keyring::Keyring;
use crate::domain::id::AttemptId;
use crate::domain::sheet_number::BASE32;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Characters of a token.
pub const TOKEN_CHARS: usize = 39;
/// Characters of the id: 130 bits, of which 128 are used.
const ID_CHARS: usize = 26;
/// Characters of the MAC.
const MAC_CHARS: usize = 12;

/// Where a token stands. One that was made for one place is none in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the Message-ID, and so in the References of an answer (RFC 5322 §3.6.4).
    MessageId,
    /// In the address that answers go to.
    ReplyTo,
    /// In the envelope sender, to which notices of failure go (RFC 3464 §2).
    Envelope,
}

impl Place {
    /// Keeps this MAC apart from every other use of the same key.
    fn purpose(self) -> &'static [u8] {
        match self {
            Self::MessageId => b"renraku mail id v1\0",
            Self::ReplyTo => b"renraku reply address v1\0",
            Self::Envelope => b"renraku envelope v1\0",
        }
    }
}

/// The token of a try, sealed with the current key.
#[must_use]
pub fn write(keyring: &Keyring, place: Place, attempt: AttemptId) -> String {
    let (key_id, key) = keyring.current();
    let mut body = String::from(key_id);
    let mut bits = attempt.as_u128();
    let mut digits = [0_u8; ID_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE32[(bits & 31) as usize];
        bits >>= 5;
    }
    body.extend(digits.iter().map(|digit| char::from(*digit)));
    let mac = mac_chars(key, place, &body);
    (body + &mac).to_ascii_lowercase()
}

/// The try that a token names, when it was sealed here for this place. Case, l or i for 1 and o for 0 are forgiven:
/// people type addresses.
#[must_use]
pub fn read(keyring: &Keyring, place: Place, text: &str) -> Option<AttemptId> {
    let token = shaped(text)?;
    let (body, mac) = token.split_at_checked(TOKEN_CHARS - MAC_CHARS)?;
    let key = keyring.key(body.chars().next()?)?;
    if !same(&mac_chars(key, place, body), mac) {
        return None;
    }
    let mut digits = body.bytes().skip(1).map(|byte| BASE32.iter().position(|known| *known == byte));
    let bits = digits.try_fold(0_u128, |bits, digit| Some(bits << 5 | digit? as u128))?;
    Some(AttemptId::from_u128(bits))
}

/// The text in capitals and without what is forgiven, when it has the shape of a token.
#[must_use]
pub fn shaped(text: &str) -> Option<String> {
    if text.len() != TOKEN_CHARS {
        return None;
    }
    let forgiven = |c: char| match c.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    let token: String = text.chars().map(forgiven).collect();
    token.bytes().all(|byte| BASE32.contains(&byte)).then_some(token)
}

fn mac_chars(key: &[u8], place: Place, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(place.purpose());
    mac.update(body.as_bytes());
    let bytes = mac.finalize().into_bytes();
    let bits = bytes.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    (0..MAC_CHARS).map(|at| char::from(BASE32[(bits >> (59 - 5 * at) & 31) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(nth: u128) -> AttemptId {
        AttemptId::from_u128(0x0190_f000_1234_7000_8000_0000_0000_0001 + nth * 0x0101_0101_0301)
    }

    #[test]
    fn a_token_names_its_try_in_its_place_alone() {
        let mut keyring = Keyring::generate().unwrap();
        let attempt = attempt(0);
        let token = write(&keyring, Place::ReplyTo, attempt);
        assert_eq!((token.len(), token.to_ascii_lowercase()), (TOKEN_CHARS, token.clone()));
        keyring.rotate().unwrap();
        assert_eq!(read(&keyring, Place::ReplyTo, &token), Some(attempt));
        assert_eq!(read(&keyring, Place::ReplyTo, &token.to_ascii_uppercase()), Some(attempt));
        for place in [Place::MessageId, Place::Envelope] {
            assert_eq!(read(&keyring, place, &token), None);
        }
        assert_eq!(read(&Keyring::generate().unwrap(), Place::ReplyTo, &token), None);
        for at in 0..TOKEN_CHARS {
            for other in BASE32.iter().filter(|other| !other.eq_ignore_ascii_case(&token.as_bytes()[at])) {
                let mut changed = token.clone().into_bytes();
                changed[at] = *other;
                assert_eq!(read(&keyring, Place::ReplyTo, std::str::from_utf8(&changed).unwrap()), None);
            }
        }
    }

    #[test]
    fn what_people_mistake_is_forgiven() {
        let keyring = Keyring::sample();
        for nth in 0..50 {
            let attempt = attempt(nth);
            let token = write(&keyring, Place::ReplyTo, attempt);
            for (ours, typed) in [("1", "l"), ("1", "I"), ("0", "O"), ("0", "o")] {
                assert_eq!(read(&keyring, Place::ReplyTo, &token.replace(ours, typed)), Some(attempt));
            }
        }
        for text in ["", "reply", &"u".repeat(39), &"あ".repeat(13), &"0".repeat(40)] {
            assert_eq!(shaped(text), None, "{text}");
        }
    }
}

//! The number of a sheet: 11 random characters of Crockford's base32, one for each recipient and
//! rendering, and the readable request number that a person can read out over the telephone.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use unicode_normalization::UnicodeNormalization;

/// Crockford's alphabet: no I, L, O, U, so that nothing is mistaken for 1 or 0. Every character
/// is in QR's alphanumeric set (ISO/IEC 18004 §7.4.4).
pub const BASE32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters in a sheet number: 55 random bits.
pub const SHEET_NUMBER_CHARS: usize = 11;

/// A text that should have been a sheet number or a request number and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// Wrong length or a character outside the alphabet.
    #[error("「{0}」は用紙番号ではありません / '{0}' is not a sheet number of 11 characters")]
    Sheet(String),
    /// Not of the form YY-NNNNNN-C.
    #[error(
        "「{0}」は連絡番号の形(例 26-000042-3)ではありません / '{0}' is not a request number such as 26-000042-3"
    )]
    RequestShape(String),
    /// The check digit does not fit: a digit was misread or mistyped.
    #[error(
        "連絡番号「{0}」の検査数字が合いません。もう一度お確かめください / the check digit of '{0}' does not fit: read it again"
    )]
    RequestCheckDigit(String),
}

/// 11 characters of [`BASE32`], upper case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SheetNumber(String);

impl SheetNumber {
    /// A sheet number from 7 random bytes (55 of their 56 bits are used).
    #[must_use]
    pub fn from_random(random: [u8; 7]) -> Self {
        let mut bits = random.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let mut text = String::with_capacity(SHEET_NUMBER_CHARS);
        for _ in 0..SHEET_NUMBER_CHARS {
            text.push(char::from(BASE32[(bits & 31) as usize]));
            bits >>= 5;
        }
        Self(text)
    }

    /// The eleven characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SheetNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SheetNumber {
    type Err = NotANumber;
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let ours = text.len() == SHEET_NUMBER_CHARS && text.bytes().all(|byte| BASE32.contains(&byte));
        if ours { Ok(Self(text.to_owned())) } else { Err(NotANumber::Sheet(text.to_owned())) }
    }
}

impl TryFrom<String> for SheetNumber {
    type Error = NotANumber;
    fn try_from(text: String) -> Result<Self, NotANumber> {
        text.parse()
    }
}

impl From<SheetNumber> for String {
    fn from(number: SheetNumber) -> Self {
        number.0
    }
}

/// The number that people say: `YY-NNNNNN-C`, the year's last two digits, a serial number within
/// the year and a check digit (M10W21, as the care insurance's own numbers use).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestNumber(String);

impl RequestNumber {
    /// The number of the `serial`th request of `year`.
    #[must_use]
    pub fn new(year: i16, serial: u32) -> Self {
        let digits = format!("{:02}{serial:06}", year.rem_euclid(100));
        let check = super::identifier::check_digit_m10w21(digits.bytes().map(|byte| u32::from(byte - b'0')));
        Self(format!("{}-{}-{check}", &digits[..2], &digits[2..]))
    }

    /// The number as a person types it: wide digits, other dashes and blanks are forgiven, a wrong digit is not.
    ///
    /// # Errors
    /// [`NotANumber`].
    pub fn typed(text: &str) -> Result<Self, NotANumber> {
        let dash = |c: char| if "\u{2010}‑‒–—―−ー".contains(c) { '-' } else { c };
        text.nfkc().filter(|c| !c.is_whitespace()).map(dash).collect::<String>().parse()
    }

    /// The number as it is printed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RequestNumber {
    type Err = NotANumber;
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let parts: Vec<&str> = text.trim().split('-').collect();
        let [year, serial, check] = parts[..] else {
            return Err(NotANumber::RequestShape(text.to_owned()));
        };
        let digits = [year, serial, check].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        if year.len() != 2 || serial.len() < 6 || check.len() != 1 || !digits {
            return Err(NotANumber::RequestShape(text.to_owned()));
        }
        let body = year.bytes().chain(serial.bytes()).map(|byte| u32::from(byte - b'0'));
        let expected = super::identifier::check_digit_m10w21(body.collect::<Vec<_>>().into_iter());
        if check == expected.to_string() {
            Ok(Self(text.trim().to_owned()))
        } else {
            Err(NotANumber::RequestCheckDigit(text.to_owned()))
        }
    }
}

impl TryFrom<String> for RequestNumber {
    type Error = NotANumber;
    fn try_from(text: String) -> Result<Self, NotANumber> {
        text.parse()
    }
}

impl From<RequestNumber> for String {
    fn from(number: RequestNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_number_survives_reading_out_and_notices_a_slip() {
        let number = RequestNumber::new(2026, 42);
        assert_eq!(number.as_str().parse::<RequestNumber>().as_ref(), Ok(&number));
        let text = number.as_str();
        for (place, digit) in text.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
            for wrong in ('0'..='9').filter(|wrong| *wrong != digit) {
                let mut slip = text.to_owned();
                slip.replace_range(place..=place, &wrong.to_string());
                assert!(slip.parse::<RequestNumber>().is_err(), "{slip} passed for {text}");
            }
        }
    }

    #[test]
    fn a_sheet_number_uses_all_its_random_bits() {
        assert_eq!(SheetNumber::from_random([0; 7]).as_str(), "00000000000");
        assert_eq!(SheetNumber::from_random([0xff; 7]).as_str(), "ZZZZZZZZZZZ");
        assert!("0000000000I".parse::<SheetNumber>().is_err());
    }

    #[test]
    fn a_number_is_taken_as_a_japanese_keyboard_gives_it() {
        let number = RequestNumber::new(2026, 42);
        let plain = number.as_str();
        let wide: String = plain.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
        for text in [plain.to_owned(), wide, plain.replace('-', "ー"), plain.replace('-', " − ")] {
            assert_eq!(RequestNumber::typed(&text), Ok(number.clone()), "{text}");
        }
        assert!(RequestNumber::typed("26-000042-0").is_err() && RequestNumber::typed("").is_err());
    }
}

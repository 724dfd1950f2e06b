//! Telephone and fax numbers of Japan (総務省 電気通信番号計画). A number is kept as its domestic
//! digits. A fax number is stricter: whatever cannot be a clinic's own line is refused.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use unicode_normalization::UnicodeNormalization;

/// Why a text is not a fax number that may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FaxNumberError {
    /// Nothing was given.
    #[error("FAX番号を入力してください / enter the fax number")]
    Empty,
    /// Something that is neither a digit nor a separator.
    #[error(
        "FAX番号には数字とハイフンだけを、1つだけ入力してください / enter one fax number, with digits and hyphens only"
    )]
    NotDigits,
    /// Not in Japan.
    #[error("国外のFAX番号には送れません。日本の番号を入力してください / enter a number in Japan")]
    Foreign,
    /// Too short, too long, or no leading 0.
    #[error("FAX番号は市外局番から10けたで入力してください / enter 10 digits, beginning with the area code")]
    Length,
    /// 060, 070, 080, 090.
    #[error(
        "携帯電話の番号にはFAXを送れません。固定電話の番号を入力してください / a mobile telephone takes no fax: enter a fixed line's number"
    )]
    Mobile,
    /// 020.
    #[error(
        "020で始まる番号(機器通信用)にはFAXを送れません。番号をお確かめください / a 020 number takes no fax: check the number"
    )]
    Machine,
    /// 0120 and 0800: another line stands behind it, which may change unseen.
    #[error(
        "フリーダイヤルは宛先が変わりうるため使えません。医療機関の固定電話の番号を入力してください / a free-dial number may lead elsewhere: enter the clinic's own line"
    )]
    FreeDial,
    /// 0990, 0570, 0170, 0180.
    #[error(
        "0990・0570などのサービス番号にはFAXを送れません。番号をお確かめください / a premium or service number takes no fax: check the number"
    )]
    Service,
    /// 110, 119, 1xx.
    #[error(
        "110・119など1で始まる番号には送れません。市外局番から入力してください / special numbers (1xx) take no fax: begin with the area code"
    )]
    Special,
}

/// Why a text is not a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneNumberError {
    /// Nothing was given.
    #[error("電話番号を入力してください / enter the telephone number")]
    Empty,
    /// Not a Japanese number.
    #[error(
        "電話番号は市外局番から10けた、携帯電話などは11けたの数字で入力してください / enter 10 digits with the area code, or 11 digits for a mobile telephone"
    )]
    Shape,
}

/// What is said about a 050 number.
pub(super) const FAX_OVER_IP: &str = "050番号(IP電話)はFAXが乱れることがあります。試験送信でお確かめください / a fax to a 050 number may break: send a test page first";

/// The fax number of a fixed line: domestic digits, `0344772288`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FaxNumber(String);

impl FaxNumber {
    /// The fax number in `text` (full width, hyphens, spaces, brackets and +81 are accepted).
    ///
    /// # Errors
    /// [`FaxNumberError`] with what to do.
    pub fn parse(text: &str) -> Result<Self, FaxNumberError> {
        let digits = domestic(text);
        match fax_objection(&digits) {
            Some(objection) => Err(objection),
            None => Ok(Self(digits)),
        }
    }

    /// The domestic digits, `0344772288`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Readable, `03-4477-2288`.
    #[must_use]
    pub fn display(&self) -> String {
        with_hyphens(&self.0)
    }

    /// True for 050: an IP telephone, over which a fax often breaks.
    #[must_use]
    pub fn is_ip_telephone(&self) -> bool {
        self.0.starts_with("050")
    }

    /// One sentence to show before sending, for a number over which faxes often break.
    #[must_use]
    pub fn warning(&self) -> Option<&'static str> {
        self.is_ip_telephone().then_some(FAX_OVER_IP)
    }
}

/// A telephone number: domestic digits, 10 or 11.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// The telephone number in `text` (full width, hyphens, spaces, brackets and +81 are accepted).
    ///
    /// # Errors
    /// [`PhoneNumberError`] with what to do.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        let digits = domestic(text);
        match digits.as_str() {
            "" => Err(PhoneNumberError::Empty),
            text if is_fixed(text) && !text.starts_with("0990") => Ok(Self(digits)),
            text if is_eleven(text) => Ok(Self(digits)),
            _ => Err(PhoneNumberError::Shape),
        }
    }

    /// The domestic digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Readable, with hyphens.
    #[must_use]
    pub fn display(&self) -> String {
        with_hyphens(&self.0)
    }
}

macro_rules! as_text {
    ($($name:ident, $error:ident;)+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.display())
            }
        }

        impl FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, $error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(number: $name) -> Self {
                number.0
            }
        }
    )+};
}

as_text! {
    FaxNumber, FaxNumberError;
    PhoneNumber, PhoneNumberError;
}

/// Characters between digits that mean nothing. A slash or a comma is none of them: it may part
/// two numbers.
pub(super) fn is_separator(c: char) -> bool {
    const HYPHENS: &[char] = &['-', '\u{2212}', '\u{30fc}', '\u{2500}', '\u{ad}'];
    const INVISIBLE: &[char] = &['\u{200b}', '\u{feff}'];
    c.is_whitespace()
        || HYPHENS.contains(&c)
        || ('\u{2010}'..='\u{2015}').contains(&c)
        || INVISIBLE.contains(&c)
}

/// NFKC without separators, +81 written as 0 ("+81 (0)3 …" too).
fn domestic(text: &str) -> String {
    let plain: String = text.nfkc().filter(|c| !is_separator(*c) && !matches!(c, '(' | ')' | '.')).collect();
    match plain.strip_prefix("+81") {
        Some(rest) => format!("0{}", rest.strip_prefix('0').unwrap_or(rest)),
        None => plain,
    }
}

fn fax_objection(number: &str) -> Option<FaxNumberError> {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| number.starts_with(prefix));
    match number {
        "" => Some(FaxNumberError::Empty),
        _ if number.starts_with('+') => Some(FaxNumberError::Foreign),
        _ if !number.bytes().all(|byte| byte.is_ascii_digit()) => Some(FaxNumberError::NotDigits),
        _ if number.starts_with('1') => Some(FaxNumberError::Special),
        _ if starts(&["0120", "0800"]) => Some(FaxNumberError::FreeDial),
        _ if starts(&["0990", "0570", "0170", "0180"]) => Some(FaxNumberError::Service),
        _ if starts(&["020"]) => Some(FaxNumberError::Machine),
        _ if starts(&["060", "070", "080", "090"]) => Some(FaxNumberError::Mobile),
        _ if is_fixed(number) || (number.len() == 11 && starts(&["050"])) => None,
        _ => Some(FaxNumberError::Length),
    }
}

/// 0AB-J: `^0[1-9]\d{8}$`, without the ranges that have eleven digits.
fn is_fixed(number: &str) -> bool {
    let bytes = number.as_bytes();
    let eleven = bytes.get(2) == Some(&b'0') && matches!(bytes.get(1), Some(b'2' | b'5'..=b'9'));
    bytes.len() == 10
        && bytes.iter().all(u8::is_ascii_digit)
        && bytes.starts_with(b"0")
        && bytes.get(1) != Some(&b'0')
        && !eleven
}

fn is_eleven(number: &str) -> bool {
    let known = ["050", "060", "070", "080", "090"].iter().any(|prefix| number.starts_with(prefix));
    known && number.len() == 11 && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Tokyo and Osaka 2-4-4, free dial 4-3-3 or 4-3-4, eleven digits 3-4-4, any other 3-3-4: for
/// longer area codes the first hyphen may stand a digit early, the digits are right.
fn with_hyphens(number: &str) -> String {
    let (first, second) = match number {
        _ if number.starts_with("03") || number.starts_with("06") && number.len() == 10 => (2, 6),
        _ if ["0120", "0570", "0800"].iter().any(|prefix| number.starts_with(prefix)) => (4, 7),
        _ if number.len() == 11 => (3, 7),
        _ => (3, 6),
    };
    match (number.get(..first), number.get(first..second), number.get(second..)) {
        (Some(area), Some(exchange), Some(line)) => format!("{area}-{exchange}-{line}"),
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FaxNumberError as E;

    #[test]
    fn fax_numbers() {
        let cases: &[(&str, Result<&str, E>)] = &[
            ("03-4477-2288", Ok("0344772288")),
            ("０３－４４７７－２２８８", Ok("0344772288")),
            ("03(4477)2288", Ok("0344772288")),
            ("03ー4477−2288", Ok("0344772288")),
            ("+81 3 4477 2288", Ok("0344772288")),
            ("+81 (0)3-4477-2288", Ok("0344772288")),
            ("0460 81 2345", Ok("0460812345")),
            ("050-1234-5678", Ok("05012345678")),
            ("0300000001", Ok("0300000001")),
            ("  ", Err(E::Empty)),
            ("03-4477-2288/2289", Err(E::NotDigits)),
            ("03-4477-2288 内線5", Err(E::NotDigits)),
            ("+1 212 555 0100", Err(E::Foreign)),
            ("4477-2288", Err(E::Length)),
            ("03-4477-22889", Err(E::Length)),
            ("0344-77-228", Err(E::Length)),
            ("0034477228", Err(E::Length)),
            ("050-1234-567", Err(E::Length)),
            ("090-1234-5678", Err(E::Mobile)),
            ("060-1234-5678", Err(E::Mobile)),
            ("020-1234-5678", Err(E::Machine)),
            ("0120-444-444", Err(E::FreeDial)),
            ("0800-123-4567", Err(E::FreeDial)),
            ("0990-123-456", Err(E::Service)),
            ("0570-012-345", Err(E::Service)),
            ("119", Err(E::Special)),
            ("184-03-4477-2288", Err(E::Special)),
        ];
        for (text, expected) in cases {
            let found = FaxNumber::parse(text);
            assert_eq!(found.as_ref().map(FaxNumber::as_str), expected.as_ref().copied(), "{text}");
        }
    }

    #[test]
    fn numbers_are_read_with_hyphens_and_lose_no_digit() {
        for (digits, shown) in [
            ("0344772288", "03-4477-2288"),
            ("0661234567", "06-6123-4567"),
            ("0451234567", "045-123-4567"),
            ("0460812345", "046-081-2345"),
            ("05012345678", "050-1234-5678"),
            ("09012345678", "090-1234-5678"),
            ("06012345678", "060-1234-5678"),
            ("0120444444", "0120-444-444"),
            ("08001234567", "0800-123-4567"),
        ] {
            assert_eq!(PhoneNumber::parse(digits).unwrap().display(), shown);
        }
        assert!(FaxNumber::parse("050-1234-5678").unwrap().warning().is_some());
        assert!(FaxNumber::parse("03-4477-2288").unwrap().warning().is_none());
    }

    #[test]
    fn telephone_numbers_refuse_what_cannot_be_dialled() {
        for text in ["", "119", "03-447-2288", "0990-123-456", "080-1234-567", "でんわ"] {
            assert!(PhoneNumber::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn json_is_checked() {
        let number: FaxNumber = serde_json::from_str("\"03-4477-2288\"").unwrap();
        assert_eq!(serde_json::to_string(&number).unwrap(), "\"0344772288\"");
        assert!(serde_json::from_str::<FaxNumber>("\"090-1234-5678\"").is_err());
    }
}

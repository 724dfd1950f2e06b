//! Identifiers of the field and their check digits. A check digit warns; it never blocks. No error
//! repeats what was typed, since an insured number belongs to a client.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

mod mail_address;
mod telephone;

pub use mail_address::{MailAddress, MailAddressError};
pub use telephone::{FaxNumber, FaxNumberError, PhoneNumber, PhoneNumberError};

/// A text that is not the code that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotACode {
    /// Not an office number.
    #[error(
        "介護事業所番号は10けたです(例 2471300190)。もう一度お確かめください / an office number has 10 characters such as 2471300190: check it again"
    )]
    Office,
    /// Not a clinic code.
    #[error(
        "医療機関コードは10けた(都道府県・点数表・7けた)または7けたです。もう一度お確かめください / a clinic code has 10 or 7 digits: check it again"
    )]
    Clinic,
    /// Not an insurer number.
    #[error(
        "保険者番号は6けたの数字です。もう一度お確かめください / an insurer number has 6 digits: check it again"
    )]
    Insurer,
    /// Not an insured number.
    #[error(
        "被保険者番号は10けたの数字、またはHと9けたの数字です。もう一度お確かめください / an insured number has 10 digits, or H and 9 digits: check it again"
    )]
    Insured,
}

/// Something that a person should look at; nothing stops because of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// The check digit does not fit: perhaps a digit was mistyped.
    #[error(
        "{what_ja}の検査数字が合いません。数字をお確かめください(このままでも使えます) / the check digit of the {what_en} does not fit: check its digits (it can be used as it is)"
    )]
    CheckDigit {
        /// The code's name in Japanese.
        what_ja: &'static str,
        /// The code's name in English.
        what_en: &'static str,
    },
    /// 050: an IP telephone.
    #[error("{}", telephone::FAX_OVER_IP)]
    IpTelephone,
}

/// The check digit M10W21: from the right, weights 2, 1, 2, …; the digits of each product are
/// added; (10 − sum mod 10) mod 10.
#[must_use]
pub fn check_digit_m10w21(digits: impl DoubleEndedIterator<Item = u32>) -> u32 {
    let sum: u32 = digits
        .rev()
        .zip([2, 1].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    (10 - sum % 10) % 10
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident: $error:expr, $shape:ident, $warn:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The code in `text` (full width, spaces and hyphens are accepted), and what to look at.
            ///
            /// # Errors
            /// [`NotACode`] when the shape is wrong; a wrong check digit is only a warning.
            pub fn parse(text: &str) -> Result<(Self, Vec<Warning>), NotACode> {
                let code = plain(text);
                if $shape(&code) {
                    let warnings = $warn(&code);
                    Ok((Self(code), warnings))
                } else {
                    Err($error)
                }
            }

            /// The code without spaces and hyphens.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// What to look at.
            #[must_use]
            pub fn warnings(&self) -> Vec<Warning> {
                $warn(&self.0)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotACode;
            fn from_str(text: &str) -> Result<Self, NotACode> {
                Self::parse(text).map(|(code, _)| code)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotACode;
            fn try_from(text: String) -> Result<Self, NotACode> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }
    )+};
}

codes! {
    /// 介護事業所番号: prefecture 2, kind 1 (a digit or a letter except I, O, Q), area 2, serial 4,
    /// check digit.
    OfficeNumber: NotACode::Office, is_office, warn_office;
    /// 医療機関コード: prefecture 2, table 1 (1 medical, 3 dental, 4 pharmacy), area 2, serial 4,
    /// check digit; or its last 7 digits, whose check digit cannot be verified alone.
    ClinicCode: NotACode::Clinic, is_clinic, warn_clinic;
    /// 保険者番号: 6 digits, the last one a check digit.
    InsurerNumber: NotACode::Insurer, is_insurer, warn_insurer;
    /// 被保険者番号: 10 digits, or H and 9 digits. Unique only together with the insurer.
    InsuredNumber: NotACode::Insured, is_insured, warn_insured;
}

/// `text` in NFKC and upper case, without spaces and hyphens.
fn plain(text: &str) -> String {
    text.nfkc().filter(|c| !telephone::is_separator(*c)).map(|c| c.to_ascii_uppercase()).collect()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Prefectures are 01 to 47.
fn has_prefecture(code: &str) -> bool {
    code.get(..2)
        .filter(|text| is_digits(text))
        .and_then(|text| text.parse().ok())
        .is_some_and(|prefecture: u8| (1..=47).contains(&prefecture))
}

fn is_office(code: &str) -> bool {
    let kind = code.chars().nth(2).and_then(kind_value);
    code.len() == 10 && has_prefecture(code) && kind.is_some() && code.get(3..).is_some_and(is_digits)
}

fn is_clinic(code: &str) -> bool {
    let long = code.len() == 10 && has_prefecture(code) && matches!(code.as_bytes()[2], b'1' | b'3' | b'4');
    is_digits(code) && (long || code.len() == 7)
}

fn is_insurer(code: &str) -> bool {
    code.len() == 6 && is_digits(code)
}

fn is_insured(code: &str) -> bool {
    code.len() == 10 && is_digits(code.strip_prefix('H').unwrap_or(code))
}

/// A digit, or a letter with A = 10 … Z = 32; I, O and Q do not occur.
fn kind_value(c: char) -> Option<u32> {
    const LETTERS: &str = "ABCDEFGHJKLMNPRSTUVWXYZ";
    c.to_digit(10).or_else(|| LETTERS.find(c).map(|place| place as u32 + 10))
}

fn check_digit_fits(code: &str) -> bool {
    let values: Vec<u32> = code.chars().filter_map(kind_value).collect();
    values.split_last().is_some_and(|(last, body)| check_digit_m10w21(body.iter().copied()) == *last)
}

fn warn_unless(fits: bool, what_ja: &'static str, what_en: &'static str) -> Vec<Warning> {
    if fits { vec![] } else { vec![Warning::CheckDigit { what_ja, what_en }] }
}

fn warn_office(code: &str) -> Vec<Warning> {
    warn_unless(check_digit_fits(code), "介護事業所番号", "office number")
}

fn warn_clinic(code: &str) -> Vec<Warning> {
    warn_unless(code.len() == 7 || check_digit_fits(code), "医療機関コード", "clinic code")
}

fn warn_insurer(code: &str) -> Vec<Warning> {
    warn_unless(check_digit_fits(code), "保険者番号", "insurer number")
}

fn warn_insured(_: &str) -> Vec<Warning> {
    vec![]
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parsed<T> = Result<(T, Vec<Warning>), NotACode>;

    fn check<T>(parse: fn(&str) -> Parsed<T>, text: &str, expected: &str) {
        let found = match parse(text) {
            Ok((_, warnings)) if warnings.is_empty() => "fits",
            Ok(_) => "warns",
            Err(_) => "refused",
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn office_numbers() {
        for (text, expected) in [
            ("2471300190", "fits"),
            ("24-7130-0190", "fits"),
            ("２４７１３００１９０", "fits"),
            ("2471300191", "warns"),
            // Kind A counts as 10 (10 × 2 = 20 → 2), where 7 gave 14 → 5: three less.
            ("24A1300193", "fits"),
            ("24a1300190", "warns"),
            ("24I1300190", "refused"),
            ("4871300190", "refused"),
            ("247130019", "refused"),
            ("", "refused"),
        ] {
            check(OfficeNumber::parse, text, expected);
        }
    }

    #[test]
    fn clinic_codes() {
        for (text, expected) in [
            ("3618010015", "fits"),
            ("0110113719", "fits"),
            ("0110113718", "warns"),
            ("0113719", "fits"),
            ("0120113719", "refused"),
            ("01101137", "refused"),
            ("あいうえおかきくけこ", "refused"),
        ] {
            check(ClinicCode::parse, text, expected);
        }
    }

    #[test]
    fn insurer_and_insured_numbers() {
        for (text, expected) in [("141002", "fits"), ("141003", "warns"), ("14100", "refused")] {
            check(InsurerNumber::parse, text, expected);
        }
        for (text, expected) in
            [("0000000001", "fits"), ("h123456789", "fits"), ("H1234567890", "refused"), ("12", "refused")]
        {
            check(InsuredNumber::parse, text, expected);
        }
    }

    #[test]
    fn json_is_a_string_and_is_checked() {
        let code: ClinicCode = serde_json::from_str("\"3618010015\"").unwrap();
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"3618010015\"");
        assert!(serde_json::from_str::<InsurerNumber>("\"secret\"").is_err());
    }
}

//! Mail addresses: the plain `local@domain` of RFC 5321 §4.1.2 in ASCII. No display names, quoted
//! locals or address literals: whatever could smuggle a second recipient or a header is refused.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// RFC 5321 §4.5.3.1.1.
const LOCAL_MAX: usize = 64;
/// RFC 5321 §4.5.3.1.3, less the angle brackets.
const ADDRESS_MAX: usize = 254;
/// RFC 1035 §2.3.4.
const LABEL_MAX: usize = 63;

/// Why a text is not a mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailAddressError {
    /// Nothing was given.
    #[error("メールアドレスを入力してください / enter the mail address")]
    Empty,
    /// Too long.
    #[error(
        "メールアドレスが長すぎます。もう一度お確かめください / the mail address is too long: check it again"
    )]
    Length,
    /// A wrong shape or character.
    #[error(
        "メールアドレスは name@example.jp のように半角で1つだけ入力してください / enter one mail address such as name@example.jp"
    )]
    Shape,
}

/// One mail address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MailAddress(String);

impl MailAddress {
    /// The address in `text`; spaces around it are dropped.
    ///
    /// # Errors
    /// [`MailAddressError`] with what to do.
    pub fn parse(text: &str) -> Result<Self, MailAddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(MailAddressError::Empty);
        }
        let (local, domain) = text.split_once('@').ok_or(MailAddressError::Shape)?;
        if text.len() > ADDRESS_MAX || local.len() > LOCAL_MAX {
            return Err(MailAddressError::Length);
        }
        if is_local(local) && is_domain(domain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(MailAddressError::Shape)
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A dot-atom (RFC 5321 §4.1.2).
fn is_local(local: &str) -> bool {
    let atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(atext))
}

/// Two labels or more, of letters, digits and inner hyphens.
fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_MAX
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    domain.contains('.') && domain.split('.').all(label)
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for MailAddress {
    type Err = MailAddressError;
    fn from_str(text: &str) -> Result<Self, MailAddressError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for MailAddress {
    type Error = MailAddressError;
    fn try_from(text: String) -> Result<Self, MailAddressError> {
        Self::parse(&text)
    }
}

impl From<MailAddress> for String {
    fn from(address: MailAddress) -> Self {
        address.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MailAddressError as E;

    #[test]
    fn addresses() {
        let long_local = format!("{}@example.jp", "a".repeat(65));
        let cases: &[(&str, Result<&str, E>)] = &[
            ("clinic@example.jp", Ok("clinic@example.jp")),
            (" 0344772288@fax.example.jp ", Ok("0344772288@fax.example.jp")),
            ("a.b+c@x-y.example", Ok("a.b+c@x-y.example")),
            ("", Err(E::Empty)),
            ("clinic", Err(E::Shape)),
            ("a@b@example.jp", Err(E::Shape)),
            ("a@localhost", Err(E::Shape)),
            ("a..b@example.jp", Err(E::Shape)),
            (".a@example.jp", Err(E::Shape)),
            ("a@-example.jp", Err(E::Shape)),
            ("a@example..jp", Err(E::Shape)),
            ("院長@example.jp", Err(E::Shape)),
            ("a@example.jp,b@example.jp", Err(E::Shape)),
            ("a@example.jp\r\nBcc: b@example.jp", Err(E::Shape)),
            ("a\r\nRCPT@example.jp", Err(E::Shape)),
            ("<a@example.jp>", Err(E::Shape)),
            (&long_local, Err(E::Length)),
        ];
        for (text, expected) in cases {
            let found = MailAddress::parse(text);
            assert_eq!(found.as_ref().map(MailAddress::as_str), expected.as_ref().copied(), "{text:?}");
        }
    }
}

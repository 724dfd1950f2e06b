//! The passphrase that is agreed with a clinic, so that files for it open for nobody else.

use super::account::Secret;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// Characters that a passphrase has at least.
pub const PASSPHRASE_MIN_CHARS: usize = 12;
/// And at most: a PDF takes 127 bytes (ISO 32000-2 §7.6.4.3.2), and a person has to type it.
pub const PASSPHRASE_MAX_CHARS: usize = 60;
/// Different characters that it has at least: `aaaaaaaaaaaa` is none.
const DIFFERENT_MIN: usize = 5;

/// A passphrase: printable ASCII alone, since viewers disagree about how other characters are typed and written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passphrase(Secret);

/// Why something is no passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseMistake {
    /// Too short or too long.
    #[error(
        "合言葉は{PASSPHRASE_MIN_CHARS}文字以上{PASSPHRASE_MAX_CHARS}文字以内にしてください / a passphrase has {PASSPHRASE_MIN_CHARS} to {PASSPHRASE_MAX_CHARS} characters"
    )]
    Length,
    /// Characters that not every keyboard and viewer gives alike.
    #[error(
        "合言葉は半角の英字・数字・記号だけにしてください / use letters, digits and signs of ASCII alone in a passphrase"
    )]
    Characters,
    /// The same few characters again and again.
    #[error(
        "合言葉には、違う文字を{DIFFERENT_MIN}種類以上入れてください / use at least {DIFFERENT_MIN} different characters"
    )]
    TooPlain,
}

impl Passphrase {
    /// A passphrase as a person typed it: without blanks around it, full-width letters as half-width ones.
    ///
    /// # Errors
    /// [`PassphraseMistake`].
    pub fn new(typed: &str) -> Result<Self, PassphraseMistake> {
        let plain: String = typed.trim().nfkc().collect();
        if !plain.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(PassphraseMistake::Characters);
        }
        if !(PASSPHRASE_MIN_CHARS..=PASSPHRASE_MAX_CHARS).contains(&plain.len()) {
            return Err(PassphraseMistake::Length);
        }
        let different: BTreeSet<u8> = plain.bytes().collect();
        if different.len() < DIFFERENT_MIN {
            return Err(PassphraseMistake::TooPlain);
        }
        Ok(Self(Secret::new(plain)))
    }

    /// The characters. To lock a file with, and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_passphrase_and_what_is_not() {
        let check = |typed: &str| Passphrase::new(typed).map(|passphrase| passphrase.expose().to_owned());
        assert_eq!(check(" ｍｉｈｏｎ 2026-ame "), Ok("mihon 2026-ame".to_owned()));
        assert_eq!(check("short-one"), Err(PassphraseMistake::Length));
        assert_eq!(check(&"abcde".repeat(13)), Err(PassphraseMistake::Length));
        assert_eq!(check("みほんのあいことばです"), Err(PassphraseMistake::Characters));
        assert_eq!(check("line\nline line"), Err(PassphraseMistake::Characters));
        assert_eq!(check("ababababababab"), Err(PassphraseMistake::TooPlain));
    }

    #[test]
    fn it_is_never_printed() {
        assert!(!format!("{:?}", Passphrase::new("mihon 2026-ame")).contains("mihon"));
    }
}

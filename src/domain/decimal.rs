//! Numbers with a unit as people type them: 36.5, ３６．５, 1,200, 36.5 kg. Exact: no floating point, and nothing
//! is rounded; what has too many digits is refused.

use unicode_normalization::UnicodeNormalization;

/// What a number may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The smallest.
    pub min: i64,
    /// The largest.
    pub max: i64,
    /// Digits behind the point, at the most.
    pub decimals: u8,
}

/// The number in `text` as it is printed, without the unit; `None` for what is no number within `limits`.
#[must_use]
pub fn parse_decimal(text: &str, units: &[&str], limits: Limits) -> Option<String> {
    let typed = plain(text);
    let bare = units.iter().find_map(|unit| typed.strip_suffix(&plain(unit))).unwrap_or(&typed);
    let scale = 10_i64.checked_pow(u32::from(limits.decimals))?;
    let value = scaled(bare, limits.decimals)?;
    let (min, max) = (limits.min.checked_mul(scale)?, limits.max.checked_mul(scale)?);
    (min..=max).contains(&value).then(|| bare.to_owned())
}

/// Half width, without blanks and thousands commas.
fn plain(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace() && *c != ',').collect()
}

/// `365` of 36.5 with one decimal; `None` for what is no such number.
fn scaled(text: &str, decimals: u8) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let part_fits = part.is_none_or(|part| are_digits(part) && part.len() <= usize::from(decimals));
    if !are_digits(whole) || !part_fits || whole.len() > 9 {
        return None;
    }
    let padded = format!("{whole}{:0<width$}", part.unwrap_or_default(), width = usize::from(decimals));
    padded.parse::<i64>().ok().map(|value| sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly() {
        for (text, decimals, expected) in [
            ("36.5", 1, Some(365)),
            ("36", 1, Some(360)),
            ("036", 0, Some(36)),
            ("-2", 0, Some(-2)),
            ("36.55", 1, None),
            ("36.", 1, None),
            (".5", 1, None),
            ("1e3", 0, None),
            ("", 0, None),
            ("--1", 0, None),
            ("9999999999", 0, None),
            ("1.05", 2, Some(105)),
            ("36.5", 0, None),
        ] {
            assert_eq!(scaled(text, decimals), expected, "{text}");
        }
    }

    #[test]
    fn units_and_limits() {
        let limits = Limits { min: 10, max: 200, decimals: 1 };
        for (text, expected) in [
            ("43.0 kg", Some("43.0")),
            ("４３ｋｇ", Some("43")),
            ("10", Some("10")),
            ("9.9", None),
            ("200.1", None),
            ("200.0", Some("200.0")),
            ("43 cm", None),
            ("kg", None),
        ] {
            assert_eq!(parse_decimal(text, &["kg"], limits).as_deref(), expected, "{text}");
        }
    }
}

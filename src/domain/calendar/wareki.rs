//! Japanese years: 令和8年11月22日 to and from a date. The era must fit the day; a year that an era
//! did not have is an error, never a guess.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// A text that is no Japanese date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAWareki {
    /// No such shape.
    #[error(
        "日付は「令和8年11月22日」または「R8.11.22」の形で入力してください / write a date such as 令和8年11月22日 or R8.11.22"
    )]
    Shape,
    /// No such day.
    #[error(
        "その日付はありません。月と日をお確かめください / there is no such day: check the month and the day"
    )]
    NoSuchDay,
    /// The era had not begun or was over.
    #[error("その日は{era}ではありません。元号をお確かめください / that day is not in {era}: check the era")]
    OutsideEra {
        /// The era that was written.
        era: &'static str,
    },
}

/// How a sheet writes days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateStyle {
    /// 令和8年11月22日.
    #[default]
    Wareki,
    /// 2026年11月22日.
    Gregorian,
}

impl DateStyle {
    /// The day in this style.
    #[must_use]
    pub fn show(self, day: Date) -> String {
        match self {
            Self::Wareki => wareki(day),
            Self::Gregorian => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        }
    }
}

struct Era {
    name: &'static str,
    letter: char,
    from: Date,
}

/// Newest first. Meiji from 1873, since when Japan has used this calendar.
const ERAS: [Era; 5] = [
    Era { name: "令和", letter: 'R', from: date(2019, 5, 1) },
    Era { name: "平成", letter: 'H', from: date(1989, 1, 8) },
    Era { name: "昭和", letter: 'S', from: date(1926, 12, 25) },
    Era { name: "大正", letter: 'T', from: date(1912, 7, 30) },
    Era { name: "明治", letter: 'M', from: date(1873, 1, 1) },
];

/// 明治6年 is 1873; every other era's first year is the year in which it began.
const MEIJI_FIRST_YEAR: i16 = 1868;

/// `令和8年11月22日`; `令和元年5月1日` in a first year; `1872年1月1日` before 1873.
#[must_use]
pub fn wareki(day: Date) -> String {
    let (month, number) = (day.month(), day.day());
    match era_of(day) {
        None => format!("{}年{month}月{number}日", day.year()),
        Some(era) => match day.year() - era.first_year() + 1 {
            1 => format!("{}元年{month}月{number}日", era.name),
            year => format!("{}{year}年{month}月{number}日", era.name),
        },
    }
}

/// The date in `text`: `令和8年11月22日`, `令和元年5月1日`, `R8.11.22`, `r8/11/22`, `R08-11-22`; full
/// width and spaces are accepted.
///
/// # Errors
/// [`NotAWareki`] with what to do.
pub fn parse_wareki(text: &str) -> Result<Date, NotAWareki> {
    let plain: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let (era, rest) = split_era(&plain).ok_or(NotAWareki::Shape)?;
    let [year, month, day] = numbers(rest).ok_or(NotAWareki::Shape)?;
    let western = era.first_year() + year - 1;
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else {
        return Err(NotAWareki::NoSuchDay);
    };
    let found = Date::new(western, month, day).map_err(|_| NotAWareki::NoSuchDay)?;
    if era_of(found).is_some_and(|actual| actual.name == era.name) {
        Ok(found)
    } else {
        Err(NotAWareki::OutsideEra { era: era.name })
    }
}

impl Era {
    fn first_year(&self) -> i16 {
        if self.letter == 'M' { MEIJI_FIRST_YEAR } else { self.from.year() }
    }
}

fn era_of(day: Date) -> Option<&'static Era> {
    ERAS.iter().find(|era| day >= era.from)
}

fn split_era(text: &str) -> Option<(&'static Era, &str)> {
    ERAS.iter().find_map(|era| {
        let letters = [era.letter, era.letter.to_ascii_lowercase()];
        let rest = text.strip_prefix(era.name).or_else(|| text.strip_prefix(letters))?;
        Some((era, rest))
    })
}

/// Year, month and day; each of one or two digits.
fn numbers(text: &str) -> Option<[i16; 3]> {
    let text = text.strip_suffix('日').unwrap_or(text);
    let parts: Vec<i16> = text.split(['年', '月', '.', '/', '-']).map(number).collect::<Option<_>>()?;
    parts.try_into().ok()
}

fn number(text: &str) -> Option<i16> {
    let digits = text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text {
        "元" => Some(1),
        _ if digits => text.parse().ok().filter(|value| *value > 0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_writes_days_in_one_style() {
        let day = date(2026, 11, 2);
        assert_eq!(DateStyle::default().show(day), "令和8年11月2日");
        assert_eq!(DateStyle::Gregorian.show(day), "2026年11月2日");
    }

    #[test]
    fn dates_both_ways() {
        for (day, text) in [
            (date(2026, 11, 22), "令和8年11月22日"),
            (date(2019, 5, 1), "令和元年5月1日"),
            (date(2019, 4, 30), "平成31年4月30日"),
            (date(1989, 1, 8), "平成元年1月8日"),
            (date(1989, 1, 7), "昭和64年1月7日"),
            (date(1926, 12, 25), "昭和元年12月25日"),
            (date(1926, 12, 24), "大正15年12月24日"),
            (date(1912, 7, 30), "大正元年7月30日"),
            (date(1912, 7, 29), "明治45年7月29日"),
            (date(1873, 1, 1), "明治6年1月1日"),
        ] {
            assert_eq!(wareki(day), text);
            assert_eq!(parse_wareki(text), Ok(day), "{text}");
        }
        assert_eq!(wareki(date(1872, 12, 31)), "1872年12月31日");
    }

    #[test]
    fn other_ways_to_write() {
        let day = date(2026, 11, 22);
        for text in
            ["R8.11.22", "r8/11/22", "R08-11-22", "令和 8 年 11 月 22 日", "R８．１１．２２", "㋿8年11月22日"]
        {
            assert_eq!(parse_wareki(text), Ok(day), "{text}");
        }
        assert_eq!(parse_wareki("S元.12.25"), Ok(date(1926, 12, 25)));
    }

    #[test]
    fn no_guessing() {
        use NotAWareki::{NoSuchDay, OutsideEra, Shape};
        for (text, expected) in [
            ("", Shape),
            ("2026-11-22", Shape),
            ("令和8年11月", Shape),
            ("令和0年1月1日", Shape),
            ("令和8年11月222日", Shape),
            ("令和8年13月1日", NoSuchDay),
            ("令和7年2月29日", NoSuchDay),
            ("令和元年4月30日", OutsideEra { era: "令和" }),
            ("平成31年5月1日", OutsideEra { era: "平成" }),
            ("昭和64年1月8日", OutsideEra { era: "昭和" }),
            ("大正15年12月25日", OutsideEra { era: "大正" }),
            ("明治45年7月30日", OutsideEra { era: "明治" }),
            ("明治5年1月1日", OutsideEra { era: "明治" }),
        ] {
            assert_eq!(parse_wareki(text), Err(expected), "{text}");
        }
    }
}

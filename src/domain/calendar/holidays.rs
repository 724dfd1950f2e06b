//! National holidays by 国民の祝日に関する法律 and its amendments, for 2000 to 2099. The equinoxes are
//! computed; they are official only from 1 February of the year before, and the law may change:
//! hence [`HolidayOverrides`], which always goes first.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

/// Corrections to the computed holidays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HolidayOverrides {
    /// Days that are holidays.
    pub add: Vec<Date>,
    /// Days that are not.
    pub remove: Vec<Date>,
}

/// What kind of holiday a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holiday {
    /// Named by the law.
    National(&'static str),
    /// 振替休日: the next day that is not a holiday after one on a Sunday (第3条第2項).
    Substitute,
    /// 国民の休日: a day between two holidays (第3条第3項).
    Citizens,
    /// From the override table.
    Added,
}

impl Holiday {
    /// The name in Japanese.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::National(name) => name,
            Self::Substitute => "振替休日",
            Self::Citizens => "国民の休日",
            Self::Added => "休日",
        }
    }
}

/// The holiday on `date`. The overrides name final days: an added Sunday makes no substitute.
#[must_use]
pub fn holiday(date: Date, overrides: &HolidayOverrides) -> Option<Holiday> {
    if overrides.remove.contains(&date) {
        return None;
    }
    if overrides.add.contains(&date) {
        return Some(Holiday::Added);
    }
    national(date)
        .map(Holiday::National)
        .or_else(|| is_substitute(date).then_some(Holiday::Substitute))
        .or_else(|| is_between(date).then_some(Holiday::Citizens))
}

/// Walks back over the holidays before `date`; one of them on a Sunday moves here. Before 2007 only
/// the Monday after it could be the substitute.
fn is_substitute(date: Date) -> bool {
    let mut earlier = date;
    loop {
        let Ok(before) = earlier.checked_sub(1.day()) else { return false };
        if national(before).is_none() {
            return false;
        }
        if before.weekday() == Weekday::Sunday {
            return date.year() >= 2007 || date.weekday() == Weekday::Monday;
        }
        earlier = before;
    }
}

fn is_between(date: Date) -> bool {
    let holiday = |day: Result<Date, _>| day.is_ok_and(|day| national(day).is_some());
    let old_sunday = date.year() < 2007 && date.weekday() == Weekday::Sunday;
    holiday(date.checked_sub(1.day())) && holiday(date.checked_add(1.day())) && !old_sunday
}

/// The holiday that the law names for `date`.
fn national(date: Date) -> Option<&'static str> {
    let (year, month, day) = (i32::from(date.year()), date.month(), date.day());
    if !(2000..=2099).contains(&year) {
        return None;
    }
    if matches!((year, month), (2020 | 2021, 7 | 8 | 10)) {
        return olympic_year(year, month, day);
    }
    let monday = |nth: i8| date.weekday() == Weekday::Monday && (day - 1) / 7 + 1 == nth;
    Some(match (month, day) {
        (1, 1) => "元日",
        (1, _) if monday(2) => "成人の日",
        (2, 11) => "建国記念の日",
        (2, 23) if year >= 2020 => "天皇誕生日",
        (3, _) if i32::from(day) == spring_equinox(year) => "春分の日",
        (4, 29) => {
            if year >= 2007 {
                "昭和の日"
            } else {
                "みどりの日"
            }
        }
        // 平成30年法律第99号, for 2019 alone.
        (5, 1) if year == 2019 => "即位の日",
        (5, 3) => "憲法記念日",
        (5, 4) if year >= 2007 => "みどりの日",
        (5, 5) => "こどもの日",
        (7, _) if if year >= 2003 { monday(3) } else { day == 20 } => "海の日",
        (8, 11) if year >= 2016 => "山の日",
        (9, _) if if year >= 2003 { monday(3) } else { day == 15 } => "敬老の日",
        (9, _) if i32::from(day) == autumn_equinox(year) => "秋分の日",
        (10, _) if monday(2) => {
            if year >= 2020 {
                "スポーツの日"
            } else {
                "体育の日"
            }
        }
        (10, 22) if year == 2019 => "即位礼正殿の儀の行われる日",
        (11, 3) => "文化の日",
        (11, 23) => "勤労感謝の日",
        (12, 23) if year <= 2018 => "天皇誕生日",
        _ => return None,
    })
}

/// The three holidays that moved for the Olympic Games of 2020 and 2021 (平成27年法律第33号 and its
/// amendments): July, August and October of those years have these alone.
fn olympic_year(year: i32, month: i8, day: i8) -> Option<&'static str> {
    match (year, month, day) {
        (2020, 7, 23) | (2021, 7, 22) => Some("海の日"),
        (2020, 7, 24) | (2021, 7, 23) => Some("スポーツの日"),
        (2020, 8, 10) | (2021, 8, 8) => Some("山の日"),
        _ => None,
    }
}

/// The day in March, right for 1980 to 2099.
fn spring_equinox(year: i32) -> i32 {
    equinox(20.8431, year)
}

/// The day in September, right for 1980 to 2099.
fn autumn_equinox(year: i32) -> i32 {
    equinox(23.2488, year)
}

fn equinox(base: f64, year: i32) -> i32 {
    let years = year - 1980;
    (base + 0.242_194 * f64::from(years)).floor() as i32 - years.div_euclid(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All the holidays of `year` as `M-D`, a substitute with `s` and a citizens' holiday with `c`.
    fn year(year: i16) -> String {
        let first = jiff::civil::date(year, 1, 1);
        let days = first.series(1.day()).take_while(|date| date.year() == year);
        let holidays = days.filter_map(|date| {
            let mark = match holiday(date, &HolidayOverrides::default())? {
                Holiday::Substitute => "s",
                Holiday::Citizens => "c",
                _ => "",
            };
            Some(format!("{}-{}{mark}", date.month(), date.day()))
        });
        holidays.collect::<Vec<_>>().join(" ")
    }

    /// As 内閣府 published them (syukujitsu), up to 2027.
    #[test]
    fn whole_years() {
        for (number, expected) in [
            (2006, "1-1 1-2s 1-9 2-11 3-21 4-29 5-3 5-4c 5-5 7-17 9-18 9-23 10-9 11-3 11-23 12-23"),
            (2008, "1-1 1-14 2-11 3-20 4-29 5-3 5-4 5-5 5-6s 7-21 9-15 9-23 10-13 11-3 11-23 11-24s 12-23"),
            (2009, "1-1 1-12 2-11 3-20 4-29 5-3 5-4 5-5 5-6s 7-20 9-21 9-22c 9-23 10-12 11-3 11-23 12-23"),
            (
                2019,
                "1-1 1-14 2-11 3-21 4-29 4-30c 5-1 5-2c 5-3 5-4 5-5 5-6s 7-15 8-11 8-12s 9-16 9-23 10-14 \
                 10-22 11-3 11-4s 11-23",
            ),
            (2020, "1-1 1-13 2-11 2-23 2-24s 3-20 4-29 5-3 5-4 5-5 5-6s 7-23 7-24 8-10 9-21 9-22 11-3 11-23"),
            (2021, "1-1 1-11 2-11 2-23 3-20 4-29 5-3 5-4 5-5 7-22 7-23 8-8 8-9s 9-20 9-23 11-3 11-23"),
            (
                2025,
                "1-1 1-13 2-11 2-23 2-24s 3-20 4-29 5-3 5-4 5-5 5-6s 7-21 8-11 9-15 9-23 10-13 11-3 11-23 11-24s",
            ),
            (
                2026,
                "1-1 1-12 2-11 2-23 3-20 4-29 5-3 5-4 5-5 5-6s 7-20 8-11 9-21 9-22c 9-23 10-12 11-3 11-23",
            ),
            (2027, "1-1 1-11 2-11 2-23 3-21 3-22s 4-29 5-3 5-4 5-5 7-19 8-11 9-20 9-23 10-11 11-3 11-23"),
            (2032, "1-1 1-12 2-11 2-23 3-20 4-29 5-3 5-4 5-5 7-19 8-11 9-20 9-21c 9-22 10-11 11-3 11-23"),
        ] {
            assert_eq!(year(number), expected, "{number}");
        }
    }

    #[test]
    fn equinoxes() {
        for (number, spring, autumn) in
            [(2000, 20, 23), (2012, 20, 22), (2023, 21, 23), (2024, 20, 22), (2044, 20, 22), (2099, 20, 23)]
        {
            assert_eq!((spring_equinox(number), autumn_equinox(number)), (spring, autumn), "{number}");
        }
    }

    #[test]
    fn the_override_table_goes_first() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let overrides = HolidayOverrides { add: vec![day("2030-06-03")], remove: vec![day("2030-01-01")] };
        assert_eq!(holiday(day("2030-06-03"), &overrides), Some(Holiday::Added));
        assert_eq!(holiday(day("2030-01-01"), &overrides), None);
        assert_eq!(holiday(day("2030-11-03"), &overrides).map(Holiday::name), Some("文化の日"));
    }
}

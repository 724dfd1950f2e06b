//! Days in Japan: which are business days for a clinic or an office, counting them, and the
//! Japanese day of a moment. The holidays are in [`holidays`], the Japanese years in [`wareki`].

use jiff::civil::{Date, Time, Weekday};
use jiff::{Timestamp, ToSpan, tz::Offset};
use serde::{Deserialize, Serialize};

pub mod holidays;
pub mod wareki;

use holidays::{HolidayOverrides, holiday};

/// Japan has had no summer time since 1951 (昭和27年法律第84号).
const JAPAN: Offset = Offset::constant(9);

/// How far a business day is searched: longer than any closure that can be meant.
const SEARCH_DAYS: u32 = 400;

/// How a day of the week is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opening {
    /// 終日.
    #[default]
    Open,
    /// 午前のみ.
    Morning,
    /// 午後のみ.
    Afternoon,
    /// 休診・休業.
    Closed,
}

/// The week of a clinic or an office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Week {
    /// 月.
    pub monday: Opening,
    /// 火.
    pub tuesday: Opening,
    /// 水.
    pub wednesday: Opening,
    /// 木.
    pub thursday: Opening,
    /// 金.
    pub friday: Opening,
    /// 土.
    pub saturday: Opening,
    /// 日.
    pub sunday: Opening,
}

impl Default for Week {
    /// Saturday and Sunday closed.
    fn default() -> Self {
        Self {
            monday: Opening::Open,
            tuesday: Opening::Open,
            wednesday: Opening::Open,
            thursday: Opening::Open,
            friday: Opening::Open,
            saturday: Opening::Closed,
            sunday: Opening::Closed,
        }
    }
}

/// Days in a row on which it is closed: 年末年始, お盆.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedRange {
    /// The first closed day.
    pub from: Date,
    /// The last closed day.
    pub to: Date,
}

/// One day that is not as its weekday: a one-off closure, or open on a holiday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneOffDay {
    /// The day.
    pub date: Date,
    /// How it is; this goes before everything else.
    pub opening: Opening,
}

/// When one clinic or office is closed. The default is closed on Saturdays, Sundays and holidays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Closures {
    /// Weekdays.
    pub week: Week,
    /// Ranges.
    pub ranges: Vec<ClosedRange>,
    /// One-off days.
    pub days: Vec<OneOffDay>,
    /// Holidays that the law or the government changed; the same for everybody in a region.
    pub holidays: HolidayOverrides,
}

/// No business day within 400 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{from}から400日以内に営業日がありません。休診日・休業日の設定を直してください / there is no business day within 400 days of {from}: mend the closures in the settings"
)]
pub struct NoBusinessDay {
    /// Where the search began.
    pub from: Date,
}

/// How `date` is for the clinic or office.
#[must_use]
pub fn opening(date: Date, closures: &Closures) -> Opening {
    if let Some(day) = closures.days.iter().find(|day| day.date == date) {
        return day.opening;
    }
    let in_range = closures.ranges.iter().any(|range| (range.from..=range.to).contains(&date));
    if in_range || holiday(date, &closures.holidays).is_some() {
        return Opening::Closed;
    }
    closures.week.of(date.weekday())
}

/// True when it is open for at least half the day.
#[must_use]
pub fn is_business_day(date: Date, closures: &Closures) -> bool {
    opening(date, closures) != Opening::Closed
}

/// The `days`th business day after `sent_on`, which is day 0 whether it is a business day or not.
///
/// # Errors
/// [`NoBusinessDay`] when the closures leave none.
pub fn add_business_days(sent_on: Date, days: u16, closures: &Closures) -> Result<Date, NoBusinessDay> {
    (0..days).try_fold(sent_on, |date, _| next_open(date, 1, closures))
}

/// The last business day before `date`.
///
/// # Errors
/// [`NoBusinessDay`] when the closures leave none.
pub fn business_day_before(date: Date, closures: &Closures) -> Result<Date, NoBusinessDay> {
    next_open(date, -1, closures)
}

/// The day that it is in Japan at `moment`.
#[must_use]
pub fn japan_date(moment: Timestamp) -> Date {
    JAPAN.to_datetime(moment).date()
}

/// The time of day that it is in Japan at `moment`.
#[must_use]
pub fn japan_time(moment: Timestamp) -> Time {
    JAPAN.to_datetime(moment).time()
}

/// The moment at which `day` begins in Japan.
#[must_use]
pub fn japan_midnight(day: Date) -> Timestamp {
    JAPAN.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
}

/// The first business day in steps of `step` days from `date`, `date` itself not counted.
fn next_open(date: Date, step: i8, closures: &Closures) -> Result<Date, NoBusinessDay> {
    let mut candidate = date;
    for _ in 0..SEARCH_DAYS {
        candidate = candidate.checked_add(step.days()).map_err(|_| NoBusinessDay { from: date })?;
        if is_business_day(candidate, closures) {
            return Ok(candidate);
        }
    }
    Err(NoBusinessDay { from: date })
}

impl Week {
    /// How `weekday` is.
    #[must_use]
    pub fn of(&self, weekday: Weekday) -> Opening {
        match weekday {
            Weekday::Monday => self.monday,
            Weekday::Tuesday => self.tuesday,
            Weekday::Wednesday => self.wednesday,
            Weekday::Thursday => self.thursday,
            Weekday::Friday => self.friday,
            Weekday::Saturday => self.saturday,
            Weekday::Sunday => self.sunday,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn clinic() -> Closures {
        Closures {
            week: Week { thursday: Opening::Closed, saturday: Opening::Morning, ..Week::default() },
            ranges: vec![ClosedRange { from: date(2026, 8, 12), to: date(2026, 8, 15) }],
            days: vec![
                OneOffDay { date: date(2026, 6, 2), opening: Opening::Closed },
                OneOffDay { date: date(2026, 4, 29), opening: Opening::Open },
            ],
            holidays: HolidayOverrides::default(),
        }
    }

    #[test]
    fn due_days_are_counted_from_the_day_after_sending() {
        let office = Closures::default();
        for (sent_on, days, closures, due) in [
            // Friday; the weekend does not count.
            (date(2026, 6, 5), 5, &office, date(2026, 6, 12)),
            // Sent on a Saturday: Monday is day 1.
            (date(2026, 6, 6), 1, &office, date(2026, 6, 8)),
            (date(2026, 6, 6), 0, &office, date(2026, 6, 6)),
            // Golden Week: 29 April, then 3 to 6 May (a substitute holiday).
            (date(2026, 4, 28), 5, &office, date(2026, 5, 11)),
            // Silver Week: 21, 22 (between two holidays), 23 September.
            (date(2026, 9, 18), 1, &office, date(2026, 9, 24)),
            // Closed on Thursdays, open on Saturday mornings.
            (date(2026, 6, 10), 2, &clinic(), date(2026, 6, 13)),
            (date(2026, 6, 1), 1, &clinic(), date(2026, 6, 3)),
            (date(2026, 4, 28), 1, &clinic(), date(2026, 4, 29)),
            (date(2026, 8, 10), 1, &clinic(), date(2026, 8, 17)),
        ] {
            assert_eq!(add_business_days(sent_on, days, closures), Ok(due), "{sent_on} + {days}");
        }
    }

    #[test]
    fn the_reminder_is_the_business_day_before() {
        let office = Closures::default();
        assert_eq!(business_day_before(date(2026, 5, 7), &office), Ok(date(2026, 5, 1)));
        assert_eq!(business_day_before(date(2026, 6, 12), &clinic()), Ok(date(2026, 6, 10)));
    }

    #[test]
    fn closures_that_leave_no_day_are_an_error_and_no_endless_search() {
        let closures = Closures {
            ranges: vec![ClosedRange { from: date(2020, 1, 1), to: date(2099, 12, 31) }],
            ..Closures::default()
        };
        assert!(add_business_days(date(2026, 1, 1), 1, &closures).is_err());
        assert!(add_business_days(Date::MAX, 1, &Closures::default()).is_err());
    }

    #[test]
    fn the_day_changes_at_japanese_midnight() {
        for (moment, day) in [
            ("2026-06-01T14:59:59Z", date(2026, 6, 1)),
            ("2026-06-01T15:00:00Z", date(2026, 6, 2)),
            ("2026-12-31T15:00:00Z", date(2027, 1, 1)),
        ] {
            assert_eq!(japan_date(moment.parse().unwrap()), day);
        }
    }

    #[test]
    fn settings_name_only_what_differs() {
        let text = r#"{"week":{"thursday":"closed","saturday":"morning"},
            "ranges":[{"from":"2026-08-12","to":"2026-08-15"}],
            "days":[{"date":"2026-06-02","opening":"closed"},{"date":"2026-04-29","opening":"open"}]}"#;
        assert_eq!(serde_json::from_str::<Closures>(text).unwrap(), clinic());
        assert!(serde_json::from_str::<Closures>(r#"{"weeks":{}}"#).is_err());
    }
}

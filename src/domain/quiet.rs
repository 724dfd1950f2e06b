//! Quiet hours (静かな時間): when a clinic's fax machine is not to ring. A pure function of the moment; reads no clock.

use super::calendar::{japan_date, japan_midnight, japan_time};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;

/// From an hour of the day until another one, in Japanese time; over midnight where the second is the smaller one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "HoursText")]
pub struct Hours {
    from_hour: i8,
    to_hour: i8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursText {
    from_hour: i8,
    to_hour: i8,
}

impl TryFrom<HoursText> for Hours {
    type Error = &'static str;
    fn try_from(text: HoursText) -> Result<Self, Self::Error> {
        let HoursText { from_hour, to_hour } = text;
        let are_hours = (0..24).contains(&from_hour) && (0..24).contains(&to_hour);
        if are_hours && from_hour != to_hour {
            Ok(Self { from_hour, to_hour })
        } else {
            Err(
                "from_hour と to_hour は0から23までの異なる時刻にしてください / from_hour and to_hour are two different hours, 0 to 23",
            )
        }
    }
}

impl Hours {
    /// The moment itself, or the end of these hours where it falls into them.
    #[must_use]
    pub fn after(self, moment: Timestamp) -> Timestamp {
        let hour = japan_time(moment).hour();
        let Self { from_hour, to_hour } = self;
        let over_midnight = from_hour > to_hour;
        let is_in = if over_midnight {
            hour >= from_hour || hour < to_hour
        } else {
            (from_hour..to_hour).contains(&hour)
        };
        if !is_in {
            return moment;
        }
        let today = japan_date(moment);
        let day = if hour >= to_hour { today.tomorrow().unwrap_or(today) } else { today };
        let ends = SignedDuration::from_hours(i64::from(to_hour));
        japan_midnight(day).saturating_add(ends).unwrap_or(moment)
    }
}

/// Of every number, and of single ones that have other hours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuietHours {
    /// Of every number that is not named; `None`: none.
    pub all: Option<Hours>,
    /// Of single numbers, in domestic digits.
    pub numbers: BTreeMap<String, Hours>,
}

impl QuietHours {
    /// The first moment from `moment` on at which `number` may ring.
    #[must_use]
    pub fn after(&self, number: &str, moment: Timestamp) -> Timestamp {
        let hours = self.numbers.get(number).copied().or(self.all);
        hours.map_or(moment, |hours| hours.after(moment))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_rings_in_quiet_hours() {
        let quiet: QuietHours = serde_json::from_str(
            r#"{"all": {"from_hour": 20, "to_hour": 7}, "numbers": {"0300000001": {"from_hour": 12, "to_hour": 14}}}"#,
        )
        .unwrap();
        for (number, at, expected) in [
            ("0300000002", "2026-11-28T19:59:59+09:00", "2026-11-28T19:59:59+09:00"),
            ("0300000002", "2026-11-28T20:00:00+09:00", "2026-11-29T07:00:00+09:00"),
            ("0300000002", "2026-11-29T03:30:00+09:00", "2026-11-29T07:00:00+09:00"),
            ("0300000002", "2026-11-29T07:00:00+09:00", "2026-11-29T07:00:00+09:00"),
            ("0300000001", "2026-11-28T21:00:00+09:00", "2026-11-28T21:00:00+09:00"),
            ("0300000001", "2026-11-28T13:10:00+09:00", "2026-11-28T14:00:00+09:00"),
        ] {
            let (at, expected): (Timestamp, Timestamp) = (at.parse().unwrap(), expected.parse().unwrap());
            assert_eq!(quiet.after(number, at), expected, "{number} {at}");
        }
        for wrong in
            [r#"{"from_hour": 24, "to_hour": 7}"#, r#"{"from_hour": 7, "to_hour": 7}"#, r#"{"from_hour": 7}"#]
        {
            assert!(serde_json::from_str::<Hours>(wrong).is_err(), "{wrong}");
        }
    }
}

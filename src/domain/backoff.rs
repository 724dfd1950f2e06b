//! When to try again: a pure function of how often it was tried. It draws no random number and
//! reads no clock.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How tries are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BackoffRule {
    /// The wait after the first try; it doubles with every further one.
    pub first_s: u32,
    /// The longest wait, before jitter.
    pub cap_s: u32,
    /// Tries in all; after that many a person decides.
    pub max_attempts: u32,
    /// How far jitter moves a wait, as a share of it: 0.25 is from −25 % to +25 %.
    pub jitter_share: f64,
}

impl Default for BackoffRule {
    /// 1, 2, 4, … minutes, at most an hour; 10 tries span about four hours, so that a clinic's
    /// lunch break with the fax switched off passes.
    fn default() -> Self {
        Self { first_s: 60, cap_s: 3600, max_attempts: 10, jitter_share: 0.25 }
    }
}

/// When to try again after `attempts_made` tries; `None`: give up. Before the first try it is
/// `now`. `jitter` is drawn by the caller from 0 to 1; 0.5 moves nothing.
#[must_use]
pub fn next_try(attempts_made: u32, now: Timestamp, jitter: f64, rule: &BackoffRule) -> Option<Timestamp> {
    if attempts_made >= rule.max_attempts {
        return None;
    }
    now.checked_add(wait(attempts_made, jitter, rule)).ok()
}

fn wait(attempts_made: u32, jitter: f64, rule: &BackoffRule) -> SignedDuration {
    let Some(doublings) = attempts_made.checked_sub(1) else {
        return SignedDuration::ZERO;
    };
    let factor = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
    let seconds = u64::from(rule.first_s).saturating_mul(factor).min(u64::from(rule.cap_s));
    let jitter = if jitter.is_nan() { 0.5 } else { jitter.clamp(0.0, 1.0) };
    let share = 1.0 + rule.jitter_share.clamp(0.0, 1.0) * (2.0 * jitter - 1.0);
    SignedDuration::from_millis((seconds as f64 * 1000.0 * share) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_then_it_gives_up() {
        let rule = BackoffRule { first_s: 60, cap_s: 600, max_attempts: 80, jitter_share: 0.5 };
        let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let cases: &[(u32, f64, Option<i64>)] = &[
            (0, 0.9, Some(0)),
            (1, 0.5, Some(60)),
            (2, 0.5, Some(120)),
            (3, 0.5, Some(240)),
            (4, 0.5, Some(480)),
            (5, 0.5, Some(600)),
            (70, 0.5, Some(600)),
            (1, 0.0, Some(30)),
            (1, 1.0, Some(90)),
            (1, 7.0, Some(90)),
            (1, f64::NAN, Some(60)),
            (80, 0.5, None),
            (u32::MAX, 0.5, None),
        ];
        for (attempts, jitter, expected) in cases {
            let found = next_try(*attempts, now, *jitter, &rule).map(|at| at.duration_since(now).as_secs());
            assert_eq!(found, *expected, "after {attempts} with {jitter}");
        }
    }
}

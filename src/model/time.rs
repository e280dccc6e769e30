//! Instants and durations. Plain numbers: reading the clock is the engine's business.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Wall-clock time in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The instant `seconds` after the Unix epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds * 1000)
    }

    /// How long before `now` this instant lies; zero when it lies after it.
    pub fn age(self, now: Self) -> Duration {
        Duration::from_millis(u64::try_from(now.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// The instant `by` later.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// One reading of both clocks: the wall clock to show and store, the monotonic one to divide by.
///
/// A rate is never taken over wall-clock time: an NTP step would make a spike of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Wall-clock time.
    pub wall: Timestamp,
    /// Microseconds on a monotonic clock with an arbitrary origin.
    pub mono_us: u64,
}

impl Moment {
    /// Seconds on the monotonic clock since `earlier`; `None` when it is not later.
    pub fn seconds_since(self, earlier: Self) -> Option<f64> {
        let us = self.mono_us.checked_sub(earlier.mono_us)?;
        (us > 0).then(|| us as f64 / 1e6)
    }

    /// This moment, `by` later on both clocks.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self {
            wall: self.wall.plus(by),
            mono_us: self.mono_us.saturating_add(u64::try_from(by.as_micros()).unwrap_or(u64::MAX)),
        }
    }
}

/// A duration as people say it, two parts at most: `12 d 4 h`, `3 min 20 s`, `45 s`.
pub fn human_duration(d: Duration) -> String {
    let s = d.as_secs();
    let (days, hours, minutes, seconds) = (s / 86_400, s / 3600 % 24, s / 60 % 60, s % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, m) if m >= 10 || seconds == 0 => format!("{m} min"),
        (0, 0, m) => format!("{m} min {seconds} s"),
        (0, h, 0) => format!("{h} h"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, 0, _) => format!("{d} d"),
        (d, h, _) => format!("{d} d {h} h"),
    }
}

/// The age of a value, one part: `3 s`, `12 min`, `4 h`, `9 d`.
pub fn human_age(d: Duration) -> String {
    match d.as_secs() {
        s @ 0..=59 => format!("{s} s"),
        s @ 60..=3599 => format!("{} min", s / 60),
        s @ 3600..=86_399 => format!("{} h", s / 3600),
        s => format!("{} d", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        for (seconds, expected) in [
            (0, "0 s"),
            (45, "45 s"),
            (200, "3 min 20 s"),
            (600, "10 min"),
            (3600, "1 h"),
            (3660, "1 h 1 min"),
            (86_400, "1 d"),
            (12 * 86_400 + 4 * 3600 + 59, "12 d 4 h"),
        ] {
            assert_eq!(human_duration(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn a_clock_set_back_gives_no_negative_age() {
        assert_eq!(Timestamp(1000).age(Timestamp(0)), Duration::ZERO);
        let a = Moment { wall: Timestamp(0), mono_us: 10 };
        assert_eq!(a.seconds_since(a), None);
        assert_eq!(a.plus(Duration::from_secs(2)).seconds_since(a), Some(2.0));
    }
}

//! Times and lengths of time as people type them.

use std::time::Duration;

use jiff::civil;
use jiff::tz::TimeZone;

use super::exit::{Exit, Failure};
use crate::model::time::Timestamp;

/// The time now, and the zone that times without one are meant in.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
}

/// From one instant to another, the first before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Window {
    /// Its length in milliseconds; more than 0.
    pub(super) const fn millis(self) -> i64 {
        self.to.0.saturating_sub(self.from.0)
    }
}

const FORMS: &str = "Times are now, -2h, 14:30, 2026-11-23, \"2026-11-23 14:30\" or 2026-11-23T14:30:00Z.";

impl Clock {
    /// The system's.
    pub(super) fn system() -> Self {
        let now = Timestamp(jiff::Timestamp::now().as_millisecond());
        Self { now, zone: TimeZone::system() }
    }

    /// The window between two times as typed.
    pub(super) fn window(&self, from: &str, to: &str) -> Result<Window, Failure> {
        let (from, to) = (self.time("--from", from)?, self.time("--to", to)?);
        if from < to {
            return Ok(Window { from, to });
        }
        let what = format!("--from ({}) is not before --to ({})", self.shown(from), self.shown(to));
        Err(Failure::new(Exit::Usage, what).hint(FORMS))
    }

    /// An instant as typed behind an option.
    pub(super) fn time(&self, option: &str, text: &str) -> Result<Timestamp, Failure> {
        self.parse(text.trim()).ok_or_else(|| {
            Failure::new(Exit::Usage, format!("{option}: \"{text}\" is not a time")).hint(FORMS)
        })
    }

    fn parse(&self, text: &str) -> Option<Timestamp> {
        if text == "now" {
            return Some(self.now);
        }
        if let Some(ago) = text.strip_prefix('-') {
            let ago = i64::try_from(length(ago).ok()?.as_millis()).ok()?;
            return Some(Timestamp(self.now.0.saturating_sub(ago)));
        }
        if let Ok(at) = text.parse::<jiff::Timestamp>() {
            return Some(Timestamp(at.as_millisecond()));
        }
        let local = match text.parse::<civil::DateTime>() {
            Ok(local) => local,
            Err(_) => self.zoned(self.now).date().to_datetime(text.parse::<civil::Time>().ok()?),
        };
        let at = self.zone.to_timestamp(local).ok()?;
        Some(Timestamp(at.as_millisecond()))
    }

    fn zoned(&self, at: Timestamp) -> jiff::Zoned {
        let limit = if at.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        jiff::Timestamp::from_millisecond(at.0).unwrap_or(limit).to_zoned(self.zone.clone())
    }

    /// An instant in local time, for people.
    pub(super) fn shown(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The minute now, as a name: `2026-11-23-1430`.
    pub(super) fn stamp(&self) -> String {
        self.zoned(self.now).strftime("%Y-%m-%d-%H%M").to_string()
    }

    /// Milliseconds that local time is ahead of UTC at an instant.
    pub(super) fn ahead(&self, at: Timestamp) -> i64 {
        i64::from(self.zoned(at).offset().seconds()) * 1000
    }
}

/// An instant for programs: RFC 3339 in UTC, decimals of a second where there are any.
pub(super) fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}

/// A length of time, more than zero and at most a hundred years: `30s`, `5m`, `1h30m`, `2d`, `1w`.
pub(super) fn length(text: &str) -> Result<Duration, String> {
    const FORMS: &str = "a number and its unit, s, m, h, d or w: 30s, 5m, 1h30m, 2d";
    const MOST: u64 = 100 * 366 * 86_400;
    let mut seconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest[..digits].parse().map_err(|_| FORMS)?;
        let mut behind = rest[digits..].chars();
        let unit = match behind.next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86_400,
            Some('w') => 7 * 86_400,
            _ => return Err(FORMS.into()),
        };
        seconds = number.checked_mul(unit).and_then(|n| n.checked_add(seconds)).ok_or(FORMS)?;
        rest = behind.as_str();
    }
    match seconds {
        0 => Err(FORMS.into()),
        1..=MOST => Ok(Duration::from_secs(seconds)),
        _ => Err("at most 100 years".into()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-11-23 08:00 in Berlin.
    fn clock() -> Clock {
        Clock { now: Timestamp(1_795_417_200_000), zone: TimeZone::get("Europe/Berlin").unwrap() }
    }

    #[test]
    fn times_are_read_as_people_type_them() {
        let c = clock();
        for (text, expected) in [
            ("now", "2026-11-23 08:00:00"),
            ("-2h", "2026-11-23 06:00:00"),
            ("-1d1h30m", "2026-11-22 06:30:00"),
            ("07:15", "2026-11-23 07:15:00"),
            ("2026-11-20", "2026-11-20 00:00:00"),
            ("2026-11-20 14:30", "2026-11-20 14:30:00"),
            ("2026-11-20T14:30:05", "2026-11-20 14:30:05"),
            ("2026-11-20T14:30:00Z", "2026-11-20 15:30:00"),
            ("2026-11-20T14:30:00-05:00", "2026-11-20 20:30:00"),
            // Summer time ended that night, and began that one: 02:30 was twice, or never.
            ("2026-10-25 02:30", "2026-10-25 02:30:00"),
            ("2026-03-29 02:30", "2026-03-29 03:30:00"),
        ] {
            let at = c.parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(c.shown(at), expected, "{text}");
        }
        assert_eq!(rfc3339(c.now), "2026-11-23T07:00:00Z");
        assert_eq!(rfc3339(Timestamp(1500)), "1970-01-01T00:00:01.5Z");
        assert_eq!(c.ahead(c.now), 3_600_000);
        for text in ["", "-", "-2", "2h", "yesterday", "2026-13-01", "-99999999999999999999d", "25:00"] {
            assert_eq!(c.parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_window_runs_forward() {
        let w = clock().window("-1h", "now").unwrap();
        assert_eq!(w.millis(), 3_600_000);
        let e = clock().window("now", "-1h").unwrap_err();
        assert_eq!(e.exit, Exit::Usage);
        assert_eq!(e.what, "--from (2026-11-23 08:00:00) is not before --to (2026-11-23 07:00:00)");
        assert!(clock().window("soon", "now").unwrap_err().what.contains("--from: \"soon\" is not a time"));
    }

    #[test]
    fn lengths_have_units() {
        assert_eq!(length("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(length("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(length("2w"), Ok(Duration::from_secs(14 * 86_400)));
        for text in ["", "5", "h", "0s", "-5m", "5 m", "1.5h", "1000y", "9999w9999w", "18446744073709551615w"]
        {
            assert!(length(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(ms in 0i64..4_102_444_800_000) {
            let c = clock();
            prop_assert_eq!(c.parse(&rfc3339(Timestamp(ms))), Some(Timestamp(ms)));
        }

        #[test]
        fn anything_typed_is_a_time_or_none(text in "\\PC{0,24}|-?[0-9smhdw:T-]{0,24}") {
            let _ = clock().window(&text, "now");
            let _ = length(&text);
        }
    }
}

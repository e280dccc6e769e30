//! Days and dates of the common calendar. Local time comes in as an offset: nothing here knows a time zone.

use crate::model::time::Timestamp;

const DAY_S: i64 = 86_400;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day and a time of day, as a clock on the wall shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// Year.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: i64,
    /// Day of the month, from 1.
    pub day: i64,
    /// Second of the day.
    pub second: i64,
}

impl Local {
    /// What the clock shows at an instant, `offset` seconds ahead of UTC.
    pub const fn at(t: Timestamp, offset: i32) -> Self {
        let seconds = t.0.div_euclid(1000).saturating_add(offset as i64);
        let (year, month, day) = civil(seconds.div_euclid(DAY_S));
        Self { year, month, day, second: seconds.rem_euclid(DAY_S) }
    }

    /// The instant at which the clock shows this.
    pub const fn instant(self, offset: i32) -> Timestamp {
        let days = days(self.year, self.month, self.day);
        Timestamp::from_seconds(days * DAY_S + self.second - offset as i64)
    }

    /// Whether there is such a day.
    pub const fn is_real(self) -> bool {
        let (y, m, d) = civil(days(self.year, self.month, self.day));
        y == self.year && m == self.month && d == self.day
    }

    /// `14:05`
    pub fn clock(self) -> String {
        format!("{:02}:{:02}", self.second / 3600, self.second / 60 % 60)
    }

    /// `23 Nov`
    pub fn day_text(self) -> String {
        format!("{} {}", self.day, self.month_text())
    }

    /// `Nov 2026`
    pub fn month_and_year(self) -> String {
        format!("{} {}", self.month_text(), self.year)
    }

    /// `2026-11-23 14:05`
    pub fn full(self) -> String {
        format!("{:04}-{:02}-{:02} {}", self.year, self.month, self.day, self.clock())
    }

    fn month_text(self) -> &'static str {
        usize::try_from(self.month - 1).ok().and_then(|m| MONTHS.get(m)).copied().unwrap_or("")
    }
}

/// Year, month and day of a day counted from 1 January 1970. Years begin in March here: the leap day comes last.
const fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + (month <= 2) as i64, month, day)
}

/// The day counted from 1 January 1970.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_read_well() {
        let at = Local::at(Timestamp::from_seconds(1_795_442_531), 3600);
        assert_eq!(at.full(), "2026-11-23 15:02");
        assert_eq!((at.day_text(), at.month_and_year()), ("23 Nov".into(), "Nov 2026".into()));
        assert!(!Local { year: 2026, month: 2, day: 29, second: 0 }.is_real());
        assert!(Local { year: 2028, month: 2, day: 29, second: 0 }.is_real());
    }

    proptest! {
        #[test]
        fn every_second_is_found_again(s in -60_000_000_000i64..250_000_000_000, offset in -50_000i32..50_000) {
            let t = Timestamp::from_seconds(s);
            let local = Local::at(t, offset);
            prop_assert!(local.is_real());
            prop_assert_eq!(local.instant(offset), t);
        }
    }
}

//! How much time a chart shows.

use std::time::Duration;

use super::super::calendar::Local;

/// How much time a chart shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// A quarter of an hour: what is in memory.
    #[default]
    Quarter,
    /// An hour.
    Hour,
    /// Six hours.
    SixHours,
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month of thirty days.
    Month,
    /// A year.
    Year,
    /// Two years: all that is kept by default.
    TwoYears,
}

impl Window {
    /// All, shortest first.
    pub const ALL: [Self; 8] = [
        Self::Quarter,
        Self::Hour,
        Self::SixHours,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Year,
        Self::TwoYears,
    ];

    /// How long it is.
    pub const fn length(self) -> Duration {
        let minutes = match self {
            Self::Quarter => 15,
            Self::Hour => 60,
            Self::SixHours => 360,
            Self::Day => 1440,
            Self::Week => 7 * 1440,
            Self::Month => 30 * 1440,
            Self::Year => 365 * 1440,
            Self::TwoYears => 730 * 1440,
        };
        Duration::from_secs(minutes * 60)
    }

    /// The same in milliseconds.
    pub const fn ms(self) -> i64 {
        (self.length().as_secs() * 1000).cast_signed()
    }

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Quarter => "15 min",
            Self::Hour => "1 h",
            Self::SixHours => "6 h",
            Self::Day => "24 h",
            Self::Week => "7 d",
            Self::Month => "30 d",
            Self::Year => "1 y",
            Self::TwoYears => "2 y",
        }
    }

    /// The next longer or shorter one; none beyond the ends.
    pub fn step(self, longer: bool) -> Option<Self> {
        let i = Self::ALL.iter().position(|w| *w == self)?;
        if longer { Self::ALL.get(i + 1).copied() } else { Self::ALL.get(i.checked_sub(1)?).copied() }
    }

    /// The shortest one of at least this length.
    pub fn holding(length: Duration) -> Self {
        Self::ALL.into_iter().find(|w| w.length() >= length).unwrap_or(Self::TwoYears)
    }

    /// How far the cursor goes at a time: round, and about a hundredth.
    pub const fn cursor_ms(self) -> i64 {
        let seconds: i64 = match self {
            Self::Quarter => 10,
            Self::Hour => 30,
            Self::SixHours => 300,
            Self::Day => 900,
            Self::Week => 7200,
            Self::Month => 6 * 3600,
            Self::Year => 3 * 86_400,
            Self::TwoYears => 6 * 86_400,
        };
        seconds * 1000
    }

    /// How old an answer may become before it is asked for again: less than a column's width changes meanwhile.
    pub const fn refresh(self) -> Duration {
        let seconds = self.length().as_secs() / 300;
        Duration::from_secs(if seconds < 10 {
            10
        } else if seconds > 300 {
            300
        } else {
            seconds
        })
    }

    /// How an instant is written on its axis.
    pub fn label(self, at: Local) -> String {
        match self {
            Self::Quarter | Self::Hour | Self::SixHours | Self::Day => at.clock(),
            Self::Week | Self::Month => at.day_text(),
            Self::Year | Self::TwoYears => at.month_and_year(),
        }
    }

    /// How one instant in it is written: enough to tell it from all others in it.
    pub fn instant(self, at: Local) -> String {
        match self {
            Self::Quarter | Self::Hour => format!("{}:{:02}", at.clock(), at.second % 60),
            Self::SixHours | Self::Day => at.clock(),
            Self::Week | Self::Month => format!("{} {}", at.day_text(), at.clock()),
            Self::Year | Self::TwoYears => format!("{} {}", at.day_text(), at.year),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_each_other() {
        assert!(Window::ALL.is_sorted_by_key(|w| w.length()));
        assert_eq!(Window::Quarter.step(false), None);
        assert_eq!(Window::Quarter.step(true), Some(Window::Hour));
        assert_eq!(Window::TwoYears.step(true), None);
        assert_eq!(Window::holding(Duration::from_secs(3601)), Window::SixHours);
    }
}

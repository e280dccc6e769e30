//! The points of a series put into even steps of time; what was not measured stays empty.

use std::time::Duration;

use super::exit::{Exit, Failure};
use super::when::{Clock, Window};
use crate::engine::history::{Point, Tier};
use crate::model::time::{Timestamp, human_duration};

/// Rows of one answer at most.
const MOST: i64 = 200_000;
/// Rows that a step is chosen for.
const USUAL: i64 = 60;
const DAY_MS: i64 = 86_400_000;

/// Steps that read well, in seconds.
const ROUND: [i64; 14] =
    [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 6 * 3600, 86_400, 7 * 86_400, 28 * 86_400, 364 * 86_400];

/// What a series is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// As it was measured.
    Raw,
    /// One value each so long.
    Every(Duration),
}

impl std::str::FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "raw" { Ok(Self::Raw) } else { super::when::length(text).map(Self::Every) }
    }
}

/// What was measured in one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bin {
    /// When it begins.
    pub(super) at: Timestamp,
    /// Mean, least and greatest; `None` where nothing was measured.
    pub(super) value: Option<[f64; 3]>,
    /// Samples in it.
    pub(super) count: u64,
}

/// A window cut into steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// Begin of the first step and end of the last.
    pub(super) window: Window,
    /// Milliseconds of a step.
    pub(super) step: i64,
}

impl Grid {
    /// The steps that hold the window; a step of days begins at local midnight, others where a clock would have them.
    pub(super) fn new(window: Window, step: Option<Duration>, clock: &Clock) -> Result<Self, Failure> {
        let wanted = step.map_or_else(|| usual(window), |s| i64::try_from(s.as_millis()).unwrap_or(i64::MAX));
        Self::of(window, wanted, clock)
    }

    fn of(window: Window, step: i64, clock: &Clock) -> Result<Self, Failure> {
        let ahead = if step % DAY_MS == 0 { clock.ahead(window.from) } else { 0 };
        let from = window.from.0.saturating_add(ahead).div_euclid(step).saturating_mul(step) - ahead;
        let count = (window.to.0.saturating_sub(from).saturating_add(step - 1)).div_euclid(step).max(1);
        if count > MOST {
            let span = Duration::from_millis(u64::try_from(step).unwrap_or_default());
            let what = format!("{count} steps of {} are more than {MOST}", human_duration(span));
            return Err(Failure::new(Exit::Usage, what).hint("Take a longer --step, or less time."));
        }
        let to = Timestamp(from.saturating_add(count.saturating_mul(step)));
        Ok(Self { window: Window { from: Timestamp(from), to }, step })
    }

    /// How many steps there are.
    pub(super) fn len(&self) -> usize {
        usize::try_from(self.window.millis() / self.step).unwrap_or(1)
    }

    /// The same over a window with steps that whole records of this tier fit in; `None` where they do already.
    pub(super) fn fit(&self, window: Window, tier: Tier, clock: &Clock) -> Option<Result<Self, Failure>> {
        let least = match tier {
            Tier::Raw => return None,
            Tier::Minute => 60_000,
            Tier::Hour => 3_600_000,
        };
        let step = self.step.saturating_add(least - 1) / least * least;
        (step != self.step).then(|| Self::of(window, step, clock))
    }

    /// Points added up in their steps.
    pub(super) fn fill(&self, points: &[Point]) -> Vec<Bin> {
        let mut bins: Vec<Bin> = (0_i64..)
            .take(self.len())
            .map(|n| Bin { at: Timestamp(self.window.from.0 + n * self.step), value: None, count: 0 })
            .collect();
        for point in points {
            let at = (point.at.0 - self.window.from.0).div_euclid(self.step);
            let bin = usize::try_from(at).ok().and_then(|at| bins.get_mut(at));
            if let (Some(bin), Some(mean)) = (bin, point.mean) {
                bin.add(mean, point);
            }
        }
        bins
    }
}

impl Bin {
    fn add(&mut self, mean: f64, point: &Point) {
        let (least, greatest) = (f64::from(point.min), f64::from(point.max));
        let all = self.count + point.count;
        self.value = Some(match self.value {
            Some([before, min, max]) if all > 0 => {
                let weight = point.count as f64 / all as f64;
                [before + (mean - before) * weight, min.min(least), max.max(greatest)]
            }
            _ => [mean, least, greatest],
        });
        self.count = all;
    }
}

fn usual(window: Window) -> i64 {
    let least = window.millis() / USUAL;
    ROUND.into_iter().map(|s| s * 1000).find(|s| *s >= least).unwrap_or(least / DAY_MS * DAY_MS)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn clock() -> Clock {
        Clock { now: Timestamp(0), zone: TimeZone::get("Europe/Berlin").unwrap() }
    }

    fn window(from: i64, to: i64) -> Window {
        Window { from: Timestamp(from), to: Timestamp(to) }
    }

    fn point(at: i64, mean: Option<f64>, min: f32, max: f32, count: u64) -> Point {
        Point { at: Timestamp(at), mean, min, max, count }
    }

    #[test]
    fn steps_are_chosen_to_read_well() {
        let step = |hours: i64| Grid::new(window(0, hours * 3_600_000), None, &clock()).unwrap().step / 1000;
        assert_eq!([1, 6, 24, 24 * 30, 24 * 730].map(step), [60, 600, 1800, 86_400, 28 * 86_400]);
        assert!(Grid::new(window(-i64::MAX / 2, i64::MAX / 2), None, &clock()).unwrap().len() <= 61);
    }

    #[test]
    fn steps_begin_where_a_clock_has_them() {
        let grid = Grid::new(window(61_000, 125_000), Some(Duration::from_secs(30)), &clock()).unwrap();
        assert_eq!(grid.window, window(60_000, 150_000));
        let days = Grid::new(
            window(1_795_417_200_000, 1_795_500_000_000),
            Some(Duration::from_secs(86_400)),
            &clock(),
        );
        assert_eq!(clock().shown(days.unwrap().window.from), "2026-11-23 00:00:00");
        let e = Grid::new(window(0, 400_000_000), Some(Duration::from_secs(1)), &clock()).unwrap_err();
        assert_eq!(e.what, "400000 steps of 1 s are more than 200000");
    }

    #[test]
    fn points_are_added_up_and_gaps_stay() {
        let grid = Grid::new(window(0, 40_000), Some(Duration::from_secs(10)), &clock()).unwrap();
        let bins = grid.fill(&[
            point(0, Some(1.0), 1.0, 1.0, 1),
            point(9_999, Some(4.0), 2.0, 9.0, 3),
            point(10_000, None, 0.0, 0.0, 0),
            point(39_000, Some(0.0), 0.0, 0.0, 1),
            point(40_000, Some(7.0), 7.0, 7.0, 1),
        ]);
        assert_eq!(bins.len(), 4);
        assert_eq!((bins[0].value, bins[0].count), (Some([3.25, 1.0, 9.0]), 4));
        assert_eq!((bins[1].value, bins[1].count), (None, 0));
        assert_eq!((bins[2].value, bins[3].value), (None, Some([0.0; 3])));
    }

    #[test]
    fn a_step_holds_whole_records() {
        let w = window(0, 3_600_000);
        let grid = |s| Grid::new(w, Some(Duration::from_secs(s)), &clock()).unwrap();
        assert_eq!(grid(90).fit(w, Tier::Raw, &clock()), None);
        assert_eq!(grid(120).fit(w, Tier::Minute, &clock()), None);
        assert_eq!(grid(90).fit(w, Tier::Minute, &clock()).unwrap().unwrap().step, 120_000);
        assert_eq!(grid(5).fit(w, Tier::Hour, &clock()).unwrap().unwrap().step, 3_600_000);
    }

    proptest! {
        #[test]
        fn the_window_lies_in_the_steps(from in -4_000_000_000_000i64..4_000_000_000_000, span in 1i64..10_000_000_000, step in 1u64..200_000) {
            if let Ok(grid) = Grid::new(window(from, from + span), Some(Duration::from_secs(step)), &clock()) {
                prop_assert!(grid.window.from.0 <= from && from - grid.window.from.0 < grid.step);
                prop_assert!(grid.window.to.0 >= from + span && grid.window.to.0 - from - span < grid.step);
                prop_assert_eq!(grid.window.millis() % grid.step, 0);
                prop_assert_eq!(grid.fill(&[]).len(), grid.len());
            }
        }
    }
}

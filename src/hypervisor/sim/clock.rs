//! Simulated time: all that the simulated host knows of clocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::model::time::{Moment, Timestamp};

/// Wall-clock time at which a manual clock begins: 2026-01-05, a Monday, at 09:00 UTC.
const MANUAL_EPOCH_MS: i64 = 1_767_603_600_000;

/// How much has happened before the clock begins, in seconds: 30 days, so that VMs have a past.
const PAST_S: f64 = 30.0 * 86_400.0;

/// Simulated time, in milliseconds since the simulation began. Clones share the same clock.
///
/// Milliseconds, not finer: within one of them every counter moves by far more than rounding could take back.
#[derive(Clone, Debug)]
pub struct SimClock(Arc<Source>);

#[derive(Debug)]
enum Source {
    Real { origin: Instant, epoch_ms: i64 },
    Manual { ms: AtomicU64 },
}

impl SimClock {
    /// A clock that follows the machine's monotonic clock.
    pub fn real() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let epoch_ms = i64::try_from(since_epoch.as_millis()).unwrap_or(MANUAL_EPOCH_MS);
        Self(Arc::new(Source::Real { origin: Instant::now(), epoch_ms }))
    }

    /// A clock that stands still until [`SimClock::advance`].
    pub fn manual() -> Self {
        Self(Arc::new(Source::Manual { ms: AtomicU64::new(0) }))
    }

    /// Moves a manual clock on, by whole milliseconds. A real clock is not moved.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual { ms } = &*self.0 {
            ms.fetch_add(u64::try_from(by.as_millis()).unwrap_or(0), Ordering::SeqCst);
        }
    }

    /// Time since the simulation began.
    pub fn elapsed(&self) -> Duration {
        let ms = match &*self.0 {
            Source::Real { origin, .. } => u64::try_from(origin.elapsed().as_millis()).unwrap_or(u64::MAX),
            Source::Manual { ms } => ms.load(Ordering::SeqCst),
        };
        Duration::from_millis(ms)
    }

    /// Both clocks of the simulated machine, for an engine that runs on simulated time.
    pub fn moment(&self) -> Moment {
        let elapsed = self.elapsed();
        Moment { wall: self.epoch().plus(elapsed), mono_us: u64::try_from(elapsed.as_micros()).unwrap_or(0) }
    }

    /// One reading, from which all counters of one call are made.
    pub(crate) fn now(&self) -> SimTime {
        SimTime {
            s: PAST_S + self.elapsed().as_secs_f64(),
            origin_wall_s: self.epoch().0 as f64 / 1e3 - PAST_S,
        }
    }

    fn epoch(&self) -> Timestamp {
        match &*self.0 {
            Source::Real { epoch_ms, .. } => Timestamp(*epoch_ms),
            Source::Manual { .. } => Timestamp(MANUAL_EPOCH_MS),
        }
    }
}

/// An instant of simulated time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SimTime {
    /// Seconds since the simulated past began; never negative.
    pub(crate) s: f64,
    origin_wall_s: f64,
}

impl SimTime {
    /// The instant `seconds` earlier, at most back to where the past begins.
    pub(crate) fn earlier(self, seconds: f64) -> Self {
        Self { s: (self.s - seconds).max(0.0), ..self }
    }

    /// The last instant at which a report every `period` seconds was due.
    pub(crate) fn last_report(self, period: u64) -> Self {
        let period = period.max(1) as f64;
        Self { s: (self.s / period).floor() * period, ..self }
    }

    /// Whole seconds since the Unix epoch.
    pub(crate) fn wall_s(self) -> u64 {
        (self.origin_wall_s + self.s) as u64
    }
}

//! Time, as the engine reads it: injected, so that tests run fifteen minutes in no time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::hypervisor::sim::SimClock;
use crate::model::time::{Moment, Timestamp};

/// Called when a clock was moved by hand.
pub type Alarm = Arc<dyn Fn() + Send + Sync>;

/// A clock.
pub trait Clock: Send + Sync {
    /// Both clocks now.
    fn now(&self) -> Moment;

    /// Has `alarm` called whenever time jumps instead of passing, so that a sleeper looks again.
    fn on_jump(&self, alarm: Alarm) {
        drop(alarm);
    }
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose monotonic part begins now.
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment {
            wall: Timestamp(i64::try_from(wall.as_millis()).unwrap_or(i64::MAX)),
            mono_us: u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX),
        }
    }
}

/// A clock that stands still until it is moved; a simulated host can run on the same.
pub struct ManualClock {
    time: SimClock,
    wall_offset_ms: Mutex<i64>,
    alarms: Mutex<Vec<Alarm>>,
}

impl ManualClock {
    /// A clock that moves this one, which must be a manual one itself.
    pub fn new(time: SimClock) -> Self {
        Self { time, wall_offset_ms: Mutex::new(0), alarms: Mutex::new(Vec::new()) }
    }

    /// Lets time pass at once.
    pub fn advance(&self, by: Duration) {
        self.time.advance(by);
        self.ring();
    }

    /// Sets the wall clock on or back, as an admin or NTP would; the monotonic one does not notice.
    pub fn step_wall(&self, by_ms: i64) {
        *lock(&self.wall_offset_ms) += by_ms;
        self.ring();
    }

    fn ring(&self) {
        let alarms = lock(&self.alarms).clone();
        for alarm in alarms {
            alarm();
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        let now = self.time.moment();
        Moment { wall: Timestamp(now.wall.0 + *lock(&self.wall_offset_ms)), ..now }
    }

    fn on_jump(&self, alarm: Alarm) {
        lock(&self.alarms).push(alarm);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// CPU time of the calling thread; zero where the system does not tell.
pub(crate) fn thread_cpu() -> Duration {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(t.tv_sec).unwrap_or(0), u32::try_from(t.tv_nsec).unwrap_or(0))
}

//! Time, as the engine reads it: injected, so that tests run fifteen minutes in no time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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

/// A clock that stands still until it is moved.
pub struct ManualClock {
    now: Mutex<Moment>,
    alarms: Mutex<Vec<Alarm>>,
}

impl ManualClock {
    /// A clock that shows this wall-clock time.
    pub fn at(wall: Timestamp) -> Self {
        // The monotonic origin is arbitrary; zero would hide a subtraction that should not be.
        let now = Moment { wall, mono_us: 1_000_000_000 };
        Self { now: Mutex::new(now), alarms: Mutex::new(Vec::new()) }
    }

    /// Lets time pass at once.
    pub fn advance(&self, by: Duration) {
        {
            let mut now = lock(&self.now);
            *now = now.plus(by);
        }
        self.ring();
    }

    /// Sets the wall clock, as an admin or NTP would; the monotonic one goes on.
    pub fn set_wall(&self, wall: Timestamp) {
        lock(&self.now).wall = wall;
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
        *lock(&self.now)
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

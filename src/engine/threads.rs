//! Living threads, counted: so that stopping can wait for them, but not for ever.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many threads live.
#[derive(Debug, Default)]
pub(super) struct Threads {
    living: Mutex<usize>,
    ended: Condvar,
}

/// One living thread; dropped when it ends.
pub(super) struct Living(Arc<Threads>);

impl Threads {
    /// Counts one thread more.
    pub(super) fn enter(self: &Arc<Self>) -> Living {
        *self.living.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Living(self.clone())
    }

    /// Waits until none lives, at most so long. Returns how many are left.
    pub(super) fn wait(&self, most: Duration) -> usize {
        let until = Instant::now() + most;
        let mut living = self.living.lock().unwrap_or_else(PoisonError::into_inner);
        while *living > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            living = self.ended.wait_timeout(living, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *living
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        *self.0.living.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_all();
    }
}

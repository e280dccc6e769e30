//! Telling a job to stop, and waking whoever waits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Shared by a job's thread, the desk, and the events of the connection it waits on.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    asked: AtomicBool,
    /// Something happened since somebody last waited.
    news: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Asks the job to stop.
    pub(super) fn ask(&self) {
        self.0.asked.store(true, Ordering::Release);
        self.wake();
    }

    /// Whether it was asked.
    pub(super) fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::Acquire)
    }

    /// Has whoever waits look again.
    pub(super) fn wake(&self) {
        *self.0.news.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
    }

    /// Waits for news, at most so long; news that came before count.
    pub(super) fn wait(&self, most: Duration) {
        let news = self.0.news.lock().unwrap_or_else(PoisonError::into_inner);
        let woken = self.0.changed.wait_timeout_while(news, most, |news| !*news);
        *woken.unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}

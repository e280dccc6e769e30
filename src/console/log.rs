//! The program's log: into memory for the log pane, and into a file.
//!
//! tui-logger's own thread wakes a hundred times a second; ours moves the lines twice a second, which is
//! soon enough for eyes.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::config::LogLevel;
use tracing::Subscriber;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tui_logger::{LevelFilter, TuiLoggerFile, TuiTracingSubscriberLayer};

/// A file larger than this, in bytes, is set aside when a log begins, in place of the one set aside before.
const LARGEST: u64 = 4 << 20;

static LINES: AtomicUsize = AtomicUsize::new(0);

/// Counts what is logged, so that the pane knows when to draw.
struct Counter;

impl<S: Subscriber> Layer<S> for Counter {
    fn on_event(&self, _: &tracing::Event<'_>, _: Context<'_, S>) {
        LINES.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many lines were logged so far.
pub(super) fn lines() -> usize {
    LINES.load(Ordering::Relaxed)
}

/// Begins to log at `level` and coarser, into memory and, where given, into `file`.
///
/// # Errors
/// If logging was begun already.
pub fn init(level: LevelFilter, file: Option<&Path>) -> Result<(), TryInitError> {
    tui_logger::set_default_level(level);
    if let Some(file) = file {
        set_aside(file);
    }
    if let Some(name) = file.and_then(Path::to_str) {
        tui_logger::set_log_file(TuiLoggerFile::new(name));
    }
    tracing_subscriber::registry().with(Counter).with(TuiTracingSubscriberLayer).try_init()?;
    let mover = std::thread::Builder::new().name("log".into()).spawn(|| {
        loop {
            std::thread::park_timeout(Duration::from_millis(500));
            tui_logger::move_events();
        }
    });
    if let Err(e) = mover {
        tracing::warn!("the log is written only at the end: {e}");
    }
    Ok(())
}

/// Keeps the log of a machine that runs for years small. What cannot be renamed goes on growing: no reason to stop.
fn set_aside(file: &Path) {
    if file.metadata().is_ok_and(|m| m.is_file() && m.len() > LARGEST) {
        let mut aside = file.as_os_str().to_owned();
        aside.push(".old");
        let _ = std::fs::rename(file, aside);
    }
}

/// The level of the configuration, as [`init`] takes it.
pub const fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::Error,
        LogLevel::Warn => LevelFilter::Warn,
        LogLevel::Info => LevelFilter::Info,
        LogLevel::Debug => LevelFilter::Debug,
        LogLevel::Trace => LevelFilter::Trace,
    }
}

/// Writes out what was logged since; at the end of the program.
pub fn flush() {
    tui_logger::move_events();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_large_log_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let (log, old) = (folder.path().join("novacron.log"), folder.path().join("novacron.log.old"));
        set_aside(&log);
        std::fs::write(&log, "short").unwrap();
        set_aside(&log);
        assert!(log.exists() && !old.exists());
        std::fs::write(&log, vec![b'x'; LARGEST as usize + 1]).unwrap();
        set_aside(&log);
        assert!(!log.exists() && old.exists());
    }
}

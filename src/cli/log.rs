//! The log of a command: to standard error, when asked for by `--log-level`, and always for a service.

use std::fmt::{Debug, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogLevel;
use crate::model::text::clean;

/// Writes what is logged at this level and worse, a line each.
pub(super) fn to_stderr(level: LogLevel) {
    // A second subscriber is refused: the first goes on.
    let _ = tracing_subscriber::registry().with(Lines { worst: of(level), journal: is_journal() }).try_init();
}

/// Whether standard error is the journal, which takes a line's priority as `<6>` before it and knows time and name.
fn is_journal() -> bool {
    let told = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    rustix::fs::fstat(rustix::stdio::stderr()).is_ok_and(|is| told == format!("{}:{}", is.st_dev, is.st_ino))
}

const fn of(level: LogLevel) -> Level {
    match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    }
}

struct Lines {
    worst: Level,
    journal: bool,
}

/// A line of the log.
fn line(journal: bool, level: Level, target: &str, text: &str) -> String {
    let text = clean(text);
    if !journal {
        return format!("{level:<5} {target}: {text}");
    }
    let priority = match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    };
    format!("<{priority}>{text}")
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let meta = event.metadata();
        if *meta.level() > self.worst {
            return;
        }
        let mut text = Text::default();
        event.record(&mut text);
        super::output::to_stderr(&line(self.journal, *meta.level(), meta.target(), &text.0));
    }
}

#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = if field.name() == "message" {
            write!(self.0, "{value:?}")
        } else {
            write!(self.0, " {}={value:?}", field.name())
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_gets_priorities_and_others_words() {
        assert_eq!(line(true, Level::WARN, "novacron", "a\nb").lines().count(), 1);
        assert_eq!(line(true, Level::INFO, "novacron", "ready"), "<6>ready");
        assert_eq!(line(false, Level::INFO, "novacron", "ready"), "INFO  novacron: ready");
    }
}

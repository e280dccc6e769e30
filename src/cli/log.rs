//! The log of a command: to standard error, when asked for by `--log-level`.

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
    let _ = tracing_subscriber::registry().with(Lines(of(level))).try_init();
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

struct Lines(Level);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let meta = event.metadata();
        if *meta.level() > self.0 {
            return;
        }
        let mut text = Text::default();
        event.record(&mut text);
        super::output::to_stderr(&format!("{:<5} {}: {}", meta.level(), meta.target(), clean(&text.0)));
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

//! The log, by tui-logger, in the theme's colours.

use ratatui::layout::Rect;
use ratatui::widgets::Widget;
use tui_logger::{LevelFilter, TuiLoggerLevelOutput, TuiLoggerWidget, TuiWidgetEvent, TuiWidgetState};

use super::Canvas;
use crate::console::app::msg::Target;
use crate::console::app::place::Pane;
use crate::console::theme::Role;
use crate::console::widgets::{Pane as Frame, Rich};

const LEVELS: [LevelFilter; 5] =
    [LevelFilter::Error, LevelFilter::Warn, LevelFilter::Info, LevelFilter::Debug, LevelFilter::Trace];

/// What the log pane shows, and from where.
pub struct LogView {
    state: TuiWidgetState,
    level: usize,
    seen: usize,
}

impl std::fmt::Debug for LogView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogView").field("level", &LEVELS[self.level]).finish_non_exhaustive()
    }
}

impl Default for LogView {
    fn default() -> Self {
        let level = 2;
        Self { state: TuiWidgetState::new().set_default_display_level(LEVELS[level]), level, seen: 0 }
    }
}

impl LogView {
    /// Shows finer or coarser levels.
    pub fn level(&mut self, finer: bool) {
        let level = if finer { self.level + 1 } else { self.level.saturating_sub(1) };
        self.level = level.min(LEVELS.len() - 1);
        self.state = TuiWidgetState::new().set_default_display_level(LEVELS[self.level]);
    }

    /// Scrolls by rows; far down goes back to following the end.
    pub fn scroll(&mut self, rows: isize) {
        let event = match rows {
            ..=-1 => TuiWidgetEvent::PrevPageKey,
            1..100 => TuiWidgetEvent::NextPageKey,
            _ => TuiWidgetEvent::EscapeKey,
        };
        self.state.transition(event);
    }

    /// Whether lines came since this was last asked.
    pub fn changed(&mut self) -> bool {
        let now = crate::console::terminal::log_lines();
        std::mem::replace(&mut self.seen, now) != now
    }
}

/// Draws the pane.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    let focused = c.has_focus(Pane::Log);
    let level = LEVELS[c.view.log.level];
    let notes = Rich::of(format!("{level} and worse").to_lowercase(), Role::Dim);
    let inner = Frame::new("Log").notes(notes).focused(focused).draw(c.buf, area, c.look);
    c.view.hits.push(area, Target::Pane(Pane::Log));
    c.view.shows_log = true;
    let style = |role| c.look.style(role);
    TuiLoggerWidget::default()
        .style(style(Role::Text))
        .style_error(style(Role::LogError))
        .style_warn(style(Role::LogWarn))
        .style_info(style(Role::LogInfo))
        .style_debug(style(Role::LogDebug))
        .style_trace(style(Role::LogTrace))
        .output_level(Some(TuiLoggerLevelOutput::Long))
        .output_target(false)
        .output_file(false)
        .output_line(false)
        .output_timestamp(Some("%H:%M:%S".to_owned()))
        .output_separator(' ')
        .state(&c.view.log.state)
        .render(inner, c.buf);
    if focused {
        c.view.drawn.page = usize::from(inner.height);
    }
}

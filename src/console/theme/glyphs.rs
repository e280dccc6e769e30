//! The characters drawn, in two sets: box drawing, blocks and dots, or ASCII alone.

use super::{Role, Theme};
use crate::model::alert::Severity;
use crate::model::vm::VmState;
use ratatui::style::Style;

/// Corners and sides of a box.
#[derive(Debug, PartialEq, Eq)]
pub struct Corners {
    /// `─`
    pub horizontal: &'static str,
    /// `│`
    pub vertical: &'static str,
    /// `╭`
    pub top_left: &'static str,
    /// `╮`
    pub top_right: &'static str,
    /// `╰`
    pub bottom_left: &'static str,
    /// `╯`
    pub bottom_right: &'static str,
}

/// The lines of a tree, each two columns wide.
#[derive(Debug, PartialEq, Eq)]
pub struct Guides {
    /// A branch with others after it: `├╴`.
    pub branch: &'static str,
    /// The last branch: `╰╴`.
    pub last: &'static str,
    /// Past a branch with others after it: `│ `.
    pub through: &'static str,
}

/// One set of characters. Every field is one column wide unless it says otherwise.
#[derive(Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Whether only ASCII is drawn; texts such as `…` and `–` from elsewhere are replaced too.
    pub ascii: bool,
    /// `●` running, live.
    pub running: &'static str,
    /// `◐` paused, suspended.
    pub paused: &'static str,
    /// `○` off, inactive.
    pub off: &'static str,
    /// `✕` crashed, failed, refused.
    pub crashed: &'static str,
    /// `◌` unknown, stale.
    pub unknown: &'static str,
    /// Eighths of a cell from the bottom, empty first.
    pub levels: [&'static str; 9],
    /// Eighths of a cell from the left, empty first.
    pub eighths: [&'static str; 9],
    /// The free part of a usage bar.
    pub bar_empty: &'static str,
    /// No value at this place of a sparkline.
    pub gap: &'static str,
    /// A value nobody knows.
    pub dash: &'static str,
    /// Text was cut here.
    pub ellipsis: &'static str,
    /// The row under the cursor.
    pub cursor: &'static str,
    /// A marked row.
    pub mark: &'static str,
    /// A chosen, and a not chosen, entry of a list; three columns.
    pub checked: &'static str,
    /// Not chosen; three columns.
    pub unchecked: &'static str,
    /// Sorted upwards.
    pub ascending: &'static str,
    /// Sorted downwards.
    pub descending: &'static str,
    /// Up, more.
    pub up: &'static str,
    /// Down, less.
    pub down: &'static str,
    /// Steady; next.
    pub right: &'static str,
    /// An open branch.
    pub open: &'static str,
    /// A closed branch.
    pub closed: &'static str,
    /// `↻` being worked on.
    pub busy: &'static str,
    /// Between two parts of a line.
    pub dot: &'static str,
    /// A grid line of a chart.
    pub grid: &'static str,
    /// A labelled place on a chart's vertical axis.
    pub tick: &'static str,
    /// A chart's vertical axis.
    pub axis: &'static str,
    /// Boxes of panes and dialogs.
    pub corners: Corners,
    /// Lines of trees.
    pub guides: Guides,
}

/// All there is.
static UNICODE: Glyphs = Glyphs {
    ascii: false,
    running: "●",
    paused: "◐",
    off: "○",
    crashed: "✕",
    unknown: "◌",
    levels: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    eighths: [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
    bar_empty: "░",
    gap: "·",
    dash: "–",
    ellipsis: "…",
    cursor: "▌",
    mark: "✓",
    checked: "[✓]",
    unchecked: "[ ]",
    ascending: "▴",
    descending: "▾",
    up: "↑",
    down: "↓",
    right: "→",
    open: "▾",
    closed: "▸",
    busy: "↻",
    dot: "·",
    grid: "┈",
    tick: "┤",
    axis: "│",
    corners: Corners {
        horizontal: "─",
        vertical: "│",
        top_left: "╭",
        top_right: "╮",
        bottom_left: "╰",
        bottom_right: "╯",
    },
    guides: Guides { branch: "├╴", last: "╰╴", through: "│ " },
};

/// For fonts and terminals that have nothing else.
static ASCII: Glyphs = Glyphs {
    ascii: true,
    running: "R",
    paused: "P",
    off: "-",
    crashed: "X",
    unknown: "?",
    levels: [" ", "_", ".", "-", "~", "=", "+", "*", "#"],
    eighths: [" ", " ", " ", " ", "#", "#", "#", "#", "#"],
    bar_empty: "-",
    gap: " ",
    dash: "-",
    ellipsis: "~",
    cursor: ">",
    mark: "*",
    checked: "[x]",
    unchecked: "[ ]",
    ascending: "^",
    descending: "v",
    up: "^",
    down: "v",
    right: ">",
    open: "-",
    closed: "+",
    busy: "@",
    dot: "-",
    grid: ".",
    tick: "+",
    axis: "|",
    corners: Corners {
        horizontal: "-",
        vertical: "|",
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
    },
    guides: Guides { branch: "|-", last: "`-", through: "| " },
};

impl Glyphs {
    /// Box drawing, blocks, dots and arrows.
    pub const UNICODE: &'static Self = &UNICODE;
    /// ASCII alone.
    pub const ASCII: &'static Self = &ASCII;

    /// Guesses from the environment; `var` looks a variable up. ASCII unless the locale says UTF-8, and on the
    /// kernel's own console, whose fonts lack most of it.
    pub fn detect(var: impl Fn(&str) -> Option<String>) -> &'static Self {
        let get = |name: &str| var(name).filter(|v| !v.is_empty());
        let locale = get("LC_ALL").or_else(|| get("LC_CTYPE")).or_else(|| get("LANG")).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        let console = matches!(get("TERM").as_deref(), Some("linux" | "dumb"));
        if utf8 && !console { Self::UNICODE } else { Self::ASCII }
    }

    /// The sign and role of a VM's state.
    pub const fn state(&self, state: VmState) -> (&'static str, Role) {
        match state {
            VmState::Running => (self.running, Role::StateRunning),
            VmState::ShuttingDown => (self.running, Role::StateChanging),
            VmState::Paused(_) | VmState::Suspended => (self.paused, Role::StatePaused),
            VmState::ShutOff => (self.off, Role::StateOff),
            VmState::Crashed => (self.crashed, Role::StateCrashed),
            VmState::Unknown => (self.unknown, Role::StateUnknown),
        }
    }
}

impl From<Severity> for Role {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Warning => Self::Warning,
            Severity::Critical => Self::Critical,
        }
    }
}

/// How everything is drawn: the theme and the characters.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Styles of roles.
    pub theme: &'a Theme,
    /// Characters.
    pub glyphs: &'static Glyphs,
}

impl<'a> Look<'a> {
    /// Both together.
    pub const fn new(theme: &'a Theme, glyphs: &'static Glyphs) -> Self {
        Self { theme, glyphs }
    }

    /// The role's style.
    pub const fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }
}

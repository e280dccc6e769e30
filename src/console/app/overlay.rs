//! What lies over the screen: help, palette, filter line, menus. At most a few, as a stack.

use tui_input::Input;

use super::action::ActionId;
use super::ops::OpsOverlay;
use super::ops::edit::EditOf;
use super::top::Top;
use crate::config::Grouping;
use crate::model::filter::Suggestion;
use crate::model::id::VmId;

/// An overlay.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// Keys that work here.
    Help {
        /// First line shown.
        scroll: usize,
    },
    /// Fuzzy search over actions, VMs and themes.
    Palette(Palette),
    /// The filter line.
    Filter(FilterLine),
    /// A menu.
    Menu(Menu),
    /// Who used most.
    Top(Top),
    /// The line a time is typed into.
    Time(TimeLine),
    /// The line that filters the audit.
    AuditFilter(AuditLine),
    /// A plan, a job, and what is asked about them.
    Ops(OpsOverlay),
}

/// The palette's state.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    /// What was typed.
    pub input: Input,
    /// What matches, best first.
    pub entries: Vec<PaletteEntry>,
    /// The selected entry.
    pub selected: usize,
    /// Only what can be done to this, by its name; else everything there is.
    pub only: Option<String>,
}

/// One line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteEntry {
    /// What is shown.
    pub label: String,
    /// Beside it: key or kind.
    pub note: String,
    /// Positions (in characters) of the label that matched.
    pub matched: Vec<u32>,
    /// What it does.
    pub does: Choice,
    /// Why it cannot be done now.
    pub unavailable: Option<String>,
}

/// The filter line's state.
#[derive(Clone, Debug)]
pub struct FilterLine {
    /// What is typed.
    pub input: Input,
    /// The filter before, for Esc.
    pub before: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Completions of the last term.
    pub suggestions: Vec<Suggestion>,
}

/// The state of the line a time is typed into.
#[derive(Clone, Debug, Default)]
pub struct TimeLine {
    /// What is typed.
    pub input: Input,
    /// What was wrong with it when it was given.
    pub error: Option<String>,
}

/// The state of the line that filters the audit.
#[derive(Clone, Debug, Default)]
pub struct AuditLine {
    /// What is typed.
    pub input: Input,
    /// The filter before, for Esc.
    pub before: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// A menu's state.
#[derive(Clone, Debug)]
pub struct Menu {
    /// Its title.
    pub title: &'static str,
    /// One line about it.
    pub hint: &'static str,
    /// Entries.
    pub items: Vec<MenuItem>,
    /// The selected one.
    pub selected: usize,
}

/// A menu's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuItem {
    /// What is shown.
    pub label: String,
    /// Beside it.
    pub note: String,
    /// Ticked or not, where it can be.
    pub checked: Option<bool>,
    /// Whether it is in force now.
    pub current: bool,
    /// What choosing it does.
    pub does: Choice,
}

/// What choosing an entry does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// An action.
    Action(ActionId),
    /// Opens a VM.
    OpenVm(VmId),
    /// Sorts by a column.
    SortBy(&'static str),
    /// Groups.
    GroupBy(Grouping),
    /// A theme.
    Theme(String),
    /// Presses keys of the selected VM.
    Keys(Vec<u16>),
    /// Copies a text.
    Copy(String),
    /// Goes on with what was written in the editor.
    EditOn,
    /// Begins anew with the present definition.
    EditAfresh(EditOf),
    /// Takes the medium out of this drive.
    Eject(VmId, String),
}

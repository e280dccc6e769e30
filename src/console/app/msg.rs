//! What comes in and what goes out: plain data, so that every behaviour can be tested without a terminal,
//! a hypervisor or a clock.

use std::sync::Arc;

use super::action::ActionId;
use super::history::{ChartAsk, ChartHistory, MomentAsk, MomentHistory, Told, TopAsk, TopRow};
use super::ops::edit::Draft;
use super::place::{Pane, Screen, VmTab};
use crate::console::keymap::Key;
use crate::engine::consoles::Taken;
use crate::engine::jobs::{Consent, Jobs, Look, Seen};
use crate::model::id::VmId;
use crate::model::job::JobId;
use crate::model::operation::Operation;
use crate::model::picture::Picture;
use crate::model::plan::{Plan, Planned};
use crate::model::snapshot::Snapshot;
use crate::model::time::Timestamp;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The mouse.
    Mouse(Mouse),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// A new snapshot.
    Snapshot(Arc<Snapshot>),
    /// The time now, and the local offset from UTC in seconds.
    Tick(Timestamp, i32),
    /// What was drawn: VMs on screen and rows a page.
    Drawn(Drawn),
    /// An XML asked for arrived.
    Xml(VmId, Result<Arc<str>, String>),
    /// A pool's refresh ended.
    PoolRefreshed(String, Result<(), String>),
    /// History for the charts: number of the question, and the answer.
    Charts(u64, Told<ChartHistory>),
    /// A past moment.
    Moment(u64, Told<MomentHistory>),
    /// Who used most.
    Top(u64, Told<Vec<TopRow>>),
    /// Plans that were asked for: number of the question, and the plans or why there are none.
    Planned {
        /// The number it was asked with.
        ticket: u64,
        /// Plans and refusals in the order of the operations, or a sentence.
        result: Result<Vec<Planned>, String>,
    },
    /// What became of plans that were handed in.
    Submitted {
        /// The number they were handed in with.
        ticket: u64,
        /// Their jobs, or a sentence.
        result: Result<Vec<JobId>, String>,
    },
    /// What came of the console with this number.
    Console(u64, Taken),
    /// What a look at the screen with this number brought, or a sentence.
    Screen(u64, Result<Picture, String>),
    /// What was looked at: number of the question, and the answer or a sentence.
    Seen(u64, Result<Seen, String>),
    /// The editor has ended: the draft as it was given to it, and what became of it; `None` where nothing was changed.
    Edited(Box<Draft>, Result<Option<String>, String>),
    /// Jobs, as they are now.
    Jobs(Arc<Jobs>),
    /// Something the user should read.
    Notice(Notice),
}

/// The mouse over something that was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// A click, once or twice.
    Click {
        /// On what.
        target: Target,
        /// Whether it is the second one in a row.
        double: bool,
    },
    /// The wheel, in rows.
    Wheel {
        /// Over what.
        target: Option<Target>,
        /// Downwards.
        rows: isize,
    },
}

/// What a place on the screen stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A pane.
    Pane(Pane),
    /// A row of a pane's list.
    Row(Pane, usize),
    /// A column header.
    Header(&'static str),
    /// A screen's tab.
    Screen(Screen),
    /// A tab of the VM's screen.
    Tab(VmTab),
    /// A key in the footer.
    Action(ActionId),
    /// An entry of the overlay on top.
    Entry(usize),
    /// A button of the dialog on top.
    Button(usize),
    /// A row of a tab of the VM's screen.
    PageRow(usize),
    /// Anywhere in the overlay on top.
    Overlay,
}

/// What the last draw found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// VMs whose values are on screen.
    pub visible: Vec<VmId>,
    /// Rows of the focused list or text.
    pub page: usize,
    /// Lines of the scrolled text, where there is one.
    pub lines: usize,
}

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// To know.
    Info,
    /// It went wrong.
    Bad,
}

/// One sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How serious.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
}

impl Notice {
    /// To know.
    pub fn info(text: impl Into<String>) -> Self {
        Self { tone: Tone::Info, text: text.into() }
    }

    /// It went well.
    pub fn good(text: impl Into<String>) -> Self {
        Self { tone: Tone::Good, text: text.into() }
    }

    /// It went wrong.
    pub fn bad(text: impl Into<String>) -> Self {
        Self { tone: Tone::Bad, text: text.into() }
    }
}

/// What the loop is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Tell the engine what is on screen.
    Focus(crate::engine::Focus),
    /// Have everything read now.
    Refresh,
    /// Connect now.
    Reconnect,
    /// Fetch a VM's XML.
    FetchXml(VmId),
    /// Have a pool refreshed.
    RefreshPool(uuid::Uuid, String),
    /// Ask history for charts.
    AskCharts(ChartAsk),
    /// Ask history for a past moment.
    AskMoment(MomentAsk),
    /// Ask history who used most.
    AskTop(TopAsk),
    /// Have plans made; the answer carries the number.
    Plan(Vec<Operation>, u64),
    /// Have plans carried out; the answer carries the number.
    Submit(Vec<Plan>, Consent, u64),
    /// Look at something; the answer carries the number.
    Look(Look, u64),
    /// Open the user's editor on a text.
    Edit(Box<Draft>),
    /// Stop a job.
    CancelJob(JobId),
    /// Open a VM's serial console; what comes of it carries the number.
    OpenConsole {
        /// Whose.
        vm: VmId,
        /// Take it from whoever has it open.
        take: bool,
        /// The number.
        ticket: u64,
    },
    /// Type into the open console.
    TypeConsole(Vec<u8>),
    /// Close the open console.
    CloseConsole,
    /// Take a picture of a VM's screen; it comes with the number.
    LookAt {
        /// Whose.
        vm: VmId,
        /// The number.
        ticket: u64,
    },
    /// Nobody looks at a screen any more.
    LookAway,
    /// Show a guest's screen in a window.
    View {
        /// Whose screen.
        vm: VmId,
        /// Commands, the best first.
        commands: Vec<Vec<String>>,
        /// Where the screen is; may be empty.
        address: String,
    },
    /// Lend the terminal until it ends to a command that leads into this VM.
    Lend(VmId, Vec<String>),
    /// Copy to the terminal's clipboard.
    Copy(String),
    /// Change the theme.
    Theme(String),
    /// Change which log levels are shown: finer or coarser.
    LogLevel(bool),
    /// Scroll the log by pages; 0 follows the end.
    LogScroll(isize),
    /// Draw the whole screen again.
    Redraw,
}

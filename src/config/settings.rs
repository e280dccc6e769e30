//! Settings as the rest of the program uses them: complete, valid, with defaults.

use std::time::Duration;

use super::group::UserGroup;
use crate::model::reach::Commands;

/// How the engine polls.
#[derive(Clone, Debug, PartialEq)]
pub struct PollSettings {
    /// Interval of state, CPU and interfaces.
    pub fast: Duration,
    /// Interval of block, balloon and vCPU for VMs on screen.
    pub slow_visible: Duration,
    /// The same for all other running VMs.
    pub slow_hidden: Duration,
    /// Interval of pools.
    pub pools: Duration,
    /// Interval of networks.
    pub networks: Duration,
    /// Interval of addresses of VMs on screen.
    pub addresses: Duration,
    /// Interval at which libvirt is asked to look at started pools again, since it tells their use as of then; `None`
    /// leaves that to others.
    pub refresh_pools: Option<Duration>,
    /// Deadline of one call to a pool.
    pub pool_deadline: Duration,
    /// After this long without an answer the host counts as stalled.
    pub stall_after: Duration,
    /// How much of the past is kept in memory.
    pub keep: Duration,
    /// Period of guests' memory statistics; `None` leaves guests' settings alone.
    pub arm_memory_stats: Option<Duration>,
}

impl Default for PollSettings {
    fn default() -> Self {
        Self {
            fast: Duration::from_secs(2),
            slow_visible: Duration::from_secs(8),
            slow_hidden: Duration::from_secs(20),
            pools: Duration::from_secs(60),
            networks: Duration::from_secs(60),
            addresses: Duration::from_secs(30),
            refresh_pools: Some(Duration::from_secs(300)),
            pool_deadline: Duration::from_secs(10),
            stall_after: Duration::from_secs(5),
            keep: Duration::from_secs(15 * 60),
            arm_memory_stats: Some(Duration::from_secs(5)),
        }
    }
}

/// Limits at which the host's own conditions become alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitSettings {
    /// Pool use in percent that is a warning.
    pub pool_warn_percent: f64,
    /// Pool use in percent that is critical.
    pub pool_crit_percent: f64,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { pool_warn_percent: 85.0, pool_crit_percent: 95.0 }
    }
}

/// What is kept of the past, on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistorySettings {
    /// Whether a console records what it measures, unless another process does.
    pub record: bool,
    /// How long samples are kept as they were measured.
    pub raw: Duration,
    /// How long one-minute roll-ups are kept.
    pub minutes: Duration,
    /// How long one-hour roll-ups and events are kept.
    pub hours: Duration,
    /// Bytes on disk in all.
    pub bytes: u64,
    /// Whose members may read it too; `None` for its owner alone.
    pub group: Option<UserGroup>,
}

impl Default for HistorySettings {
    fn default() -> Self {
        const DAY: u64 = 86_400;
        Self {
            record: true,
            raw: Duration::from_secs(2 * DAY),
            minutes: Duration::from_secs(30 * DAY),
            hours: Duration::from_secs(730 * DAY),
            bytes: 8 << 30,
            group: None,
        }
    }
}

/// How jobs are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobSettings {
    /// Jobs that change the host at once; at least 1.
    pub parallel: u32,
}

impl Default for JobSettings {
    fn default() -> Self {
        Self { parallel: 4 }
    }
}

/// What becomes of deleted VMs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteSettings {
    /// Days that a deleted VM is held, so that it can be brought back.
    pub keep_days: u32,
}

impl Default for DeleteSettings {
    fn default() -> Self {
        Self { keep_days: 30 }
    }
}

/// Everything that can be set, complete and valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// URI of the hypervisor.
    pub connect: String,
    /// Nothing is changed, and a read-only connection is used.
    pub read_only: bool,
    /// How the console looks.
    pub ui: UiSettings,
    /// How the engine polls.
    pub poll: PollSettings,
    /// What is kept of the past.
    pub history: HistorySettings,
    /// What becomes of deleted VMs.
    pub delete: DeleteSettings,
    /// Commands that lead to guests.
    pub reach: Commands,
    /// How jobs are carried out.
    pub jobs: JobSettings,
    /// When the host's own conditions become alerts.
    pub limits: LimitSettings,
    /// What is logged.
    pub log: LogSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect: "qemu:///system".into(),
            read_only: false,
            ui: UiSettings::default(),
            poll: PollSettings::default(),
            history: HistorySettings::default(),
            delete: DeleteSettings::default(),
            reach: Commands::default(),
            jobs: JobSettings::default(),
            limits: LimitSettings::default(),
            log: LogSettings::default(),
        }
    }
}

/// How the console looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UiSettings {
    /// Name of a theme; `auto` for the one that suits the terminal.
    pub theme: String,
    /// Whether only ASCII characters are drawn.
    pub ascii: Ascii,
    /// Whether the mouse is used.
    pub mouse: bool,
    /// Ids of the VM columns shown, in order.
    pub columns: Vec<String>,
    /// How VMs are sorted at first.
    pub sort: Sort,
    /// How VMs are grouped at first.
    pub group: Grouping,
}

impl Default for UiSettings {
    fn default() -> Self {
        use crate::model::columns::{VM_COLUMNS, defaults};
        Self {
            theme: "auto".into(),
            ascii: Ascii::Auto,
            mouse: true,
            columns: defaults(VM_COLUMNS).iter().map(|c| c.id.to_owned()).collect(),
            sort: Sort { column: "cpu".into(), descending: true },
            group: Grouping::None,
        }
    }
}

/// Whether only ASCII characters are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ascii {
    /// As the locale and the terminal can.
    #[default]
    Auto,
    /// Only ASCII.
    Always,
    /// Never mind the locale.
    Never,
}

/// A sort order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Id of the column.
    pub column: String,
    /// Highest first.
    pub descending: bool,
}

/// How VMs are grouped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// Not.
    #[default]
    None,
    /// By tag.
    Tag,
    /// By state.
    State,
    /// By network or bridge.
    Network,
}

impl Grouping {
    /// All groupings.
    pub const ALL: [Self; 4] = [Self::None, Self::Tag, Self::State, Self::Network];

    /// The word in the configuration file and in menus.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Tag => "tag",
            Self::State => "state",
            Self::Network => "network",
        }
    }
}

/// What is logged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSettings {
    /// How much.
    pub level: LogLevel,
    /// Where; `None` for `novacron.log` in the data folder.
    pub file: Option<std::path::PathBuf>,
}

/// How much is logged: this and what is worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// What failed.
    Error,
    /// What may hurt.
    Warn,
    /// What happened.
    #[default]
    Info,
    /// What was asked of the hypervisor.
    Debug,
    /// Everything.
    Trace,
}

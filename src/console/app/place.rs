//! Where one is: screens, panes, tabs, and the scopes in which keys mean something.

/// A screen. What has no function yet is not here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Screen {
    /// Everything at a glance.
    #[default]
    Overview,
    /// The VM table.
    Vms,
    /// Pools and volumes.
    Storage,
    /// What needs attention.
    Alerts,
    /// How it hangs together.
    Topology,
    /// What was done, and is being done.
    Jobs,
    /// The machine, and the log.
    Host,
    /// What was done, by whom.
    Audit,
}

impl Screen {
    /// All screens, in the order of their keys.
    pub const ALL: [Self; 8] = [
        Self::Overview,
        Self::Vms,
        Self::Storage,
        Self::Alerts,
        Self::Topology,
        Self::Jobs,
        Self::Host,
        Self::Audit,
    ];

    /// The key that opens it. Numbers between belong to screens to come.
    pub const fn key(self) -> char {
        match self {
            Self::Overview => '1',
            Self::Vms => '2',
            Self::Storage => '3',
            Self::Alerts => '5',
            Self::Topology => '6',
            Self::Jobs => '7',
            Self::Host => '8',
            Self::Audit => '9',
        }
    }

    /// Its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Vms => "VMs",
            Self::Storage => "Storage",
            Self::Alerts => "Alerts",
            Self::Topology => "Topology",
            Self::Jobs => "Jobs",
            Self::Host => "Host",
            Self::Audit => "Audit",
        }
    }
}

/// A pane that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pane {
    /// The VM list.
    #[default]
    Vms,
    /// The selected VM's metrics.
    Metrics,
    /// Pools.
    Storage,
    /// Volumes of the selected pool.
    Volumes,
    /// Alerts.
    Alerts,
    /// Networks, VMs and their disks.
    Topology,
    /// Pools, volumes and the VMs that use them.
    StorageTree,
    /// Jobs.
    Jobs,
    /// Host summary.
    Host,
    /// The host's charts.
    HostCharts,
    /// Charts of the selected pool.
    PoolCharts,
    /// Log.
    Log,
    /// Audit records.
    Audit,
}

impl Screen {
    /// The panes of a screen that take the focus, in Tab order.
    pub const fn panes(self) -> &'static [Pane] {
        match self {
            Self::Overview => &[Pane::Vms, Pane::Metrics, Pane::Storage, Pane::Topology, Pane::Alerts],
            Self::Vms => &[Pane::Vms],
            Self::Storage => &[Pane::Storage, Pane::Volumes, Pane::PoolCharts],
            Self::Alerts => &[Pane::Alerts],
            Self::Topology => &[Pane::Topology, Pane::StorageTree],
            Self::Jobs => &[Pane::Jobs],
            Self::Host => &[Pane::Host, Pane::HostCharts, Pane::Log],
            Self::Audit => &[Pane::Audit],
        }
    }
}

/// A tab of a VM's own screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VmTab {
    /// What it is and how it fares.
    #[default]
    Summary,
    /// How it fared, over any time.
    Charts,
    /// Disks with their backing chains.
    Disks,
    /// Network interfaces with addresses.
    Nics,
    /// States that it can go back to.
    Snapshots,
    /// Its XML.
    Xml,
    /// What was done to it, and how it was defined.
    History,
}

impl VmTab {
    /// All tabs, in order.
    pub const ALL: [Self; 7] =
        [Self::Summary, Self::Charts, Self::Disks, Self::Nics, Self::Snapshots, Self::Xml, Self::History];

    /// Its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Summary => "Summary",
            Self::Charts => "Charts",
            Self::Disks => "Disks",
            Self::Nics => "NICs",
            Self::Snapshots => "Snapshots",
            Self::Xml => "XML",
            Self::History => "History",
        }
    }

    /// Whether it is there only where something can be done: nothing else tells what it shows.
    pub const fn needs_desk(self) -> bool {
        matches!(self, Self::Snapshots | Self::History)
    }

    /// The tab `by` further, around the ends.
    #[must_use]
    pub fn step(self, by: isize, desk: bool) -> Self {
        let there: Vec<Self> = Self::ALL.into_iter().filter(|tab| desk || !tab.needs_desk()).collect();
        let i = there.iter().position(|t| *t == self).unwrap_or(0).cast_signed();
        let n = there.len().cast_signed();
        there.get((i + by).rem_euclid(n).cast_unsigned()).copied().unwrap_or_default()
    }
}

/// Where a key means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Everywhere but in overlays.
    Global,
    /// Wherever something moves or scrolls.
    Move,
    /// VM lists.
    Vms,
    /// Pools and volumes.
    Storage,
    /// Alerts.
    Alerts,
    /// Topology.
    Topology,
    /// The list of jobs.
    Jobs,
    /// Host and log.
    Host,
    /// A VM's own screen.
    Vm,
    /// Charts, wherever they are.
    Charts,
    /// Charts on a VM's own screen.
    VmCharts,
    /// Charts in a pane.
    PaneCharts,
    /// Who used most.
    Top,
    /// The line a time is typed into.
    Time,
    /// The help overlay.
    Help,
    /// Menus.
    Menu,
    /// The command palette.
    Palette,
    /// The filter line.
    Filter,
    /// While plans are being made.
    Planning,
    /// A plan.
    Plan,
    /// A plan for which something is typed.
    PlanTyped,
    /// A line that asks for what a plan needs.
    Prompt,
    /// A question before jobs are stopped.
    Question,
    /// A job in full.
    Job,
    /// A guest's serial console.
    Serial,
    /// What has left a console's screen.
    SerialBack,
    /// A console that is over.
    SerialOver,
    /// A guest's screen.
    Portrait,
    /// Volumes of a pool.
    Volumes,
    /// A network in the topology.
    Networks,
    /// A VM's disks.
    VmDisks,
    /// A VM's NICs.
    VmNics,
    /// A VM's snapshots.
    VmSnapshots,
    /// What was done to a VM.
    VmHistory,
    /// Audit records.
    Audit,
    /// The line that filters the audit.
    AuditFilter,
    /// A form.
    Form,
    /// Deleted VMs.
    Held,
    /// Volumes that no VM uses.
    Orphans,
    /// Templates.
    Templates,
    /// A record, a revision or a network, in full.
    Sheet,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 41] = [
        Self::Global,
        Self::Move,
        Self::Vms,
        Self::Storage,
        Self::Alerts,
        Self::Topology,
        Self::Jobs,
        Self::Host,
        Self::Vm,
        Self::Charts,
        Self::VmCharts,
        Self::PaneCharts,
        Self::Top,
        Self::Time,
        Self::Help,
        Self::Menu,
        Self::Palette,
        Self::Filter,
        Self::Planning,
        Self::Plan,
        Self::PlanTyped,
        Self::Prompt,
        Self::Question,
        Self::Job,
        Self::Serial,
        Self::SerialBack,
        Self::SerialOver,
        Self::Portrait,
        Self::Volumes,
        Self::Networks,
        Self::VmDisks,
        Self::VmNics,
        Self::VmSnapshots,
        Self::VmHistory,
        Self::Audit,
        Self::AuditFilter,
        Self::Form,
        Self::Held,
        Self::Orphans,
        Self::Templates,
        Self::Sheet,
    ];

    /// The name in keymap files and help.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Move => "move",
            Self::Vms => "vms",
            Self::Storage => "storage",
            Self::Alerts => "alerts",
            Self::Topology => "topology",
            Self::Jobs => "jobs",
            Self::Host => "host",
            Self::Vm => "vm",
            Self::Charts => "charts",
            Self::VmCharts => "vm-charts",
            Self::PaneCharts => "pane-charts",
            Self::Top => "top",
            Self::Time => "time",
            Self::Help => "help",
            Self::Menu => "menu",
            Self::Palette => "palette",
            Self::Filter => "filter",
            Self::Planning => "planning",
            Self::Plan => "plan",
            Self::PlanTyped => "plan-typed",
            Self::Prompt => "prompt",
            Self::Question => "question",
            Self::Job => "job",
            Self::Serial => "console",
            Self::SerialBack => "console-back",
            Self::SerialOver => "console-over",
            Self::Portrait => "screen",
            Self::Volumes => "volumes",
            Self::Networks => "networks",
            Self::VmDisks => "vm-disks",
            Self::VmNics => "vm-nics",
            Self::VmSnapshots => "vm-snapshots",
            Self::VmHistory => "vm-history",
            Self::Audit => "audit",
            Self::AuditFilter => "audit-filter",
            Self::Form => "form",
            Self::Held => "deleted-vms",
            Self::Orphans => "orphans",
            Self::Templates => "templates",
            Self::Sheet => "sheet",
        }
    }

    /// How one comes to what operations of this scope are about; `None` where that goes without saying.
    pub const fn whereabouts(self) -> Option<&'static str> {
        Some(match self {
            Self::Vms | Self::Vm => "Works on VMs: go to screen VMs.",
            Self::Storage => "Works on pools: go to screen Storage.",
            Self::Volumes => "Works on volumes: go to screen Storage, and from the pool on to its volumes.",
            Self::Networks => "Works on networks: go to screen Topology.",
            Self::Jobs => "Works on jobs: go to screen Jobs.",
            Self::Audit => "Works on records: go to screen Audit.",
            Self::VmDisks => "Works on a VM's disks: open the VM, then Disks.",
            Self::VmNics => "Works on a VM's NICs: open the VM, then NICs.",
            Self::VmSnapshots => "Works on a VM's snapshots: open the VM, then Snapshots.",
            Self::VmHistory => "Works on revisions: open the VM, then History.",
            Self::Held => "Works on deleted VMs: list them first.",
            Self::Orphans => "Works on volumes that nobody uses: list them first.",
            Self::Templates => "Works on templates: list them first.",
            _ => return None,
        })
    }

    /// The scope of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The scopes a key is looked up in, nearest first.
    pub fn chain(self) -> impl Iterator<Item = Self> {
        let parents: &[Self] = match self {
            Self::Vms
            | Self::Storage
            | Self::Alerts
            | Self::Topology
            | Self::Jobs
            | Self::Host
            | Self::Vm
            | Self::Audit
            | Self::Charts => &[Self::Move, Self::Global],
            Self::Volumes => &[Self::Storage, Self::Move, Self::Global],
            Self::Networks => &[Self::Topology, Self::Move, Self::Global],
            Self::VmDisks | Self::VmNics | Self::VmSnapshots | Self::VmHistory => {
                &[Self::Vm, Self::Move, Self::Global]
            }
            Self::VmCharts => &[Self::Charts, Self::Vm, Self::Move, Self::Global],
            Self::PaneCharts => &[Self::Charts, Self::Move, Self::Global],
            Self::PlanTyped => &[Self::Plan, Self::Move],
            Self::Help
            | Self::Menu
            | Self::Top
            | Self::Plan
            | Self::Question
            | Self::Job
            | Self::SerialBack
            | Self::Held
            | Self::Orphans
            | Self::Templates
            | Self::Sheet => &[Self::Move],
            Self::Global
            | Self::Move
            | Self::Palette
            | Self::Filter
            | Self::Time
            | Self::Planning
            | Self::Serial
            | Self::SerialOver
            | Self::Portrait
            | Self::AuditFilter
            | Self::Form
            | Self::Prompt => &[],
        };
        std::iter::once(self).chain(parents.iter().copied())
    }

    /// Whether this is about rows of what the other is about: a key may mean the row's own thing here.
    pub const fn is_of_rows_in(self, of: Self) -> bool {
        matches!(
            (self, of),
            (Self::VmDisks | Self::VmNics | Self::VmSnapshots | Self::VmHistory, Self::Vm)
                | (Self::Volumes, Self::Storage)
                | (Self::Networks, Self::Topology)
        )
    }

    /// Whether letters typed here are text.
    pub const fn takes_text(self) -> bool {
        matches!(
            self,
            Self::Palette
                | Self::Filter
                | Self::Time
                | Self::PlanTyped
                | Self::Prompt
                | Self::Form
                | Self::AuditFilter
        )
    }
}

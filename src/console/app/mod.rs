//! The console's state, and the pure function that changes it: `update(&mut App, Msg) -> Vec<Effect>`.
//!
//! Nothing here knows a clock, a thread, a file or a terminal. Time comes in as a message; what is to be done
//! goes out as data.

pub mod action;
pub mod audit;
pub mod available;
pub mod calendar;
pub mod charts;
mod copy;
pub mod cursor;
pub mod fetch;
pub mod form;
pub mod fresh;
pub mod history;
mod identity;
pub mod list;
mod looks;
pub mod msg;
pub mod ops;
pub mod overlay;
pub mod past;
pub mod place;
pub mod portrait;
pub mod serial;
pub mod top;
mod update;
pub mod vm_page;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use action::ActionId;
use audit::AuditState;
use available::Availability;
use calendar::Local;
use charts::Charts;
use cursor::Cursor;
use list::VmList;
use msg::{Drawn, Notice};
use ops::Ops;
use overlay::Overlay;
use past::Past;
use place::{Pane, Scope, Screen, VmTab};
pub use update::update;
use vm_page::VmPage;

use super::keymap::{Key, Keymap};
use crate::config::Grouping;
use crate::engine::consoles::ConsoleState;
use crate::engine::jobs::Jobs;
use crate::model::alert::{Condition, Subject};
use crate::model::id::VmId;
use crate::model::network::Network;
use crate::model::reach::Commands;
use crate::model::snapshot::Snapshot;
use crate::model::storage::{Pool, Volume};
use crate::model::time::Timestamp;
use crate::model::vm::Vm;
use crate::topology::{Folds, Graph, NodeId, RowKey, TreeRow};

/// What the console starts with.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// Keys.
    pub keymap: Keymap,
    /// Ids of the columns on the VMs screen.
    pub columns: Vec<&'static str>,
    /// Id of the column sorted by.
    pub sort: &'static str,
    /// Largest first.
    pub descending: bool,
    /// Groups.
    pub group: Grouping,
    /// Themes there are.
    pub themes: Vec<String>,
    /// The theme in force.
    pub theme: String,
    /// Commands that lead to guests.
    pub reach: Commands,
}

/// The cursor counts as moving for this long after a key.
const MOVING_S: u64 = 2;

/// The storage screen's cursors.
#[derive(Clone, Debug, Default)]
pub struct StorageState {
    /// The selected pool.
    pub pool: Cursor<uuid::Uuid>,
    /// The selected volume, by key.
    pub volume: Cursor<String>,
    /// Pools being refreshed, by name.
    pub refreshing: BTreeSet<String>,
}

/// One tree's rows, cursor and folds.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The selected row.
    pub cursor: Cursor<RowKey>,
    /// Which branches are open.
    pub folds: Folds,
    /// Rows as they stand.
    pub rows: Vec<TreeRow>,
}

impl Tree {
    fn open_to(depth: usize) -> Self {
        Self { cursor: Cursor::default(), folds: Folds::open_to(depth), rows: Vec::new() }
    }

    /// What the selected row shows.
    pub fn selected(&self) -> Option<&TreeRow> {
        self.rows.get(self.cursor.index())
    }
}

/// The topology: a graph, and two trees of it.
#[derive(Clone, Debug)]
pub struct TopologyState {
    /// Uplink to VMs, and their disks.
    pub networks: Tree,
    /// Pools to VMs.
    pub storage: Tree,
    /// The graph behind them.
    pub graph: Option<Arc<Graph>>,
}

impl Default for TopologyState {
    fn default() -> Self {
        Self { networks: Tree::open_to(3), storage: Tree::open_to(2), graph: None }
    }
}

/// A notice on screen until its time is over.
#[derive(Clone, Debug)]
pub struct Toast {
    /// What it says.
    pub notice: Notice,
    /// When it goes.
    pub until: Timestamp,
}

/// What an alert's row sticks to.
pub type AlertKey = (Condition, Subject);

/// The console's state.
#[derive(Clone, Debug)]
pub struct App {
    /// The newest snapshot.
    pub live: Arc<Snapshot>,
    /// The snapshot held still, when frozen.
    pub frozen: Option<Arc<Snapshot>>,
    /// The past, while it is looked at.
    pub past: Option<Past>,
    /// How many moments and rankings were asked for: the numbers of these questions.
    moments: u64,
    /// Charts.
    pub charts: Charts,
    /// The time now.
    pub now: Timestamp,
    /// Local time less UTC, in seconds.
    pub utc_offset: i32,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The screen shown.
    pub screen: Screen,
    /// The focused pane of each screen shown so far.
    focus: [Pane; Screen::ALL.len()],
    /// Whether the focused pane has the whole screen.
    pub zoomed: bool,
    /// The VM's own screen, when open over the screen.
    pub page: Option<VmPage>,
    /// The VM list.
    pub vms: VmList,
    /// Storage.
    pub storage: StorageState,
    /// The selected alert.
    pub alerts: Cursor<AlertKey>,
    /// Topology.
    pub topology: TopologyState,
    /// Plans and jobs; none where nothing can be done from here.
    pub ops: Option<Ops>,
    /// A guest's serial console, open over everything else.
    pub serial: Option<serial::Serial>,
    /// A guest's screen, open over everything but its serial console.
    pub portrait: Option<portrait::Portrait>,
    /// Commands that lead to guests.
    pub reach: Commands,
    /// How many consoles and screens were opened: their numbers.
    consoles: u64,
    /// The audit.
    pub audit: AuditState,
    /// First line of the host summary.
    pub host_scroll: usize,
    /// Overlays, the top one last.
    pub overlays: Vec<Overlay>,
    /// Keys of a sequence begun.
    pub pending: Vec<Key>,
    /// A notice.
    pub toast: Option<Toast>,
    /// Keys.
    pub keymap: Keymap,
    /// Themes there are.
    pub themes: Vec<String>,
    /// The theme in force.
    pub theme: String,
    /// What the last draw found out.
    pub drawn: Drawn,
    /// What new things are told apart by.
    lot: u128,
    /// When the cursor was last moved.
    last_used: Timestamp,
    /// Whether something visible changed since the last draw.
    pub dirty: bool,
    /// Texts on screen that change with time alone, as last drawn.
    shown_times: String,
}

impl App {
    /// The console as it opens.
    pub fn new(config: AppConfig, snapshot: Arc<Snapshot>, now: Timestamp) -> Self {
        let mut app = Self {
            live: snapshot,
            frozen: None,
            past: None,
            moments: 0,
            charts: Charts::default(),
            now,
            utc_offset: 0,
            size: (80, 24),
            screen: Screen::Overview,
            focus: Screen::ALL.map(|s| s.panes()[0]),
            zoomed: false,
            page: None,
            vms: VmList::new(config.columns, config.sort, config.descending, config.group),
            storage: StorageState::default(),
            alerts: Cursor::default(),
            topology: TopologyState::default(),
            ops: None,
            serial: None,
            portrait: None,
            reach: config.reach,
            consoles: 0,
            audit: AuditState::default(),
            host_scroll: 0,
            overlays: Vec::new(),
            pending: Vec::new(),
            toast: None,
            keymap: config.keymap,
            themes: config.themes,
            theme: config.theme,
            drawn: Drawn::default(),
            lot: 0,
            last_used: Timestamp(i64::MIN / 2),
            dirty: true,
            shown_times: String::new(),
        };
        update::snapshot::settle(&mut app, false);
        app
    }

    /// There is a desk that makes plans, with these jobs.
    pub fn attach_desk(&mut self, jobs: Arc<Jobs>) {
        self.ops = Some(Ops::new(jobs));
        self.dirty = true;
    }

    /// There is no desk any more: nothing can be done from here.
    pub fn detach_desk(&mut self) {
        self.ops = None;
        self.overlays.retain(|overlay| !matches!(overlay, Overlay::Ops(_)));
        if matches!(self.screen, Screen::Jobs | Screen::Audit) {
            self.screen = Screen::Overview;
        }
        if let Some(page) = self.page.as_mut().filter(|page| page.tab.needs_desk()) {
            page.tab = VmTab::Summary;
        }
        self.dirty = true;
    }

    /// The screens there are, in the order of their keys.
    pub fn screens(&self) -> impl Iterator<Item = Screen> {
        let desk = self.ops.is_some();
        Screen::ALL.into_iter().filter(move |screen| desk || !matches!(screen, Screen::Jobs | Screen::Audit))
    }

    /// The snapshot that is shown.
    pub fn view(&self) -> &Arc<Snapshot> {
        let past = self.past.as_ref().and_then(|past| past.shown.as_ref()).map(|shown| &shown.snapshot);
        past.or(self.frozen.as_ref()).unwrap_or(&self.live)
    }

    /// The time that ages of what is shown are counted to: now or, in the past, then.
    pub fn time(&self) -> Timestamp {
        if self.past_step_ms().is_some() { self.view().at } else { self.now }
    }

    /// How far apart values are, where a past moment is shown; milliseconds.
    pub fn past_step_ms(&self) -> Option<i64> {
        self.past.as_ref()?.shown.as_ref().map(|shown| shown.step_ms)
    }

    /// Whether the cursor was moved just now: what follows it over long ways waits until it rests.
    pub fn is_moving(&self) -> bool {
        self.last_used.age(self.now).as_secs() < MOVING_S
    }

    /// The pane that has the focus.
    pub fn pane(&self) -> Pane {
        self.focus[self.screen as usize]
    }

    /// The tree that has the focus.
    pub fn tree(&self) -> Option<&Tree> {
        match self.pane() {
            Pane::Topology => Some(&self.topology.networks),
            Pane::StorageTree => Some(&self.topology.storage),
            _ => None,
        }
    }

    fn tree_mut(&mut self) -> Option<&mut Tree> {
        match self.pane() {
            Pane::Topology => Some(&mut self.topology.networks),
            Pane::StorageTree => Some(&mut self.topology.storage),
            _ => None,
        }
    }

    /// Whether there is nothing to go back from.
    pub fn is_top(&self) -> bool {
        self.page.is_none()
            && self.serial.is_none()
            && self.portrait.is_none()
            && !self.zoomed
            && self.overlays.is_empty()
            && self.frozen.is_none()
            && self.past.is_none()
            && self.screen == Screen::Overview
            && !self.narrows_here()
    }

    /// Whether a filter hides VMs of the list on this screen.
    pub fn narrows_here(&self) -> bool {
        matches!(self.screen, Screen::Overview | Screen::Vms)
            && (self.vms.attention || !self.vms.filter_text.is_empty())
    }

    /// The scope keys are looked up in.
    pub fn scope(&self) -> Scope {
        match self.overlays.last() {
            Some(Overlay::Help { .. }) => return Scope::Help,
            Some(Overlay::Palette(_)) => return Scope::Palette,
            Some(Overlay::Filter(_)) => return Scope::Filter,
            Some(Overlay::Menu(_)) => return Scope::Menu,
            Some(Overlay::Top(_)) => return Scope::Top,
            Some(Overlay::Time(_)) => return Scope::Time,
            Some(Overlay::AuditFilter(_)) => return Scope::AuditFilter,
            Some(Overlay::Ops(ops)) => return ops.scope(),
            None => {}
        }
        self.scope_below()
    }

    fn base_scope(&self) -> Scope {
        match self.pane() {
            Pane::Vms | Pane::Metrics => Scope::Vms,
            Pane::Storage => Scope::Storage,
            Pane::Volumes => Scope::Volumes,
            Pane::Alerts => Scope::Alerts,
            Pane::Topology if self.selected_network().is_some() => Scope::Networks,
            Pane::Topology | Pane::StorageTree => Scope::Topology,
            Pane::Jobs => Scope::Jobs,
            Pane::Audit => Scope::Audit,
            Pane::Host | Pane::Log => Scope::Host,
            Pane::HostCharts | Pane::PoolCharts => Scope::PaneCharts,
        }
    }

    /// The scope below any overlay: what help explains.
    pub fn scope_below(&self) -> Scope {
        if let Some(serial) = &self.serial {
            return match serial.state {
                ConsoleState::Ended(_) => Scope::SerialOver,
                _ if serial.looks_back => Scope::SerialBack,
                _ => Scope::Serial,
            };
        }
        if self.portrait.is_some() {
            return Scope::Portrait;
        }
        match &self.page {
            Some(page) => match page.tab {
                VmTab::Charts => Scope::VmCharts,
                VmTab::Disks => Scope::VmDisks,
                VmTab::Nics => Scope::VmNics,
                VmTab::Snapshots => Scope::VmSnapshots,
                VmTab::History => Scope::VmHistory,
                VmTab::Summary | VmTab::Xml => Scope::Vm,
            },
            None => self.base_scope(),
        }
    }

    /// Whether a pane is on screen.
    pub fn pane_is_shown(&self, pane: Pane) -> bool {
        self.screen.panes().contains(&pane) && (!self.zoomed || self.pane() == pane)
    }

    fn top_mut(&mut self) -> Option<&mut top::Top> {
        self.overlays.iter_mut().rev().find_map(|overlay| match overlay {
            Overlay::Top(top) => Some(top),
            _ => None,
        })
    }

    /// The VM that an action would act on.
    pub fn selected_vm(&self) -> Option<&Arc<Vm>> {
        let id = self.selected_vm_id()?;
        self.view().vm(id)
    }

    /// Its id.
    pub fn selected_vm_id(&self) -> Option<VmId> {
        let guest = self.serial.as_ref().map(|s| s.vm).or(self.portrait.as_ref().map(|p| p.vm));
        if guest.is_some() {
            return guest;
        }
        if let Some(page) = &self.page {
            return Some(page.id);
        }
        match self.pane() {
            Pane::Topology | Pane::StorageTree => {
                self.tree().and_then(Tree::selected).and_then(|r| r.node.vm())
            }
            Pane::Alerts => match self.alerts.key() {
                Some((_, Subject::Vm(id))) => Some(*id),
                _ => None,
            },
            Pane::Vms | Pane::Metrics => self.vms.selected(),
            Pane::Jobs => ops::vms_of_jobs(self).into_iter().next(),
            _ => None,
        }
    }

    /// The selected pool.
    pub fn selected_pool(&self) -> Option<&Arc<Pool>> {
        let id = self.storage.pool.key()?;
        self.view().pools.as_ref()?.iter().find(|p| p.record.id == *id)
    }

    /// The selected volume, with its pool.
    pub fn selected_volume(&self) -> Option<(&Arc<Pool>, &Volume)> {
        let pool = self.selected_pool()?;
        let key = self.storage.volume.key()?;
        Some((pool, pool.volumes.as_ref()?.iter().find(|v| v.key == *key)?))
    }

    /// The network that is selected in the topology.
    pub fn selected_network(&self) -> Option<&Arc<Network>> {
        let NodeId::Network(name) = &self.topology.networks.selected()?.node else { return None };
        self.view().networks.as_ref()?.iter().find(|n| n.name == **name)
    }

    /// The actions the footer shows now, best first: key, word, action.
    pub fn footer(&self) -> Vec<(String, &'static str, ActionId)> {
        let scope = self.scope();
        let chain: Vec<Scope> = scope.chain().collect();
        let mut found: Vec<_> = action::ACTIONS
            .iter()
            .filter(|a| a.scopes.iter().any(|s| chain.contains(s)))
            .filter_map(|a| a.footer.map(|(rank, word)| (rank, word, a)))
            .filter(|(_, _, a)| (a.available)(self) == Availability::Yes && ops::fits(self, a.id))
            .filter_map(|(rank, word, a)| Some((rank, self.keymap.shown_key(scope, a.id)?, word, a.id)))
            .collect();
        found.sort_by_key(|(rank, ..)| *rank);
        found.into_iter().map(|(_, key, word, id)| (key, word, id)).collect()
    }

    /// Local hours and minutes of an instant.
    pub fn clock(&self, at: Timestamp) -> String {
        self.local(at).clock()
    }

    /// What a clock and a calendar on the wall show at an instant.
    pub const fn local(&self, at: Timestamp) -> Local {
        Local::at(at, self.utc_offset)
    }
}

//! The VM list: filter, groups, sort, marks. Rows do not move under a cursor that is being used.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cursor::Cursor;
use crate::config::Grouping;
use crate::model::alert::{Severity, Subject};
use crate::model::columns::{Column, Context, VM_COLUMNS, find};
use crate::model::filter::{Filter, FilterContext};
use crate::model::id::VmId;
use crate::model::metric::MetricId;
use crate::model::snapshot::Snapshot;
use crate::model::units::Unit;
use crate::model::vm::{NicSource, Vm, VmState};

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A group's heading.
    Group {
        /// Its name, cleaned.
        name: String,
        /// VMs in it.
        count: usize,
        /// Thereof running.
        running: usize,
        /// Whether its VMs are hidden.
        collapsed: bool,
    },
    /// A VM, by its index in the snapshot.
    Vm(usize),
}

/// What the cursor sticks to. A VM may stand in several groups.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RowKey {
    /// A heading.
    Group(String),
    /// A VM, and its group where there are groups.
    Vm(VmId, String),
}

/// The list's state.
#[derive(Clone, Debug)]
pub struct VmList {
    /// The selected row.
    pub cursor: Cursor<RowKey>,
    /// Marked VMs.
    pub marks: BTreeSet<VmId>,
    /// Id of the column sorted by.
    pub sort: &'static str,
    /// Largest first.
    pub descending: bool,
    /// Groups.
    pub group: Grouping,
    /// Groups whose VMs are hidden.
    pub collapsed: BTreeSet<String>,
    /// The filter as typed.
    pub filter_text: String,
    /// The filter in force.
    pub filter: Filter,
    /// Only what needs attention.
    pub attention: bool,
    /// Whether the view follows the selected VM when rows move.
    pub follow: bool,
    /// Ids of the columns shown on the VMs screen.
    pub columns: Vec<&'static str>,
    /// Rows as they stand.
    pub rows: Vec<Row>,
    /// The cursor's key for each row.
    pub keys: Vec<RowKey>,
    /// VMs that pass the filter.
    pub matching: usize,
}

/// Whether a larger value should come first when a column is newly chosen.
pub fn naturally_descending(column: &str) -> bool {
    find(VM_COLUMNS, column).is_some_and(Column::descends)
}

impl VmList {
    /// An empty list.
    pub fn new(columns: Vec<&'static str>, sort: &'static str, descending: bool, group: Grouping) -> Self {
        Self {
            cursor: Cursor::default(),
            marks: BTreeSet::new(),
            sort,
            descending,
            group,
            collapsed: BTreeSet::new(),
            filter_text: String::new(),
            filter: Filter::default(),
            attention: false,
            follow: false,
            columns,
            rows: Vec::new(),
            keys: Vec::new(),
            matching: 0,
        }
    }

    /// The selected VM.
    pub fn selected(&self) -> Option<VmId> {
        match self.cursor.key()? {
            RowKey::Vm(id, _) => Some(*id),
            RowKey::Group(_) => None,
        }
    }

    /// The selected group's heading.
    pub fn selected_group(&self) -> Option<&str> {
        match self.cursor.key()? {
            RowKey::Group(name) => Some(name),
            RowKey::Vm(..) => None,
        }
    }

    /// Makes the rows anew. With `hold`, VMs keep the order they have, and new ones go to the end.
    pub fn relist(&mut self, snapshot: &Snapshot, hold: bool) {
        let troubled: BTreeSet<VmId> = snapshot
            .alerts
            .iter()
            .filter(|a| a.severity >= Severity::Warning)
            .filter_map(|a| if let Subject::Vm(id) = a.subject { Some(id) } else { None })
            .collect();
        let context = FilterContext::new(snapshot);
        let mut order: Vec<usize> = (0..snapshot.vms.len())
            .filter(|i| {
                let vm = &snapshot.vms[*i];
                (!self.attention || troubled.contains(&vm.id)) && self.filter.matches(vm, &context)
            })
            .collect();
        self.matching = order.len();
        if hold {
            self.keep_order(snapshot, &mut order);
        } else {
            self.sort_rows(snapshot, &mut order);
        }
        self.lay_rows(snapshot, &order);
        self.cursor.settle(&self.keys);
    }

    fn keep_order(&self, snapshot: &Snapshot, order: &mut [usize]) {
        let mut place: HashMap<VmId, usize> = HashMap::new();
        for (i, key) in self.keys.iter().enumerate() {
            if let RowKey::Vm(id, _) = key {
                place.entry(*id).or_insert(i);
            }
        }
        order.sort_by_key(|i| place.get(&snapshot.vms[*i].id).copied().unwrap_or(usize::MAX));
    }

    fn sort_rows(&self, snapshot: &Snapshot, order: &mut [usize]) {
        let Some(column) = find(VM_COLUMNS, self.sort) else { return };
        let context = Context::of_vms(&snapshot.vms, snapshot.at);
        // The snapshot is sorted by name, and the sort is stable: equal values stay in name order, but what is
        // alive comes before what is off.
        // A live value is sorted by its mean over the last polls, coarsely: rows that change places at every
        // poll cannot be read.
        let calm: Vec<Option<i64>> = match column.metric() {
            Some(metric) => snapshot.vms.iter().map(|vm| calm_value(vm, metric)).collect(),
            None => Vec::new(),
        };
        order.sort_by(|i, j| {
            let (a, b) = (&snapshot.vms[*i], &snapshot.vms[*j]);
            let by_value = match (calm.get(*i).copied().flatten(), calm.get(*j).copied().flatten()) {
                (Some(x), Some(y)) if self.descending => y.cmp(&x),
                (Some(x), Some(y)) => x.cmp(&y),
                _ => column.compare(a, b, &context, self.descending),
            };
            by_value.then_with(|| (!a.state.is_active()).cmp(&!b.state.is_active()))
        });
    }

    fn lay_rows(&mut self, snapshot: &Snapshot, order: &[usize]) {
        self.rows.clear();
        self.keys.clear();
        if self.group == Grouping::None {
            self.rows.extend(order.iter().map(|i| Row::Vm(*i)));
            self.keys.extend(order.iter().map(|i| RowKey::Vm(snapshot.vms[*i].id, String::new())));
            return;
        }
        let mut groups: BTreeMap<(u8, String), Vec<usize>> = BTreeMap::new();
        for i in order {
            for name in group_names(self.group, &snapshot.vms[*i]) {
                groups.entry(name).or_default().push(*i);
            }
        }
        for ((_, name), members) in groups {
            let collapsed = self.collapsed.contains(&name);
            let running = members.iter().filter(|i| snapshot.vms[**i].state == VmState::Running).count();
            self.rows.push(Row::Group { name: name.clone(), count: members.len(), running, collapsed });
            self.keys.push(RowKey::Group(name.clone()));
            if !collapsed {
                for i in members {
                    self.rows.push(Row::Vm(i));
                    self.keys.push(RowKey::Vm(snapshot.vms[i].id, name.clone()));
                }
            }
        }
    }
}

/// Polls a live value is averaged over for sorting.
const CALM_POLLS: usize = 15;

/// The mean of the last polls on a logarithmic scale of eight steps a doubling; `None` where nothing is measured.
fn calm_value(vm: &Vm, metric: MetricId) -> Option<i64> {
    vm.now.get(metric)?;
    let recent = vm.track_of(metric.get().group)?.recent(metric, CALM_POLLS);
    let known: Vec<f64> = recent.into_iter().flatten().collect();
    if known.is_empty() {
        return None;
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    // Below one (of a percent, a byte, a request) nothing is worth a place; latencies are far smaller.
    let least = if metric.get().unit == Unit::Seconds { 1e-5 } else { 1.0 };
    Some(((mean / least).max(1.0).log2() * 8.0).round() as i64)
}

/// The groups a VM stands in, each with its rank: those without a group come last.
fn group_names(group: Grouping, vm: &Vm) -> Vec<(u8, String)> {
    let clean = |s: &str| crate::model::text::clean(s).into_owned();
    let mut names: Vec<(u8, String)> = match group {
        Grouping::None => Vec::new(),
        Grouping::Tag => vm.tags().iter().map(|t| (0, clean(t))).collect(),
        Grouping::State => vec![(vm.state.rank(), vm.state.word().to_owned())],
        Grouping::Network => vm
            .definition
            .iter()
            .flat_map(|d| &d.nics)
            .filter_map(|n| match &n.source {
                NicSource::Network(n) | NicSource::Bridge(n) | NicSource::Direct(n) => Some((0, clean(n))),
                _ => None,
            })
            .collect(),
    };
    names.sort();
    names.dedup();
    if names.is_empty() {
        names.push((9, if group == Grouping::Tag { "no tag" } else { "no network" }.to_owned()));
    }
    names
}

//! A VM's own screen.

use std::sync::Arc;

use super::cursor::Cursor;
use super::fetch::Fetch;
use super::place::VmTab;
use crate::model::audit::Chained;
use crate::model::held::Revision;
use crate::model::id::VmId;
use crate::model::time::Timestamp;
use crate::model::vm_snapshot::{SizedSnapshot, VmSnapshot, tree};

/// State of the page.
#[derive(Clone, Debug)]
pub struct VmPage {
    /// Whose.
    pub id: VmId,
    /// Name when it was opened, for when it is gone.
    pub name: String,
    /// The tab shown.
    pub tab: VmTab,
    /// First line shown, where the tab scrolls.
    pub scroll: usize,
    /// Its XML.
    pub xml: Fetched,
    /// The selected disk, by target.
    pub disk: Cursor<String>,
    /// The selected NIC, by MAC address.
    pub nic: Cursor<String>,
    /// Its snapshots.
    pub snapshots: Fetch<Vec<SizedSnapshot>>,
    /// The selected snapshot, by name.
    pub snapshot: Cursor<String>,
    /// What was done to it, and how it was defined.
    pub past: Fetch<Past>,
    /// The selected entry of that.
    pub entry: Cursor<EntryKey>,
}

/// Something fetched on demand.
#[derive(Clone, Debug, Default)]
pub enum Fetched {
    /// Not asked for.
    #[default]
    NotAsked,
    /// On its way.
    Loading,
    /// Here, as tokens fit to be drawn.
    Ready(Arc<str>),
    /// It failed, with a sentence.
    Failed(String),
}

/// What was done to a VM, and the definitions it had.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// Definitions, the newest first.
    pub revisions: Vec<Revision>,
    /// Audit records, the newest first.
    pub records: Vec<Chained>,
}

/// What a row of the history sticks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKey {
    /// An audit record, by its number.
    Record(u64),
    /// A revision, by its number.
    Revision(i64),
}

impl Past {
    /// Its rows, the newest first.
    pub fn rows(&self) -> Vec<EntryKey> {
        let records = self.records.iter().map(|r| (r.record.at, EntryKey::Record(r.number)));
        let revisions = self.revisions.iter().map(|r| (r.at, EntryKey::Revision(r.number)));
        let mut rows: Vec<(Timestamp, EntryKey)> = records.chain(revisions).collect();
        rows.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        rows.into_iter().map(|(_, key)| key).collect()
    }

    /// The revision of this number.
    pub fn revision(&self, number: i64) -> Option<&Revision> {
        self.revisions.iter().find(|r| r.number == number)
    }

    /// The one before it.
    pub fn before(&self, number: i64) -> Option<&Revision> {
        self.revisions.iter().filter(|r| r.number < number).max_by_key(|r| r.number)
    }

    /// The record of this number.
    pub fn record(&self, number: u64) -> Option<&Chained> {
        self.records.iter().find(|r| r.number == number)
    }
}

impl VmPage {
    /// A page that was just opened.
    pub fn new(id: VmId, name: String, tab: VmTab) -> Self {
        Self {
            id,
            name,
            tab,
            scroll: 0,
            xml: Fetched::NotAsked,
            disk: Cursor::default(),
            nic: Cursor::default(),
            snapshots: Fetch::default(),
            snapshot: Cursor::default(),
            past: Fetch::default(),
            entry: Cursor::default(),
        }
    }

    /// The snapshots as a tree: each behind its parent with its depth.
    pub fn snapshot_tree(&self) -> Vec<(usize, SizedSnapshot)> {
        let Some(all) = self.snapshots.ready() else { return Vec::new() };
        let bare: Vec<VmSnapshot> = all.iter().map(|s| s.snapshot.clone()).collect();
        let sized = |name: &str| all.iter().find(|s| s.snapshot.name == name).cloned();
        tree(&bare).into_iter().filter_map(|(depth, s)| Some((depth, sized(&s.name)?))).collect()
    }

    /// The selected snapshot.
    pub fn selected_snapshot(&self) -> Option<&SizedSnapshot> {
        let name = self.snapshot.key()?;
        self.snapshots.ready()?.iter().find(|s| s.snapshot.name == *name)
    }
}

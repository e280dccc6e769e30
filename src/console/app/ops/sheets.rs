//! Lists and texts that lie over a screen: deleted VMs, orphans, an audit record, a revision, a network.

use crate::console::app::cursor::Cursor;
use crate::console::app::fetch::Fetch;
use crate::engine::jobs::records::{Link, changes};
use crate::engine::jobs::{NetworkSeen, TemplateVersion};
use crate::model::audit::AuditRecord;
use crate::model::held::HeldVm;
use crate::model::id::VmId;
use crate::model::storage::Orphan;

/// Deleted VMs.
#[derive(Clone, Debug, Default)]
pub struct HeldList {
    /// They, the newest first.
    pub fetch: Fetch<Vec<HeldVm>>,
    /// The selected one.
    pub cursor: Cursor<VmId>,
}

/// Volumes that no VM uses.
#[derive(Clone, Debug, Default)]
pub struct OrphanList {
    /// They.
    pub fetch: Fetch<Vec<Orphan>>,
    /// The selected one, as pool and name.
    pub cursor: Cursor<(String, String)>,
}

/// Templates.
#[derive(Clone, Debug, Default)]
pub struct TemplateList {
    /// They, by name and version.
    pub fetch: Fetch<Vec<TemplateVersion>>,
    /// The selected one, by name and version.
    pub cursor: Cursor<(String, u32)>,
}

impl TemplateList {
    /// Has the cursor follow what is there.
    pub fn settle(&mut self) {
        let keys = self.keys();
        self.cursor.settle(&keys);
    }

    /// What the rows stick to.
    pub fn keys(&self) -> Vec<(String, u32)> {
        self.fetch.ready().into_iter().flatten().map(|t| (t.name.clone(), t.version)).collect()
    }
}

/// A text in full.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What it tells of.
    pub of: SheetOf,
    /// First line shown.
    pub scroll: usize,
}

/// What a sheet tells of.
#[derive(Clone, Debug)]
pub enum SheetOf {
    /// An audit record.
    Record(u64, Box<Fetch<Record>>),
    /// A revision of a VM's definition.
    Revision {
        /// Whose.
        vm: VmId,
        /// Which.
        number: i64,
        /// What it is called: `Revision 3 of web01`.
        title: String,
        /// What differs from the one before, as a unified diff; of the first one all of it.
        text: String,
    },
    /// A network and who is on it.
    Network(String, Box<Fetch<NetworkSeen>>),
}

/// An audit record, as far as it is understood.
#[derive(Clone, Debug)]
pub struct Record {
    /// As it is stored.
    pub link: Link,
    /// What it says; `None` where a newer NovaCron wrote it.
    pub record: Option<AuditRecord>,
    /// What changed in the definition, as a unified diff.
    pub diff: String,
}

impl Sheet {
    /// As it opens.
    pub const fn new(of: SheetOf) -> Self {
        Self { of, scroll: 0 }
    }
}

impl Record {
    /// Reads what is stored.
    pub fn of(link: Link) -> Self {
        let record = link.record();
        let diff = record.as_ref().map(changes).unwrap_or_default();
        Self { link, record, diff }
    }
}

impl HeldList {
    /// Has the cursor follow what is there.
    pub fn settle(&mut self) {
        let keys: Vec<VmId> = self.keys();
        self.cursor.settle(&keys);
    }

    /// What the rows stick to.
    pub fn keys(&self) -> Vec<VmId> {
        self.fetch.ready().into_iter().flatten().map(|h| h.vm).collect()
    }

    /// The selected one.
    pub fn selected(&self) -> Option<&HeldVm> {
        let key = self.cursor.key()?;
        self.fetch.ready()?.iter().find(|h| h.vm == *key)
    }
}

impl OrphanList {
    /// Has the cursor follow what is there.
    pub fn settle(&mut self) {
        let keys = self.keys();
        self.cursor.settle(&keys);
    }

    /// What the rows stick to.
    pub fn keys(&self) -> Vec<(String, String)> {
        self.fetch.ready().into_iter().flatten().map(|o| (o.pool.clone(), o.volume.name.clone())).collect()
    }
}

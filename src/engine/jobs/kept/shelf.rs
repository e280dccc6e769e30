//! What is held and how definitions were, for those who look: needs no hypervisor.

use std::path::Path;

use crate::model::held::{HeldVm, Revision};
use crate::model::id::VmId;
use crate::model::time::Timestamp;
use crate::store::{StateDb, StoreError};
use crate::xml;

/// The held VMs of a host, and the revisions of its VMs' definitions.
pub struct Shelf {
    db: StateDb,
    host: String,
}

impl Shelf {
    /// Opens those of this host; `folder` is that of `state.db`.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn open(folder: &Path, host: &str, now: Timestamp) -> Result<Self, StoreError> {
        let (db, _) = StateDb::open(folder, now)?;
        Ok(Self { db, host: host.to_owned() })
    }

    /// Those of this host, to look only: nothing is made or mended. `None` where nothing was ever written.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn look(folder: &Path, host: &str) -> Result<Option<Self>, StoreError> {
        let db = StateDb::look(folder)?;
        Ok(db.map(|db| Self { db, host: host.to_owned() }))
    }

    /// Deleted VMs that can be brought back, the newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn held(&self) -> Result<Vec<HeldVm>, StoreError> {
        self.db.held(&self.host)
    }

    /// Definitions that a VM had, the newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn revisions(&self, vm: VmId) -> Result<Vec<Revision>, StoreError> {
        self.db.revisions(&self.host, vm)
    }

    /// Keeps a definition that was seen, as [`XmlOf::Defined`](crate::hypervisor::XmlOf::Defined) tells it. Returns whether it was another than the newest
    /// one that is known.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn notice(&mut self, vm: VmId, xml: &str, now: Timestamp) -> Result<bool, StoreError> {
        self.db.notice(&self.host, vm, xml, now)
    }
}

/// What differs between two definitions, as a unified diff.
pub fn difference(before: &str, after: &str) -> String {
    xml::diff::unified(before, after)
}

/// Whose definition this is; `None` where it does not say so.
pub fn vm_of(definition: &str) -> Option<VmId> {
    xml::domain::uuid(definition)?.parse().ok()
}

/// A definition without the secrets in it.
pub fn without_secrets(definition: &str) -> String {
    xml::domain::secrets::hidden(definition)
}

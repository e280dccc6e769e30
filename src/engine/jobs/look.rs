//! Looking at what is there, for whoever decides what to do: nothing of it changes anything.

use std::path::Path;

use super::facts::sized;
use super::records::{self, Filter, Found, Link, Verdict};
use super::{NetworkSeen, Setting, Shelf, TemplateVersion, on_network, orphans, templates};
use crate::hypervisor::{HvError, HvErrorKind, HvResult, Hypervisor, NetworkXml, XmlOf};
use crate::model::audit::Chained;
use crate::model::held::{HeldVm, Revision};
use crate::model::id::VmId;
use crate::model::storage::Orphan;
use crate::model::time::Timestamp;
use crate::model::vm_snapshot::SizedSnapshot;
use crate::store::StoreError;

/// Audit records of one VM at most.
const MOST_OF_VM: usize = 500;

/// What can be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// A VM's snapshots.
    Snapshots(VmId),
    /// A VM's definition as its next start would use it, without passwords.
    Definition(VmId),
    /// A network, and who is on it.
    Network(String),
    /// A network's XML as it starts next.
    NetworkXml(String),
    /// Volumes that no VM uses.
    Orphans,
    /// Templates.
    Templates,
    /// Deleted VMs that can be brought back.
    Held,
    /// What was done to a VM, and the definitions it had.
    Past(VmId),
    /// Audit records.
    Audit(Box<Filter>),
    /// One audit record, whole.
    Record(u64),
    /// Whether the audit is as it was written.
    Verify,
}

/// What was seen.
#[derive(Clone, Debug)]
pub enum Seen {
    /// A VM's snapshots, with what they cost, in no order.
    Snapshots(Vec<SizedSnapshot>),
    /// XML of a VM or a network.
    Xml(String),
    /// A network.
    Network(Box<NetworkSeen>),
    /// Volumes that no VM uses.
    Orphans(Vec<Orphan>),
    /// Templates, by name and version.
    Templates(Vec<TemplateVersion>),
    /// Deleted VMs, the newest first.
    Held(Vec<HeldVm>),
    /// Definitions and audit records of a VM, the newest first.
    Past(Vec<Revision>, Vec<Chained>),
    /// Audit records, the newest first.
    Audit(Found),
    /// An audit record as it is stored.
    Record(Box<Link>),
    /// What checking the audit told.
    Verdict(Verdict),
}

impl Look {
    /// Whether the hypervisor is asked, or only what is stored here.
    pub(super) const fn asks_hypervisor(&self) -> bool {
        matches!(
            self,
            Self::Snapshots(_)
                | Self::Definition(_)
                | Self::Network(_)
                | Self::NetworkXml(_)
                | Self::Orphans
                | Self::Templates
        )
    }
}

/// Asks the hypervisor.
pub(super) fn at(hv: &dyn Hypervisor, look: &Look, setting: &Setting) -> HvResult<Seen> {
    match look {
        Look::Snapshots(vm) => sized(hv, *vm).map(Seen::Snapshots),
        Look::Definition(vm) => hv.xml_of(*vm, XmlOf::Defined).map(Seen::Xml),
        Look::Network(name) => match on_network(hv, name)? {
            Some(seen) => Ok(Seen::Network(Box::new(seen))),
            None => Err(HvError::new(HvErrorKind::NotFound, "find the network", "there is no such network")),
        },
        Look::NetworkXml(name) => hv.network_xml(name, NetworkXml::Defined).map(Seen::Xml),
        Look::Orphans => {
            let unread =
                |why: StoreError| HvError::new(HvErrorKind::Other, "read the journal", why.to_string());
            let now = setting.clock.now().wall;
            let held =
                Shelf::open(&setting.folder, &setting.host, now).and_then(|s| s.held()).map_err(unread)?;
            orphans(hv, &held).map(Seen::Orphans)
        }
        Look::Templates => templates(hv).map(Seen::Templates),
        Look::Held | Look::Past(_) | Look::Audit(_) | Look::Record(_) | Look::Verify => {
            Err(HvError::new(HvErrorKind::Other, "look", "the hypervisor does not know it"))
        }
    }
}

/// Reads what is stored in this folder about this host.
pub(super) fn stored(folder: &Path, host: &str, now: Timestamp, look: &Look) -> Result<Seen, String> {
    let failed = |why: StoreError| format!("Could not {why}");
    match look {
        Look::Held => {
            let shelf = Shelf::open(folder, host, now).map_err(failed)?;
            shelf.held().map(Seen::Held).map_err(failed)
        }
        Look::Past(vm) => {
            let revisions = Shelf::open(folder, host, now).and_then(|s| s.revisions(*vm)).map_err(failed)?;
            let target = Some(vm.to_string());
            let mine = Filter { target, limit: Some(MOST_OF_VM), brief: true, ..Filter::default() };
            let found = records::open(folder).and_then(|r| r.read(&mine)).map_err(failed)?;
            Ok(Seen::Past(revisions, found.records))
        }
        Look::Audit(filter) => {
            records::open(folder).and_then(|r| r.read(filter)).map(Seen::Audit).map_err(failed)
        }
        Look::Record(number) => {
            let link = records::open(folder).and_then(|r| r.one(*number)).map_err(failed)?;
            let link = link.ok_or_else(|| format!("There is no audit record {number}."))?;
            Ok(Seen::Record(Box::new(link)))
        }
        Look::Verify => records::verify(folder).map(Seen::Verdict).map_err(failed),
        _ => Err("Only the hypervisor knows that.".into()),
    }
}

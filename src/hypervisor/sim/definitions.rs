//! Defining and undefining simulated VMs. One that comes back has the hardware and the load it had; a new one gets what
//! chance gives it, whatever its XML says.

use std::path::PathBuf;

use super::connection::SimConnection;
use super::faults::Operation;
use super::names;
use super::world::State;
use super::{build, config::SimConfig};
use crate::hypervisor::{Definitions, HvError, HvErrorKind, HvEvent, HvResult, Undefining};
use crate::model::held::Document;
use crate::model::id::VmId;
use crate::model::vm_snapshot::VmSnapshot;
use crate::xml::{self, domain};

impl Definitions for SimConnection {
    fn define(&self, xml: &str, _validate: bool) -> HvResult<VmId> {
        let wrong = |why: &str| HvError::new(HvErrorKind::Other, Operation::Define.phrase(), why);
        domain::parse(xml).map_err(|why| wrong(&format!("XML error: {why}")))?;
        let id =
            domain::uuid(xml).and_then(|id| id.parse().ok()).ok_or_else(|| wrong("XML error: no UUID"))?;
        let name = domain::name(xml).ok_or_else(|| wrong("XML error: no name"))?;
        let config = self.config().clone();
        self.change(Operation::Define, id, |s, _| {
            if s.vms.values().any(|vm| vm.spec.name == name && vm.spec.id != id) {
                return Err(HvErrorKind::Exists);
            }
            if !s.vms.contains_key(&id) {
                s.bring(id, &name, &config);
            }
            let vm = s.vm(id)?;
            // libvirt renames in one way only.
            if vm.spec.name != name {
                return Err(HvErrorKind::Exists);
            }
            vm.xml = Some(xml.to_owned());
            vm.edits.clear();
            Ok(vec![HvEvent::Defined(id)])
        })?;
        Ok(id)
    }

    fn undefine(&self, id: VmId, how: Undefining) -> HvResult<()> {
        self.change(Operation::Undefine, id, |s, now| {
            let vm = s.free_vm(id)?;
            if vm.state.is_active() || (vm.saved.is_some() && !how.saved) {
                return Err(HvErrorKind::InvalidState);
            }
            if let Some(vm) = s.vms.remove(&id) {
                s.gone.insert(id, vm.spec);
            }
            s.meters.remove(id, now);
            Ok(vec![HvEvent::Vm { id, state: None }])
        })
    }

    fn snapshot_documents(&self, id: VmId) -> HvResult<Vec<Document>> {
        self.refuse_if_read_only(Operation::Snapshots)?;
        self.with_vm(Operation::Snapshots, id, |vm| {
            let document = |(s, xml): &(VmSnapshot, String)| Document {
                name: s.name.clone(),
                xml: xml.clone(),
                current: s.current,
            };
            Ok(vm.snapshots.iter().map(document).collect())
        })
    }

    fn put_back_snapshot(&self, id: VmId, snapshot: &Document) -> HvResult<()> {
        self.change(Operation::PutBackSnapshot, id, |s, _| {
            let known = &mut s.vm(id)?.snapshots;
            known.retain(|(k, _)| k.name != snapshot.name);
            if snapshot.current {
                for (other, _) in known.iter_mut() {
                    other.current = false;
                }
            }
            let read = xml::vm_snapshot::parse(&snapshot.xml).map_err(|_| HvErrorKind::Other)?;
            let read = VmSnapshot { name: snapshot.name.clone(), current: snapshot.current, ..read };
            known.push((read, snapshot.xml.clone()));
            Ok(Vec::new())
        })
    }

    fn checkpoint_documents(&self, id: VmId) -> HvResult<Vec<Document>> {
        self.refuse_if_read_only(Operation::Checkpoints)?;
        self.with_vm(Operation::Checkpoints, id, |vm| Ok(vm.checkpoints.clone()))
    }

    fn put_back_checkpoint(&self, id: VmId, checkpoint: &Document) -> HvResult<()> {
        self.change(Operation::PutBackCheckpoint, id, |s, _| {
            let known = &mut s.vm(id)?.checkpoints;
            known.retain(|k| k.name != checkpoint.name);
            known.push(checkpoint.clone());
            Ok(Vec::new())
        })
    }

    fn saved_image(&self, _name: &str) -> Option<PathBuf> {
        None
    }
}

impl State {
    /// A VM that is off: the one that was undefined, or another.
    fn bring(&mut self, id: VmId, name: &str, config: &SimConfig) {
        let mut spec = self.gone.remove(&id).unwrap_or_else(|| {
            let (_, role) = names::vm_name(self.defined);
            self.defined += 1;
            build::named_vm(config, self.defined - 1, name.to_owned(), role, &self.pools)
        });
        spec.id = id;
        name.clone_into(&mut spec.name);
        self.insert(spec, config);
    }
}

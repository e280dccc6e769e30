//! Operations to plans: what would be done, or why it cannot be. Pure: facts come in, a plan or a refusal goes out.
//!
//! The engine reads what [`needs`] names, asks for the [`plan`], shows it, and before it acts asks for it once more: where
//! a fact that the plan rests on is another by then, nothing is done.

mod build;
mod definition;
mod facts;
mod hardware;
mod layers;
mod making;
mod network;
mod snapshot;
mod storage;
#[cfg(test)]
mod tests;
mod touch;
mod vm;

pub use definition::{Belonging, Belongings, DefinitionFacts, OtherVm, as_written, holds_secrets};
pub use facts::{Facts, Needs, RoomFacts, StorageNeeds, VmFacts};
pub use hardware::{HardwareFacts, HardwareNeeds, Image, VmDevices};
pub use layers::{JobFact, LayerFacts};
pub use making::{MakingFacts, manifest_of, seed_image};
pub use network::{LeaseFact, NetworkFact, NetworkFacts, NetworkUser, needs_users};
pub use snapshot::{AgentFact, Folder, SnapshotFacts};
pub use storage::{FileFacts, HEAD, ImageAbove, ImageHead, Needed, PoolDevice, PoolFacts, StorageFacts};
pub use storage::{Version, VmUses, names, needed, orphans, places, same_path, template_in, versions};

use crate::model::id::VmId;
use crate::model::operation::{Operation, Target};
use crate::model::plan::{Planned, Refusal, RefusalKind};

/// What has to be read before a plan can be made.
pub const fn needs(operation: &Operation) -> Needs {
    match operation {
        Operation::Vm { act, .. } => vm::needs(act),
        Operation::Snapshot { act, .. } => snapshot::needs(act),
        Operation::Volume { act, .. } => storage::volume_needs(act),
        Operation::Pool { act, .. } => storage::pool_needs(act),
        Operation::NewVm { .. } | Operation::Template { .. } => making::NEEDS,
        // What is read for networks follows from the operation itself.
        Operation::Network { .. } => Needs::NONE,
    }
}

/// What the operation would do on this host, or why it cannot be done.
pub fn plan(operation: &Operation, facts: &Facts) -> Planned {
    match (planned(operation, facts), &facts.read_only) {
        // A remedy that is not to be had either would only mislead.
        (Planned::Refused(no), Some(why))
            if !matches!(
                no.kind,
                RefusalKind::AlreadySo
                    | RefusalKind::NotFound
                    | RefusalKind::BadRequest
                    | RefusalKind::NotAllowed
            ) =>
        {
            build::read_only(no.operation, no.target, no.title, why)
        }
        (planned, _) => planned,
    }
}

fn planned(operation: &Operation, facts: &Facts) -> Planned {
    match operation {
        Operation::Vm { id, act } => match &facts.vm {
            Some(vm) => vm::plan(act, vm, facts),
            None if definition::is_of_held(act) => definition::plan_held(act, *id, facts),
            None => gone(operation, *id),
        },
        Operation::Snapshot { vm: id, act } => match (&facts.vm, &facts.snapshots) {
            (Some(vm), Some(snapshots)) => snapshot::plan(act, vm, snapshots, facts),
            _ => gone(operation, *id),
        },
        Operation::Volume { pool, name, act } => storage::plan_volume(pool, name, act, facts),
        Operation::Pool { name, act } => storage::plan_pool(name, act, facts),
        Operation::NewVm { id, name, new } => making::plan_new(*id, name, new, facts),
        Operation::Template { name, act } => making::plan_template(name, act, facts),
        Operation::Network { name, act } => network::plan(name, act, facts),
    }
}

fn gone(operation: &Operation, id: VmId) -> Planned {
    Planned::Refused(Box::new(Refusal {
        operation: operation.clone(),
        target: Target::vm(id, id.to_string()),
        title: operation.word().to_owned(),
        reason: "There is no such VM any more.".into(),
        remedy: String::new(),
        kind: RefusalKind::NotFound,
    }))
}

//! Operations to plans: what would be done, or why it cannot be. Pure: facts come in, a plan or a refusal goes out.
//!
//! The engine reads what [`needs`] names, asks for the [`plan`], shows it, and before it acts asks for it once more: where
//! a fact that the plan rests on is another by then, nothing is done.

mod build;
mod facts;
mod storage;
#[cfg(test)]
mod tests;
mod vm;

pub use facts::{Facts, Needs, StorageNeeds, VmFacts};
pub use storage::{FileFacts, ImageHead, PoolFacts, StorageFacts, VmUses, names, orphans};

use crate::model::operation::{Operation, Target};
use crate::model::plan::{Planned, Refusal, RefusalKind};

/// What has to be read before a plan can be made.
pub const fn needs(operation: &Operation) -> Needs {
    match operation {
        Operation::Vm { act, .. } => vm::needs(act),
        Operation::Volume { act, .. } => storage::volume_needs(act),
        Operation::Pool { act, .. } => storage::pool_needs(act),
    }
}

/// What the operation would do on this host, or why it cannot be done.
pub fn plan(operation: &Operation, facts: &Facts) -> Planned {
    match operation {
        Operation::Vm { id, act } => match &facts.vm {
            Some(vm) => vm::plan(act, vm, facts),
            None => Planned::Refused(Box::new(Refusal {
                operation: operation.clone(),
                target: Target::vm(*id, id.to_string()),
                title: operation.word().to_owned(),
                reason: "There is no such VM any more.".into(),
                remedy: String::new(),
                kind: RefusalKind::NotFound,
            })),
        },
        Operation::Volume { pool, name, act } => storage::plan_volume(pool, name, act, facts),
        Operation::Pool { name, act } => storage::plan_pool(name, act, facts),
    }
}

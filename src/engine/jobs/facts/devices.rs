//! Reading which devices pools have, and what those are called in truth.

use super::found;
use crate::hypervisor::{HvResult, Hypervisor};
use crate::model::operation::{Operation, PoolOperation};
use crate::operations::{PoolDevice, StorageFacts};
use crate::xml;
use crate::xml::domain::Named;

/// Adds the devices of all pools, where the operation writes to one.
pub(super) fn add_devices(
    hv: &dyn Hypervisor,
    operation: &Operation,
    facts: &mut StorageFacts,
) -> HvResult<()> {
    let own = match operation {
        Operation::Pool { act: PoolOperation::Build(_), .. } => Vec::new(),
        Operation::Pool { name, act: PoolOperation::Define(new) } if new.build.is_some() => {
            xml::pool::devices(&xml::pool::write(name, new))
        }
        _ => return Ok(()),
    };
    for pool in &facts.pools {
        let pool = &pool.record.name;
        let Some(definition) = found(hv.pool_xml(pool))? else { continue };
        let devices = xml::pool::devices(&definition).into_iter();
        facts.devices.extend(devices.map(|device| PoolDevice { pool: pool.clone(), device }));
    }
    if !hv.capabilities().local {
        return Ok(());
    }
    let of_vms = facts.vms.iter().flat_map(|vm| &vm.uses).filter_map(|u| match &u.named {
        Named::Path(path) if path.starts_with("/dev/") => Some(path.clone()),
        _ => None,
    });
    let mut all: Vec<String> =
        of_vms.chain(facts.devices.iter().map(|d| d.device.clone())).chain(own).collect();
    all.sort();
    all.dedup();
    let real = |path: String| {
        let real = std::fs::canonicalize(&path).ok()?.to_str()?.to_owned();
        (real != path).then_some((path, real))
    };
    facts.real = all.into_iter().filter_map(real).collect();
    Ok(())
}

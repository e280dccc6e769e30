//! Names of what there is.

use std::collections::BTreeMap;

use super::words::Names;
use crate::engine::jobs::template_in;
use crate::hypervisor::{Connector, HvResult, Hypervisor, Purpose};
use crate::model::held::HeldVm;
use crate::model::text::clean;
use crate::model::vm::VmRecord;

fn typable(name: &str, dashed: bool) -> bool {
    clean(name) == name && (dashed || !name.starts_with('-'))
}

/// What deleted VMs go by: their names, and their UUIDs where several had one or it cannot be typed.
pub(super) fn of_held(held: &[HeldVm], dashed: bool) -> Vec<String> {
    let name = |vm: &HeldVm| {
        let alone = held.iter().filter(|other| other.name == vm.name).count() == 1;
        if alone && typable(&vm.name, dashed) { vm.name.clone() } else { vm.vm.to_string() }
    };
    let mut all: Vec<String> = held.iter().map(name).collect();
    all.sort();
    all
}

/// Reads all of a kind. What cannot be typed, or would be taken for an option unless it may be `dashed`, is left out, but for
/// a VM: that goes by its UUID then.
pub(super) fn read(host: &dyn Connector, kind: &Names, dashed: bool) -> HvResult<Vec<String>> {
    let hv = host.connect(Purpose::Detail)?;
    let vms = || -> HvResult<Vec<String>> {
        let name = |vm: VmRecord| if typable(&vm.name, dashed) { vm.name } else { vm.id.to_string() };
        Ok(hv.vms()?.into_iter().map(name).collect())
    };
    let pools =
        || -> HvResult<Vec<String>> { Ok(hv.pool_names()?.into_iter().map(|(_, name)| name).collect()) };
    let networks = || -> HvResult<Vec<String>> { Ok(hv.networks()?.into_iter().map(|n| n.name).collect()) };
    let mut all = match kind {
        Names::Vms => vms()?,
        Names::Pools => pools()?,
        Names::Networks => networks()?,
        Names::Volumes => {
            let mut all = Vec::new();
            for (id, pool) in hv.pool_names()? {
                // One that is not started has none.
                let volumes = hv.volumes(id, false).unwrap_or_default();
                all.extend(volumes.into_iter().map(|v| format!("{pool}/{}", v.name)));
            }
            all
        }
        Names::Snapshots(vm) => {
            let vms = hv.vms()?;
            let meant = vms.iter().find(|v| v.name == *vm || v.id.to_string() == *vm);
            let snapshots = meant.map(|v| hv.snapshots(v.id)).transpose()?.unwrap_or_default();
            snapshots.into_iter().map(|s| s.name).collect()
        }
        Names::Templates { versions } => templates(hv.as_ref(), *versions)?,
        // They are known without a host.
        Names::Held => Vec::new(),
        Names::Any => [vms()?, pools()?, networks()?].concat(),
    };
    all.retain(|name| typable(name, dashed));
    all.sort();
    all.dedup();
    Ok(all)
}

/// Names of templates; with those of versions, where there are several of one.
fn templates(hv: &dyn Hypervisor, versions: bool) -> HvResult<Vec<String>> {
    let mut found: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (id, _) in hv.pool_names()? {
        let volumes = hv.volumes(id, false).unwrap_or_default();
        for (name, version) in volumes.iter().filter_map(|v| template_in(&v.name)) {
            found.entry(name.to_owned()).or_default().push(version);
        }
    }
    let each = |(name, mut numbers): (String, Vec<u32>)| {
        numbers.retain(|_| versions);
        let several = numbers.len() > 1;
        let of = numbers.into_iter().filter(|_| several).map(|v| format!("{name}@{v}"));
        let all: Vec<String> = of.chain([name.clone()]).collect();
        all
    };
    Ok(found.into_iter().flat_map(each).collect())
}

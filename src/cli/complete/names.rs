//! Names of what there is.

use super::words::Names;
use crate::hypervisor::{Connector, HvResult, Purpose};
use crate::model::text::clean;

/// Reads all of a kind. What cannot be typed is left out, but for a VM: that goes by its UUID then.
pub(super) fn read(host: &dyn Connector, kind: &Names) -> HvResult<Vec<String>> {
    let hv = host.connect(Purpose::Detail)?;
    let vms = || -> HvResult<Vec<String>> {
        let name =
            |vm: crate::model::vm::VmRecord| if typable(&vm.name) { vm.name } else { vm.id.to_string() };
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
        Names::Any => [vms()?, pools()?, networks()?].concat(),
    };
    all.retain(|name| typable(name));
    all.sort();
    all.dedup();
    Ok(all)
}

fn typable(name: &str) -> bool {
    clean(name) == name
}

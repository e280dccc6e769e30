//! From names as they were typed to VMs.

use crate::cli::exit::{Exit, Failure};
use crate::model::suggest::did_you_mean;
use crate::model::text::clean;
use crate::model::vm::VmRecord;

/// The VMs of these names or UUIDs, each once, in the order they were named. One that is not there is told before
/// anything is done to the others.
pub(in crate::cli) fn resolve<'v>(
    names: &[String],
    vms: &'v [VmRecord],
) -> Result<Vec<&'v VmRecord>, Failure> {
    let mut found: Vec<&VmRecord> = Vec::with_capacity(names.len());
    for name in names {
        let vm = one(name, vms)?;
        if !found.iter().any(|f| f.id == vm.id) {
            found.push(vm);
        }
    }
    Ok(found)
}

fn one<'v>(name: &str, vms: &'v [VmRecord]) -> Result<&'v VmRecord, Failure> {
    let id = name.parse().ok();
    let mut meant = vms.iter().filter(|v| v.name == name || Some(v.id) == id);
    match (meant.next(), meant.next()) {
        (Some(vm), None) => Ok(vm),
        (Some(_), Some(_)) => {
            let what = format!("\"{name}\" is the name of one VM and the UUID of another");
            Err(Failure::new(Exit::Usage, what).hint("Name the first by its own UUID."))
        }
        (None, _) => {
            let names: Vec<_> = vms.iter().map(|v| clean(&v.name)).collect();
            let near = did_you_mean(name, names.iter().map(AsRef::as_ref));
            Err(Failure::new(Exit::NotFound, format!("there is no VM \"{name}\"{near}"))
                .hint("`novacron list vms` shows all."))
        }
    }
}

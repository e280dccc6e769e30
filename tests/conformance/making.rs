//! What new VMs need.

use novacron::hypervisor::{BackupTarget, HvErrorKind, Hypervisor, Purpose};
use novacron::model::id::VmId;
use novacron::xml::capabilities::parse;

use super::host::{Host, NOBODY, fails};

pub(super) fn the_host_tells_what_it_runs(host: &Host<'_>) {
    let hv = host.open();
    let told = match hv.machine_capabilities(None, None) {
        Err(e) if e.kind == HvErrorKind::Unsupported => return host.skip("it does not tell"),
        told => told.unwrap(),
    };
    let machine = parse(&told).unwrap();
    assert!(!machine.accel.is_empty() && machine.arch.is_some(), "{told}");
    assert!(hv.machine_capabilities(Some("abacus"), None).is_err());
}

fn begun(hv: &dyn Hypervisor, id: VmId) -> novacron::hypervisor::HvResult<()> {
    hv.begin_backup(id, &[BackupTarget { target: "vda", path: "/nowhere", block: false, format: "raw" }])
}

pub(super) fn nobody_is_copied(host: &Host<'_>) {
    let hv = host.connector.connect(Purpose::Operate).unwrap();
    let nobody = VmId(NOBODY);
    fails(hv.freeze(nobody), &[HvErrorKind::NotFound]);
    fails(begun(&*hv, nobody), &[HvErrorKind::NotFound]);
    fails(hv.backup_goes_on(nobody), &[HvErrorKind::NotFound]);
    let Some(read_only) = host.read_only else { return host.skip("no read-only connection") };
    let hv = read_only.connect(Purpose::Operate).unwrap();
    let Some(vm) = hv.vms().unwrap().first().map(|vm| vm.id) else { return host.skip("no VM") };
    fails(hv.freeze(vm), &[HvErrorKind::ReadOnly]);
    fails(begun(&*hv, vm), &[HvErrorKind::ReadOnly]);
}

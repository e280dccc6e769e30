//! What new VMs need on the simulated host: it tells what it runs, and copies nothing that is written to.

use super::connection::SimConnection;
use super::faults::{Operation, error};
use crate::hypervisor::{BackupTarget, HvErrorKind, HvResult, Making};
use crate::model::id::VmId;

impl SimConnection {
    fn cannot<T>(&self, operation: Operation, id: VmId) -> HvResult<T> {
        self.refuse_if_read_only(operation)?;
        self.with_vm(operation, id, |_| Ok(()))?;
        Err(error(operation, HvErrorKind::Unsupported))
    }
}

impl Making for SimConnection {
    fn machine_capabilities(&self, accel: Option<&str>, machine: Option<&str>) -> HvResult<String> {
        drop(self.enter(Operation::MachineCapabilities)?);
        if accel.is_some_and(|a| a != "kvm") || machine.is_some_and(|m| m != "q35") {
            return Err(error(Operation::MachineCapabilities, HvErrorKind::Other));
        }
        Ok("<domainCapabilities><path>/usr/bin/qemu-system-x86_64</path><domain>kvm</domain>\
            <machine>pc-q35-10.0</machine><arch>x86_64</arch><vcpu max='255'/>\
            <os supported='yes'><enum name='firmware'><value>efi</value></enum></os>\
            <cpu><mode name='host-passthrough' supported='yes'/></cpu>\
            <devices><graphics supported='yes'><enum name='type'><value>vnc</value></enum></graphics>\
            <rng supported='yes'/></devices></domainCapabilities>"
            .to_owned())
    }

    fn freeze(&self, id: VmId) -> HvResult<()> {
        self.cannot(Operation::Freeze, id)
    }

    fn begin_backup(&self, id: VmId, _disks: &[BackupTarget<'_>]) -> HvResult<()> {
        self.cannot(Operation::BeginBackup, id)
    }

    fn backup_goes_on(&self, id: VmId) -> HvResult<bool> {
        self.with_vm(Operation::LookAtBackup, id, |_| Ok(false))
    }

    fn backup_succeeded(&self, id: VmId) -> HvResult<bool> {
        self.with_vm(Operation::LookAtBackup, id, |_| Err(HvErrorKind::Unsupported))
    }
}

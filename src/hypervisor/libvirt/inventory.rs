//! What there is.

use super::connection::Connection;
use super::error::Doing;
use super::ffi::{Domain, Listed, RawResult, Record, StatsRecords, bits};
use super::state::vm_state;
use crate::hypervisor::{HvResult, Inventory};
use crate::model::host::Node;
use crate::model::id::VmId;
use crate::model::metric::Group;
use crate::model::vm::{VmFlags, VmRecord, VmState};

const LIST: &str = "list VMs";

impl Inventory for Connection {
    fn node(&self) -> HvResult<Node> {
        let info = self.conn.node_info().doing("read the node")?;
        Ok(Node {
            hostname: self.conn.hostname().doing("read the host name")?,
            driver: self.abilities.driver.clone(),
            libvirt_version: self.conn.libvirt_version().doing("read libvirt's version")?,
            // A driver without a hypervisor of its own has no version to tell.
            hypervisor_version: self.conn.hypervisor_version().unwrap_or(0),
            cpu_model: info.model,
            cpus: info.cpus,
            sockets: info.sockets.saturating_mul(info.cells.max(1)),
            cores: info.cores,
            threads: info.threads,
            memory: info.memory_kib.saturating_mul(1024),
        })
    }

    fn vms(&self) -> HvResult<Vec<VmRecord>> {
        let records =
            if self.abilities.bulk.has(Group::State) { self.vms_in_bulk()? } else { self.vms_one_by_one()? };
        self.retain_domains(records.iter().map(|r| r.id));
        Ok(records)
    }

    fn vm_xml(&self, id: VmId) -> HvResult<String> {
        self.with_domain(id, "read the XML", Domain::xml)
    }

    fn vm_flags(&self, id: VmId) -> HvResult<VmFlags> {
        self.with_domain(id, "read the flags", |d| {
            Ok(VmFlags {
                // Every driver knows this one: its error says that the VM or the connection is gone.
                persistent: Some(d.persistent()?),
                autostart: d.autostart().ok(),
                managed_save: d.managed_save().ok(),
            })
        })
    }
}

impl Connection {
    /// Names, states and handles of all VMs in one round trip.
    fn vms_in_bulk(&self) -> HvResult<Vec<VmRecord>> {
        let flags = self.abilities.flags();
        let records = StatsRecords::all(&self.conn, bits::STATE, flags).doing(LIST)?;
        let mut out = Vec::with_capacity(records.len());
        for record in records.iter() {
            let vm = vm_record(record).doing(LIST)?;
            if !self.knows(&vm) {
                let handle = record.domain().doing(LIST)?;
                self.keep_domains(std::iter::once((vm.id, handle)));
            }
            out.push(vm);
        }
        Ok(out)
    }

    fn vms_one_by_one(&self) -> HvResult<Vec<VmRecord>> {
        let domains = self.conn.domains(Listed::All).doing(LIST)?;
        let mut out = Vec::with_capacity(domains.len());
        for domain in domains {
            let id = VmId::from_bytes(domain.uuid().doing(LIST)?);
            // One that vanished since is not in the list.
            let Ok((state, reason)) = domain.state() else { continue };
            out.push(VmRecord {
                id,
                name: domain.name().doing(LIST)?,
                state: vm_state(state as u64, reason as u64),
                domain_id: domain.id(),
            });
            self.keep_domains(std::iter::once((id, domain)));
        }
        Ok(out)
    }
}

fn vm_record(record: Record<'_>) -> RawResult<VmRecord> {
    let (mut state, mut reason) = (None, 0);
    for param in record.params() {
        match param.field {
            b"state.state" => state = param.value.count(),
            b"state.reason" => reason = param.value.count().unwrap_or(0),
            _ => {}
        }
    }
    Ok(VmRecord {
        id: VmId::from_bytes(record.uuid()?),
        name: record.name()?,
        state: state.map_or(VmState::Unknown, |state| vm_state(state, reason)),
        domain_id: record.id(),
    })
}

//! A network of the test's own on the private host, and a desk. All of it is gone with it.

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};

use novacron::hypervisor::{Hypervisor, NetworkRecord};
use novacron::model::operation::{NetworkOperation, NewNetwork, Operation, Subnet};

use crate::desk::Office;

static NEXT: AtomicU32 = AtomicU32::new(0);

pub(super) struct Bed {
    office: Office,
    pub(super) network: String,
    /// The first three numbers of the addresses it may use.
    pub(super) net: String,
    pub(super) hv: Box<dyn Hypervisor>,
}

impl Deref for Bed {
    type Target = Office;

    fn deref(&self) -> &Office {
        &self.office
    }
}

impl Bed {
    /// A bed; none where there is no private host.
    pub(super) fn new() -> Option<Self> {
        let office = Office::new()?;
        let hv = office.hypervisor();
        let (pid, n) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let net = format!("10.{}.{}", 64 + pid % 128, (pid / 128 * 8 + n) % 256);
        Some(Self { office, network: format!("net-{pid}-{n}"), net, hv })
    }

    pub(super) fn act(&self, act: NetworkOperation) -> Operation {
        Operation::network(&self.network, act)
    }

    pub(super) fn new_network(&self) -> NewNetwork {
        let subnet = Subnet::Given(format!("{}.0/24", self.net));
        NewNetwork { subnet, start: true, autostart: true, ..NewNetwork::default() }
    }

    pub(super) fn define(&self) -> Operation {
        self.act(NetworkOperation::Define(self.new_network()))
    }

    pub(super) fn seen(&self) -> Option<NetworkRecord> {
        self.hv.networks().unwrap().into_iter().find(|n| n.name == self.network)
    }

    /// A VM without a disk, on the network; it runs.
    pub(super) fn plug_in_a_vm(&self) {
        let xml = format!(
            "<domain type='qemu'><name>{0}</name><memory unit='MiB'>32</memory><os><type>hvm</type></os>\
             <devices><interface type='network'><source network='{0}'/><model type='virtio'/></interface></devices>\
             </domain>",
            self.network
        );
        let file = self.file("vm.xml");
        std::fs::write(&file, xml).unwrap();
        assert!(self.virsh(&["define", &file.display().to_string()]));
        assert!(self.virsh(&["start", &self.network]));
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        for args in [["destroy"], ["undefine"], ["net-destroy"], ["net-undefine"]] {
            self.virsh(&[args[0], &self.network]);
        }
    }
}

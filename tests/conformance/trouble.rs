//! What a test can do to a host: bring a VM of its own to life and to its end.

use std::cell::RefCell;

use novacron::hypervisor::sim::SimHost;
use novacron::model::id::VmId;
use novacron::model::vm::VmState;
use virt::connect::Connect;
use virt::domain::Domain;

/// Changes a host behind the back of the connection under test.
pub(super) trait Trouble {
    /// Defines a VM with this name.
    fn define(&self, name: &str) -> VmId;
    fn start(&self, id: VmId);
    fn pause(&self, id: VmId);
    fn resume(&self, id: VmId);
    fn stop(&self, id: VmId);
    /// Removes a VM that is off.
    fn undefine(&self, id: VmId);
    /// Breaks all connections; returns whether it can.
    fn cut(&self) -> bool;
    /// Ends [`Trouble::cut`].
    fn mend(&self);
}

/// On the simulated host.
pub(super) struct SimTrouble<'a>(&'a SimHost);

impl<'a> SimTrouble<'a> {
    pub(super) const fn new(host: &'a SimHost) -> Self {
        Self(host)
    }
}

impl Trouble for SimTrouble<'_> {
    fn define(&self, name: &str) -> VmId {
        self.0.define(name)
    }

    fn start(&self, id: VmId) {
        assert!(self.0.set_state(id, VmState::Running));
    }

    fn pause(&self, id: VmId) {
        assert!(self.0.pause(id));
    }

    fn resume(&self, id: VmId) {
        assert!(self.0.resume(id));
    }

    fn stop(&self, id: VmId) {
        assert!(self.0.set_state(id, VmState::ShutOff));
    }

    fn undefine(&self, id: VmId) {
        assert!(self.0.undefine(id));
    }

    fn cut(&self) -> bool {
        self.0.disconnect();
        true
    }

    fn mend(&self) {
        self.0.allow_reconnect();
    }
}

/// On what libvirt runs, through a connection of its own.
pub(super) struct VirtTrouble {
    connect: Connect,
    kind: &'static str,
    /// Its own VMs, to be taken away also after a check that failed.
    own: RefCell<Vec<String>>,
}

impl Drop for VirtTrouble {
    fn drop(&mut self) {
        for name in self.own.take() {
            if let Ok(left) = self.connect.lookup_domain_by_name(&name) {
                let _ = left.destroy();
                let _ = left.undefine();
            }
        }
    }
}

impl VirtTrouble {
    /// `kind` is the domain type: `test`, `qemu`.
    pub(super) fn new(uri: &str, kind: &'static str) -> Self {
        Self { connect: Connect::open(Some(uri)).unwrap(), kind, own: RefCell::default() }
    }

    fn domain(&self, id: VmId) -> Domain {
        self.connect.lookup_domain_by_uuid_string(&id.to_string()).unwrap()
    }
}

impl Trouble for VirtTrouble {
    fn define(&self, name: &str) -> VmId {
        let xml = format!(
            "<domain type='{}'><name>{name}</name><memory unit='MiB'>16</memory><vcpu>1</vcpu>
             <os><type arch='x86_64'>hvm</type></os>
             <devices><memballoon model='virtio'/></devices></domain>",
            self.kind
        );
        let domain = self.connect.define_domain_xml(&xml).unwrap();
        self.own.borrow_mut().push(name.to_owned());
        domain.uuid_string().unwrap().parse().unwrap()
    }

    fn start(&self, id: VmId) {
        self.domain(id).create().unwrap();
    }

    fn pause(&self, id: VmId) {
        self.domain(id).suspend().unwrap();
    }

    fn resume(&self, id: VmId) {
        self.domain(id).resume().unwrap();
    }

    fn stop(&self, id: VmId) {
        self.domain(id).destroy().unwrap();
    }

    fn undefine(&self, id: VmId) {
        self.domain(id).undefine().unwrap();
    }

    fn cut(&self) -> bool {
        false
    }

    fn mend(&self) {}
}

//! What a test can do to a host: bring a VM of its own to life and to its end.

use std::cell::RefCell;
use std::time::Duration;

use novacron::hypervisor::sim::SimHost;
use novacron::model::id::VmId;
use novacron::model::vm::VmState;
use virt::connect::Connect;
use virt::domain::Domain;
use virt::sys::VIR_DOMAIN_UNDEFINE_MANAGED_SAVE;

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
    /// Defines a VM that takes as long as can be to save.
    fn define_slow_to_save(&self, name: &str) -> VmId;
    /// Has a VM's guest ignore the power button; returns whether it does.
    fn deafen(&self, id: VmId) -> bool;
    /// Takes a running VM's definition away from under it; returns whether it goes on all the same.
    fn make_transient(&self, id: VmId) -> bool;
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

    fn define_slow_to_save(&self, name: &str) -> VmId {
        let id = self.0.define(name);
        assert!(self.0.slow_save(id, Duration::from_secs(86_400)));
        id
    }

    fn deafen(&self, id: VmId) -> bool {
        self.0.ignore_acpi(id, true)
    }

    fn make_transient(&self, _: VmId) -> bool {
        false
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
    own: RefCell<Vec<VmId>>,
}

impl Drop for VirtTrouble {
    fn drop(&mut self) {
        for id in self.own.take() {
            if let Ok(left) = self.connect.lookup_domain_by_uuid_string(&id.to_string()) {
                let _ = left.destroy();
                let _ = left.undefine_flags(VIR_DOMAIN_UNDEFINE_MANAGED_SAVE);
            }
        }
    }
}

impl VirtTrouble {
    /// `kind` is the domain type: `test`, `qemu`.
    pub(super) fn new(uri: &str, kind: &'static str) -> Self {
        Self { connect: Connect::open(Some(uri)).unwrap(), kind, own: RefCell::default() }
    }

    /// A VM without disks, with so many MiB of memory and a password.
    fn define_with(&self, name: &str, memory: u32) -> VmId {
        let xml = format!(
            "<domain type='{}'><name>{name}</name><memory unit='MiB'>{memory}</memory><vcpu>1</vcpu>
             <os><type arch='x86_64'>hvm</type></os><features><acpi/></features>
             <devices><memballoon model='virtio'/>
             <graphics type='vnc' port='-1' autoport='yes' passwd='secret'/><serial type='pty'/></devices></domain>",
            self.kind
        );
        let domain = self.connect.define_domain_xml(&xml).unwrap();
        let id = domain.uuid_string().unwrap().parse().unwrap();
        self.own.borrow_mut().push(id);
        id
    }

    fn domain(&self, id: VmId) -> Domain {
        self.connect.lookup_domain_by_uuid_string(&id.to_string()).unwrap()
    }
}

impl Trouble for VirtTrouble {
    fn define(&self, name: &str) -> VmId {
        self.define_with(name, 16)
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

    /// Its memory is never touched: it costs nothing, but takes a while to be looked through.
    fn define_slow_to_save(&self, name: &str) -> VmId {
        self.define_with(name, 2048)
    }

    /// Without an operating system nothing hears it; the test driver's guests hear always.
    fn deafen(&self, _: VmId) -> bool {
        self.kind != "test"
    }

    fn make_transient(&self, id: VmId) -> bool {
        self.domain(id).undefine().unwrap();
        true
    }

    fn cut(&self) -> bool {
        false
    }

    fn mend(&self) {}
}

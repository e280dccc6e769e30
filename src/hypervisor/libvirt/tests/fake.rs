//! Changes to libvirt's shared default fake host, from the side: what the adapter then sees is the test.

use std::sync::atomic::{AtomicU32, Ordering};

use virt::connect::Connect;
use virt::domain::Domain;

use crate::model::id::VmId;

/// A VM of its own in `test:///default`, which all tests of this process share.
pub(super) struct FakeVm {
    _conn: Connect,
    pub(super) domain: Domain,
    pub(super) id: VmId,
}

impl FakeVm {
    /// Defines it, with a name no other test uses.
    pub(super) fn define(name: &str) -> Self {
        let conn = Connect::open(Some("test:///default")).unwrap();
        let xml = xml(name);
        let domain = conn.define_domain_xml(&xml).unwrap();
        let id = VmId(domain.uuid().unwrap());
        Self { _conn: conn, domain, id }
    }

    /// Removes it.
    pub(super) fn remove(self) {
        if self.domain.is_active().unwrap() {
            self.domain.destroy().unwrap();
        }
        if self.domain.is_persistent().unwrap_or(false) {
            self.domain.undefine().unwrap();
        }
    }
}

/// A domain's XML for the test driver; the name is escaped.
fn xml(name: &str) -> String {
    static NICS: AtomicU32 = AtomicU32::new(1);
    let nic = NICS.fetch_add(1, Ordering::Relaxed);
    let name = name.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<domain type='test'><name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
         <os><type arch='i686'>hvm</type></os><devices>
         <disk type='file' device='disk'><source file='/guest/{nic}'/><target dev='vda'/></disk>
         <disk type='file' device='cdrom'><target dev='hdc'/></disk>
         <interface type='network'><source network='default'/><target dev='nc{nic}'/></interface>
         </devices></domain>"
    )
}

//! Changing the hardware of a VM of the check's own.

use novacron::hypervisor::{HvErrorKind, Hypervisor, Purpose, XmlOf};
use novacron::model::hardware::{Boot, Device, Edit, Plug};
use novacron::model::id::VmId;
use novacron::xml::{domain::parse, edit};

use super::host::{Host, NOBODY, fails, name, until};

const MAC: &str = "52:54:00:de:00:01";

fn nic() -> Edit {
    let to = Plug::Bridge("virbr0".into());
    Edit::Add { xml: edit::write::nic(&to, "virtio", MAC, true) }
}

fn defined(hv: &dyn Hypervisor, id: VmId) -> String {
    hv.xml_of(id, XmlOf::Defined).unwrap()
}

pub(super) fn what_is_defined_changes(host: &Host<'_>) {
    let Some(trouble) = host.trouble else { return host.skip("no VM can be defined") };
    let hv = host.connector.connect(Purpose::Operate).unwrap();
    let id = trouble.define(&name("hardware"));
    let secret = |hv: &dyn Hypervisor| hv.xml_of(id, XmlOf::DefinedWithSecrets).unwrap().contains("secret");
    let kept = secret(&*hv);
    let before = parse(&defined(&*hv, id)).unwrap();
    let boot = Boot { classes: Vec::new(), devices: vec![Device::Nic(MAC.into())] };
    let edits = [
        Edit::Vcpus { count: 2, max: 3, sockets: None },
        Edit::Memory { current: 16 << 20, max: 32 << 20 },
        nic(),
        Edit::Link { mac: MAC.into(), up: false },
        Edit::Boot(boot),
    ];
    hv.edit_definition(id, &edits).unwrap();
    let xml = defined(&*hv, id);
    let now = parse(&xml).unwrap();
    assert_eq!((now.vcpus, now.vcpus_max, now.memory, now.memory_max), (2, 3, 16 << 20, 32 << 20));
    assert!(now.nics.iter().any(|n| n.mac == MAC && !n.link_up), "{xml}");
    // However the hypervisor writes it, it is found done; and it is done once.
    for one in &edits {
        assert!(edit::is_so(&xml, std::slice::from_ref(one)).unwrap(), "{one:?} in {xml}");
    }
    hv.edit_definition(id, &edits).unwrap();
    assert_eq!(defined(&*hv, id), xml);
    assert_eq!(secret(&*hv), kept, "passwords stay");
    let back = [
        Edit::Boot(Boot { classes: before.boot.clone(), devices: Vec::new() }),
        Edit::Remove(Device::Nic(MAC.into())),
        Edit::Vcpus { count: before.vcpus, max: before.vcpus_max, sockets: None },
        Edit::Memory { current: before.memory, max: before.memory_max },
    ];
    hv.edit_definition(id, &back).unwrap();
    let after = parse(&defined(&*hv, id)).unwrap();
    assert_eq!(
        (after.vcpus_max, after.memory_max, after.nics),
        (before.vcpus_max, before.memory_max, before.nics)
    );
    let missing = [Edit::Link { mac: "52:54:00:de:00:99".into(), up: false }];
    hv.edit_definition(id, &missing).unwrap_err();
    trouble.undefine(id);
}

pub(super) fn what_runs_changes(host: &Host<'_>) {
    let Some(trouble) = host.trouble else { return host.skip("no VM can be defined") };
    let hv = host.connector.connect(Purpose::Operate).unwrap();
    let id = trouble.define(&name("plugged"));
    let max = 3;
    hv.edit_definition(id, &[Edit::Vcpus { count: 1, max, sockets: None }]).unwrap();
    trouble.start(id);
    let live = || parse(&hv.xml_of(id, XmlOf::Live).unwrap()).unwrap();
    until("it runs", || hv.vm_state(id).unwrap().is_active());
    hv.edit_live(id, &Edit::Vcpus { count: 2, max, sockets: None }, false).unwrap();
    assert_eq!(live().vcpus, 2);
    assert_eq!(parse(&defined(&*hv, id)).unwrap().vcpus, 1, "only what runs has changed");
    hv.edit_live(id, &Edit::Boot(Boot::default()), false).unwrap_err();
    let too_many = Edit::Vcpus { count: max + 1, max, sockets: None };
    hv.edit_live(id, &too_many, false).unwrap_err();
    trouble.stop(id);
    until("it is off", || !hv.vm_state(id).unwrap().is_active());
    trouble.undefine(id);
    let nobody = VmId(NOBODY);
    fails(hv.edit_live(nobody, &nic(), false), &[HvErrorKind::NotFound]);
    fails(hv.edit_definition(nobody, &[nic()]), &[HvErrorKind::NotFound]);
    fails(hv.disk_capacity(nobody, "vda"), &[HvErrorKind::NotFound]);
    fails(hv.grow_disk(nobody, "vda", 1 << 20), &[HvErrorKind::NotFound]);
    if let Some(connector) = host.read_only {
        let hv = connector.connect(Purpose::Operate).unwrap();
        let refused = [HvErrorKind::ReadOnly];
        fails(hv.edit_live(nobody, &nic(), false), &refused);
        fails(hv.edit_definition(nobody, &[nic()]), &refused);
        fails(hv.grow_disk(nobody, "vda", 1 << 20), &refused);
    }
}

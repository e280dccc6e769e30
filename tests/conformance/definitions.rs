//! Defining, undefining, and what belongs to a definition.

use novacron::hypervisor::{HvErrorKind, Hypervisor, NvramThen, Purpose, StartHow, Undefining, XmlOf};
use novacron::model::held::Document;
use novacron::model::id::VmId;
use novacron::model::vm::VmState;

use super::change::own;
use super::host::{Host, NOBODY, fails, hear, listen, until};

const ALL: Undefining = Undefining { nvram: NvramThen::None, tpm: false, saved: true };

fn shown(hv: &dyn Hypervisor, id: VmId) -> String {
    hv.xml_of(id, XmlOf::DefinedWithSecrets).unwrap()
}

pub(super) fn undefined_and_defined_again(host: &Host<'_>) {
    let Some((_trouble, hv, id)) = own(host, "definition") else { return };
    let before = shown(&*hv, id);
    hv.start(id, StartHow::default()).unwrap();
    until("running", || hv.vm_state(id).unwrap() == VmState::Running);
    hv.force_off(id).unwrap();
    let events = listen(&*hv);
    hv.undefine(id, ALL).unwrap();
    hear(
        &events,
        "it is gone",
        |e| matches!(e, novacron::hypervisor::HvEvent::Vm { id: gone, state: None } if *gone == id),
    );
    fails(hv.vm_state(id), &[HvErrorKind::NotFound]);
    fails(hv.undefine(id, ALL), &[HvErrorKind::NotFound]);
    assert_eq!(hv.define(&before, false).unwrap(), id);
    assert_eq!(shown(&*hv, id), before);
    // The same once more changes nothing.
    assert_eq!(hv.define(&before, true).unwrap(), id);
    assert_eq!(shown(&*hv, id), before);
    assert!(hv.define("<domain><nam", true).is_err() && hv.define("<network/>", false).is_err());
    assert_eq!(shown(&*hv, id), before, "what failed changed nothing");
}

pub(super) fn snapshots_are_put_back(host: &Host<'_>) {
    let Some((_trouble, hv, id)) = own(host, "documents") else { return };
    assert!(hv.snapshot_documents(id).unwrap().is_empty() && hv.checkpoint_documents(id).unwrap().is_empty());
    assert!(!hv.vms_with_snapshots().unwrap().contains(&id));
    let domain = shown(&*hv, id);
    let document = |name: &str, parent: &str, current| Document {
        name: name.into(),
        xml: format!(
            "<domainsnapshot><name>{name}</name><state>shutoff</state><creationTime>1700000000</creationTime>\
             {parent}{domain}</domainsnapshot>"
        ),
        current,
    };
    let two = document("two", "<parent><name>one</name></parent>", true);
    for snapshot in [document("one", "", false), two.clone()] {
        hv.put_back_snapshot(id, &snapshot).unwrap();
    }
    // One that is known already stays one.
    hv.put_back_snapshot(id, &two).unwrap();
    assert!(hv.vms_with_snapshots().unwrap().contains(&id));
    let known = hv.snapshot_documents(id).unwrap();
    let told: Vec<_> = known.iter().map(|d| (d.name.as_str(), d.current)).collect();
    assert_eq!(told, [("one", false), ("two", true)], "parents come first");
    hv.undefine(id, ALL).unwrap();
    hv.define(&domain, false).unwrap();
    assert!(hv.snapshot_documents(id).unwrap().is_empty(), "they went with the definition");
    for snapshot in &known {
        hv.put_back_snapshot(id, snapshot).unwrap();
    }
    assert_eq!(hv.snapshot_documents(id).unwrap(), known);
    hv.undefine(id, ALL).unwrap();
    hv.define(&domain, false).unwrap();
}

pub(super) fn nobody_is_not_undefined(host: &Host<'_>) {
    let hv = host.connector.connect(Purpose::Operate).unwrap();
    let nobody = VmId(NOBODY);
    fails(hv.undefine(nobody, ALL), &[HvErrorKind::NotFound]);
    fails(hv.snapshot_documents(nobody), &[HvErrorKind::NotFound]);
    fails(hv.put_back_checkpoint(nobody, &Document::default()), &[HvErrorKind::NotFound]);
    let Some(connector) = host.read_only else { return host.skip("no read-only connection") };
    let hv = connector.connect(Purpose::Operate).unwrap();
    let refused = [HvErrorKind::ReadOnly];
    let id = hv.vms().unwrap()[0].id;
    fails(hv.define(&hv.vm_xml(id).unwrap(), false), &refused);
    fails(hv.undefine(id, ALL), &refused);
    fails(hv.snapshot_documents(id), &refused);
    fails(hv.checkpoint_documents(id), &refused);
    fails(hv.put_back_snapshot(id, &Document::default()), &refused);
    fails(hv.put_back_checkpoint(id, &Document::default()), &refused);
}

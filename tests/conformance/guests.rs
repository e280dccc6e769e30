//! What guests tell.

use novacron::hypervisor::HvErrorKind;
use novacron::model::vm::{AddressSource, VmState};

use super::host::{Host, definition, fails, running};

pub(super) fn addresses_belong_to_nics(host: &Host<'_>) {
    let hv = host.open();
    for source in [AddressSource::Lease, AddressSource::Arp] {
        for vm in running(&*hv) {
            let definition = definition(&*hv, vm.id);
            let found = match hv.addresses(vm.id, source) {
                Err(e) if matches!(e.kind, HvErrorKind::NotFound | HvErrorKind::InvalidState) => {
                    let still = running(&*hv).iter().any(|v| v.id == vm.id);
                    assert!(!still, "{} runs: {e}", vm.name);
                    continue;
                }
                Err(e) if source == AddressSource::Arp && e.kind == HvErrorKind::Unsupported => {
                    host.skip(&e.message);
                    break;
                }
                found => found.unwrap(),
            };
            for a in found {
                assert_eq!(a.source, source);
                assert!(definition.nics.iter().any(|n| Some(&n.mac) == a.mac.as_ref()), "{}: {a:?}", vm.name);
            }
        }
    }
    if let Some(off) = hv.vms().unwrap().iter().find(|vm| vm.state == VmState::ShutOff) {
        fails(hv.addresses(off.id, AddressSource::Lease), &[HvErrorKind::InvalidState]);
    }
}

pub(super) fn the_agent(host: &Host<'_>) {
    let hv = host.open();
    let running = running(&*hv);
    if hv.capabilities().no_agent.is_some() {
        for vm in running.iter().take(1) {
            let kinds = [HvErrorKind::ReadOnly, HvErrorKind::Unsupported];
            fails(hv.addresses(vm.id, AddressSource::Agent), &kinds);
        }
        return;
    }
    // The test driver makes up an answer for anybody, through libvirt; every other one asks an agent.
    let makes_it_up = hv.node().unwrap().driver == "TEST" && !host.connector.is_demo();
    let (mut with, mut without) = (0, 0);
    for vm in running {
        let definition = definition(&*hv, vm.id);
        match hv.addresses(vm.id, AddressSource::Agent) {
            Ok(found) if definition.has_agent_channel => {
                assert!(found.iter().all(|a| !a.address.is_loopback()), "{found:?}");
                with += 1;
            }
            Ok(_) => assert!(makes_it_up, "{} has no agent, which answers", vm.name),
            Err(e) => {
                let kinds = [HvErrorKind::AgentUnavailable, HvErrorKind::InvalidState, HvErrorKind::NotFound];
                assert!(kinds.contains(&e.kind), "{e} ({:?})", e.kind);
                without += 1;
            }
        }
    }
    println!("{}:   {with} agents answer, {without} do not", host.name);
}

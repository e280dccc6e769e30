//! What there is.

use std::collections::{BTreeMap, BTreeSet};

use novacron::hypervisor::{Groups, HvErrorKind, Purpose, Which};
use novacron::model::id::VmId;
use novacron::model::metric::Group;
use novacron::model::vm::{AddressSource, VmState};

use super::host::{Host, NOBODY, counters, definition, fails, running};

pub(super) fn the_node_tells_what_it_is(host: &Host<'_>) {
    let node = host.open().node().unwrap();
    assert!(!node.hostname.is_empty() && !node.driver.is_empty() && !node.cpu_model.is_empty());
    assert!(node.cpus > 0 && node.sockets > 0 && node.cores > 0 && node.threads > 0);
    assert!(node.memory > 0 && node.libvirt_version >= 9_000_000);
}

pub(super) fn vms_are_listed_once(host: &Host<'_>) {
    let vms = host.open().vms().unwrap();
    assert!(!vms.is_empty(), "a host under test has VMs");
    assert_eq!(vms.iter().map(|vm| vm.id).collect::<BTreeSet<_>>().len(), vms.len());
    assert_eq!(vms.iter().map(|vm| &vm.name).collect::<BTreeSet<_>>().len(), vms.len());
    let numbers: Vec<_> = vms.iter().filter_map(|vm| vm.domain_id).collect();
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
    for vm in &vms {
        assert!(!vm.name.is_empty());
        match vm.state {
            VmState::ShutOff => assert_eq!(vm.domain_id, None, "{vm:?}"),
            state if state.is_active() => assert!(vm.domain_id.is_some(), "{vm:?}"),
            _ => {}
        }
    }
}

/// On a live host a VM may change between two looks: then either is right.
pub(super) fn lists_and_statistics_agree(host: &Host<'_>) {
    let hv = host.open();
    let listed = || -> BTreeMap<_, _> { hv.vms().unwrap().into_iter().map(|vm| (vm.id, vm.state)).collect() };
    let before = listed();
    let state = Groups::of(&[Group::State]);
    let all = hv.vm_counters(state, Which::All).unwrap();
    let active = hv.vm_counters(state, Which::Active).unwrap();
    let after = listed();
    for vm in &all {
        let seen = [before.get(&vm.id).copied(), after.get(&vm.id).copied()];
        assert!(seen.contains(&vm.state), "{vm:?}: listed as {seen:?}");
    }
    let ids: BTreeSet<_> = all.iter().map(|vm| vm.id).collect();
    assert_eq!(ids.len(), all.len());
    for id in before.keys().filter(|id| after.contains_key(id)) {
        assert!(ids.contains(id), "{id} has no statistics");
    }
    let given: BTreeSet<_> = active.iter().map(|vm| vm.id).collect();
    for (id, state) in &before {
        let is_active = state.is_active();
        // Of a crashed VM drivers say either.
        if after.get(id).is_some_and(|s| s.is_active() == is_active) && *state != VmState::Crashed {
            assert_eq!(given.contains(id), is_active, "{id} is {state:?}");
        }
    }
}

pub(super) fn the_list_agrees_with_single_calls(host: &Host<'_>) {
    let hv = host.open();
    for vm in hv.vms().unwrap() {
        let (xml, flags) = match (hv.vm_xml(vm.id), hv.vm_flags(vm.id)) {
            (Ok(xml), Ok(flags)) => (xml, flags),
            (Err(e), _) | (_, Err(e)) => {
                assert_eq!(e.kind, HvErrorKind::NotFound, "{e}");
                assert!(hv.vms().unwrap().iter().all(|v| v.id != vm.id), "{} is listed: {e}", vm.name);
                continue;
            }
        };
        assert!(xml.contains(&vm.id.to_string()), "{}: another VM's XML", vm.name);
        assert!(flags.persistent.is_some(), "{}", vm.name);
        if vm.state == VmState::ShutOff {
            assert_eq!(flags.persistent, Some(true), "{} is off and would not be listed", vm.name);
        }
        let single = hv.vm_counters(Groups::of(&[Group::State]), Which::These(&[vm.id])).unwrap();
        assert_eq!(single.iter().map(|s| s.id).collect::<Vec<_>>(), [vm.id]);
    }
}

pub(super) fn xml_names_what_is_counted(host: &Host<'_>) {
    let hv = host.open();
    let counted: BTreeMap<_, _> = counters(&*hv, Which::All).into_iter().map(|c| (c.id, c)).collect();
    for vm in hv.vms().unwrap() {
        let definition = definition(&*hv, vm.id);
        assert!(!definition.virt_type.is_empty() && definition.vcpus > 0, "{}", vm.name);
        assert!(definition.memory > 0 && definition.memory <= definition.memory_max, "{}", vm.name);
        let Some(c) = counted.get(&vm.id) else { continue };
        if let Some(disks) = &c.disks {
            let targets: Vec<_> = definition.disks.iter().map(|d| d.target.as_str()).collect();
            let active: Vec<_> = disks
                .iter()
                .filter(|d| d.backing_index.unwrap_or(0) == 0)
                .map(|d| d.target.as_str())
                .collect();
            assert_eq!(active, targets, "{}: disks", vm.name);
        }
        if let Some(nics) = &c.nics
            && vm.state == VmState::Running
        {
            let devices: Vec<_> = definition.nics.iter().filter_map(|n| n.device.as_deref()).collect();
            assert_eq!(nics.iter().map(|n| n.device.as_str()).collect::<Vec<_>>(), devices, "{}", vm.name);
        }
        if vm.state == VmState::Running && !c.vcpus.is_empty() {
            assert_eq!(c.vcpus.len(), definition.vcpus as usize, "{}: vCPUs", vm.name);
        }
    }
}

pub(super) fn an_unknown_vm_is_not_found(host: &Host<'_>) {
    let (hv, id) = (host.open(), VmId(NOBODY));
    let gone = [HvErrorKind::NotFound];
    fails(hv.vm_xml(id), &gone);
    fails(hv.vm_flags(id), &gone);
    fails(hv.addresses(id, AddressSource::Lease), &gone);
    if hv.capabilities().no_arming.is_none() {
        fails(hv.arm_memory_stats(id, std::time::Duration::from_secs(5)), &gone);
    }
}

pub(super) fn connections_stand_alone(host: &Host<'_>) {
    let open = |purpose| host.connector.connect(purpose).unwrap();
    let [poll, storage, detail] = [Purpose::Poll, Purpose::Storage, Purpose::Detail].map(open);
    assert!(poll.is_alive() && storage.is_alive() && detail.is_alive());
    let running = running(&*poll);
    drop((poll, storage));
    assert!(detail.is_alive());
    let there: BTreeSet<_> = detail.vms().unwrap().into_iter().map(|vm| vm.id).collect();
    assert!(running.iter().any(|vm| there.contains(&vm.id)), "another host");
}

//! What is counted.

use std::collections::BTreeMap;
use std::time::Duration;

use novacron::hypervisor::{Groups, HvErrorKind, Hypervisor, Which};
use novacron::model::counters::{DiskCounters, NicCounters, VmCounters};
use novacron::model::id::VmId;
use novacron::model::metric::Group;
use novacron::model::vm::VmState;

use super::host::{Host, NOBODY, counters, definition, fails, groups, running, until};

fn has(c: &VmCounters, group: Group) -> bool {
    match group {
        Group::State => c.state.is_some(),
        Group::Cpu => c.cpu.is_some(),
        Group::Vcpu => !c.vcpus.is_empty(),
        Group::Balloon => c.balloon.is_some(),
        Group::Block => c.disks.is_some(),
        Group::Interface => c.nics.is_some(),
        Group::Node | Group::Pool => false,
    }
}

pub(super) fn only_groups_asked_for(host: &Host<'_>) {
    let hv = host.open();
    for group in groups(&*hv) {
        for c in hv.vm_counters(Groups::of(&[group]), Which::All).unwrap() {
            for other in super::host::VM_GROUPS.into_iter().filter(|g| *g != group) {
                assert!(!has(&c, other), "asked for {group:?}, given {other:?}: {c:?}");
            }
        }
    }
    // What comes of asking for nothing is up to the driver, as long as it is nothing.
    for c in hv.vm_counters(Groups::NONE, Which::All).unwrap_or_default() {
        assert_eq!(c, VmCounters::empty(c.id));
    }
}

/// A busy VM may leave out a group, but not all of them.
pub(super) fn groups_are_given(host: &Host<'_>) {
    let hv = host.open();
    let running = running(&*hv);
    assert!(hv.capabilities().groups.has(Group::State));
    for group in groups(&*hv) {
        let answer = hv.vm_counters(Groups::of(&[group]), Which::Active).unwrap();
        let has_it = |id| answer.iter().any(|c| c.id == id && has(c, group));
        assert!(running.is_empty() || running.iter().any(|vm| has_it(vm.id)), "no VM gives {group:?}");
    }
}

pub(super) fn gone_vms_are_left_out(host: &Host<'_>) {
    let hv = host.open();
    let some: Vec<_> = running(&*hv).iter().map(|vm| vm.id).take(2).collect();
    let asked: Vec<_> = std::iter::once(VmId(NOBODY)).chain(some.iter().copied()).collect();
    let mut given: Vec<_> = counters(&*hv, Which::These(&asked)).iter().map(|c| c.id).collect();
    given.sort_unstable();
    let mut wanted = some;
    wanted.sort_unstable();
    assert_eq!(given, wanted);
    assert_eq!(counters(&*hv, Which::These(&[VmId(NOBODY)])), []);
    assert_eq!(counters(&*hv, Which::These(&[])), []);
}

/// Every cumulative number of a VM, by name.
fn cumulative(c: &VmCounters) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    let mut note = |name: String, value: Option<u64>| out.extend(value.map(|v| (name, v)));
    note("cpu".into(), c.cpu.map(|c| c.time_ns));
    note("user".into(), c.cpu.and_then(|c| c.user_ns));
    note("system".into(), c.cpu.and_then(|c| c.system_ns));
    for v in &c.vcpus {
        for (name, value) in [("time", v.time_ns), ("wait", v.wait_ns), ("delay", v.delay_ns)] {
            note(format!("vcpu {} {name}", v.number), value);
        }
    }
    if let Some(b) = c.balloon {
        for (name, value) in [("in", b.swap_in), ("out", b.swap_out), ("faults", b.major_faults)] {
            note(format!("swap {name}"), value);
        }
    }
    for d in c.disks.iter().flatten() {
        disk(d, &mut note);
    }
    for n in c.nics.iter().flatten() {
        nic(n, &mut note);
    }
    out
}

fn disk(d: &DiskCounters, note: &mut impl FnMut(String, Option<u64>)) {
    for (kind, r) in [("read", d.read), ("write", d.write), ("flush", d.flush)] {
        for (name, value) in [("requests", r.requests), ("bytes", r.bytes), ("time", r.time_ns)] {
            note(format!("{} {:?} {kind} {name}", d.target, d.backing_index), value);
        }
    }
}

fn nic(n: &NicCounters, note: &mut impl FnMut(String, Option<u64>)) {
    for (name, value) in [
        ("rx bytes", n.rx_bytes),
        ("rx packets", n.rx_packets),
        ("rx errors", n.rx_errors),
        ("rx drops", n.rx_drops),
        ("tx bytes", n.tx_bytes),
        ("tx packets", n.tx_packets),
        ("tx errors", n.tx_errors),
        ("tx drops", n.tx_drops),
    ] {
        note(format!("{} {name}", n.device), value);
    }
}

/// Looks at the VMs that run until one of them has used CPU time, and compares every number with the last look.
pub(super) fn counters_never_fall(host: &Host<'_>) {
    let hv = host.open();
    let look = || -> BTreeMap<_, _> {
        let numbers =
            hv.vms().unwrap().into_iter().map(|vm| (vm.id, vm.domain_id)).collect::<BTreeMap<_, _>>();
        let all = counters(&*hv, Which::Active);
        // A VM that was restarted between two looks counts from 0, and has another number.
        all.iter().map(|c| ((c.id, numbers.get(&c.id).copied().flatten()), cumulative(c))).collect()
    };
    let first = look();
    let mut last = first.clone();
    let mut compare = || {
        if let Some(pass) = host.pass_time {
            pass();
        }
        let now = look();
        for (vm, numbers) in &now {
            for (name, value) in numbers {
                let before = last.get(vm).and_then(|n| n.get(name)).copied().unwrap_or(0);
                assert!(*value >= before, "{name} of {vm:?} fell from {before} to {value}");
            }
        }
        last = now;
        let cpu =
            |of: &BTreeMap<_, BTreeMap<String, u64>>, vm| of.get(vm).and_then(|n| n.get("cpu").copied());
        first.keys().any(|vm| cpu(&last, vm) > cpu(&first, vm))
    };
    if !groups(&*hv).contains(&Group::Cpu) || running(&*hv).is_empty() {
        compare();
        return host.skip("no CPU time is counted");
    }
    until("a VM uses CPU time", &mut compare);
    let before = hv.node_counters().unwrap();
    if let Some(pass) = host.pass_time {
        pass();
    }
    let after = hv.node_counters().unwrap();
    if let (Some(b), Some(a)) = (before.cpu, after.cpu) {
        assert!(a.user_ns >= b.user_ns && a.system_ns >= b.system_ns && a.idle_ns >= b.idle_ns);
    }
}

pub(super) fn figures_fit_each_other(host: &Host<'_>) {
    let hv = host.open();
    for c in counters(&*hv, Which::Active) {
        let b = c.balloon.unwrap_or_default();
        let at_most = |small: Option<u64>, large: Option<u64>, what: &str| {
            if let (Some(s), Some(l)) = (small, large) {
                assert!(s <= l, "{what}: {s} of {l} of {}", c.id);
            }
        };
        at_most(b.current, b.maximum, "balloon");
        at_most(b.usable, b.available, "usable memory");
        at_most(b.unused, b.available, "unused memory");
        for d in c.disks.iter().flatten() {
            assert!(!d.target.is_empty());
        }
        for n in c.nics.iter().flatten() {
            assert!(!n.device.is_empty());
        }
    }
    let node = hv.node().unwrap();
    if let Some(m) = hv.node_counters().unwrap().memory {
        assert!(m.total > 0 && m.free <= m.total && m.used() <= m.total, "{m:?}");
        // One is the sum of the NUMA cells, the other /proc/meminfo's; where memory is plugged in or a container has
        // its share, they are apart. Of one unit they are everywhere.
        assert!((node.memory / 32..=node.memory * 32).contains(&m.total), "{m:?} of {}", node.memory);
    }
}

/// Arms a VM's memory statistics and puts them back as they were.
pub(super) fn arming(host: &Host<'_>) {
    let hv = host.open();
    let running = running(&*hv);
    let Some(vm) = running.iter().find(|vm| definition(&*hv, vm.id).has_balloon) else {
        return host.skip("no VM with a balloon runs");
    };
    if let Some(why) = &hv.capabilities().no_arming {
        assert!(!why.is_empty());
        let kinds = [HvErrorKind::ReadOnly, HvErrorKind::Unsupported];
        return fails(hv.arm_memory_stats(vm.id, Duration::from_secs(5)), &kinds);
    }
    let before = definition(&*hv, vm.id).balloon_period_s;
    let arm = |hv: &dyn Hypervisor, s: u32| {
        hv.arm_memory_stats(vm.id, Duration::from_secs(s.into())).unwrap();
        assert_eq!(definition(hv, vm.id).balloon_period_s, s, "{}", vm.name);
    };
    arm(&*hv, before + 3);
    arm(&*hv, before);
    if let Some(off) = hv.vms().unwrap().iter().find(|vm| vm.state == VmState::ShutOff) {
        fails(hv.arm_memory_stats(off.id, Duration::from_secs(5)), &[HvErrorKind::InvalidState]);
    }
}

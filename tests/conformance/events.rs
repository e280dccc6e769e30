//! What happens.

use novacron::hypervisor::{HvErrorKind, HvEvent, Which};
use novacron::model::id::VmId;
use novacron::model::vm::{AddressSource, PauseReason, VmState};

use super::host::{Host, counters, fails, hear, listen, name, until};

pub(super) fn state_is(id: VmId, state: VmState) -> impl Fn(&HvEvent) -> bool {
    move |e| *e == HvEvent::Vm { id, state: Some(state) }
}

pub(super) fn from_birth_to_death(host: &Host<'_>) {
    let Some(trouble) = host.trouble else { return host.skip("nothing can change its VMs") };
    let hv = host.open();
    let state = |id| hv.vms().unwrap().into_iter().find(|vm| vm.id == id).map(|vm| vm.state);
    if let Some(why) = &hv.capabilities().no_events {
        return host.skip(why);
    }
    let events = listen(&*hv);
    let id = trouble.define(&name("life"));
    hear(&events, "defined", |e| *e == HvEvent::Defined(id));
    assert_eq!(state(id), Some(VmState::ShutOff));
    let paused = VmState::Paused(PauseReason::User);
    let steps: [(&dyn Fn(), VmState); 4] = [
        (&|| trouble.start(id), VmState::Running),
        (&|| trouble.pause(id), paused),
        (&|| trouble.resume(id), VmState::Running),
        (&|| trouble.stop(id), VmState::ShutOff),
    ];
    for (step, to) in steps {
        step();
        hear(&events, to.phrase(), state_is(id, to));
        // The event may come before the driver's own books are in order.
        until(to.phrase(), || {
            state(id).is_some_and(|now| now == to || (to == paused && matches!(now, VmState::Paused(_))))
        });
    }
    trouble.undefine(id);
    hear(&events, "gone", |e| *e == HvEvent::Vm { id, state: None });
    assert_eq!(state(id), None);
}

pub(super) fn every_subscriber_hears(host: &Host<'_>) {
    let Some(trouble) = host.trouble else { return host.skip("nothing can change its VMs") };
    let hv = host.open();
    if let Some(why) = &hv.capabilities().no_events {
        return host.skip(why);
    }
    let (first, second) = (listen(&*hv), listen(&*hv));
    let id = trouble.define(&name("heard"));
    for events in [&first, &second] {
        hear(events, "defined", |e| *e == HvEvent::Defined(id));
    }
    drop(hv);
    trouble.undefine(id);
    // The connection is gone, and its sinks with it.
    until("the sinks are let go", || {
        matches!(first.try_recv(), Err(std::sync::mpsc::TryRecvError::Disconnected))
    });
}

pub(super) fn a_vm_vanishes(host: &Host<'_>) {
    let Some(trouble) = host.trouble else { return host.skip("nothing can change its VMs") };
    let hv = host.open();
    let id = trouble.define(&name("vanish"));
    trouble.start(id);
    assert!(hv.vms().unwrap().iter().any(|vm| vm.id == id));
    assert_eq!(counters(&*hv, Which::These(&[id])).len(), 1);
    assert!(hv.vm_xml(id).is_ok());
    trouble.stop(id);
    trouble.undefine(id);
    assert_eq!(counters(&*hv, Which::These(&[id])), []);
    fails(hv.vm_xml(id), &[HvErrorKind::NotFound]);
    fails(hv.vm_flags(id), &[HvErrorKind::NotFound]);
    fails(hv.addresses(id, AddressSource::Lease), &[HvErrorKind::NotFound]);
    assert!(hv.vms().unwrap().iter().all(|vm| vm.id != id));
    assert!(counters(&*hv, Which::All).iter().all(|c| c.id != id));
}

/// Where connections can be cut. A real daemon is not: others use it.
pub(super) fn a_lost_connection(host: &Host<'_>) {
    let hv = host.open();
    let events = listen(&*hv);
    assert!(hv.is_alive());
    if !host.trouble.is_some_and(super::trouble::Trouble::cut) {
        return host.skip("its connections cannot be cut");
    }
    hear(&events, "closed", |e| matches!(e, HvEvent::Closed { .. }));
    assert!(!hv.is_alive());
    fails(hv.vms(), &[HvErrorKind::ConnectionLost]);
    fails(hv.pool_names(), &[HvErrorKind::ConnectionLost]);
    let refused = host.connector.connect(novacron::hypervisor::Purpose::Poll);
    assert!(refused.is_err_and(|e| e.is_fatal()));
    if let Some(trouble) = host.trouble {
        trouble.mend();
    }
    assert!(host.open().vms().is_ok() && !hv.is_alive());
}

//! A host under test: how to reach it, and what the test can do to it besides.

use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use novacron::hypervisor::{Connector, Groups, HvErrorKind, HvEvent, HvResult, Hypervisor, Purpose, Which};
use novacron::model::counters::VmCounters;
use novacron::model::id::VmId;
use novacron::model::metric::Group;
use novacron::model::vm::{AddressSource, VmDefinition, VmRecord, VmState};
use novacron::xml;
use uuid::Uuid;

use super::trouble::Trouble;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a VM's statistics come in.
pub(super) const VM_GROUPS: [Group; 6] =
    [Group::State, Group::Cpu, Group::Vcpu, Group::Balloon, Group::Block, Group::Interface];

/// A host under test.
pub(super) struct Host<'a> {
    pub(super) name: String,
    pub(super) connector: &'a dyn Connector,
    /// The same host, or one like it, read-only.
    pub(super) read_only: Option<&'a dyn Connector>,
    /// What changes its VMs.
    pub(super) trouble: Option<&'a dyn Trouble>,
    /// What makes time pass there; elsewhere it passes by itself.
    pub(super) pass_time: Option<&'a dyn Fn()>,
}

impl<'a> Host<'a> {
    pub(super) fn new(name: &str, connector: &'a dyn Connector) -> Self {
        Self { name: name.to_owned(), connector, read_only: None, trouble: None, pass_time: None }
    }

    pub(super) fn open(&self) -> Box<dyn Hypervisor> {
        self.connector.connect(Purpose::Poll).unwrap()
    }

    /// Tells that a check does not apply here.
    pub(super) fn skip(&self, why: &str) {
        println!("{}:   not here: {why}", self.name);
    }
}

/// VMs that are running before and after something was asked: others may have changed meanwhile.
pub(super) fn running(hv: &dyn Hypervisor) -> Vec<VmRecord> {
    hv.vms().unwrap().into_iter().filter(|vm| vm.state == VmState::Running).collect()
}

/// The groups of VMs that the connection says it has.
pub(super) fn groups(hv: &dyn Hypervisor) -> Vec<Group> {
    VM_GROUPS.into_iter().filter(|g| hv.capabilities().groups.has(*g)).collect()
}

/// All that the connection counts, of these VMs.
pub(super) fn counters(hv: &dyn Hypervisor, which: Which<'_>) -> Vec<VmCounters> {
    hv.vm_counters(Groups::of(&groups(hv)), which).unwrap()
}

pub(super) fn definition(hv: &dyn Hypervisor, id: VmId) -> VmDefinition {
    xml::domain::parse(&hv.vm_xml(id).unwrap()).unwrap()
}

/// An identity that nothing has.
pub(super) const NOBODY: Uuid = Uuid::from_u128(0xdead_beef_dead_4eef_8ead_beef_dead_beef);

/// Fails unless the call failed in one of these ways.
#[track_caller]
pub(super) fn fails<T: std::fmt::Debug>(answer: HvResult<T>, kinds: &[HvErrorKind]) {
    let error = answer.unwrap_err();
    assert!(kinds.contains(&error.kind), "{error} ({:?}, wanted {kinds:?})", error.kind);
    assert!(!error.message.is_empty() && !error.message.contains('\n'), "{error}");
}

/// Waits until something is so.
#[track_caller]
pub(super) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    let (_never, pace) = mpsc::channel::<()>();
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        // Nothing is ever sent: this only keeps the daemon from being asked without pause.
        let _ = pace.recv_timeout(Duration::from_millis(20));
    }
}

/// A name for the VM of a check, which no other run uses.
pub(super) fn name(check: &str) -> String {
    format!("conformance-{check}-{}", std::process::id())
}

/// Events of a connection.
pub(super) fn listen(hv: &dyn Hypervisor) -> Receiver<HvEvent> {
    let (tx, rx) = mpsc::channel();
    hv.subscribe(std::sync::Arc::new(move |event| drop(tx.send(event)))).unwrap();
    rx
}

/// Waits for an event, passing over others.
#[track_caller]
pub(super) fn hear(events: &Receiver<HvEvent>, what: &str, mut is_it: impl FnMut(&HvEvent) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(event) = events.recv_timeout(left) else { panic!("no event: {what}") };
        if is_it(&event) {
            return;
        }
    }
}

pub(super) fn read_only(host: &Host<'_>) {
    let Some(connector) = host.read_only else { return host.skip("no read-only connection") };
    let hv = connector.connect(Purpose::Detail).unwrap();
    let can = hv.capabilities();
    assert!(can.read_only && !host.open().capabilities().read_only);
    assert!(can.no_arming.is_some() && can.no_agent.is_some() && can.no_refresh.is_some());
    let refused = [HvErrorKind::ReadOnly];
    if let Some(vm) = running(&*hv).first() {
        fails(hv.arm_memory_stats(vm.id, Duration::from_secs(5)), &refused);
        // The test driver answers anybody, and asks no agent.
        if hv.node().unwrap().driver != "TEST" {
            fails(hv.addresses(vm.id, AddressSource::Agent), &refused);
        }
        definition(&*hv, vm.id);
    }
    for (id, _) in hv.pool_names().unwrap() {
        fails(hv.refresh_pool(id), &refused);
    }
    counters(&*hv, Which::All);
}

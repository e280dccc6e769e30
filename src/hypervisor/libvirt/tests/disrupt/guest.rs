//! What is told of a running guest: its agent, its jobs, its disks and devices.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use super::super::{open, the_vm};
use super::{DEADLINE, ScratchHost, wait_for};
use crate::hypervisor::{HvEvent, Hypervisor};
use crate::model::id::VmId;
use crate::model::vm::{VmDefinition, VmState};
use crate::xml;

/// Has an agent, two disks, and writes all the time.
const NAME: &str = "db01";

struct Guest {
    host: ScratchHost,
    hv: Box<dyn Hypervisor>,
    events: Receiver<HvEvent>,
    id: VmId,
}

impl Guest {
    fn up(name: &str) -> Option<Self> {
        let host = ScratchHost::up(name, 2)?;
        let hv = open(&host.uri);
        let (tx, events) = channel();
        hv.subscribe(Arc::new(move |e| drop(tx.send(e)))).unwrap();
        let id = the_vm(&*hv, NAME);
        Some(Self { host, hv, events, id })
    }

    /// `virsh` with the guest's name in second place; what was told before does not count.
    fn virsh(&self, command: &str, args: &[&str]) {
        self.events.try_iter().for_each(drop);
        self.host.virsh(&[&[command, NAME], args].concat());
    }

    fn hear(&self, wanted: &HvEvent) {
        wait_for(&self.events, wanted);
    }

    /// Does something to its devices. Who reads its XML at the moment the change is told must find it there.
    fn change(&self, command: &str, args: &[&str], is_so: impl Fn(&VmDefinition) -> bool) {
        std::thread::scope(|scope| {
            self.events.try_iter().for_each(drop);
            let host = &self.host;
            scope.spawn(move || host.virsh(&[&[command, NAME], args].concat()));
            self.hear(&HvEvent::Changed(self.id));
            let definition = xml::domain::parse(&self.hv.vm_xml(self.id).unwrap()).unwrap();
            assert!(is_so(&definition), "{command}: {definition:?}");
        });
    }

    fn agent(&self, program: &str, word: &str) {
        let json =
            format!(r#"{{"execute":"guest-exec","arguments":{{"path":"{program}","arg":["{word}"]}}}}"#);
        self.virsh("qemu-agent-command", &[&json]);
    }
}

fn has_nic(vm: &VmDefinition, mac: &str) -> bool {
    vm.nics.iter().any(|nic| nic.mac == mac)
}

fn has_disk(vm: &VmDefinition, target: &str) -> bool {
    vm.disks.iter().any(|disk| disk.target == target)
}

/// One guest for all, since it takes its time to start.
#[test]
fn its_agent_jobs_disks_and_devices_are_told() {
    let Some(guest) = Guest::up("guest") else { return };
    devices_come_and_go(&guest);
    a_threshold_is_crossed(&guest);
    the_agent_goes_and_comes(&guest);
    jobs_end(&guest);
}

fn devices_come_and_go(guest: &Guest) {
    let mac = "52:54:00:00:07:07";
    let nic = ["network", "isolated", "--model", "virtio", "--mac", mac, "--live"];
    guest.change("attach-interface", &nic, |vm| has_nic(vm, mac) && vm.nics.len() == 2);

    guest.host.virsh(&["vol-create-as", "default", "more.qcow2", "8M", "--format", "qcow2"]);
    let image = format!("{}/images/more.qcow2", guest.host.folder);
    guest.change("attach-disk", &[&image, "vdc", "--subdriver", "qcow2", "--live"], |vm| has_disk(vm, "vdc"));
    guest.change("detach-disk", &["vdc", "--live"], |vm| !has_disk(vm, "vdc") && has_disk(vm, "vdb"));
    guest.change("detach-interface", &["network", "--mac", mac, "--live"], |vm| !has_nic(vm, mac));
}

fn a_threshold_is_crossed(guest: &Guest) {
    guest.virsh("domblkthreshold", &["vda", "1"]);
    let begun = Instant::now();
    loop {
        let left = DEADLINE.saturating_sub(begun.elapsed());
        if let HvEvent::BlockThreshold { id, target, excess } = guest.events.recv_timeout(left).unwrap() {
            assert!(id == guest.id && target.starts_with("vda") && excess > 0, "{target} {excess}");
            return;
        }
    }
}

fn the_agent_goes_and_comes(guest: &Guest) {
    let agent = |connected| HvEvent::Agent { id: guest.id, connected };
    // The guest's init starts it anew.
    guest.agent("/bin/killall", "qemu-ga");
    guest.hear(&agent(false));
    guest.hear(&agent(true));
}

fn jobs_end(guest: &Guest) {
    let (id, path) = (guest.id, format!("{}/images/core", guest.host.folder));
    let ended = |what: &str| HvEvent::Job { id, what: what.to_owned(), ended: true };
    let state = |state| HvEvent::Vm { id, state: Some(state) };
    guest.virsh("dump", &[&path, "--live"]);
    guest.hear(&ended("dump"));
    guest.hear(&state(VmState::Running));
    guest.virsh("managedsave", &[]);
    guest.hear(&ended("save"));
    guest.hear(&state(VmState::ShutOff));
    guest.virsh("start", &[]);
    guest.hear(&state(VmState::Running));
    guest.hear(&HvEvent::Agent { id, connected: true });
    guest.virsh("blockpull", &["vdb"]);
    guest.hear(&ended("block pull"));
}

//! Ordered autostart on a real host.

use std::time::Duration;

use novacron::engine::jobs::{Desk, DeskConfig, actor_of_process};
use novacron::engine::startup::{Boot, Startup};
use novacron::engine::{Engine, EngineConfig};
use novacron::host::LocalMachine;
use novacron::hypervisor::libvirt::{ConnectOptions, LibvirtConnector};
use novacron::model::job::Via;

use super::Bed;

/// A start of VMs as a collector does it, on a host that started so long ago.
fn collector(bed: &Bed, boot: &str, uptime_s: f64) {
    let options = ConnectOptions { uri: Some(bed.host.uri.clone()), read_only: false };
    let connector = std::sync::Arc::new(LibvirtConnector::new(options).unwrap());
    let folder = bed.folder();
    let actor = actor_of_process(Via::Collector);
    let desk = Desk::start(DeskConfig::new(connector.clone(), folder.clone(), actor)).unwrap();
    let machine = Some(Box::new(LocalMachine::new()) as _);
    let engine = Engine::start(EngineConfig { machine, ..EngineConfig::new(connector) }).unwrap();
    let boot = Boot { id: boot.into(), uptime_s };
    let startup = Startup { folder, engine: engine.handle(), desk: desk.handle(), boot };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let over = async { tokio::time::timeout(Duration::from_secs(60), startup.run()).await };
    runtime.block_on(over).unwrap().unwrap();
    desk.stop(Duration::from_secs(5));
    engine.stop(Duration::from_secs(5));
}

#[test]
fn vms_are_started_in_their_order_once_for_each_start_of_the_host() {
    let Some(bed) = Bed::up("order") else { return };
    for name in ["c", "a", "b", "off"] {
        bed.define(name);
    }
    bed.done(&["start-order", "a", "10", "--delay", "1"]);
    bed.done(&["start-order", "b", "20"]);
    bed.done(&["start-order", "c", "20"]);
    let settings = bed.audit().len();
    collector(&bed, "boot-1", 60.0);
    let states = || ["a", "b", "c", "off"].map(|name| bed.state(name));
    assert_eq!(states(), ["running", "running", "running", "off"]);
    let started: Vec<_> = bed.audit().into_iter().rev().skip(settings).collect();
    assert_eq!(started.len(), 3);
    assert_eq!(started[0]["target"], "a", "before the others: {started:?}");
    assert!(started.iter().all(|r| r["via"] == "collector" && r["operation"] == "vm.start"), "{started:?}");

    bed.done(&["force-off", "b"]);
    collector(&bed, "boot-1", 70.0);
    assert_eq!(bed.state("b"), "off", "what somebody shut down since stays off");
    collector(&bed, "boot-2", 3.0 * 86_400.0);
    assert_eq!(bed.state("b"), "off", "a collector that comes late starts nothing");
    collector(&bed, "boot-3", 60.0);
    assert_eq!(states(), ["running", "running", "running", "off"]);
    bed.sound();
}

//! What a collector keeps of definitions that somebody else changes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use novacron::engine::jobs::{Desk, DeskConfig, Shelf, actor_of_process};
use novacron::engine::upkeep::Upkeep;
use novacron::engine::{Engine, EngineConfig};
use novacron::hypervisor::Connector;
use novacron::hypervisor::libvirt::{ConnectOptions, LibvirtConnector};
use novacron::model::job::Via;
use novacron::model::time::Timestamp;

use super::Bed;

#[test]
fn a_change_by_another_tool_becomes_a_revision() {
    let Some(bed) = Bed::up("upkeep") else { return };
    bed.define("a");
    bed.done(&["tag", "a", "add", "first"]);
    let options = ConnectOptions { uri: Some(bed.host.uri.clone()), read_only: false };
    let connector = Arc::new(LibvirtConnector::new(options).unwrap());
    let (folder, actor) = (bed.folder(), actor_of_process(Via::Collector));
    let vm = connector.connect(novacron::hypervisor::Purpose::Detail).unwrap().vms().unwrap()[0].id;
    let desk = Desk::start(DeskConfig::new(connector.clone(), folder.clone(), actor.clone())).unwrap();
    let engine = Engine::start(EngineConfig::new(connector.clone())).unwrap();
    let upkeep =
        Upkeep { folder: folder.clone(), engine: engine.handle(), desk: desk.handle(), actor, forgets: true };
    let newest = || {
        let shelf = Shelf::open(&folder, connector.uri(), Timestamp(0)).unwrap();
        shelf.revisions(vm).unwrap().into_iter().map(|r| r.xml).collect::<Vec<_>>()
    };
    let kept = async |text: &str| {
        let until = Instant::now() + Duration::from_secs(60);
        while !newest().iter().any(|xml| xml.contains(text)) {
            assert!(Instant::now() < until, "{text} is not kept: {:?}", newest());
            tokio::task::yield_now().await;
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let changes = async {
            kept("first").await;
            for text in ["written by another", "and again"] {
                bed.virsh(&["desc", "a", "--config", text]);
                kept(text).await;
            }
        };
        tokio::select! {
            () = upkeep.run() => panic!("the engine ended"),
            () = changes => {}
        }
    });
    desk.stop(Duration::from_secs(5));
    engine.stop(Duration::from_secs(5));
}

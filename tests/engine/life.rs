//! From the first connection to the end.

use std::time::{Duration, Instant};

use novacron::hypervisor::sim::SimConfig;
use novacron::model::metric::MetricId;
use novacron::model::snapshot::Link;

use super::bench::Bench;

#[test]
fn everything_of_a_host_becomes_known() {
    let bench = Bench::new(SimConfig::manual(30, 10));
    bench.ready();
    let s = bench.pass(3, bench.running());
    assert!(matches!(s.link, Link::Up { .. }));
    assert_eq!((s.vms.len(), s.counts().running), (30, 10));
    assert!(s.vms.is_sorted_by(|a, b| a.name <= b.name));
    for vm in s.vms.iter().filter(|v| v.state.is_active()) {
        assert!(vm.now.get(MetricId::VmCpu).is_some(), "{}", vm.name);
        assert!(vm.now.get(MetricId::VmNet).is_some(), "{}", vm.name);
    }
    assert!(s.vms.iter().filter(|v| !v.state.is_active()).all(|v| v.tracks.is_none()));
    assert!(s.pools.as_ref().is_some_and(|p| !p.is_empty()));
}

#[test]
fn it_stops_at_once_when_nothing_hangs() {
    let mut bench = Bench::new(SimConfig::manual(5, 2));
    bench.until("the list", |s| s.listed);
    let begun = Instant::now();
    assert_eq!(bench.engine.take().map(|e| e.stop(Duration::from_secs(5))), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(2));
}

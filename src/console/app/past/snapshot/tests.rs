use super::*;
use crate::console::screens::testing::{NOW, host, past};

fn named<'s>(s: &'s Snapshot, name: &str) -> Option<&'s Arc<Vm>> {
    s.vms.iter().find(|v| v.name == name)
}

#[test]
fn values_and_sparklines_are_those_of_the_moment() {
    let history = past(NOW.0 - 600_000);
    let then = at_moment(&host(), &history);
    assert_eq!(then.at, history.at);
    let web = named(&then, "web01").unwrap();
    assert_eq!(web.state, VmState::Running);
    assert_eq!(web.now.get(M::VmCpu), Some(12.0));
    let spark = web.tracks.as_ref().unwrap().cpu.recent(M::VmCpu, 3);
    assert_eq!(spark, [Some(10.0), None, Some(12.0)]);
    assert_eq!(then.host.now.get(M::HostCpu), Some(55.0));
    let available = web.now.get(M::VmMemoryAvailable).unwrap();
    assert!((available - 2.0 * f64::from(1 << 30)).abs() < 1.0, "half of it is used: {available}");
}

#[test]
fn what_was_not_recorded_is_unknown_and_never_zero() {
    let then = at_moment(&host(), &past(NOW.0 - 600_000));
    let web = named(&then, "web01").unwrap();
    assert_eq!(web.now.get(M::VmNet), None);
    assert!(web.addresses.is_empty() && web.definition.is_some());
    assert_eq!(then.host.load, None);
    assert_eq!(then.host.now.get(M::HostMemory), None);
    let pools = then.pools.unwrap();
    assert_eq!(pools.iter().map(|p| p.record.name.as_str()).collect::<Vec<_>>(), ["default"]);
    assert!(pools[0].volumes.is_none());
}

#[test]
fn vms_that_were_not_there_are_absent_and_those_that_are_gone_are_back() {
    let then = at_moment(&host(), &past(NOW.0 - 600_000));
    assert_eq!(named(&then, "db01").map(|v| v.state), Some(VmState::ShutOff));
    assert!(named(&then, "mail").is_none(), "defined later");
    assert_eq!(named(&then, "old07").map(|v| v.state), Some(VmState::Running));
    let test_old = named(&then, "test-old").unwrap();
    assert!(test_old.state == VmState::ShutOff && test_old.tracks.is_none());
}

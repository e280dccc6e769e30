//! Virtual networks through a desk, on libvirt's test driver.

use super::*;
use crate::hypervisor::NetworkRecord;
use crate::model::operation::{NetworkOperation as Op, NewNetwork, Subnet};

fn planned(desk: &DeskHandle, act: Op) -> Planned {
    desk.plan(vec![Operation::network("lab", act)]).blocking_recv().unwrap().unwrap().remove(0)
}

#[expect(clippy::needless_pass_by_value, reason = "a test reads better without references")]
fn done(desk: &DeskHandle, act: Op) -> Job {
    let Planned::Plan(plan) = planned(desk, act.clone()) else { panic!("{act:?} is refused") };
    let ids = desk.submit(vec![*plan], Consent::Standing).blocking_recv().unwrap().unwrap();
    let job = over(desk, ids[0]);
    assert_eq!(job.state, JobState::Done, "{}: {}", job.title, job.outcome);
    job
}

fn taken_back(desk: &DeskHandle, job: &Job) -> Job {
    let Some(Operation::Network { act, .. }) = &job.undo else { panic!("{:?}", job.undo) };
    done(desk, act.clone())
}

fn lab() -> Op {
    let subnet = Subnet::Given("10.77.1.0/24".into());
    Op::Define(NewNetwork { subnet, start: true, autostart: true, ..NewNetwork::default() })
}

fn seen(bed: &Bed) -> Option<NetworkRecord> {
    bed.hv.networks().unwrap().into_iter().find(|n| n.name == "lab")
}

fn fixed(bed: &Bed) -> Vec<String> {
    let seen = on_network(&*bed.hv, "lab").unwrap().unwrap();
    seen.reservations.into_iter().map(|r| format!("{} {}", r.mac.unwrap(), r.address.unwrap())).collect()
}

#[test]
fn a_network_is_made_used_and_taken_away() {
    let bed = Bed::new();
    let desk = bed.desk();
    let desk = desk.handle();
    let defined = done(&desk, lab());
    let now = seen(&bed).unwrap();
    assert!(now.active && now.autostart == Some(true) && now.definition.addresses == ["10.77.1.1/24"]);
    assert!(matches!(planned(&desk, lab()), Planned::Refused(no) if no.kind == RefusalKind::Taken));
    let reserve = |last: u8| Op::Reserve {
        who: "52:54:00:00:00:01".into(),
        address: Some(format!("10.77.1.{last}")),
        hostname: None,
    };
    done(&desk, reserve(9));
    let moved = done(&desk, reserve(10));
    assert_eq!(fixed(&bed), ["52:54:00:00:00:01 10.77.1.10"]);
    taken_back(&desk, &moved);
    assert_eq!(fixed(&bed), ["52:54:00:00:00:01 10.77.1.9"]);
    done(&desk, Op::Release { who: "52:54:00:00:00:01".into() });
    assert!(fixed(&bed).is_empty());
    let stopped = done(&desk, Op::Stop);
    assert!(!seen(&bed).unwrap().active);
    taken_back(&desk, &stopped);
    assert!(seen(&bed).unwrap().active);
    let forgotten = taken_back(&desk, &defined);
    assert!(seen(&bed).is_none());
    taken_back(&desk, &forgotten);
    let again = seen(&bed).unwrap();
    assert!(again.active && again.autostart == Some(true) && again.id == now.id);
    let audit = bed.audit();
    assert!(audit.iter().all(|r| r.record.result == JobState::Done));
    let first = audit.iter().find(|r| r.record.operation.word() == "network.define").unwrap();
    assert!(first.record.xml_before.is_empty() && first.record.xml_after.contains("10.77.1.1"));
}

#[test]
fn a_definition_is_changed_and_taken_back() {
    let bed = Bed::new();
    let desk = bed.desk();
    let desk = desk.handle();
    done(&desk, lab());
    // While it runs, this driver tells nothing of another definition.
    done(&desk, Op::Stop);
    let xml = |bed: &Bed| bed.hv.network_xml("lab", crate::hypervisor::NetworkXml::Defined).unwrap();
    let before = xml(&bed);
    let edited = done(&desk, Op::Edit { xml: before.replace("10.77.1.254", "10.77.1.99") });
    assert!(xml(&bed).contains("10.77.1.99"));
    taken_back(&desk, &edited);
    assert_eq!(xml(&bed), before);
}

/// What was seen is no longer so: nothing is done.
#[test]
fn a_plan_that_is_stale_is_not_carried_out() {
    let bed = Bed::new();
    let desk = bed.desk();
    let desk = desk.handle();
    done(&desk, lab());
    let Planned::Plan(plan) = planned(&desk, Op::Undefine) else { panic!("it can be undefined") };
    bed.hv.stop_network("lab").unwrap();
    let ids = desk.submit(vec![*plan], Consent::Standing).blocking_recv().unwrap().unwrap();
    assert_eq!(over(&desk, ids[0]).state, JobState::Stale);
    assert!(seen(&bed).is_some());
}

//! NovaCron killed with −9 at every place that is written down.

use novacron::hypervisor::NetworkXml;
use novacron::model::job::JobState;
use novacron::model::operation::{NetworkOperation as Op, Operation};

use super::bed::Bed;
use crate::desk::done;
use crate::desk::killed::killed;

#[test]
fn killed_at_every_place_of_a_new_network() {
    let Some(bed) = Bed::new() else { return };
    for place in ["begun", "acted 0", "begun 1", "acted 1", "begun 2"] {
        let job = killed(&bed, &bed.define(), place);
        assert_eq!(job.state, JobState::Failed, "{place}: {}", job.outcome);
        assert!(bed.seen().is_none(), "{place}: the network stayed: {}", job.outcome);
    }
    let job = killed(&bed, &bed.define(), "acted 2");
    assert_eq!(job.state, JobState::Done, "{}", job.outcome);
    assert!(bed.seen().is_some_and(|n| n.active && n.autostart == Some(true)));
}

#[test]
fn killed_at_every_place_of_what_changes_a_network() {
    let Some(bed) = Bed::new() else { return };
    done(&bed.desk().handle(), bed.define());
    let xml = || bed.hv.network_xml(&bed.network, NetworkXml::Defined).unwrap();
    let active = || bed.seen().is_some_and(|n| n.active);
    let (good, failed) = (JobState::Done, JobState::Failed);
    let mac = "52:54:00:fe:00:02";
    let reserve = bed.act(Op::Reserve { who: mac.into(), address: None, hostname: None });
    let edit = bed.act(Op::Edit { xml: xml().replace(".254'", ".99'") });
    let cases: Vec<(&Operation, &str, JobState, bool)> =
        vec![(&reserve, "begun", failed, false), (&reserve, "acted 0", good, true)];
    for (operation, place, state, there) in cases {
        let job = killed(&bed, operation, place);
        assert_eq!(job.state, state, "{} at {place}: {}", job.title, job.outcome);
        assert_eq!(xml().contains(mac), there, "{} at {place}", job.title);
    }
    done(&bed.desk().handle(), bed.act(Op::Release { who: mac.into() }));
    for (place, state, there) in [("begun", failed, false), ("acted 0", good, true)] {
        assert_eq!(killed(&bed, &edit, place).state, state, "{place}");
        assert_eq!(xml().contains(".99'"), there, "{place}");
    }
    for (act, place, state, runs) in [
        (Op::Stop, "begun", failed, true),
        (Op::Stop, "acted 0", good, false),
        (Op::Start, "begun", failed, false),
        (Op::Start, "acted 0", good, true),
        (Op::Undefine, "begun", failed, true),
        (Op::Undefine, "acted 0", failed, true),
        (Op::Undefine, "begun 1", failed, true),
    ] {
        let job = killed(&bed, &bed.act(act), place);
        assert_eq!((job.state, active()), (state, runs), "{} at {place}: {}", job.title, job.outcome);
    }
    let job = killed(&bed, &bed.act(Op::Undefine), "acted 1");
    assert_eq!(job.state, good, "{}", job.outcome);
    assert!(bed.seen().is_none());
}

//! NovaCron killed with −9 at every place that is written down: this test binary again.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use novacron::engine::jobs::{Desk, DeskConfig, DeskHandle};
use novacron::hypervisor::NetworkXml;
use novacron::model::job::{Job, JobId, JobState};
use novacron::model::operation::{NetworkOperation as Op, Operation};

use super::bed::{Bed, actor, begin, connector, over, plan};

const WAIT: Duration = Duration::from_secs(60);
const OPERATION: &str = "NOVACRON_TEST_NET_OPERATION";
const FOLDER: &str = "NOVACRON_TEST_NET_FOLDER";
const PLACE: &str = "NOVACRON_TEST_NET_PLACE";

/// Begins one operation, and is killed at a place.
#[test]
#[ignore = "run by another test, in a process of its own"]
fn victim() {
    let (Ok(operation), Ok(folder)) = (std::env::var(OPERATION), std::env::var(FOLDER)) else { return };
    let at = std::env::var(PLACE).unwrap();
    let kill = Arc::new(move |place: &str| {
        if place == at {
            let myself = rustix::process::getpid();
            rustix::process::kill_process(myself, rustix::process::Signal::KILL).unwrap();
        }
    });
    let uri = std::env::var("NOVACRON_TEST_URI").unwrap();
    let config = DeskConfig::new(connector(&uri), Path::new(&folder).to_owned(), actor());
    let desk = Desk::start(DeskConfig { rehearsal: Some(kill), ..config }).unwrap();
    let operation: Operation = serde_json::from_str(&operation).unwrap();
    let job = over(&desk.handle(), begin(&desk.handle(), plan(&desk.handle(), operation)));
    panic!("it should have been killed: {}", job.outcome);
}

fn begin_elsewhere(bed: &Bed, operation: &Operation, place: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .arg(format!("{}::victim", module_path!().split_once("::").unwrap().1))
        .env(OPERATION, serde_json::to_string(operation).unwrap())
        .env(FOLDER, bed.journal())
        .env(PLACE, place)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The only job of the journal that is not over, once the next desk has looked after it.
fn looked_after(desk: &DeskHandle) -> Job {
    let mut jobs = desk.jobs();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let newest: JobId = runtime.block_on(async {
        let there = jobs.wait_for(|jobs| jobs.jobs.first().is_some_and(|j| j.here || j.state.is_over()));
        tokio::time::timeout(WAIT, there).await.unwrap().unwrap().jobs[0].id
    });
    over(desk, newest)
}

/// Kills at this place, and has the next start look after it.
fn killed(bed: &Bed, operation: &Operation, place: &str) -> Job {
    fs::create_dir_all(bed.journal()).unwrap();
    let mut child = begin_elsewhere(bed, operation, place);
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "{place}");
    let desk = bed.desk();
    looked_after(&desk.handle())
}

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
    Bed::done(&bed.desk().handle(), bed.define());
    let xml = || bed.hv.network_xml(&bed.network, NetworkXml::Defined).unwrap();
    let active = || bed.seen().is_some_and(|n| n.active);
    let (done, failed) = (JobState::Done, JobState::Failed);
    let mac = "52:54:00:fe:00:02";
    let reserve = bed.act(Op::Reserve { who: mac.into(), address: None, hostname: None });
    let edit = bed.act(Op::Edit { xml: xml().replace(".254'", ".99'") });
    let cases: Vec<(&Operation, &str, JobState, bool)> =
        vec![(&reserve, "begun", failed, false), (&reserve, "acted 0", done, true)];
    for (operation, place, state, there) in cases {
        let job = killed(&bed, operation, place);
        assert_eq!(job.state, state, "{} at {place}: {}", job.title, job.outcome);
        assert_eq!(xml().contains(mac), there, "{} at {place}", job.title);
    }
    Bed::done(&bed.desk().handle(), bed.act(Op::Release { who: mac.into() }));
    for (place, state, there) in [("begun", failed, false), ("acted 0", done, true)] {
        assert_eq!(killed(&bed, &edit, place).state, state, "{place}");
        assert_eq!(xml().contains(".99'"), there, "{place}");
    }
    for (act, place, state, runs) in [
        (Op::Stop, "begun", failed, true),
        (Op::Stop, "acted 0", done, false),
        (Op::Start, "begun", failed, false),
        (Op::Start, "acted 0", done, true),
        (Op::Undefine, "begun", failed, true),
        (Op::Undefine, "acted 0", failed, true),
        (Op::Undefine, "begun 1", failed, true),
    ] {
        let job = killed(&bed, &bed.act(act), place);
        assert_eq!((job.state, active()), (state, runs), "{} at {place}: {}", job.title, job.outcome);
    }
    let job = killed(&bed, &bed.act(Op::Undefine), "acted 1");
    assert_eq!(job.state, done, "{}", job.outcome);
    assert!(bed.seen().is_none());
}

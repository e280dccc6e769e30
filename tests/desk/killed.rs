//! NovaCron killed with −9 at a place that is written down: this test binary again.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use novacron::engine::jobs::{Desk, DeskConfig, DeskHandle};
use novacron::model::job::{Job, JobId};
use novacron::model::operation::Operation;

use super::{Office, WAIT, begin, config, over, plan};

const OPERATION: &str = "NOVACRON_TEST_KILL_OPERATION";
const FOLDER: &str = "NOVACRON_TEST_KILL_FOLDER";
const PLACE: &str = "NOVACRON_TEST_KILL_PLACE";

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
    let config = config(&uri, Path::new(&folder));
    let desk = Desk::start(DeskConfig { rehearsal: Some(kill), ..config }).unwrap();
    let operation: Operation = serde_json::from_str(&operation).unwrap();
    let job = over(&desk.handle(), begin(&desk.handle(), plan(&desk.handle(), operation)));
    panic!("it should have been killed: {}", job.outcome);
}

/// Has another process begin it, which kills itself at that place; at none, the caller does.
pub(crate) fn begin_elsewhere(office: &Office, operation: &Operation, place: &str) -> Child {
    std::fs::create_dir_all(office.journal()).unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .arg(format!("{}::victim", module_path!().split_once("::").unwrap().1))
        .env(OPERATION, serde_json::to_string(operation).unwrap())
        .env(FOLDER, office.journal())
        .env(PLACE, place)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The only job of the journal that is not over, once the next desk has looked after it.
pub(crate) fn looked_after(desk: &DeskHandle) -> Job {
    let mut jobs = desk.jobs();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let newest: JobId = runtime.block_on(async {
        let there = jobs.wait_for(|jobs| jobs.jobs.first().is_some_and(|j| j.here || j.state.is_over()));
        tokio::time::timeout(WAIT, there).await.unwrap().unwrap().jobs[0].id
    });
    over(desk, newest)
}

/// Kills at this place, and has the next start look after it.
pub(crate) fn killed(office: &Office, operation: &Operation, place: &str) -> Job {
    let status = begin_elsewhere(office, operation, place).wait().unwrap();
    assert_eq!(status.signal(), Some(9), "{place}");
    let desk = office.desk();
    looked_after(&desk.handle())
}

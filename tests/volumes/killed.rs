//! NovaCron killed with −9 at every place that is written down, and in the middle of a copy: this test binary again.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use novacron::engine::jobs::{Desk, DeskConfig, DeskHandle};
use novacron::model::job::{Job, JobId, JobState};
use novacron::model::operation::{NewPool, Operation, PoolOperation, PoolSource, VolumeOperation};

use super::bed::{Bed, actor, begin, connector, over, plan};

const WAIT: Duration = Duration::from_secs(60);
const OPERATION: &str = "NOVACRON_TEST_STO_OPERATION";
const FOLDER: &str = "NOVACRON_TEST_STO_FOLDER";
const PLACE: &str = "NOVACRON_TEST_STO_PLACE";

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

fn noise_file(path: &Path, mib: usize) {
    let mut file = File::create(path).unwrap();
    for n in 0..mib {
        file.write_all(&vec![n as u8 | 1; 1 << 20]).unwrap();
    }
}

#[test]
fn killed_at_every_place_of_volumes() {
    let Some(bed) = Bed::new() else { return };
    let source = bed.file("source.img");
    noise_file(&source, 4);
    let desk = bed.desk();
    Bed::done(&desk.handle(), bed.upload("a.img", &source));
    drop(desk);
    let target = bed.file("target.img");
    let delete = |name: &str| bed.volume(name, VolumeOperation::Delete);
    let kept: &[&str] = &["a.img"];
    let (done, failed) = (JobState::Done, JobState::Failed);
    let cases: Vec<(Operation, &str, JobState, &[&str])> = vec![
        (bed.create("b.img", 1 << 20), "begun", failed, kept),
        (bed.create("b.img", 1 << 20), "acted 0", done, &["a.img", "b.img"]),
        (delete("b.img"), "begun", done, kept),
        (bed.create("b.img", 1 << 20), "acted 0", done, &["a.img", "b.img"]),
        (delete("b.img"), "acted 0", done, kept),
        (bed.clone_to("a.img", "c.img"), "begun", failed, kept),
        (bed.clone_to("a.img", "c.img"), "acted 0", failed, kept),
        (bed.upload("d.img", &source), "begun", failed, kept),
        (bed.upload("d.img", &source), "acted 0", failed, kept),
        (bed.upload("d.img", &source), "begun 1", failed, kept),
        (bed.upload("d.img", &source), "acted 1", failed, kept),
        (bed.download("a.img", &target), "begun", failed, kept),
    ];
    for (operation, place, state, names) in cases {
        let job = killed(&bed, &operation, place);
        assert_eq!(job.state, state, "{} at {place}: {}", job.title, job.outcome);
        assert_eq!(bed.names(), names, "{} at {place}: {}", job.title, job.outcome);
        assert!(!target.exists() && !bed.file("target.img.part").exists());
    }
    let job = killed(&bed, &bed.download("a.img", &target), "acted 0");
    assert_eq!(job.state, done, "{}", job.outcome);
    assert!(fs::read(&target).unwrap() == fs::read(&source).unwrap());
}

#[test]
fn killed_at_every_place_of_a_new_pool() {
    let Some(bed) = Bed::bare() else { return };
    let new = NewPool {
        source: PoolSource::Dir,
        path: Some(bed.place.display().to_string()),
        build: None,
        start: true,
        autostart: true,
    };
    let define = Operation::pool(&bed.pool, PoolOperation::Define(new));
    for place in ["begun", "acted 0", "begun 1", "acted 1", "begun 2"] {
        let job = killed(&bed, &define, place);
        assert_eq!(job.state, JobState::Failed, "{place}: {}", job.outcome);
        assert!(bed.hv.pool_named(&bed.pool).is_err(), "{place}: the pool stayed: {}", job.outcome);
    }
    let job = killed(&bed, &define, "acted 2");
    assert_eq!(job.state, JobState::Done, "{}", job.outcome);
    assert!(bed.hv.pool_named(&bed.pool).is_ok());
}

/// The copy goes on in libvirt without NovaCron: the next start waits for its end, then deletes it.
#[test]
fn killed_in_the_middle_of_a_copy() {
    let Some(bed) = Bed::new() else { return };
    let source = bed.file("source.img");
    noise_file(&source, 500);
    let desk = bed.desk();
    Bed::done(&desk.handle(), bed.upload("a.img", &source));
    drop(desk);
    let mut child = begin_elsewhere(&bed, &bed.convert("a.img", "copy.qcow2", "qcow2"), "nowhere");
    let deadline = Instant::now() + WAIT;
    while bed.hv.volume(&bed.pool, "copy.qcow2", false).is_err() {
        assert!(Instant::now() < deadline, "the copy is not begun");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let desk = bed.desk();
    let job = looked_after(&desk.handle());
    assert_eq!(job.state, JobState::Failed, "{}", job.outcome);
    assert!(job.outcome.contains("taken back"), "{}", job.outcome);
    assert_eq!(bed.names(), ["a.img"]);
}

#[test]
fn killed_in_the_middle_of_a_download() {
    let Some(bed) = Bed::new() else { return };
    let (source, target) = (bed.file("source.img"), bed.file("target.img"));
    noise_file(&source, 500);
    let desk = bed.desk();
    Bed::done(&desk.handle(), bed.upload("a.img", &source));
    drop(desk);
    let mut child = begin_elsewhere(&bed, &bed.download("a.img", &target), "nowhere");
    let part = bed.file("target.img.part");
    let deadline = Instant::now() + WAIT;
    while fs::metadata(&part).map_or(0, |m| m.len()) == 0 {
        assert!(Instant::now() < deadline, "the download is not begun");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(part.exists() && !target.exists());
    let desk = bed.desk();
    let job = looked_after(&desk.handle());
    assert_eq!(job.state, JobState::Failed, "{}", job.outcome);
    assert!(!part.exists() && !target.exists(), "{}", job.outcome);
}

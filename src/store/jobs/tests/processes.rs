//! Several processes at one journal, one of which is killed: this test binary again.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{at, job, open, record, states};
use crate::model::job::{JobId, JobState, StepState};
use crate::store::{Begin, JobEnd, Journalled, Owner, Verdict, verify_audit};

const FOLDER: &str = "NOVACRON_TEST_JOBS_FOLDER";
const ROUNDS: i64 = 30;

/// Runs another test of this file as a process of its own.
fn run(name: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .arg(format!("{}::{name}", module_path!().split_once("::").unwrap().1))
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Does jobs on one VM until it has done its share, telling when it holds it and when it lets go.
#[test]
#[ignore = "run by another test, in a process of its own"]
fn contender() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = Path::new(&folder);
    let owner = Owner::new(folder).unwrap();
    let mut state = open(folder);
    for s in 0..ROUNDS {
        let id = state.add_jobs(&[job(1)], owner.id(), at(s)).unwrap()[0];
        while state.begin_job(id, at(s)).unwrap() != Begin::Begun {
            std::thread::yield_now();
        }
        // What only one process at a time can do: nobody else makes this file meanwhile.
        let mark = folder.join("held");
        let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&mark);
        assert!(made.is_ok(), "two at one VM");
        state.step(id, 0, StepState::Done, Some(1), at(s)).unwrap();
        std::fs::remove_file(&mark).unwrap();
        let audit = record(1, s);
        let last = Some((1, StepState::Done));
        let end = JobEnd { id, state: JobState::Done, outcome: "Off.", offer: None, last, audit: &audit };
        state.end_job(&end, at(s)).unwrap();
    }
    println!("shared: all");
}

#[test]
fn two_processes_never_act_on_one_thing_at_once() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let children: Vec<Child> = (0..3).map(|_| run("contender", folder.path())).collect();
    for child in children {
        let out = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&out.stdout);
        assert!(out.status.success() && told.contains("shared: all"), "{told}");
    }
    let jobs = open(folder.path()).jobs(1000).unwrap();
    assert_eq!(jobs.len(), 3 * usize::try_from(ROUNDS).unwrap());
    assert!(jobs.iter().all(|j| j.job.state == JobState::Done && states(j) == [StepState::Done; 2]));
    let mut spans: Vec<_> = jobs.iter().map(|j| (j.job.id, j.job.batch)).collect();
    spans.dedup();
    assert_eq!(spans.len(), jobs.len());
    match verify_audit(folder.path()).unwrap() {
        Verdict::Sound { count, remarks, .. } => assert_eq!((count, remarks), (90, vec![])),
        Verdict::Broken(fault) => panic!("{fault}"),
    }
}

/// Does jobs, one step after another, telling each that is written down, until it is killed.
#[test]
#[ignore = "run by another test, in a process of its own"]
fn worker() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let owner = Owner::new(Path::new(&folder)).unwrap();
    println!("owner: {}", owner.id());
    let mut state = open(Path::new(&folder));
    loop {
        let id = state.add_jobs(&[job(1)], owner.id(), at(0)).unwrap()[0];
        println!("wrote: {id} queued");
        assert_eq!(state.begin_job(id, at(1)).unwrap(), Begin::Begun);
        println!("wrote: {id} first");
        state.step(id, 0, StepState::Done, Some(1), at(2)).unwrap();
        println!("wrote: {id} second");
        let (audit, last) = (record(1, 3), Some((1, StepState::Done)));
        let end = JobEnd { id, state: JobState::Done, outcome: "Off.", offer: None, last, audit: &audit };
        state.end_job(&end, at(3)).unwrap();
        println!("wrote: {id} over");
    }
}

/// How far a job is, as the worker tells it.
fn how_far(job: &Journalled) -> usize {
    match (job.job.state, &states(job)[..]) {
        (JobState::Queued, [StepState::Waiting, StepState::Waiting]) => 0,
        (JobState::Running, [StepState::Begun, StepState::Waiting]) => 1,
        (JobState::Running, [StepState::Done, StepState::Begun]) => 2,
        (JobState::Done, [StepState::Done, StepState::Done]) => 3,
        other => panic!("half of something: {other:?}"),
    }
}

#[test]
fn a_kill_between_steps_leaves_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["queued", "first", "second", "over"];
    for kill_after in 1..=9 {
        let mut child = run("worker", folder.path());
        let (mut owner, mut last, mut seen) = (None, None, 0);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut take = |line: String| {
            if let Some((_, id)) = line.split_once("owner: ") {
                owner = Some(id.trim().parse().unwrap());
            } else if let Some((_, told)) = line.split_once("wrote: ") {
                let (id, word) = told.trim().split_once(' ').unwrap();
                let far = words.iter().position(|w| *w == word).unwrap();
                last = Some((JobId(id.parse().unwrap()), far));
                seen += 1;
            }
            seen
        };
        while take(lines.next().unwrap().unwrap()) < kill_after {}
        child.kill().unwrap();
        child.wait().unwrap();
        lines.map_while(Result::ok).for_each(|line| {
            take(line);
        });
        let (owner, (id, far)) = (owner.unwrap(), last.unwrap());
        assert!(Owner::is_gone(folder.path(), owner));
        let mut state = open(folder.path());
        let jobs = state.jobs(1000).unwrap();
        let found = jobs.iter().find(|j| j.job.id == id).unwrap();
        // It may have written once more before it could tell.
        assert!((far..=far + 1).contains(&how_far(found)), "told {far}, found {}", how_far(found));
        assert!(jobs.iter().filter(|j| j.job.id < id).all(|j| j.job.state.is_over()));
        let ended = jobs.iter().filter(|j| j.job.state == JobState::Done).count();
        // The next start finds it, and ends it.
        let me = Owner::new(folder.path()).unwrap();
        for left in state.open_of_others(me.id()).unwrap() {
            assert_eq!(left.owner, owner);
            assert!(state.adopt(left.job.id, owner, me.id()).unwrap());
            super::over(&mut state, super::end(left.job.id, JobState::Failed), 9).unwrap();
        }
        match verify_audit(folder.path()).unwrap() {
            Verdict::Sound { count, .. } => {
                let failed = jobs.iter().filter(|j| j.job.state != JobState::Done).count();
                assert_eq!(
                    usize::try_from(count).unwrap(),
                    ended + failed,
                    "a record with each end, no other"
                );
            }
            Verdict::Broken(fault) => panic!("{fault}"),
        }
    }
}

//! The journal: every call, several processes at once, one that is killed between steps.

mod processes;

use std::path::Path;

use uuid::Uuid;

use super::{Begin, JobEnd};
use crate::model::job::{JobId, JobState, StepState};
use crate::model::operation::{Operation, VmOperation};
use crate::store::tests::at;
use crate::store::tests::plans::{ann, id, job, plan, record};
use crate::store::{AuditFilter, AuditReader, Journalled, StateDb, StoreError};

const ME: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

fn open(folder: &Path) -> StateDb {
    StateDb::open(folder, at(0)).unwrap().0
}

fn end(id: JobId, state: JobState) -> (JobId, JobState) {
    (id, state)
}

/// Ends a job without a last step.
fn over(state: &mut StateDb, (id, word): (JobId, JobState), s: i64) -> Result<(), StoreError> {
    let audit = record(1, s);
    state.end_job(&JobEnd { id, state: word, outcome: "So.", offer: None, last: None, audit: &audit }, at(s))
}

fn states(job: &Journalled) -> Vec<StepState> {
    job.job.steps.iter().map(|s| s.state).collect()
}

fn audited(folder: &Path) -> usize {
    AuditReader::open(folder).unwrap().read(&AuditFilter::default()).unwrap().records.len()
}

fn journal(told: &StoreError) -> &'static str {
    match told {
        StoreError::Journal { what, .. } => what,
        other => panic!("{other}"),
    }
}

#[test]
fn a_job_from_its_plan_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = open(folder.path());
    let ids = state.add_jobs(&[job(1), job(2)], ME, at(0)).unwrap();
    assert!(ids[0] < ids[1]);
    let queued = state.jobs(10).unwrap();
    assert_eq!(queued.iter().map(|j| j.job.id).collect::<Vec<_>>(), [ids[1], ids[0]], "newest first");
    let second = &queued[0];
    assert_eq!((second.job.batch, second.owner, &second.plan), (ids[0], ME, &plan(2)));
    assert_eq!((second.job.state, second.job.created, second.job.started), (JobState::Queued, at(0), None));
    assert_eq!((&second.job.by, second.job.title.as_str()), (&ann(), "Shut down web02"));
    assert_eq!(second.job.undo, plan(2).inverse);
    assert_eq!(states(second), [StepState::Waiting; 2]);
    assert_eq!(second.job.steps[0].command, ["virsh", "shutdown", "web"]);

    assert_eq!(state.begin_job(ids[0], at(1)).unwrap(), Begin::Begun);
    state.step(ids[0], 0, StepState::Done, Some(1), at(2)).unwrap();
    let first = &state.jobs(10).unwrap()[1];
    assert_eq!((first.job.state, first.job.started), (JobState::Running, Some(at(1))));
    assert_eq!(states(first), [StepState::Done, StepState::Begun]);
    assert_eq!((first.job.steps[0].begun, first.job.steps[0].ended), (Some(at(1)), Some(at(2))));
    assert_eq!((first.job.steps[1].begun, first.job.steps[1].ended), (Some(at(2)), None));
    state.set_job_state(ids[0], JobState::Cancelling).unwrap();
    assert_eq!(state.jobs(10).unwrap()[1].job.state, JobState::Cancelling);

    let offer = Operation::vm(id(1), VmOperation::ForceOff);
    let audit = record(1, 3);
    let end = JobEnd {
        id: ids[0],
        state: JobState::Failed,
        outcome: "It is still running.",
        offer: Some(&offer),
        last: Some((1, StepState::Failed)),
        audit: &audit,
    };
    state.end_job(&end, at(3)).unwrap();
    let first = &state.jobs(10).unwrap()[1];
    assert_eq!((first.job.state, first.job.ended), (JobState::Failed, Some(at(3))));
    assert_eq!((first.job.outcome.as_str(), &first.job.offer), ("It is still running.", &Some(offer)));
    assert_eq!(states(first), [StepState::Done, StepState::Failed]);
    let found = AuditReader::open(folder.path()).unwrap().read(&AuditFilter::default()).unwrap();
    assert_eq!(found.records.iter().map(|c| &c.record).collect::<Vec<_>>(), [&audit]);
}

#[test]
fn one_at_a_time_acts_on_one_thing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut mine, mut others) = (open(folder.path()), open(folder.path()));
    let first = mine.add_jobs(&[job(1), job(2)], ME, at(0)).unwrap();
    let second = others.add_jobs(&[job(1)], OTHER, at(0)).unwrap()[0];
    assert_eq!(
        others.begin_job(second, at(1)).unwrap(),
        Begin::Begun,
        "one that only waits is not in the way"
    );
    assert_eq!(mine.begin_job(first[0], at(1)).unwrap(), Begin::Busy(second));
    assert_eq!(mine.begin_job(first[1], at(1)).unwrap(), Begin::Begun, "of another VM");
    // However it stands: it has begun and is not over.
    others.set_job_state(second, JobState::Interrupted).unwrap();
    assert_eq!(mine.begin_job(first[0], at(1)).unwrap(), Begin::Busy(second));
    let waiting = mine.jobs(10).unwrap().into_iter().find(|j| j.job.id == first[0]).unwrap();
    assert_eq!((waiting.job.state, waiting.job.started), (JobState::Queued, None));
    over(&mut others, end(second, JobState::Done), 2).unwrap();
    assert_eq!(mine.begin_job(first[0], at(3)).unwrap(), Begin::Begun);
}

#[test]
fn what_cannot_be_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = open(folder.path());
    let id = state.add_jobs(&[job(1)], ME, at(0)).unwrap()[0];
    let none = JobId(99);
    assert_eq!(journal(&state.begin_job(none, at(1)).unwrap_err()), "is not in the journal");
    state.begin_job(id, at(1)).unwrap();
    assert_eq!(journal(&state.begin_job(id, at(1)).unwrap_err()), "is not queued");
    let before = state.jobs(9).unwrap();
    // The first half of it is taken back with the second.
    let told = state.step(id, 0, StepState::Done, Some(7), at(2)).unwrap_err();
    assert_eq!(journal(&told), "has no such step");
    assert!(told.to_string().contains(&format!("job {id} has no such step")), "{told}");
    let audit = record(1, 2);
    let end = JobEnd { id, state: JobState::Done, outcome: "", offer: None, last: None, audit: &audit };
    let told = state.end_job(&JobEnd { last: Some((7, StepState::Done)), ..end }, at(2)).unwrap_err();
    assert_eq!(journal(&told), "has no such step");
    let told = state.end_job(&JobEnd { state: JobState::Interrupted, ..end }, at(2)).unwrap_err();
    assert_eq!(journal(&told), "cannot end in a state that is not over");
    let told = state.set_job_state(id, JobState::Done).unwrap_err();
    assert_eq!(journal(&told), "ends with an audit record only");
    assert_eq!((state.jobs(9).unwrap(), audited(folder.path())), (before, 0));

    state.end_job(&end, at(2)).unwrap();
    let ended = state.jobs(9).unwrap();
    for told in [
        state.end_job(&end, at(3)).unwrap_err(),
        state.begin_job(id, at(3)).unwrap_err(),
        state.step(id, 0, StepState::Done, None, at(3)).unwrap_err(),
        state.set_job_state(id, JobState::Running).unwrap_err(),
    ] {
        assert_eq!(journal(&told), "is over already");
    }
    assert_eq!((state.jobs(9).unwrap(), audited(folder.path())), (ended, 1));
}

#[test]
fn a_job_that_lost_its_owner_is_adopted_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = open(folder.path());
    let ids = state.add_jobs(&[job(1), job(2), job(3)], OTHER, at(0)).unwrap();
    let mine = state.add_jobs(&[job(4)], ME, at(0)).unwrap()[0];
    over(&mut state, end(ids[2], JobState::Cancelled), 1).unwrap();
    let open: Vec<JobId> = state.open_of_others(ME).unwrap().iter().map(|j| j.job.id).collect();
    assert_eq!(open, [ids[1], ids[0]], "neither mine nor what is over");
    let third = Uuid::from_u128(3);
    assert!(state.adopt(ids[0], OTHER, ME).unwrap());
    assert!(!state.adopt(ids[0], OTHER, third).unwrap(), "somebody was quicker");
    assert!(!state.adopt(ids[2], OTHER, ME).unwrap(), "it is over");
    assert!(!state.adopt(mine, OTHER, third).unwrap());
    assert_eq!(state.open_of_others(ME).unwrap().len(), 1);
    let owners: Vec<Uuid> = state.jobs(9).unwrap().iter().rev().map(|j| j.owner).collect();
    assert_eq!(owners, [ME, OTHER, OTHER, ME]);
}

#[test]
fn old_jobs_go_and_open_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = open(folder.path());
    let ids = state.add_jobs(&(0..10).map(job).collect::<Vec<_>>(), ME, at(0)).unwrap();
    for id in &ids[2..] {
        over(&mut state, end(*id, JobState::Stale), 1).unwrap();
    }
    let numbers = |jobs: Vec<Journalled>| jobs.iter().map(|j| j.job.id).collect::<Vec<_>>();
    assert_eq!(numbers(state.jobs(3).unwrap()), [9, 8, 7, 1, 0].map(|n: usize| ids[n]));
    state.forget_jobs(2).unwrap();
    assert_eq!(numbers(state.jobs(100).unwrap()), [9, 8, 1, 0].map(|n: usize| ids[n]));
    let steps: i64 = state.db.query_row("SELECT count(*) FROM job_step", [], |row| row.get(0)).unwrap();
    assert_eq!(steps, 8, "steps go with their jobs");
    state.forget_jobs(0).unwrap();
    let next = state.add_jobs(&[job(1)], ME, at(2)).unwrap()[0];
    assert!(next > ids[9], "a number is never given twice: the audit names it");
}

#[test]
fn a_job_of_a_newer_version_hides_no_other_and_keeps_its_target() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = open(folder.path());
    let ids = state.add_jobs(&[job(1), job(2), job(3), job(1)], OTHER, at(0)).unwrap();
    state.begin_job(ids[0], at(1)).unwrap();
    for (id, change) in
        [(ids[0], "plan = replace(plan, '\"shutdown\"', '\"teleport\"')"), (ids[1], "state = 'dreaming'")]
    {
        state.db.execute(&format!("UPDATE job SET {change} WHERE id = ?"), [id.0]).unwrap();
    }
    let readable: Vec<JobId> = state.jobs(9).unwrap().iter().map(|j| j.job.id).collect();
    assert_eq!(readable, [ids[3], ids[2]]);
    assert_eq!(state.open_of_others(ME).unwrap().len(), 2);
    let unreadable = state.unreadable_jobs(9).unwrap();
    let told: Vec<_> = unreadable.iter().map(|j| (j.id, j.title.as_str(), j.state.as_str())).collect();
    assert_eq!(told, [(ids[1], "Shut down web02", "dreaming"), (ids[0], "Shut down web01", "running")]);
    assert_eq!(state.begin_job(ids[3], at(2)).unwrap(), Begin::Busy(ids[0]));
}

/// Plans lie in the journal as this version writes them: whatever becomes of the types, these are still read.
#[test]
fn what_was_written_once_is_read_for_ever() {
    let text = include_str!("tests/plan-1.json");
    let read: crate::model::plan::Plan = serde_json::from_str(text).unwrap();
    assert_eq!(read, plan(1));
    let text = include_str!("tests/actor-1.json");
    assert_eq!(serde_json::from_str::<crate::model::job::Actor>(text).unwrap(), ann());
}

#[test]
fn a_newer_database_takes_no_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = open(folder.path());
    let id = state.add_jobs(&[job(1)], ME, at(0)).unwrap()[0];
    let newest = crate::store::ladder::STATE.newest();
    state.db.pragma_update(None, "user_version", newest + 1).unwrap();
    drop(state);
    let mut state = open(folder.path());
    let audit = record(1, 1);
    let end = JobEnd { id, state: JobState::Done, outcome: "", offer: None, last: None, audit: &audit };
    let all = [
        state.add_jobs(&[job(2)], ME, at(1)).unwrap_err(),
        state.begin_job(id, at(1)).unwrap_err(),
        state.step(id, 0, StepState::Done, None, at(1)).unwrap_err(),
        state.set_job_state(id, JobState::Running).unwrap_err(),
        state.end_job(&end, at(1)).unwrap_err(),
        state.adopt(id, ME, OTHER).unwrap_err(),
        state.forget_jobs(0).unwrap_err(),
        state.audit(&audit).unwrap_err(),
    ];
    for told in all {
        assert!(matches!(told, StoreError::Newer { .. }), "{told}");
        assert!(told.to_string().contains("written by a newer NovaCron"), "{told}");
    }
    assert_eq!(state.jobs(9).unwrap().len(), 1, "what is there is read");
    assert_eq!(audited(folder.path()), 0);
}

#[test]
fn what_was_committed_survives_a_power_cut() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("state.db"), [7; 5000]).unwrap();
    // Of a new database as of one that is there.
    for _ in 0..2 {
        let state = open(folder.path());
        let level: i64 = state.db.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
        assert_eq!(level, 2, "FULL");
    }
}

#[test]
fn jobs_that_touch_one_thing_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = open(folder.path());
    let touching = |n: u8, things: &[&str]| {
        let mut job = job(n);
        job.plan.touches = things.iter().map(|&t| t.to_owned()).collect();
        job
    };
    let target = job(1).plan.target.thing();
    let jobs = [
        touching(1, &["file/a"]),
        touching(2, &["file/a"]),
        touching(3, &["file/b"]),
        touching(4, &[&target]),
    ];
    let ids = state.add_jobs(&jobs, ME, at(0)).unwrap();
    assert_eq!(state.begin_job(ids[0], at(1)).unwrap(), Begin::Begun);
    assert_eq!(state.begin_job(ids[1], at(1)).unwrap(), Begin::Busy(ids[0]), "both touch a");
    assert_eq!(state.begin_job(ids[2], at(1)).unwrap(), Begin::Begun);
    assert_eq!(
        state.begin_job(ids[3], at(1)).unwrap(),
        Begin::Busy(ids[0]),
        "it touches the target of the first"
    );
    over(&mut state, end(ids[0], JobState::Done), 2).unwrap();
    assert_eq!(state.begin_job(ids[1], at(3)).unwrap(), Begin::Begun);
    assert_eq!(state.begin_job(ids[3], at(3)).unwrap(), Begin::Begun);
}

#[test]
fn the_definition_of_before_is_kept_for_whoever_looks_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = open(folder.path());
    let ids = state.add_jobs(&[job(1)], ME, at(0)).unwrap();
    state.begin_job(ids[0], at(1)).unwrap();
    state.keep_before(ids[0], "<domain/>").unwrap();
    assert_eq!(state.open_of_others(OTHER).unwrap()[0].xml_before, "<domain/>");
    over(&mut state, end(ids[0], JobState::Done), 2).unwrap();
    assert!(state.keep_before(ids[0], "").is_err());
}

//! A desk on libvirt's test driver: real calls, a real journal, real audit records.

mod making;
mod network;
mod storage;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::hypervisor::libvirt::{ConnectOptions, LibvirtConnector};
use crate::hypervisor::{Connector, Hypervisor, Purpose};
use crate::model::id::VmId;
use crate::model::job::{JobState, StepState, Via};
use crate::model::operation::{Operation, VmOperation};
use crate::model::plan::{Plan, Planned, RefusalKind};
use crate::model::time::Timestamp;
use crate::model::vm::{PauseReason, VmState};
use crate::store::{AuditFilter, AuditReader, Begin, NewJob, Owner, StateDb};

const WAIT: Duration = Duration::from_secs(20);

const HOST: &str = "<node><domain type='test'><name>test</name><memory>8192</memory>\
    <os><type>hvm</type></os></domain></node>";

/// A desk with its own test host, whose one VM, `test`, runs.
struct Bed {
    folder: tempfile::TempDir,
    connector: Arc<LibvirtConnector>,
    /// Keeps the host: it is gone with its last connection.
    hv: Box<dyn Hypervisor>,
    vm: VmId,
}

impl Bed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A file of its own: the driver's default host is one for the whole process.
        let file = folder.path().join("host.xml");
        std::fs::write(&file, HOST).unwrap();
        let uri = format!("test://{}", file.display());
        let options = ConnectOptions { uri: Some(uri), read_only: false };
        let connector = Arc::new(LibvirtConnector::new(options).unwrap());
        let hv = connector.connect(Purpose::Detail).unwrap();
        let vm = hv.vms().unwrap()[0].id;
        Self { folder, connector, hv, vm }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn host(&self) -> &str {
        self.connector.uri()
    }

    fn actor() -> Actor {
        Actor { user: "ann".into(), origin: "ssh from 192.0.2.7".into(), via: Via::Console, pid: 7 }
    }

    fn config(&self) -> DeskConfig {
        DeskConfig::new(self.connector.clone(), self.path().to_owned(), Self::actor())
    }

    fn desk(&self) -> Desk {
        Desk::start(self.config()).unwrap()
    }

    fn state(&self) -> VmState {
        self.hv.vm_state(self.vm).unwrap()
    }

    fn db(&self) -> StateDb {
        StateDb::open(self.path(), Timestamp(0)).unwrap().0
    }

    fn audit(&self) -> Vec<crate::model::audit::Chained> {
        AuditReader::open(self.path()).unwrap().read(&AuditFilter::default()).unwrap().records
    }

    /// A plan, as a desk makes it.
    fn plan(&self, desk: &DeskHandle, act: VmOperation) -> Planned {
        let mut planned = desk.plan(vec![Operation::vm(self.vm, act)]).blocking_recv().unwrap().unwrap();
        assert_eq!(planned.len(), 1);
        planned.remove(0)
    }

    fn good_plan(&self, desk: &DeskHandle, act: VmOperation) -> Plan {
        match self.plan(desk, act) {
            Planned::Plan(plan) => *plan,
            Planned::Refused(why) => panic!("{why:?}"),
        }
    }

    fn done(&self, desk: &DeskHandle, act: VmOperation) -> Job {
        let plan = self.good_plan(desk, act);
        let ids = desk.submit(vec![plan], Consent::Standing).blocking_recv().unwrap().unwrap();
        over(desk, ids[0])
    }
}

/// The job once it is over.
fn over(desk: &DeskHandle, id: JobId) -> Job {
    let mut jobs = desk.jobs();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let over = jobs.wait_for(|jobs| jobs.job(id).is_some_and(|j| j.state.is_over()));
        let jobs = tokio::time::timeout(WAIT, over).await.expect("the job ends").unwrap();
        (**jobs.job(id).unwrap()).clone()
    })
}

#[test]
fn a_plan_becomes_a_job_that_is_written_down() {
    let bed = Bed::new();
    let desk = bed.desk();
    let job = bed.done(&desk.handle(), VmOperation::Pause);
    assert_eq!((job.state, job.outcome.as_str()), (JobState::Done, "It is paused."));
    assert_eq!(bed.state(), VmState::Paused(PauseReason::User));
    assert_eq!(job.undo, Some(Operation::vm(bed.vm, VmOperation::Resume)));
    assert!(job.here && job.by == Bed::actor());
    let written = bed.db().jobs(10).unwrap();
    assert_eq!(written.len(), 1);
    assert_eq!((written[0].job.id, written[0].job.state), (job.id, JobState::Done));
    assert!(written[0].job.steps.iter().all(|s| s.state == StepState::Done && s.ended.is_some()));
    let audit = bed.audit();
    assert_eq!(audit.len(), 1);
    let record = &audit[0].record;
    assert_eq!((record.job, record.result), (Some(job.id), JobState::Done));
    assert_eq!((record.by.user.as_str(), record.host.as_str()), ("ann", bed.host()));
    assert_eq!(record.plan, "virsh suspend test");
}

#[test]
fn what_changed_since_the_plan_was_shown_is_not_run_over() {
    let bed = Bed::new();
    let desk = bed.desk();
    let plan = bed.good_plan(&desk.handle(), VmOperation::Pause);
    bed.hv.force_off(bed.vm).unwrap();
    let ids = desk.handle().submit(vec![plan], Consent::Standing).blocking_recv().unwrap().unwrap();
    let job = over(&desk.handle(), ids[0]);
    assert_eq!(job.state, JobState::Stale);
    assert!(job.outcome.contains("Nothing was done") && job.outcome.contains("off"), "{}", job.outcome);
    assert_eq!(job.steps[0].state, StepState::Waiting);
    assert_eq!(bed.state(), VmState::ShutOff);
}

#[test]
fn a_name_has_to_be_typed_and_consent_is_looked_at_by_the_desk() {
    let bed = Bed::new();
    let desk = bed.desk();
    let plan = bed.good_plan(&desk.handle(), VmOperation::ForceOff);
    let given =
        |typed: Option<&str>| Consent::Given { names: typed.map(str::to_owned).into_iter().collect() };
    for typed in [None, Some("tes"), Some("")] {
        let answer = desk.handle().submit(vec![plan.clone()], given(typed)).blocking_recv().unwrap();
        assert!(answer.unwrap_err().contains("was not typed"));
    }
    assert_eq!(bed.state(), VmState::Running);
    assert!(bed.db().jobs(1).unwrap().is_empty(), "what was not agreed to is no job");
    let ids = desk.handle().submit(vec![plan], given(Some("test"))).blocking_recv().unwrap().unwrap();
    assert_eq!(over(&desk.handle(), ids[0]).state, JobState::Done);
    assert_eq!(bed.state(), VmState::ShutOff);
}

#[test]
fn a_read_only_desk_plans_and_carries_out_nothing() {
    let bed = Bed::new();
    let plan = bed.good_plan(&bed.desk().handle(), VmOperation::Pause);
    let why = "NovaCron runs with --read-only.";
    let desk = Desk::start(DeskConfig { read_only: Some(why.into()), ..bed.config() }).unwrap();
    match bed.plan(&desk.handle(), VmOperation::Pause) {
        Planned::Refused(refusal) => {
            assert_eq!((refusal.kind, refusal.reason.as_str()), (RefusalKind::NotAllowed, why));
        }
        Planned::Plan(plan) => panic!("{plan:?}"),
    }
    let answer = desk.handle().submit(vec![plan], Consent::Standing).blocking_recv().unwrap();
    assert_eq!(answer, Err(why.to_owned()));
    assert_eq!(bed.state(), VmState::Running);
}

#[test]
fn a_setting_is_set_and_taken_back() {
    let bed = Bed::new();
    let desk = bed.desk();
    let tags = |t: &[&str]| VmOperation::SetTags { tags: t.iter().map(|t| (*t).to_owned()).collect() };
    let job = bed.done(&desk.handle(), tags(&["web", "prod"]));
    assert_eq!(job.state, JobState::Done, "{}", job.outcome);
    let read = || crate::xml::domain::parse(&bed.hv.vm_xml(bed.vm).unwrap()).unwrap().tags;
    assert_eq!(read(), ["web", "prod"]);
    let record = bed.audit().remove(0).record;
    assert!(!record.xml_before.contains("prod") && record.xml_after.contains(":tag>prod<"), "{record:?}");
    let Some(Operation::Vm { act, .. }) = job.undo else { panic!("it can be taken back") };
    assert_eq!(bed.done(&desk.handle(), act).state, JobState::Done);
    assert!(read().is_empty());
}

/// A job as a process leaves it that was killed: begun, and perhaps done.
fn left_behind(bed: &Bed, plan: &Plan, begun: bool) -> JobId {
    let mut db = bed.db();
    let owner = Owner::new(bed.path()).unwrap();
    let job = NewJob { plan: plan.clone(), by: Bed::actor(), host: bed.host().into() };
    let id = db.add_jobs(&[job], owner.id(), Timestamp(1)).unwrap()[0];
    if begun {
        assert!(matches!(db.begin_job(id, Timestamp(2)).unwrap(), Begin::Begun));
    }
    // Its lock goes with it, as with a process.
    id
}

#[test]
fn what_a_kill_left_is_found_and_looked_after() {
    let cases = [
        // Whether it was begun, whether the call was made, and how it is told.
        (false, false, JobState::Cancelled, "before its turn"),
        (true, false, JobState::Failed, "This was not done"),
        (true, true, JobState::Done, "found done"),
    ];
    for (begun, done, state, said) in cases {
        let bed = Bed::new();
        let plan = bed.good_plan(&bed.desk().handle(), VmOperation::Pause);
        let id = left_behind(&bed, &plan, begun);
        if done {
            bed.hv.pause(bed.vm).unwrap();
        }
        let before = bed.state();
        let desk = bed.desk();
        let job = over(&desk.handle(), id);
        assert_eq!(job.state, state, "{}", job.outcome);
        assert!(job.outcome.contains(said), "{}", job.outcome);
        assert_eq!(bed.state(), before, "looking after it changed nothing");
        let audit = bed.audit();
        assert_eq!(
            audit.iter().map(|r| (r.record.job, r.record.result)).collect::<Vec<_>>(),
            [(Some(id), state)]
        );
        assert!(bed.db().open_of_others(uuid::Uuid::nil()).unwrap().is_empty());
    }
}

#[test]
fn a_living_process_keeps_its_jobs_and_its_turn() {
    let bed = Bed::new();
    let first = bed.desk();
    let plan = bed.good_plan(&first.handle(), VmOperation::Pause);
    let mut db = bed.db();
    let owner = Owner::new(bed.path()).unwrap();
    let new = NewJob { plan: plan.clone(), by: Bed::actor(), host: bed.host().into() };
    let other = db.add_jobs(&[new], owner.id(), Timestamp(1)).unwrap()[0];
    assert!(matches!(db.begin_job(other, Timestamp(2)).unwrap(), Begin::Begun));
    let ids = first.handle().submit(vec![plan], Consent::Standing).blocking_recv().unwrap().unwrap();
    let mut jobs = first.handle().jobs();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let both = jobs.wait_for(|j| {
            j.job(other).is_some_and(|j| !j.here && j.state == JobState::Running)
                && j.job(ids[0]).is_some_and(|j| j.here && j.state == JobState::Queued)
        });
        tokio::time::timeout(WAIT, both).await.expect("one works, one waits").unwrap();
    });
    assert_eq!(bed.state(), VmState::Running);
    drop(owner);
    // Its process is gone now: it is looked after, and the one that waited has its turn.
    let second = bed.desk();
    assert_eq!(over(&second.handle(), other).state, JobState::Failed);
    assert_eq!(over(&first.handle(), ids[0]).state, JobState::Done);
    assert_eq!(bed.state(), VmState::Paused(PauseReason::User));
}

#[test]
fn an_ending_desk_drops_what_waits_and_says_so() {
    let bed = Bed::new();
    let desk = bed.desk();
    let handle = desk.handle();
    let plan = bed.good_plan(&handle, VmOperation::Pause);
    let mut db = bed.db();
    let owner = Owner::new(bed.path()).unwrap();
    let new = NewJob { plan: plan.clone(), by: Bed::actor(), host: bed.host().into() };
    let other = db.add_jobs(&[new], owner.id(), Timestamp(1)).unwrap()[0];
    db.begin_job(other, Timestamp(2)).unwrap();
    let ids = handle.submit(vec![plan], Consent::Standing).blocking_recv().unwrap().unwrap();
    assert_eq!(desk.stop(WAIT), 0, "no thread is left");
    let job = bed.db().jobs(10).unwrap().into_iter().find(|j| j.job.id == ids[0]).unwrap().job;
    assert_eq!(job.state, JobState::Cancelled);
    assert_eq!(bed.state(), VmState::Running);
}

/// The journal is locked by somebody else for longer than anybody waits, just as the job is done.
#[test]
fn an_end_that_could_not_be_written_down_is_written_later() {
    let bed = Bed::new();
    let path = bed.path().join("state.db");
    let lock = Arc::new(std::sync::Mutex::new(None));
    let taken = lock.clone();
    let take = Arc::new(move |place: &str| {
        if place == "acted 0" {
            let db = rusqlite::Connection::open(&path).unwrap();
            db.execute_batch("BEGIN IMMEDIATE").unwrap();
            *taken.lock().unwrap() = Some(db);
        }
    });
    let desk = Desk::start(DeskConfig { rehearsal: Some(take), ..bed.config() }).unwrap();
    let job = bed.done(&desk.handle(), VmOperation::Pause);
    assert!(
        job.state == JobState::Done && job.outcome.contains("could not be written down yet"),
        "{}",
        job.outcome
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let unwritten = |count: usize| {
        let mut jobs = desk.handle().jobs();
        runtime.block_on(async {
            let so = jobs.wait_for(|jobs| jobs.unwritten == count);
            tokio::time::timeout(WAIT, so).await.expect("it is told").unwrap();
        });
    };
    unwritten(1);
    assert!(bed.audit().is_empty());
    drop(lock.lock().unwrap().take());
    unwritten(0);
    assert_eq!(bed.audit().len(), 1);
    assert_eq!(bed.db().jobs(1).unwrap()[0].job.state, JobState::Done);
}

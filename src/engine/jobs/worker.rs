//! A hand of the desk: one thread, one connection, one task at a time.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::facts::{gather, sized};
use super::line::Line;
use super::recover::recover;
use super::run::{Ran, run};
use super::{Assignment, Input, Look, Seen, Setting, look};
use crate::hypervisor::{Connector, HvError, HvErrorKind, HvResult, XmlOf};
use crate::model::id::VmId;
use crate::model::job::JobId;
use crate::model::operation::Operation;
use crate::model::plan::Planned;
use crate::model::vm::VmRecord;
use crate::model::vm_snapshot::SizedSnapshot;
use crate::operations;
use crate::store::{Journalled, StateDb};

/// A connection that nobody needs for so long is closed.
const IDLE: Duration = Duration::from_secs(20);

/// What a hand is given to do.
#[derive(Debug)]
pub(super) enum Task {
    /// List the VMs.
    Vms,
    /// Read a VM's definition, with passwords or without.
    Definition(VmId, bool),
    /// Read a VM's snapshots.
    Snapshots(VmId),
    /// Look at something.
    Look(Look),
    /// Make plans.
    Plan(Vec<Operation>),
    /// Carry a job out.
    Run(Box<Assignment>),
    /// Look after a job whose process is gone.
    Recover(Box<Journalled>),
}

/// What came of a task.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The VMs.
    Vms(HvResult<Vec<VmRecord>>),
    /// The definition.
    Definition(HvResult<String>),
    /// A VM's snapshots.
    Snapshots(HvResult<Vec<SizedSnapshot>>),
    /// What was seen, or a sentence.
    Looked(Result<Seen, String>),
    /// Plans.
    Planned(HvResult<Vec<Planned>>),
    /// The job is over.
    Over(JobId),
    /// Another process works on what the job is about.
    Busy(JobId),
    /// It could not be looked after now.
    NotRecovered(Box<Journalled>, HvError),
}

/// A hand at work.
pub(super) struct Worker {
    /// Its number.
    pub(super) number: usize,
    pub(super) setting: Arc<Setting>,
    pub(super) desk: Sender<Input>,
    line: Line,
    db: Option<StateDb>,
}

impl Worker {
    pub(super) fn new(
        number: usize,
        setting: Arc<Setting>,
        connector: Arc<dyn Connector>,
        desk: Sender<Input>,
    ) -> Self {
        Self { number, setting, desk, line: Line::new(connector), db: None }
    }

    /// Works until the desk lets go of it.
    pub(super) fn run(mut self, tasks: &Receiver<Task>) {
        loop {
            let task = match tasks.recv_timeout(IDLE) {
                Ok(task) => task,
                Err(RecvTimeoutError::Timeout) => {
                    self.line.close();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let outcome = self.perform(task);
            if self.desk.send(Input::Done(self.number, outcome)).is_err() {
                return;
            }
        }
    }

    fn perform(&mut self, task: Task) -> Outcome {
        match task {
            Task::Vms => Outcome::Vms(self.line.ready().and_then(|()| self.line.hv()?.vms())),
            Task::Definition(vm, secrets) => Outcome::Definition(self.definition(vm, secrets)),
            Task::Snapshots(vm) => {
                Outcome::Snapshots(self.line.ready().and_then(|()| sized(self.line.hv()?, vm)))
            }
            Task::Look(look) => {
                let seen = self.line.ready().and_then(|()| look::at(self.line.hv()?, &look, &self.setting));
                Outcome::Looked(seen.map_err(|e| e.sentence()))
            }
            Task::Plan(operations) => Outcome::Planned(self.plan(&operations)),
            Task::Run(assignment) => self.carry_out(*assignment),
            Task::Recover(journalled) => self.look_after(*journalled),
        }
    }

    fn definition(&mut self, vm: VmId, secrets: bool) -> HvResult<String> {
        self.line.ready()?;
        let which = if secrets { XmlOf::DefinedWithSecrets } else { XmlOf::Defined };
        self.line.hv()?.xml_of(vm, which)
    }

    fn plan(&mut self, operations: &[Operation]) -> HvResult<Vec<Planned>> {
        self.line.ready()?;
        let hv = self.line.hv()?;
        let planned = |op: &Operation| Ok(operations::plan(op, &gather(hv, op, &self.setting)?));
        operations.iter().map(planned).collect()
    }

    fn carry_out(&mut self, assignment: Assignment) -> Outcome {
        let id = assignment.job.id;
        // Without a connection the first call says so, and the job is written down as failed.
        if let Err(e) = self.line.ready() {
            tracing::warn!("{e}");
        }
        let Some(db) = journal(&mut self.db, &self.setting) else {
            drop(self.desk.send(Input::Unwritten(id)));
            return Outcome::Over(id);
        };
        match run(assignment, &mut self.line, db, &self.setting, &self.desk) {
            Ran::Over => Outcome::Over(id),
            Ran::Busy(other) => {
                tracing::debug!("job {id} waits for job {other} of another process");
                Outcome::Busy(id)
            }
            Ran::Cut(job, why) => Outcome::NotRecovered(job, why),
        }
    }

    fn look_after(&mut self, journalled: Journalled) -> Outcome {
        let id = journalled.job.id;
        let kept = Box::new(journalled.clone());
        let not_now = move |e| Outcome::NotRecovered(kept, e);
        if let Err(e) = self.line.ready() {
            return not_now(e);
        }
        let Some(db) = journal(&mut self.db, &self.setting) else {
            return not_now(HvError::new(
                HvErrorKind::Other,
                "look after a job",
                "the journal cannot be opened",
            ));
        };
        match recover(journalled, &mut self.line, db, &self.setting, &self.desk) {
            Ok(()) => Outcome::Over(id),
            Err(e) => not_now(e),
        }
    }
}

/// The journal, opened with the first job.
fn journal<'d>(db: &'d mut Option<StateDb>, setting: &Setting) -> Option<&'d mut StateDb> {
    if db.is_none() {
        *db = opened(&setting.folder, setting);
    }
    db.as_mut()
}

fn opened(folder: &Path, setting: &Setting) -> Option<StateDb> {
    match StateDb::open(folder, setting.clock.now().wall) {
        Ok((db, _)) => Some(db),
        Err(why) => {
            tracing::error!("{why}");
            None
        }
    }
}

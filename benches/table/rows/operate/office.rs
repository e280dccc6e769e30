//! A desk with a journal of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use novacron::engine::jobs::{Consent, Desk, DeskConfig, Jobs, actor_of_process};
use novacron::hypervisor::libvirt::{ConnectOptions, LibvirtConnector};
use novacron::hypervisor::{Connector, Hypervisor, Purpose};
use novacron::model::id::VmId;
use novacron::model::job::{JobId, JobState, Via};
use novacron::model::operation::{Operation, VmOperation};
use novacron::model::plan::{Plan, Planned};

use crate::Outcome;
use crate::libvirtd::Host;

/// A desk with a journal of its own.
pub(super) struct Office {
    desk: Desk,
    connector: Arc<LibvirtConnector>,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl Office {
    pub(super) fn open(host: &Host, parallel: usize) -> Outcome<Self> {
        let options = ConnectOptions { uri: Some(host.uri.clone()), read_only: false };
        let connector = Arc::new(LibvirtConnector::new(options)?);
        // Where a data folder would be: what is written through costs what it costs there.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let actor = actor_of_process(Via::Command);
        let config = DeskConfig::new(connector.clone(), folder.path().to_owned(), actor);
        let desk = Desk::start(DeskConfig { parallel, ..config })?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { desk, connector, runtime, _folder: folder })
    }

    pub(super) fn connection(&self) -> Outcome<Box<dyn Hypervisor>> {
        Ok(self.connector.connect(Purpose::Operate)?)
    }

    pub(super) fn plans(&self, ids: &[VmId], act: &VmOperation) -> Outcome<Vec<Plan>> {
        let operations = ids.iter().map(|id| Operation::vm(*id, act.clone())).collect();
        let planned = self.runtime.block_on(self.desk.handle().plan(operations))??;
        let plan = |planned| match planned {
            Planned::Plan(plan) => Ok(*plan),
            Planned::Refused(no) => Err(format!("{}: {}", no.title, no.reason).into()),
        };
        planned.into_iter().map(plan).collect()
    }

    /// From the yes to the end of the last job.
    pub(super) fn carry_out(&self, plans: Vec<Plan>) -> Outcome<Duration> {
        let handle = self.desk.handle();
        let begun = Instant::now();
        let ids = self.runtime.block_on(handle.submit(plans, Consent::Standing))??;
        let over =
            |jobs: &Arc<Jobs>| ids.iter().all(|id: &JobId| jobs.job(*id).is_some_and(|j| j.state.is_over()));
        let mut jobs = handle.jobs();
        let jobs = self.runtime.block_on(jobs.wait_for(over))?;
        let took = begun.elapsed();
        match ids.iter().filter_map(|id| jobs.job(*id)).find(|j| j.state != JobState::Done) {
            Some(bad) => Err(format!("{}: {}", bad.title, bad.outcome).into()),
            None => Ok(took),
        }
    }
}

//! A desk without a screen on the private host: operations are planned, begun, and waited for.

pub(crate) mod killed;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use novacron::engine::jobs::{Consent, Desk, DeskConfig, DeskHandle};
use novacron::hypervisor::libvirt::{ConnectOptions, LibvirtConnector};
use novacron::hypervisor::{Connector, Hypervisor, Purpose};
use novacron::model::job::{Actor, Job, JobId, JobState, Via};
use novacron::model::operation::Operation;
use novacron::model::plan::{Plan, Planned, Refusal};

pub(crate) const WAIT: Duration = Duration::from_secs(60);

/// A folder for what a desk keeps, and the ways to the private host.
pub(crate) struct Office {
    folder: tempfile::TempDir,
    uri: String,
    hostctl: String,
}

impl Office {
    /// None where there is no private host.
    pub(crate) fn new() -> Option<Self> {
        let (uri, hostctl) = (of("NOVACRON_TEST_URI")?, of("NOVACRON_TEST_HOSTCTL")?);
        Some(Self { folder: tempfile::tempdir().unwrap(), uri, hostctl })
    }

    /// A connection beside the desk's.
    pub(crate) fn hypervisor(&self) -> Box<dyn Hypervisor> {
        connector(&self.uri).connect(Purpose::Operate).unwrap()
    }

    pub(crate) fn config(&self) -> DeskConfig {
        config(&self.uri, &self.journal())
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// A path for a file of the test's own.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The next start of NovaCron.
    pub(crate) fn desk(&self) -> Desk {
        std::fs::create_dir_all(self.journal()).unwrap();
        Desk::start(self.config()).unwrap()
    }

    /// The script that runs things on the host.
    pub(crate) fn hostctl(&self) -> String {
        self.hostctl.clone()
    }

    /// Whether it worked.
    pub(crate) fn virsh(&self, args: &[&str]) -> bool {
        Command::new(&self.hostctl).arg("virsh").args(args).output().unwrap().status.success()
    }

    /// What a command says where the host's devices and folders are.
    pub(crate) fn exec(&self, args: &[&str]) -> String {
        let done = self.tried(args);
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// The same, come what may.
    pub(crate) fn tried(&self, args: &[&str]) -> std::process::Output {
        Command::new(&self.hostctl).arg("exec").args(args).output().unwrap()
    }
}

/// What `./dev test` sets; says so where it is missing.
pub(crate) fn of(name: &str) -> Option<String> {
    std::env::var(name).inspect_err(|_| println!("skipped: {name} is not set (./dev test sets it)")).ok()
}

pub(crate) fn connector(uri: &str) -> Arc<LibvirtConnector> {
    let options = ConnectOptions { uri: Some(uri.to_owned()), read_only: false };
    Arc::new(LibvirtConnector::new(options).unwrap())
}

fn config(uri: &str, folder: &Path) -> DeskConfig {
    let actor =
        Actor { user: "ann".into(), origin: String::new(), via: Via::Command, pid: std::process::id() };
    DeskConfig::new(connector(uri), folder.to_owned(), actor)
}

pub(crate) fn planned(desk: &DeskHandle, operation: Operation) -> Planned {
    desk.plan(vec![operation]).blocking_recv().unwrap().unwrap().remove(0)
}

pub(crate) fn plan(desk: &DeskHandle, operation: Operation) -> Plan {
    match planned(desk, operation) {
        Planned::Plan(plan) => *plan,
        Planned::Refused(no) => panic!("{}: {}", no.title, no.reason),
    }
}

pub(crate) fn refusal(desk: &DeskHandle, operation: Operation) -> Refusal {
    match planned(desk, operation) {
        Planned::Plan(plan) => panic!("{plan:?}"),
        Planned::Refused(no) => *no,
    }
}

pub(crate) fn begin(desk: &DeskHandle, plan: Plan) -> JobId {
    desk.submit(vec![plan], Consent::Standing).blocking_recv().unwrap().unwrap()[0]
}

/// The job once it is so.
pub(crate) fn once(desk: &DeskHandle, id: JobId, is_so: impl Fn(&Job) -> bool) -> Job {
    let mut jobs = desk.jobs();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let so = jobs.wait_for(|jobs| jobs.job(id).is_some_and(|j| is_so(j)));
        let jobs = tokio::time::timeout(WAIT, so).await.unwrap().unwrap();
        (**jobs.job(id).unwrap()).clone()
    })
}

pub(crate) fn over(desk: &DeskHandle, id: JobId) -> Job {
    once(desk, id, |job| job.state.is_over())
}

/// The whole way, which has to end well.
pub(crate) fn done(desk: &DeskHandle, operation: Operation) -> Job {
    let job = over(desk, begin(desk, plan(desk, operation)));
    assert_eq!(job.state, JobState::Done, "{}: {}", job.title, job.outcome);
    job
}

//! A network of the test's own on the private host, and a desk. All of it is gone with it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use novacron::engine::jobs::{Consent, Desk, DeskConfig, DeskHandle};
use novacron::hypervisor::libvirt::{ConnectOptions, LibvirtConnector};
use novacron::hypervisor::{Connector, Hypervisor, NetworkRecord, Purpose};
use novacron::model::job::{Actor, Job, JobId, JobState, Via};
use novacron::model::operation::{NetworkOperation, NewNetwork, Operation, Subnet};
use novacron::model::plan::{Plan, Planned};

const WAIT: Duration = Duration::from_secs(60);
static NEXT: AtomicU32 = AtomicU32::new(0);

pub(super) struct Bed {
    pub(super) folder: tempfile::TempDir,
    pub(super) uri: String,
    pub(super) hostctl: String,
    pub(super) network: String,
    /// The first three numbers of the addresses it may use.
    pub(super) net: String,
    pub(super) hv: Box<dyn Hypervisor>,
}

pub(super) fn connector(uri: &str) -> Arc<LibvirtConnector> {
    let options = ConnectOptions { uri: Some(uri.to_owned()), read_only: false };
    Arc::new(LibvirtConnector::new(options).unwrap())
}

pub(super) fn actor() -> Actor {
    Actor { user: "ann".into(), origin: String::new(), via: Via::Command, pid: std::process::id() }
}

impl Bed {
    /// A bed; none where there is no private host.
    pub(super) fn new() -> Option<Self> {
        let of = |name: &str| {
            std::env::var(name)
                .inspect_err(|_| println!("skipped: {name} is not set (./dev test sets it)"))
                .ok()
        };
        let (uri, hostctl) = (of("NOVACRON_TEST_URI")?, of("NOVACRON_TEST_HOSTCTL")?);
        let (pid, n) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let hv = connector(&uri).connect(Purpose::Operate).unwrap();
        let net = format!("10.{}.{}", 64 + pid % 128, (pid / 128 * 8 + n) % 256);
        let folder = tempfile::tempdir().unwrap();
        Some(Self { folder, uri, hostctl, network: format!("net-{pid}-{n}"), net, hv })
    }

    pub(super) fn config(&self) -> DeskConfig {
        DeskConfig::new(connector(&self.uri), self.journal(), actor())
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub(super) fn desk(&self) -> Desk {
        std::fs::create_dir_all(self.journal()).unwrap();
        Desk::start(self.config()).unwrap()
    }

    pub(super) fn act(&self, act: NetworkOperation) -> Operation {
        Operation::network(&self.network, act)
    }

    pub(super) fn new_network(&self) -> NewNetwork {
        let subnet = Subnet::Given(format!("{}.0/24", self.net));
        NewNetwork { subnet, start: true, autostart: true, ..NewNetwork::default() }
    }

    pub(super) fn define(&self) -> Operation {
        self.act(NetworkOperation::Define(self.new_network()))
    }

    pub(super) fn seen(&self) -> Option<NetworkRecord> {
        self.hv.networks().unwrap().into_iter().find(|n| n.name == self.network)
    }

    pub(super) fn done(desk: &DeskHandle, operation: Operation) -> Job {
        let job = over(desk, begin(desk, plan(desk, operation)));
        assert_eq!(job.state, JobState::Done, "{}: {}", job.title, job.outcome);
        job
    }

    /// A VM without a disk, on the network; it runs.
    pub(super) fn plug_in_a_vm(&self) {
        let xml = format!(
            "<domain type='qemu'><name>{0}</name><memory unit='MiB'>32</memory><os><type>hvm</type></os>\
             <devices><interface type='network'><source network='{0}'/><model type='virtio'/></interface></devices>\
             </domain>",
            self.network
        );
        let file = self.folder.path().join("vm.xml");
        std::fs::write(&file, xml).unwrap();
        assert!(self.virsh(&["define", &file.display().to_string()]));
        assert!(self.virsh(&["start", &self.network]));
    }

    pub(super) fn virsh(&self, args: &[&str]) -> bool {
        Command::new(&self.hostctl).arg("virsh").args(args).output().unwrap().status.success()
    }

    /// What a command says where the host's devices are.
    pub(super) fn exec(&self, args: &[&str]) -> String {
        let done = Command::new(&self.hostctl).arg("exec").args(args).output().unwrap();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        for args in [["destroy"], ["undefine"], ["net-destroy"], ["net-undefine"]] {
            self.virsh(&[args[0], &self.network]);
        }
    }
}

pub(super) fn planned(desk: &DeskHandle, operation: Operation) -> Planned {
    desk.plan(vec![operation]).blocking_recv().unwrap().unwrap().remove(0)
}

pub(super) fn plan(desk: &DeskHandle, operation: Operation) -> Plan {
    match planned(desk, operation) {
        Planned::Plan(plan) => *plan,
        Planned::Refused(no) => panic!("{}: {}", no.title, no.reason),
    }
}

pub(super) fn begin(desk: &DeskHandle, plan: Plan) -> JobId {
    desk.submit(vec![plan], Consent::Standing).blocking_recv().unwrap().unwrap()[0]
}

/// The job once it is over.
pub(super) fn over(desk: &DeskHandle, id: JobId) -> Job {
    let mut jobs = desk.jobs();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let so = jobs.wait_for(|jobs| jobs.job(id).is_some_and(|j| j.state.is_over()));
        let jobs = tokio::time::timeout(WAIT, so).await.unwrap().unwrap();
        (**jobs.job(id).unwrap()).clone()
    })
}

//! A pool of the test's own on the private host, and a desk. All of it is gone with it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use novacron::engine::jobs::{Consent, Desk, DeskConfig, DeskHandle};
use novacron::hypervisor::libvirt::{ConnectOptions, LibvirtConnector};
use novacron::hypervisor::{Connector, Hypervisor, Purpose};
use novacron::model::job::{Actor, Job, JobId, JobState, Via};
use novacron::model::operation::{NewPool, NewVolume, Operation, PoolOperation, PoolSource, VolumeOperation};
use novacron::model::plan::{Plan, Planned, Refusal};

const WAIT: Duration = Duration::from_secs(60);
static NEXT: AtomicU32 = AtomicU32::new(0);

pub(super) struct Bed {
    pub(super) folder: tempfile::TempDir,
    pub(super) uri: String,
    pub(super) hostctl: String,
    pub(super) pool: String,
    /// Where the pool is, seen alike from inside and from outside.
    pub(super) place: PathBuf,
    /// Where something is mounted for it.
    mounted: bool,
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
    /// A bed with an empty pool; none where there is no private host.
    pub(super) fn new() -> Option<Self> {
        let bed = Self::bare()?;
        let path = Some(bed.place.display().to_string());
        let new = NewPool { source: PoolSource::Dir, path, build: None, start: true, autostart: false };
        let desk = bed.desk();
        Bed::done(&desk.handle(), Operation::pool(&bed.pool, PoolOperation::Define(new)));
        Some(bed)
    }

    /// The same in a small file system of so many MiB.
    pub(super) fn small(mib: u32) -> Option<Self> {
        let mut bed = Self::bare()?;
        let size = format!("size={mib}m,mode=755");
        bed.exec(&["mount", "-t", "tmpfs", "-o", &size, "novacron-sto", &bed.place.display().to_string()]);
        bed.mounted = true;
        let path = Some(bed.place.display().to_string());
        let new = NewPool { source: PoolSource::Dir, path, build: None, start: true, autostart: false };
        let desk = bed.desk();
        Bed::done(&desk.handle(), Operation::pool(&bed.pool, PoolOperation::Define(new)));
        Some(bed)
    }

    /// A name and a folder for a pool.
    pub(super) fn bare() -> Option<Self> {
        let of = |name: &str| {
            std::env::var(name)
                .inspect_err(|_| println!("skipped: {name} is not set (./dev test sets it)"))
                .ok()
        };
        let (uri, hostctl) = (of("NOVACRON_TEST_URI")?, of("NOVACRON_TEST_HOSTCTL")?);
        let host = of("NOVACRON_HOST_DIR")?;
        let pool = format!("sto-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let place = Path::new(&host).join(&pool);
        let hv = connector(&uri).connect(Purpose::Operate).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let bed = Self { folder, uri, hostctl, pool, place, mounted: false, hv };
        bed.exec(&["mkdir", "-m", "755", &bed.place.display().to_string()]);
        Some(bed)
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

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn volume(&self, name: &str, act: VolumeOperation) -> Operation {
        Operation::volume(&self.pool, name, act)
    }

    pub(super) fn upload(&self, name: &str, file: &Path) -> Operation {
        self.volume(name, VolumeOperation::Upload { from: file.display().to_string() })
    }

    pub(super) fn download(&self, name: &str, file: &Path) -> Operation {
        self.volume(name, VolumeOperation::Download { to: file.display().to_string() })
    }

    pub(super) fn clone_to(&self, name: &str, to: &str) -> Operation {
        self.volume(name, VolumeOperation::Clone { to_pool: self.pool.clone(), to: to.into() })
    }

    pub(super) fn convert(&self, name: &str, to: &str, format: &str) -> Operation {
        let (to_pool, format) = (self.pool.clone(), format.to_owned());
        self.volume(name, VolumeOperation::Convert { to_pool, to: to.into(), format })
    }

    pub(super) fn create(&self, name: &str, bytes: u64) -> Operation {
        let new = NewVolume { capacity: Some(bytes), ..NewVolume::default() };
        self.volume(name, VolumeOperation::Create(new))
    }

    pub(super) fn done(desk: &DeskHandle, operation: Operation) -> Job {
        let job = over(desk, begin(desk, plan(desk, operation)));
        assert_eq!(job.state, JobState::Done, "{}: {}", job.title, job.outcome);
        job
    }

    /// Names of the pool's volumes after libvirt has looked again, so that files it does not know are seen too.
    pub(super) fn names(&self) -> Vec<String> {
        let id = self.hv.pool_named(&self.pool).unwrap();
        self.hv.refresh_pool(id).unwrap();
        let mut names: Vec<_> = self.hv.volumes(id, false).unwrap().into_iter().map(|v| v.name).collect();
        names.sort();
        names
    }

    pub(super) fn virsh(&self, args: &[&str]) -> bool {
        Command::new(&self.hostctl).arg("virsh").args(args).output().unwrap().status.success()
    }

    /// Runs a command where the host's folders are.
    pub(super) fn exec(&self, args: &[&str]) {
        let done = Command::new(&self.hostctl).arg("exec").args(args).output().unwrap();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.virsh(&["pool-destroy", &self.pool]);
        self.virsh(&["pool-undefine", &self.pool]);
        let place = self.place.display().to_string();
        let ctl = |args: &[&str]| drop(Command::new(&self.hostctl).arg("exec").args(args).output());
        if self.mounted {
            ctl(&["umount", &place]);
        }
        ctl(&["rm", "-rf", "--", &place]);
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

pub(super) fn refusal(desk: &DeskHandle, operation: Operation) -> Refusal {
    match planned(desk, operation) {
        Planned::Plan(plan) => panic!("{plan:?}"),
        Planned::Refused(no) => *no,
    }
}

pub(super) fn begin(desk: &DeskHandle, plan: Plan) -> JobId {
    desk.submit(vec![plan], Consent::Standing).blocking_recv().unwrap().unwrap()[0]
}

/// The job once it is so.
pub(super) fn once(desk: &DeskHandle, id: JobId, is_so: impl Fn(&Job) -> bool) -> Job {
    let mut jobs = desk.jobs();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let so = jobs.wait_for(|jobs| jobs.job(id).is_some_and(|j| is_so(j)));
        let jobs = tokio::time::timeout(WAIT, so).await.unwrap().unwrap();
        (**jobs.job(id).unwrap()).clone()
    })
}

pub(super) fn over(desk: &DeskHandle, id: JobId) -> Job {
    once(desk, id, |job| job.state.is_over())
}

//! Ordered autostart: after the host has started, a collector starts VMs in the order that their metadata gives.
//!
//! It happens once for each start of the host, and only where the collector starts soon after it: a VM that somebody shut
//! down on purpose is not started because a collector was. A collector that is killed on the way goes on where it was:
//! what runs is not started again.

mod order;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::order::{Next, Order, Seen};
use super::handle::Handle;
use super::jobs::{Consent, DeskHandle};
use crate::hypervisor::HvError;
use crate::model::id::VmId;
use crate::model::job::{JobId, JobState};
use crate::model::operation::{Operation, VmOperation};
use crate::model::plan::Planned;
use crate::model::snapshot::Snapshot;
use crate::model::time::Timestamp;
use crate::store::{StateDb, StoreError};

/// A host counts as freshly started for so long, seconds.
const FRESH_S: f64 = 15.0 * 60.0;
/// How often it is looked how far things are.
const LOOK: Duration = Duration::from_millis(500);
/// The key under which it is kept which start of the host was served.
const SERVED: &str = "startup.boot";

/// A start of this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Boot {
    /// The kernel's name for it.
    pub id: String,
    /// How long ago it was, seconds.
    pub uptime_s: f64,
}

impl Boot {
    /// This machine's last start; `None` where the kernel does not tell.
    pub fn of_machine() -> Option<Self> {
        let read = |path: &str| std::fs::read_to_string(path).ok();
        let id = read("/proc/sys/kernel/random/boot_id")?.trim().to_owned();
        let uptime_s = read("/proc/uptime")?.split_whitespace().next()?.parse().ok()?;
        Some(Self { id, uptime_s })
    }
}

/// What an ordered start works with.
pub struct Startup {
    /// Where `state.db` lies.
    pub folder: PathBuf,
    /// The engine: how VMs are.
    pub engine: Handle,
    /// The desk: starts them.
    pub desk: DeskHandle,
    /// The host's last start.
    pub boot: Boot,
}

impl Startup {
    /// Starts what is to be started, if it is the time for it. Ends when all are started, or at once.
    ///
    /// # Errors
    /// When it cannot be read or kept which start of the host was served; nothing was started then, or all was.
    pub async fn run(self) -> Result<(), StoreError> {
        let now = || self.engine.snapshot().at;
        let (mut db, _) = StateDb::open(&self.folder, Timestamp(0))?;
        if db.meta(SERVED)?.as_deref() == Some(self.boot.id.as_str()) {
            return Ok(());
        }
        let snapshot = self.known().await;
        if self.boot.uptime_s > FRESH_S || !snapshot.host.local {
            return db.set_meta(SERVED, &self.boot.id);
        }
        drop(db);
        self.go_through(&snapshot).await;
        let (mut db, _) = StateDb::open(&self.folder, now())?;
        db.set_meta(SERVED, &self.boot.id)
    }

    /// The first snapshot in which every VM's definition was read.
    async fn known(&self) -> Arc<Snapshot> {
        let mut snapshots = self.engine.subscribe();
        let all = |s: &Arc<Snapshot>| s.listed && s.vms.iter().all(|vm| vm.definition.is_some());
        match snapshots.wait_for(all).await {
            Ok(snapshot) => snapshot.clone(),
            // The engine has ended: there is nothing to start.
            Err(_) => self.engine.snapshot(),
        }
    }

    async fn go_through(&self, snapshot: &Snapshot) {
        let placed = snapshot.vms.iter().filter_map(|vm| Some((vm.id, vm.definition.as_ref()?.start_order?)));
        let mut order = Order::new(placed);
        let mut failed = BTreeSet::new();
        let begun = Instant::now();
        loop {
            let now = self.engine.snapshot();
            let elapsed = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            match order.next(elapsed, |id| seen(&now, id, &failed)) {
                Next::Over => return,
                Next::Start(vms) if !vms.is_empty() => failed.extend(self.start(vms).await),
                Next::GaveUp(vms) => {
                    for vm in vms {
                        tracing::warn!("{} is not waited for any longer.", named(&now, vm));
                    }
                }
                Next::Start(_) | Next::Wait => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// Starts these together; gives those that could not be.
    async fn start(&self, vms: Vec<VmId>) -> Vec<VmId> {
        let start = VmOperation::Start { paused: false, discard_saved: false };
        let operations = vms.iter().map(|id| Operation::vm(*id, start.clone())).collect();
        let planned = match self.desk.plan(operations).await {
            Ok(Ok(planned)) => planned,
            Ok(Err(why)) => return refused(vms, &why),
            Err(_) => return vms,
        };
        let mut failed = Vec::new();
        let mut plans = Vec::new();
        for (id, planned) in vms.iter().zip(planned) {
            match planned {
                Planned::Plan(plan) => plans.push(*plan),
                Planned::Refused(no) => {
                    tracing::warn!("{}: {}", no.title, no.reason);
                    failed.push(*id);
                }
            }
        }
        let started: Vec<VmId> = plans.iter().filter_map(|p| p.operation.vm_id()).collect();
        match self.desk.submit(plans, Consent::Standing).await {
            Ok(Ok(jobs)) => failed.extend(self.ended(&jobs).await),
            Ok(Err(why)) => {
                tracing::error!("{why}");
                failed.extend(started);
            }
            Err(_) => failed.extend(started),
        }
        failed
    }

    /// Waits for the jobs' ends; gives the VMs of those that did not do it.
    async fn ended(&self, ids: &[JobId]) -> Vec<VmId> {
        let mut jobs = self.desk.jobs();
        let over = |id: &JobId, jobs: &super::jobs::Jobs| jobs.job(*id).is_some_and(|j| j.state.is_over());
        let Ok(jobs) = jobs.wait_for(|jobs| ids.iter().all(|id| over(id, jobs))).await else {
            return Vec::new();
        };
        let mut failed = Vec::new();
        for job in ids.iter().filter_map(|id| jobs.job(*id)) {
            if job.state == JobState::Done {
                tracing::info!("{}: {}", job.title, job.outcome);
            } else {
                tracing::warn!("{}: {}", job.title, job.outcome);
                failed.extend(job.operation.vm_id());
            }
        }
        failed
    }
}

fn refused(vms: Vec<VmId>, why: &HvError) -> Vec<VmId> {
    tracing::error!("VMs were not started: {why}");
    vms
}

fn seen(snapshot: &Snapshot, id: VmId, failed: &BTreeSet<VmId>) -> Seen {
    match snapshot.vm(id) {
        None => Seen::Failed,
        Some(_) if failed.contains(&id) => Seen::Failed,
        Some(vm) if !vm.state.is_active() => Seen::Off,
        Some(vm) => Seen::Runs {
            agent: vm.definition.as_ref().is_some_and(|d| d.agent_connected == Some(true)),
            address: !vm.addresses.is_empty(),
        },
    }
}

fn named(snapshot: &Snapshot, id: VmId) -> String {
    snapshot.vm(id).map_or_else(|| id.to_string(), |vm| vm.display_name().into_owned())
}

//! From an engine to one snapshot that knows enough: a command waits for what it shows, and for no more.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::exit::{Exit, Failure};
use crate::config::PollSettings;
use crate::engine::{Command, Focus, Handle};
use crate::model::alert::{Condition, Subject};
use crate::model::columns::Needs;
use crate::model::id::VmId;
use crate::model::metric::{GROUPS, Group, MetricId};
use crate::model::snapshot::{Link, LostCause, Snapshot};
use crate::model::time::Timestamp;
use crate::model::vm::{Vm, VmState};

/// What is left out when it does not come within this long after the rest.
const GRACE: Duration = Duration::from_millis(1500);
/// What is told as missing when it does not come within this long after the list.
const PATIENCE: Duration = Duration::from_secs(6);

/// What must be known.
#[derive(Clone, Debug, Default)]
pub(super) struct Wants {
    /// Of every VM, or of `only`.
    pub(super) vms: Vec<Needs>,
    /// Pools and their volumes.
    pub(super) pools: bool,
    /// Networks.
    pub(super) networks: bool,
    /// The node and the machine.
    pub(super) host: bool,
    /// Only what this name may mean: where it is a VM's, the other VMs and the insides of pools can wait.
    pub(super) name: Option<String>,
}

impl Wants {
    /// Whether the name is this VM's.
    fn names(&self, vm: &Vm) -> bool {
        let Some(name) = self.name.as_deref() else { return false };
        let name = name.strip_prefix("vm:").unwrap_or(name);
        vm.name == name || name.parse() == Ok(vm.id)
    }

    /// The VMs that something is wanted of.
    fn concerned<'s>(&self, snapshot: &'s Snapshot) -> Vec<&'s Arc<Vm>> {
        let named: Vec<_> = snapshot.vms.iter().filter(|v| self.names(v)).collect();
        if named.is_empty() { snapshot.vms.iter().collect() } else { named }
    }

    /// Whether the name is a VM's.
    fn is_a_vm(&self, snapshot: &Snapshot) -> bool {
        self.name.is_some() && snapshot.vms.iter().any(|v| self.names(v))
    }

    fn needs(&self, need: Needs) -> bool {
        self.vms.contains(&need)
    }

    /// Whether anything of a VM beyond its place in the list.
    fn of_each_vm(&self) -> bool {
        self.vms.iter().any(|n| *n != Needs::List)
    }
}

/// Paces of a command: everything once, and statistics again after the sample. It changes nothing on the host.
pub(super) fn paces(sample: Duration, timeout: Duration) -> PollSettings {
    let once = Duration::from_secs(3600);
    let again = if sample.is_zero() { once } else { sample.max(Duration::from_millis(100)) };
    PollSettings {
        fast: again,
        slow_visible: again,
        slow_hidden: again,
        pools: once,
        networks: once,
        addresses: once,
        refresh_pools: None,
        pool_deadline: PATIENCE.min(timeout),
        stall_after: timeout,
        keep: Duration::from_secs(60),
        arm_memory_stats: None,
    }
}

/// A snapshot, and what it should know but does not.
#[derive(Debug)]
pub(super) struct Gathered {
    /// The snapshot.
    pub(super) snapshot: Arc<Snapshot>,
    /// What did not come in time, each as one sentence.
    pub(super) missing: Vec<String>,
}

/// Waits until the engine knows what is wanted, and stops waiting at `timeout` at the latest.
pub(super) fn gather(
    handle: &Handle,
    wants: &Wants,
    sample: Duration,
    timeout: Duration,
) -> Result<Gathered, Failure> {
    block_on(async {
        let deadline = Instant::now() + timeout;
        let mut snapshots = handle.subscribe();
        let listed = until_listed(&mut snapshots, deadline).await?;
        if wants.of_each_vm() {
            let visible = wants.concerned(&listed).iter().map(|v| v.id).collect();
            handle.send(Command::Focus(Focus { visible, detail: None }));
        }
        let patience = deadline.min(Instant::now() + PATIENCE + sample * 2);
        Ok(until_known(&mut snapshots, wants, sample, patience).await)
    })
}

/// Waits for the first answer alone.
pub(super) fn answer(handle: &Handle, timeout: Duration) -> Result<(), Failure> {
    block_on(async { until_listed(&mut handle.subscribe(), Instant::now() + timeout).await.map(drop) })
}

/// Waits for the work, or for the user to end it.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            result = work => result,
            Ok(()) = tokio::signal::ctrl_c() => Err(Failure::new(Exit::Cancelled, "cancelled")),
        }
    })
}

type Snapshots = watch::Receiver<Arc<Snapshot>>;

async fn until_listed(snapshots: &mut Snapshots, deadline: Instant) -> Result<Arc<Snapshot>, Failure> {
    loop {
        let newest = Arc::clone(&snapshots.borrow_and_update());
        if newest.listed {
            return Ok(newest);
        }
        if let Link::Lost { cause, reason, hint, .. } = &newest.link {
            let exit = match cause {
                LostCause::BadUri => Exit::Usage,
                LostCause::Unreachable => Exit::NoConnection,
            };
            return Err(Failure::new(exit, reason).hint(hint));
        }
        match timeout_at(deadline, snapshots.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(Failure::new(Exit::Failed, "the engine ended; its log tells why")),
            Err(_) => {
                let what = format!("{} did not answer in time", newest.uri);
                return Err(Failure::new(Exit::TimedOut, what)
                    .hint("The host may hang or be far away; --timeout SECONDS waits longer."));
            }
        }
    }
}

async fn until_known(
    snapshots: &mut Snapshots,
    wants: &Wants,
    sample: Duration,
    patience: Instant,
) -> Gathered {
    let mut readings = FirstReadings::default();
    let mut grace = None;
    loop {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        readings.note(&snapshot);
        let missing = missing(&snapshot, wants, sample, &readings);
        let wait_till = if missing.is_empty() {
            // Only addresses may be left: many a guest never tells any.
            if !wants.needs(Needs::Addresses) || addresses_known(&wants.concerned(&snapshot)) {
                return Gathered { snapshot, missing };
            }
            *grace.get_or_insert_with(|| patience.min(Instant::now() + GRACE))
        } else {
            patience
        };
        if !matches!(timeout_at(wait_till, snapshots.changed()).await, Ok(Ok(()))) {
            return Gathered { snapshot, missing };
        }
    }
}

/// When each VM's groups, and the host, were read first.
#[derive(Debug, Default)]
struct FirstReadings {
    vms: HashMap<VmId, [Option<Timestamp>; GROUPS.len()]>,
    host: Option<Timestamp>,
}

impl FirstReadings {
    fn note(&mut self, snapshot: &Snapshot) {
        self.host = self.host.or(snapshot.host.at);
        for vm in snapshot.vms.iter() {
            let first = self.vms.entry(vm.id).or_default();
            for group in GROUPS {
                let slot = &mut first[group as usize];
                *slot = slot.or_else(|| vm.fresh.get(group));
            }
        }
    }

    /// Whether a group was read twice, at least nearly `sample` apart.
    fn twice(&self, vm: &Vm, group: Group, sample: Duration) -> bool {
        let first = self.vms.get(&vm.id).and_then(|g| g[group as usize]);
        match (first, vm.fresh.get(group)) {
            (Some(first), Some(last)) => first.age(last) >= sample.mul_f64(0.8) && last > first,
            _ => false,
        }
    }
}

/// Groups whose values are rates.
const RATES: [Group; 4] = [Group::Cpu, Group::Vcpu, Group::Block, Group::Interface];

/// What is not known yet, each as one sentence.
fn missing(snapshot: &Snapshot, wants: &Wants, sample: Duration, readings: &FirstReadings) -> Vec<String> {
    let mut missing = Vec::new();
    let mut unless = |count: usize, what: &str| {
        if count > 0 {
            missing.push(format!("{count} {what} in time; what is unknown is shown as such."));
        }
    };
    let vms = wants.concerned(snapshot);
    let not = |known: &dyn Fn(&Vm) -> bool| vms.iter().filter(|v| !known(v)).count();
    if wants.needs(Needs::Definition) || wants.needs(Needs::Flags) {
        unless(not(&|v| defined(snapshot, v)), "VMs did not tell their definition");
    }
    let rates = wants.needs(Needs::Rate) && !sample.is_zero();
    if rates {
        unless(
            not(&|v| !v.state.is_active() || sampled(v, sample, readings)),
            "VMs did not tell their statistics",
        );
    } else if wants.needs(Needs::Reading) || wants.needs(Needs::Rate) {
        let read = |v: &Vm| !v.state.is_active() || v.fresh.get(Group::State).is_some();
        unless(not(&read), "VMs did not tell their statistics");
    }
    if wants.pools {
        match &snapshot.pools {
            None => missing.push("The storage pools did not come in time.".into()),
            Some(_) if wants.is_a_vm(snapshot) => {}
            Some(pools) => {
                let silent =
                    pools.iter().filter(|p| p.trouble.is_none() && (p.at.is_none() || !volumes_settled(p)));
                unless(silent.count(), "pools did not answer");
            }
        }
    }
    if wants.networks && snapshot.networks.is_none() {
        missing.push("The networks did not come in time.".into());
    }
    if wants.host && !host_known(snapshot, sample, readings) {
        missing.push("The host did not tell everything in time.".into());
    }
    missing
}

/// A VM whose XML cannot be read will not be defined, however long one waits.
fn defined(snapshot: &Snapshot, vm: &Vm) -> bool {
    let unreadable = |a: &crate::model::alert::Alert| {
        a.condition == Condition::Unreadable && a.subject == Subject::Vm(vm.id)
    };
    vm.definition.is_some() || snapshot.alerts.iter().any(unreadable)
}

/// A group that was not even read once by the time the state was read twice is one the driver does not serve.
fn sampled(vm: &Vm, sample: Duration, readings: &FirstReadings) -> bool {
    readings.twice(vm, Group::State, sample)
        && RATES.iter().all(|g| vm.fresh.get(*g).is_none() || readings.twice(vm, *g, sample))
}

/// An inactive pool has no volumes to list.
fn volumes_settled(pool: &crate::model::storage::Pool) -> bool {
    pool.volumes.is_some() || pool.record.state != crate::model::storage::PoolState::Running
}

/// A driver without node statistics never tells the CPU: then the host was read twice, or not at all for long.
fn host_known(snapshot: &Snapshot, sample: Duration, readings: &FirstReadings) -> bool {
    let host = &snapshot.host;
    let machine = !host.local || snapshot.demo || host.machine.is_some();
    let Link::Up { since } = snapshot.link else { return false };
    let measured = match (readings.host, host.at) {
        _ if host.now.get(MetricId::HostCpu).is_some() => true,
        (Some(_), Some(_)) if sample.is_zero() => true,
        (Some(first), Some(last)) => first.age(last) >= sample.mul_f64(0.8) && last > first,
        _ => since.age(snapshot.at) > sample + GRACE,
    };
    host.node.is_some() && machine && measured
}

/// Of a VM that does not execute, nobody can be asked.
fn addresses_known(vms: &[&Arc<Vm>]) -> bool {
    vms.iter().filter(|v| v.state == VmState::Running).all(|v| {
        let no_nic = v.definition.as_ref().is_some_and(|d| d.nics.is_empty());
        no_nic || !v.addresses.is_empty() || v.addresses_unavailable.is_some()
    })
}

#[cfg(test)]
mod tests;

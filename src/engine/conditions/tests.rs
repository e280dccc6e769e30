use uuid::Uuid;

use super::*;
use crate::engine::state::{Entry, Ground, IoTrouble, Nets};
use crate::hypervisor::NetworkRecord;
use crate::model::host::FileSystem;
use crate::model::id::VmId;
use crate::model::network::NetworkDefinition;
use crate::model::snapshot::LostCause;
use crate::model::storage::PoolRecord;
use crate::model::time::Moment;
use crate::model::vm::VmRecord;

const NOW: Timestamp = Timestamp(1_000_000);

/// A host to find fault with.
struct Host {
    link: Link,
    recording: Recording,
    vms: Roster,
    pools: Pools,
    nets: Nets,
    machine: Machine,
}

impl Host {
    fn new() -> Self {
        Self {
            link: Link::Up { since: NOW },
            recording: Recording::Here,
            vms: Roster::default(),
            pools: Pools::default(),
            nets: Nets::default(),
            machine: Machine::default(),
        }
    }

    fn vm(state: VmState, change: impl FnOnce(&mut Entry)) -> Self {
        let mut host = Self::new();
        let id = VmId(Uuid::from_u128(1));
        let record = VmRecord { id, name: "db\u{1b}[2J01".into(), state, domain_id: None };
        host.vms.list(vec![record], 0, Moment::default(), std::time::Duration::ZERO);
        change(host.vms.edit(id).unwrap());
        host
    }

    fn pool(change: impl FnOnce(&mut PoolRecord)) -> Self {
        let mut host = Self::new();
        let mut record = PoolRecord {
            id: Uuid::from_u128(1),
            name: "fast".into(),
            state: PoolState::Running,
            autostart: Some(true),
            persistent: Some(true),
            capacity: Some(100 << 30),
            allocation: Some(10 << 30),
            available: Some(90 << 30),
            kind: "dir".into(),
            path: None,
        };
        change(&mut record);
        host.pools.list(vec![(record.id, record.name.clone())]);
        let ground = Ground {
            at: Moment { wall: NOW, mono_us: 1 },
            host_cpus: None,
            keeps_wait: false,
            keep: std::time::Duration::from_secs(9),
        };
        host.pools.read(record, &ground);
        host
    }

    fn alerts_after(&self, before: &[Alert], now: Timestamp) -> Vec<Alert> {
        let facts = Facts {
            link: &self.link,
            recording: &self.recording,
            vms: &self.vms,
            pools: &self.pools,
            networks: self.nets.publish().map_or(&[], |n| n),
            machine: Some(&self.machine),
            limits: &LimitSettings::default(),
        };
        conditions(&facts, before, now)
    }

    /// The only alert.
    fn alert(&self) -> Alert {
        let mut alerts = self.alerts_after(&[], NOW);
        assert_eq!(alerts.len(), 1, "{alerts:?}");
        alerts.remove(0)
    }
}

#[test]
fn a_healthy_host_has_none() {
    assert!(Host::vm(VmState::Running, |_| ()).alerts_after(&[], NOW).is_empty());
    assert!(Host::vm(VmState::Paused(PauseReason::User), |_| ()).alerts_after(&[], NOW).is_empty());
    assert!(Host::pool(|_| ()).alerts_after(&[], NOW).is_empty());
}

#[test]
fn a_vm_without_space_says_so_where_and_what_to_do() {
    let host = Host::vm(VmState::Paused(PauseReason::IoError), |e| {
        e.io_trouble = Some(IoTrouble { path: "/pool/a.qcow2".into(), reason: "enospc".into() });
    });
    let alert = host.alert();
    assert_eq!((alert.condition, alert.severity), (Condition::IoError, Severity::Critical));
    assert_eq!(alert.name, "db[2J01", "names are cleaned");
    assert_eq!(alert.message, "paused: no space left at /pool/a.qcow2");
    assert!(alert.remedy.contains("Make room"));
    let unknown = Host::vm(VmState::Paused(PauseReason::IoError), |_| ()).alert();
    assert_eq!(unknown.message, "paused: I/O error");
}

#[test]
fn crashed_and_unreadable_vms_are_told() {
    for state in [VmState::Crashed, VmState::Paused(PauseReason::Crashed)] {
        assert_eq!(Host::vm(state, |_| ()).alert().condition, Condition::Crashed);
    }
    let host = Host::vm(VmState::Running, |e| e.unreadable = Some("no root".into()));
    assert_eq!(host.alert().condition, Condition::Unreadable);
}

#[test]
fn a_pool_warns_at_its_limits() {
    for (used, expected) in [(84, None), (85, Some(Severity::Warning)), (95, Some(Severity::Critical))] {
        let host = Host::pool(|p| {
            p.allocation = Some(used << 30);
            p.available = Some((100 - used) << 30);
        });
        let alerts = host.alerts_after(&[], NOW);
        assert_eq!(alerts.first().map(|a| a.severity), expected, "{used} %");
        if used == 95 {
            assert_eq!(alerts[0].message, "95 % full, 5.00 GiB free");
        }
    }
}

#[test]
fn pools_in_trouble_are_told() {
    let cases = [
        (PoolState::Inaccessible, Condition::PoolTrouble, Severity::Critical),
        (PoolState::Degraded, Condition::PoolTrouble, Severity::Warning),
        (PoolState::Inactive, Condition::PoolInactive, Severity::Warning),
    ];
    for (state, condition, severity) in cases {
        let alert = Host::pool(|p| p.state = state).alert();
        assert_eq!((alert.condition, alert.severity), (condition, severity));
    }
    let by_choice = Host::pool(|p| {
        p.state = PoolState::Inactive;
        p.autostart = Some(false);
    });
    assert!(by_choice.alerts_after(&[], NOW).is_empty());
    let mut silent = Host::pool(|_| ());
    silent.pools.trouble(Uuid::from_u128(1), PoolTrouble::NoAnswer { since: Timestamp(400) });
    assert_eq!(silent.alert().since, Timestamp(400), "since it was asked");
}

#[test]
fn a_network_that_should_run_is_told() {
    let mut host = Host::new();
    let record = |active, autostart| NetworkRecord {
        id: Uuid::from_u128(1),
        name: "lan".into(),
        active,
        autostart: Some(autostart),
        persistent: Some(true),
        definition: NetworkDefinition::default(),
    };
    host.nets.read(vec![record(false, true)], NOW);
    assert_eq!(host.alert().condition, Condition::NetworkInactive);
    for fine in [record(true, true), record(false, false)] {
        host.nets.read(vec![fine], NOW);
        assert!(host.alerts_after(&[], NOW).is_empty());
    }
}

#[test]
fn a_full_file_system_is_told_unless_it_cannot_be_written() {
    let mut host = Host::new();
    let fs = |read_only| FileSystem {
        source: "/dev/sda1".into(),
        mount_point: "/var".into(),
        kind: "ext4".into(),
        size: Some(1000),
        used: Some(900),
        available: Some(50),
        inodes_used: None,
        read_only,
    };
    host.machine.filesystems = vec![fs(false)];
    let alert = host.alert();
    assert_eq!((alert.condition, alert.name.as_str()), (Condition::FileSystemNearlyFull, "/var"));
    assert_eq!(alert.message, "file system 94 % full, 50 B free");
    host.machine.filesystems = vec![fs(true)];
    assert!(host.alerts_after(&[], NOW).is_empty());
}

#[test]
fn a_lost_or_silent_hypervisor_is_told_with_the_reason() {
    let mut host = Host::new();
    host.link = Link::Lost {
        since: Timestamp(5),
        attempt: 1,
        next_try: NOW,
        cause: LostCause::Unreachable,
        reason: "refused".into(),
        hint: "Start it.".into(),
    };
    let alert = host.alert();
    assert_eq!((alert.condition, alert.since), (Condition::ConnectionLost, Timestamp(5)));
    assert_eq!((alert.message.as_str(), alert.remedy.as_str()), ("no connection: refused", "Start it."));
    host.link = Link::Stalled { since: Timestamp(7) };
    assert_eq!(host.alert().condition, Condition::NotAnswering);
}

#[test]
fn history_that_cannot_be_written_is_told_with_the_reason() {
    let mut host = Host::new();
    host.recording = Recording::Elsewhere { pid: Some(7) };
    assert!(host.alerts_after(&[], NOW).is_empty());
    host.recording = Recording::Failing { since: Timestamp(9), why: "no space left".into() };
    let alert = host.alert();
    assert_eq!((alert.condition, alert.since), (Condition::HistoryNotWritten, Timestamp(9)));
    assert!(alert.message.ends_with("no space left"));
}

#[test]
fn a_condition_keeps_its_beginning_until_it_ends() {
    let host = Host::vm(VmState::Crashed, |_| ());
    let first = host.alerts_after(&[], Timestamp(100));
    let second = host.alerts_after(&first, Timestamp(200));
    assert_eq!((first[0].since, second[0].since), (Timestamp(100), Timestamp(100)));
    assert_eq!(host.alerts_after(&[], Timestamp(300))[0].since, Timestamp(300));
}

#[test]
fn the_worst_comes_first_then_the_newest() {
    let mut host = Host::pool(|p| p.state = PoolState::Degraded);
    host.link = Link::Stalled { since: Timestamp(7) };
    host.nets.read(Vec::new(), NOW);
    let alerts = host.alerts_after(&[], NOW);
    assert_eq!(
        alerts.iter().map(|a| a.severity).collect::<Vec<_>>(),
        [Severity::Critical, Severity::Warning]
    );
}

//! Small things to test with: a VM, a pool, a network, a snapshot of them.

use std::sync::Arc;

use uuid::Uuid;

use super::host::HostView;
use super::id::VmId;
use super::network::{Network, NetworkDefinition};
use super::series::{Readings, Track};
use super::snapshot::{Link, Recording, SelfCost, Snapshot, Source};
use super::storage::{Pool, PoolRecord, PoolState, Volume};
use super::time::Timestamp;
use super::vm::{DiskDefinition, DiskSource, GroupTimes, Vm, VmDefinition, VmFlags, VmState};

/// A VM whose UUID ends in `number`, running, its definition not known.
pub(crate) fn vm(number: u64, name: &str) -> Vm {
    Vm {
        id: VmId(Uuid::from_u64_pair(0, number)),
        name: name.into(),
        state: VmState::Running,
        state_since: None,
        domain_id: None,
        flags: VmFlags::default(),
        definition: None,
        now: Readings::default(),
        fresh: GroupTimes::default(),
        tracks: None,
        disks: Vec::new(),
        nics: Vec::new(),
        addresses: Vec::new(),
        addresses_unavailable: None,
        job: None,
    }
}

/// The same, defined.
pub(crate) fn defined(number: u64, name: &str, definition: VmDefinition) -> Vm {
    Vm { definition: Some(Arc::new(definition)), ..vm(number, name) }
}

/// A disk with this target in a file.
pub(crate) fn disk(target: &str, path: &str) -> DiskDefinition {
    DiskDefinition {
        target: target.into(),
        device: "disk".into(),
        source: Some(DiskSource::File(path.into())),
        ..DiskDefinition::default()
    }
}

/// A running folder pool with these volumes, each path with that of its backing image.
pub(crate) fn pool(name: &str, path: &str, volumes: &[(&str, Option<&str>)]) -> Pool {
    let volume = |(path, backing): &(&str, Option<&str>)| Volume {
        name: path.rsplit('/').next().unwrap_or_default().into(),
        key: (*path).into(),
        path: (*path).into(),
        kind: "file",
        format: None,
        capacity: 0,
        allocation: 0,
        backing: backing.map(Into::into),
    };
    Pool {
        record: PoolRecord {
            id: Uuid::nil(),
            name: name.into(),
            state: PoolState::Running,
            autostart: None,
            persistent: None,
            capacity: Some(100),
            allocation: Some(40),
            available: Some(60),
            kind: "dir".into(),
            path: Some(path.into()),
        },
        at: None,
        volumes: Some(volumes.iter().map(volume).collect()),
        trouble: None,
        track: Arc::new(Track::new(&[])),
    }
}

/// A started network.
pub(crate) fn network(name: &str, definition: NetworkDefinition) -> Network {
    Network {
        id: Uuid::nil(),
        name: name.into(),
        active: true,
        autostart: None,
        persistent: None,
        definition,
        at: Timestamp(0),
    }
}

/// A snapshot of these.
pub(crate) fn snapshot(vms: Vec<Vm>, pools: Vec<Pool>, networks: Vec<Network>) -> Snapshot {
    Snapshot {
        serial: 1,
        at: Timestamp(0),
        uri: "test:///default".into(),
        demo: false,
        link: Link::Up { since: Timestamp(0) },
        listed: true,
        limits: Arc::default(),
        host: Arc::new(HostView {
            node: None,
            machine: None,
            local: false,
            now: Readings::default(),
            load: None,
            pressure: None,
            swap: None,
            uptime_s: None,
            at: None,
            track: Arc::new(Track::new(&[])),
        }),
        vms: vms.into_iter().map(Arc::new).collect(),
        pools: Some(pools.into_iter().map(Arc::new).collect()),
        networks: Some(networks.into_iter().map(Arc::new).collect()),
        alerts: Arc::from([]),
        cost: SelfCost::default(),
        recording: Recording::Off,
        source: Source::Own,
    }
}

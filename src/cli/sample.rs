//! A snapshot made by hand, for tests of what is made of it.

use std::sync::Arc;

use crate::model::alert::{Alert, Condition, Severity, Subject};
use crate::model::host::{HostView, Node};
use crate::model::id::VmId;
use crate::model::metric::MetricId;
use crate::model::network::{Forward, Network, NetworkDefinition};
use crate::model::series::{Readings, Track};
use crate::model::snapshot::{Limits, Link, Recording, SelfCost, Snapshot};
use crate::model::storage::{Pool, PoolRecord, PoolState, PoolTrouble, Volume};
use crate::model::time::Timestamp;
use crate::model::vm::{
    AddressSource, DeviceView, DiskDefinition, DiskSource, GroupTimes, GuestAddress, NicDefinition,
    NicSource, PauseReason, Vm, VmDefinition, VmFlags, VmState,
};

/// When the snapshot is looked at.
pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

fn readings(values: &[(MetricId, f64)]) -> Readings {
    let mut r = Readings::default();
    for (metric, value) in values {
        r.set(*metric, Some(*value));
    }
    r
}

fn no_track() -> Arc<Track> {
    Arc::new(Track::new(&[]))
}

fn vm(number: u8, name: &str, state: VmState, values: &[(MetricId, f64)]) -> Vm {
    let mut id = [0; 16];
    id[15] = number;
    Vm {
        id: VmId::from_bytes(id),
        name: name.into(),
        state,
        state_since: None,
        domain_id: None,
        flags: VmFlags::default(),
        definition: None,
        now: readings(values),
        fresh: GroupTimes::default(),
        tracks: None,
        disks: Vec::new(),
        nics: Vec::new(),
        addresses: Vec::new(),
        addresses_unavailable: None,
        job: None,
    }
}

fn address(text: &str, mac: &str) -> GuestAddress {
    GuestAddress {
        mac: Some(mac.into()),
        address: text.parse().unwrap(),
        prefix: 24,
        source: AddressSource::Lease,
    }
}

fn database() -> Vm {
    let gib = 1024f64.powi(3);
    let mut db = vm(
        2,
        "db01",
        VmState::Running,
        &[
            (MetricId::VmCpu, 71.25),
            (MetricId::VmMemory, 7.4 * gib),
            (MetricId::VmMemoryAvailable, 8.0 * gib),
            (MetricId::VmLatency, 0.000_812),
        ],
    );
    let mac = "52:54:00:00:00:01";
    db.flags.autostart = Some(false);
    db.addresses = vec![address("10.99.0.3", mac)];
    db.definition = Some(Arc::new(VmDefinition {
        title: Some("Main, old".into()),
        description: Some("Line one\nline two".into()),
        tags: vec!["prod".into(), "db".into()],
        memory: 8 << 30,
        disks: vec![DiskDefinition {
            target: "vda".into(),
            device: "disk".into(),
            source: Some(DiskSource::File("/pool/db01.qcow2".into())),
            ..DiskDefinition::default()
        }],
        nics: vec![NicDefinition {
            mac: mac.into(),
            source: NicSource::Network("default".into()),
            device: Some("vnet0".into()),
            ..NicDefinition::default()
        }],
        ..VmDefinition::default()
    }));
    let now = readings(&[(MetricId::DiskRead, 1.2 * 1024.0 * 1024.0)]);
    db.disks = vec![DeviceView { name: "vda".into(), now, track: no_track() }];
    db
}

fn vms() -> [Arc<Vm>; 4] {
    let gib = 1024f64.powi(3);
    let mut web = vm(
        4,
        "web10",
        VmState::Running,
        &[(MetricId::VmCpu, 4.0), (MetricId::VmMemory, 0.9 * gib), (MetricId::VmMemoryAvailable, 2.0 * gib)],
    );
    web.flags.autostart = Some(true);
    web.addresses = vec![address("10.99.0.21", "52:54:00:00:00:02")];
    let mut build = vm(1, "build\x1b[2J\u{202e}07", VmState::Paused(PauseReason::IoError), &[]);
    build.definition = Some(Arc::new(VmDefinition { memory: 8 << 30, ..VmDefinition::default() }));
    [build, database(), vm(3, "web02", VmState::ShutOff, &[]), web].map(Arc::new)
}

fn pool(name: &str, sizes: Option<(u64, u64)>, volumes: Option<Vec<Volume>>) -> Pool {
    Pool {
        record: PoolRecord {
            id: uuid::Uuid::from_u128(name.len() as u128),
            name: name.into(),
            state: PoolState::Running,
            autostart: Some(true),
            persistent: Some(true),
            capacity: sizes.map(|(_, c)| c),
            allocation: sizes.map(|(a, _)| a),
            available: sizes.map(|(a, c)| c - a),
            kind: "dir".into(),
            path: Some("/pool".into()),
        },
        at: Some(NOW),
        trouble: volumes
            .is_none()
            .then_some(PoolTrouble::NoAnswer { since: Timestamp::from_seconds(1_000_000 - 40) }),
        volumes: volumes.map(Into::into),
        track: no_track(),
    }
}

fn volume(name: &str, capacity: u64) -> Volume {
    Volume {
        name: name.into(),
        key: name.into(),
        path: format!("/pool/{name}"),
        kind: "file",
        format: Some("qcow2".into()),
        capacity,
        allocation: capacity / 2,
        backing: None,
    }
}

fn host() -> HostView {
    HostView {
        node: Some(Arc::new(Node {
            hostname: "kvm01".into(),
            driver: "QEMU".into(),
            libvirt_version: 11_003_000,
            cpus: 8,
            memory: 64 << 30,
            ..Node::default()
        })),
        machine: None,
        local: true,
        now: readings(&[(MetricId::HostCpu, 34.0)]),
        load: None,
        pressure: None,
        swap: None,
        uptime_s: Some(f64::from(12 * 86_400 + 4 * 3600)),
        at: Some(NOW),
        track: no_track(),
    }
}

/// Four VMs, two pools, one network.
pub(super) fn snapshot() -> Snapshot {
    let volumes = vec![volume("base.img", 10 << 30), volume("db01.qcow2", 20 << 30)];
    Snapshot {
        serial: 7,
        at: NOW,
        uri: "qemu:///system".into(),
        demo: false,
        link: Link::Up { since: NOW },
        listed: true,
        limits: Arc::new(Limits {
            no_agent: Some("the connection is read-only".into()),
            ..Limits::default()
        }),
        host: Arc::new(host()),
        vms: vms().into(),
        pools: Some(
            [pool("default", Some((412 << 30, 931 << 30)), Some(volumes)), pool("tank-old", None, None)]
                .map(Arc::new)
                .into(),
        ),
        networks: Some(
            [Arc::new(Network {
                id: uuid::Uuid::from_u128(99),
                name: "default".into(),
                active: true,
                autostart: None,
                persistent: None,
                definition: NetworkDefinition { forward: Forward::Nat, ..NetworkDefinition::default() },
                at: NOW,
            })]
            .into(),
        ),
        alerts: [Alert {
            condition: Condition::IoError,
            subject: Subject::Vm(VmId::from_bytes([0; 16])),
            name: "build07".into(),
            severity: Severity::Critical,
            since: NOW,
            message: "paused by an I/O error".into(),
            remedy: String::new(),
        }]
        .into(),
        cost: SelfCost::default(),
        recording: Recording::Off,
        source: crate::model::snapshot::Source::Own,
    }
}

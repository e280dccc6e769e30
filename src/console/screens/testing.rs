//! A made-up host for tests of state and screens: small, fixed, with one of everything.

pub(crate) mod ops;

use std::sync::Arc;
use std::time::Duration;

use crate::console::app::history::{ChartAsk, ChartHistory, MomentHistory};
use crate::engine::history::{self, Event, EventKind, PastSeries, PastView, Point, Points};
use crate::model::alert::{Alert, Condition, Severity, Subject};
use crate::model::host::{HostView, Machine, Node};
use crate::model::id::VmId;
use crate::model::metric::MetricId;
use crate::model::network::{Forward, Network, NetworkDefinition};
use crate::model::series::{Readings, Track};
use crate::model::snapshot::{Limits, Link, Recording, SelfCost, Snapshot, Source};
use crate::model::storage::{Pool, PoolRecord, PoolState, Volume};
use crate::model::time::Timestamp;
use crate::model::units::Unit;
use crate::model::vm::{
    AddressSource, BackingLayer, DeviceView, DiskDefinition, DiskSource, GroupTimes, GuestAddress,
    NicDefinition, NicSource, PauseReason, Vm, VmDefinition, VmFlags, VmState, VmTracks,
};

/// 23 November 2026, 14:02:11 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_795_442_531);
const KEEP: Duration = Duration::from_secs(900);
const GIB: u64 = 1 << 30;

fn wave(i: i64, base: f64, swing: f64) -> f64 {
    let phase = (i % 20) as f64 / 20.0;
    base + swing * (1.0 - (phase * 2.0 - 1.0).abs())
}

fn track(metrics: &'static [MetricId], row: impl Fn(i64) -> Vec<Option<f64>>) -> Arc<Track> {
    let mut t = Track::new(metrics);
    for i in 0..60 {
        t.push(Timestamp(NOW.0 - (60 - i) * 2000), &row(i), KEEP);
    }
    Arc::new(t)
}

fn vm(n: u8, name: &str, state: VmState, cpu: f64, tags: &[&str]) -> Vm {
    let active = state.is_active();
    let mut now = Readings::default();
    let mut fresh = GroupTimes::default();
    let tracks = active.then(|| {
        for (id, v) in [
            (MetricId::VmCpu, cpu),
            (MetricId::VmCpuHost, cpu / 2.0),
            (MetricId::VmSteal, 0.3),
            (MetricId::VmMemory, 2.1 * GIB as f64),
            (MetricId::VmMemoryAvailable, 4.0 * GIB as f64),
            (MetricId::VmMemoryShare, 52.5),
            (MetricId::VmResident, 3.9 * GIB as f64),
            (MetricId::VmDiskRead, 200_000.0),
            (MetricId::VmDiskWrite, 1_000_000.0),
            (MetricId::VmDisk, 1_200_000.0),
            (MetricId::VmIops, 85.0),
            (MetricId::VmLatency, 0.0008),
            (MetricId::VmNetRx, 290_000.0),
            (MetricId::VmNetTx, 50_000.0),
            (MetricId::VmNet, 340_000.0),
            (MetricId::VmNetDrops, 0.0),
        ] {
            now.set(id, Some(v));
        }
        for g in crate::model::metric::GROUPS {
            fresh.set(g, NOW);
        }
        let pair = |a: &'static [MetricId], base: f64| {
            track(a, |i| a.iter().map(|_| Some(wave(i, base, base))).collect())
        };
        VmTracks {
            cpu: track(&[MetricId::VmCpu, MetricId::VmCpuHost], |i| {
                // Twenty seconds in which nothing was read.
                let v = (!(20..30).contains(&i)).then(|| wave(i, cpu / 2.0, cpu / 2.0));
                vec![v, v.map(|v| v / 2.0)]
            }),
            vcpu: pair(&[MetricId::VmSteal, MetricId::VmWait], 0.3),
            memory: pair(&[MetricId::VmMemoryShare, MetricId::VmMemory, MetricId::VmResident], 40.0),
            disk: track(
                &[
                    MetricId::VmDisk,
                    MetricId::VmDiskRead,
                    MetricId::VmDiskWrite,
                    MetricId::VmIops,
                    MetricId::VmLatency,
                ],
                |i| [1.2e6, 2e5, 1e6, 85.0, 0.0008].map(|base| Some(wave(i, base / 2.0, base))).to_vec(),
            ),
            net: pair(&[MetricId::VmNet, MetricId::VmNetRx, MetricId::VmNetTx], 170_000.0),
        }
    });
    let device = |name: &str, id: MetricId, v: f64| {
        let mut now = Readings::default();
        now.set(id, Some(v));
        DeviceView { name: name.into(), now, track: Arc::new(Track::new(&[])) }
    };
    Vm {
        id: VmId::from_bytes([n; 16]),
        name: name.into(),
        state,
        state_since: Some(Timestamp(NOW.0 - 1_051_200_000)),
        domain_id: active.then_some(u32::from(n)),
        flags: VmFlags { persistent: Some(true), autostart: Some(n == 1), managed_save: Some(false) },
        definition: Some(Arc::new(definition(n, name, tags))),
        now,
        fresh,
        tracks,
        disks: if active { vec![device("vda", MetricId::DiskWrite, 1_000_000.0)] } else { Vec::new() },
        nics: if active { vec![device(&format!("vnet{n}"), MetricId::NicRx, 290_000.0)] } else { Vec::new() },
        addresses: if state == VmState::Running {
            vec![GuestAddress {
                mac: Some(mac(n)),
                address: [10, 99, 0, 20 + n].into(),
                prefix: 24,
                source: AddressSource::Lease,
            }]
        } else {
            Vec::new()
        },
        addresses_unavailable: None,
        job: None,
    }
}

fn mac(n: u8) -> String {
    format!("52:54:00:00:00:{n:02x}")
}

fn definition(n: u8, name: &str, tags: &[&str]) -> VmDefinition {
    VmDefinition {
        title: Some(format!("{name}, made up")),
        tags: tags.iter().map(|t| (*t).to_owned()).collect(),
        virt_type: "kvm".into(),
        vcpus: 4,
        vcpus_max: 4,
        memory: 4 * GIB,
        memory_max: 4 * GIB,
        arch: Some("x86_64".into()),
        machine: Some("pc-q35-10.0".into()),
        has_agent_channel: n == 1,
        agent_connected: (n == 1).then_some(true),
        has_balloon: true,
        disks: vec![DiskDefinition {
            target: "vda".into(),
            device: "disk".into(),
            bus: "virtio".into(),
            format: Some("qcow2".into()),
            source: Some(DiskSource::File(format!("/pool/{name}.qcow2"))),
            backing: vec![BackingLayer {
                format: Some("qcow2".into()),
                source: DiskSource::File("/pool/base.qcow2".into()),
            }],
            ..DiskDefinition::default()
        }],
        nics: vec![NicDefinition {
            mac: mac(n),
            model: Some("virtio".into()),
            source: NicSource::Network(if n == 3 { "isolated0" } else { "default" }.into()),
            device: Some(format!("vnet{n}")),
            link_up: true,
            vlans: Vec::new(),
        }],
        ..VmDefinition::default()
    }
}

fn pool(n: u8, name: &str, state: PoolState, used: u64, size: u64) -> Pool {
    let volume = |name: &str, used: u64| Volume {
        name: format!("{name}.qcow2"),
        key: format!("/pool/{name}.qcow2"),
        path: format!("/pool/{name}.qcow2"),
        kind: "file",
        format: Some("qcow2".into()),
        capacity: 20 * GIB,
        allocation: used * GIB,
        backing: (name != "base").then(|| "/pool/base.qcow2".into()),
    };
    let running = state == PoolState::Running;
    Pool {
        record: PoolRecord {
            id: uuid::Uuid::from_bytes([n; 16]),
            name: name.into(),
            state,
            autostart: Some(true),
            persistent: Some(true),
            capacity: running.then_some(size * GIB),
            allocation: running.then_some(used * GIB),
            available: running.then_some((size - used) * GIB),
            kind: "dir".into(),
            path: Some("/pool".into()),
        },
        at: Some(NOW),
        volumes: running.then(|| [volume("base", 2), volume("web01", 7), volume("db01", 12)].into()),
        trouble: None,
        track: Arc::new(Track::new(&[MetricId::PoolUsed])),
    }
}

fn network(n: u8, name: &str, forward: Forward, bridge: &str) -> Arc<Network> {
    Arc::new(Network {
        id: uuid::Uuid::from_bytes([n; 16]),
        name: name.into(),
        active: true,
        autostart: Some(true),
        persistent: Some(true),
        definition: NetworkDefinition {
            forward,
            bridge: Some(bridge.into()),
            dhcp: true,
            ..NetworkDefinition::default()
        },
        at: NOW,
    })
}

fn host_view() -> HostView {
    let mut now = Readings::default();
    for (id, v) in [
        (MetricId::HostCpu, 34.0),
        (MetricId::HostCpuUser, 25.0),
        (MetricId::HostCpuSystem, 9.0),
        (MetricId::HostMemory, 39.0 * GIB as f64),
        (MetricId::HostMemoryShare, 61.0),
    ] {
        now.set(id, Some(v));
    }
    HostView {
        node: Some(Arc::new(Node {
            hostname: "kvm01".into(),
            driver: "QEMU".into(),
            libvirt_version: 11_003_000,
            hypervisor_version: 10_000_002,
            cpu_model: "x86_64".into(),
            cpus: 16,
            sockets: 1,
            cores: 8,
            threads: 2,
            memory: 64 * GIB,
        })),
        machine: Some(Arc::new(Machine {
            kernel: Some("6.1.0-30-amd64".into()),
            os: Some("Debian 12".into()),
            ..Machine::default()
        })),
        local: true,
        now,
        load: Some([2.1, 1.8, 1.5]),
        pressure: None,
        swap: Some((0, 0)),
        uptime_s: Some(1_051_200.0),
        at: Some(NOW),
        track: track(&[MetricId::HostCpu, MetricId::HostMemoryShare], |i| {
            vec![Some(wave(i, 20.0, 30.0)), Some(61.0)]
        }),
    }
}

/// The host.
pub(crate) fn host() -> Arc<Snapshot> {
    host_with(|_| {})
}

/// The host, each VM changed.
pub(crate) fn host_with(change: impl Fn(&mut Vm)) -> Arc<Snapshot> {
    let mut vms = vec![
        vm(3, "build07", VmState::Paused(PauseReason::IoError), 0.0, &["ci"]),
        vm(2, "db01", VmState::Running, 71.0, &["db", "prod"]),
        vm(4, "mail", VmState::Running, 4.0, &["prod"]),
        vm(5, "test-old", VmState::ShutOff, 0.0, &[]),
        vm(1, "web01", VmState::Running, 38.0, &["prod", "web"]),
    ];
    vms.iter_mut().for_each(change);
    let build = vms[0].id;
    Arc::new(Snapshot {
        serial: 1,
        at: NOW,
        uri: "qemu:///system".into(),
        demo: false,
        link: Link::Up { since: Timestamp(NOW.0 - 120_000) },
        listed: true,
        limits: Arc::new(Limits::default()),
        host: Arc::new(host_view()),
        vms: vms.into_iter().map(Arc::new).collect(),
        pools: Some(
            [
                pool(1, "default", PoolState::Running, 412, 931),
                pool(2, "fast", PoolState::Running, 188, 200),
                pool(3, "tank-old", PoolState::Inactive, 0, 1),
            ]
            .into_iter()
            .map(Arc::new)
            .collect(),
        ),
        networks: Some(
            [
                network(1, "default", Forward::Nat, "virbr0"),
                network(2, "isolated0", Forward::Isolated, "virbr1"),
            ]
            .into(),
        ),
        alerts: [
            Alert {
                condition: Condition::IoError,
                subject: Subject::Vm(build),
                name: "build07".into(),
                severity: Severity::Critical,
                since: Timestamp(NOW.0 - 240_000),
                message: "paused by an I/O error: no space left in pool fast".into(),
                remedy: "Make room in the pool, then resume the VM.".into(),
            },
            Alert {
                condition: Condition::PoolNearlyFull,
                subject: Subject::Pool("fast".into()),
                name: "fast".into(),
                severity: Severity::Warning,
                since: Timestamp(NOW.0 - 1_240_000),
                message: "94 % full, 12.0 GiB left".into(),
                remedy: "Delete or move volumes, or grow the pool.".into(),
            },
        ]
        .into(),
        cost: SelfCost { cpu_percent: Some(0.3), ..SelfCost::default() },
        recording: Recording::Off,
        source: Source::Own,
    })
}

/// VM that is gone by now.
const GONE: VmId = VmId::from_bytes([77; 16]);

/// What history tells of a moment: one with a value, one not started yet, one not defined yet, one that is gone.
pub(crate) fn past(at: i64) -> MomentHistory {
    let id = |n: u8| VmId::from_bytes([n; 16]);
    let minute = Timestamp(at - at.rem_euclid(60_000));
    let series = |subject, metric, mut recent: Vec<Option<f32>>| {
        let value = recent.iter().rev().take(2).find_map(|v| *v);
        let mut all: Vec<Option<f32>> = (0..57).map(|i| Some(f32::from(i as u8 % 20) + 4.0)).collect();
        all.append(&mut recent);
        PastSeries { subject, metric, value, recent: all }
    };
    let web = || history::Subject::Vm(id(1));
    let of_pool = |metric, value: f64| {
        let pool = history::Subject::Pool(uuid::Uuid::from_bytes([1; 16]).to_string());
        series(pool, metric, vec![Some(value as f32); 3])
    };
    let view = PastView {
        at: minute,
        step: Duration::from_secs(60),
        series: vec![
            series(web(), MetricId::VmCpu, vec![Some(10.0), None, Some(12.0)]),
            series(web(), MetricId::VmMemoryShare, vec![Some(50.0), Some(50.0), None]),
            series(web(), MetricId::VmMemory, vec![None, None, Some(GIB as f32)]),
            series(
                history::Subject::Disk(id(1), "vda".into()),
                MetricId::DiskWrite,
                vec![None, None, Some(5e5)],
            ),
            series(history::Subject::Nic(id(1), mac(1)), MetricId::NicRx, vec![None, None, Some(3e5)]),
            series(history::Subject::Vm(GONE), MetricId::VmCpu, vec![Some(90.0); 3]),
            series(history::Subject::Host, MetricId::HostCpu, vec![Some(55.0); 3]),
            of_pool(MetricId::PoolUsed, 300.0 * GIB as f64),
            of_pool(MetricId::PoolCapacity, 931.0 * GIB as f64),
        ],
    };
    let event = |n: u8, kind, minutes: i64| Event {
        at: Timestamp(at + minutes * 60_000),
        subject: Some(history::Subject::Vm(id(n))),
        kind,
        detail: String::new(),
    };
    MomentHistory {
        at: Timestamp(at),
        view,
        before: vec![event(1, EventKind::VmStarted, -45)],
        after: vec![event(4, EventKind::VmDefined, 2), event(2, EventKind::VmStarted, 5)],
        names: vec![(GONE, "old07".into())],
        begin: Some(Timestamp(at - 86_400_000)),
    }
}

/// What history tells for charts: a wave with bands, a gap, and two events.
pub(crate) fn charted(ask: &ChartAsk) -> ChartHistory {
    let step = (ask.to.0 - ask.from.0) / 200;
    let points = |base: f64| {
        let mut out: Vec<Point> = (0..200)
            .filter(|i| !(80..95).contains(i))
            .map(|i| {
                let mean = wave(i, base, base / 2.0);
                let (min, max) = ((mean * 0.7) as f32, (mean * 1.4) as f32);
                Point { at: Timestamp(ask.from.0 + i * step), mean: Some(mean), min, max, count: 30 }
            })
            .collect();
        out.insert(
            80,
            Point { at: Timestamp(ask.from.0 + 80 * step), mean: None, min: 0.0, max: 0.0, count: 0 },
        );
        Points { tier: history::Tier::Minute, points: out }
    };
    let base = |metric: MetricId| match metric.get().unit {
        Unit::Percent => 40.0,
        Unit::Seconds => 0.002,
        _ => 2e6,
    };
    let event = |share: i64, subject, kind| Event {
        at: Timestamp(ask.from.0 + (ask.to.0 - ask.from.0) / 100 * share),
        subject,
        kind,
        detail: String::new(),
    };
    let first = ask.series.first().map(|(subject, _)| subject.clone());
    ChartHistory {
        series: ask.series.iter().map(|key| (key.clone(), points(base(key.1)))).collect(),
        events: vec![event(41, None, EventKind::ConnectionLost), event(47, first, EventKind::VmStarted)],
        begin: Some(Timestamp(ask.from.0 - 86_400_000)),
    }
}

//! What the desk sees when it looks: snapshots, deleted VMs, records and the like, with names that nobody should draw as
//! they are.

use super::{ago, id};
use crate::console::screens::testing::host;
use crate::engine::jobs::records::Link;
use crate::engine::jobs::{NetworkSeen, TemplateVersion};
use crate::hypervisor::Lease;
use crate::model::audit::{AuditRecord, Chained};
use crate::model::held::{HeldVm, HeldVolume, Kept, Revision};
use crate::model::id::VmId;
use crate::model::job::{Actor, JobId, JobState, Via};
use crate::model::network::{Forward, NetworkDefinition, Reservation};
use crate::model::operation::{Operation, Target, VmOperation};
use crate::model::storage::{Orphan, Volume};
use crate::model::vm::DiskSource;
use crate::model::vm_snapshot::{SizedSnapshot, SnapshotDisk, SnapshotMemory, SnapshotState, VmSnapshot};
use crate::operations::{NetworkFact, NetworkUser};

const EVIL: &str = "e\u{1b}[2J\u{202e}vil";

fn snapshot(name: &str, parent: Option<&str>, hours: i64, size: Option<u64>) -> SizedSnapshot {
    let disk = |overlay: bool| SnapshotDisk {
        target: "vda".into(),
        holds: Some(DiskSource::File("/pool/web01.qcow2".into())),
        overlay: overlay.then(|| DiskSource::File(format!("/pool/web01.{name}"))),
    };
    let external = size.is_some();
    let snapshot = VmSnapshot {
        name: name.into(),
        description: Some(format!("before {name}")),
        parent: parent.map(str::to_owned),
        current: name == "tuned",
        created: ago(hours * 3600),
        state: if external { SnapshotState::DisksOnly } else { SnapshotState::Running },
        memory: if external { SnapshotMemory::None } else { SnapshotMemory::Internal },
        disks: vec![disk(external)],
    };
    SizedSnapshot { snapshot, size }
}

pub(crate) fn snapshots() -> Vec<SizedSnapshot> {
    vec![
        snapshot("fresh", None, 2400, None),
        snapshot("upgraded", Some("fresh"), 300, Some(1 << 30)),
        snapshot("tuned", Some("upgraded"), 26, Some(300 << 20)),
        snapshot(EVIL, Some("fresh"), 200, None),
    ]
}

fn anna(via: Via) -> Actor {
    Actor { user: "anna".into(), origin: "10.0.0.5".into(), via, pid: 4711 }
}

fn xml(memory: u32) -> String {
    format!("<domain type='kvm'>\n  <name>web01</name>\n  <memory>{memory}</memory>\n</domain>\n")
}

pub(crate) fn revisions() -> Vec<Revision> {
    let revision = |number: i64, hours: i64, by: bool, why: &str| Revision {
        number,
        at: ago(hours * 3600),
        by: by.then(|| anna(Via::Console)),
        why: why.into(),
        xml: xml(1000 + number as u32),
    };
    vec![
        revision(3, 1, true, "vm.edit"),
        revision(2, 50, false, "noticed"),
        revision(1, 900, false, "noticed"),
    ]
}

fn record(number: u64, act: VmOperation, result: JobState, hours: i64, outcome: &str) -> Chained {
    let web = id(&host(), "web01");
    let record = AuditRecord {
        at: ago(hours * 3600),
        by: anna(if number == 2 { Via::Command } else { Via::Console }),
        host: "qemu:///system".into(),
        operation: Operation::vm(web, act),
        target: Target::vm(web, if number == 3 { EVIL } else { "web01" }),
        job: Some(JobId(number.cast_signed())),
        plan: "virsh define /tmp/web01.xml\nTell what changed".into(),
        xml_before: xml(1002),
        xml_after: xml(1003),
        result,
        outcome: outcome.into(),
        duration_ms: 120 * number,
        ended_by: None,
    };
    Chained { number, record, hash: "ab".repeat(32) }
}

pub(crate) fn records() -> Vec<Chained> {
    let edit = VmOperation::Redefine {
        xml: xml(1003),
        secrets: false,
        why: crate::model::operation::Redefined::Edit,
    };
    let tags = VmOperation::SetTags { tags: vec!["web".into()] };
    vec![
        record(4, edit, JobState::Done, 1, "web01 has another definition now."),
        record(3, VmOperation::ForceOff, JobState::Failed, 3, EVIL),
        record(2, VmOperation::Reset, JobState::Cancelled, 30, "Stopped before its turn came."),
        record(1, tags, JobState::Done, 700, "web01 has other tags now."),
    ]
}

pub(crate) fn link(number: u64) -> Link {
    let chained = records().into_iter().find(|r| r.number == number).unwrap();
    let text = serde_json::to_string(&chained.record).unwrap();
    Link { number, previous: "cd".repeat(32), text, hash: chained.hash }
}

pub(crate) fn held() -> Vec<HeldVm> {
    let held = |n: u8, name: &str, days: i64| HeldVm {
        vm: VmId::from_bytes([n; 16]),
        name: name.into(),
        deleted: ago(3600 * i64::from(n)),
        until: ago(-days * 86_400 - 60),
        by: anna(Via::Console),
        kept: Kept {
            volumes: vec![HeldVolume {
                target: "vda".into(),
                source: DiskSource::File(format!("/pool/{name}.qcow2")),
                size: Some(7 << 30),
            }],
            ..Kept::default()
        },
    };
    vec![held(21, "old-web", 29), held(22, "try", 2), held(23, EVIL, 0)]
}

pub(crate) fn orphans() -> Vec<Orphan> {
    let orphan = |name: &str, gib: u64| Orphan {
        pool: "default".into(),
        volume: Volume {
            name: name.into(),
            key: format!("/pool/{name}"),
            path: format!("/pool/{name}"),
            kind: "file",
            format: Some("qcow2".into()),
            capacity: 20 << 30,
            allocation: gib << 30,
            backing: None,
        },
        below: if gib > 3 { vec!["default/left.qcow2".into()] } else { Vec::new() },
    };
    vec![orphan("left-base.qcow2", 4), orphan("left.qcow2", 1), orphan(EVIL, 1)]
}

pub(crate) fn network() -> NetworkSeen {
    let user = |vm: &str, n: u8, live: bool| NetworkUser {
        vm: vm.into(),
        live,
        mac: format!("52:54:00:00:00:{n:02x}"),
        device: live.then(|| format!("vnet{n}")),
        network: Some("default".into()),
        bridge: None,
    };
    NetworkSeen {
        network: NetworkFact {
            id: uuid::Uuid::from_bytes([1; 16]),
            name: "default".into(),
            active: true,
            autostart: Some(true),
            persistent: Some(true),
            definition: NetworkDefinition {
                forward: Forward::Nat,
                bridge: Some("virbr0".into()),
                addresses: vec!["192.168.122.1/24".into()],
                dhcp: true,
                ..NetworkDefinition::default()
            },
            xml: String::new(),
        },
        users: vec![user("web01", 1, true), user(EVIL, 2, false)],
        leases: vec![Lease {
            mac: Some("52:54:00:00:00:01".into()),
            address: [192, 168, 122, 21].into(),
            prefix: 24,
            hostname: Some("web01".into()),
        }],
        reservations: vec![Reservation {
            mac: Some("52:54:00:00:00:02".into()),
            address: Some([192, 168, 122, 77].into()),
            hostname: None,
        }],
    }
}

pub(crate) fn templates() -> Vec<TemplateVersion> {
    let version = |name: &str, version: u32, children: &[&str]| TemplateVersion {
        name: name.into(),
        version,
        pool: "default".into(),
        manifest: format!("template-{name}-v{version}.xml"),
        disks: vec![format!("template-{name}-v{version}.qcow2")],
        size: 2 << 30,
        children: children.iter().map(|c| (*c).to_owned()).collect(),
    };
    vec![version("debian12", 1, &["default/web01.qcow2"]), version("debian12", 2, &[]), version(EVIL, 1, &[])]
}

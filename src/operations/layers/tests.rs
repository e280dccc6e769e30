use std::collections::BTreeSet;
use std::fmt::Write;

use super::*;
use crate::model::id::VmId;
use crate::model::operation::DiskMove;
use crate::model::plan::{Act, LayersAct, Plan, Step};
use crate::model::storage::{PoolRecord, PoolState, Volume};
use crate::model::vm::{BackingLayer, VmState};
use crate::operations::storage::{PoolFacts, VmUses};
use crate::operations::tests::{ID, told, vm};
use crate::operations::{ImageAbove, StorageFacts, plan as plan_of};
use crate::xml::domain::{Named, Use};

const GIB: u64 = 1 << 30;
const DEFINED: &str = "<domain type='kvm'>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' discard='unmap'/>
      <source file='/images/web.qcow2'/>
      <backingStore type='file'>
        <format type='raw'/>
        <source file='/images/base.raw'/>
        <backingStore/>
      </backingStore>
      <target dev='vda' bus='virtio'/>
    </disk>
  </devices>
</domain>
";

fn volume(name: &str, backing: Option<&str>) -> Volume {
    Volume {
        name: name.into(),
        key: format!("/images/{name}"),
        path: format!("/images/{name}"),
        kind: "file",
        format: Some(if name.contains("raw") { "raw" } else { "qcow2" }.into()),
        capacity: 10 * GIB,
        allocation: 2 * GIB,
        backing: backing.map(str::to_owned),
    }
}

fn pool(name: &str, kind: &str, free: u64, volumes: Vec<Volume>) -> PoolFacts {
    let record = PoolRecord {
        id: uuid::Uuid::from_bytes([name.len() as u8; 16]),
        name: name.into(),
        state: if free == 0 { PoolState::Inactive } else { PoolState::Running },
        autostart: Some(true),
        persistent: Some(true),
        capacity: Some(100 * GIB),
        allocation: Some(100 * GIB - free),
        available: Some(free),
        kind: kind.into(),
        path: Some(format!("/{name}")),
    };
    PoolFacts { record, volumes: (free > 0).then_some(volumes), xml: String::new() }
}

/// `web01` with a layer on an image that nobody else uses.
fn facts(state: VmState) -> Facts {
    let layer =
        |path: &str| BackingLayer { format: Some("raw".into()), source: DiskSource::File(path.into()) };
    let disk = DiskDefinition {
        target: "vda".into(),
        device: "disk".into(),
        bus: "virtio".into(),
        format: Some("qcow2".into()),
        source: Some(DiskSource::File("/images/web.qcow2".into())),
        backing: if state.is_active() { vec![layer("/images/base.raw")] } else { Vec::new() },
        ..DiskDefinition::default()
    };
    let mut vm = vm(state);
    vm.definition.disks = vec![disk];
    vm.defined_xml = DEFINED.into();
    let images = vec![volume("web.qcow2", Some("/images/base.raw")), volume("base.raw", None)];
    let uses = |path: &str| Use { named: Named::Path(path.into()), reads_only: false };
    let own = VmUses {
        id: ID,
        name: "web01".into(),
        active: true,
        uses: vec![uses("/images/web.qcow2")],
        macs: BTreeSet::default(),
    };
    let storage = StorageFacts {
        pools: vec![
            pool("images", "dir", 50 * GIB, images),
            pool("fast", "dir", 9 * GIB, vec![volume("web.qcow2", None)]),
            pool("vg", "logical", 50 * GIB, Vec::new()),
            pool("full", "dir", GIB, Vec::new()),
            pool("ceph", "rbd", 50 * GIB, Vec::new()),
            pool("cold", "dir", 0, Vec::new()),
        ],
        vms: vec![own],
        ..StorageFacts::default()
    };
    let layers =
        LayerFacts { capacity: Some(10 * GIB), written: Some("7.1".into()), ..LayerFacts::default() };
    Facts { vm: Some(vm), storage, layers: Some(layers), ..Facts::default() }
}

type Change<'c> = (&'c str, &'c dyn Fn(&mut Facts));

fn migrate(change: impl FnOnce(&mut DiskMove)) -> LayerOperation {
    let mut to = DiskMove { pool: "fast".into(), ..DiskMove::default() };
    change(&mut to);
    LayerOperation::Migrate(to)
}

fn commit() -> LayerOperation {
    LayerOperation::Commit { into: None, keep_old: false }
}

fn ask(what: &LayerOperation, facts: &Facts) -> Planned {
    ask_at_most(None, what, facts)
}

fn ask_at_most(bandwidth: Option<u32>, what: &LayerOperation, facts: &Facts) -> Planned {
    let change = LayerChange { target: "vda".into(), what: what.clone(), bandwidth };
    plan_of(&Operation::vm(ID, VmOperation::Layers(change)), facts)
}

fn good(planned: Planned) -> Plan {
    match planned {
        Planned::Plan(plan) => *plan,
        Planned::Refused(no) => panic!("{}: {}", no.title, no.reason),
    }
}

#[test]
fn moves_and_merges_as_they_are_told() {
    let mut out = String::new();
    let asked: Vec<(&str, LayerOperation)> = vec![
        ("move", migrate(|_| ())),
        ("its own layer", migrate(|m| (m.keep_below, m.name) = (true, Some("layer.qcow2".into())))),
        ("as raw", migrate(|m| m.format = Some("raw".into()))),
        ("to a group", migrate(|m| m.pool = "vg".into())),
        ("to where it is", migrate(|m| m.pool = "images".into())),
        ("old kept", migrate(|m| m.keep_old = true)),
        ("too small", migrate(|m| m.pool = "full".into())),
        ("stopped pool", migrate(|m| m.pool = "cold".into())),
        ("other kind", migrate(|m| m.pool = "ceph".into())),
        ("no such", migrate(|m| m.pool = "nowhere".into())),
        ("taken", migrate(|m| m.name = Some("web.qcow2".into()))),
        ("bad name", migrate(|m| m.name = Some("a/b".into()))),
        ("commit", commit()),
        ("commit to what is not below", LayerOperation::Commit { into: Some("/x".into()), keep_old: true }),
        ("pull", LayerOperation::Pull { onto: None }),
        ("pull onto", LayerOperation::Pull { onto: Some("images/base.raw".into()) }),
    ];
    for (name, what) in &asked {
        for state in [VmState::Running, VmState::ShutOff] {
            let _ = write!(out, "== {name}, {}\n{}", state.phrase(), told(&ask(what, &facts(state))));
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn a_bandwidth_is_given_where_it_is_kept() {
    for what in [migrate(|_| ()), commit(), LayerOperation::Pull { onto: None }] {
        let plan = good(ask_at_most(Some(40), &what, &facts(VmState::Running)));
        let bound = |step: &Step| step.command.windows(2).any(|two| two == ["--bandwidth", "40"]);
        assert_eq!(plan.steps.iter().filter(|step| bound(step)).count(), 1, "{:#?}", plan.steps);
        let json = serde_json::to_string(&plan.steps).unwrap();
        assert_eq!(json.matches("\"bandwidth\":40").count(), 1, "{json}");
    }
    let off = told(&ask_at_most(Some(40), &migrate(|_| ()), &facts(VmState::ShutOff)));
    assert!(off.contains("as fast as it goes") && !off.contains("--bandwidth"), "{off}");
}

#[test]
fn what_stands_in_the_way_is_told() {
    let mut out = String::new();
    let child = |f: &mut Facts| {
        f.storage.pools[0]
            .volumes
            .iter_mut()
            .for_each(|v| v.push(volume("kid.qcow2", Some("/images/base.raw"))));
    };
    let other = |f: &mut Facts| {
        let named = Named::Volume { pool: "images".into(), volume: "web.qcow2".into() };
        let uses = vec![Use { named, reads_only: false }];
        f.storage.vms.push(VmUses {
            id: VmId::from_bytes([9; 16]),
            name: "oth\u{1b}er".into(),
            active: false,
            uses,
            macs: BTreeSet::default(),
        });
    };
    let disk = |f: &mut Facts, change: fn(&mut DiskDefinition)| {
        f.vm.iter_mut().flat_map(|vm| &mut vm.definition.disks).for_each(change);
    };
    let on_base = |id: u8, name: &str| VmUses {
        id: VmId::from_bytes([id; 16]),
        name: name.into(),
        active: false,
        uses: vec![Use { named: Named::Path("/images/base.raw".into()), reads_only: true }],
        macs: BTreeSet::default(),
    };
    let second = |f: &mut Facts| {
        let layer = BackingLayer { format: None, source: DiskSource::File("/images/base.raw".into()) };
        let disk = DiskDefinition {
            target: "vdb".into(),
            device: "disk".into(),
            source: Some(DiskSource::File("/x/second.qcow2".into())),
            backing: vec![layer],
            ..DiskDefinition::default()
        };
        f.vm.iter_mut().for_each(|vm| vm.definition.disks.push(disk.clone()));
    };
    let image = || ImageAbove { path: "/x/kid.qcow2".into(), below: "/images/web.qcow2".into() };
    let changes: [Change<'_>; 16] = [
        ("a volume on its base", &child),
        ("another VM with its image", &other),
        ("a VM that is off on its base", &|f| f.storage.vms.push(on_base(9, "linked"))),
        ("a VM that is held on its base", &|f| f.storage.held.push(on_base(9, "held"))),
        ("an image no pool lists on it", &|f| f.storage.images.push(image())),
        ("another of its disks on its base", &second),
        ("nobody knows", &|f| f.storage.unread.push("odd, /i/odd: it is a QED image".into())),
        ("snapshots", &|f| f.layers.iter_mut().for_each(|l| l.snapshots = vec!["s1".into()])),
        ("checkpoints", &|f| f.layers.iter_mut().for_each(|l| l.checkpoints = vec!["c1".into()])),
        ("a job", &|f| f.layers.iter_mut().for_each(|l| l.job = JobFact::Running)),
        ("no jobs", &|f| f.layers.iter_mut().for_each(|l| l.job = JobFact::Unsupported)),
        ("saved", &|f| f.vm.iter_mut().for_each(|vm| vm.flags.managed_save = Some(true))),
        ("transient", &|f| f.vm.iter_mut().for_each(|vm| vm.flags.persistent = Some(false))),
        ("shared", &|f| disk(f, |d| d.shareable = true)),
        ("a drive", &|f| disk(f, |d| d.device = "cdrom".into())),
        ("elsewhere", &|f| disk(f, |d| d.source = Some(DiskSource::File("/root/x.qcow2".into())))),
    ];
    for (name, change) in changes {
        for state in [VmState::Running, VmState::ShutOff] {
            for (verb, what) in [("move", migrate(|_| ())), ("commit", commit())] {
                let mut facts = facts(state);
                change(&mut facts);
                let line = match ask(&what, &facts) {
                    Planned::Refused(no) => format!("no ({:?}): {} {}", no.kind, no.reason, no.remedy),
                    Planned::Plan(plan) => {
                        plan.notes.iter().fold(String::from("yes:"), |all, n| all + " " + &n.text)
                    }
                };
                let _ = writeln!(out, "{name}, {}, {verb}: {}", state.phrase(), line.trim_end());
            }
        }
    }
    insta::assert_snapshot!(out);
}

/// What must hold whatever was asked: nothing is deleted before the disk is elsewhere, and nothing is taken back afterwards.
#[test]
fn nothing_goes_before_the_disk_is_elsewhere() {
    let kept = migrate(|m| m.keep_old = true);
    for (what, state) in [
        (migrate(|_| ()), VmState::Running),
        (migrate(|_| ()), VmState::ShutOff),
        (kept, VmState::Running),
        (commit(), VmState::Running),
    ] {
        let plan = good(ask(&what, &facts(state)));
        let last = plan.no_way_back.unwrap();
        for (at, step) in plan.steps.iter().enumerate() {
            let goes = matches!(step.act, Act::Layers(LayersAct::DropUnused { .. }));
            assert!(!goes || at > last, "{what:?}: {}", step.title);
            assert_eq!(step.undo.is_some(), at < last, "{what:?}: {}", step.title);
        }
        let there =
            matches!(plan.steps[last].act, Act::Layers(LayersAct::Pivot { .. } | LayersAct::Switch { .. }));
        assert!(there, "{what:?}");
    }
}

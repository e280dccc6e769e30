use std::collections::BTreeSet;
use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::model::id::VmId;
use crate::model::operation::{AfterRevert, NewSnapshot, SnapshotWay};
use crate::model::text::clean;
use crate::model::time::Timestamp;
use crate::model::vm::{BackingLayer, DiskDefinition, DiskSource, Firmware, PauseReason};
use crate::model::vm_snapshot::{SnapshotAbilities, SnapshotDisk, SnapshotMemory, SnapshotState};
use crate::operations::tests::{ID, check_plan, hostile, told, vm, vm_facts};
use crate::operations::{ImageAbove, VmUses};
use crate::xml::domain::{Named, Use};

const ALL: SnapshotAbilities =
    SnapshotAbilities { revert_external: true, delete_external: true, internal_uefi: true };
const LIBVIRT_9_0: SnapshotAbilities =
    SnapshotAbilities { revert_external: false, delete_external: true, internal_uefi: false };

fn disk(target: &str, format: &str, path: &str) -> DiskDefinition {
    DiskDefinition {
        target: target.into(),
        device: "disk".into(),
        format: Some(format.into()),
        source: Some(DiskSource::File(path.into())),
        ..DiskDefinition::default()
    }
}

fn machine(state: VmState, format: &str) -> VmFacts {
    let mut vm = vm(state);
    let cdrom =
        DiskDefinition { device: "cdrom".into(), read_only: true, ..disk("sda", "raw", "/i/seed.iso") };
    vm.definition.disks = vec![disk("vda", format, &format!("/i/web01.{format}")), cdrom];
    vm.definition.memory = 1 << 30;
    vm
}

fn known() -> SnapshotFacts {
    let folder =
        Folder { path: "/i".into(), free: Some(9 << 30), files: vec![("/i/web01.raw".into(), 5 << 20)] };
    SnapshotFacts { abilities: ALL, folders: vec![folder], ..SnapshotFacts::default() }
}

fn kept(name: &str, parent: Option<&str>, current: bool, external: bool) -> VmSnapshot {
    let disk = SnapshotDisk {
        target: "vda".into(),
        holds: Some(DiskSource::File("/i/web01.qcow2".into())),
        overlay: external.then(|| DiskSource::File(format!("/i/web01.{name}.qcow2"))),
    };
    VmSnapshot {
        name: name.into(),
        description: None,
        parent: parent.map(str::to_owned),
        current,
        created: Timestamp(i64::try_from(name.len()).unwrap()),
        state: SnapshotState::Off,
        memory: SnapshotMemory::None,
        disks: vec![disk],
    }
}

fn ask(act: Op, vm: VmFacts, s: SnapshotFacts) -> Planned {
    ask_with(act, vm, s, StorageFacts::default())
}

fn ask_with(act: Op, vm: VmFacts, s: SnapshotFacts, storage: StorageFacts) -> Planned {
    let facts = Facts { vm: Some(vm), snapshots: Some(s), storage, ..Facts::default() };
    crate::operations::plan(&Operation::snapshot(ID, act), &facts)
}

/// The same beside another VM that is off, and rests on that image; the VM itself has all of its own.
fn beside(image: &str, act: Op, s: SnapshotFacts) -> Planned {
    let uses = |paths: &[&str]| {
        let named = |path: &&str| Use { named: Named::Path((*path).to_owned()), reads_only: true };
        paths.iter().map(named).collect()
    };
    let mut vm = machine(VmState::Running, "qcow2");
    let present = s.snapshots.iter().find(|s| s.current).and_then(|s| s.disks[0].overlay.clone());
    vm.definition.disks[0].source = present.or(vm.definition.disks[0].source.take());
    let own = ["/i/web01.qcow2", "/i/web01.a.qcow2", "/i/web01.bb.qcow2"];
    let vms = vec![
        VmUses { id: ID, name: vm.name.clone(), active: true, uses: uses(&own), macs: BTreeSet::default() },
        VmUses {
            id: VmId::from_bytes([9; 16]),
            name: "clone".into(),
            active: false,
            uses: uses(&[image]),
            macs: BTreeSet::default(),
        },
    ];
    // Its own layers are on its own images.
    let images = vec![ImageAbove { path: "/i/web01.bb.qcow2".into(), below: "/i/web01.a.qcow2".into() }];
    ask_with(act, vm, s, StorageFacts { vms, images, ..StorageFacts::default() })
}

fn take(change: impl FnOnce(&mut NewSnapshot)) -> Op {
    let mut new = NewSnapshot::named("a");
    change(&mut new);
    Op::Create(new)
}

fn back(name: &str, then: AfterRevert, keep: Option<&str>) -> Op {
    Op::Revert { name: name.into(), then, keep: keep.map(str::to_owned) }
}

fn delete(name: &str, children: bool) -> Op {
    Op::Delete { name: name.into(), children, metadata_only: false }
}

fn listed(cases: &[(&str, Planned)]) -> String {
    cases.iter().fold(String::new(), |mut out, (when, planned)| {
        let _ = write!(out, "{when}: {}", told(planned));
        out
    })
}

#[test]
fn taking_one_in_the_way_that_works() {
    use VmState::{Running, ShutOff};
    let disks = |new: &mut NewSnapshot| new.content = SnapshotContent::Disks;
    let way = |way| move |new: &mut NewSnapshot| new.way = way;
    let with = |change: fn(&mut SnapshotFacts)| {
        let mut s = known();
        change(&mut s);
        s
    };
    let on = |change: fn(&mut VmFacts)| {
        let mut vm = machine(Running, "qcow2");
        change(&mut vm);
        vm
    };
    let agent = |s: &mut SnapshotFacts| s.agent = AgentFact::Listens;
    let silent = |s: &mut SnapshotFacts| s.agent = AgentFact::Silent("it sleeps".into());
    let frozen = |s: &mut SnapshotFacts| s.agent = AgentFact::Frozen;
    let uefi = |s: &mut SnapshotFacts| s.nvram = Some("qcow2".into());
    let uefi_raw = |s: &mut SnapshotFacts| s.nvram = Some("raw".into());
    let old_uefi = |s: &mut SnapshotFacts| (s.nvram, s.abilities) = (Some("qcow2".into()), LIBVIRT_9_0);
    let layered = |s: &mut SnapshotFacts| s.snapshots = vec![kept("e1", None, true, true)];
    let inside = |s: &mut SnapshotFacts| s.snapshots = vec![kept("i1", None, true, false)];
    let there = |s: &mut SnapshotFacts| s.folders[0].files.push(("/i/web01.a.qcow2".into(), 1));
    let full = |s: &mut SnapshotFacts| s.folders[0].free = Some(1);
    let unseen = |s: &mut SnapshotFacts| s.folders.clear();
    let always = |new: &mut NewSnapshot| (new.content, new.freeze) = (SnapshotContent::Disks, Freeze::Always);
    let block =
        |vm: &mut VmFacts| vm.definition.disks[0].source = Some(DiskSource::Block("/dev/vg/web01".into()));
    let rbd = |vm: &mut VmFacts| {
        let source = DiskSource::Network { protocol: "rbd".into(), name: "p/web01".into() };
        (vm.definition.disks[0].source, vm.definition.disks[0].format) = (Some(source), Some("raw".into()));
    };
    let folder =
        |new: &mut NewSnapshot| (new.folder, new.way) = (Some("/layers/".into()), SnapshotWay::External);
    let shared = |vm: &mut VmFacts| {
        vm.definition.disks.push(DiskDefinition { shareable: true, ..disk("vdb", "raw", "/i/shared.raw") });
    };
    let layer = |vm: &mut VmFacts| vm.definition.disks[0] = disk("vda", "qcow2", "/i/web01.e1.qcow2");
    let (q, r) = (|| machine(Running, "qcow2"), || machine(Running, "raw"));
    insta::assert_snapshot!(listed(&[
        ("off", ask(take(|_| ()), machine(ShutOff, "qcow2"), known())),
        ("off, raw", ask(take(|_| ()), machine(ShutOff, "raw"), known())),
        ("off, raw, inside", ask(take(way(SnapshotWay::Internal)), machine(ShutOff, "raw"), known())),
        ("running", ask(take(|_| ()), q(), known())),
        ("running, raw", ask(take(|_| ()), r(), known())),
        ("running, raw, folder unseen", ask(take(|_| ()), r(), with(unseen))),
        ("running, layers", ask(take(way(SnapshotWay::External)), q(), known())),
        ("file there", ask(take(way(SnapshotWay::External)), q(), with(there))),
        ("full", ask(take(|_| ()), q(), with(full))),
        ("disks, agent", ask(take(disks), q(), with(agent))),
        ("disks, silent", ask(take(disks), q(), with(silent))),
        ("disks, silent, always", ask(take(always), q(), with(silent))),
        ("disks, frozen", ask(take(disks), q(), with(frozen))),
        ("UEFI", ask(take(|_| ()), q(), with(uefi))),
        ("UEFI, raw variables", ask(take(|_| ()), q(), with(uefi_raw))),
        ("UEFI, libvirt 9.0", ask(take(|_| ()), q(), with(old_uefi))),
        ("layers there", ask(take(|_| ()), on(layer), with(layered))),
        ("layers there, inside", ask(take(way(SnapshotWay::Internal)), q(), with(layered))),
        ("inside there, layers", ask(take(way(SnapshotWay::External)), q(), with(inside))),
        ("inside there, raw", ask(take(|_| ()), r(), with(inside))),
        ("passed through", ask(take(|_| ()), on(|vm| vm.definition.passthrough = 1), known())),
        ("passed through, disks", ask(take(disks), on(|vm| vm.definition.passthrough = 1), with(silent))),
        ("block device, layers", ask(take(way(SnapshotWay::External)), on(block), known())),
        (
            "block device, folder",
            ask(take(folder), on(block), with(|s| s.folders[0].path = "/layers".into()))
        ),
        ("rbd", ask(take(disks), on(rbd), known())),
        ("shared disk", ask(take(disks), on(shared), with(agent))),
        ("saved", ask(take(|_| ()), on(|vm| vm.flags.managed_save = Some(true)), known())),
        ("transient", ask(take(|_| ()), on(|vm| vm.flags.persistent = Some(false)), known())),
        ("no disk", ask(take(|_| ()), on(|vm| vm.definition.disks.clear()), known())),
        ("name taken", ask(take(|new| new.name = "i1".into()), q(), with(inside))),
        ("bad name", ask(take(|new| new.name = "../a".into()), q(), known())),
        ("no name", ask(take(|new| new.name = String::new()), q(), known())),
        (
            "migrating",
            ask(take(|_| ()), on(|vm| vm.state = VmState::Paused(PauseReason::Migration)), known())
        ),
    ]));
}

#[test]
fn going_back_knows_the_traps() {
    use AfterRevert::{AsThen, Running};
    let (off, on) = (|| machine(VmState::ShutOff, "qcow2"), || machine(VmState::Running, "qcow2"));
    let s = |abilities, snapshots: &[VmSnapshot]| SnapshotFacts {
        abilities,
        snapshots: snapshots.to_vec(),
        ..known()
    };
    let inside = [kept("a", None, false, false), kept("bb", Some("a"), true, false)];
    let layers = [kept("a", None, false, true), kept("bb", Some("a"), true, true)];
    let over = [kept("a", None, false, false), kept("bb", Some("a"), true, true)];
    let memory =
        VmSnapshot { state: SnapshotState::Running, memory: SnapshotMemory::Internal, ..inside[0].clone() };
    let mut volume = layers.clone();
    volume[0].disks[0].holds = Some(DiskSource::Block("/dev/x".into()));
    let mut unknown_layer = on();
    let base = DiskSource::File("/i/web01.qcow2".into());
    unknown_layer.definition.disks[0] = DiskDefinition {
        backing: vec![BackingLayer { format: None, source: base }],
        ..disk("vda", "qcow2", "/i/by-hand.qcow2")
    };
    let changed = |change: fn(&mut VmFacts)| {
        let mut vm = off();
        change(&mut vm);
        vm
    };
    let uefi = SnapshotFacts { nvram: Some("qcow2".into()), ..s(LIBVIRT_9_0, &inside) };
    let rested = |change: fn(&mut StorageFacts, VmUses)| {
        let uses = vec![Use { named: Named::Path("/i/web01.qcow2".into()), reads_only: true }];
        let other = VmUses {
            id: VmId::from_bytes([9; 16]),
            name: "kid".into(),
            active: false,
            uses,
            macs: BTreeSet::default(),
        };
        let mut storage = StorageFacts::default();
        change(&mut storage, other);
        ask_with(back("a", AsThen, None), off(), s(ALL, &inside), storage)
    };
    insta::assert_snapshot!(listed(&[
        ("off", ask(back("a", AsThen, None), off(), s(ALL, &inside))),
        ("running", ask(back("a", AsThen, None), on(), s(ALL, &inside))),
        ("running, then too", ask(back("a", Running, None), on(), s(ALL, &inside))),
        ("with memory", ask(back("a", AsThen, None), off(), s(ALL, &[memory]))),
        ("kept first", ask(back("a", AsThen, Some("now")), on(), s(ALL, &inside))),
        ("kept first, name taken", ask(back("a", AsThen, Some("bb")), on(), s(ALL, &inside))),
        ("layers", ask(back("a", AsThen, None), on(), s(ALL, &layers))),
        ("layers, libvirt 9.0", ask(back("a", AsThen, None), on(), s(LIBVIRT_9_0, &layers))),
        ("layers over a device", ask(back("a", AsThen, None), on(), s(ALL, &volume))),
        ("layers over what is inside", ask(back("a", AsThen, None), on(), s(ALL, &over))),
        ("a layer nobody tells of", ask(back("a", AsThen, None), unknown_layer, s(ALL, &inside))),
        ("UEFI, libvirt 9.0", ask(back("a", AsThen, None), off(), uefi)),
        (
            "protected",
            ask(back("a", AsThen, None), changed(|vm| vm.definition.protected = true), s(ALL, &inside))
        ),
        (
            "protected, kept",
            ask(back("a", AsThen, Some("n")), changed(|vm| vm.definition.protected = true), s(ALL, &inside))
        ),
        (
            "saved",
            ask(back("a", AsThen, None), changed(|vm| vm.flags.managed_save = Some(true)), s(ALL, &inside))
        ),
        ("gone", ask(back("c", AsThen, None), off(), s(ALL, &inside))),
        ("others rest on it", beside("/i/web01.qcow2", back("a", AsThen, None), s(ALL, &inside))),
        ("others rest on it, kept", beside("/i/web01.qcow2", back("a", AsThen, Some("n")), s(ALL, &inside))),
        (
            "layers, others rest on what stays",
            beside("/i/web01.a.qcow2", back("a", AsThen, None), s(ALL, &layers))
        ),
        (
            "layers, others rest on what goes",
            beside("/i/web01.bb.qcow2", back("a", AsThen, None), s(ALL, &layers))
        ),
        (
            "layers, others rest on what is kept",
            beside("/i/web01.bb.qcow2", back("a", AsThen, Some("n")), s(ALL, &layers))
        ),
        ("a held one rests on it", rested(|f, vm| f.held.push(vm))),
        (
            "an image that no pool lists rests on it",
            rested(|f, _| {
                let (path, below) = ("/x/kid.qcow2".into(), "/i/web01.qcow2".into());
                f.images.push(ImageAbove { path, below });
            })
        ),
        ("nobody knows", rested(|f, _| f.unread.push("odd, /i/odd: it is a QED image".into()))),
        ("a pool is not started", rested(|f, _| f.unseen.push("cold".into()))),
    ]));
}

#[test]
fn deleting_merges_what_libvirt_can() {
    let on = || machine(VmState::Running, "qcow2");
    let s = |snapshots: &[VmSnapshot]| SnapshotFacts { snapshots: snapshots.to_vec(), ..known() };
    let inside = [kept("a", None, false, false), kept("bb", Some("a"), true, false)];
    let layers = [kept("a", None, false, true), kept("bb", Some("a"), true, true)];
    let went_back = [kept("a", None, true, true), kept("bb", Some("a"), false, true)];
    let fork = [
        kept("a", None, false, true),
        kept("bb", Some("a"), true, true),
        kept("ccc", Some("a"), false, true),
    ];
    let branch = [
        kept("a", None, true, true),
        kept("bb", Some("a"), false, true),
        kept("ccc", Some("bb"), false, true),
    ];
    let over = [kept("a", None, false, false), kept("bb", Some("a"), true, true)];
    let under = [kept("a", None, false, true), kept("bb", Some("a"), true, false)];
    let old = SnapshotFacts { abilities: SnapshotAbilities::default(), ..s(&layers) };
    let mut sized = s(&layers);
    sized.folders[0].files.push(("/i/web01.a.qcow2".into(), 7 << 20));
    let forget = |children| Op::Delete { name: "a".into(), children, metadata_only: true };
    insta::assert_snapshot!(listed(&[
        ("inside", ask(delete("a", false), on(), s(&inside))),
        ("inside, with children", ask(delete("a", true), on(), s(&inside))),
        ("layers", ask(delete("a", false), on(), sized)),
        ("layers, off", ask(delete("bb", false), machine(VmState::ShutOff, "qcow2"), s(&layers))),
        ("layers, with children", ask(delete("a", true), on(), s(&layers))),
        ("went back", ask(delete("a", false), on(), s(&went_back))),
        ("went back, with children", ask(delete("a", true), on(), s(&went_back))),
        ("went back, the other", ask(delete("bb", false), on(), s(&went_back))),
        ("a fork", ask(delete("a", false), on(), s(&fork))),
        ("another branch", ask(delete("bb", false), on(), s(&branch))),
        ("layer over inside", ask(delete("bb", false), on(), s(&over))),
        ("inside below a layer", ask(delete("a", false), on(), s(&over))),
        ("inside a layer", ask(delete("a", false), on(), s(&under))),
        ("before 9.0", ask(delete("a", false), on(), old)),
        ("others rest on it", beside("/i/web01.qcow2", delete("a", false), s(&layers))),
        ("others rest on the layer", beside("/i/web01.a.qcow2", delete("a", false), s(&layers))),
        (
            "others rest on what is not written to",
            beside("/i/web01.qcow2", delete("bb", false), s(&branch[..2]))
        ),
        (
            "nobody knows",
            ask_with(
                delete("a", false),
                on(),
                s(&layers),
                StorageFacts {
                    unread: vec!["odd, /i/odd: it is a QED image".into()],
                    ..StorageFacts::default()
                }
            )
        ),
        ("forgotten", ask(forget(false), on(), s(&layers))),
        ("forgotten, all", ask(forget(true), on(), s(&inside))),
        ("gone", ask(delete("c", true), on(), s(&inside))),
    ]));
}

#[test]
fn layers_are_named_after_the_image_and_never_after_what_is_there() {
    let file = |vm: VmFacts, s: SnapshotFacts, name: &str| {
        let act = take(|new| {
            (new.name, new.way, new.content) = (name.into(), SnapshotWay::External, SnapshotContent::Disks);
        });
        let planned = ask(act, vm, s);
        let command = planned.plan().unwrap().steps.last().unwrap().command.clone();
        command.into_iter().find(|word| word.starts_with("vda,")).unwrap()
    };
    let over = |path: &str| {
        let mut vm = machine(VmState::Running, "qcow2");
        vm.definition.disks[0] = disk("vda", "qcow2", path);
        vm
    };
    let mut s = known();
    s.snapshots = vec![kept("v1.2", None, true, true)];
    let spec = |path: &str| format!("vda,snapshot=external,file={path}");
    assert_eq!(
        file(over("/i/web.prod.qcow2"), known(), "a b/".trim_end_matches('/')),
        spec("/i/web.prod.a_b.qcow2")
    );
    assert_eq!(file(over("/i/web.prod.v1.2.qcow2"), s, "n"), spec("/i/web.prod.n.qcow2"));
    assert_eq!(
        file(over("/i/web.1795442387"), known(), "n"),
        spec("/i/web.n.qcow2"),
        "as libvirt names them"
    );
    assert_eq!(file(over("/i/web.n.qcow2"), known(), "n"), spec("/i/web.n.n.qcow2"));
    assert_eq!(file(over("/a,b/web.qcow2"), known(), "n"), spec("/a,,b/web.n.qcow2"));
}

// Whatever is there, and whatever is asked.

fn source() -> impl Strategy<Value = DiskSource> {
    prop_oneof![
        prop::sample::select(vec!["/i/a.qcow2", "/i/b.raw", "/j/a.b.qcow2", "relative"])
            .prop_map(|p| DiskSource::File(p.into())),
        hostile().prop_map(DiskSource::File),
        hostile().prop_map(DiskSource::Block),
        (hostile(), hostile()).prop_map(|(pool, volume)| DiskSource::Volume { pool, volume }),
        Just(DiskSource::Network { protocol: "rbd".into(), name: "p/i".into() }),
    ]
}

fn disks() -> impl Strategy<Value = Vec<DiskDefinition>> {
    let format = prop::sample::select(vec!["qcow2", "qcow2", "raw"]);
    let kind = prop::sample::select(vec!["disk", "disk", "cdrom", "lun"]);
    let one = (format, kind, prop::option::of(source()), any::<(bool, bool)>());
    let one = one.prop_map(|(format, device, source, (read_only, shareable))| DiskDefinition {
        device: device.into(),
        source,
        read_only: read_only && shareable,
        shareable: shareable && !read_only,
        ..disk("", format, "")
    });
    prop::collection::vec(one, 0..4).prop_map(|mut all| {
        for (at, disk) in all.iter_mut().enumerate() {
            disk.target = format!("vd{}", char::from(b'a' + at as u8));
        }
        all
    })
}

fn snapshots() -> impl Strategy<Value = Vec<VmSnapshot>> {
    let one = (prop_oneof!["[a-d]", hostile()], prop::option::of(0usize..6), any::<[bool; 2]>(), source());
    prop::collection::vec(one, 0..6).prop_map(|all| {
        let names: Vec<_> = all.iter().map(|(name, ..)| name.clone()).collect();
        let made = all.into_iter().enumerate().map(|(at, (name, parent, [external, memory], holds))| {
            let parent = parent.filter(|p| *p < at).map(|p| names[p].clone());
            let mut one = kept(&name, parent.as_deref(), false, external);
            one.disks[0].holds = Some(holds);
            if memory {
                one.memory =
                    if external { SnapshotMemory::External("/i/m".into()) } else { SnapshotMemory::Internal };
                one.state = SnapshotState::Running;
            }
            one
        });
        let mut made: Vec<VmSnapshot> = made.collect();
        if let Some(last) = made.last_mut() {
            last.current = true;
        }
        made
    })
}

fn facts() -> impl Strategy<Value = (VmFacts, SnapshotFacts)> {
    let agent = prop::sample::select(vec![
        AgentFact::NotAsked,
        AgentFact::Listens,
        AgentFact::Frozen,
        AgentFact::Silent("\u{1b}[2J".into()),
    ]);
    let nvram = prop::sample::select(vec![None, Some("raw"), Some("qcow2")]);
    let can = any::<[bool; 3]>();
    (vm_facts(), disks(), snapshots(), agent, nvram, can, any::<bool>()).prop_map(
        |(mut vm, disks, snapshots, agent, nvram, can, seen)| {
            vm.definition.disks = disks;
            vm.definition.firmware =
                if nvram.is_some() { Firmware::Uefi { secure_boot: false } } else { Firmware::Bios };
            let [revert_external, delete_external, internal_uefi] = can;
            let mut s = known();
            s.abilities = SnapshotAbilities { revert_external, delete_external, internal_uefi };
            (s.snapshots, s.agent, s.nvram) = (snapshots, agent, nvram.map(str::to_owned));
            if !seen {
                s.folders.clear();
            }
            (vm, s)
        },
    )
}

fn act() -> impl Strategy<Value = Op> {
    let name = || prop_oneof!["[a-d]", hostile()];
    let way = prop::sample::select(SnapshotWay::ALL.to_vec());
    let freeze = prop::sample::select(Freeze::ALL.to_vec());
    let new = (name(), hostile(), any::<bool>(), way, freeze, prop::option::of(hostile()));
    prop_oneof![
        new.prop_map(|(name, description, all, way, freeze, folder)| Op::Create(NewSnapshot {
            name,
            description,
            content: if all { SnapshotContent::All } else { SnapshotContent::Disks },
            way,
            freeze,
            folder,
        })),
        (name(), prop::sample::select(AfterRevert::ALL.to_vec()), prop::option::of(name()))
            .prop_map(|(name, then, keep)| Op::Revert { name, then, keep }),
        (name(), any::<(bool, bool)>()).prop_map(|(name, (children, metadata_only))| Op::Delete {
            name,
            children,
            metadata_only
        }),
    ]
}

proptest! {
    #[test]
    fn whatever_is_asked_is_a_whole_plan_or_a_refusal(act in act(), (vm, s) in facts()) {
        match ask(act, vm.clone(), s.clone()) {
            Planned::Plan(p) => {
                check_plan(&p, &vm)?;
                for step in &p.steps {
                    use crate::model::plan::{Act, SnapshotAct};
                    if let Act::Snapshot(SnapshotAct::Create { xml, name, .. }) = &step.act {
                        let read = crate::xml::vm_snapshot::parse(xml).unwrap();
                        prop_assert_eq!(&read.name, name);
                        let mixed = s.snapshots.iter().any(|old| old.is_external() != read.is_external());
                        prop_assert!(!mixed, "the two kinds never mix");
                    }
                }
            }
            Planned::Refused(no) => {
                prop_assert!(!no.reason.is_empty());
                for text in [&no.title, &no.reason, &no.remedy] {
                    prop_assert!(clean(text) == text.as_str(), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_destroys_layers_that_rest_on_an_image(name in "[a-d]", (vm, s) in facts()) {
        let over = crate::model::vm_snapshot::descendants(&s.snapshots, &name);
        let inside = s.snapshots.iter().find(|x| x.name == name).is_some_and(|x| !x.is_external());
        if inside && over.iter().any(|d| d.is_external()) {
            let planned = ask(back(&name, AfterRevert::AsThen, None), vm, s);
            prop_assert!(planned.plan().is_none());
        }
    }
}

#![expect(clippy::needless_pass_by_value, reason = "operations are made where they are asked for")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::model::id::VmId;
use crate::model::operation::{Backing, BuildHow, NewPool, NewVolume, PoolSource, Preallocation};
use crate::model::plan::{Act, Confirm, Plan, StorageAct, Weight};
use crate::model::storage::{PoolRecord, PoolState};
use crate::xml::domain::{Named, Use};

const GIB: u64 = 1 << 30;

fn volume(pool: &str, name: &str, backing: Option<&str>) -> Volume {
    let path = format!("/srv/{pool}/{name}");
    Volume {
        name: name.into(),
        key: path.clone(),
        path,
        kind: "file",
        format: Some(if name.contains("raw") { "raw" } else { "qcow2" }.into()),
        capacity: 10 * GIB,
        allocation: 2 * GIB,
        backing: backing.map(str::to_owned),
    }
}

fn pool(name: &str, kind: &str, state: PoolState, free: u64, volumes: Vec<Volume>) -> PoolFacts {
    let id = Uuid::from_bytes([name.len() as u8; 16]);
    let record = PoolRecord {
        id,
        name: name.into(),
        state,
        autostart: Some(false),
        persistent: Some(true),
        capacity: Some(100 * GIB),
        allocation: Some(100 * GIB - free),
        available: Some(free),
        kind: kind.into(),
        path: Some(format!("/srv/{name}")),
    };
    let volumes = (state == PoolState::Running).then_some(volumes);
    PoolFacts { record, volumes, xml: format!("<pool type='{kind}'><name>{name}</name></pool>") }
}

fn vm(number: u8, name: &str, active: bool, paths: &[(&str, bool)]) -> VmUses {
    let named = |path: &str| Named::Path(path.to_owned());
    let uses = paths.iter().map(|(p, reads_only)| Use { named: named(p), reads_only: *reads_only }).collect();
    VmUses { id: VmId::from_bytes([number; 16]), name: name.into(), active, uses, macs: BTreeSet::default() }
}

/// Two VMs, one of which runs on an overlay; a pool of blocks, a full one, and one that is stopped.
fn facts() -> Facts {
    let images = vec![
        volume("images", "base.qcow2", None),
        volume("images", "web.qcow2", Some("/srv/images//base.qcow2")),
        volume("images", "db.raw", None),
        volume("images", "free.qcow2", None),
        volume("images", "debian.raw", None),
    ];
    let storage = StorageFacts {
        pools: vec![
            pool("images", "dir", PoolState::Running, 5 * GIB, images),
            pool("vg", "logical", PoolState::Running, 50 * GIB, Vec::new()),
            pool("full", "dir", PoolState::Running, GIB / 2, Vec::new()),
            pool("cold", "netfs", PoolState::Inactive, 0, Vec::new()),
        ],
        vms: vec![
            vm(1, "web", true, &[("/srv/images/web.qcow2", false), ("/srv/images/debian.raw", true)]),
            vm(2, "db", false, &[("/srv/images/db.raw", false), ("/srv/cold/x", false)]),
        ],
        held: Vec::new(),
        kinds: Some(vec!["dir".into(), "fs".into(), "logical".into()]),
        file: Some(FileFacts {
            exists: false,
            folder_exists: true,
            size: GIB,
            allocated: GIB / 4,
            free: Some(GIB),
            ..FileFacts::default()
        }),
        ..StorageFacts::default()
    };
    Facts { storage, ..Facts::default() }
}

fn ask(name: &str, act: VolumeOperation) -> Planned {
    ask_of("images", name, act)
}

fn ask_of(pool: &str, name: &str, act: VolumeOperation) -> Planned {
    plan_volume(pool, name, &act, &facts())
}

fn pool_asked(name: &str, act: PoolOperation) -> Planned {
    plan_pool(name, &act, &facts())
}

#[track_caller]
fn good(planned: Planned) -> Plan {
    match planned {
        Planned::Plan(plan) => *plan,
        Planned::Refused(no) => panic!("{}: {}", no.title, no.reason),
    }
}

#[track_caller]
fn refused(planned: Planned, kind: RefusalKind, says: &str) {
    match planned {
        Planned::Refused(no) => {
            assert_eq!(no.kind, kind, "{}", no.reason);
            assert!(no.reason.contains(says), "{}", no.reason);
        }
        Planned::Plan(plan) => panic!("{plan:?}"),
    }
}

fn new(size: u64) -> NewVolume {
    NewVolume { capacity: Some(size), ..NewVolume::default() }
}

fn create(new: NewVolume) -> VolumeOperation {
    VolumeOperation::Create(new)
}

fn clone_to(to_pool: &str, to: &str) -> VolumeOperation {
    VolumeOperation::Clone { to_pool: to_pool.into(), to: to.into() }
}

fn needs_of(plan: &Plan) -> u64 {
    plan.space[0].needs
}

#[test]
fn a_sparse_volume_needs_little_now_and_says_what_it_may_need() {
    let small = good(ask("n.qcow2", create(new(4 * GIB))));
    assert!(needs_of(&small) < GIB && small.weight() == Weight::Info);
    let large = good(ask("n.qcow2", create(new(40 * GIB))));
    assert_eq!(large.weight(), Weight::Warning, "more than the pool has");
    assert_eq!(large.space[0].free, Some(5 * GIB));
    let full = |size| NewVolume { preallocation: Preallocation::Full, ..new(size) };
    assert_eq!(needs_of(&good(ask("n.qcow2", create(full(4 * GIB))))), 4 * GIB);
    refused(ask("n.qcow2", create(full(6 * GIB))), RefusalKind::Space, "5.00 GiB are free");
    // Block storage has no holes.
    assert_eq!(needs_of(&good(ask_of("vg", "n", create(new(4 * GIB))))), 4 * GIB);
    refused(ask_of("vg", "n", create(new(60 * GIB))), RefusalKind::Space, "50.0 GiB");
}

#[test]
fn new_volumes_are_what_their_pool_can_hold() {
    let raw = NewVolume { format: Some("raw".into()), ..new(GIB) };
    good(ask_of("vg", "n", create(raw.clone())));
    let qcow2 = NewVolume { format: Some("qcow2".into()), ..new(GIB) };
    refused(ask_of("vg", "n", create(qcow2)), RefusalKind::Unsupported, "logical are raw");
    let tables = NewVolume { preallocation: Preallocation::Metadata, ..raw };
    refused(ask("n", create(tables)), RefusalKind::BadRequest, "Only qcow2");
    for size in [None, Some(0)] {
        let new = NewVolume { capacity: size, ..NewVolume::default() };
        refused(ask("n", create(new)), RefusalKind::BadRequest, "");
    }
    for name in ["", ".", "..", "a/b", "-rf", " a", "a\u{1b}"] {
        refused(ask(name, create(new(GIB))), RefusalKind::BadRequest, "");
    }
    refused(ask("web.qcow2", create(new(GIB))), RefusalKind::Taken, "already");
    refused(ask_of("cold", "n", create(new(GIB))), RefusalKind::State, "inactive");
    refused(ask_of("none", "n", create(new(GIB))), RefusalKind::NotFound, "no pool none");
}

#[test]
fn an_overlay_takes_its_size_from_what_lies_below() {
    let on = |name: &str, size| NewVolume {
        capacity: size,
        backing: Some(Backing { pool: "images".into(), name: name.into() }),
        ..NewVolume::default()
    };
    let plan = good(ask("n.qcow2", create(on("base.qcow2", None))));
    let Act::Storage(StorageAct::CreateVolume { xml, .. }) = &plan.steps[0].act else { panic!("{plan:?}") };
    let made = crate::xml::volume::parse(xml).unwrap();
    assert_eq!(made.capacity, Some(10 * GIB));
    assert_eq!(made.backing.as_deref(), Some("/srv/images/base.qcow2"));
    assert!(xml.contains("<format type='qcow2'/>\n  </backingStore>"), "{xml}");
    refused(ask("n", create(on("base.qcow2", Some(GIB)))), RefusalKind::BadRequest, "cut it");
    refused(ask("n", create(on("gone", None))), RefusalKind::NotFound, "images/gone");
}

#[test]
fn what_somebody_uses_is_not_taken_away() {
    for (name, by) in [
        ("web.qcow2", "web (running)"),
        ("base.qcow2", "volume images/web.qcow2"),
        ("db.raw", "db"),
        ("debian.raw", "web (running)"),
    ] {
        refused(ask(name, VolumeOperation::Delete), RefusalKind::InUse, by);
    }
    let plan = good(ask("free.qcow2", VolumeOperation::Delete));
    assert_eq!(plan.confirm, Confirm::Name("free.qcow2".into()));
    refused(ask("gone", VolumeOperation::Delete), RefusalKind::NotFound, "no volume gone");
    refused(ask("web.qcow2", VolumeOperation::Wipe), RefusalKind::InUse, "web");
    refused(ask("base.qcow2", VolumeOperation::Wipe), RefusalKind::InUse, "web.qcow2");
    let wipe = good(ask("db.raw", VolumeOperation::Wipe));
    assert!(wipe.notes.iter().any(|n| n.text.contains("a disk of db")), "{wipe:?}");
}

#[test]
fn layers_that_no_pool_lists_and_what_cannot_be_read_keep_a_volume() {
    let ask = |act: &VolumeOperation, change: &dyn Fn(&mut StorageFacts)| {
        let mut facts = facts();
        change(&mut facts.storage);
        plan_volume("images", "free.qcow2", act, &facts)
    };
    let grow = VolumeOperation::Grow { to: 20 * GIB, allocate: false };
    let below = "/srv/images/free.qcow2".to_owned();
    for act in [&VolumeOperation::Delete, &VolumeOperation::Wipe, &grow] {
        good(ask(act, &|_| {}));
        let unlisted = |s: &mut StorageFacts| {
            s.images.push(ImageAbove { path: "/elsewhere/top".into(), below: below.clone() });
        };
        refused(ask(act, &unlisted), RefusalKind::InUse, "image /elsewhere/top");
        let layer_of_one_that_is_off = |s: &mut StorageFacts| {
            s.vms[1].uses.push(Use { named: Named::Path(below.clone()), reads_only: true });
        };
        refused(ask(act, &layer_of_one_that_is_off), RefusalKind::InUse, "used by db");
    }
    let unread = |s: &mut StorageFacts| s.unread = vec!["odd, /i/odd: no access".into(), "b".into()];
    for act in [&VolumeOperation::Delete, &VolumeOperation::Wipe] {
        refused(ask(act, &unread), RefusalKind::Unknown, "odd, /i/odd: no access (1 more like this)");
    }
    let unseen = |s: &mut StorageFacts| s.unseen = vec!["cold".into()];
    assert!(good(ask(&VolumeOperation::Delete, &unseen)).notes.iter().any(|n| n.text.contains("cold")));
}

#[test]
fn nothing_is_built_on_a_device_that_somebody_has() {
    let fs = |device: &str| NewPool {
        build: Some(BuildHow::Overwrite),
        ..a_pool(PoolSource::Fs { device: device.into(), format: None }, Some("/srv/new"))
    };
    let facts = || {
        let mut facts = facts();
        let storage = &mut facts.storage;
        let named = Named::Path("/dev/disk/by-id/usb-1".into());
        storage.vms[1].uses.push(Use { named, reads_only: false });
        storage.real = vec![("/dev/disk/by-id/usb-1".into(), "/dev/sdb".into())];
        let device = |pool: &str, device: &str| PoolDevice { pool: pool.into(), device: device.into() };
        storage.devices =
            vec![device("vg", "/dev/sdc"), device("cold", "/dev/sdd"), device("own", "/dev/sdb1")];
        let volume = Vec::new();
        storage.pools.push(pool("own", "fs", PoolState::Inactive, 0, volume));
        facts
    };
    let define = |device: &str| plan_pool("new", &PoolOperation::Define(fs(device)), &facts());
    for (device, by) in
        [("/dev/sdb", "used by db"), ("/dev/sdb1", "used by db, pool own"), ("/dev//sdc", "pool vg")]
    {
        refused(define(device), RefusalKind::InUse, by);
    }
    good(define("/dev/sde"));
    for how in [BuildHow::Overwrite, BuildHow::WhereEmpty] {
        refused(plan_pool("own", &PoolOperation::Build(how), &facts()), RefusalKind::InUse, "used by db");
    }
    let mut free = facts();
    free.storage.vms.clear();
    good(plan_pool("own", &PoolOperation::Build(BuildHow::Overwrite), &free));
}

#[test]
fn volumes_only_grow_and_not_under_a_guest() {
    let grow = |to, allocate| VolumeOperation::Grow { to, allocate };
    refused(ask("free.qcow2", grow(GIB, false)), RefusalKind::BadRequest, "10.0 GiB");
    refused(ask("free.qcow2", grow(10 * GIB, false)), RefusalKind::AlreadySo, "already");
    refused(ask("web.qcow2", grow(20 * GIB, false)), RefusalKind::InUse, "the guest has to be told");
    refused(ask("base.qcow2", grow(20 * GIB, false)), RefusalKind::InUse, "web.qcow2");
    refused(ask("free.qcow2", grow(20 * GIB, true)), RefusalKind::Space, "10.0 GiB");
    assert_eq!(good(ask("db.raw", grow(20 * GIB, false))).weight(), Weight::Warning);
    assert_eq!(needs_of(&good(ask("db.raw", grow(12 * GIB, true)))), 2 * GIB);
}

#[test]
fn copies_are_whole_fit_and_are_taken_back() {
    let plan = good(ask("free.qcow2", clone_to("images", "copy.qcow2")));
    assert_eq!(needs_of(&plan), 2 * GIB);
    assert_eq!(plan.steps[0].command[1], "vol-clone");
    assert!(
        matches!(&plan.steps[0].undo, Some(Act::Storage(StorageAct::DeleteVolume { name, .. })) if name == "copy.qcow2")
    );
    assert_eq!(plan.inverse, Some(Operation::volume("images", "copy.qcow2", VolumeOperation::Delete)));
    refused(ask("web.qcow2", clone_to("images", "c")), RefusalKind::InUse, "writes to it");
    // What a running VM only reads does not change.
    good(ask("debian.raw", clone_to("images", "c.raw")));
    good(ask("base.qcow2", clone_to("images", "c")));
    refused(ask("free.qcow2", clone_to("full", "c")), RefusalKind::Space, "2.00 GiB in pool full");
    refused(ask("free.qcow2", clone_to("images", "db.raw")), RefusalKind::Taken, "already");
    refused(ask("free.qcow2", clone_to("cold", "c")), RefusalKind::State, "inactive");
    let to_blocks = good(ask("free.qcow2", clone_to("vg", "c")));
    assert_eq!(needs_of(&to_blocks), 10 * GIB);
    assert_eq!(to_blocks.steps[0].command[..4], ["qemu-img", "convert", "-f", "qcow2"]);
    let to = |format: &str| VolumeOperation::Convert {
        to_pool: "images".into(),
        to: "c".into(),
        format: format.into(),
    };
    assert!(good(ask("free.qcow2", to("raw"))).steps[0].command.contains(&"raw".to_owned()));
    refused(ask("free.qcow2", to("floppy")), RefusalKind::BadRequest, "floppy");
}

#[test]
fn bytes_come_from_files_and_go_to_new_ones() {
    let upload = || VolumeOperation::Upload { from: "/tmp/a.img".into() };
    let download = || VolumeOperation::Download { to: "/tmp/b.img".into() };
    let asked = |act: VolumeOperation, name: &str, change: &dyn Fn(&mut FileFacts)| {
        let mut facts = facts();
        change(facts.storage.file.as_mut().unwrap());
        plan_volume("images", name, &act, &facts)
    };
    let plan = good(asked(upload(), "n", &|_| {}));
    assert_eq!((plan.steps.len(), needs_of(&plan)), (2, GIB / 4));
    assert!(plan.steps[0].undo.is_some());
    let nested = good(asked(upload(), "n", &|f| {
        f.image = Some(ImageHead { format: "qcow2", capacity: GIB, has_backing: true });
    }));
    assert_eq!(nested.weight(), Weight::Warning);
    refused(asked(upload(), "n", &|f| f.unreadable = Some("gone".into())), RefusalKind::NotFound, "gone");
    refused(
        asked(upload(), "n", &|f| (f.size, f.allocated) = (9 * GIB, 6 * GIB)),
        RefusalKind::Space,
        "6.00 GiB",
    );
    refused(asked(upload(), "n", &|f| f.size = 0), RefusalKind::BadRequest, "empty");
    refused(asked(download(), "free.qcow2", &|_| {}), RefusalKind::Space, "2.00 GiB");
    good(asked(download(), "free.qcow2", &|f| f.free = Some(3 * GIB)));
    refused(asked(download(), "free.qcow2", &|f| f.exists = true), RefusalKind::Taken, "/tmp/b.img");
    refused(
        asked(download(), "free.qcow2", &|f| f.part_exists = true),
        RefusalKind::Taken,
        "left in the middle",
    );
    refused(asked(download(), "free.qcow2", &|f| f.folder_exists = false), RefusalKind::NotFound, "folder");
    refused(asked(download(), "web.qcow2", &|_| {}), RefusalKind::InUse, "writes to it");
}

#[test]
fn the_head_of_an_image_tells_what_it_is() {
    let mut head = b"QFI\xfb\0\0\0\x03".to_vec();
    head.extend(0u64.to_be_bytes());
    head.extend([0; 8]);
    head.extend((5 * GIB).to_be_bytes());
    let plain = ImageHead { format: "qcow2", capacity: 5 * GIB, has_backing: false };
    assert_eq!(ImageHead::read(&head), Some(plain.clone()));
    head[15] = 1;
    assert_eq!(ImageHead::read(&head), Some(ImageHead { has_backing: true, ..plain }));
    assert_eq!(ImageHead::read(&head[..20]), None);
    assert_eq!(ImageHead::read(b"MZ"), None);
}

#[test]
fn orphans_are_what_no_vm_reaches() {
    let mut facts = facts().storage;
    let images = facts.pools[0].volumes.as_mut().unwrap();
    images.push(volume("images", "old-base", None));
    images.push(volume("images", "old-top", Some("/srv/images/old-base")));
    let found = orphans(&facts);
    let names: Vec<_> = found.iter().map(|o| (o.volume.name.as_str(), o.below.clone())).collect();
    assert_eq!(
        names,
        [("free.qcow2", vec![]), ("old-base", vec!["images/old-top".to_owned()]), ("old-top", vec![])]
    );
}

#[test]
fn pools_start_and_stop() {
    refused(pool_asked("images", PoolOperation::Start), RefusalKind::AlreadySo, "running");
    let start = good(pool_asked("cold", PoolOperation::Start));
    assert_eq!(start.inverse, Some(Operation::pool("cold", PoolOperation::Stop)));
    refused(pool_asked("cold", PoolOperation::Stop), RefusalKind::AlreadySo, "not started");
    refused(pool_asked("none", PoolOperation::Stop), RefusalKind::NotFound, "none");
    // A folder stays under those who use it.
    let stop = good(pool_asked("images", PoolOperation::Stop));
    assert!(stop.notes.iter().any(|n| n.text.ends_with("go on: web.")), "{stop:?}");
    assert!(stop.notes.iter().any(|n| n.text.ends_with("may not start then: db.")), "{stop:?}");
    let mut mounted = facts();
    mounted.storage.pools[0].record.kind = "netfs".into();
    refused(plan_pool("images", &PoolOperation::Stop, &mounted), RefusalKind::InUse, "web");
    refused(pool_asked("images", PoolOperation::Undefine), RefusalKind::State, "running");
    let undefine = good(pool_asked("cold", PoolOperation::Undefine));
    assert!(undefine.notes[0].text.contains("db"), "{undefine:?}");
    let Some(Operation::Pool { act: back @ PoolOperation::Restore { .. }, .. }) = undefine.inverse else {
        panic!("it can be taken back")
    };
    let mut gone = facts();
    gone.storage.pools.retain(|p| p.record.name != "cold");
    good(plan_pool("cold", &back, &gone));
    refused(plan_pool("other", &back, &gone), RefusalKind::BadRequest, "another name");
    refused(pool_asked("cold", PoolOperation::Refresh), RefusalKind::State, "not started");
    refused(pool_asked("cold", PoolOperation::Autostart { on: false }), RefusalKind::AlreadySo, "");
    good(pool_asked("cold", PoolOperation::Autostart { on: true }));
}

fn a_pool(source: PoolSource, path: Option<&str>) -> NewPool {
    NewPool { source, path: path.map(str::to_owned), build: None, start: true, autostart: true }
}

fn fs() -> PoolSource {
    PoolSource::Fs { device: "/dev/sdb1".into(), format: None }
}

#[test]
fn new_pools_are_defined_built_and_started() {
    let define = |name: &str, new: NewPool| pool_asked(name, PoolOperation::Define(new));
    let built = |source, how| NewPool { build: Some(how), ..a_pool(source, Some("/srv/new")) };
    let plan = good(define("new", built(PoolSource::Dir, BuildHow::WhereEmpty)));
    let acts: Vec<&str> = plan.steps.iter().map(|s| s.command[1].as_str()).collect();
    assert_eq!(acts, ["pool-define", "pool-build", "pool-start", "pool-autostart"]);
    assert_eq!(plan.confirm, Confirm::Yes);
    assert!(plan.steps[0].undo.is_some() && plan.steps[2].undo.is_some());
    let fresh = good(define("new", built(fs(), BuildHow::WhereEmpty)));
    assert_eq!((fresh.weight(), &fresh.confirm), (Weight::Warning, &Confirm::Yes));
    let over = good(define("new", built(fs(), BuildHow::Overwrite)));
    assert_eq!(over.confirm, Confirm::Name("new".into()));
    refused(define("images", a_pool(PoolSource::Dir, Some("/srv/x"))), RefusalKind::Taken, "already");
    refused(define("new", a_pool(PoolSource::Dir, Some("/srv/images/"))), RefusalKind::Taken, "Pool images");
    refused(define("new", a_pool(PoolSource::Dir, Some("srv"))), RefusalKind::BadRequest, "absolute");
    refused(define("new", a_pool(PoolSource::Dir, None)), RefusalKind::BadRequest, "folder");
    refused(define("a/b", a_pool(PoolSource::Dir, Some("/x"))), RefusalKind::BadRequest, "slash");
    let zfs = PoolSource::Zfs { dataset: "tank".into(), devices: Vec::new() };
    refused(define("new", a_pool(zfs, None)), RefusalKind::Unsupported, "kind zfs");
    let group = PoolSource::Logical { group: "vg9".into(), devices: Vec::new() };
    let unbuilt = NewPool { build: Some(BuildHow::WhereEmpty), ..a_pool(group, None) };
    refused(define("new", unbuilt), RefusalKind::BadRequest, "no devices");
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "images",
            "vg",
            "full",
            "cold",
            "web.qcow2",
            "base.qcow2",
            "db.raw",
            "free.qcow2"
        ])
        .prop_map(str::to_owned),
        "[a-z./ -]{0,6}",
        prop::sample::select(vec!["\u{1b}[31m", "\u{202e}x", "a\nb"]).prop_map(str::to_owned),
    ]
}

fn volume_act() -> impl Strategy<Value = VolumeOperation> {
    let backing = prop::option::of((name(), name()).prop_map(|(pool, name)| Backing { pool, name }));
    let laid = prop::sample::select(Preallocation::ALL.to_vec());
    let created = (prop::option::of(any::<u64>()), prop::option::of(name()), laid, backing).prop_map(
        |(capacity, format, preallocation, backing)| NewVolume { capacity, format, preallocation, backing },
    );
    prop_oneof![
        created.prop_map(VolumeOperation::Create),
        Just(VolumeOperation::Delete),
        Just(VolumeOperation::Wipe),
        any::<(u64, bool)>().prop_map(|(to, allocate)| VolumeOperation::Grow { to, allocate }),
        (name(), name()).prop_map(|(to_pool, to)| VolumeOperation::Clone { to_pool, to }),
        (name(), name(), name()).prop_map(|(to_pool, to, format)| VolumeOperation::Convert {
            to_pool,
            to,
            format
        }),
        name().prop_map(|from| VolumeOperation::Upload { from }),
        name().prop_map(|to| VolumeOperation::Download { to }),
    ]
}

fn check(planned: &Planned) -> Result<(), TestCaseError> {
    let is_clean = |text: &str| clean(text) == text;
    match planned {
        Planned::Refused(no) => {
            prop_assert!(!no.reason.is_empty());
            for text in [&no.title, &no.reason, &no.remedy] {
                prop_assert!(is_clean(text), "{text:?}");
            }
        }
        Planned::Plan(p) => {
            prop_assert!(!p.steps.is_empty() && p.stale_against(p).is_none());
            prop_assert_eq!(p.weight() == Weight::Danger, matches!(p.confirm, Confirm::Name(_)));
            let shown = [&p.title, &p.verb, &p.summary].into_iter().chain(p.steps.iter().map(|s| &s.title));
            let facts = p.basis.iter().flat_map(|f| [&f.what, &f.was]);
            for text in shown.chain(p.notes.iter().map(|n| &n.text)).chain(facts) {
                prop_assert!(is_clean(text), "{text:?}");
            }
            for space in &p.space {
                prop_assert!(space.free.is_none_or(|free| space.needs <= free), "{space:?}");
            }
            for step in &p.steps {
                prop_assert!(["virsh", "qemu-img"].contains(&step.command[0].as_str()));
                let makes = matches!(
                    &step.act,
                    Act::Storage(
                        StorageAct::CreateVolume { .. }
                            | StorageAct::CloneVolume { .. }
                            | StorageAct::DefinePool { .. }
                    )
                );
                prop_assert!(!makes || step.undo.is_some(), "{step:?}");
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn whatever_is_asked_of_a_volume_is_a_whole_plan_or_a_refusal(pool in name(), name in name(), act in volume_act()) {
        let facts = facts();
        let planned = plan_volume(&pool, &name, &act, &facts);
        check(&planned)?;
        let nothing = Facts { read_only: Some("No.".into()), ..facts };
        prop_assert!(plan_volume(&pool, &name, &act, &nothing).plan().is_none());
        check(&plan_volume(&pool, &name, &act, &Facts::default()))?;
    }

    #[test]
    fn another_pool_of_the_same_name_makes_a_plan_stale(name in name(), act in volume_act()) {
        let then = facts();
        let mut now = then.clone();
        now.storage.pools[0].record.id = Uuid::from_bytes([99; 16]);
        let both = (plan_volume("images", &name, &act, &then), plan_volume("images", &name, &act, &now));
        if let (Planned::Plan(then), Planned::Plan(now)) = both {
            prop_assert!(then.stale_against(&now).is_some());
        }
    }
}

//! Changing pools and volumes.

use novacron::hypervisor::{HvErrorKind, HvResult, Hypervisor};
use novacron::model::operation::{NewPool, PoolSource};
use novacron::model::storage::PoolState;
use novacron::xml;
use novacron::xml::volume::VolumeSpec;

use super::host::{Host, fails};

const MIB: u64 = 1 << 20;

/// A name that no other run has.
fn name(what: &str) -> String {
    format!("conforms-{what}-{}", std::process::id())
}

fn described(name: &str, capacity: u64) -> String {
    xml::volume::write(&VolumeSpec { name, capacity, allocation: 0, format: Some("raw"), backing: None })
}

/// Done, or the driver cannot; whether it was done.
#[track_caller]
fn done_or_unsupported(answer: HvResult<()>) -> bool {
    match answer {
        Ok(()) => true,
        Err(e) if e.kind == HvErrorKind::Unsupported => false,
        Err(e) => panic!("{e}"),
    }
}

/// Started pools of files.
fn pools(hv: &dyn Hypervisor) -> Vec<String> {
    let running = |id| hv.pool(id).is_ok_and(|p| p.state == PoolState::Running && p.kind == "dir");
    let named = hv.pool_names().unwrap().into_iter().filter(|(id, _)| running(*id));
    named.map(|(_, name)| name).collect()
}

pub(super) fn volumes_come_and_go(host: &Host<'_>) {
    let hv = host.open();
    let (a, b) = (name("a"), name("b"));
    let gone = [HvErrorKind::NotFound];
    for pool in pools(&*hv) {
        fails(hv.volume(&pool, &a, false), &gone);
    }
    fails(hv.create_volume("no-such-pool", &described(&a, MIB), false), &gone);
    // One of them has room.
    let made = |pool: &String| hv.create_volume(pool, &described(&a, 4 * MIB), false).is_ok();
    let pool = pools(&*hv).into_iter().find(made).unwrap();
    fails(hv.create_volume(&pool, &described(&a, MIB), false), &[HvErrorKind::Exists]);
    let made = hv.volume(&pool, &a, true).unwrap();
    assert_eq!((made.name.as_str(), made.capacity), (a.as_str(), 4 * MIB));
    let listed = hv.volumes(hv.pool_named(&pool).unwrap(), true).unwrap();
    assert!(listed.contains(&made), "{made:?} is not in the list");
    assert_eq!(xml::volume::parse(&hv.volume_xml(&pool, &a).unwrap()).unwrap().capacity, Some(4 * MIB));
    hv.clone_volume(&pool, &described(&b, 4 * MIB), (&pool, &a)).unwrap();
    assert_eq!(hv.volume(&pool, &b, false).unwrap().capacity, 4 * MIB);
    fails(hv.clone_volume(&pool, &described(&b, 4 * MIB), (&pool, &a)), &[HvErrorKind::Exists]);
    if done_or_unsupported(hv.resize_volume(&pool, &a, 8 * MIB, false)) {
        assert_eq!(hv.volume(&pool, &a, false).unwrap().capacity, 8 * MIB);
    }
    done_or_unsupported(hv.wipe_volume(&pool, &a));
    if let Some(read_only) =
        host.read_only.map(|c| c.connect(novacron::hypervisor::Purpose::Operate).unwrap())
    {
        let refused = [HvErrorKind::ReadOnly];
        fails(read_only.create_volume(&pool, &described(&a, MIB), false), &refused);
        fails(read_only.stop_pool(&pool), &refused);
        fails(read_only.define_pool("<pool/>"), &refused);
    }
    for name in [&a, &b] {
        hv.delete_volume(&pool, name).unwrap();
        fails(hv.volume(&pool, name, false), &gone);
        fails(hv.delete_volume(&pool, name), &gone);
    }
}

pub(super) fn pools_come_and_go(host: &Host<'_>) {
    let hv = host.open();
    let name = name("pool");
    let folder = tempfile::tempdir().unwrap();
    let path = Some(folder.path().display().to_string());
    let new =
        NewPool { source: PoolSource::Dir, path: path.clone(), build: None, start: false, autostart: false };
    let gone = [HvErrorKind::NotFound];
    fails(hv.pool_named(&name), &gone);
    if let Some(kinds) = hv.pool_kinds().unwrap() {
        assert!(kinds.contains(&"dir".to_owned()), "{kinds:?}");
    }
    hv.define_pool(&xml::pool::write(&name, &new)).unwrap();
    let id = hv.pool_named(&name).unwrap();
    assert!(hv.pool_names().unwrap().contains(&(id, name.clone())));
    assert_eq!(hv.pool(id).unwrap().state, PoolState::Inactive);
    assert_eq!(xml::pool::parse(&hv.pool_xml(&name).unwrap()).unwrap().path, path);
    for on in [true, false] {
        hv.set_pool_autostart(&name, on).unwrap();
        // The demo host's own facts tell what starts with it.
        assert!(host.name == "demo" || hv.pool(id).unwrap().autostart == Some(on));
    }
    hv.start_pool(&name).unwrap();
    assert_eq!(hv.pool(id).unwrap().state, PoolState::Running);
    fails(hv.start_pool(&name), &[HvErrorKind::InvalidState]);
    hv.stop_pool(&name).unwrap();
    assert_eq!(hv.pool(id).unwrap().state, PoolState::Inactive);
    hv.undefine_pool(&name).unwrap();
    fails(hv.pool_named(&name), &gone);
    fails(hv.undefine_pool(&name), &gone);
}

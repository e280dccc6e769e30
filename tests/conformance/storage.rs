//! Pools and volumes.

use std::collections::BTreeSet;

use novacron::hypervisor::{HvErrorKind, HvEvent};
use novacron::model::storage::PoolState;

use super::host::{Host, NOBODY, fails, hear, listen};

pub(super) fn pools_add_up(host: &Host<'_>) {
    let hv = host.open();
    let names = hv.pool_names().unwrap();
    assert!(!names.is_empty(), "a host under test has pools");
    assert_eq!(names.iter().map(|(id, _)| id).collect::<BTreeSet<_>>().len(), names.len());
    for (id, name) in names {
        let pool = hv.pool(id).unwrap();
        assert_eq!((pool.id, &pool.name), (id, &name));
        assert!(!pool.kind.is_empty(), "{name}");
        let sizes = [pool.capacity, pool.allocation, pool.available];
        if pool.state == PoolState::Inactive {
            assert_eq!(sizes, [None; 3], "{name} is not started");
            continue;
        }
        let [Some(capacity), Some(allocation), Some(available)] = sizes else {
            panic!("{name} is started and has no sizes: {pool:?}")
        };
        assert!(allocation <= capacity && available <= capacity, "{pool:?}");
    }
}

pub(super) fn volumes_are_listed(host: &Host<'_>) {
    let hv = host.open();
    let mut keys = BTreeSet::new();
    for (id, name) in hv.pool_names().unwrap() {
        if hv.pool(id).unwrap().state == PoolState::Inactive {
            fails(hv.volumes(id, false), &[HvErrorKind::InvalidState]);
            continue;
        }
        let (brief, full) = (hv.volumes(id, false).unwrap(), hv.volumes(id, true).unwrap());
        let told = |of: &[novacron::model::storage::Volume]| -> BTreeSet<_> {
            of.iter().map(|v| (v.name.clone(), v.kind, v.capacity)).collect()
        };
        assert_eq!(told(&brief), told(&full), "{name}");
        let names: BTreeSet<_> = full.iter().map(|v| &v.name).collect();
        assert_eq!(names.len(), full.len(), "{name} has two volumes of a name");
        for v in &full {
            assert!(!v.path.is_empty() && !v.kind.is_empty() && v.kind != "unknown", "{v:?}");
            assert!(keys.insert(v.key.clone()), "key {} is there twice", v.key);
            assert!(v.format.is_some() || v.kind != "file", "{v:?} has no format");
        }
        assert!(brief.iter().all(|v| v.format.is_none() && v.backing.is_none()), "{name}: details unasked");
    }
}

pub(super) fn an_unknown_pool_is_not_found(host: &Host<'_>) {
    let hv = host.open();
    let gone = [HvErrorKind::NotFound];
    fails(hv.pool(NOBODY), &gone);
    fails(hv.volumes(NOBODY, false), &gone);
    if hv.capabilities().no_refresh.is_none() {
        fails(hv.refresh_pool(NOBODY), &gone);
    }
}

pub(super) fn refreshing(host: &Host<'_>) {
    let hv = host.open();
    let can = hv.capabilities();
    let events = can.no_events.is_none().then(|| listen(&*hv));
    for (id, _) in hv.pool_names().unwrap() {
        if can.no_refresh.is_some() {
            fails(hv.refresh_pool(id), &[HvErrorKind::ReadOnly, HvErrorKind::Unsupported]);
        } else if hv.pool(id).unwrap().state == PoolState::Running {
            hv.refresh_pool(id).unwrap();
            if let Some(events) = &events {
                hear(events, "the pool was refreshed", |e| *e == HvEvent::Pool(id));
            }
        } else {
            fails(hv.refresh_pool(id), &[HvErrorKind::InvalidState]);
        }
    }
}

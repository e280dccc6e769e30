//! Volumes that nobody uses.

use std::collections::BTreeSet;

use super::facts::{StorageFacts, names, same};
use super::templates::template_of;
use crate::model::storage::{Orphan, Volume};

/// By pool and name, the volumes that no VM names, also none that is deleted and held, that are no part of a template, and that lie
/// below none of those; needs all uses to be known.
pub fn orphans(facts: &StorageFacts) -> Vec<Orphan> {
    let volumes: Vec<_> = facts.volumes().collect();
    let named = |(pool, volume): (&super::PoolFacts, &Volume)| {
        let mut uses = facts.vms.iter().chain(&facts.held).flat_map(|vm| &vm.uses);
        uses.any(|u| names(&u.named, &pool.record.name, volume)) || template_of(pool, volume).is_some()
    };
    let mut used: BTreeSet<usize> = (0..volumes.len()).filter(|at| named(volumes[*at])).collect();
    let mut open: Vec<usize> = used.iter().copied().collect();
    while let Some(at) = open.pop() {
        let Some(below) = &volumes[at].1.backing else { continue };
        let found = volumes.iter().position(|(_, v)| same(below, &v.path) || same(below, &v.key));
        if let Some(found) = found.filter(|f| used.insert(*f)) {
            open.push(found);
        }
    }
    let orphan = |at: usize| {
        let (pool, volume) = volumes[at];
        let above = volumes.iter().filter(|(_, v)| v.backing.as_ref().is_some_and(|b| same(b, &volume.path)));
        let below = above.map(|(p, v)| format!("{}/{}", p.record.name, v.name)).collect();
        Orphan { pool: pool.record.name.clone(), volume: volume.clone(), below }
    };
    let mut found: Vec<Orphan> = (0..volumes.len()).filter(|at| !used.contains(at)).map(orphan).collect();
    // libvirt lists in no order.
    found.sort_by(|a, b| (&a.pool, &a.volume.name).cmp(&(&b.pool, &b.volume.name)));
    found
}

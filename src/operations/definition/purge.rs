//! Forgetting held VMs, with their disks or without.

use super::super::build::{Draft, draft, refused};
use super::super::facts::{Facts, VmFacts};
use super::held::{PURGE, as_it_was, not_held};
use crate::model::held::HeldVm;
use crate::model::id::VmId;
use crate::model::operation::VmOperation as Op;
use crate::model::plan::{Act, AfterKill, DefinitionAct, Planned, RefusalKind, StorageAct, Weight};
use crate::model::storage::Volume;
use crate::model::units::bytes;
use crate::operations::PoolFacts;
use crate::operations::making::is_seed;
use crate::operations::storage::User;

pub(super) fn plan(act: &Op, id: VmId, facts: &Facts) -> Planned {
    let Some(held) = &facts.definition.held else { return not_held(act, id, PURGE) };
    let vm = as_it_was(id, held);
    let left: Vec<&str> =
        held.kept.files.iter().filter(|f| f.digest.is_none()).map(|f| f.path.as_str()).collect();
    let plan = draft(act, &vm, PURGE)
        .typed()
        .after_kill(AfterKill::Finish)
        .note(
            Weight::Danger,
            "Its definition and all else that was kept of it is lost. It cannot be brought back.",
        )
        .note_if(!left.is_empty(), Weight::Info, format!("Left on the host: {}.", left.join(", ")))
        .rests_on("when it was deleted", held.deleted.0.to_string());
    let plan = match act {
        Op::PurgeWithVolumes => with_disks(plan, act, &vm, facts),
        _ => Ok(disks_stay(plan, held)),
    };
    let forget = Act::Definition(DefinitionAct::Forget { vm: id });
    plan.map_or_else(|no| no, |plan| plan.step("Forget what was kept of it", &[], forget).planned(facts))
}

fn disks_stay(plan: Draft, held: &HeldVm) -> Draft {
    let disks: Vec<String> = held.kept.volumes.iter().map(|v| v.source.describe()).collect();
    plan.summary("what was kept of it is forgotten for ever; its disks stay").note_if(
        !disks.is_empty(),
        Weight::Info,
        format!("Its disks stay where they are, and are nobody's from then on: {}.", disks.join(", ")),
    )
}

/// Its disks go first: as long as one is there, it is known whose it is.
fn with_disks(plan: Draft, act: &Op, vm: &VmFacts, facts: &Facts) -> Result<Draft, Planned> {
    let no = |kind, reason: String, remedy: &str| Err(refused(act, vm, PURGE, kind, reason, remedy));
    let users = |pool: &PoolFacts, volume: &Volume| -> Vec<String> {
        let others = facts.storage.users(pool, volume).into_iter();
        others
            .filter(|u| !matches!(u, User::Held { id, .. } if *id == vm.id))
            .map(|user| user.words())
            .collect()
    };
    let (mut own, mut stay): (Vec<(&PoolFacts, &Volume)>, Vec<String>) = (Vec::new(), Vec::new());
    for disk in vm.definition.disks.iter().filter(|d| matches!(d.device.as_str(), "disk" | "lun")) {
        let Some(source) = &disk.source else { continue };
        let made_for_it = |pool: &PoolFacts, volume: &Volume| {
            if disk.read_only { is_seed(volume) && users(pool, volume).is_empty() } else { !disk.shareable }
        };
        match facts.storage.located(source) {
            Some((pool, volume)) if disk.device == "disk" && made_for_it(pool, volume) => {
                own.push((pool, volume));
            }
            _ => stay.push(source.describe()),
        }
    }
    for (pool, volume) in &own {
        let users = users(pool, volume);
        if !users.is_empty() {
            let (pool, name) = (&pool.record.name, &volume.name);
            let reason = format!("Its disk {pool}/{name} is used by {}.", users.join(", "));
            return no(
                RefusalKind::InUse,
                reason,
                "Delete what uses it first, or purge without --volumes: then it stays.",
            );
        }
    }
    let size: u64 = own.iter().map(|(_, v)| v.allocation).sum();
    let mut plan = plan
        .summary(format!("what was kept of it, and its disks, {}, are lost for ever", bytes(size as f64)))
        .note_if(!own.is_empty(), Weight::Danger, format!("What is on its disks is lost: {}.", listed(&own)))
        .note_if(own.iter().any(|(_, v)| v.backing.is_some()), Weight::Info, "Images below its disks stay.")
        .note_if(
            !stay.is_empty(),
            Weight::Warning,
            format!(
                "Not deleted, because it is in no pool that is started, only read or shared: {}.",
                stay.join(", ")
            ),
        )
        .rests_on("its disks", listed(&own));
    for (pool, volume) in own {
        let (pool, name) = (pool.record.name.clone(), volume.name.clone());
        plan = plan.step(
            format!("Delete {pool}/{name}"),
            &["vol-delete", "--pool", &pool, "--vol", &name],
            Act::Storage(StorageAct::DeleteVolume { pool: pool.clone(), name: name.clone() }),
        );
    }
    Ok(plan)
}

fn listed(own: &[(&PoolFacts, &Volume)]) -> String {
    own.iter().map(|(p, v)| format!("{}/{}", p.record.name, v.name)).collect::<Vec<_>>().join(", ")
}

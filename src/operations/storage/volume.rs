//! Deleting, growing and wiping volumes.

use super::facts::User;
use super::{On, holds_files, listed, words};
use crate::model::plan::{Act, AfterKill, Planned, RefusalKind, StorageAct, Weight};
use crate::model::units::bytes;

pub(super) fn delete(on: &On<'_>) -> Planned {
    const VERB: &str = "Delete volume";
    let (pool, volume) = match on.there(VERB) {
        Ok(found) => found,
        Err(no) => return no,
    };
    let users = on.storage().users(pool, volume);
    if let Some(no) = in_use(on, VERB, &users).or_else(|| unknown(on, VERB)) {
        return no;
    }
    let unseen = &on.storage().unseen;
    let held = bytes(volume.allocation as f64);
    on.draft(VERB, pool)
        .summary(format!("{held} of the pool are free again"))
        .step_by(
            "Delete it",
            words(&["virsh", "vol-delete", "--pool", on.pool, "--vol", on.name]),
            Act::Storage(StorageAct::DeleteVolume { pool: on.pool.into(), name: on.name.into() }),
        )
        .note(Weight::Danger, format!("What is in it is lost: {held}."))
        .note_if(volume.backing.is_some(), Weight::Info, "The image below it stays.")
        .note_if(!unseen.is_empty(), Weight::Warning, super::users::not_seen(unseen))
        .rests_on("the volume", format!("{} {}", volume.path, volume.capacity))
        .after_kill(AfterKill::Finish)
        .typed()
        .planned(on.facts)
}

pub(super) fn grow(on: &On<'_>, to: u64, allocate: bool) -> Planned {
    const VERB: &str = "Grow volume";
    let (pool, volume) = match on.there(VERB) {
        Ok(found) => found,
        Err(no) => return no,
    };
    let now = bytes(volume.capacity as f64);
    if to == volume.capacity {
        return on.no(VERB, RefusalKind::AlreadySo, format!("It has {now} already."), "");
    }
    if to < volume.capacity {
        let reason = format!("It has {now}: what lies behind a smaller size would be lost.");
        return on.no(VERB, RefusalKind::BadRequest, reason, "A volume only grows.");
    }
    let users = on.storage().users(pool, volume);
    let above: Vec<User> = users.iter().filter(|u| rests_on_it(u)).cloned().collect();
    if let Some(no) = in_use(on, VERB, &above) {
        return no;
    }
    if let Some(running) = users.iter().find(|u| u.writes_now()) {
        let reason = format!("It is a disk of {}: the guest has to be told.", running.words());
        return on.no(
            VERB,
            RefusalKind::InUse,
            reason,
            "Shut the VM down first, or grow the disk through it.",
        );
    }
    let files = holds_files(&pool.record.kind);
    let more = to - volume.capacity;
    let needs = if allocate || !files { more } else { 0 };
    if let Err(no) = on.fits(VERB, pool, needs) {
        return no;
    }
    let size = to.to_string();
    let mut command =
        words(&["virsh", "vol-resize", "--pool", on.pool, "--vol", on.name, "--capacity", &size]);
    command.extend(allocate.then(|| "--allocate".to_owned()));
    let over = !allocate && files && pool.record.available.is_some_and(|free| free < more);
    on.draft(VERB, pool)
        .summary(format!("from {now} to {}", bytes(to as f64)))
        .step_by(
            format!("Give it {}", bytes(to as f64)),
            command,
            Act::Storage(StorageAct::ResizeVolume {
                pool: on.pool.into(),
                name: on.name.into(),
                capacity: to,
                allocate,
            }),
        )
        .space(format!("pool {}", on.pool), needs, pool.record.available)
        .note(Weight::Info, "The guest's partitions and file systems stay as they are until it grows them.")
        .note_if(over, Weight::Warning, "The pool has less free than it may grow by.")
        .rests_on("its size", volume.capacity.to_string())
        .planned(on.facts)
}

pub(super) fn wipe(on: &On<'_>) -> Planned {
    const VERB: &str = "Wipe volume";
    let (pool, volume) = match on.there(VERB) {
        Ok(found) => found,
        Err(no) => return no,
    };
    let users = on.storage().users(pool, volume);
    let stops = |u: &&User| !matches!(u, User::Vm { active: false, reads_only: false, .. });
    let busy: Vec<User> = users.iter().filter(stops).cloned().collect();
    if let Some(no) = in_use(on, VERB, &busy).or_else(|| unknown(on, VERB)) {
        return no;
    }
    let owners: Vec<String> = users.iter().map(User::words).collect();
    let image = holds_files(&pool.record.kind) && volume.format.as_deref() != Some("raw");
    let mut plan = on
        .draft(VERB, pool)
        .summary(format!(
            "{} are overwritten with zeros",
            bytes(volume.capacity.max(volume.allocation) as f64)
        ))
        .step_by(
            "Write zeros over it",
            words(&["virsh", "vol-wipe", "--pool", on.pool, "--vol", on.name]),
            Act::Storage(StorageAct::WipeVolume { pool: on.pool.into(), name: on.name.into() }),
        )
        .note(Weight::Danger, "What is in it is lost.")
        .note(Weight::Info, "What copies the storage below keeps (snapshots, flash) is not reached.")
        .note(Weight::Info, "libvirt cannot stop in the middle of it.")
        .rests_on("the volume", format!("{} {}", volume.path, volume.capacity));
    if image {
        plan = plan.note(Weight::Danger, "It is an image: afterwards it is a raw file of zeros.");
    }
    if !owners.is_empty() {
        plan = plan.note(Weight::Danger, format!("It is a disk of {}.", listed(&owners)));
    }
    plan.typed().planned(on.facts)
}

/// Whether what it would be changes what is below it, and not it alone.
const fn rests_on_it(user: &User) -> bool {
    match user {
        User::Vm { reads_only, .. } => *reads_only,
        User::Volume { .. } | User::Image { .. } | User::Template { .. } => true,
        User::Held { .. } => false,
    }
}

/// A volume of which it is not known who uses it.
fn unknown(on: &On<'_>, verb: &str) -> Option<Planned> {
    let reason = on.storage().cannot_tell()?;
    Some(on.no(verb, RefusalKind::Unknown, reason, super::users::TO_TELL))
}

/// A volume that somebody uses.
pub(super) fn in_use(on: &On<'_>, verb: &str, users: &[User]) -> Option<Planned> {
    if users.is_empty() {
        return None;
    }
    let names: Vec<String> = users.iter().map(User::words).collect();
    let reason = format!("It is used by {}.", listed(&names));
    let remedy = |user: &User| match user {
        User::Vm { .. } => "Detach it from the VM first.".to_owned(),
        User::Held { name, .. } => format!("Bring that VM back, or forget it: novacron vm purge {name}"),
        User::Template { name, .. } => format!("Delete the template: novacron template delete {name}"),
        User::Volume { .. } | User::Image { .. } => {
            "Delete what lies on it first, or make that independent of it.".to_owned()
        }
    };
    Some(on.no(verb, RefusalKind::InUse, reason, users.first().map(remedy).unwrap_or_default()))
}

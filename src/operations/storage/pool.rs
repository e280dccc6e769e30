//! Defining, starting and stopping pools.

use super::define::define;
use super::facts::PoolFacts;
use super::{PoolOn, words};
use crate::model::operation::{BuildHow, Operation, PoolOperation as Op};
use crate::model::plan::{Act, AfterKill, Planned, RefusalKind, StorageAct, Weight};
use crate::model::storage::PoolState;

pub(super) fn plan(on: &PoolOn<'_>) -> Planned {
    match on.act {
        Op::Define(new) => define(on, new),
        Op::Restore { xml } => super::define::restore(on, xml),
        Op::Build(how) => build(on, *how),
        Op::Start => start(on),
        Op::Stop => stop(on),
        Op::Refresh => refresh(on),
        Op::Autostart { on: switch } => autostart(on, *switch),
        Op::Undefine => undefine(on),
    }
}

fn start(on: &PoolOn<'_>) -> Planned {
    const VERB: &str = "Start pool";
    let pool = match on.there(VERB) {
        Ok(pool) => pool,
        Err(no) => return no,
    };
    if pool.record.state != PoolState::Inactive {
        let reason = format!("It is {} already.", pool.record.state.word());
        return on.no(VERB, RefusalKind::AlreadySo, reason, "");
    }
    let mounts = matches!(pool.record.kind.as_str(), "fs" | "netfs");
    on.draft(VERB, pool)
        .summary(if mounts { "mounts it and looks what is there" } else { "looks what is there" })
        .step_by(
            "Start it",
            words(&["virsh", "pool-start", "--pool", on.name]),
            Act::Storage(StorageAct::StartPool { pool: on.name.into() }),
        )
        .back_by(Operation::pool(on.name, Op::Stop))
        .planned(on.facts)
}

fn stop(on: &PoolOn<'_>) -> Planned {
    const VERB: &str = "Stop pool";
    let pool = match on.there(VERB) {
        Ok(pool) => pool,
        Err(no) => return no,
    };
    if pool.record.state == PoolState::Inactive {
        return on.no(VERB, RefusalKind::AlreadySo, "It is not started.", "");
    }
    let (running, off) = on.users(pool);
    // A folder stays where it is; what is mounted or activated goes away under those who use it.
    if !running.is_empty() && pool.record.kind != "dir" {
        let reason = format!("It is used by VMs that run: {}.", super::listed(&running));
        return on.no(VERB, RefusalKind::InUse, reason, "Shut them down first.");
    }
    let gone = pool.record.persistent == Some(false);
    let back = (!gone).then(|| Operation::pool(on.name, Op::Start));
    let mut plan = on
        .draft(VERB, pool)
        .summary("what is in it stays")
        .step_by(
            "Stop it",
            words(&["virsh", "pool-destroy", "--pool", on.name]),
            Act::Storage(StorageAct::StopPool { pool: on.name.into() }),
        )
        .note_if(gone, Weight::Warning, "It is transient: it is forgotten once it is stopped.")
        .note_if(
            !running.is_empty(),
            Weight::Warning,
            format!("It is used by VMs that run, and go on: {}.", super::listed(&running)),
        )
        .note_if(
            !off.is_empty(),
            Weight::Warning,
            format!("It is used by VMs that are off, and may not start then: {}.", super::listed(&off)),
        );
    if let Some(back) = back {
        plan = plan.back_by(back);
    }
    plan.planned(on.facts)
}

fn refresh(on: &PoolOn<'_>) -> Planned {
    const VERB: &str = "Refresh pool";
    let pool = match on.there(VERB) {
        Ok(pool) => pool,
        Err(no) => return no,
    };
    if pool.record.state == PoolState::Inactive {
        return on.no(VERB, RefusalKind::State, "It is not started.", "Start it: that looks as well.");
    }
    on.draft(VERB, pool)
        .summary("libvirt looks again what is in it")
        .step_by(
            "Look what is in it",
            words(&["virsh", "pool-refresh", "--pool", on.name]),
            Act::Storage(StorageAct::RefreshPool { pool: on.name.into() }),
        )
        .planned(on.facts)
}

fn autostart(on: &PoolOn<'_>, switch: bool) -> Planned {
    let verb = if switch { "Turn on autostart of pool" } else { "Turn off autostart of pool" };
    let pool = match on.there(verb) {
        Ok(pool) => pool,
        Err(no) => return no,
    };
    if pool.record.persistent == Some(false) {
        return on.no(
            verb,
            RefusalKind::State,
            "It is transient: nothing of it would stay.",
            "Define it first.",
        );
    }
    if pool.record.autostart == Some(switch) {
        return on.no(verb, RefusalKind::AlreadySo, "It is so already.", "");
    }
    let mut command = words(&["virsh", "pool-autostart", "--pool", on.name]);
    command.extend((!switch).then(|| "--disable".to_owned()));
    let act = StorageAct::SetPoolAutostart { pool: on.name.into(), on: switch };
    on.draft(verb, pool)
        .summary(if switch {
            "libvirt starts it as the host comes up"
        } else {
            "it stays stopped until somebody starts it"
        })
        .step_by("Set it", command, Act::Storage(act))
        .rests_on("its autostart", if switch { "off" } else { "on" })
        .back_by(Operation::pool(on.name, Op::Autostart { on: !switch }))
        .planned(on.facts)
}

fn undefine(on: &PoolOn<'_>) -> Planned {
    const VERB: &str = "Undefine pool";
    let pool = match on.there(VERB) {
        Ok(pool) => pool,
        Err(no) => return no,
    };
    if pool.record.state != PoolState::Inactive {
        let remedy = format!("Stop it first: novacron pool stop {}", on.name);
        return on.no(VERB, RefusalKind::State, format!("It is {}.", pool.record.state.word()), remedy);
    }
    let (running, off) = on.users(pool);
    let users = [running, off].concat();
    on.draft(VERB, pool)
        .summary("libvirt forgets it; what is in it stays")
        .step_by(
            "Forget it",
            words(&["virsh", "pool-undefine", "--pool", on.name]),
            Act::Storage(StorageAct::UndefinePool { pool: on.name.into() }),
        )
        .note_if(
            !users.is_empty(),
            Weight::Warning,
            format!("VMs use what is in it: {}.", super::listed(&users)),
        )
        .rests_on("its definition", &pool.xml)
        .diff(&crate::xml::diff::unified(&pool.xml, ""))
        .back_by(Operation::pool(on.name, Op::Restore { xml: pool.xml.clone() }))
        .planned(on.facts)
}

fn build(on: &PoolOn<'_>, how: BuildHow) -> Planned {
    const VERB: &str = "Build pool";
    let pool = match on.there(VERB) {
        Ok(pool) => pool,
        Err(no) => return no,
    };
    if pool.record.state != PoolState::Inactive {
        let reason = format!("It is {}.", pool.record.state.word());
        return on.no(VERB, RefusalKind::State, reason, "Stop it first.");
    }
    let own = on.facts.storage.devices.iter().filter(|d| d.pool == on.name);
    let own: Vec<&str> = own.map(|d| d.device.as_str()).collect();
    if let Err(no) = nobodys(on, VERB, &pool.record.kind, &own) {
        return no;
    }
    let draft = on.draft(VERB, pool).after_kill(AfterKill::Stay).rests_on("its devices", own.join(", "));
    build_step(draft, on.name, &pool.record.kind, how).planned(on.facts)
}

/// Refuses to write to devices that somebody has.
pub(super) fn nobodys(on: &PoolOn<'_>, verb: &str, kind: &str, devices: &[&str]) -> Result<(), Planned> {
    if !matches!(kind, "fs" | "disk" | "logical" | "zfs") {
        return Ok(());
    }
    let owners = on.facts.storage.owners(devices, on.name);
    if !owners.is_empty() {
        let reason = format!("A device of it is used by {}.", super::listed(&owners));
        let remedy = "Take it from them first, or name another device.";
        return Err(on.no(verb, RefusalKind::InUse, reason, remedy));
    }
    match on.facts.storage.unread.iter().find(|_| !devices.is_empty()) {
        Some(why) => {
            let reason = format!("Whether something uses the device cannot be told: {why}.");
            Err(on.no(verb, RefusalKind::Unknown, reason, super::TO_TELL))
        }
        None => Ok(()),
    }
}

/// The step that makes a pool's storage, with what has to be known of it.
pub(super) fn build_step(
    draft: crate::operations::build::Draft,
    name: &str,
    kind: &str,
    how: BuildHow,
) -> crate::operations::build::Draft {
    let (what, formats) = match kind {
        "fs" => ("A file system is written to the device", true),
        "disk" => ("A partition table is written to the device", true),
        "logical" => ("A volume group is made of the devices", false),
        "zfs" => ("A ZFS pool is made of the devices", false),
        _ => ("The folder is made where it is not there", false),
    };
    let harmless = !matches!(kind, "fs" | "disk" | "logical" | "zfs");
    let asked = formats.then_some(how);
    let mut command = words(&["virsh", "pool-build", "--pool", name]);
    command.extend(asked.map(|how| match how {
        BuildHow::WhereEmpty => "--no-overwrite".to_owned(),
        BuildHow::Overwrite => "--overwrite".to_owned(),
    }));
    let draft = draft
        .step_by("Build it", command, Act::Storage(StorageAct::BuildPool { pool: name.into(), how: asked }))
        .summary(what);
    match (harmless, asked) {
        (true, _) => draft.note(Weight::Info, format!("{what}.")),
        (false, Some(BuildHow::WhereEmpty)) => {
            draft.note(Weight::Warning, format!("{what}, where libvirt finds nothing on it."))
        }
        (false, _) => draft.note(Weight::Danger, format!("{what}: what is on it is lost.")).typed(),
    }
}

impl PoolOn<'_> {
    /// Names of VMs that use what is in a pool: those that run, and those that are off.
    fn users(&self, pool: &PoolFacts) -> (Vec<String>, Vec<String>) {
        let storage = &self.facts.storage;
        let uses = |vm: &&super::VmUses| {
            let named = |u: &crate::xml::domain::Use| {
                let by_volume =
                    pool.volumes.iter().flatten().any(|v| super::facts::names(&u.named, self.name, v));
                by_volume || super::facts::in_pool(&u.named, &pool.record)
            };
            vm.uses.iter().any(named)
        };
        let (running, off): (Vec<_>, Vec<_>) = storage.vms.iter().filter(uses).partition(|vm| vm.active);
        let names = |vms: Vec<&super::VmUses>| vms.into_iter().map(|vm| vm.name.clone()).collect();
        (names(running), names(off))
    }
}

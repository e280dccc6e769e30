//! New pools.

use super::devices::of_new;
use super::pool::{build_step, nobodys};
use super::{PoolOn, words};
use crate::model::operation::{NewPool, Operation, PoolOperation as Op, PoolSource};
use crate::model::plan::{Act, AfterKill, Planned, RefusalKind, StorageAct};
use crate::operations::vm::name_is_good;
use crate::xml;
use crate::xml::diff::unified;

const VERB: &str = "Define pool";

pub(super) fn define(on: &PoolOn<'_>, new: &NewPool) -> Planned {
    define_plan(on, new).unwrap_or_else(|no| no)
}

fn define_plan(on: &PoolOn<'_>, new: &NewPool) -> Result<Planned, Planned> {
    free(on)?;
    let kind = new.source.kind();
    if let Some(kinds) = &on.facts.storage.kinds
        && !kinds.iter().any(|k| k == kind)
    {
        let reason = format!("The host has no driver for pools of kind {kind}.");
        let remedy = format!(
            "It has {}. Others come with packages such as libvirt-daemon-driver-storage-*.",
            kinds.join(", ")
        );
        return Err(on.no(VERB, RefusalKind::Unsupported, reason, remedy));
    }
    let path = xml::pool::place(&new.source, new.path.as_deref());
    good(on, new)?;
    let clash = path.as_deref().filter(|_| !matches!(new.source, PoolSource::Disk { .. })).and_then(|path| {
        let same =
            |p: &&super::PoolFacts| p.record.path.as_deref().is_some_and(|p| super::facts::same(p, path));
        on.facts.storage.pools.iter().find(same)
    });
    if let Some(pool) = clash {
        let reason = format!("Pool {} has that place already.", pool.record.name);
        return Err(on.no(VERB, RefusalKind::Taken, reason, "Choose another folder."));
    }
    if new.build.is_some() {
        nobodys(on, VERB, kind, &of_new(new))?;
    }
    let definition = xml::pool::write(on.name, new);
    let place = path.unwrap_or_else(|| "no place of its own".to_owned());
    let mut plan = defining(on, &definition);
    if let Some(how) = new.build {
        plan = build_step(plan, on.name, kind, how);
    }
    if new.start {
        plan = plan
            .step_by(
                "Start it",
                words(&["virsh", "pool-start", "--pool", on.name]),
                Act::Storage(StorageAct::StartPool { pool: on.name.into() }),
            )
            .undo(Act::Storage(StorageAct::StopPool { pool: on.name.into() }));
    }
    if new.autostart {
        plan = plan.step_by(
            "Have it started with the host",
            words(&["virsh", "pool-autostart", "--pool", on.name]),
            Act::Storage(StorageAct::SetPoolAutostart { pool: on.name.into(), on: true }),
        );
    }
    let started = if new.start { ", started" } else { "" };
    plan = plan.summary(format!("{kind}, {place}{started}"));
    if !new.start {
        plan = plan.back_by(Operation::pool(on.name, Op::Undefine));
    }
    Ok(plan.planned(on.facts))
}

pub(super) fn restore(on: &PoolOn<'_>, definition: &str) -> Planned {
    if let Err(no) = free(on) {
        return no;
    }
    match xml::pool::parse(definition) {
        Ok(pool) if pool.name.as_deref() == Some(on.name) => defining(on, definition)
            .summary("as it was")
            .back_by(Operation::pool(on.name, Op::Undefine))
            .planned(on.facts),
        Ok(_) => on.no(VERB, RefusalKind::BadRequest, "The XML is of a pool of another name.", ""),
        Err(e) => on.no(VERB, RefusalKind::BadRequest, format!("The XML cannot be read: {e}."), ""),
    }
}

fn defining(on: &PoolOn<'_>, definition: &str) -> crate::operations::build::Draft {
    on.new_draft(VERB)
        .step_by(
            "Define it",
            words(&["virsh", "pool-define", "--file", &format!("{}.xml", on.name)]),
            Act::Storage(StorageAct::DefinePool { pool: on.name.into(), xml: definition.to_owned() }),
        )
        .undo(Act::Storage(StorageAct::UndefinePool { pool: on.name.into() }))
        .diff(&unified("", definition))
        .after_kill(AfterKill::Undo)
}

/// Refuses a name that is none, or is taken.
fn free(on: &PoolOn<'_>) -> Result<(), Planned> {
    if let Err(why) = name_is_good(on.name) {
        return Err(on.no(VERB, RefusalKind::BadRequest, why, "Give it a name such as images."));
    }
    if on.facts.storage.pool(on.name).is_some() {
        let reason = format!("There is a pool {} already.", on.name);
        return Err(on.no(VERB, RefusalKind::Taken, reason, "Choose another name."));
    }
    Ok(())
}

/// Refuses what makes no pool of this kind.
fn good(on: &PoolOn<'_>, new: &NewPool) -> Result<(), Planned> {
    let no = |reason: &str, remedy: &str| Err(on.no(VERB, RefusalKind::BadRequest, reason, remedy));
    let needs_path = matches!(new.source, PoolSource::Dir | PoolSource::Fs { .. } | PoolSource::NetFs { .. });
    match new.path.as_deref() {
        None if needs_path => return no("It needs a folder of the host.", "Such as /srv/images."),
        Some(path) if !path.starts_with('/') => {
            return no("The folder is no absolute path.", "Such as /srv/images.");
        }
        _ => {}
    }
    let devices = of_new(new);
    if devices.iter().any(|d| !d.starts_with('/')) {
        return no("A device is an absolute path.", "Such as /dev/sdb.");
    }
    let empty = match &new.source {
        PoolSource::NetFs { host, dir, .. } => host.is_empty() || dir.is_empty(),
        PoolSource::Logical { group: name, .. }
        | PoolSource::Zfs { dataset: name, .. }
        | PoolSource::Rbd { pool: name, .. } => name.is_empty(),
        PoolSource::Dir | PoolSource::Fs { .. } | PoolSource::Disk { .. } => false,
    };
    if empty {
        return no("Where its storage comes from is not said.", "");
    }
    let builds_of_nothing = matches!(&new.source, PoolSource::Logical { devices, .. } | PoolSource::Zfs { devices, .. } if devices.is_empty());
    if new.build.is_some() && builds_of_nothing {
        return no("There are no devices to build it of.", "Name them, or do not build it.");
    }
    Ok(())
}

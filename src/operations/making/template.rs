//! Templates: copies of a VM's disks and its definition, as volumes of one pool. Nothing else knows of them: what lies
//! there is the template.

use super::clone::{New, copy_running, defined, not_encrypted, unreadable, way};
use super::disks::{self, Made, Naming, Way};
use super::fresh::{self, sizes_are_good};
use super::{On, words};
use crate::model::id::VmId;
use crate::model::operation::{MakeTemplate, NewVm, Operation, TemplateOperation, VmOperation};
use crate::model::plan::{Act, AfterKill, Content, MakingAct, Planned, RefusalKind, StorageAct, Weight};
use crate::model::units::bytes;
use crate::model::vm::{DiskSource, VmDefinition};
use crate::operations::StorageFacts;
use crate::operations::definition::digest;
use crate::operations::facts::{Facts, VmFacts};
use crate::operations::storage::{self, Version, holds_files, versions};
use crate::xml::domain;
use crate::xml::edit::{Overrides, Twin, twin};
use crate::xml::volume::{VolumeSpec, write};

/// Pool and volume of the definition that a template holds.
pub fn manifest_of(storage: &StorageFacts, name: &str, version: Option<u32>) -> Option<(String, String)> {
    let found = find(storage, name, version)?;
    Some((found.pool, found.manifest))
}

fn find(storage: &StorageFacts, name: &str, version: Option<u32>) -> Option<Version> {
    let of = |v: &Version| v.name == name && version.is_none_or(|n| n == v.version);
    versions(storage).into_iter().rfind(of)
}

fn name_is_good(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && !name.starts_with(['-', '.'])
}

pub(super) fn make(vm: &VmFacts, facts: &Facts, act: &VmOperation, new: &MakeTemplate) -> Planned {
    made(&On::vm(vm, act, facts, "Make a template of"), vm, new).unwrap_or_else(|no| no)
}

fn made(on: &On<'_>, vm: &VmFacts, new: &MakeTemplate) -> Result<Planned, Planned> {
    let name = &new.name;
    if !name_is_good(name) {
        let reason = format!("{name} is no name for a template: letters, digits, . _ and -, 64 at most.");
        return Err(on.no(RefusalKind::BadRequest, reason, "Such as debian-12."));
    }
    let storage = &on.facts.storage;
    let newest = find(storage, name, None);
    let version = match &newest {
        Some(v) if !new.again => {
            let reason = format!("There is a template {name} already, version {}.", v.version);
            return Err(on.no(RefusalKind::Taken, reason, "Make one more version of it: --new-version."));
        }
        None if new.again => {
            let reason = format!("There is no template {name}.");
            return Err(on.no(RefusalKind::NotFound, reason, "Leave --new-version away to make the first."));
        }
        Some(v) => v.version + 1,
        None => 1,
    };
    let how = way(on, vm, false)?;
    let own = domain::parse(&vm.defined_xml).map_err(|e| unreadable(on, &e.to_string()))?;
    not_encrypted(on, &vm.defined_xml)?;
    let sources = disks::sources(on, &own)?;
    let pool = match (&new.pool, &newest, sources.first()) {
        (Some(pool), ..) => pool.clone(),
        (None, Some(before), _) => before.pool.clone(),
        (None, None, Some(first)) => first.pool.record.name.clone(),
        (None, None, None) => {
            return Err(on.no(RefusalKind::State, "It has no disk of its own.", "A template holds disks."));
        }
    };
    let target = disks::running(on, &pool)?;
    if !holds_files(&target.record.kind) {
        let reason = format!("A pool of kind {} holds no templates.", target.record.kind);
        return Err(on.no(RefusalKind::Unsupported, reason, "Name a pool of files (--pool)."));
    }
    let stem = storage::stem(name, version);
    let all = disks::arranged(on, &sources, how, Naming::Exact(&stem), Some(&pool))?;
    let disks: Vec<_> = all.iter().map(Made::disk).collect();
    let twinned = twin(
        &vm.defined_xml,
        &Twin {
            name: &stem,
            uuid: &vm.id.to_string(),
            macs: &[],
            disks: &disks,
            overrides: &Overrides::default(),
        },
    )
    .map_err(|e| unreadable(on, &e.to_string()))?;
    let total: u64 = all.iter().map(Made::bytes).sum();
    let mut plan = on
        .draft()
        .summary(format!("{name}, version {version}, in pool {pool}, {}", bytes(total as f64)))
        .rests_on("its state", vm.state.phrase())
        .rests_on("its definition", digest(&vm.defined_xml))
        .rests_on("version of the template", version.to_string())
        .after_kill(AfterKill::Undo);
    plan = all.iter().fold(plan, |plan, one| one.step(plan, how));
    if how == Way::Running {
        plan = copy_running(plan, vm, &on.facts.making.agent, &all, total);
    }
    let manifest = storage::manifest(name, version);
    let length = (twinned.xml.len() as u64).next_multiple_of(512);
    plan = written(plan, &pool, &manifest, length, "definition", Content::Text(twinned.xml));
    let plan = plan
        .note(
            Weight::Info,
            "Guests made of it have its SSH host keys and machine id, unless those were taken away before (cloud-init clean, virt-sysprep).",
        )
        .back_by(Operation::Template {
            name: name.clone(),
            act: TemplateOperation::Delete { version: Some(version) },
        });
    Ok(plan.planned(on.facts))
}

/// A small volume, made and filled.
pub(super) fn written(
    plan: crate::operations::build::Draft,
    pool: &str,
    name: &str,
    length: u64,
    what: &str,
    content: Content,
) -> crate::operations::build::Draft {
    let xml =
        write(&VolumeSpec { name, capacity: length, allocation: 0, format: Some("raw"), backing: None });
    let size = length.to_string();
    plan.step_by(
        format!("Make {pool}/{name} for the {what}"),
        words(&[
            "virsh",
            "vol-create-as",
            "--pool",
            pool,
            "--name",
            name,
            "--capacity",
            &size,
            "--format",
            "raw",
        ]),
        Act::Storage(StorageAct::CreateVolume {
            pool: pool.to_owned(),
            name: name.to_owned(),
            xml,
            metadata: false,
        }),
    )
    .undo(Act::Storage(StorageAct::DeleteVolume { pool: pool.to_owned(), name: name.to_owned() }))
    .step_by(
        format!("Write the {what}"),
        words(&["virsh", "vol-upload", "--pool", pool, "--vol", name, "--file", name]),
        Act::Making(MakingAct::Write { pool: pool.to_owned(), volume: name.to_owned(), content }),
    )
}

pub(super) fn instance(
    on: &On<'_>,
    id: VmId,
    name: &str,
    new: &NewVm,
    (template, version, linked): (&str, Option<u32>, bool),
) -> Result<Planned, Planned> {
    let Some(found) = find(&on.facts.storage, template, version) else {
        let which = version.map(|v| format!(", version {v}")).unwrap_or_default();
        let reason = format!("There is no template {template}{which}.");
        return Err(on.no(RefusalKind::NotFound, reason, "`novacron template list` shows all."));
    };
    let Some(xml) = on.facts.making.manifest.as_deref() else {
        let reason = format!("What template {template} holds cannot be read.");
        return Err(on.no(RefusalKind::Unknown, reason, ""));
    };
    let mut own = domain::parse(xml).map_err(|e| unreadable(on, &e.to_string()))?;
    lie_with(&on.facts.storage, &found, &mut own);
    sizes_are_good(on, new, None)?;
    if new.vcpus.is_some() && xml.contains("<numa>") {
        let reason = "Its memory is laid out over NUMA nodes by vCPU.";
        return Err(on.no(
            RefusalKind::Unsupported,
            reason,
            "Leave the number of vCPUs, and edit it afterwards.",
        ));
    }
    let sources = disks::sources(on, &own)?;
    let how = if linked { Way::Linked } else { Way::Full };
    let all = disks::arranged(on, &sources, how, Naming::Free(name), new.pool.as_deref())?;
    let kind = if linked { "on top of it" } else { "copied" };
    let mut plan = on
        .draft()
        .summary(format!("from template {template}, version {}, {kind}", found.version))
        .rests_on("version of the template", found.version.to_string())
        .after_kill(AfterKill::Undo);
    plan = all.iter().fold(plan, |plan, one| one.step(plan, how));
    if let Some(size) = new.disk_size {
        plan = grown(on, plan, all.first(), size)?;
    }
    let (plan, seed) = fresh::seeded(on, plan, id, name, new, all.first().map(|m| m.pool))?;
    let (plan, network) = fresh::network(on, plan, new.network.as_deref())?;
    let overrides = Overrides { vcpus: new.vcpus, memory: new.memory, network, seed };
    let disks: Vec<_> = all.iter().map(Made::disk).collect();
    let about = New { id, name, salt: new.salt, disks: &disks, overrides: &overrides };
    let plan = defined(on, plan, xml, &own, &about)?;
    let back = VmOperation::Delete { force_off: false, discard_saved: false };
    Ok(plan.back_by(Operation::vm(id, back)).planned(on.facts))
}

/// A pool may have been moved since: its disks are those that lie beside the definition.
fn lie_with(storage: &StorageFacts, found: &Version, own: &mut VmDefinition) {
    let Some(pool) = storage.pool(&found.pool) else { return };
    for disk in &mut own.disks {
        let Some(DiskSource::File(path)) = &disk.source else { continue };
        let name = path.rsplit('/').next().unwrap_or_default();
        if let Some(volume) = pool.volume(name).filter(|v| found.disks.contains(&v.name)) {
            disk.source = Some(DiskSource::File(volume.path.clone()));
        }
    }
}

/// The first disk, larger than the template's.
fn grown(
    on: &On<'_>,
    plan: crate::operations::build::Draft,
    first: Option<&Made<'_>>,
    size: u64,
) -> Result<crate::operations::build::Draft, Planned> {
    let Some(first) = first else {
        return Err(on.no(
            RefusalKind::BadRequest,
            "The template has no disk to grow.",
            "Leave --disk-size away.",
        ));
    };
    let has = first.source.volume.capacity;
    if size < has {
        let reason = format!("The template's disk has {}: a smaller one would cut it.", bytes(has as f64));
        return Err(on.no(RefusalKind::BadRequest, reason, "Ask for at least as much."));
    }
    if size == has {
        return Ok(plan);
    }
    let (pool, name) = (first.pool.record.name.clone(), first.name.clone());
    let to = size.to_string();
    Ok(plan.step_by(
        format!("Grow it to {}", bytes(size as f64)),
        words(&["virsh", "vol-resize", "--pool", &pool, "--vol", &name, "--capacity", &to]),
        Act::Storage(StorageAct::ResizeVolume { pool, name, capacity: size, allocate: false }),
    ))
}

pub(super) fn delete(on: &On<'_>, name: &str, version: Option<u32>) -> Result<Planned, Planned> {
    let of = |v: &Version| v.name == name && version.is_none_or(|n| n == v.version);
    let all: Vec<Version> = versions(&on.facts.storage).into_iter().filter(of).collect();
    if all.is_empty() {
        let which = version.map(|v| format!(", version {v}")).unwrap_or_default();
        let reason = format!("There is no template {name}{which}.");
        return Err(on.no(RefusalKind::NotFound, reason, "`novacron template list` shows all."));
    }
    let children: Vec<&str> = all.iter().flat_map(|v| &v.children).map(String::as_str).collect();
    if !children.is_empty() {
        let reason = format!("Volumes lie on its disks: {}.", children.join(", "));
        return Err(on.no(RefusalKind::InUse, reason, "Delete those VMs and their volumes first."));
    }
    let size: u64 = all.iter().map(|v| v.size).sum();
    let numbers: Vec<String> = all.iter().map(|v| v.version.to_string()).collect();
    let mut plan = on
        .draft()
        .summary(format!("version {}, {}", numbers.join(", "), bytes(size as f64)))
        .note(Weight::Danger, format!("What it holds is lost: {}.", bytes(size as f64)))
        .rests_on("its versions", numbers.join(" "))
        .after_kill(AfterKill::Finish)
        .typed();
    // Without its definition it is a template no more: that goes first.
    for v in &all {
        for volume in std::iter::once(&v.manifest).chain(&v.disks) {
            plan = plan.step_by(
                format!("Delete {}/{volume}", v.pool),
                words(&["virsh", "vol-delete", "--pool", &v.pool, "--vol", volume]),
                Act::Storage(StorageAct::DeleteVolume { pool: v.pool.clone(), name: volume.clone() }),
            );
        }
    }
    Ok(plan.planned(on.facts))
}

//! VMs that are installed, or made around a disk that is there.

use super::disks::{self, fits, image_format};
use super::macs::macs;
use super::seed::{image, volume_name, wrong};
use super::template::written;
use super::{On, words};
use crate::model::id::VmId;
use crate::model::operation::{Medium, NewVm, NewVmFrom, Operation, VmOperation};
use crate::model::plan::{Act, AfterKill, Content, MakingAct, Planned, RefusalKind, StorageAct, Weight};
use crate::model::units::bytes;
use crate::operations::PoolFacts;
use crate::operations::build::Draft;
use crate::operations::storage::{User, holds_files, same};
use crate::xml::capabilities::Machine;
use crate::xml::diff::unified;
use crate::xml::domain::{Fresh, FreshDisk, fresh};
use crate::xml::edit::DiskAt;
use crate::xml::volume::{VolumeSpec, write};

const VCPUS: u32 = 2;
const MEMORY: u64 = 2 << 30;
const DISK: u64 = 20 << 30;
const LEAST_MEMORY: u64 = 1 << 20;

pub(super) fn plan(on: &On<'_>, id: VmId, name: &str, new: &NewVm) -> Result<Planned, Planned> {
    let machine = machine(on, new)?;
    sizes_are_good(on, new, machine.max_vcpus)?;
    let uefi = match new.firmware.as_deref() {
        None => machine.uefi,
        Some("bios") => false,
        Some("uefi") if machine.uefi => true,
        Some("uefi") => {
            let reason = "The host offers no UEFI firmware for this machine.";
            return Err(on.no(RefusalKind::Unsupported, reason, "Install ovmf (edk2-ovmf), or use BIOS."));
        }
        Some(other) => {
            return Err(on.no(RefusalKind::BadRequest, format!("{other} is no firmware."), "bios or uefi."));
        }
    };
    let plan = on.draft().after_kill(AfterKill::Undo);
    let (plan, medium, pool, mut disks) = match &new.from {
        NewVmFrom::Disk { pool, volume } => {
            let (plan, pool, disk) = existing(on, plan, pool, volume, new)?;
            (plan, None, pool, vec![disk])
        }
        NewVmFrom::Iso(medium) => {
            let path = medium_path(on, medium)?;
            let (plan, pool, disk) = empty(on, plan, name, new)?;
            (plan, Some(path), pool, vec![disk])
        }
        NewVmFrom::Template { .. } => {
            return Err(on.no(RefusalKind::Unsupported, "A template is made another way.", ""));
        }
    };
    let (plan, seed) = seeded(on, plan, id, name, new, Some(pool))?;
    if let Some(DiskAt::File(path)) = seed {
        disks.push(FreshDisk { path, block: false, format: "raw".into(), read_only: true });
    }
    let wanted = new
        .network
        .as_deref()
        .or_else(|| on.facts.making.networks.iter().any(|(n, _)| n == "default").then_some("default"));
    let (plan, network) = network(on, plan, wanted)?;
    let mac = macs(new.salt, 1, on.others()).pop().unwrap_or_default();
    let (vcpus, memory) = (new.vcpus.unwrap_or(VCPUS), new.memory.unwrap_or(MEMORY));
    let xml = fresh(&Fresh {
        name,
        uuid: &id.to_string(),
        machine,
        vcpus,
        memory,
        uefi,
        disks: &disks,
        medium: medium.as_deref(),
        nic: network.as_deref().map(|n| (n, mac.as_str())),
    });
    let firmware = if uefi { "UEFI" } else { "BIOS" };
    let size = bytes(memory as f64);
    let kind = machine.machine.as_deref().unwrap_or("its machine");
    let file = format!("{name}.xml");
    let plan = plan
        .summary(format!("{vcpus} vCPUs, {size}, {kind}, {firmware}, {}", machine.accel))
        .step_by(
            format!("Define {name}"),
            words(&["virsh", "define", &file]),
            Act::Making(MakingAct::Define { vm: id, name: name.to_owned(), xml: xml.clone() }),
        )
        .undo(Act::Making(MakingAct::Undefine { vm: id }))
        .diff(&unified("", &xml))
        .note_if(network.is_none(), Weight::Info, "There is no network default: it has no NIC.")
        .note_if(machine.accel == "qemu", Weight::Warning, "Emulated without hardware support: slow.")
        .rests_on("MAC addresses", &mac)
        .back_by(Operation::vm(id, VmOperation::Delete { force_off: false, discard_saved: false }));
    Ok(plan.planned(on.facts))
}

fn machine<'f>(on: &On<'f>, new: &NewVm) -> Result<&'f Machine, Planned> {
    let Some(machine) = &on.facts.making.machine else {
        let reason = "This host does not tell what it can run.";
        return Err(on.no(RefusalKind::Unsupported, reason, "Define the VM from XML: novacron vm define."));
    };
    match new.accel.as_deref() {
        Some(accel) if accel != machine.accel => {
            let reason = format!("The host does not run {accel}.");
            Err(on.no(RefusalKind::Unsupported, reason, format!("It runs {}.", machine.accel)))
        }
        _ => Ok(machine),
    }
}

pub(super) fn sizes_are_good(on: &On<'_>, new: &NewVm, most: Option<u32>) -> Result<(), Planned> {
    let most = most.unwrap_or(4096);
    if new.vcpus.is_some_and(|n| n == 0 || n > most) {
        return Err(on.no(RefusalKind::BadRequest, format!("From 1 to {most} vCPUs are possible."), ""));
    }
    if new.memory.is_some_and(|m| m < LEAST_MEMORY) {
        return Err(on.no(RefusalKind::BadRequest, "It needs at least 1 MiB of memory.", "Such as 2G."));
    }
    Ok(())
}

/// The path of the medium that it is installed from.
fn medium_path(on: &On<'_>, medium: &Medium) -> Result<String, Planned> {
    match medium {
        Medium::Volume { pool, volume } => {
            let found = disks::running(on, pool)?;
            found.volume(volume).map(|v| v.path.clone()).ok_or_else(|| {
                let reason = format!("There is no volume {volume} in pool {pool}.");
                on.no(RefusalKind::NotFound, reason, "`novacron list volumes` shows all.")
            })
        }
        Medium::Path(path) if !path.starts_with('/') => {
            Err(on.no(RefusalKind::BadRequest, format!("{path} is no absolute path."), ""))
        }
        Medium::Path(path) => {
            let known = on.facts.storage.volumes().any(|(_, v)| same(&v.path, path));
            match &on.facts.storage.file {
                Some(file) if !known && !file.exists => {
                    let why = file.unreadable.clone().unwrap_or_else(|| "there is none".into());
                    Err(on.no(RefusalKind::NotFound, format!("{path} cannot be read: {why}."), ""))
                }
                _ => Ok(path.clone()),
            }
        }
    }
}

/// A disk that is there.
fn existing<'f>(
    on: &On<'f>,
    plan: Draft,
    pool: &str,
    volume: &str,
    new: &NewVm,
) -> Result<(Draft, &'f PoolFacts, FreshDisk), Planned> {
    let pool = disks::running(on, pool)?;
    let Some(found) = pool.volume(volume) else {
        let reason = format!("There is no volume {volume} in pool {}.", pool.record.name);
        return Err(on.no(RefusalKind::NotFound, reason, "`novacron list volumes` shows all."));
    };
    let users: Vec<String> = on.facts.storage.users(pool, found).iter().map(User::words).collect();
    if !users.is_empty() {
        let reason = format!("The volume is used by {}.", users.join(", "));
        return Err(on.no(RefusalKind::InUse, reason, "Clone the volume, and use the clone."));
    }
    if new.disk_size.is_some() {
        let reason = "The disk is there, and has its size.";
        return Err(on.no(RefusalKind::BadRequest, reason, "Grow the volume first: novacron volume grow."));
    }
    let files = holds_files(&pool.record.kind);
    let disk = FreshDisk {
        path: found.path.clone(),
        block: !files,
        format: image_format(found).to_owned(),
        read_only: false,
    };
    let what = format!("{} {}", found.path, found.capacity);
    Ok((plan.rests_on("the volume", what), pool, disk))
}

/// An empty disk.
fn empty<'f>(
    on: &On<'f>,
    plan: Draft,
    name: &str,
    new: &NewVm,
) -> Result<(Draft, &'f PoolFacts, FreshDisk), Planned> {
    let pool = disks::running(on, new.pool.as_deref().unwrap_or("default"))?;
    let files = holds_files(&pool.record.kind);
    let (format, ending) = if files { ("qcow2", ".qcow2") } else { ("raw", "") };
    let volume = format!("{name}{ending}");
    if pool.volume(&volume).is_some() {
        let reason = format!("There is a volume {volume} in pool {} already.", pool.record.name);
        return Err(on.no(RefusalKind::Taken, reason, "Use it (--disk), or delete it first."));
    }
    let Some(place) = pool.record.path.as_deref().filter(|_| files || pool.record.kind == "logical") else {
        let reason = format!("Disks of a VM are not made in a pool of kind {}.", pool.record.kind);
        return Err(on.no(RefusalKind::Unsupported, reason, "Name another pool (--pool)."));
    };
    let size = new.disk_size.unwrap_or(DISK);
    if size == 0 {
        return Err(on.no(RefusalKind::BadRequest, "A disk has at least one byte.", "Such as 20G."));
    }
    let needs = if files { 256 << 10 } else { size };
    fits(on, pool, needs)?;
    let xml = write(&VolumeSpec {
        name: &volume,
        capacity: size,
        allocation: if files { 0 } else { size },
        format: files.then_some(format),
        backing: None,
    });
    let own = pool.record.name.clone();
    let over = files && pool.record.available.is_some_and(|free| free < size);
    let plan = plan
        .step_by(
            format!("Make {own}/{volume} of {}", bytes(size as f64)),
            words(&[
                "virsh",
                "vol-create-as",
                "--pool",
                &own,
                "--name",
                &volume,
                "--capacity",
                &size.to_string(),
                "--format",
                format,
            ]),
            Act::Storage(StorageAct::CreateVolume {
                pool: own.clone(),
                name: volume.clone(),
                xml,
                metadata: false,
            }),
        )
        .undo(Act::Storage(StorageAct::DeleteVolume { pool: own.clone(), name: volume.clone() }))
        .space(format!("pool {own}"), needs, pool.record.available)
        .rests_on(format!("UUID of pool {own}"), pool.record.id.to_string())
        .note_if(over, Weight::Warning, "The disk may grow to more than the pool has free.");
    let path = format!("{}/{volume}", place.trim_end_matches('/'));
    Ok((plan, pool, FreshDisk { path, block: !files, format: format.to_owned(), read_only: false }))
}

/// The medium that tells cloud-init who the guest is, where something is to be told.
pub(super) fn seeded(
    on: &On<'_>,
    plan: Draft,
    id: VmId,
    name: &str,
    new: &NewVm,
    pool: Option<&PoolFacts>,
) -> Result<(Draft, Option<DiskAt>), Planned> {
    let Some(seed) = &new.seed else { return Ok((plan, None)) };
    if let Some(why) = wrong(name, seed) {
        return Err(on.no(RefusalKind::BadRequest, why, ""));
    }
    let Some((pool, place)) =
        pool.and_then(|p| Some((p, p.record.path.as_deref()?))).filter(|(p, _)| holds_files(&p.record.kind))
    else {
        let reason = "The medium for cloud-init needs a pool of files.";
        return Err(on.no(RefusalKind::Unsupported, reason, "Name one (--pool)."));
    };
    let volume = volume_name(name);
    if pool.volume(&volume).is_some() {
        let reason = format!("There is a volume {volume} in pool {} already.", pool.record.name);
        return Err(on.no(RefusalKind::Taken, reason, "Delete it first."));
    }
    let instance = id.to_string();
    let length = image(&instance, name, seed).len() as u64;
    let content = Content::Seed { instance, name: name.to_owned(), seed: seed.clone() };
    let plan = written(plan, &pool.record.name, &volume, length, "cloud-init medium", content)
        .note(Weight::Info, "Only a guest with cloud-init reads what is told by the medium.");
    Ok((plan, Some(DiskAt::File(format!("{}/{volume}", place.trim_end_matches('/'))))))
}

/// A network that is there.
pub(super) fn network(
    on: &On<'_>,
    plan: Draft,
    wanted: Option<&str>,
) -> Result<(Draft, Option<String>), Planned> {
    let Some(name) = wanted else { return Ok((plan, None)) };
    let Some((_, active)) = on.facts.making.networks.iter().find(|(n, _)| n == name) else {
        let reason = format!("There is no network {name}.");
        return Err(on.no(RefusalKind::NotFound, reason, "`novacron list networks` shows all."));
    };
    let text = format!("Network {name} is not started: the VM does not start before it is.");
    Ok((plan.note_if(!active, Weight::Warning, text), Some(name.to_owned())))
}

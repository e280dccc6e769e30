//! What belongs to a VM besides its definition and its disks, and whether it can be reached from here.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::hypervisor::{HvResult, Hypervisor, XmlOf};
use crate::model::held::{Document, FileKind, HeldVolume, Kept, KeptFile};
use crate::model::id::VmId;
use crate::model::vm::{DiskSource, Firmware};
use crate::operations::{Belonging, Belongings, VmFacts};
use crate::xml::domain;

/// UEFI variables are some hundred kilobytes, at most some megabytes.
const LARGEST_NVRAM: u64 = 256 << 20;
/// In so many bytes of saved memory libvirt's header tells whose it is.
const HEADER: u64 = 1 << 20;

/// What belongs to this VM; `folder` is where it would be held.
pub(in crate::engine::jobs) fn belongings(
    hv: &dyn Hypervisor,
    vm: &VmFacts,
    folder: &Path,
) -> HvResult<Belongings> {
    let may = !hv.capabilities().read_only;
    let count = |all: HvResult<Vec<Document>>| all.map(|all| all.len());
    Ok(Belongings {
        snapshots: if may { count(hv.snapshot_documents(vm.id))? } else { 0 },
        checkpoints: if may { count(hv.checkpoint_documents(vm.id))? } else { 0 },
        nvram: nvram(hv, vm),
        saved: saved(hv, vm),
        free: free(folder),
    })
}

/// Bytes free in the file system of a folder, or of the nearest one above that is there.
fn free(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|f| f.exists())?;
    let s = rustix::fs::statvfs(there).ok()?;
    Some(s.f_bavail.saturating_mul(s.f_frsize))
}

fn nvram(hv: &dyn Hypervisor, vm: &VmFacts) -> Option<Belonging> {
    if !matches!(vm.definition.firmware, Firmware::Uefi { .. }) {
        return None;
    }
    let path = domain::nvram(&vm.defined_xml)?;
    let look = |size| {
        if size > LARGEST_NVRAM { Err("The file is larger than such files are.".into()) } else { Ok(()) }
    };
    Some(reached(hv, path, look))
}

fn saved(hv: &dyn Hypervisor, vm: &VmFacts) -> Option<Belonging> {
    if vm.state.is_active() || vm.flags.managed_save == Some(false) && !is_there(hv, &vm.name) {
        return None;
    }
    if vm.flags.managed_save.is_none() && !is_there(hv, &vm.name) {
        return None;
    }
    let Some(path) = hv.saved_image(&vm.name) else {
        let why = "the driver does not tell where it lies.".to_owned();
        return Some(Belonging { out_of_reach: Some(why), ..Belonging::default() });
    };
    let look = |_| match is_of(&path, vm.id) {
        Ok(true) => Ok(()),
        Ok(false) => Err("The file there is another VM's.".to_owned()),
        Err(why) => Err(format!("{}.", sentence(&why))),
    };
    Some(reached(hv, path.to_string_lossy().into_owned(), look))
}

/// Whether there is a file that the next start would go on from, whatever libvirt says: it looks at its own start only.
fn is_there(hv: &dyn Hypervisor, name: &str) -> bool {
    hv.capabilities().local && hv.saved_image(name).is_some_and(|path| path.exists())
}

fn reached(hv: &dyn Hypervisor, path: String, look: impl FnOnce(u64) -> Result<(), String>) -> Belonging {
    if !hv.capabilities().local {
        let why = "the host is another machine.".to_owned();
        return Belonging { path, size: 0, out_of_reach: Some(why) };
    }
    let read = File::open(&path).and_then(|f| f.metadata());
    let found = match read {
        Ok(found) if found.is_file() => look(found.len()).map(|()| found.len()),
        Ok(_) => Err("It is no file.".to_owned()),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Err("there is no such file here.".to_owned()),
        Err(why) => Err(format!("{}.", sentence(&why))),
    };
    match found {
        Ok(size) => Belonging { path, size, out_of_reach: None },
        Err(why) => Belonging { path, size: 0, out_of_reach: Some(why) },
    }
}

fn sentence(why: &io::Error) -> String {
    match why.kind() {
        io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        _ => why.to_string(),
    }
}

/// Whether saved memory is this VM's: libvirt writes the definition in front of it.
fn is_of(path: &Path, vm: VmId) -> io::Result<bool> {
    let mut header = Vec::new();
    File::open(path)?.take(HEADER).read_to_end(&mut header)?;
    let uuid = vm.to_string();
    Ok(header.windows(uuid.len()).any(|bytes| bytes == uuid.as_bytes()))
}

/// All that brings a VM back, but for the contents of its files: those that can be kept have an empty digest.
pub(in crate::engine::jobs) fn of_vm(hv: &dyn Hypervisor, vm: &VmFacts, has: &Belongings) -> HvResult<Kept> {
    let files = [(FileKind::Nvram, &has.nvram), (FileKind::Saved, &has.saved)];
    let file = |(kind, file): (FileKind, &Option<Belonging>)| {
        let Belonging { path, size, out_of_reach } = file.clone()?;
        let rights = fs::metadata(&path).map_or((0, 0, 0o600), |m| super::files::rights(&m));
        let digest = out_of_reach.is_none().then(String::new);
        Some(KeptFile { kind, path, size, user: rights.0, group: rights.1, mode: rights.2, digest })
    };
    let local = hv.capabilities().local;
    let disks = vm.definition.disks.iter().filter(|d| d.device == "disk" || d.device == "lun");
    let volume = |d: &crate::model::vm::DiskDefinition| {
        let source = d.source.clone()?;
        let size = if local { occupied(&source) } else { None };
        Some(HeldVolume { target: d.target.clone(), source, size })
    };
    Ok(Kept {
        definition: hv.xml_of(vm.id, XmlOf::DefinedWithSecrets)?,
        autostart: vm.flags.autostart == Some(true),
        snapshots: hv.snapshot_documents(vm.id)?,
        checkpoints: hv.checkpoint_documents(vm.id)?,
        files: files.into_iter().filter_map(file).collect(),
        volumes: disks.filter_map(volume).collect(),
    })
}

/// Bytes that a file occupies.
fn occupied(source: &DiskSource) -> Option<u64> {
    let DiskSource::File(path) = source else { return None };
    fs::metadata(path).ok().map(|m| m.blocks() * 512)
}

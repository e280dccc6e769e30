//! Taking a snapshot: which way works, and what it costs.

use super::disks::{folder_and_stem, not_inside, not_over, path, shared, written};
use super::{AgentFact, Case, No, SnapshotFacts};
use crate::model::operation::{
    Freeze, NewSnapshot, Operation, SnapshotContent, SnapshotOperation as Op, SnapshotWay,
};
use crate::model::plan::{Act, AfterKill, Downtime, RefusalKind, SnapshotAct, Space, Weight};
use crate::model::text::clean;
use crate::model::units::bytes;
use crate::model::vm::Firmware;
use crate::model::vm_snapshot::{SnapshotMemory, VmSnapshot};
use crate::operations::build::{Draft, argument};
use crate::xml::vm_snapshot::{DiskPart, NewSnapshotXml, write};

/// Bytes a second at which memory is thought to be written while the guest stands still.
const WRITTEN_A_SECOND: u64 = 200 << 20;
/// Bytes of a name.
const LONGEST: usize = 120;

/// How a snapshot is made.
pub(super) struct Way {
    external: bool,
    memory: SnapshotMemory,
    disks: Vec<(String, DiskPart)>,
    /// Where memory goes, and how much at most.
    space: Option<Space>,
    active: bool,
}

pub(super) fn plan(case: &Case<'_>, new: &NewSnapshot) -> Result<Draft, No> {
    let way = choose(case, new)?;
    let frozen = freezes(case, new, &way)?;
    let vm = case.vm.id;
    let mut draft = case.draft();
    if frozen {
        let ask = r#"{"execute":"guest-fsfreeze-status"}"#;
        draft = draft
            .step(
                "Ask the guest agent whether it listens",
                &["qemu-agent-command", &argument(case.vm), ask],
                Act::Snapshot(SnapshotAct::AskAgent { vm }),
            )
            .undo(Act::Snapshot(SnapshotAct::Thaw { vm }))
            .after_kill(AfterKill::Undo);
    }
    let draft = add(draft, case, new, &way, frozen);
    let delete = Op::Delete { name: new.name.clone(), children: false, metadata_only: false };
    Ok(notes(draft, case, new, &way, frozen)
        .summary(summary(&way, frozen))
        .downtime(downtime(case, &way))
        .inverse_of(Operation::snapshot(vm, delete)))
}

/// Adds the step that makes it.
pub(super) fn add(draft: Draft, case: &Case<'_>, new: &NewSnapshot, way: &Way, frozen: bool) -> Draft {
    let xml = write(&NewSnapshotXml {
        name: &new.name,
        description: &new.description,
        memory: &way.memory,
        disks: &way.disks,
    });
    let act = SnapshotAct::Create {
        vm: case.vm.id,
        name: new.name.clone(),
        xml,
        disks_only: way.external && way.memory == SnapshotMemory::None,
        frozen,
        live: matches!(way.memory, SnapshotMemory::External(_)),
    };
    let title = match (&way.memory, way.external) {
        (SnapshotMemory::None, false) => "Keep its disks inside their images",
        (_, false) => "Keep disks and memory inside its images",
        (SnapshotMemory::None, true) if frozen => "Freeze the guest, lay new layers over its disks, thaw it",
        (SnapshotMemory::None, true) => "Lay new layers over its disks",
        (_, true) => "Keep its memory in a file, and lay new layers over its disks",
    };
    let command = command(case, new, way, frozen);
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let mut draft = draft.step(title, &command, Act::Snapshot(act));
    if let Some(space) = &way.space {
        draft = draft.space(&space.place, space.needs, space.free);
    }
    draft
}

fn command(case: &Case<'_>, new: &NewSnapshot, way: &Way, frozen: bool) -> Vec<String> {
    let mut words =
        vec!["snapshot-create-as".to_owned(), argument(case.vm), "--name".into(), new.name.clone()];
    if !new.description.is_empty() {
        words.extend(["--description".into(), new.description.clone()]);
    }
    // A comma inside a specification is written twice.
    let file = |path: &str| path.replace(',', ",,");
    match &way.memory {
        SnapshotMemory::External(to) => {
            words.extend([
                "--memspec".into(),
                format!("file={},snapshot=external", file(to)),
                "--live".into(),
            ]);
        }
        SnapshotMemory::None if way.external => words.extend(["--disk-only".into(), "--atomic".into()]),
        SnapshotMemory::None | SnapshotMemory::Internal => {}
    }
    words.extend(frozen.then(|| "--quiesce".to_owned()));
    for (target, part) in &way.disks {
        let spec = match part {
            DiskPart::Out if way.external => format!("{target},snapshot=no"),
            DiskPart::Overlay(to) => format!("{target},snapshot=external,file={}", file(to)),
            DiskPart::Out | DiskPart::Internal => continue,
        };
        words.extend(["--diskspec".to_owned(), spec]);
    }
    words
}

/// The way that works, or why none does.
pub(super) fn choose(case: &Case<'_>, new: &NewSnapshot) -> Result<Way, No> {
    named(new, case.s)?;
    case.settled()?;
    case.nothing_saved()?;
    let vm = &case.vm.definition;
    if case.vm.flags.persistent == Some(false) {
        let reason = "It is transient: its snapshots would be forgotten once it is off.";
        return Err(No::new(RefusalKind::State, reason, "Define it first."));
    }
    if written(vm).next().is_none() {
        let reason = "It has no disk of its own that it writes to: there is nothing to keep.";
        return Err(No::new(RefusalKind::Unsupported, reason, ""));
    }
    let active = case.vm.state.is_active();
    let memory = active && new.content == SnapshotContent::All;
    if memory && vm.passthrough > 0 {
        let reason = "A device of the host is passed through to it: its memory cannot be kept.";
        let remedy = "Keep its disks only (--disks-only), detach the device, or shut the VM down first.";
        return Err(No::new(RefusalKind::Unsupported, reason, remedy));
    }
    let inside = internal(case, active, memory);
    match new.way {
        SnapshotWay::Internal => inside.map_err(|why| not_internal(&why, active, memory)),
        SnapshotWay::External => external(case, new, active, memory),
        SnapshotWay::Auto => match inside {
            Ok(way) => Ok(way),
            Err(why) => external(case, new, active, memory).map_err(|no| No {
                reason: format!("{} It cannot be kept inside its images either: {why}.", no.reason),
                ..no
            }),
        },
    }
    .and_then(with_room)
}

fn named(new: &NewSnapshot, s: &SnapshotFacts) -> Result<(), No> {
    let name = new.name.as_str();
    let bad = |reason: &str| Err(No::new(RefusalKind::BadRequest, reason, ""));
    if name.is_empty() || name.trim() != name {
        return bad("A snapshot needs a name that neither begins nor ends with a space.");
    }
    if name.len() > LONGEST {
        return bad("The name is too long: 120 bytes at most.");
    }
    if name.contains('/') || name.starts_with(['.', '-']) || clean(name) != name {
        return bad(
            "The name may not begin with a dot or a dash, and not hold a stroke or what cannot be drawn.",
        );
    }
    if new.description.chars().any(|c| c.is_control() && c != '\n') {
        return bad("The description has characters in it that cannot be drawn.");
    }
    if s.snapshots.iter().any(|s| s.name == name) {
        return Err(No::new(
            RefusalKind::Taken,
            format!("There is a snapshot {name} already."),
            "Choose another name.",
        ));
    }
    Ok(())
}

/// Why it cannot be kept inside its images, or how it is.
fn internal(case: &Case<'_>, active: bool, memory: bool) -> Result<Way, String> {
    let (vm, s) = (&case.vm.definition, case.s);
    if active && !memory {
        return Err("the disks of a running VM are kept there with its memory only".into());
    }
    if s.snapshots.iter().any(VmSnapshot::is_external) {
        return Err("it has snapshots in layers, and the two kinds do not mix".into());
    }
    if let Some(why) = written(vm).find_map(not_inside) {
        return Err(why);
    }
    if let Some(disk) = shared(vm).next() {
        return Err(format!("its disk {} is shared with other VMs", clean(&disk.target)));
    }
    if let Some(format) = &s.nvram {
        if !s.abilities.internal_uefi {
            return Err("it has UEFI firmware, whose state libvirt keeps there from 10.10 on".into());
        }
        if format != "qcow2" {
            return Err(format!(
                "its UEFI variables lie in a {} file, and would have to be qcow2",
                clean(format)
            ));
        }
    }
    let disks = vm.disks.iter().map(|d| {
        let part = if written(vm).any(|w| w == d) { DiskPart::Internal } else { DiskPart::Out };
        (d.target.clone(), part)
    });
    let first = written(vm).find_map(|d| folder_and_stem(path(d.source.as_ref()?, s)?));
    let room = |folder: &str| Space {
        place: clean(folder).into_owned(),
        needs: vm.memory,
        free: s.folder(folder).and_then(|f| f.free),
    };
    Ok(Way {
        external: false,
        memory: if memory { SnapshotMemory::Internal } else { SnapshotMemory::None },
        disks: disks.collect(),
        space: first.filter(|_| memory).map(|(folder, _)| room(folder)),
        active,
    })
}

fn not_internal(why: &str, active: bool, memory: bool) -> No {
    let remedy = if active && !memory {
        "Keep its memory as well, or let layers be used (--way external)."
    } else {
        "Let layers be used (--way external)."
    };
    No::new(RefusalKind::Unsupported, format!("It cannot be kept inside its images: {why}."), remedy)
}

/// How it is kept in layers, or why it cannot.
fn external(case: &Case<'_>, new: &NewSnapshot, active: bool, memory: bool) -> Result<Way, No> {
    let (vm, s) = (&case.vm.definition, case.s);
    let inside: Vec<_> = s.snapshots.iter().filter(|s| !s.is_external()).collect();
    if !inside.is_empty() {
        let reason = format!(
            "It has snapshots inside its images ({}): layers over them could not be merged again, and going back to one of them would destroy the layers.",
            super::names(inside)
        );
        let remedy = "Delete those snapshots first, or keep this one inside the images too (with memory, or of the VM off).";
        return Err(No::new(RefusalKind::Unsupported, reason, remedy));
    }
    if let Some(why) = written(vm).find_map(|d| not_over(d, active)) {
        return Err(No::new(RefusalKind::Unsupported, format!("No layer can be laid over it: {why}."), ""));
    }
    let mut taken = used(case);
    let mut disks = Vec::with_capacity(vm.disks.len());
    let mut beside = None;
    for disk in &vm.disks {
        if !written(vm).any(|w| w == disk) {
            disks.push((disk.target.clone(), DiskPart::Out));
            continue;
        }
        let image = disk.source.as_ref().and_then(|source| path(source, s)).and_then(folder_and_stem);
        let folder = match (&new.folder, image) {
            (Some(folder), _) => absolute(folder)?,
            (None, Some((folder, _))) => folder,
            (None, None) => return Err(no_folder(&disk.target)),
        };
        let stem = image
            .map_or_else(|| safe(&format!("{}-{}", case.vm.name, disk.target)), |(_, stem)| stem.to_owned());
        let file =
            free_name(folder, &format!("{}.{}", base_stem(&stem, s), safe(&new.name)), "qcow2", &taken);
        taken.push(file.clone());
        beside = beside.or(Some((folder.to_owned(), base_stem(&stem, s).to_owned())));
        disks.push((disk.target.clone(), DiskPart::Overlay(file)));
    }
    let (folder, stem) = beside.unwrap_or_default();
    let mut way = Way { external: true, memory: SnapshotMemory::None, disks, space: None, active };
    if memory {
        let Some(known) = s.folder(&folder) else {
            let reason = format!(
                "What lies in {} cannot be seen from here, and libvirt would write the memory over a file that is there.",
                clean(&folder)
            );
            let remedy = "Keep its disks only (--disks-only), or make the folder a storage pool.";
            return Err(No::new(RefusalKind::Unknown, reason, remedy));
        };
        let file = free_name(&folder, &format!("{stem}.{}", safe(&new.name)), "memory", &taken);
        way.memory = SnapshotMemory::External(file);
        way.space = Some(Space { place: clean(&folder).into_owned(), needs: vm.memory, free: known.free });
    }
    Ok(way)
}

fn absolute(folder: &str) -> Result<&str, No> {
    let trimmed = folder.trim_end_matches('/');
    if !folder.starts_with('/') || clean(folder) != folder {
        let reason = "The folder for layers has to be an absolute path on the host.";
        return Err(No::new(RefusalKind::BadRequest, reason, ""));
    }
    Ok(if trimmed.is_empty() { "/" } else { trimmed })
}

fn no_folder(target: &str) -> No {
    let reason = format!(
        "Its disk {} does not lie in a file: there is no folder beside it for the layer.",
        clean(target)
    );
    No::new(RefusalKind::Unsupported, reason, "Name a folder of the host for layers (--folder).")
}

/// The image's own stem, without the names of snapshots that earlier layers carry.
fn base_stem<'t>(stem: &'t str, s: &SnapshotFacts) -> &'t str {
    let known = |end: &str| s.snapshots.iter().any(|s| safe(&s.name) == end);
    // What libvirt names a layer after going back: seconds since 1970.
    let time = |end: &str| end.len() == 10 && end.bytes().all(|b| b.is_ascii_digit());
    let ends = stem.match_indices('.').filter_map(|(at, _)| stem.split_at_checked(at));
    let mut own = ends.filter(|(first, end)| !first.is_empty() && (known(&end[1..]) || time(&end[1..])));
    own.next().map_or(stem, |(first, _)| first)
}

/// A name that any file system takes.
fn safe(name: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' };
    name.chars().map(kept).collect()
}

/// A file of that name that is not there yet, as far as is known.
fn free_name(folder: &str, stem: &str, extension: &str, taken: &[String]) -> String {
    let folder = folder.trim_end_matches('/');
    let numbered = |n: u32| match n {
        1 => format!("{folder}/{stem}.{extension}"),
        n => format!("{folder}/{stem}-{n}.{extension}"),
    };
    // One more than are taken is free.
    (1..=u32::MAX).map(numbered).find(|file| !taken.contains(file)).unwrap_or_default()
}

/// Files that are there, or that something of the VM is said to lie in.
fn used(case: &Case<'_>) -> Vec<String> {
    let there = case.s.folders.iter().flat_map(|f| f.files.iter().map(|(path, _)| path.clone()));
    let disks = case.vm.definition.disks.iter();
    let layers = disks.flat_map(|d| d.source.iter().chain(d.backing.iter().map(|b| &b.source)));
    let kept = case.s.snapshots.iter().flat_map(|s| &s.disks).flat_map(|d| d.holds.iter().chain(&d.overlay));
    let memory = case.s.snapshots.iter().filter_map(|s| match &s.memory {
        SnapshotMemory::External(file) => Some(file.clone()),
        SnapshotMemory::None | SnapshotMemory::Internal => None,
    });
    there.chain(layers.chain(kept).map(crate::model::vm::DiskSource::describe)).chain(memory).collect()
}

fn with_room(way: Way) -> Result<Way, No> {
    match &way.space {
        Some(Space { place, needs, free: Some(free) }) if free < needs => {
            let reason = format!(
                "There is not enough room: its memory takes up to {}, and {place} has {} free.",
                bytes(*needs as f64),
                bytes(*free as f64)
            );
            let remedy = "Make room, keep its disks only (--disks-only), or shut it down first.";
            Err(No::new(RefusalKind::Space, reason, remedy))
        }
        _ => Ok(way),
    }
}

/// Whether the guest is frozen meanwhile.
fn freezes(case: &Case<'_>, new: &NewSnapshot, way: &Way) -> Result<bool, No> {
    // With its memory, what the guest has not written yet is kept too; off, it writes nothing.
    if !way.active || way.memory != SnapshotMemory::None || new.freeze == Freeze::Never {
        return Ok(false);
    }
    match (&case.s.agent, new.freeze) {
        (AgentFact::Listens, _) => Ok(true),
        (AgentFact::Frozen, _) => {
            let reason =
                "The guest's file systems are frozen already: somebody else may be copying its disks.";
            let remedy = "Wait until that is over, or thaw them (virsh domfsthaw).";
            Err(No::new(RefusalKind::InUse, reason, remedy))
        }
        (AgentFact::Silent(why), Freeze::Always) => {
            let reason = format!("The guest cannot be frozen: {}.", clean(why).trim_end_matches('.'));
            let remedy =
                "Install and start qemu-guest-agent in the guest, or do without freezing (--freeze never).";
            Err(No::new(RefusalKind::State, reason, remedy))
        }
        (AgentFact::NotAsked, Freeze::Always) => {
            Err(No::new(RefusalKind::Unknown, "The guest agent was not asked.", ""))
        }
        (AgentFact::Silent(_) | AgentFact::NotAsked, _) => Ok(false),
    }
}

fn summary(way: &Way, frozen: bool) -> String {
    let what = match (way.active, &way.memory) {
        (_, SnapshotMemory::Internal | SnapshotMemory::External(_)) => "disks and memory",
        (true, SnapshotMemory::None) => "disks only",
        (false, SnapshotMemory::None) => "disks",
    };
    let place = if way.external { "in layers" } else { "inside its images" };
    let freeze = if frozen { ", guest frozen meanwhile" } else { "" };
    format!("{what}, {place}{freeze}")
}

fn downtime(case: &Case<'_>, way: &Way) -> Downtime {
    match &way.memory {
        _ if !way.active => Downtime::None,
        SnapshotMemory::Internal => {
            let seconds = case.vm.definition.memory.div_ceil(WRITTEN_A_SECOND).max(1);
            Downtime::About(u32::try_from(seconds).unwrap_or(u32::MAX))
        }
        SnapshotMemory::None | SnapshotMemory::External(_) => Downtime::Moments,
    }
}

fn notes(draft: Draft, case: &Case<'_>, new: &NewSnapshot, way: &Way, frozen: bool) -> Draft {
    let (vm, s) = (&case.vm.definition, case.s);
    let crash = way.active && way.memory == SnapshotMemory::None && !frozen;
    let why = match (&s.agent, new.freeze) {
        (_, Freeze::Never) => "The guest is not frozen".to_owned(),
        (AgentFact::Silent(why), _) => {
            format!("No guest agent answers ({})", clean(why).trim_end_matches('.'))
        }
        _ => "The guest is not frozen".to_owned(),
    };
    let uefi = s.nvram.is_some() || matches!(vm.firmware, Firmware::Uefi { .. });
    let left_out = shared(vm).map(|d| clean(&d.target).into_owned()).collect::<Vec<_>>().join(", ");
    let internal_memory = way.memory == SnapshotMemory::Internal;
    draft
        .note_if(crash, Weight::Warning, format!("{why}: what it has not written to disk is not kept, as in a power cut."))
        .note_if(internal_memory, Weight::Warning, "The guest stands still while its memory is written.")
        .note_if(
            internal_memory,
            Weight::Info,
            "Told to stop, it goes on to its end all the same: libvirt hears nothing of this VM meanwhile.",
        )
        .note_if(
            matches!(way.memory, SnapshotMemory::External(_)),
            Weight::Info,
            "Stopping it leaves the VM as it was.",
        )
        .note_if(!left_out.is_empty(), Weight::Warning, format!("Disks shared with other VMs are left out: {left_out}."))
        .note_if(
            way.external && !s.abilities.revert_external,
            Weight::Warning,
            "This libvirt cannot go back to a snapshot in layers by itself (9.9 and later can): it keeps the state, and going back is work by hand.",
        )
        .note_if(way.external && uefi, Weight::Info, "Variables of its UEFI firmware are not kept.")
        .note_if(way.external && vm.has_tpm, Weight::Info, "The state of its TPM is not kept.")
        .note_if(way.external, Weight::Info, "What the guest writes from now on goes to new files, which grow with it.")
        .note_if(!way.external, Weight::Info, "Its images grow by what is written over from now on.")
}

//! Where a disk's bytes lie: moved to another pool, written into the image below, or taken up from there.

mod facts;
mod merge;
mod migrate;
mod place;
#[cfg(test)]
mod tests;

pub use facts::{JobFact, LayerFacts};

use super::build::{Draft, argument, draft_of, it_is, refused_of, unsettled};
use super::facts::{Facts, Needs, StorageNeeds, VmFacts};
use super::storage::{TO_TELL, User, same_path};
use super::touch;
use crate::model::hardware::Medium;
use crate::model::operation::{LayerChange, LayerOperation, Operation, Target, VmOperation};
use crate::model::plan::{Planned, RefusalKind};
use crate::model::text::clean;
use crate::model::vm::{DiskDefinition, DiskSource};

pub(super) const NEEDS: Needs = Needs { layers: true, storage: StorageNeeds::Uses, ..Needs::VM };

pub(super) fn plan(change: &LayerChange, vm: &VmFacts, facts: &Facts) -> Planned {
    let case = Case { change, vm, facts };
    let drafted = match &change.what {
        LayerOperation::Migrate(to) => migrate::plan(&case, to),
        LayerOperation::Commit { into, keep_old } => merge::commit(&case, into.as_deref(), *keep_old),
        LayerOperation::Pull { onto } => merge::pull(&case, onto.as_deref()),
    };
    match drafted {
        Ok(draft) => draft.planned(facts),
        Err(no) => refused_of(case.operation(), vm, case.verb(), no.kind, no.reason, no.remedy),
    }
}

/// Why not.
#[derive(Debug)]
struct No {
    kind: RefusalKind,
    reason: String,
    remedy: String,
}

impl No {
    fn new(kind: RefusalKind, reason: impl Into<String>, remedy: impl AsRef<str>) -> Self {
        Self { kind, reason: reason.into(), remedy: clean(remedy.as_ref()).into_owned() }
    }
}

/// What is asked, of which VM, and what is known.
struct Case<'c> {
    change: &'c LayerChange,
    vm: &'c VmFacts,
    facts: &'c Facts,
}

/// A disk with the place that it is written to.
struct Disk<'c> {
    is: &'c DiskDefinition,
    /// `None` where it is no file and no block device.
    path: Option<String>,
}

/// An image below: its path and its format.
type Layer = (String, Option<String>);

impl<'c> Case<'c> {
    fn operation(&self) -> Operation {
        Operation::vm(self.vm.id, VmOperation::Layers(self.change.clone()))
    }

    const fn verb(&self) -> &'static str {
        match self.change.what {
            LayerOperation::Migrate(_) => "Move a disk of",
            LayerOperation::Commit { .. } => "Commit a disk of",
            LayerOperation::Pull { .. } => "Make independent a disk of",
        }
    }

    fn target(&self) -> &'c str {
        &self.change.target
    }

    fn runs(&self) -> bool {
        self.vm.state.is_active()
    }

    fn persistent(&self) -> bool {
        self.vm.flags.persistent != Some(false)
    }

    fn name(&self) -> String {
        argument(self.vm)
    }

    /// The bound on what is moved in a second, as virsh takes it.
    fn bandwidth(&self) -> Vec<String> {
        let bound = self.change.bandwidth.map(|mib| mib.to_string());
        bound.into_iter().flat_map(|mib| ["--bandwidth".to_owned(), mib]).collect()
    }

    fn layers(&self) -> Result<&'c LayerFacts, No> {
        self.facts
            .layers
            .as_ref()
            .ok_or_else(|| No::new(RefusalKind::Unknown, "What there is of it could not be read.", ""))
    }

    /// A plan that rests on the VM's state and on the disk with all its layers.
    fn draft(&self, disk: &Disk<'_>) -> Draft {
        let button = match self.change.what {
            LayerOperation::Migrate(_) => "Move",
            LayerOperation::Commit { .. } => "Commit",
            LayerOperation::Pull { .. } => "Make independent",
        };
        draft_of(self.operation(), self.vm, self.verb())
            .verb(button)
            .rests_on(format!("images of {}", clean(self.target())), chain(disk))
            .touches(self.touched(disk))
    }

    /// Its images, as files and as volumes.
    fn touched(&self, disk: &Disk<'_>) -> Vec<String> {
        let below = self.below(disk).into_iter().map(|(path, _)| path);
        let paths: Vec<String> = disk.path.iter().cloned().chain(below).collect();
        let volume = |path: &String| {
            let (pool, volume) = self.facts.storage.at(path)?;
            Some(Target::volume(&pool.record.name, &volume.name).thing())
        };
        paths.iter().map(|path| touch::file(path)).chain(paths.iter().filter_map(volume)).collect()
    }

    /// The disk, of a kind and in a state in which its bytes can be moved.
    fn disk(&self) -> Result<Disk<'c>, No> {
        self.settled()?;
        let target = self.target();
        let found = self.vm.definition.disks.iter().find(|d| d.target == target);
        let disk = found.ok_or_else(|| {
            let has: Vec<_> = self.vm.definition.disks.iter().map(|d| clean(&d.target)).collect();
            let remedy = if has.is_empty() { String::new() } else { format!("It has {}.", has.join(", ")) };
            No::new(RefusalKind::NotFound, format!("It has no disk {}.", clean(target)), remedy)
        })?;
        if disk.device != "disk" {
            let reason = format!("{} is a {}: only disks are moved.", clean(target), clean(&disk.device));
            return Err(No::new(RefusalKind::Unsupported, reason, ""));
        }
        let Some(source) = &disk.source else {
            return Err(No::new(RefusalKind::State, format!("{} holds nothing.", clean(target)), ""));
        };
        if disk.shareable {
            let reason = "Other VMs may write to it at the same time: they would go on with the old one.";
            return Err(No::new(RefusalKind::InUse, reason, "Detach it from all of them first."));
        }
        if self.element().contains("<encryption") {
            let reason = "It is encrypted by QEMU, with a key that a copy would need too.";
            return Err(No::new(RefusalKind::Unsupported, reason, "Move it with virsh."));
        }
        self.unhindered()?;
        Ok(Disk { is: disk, path: self.path_of(source) })
    }

    /// The disk's element as it will start next.
    fn element(&self) -> String {
        let device = crate::model::hardware::Device::Disk(self.target().to_owned());
        crate::xml::edit::element(&self.vm.defined_xml, &device).unwrap_or_default()
    }

    fn settled(&self) -> Result<(), No> {
        match unsettled(self.vm.state) {
            Some((kind, remedy)) => Err(No::new(kind, it_is(self.vm.state), remedy)),
            None => Ok(()),
        }
    }

    /// Nothing keeps or needs the images as they are.
    fn unhindered(&self) -> Result<(), No> {
        let layers = self.layers()?;
        if let [one, ..] = layers.snapshots.as_slice() {
            let reason = format!("It has snapshots, such as {}, which rest on its images.", clean(one));
            let remedy = "Delete them first (novacron snapshot delete): that merges layers, too.";
            return Err(No::new(RefusalKind::State, reason, remedy));
        }
        if self.vm.flags.managed_save == Some(true) && !self.runs() {
            let reason = "Its memory is saved, with its disks as they are now.";
            let remedy = "Start it, or discard its saved memory first (novacron vm discard-saved).";
            return Err(No::new(RefusalKind::State, reason, remedy));
        }
        match layers.job {
            JobFact::Running => {
                let reason = format!("Something works on {} already.", clean(self.target()));
                let remedy = "Wait until that is over; `virsh blockjob` tells what it is, and ends it.";
                Err(No::new(RefusalKind::InUse, reason, remedy))
            }
            JobFact::Unsupported if self.runs() => {
                let reason = "This hypervisor cannot do that while the VM runs.";
                Err(No::new(RefusalKind::Unsupported, reason, "Shut it down first."))
            }
            _ => Ok(()),
        }
    }

    /// The path on the host of what a disk or layer lies in.
    fn path_of(&self, source: &DiskSource) -> Option<String> {
        match source {
            DiskSource::File(path) | DiskSource::Block(path) => Some(path.clone()),
            DiskSource::Volume { pool, volume } => {
                let found = self.facts.storage.pool(pool)?.volume(volume)?;
                Some(found.path.clone())
            }
            DiskSource::Network { .. } | DiskSource::Other(_) => None,
        }
    }

    /// An image as it was named: a path, or pool and volume.
    fn image(&self, named: &str) -> String {
        let volume = named.split_once('/').filter(|_| !named.starts_with('/'));
        let found = volume.and_then(|(pool, name)| self.facts.storage.pool(pool)?.volume(name));
        found.map_or_else(|| named.to_owned(), |v| v.path.clone())
    }

    /// The images below a disk, nearest first: path and format. Of a VM that is off, as the volumes tell.
    fn below(&self, disk: &Disk<'_>) -> Vec<Layer> {
        if self.runs() {
            let of = |layer: &crate::model::vm::BackingLayer| {
                Some((self.path_of(&layer.source)?, layer.format.clone()))
            };
            return disk.is.backing.iter().map_while(of).collect();
        }
        let mut out: Vec<Layer> = Vec::new();
        let mut next = disk.path.clone();
        while let Some(path) = next {
            next = self.facts.storage.at(&path).and_then(|(_, v)| v.backing.clone());
            // A chain that comes back to itself has no end.
            if next.as_ref().is_some_and(|n| out.iter().any(|(p, _)| p == n)) || out.len() > 200 {
                break;
            }
            let format = next.as_ref().and_then(|p| self.facts.storage.at(p)?.1.format.clone());
            out.extend(next.clone().map(|p| (p, format)));
        }
        out
    }

    /// It can be told who uses images at all.
    fn known(&self) -> Result<(), No> {
        match self.facts.storage.cannot_tell() {
            Some(reason) => Err(No::new(RefusalKind::Unknown, reason, TO_TELL)),
            None => Ok(()),
        }
    }

    /// Who else uses an image; `own` are this disk's own.
    fn others(&self, path: &str, own: &[String]) -> Others {
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let all = self.facts.storage.others_than(path, self.vm, &own);
        let (writers, readers): (Vec<User>, Vec<User>) =
            all.into_iter().partition(|user| matches!(user, User::Vm { reads_only: false, .. }));
        let words = |users: Vec<User>| users.iter().map(User::words).collect::<Vec<_>>();
        let (writers, mut readers) = (words(writers), words(readers));
        readers.extend(self.other_disks(path));
        Others { writers, readers }
    }

    /// Other disks of the VM that lie on an image.
    fn other_disks(&self, path: &str) -> impl Iterator<Item = String> {
        let is_it = |source: &DiskSource| self.path_of(source).is_some_and(|p| same_path(&p, path));
        let on_it = move |d: &&DiskDefinition| {
            d.target != self.target() && d.source.iter().chain(d.backing.iter().map(|b| &b.source)).any(is_it)
        };
        self.vm.definition.disks.iter().filter(on_it).map(|d| format!("its disk {}", d.target))
    }
}

/// Who else uses an image.
#[derive(Debug, Default)]
struct Others {
    /// Those that have it as their own.
    writers: Vec<String>,
    /// Those that lie on it.
    readers: Vec<String>,
}

impl Others {
    /// All of them, as words.
    fn all(&self) -> Vec<String> {
        self.writers.iter().chain(&self.readers).cloned().collect()
    }
}

/// All images of a disk, in a line.
fn chain(disk: &Disk<'_>) -> String {
    let top = disk.is.source.iter().map(DiskSource::describe);
    top.chain(disk.is.backing.iter().map(|b| b.source.describe())).collect::<Vec<_>>().join(" < ")
}

/// How a path of a volume of this kind is used.
fn medium(kind: &str, path: &str) -> Medium {
    if kind == "block" { Medium::Block(path.to_owned()) } else { Medium::File(path.to_owned()) }
}

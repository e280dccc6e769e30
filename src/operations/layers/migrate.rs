//! A disk that moves to another volume.

use super::place::{self, Place};
use super::{Case, Disk, No, medium};
use crate::model::hardware::{Edit, Medium};
use crate::model::operation::{DiskMove, LayerChange, LayerOperation, Target, VmOperation};
use crate::model::plan::{Act, AfterKill, LayersAct, RefusalKind, StorageAct, Weight};
use crate::model::storage::Volume;
use crate::model::text::clean;
use crate::model::units::bytes;
use crate::operations::build::Draft;
use crate::operations::storage::{PoolFacts, listed};
use crate::operations::touch;
use crate::xml::diff::unified;
use crate::xml::edit;
use crate::xml::volume::{VolumeSpec, write};

/// A move in the making.
struct Move<'m, 'c> {
    case: &'m Case<'c>,
    disk: &'m Disk<'c>,
    to: &'m DiskMove,
    place: Place<'c>,
    /// Path of the new volume.
    path: String,
    /// The same as a disk has it.
    goes_to: Medium,
    /// The old volume, where a pool knows it.
    old: Option<(&'c PoolFacts, &'c Volume)>,
    /// Path and format of the image that stays below.
    backing: Option<(String, String)>,
    edit: Edit,
    /// The definition afterwards.
    after: String,
}

pub(super) fn plan(case: &Case<'_>, to: &DiskMove) -> Result<Draft, No> {
    let disk = case.disk()?;
    can_leave(case, &disk, to)?;
    let place = place::find(case, &disk, to)?;
    let Some(path) = place.path() else {
        let reason = format!("Where pool {} lies on the host is not told.", clean(&to.pool));
        return Err(No::new(RefusalKind::Unsupported, reason, "Choose another pool."));
    };
    let old = disk.path.as_deref().and_then(|p| case.facts.storage.at(p));
    let backing = stays_below(case, &disk, to)?;
    let goes_to = medium(if place.file { "file" } else { "block" }, &path);
    let target = case.target().to_owned();
    let edit = Edit::Source { target, medium: goes_to.clone(), format: place.format.clone() };
    let after = edit::apply(&case.vm.defined_xml, std::slice::from_ref(&edit));
    let after = if case.persistent() { after } else { Ok(String::new()) };
    let after = after.map_err(|why| {
        let reason = format!("Its definition cannot be edited: {why}.");
        No::new(RefusalKind::Unknown, reason, "")
    })?;
    let made = Move { case, disk: &disk, to, place, path, goes_to, old, backing, edit, after };
    let plan = if case.runs() { made.of_running() } else { made.of_off()? };
    let volume = Target::volume(&made.place.pool.record.name, &made.place.name).thing();
    let things = disk.path.iter().chain([&made.path]).map(|path| touch::file(path));
    Ok(plan.touches(things.chain([volume])))
}

/// Refuses what somebody else needs where it is.
fn can_leave(case: &Case<'_>, disk: &Disk<'_>, to: &DiskMove) -> Result<(), No> {
    if case.runs() && disk.is.read_only {
        let reason = "The guest only reads it: QEMU copies no such disk while the VM runs.";
        return Err(No::new(RefusalKind::Unsupported, reason, "Shut the VM down first."));
    }
    let Some(path) = &disk.path else { return Ok(()) };
    if !to.keep_old {
        let known = case.known();
        known.map_err(|no| No {
            remedy: format!("{} Or leave the old volume there (--keep-old).", no.remedy),
            ..no
        })?;
    }
    let others = case.others(path, &[]);
    if !others.writers.is_empty() {
        let reason = format!("It is used by {} as well.", listed(&others.writers));
        return Err(No::new(RefusalKind::InUse, clean(&reason), "Detach it there first."));
    }
    if !others.readers.is_empty() && !to.keep_old {
        let reason = format!("{} lies on its image, which would be deleted.", listed(&others.readers));
        return Err(No::new(RefusalKind::InUse, clean(&reason), "Leave the old volume there (--keep-old)."));
    }
    Ok(())
}

fn stays_below(case: &Case<'_>, disk: &Disk<'_>, to: &DiskMove) -> Result<Option<(String, String)>, No> {
    if !to.keep_below {
        return Ok(None);
    }
    if !case.runs() {
        let reason = "Only of a VM that runs its own layer can be copied alone.";
        let remedy = "Start it (paused is enough), or have all of it copied.";
        return Err(No::new(RefusalKind::State, reason, remedy));
    }
    match case.below(disk).into_iter().next() {
        Some((path, format)) => Ok(Some((path, format.unwrap_or_else(|| "raw".into())))),
        None => Err(No::new(RefusalKind::BadRequest, "Nothing lies below it.", "Leave --keep-below away.")),
    }
}

impl Move<'_, '_> {
    /// Pool and name of the new volume.
    fn goes(&self) -> String {
        format!("{}/{}", self.place.pool.record.name, self.place.name)
    }

    fn drop_new(&self) -> Act {
        let (pool, name) = (self.place.pool.record.name.clone(), self.place.name.clone());
        Act::Layers(LayersAct::DropUnused { pool, name })
    }

    fn volume_xml(&self) -> String {
        write(&VolumeSpec {
            name: &self.place.name,
            capacity: self.place.capacity,
            allocation: if self.place.file { 0 } else { self.place.capacity },
            format: self.place.file.then_some(self.place.format.as_str()),
            backing: self.backing.as_ref().map(|(path, format)| (path.as_str(), format.as_str())),
        })
    }

    /// Copied while the guest goes on, then gone over to.
    fn of_running(&self) -> Draft {
        let (vm, target) = (self.case.vm.id, self.case.target().to_owned());
        let plan = self.make(self.begun());
        let xml = edit::write::copy_target(&self.goes_to, &self.place.format);
        let copy = LayersAct::Copy {
            vm,
            target: target.clone(),
            to: self.path.clone(),
            xml,
            shallow: self.backing.is_some(),
            bandwidth: self.case.change.bandwidth,
            pool: self.place.pool.record.name.clone(),
        };
        let title = format!("Copy {target} to it, while the guest goes on");
        let (name, to) = (self.case.name(), self.path.clone());
        let mut plan = plan
            .step_by(title, self.blockcopy(), Act::Layers(copy))
            .undo(Act::Layers(LayersAct::GiveUp { vm, target: target.clone(), to: to.clone() }))
            .step(
                "Have the guest go on with the copy",
                &["blockjob", &name, self.case.target(), "--pivot"],
                Act::Layers(LayersAct::Pivot { vm, target, to }),
            )
            .no_way_back();
        if self.case.persistent() {
            let (target, to) = (self.case.target().to_owned(), self.path.clone());
            let name = LayersAct::Name { vm, target, to, edits: vec![self.edit.clone()] };
            plan = plan.step("See that its definition names the copy", &[], Act::Layers(name));
        }
        self.finished(plan)
    }

    /// Copied while nobody writes to it, then named in the definition.
    fn of_off(&self) -> Result<Draft, No> {
        let Some((pool, volume)) = self.old else {
            let reason = "It is in no started pool, and only volumes are copied while their VM is off.";
            let remedy = "Start its pool, or start the VM and move it then.";
            return Err(No::new(RefusalKind::Unsupported, reason, remedy));
        };
        let (to_pool, to) = (self.place.pool.record.name.clone(), self.place.name.clone());
        let clone = StorageAct::CloneVolume {
            pool: to_pool,
            name: to,
            xml: self.volume_xml(),
            from_pool: pool.record.name.clone(),
            from: volume.name.clone(),
            bytes: self.place.needs,
        };
        let own = volume.format.clone().unwrap_or_else(|| "raw".into());
        let command = ["qemu-img", "convert", "-f", &own, "-O", &self.place.format, &volume.path, &self.path];
        let back = Edit::Source {
            target: self.case.target().to_owned(),
            medium: medium(volume.kind, &volume.path),
            format: self.disk.is.format.clone().unwrap_or(own.clone()),
        };
        let switch = LayersAct::Switch {
            vm: self.case.vm.id,
            edits: vec![self.edit.clone()],
            back: vec![back],
            pool: pool.record.name.clone(),
            name: volume.name.clone(),
            written: self.case.layers()?.written.clone(),
        };
        let plan = self
            .begun()
            .step_by(
                format!("Copy {} to {}", self.case.target(), self.goes()),
                command.map(str::to_owned).to_vec(),
                Act::Storage(clone),
            )
            .undo(self.drop_new())
            .step("Have its definition name the copy", &[], Act::Layers(switch))
            .no_way_back();
        Ok(self.finished(plan))
    }

    fn begun(&self) -> Draft {
        let size = bytes(self.place.needs as f64);
        let how = if self.case.runs() { "while the guest goes on" } else { "while it is off" };
        self.case
            .draft(self.disk)
            .summary(format!("{} to {}, {}, {how}", self.case.target(), self.goes(), self.place.format))
            .done(format!("{} lies in {} now.", self.case.target(), self.goes()))
            .after_kill(AfterKill::Undo)
            .rests_on(format!("UUID of pool {}", clean(&self.to.pool)), self.place.pool.record.id.to_string())
            .rests_on("its new volume", self.goes())
            .rests_on("its size", self.place.capacity.to_string())
            .space(format!("pool {}", self.to.pool), self.place.needs, self.place.pool.record.available)
            .note(Weight::Info, format!("{size} are copied at most, and what the guest writes meanwhile."))
            .note(Weight::Info, "Stopping it leaves the disk where it is, and takes the copy away.")
            .note_if(
                !self.case.runs() && self.case.change.bandwidth.is_some(),
                Weight::Warning,
                "It is off: libvirt copies its volume as fast as it goes, whatever the bandwidth.",
            )
    }

    fn make(&self, plan: Draft) -> Draft {
        let (pool, name) = (self.place.pool.record.name.clone(), self.place.name.clone());
        let size = self.place.capacity.to_string();
        let mut command: Vec<String> =
            ["virsh", "vol-create-as", "--pool", &pool, "--name", &name, "--capacity", &size]
                .map(str::to_owned)
                .to_vec();
        if self.place.file {
            command.extend(["--allocation", "0", "--format", &self.place.format].map(str::to_owned));
        }
        if let Some((path, format)) = &self.backing {
            command.extend(["--backing-vol", path, "--backing-vol-format", format].map(str::to_owned));
        }
        let xml = self.volume_xml();
        let create = StorageAct::CreateVolume { pool, name, xml, metadata: false };
        plan.step_by(format!("Make the volume {}", self.goes()), command, Act::Storage(create))
            .undo(self.drop_new())
    }

    fn blockcopy(&self) -> Vec<String> {
        let name = self.case.name();
        let words = ["virsh", "blockcopy", &name, self.case.target(), "--dest", &self.path];
        let mut command: Vec<String> = words.map(str::to_owned).to_vec();
        command.extend(["--format", &self.place.format, "--reuse-external"].map(str::to_owned));
        command.extend((!self.place.file).then(|| "--blockdev".to_owned()));
        command.extend(self.backing.is_some().then(|| "--shallow".to_owned()));
        command.extend(self.case.bandwidth());
        command.extend(["--transient-job", "--wait"].map(str::to_owned));
        command
    }

    /// What becomes of the old volume, and what there is to know.
    fn finished(&self, plan: Draft) -> Draft {
        let vm = self.case.vm;
        let mut plan = plan;
        if self.case.persistent() {
            plan = plan.diff(&unified(&vm.defined_xml, &self.after));
        } else {
            let text = "It is transient: whoever starts it the next time has to name the new volume.";
            plan = plan.note(Weight::Warning, text);
        }
        let flat = self.backing.is_none() && !self.case.below(self.disk).is_empty();
        let has_checkpoints = self.case.facts.layers.as_ref().is_some_and(|l| !l.checkpoints.is_empty());
        plan = plan
            .note_if(flat, Weight::Info, "What lies below it is copied with it, and stays where it is.")
            .note_if(
                has_checkpoints,
                Weight::Warning,
                "It has checkpoints: the next backup that rests on one may have to be a full one.",
            );
        let room = self.place.pool.record.available;
        let short = self.place.file && room.is_some_and(|free| free < self.place.capacity);
        let grows = format!("It may grow to {}", bytes(self.place.capacity as f64));
        plan = plan.note_if(short, Weight::Warning, grows + ": the pool has less than that free.");
        match self.old {
            Some((pool, volume)) if !self.to.keep_old => self.delete_old(plan, pool, volume, flat),
            Some((pool, volume)) => plan.note(
                Weight::Info,
                format!("The old volume {}/{} stays; nobody uses it then.", pool.record.name, volume.name),
            ),
            None => plan.note(
                Weight::Warning,
                format!("{} is in no started pool: it stays, and is yours to remove.", self.was()),
            ),
        }
    }

    fn was(&self) -> String {
        self.disk.is.source.as_ref().map(crate::model::vm::DiskSource::describe).unwrap_or_default()
    }

    fn delete_old(&self, plan: Draft, pool: &PoolFacts, volume: &Volume, flat: bool) -> Draft {
        let (pool, name) = (pool.record.name.clone(), volume.name.clone());
        let plan = plan.step(
            format!("Delete the old volume {pool}/{name}"),
            &["vol-delete", "--pool", &pool, "--vol", &name],
            Act::Layers(LayersAct::DropUnused { pool: pool.clone(), name: name.clone() }),
        );
        if flat {
            return plan;
        }
        let format = self.disk.is.format.clone().filter(|f| matches!(f.as_str(), "qcow2" | "raw"));
        let keep_below = self.backing.is_some();
        let back = DiskMove { pool, name: Some(name), format, keep_old: false, keep_below };
        let target = self.case.target().to_owned();
        plan.inverse(VmOperation::Layers(LayerChange {
            target,
            what: LayerOperation::Migrate(back),
            bandwidth: None,
        }))
    }
}

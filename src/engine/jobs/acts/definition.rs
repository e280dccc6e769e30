//! Acts on definitions, and on what is kept of deleted VMs.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::{Broken, Found, Hands};
use crate::engine::jobs::facts::vm_facts;
use crate::engine::jobs::kept::{
    belongings, digest_of, of_vm, put_back, remove_folder, sync_folder, take_in,
};
use crate::engine::jobs::{Input, Setting};
use crate::hypervisor::{HvError, HvErrorKind, HvResult, Hypervisor, NvramThen, Undefining, XmlOf};
use crate::model::held::{Document, FileKind, HeldVm, Kept, KeptFile};
use crate::model::id::VmId;
use crate::model::job::{Progress, Unit};
use crate::model::plan::DefinitionAct as Act;
use crate::model::time::Timestamp;
use crate::model::vm::Firmware;
use crate::store::{StateDb, StoreError};
use crate::xml::domain::{self, secrets};

const DAY_MS: i64 = 86_400_000;

/// Does it.
pub(super) fn perform(act: &Act, hands: &Hands<'_>) -> Result<(), Broken> {
    match act {
        Act::Reserve { vm } => reserve(*vm, hands),
        Act::Keep { vm, discard_saved, days } => keep(*vm, *discard_saved, *days, hands),
        Act::Unkeep { vm } => unkeep(*vm, hands),
        Act::Undefine { vm } => undefine(*vm, hands),
        Act::PutBackNvram { vm } => put_back_nvram(*vm, hands),
        Act::TakeAwayNvram { vm } => take_away_nvram(*vm, hands),
        Act::DefineHeld { vm, name } => {
            let held = Held::open(*vm, hands.setting)?;
            // Defining would replace it.
            if is_there(hands.hv, *vm)? {
                return Err(said("There is a VM of this UUID already."));
            }
            hands.hv.define(&named(&held.of.kept.definition, &held.of.name, name)?, false)?;
            Ok(())
        }
        Act::UndefineHeld { vm } => undefine_again(*vm, hands),
        Act::PutBackSnapshots { vm, name } => put_back_snapshots(*vm, name, hands),
        Act::PutBackSaved { vm, name } => put_back_saved(*vm, name, hands),
        Act::TakeAwaySaved { vm, name } => take_away_saved(*vm, name, hands),
        Act::Release { vm, name } => release(*vm, name, hands),
        Act::Forget { vm } => forget(*vm, hands.setting),
        Act::Redefine { vm, xml, secrets: shown, validate, .. } => {
            let xml = if *shown { xml.clone() } else { with_secrets(*vm, xml, hands)? };
            hands.hv.define(&xml, *validate)?;
            Ok(())
        }
    }
}

/// Whether it was done.
pub(super) fn probe(act: &Act, hv: &dyn Hypervisor, setting: &Setting) -> HvResult<Found> {
    let found = |so: bool| if so { Found::Done } else { Found::NotDone };
    let held = |vm: &VmId| Held::find(*vm, setting).map_err(|why| unread(&why));
    Ok(match act {
        Act::Reserve { vm } => {
            let (db, _) = open(setting).map_err(|why| unread(&why))?;
            found(db.held_folder(&setting.host, *vm).exists())
        }
        Act::Keep { vm, .. } => found(held(vm)?.is_some()),
        Act::Undefine { vm } => found(!is_there(hv, *vm)?),
        Act::PutBackNvram { vm } => {
            let held = held(vm)?;
            let file = held.as_ref().and_then(|h| h.of.kept.file(FileKind::Nvram));
            found(file.is_some_and(|f| f.digest.is_some() && digest_of(Path::new(&f.path)) == f.digest))
        }
        Act::DefineHeld { vm, name } => {
            found(is_there(hv, *vm)? && domain::name(&hv.vm_xml(*vm)?).as_deref() == Some(name))
        }
        Act::PutBackSnapshots { vm, .. } => {
            let missing = held(vm)?.map(|h| missing(hv, *vm, &h.of.kept)).transpose()?;
            found(missing.is_some_and(|m| m.is_empty()))
        }
        Act::PutBackSaved { vm, name } => found(held(vm)?.is_some_and(|h| h.saved_lies(hv, name))),
        Act::Release { vm, .. } | Act::Forget { vm } => found(held(vm)?.is_none()),
        Act::Redefine { vm, before, secrets, .. } => match hv.xml_of(*vm, XmlOf::Defined)? != *before {
            true => Found::Done,
            // It may have been a password only, which nobody has written down.
            false if *secrets => Found::NoTrace,
            false => Found::NotDone,
        },
        Act::Unkeep { .. }
        | Act::TakeAwayNvram { .. }
        | Act::TakeAwaySaved { .. }
        | Act::UndefineHeld { .. } => Found::NoTrace,
    })
}

fn open(setting: &Setting) -> Result<(StateDb, Timestamp), StoreError> {
    let now = setting.clock.now().wall;
    Ok((StateDb::open(&setting.folder, now)?.0, now))
}

fn unread(why: &StoreError) -> HvError {
    HvError::new(HvErrorKind::Other, "read what is held", why.to_string())
}

fn said(sentence: impl Into<String>) -> Broken {
    Broken::Said { sentence: sentence.into(), offer: None }
}

impl From<StoreError> for Broken {
    fn from(why: StoreError) -> Self {
        said(format!("{why}"))
    }
}

/// A VM that is held, where its files lie, and the database.
struct Held {
    db: StateDb,
    of: HeldVm,
    folder: PathBuf,
}

impl Held {
    fn find(vm: VmId, setting: &Setting) -> Result<Option<Self>, StoreError> {
        let (db, _) = open(setting)?;
        let folder = db.held_folder(&setting.host, vm);
        Ok(db.held_vm(&setting.host, vm)?.map(|of| Self { db, of, folder }))
    }

    fn open(vm: VmId, setting: &Setting) -> Result<Self, Broken> {
        Self::find(vm, setting)?.ok_or_else(|| said("It is not held any more."))
    }

    /// Its file of this kind, where it is held here, and where that lies.
    fn file(&self, kind: FileKind) -> Option<(&KeptFile, PathBuf)> {
        let file = self.of.kept.file(kind).filter(|f| f.digest.is_some())?;
        Some((file, self.folder.join(kind.file_name())))
    }

    /// Whether its saved memory lies where a start would go on from it.
    fn saved_lies(&self, hv: &dyn Hypervisor, name: &str) -> bool {
        let kept = self.file(FileKind::Saved);
        let lies = || hv.saved_image(name).and_then(|path| digest_of(&path));
        kept.is_some_and(|(file, _)| lies() == file.digest)
    }
}

fn is_there(hv: &dyn Hypervisor, vm: VmId) -> HvResult<bool> {
    match hv.vm_state(vm) {
        Ok(_) => Ok(true),
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

fn gone_is_fine(answer: HvResult<()>) -> HvResult<()> {
    match answer {
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(()),
        answer => answer,
    }
}

/// Tells how far a copy is, and whether it may go on.
fn copying<'h>(hands: &'h Hands<'_>) -> impl Fn(u64, u64) -> bool + 'h {
    |done, total| {
        let progress = Progress { done, total, unit: Unit::Bytes, rate: None };
        drop(hands.desk.send(Input::Progress(hands.job, progress)));
        !hands.stop.is_asked()
    }
}

fn not_copied(what: &str, path: &Path, why: &io::Error) -> Broken {
    match why.kind() {
        io::ErrorKind::Interrupted => Broken::Stopped(""),
        io::ErrorKind::AlreadyExists => {
            said(format!("{what} could not be written: there is another {} already.", path.display()))
        }
        io::ErrorKind::StorageFull => {
            said(format!("{what} could not be written: no space left for {}.", path.display()))
        }
        _ => said(format!("{what} could not be copied ({}): {why}.", path.display())),
    }
}

fn reserve(vm: VmId, hands: &Hands<'_>) -> Result<(), Broken> {
    let (db, _) = open(hands.setting)?;
    if db.held_vm(&hands.setting.host, vm)?.is_some() {
        return Err(said("Another VM of this UUID is held already."));
    }
    let folder = db.held_folder(&hands.setting.host, vm);
    // What is there without being written down was left by a kill.
    let made = remove_folder(&folder)
        .and_then(|()| fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder))
        .and_then(|()| folder.ancestors().skip(1).take(2).try_for_each(sync_folder));
    made.map_err(|why| said(format!("The folder {} could not be made: {why}.", folder.display())))
}

fn keep(vm: VmId, discard_saved: bool, days: u32, hands: &Hands<'_>) -> Result<(), Broken> {
    let (mut db, now) = open(hands.setting)?;
    let folder = db.held_folder(&hands.setting.host, vm);
    let facts = vm_facts(hands.hv, vm)?;
    if facts.state.is_active() {
        return Err(said("It was started meanwhile."));
    }
    let has = belongings(hands.hv, &facts, &folder)?;
    if has.saved.as_ref().is_some_and(|s| s.out_of_reach.is_some()) && !discard_saved {
        return Err(said("Its memory was saved meanwhile, and cannot be kept."));
    }
    let mut kept = of_vm(hands.hv, &facts, &has)?;
    // What cannot be kept is not there to be brought back.
    kept.files.retain(|f| f.digest.is_some() || f.kind != FileKind::Saved);
    for file in kept.files.iter_mut().filter(|f| f.digest.is_some()) {
        let (from, to) = (Path::new(&file.path), folder.join(file.kind.file_name()));
        let taken = take_in(from, &to, &copying(hands));
        file.digest = Some(taken.map_err(|why| not_copied(capital(file.kind), from, &why))?);
        file.size = fs::metadata(&to).map_or(file.size, |m| m.len());
    }
    let until = Timestamp(now.0.saturating_add(i64::from(days) * DAY_MS));
    let held = HeldVm { vm, name: facts.name, deleted: now, until, by: hands.setting.actor.clone(), kept };
    Ok(db.hold(&hands.setting.host, &held)?)
}

const fn capital(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Nvram => "Its UEFI variables",
        FileKind::Saved => "Its saved memory",
    }
}

/// Forgets what was kept of a VM, unless that is all there is of it.
fn unkeep(vm: VmId, hands: &Hands<'_>) -> Result<(), Broken> {
    if !is_there(hands.hv, vm)? {
        return Err(said("It is undefined: what was kept of it stays."));
    }
    forget(vm, hands.setting)
}

fn forget(vm: VmId, setting: &Setting) -> Result<(), Broken> {
    let (mut db, _) = open(setting)?;
    db.forget_held(&setting.host, vm)?;
    let folder = db.held_folder(&setting.host, vm);
    // It is forgotten: what is left there is removed some other time.
    if let Err(why) = remove_folder(&folder) {
        tracing::warn!("{} could not be removed: {why}", folder.display());
    }
    Ok(())
}

/// Undefines it, where it is still what was kept.
fn undefine(vm: VmId, hands: &Hands<'_>) -> Result<(), Broken> {
    let held = Held::open(vm, hands.setting)?;
    let facts = vm_facts(hands.hv, vm)?;
    if facts.state.is_active() {
        return Err(said("It was started meanwhile."));
    }
    let has = belongings(hands.hv, &facts, &held.folder)?;
    let now = of_vm(hands.hv, &facts, &has)?;
    let kept = &held.of.kept;
    let same = now.definition == kept.definition
        && now.autostart == kept.autostart
        && now.snapshots == kept.snapshots
        && now.checkpoints == kept.checkpoints
        && kept.files.iter().all(|f| now.file(f.kind).is_some_and(|n| n.path == f.path && n.size == f.size));
    // What is removed has to be what was kept, byte for byte.
    let files_are = || {
        let kept = kept.files.iter().filter(|f| f.digest.is_some());
        kept.into_iter().all(|f| digest_of(Path::new(&f.path)) == f.digest)
    };
    if !same || !files_are() {
        return Err(said("It was changed while it was being kept."));
    }
    let nvram = if held.file(FileKind::Nvram).is_some() { NvramThen::Remove } else { NvramThen::Keep };
    Ok(hands.hv.undefine(vm, undefining(kept, nvram))?)
}

fn undefining(kept: &Kept, nvram: NvramThen) -> Undefining {
    let of = domain::parse(&kept.definition).unwrap_or_default();
    let uefi = matches!(of.firmware, Firmware::Uefi { .. });
    Undefining { nvram: if uefi { nvram } else { NvramThen::None }, tpm: of.has_tpm, saved: true }
}

fn put_back_nvram(vm: VmId, hands: &Hands<'_>) -> Result<(), Broken> {
    let held = Held::open(vm, hands.setting)?;
    let Some((file, from)) = held.file(FileKind::Nvram) else { return Ok(()) };
    let to = Path::new(&file.path);
    if digest_of(to) == file.digest {
        return Ok(());
    }
    put_back(&from, to, (file.user, file.group, file.mode), &copying(hands))
        .map_err(|why| not_copied(capital(file.kind), to, &why))
}

fn take_away_nvram(vm: VmId, hands: &Hands<'_>) -> Result<(), Broken> {
    let held = Held::open(vm, hands.setting)?;
    let Some((file, _)) = held.file(FileKind::Nvram) else { return Ok(()) };
    // Only what was put there.
    if digest_of(Path::new(&file.path)) == file.digest {
        fs::remove_file(&file.path)
            .map_err(|why| said(format!("{} could not be removed: {why}.", file.path)))?;
    }
    Ok(())
}

/// A document with the VM's name in it.
fn named(xml: &str, was: &str, name: &str) -> Result<String, Broken> {
    if was == name {
        return Ok(xml.to_owned());
    }
    domain::renamed(xml, name).ok_or_else(|| said("What was kept of it cannot be read."))
}

/// Snapshots and checkpoints that libvirt does not know yet: their names.
fn missing(hv: &dyn Hypervisor, vm: VmId, kept: &Kept) -> HvResult<Vec<String>> {
    let (snapshots, checkpoints) = (hv.snapshot_documents(vm)?, hv.checkpoint_documents(vm)?);
    let of = |kept: &[Document], known: &[Document]| {
        let lacks = |d: &&Document| !known.iter().any(|k| k.name == d.name);
        kept.iter().filter(lacks).map(|d| d.name.clone()).collect::<Vec<_>>()
    };
    Ok([of(&kept.snapshots, &snapshots), of(&kept.checkpoints, &checkpoints)].concat())
}

fn put_back_snapshots(vm: VmId, name: &str, hands: &Hands<'_>) -> Result<(), Broken> {
    let held = Held::open(vm, hands.setting)?;
    let missing = missing(hands.hv, vm, &held.of.kept)?;
    let lacks = |d: &&Document| missing.contains(&d.name);
    for snapshot in held.of.kept.snapshots.iter().filter(lacks) {
        let mut snapshot = snapshot.clone();
        snapshot.xml = named(&snapshot.xml, &held.of.name, name)?;
        hands.hv.put_back_snapshot(vm, &snapshot)?;
    }
    for checkpoint in held.of.kept.checkpoints.iter().filter(lacks) {
        let mut checkpoint = checkpoint.clone();
        checkpoint.xml = named(&checkpoint.xml, &held.of.name, name)?;
        hands.hv.put_back_checkpoint(vm, &checkpoint)?;
    }
    Ok(())
}

/// Puts it back before there is a VM: one that has run since would go on with memory that does not fit its disks.
fn put_back_saved(vm: VmId, name: &str, hands: &Hands<'_>) -> Result<(), Broken> {
    let held = Held::open(vm, hands.setting)?;
    let Some((file, from)) = held.file(FileKind::Saved) else { return Ok(()) };
    if is_there(hands.hv, vm)? {
        return Err(said(
            "There is a VM of this UUID already: it may have run, and does not get its old memory.",
        ));
    }
    if held.saved_lies(hands.hv, name) {
        return Ok(());
    }
    let to = hands
        .hv
        .saved_image(name)
        .ok_or_else(|| said("The driver does not tell where saved memory lies."))?;
    put_back(&from, &to, (file.user, file.group, file.mode), &copying(hands))
        .map_err(|why| not_copied(capital(file.kind), &to, &why))
}

fn take_away_saved(vm: VmId, name: &str, hands: &Hands<'_>) -> Result<(), Broken> {
    let held = Held::open(vm, hands.setting)?;
    if is_there(hands.hv, vm)? {
        return Err(said("There is a VM of this UUID: its saved memory stays."));
    }
    match hands.hv.saved_image(name) {
        Some(path) if held.saved_lies(hands.hv, name) => fs::remove_file(&path)
            .map_err(|why| said(format!("{} could not be removed: {why}.", path.display()))),
        _ => Ok(()),
    }
}

/// Undefines a VM that was brought back in part, where nobody has used it since. It stays held.
fn undefine_again(vm: VmId, hands: &Hands<'_>) -> Result<(), Broken> {
    let held = Held::open(vm, hands.setting)?;
    let kept = &held.of.kept;
    let hv = hands.hv;
    if !is_there(hv, vm)? {
        return Ok(());
    }
    let facts = vm_facts(hv, vm)?;
    let shown = hv.xml_of(vm, XmlOf::DefinedWithSecrets)?;
    let only =
        |kept: &[Document], known: &[Document]| known.iter().all(|k| kept.iter().any(|d| d.name == k.name));
    let image = hv.saved_image(&facts.name).filter(|path| path.exists());
    let saved = image.is_some();
    let untouched = !facts.state.is_active()
        && domain::parse(&kept.definition).ok() == domain::parse(&shown).ok()
        && only(&kept.snapshots, &hv.snapshot_documents(vm)?)
        && only(&kept.checkpoints, &hv.checkpoint_documents(vm)?)
        && (facts.flags.autostart != Some(true) || kept.autostart)
        && (!saved || held.saved_lies(hv, &facts.name));
    if !untouched {
        return Err(said("It was used or changed since: it stays, and what was kept of it too."));
    }
    let how = Undefining { saved, ..undefining(kept, NvramThen::Keep) };
    Ok(gone_is_fine(hv.undefine(vm, how))?)
}

/// Compares what is there with what was kept, then forgets that.
fn release(vm: VmId, name: &str, hands: &Hands<'_>) -> Result<(), Broken> {
    let held = Held::open(vm, hands.setting)?;
    let kept = &held.of.kept;
    let facts = vm_facts(hands.hv, vm)?;
    let shown = hands.hv.xml_of(vm, XmlOf::DefinedWithSecrets)?;
    let (was, is) = (domain::parse(&kept.definition), domain::parse(&shown));
    let nvram = held.file(FileKind::Nvram);
    let saved = held.file(FileKind::Saved);
    let checks = [
        ("its definition", was.ok() == is.ok() && secrets::same(&kept.definition, &shown)),
        ("its name", facts.name == name),
        ("its autostart", facts.flags.autostart.unwrap_or(kept.autostart) == kept.autostart),
        (
            "its snapshots",
            missing(hands.hv, vm, kept)?.is_empty()
                && current(&hands.hv.snapshot_documents(vm)?) == current(&kept.snapshots),
        ),
        ("its UEFI variables", nvram.is_none_or(|(f, _)| digest_of(Path::new(&f.path)) == f.digest)),
        ("its saved memory", saved.is_none() || hands.hv.saved_image(name).is_some_and(|p| p.exists())),
    ];
    let other: Vec<&str> = checks.iter().filter(|(_, same)| !same).map(|(what, _)| *what).collect();
    if !other.is_empty() {
        return Err(said(format!("What came back is not what was kept: {}.", other.join(", "))));
    }
    drop(held.db);
    forget(vm, hands.setting)
}

fn current(all: &[Document]) -> Option<&str> {
    all.iter().find(|d| d.current).map(|d| d.name.as_str())
}

/// The new definition with the passwords that the present one has.
fn with_secrets(vm: VmId, xml: &str, hands: &Hands<'_>) -> Result<String, Broken> {
    let present = hands.hv.xml_of(vm, XmlOf::DefinedWithSecrets)?;
    let hidden = hands.hv.xml_of(vm, XmlOf::Defined)?;
    if !secrets::can_be_restored(&hidden, &present) {
        return Err(said("It holds secrets that would be lost."));
    }
    secrets::restored(xml, &present)
        .ok_or_else(|| said("A password is hidden in it that the VM does not have."))
}

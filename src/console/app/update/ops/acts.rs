//! What is done to what is selected: forms are opened, plans asked for, lists and texts shown.

use super::super::super::App;
use super::super::super::action::ActionId;
use super::super::super::form::{Form, device, layers, making, network, storage, vm as vm_forms};
use super::super::super::msg::{Effect, Notice};
use super::super::super::ops::edit::EditOf;
use super::super::super::ops::sheets::{HeldList, OrphanList, Sheet, SheetOf, TemplateList};
use super::super::super::ops::{self, OpsOverlay, parts};
use super::super::super::overlay::{Choice, Overlay};
use super::super::super::vm_page::EntryKey;
use super::super::{menus, toast};
use super::{SHUTDOWN_WITHIN_S, ask, edit};
use crate::engine::jobs::difference;
use crate::model::id::VmId;
use crate::model::operation::{
    BuildHow, HardwareOperation as Hw, NetworkOperation, Operation, PoolOperation, Redefined,
    SnapshotOperation, TemplateOperation, VmOperation, VolumeOperation,
};
use crate::model::text::clean;
use crate::model::vm::{NicSource, Vm};

/// Does it, or says that it is none of these.
pub(super) fn action(app: &mut App, action: ActionId) -> Option<Vec<Effect>> {
    use ActionId as A;
    Some(match action {
        A::Delete
        | A::ShutdownWithin
        | A::StartOrder
        | A::TakeSnapshot
        | A::Resize
        | A::AttachDisk
        | A::AttachNic
        | A::InsertMedia
        | A::CloneVm
        | A::MakeTemplate
        | A::BootOrder => on_vms(app, action),
        A::DiskAttach => on_vms(app, A::AttachDisk),
        A::NicAttach => on_vms(app, A::AttachNic),
        A::SnapshotTake => on_vms(app, A::TakeSnapshot),
        A::EditXml => edit::open_vm(app),
        A::EjectMedia => eject_some(app),
        A::DiskDetach
        | A::DiskGrow
        | A::DiskBus
        | A::DiskMove
        | A::DiskCommit
        | A::DiskPull
        | A::DriveInsert
        | A::DriveEject => on_disk(app, action),
        A::NicDetach | A::NicLink | A::NicNetwork => on_nic(app, action),
        A::SnapshotRevert | A::SnapshotDelete | A::SnapshotDeleteAll | A::SnapshotForget => {
            on_snapshot(app, action)
        }
        A::RevisionRevert => revert(app),
        A::DeletedVms => over(app, OpsOverlay::Held(HeldList::default())),
        A::HeldUndelete | A::HeldUndeleteAs | A::HeldPurge | A::HeldPurgeDisks => on_held(app, action),
        A::NewVm => new_vm(app, None),
        A::TemplateList => over(app, OpsOverlay::Templates(TemplateList::default())),
        A::TemplateUse | A::TemplateDelete => on_template(app, action),
        A::OrphanVolumes => over(app, OpsOverlay::Orphans(OrphanList::default())),
        A::OrphanDelete => delete_orphan(app),
        A::PoolDefine => open(app, storage::define_pool()),
        A::PoolStart | A::PoolStop | A::PoolAutostart | A::PoolBuild | A::PoolUndefine => {
            on_pool(app, action)
        }
        A::VolumeCreate | A::VolumeUpload => in_pool(app, action),
        A::VolumeGrow
        | A::VolumeClone
        | A::VolumeConvert
        | A::VolumeDownload
        | A::VolumeWipe
        | A::VolumeDelete => on_volume(app, action),
        A::NetworkDefine => open(app, network::define()),
        A::NetworkStart
        | A::NetworkStop
        | A::NetworkAutostart
        | A::NetworkUsers
        | A::NetworkEdit
        | A::NetworkReserve
        | A::NetworkRelease
        | A::NetworkUndefine => on_network(app, action),
        A::FormGive => give(app),
        A::FormNext => in_form(app, |form| form.step(1)),
        A::FormPrevious => in_form(app, |form| form.step(-1)),
        A::FormComplete => in_form(app, Form::complete),
        _ => return None,
    })
}

fn over(app: &mut App, overlay: OpsOverlay) -> Vec<Effect> {
    app.overlays.push(Overlay::Ops(overlay));
    Vec::new()
}

fn open(app: &mut App, form: Form) -> Vec<Effect> {
    over(app, OpsOverlay::Form(Box::new(form)))
}

fn in_form(app: &mut App, change: impl FnOnce(&mut Form)) -> Vec<Effect> {
    if let Some(Overlay::Ops(OpsOverlay::Form(form))) = app.overlays.last_mut() {
        change(form);
    }
    Vec::new()
}

/// A plan of what the form says. The form stays below: whoever cancels the plan is back at it.
fn give(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Ops(OpsOverlay::Form(form))) = app.overlays.last_mut() else { return Vec::new() };
    match form.give() {
        Some(operations) => ask(app, operations),
        None => Vec::new(),
    }
}

/// A name for a snapshot of now: `2026-11-23_14-02`.
fn snapshot_name(app: &App) -> String {
    let full = app.local(app.now).full();
    full.replace(' ', "_").replace(':', "-")
}

fn on_vms(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    let view = app.live.clone();
    let ids = ops::targets(app);
    let vms: Vec<&Vm> = ids.iter().filter_map(|id| view.vm(*id)).map(AsRef::as_ref).collect();
    let [first, ..] = vms.as_slice() else { return Vec::new() };
    let form = match action {
        A::Delete if vms.iter().any(|vm| vm.state.is_active()) => vm_forms::delete(&vms),
        A::Delete => {
            let act = VmOperation::Delete { force_off: false, discard_saved: false };
            return ask(app, ids.into_iter().map(|id| Operation::vm(id, act.clone())).collect());
        }
        A::ShutdownWithin => vm_forms::shutdown(&vms, SHUTDOWN_WITHIN_S),
        A::StartOrder => vm_forms::start_order(&vms),
        A::TakeSnapshot => vm_forms::snapshot(&vms, snapshot_name(app)),
        A::Resize => vm_forms::resize(&vms),
        A::AttachDisk => device::attach_disk(first, &view),
        A::AttachNic => {
            let mac = device::free_mac(&view, app.now.0.cast_unsigned());
            device::attach_nic(first, &view, mac)
        }
        A::InsertMedia => device::insert_media(first, None, &view),
        A::CloneVm => {
            let (id, salt) = app.next_identity();
            making::clone_vm(first, &view, id, salt)
        }
        A::MakeTemplate => making::template_of(first, &view),
        _ => device::boot_order(first),
    };
    open(app, form)
}

fn eject_some(app: &mut App) -> Vec<Effect> {
    let ids = ops::targets(app);
    let Some(vm) = ids.first().and_then(|id| app.live.vm(*id)).cloned() else { return Vec::new() };
    let filled: Vec<&str> =
        device::drives(&vm).filter(|d| d.source.is_some()).map(|d| d.target.as_str()).collect();
    match filled.as_slice() {
        [] => {
            toast(app, Notice::info(format!("The drives of {} are empty.", vm.display_name())));
            Vec::new()
        }
        [one] => eject(app, vm.id, (*one).to_owned()),
        several => {
            let item = |target: &&str| menus::item(*target, "", Choice::Eject(vm.id, (*target).to_owned()));
            menus::open(app, "Eject the medium of", "", several.iter().map(item).collect())
        }
    }
}

/// The medium out of this drive.
pub(in super::super) fn eject(app: &mut App, vm: VmId, target: String) -> Vec<Effect> {
    let Some(vm) = app.live.vm(vm).cloned() else { return Vec::new() };
    ask(app, vec![device::change(&vm, Hw::EjectMedia { target: Some(target), force: false })])
}

fn on_disk(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    let Some((vm, disk)) = parts::disk(app).map(|(vm, disk)| (vm.clone(), disk.clone())) else {
        return Vec::new();
    };
    let target = disk.target.clone();
    let form = match action {
        A::DiskGrow => device::grow_disk(&vm, &target, size_of(app, &disk)),
        A::DiskBus => device::change_bus(&vm, &disk),
        A::DiskMove => layers::move_disk(&vm, &disk, &app.live),
        A::DiskCommit => layers::commit(&vm, &disk),
        A::DiskPull => layers::pull(&vm, &disk),
        A::DriveInsert => device::insert_media(&vm, Some(&target), &app.live),
        A::DriveEject => return eject(app, vm.id, target),
        _ => return ask(app, vec![device::change(&vm, Hw::DetachDisk { target })]),
    };
    open(app, form)
}

/// What the guest may write to it, where a pool knows its volume.
fn size_of(app: &App, disk: &crate::model::vm::DiskDefinition) -> Option<u64> {
    use crate::model::vm::DiskSource as S;
    let source = disk.source.as_ref()?;
    let pools = app.live.pools.iter().flat_map(|p| p.iter());
    let mut volumes = pools.flat_map(|p| p.volumes.iter().flat_map(|v| v.iter()).map(move |v| (p, v)));
    let found = volumes.find(|(p, v)| match source {
        S::Volume { pool, volume } => p.record.name == *pool && v.name == *volume,
        S::File(path) | S::Block(path) => v.path == *path,
        S::Network { .. } | S::Other(_) => false,
    });
    found.map(|(_, v)| v.capacity)
}

fn on_nic(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    let Some((vm, nic)) = parts::nic(app).map(|(vm, nic)| (vm.clone(), nic.clone())) else {
        return Vec::new();
    };
    let what = match action {
        A::NicNetwork => {
            let form = device::change_network(&vm, &nic, &app.live);
            return open(app, form);
        }
        A::NicLink => Hw::SetLink { nic: nic.mac, up: !nic.link_up },
        _ => Hw::DetachNic { nic: nic.mac },
    };
    ask(app, vec![device::change(&vm, what)])
}

fn on_snapshot(app: &mut App, action: ActionId) -> Vec<Effect> {
    let Some(page) = &app.page else { return Vec::new() };
    let Some(snapshot) = page.selected_snapshot().map(|s| s.snapshot.clone()) else { return Vec::new() };
    let Some(vm) = app.live.vm(page.id).cloned() else { return Vec::new() };
    if action == ActionId::SnapshotRevert {
        let form = vm_forms::revert(&vm, &snapshot.name, snapshot_name(app));
        return open(app, form);
    }
    let act = SnapshotOperation::Delete {
        name: snapshot.name,
        children: action == ActionId::SnapshotDeleteAll,
        metadata_only: action == ActionId::SnapshotForget,
    };
    ask(app, vec![Operation::snapshot(vm.id, act)])
}

fn revert(app: &mut App) -> Vec<Effect> {
    let Some((vm, revision)) = parts::revision(app) else { return Vec::new() };
    let why = Redefined::Revert(revision.number);
    let act = VmOperation::Redefine { xml: revision.xml.clone(), secrets: false, why };
    ask(app, vec![Operation::vm(vm, act)])
}

/// Opens the selected entry of a VM's history.
pub(in super::super) fn open_entry(app: &mut App) -> Vec<Effect> {
    let Some(page) = &app.page else { return Vec::new() };
    let (Some(past), Some(key)) = (page.past.ready(), page.entry.key()) else { return Vec::new() };
    let of = match *key {
        EntryKey::Record(number) => SheetOf::Record(number, Box::default()),
        EntryKey::Revision(number) => {
            let Some(revision) = past.revision(number) else { return Vec::new() };
            let text = match past.before(number) {
                Some(before) => difference(&before.xml, &revision.xml),
                None => revision.xml.clone(),
            };
            let title = format!("Revision {number} of {}", page.name);
            SheetOf::Revision { vm: page.id, number, title, text }
        }
    };
    over(app, OpsOverlay::Sheet(Sheet::new(of)))
}

/// Opens the selected audit record.
pub(in super::super) fn open_record(app: &mut App) -> Vec<Effect> {
    match app.audit.cursor.key() {
        Some(number) => {
            let of = SheetOf::Record(*number, Box::default());
            over(app, OpsOverlay::Sheet(Sheet::new(of)))
        }
        None => Vec::new(),
    }
}

fn on_held(app: &mut App, action: ActionId) -> Vec<Effect> {
    let Some(Overlay::Ops(OpsOverlay::Held(list))) = app.overlays.last() else { return Vec::new() };
    let Some(held) = list.selected() else { return Vec::new() };
    let act = match action {
        ActionId::HeldUndeleteAs => {
            let form = vm_forms::undelete(held);
            return open(app, form);
        }
        ActionId::HeldPurge => VmOperation::Purge,
        ActionId::HeldPurgeDisks => VmOperation::PurgeWithVolumes,
        _ => VmOperation::Undelete { name: None },
    };
    let operation = Operation::vm(held.vm, act);
    ask(app, vec![operation])
}

/// A form for a new VM, of this template where one is given.
fn new_vm(app: &mut App, template: Option<String>) -> Vec<Effect> {
    let (id, salt) = app.next_identity();
    let form = making::new_vm(&app.live, id, salt, template);
    open(app, form)
}

fn on_template(app: &mut App, action: ActionId) -> Vec<Effect> {
    let Some(Overlay::Ops(OpsOverlay::Templates(list))) = app.overlays.last() else { return Vec::new() };
    let Some((name, version)) = list.cursor.key().cloned() else { return Vec::new() };
    if action == ActionId::TemplateUse {
        return new_vm(app, Some(format!("{name}@{version}")));
    }
    let act = TemplateOperation::Delete { version: Some(version) };
    ask(app, vec![Operation::Template { name, act }])
}

fn delete_orphan(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Ops(OpsOverlay::Orphans(list))) = app.overlays.last() else { return Vec::new() };
    let Some((pool, name)) = list.cursor.key().cloned() else { return Vec::new() };
    ask(app, vec![Operation::volume(pool, name, VolumeOperation::Delete)])
}

fn on_pool(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    let Some(pool) = app.selected_pool() else { return Vec::new() };
    let act = match action {
        A::PoolStart => PoolOperation::Start,
        A::PoolStop => PoolOperation::Stop,
        A::PoolAutostart => PoolOperation::Autostart { on: pool.record.autostart != Some(true) },
        A::PoolBuild => PoolOperation::Build(BuildHow::WhereEmpty),
        _ => PoolOperation::Undefine,
    };
    let operation = Operation::pool(pool.record.name.clone(), act);
    ask(app, vec![operation])
}

fn in_pool(app: &mut App, action: ActionId) -> Vec<Effect> {
    let Some(pool) = app.selected_pool() else { return Vec::new() };
    let form = match action {
        ActionId::VolumeUpload => storage::upload(pool),
        _ => storage::create_volume(pool),
    };
    open(app, form)
}

fn on_volume(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    let Some((pool, volume)) = app.selected_volume() else { return Vec::new() };
    let form = match action {
        A::VolumeGrow => storage::grow_volume(pool, volume),
        A::VolumeClone => storage::clone_volume(pool, volume, &app.live),
        A::VolumeConvert => storage::convert_volume(pool, volume, &app.live),
        A::VolumeDownload => storage::download(pool, volume),
        _ => {
            let act = if action == A::VolumeWipe { VolumeOperation::Wipe } else { VolumeOperation::Delete };
            let operation = Operation::volume(pool.record.name.clone(), volume.name.clone(), act);
            return ask(app, vec![operation]);
        }
    };
    open(app, form)
}

fn on_network(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    let Some(network) = app.selected_network().cloned() else { return Vec::new() };
    let name = network.name.clone();
    let act = match action {
        A::NetworkUsers => {
            let of = SheetOf::Network(name, Box::default());
            return over(app, OpsOverlay::Sheet(Sheet::new(of)));
        }
        A::NetworkEdit => return edit::open(app, EditOf::Network(name)),
        A::NetworkReserve => {
            let form = network::reserve(&network, who_is_on(app, &name));
            return open(app, form);
        }
        A::NetworkRelease => {
            let form = network::release(&network, who_is_on(app, &name));
            return open(app, form);
        }
        A::NetworkStart => NetworkOperation::Start,
        A::NetworkStop => NetworkOperation::Stop,
        A::NetworkAutostart => NetworkOperation::Autostart { on: network.autostart != Some(true) },
        _ => NetworkOperation::Undefine,
    };
    ask(app, vec![Operation::network(name, act)])
}

/// Names of VMs on a network, then MAC addresses.
fn who_is_on(app: &App, network: &str) -> Vec<String> {
    let on = |source: &NicSource| matches!(source, NicSource::Network(name) if name == network);
    let mut names = Vec::new();
    let mut macs = Vec::new();
    for vm in app.live.vms.iter() {
        let nics = vm.definition.iter().flat_map(|d| d.nics.iter());
        let mut mine: Vec<String> =
            nics.filter(|nic| on(&nic.source)).map(|nic| clean(&nic.mac).into_owned()).collect();
        if mine.len() == 1 {
            names.push(vm.name.clone());
        }
        macs.append(&mut mine);
    }
    names.extend(macs);
    names
}

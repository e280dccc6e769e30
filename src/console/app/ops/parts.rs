//! What is selected within a VM, and what things are called that are acted on.

use std::sync::Arc;

use super::sheets::{Sheet, SheetOf};
use super::{OpsOverlay, targets, words};
use crate::console::app::App;
use crate::console::app::overlay::Overlay;
use crate::console::app::place::{Pane, VmTab};
use crate::console::app::vm_page::{EntryKey, Past, VmPage};
use crate::model::held::Revision;
use crate::model::id::VmId;
use crate::model::text::clean;
use crate::model::vm::{DiskDefinition, NicDefinition, Vm};

/// Targets of a VM's disks.
pub fn disks(vm: Option<&Arc<Vm>>) -> Vec<String> {
    let definition = vm.and_then(|vm| vm.definition.as_deref());
    definition.into_iter().flat_map(|d| d.disks.iter().map(|disk| disk.target.clone())).collect()
}

/// MAC addresses of a VM's NICs.
pub fn nics(vm: Option<&Arc<Vm>>) -> Vec<String> {
    let definition = vm.and_then(|vm| vm.definition.as_deref());
    definition.into_iter().flat_map(|d| d.nics.iter().map(|nic| nic.mac.clone())).collect()
}

fn page_of(app: &App, tab: VmTab) -> Option<(&VmPage, &Arc<Vm>)> {
    let page = app.page.as_ref().filter(|page| page.tab == tab)?;
    Some((page, app.view().vm(page.id)?))
}

/// The selected disk, with its VM. Until one is chosen it is the first.
pub fn disk(app: &App) -> Option<(&Arc<Vm>, &DiskDefinition)> {
    let (page, vm) = page_of(app, VmTab::Disks)?;
    let disks = &vm.definition.as_ref()?.disks;
    let named = page.disk.key().and_then(|key| disks.iter().find(|d| d.target == *key));
    Some((vm, named.or_else(|| disks.get(page.disk.index())).or_else(|| disks.last())?))
}

/// Whether a medium can be put into it.
pub fn is_drive(disk: &DiskDefinition) -> bool {
    matches!(disk.device.as_str(), "cdrom" | "floppy")
}

/// The selected NIC, with its VM. Until one is chosen it is the first.
pub fn nic(app: &App) -> Option<(&Arc<Vm>, &NicDefinition)> {
    let (page, vm) = page_of(app, VmTab::Nics)?;
    let nics = &vm.definition.as_ref()?.nics;
    let named = page.nic.key().and_then(|key| nics.iter().find(|n| n.mac == *key));
    Some((vm, named.or_else(|| nics.get(page.nic.index())).or_else(|| nics.last())?))
}

/// The selected or open revision of a VM that is there.
pub fn revision(app: &App) -> Option<(VmId, &Revision)> {
    let page = app.page.as_ref()?;
    app.live.vm(page.id)?;
    let number =
        match app.overlays.iter().rev().find(|o| matches!(o, Overlay::Ops(OpsOverlay::Sheet(_)))) {
            Some(Overlay::Ops(OpsOverlay::Sheet(Sheet {
                of: SheetOf::Revision { vm, number, .. }, ..
            }))) if *vm == page.id => *number,
            Some(_) => return None,
            None => match page.entry.key() {
                Some(EntryKey::Revision(number)) => *number,
                _ => return None,
            },
        };
    Some((page.id, page.past.ready()?.revision(number)?))
}

/// Puts the cursor of a tab on a row.
pub(in crate::console::app) fn select_row(app: &mut App, row: usize) {
    let vm = app.page.as_ref().and_then(|page| app.view().vm(page.id)).cloned();
    let Some(page) = &mut app.page else { return };
    let at = |index: usize| row.cast_signed() - index.cast_signed();
    match page.tab {
        VmTab::Disks => page.disk.step(at(page.disk.index()), &disks(vm.as_ref())),
        VmTab::Nics => page.nic.step(at(page.nic.index()), &nics(vm.as_ref())),
        VmTab::Snapshots => {
            let keys: Vec<String> = page.snapshot_tree().into_iter().map(|(_, s)| s.snapshot.name).collect();
            page.snapshot.step(at(page.snapshot.index()), &keys);
        }
        VmTab::History => {
            let keys = page.past.ready().map(Past::rows).unwrap_or_default();
            page.entry.step(at(page.entry.index()), &keys);
        }
        VmTab::Summary | VmTab::Charts | VmTab::Xml => {}
    }
}

/// What the actions menu is about: `disk vda of web01`, `3 VMs`, `pool images`.
pub fn selected_name(app: &App) -> Option<String> {
    if let Some((vm, disk)) = disk(app) {
        return Some(format!("disk {} of {}", clean(&disk.target), vm.display_name()));
    }
    if let Some((vm, nic)) = nic(app) {
        return Some(format!("NIC {} of {}", clean(&nic.mac), vm.display_name()));
    }
    if app.page.is_none() {
        let of_storage = match app.pane() {
            Pane::Storage => app.selected_pool().map(|pool| format!("pool {}", pool.display_name())),
            Pane::Volumes => app
                .selected_volume()
                .map(|(pool, volume)| format!("volume {}/{}", pool.display_name(), clean(&volume.name))),
            Pane::Topology => app.selected_network().map(|n| format!("network {}", n.display_name())),
            _ => None,
        };
        if of_storage.is_some() {
            return of_storage;
        }
    }
    match targets(app).as_slice() {
        [] => None,
        [one] => app.live.vm(*one).map(|vm| vm.display_name().into_owned()),
        several => Some(words::of_several(several.len())),
    }
}

//! Moving: in whatever list or text has the focus.

use super::super::App;
use super::super::cursor::Motion;
use super::super::msg::Effect;
use super::super::ops::OpsOverlay;
use super::super::ops::parts;
use super::super::ops::sheets::Sheet;
use super::super::overlay::Overlay;
use super::super::place::{Pane, VmTab};
use super::super::vm_page::Past;
use super::{focus_effect, serial, snapshot};

pub(super) fn go(app: &mut App, motion: Motion) -> Vec<Effect> {
    app.dirty = true;
    let rows = motion.rows(app.drawn.page);
    let last_line = app.drawn.lines.saturating_sub(app.drawn.page);
    if app.overlays.is_empty() && app.serial.is_some() {
        serial::look(app, motion);
        return Vec::new();
    }
    match app.overlays.last_mut() {
        Some(Overlay::Help { scroll }) => {
            *scroll = scroll.saturating_add_signed(rows).min(last_line);
            return Vec::new();
        }
        Some(Overlay::Menu(menu)) => {
            menu.selected = menu.selected.saturating_add_signed(rows).min(menu.items.len().saturating_sub(1));
            return Vec::new();
        }
        Some(Overlay::Top(top)) => {
            let last = top.rows().len().saturating_sub(1);
            top.selected = top.selected.saturating_add_signed(rows).min(last);
            return Vec::new();
        }
        Some(Overlay::Ops(overlay)) => {
            match overlay {
                OpsOverlay::Plan(dialog) => {
                    dialog.scroll = dialog.scroll.saturating_add_signed(rows).min(last_line);
                }
                OpsOverlay::Job { scroll, .. } | OpsOverlay::Sheet(Sheet { scroll, .. }) => {
                    *scroll = scroll.saturating_add_signed(rows).min(last_line);
                }
                OpsOverlay::Held(list) => {
                    let keys = list.keys();
                    list.cursor.step(rows, &keys);
                }
                OpsOverlay::Templates(list) => {
                    let keys = list.keys();
                    list.cursor.step(rows, &keys);
                }
                OpsOverlay::Orphans(list) => {
                    let keys = list.keys();
                    list.cursor.step(rows, &keys);
                }
                _ => {}
            }
            return Vec::new();
        }
        _ => {}
    }
    if in_rows_of_page(app, rows) {
        return Vec::new();
    }
    if let Some(page) = &mut app.page {
        page.scroll = page.scroll.saturating_add_signed(rows).min(last_line);
        return Vec::new();
    }
    app.last_used = app.now;
    in_pane(app, rows, last_line)
}

/// Moves among the rows of a VM's tab, where it has rows.
fn in_rows_of_page(app: &mut App, rows: isize) -> bool {
    let vm = app.page.as_ref().and_then(|page| app.view().vm(page.id)).cloned();
    let Some(page) = &mut app.page else { return false };
    match page.tab {
        VmTab::Disks => page.disk.step(rows, &parts::disks(vm.as_ref())),
        VmTab::Nics => page.nic.step(rows, &parts::nics(vm.as_ref())),
        VmTab::Snapshots => {
            let keys: Vec<String> = page.snapshot_tree().into_iter().map(|(_, s)| s.snapshot.name).collect();
            page.snapshot.step(rows, &keys);
        }
        VmTab::History => {
            let keys = page.past.ready().map(Past::rows).unwrap_or_default();
            page.entry.step(rows, &keys);
        }
        VmTab::Summary | VmTab::Charts | VmTab::Xml => return false,
    }
    true
}

fn in_pane(app: &mut App, rows: isize, last_line: usize) -> Vec<Effect> {
    match app.pane() {
        Pane::Vms | Pane::Metrics => {
            app.vms.cursor.step(rows, &app.vms.keys);
            return vec![focus_effect(app)];
        }
        Pane::Storage => {
            let pools: Vec<_> = app.view().pools.iter().flat_map(|p| p.iter()).map(|p| p.record.id).collect();
            app.storage.pool.step(rows, &pools);
            let volumes = snapshot::volume_keys(app);
            app.storage.volume.settle(&volumes);
        }
        Pane::Volumes => {
            let volumes = snapshot::volume_keys(app);
            app.storage.volume.step(rows, &volumes);
        }
        Pane::Alerts => {
            let alerts: Vec<_> = app.view().alerts.iter().map(|a| (a.condition, a.subject.clone())).collect();
            app.alerts.step(rows, &alerts);
        }
        Pane::Topology | Pane::StorageTree => {
            if let Some(tree) = app.tree_mut() {
                let keys: Vec<_> = tree.rows.iter().map(|r| r.key).collect();
                tree.cursor.step(rows, &keys);
            }
        }
        Pane::Jobs => {
            if let Some(ops) = &mut app.ops {
                ops.list.cursor.step(rows, &ops.list.rows);
            }
        }
        Pane::Audit => {
            let keys = app.audit.keys();
            app.audit.cursor.step(rows, &keys);
        }
        Pane::Host => app.host_scroll = app.host_scroll.saturating_add_signed(rows).min(last_line),
        Pane::HostCharts | Pane::PoolCharts => {}
        Pane::Log => return vec![Effect::LogScroll(rows.clamp(-1000, 1000))],
    }
    Vec::new()
}

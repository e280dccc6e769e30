//! Screens, panes, opening and going back.

use super::super::msg::Effect;
use super::super::place::{Pane, Screen, VmTab};
use super::super::vm_page::{Fetched, VmPage};
use super::super::{App, Tree};
use super::{act, charts, focus_effect, menus, ops, past, portrait, serial, snapshot};
use crate::model::alert::Subject;
use crate::model::id::VmId;
use crate::topology::NodeId;

pub(super) fn screen(app: &mut App, screen: Screen) -> Vec<Effect> {
    app.screen = screen;
    app.charts.cursor = None;
    app.page = None;
    app.zoomed = false;
    app.dirty = true;
    vec![focus_effect(app)]
}

/// Gives a pane of the present screen the focus.
pub(super) fn focus_pane(app: &mut App, pane: Pane) {
    if app.screen.panes().contains(&pane) {
        app.focus[app.screen as usize] = pane;
        app.dirty = true;
    }
}

pub(super) fn next_pane(app: &mut App, by: isize) -> Vec<Effect> {
    let panes = app.screen.panes();
    let at = panes.iter().position(|p| *p == app.pane()).unwrap_or(0).cast_signed();
    focus_pane(app, panes[(at + by).rem_euclid(panes.len().cast_signed()).cast_unsigned()]);
    vec![focus_effect(app)]
}

pub(super) fn zoom(app: &mut App) -> Vec<Effect> {
    app.zoomed = !app.zoomed;
    Vec::new()
}

pub(super) fn back(app: &mut App) -> Vec<Effect> {
    app.dirty = true;
    if app.overlays.pop().is_some() {
    } else if app.serial.is_some() {
        return serial::leave(app);
    } else if app.portrait.is_some() {
        return portrait::leave(app);
    } else if app.past.as_ref().is_some_and(|past| past.had_page || app.page.is_none()) {
        return past::leave(app);
    } else if app.page.take().is_some() {
        app.charts.cursor = None;
        return vec![focus_effect(app)];
    } else if app.narrows_here() {
        return menus::clear_filter(app);
    } else if app.zoomed {
        app.zoomed = false;
    } else if app.frozen.take().is_some() {
        snapshot::settle(app, false);
    } else if app.screen != Screen::Overview {
        return screen(app, Screen::Overview);
    }
    Vec::new()
}

pub(super) fn next_tab(app: &mut App, by: isize) -> Vec<Effect> {
    app.page
        .as_ref()
        .map(|p| p.tab.step(by, app.ops.is_some()))
        .map_or_else(Vec::new, |tab| set_tab(app, tab))
}

/// Left and right: tabs on a VM's screen, branches in a tree.
pub(super) fn sideways(app: &mut App, by: isize) -> Vec<Effect> {
    if ops::sideways(app, by) {
        return Vec::new();
    }
    if let Some(top) = app.top_mut() {
        top.step_metric(by);
        return Vec::new();
    }
    if super::super::charts::has_keys(app) {
        return charts::move_cursor(app, by);
    }
    if app.page.is_some() {
        return next_tab(app, by);
    }
    match app.pane() {
        Pane::Topology | Pane::StorageTree => set_branch(app, by > 0),
        Pane::Storage | Pane::Volumes if app.screen == Screen::Storage => {
            focus_pane(app, if by > 0 { Pane::Volumes } else { Pane::Storage });
        }
        _ => {}
    }
    Vec::new()
}

pub(super) fn set_tab(app: &mut App, tab: VmTab) -> Vec<Effect> {
    let Some(page) = &mut app.page else { return Vec::new() };
    page.tab = tab;
    page.scroll = 0;
    page.snapshots.again();
    page.past.again();
    app.dirty = true;
    // What is read now is not what was then.
    if tab == VmTab::Xml && app.past.is_none() && matches!(page.xml, Fetched::NotAsked | Fetched::Failed(_)) {
        page.xml = Fetched::Loading;
        return vec![Effect::FetchXml(page.id)];
    }
    Vec::new()
}

pub(super) fn open_vm(app: &mut App, id: VmId, tab: VmTab) -> Vec<Effect> {
    let name = app.view().vm(id).map_or_else(String::new, |v| v.display_name().into_owned());
    app.page = Some(VmPage::new(id, name, VmTab::Summary));
    app.charts.device = None;
    app.charts.cursor = None;
    let mut effects = set_tab(app, tab);
    effects.push(focus_effect(app));
    effects
}

pub(super) fn open_selected(app: &mut App, tab: VmTab) -> Vec<Effect> {
    if app.page.is_some() {
        return set_tab(app, tab);
    }
    app.selected_vm_id().map_or_else(Vec::new, |id| open_vm(app, id, tab))
}

pub(super) fn open(app: &mut App) -> Vec<Effect> {
    if super::super::charts::has_keys(app) {
        return charts::to_cursor(app);
    }
    if app.page.is_some() {
        return ops::open_entry(app);
    }
    match app.pane() {
        Pane::Vms | Pane::Metrics => {
            if let Some(group) = app.vms.selected_group().map(str::to_owned) {
                if !app.vms.collapsed.remove(&group) {
                    app.vms.collapsed.insert(group);
                }
                act::relist(app);
                return Vec::new();
            }
            open_selected(app, VmTab::Summary)
        }
        Pane::Storage => screen(app, Screen::Storage),
        Pane::Alerts => open_alert(app),
        Pane::Jobs => ops::open_selected(app),
        Pane::Audit => ops::open_record(app),
        Pane::Topology | Pane::StorageTree => open_node(app),
        Pane::Volumes | Pane::Host | Pane::HostCharts | Pane::PoolCharts | Pane::Log => Vec::new(),
    }
}

fn open_alert(app: &mut App) -> Vec<Effect> {
    match app.alerts.key().map(|(_, subject)| subject.clone()) {
        Some(Subject::Vm(id)) => open_vm(app, id, VmTab::Summary),
        Some(Subject::Pool(name)) => open_pool(app, &name),
        Some(Subject::Network(name)) => open_network(app, &name),
        Some(Subject::Host) => screen(app, Screen::Host),
        None => Vec::new(),
    }
}

fn open_network(app: &mut App, name: &str) -> Vec<Effect> {
    let effects = screen(app, Screen::Topology);
    focus_pane(app, Pane::Topology);
    let tree = &mut app.topology.networks;
    let found = tree.rows.iter().find(|r| matches!(&r.node, NodeId::Network(n) if **n == *name));
    if let Some(key) = found.map(|r| r.key) {
        tree.cursor.select(key);
        snapshot::refold(app);
    }
    effects
}

fn open_pool(app: &mut App, name: &str) -> Vec<Effect> {
    let id =
        app.view().pools.iter().flat_map(|p| p.iter()).find(|p| p.record.name == name).map(|p| p.record.id);
    if let Some(id) = id {
        app.storage.pool.select(id);
    }
    let effects = screen(app, Screen::Storage);
    snapshot::settle(app, true);
    effects
}

fn open_node(app: &mut App) -> Vec<Effect> {
    let Some(node) = app.tree().and_then(Tree::selected).map(|r| r.node.clone()) else { return Vec::new() };
    match node {
        NodeId::Vm(id) | NodeId::Disk { vm: id, .. } => open_vm(app, id, VmTab::Summary),
        NodeId::Pool(pool) | NodeId::Volume { pool, .. } => open_pool(app, &pool),
        _ => toggle_branch(app),
    }
}

/// Opens a closed branch, closes an open one.
pub(super) fn toggle_branch(app: &mut App) -> Vec<Effect> {
    if let Some(open) = app.tree().and_then(Tree::selected).map(|r| r.open) {
        set_branch(app, !open);
    }
    Vec::new()
}

fn set_branch(app: &mut App, open: bool) {
    let Some(tree) = app.tree_mut() else { return };
    let Some(row) = tree.selected() else { return };
    if row.children > 0 && row.open != open {
        let key = row.key;
        tree.folds.toggle(key);
        snapshot::refold(app);
    }
}

//! The mouse does what keys do: select, open, sort, scroll, press what the footer shows.

use super::super::App;
use super::super::action::ActionId;
use super::super::cursor::Motion;
use super::super::msg::{Effect, Mouse, Target};
use super::super::ops::OpsOverlay;
use super::super::ops::parts;
use super::super::overlay::Overlay;
use super::super::place::{Pane, VmTab};
use super::{act, focus_effect, menus, motion, navigate, ops, palette};

pub(super) fn on_mouse(app: &mut App, mouse: Mouse) -> Vec<Effect> {
    match mouse {
        Mouse::Click { target, double } => click(app, &target, double),
        Mouse::Wheel { target, rows } => {
            if app.overlays.is_empty()
                && app.page.is_none()
                && let Some(Target::Pane(pane) | Target::Row(pane, _)) = target
            {
                navigate::focus_pane(app, pane);
            }
            motion::go(app, Motion::Rows(rows))
        }
    }
}

fn click(app: &mut App, target: &Target, double: bool) -> Vec<Effect> {
    app.dirty = true;
    let in_overlay =
        matches!(target, Target::Entry(_) | Target::Button(_) | Target::Overlay | Target::Action(_));
    if !app.overlays.is_empty() && !in_overlay {
        // A click beside an overlay closes it, as everywhere.
        return navigate::back(app);
    }
    match *target {
        Target::Action(action) => act::act(app, action),
        Target::Screen(screen) => navigate::screen(app, screen),
        Target::Tab(tab) => navigate::set_tab(app, tab),
        Target::Header(column) => {
            if app.vms.sort == column {
                app.vms.descending = !app.vms.descending;
                act::relist(app);
            } else {
                menus::sort_by(app, column);
            }
            Vec::new()
        }
        Target::Pane(pane) => {
            navigate::focus_pane(app, pane);
            Vec::new()
        }
        Target::Row(pane, row) => {
            navigate::focus_pane(app, pane);
            select_row(app, pane, row);
            if double { navigate::open(app) } else { vec![focus_effect(app)] }
        }
        Target::Entry(i) => choose_entry(app, i, double),
        Target::Button(i) => ops::press_button(app, i),
        Target::PageRow(row) => {
            let open = app.page.as_ref().is_some_and(|page| page.tab == VmTab::History);
            parts::select_row(app, row);
            if double && open { navigate::open(app) } else { Vec::new() }
        }
        Target::Overlay => Vec::new(),
    }
}

fn select_row(app: &mut App, pane: Pane, row: usize) {
    app.last_used = app.now;
    let index = match pane {
        Pane::Vms | Pane::Metrics => app.vms.cursor.index(),
        Pane::Storage => app.storage.pool.index(),
        Pane::Volumes => app.storage.volume.index(),
        Pane::Alerts => app.alerts.index(),
        Pane::Topology => app.topology.networks.cursor.index(),
        Pane::StorageTree => app.topology.storage.cursor.index(),
        Pane::Jobs => app.ops.as_ref().map_or(0, |ops| ops.list.cursor.index()),
        Pane::Audit => app.audit.cursor.index(),
        Pane::Host | Pane::HostCharts | Pane::PoolCharts | Pane::Log => return,
    };
    motion::go(app, Motion::Rows(row.cast_signed() - index.cast_signed()));
}

fn choose_entry(app: &mut App, entry: usize, double: bool) -> Vec<Effect> {
    match app.overlays.last_mut() {
        Some(Overlay::Menu(menu)) if entry < menu.items.len() => {
            let again = menu.selected == entry;
            menu.selected = entry;
            if double || again { menus::choose(app) } else { Vec::new() }
        }
        Some(Overlay::Ops(OpsOverlay::Form(form))) => {
            if form.fields.get(entry).is_some() {
                form.focus = entry;
            }
            Vec::new()
        }
        Some(Overlay::Ops(OpsOverlay::Held(list))) => {
            let keys = list.keys();
            list.cursor.step(entry.cast_signed() - list.cursor.index().cast_signed(), &keys);
            Vec::new()
        }
        Some(Overlay::Ops(OpsOverlay::Templates(list))) => {
            let keys = list.keys();
            list.cursor.step(entry.cast_signed() - list.cursor.index().cast_signed(), &keys);
            Vec::new()
        }
        Some(Overlay::Ops(OpsOverlay::Orphans(list))) => {
            let keys = list.keys();
            list.cursor.step(entry.cast_signed() - list.cursor.index().cast_signed(), &keys);
            Vec::new()
        }
        Some(Overlay::Palette(p)) if entry < p.entries.len() => {
            p.selected = entry;
            palette::run(app)
        }
        Some(Overlay::Top(top)) if entry < top.rows().len() => {
            let again = top.selected == entry;
            top.selected = entry;
            if double || again { act::act(app, ActionId::TopOpen) } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

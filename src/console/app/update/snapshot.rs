//! A new snapshot, or time passing: what of it is visible.

use std::sync::Arc;

use super::super::App;
use super::super::fresh::time_texts;
use super::super::msg::Notice;
use super::super::place::Screen;
use super::toast;
use crate::model::snapshot::{Snapshot, Source};
use crate::model::time::Timestamp;
use crate::topology::{Graph, overview_tree, storage_tree};

/// Rows hold still for this long after the cursor was moved.
const IN_USE_S: u64 = 4;

pub(super) fn on_snapshot(app: &mut App, snapshot: Arc<Snapshot>) {
    let source_changed = app.live.source != snapshot.source;
    if source_changed && let Some(text) = source_news(&app.live.source, &snapshot.source) {
        toast(app, Notice::info(text));
    }
    let link_changed = app.live.link != snapshot.link;
    let still = app.frozen.is_some() || app.past.is_some();
    let visible = link_changed || source_changed || (!still && differs(&app.live, &snapshot, app.screen));
    app.live = snapshot;
    if !still && visible {
        let hold = !app.vms.follow && app.last_used.age(app.now).as_secs() < IN_USE_S;
        settle(app, hold);
    }
    app.dirty |= visible;
}

/// What is to be told when another asks the hypervisor than before.
fn source_news(old: &Source, new: &Source) -> Option<String> {
    match (old, new) {
        (_, Source::Despite { why }) => {
            Some(format!("A collector runs, but this console asks the hypervisor itself: {why}."))
        }
        (Source::Collector { .. }, Source::Own) => {
            Some("The collector is gone: this console asks the hypervisor itself now.".into())
        }
        _ => None,
    }
}

/// Whether the screen could show a difference. Parts are shared between snapshots, so pointers tell.
fn differs(old: &Snapshot, new: &Snapshot, screen: Screen) -> bool {
    let same_vms =
        old.vms.len() == new.vms.len() && old.vms.iter().zip(new.vms.iter()).all(|(a, b)| Arc::ptr_eq(a, b));
    let same = same_vms
        && old.listed == new.listed
        && old.limits == new.limits
        && Arc::ptr_eq(&old.host, &new.host)
        && same_part(old.pools.as_ref(), new.pools.as_ref())
        && same_part(old.networks.as_ref(), new.networks.as_ref())
        && old.alerts == new.alerts
        && (screen != Screen::Host || old.cost == new.cost);
    !same
}

fn same_part<T>(old: Option<&Arc<[Arc<T>]>>, new: Option<&Arc<[Arc<T>]>>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| Arc::ptr_eq(a, b)),
        _ => false,
    }
}

/// Has lists and cursors follow the snapshot that is shown.
pub(in super::super) fn settle(app: &mut App, hold: bool) {
    let view = app.view().clone();
    app.vms.relist(&view, hold);
    let pools: Vec<_> = view.pools.iter().flat_map(|p| p.iter()).map(|p| p.record.id).collect();
    app.storage.pool.settle(&pools);
    let volumes = volume_keys(app);
    app.storage.volume.settle(&volumes);
    let alerts: Vec<_> = view.alerts.iter().map(|a| (a.condition, a.subject.clone())).collect();
    app.alerts.settle(&alerts);
    settle_topology(app, &view);
}

/// Keys of the selected pool's volumes.
pub(super) fn volume_keys(app: &App) -> Vec<String> {
    let volumes = app.selected_pool().and_then(|p| p.volumes.clone());
    volumes.iter().flat_map(|v| v.iter()).map(|v| v.key.clone()).collect()
}

/// Builds the graph anew, but only when something it shows changed: not at every poll.
fn settle_topology(app: &mut App, view: &Arc<Snapshot>) {
    if !app.topology.graph.as_ref().is_some_and(|g| g.is_current(view)) {
        app.topology.graph = Some(Arc::new(Graph::build(view)));
        refold(app);
    }
}

/// Lays the rows of both trees, as they are folded.
pub(super) fn refold(app: &mut App) {
    let Some(graph) = app.topology.graph.clone() else { return };
    let topology = &mut app.topology;
    topology.networks.rows = overview_tree(&graph, &topology.networks.folds);
    topology.storage.rows = storage_tree(&graph, &topology.storage.folds);
    for tree in [&mut topology.networks, &mut topology.storage] {
        let keys: Vec<_> = tree.rows.iter().map(|r| r.key).collect();
        tree.cursor.settle(&keys);
    }
}

pub(super) fn on_tick(app: &mut App, now: Timestamp, utc_offset: i32) {
    let was_in_use = app.last_used.age(app.now).as_secs() < IN_USE_S;
    let was_moving = app.is_moving();
    app.now = now;
    app.utc_offset = utc_offset;
    if app.toast.as_ref().is_some_and(|t| t.until <= now) {
        app.toast = None;
        app.dirty = true;
    }
    let texts = time_texts(app);
    if texts != app.shown_times {
        app.shown_times = texts;
        app.dirty = true;
    }
    // The tree beside the list follows it.
    app.dirty |= was_moving && !app.is_moving() && app.screen == Screen::Overview;
    // Rows that were held catch up once the cursor rests.
    if was_in_use
        && app.last_used.age(now).as_secs() >= IN_USE_S
        && app.frozen.is_none()
        && app.past.is_none()
    {
        let before = app.vms.keys.clone();
        settle(app, false);
        app.dirty |= before != app.vms.keys;
    }
}

//! How it hangs together: uplinks to VMs and their disks; pools to the VMs that live on them; and what would feel
//! it if the selected thing failed.

use ratatui::layout::{Constraint, Layout, Rect};

use super::Canvas;
use crate::console::app::Tree;
use crate::console::app::msg::Target;
use crate::console::app::place::{Pane, Screen};
use crate::console::theme::Role;
use crate::console::widgets::{Pane as Frame, Rich, TreeRow as Drawn, draw as cellwise, tree, tree_guides};
use crate::topology::{NodeKind, NodeState, TreeRow};

/// From this width on both trees have a place.
const WIDE: u16 = 110;

/// The screen: both trees where there is room, else the focused one; below, what the selected thing carries.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    let [trees, foot] = Layout::vertical([Constraint::Min(5), Constraint::Length(1)]).areas(area);
    if trees.width >= WIDE {
        let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(trees);
        networks(c, left);
        storage(c, right);
    } else if c.app.pane() == Pane::StorageTree {
        storage(c, trees);
    } else {
        networks(c, trees);
    }
    carried(c, cellwise::inset(foot, 2, 0));
}

/// Uplink, bridge, network, VM, disk.
pub(super) fn networks(c: &mut Canvas<'_>, area: Rect) {
    let title = if c.app.screen == Screen::Topology { "Networks, VMs and their disks" } else { "Topology" };
    pane(c, area, Pane::Topology, title);
}

/// Pool, volume, disk, VM.
pub(super) fn storage(c: &mut Canvas<'_>, area: Rect) {
    pane(c, area, Pane::StorageTree, "Pools and who uses them");
}

fn pane(c: &mut Canvas<'_>, area: Rect, pane: Pane, title: &'static str) {
    let app = c.app;
    let state: &Tree = if pane == Pane::StorageTree { &app.topology.storage } else { &app.topology.networks };
    let focused = c.has_focus(pane);
    let shown = app.vms.selected().filter(|_| app.screen == Screen::Overview && !focused);
    let of_vm = |r: &TreeRow| r.kind == NodeKind::Vm && r.node.vm() == shown;
    let followed = shown.and_then(|_| state.rows.iter().position(of_vm));
    let index = followed.unwrap_or_else(|| state.cursor.index());
    let position = match state.rows.len() {
        0 => Rich::new(),
        n => Rich::of(format!("{}/{n}", index + 1), Role::Dim),
    };
    let inner = Frame::new(title).position(position).focused(focused).draw(c.buf, area, c.look);
    c.view.hits.push(area, Target::Pane(pane));
    if state.rows.is_empty() {
        return c.line(inner, &Rich::of("Nothing is known yet.", Role::Dim));
    }
    let height = usize::from(inner.height);
    // A tree that jumps at every key helps nobody, and is long in coming over a slow line.
    let held = followed.is_some() && app.is_moving();
    let first = if held {
        c.same_offset(pane, height, state.rows.len())
    } else {
        c.offset(pane, index, height, state.rows.len())
    };
    // A tree can be long; guides need all rows, texts only those drawn.
    let depths: Vec<u16> = state.rows.iter().map(|r| r.depth as u16).collect();
    let guides = tree_guides(&depths);
    let rows: Vec<Drawn<'_>> = state
        .rows
        .iter()
        .zip(guides)
        .skip(first)
        .take(height)
        .map(|(row, guides)| Drawn {
            guides,
            open: (row.children > 0).then_some(row.open),
            label: label(c, row),
            detail: Rich::of(row.detail.clone(), Role::Dim),
        })
        .collect();
    let cursor = index.checked_sub(first).filter(|i| *i < height && (focused || followed.is_some()));
    let places = tree(c.buf, inner, c.look, &rows, cursor, focused);
    for (i, place) in places.into_iter().enumerate() {
        c.view.hits.push(place, Target::Row(pane, first + i));
    }
    if focused {
        c.view.drawn.page = height;
    }
}

fn label(c: &Canvas<'_>, row: &TreeRow) -> Rich<'static> {
    let g = c.look.glyphs;
    let (glyph, role) = match row.state {
        NodeState::Vm(state) if row.kind == NodeKind::Vm => g.state(state),
        NodeState::Vm(_) | NodeState::Plain => ("", Role::Text),
        NodeState::Active => (g.running, Role::StateRunning),
        NodeState::Inactive => (g.off, Role::StateOff),
        NodeState::Trouble => (g.crashed, Role::Warning),
        NodeState::Missing => (g.unknown, Role::Critical),
    };
    let text_role = match (row.kind, row.state) {
        (NodeKind::Vm, NodeState::Vm(state)) if state.is_active() => Role::Strong,
        (_, NodeState::Inactive) | (NodeKind::Group, _) => Role::Dim,
        _ => Role::Text,
    };
    let name = Rich::of(row.label.clone(), text_role);
    if glyph.is_empty() { name } else { Rich::of(format!("{glyph} "), role).join(name) }
}

/// What would feel it if the selected thing failed.
fn carried(c: &mut Canvas<'_>, area: Rect) {
    let app = c.app;
    let (Some(graph), Some(row)) = (&app.topology.graph, app.tree().and_then(Tree::selected)) else { return };
    let vms = graph.blast_radius(&row.node);
    let view = app.view();
    let mut running: Vec<_> =
        vms.iter().filter_map(|id| view.vm(*id)).filter(|v| v.state.is_active()).collect();
    running.sort_by(|a, b| a.name.cmp(&b.name));
    let names: Vec<_> = running.iter().take(8).map(|v| v.display_name()).collect();
    let more = if running.len() > names.len() { ", …" } else { "" };
    let line = match (row.kind, running.len()) {
        (NodeKind::Vm | NodeKind::Disk, _) => return,
        (_, 0) => Rich::of(format!("No active VM would feel it if {} failed.", row.label), Role::Dim),
        (_, n) => Rich::of(format!("If {} failed, ", row.label), Role::Dim)
            .and(format!("{n} active VM{} would feel it: ", if n == 1 { "" } else { "s" }), Role::Text)
            .and(format!("{}{more}", names.join(", ")), Role::Strong),
    };
    c.line(area, &line);
}

//! Everything at a glance: the answer first, at any size.
//!
//! ```text
//! wide                              80×24
//! ┌ VMs ──────┐┌ web01 ──────────┐  ┌ VMs ───────────────────┐
//! │           ││ metrics, chart  │  │                        │
//! │           │└─────────────────┘  └────────────────────────┘
//! │           │┌ Storage ┐┌ Topo ┐  ┌ Alerts ───┐┌ Storage ──┐
//! └───────────┘└─────────┘└──────┘  └───────────┘└───────────┘
//! ┌ Alerts ──────────────────────┐  a focused pane that has no
//! └──────────────────────────────┘  place takes the lower row
//! ```

use ratatui::layout::{Constraint, Layout, Rect};

use super::{Canvas, pane};
use crate::console::app::place::Pane;

/// From this size on all five panes have a place.
const WIDE: (u16, u16) = (110, 30);

/// From this width on the list takes half of it.
const ROOMY: u16 = 190;

/// Draws it.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    if area.width >= WIDE.0 && area.height >= WIDE.1 - 3 { wide(c, area) } else { narrow(c, area) }
}

fn alert_rows(c: &Canvas<'_>, most: u16) -> u16 {
    (c.app.view().alerts.len() as u16).clamp(1, most.max(1))
}

fn wide(c: &mut Canvas<'_>, area: Rect) {
    let alerts = alert_rows(c, area.height / 6) + 2;
    let [top, bottom] = Layout::vertical([Constraint::Min(10), Constraint::Length(alerts)]).areas(area);
    // The list needs its columns, not more; charts and trees take the rest, up to where they have plenty.
    let half = area.width / 2;
    let list = if area.width < ROOMY { half.clamp(68, 86) } else { half.min(140) };
    let [left, right] = Layout::horizontal([Constraint::Length(list), Constraint::Min(30)]).areas(top);
    let metrics = (right.height * 9 / 20).clamp(9, 20);
    let [upper, lower] = Layout::vertical([Constraint::Length(metrics), Constraint::Min(5)]).areas(right);
    pane(c, Pane::Vms, left);
    pane(c, Pane::Metrics, upper);
    if right.width >= 76 {
        let [storage, topology] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(lower);
        pane(c, Pane::Storage, storage);
        pane(c, Pane::Topology, topology);
    } else {
        let pools = c.app.view().pools.as_ref().map_or(1, |p| p.len()) as u16;
        let storage = (pools + 2).clamp(3, lower.height / 2);
        let [storage, topology] =
            Layout::vertical([Constraint::Length(storage), Constraint::Min(4)]).areas(lower);
        pane(c, Pane::Storage, storage);
        pane(c, Pane::Topology, topology);
    }
    pane(c, Pane::Alerts, bottom);
}

fn narrow(c: &mut Canvas<'_>, area: Rect) {
    let focused = c.app.pane();
    let lower = match focused {
        Pane::Metrics | Pane::Topology => 10.min(area.height / 2),
        _ => alert_rows(c, area.height / 4).max(3) + 2,
    };
    let [top, bottom] = Layout::vertical([Constraint::Min(8), Constraint::Length(lower)]).areas(area);
    pane(c, Pane::Vms, top);
    match focused {
        Pane::Metrics | Pane::Topology => pane(c, focused, bottom),
        _ => {
            let [alerts, storage] =
                Layout::horizontal([Constraint::Fill(11), Constraint::Fill(9)]).areas(bottom);
            pane(c, Pane::Alerts, alerts);
            pane(c, Pane::Storage, storage);
        }
    }
}

//! Charts: how much time they show, their cursor, whose they are.

use super::super::App;
use super::super::action::ActionId;
use super::super::charts::{devices, event_at_cursor, events, range};
use super::super::msg::{Effect, Notice};
use super::{past, toast};
use crate::model::time::Timestamp;

pub(super) fn action(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    match action {
        A::ZoomIn => zoom(app, false),
        A::ZoomOut => zoom(app, true),
        A::EventBefore => to_event(app, false),
        A::EventAfter => to_event(app, true),
        A::Device => next_device(app),
        _ => app.charts.compare = !app.charts.compare,
    }
    Vec::new()
}

fn zoom(app: &mut App, longer: bool) {
    if let Some(window) = app.charts.window.step(longer) {
        app.charts.window = window;
        let (from, to) = range(app);
        app.charts.cursor = app.charts.cursor.filter(|at| *at >= from && *at <= to);
    }
}

/// Moves the cursor; the first time it comes in at the end it is moved from.
pub(super) fn move_cursor(app: &mut App, by: isize) -> Vec<Effect> {
    app.dirty = true;
    let (from, to) = range(app);
    let step = app.charts.window.cursor_ms();
    // On round times, so that the same instants are met again while time goes on.
    let round = |at: i64| at.div_euclid(step) * step;
    let target = match app.charts.cursor {
        Some(at) => round(at.0 + if by < 0 { step - 1 } else { 0 }) + step * by as i64,
        None if by < 0 => round(to.0),
        None => round(from.0) + step,
    };
    app.charts.cursor = Some(Timestamp(target.clamp(from.0, to.0)));
    Vec::new()
}

fn to_event(app: &mut App, after: bool) {
    let times: Vec<Timestamp> = events(app).into_iter().map(|e| e.at).collect();
    let found = match app.charts.cursor {
        None => times.last(),
        Some(at) if after => times.iter().find(|t| **t > at),
        Some(at) => times.iter().rev().find(|t| **t < at),
    };
    match found.copied() {
        Some(at) => app.charts.cursor = Some(at),
        None => toast(app, Notice::info("There is no further event in the time shown.")),
    }
}

fn next_device(app: &mut App) {
    let Some(vm) = app.selected_vm() else { return };
    let all = devices(vm);
    let next = match &app.charts.device {
        None => all.first().cloned(),
        Some(device) => all.iter().position(|d| d == device).and_then(|i| all.get(i + 1)).cloned(),
    };
    app.charts.device = next;
}

/// Shows everything at the moment of the cursor, or of the event at it.
pub(super) fn to_cursor(app: &mut App) -> Vec<Effect> {
    let at = event_at_cursor(app).map(|e| e.at).or(app.charts.cursor);
    at.map_or_else(Vec::new, |at| past::go(app, at))
}

//! Jobs: opening one, stopping some, and leaving while some run.

use std::time::Duration;

use super::super::super::App;
use super::super::super::msg::Effect;
use super::super::super::ops::rows::RowKey;
use super::super::super::ops::{self, OpsOverlay, Stop};
use super::super::super::overlay::Overlay;
use crate::model::job::JobId;

/// How long jobs that were told to stop are waited for before the console is left.
const LEAVE_WITHIN: Duration = Duration::from_secs(20);

/// Opens the selected job, or a heading that hides its jobs.
pub(in super::super) fn open_selected(app: &mut App) -> Vec<Effect> {
    let Some(ops) = &mut app.ops else { return Vec::new() };
    match ops.list.cursor.key().copied() {
        Some(RowKey::Job(id)) => app.overlays.push(Overlay::Ops(OpsOverlay::Job { id, scroll: 0 })),
        Some(RowKey::Batch(batch)) => {
            if !ops.list.collapsed.remove(&batch) {
                ops.list.collapsed.insert(batch);
            }
            ops.list.relist(&ops.jobs);
        }
        None => {}
    }
    Vec::new()
}

/// Asks before jobs are stopped.
pub(super) fn ask_to_stop(app: &mut App) -> Vec<Effect> {
    let stop = Stop::Jobs(ops::stoppable(app));
    app.overlays.push(Overlay::Ops(OpsOverlay::Stop { stop, focus: 0 }));
    Vec::new()
}

/// Leaves; where jobs of this process are open it asks first.
pub(in super::super) fn leave(app: &mut App) -> Vec<Effect> {
    if open_here(app).is_empty() {
        return vec![Effect::Quit];
    }
    app.overlays.push(Overlay::Ops(OpsOverlay::Stop { stop: Stop::Leave, focus: 0 }));
    Vec::new()
}

pub(super) fn stop_and_leave(app: &mut App) -> Vec<Effect> {
    let open = open_here(app);
    if open.is_empty() {
        return vec![Effect::Quit];
    }
    app.overlays.push(Overlay::Ops(OpsOverlay::Leaving { until: app.now.plus(LEAVE_WITHIN) }));
    open.into_iter().map(Effect::CancelJob).collect()
}

/// Jobs have changed: those that were to be stopped may be over, and so may what was asked about them.
pub(super) fn gone_on(app: &mut App) -> Vec<Effect> {
    let none_left = open_here(app).is_empty();
    match app.overlays.last() {
        Some(Overlay::Ops(OpsOverlay::Leaving { .. })) if none_left => vec![Effect::Quit],
        Some(Overlay::Ops(OpsOverlay::Stop { stop: Stop::Leave, .. })) if none_left => {
            app.overlays.pop();
            app.dirty = true;
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Time has passed: whoever waits to leave does not wait for ever.
pub(in super::super) fn tick(app: &App) -> Vec<Effect> {
    match app.overlays.last() {
        Some(Overlay::Ops(OpsOverlay::Leaving { until })) if *until <= app.now => vec![Effect::Quit],
        _ => Vec::new(),
    }
}

fn open_here(app: &App) -> Vec<JobId> {
    app.ops.iter().flat_map(|ops| ops.jobs.open_here()).map(|job| job.id).collect()
}

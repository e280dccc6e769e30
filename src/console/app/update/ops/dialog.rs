//! Dialogs: their buttons, and what is typed into them.

use tui_input::InputRequest;

use super::super::super::App;
use super::super::super::msg::{Effect, Notice};
use super::super::super::ops::{OpsOverlay, Stop};
use super::super::super::overlay::Overlay;
use super::super::toast;
use super::{edit as editing, jobs};

/// Moves to another button.
pub(super) fn step(app: &mut App, by: isize) -> Vec<Effect> {
    match app.overlays.last_mut() {
        Some(Overlay::Ops(OpsOverlay::Plan(dialog))) => dialog.step(by),
        Some(Overlay::Ops(OpsOverlay::Stop { focus, .. })) => *focus = 1 - (*focus).min(1),
        Some(Overlay::Ops(OpsOverlay::Form(form))) => form.step(by),
        _ => {}
    }
    Vec::new()
}

/// Left and right: whether a dialog took it.
pub(in super::super) fn sideways(app: &mut App, by: isize) -> bool {
    let dialog = matches!(app.overlays.last(), Some(Overlay::Ops(_)));
    if dialog {
        step(app, by);
    }
    dialog
}

pub(super) fn details(app: &mut App) -> Vec<Effect> {
    if let Some(Overlay::Ops(OpsOverlay::Plan(dialog))) = app.overlays.last_mut() {
        dialog.details = !dialog.details;
        dialog.scroll = 0;
    }
    Vec::new()
}

/// Text typed into a dialog or a line.
pub(in super::super) fn edit(overlay: &mut OpsOverlay, request: InputRequest) {
    match overlay {
        OpsOverlay::Plan(dialog) if dialog.word().is_some() && !dialog.submitted => {
            dialog.typed.handle(request);
        }
        OpsOverlay::Form(form) => form.edit(request),
        OpsOverlay::Prompt(prompt) => {
            prompt.input.handle(request);
            prompt.error = None;
        }
        _ => {}
    }
}

/// A button that was clicked.
pub(in super::super) fn press_button(app: &mut App, button: usize) -> Vec<Effect> {
    match app.overlays.last_mut() {
        Some(Overlay::Ops(OpsOverlay::Plan(dialog))) => dialog.focus = button.min(dialog.buttons() - 1),
        Some(Overlay::Ops(OpsOverlay::Stop { focus, .. })) => *focus = button.min(1),
        _ => return Vec::new(),
    }
    press(app)
}

/// Presses the button in focus.
pub(super) fn press(app: &mut App) -> Vec<Effect> {
    match app.overlays.last() {
        Some(Overlay::Ops(OpsOverlay::Plan(dialog))) if Some(dialog.focus) == dialog.go() => {
            return agree(app);
        }
        Some(Overlay::Ops(OpsOverlay::Plan(dialog))) if dialog.focus == 1 => return editing::again(app),
        Some(Overlay::Ops(OpsOverlay::Stop { stop, focus })) if *focus > 0 => {
            let stop = stop.clone();
            app.overlays.pop();
            return match stop {
                Stop::Jobs(jobs) => jobs.into_iter().map(Effect::CancelJob).collect(),
                Stop::Leave => jobs::stop_and_leave(app),
            };
        }
        // Those who wait for their jobs to stop leave at once.
        Some(Overlay::Ops(OpsOverlay::Leaving { .. })) => return vec![Effect::Quit],
        Some(Overlay::Ops(_)) => {
            let told = matches!(app.overlays.pop(), Some(Overlay::Ops(OpsOverlay::Plan(d))) if d.again);
            if told {
                editing::kept(app);
            }
        }
        _ => {}
    }
    Vec::new()
}

/// The plans are handed in.
fn agree(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Ops(OpsOverlay::Plan(dialog))) = app.overlays.last_mut() else { return Vec::new() };
    if !dialog.may_go() {
        let text = dialog.word().filter(|_| !dialog.submitted).map(|word| format!("Type {word} first."));
        if let Some(text) = text {
            toast(app, Notice::info(text));
        }
        return Vec::new();
    }
    let Some(ops) = &mut app.ops else { return Vec::new() };
    dialog.submitted = true;
    let ticket = ops.next_ticket();
    ops.submitted = Some(ticket);
    vec![Effect::Submit(dialog.plans().cloned().collect(), dialog.consent(), ticket)]
}

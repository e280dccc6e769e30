//! The audit's filter, and checking the audit.

use tui_input::InputRequest;

use super::super::App;
use super::super::action::ActionId;
use super::super::audit::parse;
use super::super::msg::{Effect, Notice};
use super::super::overlay::{AuditLine, Overlay};
use super::toast;

pub(super) fn action(app: &mut App, action: ActionId) -> Vec<Effect> {
    match action {
        ActionId::AuditApply => keep(app),
        ActionId::AuditCancel => cancel(app),
        _ => {
            app.audit.verdict.again();
            toast(app, Notice::info("Checking every record."));
        }
    }
    Vec::new()
}

/// Opens the line that filters.
pub(super) fn open(app: &mut App) -> Vec<Effect> {
    let before = app.audit.text.clone();
    let mut line = AuditLine { input: before.clone().into(), before, error: None };
    line.input.handle(InputRequest::GoToEnd);
    app.overlays.push(Overlay::AuditFilter(line));
    Vec::new()
}

/// What is typed holds as soon as it means something.
pub(super) fn typed(app: &mut App) {
    let Some(Overlay::AuditFilter(line)) = app.overlays.last_mut() else { return };
    let text = line.input.value().trim().to_owned();
    match parse(&text, app.now, app.utc_offset) {
        Ok(filter) => {
            line.error = None;
            if app.audit.filter.as_ref() != Some(&filter) {
                app.audit.filter = Some(filter);
                app.audit.found.again();
            }
            app.audit.text = text;
        }
        Err(why) => line.error = Some(why),
    }
}

fn keep(app: &mut App) {
    if let Some(Overlay::AuditFilter(line)) = app.overlays.last() {
        match line.error.clone() {
            Some(why) => toast(app, Notice::bad(why)),
            None => drop(app.overlays.pop()),
        }
    }
}

fn cancel(app: &mut App) {
    if let Some(Overlay::AuditFilter(line)) = app.overlays.pop() {
        set(app, line.before);
    }
}

/// Filters by this text.
pub(super) fn set(app: &mut App, text: String) {
    app.audit.filter = parse(&text, app.now, app.utc_offset).ok();
    app.audit.text = text;
    app.audit.found.again();
}

//! A key: text where text is typed, an action where one is bound, else a hint.

use tui_input::InputRequest;

use super::super::App;
use super::super::msg::{Effect, Notice};
use super::super::overlay::Overlay;
use super::super::place::Scope;
use super::{act, audit, menus, ops, palette, serial, toast};
use crate::console::keymap::{Code, Key, Resolution, show_sequence};

pub(super) fn on_key(app: &mut App, key: Key) -> Vec<Effect> {
    app.dirty = true;
    if let Some(effects) = serial::on_key(app, key) {
        return effects;
    }
    let scope = app.scope();
    if scope.takes_text()
        && app.pending.is_empty()
        && let Some(request) = text_request(key)
        && (key.typed().is_some() || !matches!(app.keymap.resolve(scope, &[key]), Resolution::Action(_)))
    {
        edit(app, request);
        return Vec::new();
    }
    app.pending.push(key);
    match app.keymap.resolve(scope, &app.pending) {
        Resolution::Action(action) => {
            app.pending.clear();
            act::act(app, action)
        }
        Resolution::Pending(_) => Vec::new(),
        Resolution::None => {
            let typed = show_sequence(&app.pending);
            app.pending.clear();
            // Esc in the middle of a sequence only drops it; what is typed while a plan is made is meant for nobody.
            if !scope.takes_text() && scope != Scope::Planning && key.code != Code::Esc {
                toast(app, Notice::info(format!("{typed} does nothing here. ? shows the keys that do.")));
            }
            Vec::new()
        }
    }
}

pub(super) fn on_paste(app: &mut App, text: &str) -> Vec<Effect> {
    if let Some(effects) = serial::on_paste(app, text) {
        return effects;
    }
    if app.scope().takes_text() {
        for c in text.chars().filter(|c| !c.is_control()).take(500) {
            edit(app, InputRequest::InsertChar(c));
        }
        app.dirty = true;
    }
    Vec::new()
}

fn edit(app: &mut App, request: InputRequest) {
    match app.overlays.last_mut() {
        Some(Overlay::Palette(p)) => {
            p.input.handle(request);
            palette::refresh(app);
        }
        Some(Overlay::Filter(line)) => {
            line.input.handle(request);
            menus::filter_typed(app);
        }
        Some(Overlay::Time(line)) => {
            line.input.handle(request);
            line.error = None;
        }
        Some(Overlay::AuditFilter(line)) => {
            line.input.handle(request);
            audit::typed(app);
        }
        Some(Overlay::Ops(overlay)) => ops::edit(overlay, request),
        _ => {}
    }
}

/// What a key means in a line of text.
const fn text_request(key: Key) -> Option<InputRequest> {
    Some(match (key.code, key.ctrl, key.alt) {
        (Code::Char(c), false, false) => InputRequest::InsertChar(c),
        (Code::Backspace, false, false) => InputRequest::DeletePrevChar,
        (Code::Delete, false, false) => InputRequest::DeleteNextChar,
        (Code::Left, false, _) => InputRequest::GoToPrevChar,
        (Code::Right, false, _) => InputRequest::GoToNextChar,
        (Code::Left, true, _) => InputRequest::GoToPrevWord,
        (Code::Right, true, _) => InputRequest::GoToNextWord,
        (Code::Home, ..) | (Code::Char('a'), true, false) => InputRequest::GoToStart,
        (Code::End, ..) | (Code::Char('e'), true, false) => InputRequest::GoToEnd,
        (Code::Char('w'), true, false) | (Code::Backspace, _, true) => InputRequest::DeletePrevWord,
        (Code::Char('u'), true, false) => InputRequest::DeleteFromStart,
        (Code::Char('k'), true, false) => InputRequest::DeleteTillEnd,
        _ => return None,
    })
}

//! A guest's serial console: opened, typed into, looked back at, left.

use super::super::App;
use super::super::action::ActionId;
use super::super::cursor::Motion;
use super::super::msg::{Effect, Notice};
use super::super::overlay::{Choice, Menu, MenuItem, Overlay};
use super::super::place::Scope;
use super::super::serial::{Serial, key_bytes, name_of, paste_bytes};
use super::{act, toast};
use crate::console::keymap::{Key, Resolution};
use crate::engine::consoles::{ConsoleState, Taken};
use crate::model::id::VmId;

/// Bytes pasted at once, at most.
const PASTE_MAX: usize = 32 << 10;

/// Does what is done in a console; `None` for an action of something else.
pub(super) fn action(app: &mut App, action: ActionId) -> Option<Vec<Effect>> {
    use ActionId as A;
    Some(match action {
        A::SerialOpen => app.selected_vm_id().map_or_else(Vec::new, |vm| open(app, vm, false)),
        A::SerialMenu => menu(app),
        A::SerialLeave => leave(app),
        A::SerialAgain => again(app, false),
        A::SerialTake => again(app, true),
        A::SerialEscape => typed(vec![0x1d]),
        A::SerialCopy => {
            let text = app.serial.as_ref().map(|s| s.emulator.text()).unwrap_or_default();
            toast(app, Notice::good("Copied what is on the screen."));
            vec![Effect::Copy(text)]
        }
        A::SerialBack => {
            look(app, Motion::HalfPages(-2));
            Vec::new()
        }
        A::SerialLive => {
            if let Some(serial) = &mut app.serial {
                serial.live();
            }
            Vec::new()
        }
        _ => return None,
    })
}

/// Opens a VM's console over everything else.
fn open(app: &mut App, vm: VmId, take: bool) -> Vec<Effect> {
    app.consoles += 1;
    let ticket = app.consoles;
    app.serial = Some(Serial::new(vm, name_of(app, vm), ticket, app.size));
    app.toast = None;
    vec![Effect::OpenConsole { vm, take, ticket }]
}

fn again(app: &mut App, take: bool) -> Vec<Effect> {
    let Some(vm) = app.serial.as_ref().map(|s| s.vm) else { return Vec::new() };
    open(app, vm, take)
}

/// Leaves it: what is open is closed.
pub(super) fn leave(app: &mut App) -> Vec<Effect> {
    app.dirty = true;
    app.overlays.retain(|o| !matches!(o, Overlay::Menu(_)));
    app.serial.take().map_or_else(Vec::new, |_| vec![Effect::CloseConsole])
}

fn menu(app: &mut App) -> Vec<Effect> {
    let item = |label: &str, note: &str, does| MenuItem {
        label: label.into(),
        note: note.into(),
        checked: None,
        current: false,
        does,
    };
    let does = Choice::Action;
    let stty = Serial::stty(app.size);
    let items = vec![
        item("Leave", "closes it and goes back", does(ActionId::SerialLeave)),
        item("Look back", "what left the screen; Esc returns", does(ActionId::SerialBack)),
        item("Copy the screen", "as text", does(ActionId::SerialCopy)),
        item("Copy the size", &stty, Choice::Copy(stty.clone())),
        item("Press keys …", "on the guest's keyboard", does(ActionId::PressKeys)),
        item("SSH", "a shell in the guest", does(ActionId::Ssh)),
        item("Type Ctrl-]", "the key that opens this menu", does(ActionId::SerialEscape)),
        item("Open again", "", does(ActionId::SerialAgain)),
        item("Take over", "from whoever has it open", does(ActionId::SerialTake)),
    ];
    let hint = "A serial line has no size: type the one given here in the guest.";
    app.overlays.push(Overlay::Menu(Menu { title: "Console", hint, items, selected: 0 }));
    Vec::new()
}

/// A key while a console is open and nothing lies over it; `None` where it means what it always does.
pub(super) fn on_key(app: &mut App, key: Key) -> Option<Vec<Effect>> {
    if app.scope() != Scope::Serial {
        return None;
    }
    if let Resolution::Action(action) = app.keymap.resolve(Scope::Serial, &[key]) {
        return Some(act::act(app, action));
    }
    let serial = app.serial.as_ref().filter(|s| s.takes_keys());
    Some(serial.map_or_else(Vec::new, |s| typed(key_bytes(key, s.emulator.application_cursor()))))
}

pub(super) fn on_paste(app: &App, text: &str) -> Option<Vec<Effect>> {
    let serial = app.serial.as_ref().filter(|s| s.takes_keys() && app.overlays.is_empty())?;
    let mut bytes = paste_bytes(text, serial.emulator.bracketed_paste());
    bytes.truncate(PASTE_MAX);
    Some(typed(bytes))
}

fn typed(bytes: Vec<u8>) -> Vec<Effect> {
    if bytes.is_empty() { Vec::new() } else { vec![Effect::TypeConsole(bytes)] }
}

/// Something came of the console with this number.
pub(super) fn came(app: &mut App, ticket: u64, taken: &Taken) -> Vec<Effect> {
    let Some(serial) = app.serial.as_mut().filter(|s| s.ticket == ticket) else { return Vec::new() };
    app.dirty = true;
    let answers = serial.take(taken);
    if let ConsoleState::Ended(_) = serial.state {
        return Vec::new();
    }
    typed(answers)
}

/// Looks back, or on.
pub(super) fn look(app: &mut App, motion: Motion) {
    let Some(serial) = &mut app.serial else { return };
    let page = usize::from(serial.emulator.size().0);
    match motion {
        Motion::First => serial.look(isize::MAX),
        Motion::Last => serial.live(),
        motion => serial.look(motion.rows(page).saturating_neg()),
    }
}

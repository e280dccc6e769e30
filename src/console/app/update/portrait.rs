//! A guest's screen: looked at, copied, left; and what leads to the guest from there: a viewer, keys, SSH.

use super::super::App;
use super::super::action::ActionId;
use super::super::msg::{Effect, Notice};
use super::super::ops::prompt::Asked;
use super::super::overlay::{Choice, Menu, MenuItem, Overlay};
use super::super::portrait::{FOLLOW_MS, Portrait, USUAL_KEYS, displays, ssh_address, viewers};
use super::super::serial::name_of;
use super::{focus_effect, ops, toast};
use crate::model::keycode;
use crate::model::operation::{Operation, VmOperation};
use crate::model::picture::Picture;
use crate::model::reach;

/// How long keys are held, milliseconds.
const HOLD_MS: u32 = 100;

/// Does what is done with a guest's screen; `None` for an action of something else.
pub(super) fn action(app: &mut App, action: ActionId) -> Option<Vec<Effect>> {
    use ActionId as A;
    Some(match action {
        A::Screen => open(app),
        A::ScreenAgain => again(app),
        A::ScreenFollow => follow(app),
        A::ScreenCopy => copy(app),
        A::ScreenLeave => leave(app),
        A::Viewer | A::ScreenViewer => viewer(app),
        A::Ssh | A::ScreenSsh => ssh(app),
        A::PressKeys | A::ScreenKeys => keys(app),
        A::OtherKeys => ops::prompt_of_one(app, Asked::Keys),
        _ => return None,
    })
}

fn open(app: &mut App) -> Vec<Effect> {
    let Some(vm) = app.selected_vm_id() else { return Vec::new() };
    app.consoles += 1;
    let ticket = app.consoles;
    app.portrait = Some(Portrait::new(vm, name_of(app, vm), ticket));
    app.toast = None;
    // What is open is read most often: its addresses are shown.
    vec![Effect::LookAt { vm, ticket }, focus_effect(app)]
}

fn again(app: &mut App) -> Vec<Effect> {
    match &mut app.portrait {
        Some(portrait) if !portrait.waits => {
            portrait.waits = true;
            vec![Effect::LookAt { vm: portrait.vm, ticket: portrait.ticket }]
        }
        _ => Vec::new(),
    }
}

fn follow(app: &mut App) -> Vec<Effect> {
    let Some(portrait) = &mut app.portrait else { return Vec::new() };
    portrait.follows = !portrait.follows;
    if portrait.follows { again(app) } else { Vec::new() }
}

/// Time went on: what is followed is looked at again.
pub(super) fn tick(app: &mut App) -> Vec<Effect> {
    let due = app.portrait.as_ref().is_some_and(|portrait| {
        let fresh = portrait.shown.as_ref().is_some_and(|(_, at)| app.now.0 - at.0 < FOLLOW_MS);
        portrait.follows && !fresh && app.serial.is_none()
    });
    if due { again(app) } else { Vec::new() }
}

/// A look brought this.
pub(super) fn came(app: &mut App, ticket: u64, result: Result<Picture, String>) {
    let now = app.now;
    if let Some(portrait) = app.portrait.as_mut().filter(|p| p.ticket == ticket) {
        portrait.came(result, now);
        app.dirty = true;
    }
}

/// Leaves it.
pub(super) fn leave(app: &mut App) -> Vec<Effect> {
    app.dirty = true;
    let Some(_) = app.portrait.take() else { return Vec::new() };
    vec![Effect::LookAway, focus_effect(app)]
}

fn copy(app: &mut App) -> Vec<Effect> {
    let Some(display) = displays(app).into_iter().next() else {
        toast(app, Notice::info("There is no address to copy: no graphical console listens on a port."));
        return Vec::new();
    };
    toast(app, Notice::good(format!("Copied: {}", display.address)));
    vec![Effect::Copy(display.address)]
}

fn viewer(app: &App) -> Vec<Effect> {
    let address = displays(app).into_iter().next().map(|display| display.address).unwrap_or_default();
    let Some(vm) = app.selected_vm_id() else { return Vec::new() };
    vec![Effect::View { vm, commands: viewers(app), address }]
}

fn ssh(app: &mut App) -> Vec<Effect> {
    let Some(vm) = app.selected_vm_id() else { return Vec::new() };
    let Some(address) = ssh_address(app) else {
        let why = app
            .selected_vm_id()
            .and_then(|id| app.live.vm(id))
            .and_then(|vm| vm.addresses_unavailable.clone());
        let why = why.map_or_else(String::new, |why| format!(" {}", crate::model::text::clean(&why)));
        toast(app, Notice::info(format!("No address of the guest is known.{why}")));
        return Vec::new();
    };
    vec![Effect::Lend(vm, reach::ssh(&app.reach, &app.live.uri, address))]
}

/// Which keys.
fn keys(app: &mut App) -> Vec<Effect> {
    let item = |label: String, note: &str, does| MenuItem {
        label,
        note: note.into(),
        checked: None,
        current: false,
        does,
    };
    let usual = USUAL_KEYS.iter().filter_map(|chord| {
        let codes = keycode::parse(chord).ok()?;
        let note = if keycode::asks_to_reboot(&codes) { "many guests reboot" } else { "" };
        Some(item((*chord).to_owned(), note, Choice::Keys(codes)))
    });
    let others = item("others …".into(), "by their names", Choice::Action(ActionId::OtherKeys));
    let items = usual.chain([others]).collect();
    let hint = "Pressed on the guest's keyboard, after its plan was seen.";
    app.overlays.push(Overlay::Menu(Menu { title: "Press keys", hint, items, selected: 0 }));
    Vec::new()
}

/// These were chosen: a plan of it.
pub(super) fn press(app: &mut App, codes: Vec<u16>) -> Vec<Effect> {
    let Some(vm) = app.selected_vm_id() else { return Vec::new() };
    ops::ask(app, vec![Operation::vm(vm, VmOperation::SendKeys { codes, hold_ms: HOLD_MS })])
}

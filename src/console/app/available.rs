//! Whether an action can be done now, and if not, why: the footer leaves it out, palette and key say the reason.

use super::App;
use super::charts;
use super::ops;
use super::ops::parts;
use super::overlay::Overlay;
use super::place::{Pane, Screen, VmTab};

/// Whether an action can be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    /// It can.
    Yes,
    /// It cannot, with the reason as a sentence.
    No(String),
    /// It is not there at all: neither help nor palette show it.
    Absent,
}

fn when(yes: bool, reason: &str) -> Availability {
    if yes { Availability::Yes } else { Availability::No(reason.into()) }
}

pub(super) fn always(_: &App) -> Availability {
    Availability::Yes
}

pub(super) fn can_open(app: &App) -> Availability {
    let something = app.page.is_none()
        && match app.pane() {
            Pane::Vms | Pane::Metrics => app.selected_vm().is_some() || app.vms.selected_group().is_some(),
            Pane::Storage => app.screen == Screen::Overview && app.storage.pool.key().is_some(),
            Pane::Alerts => app.alerts.key().is_some(),
            Pane::Topology | Pane::StorageTree => app.tree().is_some_and(|t| t.selected().is_some()),
            Pane::Jobs => app.ops.as_ref().is_some_and(|ops| ops.list.cursor.key().is_some()),
            Pane::Audit => app.audit.cursor.key().is_some(),
            Pane::HostCharts | Pane::PoolCharts | Pane::Volumes | Pane::Host | Pane::Log => false,
        };
    let something =
        something || app.page.as_ref().is_some_and(|p| p.tab == VmTab::History && p.entry.key().is_some());
    let moment = charts::has_keys(app) && app.charts.cursor.is_some();
    when(something || moment, "Nothing is selected that could be opened.")
}

pub(super) fn can_go_back(app: &App) -> Availability {
    when(!app.is_top(), "This is the top level; q quits.")
}

pub(super) fn at_top(app: &App) -> Availability {
    when(app.is_top(), "Esc goes back first.")
}

pub(super) fn has_panes(app: &App) -> Availability {
    when(app.screen.panes().len() > 1, "This screen has one pane.")
}

pub(super) fn can_zoom(app: &App) -> Availability {
    when(app.page.is_none() && app.screen.panes().len() > 1, "There is nothing to zoom here.")
}

pub(super) fn on_vm_list(app: &App) -> Availability {
    let on_list = app.page.is_none() && matches!(app.screen, Screen::Overview | Screen::Vms | Screen::Audit);
    when(on_list, "Filters work on the lists of VMs, 1 and 2, and on the audit, 9.")
}

pub(super) fn has_filter(app: &App) -> Availability {
    when(!app.vms.filter_text.is_empty() || app.vms.attention, "There is no filter.")
}

pub(super) fn has_vm(app: &App) -> Availability {
    when(app.selected_vm().is_some(), "No VM is selected.")
}

pub(super) fn has_marks(app: &App) -> Availability {
    when(!app.vms.marks.is_empty(), "No VM is marked.")
}

pub(super) fn can_copy(app: &App) -> Availability {
    when(!app.copyable().is_empty(), "Nothing is selected that could be copied.")
}

/// For what reads the world or holds it still: not while the past is shown.
pub(super) fn in_the_present(app: &App) -> Availability {
    when(app.past.is_none(), "This is the past. Esc returns to now.")
}

pub(super) fn in_the_past(app: &App) -> Availability {
    when(app.past.is_some(), "This is now.")
}

pub(super) fn can_look_back(app: &App) -> Availability {
    when(app.live.listed || app.past.is_some(), "Nothing was measured yet.")
}

pub(super) fn can_zoom_in(app: &App) -> Availability {
    when(app.charts.window.step(false).is_some(), "This is the shortest time that charts show.")
}

pub(super) fn can_zoom_out(app: &App) -> Availability {
    when(app.charts.window.step(true).is_some(), "This is the longest time that charts show.")
}

pub(super) fn has_events(app: &App) -> Availability {
    when(!charts::events(app).is_empty(), "Nothing happened in the time shown.")
}

pub(super) fn has_devices(app: &App) -> Availability {
    let some = app.selected_vm().is_some_and(|vm| !charts::devices(vm).is_empty());
    when(some, "No disk or NIC of this VM is measured.")
}

pub(super) fn can_compare(app: &App) -> Availability {
    let own = app.page.as_ref().map(|p| p.id);
    let others = app.vms.marks.iter().any(|id| Some(*id) != own);
    when(others, "No other VM is marked. Space marks VMs in their list.")
}

pub(super) fn has_alert(app: &App) -> Availability {
    when(app.alerts.key().is_some(), "No alert is selected.")
}

pub(super) fn can_open_top(app: &App) -> Availability {
    let rows = matches!(app.overlays.last(), Some(Overlay::Top(top)) if !top.rows().is_empty());
    when(rows, "There is nobody to open.")
}

pub(super) fn can_refresh_pool(app: &App) -> Availability {
    if app.past.is_some() {
        return in_the_present(app);
    }
    let snapshot = app.view();
    match &snapshot.limits.no_refresh {
        Some(reason) => Availability::No(reason.clone()),
        None if !snapshot.link.is_up() => Availability::No("The connection is not up.".into()),
        None => when(app.selected_pool().is_some(), "No pool is selected."),
    }
}

pub(super) fn menu_has_checks(app: &App) -> Availability {
    let checks =
        matches!(app.overlays.last(), Some(Overlay::Menu(m)) if m.items.iter().any(|i| i.checked.is_some()));
    when(checks, "This menu has nothing to tick.")
}

/// For what needs a desk to hand plans to.
pub(super) fn has_desk(app: &App) -> Availability {
    if app.ops.is_some() { Availability::Yes } else { Availability::Absent }
}

/// Where there is a desk, and what is shown is the present; frozen it may be, since a plan is made of what is so now.
fn desk_and(app: &App, yes: impl FnOnce() -> bool, reason: &str) -> Availability {
    if app.ops.is_none() {
        return Availability::Absent;
    }
    if app.past.is_some() {
        return Availability::No("This is the past: nothing can be done to it. Esc returns to now.".into());
    }
    when(yes(), reason)
}

pub(super) fn can_operate(app: &App) -> Availability {
    desk_and(app, || !ops::targets(app).is_empty(), "No VM is selected.")
}

pub(super) fn can_operate_on_one(app: &App) -> Availability {
    match ops::targets(app).len() {
        0 | 1 => can_operate(app),
        n => {
            desk_and(app, || false, &format!("{n} VMs are marked: this is for one. U takes the marks away."))
        }
    }
}

/// For what is done in an open console.
pub(super) fn in_console(app: &App) -> Availability {
    if app.serial.is_some() { Availability::Yes } else { Availability::Absent }
}

pub(super) fn can_open_console(app: &App) -> Availability {
    desk_and(app, || app.selected_vm().is_some_and(|vm| vm.state.is_active()), "No VM that runs is selected.")
}

/// For what is done while a guest's screen is looked at.
pub(super) fn at_screen(app: &App) -> Availability {
    if app.portrait.is_some() { Availability::Yes } else { Availability::Absent }
}

pub(super) fn can_undo(app: &App) -> Availability {
    desk_and(app, || !ops::undo(app).is_empty(), "Nothing was done that can be taken back.")
}

pub(super) fn can_take_offer(app: &App) -> Availability {
    desk_and(app, || !ops::offered(app).is_empty(), "No job failed that offers something else.")
}

fn plan(app: &App) -> Option<&ops::dialog::PlanDialog> {
    match app.overlays.last() {
        Some(Overlay::Ops(ops::OpsOverlay::Plan(dialog))) => Some(dialog),
        _ => None,
    }
}

pub(super) fn has_buttons(app: &App) -> Availability {
    let one = plan(app).is_some_and(|dialog| dialog.buttons() == 1)
        || matches!(app.overlays.last(), Some(Overlay::Ops(ops::OpsOverlay::Leaving { .. })));
    when(!one, "There is no other button.")
}

pub(super) fn has_details(app: &App) -> Availability {
    when(plan(app).is_some_and(|dialog| dialog.buttons() > 1), "There is no more to tell.")
}

pub(super) fn can_stop_job(app: &App) -> Availability {
    desk_and(
        app,
        || !ops::stoppable(app).is_empty(),
        "There is no job of this console here that could be stopped.",
    )
}

/// For what makes something new on the host.
pub(super) fn can_make(app: &App) -> Availability {
    desk_and(app, || app.live.link.is_up(), "The connection is not up.")
}

pub(super) fn has_pool(app: &App) -> Availability {
    desk_and(app, || app.selected_pool().is_some(), "No pool is selected. n defines one.")
}

pub(super) fn has_volume(app: &App) -> Availability {
    desk_and(app, || app.selected_volume().is_some(), "No volume is selected. c creates one.")
}

pub(super) fn has_network(app: &App) -> Availability {
    desk_and(app, || app.selected_network().is_some(), "No network is selected.")
}

pub(super) fn has_disk(app: &App) -> Availability {
    desk_and(app, || parts::disk(app).is_some(), "No disk is selected. n attaches one.")
}

pub(super) fn has_drive(app: &App) -> Availability {
    let drive = |app: &App| parts::disk(app).is_some_and(|(_, disk)| parts::is_drive(disk));
    desk_and(app, || drive(app), "This is no drive. n attaches a CD-ROM drive.")
}

pub(super) fn can_use_drive(app: &App) -> Availability {
    match can_operate_on_one(app) {
        Availability::Yes => {}
        no => return no,
    }
    let vm = ops::targets(app).first().and_then(|id| app.live.vm(*id));
    let some = vm.is_some_and(|vm| super::form::device::drives(vm).next().is_some());
    when(some, "This VM has no drive. \"Attach a disk\" attaches a CD-ROM drive too.")
}

pub(super) fn has_nic(app: &App) -> Availability {
    desk_and(app, || parts::nic(app).is_some(), "No NIC is selected. n attaches one.")
}

pub(super) fn has_snapshot(app: &App) -> Availability {
    let some = || app.page.as_ref().is_some_and(|page| page.selected_snapshot().is_some());
    desk_and(app, some, "There is no snapshot. n takes one.")
}

pub(super) fn has_revision(app: &App) -> Availability {
    desk_and(
        app,
        || parts::revision(app).is_some(),
        "Only a revision can be gone back to, and only while its VM is there.",
    )
}

pub(super) fn can_complete(app: &App) -> Availability {
    let some = match app.overlays.last() {
        Some(Overlay::Ops(ops::OpsOverlay::Form(form))) => {
            form.focused().is_some_and(|field| field.could_be().is_some())
        }
        _ => false,
    };
    when(some, "Nothing is known that it could be.")
}

pub(super) fn has_layers(app: &App) -> Availability {
    let some = |app: &App| parts::disk(app).is_some_and(|(_, disk)| !disk.backing.is_empty());
    desk_and(app, || some(app), "Nothing is known to lie below this disk.")
}

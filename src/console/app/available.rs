//! Whether an action can be done now, and if not, why: the footer leaves it out, palette and key say the reason.

use super::App;
use super::overlay::Overlay;
use super::place::{Pane, Screen};

/// Whether an action can be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    /// It can.
    Yes,
    /// It cannot, with the reason as a sentence.
    No(String),
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
            Pane::Volumes | Pane::Host | Pane::Log => false,
        };
    when(something, "Nothing is selected that could be opened.")
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
    let on_list = app.page.is_none() && matches!(app.screen, Screen::Overview | Screen::Vms);
    when(on_list, "Filters work on the lists of VMs: 1 and 2.")
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

pub(super) fn can_refresh_pool(app: &App) -> Availability {
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

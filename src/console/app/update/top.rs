//! Who used most: opening it, choosing what it ranks by, opening one of its VMs.

use super::super::App;
use super::super::action::ActionId;
use super::super::msg::Effect;
use super::super::overlay::Overlay;
use super::super::place::VmTab;
use super::super::top::Top;
use super::navigate;

pub(super) fn action(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    if action == A::WhoUsedMost {
        // To the end of the minute that is shown.
        app.overlays.push(Overlay::Top(Top::new(app.charts.window, app.view().at)));
        return Vec::new();
    }
    if action == A::TopOpen {
        return open(app);
    }
    let Some(top) = app.top_mut() else { return Vec::new() };
    match action {
        A::TopMetric => top.step_metric(1),
        A::TopMetricBack => top.step_metric(-1),
        A::TopRank => top.step_rank(),
        A::TopShorter | A::TopLonger => {
            if let Some(window) = top.window.step(action == A::TopLonger) {
                top.set_window(window);
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Opens the charts of the selected VM or device in that window.
fn open(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Top(top)) = app.overlays.pop() else { return Vec::new() };
    let Some(row) = top.rows().get(top.selected) else { return Vec::new() };
    app.charts.window = top.window;
    let effects = navigate::open_vm(app, row.id, VmTab::Charts);
    app.charts.device.clone_from(&row.device);
    if let (Some(page), Some(name)) = (&mut app.page, &row.name)
        && page.name.is_empty()
    {
        page.name = crate::model::text::clean(name).into_owned();
    }
    effects
}

//! What each action does.

use super::super::action::ActionId;
use super::super::available::Availability;
use super::super::cursor::Motion;
use super::super::msg::{Effect, Notice, Tone};
use super::super::ops::OpsOverlay;
use super::super::overlay::Overlay;
use super::super::place::{Screen, VmTab};
use super::super::{App, looks};
use super::{
    audit, charts, focus_effect, menus, motion, navigate, ops, palette, past, portrait, serial, snapshot,
    toast, top,
};

/// Does an action, or says why it cannot be done now.
pub(super) fn act(app: &mut App, action: ActionId) -> Vec<Effect> {
    app.dirty = true;
    // A hint is about what was on screen before.
    if app.toast.as_ref().is_some_and(|toast| toast.notice.tone == Tone::Info) {
        app.toast = None;
    }
    if action == ActionId::Quit && !app.is_top() {
        return navigate::back(app);
    }
    if action == ActionId::Back && app.is_top() {
        return Vec::new();
    }
    let refused = match (action.spec().available)(app) {
        Availability::Yes => return perform(app, action),
        Availability::No(reason) => reason,
        Availability::Absent => "Nothing can be changed from here.".into(),
    };
    toast(app, Notice::info(refused));
    Vec::new()
}

fn perform(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    match action {
        A::Up => motion::go(app, Motion::Rows(-1)),
        A::Down => motion::go(app, Motion::Rows(1)),
        A::PageUp => motion::go(app, Motion::HalfPages(-2)),
        A::PageDown => motion::go(app, Motion::HalfPages(2)),
        A::HalfUp => motion::go(app, Motion::HalfPages(-1)),
        A::HalfDown => motion::go(app, Motion::HalfPages(1)),
        A::First => motion::go(app, Motion::First),
        A::Last => motion::go(app, Motion::Last),
        A::Left => navigate::sideways(app, -1),
        A::Right => navigate::sideways(app, 1),

        A::Open => navigate::open(app),
        A::Back => navigate::back(app),
        A::NextPane => navigate::next_pane(app, 1),
        A::PrevPane => navigate::next_pane(app, -1),
        A::NextTab => navigate::next_tab(app, 1),
        A::PrevTab => navigate::next_tab(app, -1),
        A::LogFollow => vec![Effect::LogScroll(isize::MAX)],
        A::Zoom => navigate::zoom(app),
        A::ScreenOverview => navigate::screen(app, Screen::Overview),
        A::ScreenVms => navigate::screen(app, Screen::Vms),
        A::ScreenStorage => navigate::screen(app, Screen::Storage),
        A::ScreenAlerts => navigate::screen(app, Screen::Alerts),
        A::ScreenTopology => navigate::screen(app, Screen::Topology),
        A::ScreenJobs => navigate::screen(app, Screen::Jobs),
        A::ScreenHost => navigate::screen(app, Screen::Host),
        A::ScreenAudit => navigate::screen(app, Screen::Audit),
        A::Toggle => navigate::toggle_branch(app),
        A::Xml => navigate::open_selected(app, VmTab::Xml),

        A::Filter if app.screen == Screen::Audit => audit::open(app),
        A::Filter => menus::open_filter(app),
        A::ClearFilter => menus::clear_filter(app),
        A::FilterApply => menus::filter_done(app, true),
        A::FilterCancel => menus::filter_done(app, false),
        A::FilterComplete => menus::filter_complete(app),
        A::Columns => menus::open_columns(app),
        A::GroupBy => menus::open_groups(app),
        A::Theme => menus::open_themes(app),
        A::Copy => menus::copy(app),
        A::MenuChoose => menus::choose(app),
        A::MenuToggle => menus::toggle(app),
        A::Palette => palette::open(app),
        A::PaletteRun => palette::run(app),
        A::PaletteUp => palette::step(app, -1),
        A::PaletteDown => palette::step(app, 1),
        A::CloseHelp
        | A::MenuClose
        | A::PaletteClose
        | A::TopClose
        | A::TimeCancel
        | A::DialogClose
        | A::SheetClose
        | A::FormClose
        | A::PromptClose => {
            let told =
                matches!(app.overlays.pop(), Some(Overlay::Ops(OpsOverlay::Plan(dialog))) if dialog.again);
            if told {
                ops::kept(app);
            }
            Vec::new()
        }
        A::Help => {
            app.overlays.push(Overlay::Help { scroll: 0 });
            Vec::new()
        }

        A::Attention
        | A::Mark
        | A::MarkAll
        | A::Unmark
        | A::SortNext
        | A::SortPrevious
        | A::SortInvert
        | A::Follow => list_action(app, action),
        A::Earlier
        | A::Later
        | A::EarlierFar
        | A::LaterFar
        | A::GoToTime
        | A::Now
        | A::AlertMoment
        | A::TimeGo => past::action(app, action),
        A::ZoomIn | A::ZoomOut | A::EventBefore | A::EventAfter | A::Device | A::Compare => {
            charts::action(app, action)
        }
        A::WhoUsedMost
        | A::TopOpen
        | A::TopMetric
        | A::TopMetricBack
        | A::TopRank
        | A::TopShorter
        | A::TopLonger => top::action(app, action),
        A::Freeze => freeze(app),
        A::Refresh => refresh(app),
        A::PoolRefresh => refresh_pool(app),
        A::LogMore | A::LogLess => vec![Effect::LogLevel(action == A::LogMore)],
        A::Redraw => vec![Effect::Redraw],
        A::Quit => ops::leave(app),
        _ => operate(app, action),
    }
}

fn operate(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    match action {
        A::Actions => palette::open_for_selected(app),
        A::AuditApply | A::AuditCancel | A::AuditVerify => audit::action(app, action),
        _ => serial::action(app, action)
            .or_else(|| portrait::action(app, action))
            .unwrap_or_else(|| ops::action(app, action)),
    }
}

fn list_action(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    match action {
        A::Attention => {
            app.vms.attention = !app.vms.attention;
            relist(app);
        }
        A::Mark => {
            if let Some(id) = app.vms.selected()
                && !app.vms.marks.remove(&id)
            {
                app.vms.marks.insert(id);
            }
            return motion::go(app, Motion::Rows(1));
        }
        A::MarkAll => {
            let view = app.view().clone();
            let listed = app.vms.rows.iter().filter_map(|r| match r {
                super::super::list::Row::Vm(i) => Some(view.vms[*i].id),
                super::super::list::Row::Group { .. } => None,
            });
            let listed: Vec<_> = listed.collect();
            app.vms.marks.extend(listed);
        }
        A::Unmark => app.vms.marks.clear(),
        A::SortNext => step_sort(app, 1),
        A::SortPrevious => step_sort(app, -1),
        A::SortInvert => {
            app.vms.descending = !app.vms.descending;
            relist(app);
        }
        _ => {
            app.vms.follow = !app.vms.follow;
            let text = if app.vms.follow {
                "Rows move freely; the cursor goes along with its VM."
            } else {
                "Rows hold still while the cursor is used."
            };
            toast(app, Notice::info(text));
        }
    }
    Vec::new()
}

fn step_sort(app: &mut App, by: isize) {
    let columns = &app.vms.columns;
    let at = columns.iter().position(|c| *c == app.vms.sort).unwrap_or(0);
    let n = columns.len().max(1).cast_signed();
    if let Some(id) = columns.get((at.cast_signed() + by).rem_euclid(n).cast_unsigned()) {
        menus::sort_by(app, id);
    }
}

/// Makes the rows anew, in their proper order: the user asked for it.
pub(super) fn relist(app: &mut App) {
    let view = app.view().clone();
    app.vms.relist(&view, false);
}

fn freeze(app: &mut App) -> Vec<Effect> {
    app.frozen = if app.frozen.is_some() { None } else { Some(app.live.clone()) };
    snapshot::settle(app, false);
    Vec::new()
}

fn refresh(app: &mut App) -> Vec<Effect> {
    relist(app);
    if app.live.link.is_up() {
        looks::again(app);
        toast(app, Notice::info("Reading everything again."));
        let mut effects = vec![Effect::Refresh, focus_effect(app)];
        if let Some(page) = app.page.as_ref().filter(|p| p.tab == VmTab::Xml) {
            effects.push(Effect::FetchXml(page.id));
        }
        effects
    } else {
        toast(app, Notice::info("Trying to connect."));
        vec![Effect::Reconnect]
    }
}

fn refresh_pool(app: &mut App) -> Vec<Effect> {
    let Some(pool) = app.selected_pool().cloned() else { return Vec::new() };
    let name = pool.display_name().into_owned();
    toast(app, Notice::info(format!("Asked libvirt to look at pool {name} again.")));
    app.storage.refreshing.insert(name.clone());
    vec![Effect::RefreshPool(pool.record.id, name)]
}

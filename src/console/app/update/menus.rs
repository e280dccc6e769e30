//! Menus and the filter line.

use tui_input::{Input, InputRequest};

use super::super::App;
use super::super::list::naturally_descending;
use super::super::msg::{Effect, Notice};
use super::super::overlay::{Choice, FilterLine, Menu, MenuItem, Overlay};
use super::{act, navigate, ops, portrait, toast};
use crate::config::Grouping;
use crate::console::app::place::VmTab;
use crate::model::columns::{VM_COLUMNS, find};
use crate::model::filter::{Filter, FilterContext, fields, suggest};

pub(super) fn open(
    app: &mut App,
    title: &'static str,
    hint: &'static str,
    items: Vec<MenuItem>,
) -> Vec<Effect> {
    let selected = items.iter().position(|i| i.current).unwrap_or(0);
    app.overlays.push(Overlay::Menu(Menu { title, hint, items, selected }));
    Vec::new()
}

pub(super) fn item(label: impl Into<String>, note: impl Into<String>, does: Choice) -> MenuItem {
    MenuItem { label: label.into(), note: note.into(), checked: None, current: false, does }
}

pub(super) fn open_columns(app: &mut App) -> Vec<Effect> {
    let items = VM_COLUMNS
        .iter()
        .map(|c| MenuItem {
            checked: Some(app.vms.columns.contains(&c.id)),
            current: c.id == app.vms.sort,
            ..item(c.label, c.doc, Choice::SortBy(c.id))
        })
        .collect();
    open(app, "Sort and columns", "Enter sorts by a column, Space shows or hides it.", items)
}

pub(super) fn open_groups(app: &mut App) -> Vec<Effect> {
    let items = Grouping::ALL
        .into_iter()
        .map(|g| MenuItem { current: g == app.vms.group, ..item(g.word(), "", Choice::GroupBy(g)) })
        .collect();
    open(app, "Group VMs by", "", items)
}

pub(super) fn open_themes(app: &mut App) -> Vec<Effect> {
    let items = app
        .themes
        .iter()
        .map(|t| MenuItem { current: *t == app.theme, ..item(t, "", Choice::Theme(t.clone())) })
        .collect();
    open(app, "Theme", "Set `theme` in config.toml to keep it.", items)
}

pub(super) fn copy(app: &mut App) -> Vec<Effect> {
    let mut items: Vec<MenuItem> = app
        .copyable()
        .into_iter()
        .map(|(what, text)| {
            let shown = if what == "XML" { "the whole definition".into() } else { text.clone() };
            item(shown, what, Choice::Copy(text))
        })
        .collect();
    if items.len() == 1 {
        return items.pop().map_or_else(Vec::new, |i| chosen(app, i.does));
    }
    if app.page.as_ref().is_some_and(|p| p.tab == VmTab::Xml) {
        items.rotate_right(1);
    }
    open(app, "Copy", "To your terminal's clipboard, by OSC 52.", items)
}

pub(super) fn choose(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Menu(menu)) = app.overlays.pop() else { return Vec::new() };
    menu.items.into_iter().nth(menu.selected).map_or_else(Vec::new, |i| chosen(app, i.does))
}

/// Does what an entry of a menu or of the palette stands for.
pub(super) fn chosen(app: &mut App, choice: Choice) -> Vec<Effect> {
    match choice {
        Choice::Action(action) => return act::act(app, action),
        Choice::EditOn => return ops::edit_on(app),
        Choice::EditAfresh(of) => return ops::edit_afresh(app, of),
        Choice::Eject(vm, target) => return ops::eject(app, vm, target),
        Choice::OpenVm(id) => return navigate::open_vm(app, id, VmTab::Summary),
        Choice::SortBy(column) => sort_by(app, column),
        Choice::GroupBy(group) => {
            app.vms.group = group;
            act::relist(app);
        }
        Choice::Theme(name) => {
            app.theme.clone_from(&name);
            return vec![Effect::Theme(name), Effect::Redraw];
        }
        Choice::Keys(codes) => return portrait::press(app, codes),
        Choice::Copy(text) => {
            let shown: String = text.chars().take_while(|c| *c != '\n').take(60).collect();
            toast(app, Notice::good(format!("Copied: {shown}")));
            return vec![Effect::Copy(text)];
        }
    }
    Vec::new()
}

pub(super) fn sort_by(app: &mut App, column: &'static str) {
    app.vms.sort = column;
    app.vms.descending = naturally_descending(column);
    act::relist(app);
}

/// Shows or hides the selected column. The name stays: a row needs it.
pub(super) fn toggle(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Menu(menu)) = app.overlays.last_mut() else { return Vec::new() };
    let Some(entry) = menu.items.get_mut(menu.selected) else { return Vec::new() };
    let (Choice::SortBy(id), Some(checked)) = (&entry.does, &mut entry.checked) else { return Vec::new() };
    if *id == "name" {
        toast(app, Notice::info("The name is always shown."));
        return Vec::new();
    }
    *checked = !*checked;
    let id = *id;
    if *checked {
        app.vms.columns.push(id);
        let place = |id: &str| VM_COLUMNS.iter().position(|c| c.id == id);
        app.vms.columns.sort_by_key(|id| place(id));
    } else {
        app.vms.columns.retain(|c| *c != id);
        if app.vms.sort == id && find(VM_COLUMNS, "name").is_some() {
            sort_by(app, "name");
        }
    }
    Vec::new()
}

pub(super) fn open_filter(app: &mut App) -> Vec<Effect> {
    navigate::focus_pane(app, super::super::place::Pane::Vms);
    let mut text = app.vms.filter_text.clone();
    if !text.is_empty() {
        text.push(' ');
    }
    app.overlays.push(Overlay::Filter(FilterLine {
        input: Input::new(text),
        before: app.vms.filter_text.clone(),
        error: None,
        suggestions: Vec::new(),
    }));
    filter_typed(app);
    Vec::new()
}

/// Applies what is typed so far; while its last term is not right yet, the terms before it hold.
pub(super) fn filter_typed(app: &mut App) {
    let view = app.view().clone();
    let Some(Overlay::Filter(line)) = app.overlays.last_mut() else { return };
    let text = line.input.value().trim().to_owned();
    line.suggestions = suggest(line.input.value(), &FilterContext::new(&view));
    match Filter::parse(&text) {
        Ok(filter) => {
            line.error = None;
            app.vms.filter = filter;
            app.vms.filter_text = text;
            act::relist(app);
            // A field's name is being typed: it filters nothing yet.
            if app.vms.matching == 0 && is_field_begun(last_term(&app.vms.filter_text)) {
                without_last_term(app);
            }
        }
        Err(e) => {
            line.error = Some(e.to_string());
            app.vms.filter_text = text;
            without_last_term(app);
        }
    }
}

fn last_term(text: &str) -> &str {
    text.rsplit(char::is_whitespace).next().unwrap_or_default()
}

fn is_field_begun(term: &str) -> bool {
    let term = term.trim_start_matches(['-', '!']);
    !term.is_empty() && fields().iter().any(|f| f.name.starts_with(term))
}

/// Filters by all terms but the one being typed.
fn without_last_term(app: &mut App) {
    let text = app.vms.filter_text.clone();
    let before = text[..text.len() - last_term(&text).len()].trim_end();
    if let Ok(filter) = Filter::parse(before) {
        app.vms.filter = filter;
        act::relist(app);
    }
}

pub(super) fn filter_done(app: &mut App, keep: bool) -> Vec<Effect> {
    let Some(Overlay::Filter(line)) = app.overlays.last() else { return Vec::new() };
    if keep {
        if let Some(error) = line.error.clone() {
            toast(app, Notice::bad(error));
            return Vec::new();
        }
        app.overlays.pop();
        app.vms.filter = Filter::parse(&app.vms.filter_text).unwrap_or_default();
        act::relist(app);
    } else {
        let before = line.before.clone();
        app.overlays.pop();
        app.vms.filter = Filter::parse(&before).unwrap_or_default();
        app.vms.filter_text = before;
        act::relist(app);
    }
    Vec::new()
}

pub(super) fn filter_complete(app: &mut App) -> Vec<Effect> {
    if let Some(Overlay::Filter(line)) = app.overlays.last_mut()
        && let Some(best) = line.suggestions.first()
    {
        let completed = format!("{}{}", &line.input.value()[..best.at], best.insert);
        line.input = Input::new(completed);
        line.input.handle(InputRequest::GoToEnd);
        filter_typed(app);
    }
    Vec::new()
}

pub(super) fn clear_filter(app: &mut App) -> Vec<Effect> {
    app.vms.filter = Filter::default();
    app.vms.filter_text.clear();
    app.vms.attention = false;
    act::relist(app);
    Vec::new()
}

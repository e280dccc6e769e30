//! What lies over the screen: help, palette, menus, the filter line.

use std::borrow::Cow;

use ratatui::layout::Rect;

use super::Canvas;
use crate::console::app::action::{ACTIONS, ActionSpec, Category};
use crate::console::app::available::Availability;
use crate::console::app::msg::Target;
use crate::console::app::ops::OpsOverlay;
use crate::console::app::overlay::{FilterLine, Menu, Overlay, Palette, TimeLine};
use crate::console::app::past::WHEN_HINT;
use crate::console::app::place::Scope;
use crate::console::theme::Role;
use crate::console::widgets::{
    HelpGroup, Input, MenuItem, PaletteItem, Pane as Frame, Rich, centered, draw as cellwise, help, menu,
    palette,
};
use crate::model::text::clean;

/// Draws the overlay on top.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    let app = c.app;
    // While a plan is made, what it was asked from stays in sight.
    if let [.., below, Overlay::Ops(OpsOverlay::Planning { .. })] = app.overlays.as_slice() {
        one(c, area, below);
    }
    if let Some(top) = app.overlays.last() {
        one(c, area, top);
    }
}

fn one(c: &mut Canvas<'_>, area: Rect, overlay: &Overlay) {
    match overlay {
        Overlay::Help { scroll } => help_box(c, area, *scroll),
        Overlay::Palette(p) => palette_box(c, area, p),
        Overlay::Menu(m) => menu_box(c, area, m),
        Overlay::Top(t) => super::top::draw(c, area, t),
        Overlay::AuditFilter(line) => super::audit::filter_line(c, area, line),
        Overlay::Time(line) => time_line(c, area, line),
        Overlay::Filter(line) => filter_line(c, area, line),
        Overlay::Ops(ops) => super::asks::draw(c, area, ops),
    }
}

/// A box in the middle, cleared, and its inside.
pub(super) fn open_box(c: &mut Canvas<'_>, area: Rect, width: u16, height: u16, pane: Frame<'_>) -> Rect {
    let place = centered(area, width, height);
    cellwise::clear(c.buf, place, c.look.style(Role::Dialog));
    c.view.hits.push(place, Target::Overlay);
    pane.focused(true).draw(c.buf, place, c.look)
}

fn help_box(c: &mut Canvas<'_>, area: Rect, scroll: usize) {
    let app = c.app;
    let scope = app.scope_below();
    let chain: Vec<Scope> = scope.chain().collect();
    let here = |a: &&ActionSpec| {
        a.scopes.iter().any(|s| chain.contains(s)) && (a.available)(app) != Availability::Absent
    };
    let categories = [
        Category::Operations,
        Category::Look,
        Category::Charts,
        Category::Past,
        Category::Lists,
        Category::Screens,
        Category::Move,
        Category::Program,
    ];
    let groups: Vec<HelpGroup<'_>> = categories
        .into_iter()
        .map(|category| {
            let mine = ACTIONS.iter().filter(here).filter(|a| a.category == category);
            let keys = mine.filter_map(|a| {
                let keys = app.keymap.keys_here(scope, a.id);
                (!keys.is_empty()).then(|| (Cow::Owned(keys.join(" ")), Cow::Borrowed(a.title)))
            });
            HelpGroup { title: category.title().into(), keys: keys.collect() }
        })
        .filter(|g| !g.keys.is_empty())
        .collect();
    let title = Rich::of("Keys that work here", Role::Title);
    let notes = Rich::of("the palette (:) finds all by name", Role::Dim);
    let width = (area.width - 4).min(124);
    let height = area.height - 2;
    let inner = open_box(c, area, width, height, Frame::new(title).notes(notes));
    let lines = help(c.buf, inner, c.look, &groups, scroll);
    c.scrolled(usize::from(inner.height), lines);
}

fn palette_box(c: &mut Canvas<'_>, area: Rect, p: &Palette) {
    let width = (area.width * 3 / 5).clamp(60, 100);
    let height = (area.height * 3 / 5).clamp(12, 30);
    let position = Rich::of(format!("{}", p.entries.len()), Role::Dim);
    let (title, placeholder) = match p.only.as_deref() {
        None => ("Commands".to_owned(), "an action, a VM or a theme, by a few letters"),
        Some("") => ("What can be done".to_owned(), "by a few letters"),
        Some(name) => (format!("What can be done: {}", clean(name)), "by a few letters"),
    };
    let inner = open_box(c, area, width, height, Frame::new(title).position(position));
    Input {
        prompt: ": ",
        text: p.input.value(),
        cursor: byte_cursor(&p.input),
        placeholder,
        focused: true,
        ..Input::default()
    }
    .draw(c.buf, inner, c.look);
    let list = cellwise::below(inner, 2);
    if p.entries.is_empty() {
        return c.line(list, &Rich::of("Nothing matches.", Role::Dim));
    }
    let items: Vec<PaletteItem<'_>> = p
        .entries
        .iter()
        .map(|e| PaletteItem {
            title: e.label.as_str().into(),
            matched: &e.matched,
            key: e.note.as_str().into(),
            refused: e.unavailable.as_deref().unwrap_or_default().into(),
        })
        .collect();
    for (i, place) in palette(c.buf, list, c.look, &items, p.selected) {
        c.view.hits.push(place, Target::Entry(i));
    }
}

fn menu_box(c: &mut Canvas<'_>, area: Rect, m: &Menu) {
    let items: Vec<MenuItem<'_>> = m
        .items
        .iter()
        .map(|i| {
            let mut label = Rich::of(clean(&i.label), if i.current { Role::Accent } else { Role::Text });
            if i.current {
                label.push(format!(" {}", c.look.glyphs.dot), Role::Accent);
            }
            MenuItem { checked: i.checked, label, detail: Rich::of(i.note.as_str(), Role::Dim) }
        })
        .collect();
    let label = items.iter().map(|i| i.label.width()).max().unwrap_or(0).min(40);
    let widest = items.iter().map(|i| i.detail.width() + label + 12).max().unwrap_or(20);
    let width = (widest.max(m.hint.len() + 6).max(m.title.len() + 8) as u16).clamp(30, area.width - 4);
    let hint_rows = if m.hint.is_empty() { 0 } else { 2 };
    let height = (m.items.len() as u16 + 2 + hint_rows).min(area.height - 2);
    let position = Rich::of(format!("{}/{}", m.selected + 1, m.items.len()), Role::Dim);
    let inner = open_box(c, area, width, height, Frame::new(m.title).position(position));
    let list = Rect { height: inner.height.saturating_sub(hint_rows), ..inner };
    for (i, place) in menu(c.buf, list, c.look, &items, m.selected) {
        c.view.hits.push(place, Target::Entry(i));
    }
    if hint_rows > 0 {
        c.line(cellwise::row(inner, inner.height - 1), &Rich::of(m.hint, Role::Dim));
    }
    c.view.drawn.page = usize::from(list.height);
}

/// The filter line lies over the row above the footer: the list it filters stays in sight.
fn filter_line(c: &mut Canvas<'_>, area: Rect, line: &FilterLine) {
    let place = cellwise::row(area, area.height.saturating_sub(2));
    cellwise::clear(c.buf, place, c.look.style(Role::Text));
    c.view.hits.push(place, Target::Overlay);
    // A term that can still be completed is not wrong yet.
    let error = line.error.as_deref().filter(|_| line.suggestions.is_empty()).unwrap_or_default();
    Input {
        prompt: " / ",
        text: line.input.value(),
        cursor: byte_cursor(&line.input),
        placeholder: "state:running cpu>80 tag:web name -not a|b",
        error,
        focused: true,
    }
    .draw(c.buf, place, c.look);
    if !error.is_empty() || line.suggestions.is_empty() {
        return;
    }
    let mut hints = Rich::new();
    for s in line.suggestions.iter().take(8) {
        hints = hints.and("  ", Role::Text).and(clean(&s.insert).into_owned(), Role::Dim);
    }
    let used =
        crate::model::text::width(line.input.value()).max(if line.input.value().is_empty() { 46 } else { 0 })
            as u16
            + 8;
    c.line(cellwise::skip(place, used), &hints);
}

/// The line a time is typed into, where the filter line is too.
fn time_line(c: &mut Canvas<'_>, area: Rect, line: &TimeLine) {
    let place = cellwise::row(area, area.height.saturating_sub(2));
    cellwise::clear(c.buf, place, c.look.style(Role::Text));
    c.view.hits.push(place, Target::Overlay);
    Input {
        prompt: " @ ",
        text: line.input.value(),
        cursor: byte_cursor(&line.input),
        placeholder: WHEN_HINT,
        error: line.error.as_deref().unwrap_or_default(),
        focused: true,
    }
    .draw(c.buf, place, c.look);
}

/// tui-input counts its cursor in characters; the widget wants bytes.
pub(super) fn byte_cursor(input: &tui_input::Input) -> usize {
    input.value().char_indices().nth(input.cursor()).map_or(input.value().len(), |(i, _)| i)
}

//! The command palette: any action that works here, any VM, any theme, by a few letters.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::super::App;
use super::super::action::{ACTIONS, ActionId, ActionSpec, Category};
use super::super::available::Availability;
use super::super::msg::{Effect, Notice};
use super::super::ops;
use super::super::overlay::{Choice, Overlay, Palette, PaletteEntry};
use super::super::place::Scope;
use super::{menus, toast};

/// Entries kept: more than any screen shows.
const MOST: usize = 60;
/// Letters after which what works elsewhere is found, too: fewer fit too much.
const ENOUGH: usize = 3;

pub(super) fn open(app: &mut App) -> Vec<Effect> {
    app.overlays.push(Overlay::Palette(Palette::default()));
    refresh(app);
    Vec::new()
}

/// All that can be done to what is selected.
pub(super) fn open_for_selected(app: &mut App) -> Vec<Effect> {
    let only = Some(ops::parts::selected_name(app).unwrap_or_default());
    app.overlays.push(Overlay::Palette(Palette { only, ..Palette::default() }));
    refresh(app);
    Vec::new()
}

pub(super) fn step(app: &mut App, by: isize) -> Vec<Effect> {
    if let Some(Overlay::Palette(p)) = app.overlays.last_mut() {
        p.selected = p.selected.saturating_add_signed(by).min(p.entries.len().saturating_sub(1));
    }
    Vec::new()
}

pub(super) fn run(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Palette(palette)) = app.overlays.last() else { return Vec::new() };
    let Some(entry) = palette.entries.get(palette.selected).cloned() else {
        toast(app, Notice::info("Nothing matches. Esc closes."));
        return Vec::new();
    };
    if let Some(reason) = entry.unavailable {
        toast(app, Notice::info(reason));
        return Vec::new();
    }
    app.overlays.pop();
    menus::chosen(app, entry.does)
}

/// Finds what matches what is typed.
pub(super) fn refresh(app: &mut App) {
    let Some(Overlay::Palette(palette)) = app.overlays.last() else { return };
    let typed = palette.input.value().trim().to_lowercase();
    let pattern = Pattern::parse(palette.input.value(), CaseMatching::Smart, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut found: Vec<(u32, usize, PaletteEntry)> = Vec::new();
    let mut all = candidates(app);
    if typed.chars().count() >= ENOUGH {
        all.extend(elsewhere(app));
    }
    for (order, mut entry) in all.into_iter().enumerate() {
        let mut at = Vec::new();
        let text = Utf32Str::new(&entry.label, &mut buffer);
        let score = pattern.indices(text, &mut matcher, &mut at).or_else(|| {
            at.clear();
            // Its name in the keymap is what other tools call it. As it is not shown, all of a word has to be typed.
            let Choice::Action(id) = &entry.does else { return None };
            names(id.spec().name, &typed).then_some(0)
        });
        if let Some(score) = score {
            at.sort_unstable();
            at.dedup();
            entry.matched = at;
            found.push((score, order, entry));
        }
    }
    // What cannot be done now comes last: Enter should do something.
    found.sort_by_key(|(score, order, e)| (e.unavailable.is_some(), std::cmp::Reverse(*score), *order));
    found.truncate(MOST);
    if let Some(Overlay::Palette(palette)) = app.overlays.last_mut() {
        palette.entries = found.into_iter().map(|(.., e)| e).collect();
        palette.selected = 0;
    }
}

fn candidates(app: &App) -> Vec<PaletteEntry> {
    let scope = app.scope_below();
    let chain: Vec<Scope> = scope.chain().collect();
    let only = matches!(app.overlays.last(), Some(Overlay::Palette(p)) if p.only.is_some());
    let here = |a: &&ActionSpec| {
        a.category != Category::Move
            && (!only || a.category == Category::Operations)
            && a.scopes.iter().any(|s| chain.contains(s))
            && a.name != "palette"
    };
    let actions = ACTIONS.iter().filter(here).filter_map(|a| {
        let unavailable = match (a.available)(app) {
            Availability::Yes => None,
            Availability::No(reason) => Some(reason),
            Availability::Absent => return None,
        };
        Some(PaletteEntry {
            label: a.title.to_owned(),
            note: app.keymap.shown_key(scope, a.id).unwrap_or_default(),
            matched: Vec::new(),
            does: Choice::Action(a.id),
            unavailable,
        })
    });
    if only {
        // Nearest first: what is about the row before what is about the VM or pool it belongs to; of that, what fits its
        // state before what its plan would refuse.
        let mut nearest: Vec<PaletteEntry> = actions.collect();
        let order = |entry: &PaletteEntry| match &entry.does {
            Choice::Action(id) => {
                let fits = *id == ActionId::PauseResume || ops::fits(app, *id);
                (chain.iter().position(|s| id.spec().scopes.contains(s)), !fits)
            }
            _ => (None, false),
        };
        nearest.sort_by_key(order);
        return nearest;
    }
    let themes = app.themes.iter().map(|t| entry(format!("Theme: {t}"), "", Choice::Theme(t.clone())));
    let vms = app.view().vms.iter();
    let vms = vms.map(|v| entry(format!("VM: {}", v.display_name()), v.state.phrase(), Choice::OpenVm(v.id)));
    actions.chain(themes).chain(vms).collect()
}

/// Operations on what is not on screen: whoever looks for one is told where it is.
fn elsewhere(app: &App) -> impl Iterator<Item = PaletteEntry> {
    let chain: Vec<Scope> = app.scope_below().chain().collect();
    let there = move |a: &&ActionSpec| {
        a.category == Category::Operations && !a.scopes.iter().any(|s| chain.contains(s))
    };
    ACTIONS.iter().filter(there).filter_map(|a| {
        let place = a.scopes.iter().find_map(|s| s.whereabouts())?;
        (!matches!((a.available)(app), Availability::Absent)).then(|| PaletteEntry {
            unavailable: Some(place.to_owned()),
            ..entry(a.title.to_owned(), "", Choice::Action(a.id))
        })
    })
}

/// Whether what is typed begins a word of a name.
fn names(name: &str, typed: &str) -> bool {
    !typed.is_empty() && name.split('-').any(|word| word.starts_with(typed))
}

fn entry(label: String, note: &str, does: Choice) -> PaletteEntry {
    PaletteEntry { label, note: note.to_owned(), matched: Vec::new(), does, unavailable: None }
}

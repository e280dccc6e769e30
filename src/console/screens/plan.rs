//! A plan, before anything happens: what would be done to one thing, and what it takes to say yes.

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use super::overlays::byte_cursor;
use super::{Canvas, plan_bulk};
use crate::console::app::msg::Target;
use crate::console::app::ops::dialog::PlanDialog;
use crate::console::app::ops::words;
use crate::console::theme::{Glyphs, Role};
use crate::console::widgets::{Button, Dialog, Input, Rich, draw as cellwise, wrap};
use crate::model::plan::{AfterKill, Downtime, Note, Plan, Planned, Refusal, Space, Weight};
use crate::model::shell;
use crate::model::text::{clean, clean_lines};
use crate::model::units::bytes;

/// Columns of a plan for one thing at most: more is hard to read.
const MOST: u16 = 88;
/// Columns of a table of plans at most.
const MOST_TABLE: u16 = 132;
/// Lines of a diff that are shown without being asked for.
const SHORT_DIFF: usize = 8;

/// Draws the dialog.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect, dialog: &PlanDialog) {
    let most = if dialog.single().is_some() { MOST } else { MOST_TABLE };
    // As the dialog itself: at the sides something stays in sight where there is room.
    let room = if area.width > 84 { area.width - 4 } else { area.width };
    let columns = usize::from(room.min(most).saturating_sub(4));
    let g = c.look.glyphs;
    let body = match dialog.single() {
        Some(Planned::Plan(plan)) => of_plan(plan, columns, dialog.details, g),
        Some(Planned::Refused(refusal)) => of_refusal(refusal, columns, g),
        None => plan_bulk::body(dialog, columns, g),
    };
    let word = dialog.word();
    let mut shown =
        Dialog::new(Rich::of(dialog.title(), Role::Title), body).buttons(buttons(dialog), dialog.focus);
    shown.min_width = columns as u16;
    shown.scroll = dialog.scroll;
    shown.danger = dialog.is_dangerous();
    shown.extra = if word.is_some() { 2 } else { 0 };
    let areas = shown.draw(c.buf, area, c.look);
    c.view.hits.push(areas.whole, Target::Overlay);
    for (i, place) in areas.buttons.iter().enumerate() {
        c.view.hits.push(*place, Target::Button(i));
    }
    if let Some(word) = word {
        let of_what = if dialog.single().is_some() { "" } else { ", how many they are," };
        Input {
            prompt: &format!("Type {word}{of_what} to go ahead: "),
            text: dialog.typed.value(),
            cursor: byte_cursor(&dialog.typed),
            focused: true,
            ..Input::default()
        }
        .draw(c.buf, cellwise::below(areas.extra, 1), c.look);
    }
    c.scrolled(areas.visible, areas.lines);
}

fn buttons(dialog: &PlanDialog) -> Vec<Button<'static>> {
    let again = dialog.again.then(|| Button::new("Edit again"));
    let Some(verb) = dialog.button() else {
        return [Button::new("Close")].into_iter().chain(again).collect();
    };
    let go = if dialog.is_dangerous() { Button::danger(verb) } else { Button::new(verb) };
    let go = Button { disabled: !dialog.may_go(), ..go };
    [Button::new("Cancel")].into_iter().chain(again).chain([go]).collect()
}

/// Text behind something in front of its first line, the lines after it as far in.
pub(super) fn hanging(front: Rich<'static>, text: &Rich<'_>, columns: usize) -> Vec<Rich<'static>> {
    let indent = front.width();
    let mut front = Some(front);
    let lines = wrap(text, columns.saturating_sub(indent).max(10));
    lines
        .into_iter()
        .map(|line| front.take().unwrap_or_else(|| Rich::of(" ".repeat(indent), Role::Text)).join(line))
        .collect()
}

fn of_refusal(refusal: &Refusal, columns: usize, g: &Glyphs) -> Vec<Rich<'static>> {
    let front = Rich::of(format!("{} ", g.crashed), Role::Critical);
    let reason = Rich::of(clean(&refusal.reason).into_owned(), Role::Strong);
    let mut lines = hanging(front, &reason, columns);
    if !refusal.remedy.is_empty() {
        lines.push(Rich::new());
        let remedy = Rich::of(clean(&refusal.remedy).into_owned(), Role::Accent);
        lines.extend(hanging(Rich::of("  ", Role::Text), &remedy, columns));
    }
    lines
}

fn of_plan(plan: &Plan, columns: usize, details: bool, g: &Glyphs) -> Vec<Rich<'static>> {
    let mut lines = wrap(&Rich::of(clean(&plan.summary).into_owned(), Role::Strong), columns);
    lines.push(Rich::new());
    lines.extend(steps(plan, columns));
    let noted: Vec<_> = plan.notes.iter().flat_map(|n| note(n, "", columns, g)).collect();
    let facts: Vec<_> = facts(plan, details).iter().flat_map(|(l, t)| fact(l, t, columns)).collect();
    for part in [noted, facts, diff(plan, details, columns, g)] {
        if !part.is_empty() {
            lines.push(Rich::new());
            lines.extend(part);
        }
    }
    lines
}

/// What is done, in order, each with the command that does the same.
pub(super) fn steps(plan: &Plan, columns: usize) -> Vec<Rich<'static>> {
    let mut lines = Vec::new();
    for (i, step) in plan.steps.iter().enumerate() {
        let title = Rich::of(clean(&step.title).into_owned(), Role::Text);
        lines.extend(hanging(Rich::of(format!("{}. ", i + 1), Role::Dim), &title, columns));
        if !step.command.is_empty() {
            let command = Rich::of(shell::line(&step.command), Role::Dim);
            lines.extend(hanging(Rich::of("   $ ", Role::Dim), &command, columns));
        }
    }
    lines
}

/// Something to know, by its weight in sign, word and colour; `whose` names those it is about where it is not all.
pub(super) fn note(note: &Note, whose: &str, columns: usize, g: &Glyphs) -> Vec<Rich<'static>> {
    let (sign, word, role) = match note.weight {
        Weight::Danger => (g.crashed, "Danger", Role::Danger),
        Weight::Warning => ("!", "Warning", Role::Warning),
        Weight::Info => (g.right, "Note", Role::Info),
    };
    let text = if note.weight == Weight::Info { Role::Text } else { Role::Strong };
    let front = Rich::of(format!("{sign} {word:<8}"), role);
    hanging(front, &Rich::of(format!("{whose}{}", clean(&note.text)), text), columns)
}

/// Labelled facts of a plan.
fn facts(plan: &Plan, details: bool) -> Vec<(&'static str, Rich<'static>)> {
    let mut facts = Vec::new();
    facts.extend(downtime(plan.downtime).map(|text| ("Not served", Rich::of(text, Role::Text))));
    facts.extend(plan.space.iter().map(|s| ("Needs", space(s))));
    let back = plan.inverse.as_ref().map_or_else(
        || Rich::of("nothing", Role::Dim),
        |inverse| Rich::of(format!("{} (u)", words::bare(words::verb(inverse))), Role::Text),
    );
    facts.push(("Taken back by", back));
    if details {
        for fact in &plan.basis {
            let was = if fact.was.is_empty() { "nothing".into() } else { clean(&fact.was) };
            facts.push(("Rests on", Rich::of(format!("{}: {was}", clean(&fact.what)), Role::Text)));
        }
        let killed = match plan.after_kill {
            AfterKill::Stay => "what was done stays",
            AfterKill::Undo => "what was done is taken back at the next start",
            AfterKill::Finish => "the rest is done at the next start",
        };
        facts.push(("If killed", Rich::of(killed, Role::Text)));
    }
    facts
}

fn fact(label: &str, text: &Rich<'static>, columns: usize) -> Vec<Rich<'static>> {
    hanging(Rich::of(format!("{label:<14}"), Role::Label), text, columns)
}

/// How long a guest is not served, where it is not.
pub(super) fn downtime(downtime: Downtime) -> Option<String> {
    match downtime {
        Downtime::None => None,
        Downtime::Moments => Some("for moments".into()),
        Downtime::About(seconds) => Some(format!("for about {seconds} s")),
        Downtime::UntilStarted => Some("until it is started or resumed".into()),
    }
}

fn space(space: &Space) -> Rich<'static> {
    let place = clean(&space.place);
    let needs = Rich::of(format!("{} in {place}", bytes(space.needs as f64)), Role::Text);
    match space.free {
        Some(free) if free < space.needs => {
            needs.and(format!(", where only {} are free", bytes(free as f64)), Role::Danger)
        }
        Some(free) => needs.and(format!(", {} free", bytes(free as f64)), Role::Dim),
        None => needs,
    }
}

/// What changes in a definition, cut short unless all is wanted.
fn diff(plan: &Plan, details: bool, columns: usize, g: &Glyphs) -> Vec<Rich<'static>> {
    let text = clean_lines(&plan.diff);
    let all: Vec<&str> = text.lines().filter(|line| details || !line.starts_with("@@")).collect();
    let most = if details || all.len() <= SHORT_DIFF + 1 { all.len() } else { SHORT_DIFF };
    let mut lines: Vec<Rich<'static>> =
        all.iter().take(most).flat_map(|line| diff_line(line, columns)).collect();
    if most < all.len() {
        let text = format!("{} {} more lines: details", g.ellipsis, all.len() - most);
        lines.push(Rich::of(text, Role::Dim));
    }
    lines
}

/// A unified diff, whole.
pub(super) fn diff_lines(diff: &str, columns: usize) -> Vec<Rich<'static>> {
    clean_lines(diff).lines().flat_map(|line| diff_line(line, columns)).collect()
}

fn diff_line(line: &str, columns: usize) -> Vec<Rich<'static>> {
    let role = match line.as_bytes().first() {
        Some(b'+') => Role::Ok,
        Some(b'-') => Role::Critical,
        Some(b'@') => Role::Dim,
        _ => Role::Text,
    };
    let (sign, rest) = line.split_at(usize::from(line.starts_with(['+', '-', ' '])));
    hanging(Rich::of(format!("{sign:<2}"), role), &Rich::of(rest.to_owned(), role), columns)
}

/// Notes of several plans, each once, with those it is about.
pub(super) fn notes_of<'p>(plans: impl Iterator<Item = &'p Plan>) -> Vec<(&'p Note, Vec<&'p Plan>)> {
    let mut order: Vec<&Note> = Vec::new();
    let mut whose: BTreeMap<&str, Vec<&Plan>> = BTreeMap::new();
    for plan in plans {
        for note in &plan.notes {
            let plans = whose.entry(&note.text).or_default();
            if plans.is_empty() {
                order.push(note);
            }
            plans.push(plan);
        }
    }
    order.sort_by_key(|note| note.weight);
    order.into_iter().map(|note| (note, whose.remove(note.text.as_str()).unwrap_or_default())).collect()
}

//! A job in full: its steps with their commands and times, what became of it, who asked for it.

use ratatui::layout::Rect;

use super::plan::hanging;
use super::{Canvas, jobs};
use crate::console::app::action::ActionId;
use crate::console::app::msg::Target;
use crate::console::app::ops::{self, offer_word, words};
use crate::console::theme::{Glyphs, Role};
use crate::console::widgets::{Dialog, Rich};
use crate::model::job::{Job, JobId, JobStep, StepState};
use crate::model::shell;
use crate::model::text::clean;
use crate::model::time::human_duration;
use crate::model::units::seconds;

/// Columns at most.
const MOST: u16 = 96;

/// Draws the box.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect, id: JobId, scroll: usize) {
    let Some(job) = c.app.ops.as_ref().and_then(|ops| ops.jobs.job(id)) else { return };
    let room = if area.width > 84 { area.width - 4 } else { area.width };
    let columns = usize::from(room.min(MOST).saturating_sub(4));
    let mut shown = Dialog::new(Rich::of(clean(&job.title).into_owned(), Role::Title), body(c, job, columns));
    shown.min_width = columns as u16;
    shown.scroll = scroll;
    let areas = shown.draw(c.buf, area, c.look);
    c.view.hits.push(areas.whole, Target::Overlay);
    c.scrolled(areas.visible, areas.lines);
}

fn body(c: &Canvas<'_>, job: &Job, columns: usize) -> Vec<Rich<'static>> {
    let g = c.look.glyphs;
    let mut head = jobs::state(job.state, g);
    if let Some(took) = ops::took(job, c.app.now) {
        let word = if job.ended.is_some() { "took" } else { "for" };
        head.push(format!(" {word} {}", human_duration(took)), Role::Text);
    }
    let mut lines = vec![head];
    if !job.outcome.is_empty() {
        let outcome = Rich::of(clean(&job.outcome).into_owned(), Role::Strong);
        lines.extend(hanging(Rich::new(), &outcome, columns));
    }
    if let Some(progress) = job.progress.as_ref().filter(|_| !job.state.is_over()) {
        lines.push(Rich::of(words::progress(progress), Role::Text));
    }
    lines.push(Rich::new());
    for step in &job.steps {
        lines.extend(step_lines(c, step, columns, g));
    }
    lines.push(Rich::new());
    for (label, text) in facts(c, job) {
        lines.extend(hanging(Rich::of(format!("{label:<14}"), Role::Label), &text, columns));
    }
    lines
}

fn step_lines(c: &Canvas<'_>, step: &JobStep, columns: usize, g: &Glyphs) -> Vec<Rich<'static>> {
    let (sign, role) = match step.state {
        StepState::Waiting => (g.off, Role::Dim),
        StepState::Begun => (g.busy, Role::StateChanging),
        StepState::Done => (g.mark, Role::Ok),
        StepState::Failed => (g.crashed, Role::Critical),
        StepState::Undone => (g.down, Role::Warning),
    };
    let text = if step.state == StepState::Waiting { Role::Dim } else { Role::Text };
    let title = Rich::of(clean(&step.title).into_owned(), text).and(times(c, step), Role::Dim);
    let mut lines = hanging(Rich::of(format!("{sign} {:<8}", step.state.word()), role), &title, columns);
    if !step.command.is_empty() {
        let command = Rich::of(shell::line(&step.command), Role::Dim);
        lines.extend(hanging(Rich::of("          $ ", Role::Dim), &command, columns));
    }
    lines
}

/// `  14:02:11, 1.2 s`
fn times(c: &Canvas<'_>, step: &JobStep) -> String {
    let Some(begun) = step.begun else { return String::new() };
    let second = c.app.local(begun).second.rem_euclid(60);
    let at = format!("  {}:{second:02}", c.app.clock(begun));
    match step.ended {
        Some(ended) => format!("{at}, {}", seconds(begun.age(ended).as_secs_f64())),
        None => at,
    }
}

fn facts(c: &Canvas<'_>, job: &Job) -> Vec<(&'static str, Rich<'static>)> {
    let text = |text: String| Rich::of(text, Role::Text);
    let key = |action| c.app.keymap.all_keys(action).into_iter().next();
    let mut facts = vec![("Asked for by", text(asked_by(job)))];
    facts.push(("Confirmed", text(c.app.local(job.created).full())));
    if let Some(ended) = job.ended {
        facts.push(("Ended", text(c.app.local(ended).full())));
    }
    facts.push(("Job", text(job.id.to_string())));
    let undo = jobs::undo(c, job).map(|undo| words::bare(words::verb(&undo)).to_lowercase());
    let helps = [("Instead", offer_word(job), ActionId::Offer), ("Taken back by", undo, ActionId::Undo)];
    for (label, word, action) in helps {
        if let Some(word) = word {
            let key = key(action).unwrap_or_default();
            facts.push((label, Rich::of(format!("{key} "), Role::FooterKey).and(word, Role::Accent)));
        }
    }
    facts
}

/// `root at 10.0.0.5, console, process 4711`
fn asked_by(job: &Job) -> String {
    let by = &job.by;
    let user = clean(&by.user);
    let origin = if by.origin.is_empty() { String::new() } else { format!(" at {}", clean(&by.origin)) };
    let this = if job.here { " (this one)" } else { "" };
    format!("{user}{origin}, {}, process {}{this}", by.via.word(), by.pid)
}

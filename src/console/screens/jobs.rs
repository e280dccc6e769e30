//! Jobs: what is being done, and what was.

use ratatui::layout::{Constraint, Layout, Rect};

use super::Canvas;
use crate::console::app::action::ActionId;
use crate::console::app::msg::Target;
use crate::console::app::ops::rows::{Counts, RowKey, members};
use crate::console::app::ops::{self, Ops, offer_word, undo_of, words};
use crate::console::app::place::Pane;
use crate::console::theme::{Glyphs, Role};
use crate::console::widgets::{
    Bar, ColumnSpec, Pane as Frame, Rich, Row, TableSpec, Width, draw as cellwise, paragraph, table,
    visible_rows,
};
use crate::model::job::{Job, JobState, StepState, Via};
use crate::model::operation::Operation;
use crate::model::shell;
use crate::model::text::clean;
use crate::model::time::{human_age, human_duration};

/// Columns of a progress bar.
const BAR: usize = 8;

/// Draws the screen.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    let app = c.app;
    let Some(ops) = &app.ops else { return };
    let list = &ops.list;
    let open = ops.active().count();
    let notes = if open > 0 { format!("{open} open") } else { String::new() };
    let position = match list.rows.len() {
        0 => String::new(),
        n => format!("{}/{n}", list.cursor.index() + 1),
    };
    let pane = Frame::new(Rich::of("Jobs", Role::Title).and(count(ops), Role::Dim))
        .notes(Rich::of(notes, Role::Dim))
        .position(Rich::of(position, Role::Dim))
        .focused(c.has_focus(Pane::Jobs));
    let mut inner = pane.draw(c.buf, area, c.look);
    c.view.hits.push(area, Target::Pane(Pane::Jobs));
    if let Some(trouble) = &ops.jobs.trouble {
        let sign = c.look.glyphs.crashed;
        let text = format!("{sign} Nothing can be begun: {}", clean(trouble));
        c.line(cellwise::row(inner, 0), &Rich::of(text, Role::Critical));
        inner = cellwise::below(inner, 2);
    }
    if list.rows.is_empty() {
        return empty(c, inner);
    }
    let [inner, below] =
        Layout::vertical([Constraint::Min(4), Constraint::Length((inner.height / 3).min(9))]).areas(inner);
    detail(c, below, ops);
    let height = visible_rows(inner.height, true);
    let first = c.offset(Pane::Jobs, list.cursor.index(), height, list.rows.len());
    let shown = &list.rows[first..(first + height).min(list.rows.len())];
    let rows: Vec<Row<'_>> = shown.iter().map(|key| row(c, ops, *key)).collect();
    let columns = columns();
    let spec = TableSpec {
        cursor: Some(list.cursor.index().saturating_sub(first)),
        focused: c.has_focus(Pane::Jobs),
        ..TableSpec::new(&columns, &rows)
    };
    let areas = table(c.buf, inner, c.look, &spec);
    for (i, place) in areas.rows.iter().enumerate() {
        c.view.hits.push(*place, Target::Row(Pane::Jobs, first + i));
    }
    c.view.drawn.page = height;
}

/// What is selected, with nothing of it cut.
fn detail(c: &mut Canvas<'_>, area: Rect, ops: &Ops) {
    let g = c.look.glyphs;
    let selected = ops.list.selected(&ops.jobs);
    let lines: Vec<Rich<'static>> = match selected.as_slice() {
        [job] => {
            let head = state(job.state, g).and(format!("  {}", clean(&job.title)), Role::Strong);
            let took = ops::took(job, c.app.now);
            let took = took.map_or_else(String::new, |took| format!("  {}", human_duration(took)));
            let command = job.step_now().filter(|step| !step.command.is_empty() && !job.state.is_over());
            let command = command.map(|step| Rich::of(shell::line(&step.command), Role::Dim));
            [head.and(took, Role::Dim), told(c, job)].into_iter().chain(command).collect()
        }
        several => several
            .iter()
            .map(|job| {
                state(job.state, g).and(format!("  {}  ", clean(&job.title)), Role::Strong).join(told(c, job))
            })
            .collect(),
    };
    let area = cellwise::inset(cellwise::below(area, 1), 2, 0);
    paragraph(c.buf, area, c.look, &lines, 0);
}

fn count(ops: &Ops) -> String {
    match ops.jobs.jobs.len() {
        0 => String::new(),
        n => format!(" {n}"),
    }
}

fn empty(c: &mut Canvas<'_>, area: Rect) {
    let key = |action| c.app.keymap.all_keys(action).into_iter().next();
    let keys = match (key(ActionId::Start), key(ActionId::Shutdown)) {
        (Some(start), Some(stop)) => {
            format!(
                "On a VM, {start} starts it and {stop} shuts it down. Each shows its plan first; what is done then appears here."
            )
        }
        _ => "The palette (:) has what can be done to a VM. Each shows its plan first.".into(),
    };
    c.empty(area, &["Nothing was done yet.", &keys]);
}

fn columns() -> [ColumnSpec<'static>; 5] {
    [
        ColumnSpec::left("STATE", Width::Fixed(13), 95),
        ColumnSpec::left("JOB", Width::Flex { min: 22, weight: 2, max: 40 }, 100),
        ColumnSpec::left("STEP OR OUTCOME", Width::Flex { min: 24, weight: 5, max: u16::MAX }, 90),
        ColumnSpec::right("TIME", Width::Fixed(10), 60),
        ColumnSpec::left("BY", Width::Flex { min: 10, weight: 1, max: 20 }, 30),
    ]
}

fn row(c: &Canvas<'_>, ops: &Ops, key: RowKey) -> Row<'static> {
    match key {
        RowKey::Batch(batch) => {
            let jobs = members(&ops.jobs, batch);
            let Some(first) = jobs.first() else { return Row::new(Vec::new()) };
            let g = c.look.glyphs;
            let sign = if ops.list.collapsed.contains(&batch) { g.closed } else { g.open };
            let title = format!("{sign} {} {}", words::verb(&first.operation), words::of_several(jobs.len()));
            let counts = Counts::of(jobs.iter().copied());
            let role = if counts.all_well() { Role::Text } else { Role::Warning };
            Row::Group(Rich::of(title, Role::Strong).and(format!("  {}", counts.text()), role))
        }
        RowKey::Job(id) => {
            let Some(job) = ops.jobs.job(id) else { return Row::new(Vec::new()) };
            let indent = if members(&ops.jobs, job.batch).len() > 1 { "  " } else { "" };
            Row::new(vec![
                state(job.state, c.look.glyphs),
                Rich::of(format!("{indent}{}", clean(&job.title)), Role::Strong),
                told(c, job),
                time(c, job),
                Rich::of(who(job), Role::Dim),
            ])
        }
    }
}

/// A job's state in sign, word and colour.
pub(super) fn state(state: JobState, g: &Glyphs) -> Rich<'static> {
    let (sign, role) = match state {
        JobState::Queued => (g.off, Role::StateChanging),
        JobState::Running => (g.busy, Role::StateChanging),
        JobState::Cancelling => (g.busy, Role::Warning),
        JobState::Done => (g.mark, Role::Ok),
        JobState::Failed => (g.crashed, Role::Critical),
        JobState::Cancelled => (g.off, Role::Dim),
        JobState::Stale => (g.unknown, Role::Warning),
        JobState::Interrupted => (g.paused, Role::Warning),
    };
    Rich::of(format!("{sign} {}", state.word()), role)
}

/// What takes a job back now.
pub(super) fn undo(c: &Canvas<'_>, job: &Job) -> Option<Operation> {
    c.app.ops.as_ref().and_then(|ops| undo_of(&ops.jobs, job))
}

/// What goes on or became of it, and the key that helps on.
fn told(c: &Canvas<'_>, job: &Job) -> Rich<'static> {
    if !job.state.is_over() {
        return going_on(job, c.look.glyphs);
    }
    let mut line = Rich::new();
    let key = |action| c.app.keymap.all_keys(action).into_iter().next();
    // Before the outcome: it may be long, and what can be done must not be cut off.
    if let (Some(offer), Some(key)) = (offer_word(job), key(ActionId::Offer)) {
        line.push(format!("{key} "), Role::FooterKey);
        line.push(format!("{offer}  "), Role::Accent);
    } else if let (Some(_), Some(key)) = (undo(c, job), key(ActionId::Undo)) {
        line.push(format!("{key} "), Role::FooterKey);
        line.push("undo  ", Role::Accent);
    }
    line.and(clean(&job.outcome).into_owned(), Role::Text)
}

fn going_on(job: &Job, g: &Glyphs) -> Rich<'static> {
    let mut line = Rich::new();
    if let Some(progress) = &job.progress {
        if let Some(share) = progress.share() {
            // A bar of what is done is no usage: a full one is good.
            let bar = Bar::new(Some(share * 100.0)).limits(f64::INFINITY, f64::INFINITY);
            line = line.join(bar.show(BAR, g)).and(format!(" {:>3.0} % ", share * 100.0), Role::Strong);
        }
        line.push(format!("{}  ", words::progress(progress)), Role::Text);
    }
    let step = job.step_now().filter(|s| s.state == StepState::Begun).map(|s| clean(&s.title).into_owned());
    let step = match job.state {
        JobState::Queued => "waits for its turn".into(),
        // Some steps go on to their end.
        JobState::Cancelling => step.map_or_else(|| "stopping".into(), |step| format!("stopping · {step}")),
        JobState::Interrupted if !job.outcome.is_empty() => clean(&job.outcome).into_owned(),
        JobState::Interrupted => "NovaCron was cut off in the middle of it".into(),
        _ => step.unwrap_or_default(),
    };
    line.and(step, Role::Dim)
}

/// How long it has taken, or when it ended.
fn time(c: &Canvas<'_>, job: &Job) -> Rich<'static> {
    let now = c.app.now;
    match job.ended {
        None => ops::took(job, now).map_or_else(Rich::new, |took| Rich::of(human_duration(took), Role::Text)),
        Some(ended) if ended.age(now).as_secs() < 86_400 => Rich::of(c.app.clock(ended), Role::Dim),
        Some(ended) => Rich::of(human_age(ended.age(now)), Role::Dim),
    }
}

/// Who asked for it, and from where unless it was a console.
pub(super) fn who(job: &Job) -> String {
    let user = clean(&job.by.user);
    match job.by.via {
        Via::Console => user.into_owned(),
        via => format!("{user}, {}", via.word()),
    }
}

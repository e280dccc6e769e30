//! Charts that can be zoomed: which are on screen, how much time they show, where their cursor is, and what of
//! them must be asked of history.

mod points;
mod shown;
mod window;

pub use points::{ChartPoint, nearest, points};
pub use shown::{ChartSpec, Line, device_of, devices, shown};
pub use window::Window;

use super::App;
use super::history::{ChartAsk, ChartHistory, SeriesKey, Told};
use super::place::{Pane, Scope, VmTab};
use crate::engine::history::{Event, Subject};
use crate::model::time::Timestamp;

/// Points asked of a line: more than any screen has dots across.
const TARGET: usize = 600;

/// What an answer is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskKey {
    series: Vec<SeriesKey>,
    window: Window,
    /// The moment at its end; `None` follows the present.
    at: Option<Timestamp>,
}

/// A question on its way, or answered.
#[derive(Clone, Debug)]
struct Asked {
    number: u64,
    key: AskKey,
    when: Timestamp,
    answered: bool,
}

/// The state of all charts.
#[derive(Clone, Debug, Default)]
pub struct Charts {
    /// How much time they show.
    pub window: Window,
    /// Where the cursor is.
    pub cursor: Option<Timestamp>,
    /// The device whose charts the VM's screen shows; else its own.
    pub device: Option<Subject>,
    /// Whether marked VMs are drawn too.
    pub compare: bool,
    asked: Option<Asked>,
    answer: Option<(AskKey, Told<ChartHistory>)>,
    numbers: u64,
}

/// How the history of what is shown stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is here, and reaches back far enough.
    Here,
    /// It is on its way.
    Loading,
    /// There is nothing before this instant.
    Before(Timestamp),
    /// No history is kept.
    NotKept,
    /// It could not be read.
    Failed(String),
}

/// Whether charts have the keys.
pub fn has_keys(app: &App) -> bool {
    matches!(app.scope_below(), Scope::VmCharts | Scope::PaneCharts)
}

/// Whether charts are on screen.
fn visible(app: &App) -> bool {
    match &app.page {
        Some(page) => page.tab == VmTab::Charts,
        None => app.pane_is_shown(Pane::PoolCharts) || app.pane_is_shown(Pane::HostCharts),
    }
}

/// The instants at the ends of what is shown.
pub fn range(app: &App) -> (Timestamp, Timestamp) {
    let shown = app.view().at;
    // What came after a past moment belongs to the picture, as far as it is known.
    let to = match app.past_step_ms() {
        Some(_) => {
            Timestamp(shown.0.saturating_add(app.charts.window.ms() / 4).min(app.live.at.0.max(shown.0)))
        }
        None => shown,
    };
    (Timestamp(to.0.saturating_sub(app.charts.window.ms())), to)
}

/// What must be asked for the charts on screen: what is not in memory, and events.
fn wanted(app: &App) -> Option<AskKey> {
    if !visible(app) {
        return None;
    }
    let (from, _) = range(app);
    let mut series: Vec<SeriesKey> = Vec::new();
    for line in shown(app).into_iter().flat_map(|chart| chart.lines) {
        if !points::is_in_memory(app, &line, from) {
            series.push((line.subject, line.metric));
        }
    }
    let at = if app.past.is_some() || app.frozen.is_some() { Some(app.view().at) } else { None };
    Some(AskKey { series, window: app.charts.window, at })
}

/// The question to ask now, if any. One at a time: who zooms fast waits for one answer, not for ten.
pub(super) fn ask(app: &mut App) -> Option<ChartAsk> {
    let key = wanted(app)?;
    let now = app.now;
    let due = app.charts.asked.as_ref().is_none_or(|asked| {
        let old = key.at.is_none() && asked.when.age(now) >= key.window.refresh();
        asked.answered && (asked.key != key || old)
    });
    if !due {
        return None;
    }
    let (from, to) = range(app);
    let charts = &mut app.charts;
    charts.numbers += 1;
    let number = charts.numbers;
    charts.asked = Some(Asked { number, key: key.clone(), when: now, answered: false });
    Some(ChartAsk { number, series: key.series, from, to, target: TARGET })
}

/// Takes an answer, unless it is to a question that no longer stands.
pub(super) fn answered(app: &mut App, number: u64, told: Told<ChartHistory>) {
    let Some(asked) = app.charts.asked.as_mut().filter(|asked| asked.number == number) else { return };
    asked.answered = true;
    app.charts.answer = Some((asked.key.clone(), told));
    app.dirty = true;
}

/// What history told for what is shown now.
fn history(app: &App) -> Option<&Told<ChartHistory>> {
    let (key, told) = app.charts.answer.as_ref()?;
    // More series than are missing by now are welcome: the rings grew meanwhile.
    let wanted = wanted(app)?;
    let fits = key.window == wanted.window
        && key.at == wanted.at
        && wanted.series.iter().all(|series| key.series.contains(series));
    fits.then_some(told)
}

/// How it stands with the history of what is shown.
pub fn state(app: &App) -> State {
    let (from, _) = range(app);
    match history(app) {
        None => State::Loading,
        Some(Told::NotKept) => State::NotKept,
        Some(Told::Failed(why)) => State::Failed(why.clone()),
        Some(Told::Here(history)) => match history.begin {
            Some(begin) if begin > from => State::Before(begin),
            _ => State::Here,
        },
    }
}

/// What happened to what is shown, oldest first.
pub fn events(app: &App) -> Vec<&Event> {
    let Some(Told::Here(history)) = history(app) else { return Vec::new() };
    let lines: Vec<Line> = shown(app).into_iter().flat_map(|chart| chart.lines).collect();
    let concerns = |event: &&Event| match &event.subject {
        None => true,
        Some(subject) => lines
            .iter()
            .any(|l| l.subject == *subject || subject.vm().is_some_and(|vm| l.subject.vm() == Some(vm))),
    };
    let (from, to) = range(app);
    history.events.iter().filter(|e| e.at >= from && e.at <= to).filter(concerns).collect()
}

/// The event at the cursor, if there is one near.
pub fn event_at_cursor(app: &App) -> Option<&Event> {
    let cursor = app.charts.cursor?;
    let near = app.charts.window.cursor_ms().unsigned_abs();
    let far = |e: &Event| e.at.0.abs_diff(cursor.0);
    events(app).into_iter().filter(|e| far(e) <= near).min_by_key(|e| far(e))
}

//! What is asked around plans and jobs: the line for tags and names, whether to stop jobs, and the wait for a plan.

use ratatui::layout::Rect;

use super::overlays::byte_cursor;
use super::{Canvas, form, job, lists, plan, sheets};
use crate::console::app::msg::Target;
use crate::console::app::ops::prompt::Prompt;
use crate::console::app::ops::{OpsOverlay, Stop};
use crate::console::theme::Role;
use crate::console::widgets::{Button, Dialog, Input, Rich, draw as cellwise};
use crate::model::job::JobId;
use crate::model::text::clean;
use crate::model::time::human_age;

/// Draws whatever of operations lies over the screen. The footer and the row above it stay in sight: keys, and what is
/// to be told.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect, overlay: &OpsOverlay) {
    if let OpsOverlay::Planning { what, .. } = overlay {
        return planning(c, area, what);
    }
    let area = Rect { height: area.height.saturating_sub(2), ..area };
    match overlay {
        OpsOverlay::Planning { .. } => {}
        OpsOverlay::Plan(dialog) => plan::draw(c, area, dialog),
        OpsOverlay::Prompt(line) => prompt(c, area, line),
        OpsOverlay::Form(it) => form::draw(c, area, it),
        OpsOverlay::Held(list) => lists::held(c, area, list),
        OpsOverlay::Orphans(list) => lists::orphans(c, area, list),
        OpsOverlay::Templates(list) => lists::templates(c, area, list),
        OpsOverlay::Sheet(sheet) => sheets::draw(c, area, sheet),
        OpsOverlay::Job { id, scroll } => job::draw(c, area, *id, *scroll),
        OpsOverlay::Stop { stop, focus } => question(c, area, stop, *focus),
        OpsOverlay::Leaving { until } => {
            let left = human_age(c.app.now.age(*until));
            let lines = vec![
                Rich::of("Waiting until they have taken back what they did.", Role::Strong),
                Rich::of(
                    format!(
                        "After {left} the console is left in any case; what is unfinished then is found at the next start."
                    ),
                    Role::Text,
                ),
            ];
            dialog(
                c,
                area,
                &Dialog::new("Stopping jobs", lines).buttons(vec![Button::danger("Leave at once")], 0),
            );
        }
    }
}

/// In the last row, where it does not hide what it is about. Mostly it is gone before it is read.
fn planning(c: &mut Canvas<'_>, area: Rect, what: &str) {
    let place = cellwise::row(area, area.height.saturating_sub(2));
    cellwise::clear(c.buf, place, c.look.style(Role::Text));
    c.view.hits.push(place, Target::Overlay);
    let g = c.look.glyphs;
    let line = Rich::of(format!(" {} Planning: ", g.busy), Role::StateChanging)
        .and(format!("{} {}", clean(what), g.ellipsis), Role::Text)
        .and("  Esc cancels", Role::Dim);
    c.line(place, &line);
}

fn prompt(c: &mut Canvas<'_>, area: Rect, line: &Prompt) {
    let below = match &line.error {
        Some(why) => Rich::of(clean(why).into_owned(), Role::InputError),
        None => Rich::of(line.hint(), Role::Dim),
    };
    let mut shown = Dialog::new(Rich::of(line.title(), Role::Title), vec![below]);
    shown.min_width = 72;
    shown.extra = 2;
    let areas = dialog(c, area, &shown);
    Input {
        prompt: "> ",
        text: line.input.value(),
        cursor: byte_cursor(&line.input),
        focused: true,
        ..Input::default()
    }
    .draw(c.buf, cellwise::below(areas, 1), c.look);
}

fn question(c: &mut Canvas<'_>, area: Rect, stop: &Stop, focus: usize) {
    let back = "What a job did so far is taken back where it can be; one that waits is dropped.";
    let titles = |ids: &[JobId]| -> Vec<Rich<'static>> {
        let jobs = c.app.ops.as_ref().map(|ops| &ops.jobs);
        let found = ids.iter().filter_map(|id| jobs.and_then(|jobs| jobs.job(*id)));
        found.take(8).map(|job| Rich::of(format!("  {}", clean(&job.title)), Role::Strong)).collect()
    };
    let (title, ids, mut lines, buttons) = match stop {
        Stop::Jobs(ids) => {
            let title =
                if ids.len() == 1 { "Stop this job?".into() } else { format!("Stop {} jobs?", ids.len()) };
            let stop = if ids.len() == 1 { "Stop it".into() } else { format!("Stop {}", ids.len()) };
            (title, ids.clone(), vec![Rich::of(back, Role::Text)], ["Keep it going".into(), stop])
        }
        Stop::Leave => {
            let ids: Vec<JobId> =
                c.app.ops.iter().flat_map(|ops| ops.jobs.open_here()).map(|job| job.id).collect();
            let title =
                if ids.len() == 1 { "A job is open".into() } else { format!("{} jobs are open", ids.len()) };
            let lines = vec![Rich::of(carried_out(ids.len()), Role::Text), Rich::of(back, Role::Text)];
            let stop = if ids.len() == 1 { "Leave and stop it" } else { "Leave and stop them" };
            (title, ids, lines, ["Stay".into(), stop.into()])
        }
    };
    let listed = titles(&ids);
    let more = ids.len() - listed.len();
    lines.push(Rich::new());
    lines.extend(listed);
    if more > 0 {
        lines.push(Rich::of(format!("  and {more} more"), Role::Dim));
    }
    let [stay, go]: [String; 2] = buttons;
    let buttons = vec![Button::new(stay), Button::danger(go)];
    dialog(c, area, &Dialog::new(Rich::of(title, Role::Title), lines).buttons(buttons, focus));
}

const fn carried_out(jobs: usize) -> &'static str {
    if jobs == 1 {
        "It is carried out by this console: leaving stops it."
    } else {
        "They are carried out by this console: leaving stops them."
    }
}

/// Draws a dialog, tells the mouse of it, and returns the rows it keeps empty.
fn dialog(c: &mut Canvas<'_>, area: Rect, dialog: &Dialog<'_>) -> Rect {
    let areas = dialog.draw(c.buf, area, c.look);
    c.view.hits.push(areas.whole, Target::Overlay);
    for (i, place) in areas.buttons.iter().enumerate() {
        c.view.hits.push(*place, Target::Button(i));
    }
    areas.extra
}

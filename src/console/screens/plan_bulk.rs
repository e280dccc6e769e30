//! Plans for several VMs: a row for each, what is to be known once, and what was refused with its reason.

use super::plan::{downtime, hanging, note, notes_of, steps};
use crate::console::app::ops::dialog::PlanDialog;
use crate::console::theme::{Glyphs, Role};
use crate::console::widgets::Rich;
use crate::model::plan::{Plan, Planned, Refusal};
use crate::model::shell;
use crate::model::text::{clean, truncate, width};

/// Columns of a name at most.
const NAME: usize = 24;
/// Columns below which a command tells nothing.
const COMMAND: usize = 20;

/// Columns of the table.
struct Columns {
    all: usize,
    name: usize,
    summary: usize,
    command: usize,
}

/// What the dialog says.
pub(super) fn body(dialog: &PlanDialog, columns: usize, g: &Glyphs) -> Vec<Rich<'static>> {
    let columns = layout(dialog, columns);
    let mut lines = Vec::new();
    for planned in &dialog.planned {
        match planned {
            Planned::Plan(plan) => {
                lines.push(row(plan, &columns));
                if dialog.details {
                    lines.extend(steps(plan, columns.all - 2).into_iter().map(indented));
                }
            }
            Planned::Refused(refusal) => lines.extend(refused(refusal, &columns, g)),
        }
    }
    let count = dialog.plans().count();
    let mut below: Vec<Rich<'static>> = Vec::new();
    for (said, plans) in notes_of(dialog.plans()) {
        let whose = if plans.len() == count { String::new() } else { format!("{}: ", names(&plans)) };
        below.extend(note(said, &whose, columns.all, g));
    }
    if let Some(text) = dialog.plans().next().and_then(|plan| downtime(plan.downtime)) {
        if !below.is_empty() {
            below.push(Rich::new());
        }
        let text = text.replace("it is", "they are");
        below.push(Rich::of("Not served    ", Role::Label).and(text, Role::Text));
    }
    if !below.is_empty() {
        lines.push(Rich::new());
        lines.extend(below);
    }
    lines
}

fn layout(dialog: &PlanDialog, all: usize) -> Columns {
    let names = dialog.planned.iter().map(|p| width(&p.target().display_name()));
    let name = names.max().unwrap_or(0).min(NAME);
    let rest = all.saturating_sub(name + 2);
    let summaries = dialog.plans().map(|plan| width(&clean(&plan.summary)));
    let summary = summaries.max().unwrap_or(0);
    let commands = dialog.plans().filter_map(command).map(|c| width(&c));
    let command = commands.max().unwrap_or(0).min(rest.saturating_sub(summary + 2));
    if command >= COMMAND {
        return Columns { all, name, summary, command };
    }
    // The summary goes before the command where there is no room for both.
    let summary = summary.min(rest);
    Columns { all, name, summary, command: 0 }
}

fn command(plan: &Plan) -> Option<String> {
    let step = plan.steps.iter().find(|step| !step.command.is_empty())?;
    Some(shell::line(&step.command))
}

fn named(name: &str, columns: &Columns, role: Role) -> Rich<'static> {
    let name = truncate(name, columns.name).into_owned();
    let fill = columns.name.saturating_sub(width(&name)) + 2;
    Rich::of(name, role).and(" ".repeat(fill), Role::Text)
}

fn row(plan: &Plan, columns: &Columns) -> Rich<'static> {
    let line = named(&plan.target.display_name(), columns, Role::Strong);
    let summary = truncate(&clean(&plan.summary), columns.summary).into_owned();
    let fill = columns.summary.saturating_sub(width(&summary)) + 2;
    let line = line.and(summary, Role::Text);
    match command(plan).filter(|_| columns.command > 0) {
        Some(command) => line
            .and(" ".repeat(fill), Role::Text)
            .and(truncate(&command, columns.command).into_owned(), Role::Dim),
        None => line,
    }
}

fn refused(refusal: &Refusal, columns: &Columns, g: &Glyphs) -> Vec<Rich<'static>> {
    let front = named(&refusal.target.display_name(), columns, Role::Strong);
    let mut text = Rich::of(format!("{} refused: ", g.crashed), Role::Critical)
        .and(clean(&refusal.reason).into_owned(), Role::Text);
    if !refusal.remedy.is_empty() {
        text.push(format!(" {}", clean(&refusal.remedy)), Role::Accent);
    }
    hanging(front, &text, columns.all)
}

fn indented(line: Rich<'static>) -> Rich<'static> {
    Rich::of("  ", Role::Text).join(line)
}

/// `web01, mail`, and how many more.
fn names(plans: &[&Plan]) -> String {
    const MOST: usize = 3;
    let first: Vec<String> = plans.iter().take(MOST).map(|p| p.target.display_name().into_owned()).collect();
    match plans.len().checked_sub(MOST).filter(|n| *n > 0) {
        Some(more) => format!("{} and {more} more", first.join(", ")),
        None => first.join(", "),
    }
}

//! Plans and outcomes as people read them.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::outcome::Outcome;
use super::words;
use crate::cli::output::{Layout, write_cells};
use crate::model::columns::Align;
use crate::model::operation::{Operation, VmOperation};
use crate::model::plan::{Confirm, Downtime, Note, Plan, Planned, Refusal, RefusalKind, Weight};
use crate::model::shell;
use crate::model::text::{clean_lines, width};
use crate::model::units::bytes;

/// A plan or a refusal, whole.
pub(super) fn whole(planned: &Planned, layout: Layout) -> String {
    let text = match planned {
        Planned::Plan(plan) => plan_text(plan),
        Planned::Refused(no) => refusal_text(no),
    };
    layout.lines(&text)
}

/// Several, each in a line, with what there is to know of all of them.
pub(super) fn brief(outcomes: &[Outcome], layout: Layout) -> String {
    let rows: Vec<[String; 3]> = outcomes.iter().map(|o| row(&o.planned)).collect();
    let room = |n: usize| rows.iter().filter(|r| !r[2].is_empty()).map(|r| width(&r[n])).max().unwrap_or(0);
    let (names, summaries) = (rows.iter().map(|r| width(&r[0])).max().unwrap_or(0), room(1));
    let mut out = String::new();
    let verb = outcomes.iter().find_map(|o| o.planned.plan()).map_or("Change", |p| p.verb.as_str());
    let _ = writeln!(out, "{verb}: {} VMs", outcomes.len());
    for [name, summary, command] in &rows {
        let (name_pad, pad) = (names - width(name), summaries.saturating_sub(width(summary)));
        let line = format!("  {name}{:name_pad$}  {summary}{:pad$}  {command}", "", "");
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let mut told: Vec<&Note> = Vec::new();
    for note in outcomes.iter().filter_map(|o| o.planned.plan()).flat_map(|p| &p.notes) {
        if !told.iter().any(|t| t.text == note.text) {
            told.push(note);
        }
    }
    told.sort_by_key(|n| n.weight);
    notes(&mut out, told);
    layout.lines(&out)
}

fn row(planned: &Planned) -> [String; 3] {
    let name = planned.target().display_name().into_owned();
    match planned {
        Planned::Plan(plan) => {
            let command = plan.steps.iter().map(|s| &s.command).find(|c| !c.is_empty());
            [name, plan.summary.clone(), command.map(shell::line).unwrap_or_default()]
        }
        Planned::Refused(no) if no.kind == RefusalKind::AlreadySo => [name, no.reason.clone(), String::new()],
        Planned::Refused(no) => [name, format!("refused: {}", no.reason), String::new()],
    }
}

fn plan_text(plan: &Plan) -> String {
    let mut out = plan.title.clone();
    if !plan.summary.is_empty() {
        out.extend([": ", &plan.summary]);
    }
    out.push('\n');
    steps(&mut out, plan);
    notes(&mut out, &plan.notes);
    let mut facts = Vec::new();
    for space in &plan.space {
        let free = space.free.map_or_else(String::new, |f| format!(", {} free", bytes(f as f64)));
        facts.push(format!("Needs {} in {}{free}.", bytes(space.needs as f64), space.place));
    }
    match plan.downtime {
        Downtime::None => {}
        Downtime::Moments => facts.push("The guest is not served for moments.".to_owned()),
        Downtime::About(s) => facts.push(format!("The guest is not served for about {s} s.")),
        Downtime::UntilStarted => {
            facts.push("The guest is not served until it is started or resumed.".to_owned());
        }
    }
    if plan.confirm != Confirm::Yes {
        facts.push("Its name has to be typed to go ahead.".to_owned());
    }
    facts.extend(plan.inverse.as_ref().map(|back| taken_back(back, plan)));
    if !facts.is_empty() {
        out.push('\n');
    }
    for fact in facts {
        let _ = writeln!(out, "  {fact}");
    }
    if !plan.diff.is_empty() {
        out.push('\n');
        for line in clean_lines(&plan.diff).lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}

/// What takes a plan back, as the command that does.
pub(super) fn taken_back(inverse: &Operation, plan: &Plan) -> String {
    format!("Taken back by: {}", words::command(inverse, name_after(plan)))
}

/// The name the VM has once the plan is carried out.
pub(super) fn name_after(plan: &Plan) -> &str {
    match &plan.operation {
        Operation::Vm {
            act: VmOperation::Rename { to } | VmOperation::Undelete { name: Some(to) }, ..
        } => to,
        // What takes a clone back is done to the clone.
        Operation::Vm { act: VmOperation::Clone(new), .. } => &new.name,
        Operation::Vm { .. }
        | Operation::Snapshot { .. }
        | Operation::Volume { .. }
        | Operation::Pool { .. }
        | Operation::Network { .. }
        | Operation::NewVm { .. }
        | Operation::Template { .. } => &plan.target.name,
    }
}

fn steps(out: &mut String, plan: &Plan) {
    out.push('\n');
    let room = plan.steps.iter().map(|s| width(&s.title)).max().unwrap_or(0);
    for (n, step) in (1..).zip(&plan.steps) {
        let pad = room - width(&step.title);
        let line = format!("  {n}. {}{:pad$}    {}", step.title, "", shell::line(&step.command));
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn notes<'n>(out: &mut String, notes: impl IntoIterator<Item = &'n Note>) {
    for (n, note) in notes.into_iter().enumerate() {
        if n == 0 {
            out.push('\n');
        }
        let word = match note.weight {
            Weight::Danger => "Danger: ",
            Weight::Warning => "Warning: ",
            Weight::Info => "",
        };
        let _ = writeln!(out, "  {word}{}", note.text);
    }
}

fn refusal_text(no: &Refusal) -> String {
    let word = if no.kind == RefusalKind::AlreadySo { "" } else { "refused: " };
    let mut out = format!("{}: {word}{}\n", no.title, no.reason);
    if !no.remedy.is_empty() {
        let _ = writeln!(out, "  {}", no.remedy);
    }
    out
}

/// The question that has to be answered; `left_out` of the VMs are not gone ahead with.
pub(super) fn question(plans: &[&Plan], left_out: usize, layout: Layout) -> String {
    let text = match plans {
        [plan] if left_out == 0 => format!("{}? [y/N] ", plan.title),
        [plan] => format!("{}, and leave {left_out} as they are? [y/N] ", plan.title),
        plans => {
            let verb = plans.first().map_or("Change", |p| p.verb.as_str());
            let rest = if left_out == 0 { String::new() } else { format!(" of {}", plans.len() + left_out) };
            format!("{verb}: {}{rest} VMs? [y/N] ", plans.len())
        }
    };
    layout.text(&text)
}

/// The name that has to be typed for a plan, as it is shown.
pub(super) fn typed_name(plan: &Plan) -> Option<String> {
    match &plan.confirm {
        Confirm::Yes => None,
        Confirm::Name(name) => Some(crate::model::text::clean(name).into_owned()),
    }
}

/// What became of several VMs, a row each.
pub(super) fn table(out: &mut dyn Write, outcomes: &[Outcome], layout: Layout) -> io::Result<()> {
    let header = [("NAME", Align::Left), ("RESULT", Align::Left), ("OUTCOME", Align::Left)];
    let row = |o: &Outcome| {
        vec![o.planned.target().display_name().into_owned(), o.word().to_owned(), o.sentence().to_owned()]
    };
    write_cells(out, &header, outcomes.iter().map(row).collect(), layout)
}

//! `novacron vm|volume|pool|network ACTION`: a plan, a yes, and the job to its end.

mod define;
mod desk;
mod follow;
mod jobs;
mod json;
mod kept;
mod leave;
pub(super) mod names;
mod outcome;
mod person;
mod snapshot_words;
mod snapshots;
#[cfg(test)]
mod tests;
mod text;
mod words;
mod words_hardware;
mod words_layers;
mod words_making;
mod words_network;
mod words_storage;

use std::io::Write;
use std::path::Path;

use tokio::sync::oneshot;

pub(super) use desk::{Place, open};
pub(super) use jobs::{list as list_jobs, recover as recover_jobs};
pub(super) use snapshots::{list, show};

pub(super) use self::outcome::of_refusal as exit_of;
/// The command that asks for an operation on a pool or a volume, as arguments: for tests of the other way.
#[cfg(test)]
pub(super) fn words_of(operation: &Operation) -> Vec<String> {
    words::words(operation, "")
}

use self::outcome::{Outcome, any_cut, worst};
use self::person::{Person, Terminal};
use super::args::{Action, Asking, Form, How, Vm};
use super::exit::{Exit, Failure};
use super::output::{Layout, to_stdout, write_json};
use super::when::Clock;
use crate::engine::jobs::{Consent, Desk, DeskHandle, Shelf};
use crate::model::held::HeldVm;
use crate::model::id::VmId;
use crate::model::job::JobState;
use crate::model::operation::{Operation, SnapshotOperation, VmOperation};
use crate::model::plan::{Plan, Planned};

/// Does what was asked for, at the desk that `open` opens; `folder` is where its journal lies, of this host.
pub(super) fn run(
    args: &Vm,
    layout: Layout,
    (folder, host): (&Path, &str),
    open: impl FnOnce() -> Result<Desk, Failure>,
) -> Result<Exit, Failure> {
    let how = &args.how;
    if let Action::Held { xml, secrets } = &args.action {
        return kept::held(&shelf(folder, host)?, xml.as_deref(), *secrets, how.format, layout);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminal = Terminal::new()?;
        let desk = open()?;
        let handle = desk.handle();
        let told = match args.asked() {
            Asking::Vms(names, act) => {
                let operation = |vm| Operation::vm(vm, act.clone());
                let asked = Asked { wanted: Wanted::Named(&names, &operation), how, layout };
                asked.carry_out(&handle, &mut terminal).await.map(Told::Outcomes)
            }
            Asking::Held(names, act) => {
                let held = shelf(folder, host)?.held().map_err(|e| kept::failure(&e))?;
                let ids = kept::resolve(&names, &held)?;
                let asked = Asked { wanted: Wanted::These(&ids, &act), how, layout };
                asked.carry_out(&handle, &mut terminal).await.map(Told::Outcomes)
            }
            Asking::New(args) => {
                let asked = Asked { wanted: Wanted::Operation(&args.asked()?), how, layout };
                asked.carry_out(&handle, &mut terminal).await.map(Told::Outcomes)
            }
            Asking::Other => {
                let shelf = shelf(folder, host)?;
                define::run(&args.action, how, layout, &shelf, &handle, &mut terminal).await
            }
        };
        let stays = match &told {
            Ok(Told::Outcomes(outcomes)) => !any_cut(outcomes),
            told => told.is_ok(),
        };
        let unwritten = leave::leave(desk, stays, &mut terminal).await;
        match told? {
            Told::Outcomes(outcomes) => {
                let exit = tell(&outcomes, how, layout)?;
                if unwritten > 0 { Err(not_written()) } else { Ok(exit) }
            }
            Told::Text(text) => {
                to_stdout(|out| out.write_all(text.as_bytes()))?;
                Ok(Exit::Done)
            }
        }
    })
}

fn shelf(folder: &Path, host: &str) -> Result<Shelf, Failure> {
    Shelf::open(folder, host, Clock::system().now).map_err(|e| kept::failure(&e))
}

/// Deleted VMs of a host that can be brought back; `folder` is where its journal lies.
pub(super) fn held(folder: &Path, host: &str) -> Result<Vec<HeldVm>, Failure> {
    shelf(folder, host)?.held().map_err(|e| kept::failure(&e))
}

/// Does this to the VM of this name, at the desk that `open` opens.
pub(super) fn run_of_vm(
    (name, act): (&str, &VmOperation),
    how: &How,
    layout: Layout,
    open: impl FnOnce() -> Result<Desk, Failure>,
) -> Result<Exit, Failure> {
    let names = [name.to_owned()];
    let operation = |vm| Operation::vm(vm, act.clone());
    carry_out(&Asked { wanted: Wanted::Named(&names, &operation), how, layout }, open)
}

/// Does what was asked for with a VM's snapshots.
pub(super) fn run_snapshot(
    vm: &str,
    act: &SnapshotOperation,
    how: &How,
    layout: Layout,
    open: impl FnOnce() -> Result<Desk, Failure>,
) -> Result<Exit, Failure> {
    let names = [vm.to_owned()];
    let operation = |vm| Operation::snapshot(vm, act.clone());
    carry_out(&Asked { wanted: Wanted::Named(&names, &operation), how, layout }, open)
}

/// Carries this operation out, at the desk that `open` opens.
pub(super) fn run_one(
    operation: &Operation,
    how: &How,
    layout: Layout,
    open: impl FnOnce() -> Result<Desk, Failure>,
) -> Result<Exit, Failure> {
    carry_out(&Asked { wanted: Wanted::Operation(operation), how, layout }, open)
}

fn carry_out(asked: &Asked<'_>, open: impl FnOnce() -> Result<Desk, Failure>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminal = Terminal::new()?;
        let desk = open()?;
        let outcomes = asked.carry_out(&desk.handle(), &mut terminal).await;
        let stays = outcomes.as_ref().is_ok_and(|outcomes| !any_cut(outcomes));
        let unwritten = leave::leave(desk, stays, &mut terminal).await;
        let exit = tell(&outcomes?, asked.how, asked.layout)?;
        if unwritten > 0 { Err(not_written()) } else { Ok(exit) }
    })
}

fn not_written() -> Failure {
    Failure::new(Exit::Failed, "how it ended could not be written down: the audit lacks it")
        .hint("Is the disk full? The next start of NovaCron looks after the job, and writes its end.")
}

/// What is written in the end.
enum Told {
    /// What became of VMs.
    Outcomes(Vec<Outcome>),
    /// This.
    Text(String),
}

/// What is asked for.
enum Wanted<'a> {
    /// This of each VM of these names.
    Named(&'a [String], &'a dyn Fn(VmId) -> Operation),
    /// This of each of these VMs.
    These(&'a [VmId], &'a VmOperation),
    /// This.
    Operation(&'a Operation),
}

/// What was asked for, and how it is told.
struct Asked<'a> {
    wanted: Wanted<'a>,
    how: &'a How,
    layout: Layout,
}

impl Asked<'_> {
    /// Plans, asks, and stays until all is done.
    async fn carry_out(&self, desk: &DeskHandle, person: &mut impl Person) -> Result<Vec<Outcome>, Failure> {
        let planned = tokio::select! {
            planned = self.plan(desk) => planned?,
            () = person.interrupted() => return Err(cancelled()),
        };
        let mut outcomes: Vec<Outcome> =
            planned.into_iter().map(|planned| Outcome { planned, job: None }).collect();
        let plans: Vec<Plan> = outcomes.iter().filter_map(|o| o.planned.plan()).cloned().collect();
        if self.how.dry_run || plans.is_empty() {
            return Ok(outcomes);
        }
        let consent = if self.how.yes { Consent::Standing } else { self.consent(&outcomes, person).await? };
        let ids = answer(desk.submit(plans, consent)).await?.map_err(|why| {
            Failure::new(Exit::Refused, why.trim_end_matches('.')).hint("Nothing was begun.")
        })?;
        let mut jobs = follow::follow(desk, &ids, person, self.layout).await?.into_iter();
        for outcome in outcomes.iter_mut().filter(|o| o.planned.plan().is_some()) {
            outcome.job = jobs.next();
        }
        Ok(outcomes)
    }

    async fn plan(&self, desk: &DeskHandle) -> Result<Vec<Planned>, Failure> {
        let planning = async {
            let operations = match &self.wanted {
                Wanted::Named(names, operation) => {
                    let vms = answer(desk.vms()).await?.map_err(|e| Failure::from(&e))?;
                    let meant = names::resolve(names, &vms)?;
                    meant.iter().map(|vm| operation(vm.id)).collect()
                }
                Wanted::These(ids, act) => ids.iter().map(|id| Operation::vm(*id, (*act).clone())).collect(),
                Wanted::Operation(operation) => vec![(*operation).clone()],
            };
            answer(desk.plan(operations)).await?.map_err(|e| Failure::from(&e))
        };
        tokio::time::timeout(self.how.timeout, planning).await.unwrap_or_else(|_| {
            Err(Failure::new(Exit::TimedOut, "the hypervisor did not answer in time: nothing was done")
                .hint("The host may hang or be far away; --timeout SECONDS waits longer."))
        })
    }

    /// Shows the plans and asks whether to go ahead.
    async fn consent(&self, outcomes: &[Outcome], person: &mut impl Person) -> Result<Consent, Failure> {
        if !person.is_there() {
            let what = "this has to be confirmed, and there is no terminal to ask: nothing was done";
            return Err(Failure::new(Exit::Refused, what)
                .hint("--yes stands for the confirmation; --dry-run shows what would be done."));
        }
        let plans: Vec<&Plan> = outcomes.iter().filter_map(|o| o.planned.plan()).collect();
        let shown = match outcomes {
            [one] => text::whole(&one.planned, self.layout),
            several => text::brief(several, self.layout),
        };
        person.show(&format!("{shown}\n"));
        let typed: Vec<(&Plan, String)> =
            plans.iter().filter_map(|p| Some((*p, text::typed_name(p)?))).collect();
        if typed.is_empty() {
            let left_out = outcomes.len() - plans.len();
            let said = person.ask(&text::question(&plans, left_out, self.layout)).await;
            let yes = said.is_some_and(|a| matches!(a.trim().to_lowercase().as_str(), "y" | "yes"));
            return if yes { Ok(Consent::Given { names: Vec::new() }) } else { Err(cancelled()) };
        }
        for (plan, name) in &typed {
            let question = self.layout.text(&format!("{}: type {name} to go ahead: ", plan.title));
            let said = person.ask(&question).await;
            if said.is_none_or(|a| a.trim() != name.trim()) {
                return Err(cancelled());
            }
        }
        // Compared with what was shown; handed on is the name itself.
        Ok(Consent::Given { names: typed.into_iter().map(|(plan, _)| plan.target.name.clone()).collect() })
    }
}

/// Writes what became of it.
fn tell(outcomes: &[Outcome], how: &How, layout: Layout) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    let exit = write(outcomes, how, layout, &mut text)?;
    to_stdout(|out| out.write_all(&text))?;
    Ok(exit)
}

/// Of one VM, what did not come to pass is a failure like any other.
fn write(outcomes: &[Outcome], how: &How, layout: Layout, out: &mut dyn Write) -> Result<Exit, Failure> {
    let exit = worst(outcomes);
    match (how.format, outcomes) {
        (Form::Json, _) => write_json(out, &json::document(outcomes, how.dry_run))?,
        (Form::Text, [one]) if exit != Exit::Done => return Err(failure(one, exit)),
        (Form::Text, several) if how.dry_run => {
            let texts: Vec<_> = several.iter().map(|o| text::whole(&o.planned, layout)).collect();
            out.write_all(texts.join("\n").as_bytes())?;
        }
        (Form::Text, [one]) => {
            let line = format!("{}: {}", one.title(), one.sentence());
            writeln!(out, "{}", layout.text(&line))?;
        }
        (Form::Text, several) => text::table(out, several, layout)?,
    }
    Ok(exit)
}

const CUT: &str =
    "`novacron job recover` looks after it, as do the console and the next command that changes something.";

/// Why it did not come to pass, and what may be tried.
fn failure(outcome: &Outcome, exit: Exit) -> Failure {
    let what = format!("{}: {}", outcome.title(), outcome.sentence().trim_end_matches('.'));
    let now = match (&outcome.planned, &outcome.job) {
        (Planned::Refused(no), _) => no.remedy.clone(),
        (Planned::Plan(_), Some(job)) if job.state == JobState::Stale => {
            "Ask for it again: the plan is made anew.".into()
        }
        (Planned::Plan(_), Some(job)) if job.state == JobState::Interrupted => CUT.into(),
        (Planned::Plan(plan), Some(job)) => job.offer.as_ref().map_or_else(String::new, |offer| {
            format!("Instead: {}", words::command(offer, &plan.target.name))
        }),
        (Planned::Plan(_), None) => String::new(),
    };
    Failure::new(exit, what).hint(now)
}

fn cancelled() -> Failure {
    Failure::new(Exit::Cancelled, "cancelled: nothing was done")
}

/// What the desk answers.
async fn answer<T>(asked: oneshot::Receiver<T>) -> Result<T, Failure> {
    asked.await.map_err(|_| {
        Failure::new(Exit::Failed, "NovaCron's part that carries out operations ended unexpectedly")
            .hint("What happened is told with --log-level info.")
    })
}

//! `novacron vm|volume|pool ACTION`: a plan, a yes, and the job to its end.

mod desk;
mod follow;
mod json;
pub(super) mod names;
mod outcome;
mod person;
#[cfg(test)]
mod tests;
mod text;
mod words;
mod words_storage;

use std::io::Write;
use std::time::Duration;

use tokio::sync::oneshot;

pub(super) use desk::{Place, open};

pub(super) use self::outcome::of_refusal as exit_of;
/// The command that asks for an operation on a pool or a volume, as arguments: for tests of the other way.
#[cfg(test)]
pub(super) fn words_of(operation: &Operation) -> Vec<String> {
    words::words(operation, "")
}

use self::outcome::{Outcome, worst};
use self::person::{Person, Terminal};
use super::args::{Form, How, Vm};
use super::exit::{Exit, Failure};
use super::output::{Layout, to_stdout, write_json};
use crate::engine::jobs::{Consent, Desk, DeskHandle};
use crate::model::job::JobState;
use crate::model::operation::{Operation, VmOperation};
use crate::model::plan::{Plan, Planned};

/// How long a command waits for the desk at the end; a thread that is stuck in a call is left behind.
const LEAVE_WITHIN: Duration = Duration::from_millis(300);

/// Does to VMs what was asked for, at the desk that `open` opens.
pub(super) fn run(
    args: &Vm,
    layout: Layout,
    open: impl FnOnce() -> Result<Desk, Failure>,
) -> Result<Exit, Failure> {
    let Some((names, act)) = args.action.asked() else {
        return Err(Failure::new(Exit::Usage, "no plan is made of this"));
    };
    carry_out(&Asked { wanted: Wanted::OfVms { names: &names, act: &act }, how: &args.how, layout }, open)
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
        desk.stop(LEAVE_WITHIN);
        asked.tell(&outcomes?)
    })
}

/// What is asked for.
enum Wanted<'a> {
    /// The same of each of these VMs.
    OfVms {
        /// As they were named.
        names: &'a [String],
        /// What.
        act: &'a VmOperation,
    },
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
                Wanted::OfVms { names, act } => {
                    let vms = answer(desk.vms()).await?.map_err(|e| Failure::from(&e))?;
                    let meant = names::resolve(names, &vms)?;
                    meant.iter().map(|vm| Operation::vm(vm.id, (*act).clone())).collect()
                }
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

    /// Writes what became of it.
    fn tell(&self, outcomes: &[Outcome]) -> Result<Exit, Failure> {
        let mut text = Vec::new();
        let exit = self.write(outcomes, &mut text)?;
        to_stdout(|out| out.write_all(&text))?;
        Ok(exit)
    }

    /// Of one VM, what did not come to pass is a failure like any other.
    fn write(&self, outcomes: &[Outcome], out: &mut dyn Write) -> Result<Exit, Failure> {
        let exit = worst(outcomes);
        match (self.how.format, outcomes) {
            (Form::Json, _) => write_json(out, &json::document(outcomes, self.how.dry_run))?,
            (Form::Text, [one]) if exit != Exit::Done => return Err(failure(one, exit)),
            (Form::Text, several) if self.how.dry_run => {
                let texts: Vec<_> = several.iter().map(|o| text::whole(&o.planned, self.layout)).collect();
                out.write_all(texts.join("\n").as_bytes())?;
            }
            (Form::Text, [one]) => {
                let line = format!("{}: {}", one.title(), one.sentence());
                writeln!(out, "{}", self.layout.text(&line))?;
            }
            (Form::Text, several) => text::table(out, several, self.layout)?,
        }
        Ok(exit)
    }
}

/// Why it did not come to pass, and what may be tried.
fn failure(outcome: &Outcome, exit: Exit) -> Failure {
    let what = format!("{}: {}", outcome.title(), outcome.sentence().trim_end_matches('.'));
    let now = match (&outcome.planned, &outcome.job) {
        (Planned::Refused(no), _) => no.remedy.clone(),
        (Planned::Plan(_), Some(job)) if job.state == JobState::Stale => {
            "Ask for it again: the plan is made anew.".into()
        }
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

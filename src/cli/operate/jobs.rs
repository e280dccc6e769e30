//! `novacron job list` and `recover`.

use std::sync::Arc;
use std::time::Duration;

use super::leave::LEAVE_WITHIN;
use super::{answer, json};
use crate::cli::args::{Form, Look};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Layout, to_stdout, write_cells, write_json};
use crate::cli::when::Clock;
use crate::engine::jobs::{Desk, Jobs};
use crate::model::columns::Align;
use crate::model::job::Job;
use crate::model::text::clean;

/// Lists the newest jobs, the newest last.
pub(in crate::cli) fn list(
    look: Look,
    clock: &Clock,
    layout: Layout,
    open: impl FnOnce() -> Result<Desk, Failure>,
) -> Result<Exit, Failure> {
    let desk = open()?;
    let jobs = waiting(look.timeout, async {
        let mut jobs = desk.handle().jobs();
        // The first that is told is what the journal has.
        jobs.changed().await.map_err(|_| ended())?;
        let jobs = jobs.borrow().clone();
        Ok(jobs)
    })?;
    desk.stop(LEAVE_WITHIN);
    let Jobs { jobs, trouble, .. } = &*jobs;
    if let Some(why) = trouble {
        return Err(Failure::new(Exit::Failed, why.trim_end_matches('.')));
    }
    tell(jobs, look.format, clock, layout, "Nothing was done yet.")?;
    Ok(Exit::Done)
}

/// Looks after those that a kill interrupted.
pub(in crate::cli) fn recover(
    look: Look,
    clock: &Clock,
    layout: Layout,
    open: impl FnOnce() -> Result<Desk, Failure>,
) -> Result<Exit, Failure> {
    let desk = open()?;
    let handle = desk.handle();
    let recovered = waiting(look.timeout, async {
        // Without a connection nothing can be looked after.
        answer(handle.vms()).await?.map_err(|e| Failure::from(&e))?;
        let ids = answer(handle.recover()).await?;
        let mut jobs = handle.jobs();
        let over =
            |jobs: &Arc<Jobs>| ids.iter().all(|id| jobs.job(*id).is_some_and(|job| job.state.is_over()));
        let jobs = jobs.wait_for(over).await.map_err(|_| ended())?;
        Ok(ids.iter().filter_map(|id| jobs.job(*id).cloned()).collect::<Vec<_>>())
    });
    desk.stop(LEAVE_WITHIN);
    tell(&recovered?, look.format, clock, layout, "No job was interrupted.")?;
    Ok(Exit::Done)
}

fn ended() -> Failure {
    Failure::new(Exit::Failed, "the desk ended unexpectedly")
}

fn waiting<T>(within: Duration, asked: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::time::timeout(within, asked).await.unwrap_or_else(|_| {
            Err(Failure::new(Exit::TimedOut, "it was not over in time")
                .hint("It goes on with the next start; --timeout SECONDS waits longer."))
        })
    })
}

fn tell(jobs: &[Arc<Job>], format: Form, clock: &Clock, layout: Layout, none: &str) -> Result<(), Failure> {
    to_stdout(|out| match format {
        Form::Json => write_json(out, &json::jobs(jobs)),
        Form::Text if jobs.is_empty() => writeln!(out, "{none}"),
        Form::Text => {
            let header = [
                ("NO", Align::Right),
                ("TIME", Align::Left),
                ("STATE", Align::Left),
                ("JOB", Align::Left),
                ("OUTCOME", Align::Left),
            ];
            let row = |job: &Arc<Job>| {
                vec![
                    job.id.to_string(),
                    clock.shown(job.created),
                    job.state.word().to_owned(),
                    clean(&job.title).into_owned(),
                    clean(&job.outcome).into_owned(),
                ]
            };
            write_cells(out, &header, jobs.iter().rev().map(row).collect(), layout)
        }
    })?;
    Ok(())
}

//! `novacron audit`: what was done, by whom, and whether all of it is still there.

mod export;
mod list;
mod show;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::cli::args::{Audit, AuditCommand, AuditList};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Format, Layout, to_stderr, to_stdout};
use crate::cli::past;
use crate::cli::when::Clock;
use crate::config::Loaded;
use crate::engine::jobs::records::{self, Filter, Records, Verdict};

/// Runs `novacron audit …`. Needs no hypervisor, and takes no lock.
pub(crate) fn run(args: &Audit, loaded: &Loaded, demo: bool, layout: Layout) -> Result<Exit, Failure> {
    let folder = folder(loaded, demo)?;
    let open = || -> Result<Records, Failure> {
        let records = records::open(&folder).map_err(|e| past::failure(&e))?;
        if let Some(newer) = records.newer() {
            note(&newer.to_string());
        }
        Ok(records)
    };
    match &args.command {
        AuditCommand::List(args) => list(&open()?, args, layout),
        AuditCommand::Show { number, format } => {
            show::run(&open()?, *number, &Clock::system(), *format, layout)
        }
        AuditCommand::Verify => verify(&records::verify(&folder).map_err(|e| past::failure(&e))?),
        AuditCommand::Export { file } => export::run(&open()?, file),
    }
}

/// Where the audit of the host that is connected to lies.
fn folder(loaded: &Loaded, demo: bool) -> Result<PathBuf, Failure> {
    past::of(loaded, demo).map(|history| history.folder).ok_or_else(|| {
        Failure::new(Exit::NotFound, "this host is made up: there is no audit of it")
            .hint("--connect URI says which host is meant.")
    })
}

fn list(records: &Records, args: &AuditList, layout: Layout) -> Result<Exit, Failure> {
    let clock = Clock::system();
    let found = records.read(&filter(args, &clock)?).map_err(|e| past::failure(&e))?;
    for number in &found.unreadable {
        note(&format!(
            "Record {number} was written by a newer NovaCron; `novacron audit show {number}` prints it as it is."
        ));
    }
    if found.records.is_empty() && found.unreadable.is_empty() {
        note("Nothing was done, as far as it is recorded.");
    }
    if found.more {
        note("There are older ones: --limit NUMBER lists more.");
    }
    if args.format != Format::Table || !found.records.is_empty() {
        to_stdout(|out| list::write(out, &found.records, &clock, args.format, layout))?;
    }
    Ok(Exit::Done)
}

fn filter(args: &AuditList, clock: &Clock) -> Result<Filter, Failure> {
    let time = |option, text: &Option<String>| text.as_ref().map(|t| clock.time(option, t)).transpose();
    Ok(Filter {
        since: time("--since", &args.since)?,
        until: time("--until", &args.until)?,
        target: args.target.clone(),
        user: args.user.clone(),
        operation: args.operation.clone(),
        result: args.result,
        text: args.text.clone(),
        limit: Some(args.limit.get()),
        after: None,
        brief: true,
    })
}

fn verify(verdict: &Verdict) -> Result<Exit, Failure> {
    match verdict {
        Verdict::Sound { count: 0, remarks, .. } if remarks.is_empty() => {
            to_stdout(|out| writeln!(out, "Nothing was done yet: there is no record."))?;
        }
        Verdict::Sound { count, head, remarks } => to_stdout(|out| {
            let records = if *count == 1 { "record is" } else { "records are" };
            writeln!(out, "{count} {records} there and as written; the newest has hash {head}.")?;
            remarks.iter().try_for_each(|remark| writeln!(out, "{remark}"))
        })?,
        Verdict::Broken(fault) => {
            let what = fault.to_string();
            return Err(Failure::new(Exit::Failed, what.trim_end_matches('.'))
                .hint("The audit is not whole: compare it with an earlier `novacron audit export`."));
        }
    }
    Ok(Exit::Done)
}

fn note(sentence: &str) {
    to_stderr(&format!("novacron: {}", crate::model::text::clean(sentence)));
}

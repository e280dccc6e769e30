//! A guest's own consoles as commands: what a terminal is lent to, or what is only looked at.

mod console;
mod filter;
mod look;
mod tty;

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use super::args::{Form, GuestAction};
use super::exit::{Exit, Failure};
use super::operate::names;
use crate::engine::consoles::{Consoles, Ways};
use crate::engine::jobs::{Desk, DeskHandle};
use crate::hypervisor::Connector;
use crate::model::operation::Visit;
use crate::model::reach::{self, Commands};
use crate::model::shell;
use crate::model::text::clean;
use crate::model::vm::VmRecord;

/// How long a command waits for the desk at the end.
const LEAVE_WITHIN: Duration = Duration::from_millis(300);

/// How long a command waits until a console is closed, and its end written down.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// How it is gone about.
pub(super) struct How<'a> {
    /// Form of the output.
    pub(super) form: Form,
    /// Deadline of an answer.
    pub(super) timeout: Duration,
    /// Commands are only told.
    pub(super) dry_run: bool,
    /// Commands that lead to guests.
    pub(super) reach: &'a Commands,
}

/// What is left to be done once the desk is closed.
enum Then {
    End(Exit),
    Become(Vec<String>),
}

/// Does what was asked for.
pub(super) fn run(
    action: &GuestAction,
    connector: Arc<dyn Connector>,
    desk: Desk,
    how: &How<'_>,
) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let uri = connector.uri().to_owned();
    let done = runtime.block_on(act(action, connector, desk.handle(), how, &uri));
    desk.stop(LEAVE_WITHIN);
    // A thread that reads the terminal cannot be given up: it is left behind.
    runtime.shutdown_background();
    match done? {
        Then::End(exit) => Ok(exit),
        Then::Become(words) => become_of(&words),
    }
}

async fn act(
    action: &GuestAction,
    connector: Arc<dyn Connector>,
    desk: DeskHandle,
    how: &How<'_>,
    uri: &str,
) -> Result<Then, Failure> {
    if let GuestAction::Console { .. } = action {
        tty::needs_terminal()?;
    }
    let vm = named(&desk, action.name(), how.timeout).await?;
    let consoles = Consoles::new(connector, desk);
    let exit = match action {
        GuestAction::Console { force, .. } => {
            let opened = consoles.open(vm.id, *force)?;
            let left = console::run(&opened, &vm).await;
            let _ = tokio::time::timeout(CLOSE_WITHIN, opened.close()).await;
            left?
        }
        GuestAction::Screenshot { output, overwrite, screen, .. } => {
            let into = look::Into { file: output, overwrite: *overwrite, form: how.form };
            look::screenshot(&consoles, &vm, *screen, &into, how.timeout).await?
        }
        GuestAction::Display { .. } => look::display(&consoles, &vm, how.form, how.timeout).await?,
        GuestAction::Ssh { user, command, .. } => {
            let ways = ways(&consoles, &vm, true, how.timeout).await?;
            let Some(found) = reach::ssh_address(&ways.addresses) else {
                return Err(no_address(&vm, &ways));
            };
            let mut own = how.reach.clone();
            own.ssh_user = user.clone().unwrap_or(own.ssh_user);
            let mut words = reach::ssh(&own, uri, found.address);
            words.extend(command.iter().cloned());
            if !how.dry_run {
                let told = tokio::time::timeout(how.timeout, consoles.witness(vm.id, Visit::Ssh));
                told.await.map_err(|_| late())?.map_err(|e| Failure::from(&e))?;
                return Ok(Then::Become(words));
            }
            let line = shell::line(&words);
            super::output::to_stdout(|out| writeln!(out, "{line}"))?;
            Exit::Done
        }
    };
    Ok(Then::End(exit))
}

fn no_address(vm: &VmRecord, ways: &Ways) -> Failure {
    let name = clean(&vm.name);
    if !vm.state.is_active() {
        return Failure::new(Exit::Refused, format!("{name}: it is off"));
    }
    let failure = Failure::new(Exit::NotFound, format!("{name}: no address of the guest is known"));
    match &ways.no_addresses {
        Some(e) => failure.hint(format!("{e}.")),
        None => failure.hint("libvirt has no lease for it, and no agent tells one."),
    }
}

/// This process becomes that command.
fn become_of(words: &[String]) -> Result<Exit, Failure> {
    let (program, arguments) = words.split_first().ok_or_else(gone)?;
    let e = Command::new(program).args(arguments).exec();
    Err(Failure::new(Exit::Failed, format!("{} could not be run: {e}", clean(program))))
}

async fn ways(
    consoles: &Consoles,
    vm: &VmRecord,
    addresses: bool,
    timeout: Duration,
) -> Result<Ways, Failure> {
    let answer = tokio::time::timeout(timeout, consoles.ways(vm.id, addresses)?).await.map_err(|_| late())?;
    answer.map_err(|_| gone())?.map_err(|e| Failure::from(&e))
}

fn late() -> Failure {
    Failure::new(Exit::TimedOut, "the hypervisor did not answer in time")
}

fn gone() -> Failure {
    Failure::new(Exit::Failed, "NovaCron's part that asks the hypervisor ended unexpectedly")
}

/// The VM of this name.
async fn named(desk: &DeskHandle, name: &str, timeout: Duration) -> Result<VmRecord, Failure> {
    let vms = tokio::time::timeout(timeout, desk.vms()).await.map_err(|_| late())?;
    let vms = vms.map_err(|_| gone())?.map_err(|e| Failure::from(&e))?;
    let names = [name.to_owned()];
    let found = names::resolve(&names, &vms)?;
    found.first().map(|vm| (*vm).clone()).ok_or_else(gone)
}

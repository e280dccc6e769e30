//! A guest's own consoles as commands: what a terminal is lent to, or what is only looked at.

mod console;
mod filter;
mod tty;

use std::sync::Arc;
use std::time::Duration;

use super::args::GuestAction;
use super::exit::{Exit, Failure};
use super::operate::names;
use crate::engine::consoles::Consoles;
use crate::engine::jobs::{Desk, DeskHandle};
use crate::hypervisor::Connector;
use crate::model::vm::VmRecord;

/// How long a command waits for the desk at the end.
const LEAVE_WITHIN: Duration = Duration::from_millis(300);

/// Does what was asked for.
pub(super) fn run(
    action: &GuestAction,
    connector: Arc<dyn Connector>,
    desk: Desk,
    timeout: Duration,
) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let handle = desk.handle();
    let done = runtime.block_on(async {
        match action {
            GuestAction::Console { name, force } => {
                tty::needs_terminal()?;
                let vm = named(&handle, name, timeout).await?;
                let opened = Consoles::new(connector, handle).open(vm.id, *force)?;
                console::run(&opened, &vm).await
            }
        }
    });
    desk.stop(LEAVE_WITHIN);
    // A thread that reads the terminal cannot be given up: it is left behind.
    runtime.shutdown_background();
    done
}

/// The VM of this name.
async fn named(desk: &DeskHandle, name: &str, timeout: Duration) -> Result<VmRecord, Failure> {
    let late = || Failure::new(Exit::TimedOut, "the hypervisor did not answer in time");
    let gone = || Failure::new(Exit::Failed, "NovaCron's part that asks the hypervisor ended unexpectedly");
    let vms = tokio::time::timeout(timeout, desk.vms()).await.map_err(|_| late())?;
    let vms = vms.map_err(|_| gone())?.map_err(|e| Failure::from(&e))?;
    let names = [name.to_owned()];
    let found = names::resolve(&names, &vms)?;
    found.first().map(|vm| (*vm).clone()).ok_or_else(gone)
}

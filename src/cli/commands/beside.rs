//! One question to the hypervisor, by a command that needs no engine.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::cli::exit::{Exit, Failure};
use crate::hypervisor::{Connector, HvResult, Hypervisor, Purpose};

/// Asks on a thread of its own: one that hangs, as with a host's storage, is left behind.
pub(super) fn beside<T: Send + 'static>(
    connector: Arc<dyn Connector>,
    purpose: Purpose,
    within: Duration,
    ask: impl FnOnce(&dyn Hypervisor) -> HvResult<T> + Send + 'static,
) -> Result<T, Failure> {
    let (tell, told) = channel();
    let asking = move || drop(tell.send(connector.connect(purpose).and_then(|hv| ask(&*hv))));
    std::thread::Builder::new().name("question".into()).spawn(asking)?;
    match told.recv_timeout(within) {
        Ok(answer) => answer.map_err(|e| Failure::from(&e)),
        Err(RecvTimeoutError::Timeout) => {
            let hint = match purpose {
                Purpose::Storage => "Its storage may hang; --timeout SECONDS waits longer.",
                _ => "--timeout SECONDS waits longer.",
            };
            Err(Failure::new(Exit::TimedOut, "the hypervisor did not answer in time").hint(hint))
        }
        Err(RecvTimeoutError::Disconnected) => {
            Err(Failure::new(Exit::Failed, "asking the hypervisor ended unexpectedly"))
        }
    }
}

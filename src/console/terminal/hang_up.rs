//! Whether the terminal is gone. SIGHUP tells those who are in the session's foreground; this tells the rest.

use std::future::pending;
use std::io;
use std::thread::Builder;

use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::oneshot;

/// Resolves once standard input has hung up.
pub(super) struct HangUp(Option<oneshot::Receiver<()>>);

impl HangUp {
    /// Starts to watch. Where there is no thread to be had, the signal has to do.
    pub(super) fn watch() -> Self {
        let (tell, told) = oneshot::channel();
        let watcher = Builder::new().name("hang-up".into()).spawn(move || {
            wait();
            let _ = tell.send(());
        });
        if let Err(e) = &watcher {
            tracing::warn!("nobody watches for the terminal's end: {e}");
        }
        Self(watcher.ok().map(|_| told))
    }

    /// Waits for it.
    pub(super) async fn happened(&mut self) {
        match &mut self.0 {
            Some(told) => {
                let _ = told.await;
                self.0 = None;
            }
            None => pending().await,
        }
    }
}

/// Blocks until standard input hangs up. Asks for nothing else, so keys do not wake it.
fn wait() {
    let stdin = io::stdin();
    let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
    while poll(&mut watched, None).is_err_and(|e| e == rustix::io::Errno::INTR) {}
}

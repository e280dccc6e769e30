//! A guest's serial console: what comes of it as messages, what is typed to it.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::console::app::msg::Msg;
use crate::engine::consoles::{ConsoleHandle, ConsoleState, Consoles, Ended, Ending, ScreenHandle, Taken};
use crate::hypervisor::HvErrorKind;
use crate::model::id::VmId;
use crate::model::operation::Visit;
use crate::model::text::clean;

/// Bytes that one message brings, at most.
const PIECE: usize = 64 << 10;

/// The consoles of this host, the one that is open, and the screen that is looked at.
pub(super) struct Lines {
    consoles: Option<Consoles>,
    answers: mpsc::Sender<Msg>,
    open: Option<(Arc<ConsoleHandle>, AbortHandle)>,
    screen: Option<(VmId, ScreenHandle)>,
}

impl Lines {
    pub(super) const fn new(consoles: Option<Consoles>, answers: mpsc::Sender<Msg>) -> Self {
        Self { consoles, answers, open: None, screen: None }
    }

    /// Opens one in place of the one that is open.
    pub(super) fn open(&mut self, vm: VmId, take: bool, ticket: u64) {
        self.close();
        let answers = self.answers.clone();
        let opened = self.consoles.as_ref().map(|consoles| consoles.open(vm, take));
        let handle = match opened {
            Some(Ok(handle)) => Arc::new(handle),
            other => {
                let why = match other {
                    Some(Err(e)) => format!("The console could not be opened: {e}."),
                    _ => "No console can be opened from here.".to_owned(),
                };
                let how = Ended::Failed(HvErrorKind::Other);
                let ending = Ending { sentence: why, remedy: String::new(), how };
                let taken = Taken { state: ConsoleState::Ended(ending), ..Taken::default() };
                tokio::spawn(async move { drop(answers.send(Msg::Console(ticket, taken)).await) });
                return;
            }
        };
        let listens = handle.clone();
        let task = tokio::spawn(async move {
            loop {
                listens.changed().await;
                let taken = listens.take(PIECE);
                let over = matches!(taken.state, ConsoleState::Ended(_));
                // A screen that is slow takes the next piece later.
                if answers.send(Msg::Console(ticket, taken)).await.is_err() || over {
                    return;
                }
            }
        });
        self.open = Some((handle, task.abort_handle()));
    }

    /// Types bytes; false where the guest takes no more now.
    pub(super) fn type_bytes(&self, bytes: &[u8]) -> bool {
        self.open.as_ref().is_none_or(|(handle, _)| handle.type_bytes(bytes))
    }

    /// Has it written down that somebody goes to a guest; an error is a sentence.
    pub(super) fn witness(
        &self,
        vm: VmId,
        by: Visit,
    ) -> impl Future<Output = Result<(), String>> + Send + use<> {
        let consoles = self.consoles.clone();
        async move {
            match consoles {
                Some(consoles) => {
                    consoles.witness(vm, by).await.map_err(|e| clean(&e.sentence()).into_owned())
                }
                None => Err("The guest cannot be reached from here.".to_owned()),
            }
        }
    }

    /// Takes a picture of a VM's screen; the answer carries the number.
    pub(super) fn look(&mut self, vm: VmId, ticket: u64) {
        if self.screen.as_ref().is_none_or(|(of, _)| *of != vm) {
            let opened = self.consoles.as_ref().and_then(|consoles| consoles.screens(vm).ok());
            self.screen = opened.map(|handle| (vm, handle));
        }
        let shot = self.screen.as_ref().map(|(_, handle)| handle.look(0));
        let answers = self.answers.clone();
        tokio::spawn(async move {
            let gone = || Err("The screen cannot be looked at from here.".to_owned());
            let result = match shot {
                Some(shot) => match shot.await {
                    Ok(Ok(shot)) => shot.picture.map_err(|why| format!("{}.", clean(&why))),
                    Ok(Err(e)) => Err(clean(&e.sentence()).into_owned()),
                    Err(_) => gone(),
                },
                None => gone(),
            };
            drop(answers.send(Msg::Screen(ticket, result)).await);
        });
    }

    /// Nobody looks any more.
    pub(super) fn look_away(&mut self) {
        self.screen = None;
    }

    /// Closes the one that is open, without waiting.
    pub(super) fn close(&mut self) {
        if let Some((handle, task)) = self.open.take() {
            task.abort();
            drop(handle);
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.close();
    }
}

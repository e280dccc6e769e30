//! Questions to the desk: put at once, awaited aside, answered as messages.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::sentence;
use crate::console::app::msg::Msg;
use crate::engine::jobs::{Consent, DeskHandle, Jobs};
use crate::model::job::JobId;
use crate::model::operation::Operation;
use crate::model::plan::Plan;

/// What a desk that ended leaves unanswered.
const GONE: &str = "The part of NovaCron that carries operations out has ended: nothing was done.";

/// The desk, where there is one.
pub(super) struct Desk {
    handle: DeskHandle,
    jobs: watch::Receiver<Arc<Jobs>>,
    answers: mpsc::Sender<Msg>,
}

impl Desk {
    pub(super) fn new(handle: DeskHandle, answers: mpsc::Sender<Msg>) -> Self {
        Self { jobs: handle.jobs(), handle, answers }
    }

    /// Jobs as they are, which are then no news.
    pub(super) fn jobs(&mut self) -> Arc<Jobs> {
        self.jobs.borrow_and_update().clone()
    }

    /// Waits until jobs are others; `None` when the desk has ended.
    pub(super) async fn changed(&mut self) -> Option<Arc<Jobs>> {
        self.jobs.changed().await.ok()?;
        Some(self.jobs())
    }

    pub(super) fn plan(&self, operations: Vec<Operation>, ticket: u64) {
        let (reply, answers) = (self.handle.plan(operations), self.answers.clone());
        tokio::spawn(async move {
            let result = match reply.await {
                Ok(result) => result.map_err(|e| sentence(&e)),
                Err(_) => Err(GONE.into()),
            };
            let _ = answers.send(Msg::Planned { ticket, result }).await;
        });
    }

    pub(super) fn submit(&self, plans: Vec<Plan>, consent: Consent, ticket: u64) {
        let (reply, answers) = (self.handle.submit(plans, consent), self.answers.clone());
        tokio::spawn(async move {
            let result = reply.await.unwrap_or_else(|_| Err(GONE.into()));
            let _ = answers.send(Msg::Submitted { ticket, result }).await;
        });
    }

    pub(super) fn cancel(&self, job: JobId) {
        self.handle.cancel(job);
    }
}

/// Waits for the desk's jobs; for ever where there is none.
pub(super) async fn changed(desk: &mut Option<Desk>) -> Option<Arc<Jobs>> {
    match desk {
        Some(desk) => desk.changed().await,
        None => std::future::pending().await,
    }
}

//! Questions to the desk: put at once, awaited aside, answered as messages.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::console::app::msg::Msg;
use crate::engine::jobs::{Consent, DeskHandle, Jobs, Look};
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
                Ok(result) => result.map_err(|e| e.sentence()),
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

    pub(super) fn look(&self, look: Look, number: u64) {
        let (reply, answers) = (self.handle.look(look), self.answers.clone());
        tokio::spawn(async move {
            let result = reply.await.unwrap_or_else(|_| Err(GONE.into()));
            let _ = answers.send(Msg::Seen(number, result)).await;
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Receiver;

    use super::*;
    use crate::engine::jobs::{Ask, Input, unattended};
    use crate::hypervisor::{HvError, HvErrorKind};
    use crate::model::id::VmId;
    use crate::model::operation::VmOperation;

    fn pause() -> Operation {
        Operation::vm(VmId::from_bytes([1; 16]), VmOperation::Pause)
    }

    fn ask(asked: &Receiver<Input>) -> Ask {
        match asked.recv().unwrap() {
            Input::Ask(ask) => ask,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn each_question_is_answered_under_its_number() {
        let (handle, asked, _tell) = unattended();
        let (answers, mut told) = mpsc::channel(4);
        let desk = Desk::new(handle, answers);
        desk.plan(vec![pause()], 7);
        let Ask::Plan(operations, reply) = ask(&asked) else { panic!("no plan was asked for") };
        assert_eq!(operations, [pause()]);
        reply.send(Ok(Vec::new())).unwrap();
        assert!(matches!(told.recv().await, Some(Msg::Planned { ticket: 7, result: Ok(p) }) if p.is_empty()));
        desk.submit(Vec::new(), Consent::Standing, 8);
        let Ask::Submit(_, Consent::Standing, reply) = ask(&asked) else { panic!("nothing was handed in") };
        reply.send(Err("The disk is full.".into())).unwrap();
        let answer = told.recv().await;
        assert!(
            matches!(&answer, Some(Msg::Submitted { ticket: 8, result: Err(why) }) if why == "The disk is full."),
            "{answer:?}"
        );
        desk.cancel(JobId(3));
        assert!(matches!(ask(&asked), Ask::Cancel(JobId(3))));
    }

    #[tokio::test]
    async fn errors_and_a_desk_that_has_gone_are_told_in_sentences() {
        let (handle, asked, tell) = unattended();
        let (answers, mut told) = mpsc::channel(4);
        let mut desk = Some(Desk::new(handle, answers));
        desk.as_ref().unwrap().plan(vec![pause()], 1);
        let Ask::Plan(_, reply) = ask(&asked) else { panic!("no plan was asked for") };
        reply.send(Err(HvError::new(HvErrorKind::ConnectionLost, "make a plan", "it went away"))).unwrap();
        let answer = told.recv().await;
        assert!(
            matches!(&answer, Some(Msg::Planned { result: Err(why), .. }) if why.contains("it went away")),
            "{answer:?}"
        );
        tell.send(Arc::new(Jobs { trouble: Some("x".into()), ..Jobs::default() })).unwrap();
        assert_eq!(changed(&mut desk).await.unwrap().trouble.as_deref(), Some("x"));
        drop((asked, tell));
        assert!(changed(&mut desk).await.is_none());
        desk.as_ref().unwrap().submit(Vec::new(), Consent::Standing, 2);
        let answer = told.recv().await;
        assert!(
            matches!(&answer, Some(Msg::Submitted { ticket: 2, result: Err(why) }) if why == GONE),
            "{answer:?}"
        );
    }
}

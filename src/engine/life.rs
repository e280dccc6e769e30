//! The life of an engine: following a collector while there is one, asking the hypervisor itself otherwise.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use tokio::sync::watch;

use super::Progress;
use super::calls::{Input, MachineAsk};
use super::coordinator::Coordinator;
use super::core::Core;
use super::relay::{Alone, Ended, Follower};
use super::worker::Surroundings;
use crate::model::snapshot::Snapshot;
use crate::model::time::Moment;

/// Makes a core that knows nothing yet.
pub(super) type NewCore = Box<dyn Fn(Moment) -> Core + Send>;

/// All that lasts as long as the engine.
pub(super) struct Life {
    pub(super) new_core: NewCore,
    pub(super) around: Surroundings,
    pub(super) snapshots: watch::Sender<Arc<Snapshot>>,
    pub(super) machine: Option<SyncSender<MachineAsk>>,
    pub(super) progress: Arc<Progress>,
    pub(super) follower: Option<Follower>,
}

impl Life {
    /// Runs until told to stop, or until nobody could ask it anything any more.
    pub(super) fn run(mut self, inbox: &Receiver<Input>) {
        let (mut found, mut focus, mut generation) = (None, super::Focus::default(), 0);
        loop {
            let alone = match &mut self.follower {
                None => Alone::default(),
                Some(follower) => match follower.run(found.take(), focus, inbox, &self.snapshots) {
                    Ended::Stopped => return,
                    Ended::Alone(alone) => *alone,
                },
            };
            let now = self.around.clock.now();
            let mut core = (self.new_core)(now);
            core.resume(&alone, &self.snapshots.borrow(), generation, now);
            let seek = self.follower.as_ref().map(|f| (f.folder.clone(), f.uri.clone()));
            let mut coordinator = Coordinator {
                core,
                around: self.around.clone(),
                snapshots: &self.snapshots,
                workers: [const { None }; 4],
                machine: self.machine.clone(),
                progress: self.progress.clone(),
                seek,
                sought: std::time::Instant::now(),
                elsewhere: None,
                unfit: false,
                found: None,
            };
            coordinator.run(inbox);
            let Some(client) = coordinator.found.take() else { return };
            (focus, generation) = (coordinator.core.focus(), coordinator.core.next_generation());
            found = Some(*client);
        }
    }
}

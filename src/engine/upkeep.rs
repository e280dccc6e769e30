//! What a collector does on the side: it keeps each definition that it sees change, and forgets deleted VMs whose time is
//! over.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::handle::Handle;
use super::jobs::{DeskHandle, Expiry, Shelf};
use crate::model::id::VmId;
use crate::model::job::Actor;
use crate::model::snapshot::Snapshot;
use crate::model::text::clean;
use crate::model::time::Timestamp;
use crate::model::vm::VmDefinition;
use crate::store::StoreError;

/// How often it is looked whose time is over.
const EXPIRY_EVERY: Duration = Duration::from_secs(3600);
/// Changes that come together are looked at together.
const SETTLE: Duration = Duration::from_secs(1);

/// What it works with.
pub struct Upkeep {
    /// Where `state.db` lies.
    pub folder: PathBuf,
    /// The engine: tells when a definition was read anew.
    pub engine: Handle,
    /// The desk: reads definitions.
    pub desk: DeskHandle,
    /// Who does it.
    pub actor: Actor,
    /// Whether deleted VMs are forgotten in time: not where nothing may be changed.
    pub forgets: bool,
}

impl Upkeep {
    /// Goes on until the engine ends. What fails is logged, and tried again.
    pub async fn run(self) {
        let mut snapshots = self.engine.subscribe();
        let mut seen = HashMap::new();
        let (begun, mut expiry) = (Instant::now(), Expiry::default());
        let mut expiry_at = begun;
        loop {
            if Instant::now() >= expiry_at {
                expiry_at = Instant::now() + EXPIRY_EVERY;
                if self.forgets {
                    expiry = self.forget(expiry, begun.elapsed()).await;
                }
            }
            let snapshot = snapshots.borrow_and_update().clone();
            if snapshot.link.is_up() {
                self.keep(&snapshot, &mut seen).await;
            }
            let changed = tokio::time::timeout_at(expiry_at, snapshots.changed());
            if matches!(changed.await, Ok(Err(_))) {
                return;
            }
            tokio::time::sleep(SETTLE).await;
        }
    }

    /// Keeps the definitions that are others than those kept before.
    async fn keep(&self, snapshot: &Snapshot, seen: &mut HashMap<VmId, Arc<VmDefinition>>) {
        let known = |vm: &VmId, definition: &Arc<VmDefinition>| {
            seen.get(vm).is_some_and(|before| Arc::ptr_eq(before, definition))
        };
        let read: Vec<(VmId, Arc<VmDefinition>)> =
            snapshot.vms.iter().filter_map(|vm| Some((vm.id, vm.definition.clone()?))).collect();
        let new: Vec<_> = read.iter().filter(|(vm, definition)| !known(vm, definition)).cloned().collect();
        seen.retain(|vm, _| snapshot.vm(*vm).is_some());
        if new.is_empty() {
            return;
        }
        let mut texts = Vec::new();
        for (vm, definition) in new {
            match self.desk.definition(vm, false).await {
                Ok(Ok(xml)) => texts.push((vm, definition, xml)),
                // One that is gone by now is in no later snapshot.
                Ok(Err(why)) => tracing::debug!("{why}"),
                Err(_) => break,
            }
        }
        let (folder, host, at) = (self.folder.clone(), snapshot.uri.clone(), snapshot.at);
        let kept = aside(move || notice((&folder, &host), texts, at)).await;
        seen.extend(kept.unwrap_or_default());
    }

    async fn forget(&self, mut expiry: Expiry, up: Duration) -> Expiry {
        let snapshot = self.engine.snapshot();
        let (folder, host, at) = (self.folder.clone(), snapshot.uri.clone(), snapshot.at);
        let actor = self.actor.clone();
        let looked = aside(move || {
            let names = expiry.look((&folder, &host), &actor, at, up);
            (expiry, names)
        });
        // Whoever saw nothing yet sees it a day later.
        let Some((expiry, names)) = looked.await else { return Expiry::default() };
        match names {
            Ok(names) => {
                for name in names {
                    tracing::info!(
                        "{} was deleted long ago: what was kept of it is forgotten.",
                        clean(&name)
                    );
                }
            }
            Err(why) => tracing::warn!("Deleted VMs are not forgotten: {why}"),
        }
        expiry
    }
}

/// Does what waits for the disk on a thread for such; `None` where it broke off.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.inspect_err(|why| tracing::warn!("Upkeep broke off: {why}")).ok()
}

/// Keeps definitions, and gives those that are kept.
fn notice(
    (folder, host): (&Path, &str),
    texts: Vec<(VmId, Arc<VmDefinition>, String)>,
    at: Timestamp,
) -> Vec<(VmId, Arc<VmDefinition>)> {
    let mut kept = Vec::new();
    let keep = || {
        let mut shelf = Shelf::open(folder, host, at)?;
        for (vm, definition, xml) in texts {
            shelf.notice(vm, &xml, at)?;
            kept.push((vm, definition));
        }
        Ok::<(), StoreError>(())
    };
    if let Err(why) = keep() {
        tracing::warn!("Definitions are not kept: {why}");
    }
    kept
}

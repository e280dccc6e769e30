//! Shapes of the desk that is made on another branch, so that what uses it builds here. Goes when that one comes.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::DeskHandle;
use crate::hypervisor::Connector;
use crate::model::job::{Actor, Via};

/// What a desk works with.
pub struct DeskConfig {
    /// The hypervisor.
    pub connector: Arc<dyn Connector>,
    /// Where `state.db` lies.
    pub folder: PathBuf,
    /// Why nothing may be changed; `None` where it may.
    pub read_only: Option<String>,
    /// Who asks.
    pub actor: Actor,
}

impl DeskConfig {
    /// Default settings.
    pub fn new(connector: Arc<dyn Connector>, folder: PathBuf, actor: Actor) -> Self {
        Self { connector, folder, read_only: None, actor }
    }
}

/// A running desk.
pub struct Desk {
    handle: DeskHandle,
}

impl Desk {
    /// Starts it.
    ///
    /// # Errors
    /// Always, here.
    pub fn start(_: DeskConfig) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// A way to it.
    pub fn handle(&self) -> DeskHandle {
        self.handle.clone()
    }

    /// Ends it.
    pub fn stop(self, _: Duration) -> usize {
        0
    }
}

/// This process' user.
pub fn actor_of_process(via: Via) -> Actor {
    Actor { via, ..Actor::default() }
}

//! From settings to a running engine.

use std::sync::Arc;
use std::time::Duration;

use super::exit::{Exit, Failure};
use crate::config::{LimitSettings, PollSettings, Settings};
use crate::engine::history::HistoryConfig;
use crate::engine::{Engine, EngineConfig, Handle, Role};
use crate::host::LocalMachine;
use crate::hypervisor::Connector;
use crate::hypervisor::demo::DemoConnector;
use crate::hypervisor::libvirt::{ConnectOptions, LibvirtConnector};

/// How long a command waits for its threads at the end; one stuck in a call is left behind.
const LEAVE_WITHIN: Duration = Duration::from_millis(300);

/// The hypervisor the settings name, or the demo host. Opens nothing yet.
pub(super) fn connector(settings: &Settings, demo: bool) -> Result<Arc<dyn Connector>, Failure> {
    if demo {
        return Ok(Arc::new(DemoConnector::new(settings.read_only).map_err(|e| Failure::from(&e))?));
    }
    let options = ConnectOptions { uri: Some(settings.connect.clone()), read_only: settings.read_only };
    Ok(Arc::new(LibvirtConnector::new(options).map_err(|e| Failure::from(&e))?))
}

/// A running engine; ends with this.
pub(super) struct Session {
    engine: Option<Engine>,
    handle: Handle,
}

impl Session {
    /// Starts an engine on this hypervisor.
    pub(super) fn start(
        connector: Arc<dyn Connector>,
        poll: PollSettings,
        limits: LimitSettings,
        history: Option<HistoryConfig>,
        role: Role,
    ) -> Result<Self, Failure> {
        let config = EngineConfig {
            machine: Some(Box::new(LocalMachine::new())),
            poll,
            limits,
            history,
            role,
            ..EngineConfig::new(connector)
        };
        let engine = Engine::start(config).map_err(|e| {
            Failure::new(Exit::Failed, format!("could not start the engine: {e}"))
                .hint("Is the number of threads limited (ulimit -u)?")
        })?;
        Ok(Self { handle: engine.handle(), engine: Some(engine) })
    }

    /// Samples it wrote to the history so far.
    pub(super) fn samples_written(&self) -> u64 {
        self.engine.as_ref().map_or(0, Engine::samples_written)
    }

    /// The way to it.
    pub(super) const fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.stop(LEAVE_WITHIN);
        }
    }
}

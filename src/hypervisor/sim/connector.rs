//! Opens connections to the simulated host.

use std::sync::Arc;

use super::connection::SimConnection;
use super::world::World;
use crate::hypervisor::{Connector, HvResult, Hypervisor, Purpose};

/// Opens connections to a [`super::SimHost`].
#[derive(Clone, Debug)]
pub struct SimConnector {
    world: Arc<World>,
}

impl SimConnector {
    pub(super) const fn to(world: Arc<World>) -> Self {
        Self { world }
    }
}

impl Connector for SimConnector {
    fn uri(&self) -> &str {
        &self.world.uri
    }

    fn connect(&self, _purpose: Purpose) -> HvResult<Box<dyn Hypervisor>> {
        let link = self.world.connect()?;
        Ok(Box::new(SimConnection::new(self.world.clone(), link)))
    }
}

//! Definitions of the demo host: the driver's own.

use std::path::PathBuf;

use super::connection::DemoConnection;
use crate::hypervisor::{Definitions, HvResult, Undefining};
use crate::model::held::Document;
use crate::model::id::VmId;

impl Definitions for DemoConnection {
    fn define(&self, xml: &str, validate: bool) -> HvResult<VmId> {
        let id = self.driver.define(xml, validate)?;
        self.hub.forget(id);
        Ok(id)
    }

    fn undefine(&self, id: VmId, how: Undefining) -> HvResult<()> {
        self.driver.undefine(id, how)?;
        self.hub.forget(id);
        Ok(())
    }

    fn snapshot_documents(&self, id: VmId) -> HvResult<Vec<Document>> {
        self.driver.snapshot_documents(id)
    }

    fn put_back_snapshot(&self, id: VmId, snapshot: &Document) -> HvResult<()> {
        self.driver.put_back_snapshot(id, snapshot)
    }

    fn checkpoint_documents(&self, id: VmId) -> HvResult<Vec<Document>> {
        self.driver.checkpoint_documents(id)
    }

    fn put_back_checkpoint(&self, id: VmId, checkpoint: &Document) -> HvResult<()> {
        self.driver.put_back_checkpoint(id, checkpoint)
    }

    fn saved_image(&self, name: &str) -> Option<PathBuf> {
        self.driver.saved_image(name)
    }
}

//! What changes the demo host's storage: the driver does it, as far as it can.

use uuid::Uuid;

use super::connection::DemoConnection;
use crate::hypervisor::{Build, HvResult, Pools, Sink, Source, Volumes};
use crate::model::storage::Volume;

impl Volumes for DemoConnection {
    fn volume(&self, pool: &str, name: &str, details: bool) -> HvResult<Volume> {
        self.driver.volume(pool, name, details)
    }

    fn volume_xml(&self, pool: &str, name: &str) -> HvResult<String> {
        self.driver.volume_xml(pool, name)
    }

    fn create_volume(&self, pool: &str, xml: &str, metadata: bool) -> HvResult<()> {
        self.driver.create_volume(pool, xml, metadata)
    }

    fn clone_volume(&self, pool: &str, xml: &str, from: (&str, &str)) -> HvResult<()> {
        self.driver.clone_volume(pool, xml, from)
    }

    fn delete_volume(&self, pool: &str, name: &str) -> HvResult<()> {
        self.driver.delete_volume(pool, name)
    }

    fn resize_volume(&self, pool: &str, name: &str, capacity: u64, allocate: bool) -> HvResult<()> {
        self.driver.resize_volume(pool, name, capacity, allocate)
    }

    fn wipe_volume(&self, pool: &str, name: &str) -> HvResult<()> {
        self.driver.wipe_volume(pool, name)
    }

    fn upload(&self, pool: &str, name: &str, length: u64, source: &mut Source<'_>) -> HvResult<()> {
        self.driver.upload(pool, name, length, source)
    }

    fn download(&self, pool: &str, name: &str, sink: &mut Sink<'_>) -> HvResult<()> {
        self.driver.download(pool, name, sink)
    }
}

impl Pools for DemoConnection {
    fn pool_named(&self, pool: &str) -> HvResult<Uuid> {
        self.driver.pool_named(pool)
    }

    fn pool_xml(&self, pool: &str) -> HvResult<String> {
        self.driver.pool_xml(pool)
    }

    fn pool_kinds(&self) -> HvResult<Option<Vec<String>>> {
        self.driver.pool_kinds()
    }

    fn define_pool(&self, xml: &str) -> HvResult<()> {
        self.driver.define_pool(xml)
    }

    fn build_pool(&self, pool: &str, how: Build) -> HvResult<()> {
        self.driver.build_pool(pool, how)
    }

    fn start_pool(&self, pool: &str) -> HvResult<()> {
        self.driver.start_pool(pool)
    }

    fn stop_pool(&self, pool: &str) -> HvResult<()> {
        self.driver.stop_pool(pool)
    }

    fn set_pool_autostart(&self, pool: &str, on: bool) -> HvResult<()> {
        self.driver.set_pool_autostart(pool, on)
    }

    fn undefine_pool(&self, pool: &str) -> HvResult<()> {
        self.driver.undefine_pool(pool)
    }
}

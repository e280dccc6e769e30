//! What a cell may need to know beyond its row.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::model::snapshot::Snapshot;
use crate::model::storage::{Pool, Volume};
use crate::model::time::Timestamp;
use crate::model::vm::{DiskSource, NicSource, Vm};

/// The time, and who uses what. Made anew for each snapshot; the indexes are built when first asked for.
pub struct Context<'s> {
    now: Timestamp,
    vms: &'s [Arc<Vm>],
    pools: &'s [Arc<Pool>],
    volumes: OnceCell<HashMap<&'s str, (&'s str, &'s str)>>,
    images: OnceCell<HashMap<String, Vec<&'s str>>>,
    networks: OnceCell<HashMap<&'s str, Vec<&'s str>>>,
}

impl<'s> Context<'s> {
    /// The context of rows of this snapshot, seen `now`.
    pub fn new(snapshot: &'s Snapshot, now: Timestamp) -> Self {
        let pools = snapshot.pools.as_deref().unwrap_or_default();
        Self { pools, ..Self::of_vms(&snapshot.vms, now) }
    }

    /// The context of rows beside these VMs.
    pub const fn of_vms(vms: &'s [Arc<Vm>], now: Timestamp) -> Self {
        Self {
            now,
            vms,
            pools: &[],
            volumes: OnceCell::new(),
            images: OnceCell::new(),
            networks: OnceCell::new(),
        }
    }

    /// The same with volumes of these pools.
    #[must_use]
    pub fn with_pools(self, pools: &'s [Arc<Pool>]) -> Self {
        Self { pools, ..self }
    }

    /// The instant ages are counted to.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether every VM's definition is known: before, "used by nobody" is not.
    pub fn all_defined(&self) -> bool {
        self.vms.iter().all(|v| v.definition.is_some())
    }

    /// The volume an image is, by pool and name; `None` where no pool is known to have it.
    pub fn volume_of(&self, image: &DiskSource) -> Option<(&str, &str)> {
        if let DiskSource::Volume { pool, volume } = image {
            return self.pools.iter().find(|p| p.record.name == *pool).and_then(|p| {
                let found = p.volumes.iter().flat_map(|v| v.iter()).find(|v| v.name == *volume)?;
                Some((p.record.name.as_str(), found.name.as_str()))
            });
        }
        self.volumes.get_or_init(|| self.index_volumes()).get(image.describe().as_str()).copied()
    }

    /// Names of the VMs that have the volume as a disk or as a layer below one.
    pub fn users_of(&self, pool: &str, volume: &Volume) -> &[&'s str] {
        let images = self.images.get_or_init(|| self.index_images());
        [images.get(&volume.path), images.get(&format!("{pool}/{}", volume.name))]
            .into_iter()
            .flatten()
            .next()
            .map_or(&[], Vec::as_slice)
    }

    /// Names of the VMs with a NIC in the network.
    pub fn vms_in(&self, network: &str) -> &[&'s str] {
        self.networks.get_or_init(|| self.index_networks()).get(network).map_or(&[], Vec::as_slice)
    }

    fn index_images(&self) -> HashMap<String, Vec<&'s str>> {
        let mut users: HashMap<String, Vec<&'s str>> = HashMap::new();
        for vm in self.vms {
            let Some(definition) = &vm.definition else { continue };
            for disk in &definition.disks {
                for source in disk.source.iter().chain(disk.backing.iter().map(|l| &l.source)) {
                    add(users.entry(source.describe()).or_default(), &vm.name);
                }
            }
        }
        users
    }

    fn index_volumes(&self) -> HashMap<&'s str, (&'s str, &'s str)> {
        let volumes_of = |p: &'s Arc<Pool>| {
            let volumes = p.volumes.iter().flat_map(|v| v.iter());
            volumes.map(|v| (v.path.as_str(), (p.record.name.as_str(), v.name.as_str())))
        };
        self.pools.iter().flat_map(volumes_of).collect()
    }

    fn index_networks(&self) -> HashMap<&'s str, Vec<&'s str>> {
        let mut members: HashMap<&'s str, Vec<&'s str>> = HashMap::new();
        for vm in self.vms {
            let Some(definition) = &vm.definition else { continue };
            for nic in &definition.nics {
                if let NicSource::Network(name) = &nic.source {
                    add(members.entry(name).or_default(), &vm.name);
                }
            }
        }
        members
    }
}

fn add<'s>(names: &mut Vec<&'s str>, name: &'s str) {
    if names.last() != Some(&name) {
        names.push(name);
    }
}

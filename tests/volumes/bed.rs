//! A pool of the test's own on the private host, and a desk. All of it is gone with it.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use novacron::hypervisor::Hypervisor;
use novacron::model::operation::{NewPool, NewVolume, Operation, PoolOperation, PoolSource, VolumeOperation};

use crate::desk::{Office, done, of};

static NEXT: AtomicU32 = AtomicU32::new(0);

pub(crate) struct Bed {
    office: Office,
    pub(crate) pool: String,
    /// Where the pool is, seen alike from inside and from outside.
    pub(crate) place: PathBuf,
    /// Where something is mounted for it.
    mounted: bool,
    pub(crate) hv: Box<dyn Hypervisor>,
}

impl Deref for Bed {
    type Target = Office;

    fn deref(&self) -> &Office {
        &self.office
    }
}

impl Bed {
    /// A bed with an empty pool; none where there is no private host.
    pub(crate) fn new() -> Option<Self> {
        let bed = Self::bare()?;
        bed.define_pool();
        Some(bed)
    }

    /// The same in a small file system of so many MiB.
    pub(crate) fn small(mib: u32) -> Option<Self> {
        let mut bed = Self::bare()?;
        let size = format!("size={mib}m,mode=755");
        bed.exec(&["mount", "-t", "tmpfs", "-o", &size, "novacron-sto", &bed.place.display().to_string()]);
        bed.mounted = true;
        bed.define_pool();
        Some(bed)
    }

    fn define_pool(&self) {
        let path = Some(self.place.display().to_string());
        let new = NewPool { source: PoolSource::Dir, path, build: None, start: true, autostart: false };
        let desk = self.desk();
        done(&desk.handle(), Operation::pool(&self.pool, PoolOperation::Define(new)));
    }

    /// A name and a folder for a pool.
    pub(crate) fn bare() -> Option<Self> {
        let (office, host) = (Office::new()?, of("NOVACRON_HOST_DIR")?);
        let pool = format!("sto-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let place = Path::new(&host).join(&pool);
        let hv = office.hypervisor();
        let bed = Self { office, pool, place, mounted: false, hv };
        bed.exec(&["mkdir", "-m", "755", &bed.place.display().to_string()]);
        Some(bed)
    }

    pub(crate) fn volume(&self, name: &str, act: VolumeOperation) -> Operation {
        Operation::volume(&self.pool, name, act)
    }

    pub(crate) fn upload(&self, name: &str, file: &Path) -> Operation {
        self.volume(name, VolumeOperation::Upload { from: file.display().to_string() })
    }

    pub(crate) fn download(&self, name: &str, file: &Path) -> Operation {
        self.volume(name, VolumeOperation::Download { to: file.display().to_string() })
    }

    pub(crate) fn clone_to(&self, name: &str, to: &str) -> Operation {
        self.volume(name, VolumeOperation::Clone { to_pool: self.pool.clone(), to: to.into() })
    }

    pub(crate) fn convert(&self, name: &str, to: &str, format: &str) -> Operation {
        let (to_pool, format) = (self.pool.clone(), format.to_owned());
        self.volume(name, VolumeOperation::Convert { to_pool, to: to.into(), format })
    }

    pub(crate) fn create(&self, name: &str, bytes: u64) -> Operation {
        let new = NewVolume { capacity: Some(bytes), ..NewVolume::default() };
        self.volume(name, VolumeOperation::Create(new))
    }

    /// Names of the pool's volumes after libvirt has looked again, so that files it does not know are seen too.
    pub(crate) fn names(&self) -> Vec<String> {
        let id = self.hv.pool_named(&self.pool).unwrap();
        self.hv.refresh_pool(id).unwrap();
        let mut names: Vec<_> = self.hv.volumes(id, false).unwrap().into_iter().map(|v| v.name).collect();
        names.sort();
        names
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.virsh(&["pool-destroy", &self.pool]);
        self.virsh(&["pool-undefine", &self.pool]);
        let place = self.place.display().to_string();
        if self.mounted {
            self.tried(&["umount", &place]);
        }
        self.tried(&["rm", "-rf", "--", &place]);
    }
}

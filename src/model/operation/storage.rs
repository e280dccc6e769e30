//! What can be done to volumes and pools.

use serde::{Deserialize, Serialize};

/// What can be done to a volume, or to make one. Its pool and its name are the operation's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VolumeOperation {
    /// Make a new, empty one of the operation's name.
    Create(NewVolume),
    /// Delete it and what is in it.
    Delete,
    /// Make it larger.
    Grow {
        /// Bytes it shall have.
        to: u64,
        /// Reserve the room now.
        allocate: bool,
    },
    /// Copy it whole to a new volume, in the same format.
    Clone {
        /// Pool of the copy.
        to_pool: String,
        /// Name of the copy.
        to: String,
    },
    /// Copy it whole to a new volume of another format.
    Convert {
        /// Pool of the copy.
        to_pool: String,
        /// Name of the copy.
        to: String,
        /// Format of the copy.
        format: String,
    },
    /// Write zeros over all that it holds.
    Wipe,
    /// Make a new one of the operation's name, with the bytes of a file of this machine.
    Upload {
        /// The file, an absolute path.
        from: String,
    },
    /// Write its bytes to a new file of this machine.
    Download {
        /// The file, an absolute path.
        to: String,
    },
}

/// A new volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewVolume {
    /// Bytes a guest may write; `None` takes those of the backing image.
    pub capacity: Option<u64>,
    /// Format: `qcow2`, `raw`; `None` is what fits the pool.
    pub format: Option<String>,
    /// What is laid out now.
    pub preallocation: Preallocation,
    /// The volume below, of which it holds only the differences.
    pub backing: Option<Backing>,
}

/// A volume below another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backing {
    /// Its pool.
    pub pool: String,
    /// Its name.
    pub name: String,
}

/// How much of a new volume is laid out at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preallocation {
    /// Nothing: it grows as it is written.
    #[default]
    Off,
    /// The tables of a qcow2 image: it grows, but need not grow its tables.
    Metadata,
    /// All its room.
    Full,
}

impl Preallocation {
    /// All, as commands name them.
    pub const ALL: [Self; 3] = [Self::Off, Self::Metadata, Self::Full];

    /// The word in commands.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Metadata => "metadata",
            Self::Full => "full",
        }
    }
}

impl VolumeOperation {
    /// A stable word for records, filters and JSON: `volume.create`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Create(_) => "volume.create",
            Self::Delete => "volume.delete",
            Self::Grow { .. } => "volume.grow",
            Self::Clone { .. } => "volume.clone",
            Self::Convert { .. } => "volume.convert",
            Self::Wipe => "volume.wipe",
            Self::Upload { .. } => "volume.upload",
            Self::Download { .. } => "volume.download",
        }
    }
}

/// What can be done to a pool. Its name is the operation's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolOperation {
    /// Define a new one.
    Define(NewPool),
    /// Define it again as it was.
    Restore {
        /// Its XML.
        xml: String,
    },
    /// Make its storage: a folder, a file system, a volume group.
    Build(BuildHow),
    /// Start it.
    Start,
    /// Stop it; what is in it stays.
    Stop,
    /// Look again what is in it.
    Refresh,
    /// Start it with the host, or not.
    Autostart {
        /// Whether.
        on: bool,
    },
    /// Forget it; what is in it stays.
    Undefine,
}

/// How a pool's storage is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuildHow {
    /// A file system or label is written only where there is none.
    #[default]
    WhereEmpty,
    /// The same whatever is there: it is lost.
    Overwrite,
}

/// A new pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPool {
    /// Where its storage comes from.
    pub source: PoolSource,
    /// Where it is reached on the host: a folder of the host for `dir`, the place it is mounted at for `fs` and `netfs`.
    /// Others have a place by themselves.
    pub path: Option<String>,
    /// Make its storage first.
    pub build: Option<BuildHow>,
    /// Start it at once.
    pub start: bool,
    /// Start it with the host.
    pub autostart: bool,
}

/// Where a pool's storage comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolSource {
    /// A folder.
    Dir,
    /// A file system on a block device.
    Fs {
        /// The device.
        device: String,
        /// The file system; `None` has it found.
        format: Option<String>,
    },
    /// A file system of another host.
    NetFs {
        /// That host.
        host: String,
        /// What it exports.
        dir: String,
        /// `nfs`, `cifs`, `glusterfs`; `None` has it found.
        format: Option<String>,
    },
    /// A volume group of LVM.
    Logical {
        /// Its name.
        group: String,
        /// Devices it is built of; none for one that is there.
        devices: Vec<String>,
    },
    /// A disk whose partitions are the volumes.
    Disk {
        /// The device.
        device: String,
        /// Kind of its label; `None` is the driver's own.
        format: Option<String>,
    },
    /// A dataset of ZFS.
    Zfs {
        /// Its name.
        dataset: String,
        /// Devices it is built of; none for one that is there.
        devices: Vec<String>,
    },
    /// A pool of Ceph's block devices.
    Rbd {
        /// Its name there.
        pool: String,
        /// Monitors, with a port behind a colon where it is another than usual.
        monitors: Vec<String>,
        /// Who asks, and the UUID of libvirt's secret with the key.
        auth: Option<CephAuth>,
    },
}

/// Who asks a Ceph cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CephAuth {
    /// The user.
    pub user: String,
    /// UUID of libvirt's secret.
    pub secret: uuid::Uuid,
}

impl PoolSource {
    /// libvirt's word for the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Dir => "dir",
            Self::Fs { .. } => "fs",
            Self::NetFs { .. } => "netfs",
            Self::Logical { .. } => "logical",
            Self::Disk { .. } => "disk",
            Self::Zfs { .. } => "zfs",
            Self::Rbd { .. } => "rbd",
        }
    }
}

impl PoolOperation {
    /// A stable word for records, filters and JSON: `pool.start`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Define(_) | Self::Restore { .. } => "pool.define",
            Self::Build(_) => "pool.build",
            Self::Start => "pool.start",
            Self::Stop => "pool.stop",
            Self::Refresh => "pool.refresh",
            Self::Autostart { .. } => "pool.autostart",
            Self::Undefine => "pool.undefine",
        }
    }
}

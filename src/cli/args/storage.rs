//! Arguments of `novacron volume` and `novacron pool`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::vm::{How, Switch};
use crate::model::operation::{
    Backing, BuildHow, CephAuth, NewPool, NewVolume, Operation, PoolOperation, PoolSource, Preallocation,
    VolumeOperation,
};

/// `novacron volume`.
#[derive(Args, Clone, Debug)]
pub struct Volume {
    /// How it is gone about.
    #[command(flatten)]
    pub how: How,
    /// What is done.
    #[command(subcommand)]
    pub action: VolumeAction,
}

/// A volume by its pool and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeName {
    pool: String,
    name: String,
}

impl VolumeName {
    /// Pool and name.
    pub fn parts(&self) -> (String, String) {
        (self.pool.clone(), self.name.clone())
    }
}

/// What is done to a volume.
#[derive(Clone, Debug, Subcommand)]
pub enum VolumeAction {
    /// Make a new, empty volume: `novacron volume create images/data.qcow2 --size 20G`.
    Create {
        /// Pool and name of the volume.
        #[arg(value_name = "POOL/NAME", value_parser = volume_name)]
        at: VolumeName,
        /// Its size, such as 20G or 512M; one on a backing volume has that one's unless this is given.
        #[arg(long, value_parser = size)]
        size: Option<u64>,
        /// Its format; in pools of files qcow2 unless this is given.
        #[arg(long = "image", value_name = "FORMAT", value_parser = ["qcow2", "raw"])]
        image: Option<String>,
        /// What is laid out at once: nothing, the tables of a qcow2 image, or all its room.
        #[arg(long, value_name = "WHAT", default_value = "off", value_parser = preallocation())]
        preallocation: Preallocation,
        /// The volume below: the new one holds only the differences.
        #[arg(long, value_name = "POOL/NAME", value_parser = volume_name)]
        backing: Option<VolumeName>,
    },
    /// Delete a volume that nobody uses, and what is in it.
    Delete(One),
    /// Make a volume larger.
    Grow {
        /// Which.
        #[command(flatten)]
        one: One,
        /// Its new size, such as 40G.
        #[arg(value_name = "SIZE", value_parser = size)]
        to: u64,
        /// Reserve the room now.
        #[arg(long)]
        allocate: bool,
    },
    /// Copy a volume whole to a new one.
    Clone {
        /// Which.
        #[command(flatten)]
        one: One,
        /// Name of the copy, in the same pool or another.
        #[arg(value_name = "[POOL/]NEW-NAME")]
        to: String,
    },
    /// Copy a volume whole to a new one of another format.
    Convert {
        /// Which.
        #[command(flatten)]
        one: One,
        /// Name of the copy, in the same pool or another.
        #[arg(value_name = "[POOL/]NEW-NAME")]
        to: String,
        /// Format of the copy: qcow2, raw, vmdk, vdi, vpc, qed.
        #[arg(long = "to", value_name = "FORMAT")]
        image: String,
    },
    /// Write zeros over all that a volume holds.
    Wipe(One),
    /// Make a new volume with the bytes of a file of this machine.
    Upload {
        /// Which.
        #[command(flatten)]
        one: One,
        /// The file.
        #[arg(value_hint = clap::ValueHint::FilePath)]
        file: std::path::PathBuf,
    },
    /// Write the bytes of a volume to a new file of this machine.
    Download {
        /// Which.
        #[command(flatten)]
        one: One,
        /// The file.
        #[arg(value_hint = clap::ValueHint::FilePath)]
        file: std::path::PathBuf,
    },
    /// List volumes that no VM uses, neither itself nor below another.
    Orphans,
}

/// A volume.
#[derive(Args, Clone, Debug)]
pub struct One {
    /// Pool and name of the volume.
    #[arg(value_name = "POOL/NAME", value_parser = volume_name)]
    pub at: VolumeName,
}

impl VolumeAction {
    /// What is asked for; nothing where something is only to be listed.
    ///
    /// # Errors
    /// When there is no present folder for a file that was named without one.
    pub fn asked(&self) -> std::io::Result<Option<Operation>> {
        let path = |file: &std::path::Path| {
            std::path::absolute(file).map(|path| path.to_string_lossy().into_owned())
        };
        let copy = |one: &One, to: &str| match to.split_once('/') {
            Some((pool, name)) => (pool.to_owned(), name.to_owned()),
            None => (one.at.pool.clone(), to.to_owned()),
        };
        let (at, act) = match self {
            Self::Create { at, size, image, preallocation, backing } => {
                let backing = backing.clone().map(|b| Backing { pool: b.pool, name: b.name });
                let format = image.clone();
                let new = NewVolume { capacity: *size, format, preallocation: *preallocation, backing };
                (at, VolumeOperation::Create(new))
            }
            Self::Delete(one) => (&one.at, VolumeOperation::Delete),
            Self::Grow { one, to, allocate } => {
                (&one.at, VolumeOperation::Grow { to: *to, allocate: *allocate })
            }
            Self::Clone { one, to } => {
                let (to_pool, to) = copy(one, to);
                (&one.at, VolumeOperation::Clone { to_pool, to })
            }
            Self::Convert { one, to, image } => {
                let (to_pool, to) = copy(one, to);
                (&one.at, VolumeOperation::Convert { to_pool, to, format: image.clone() })
            }
            Self::Wipe(one) => (&one.at, VolumeOperation::Wipe),
            Self::Upload { one, file } => (&one.at, VolumeOperation::Upload { from: path(file)? }),
            Self::Download { one, file } => (&one.at, VolumeOperation::Download { to: path(file)? }),
            Self::Orphans => return Ok(None),
        };
        Ok(Some(Operation::volume(&at.pool, &at.name, act)))
    }
}

/// `novacron pool`.
#[derive(Args, Clone, Debug)]
pub struct Pool {
    /// How it is gone about.
    #[command(flatten)]
    pub how: How,
    /// What is done.
    #[command(subcommand)]
    pub action: PoolAction,
}

/// What is done to a pool.
#[derive(Clone, Debug, Subcommand)]
pub enum PoolAction {
    /// Define a new pool and start it: `novacron pool define images --path /srv/images --build`.
    Define(Box<Define>),
    /// Make the storage of a pool: its folder, file system, partition table or volume group.
    Build {
        /// Name of the pool.
        pool: String,
        /// Whatever is there already: it is lost.
        #[arg(long)]
        overwrite: bool,
    },
    /// Start a pool.
    Start(PoolName),
    /// Stop a pool; what is in it stays.
    Stop(PoolName),
    /// Look again what is in a pool.
    Refresh(PoolName),
    /// Have a pool started with the host, or not.
    Autostart {
        /// Name of the pool.
        pool: String,
        /// Whether.
        #[arg(value_enum, value_name = "on|off")]
        switch: Switch,
    },
    /// Forget a pool that is stopped; what is in it stays.
    Undefine(PoolName),
}

/// A pool.
#[derive(Args, Clone, Debug)]
pub struct PoolName {
    /// Name of the pool.
    pub pool: String,
}

/// A new pool.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a flag of the command line is a yes or no")]
pub struct Define {
    /// Its name.
    pub pool: String,
    /// Where its storage comes from.
    #[arg(long, default_value = "dir", value_parser = ["dir", "fs", "netfs", "logical", "disk", "zfs", "rbd"])]
    pub kind: String,
    /// Folder of the host: the pool itself (dir), or where it is mounted (fs, netfs).
    #[arg(long, value_name = "FOLDER", required_if_eq_any([("kind", "dir"), ("kind", "fs"), ("kind", "netfs")]))]
    pub path: Option<String>,
    /// Block device: of the file system or disk; those a volume group or ZFS pool is built of.
    #[arg(long, value_name = "DEVICE", required_if_eq_any([("kind", "fs"), ("kind", "disk")]))]
    pub device: Vec<String>,
    /// Other host that exports the file system (netfs), or monitors (rbd, HOST:PORT).
    #[arg(long, value_name = "HOST", required_if_eq("kind", "netfs"))]
    pub host: Vec<String>,
    /// What that host exports.
    #[arg(long, value_name = "PATH", required_if_eq("kind", "netfs"))]
    pub dir: Option<String>,
    /// Name of the volume group, ZFS dataset or Ceph pool.
    #[arg(long, value_name = "NAME", required_if_eq_any([("kind", "logical"), ("kind", "zfs"), ("kind", "rbd")]))]
    pub source: Option<String>,
    /// File system or label at the source (fs: ext4, xfs; netfs: nfs, cifs; disk: gpt).
    #[arg(long, value_name = "FORMAT")]
    pub source_format: Option<String>,
    /// User that asks the Ceph cluster.
    #[arg(long, value_name = "NAME", requires = "secret")]
    pub user: Option<String>,
    /// UUID of libvirt's secret with that user's key.
    #[arg(long, value_name = "UUID", requires = "user")]
    pub secret: Option<uuid::Uuid>,
    /// Make its storage first.
    #[arg(long)]
    pub build: bool,
    /// Whatever is there already: it is lost.
    #[arg(long, requires = "build")]
    pub overwrite: bool,
    /// Leave it stopped.
    #[arg(long)]
    pub no_start: bool,
    /// Have it started with the host.
    #[arg(long)]
    pub autostart: bool,
}

impl Define {
    fn asked(&self) -> NewPool {
        let first = |of: &[String]| of.first().cloned().unwrap_or_default();
        let (source, format) = (self.source.clone().unwrap_or_default(), self.source_format.clone());
        let source = match self.kind.as_str() {
            "fs" => PoolSource::Fs { device: first(&self.device), format },
            "netfs" => {
                let dir = self.dir.clone().unwrap_or_default();
                PoolSource::NetFs { host: first(&self.host), dir, format }
            }
            "logical" => PoolSource::Logical { group: source, devices: self.device.clone() },
            "disk" => PoolSource::Disk { device: first(&self.device), format },
            "zfs" => PoolSource::Zfs { dataset: source, devices: self.device.clone() },
            "rbd" => {
                let auth = self.user.clone().zip(self.secret).map(|(user, secret)| CephAuth { user, secret });
                PoolSource::Rbd { pool: source, monitors: self.host.clone(), auth }
            }
            _ => PoolSource::Dir,
        };
        NewPool {
            source,
            path: self.path.clone(),
            build: self.build.then(|| how(self.overwrite)),
            start: !self.no_start,
            autostart: self.autostart,
        }
    }
}

const fn how(overwrite: bool) -> BuildHow {
    if overwrite { BuildHow::Overwrite } else { BuildHow::WhereEmpty }
}

impl PoolAction {
    /// What is asked for.
    pub fn asked(&self) -> Operation {
        let (name, act) = match self {
            Self::Define(new) => (&new.pool, PoolOperation::Define(new.asked())),
            Self::Build { pool, overwrite } => (pool, PoolOperation::Build(how(*overwrite))),
            Self::Start(name) => (&name.pool, PoolOperation::Start),
            Self::Stop(name) => (&name.pool, PoolOperation::Stop),
            Self::Refresh(name) => (&name.pool, PoolOperation::Refresh),
            Self::Autostart { pool, switch } => {
                (pool, PoolOperation::Autostart { on: *switch == Switch::On })
            }
            Self::Undefine(name) => (&name.pool, PoolOperation::Undefine),
        };
        Operation::pool(name, act)
    }
}

pub(super) fn volume_name(text: &str) -> Result<VolumeName, String> {
    match text.split_once('/') {
        Some((pool, name)) if !pool.is_empty() && !name.is_empty() => {
            Ok(VolumeName { pool: pool.to_owned(), name: name.to_owned() })
        }
        _ => Err("a volume is named by its pool and its name: POOL/NAME".into()),
    }
}

fn preallocation() -> impl TypedValueParser<Value = Preallocation> {
    PossibleValuesParser::new(Preallocation::ALL.map(Preallocation::word)).try_map(|word| {
        Preallocation::ALL.into_iter().find(|p| p.word() == word).ok_or("not a way to lay out")
    })
}

/// Bytes: a number, and K, M, G, T or P behind it for powers of 1024.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let wrong = || "a size is a number such as 512M, 20G or 1.5T".to_owned();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let power = match unit.to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KIB" => 1,
        "M" | "MIB" => 2,
        "G" | "GIB" => 3,
        "T" | "TIB" => 4,
        "P" | "PIB" => 5,
        _ => return Err(wrong()),
    };
    let factor = 1u64 << (10 * power);
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor).ok_or_else(wrong);
    }
    match number.parse::<f64>() {
        Ok(n) if n.is_finite() && power > 0 && n * factor as f64 <= u64::MAX as f64 => {
            Ok((n * factor as f64) as u64)
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests;

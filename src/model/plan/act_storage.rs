//! What steps do to volumes and pools. Both go by their names, which libvirt never changes.

use serde::{Deserialize, Serialize};

use crate::model::operation::BuildHow;

/// One call about storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StorageAct {
    /// Make a volume.
    CreateVolume {
        /// Its pool.
        pool: String,
        /// Its name.
        name: String,
        /// Its XML.
        xml: String,
        /// Lay out its tables now.
        metadata: bool,
    },
    /// Make a volume with the content of another.
    CloneVolume {
        /// Its pool.
        pool: String,
        /// Its name.
        name: String,
        /// Its XML.
        xml: String,
        /// The other's pool.
        from_pool: String,
        /// The other's name.
        from: String,
        /// Bytes that are about to be copied, for the progress.
        bytes: u64,
    },
    /// Delete a volume; one that is gone is no error.
    DeleteVolume {
        /// Its pool.
        pool: String,
        /// Its name.
        name: String,
    },
    /// Make a volume larger.
    ResizeVolume {
        /// Its pool.
        pool: String,
        /// Its name.
        name: String,
        /// Bytes it shall have.
        capacity: u64,
        /// Reserve the room now.
        allocate: bool,
    },
    /// Write zeros over a volume.
    WipeVolume {
        /// Its pool.
        pool: String,
        /// Its name.
        name: String,
    },
    /// Write a file's bytes into a volume.
    Upload {
        /// Its pool.
        pool: String,
        /// Its name.
        name: String,
        /// The file.
        from: String,
    },
    /// Write a volume's bytes to a new file, under another name until all are there.
    Download {
        /// Its pool.
        pool: String,
        /// Its name.
        name: String,
        /// The file.
        to: String,
    },
    /// Take away what an interrupted download left of this file.
    RemovePart {
        /// The file.
        of: String,
    },
    /// Define a pool.
    DefinePool {
        /// Its name.
        pool: String,
        /// Its XML.
        xml: String,
    },
    /// Forget a pool.
    UndefinePool {
        /// Its name.
        pool: String,
    },
    /// Make a pool's storage.
    BuildPool {
        /// Its name.
        pool: String,
        /// How; `None` as the driver does by itself.
        how: Option<BuildHow>,
    },
    /// Start a pool.
    StartPool {
        /// Its name.
        pool: String,
    },
    /// Stop a pool.
    StopPool {
        /// Its name.
        pool: String,
    },
    /// Look again what is in a pool.
    RefreshPool {
        /// Its name.
        pool: String,
    },
    /// Set a pool's autostart.
    SetPoolAutostart {
        /// Its name.
        pool: String,
        /// Whether.
        on: bool,
    },
}

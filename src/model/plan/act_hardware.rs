//! Acts on a VM's hardware.

use serde::{Deserialize, Serialize};

use crate::model::hardware::Edit;
use crate::model::id::VmId;

/// One call about a VM's hardware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HardwareAct {
    /// Edit what the next start will use.
    Define {
        /// Which.
        vm: VmId,
        /// The edits, in order.
        edits: Vec<Edit>,
    },
    /// Change what runs. A VM that is off by then is left as it is: its next start has the change.
    Live {
        /// Which.
        vm: VmId,
        /// What.
        edit: Edit,
        /// Also where the guest has locked a drive's tray.
        force: bool,
        /// Seconds in which the guest has to let go of a device; for others of no meaning.
        within_s: u32,
    },
    /// Make a disk larger while the VM runs.
    GrowLive {
        /// Which.
        vm: VmId,
        /// Target of the disk.
        target: String,
        /// Bytes it shall have.
        to: u64,
    },
    /// Make a volume larger that no VM has open.
    GrowVolume {
        /// The VM it belongs to.
        vm: VmId,
        /// Name of its pool.
        pool: String,
        /// Its name.
        volume: String,
        /// Bytes it shall have.
        to: u64,
    },
}

//! Acts on a guest's own consoles.

use serde::{Deserialize, Serialize};

use crate::model::id::VmId;
use crate::model::operation::Visit;

/// What is done to a guest as one who sits before it would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuestAct {
    /// Open a VM's serial console.
    OpenConsole {
        /// Which.
        vm: VmId,
        /// Take it from whoever has it open.
        take: bool,
    },
    /// Look into a VM, or go there.
    Visit {
        /// Which.
        vm: VmId,
        /// In which way.
        by: Visit,
    },
    /// Press keys together.
    SendKeys {
        /// Of which VM.
        vm: VmId,
        /// Linux' key codes.
        codes: Vec<u16>,
        /// How long, milliseconds.
        hold_ms: u32,
    },
}

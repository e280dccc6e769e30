//! What can be asked of a host: operations, as data. They are kept in the journal and the audit, so names never change
//! their meaning.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::VmId;
use super::vm::StartOrder;

/// Something an admin wants done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// On a VM.
    Vm {
        /// Which.
        id: VmId,
        /// What.
        act: VmOperation,
    },
}

/// What can be done to a VM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VmOperation {
    /// Start it, or resume it from its managed save.
    Start {
        /// Leave it paused at its first instruction.
        paused: bool,
        /// Boot afresh although its memory was saved: what was saved is lost.
        discard_saved: bool,
    },
    /// Ask the guest to shut down, and wait until it is off.
    Shutdown {
        /// How it is asked.
        by: AskGuest,
        /// Seconds until the job ends with the VM still running; at least 1.
        within_s: u32,
    },
    /// Ask the guest to reboot.
    Reboot {
        /// How it is asked.
        by: AskGuest,
    },
    /// Press the reset button: the guest is not asked.
    Reset,
    /// Pull the plug.
    ForceOff,
    /// Stop executing; memory stays where it is.
    Pause,
    /// Go on executing.
    Resume,
    /// Save memory to disk and stop (managed save).
    Save,
    /// Forget the saved memory.
    DiscardSaved,
    /// Start it with the host, or not.
    Autostart {
        /// Whether.
        on: bool,
    },
    /// Have `collect` start it in this order after the host, or no longer.
    StartOrder {
        /// When; `None` takes it out of the order.
        start: Option<StartOrder>,
    },
    /// Give it another name.
    Rename {
        /// The new name.
        to: String,
    },
    /// Give it these tags, and no others.
    SetTags {
        /// The tags, in order.
        tags: Vec<String>,
    },
    /// Give it tags that it lacks, and take others away.
    ChangeTags {
        /// Tags it shall have, behind those it has.
        add: Vec<String>,
        /// Tags it shall not have.
        remove: Vec<String>,
    },
    /// Give it a title and a description; an empty text takes one away.
    Describe {
        /// One line; `None` leaves it as it is.
        title: Option<String>,
        /// Any text; `None` leaves it as it is.
        description: Option<String>,
    },
    /// Protect it from deletion, from being forced off and from what else loses data; or no longer.
    Protect {
        /// Whether.
        on: bool,
    },
}

/// How a guest is asked to shut down or reboot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskGuest {
    /// By the agent where it is connected, else by the power button.
    #[default]
    Auto,
    /// By the guest agent.
    Agent,
    /// By the ACPI power button.
    Acpi,
}

impl AskGuest {
    /// All ways, as commands name them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Agent, Self::Acpi];

    /// The word in commands.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Agent => "agent",
            Self::Acpi => "acpi",
        }
    }
}

/// A kind of thing that operations act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A VM.
    Vm,
    /// A storage pool.
    Pool,
    /// A volume.
    Volume,
    /// A virtual network.
    Network,
}

impl Kind {
    /// One word, as commands and records say it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vm => "vm",
            Self::Pool => "pool",
            Self::Volume => "volume",
            Self::Network => "network",
        }
    }
}

/// What an operation acts on, with the name it had.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// What kind of thing.
    pub kind: Kind,
    /// Its UUID, or another key that stays.
    pub id: String,
    /// Its name then, not cleaned.
    pub name: String,
}

impl Target {
    /// A VM.
    pub fn vm(id: VmId, name: impl Into<String>) -> Self {
        Self { kind: Kind::Vm, id: id.to_string(), name: name.into() }
    }

    /// The name, fit to be drawn.
    pub fn display_name(&self) -> std::borrow::Cow<'_, str> {
        super::text::clean(&self.name)
    }
}

impl Operation {
    /// An operation on a VM.
    pub const fn vm(id: VmId, act: VmOperation) -> Self {
        Self::Vm { id, act }
    }

    /// The VM it acts on, where it is one.
    pub const fn vm_id(&self) -> Option<VmId> {
        match self {
            Self::Vm { id, .. } => Some(*id),
        }
    }

    /// A stable word for records, filters and JSON: `vm.start`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Vm { act, .. } => match act {
                VmOperation::Start { .. } => "vm.start",
                VmOperation::Shutdown { .. } => "vm.shutdown",
                VmOperation::Reboot { .. } => "vm.reboot",
                VmOperation::Reset => "vm.reset",
                VmOperation::ForceOff => "vm.force-off",
                VmOperation::Pause => "vm.pause",
                VmOperation::Resume => "vm.resume",
                VmOperation::Save => "vm.save",
                VmOperation::DiscardSaved => "vm.discard-saved",
                VmOperation::Autostart { .. } => "vm.autostart",
                VmOperation::StartOrder { .. } => "vm.start-order",
                VmOperation::Rename { .. } => "vm.rename",
                VmOperation::SetTags { .. } | VmOperation::ChangeTags { .. } => "vm.tag",
                VmOperation::Describe { .. } => "vm.describe",
                VmOperation::Protect { .. } => "vm.protect",
            },
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

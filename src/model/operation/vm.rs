//! What can be done to a VM.

use serde::{Deserialize, Serialize};

use crate::model::vm::StartOrder;

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
    /// Boot it, and wait until the guest is there: its agent where it has one, else the VM.
    UntilUp {
        /// How it is booted.
        boot: Boot,
        /// Seconds until the job ends without it; at least 1.
        within_s: u32,
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
    /// Open its serial console: changes nothing by itself, but lets one type into the guest.
    Console {
        /// Take it from whoever has it open.
        take: bool,
    },
    /// Look into the guest, or go there: changes nothing by itself.
    Visit {
        /// In which way.
        by: Visit,
    },
    /// Press keys of its keyboard together, and let them go.
    SendKeys {
        /// Linux' key codes, 1 to 16.
        codes: Vec<u16>,
        /// How long they are held, milliseconds.
        hold_ms: u32,
    },
    /// Protect it from deletion, from being forced off and from what else loses data; or no longer.
    Protect {
        /// Whether.
        on: bool,
    },
    /// Change its hardware.
    Hardware(super::HardwareChange),
    /// Move one of its disks, or change what lies below it.
    Layers(super::LayerChange),
    /// Undefine it. All of it is held for a while, and its disks stay where they are.
    Delete {
        /// Pull its plug first, where it runs.
        force_off: bool,
        /// Its saved memory may be lost, where it cannot be kept.
        discard_saved: bool,
    },
    /// Bring a deleted one back.
    Undelete {
        /// Under this name; `None` for the one it had.
        name: Option<String>,
    },
    /// Forget a deleted one for ever. Its disks stay where they are.
    Purge,
    /// The same, and delete its disks: those that nothing else uses.
    PurgeWithVolumes,
    /// Make another VM like it.
    Clone(super::CloneVm),
    /// Make a template of it.
    Template(super::MakeTemplate),
    /// Replace its definition.
    Redefine {
        /// The new one: as it is shown, without passwords, unless `secrets` says otherwise.
        xml: String,
        /// Passwords stand in it, and those that do not are taken away; else the present ones stay. Journal and audit have
        /// the definition without them.
        secrets: bool,
        /// Why.
        why: Redefined,
    },
}

/// Ways to a guest besides its serial console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visit {
    /// Pictures of its screen.
    Screen,
    /// A viewer of its graphical console.
    Viewer,
    /// SSH.
    Ssh,
}

/// Ways to boot that can be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boot {
    /// [`VmOperation::Start`], not paused.
    Start {
        /// As there.
        discard_saved: bool,
    },
    /// [`VmOperation::Reboot`].
    Reboot {
        /// As there.
        by: AskGuest,
    },
    /// [`VmOperation::Reset`].
    Reset,
}

/// Why a definition is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Redefined {
    /// It was edited.
    Edit,
    /// It was given as a file.
    Define,
    /// It is the one of this revision.
    Revert(i64),
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

impl VmOperation {
    /// A stable word for records, filters and JSON: `vm.start`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Start { .. } | Self::UntilUp { boot: Boot::Start { .. }, .. } => "vm.start",
            Self::Shutdown { .. } => "vm.shutdown",
            Self::Reboot { .. } | Self::UntilUp { boot: Boot::Reboot { .. }, .. } => "vm.reboot",
            Self::Reset | Self::UntilUp { boot: Boot::Reset, .. } => "vm.reset",
            Self::ForceOff => "vm.force-off",
            Self::Pause => "vm.pause",
            Self::Resume => "vm.resume",
            Self::Save => "vm.save",
            Self::DiscardSaved => "vm.discard-saved",
            Self::Autostart { .. } => "vm.autostart",
            Self::StartOrder { .. } => "vm.start-order",
            Self::Rename { .. } => "vm.rename",
            Self::SetTags { .. } | Self::ChangeTags { .. } => "vm.tag",
            Self::Describe { .. } => "vm.describe",
            Self::Console { .. } => "vm.console",
            Self::Visit { by: Visit::Screen } => "vm.screenshot",
            Self::Visit { by: Visit::Viewer } => "vm.viewer",
            Self::Visit { by: Visit::Ssh } => "vm.ssh",
            Self::SendKeys { .. } => "vm.send-key",
            Self::Protect { .. } => "vm.protect",
            Self::Hardware(change) => change.what.word(),
            Self::Layers(change) => change.what.word(),
            Self::Delete { .. } => "vm.delete",
            Self::Undelete { .. } => "vm.undelete",
            Self::Purge | Self::PurgeWithVolumes => "vm.purge",
            Self::Clone(_) => "vm.clone",
            Self::Template(_) => "template.create",
            Self::Redefine { why: Redefined::Edit, .. } => "vm.edit",
            Self::Redefine { why: Redefined::Define, .. } => "vm.define",
            Self::Redefine { why: Redefined::Revert(_), .. } => "vm.revert",
        }
    }
}

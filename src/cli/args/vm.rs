//! Arguments of `novacron vm`.

mod guest;
mod hardware;
mod layers;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};

use super::making::{CloneArgs, CreateArgs};
use crate::model::keycode;
use crate::model::operation::{AskGuest, Boot, VmOperation};
use crate::model::vm::{StartGate, StartOrder};
pub(in crate::cli) use guest::GuestAction;

/// Seconds of a day: nothing here takes longer.
const DAY: i64 = 86_400;

/// `novacron vm`.
#[derive(Args, Clone, Debug)]
pub struct Vm {
    /// How it is gone about.
    #[command(flatten)]
    pub how: How,
    /// What is done.
    #[command(subcommand)]
    pub action: Action,
}

/// How any operation is gone about.
#[derive(Args, Clone, Debug)]
pub struct How {
    /// Show what would be done, and do nothing.
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Do not ask: stands for the confirmation, and for a name that has to be typed.
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// Wait for the guest too, so many seconds at most: after a start, a reboot or a reset until its agent is connected (120;
    /// without an agent until the VM runs), after a shutdown until it is off. Any command waits for its own job, and most
    /// have nothing else to wait for. When the time is over the guest is left as it is, and the exit code is 7.
    #[arg(long, global = true, value_name = "SECONDS", num_args = 0..=1, require_equals = true, value_parser = clap::value_parser!(u32).range(1..=DAY))]
    #[expect(clippy::option_option, reason = "an option whose value may be left out")]
    pub wait: Option<Option<u32>>,
    /// Form of the output.
    #[arg(short, long, global = true, value_enum, default_value_t)]
    pub format: Form,
    /// Give up after so many seconds without a plan. What was begun has its own deadlines.
    #[arg(long, global = true, value_name = "SECONDS", default_value = "30", value_parser = super::seconds)]
    pub timeout: Duration,
}

/// Seconds that a guest has for booting, where nobody says otherwise.
const UP_WITHIN_S: u32 = 120;

impl Vm {
    /// The VMs as they were named, and what is asked for of each.
    pub fn asked(&self) -> Asking {
        match (self.action.asked(), self.how.wait) {
            (Asking::Vms(names, act), Some(within_s)) => Asking::Vms(names, waited_for(act, within_s)),
            (asked, _) => asked,
        }
    }
}

/// The same, with a wait for the guest where its state comes later than the hypervisor's answer.
fn waited_for(act: VmOperation, within_s: Option<u32>) -> VmOperation {
    let until_up = |boot| VmOperation::UntilUp { boot, within_s: within_s.unwrap_or(UP_WITHIN_S) };
    match act {
        VmOperation::Start { paused: false, discard_saved } => until_up(Boot::Start { discard_saved }),
        VmOperation::Reboot { by } => until_up(Boot::Reboot { by }),
        VmOperation::Reset => until_up(Boot::Reset),
        VmOperation::Shutdown { by, within_s: usual } => {
            VmOperation::Shutdown { by, within_s: within_s.unwrap_or(usual) }
        }
        act => act,
    }
}

/// Form of the output of what does something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people.
    #[default]
    Text,
    /// For programs: one object.
    Json,
}

/// What is done to VMs.
#[derive(Clone, Debug, Subcommand)]
pub enum Action {
    /// Start VMs; one whose memory was saved goes on where it was.
    Start {
        /// Leave them paused at their first instruction.
        #[arg(long)]
        paused: bool,
        /// Boot afresh: what was saved of their memory is lost.
        #[arg(long)]
        discard_saved: bool,
        /// VMs.
        #[command(flatten)]
        names: Names,
    },
    /// Ask guests to shut down, and wait until they are off. Nothing is forced.
    Shutdown {
        /// How the guest is asked.
        #[command(flatten)]
        by: By,
        /// Wait so many seconds at most; --wait=SECONDS is the same.
        #[arg(long, value_name = "SECONDS", default_value = "90", value_parser = clap::value_parser!(u32).range(1..=DAY))]
        within: u32,
        /// VMs.
        #[command(flatten)]
        names: Names,
    },
    /// Ask guests to reboot.
    Reboot {
        /// How the guest is asked.
        #[command(flatten)]
        by: By,
        /// VMs.
        #[command(flatten)]
        names: Names,
    },
    /// Press the reset button. Guests are not asked: what they have not written to disk is lost.
    Reset(Names),
    /// Pull the plug. Guests are not asked: what they have not written to disk is lost.
    ForceOff(Names),
    /// Stop VMs from executing; their memory stays where it is.
    Pause(Names),
    /// Have paused VMs go on.
    Resume(Names),
    /// Save the memory of VMs to disk and stop them; their next start goes on from there.
    Save(Names),
    /// Forget the saved memory of VMs.
    DiscardSaved(Names),
    /// Have VMs started with the host, by libvirt, or not.
    Autostart {
        /// VMs.
        #[command(flatten)]
        names: Names,
        /// Whether.
        #[arg(value_enum, required = true, value_name = "on|off")]
        switch: Switch,
    },
    /// Have `novacron collect` start VMs in an order when it finds the host freshly started.
    StartOrder {
        /// VMs.
        #[command(flatten)]
        names: Names,
        /// A number: lower ones first, equal ones together; or `none` to take them out of the order.
        #[arg(required = true, value_parser = order, value_name = "NUMBER|none")]
        order: Order,
        /// Wait so many seconds once they count as started, before the next number begins.
        #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = clap::value_parser!(u32).range(0..=DAY))]
        delay: u32,
        /// When they count as started: once they run, once the guest agent answers, or once there is an address.
        #[arg(long, value_name = "WHEN", default_value = "running", value_parser = gate())]
        gate: StartGate,
    },
    /// Give a VM that is off another name.
    Rename {
        /// Name or UUID of a VM.
        name: String,
        /// Its new name.
        #[arg(value_name = "NEW-NAME")]
        to: String,
    },
    /// Give VMs tags, or take them away: `novacron vm tag web01 add prod`.
    #[command(subcommand_precedence_over_arg = true)]
    Tag {
        /// VMs.
        #[command(flatten)]
        names: Names,
        /// What of the tags.
        #[command(subcommand)]
        change: Tags,
    },
    /// Give a VM a title and a description, kept in its definition.
    #[command(group = clap::ArgGroup::new("texts").required(true).multiple(true))]
    Describe {
        /// Name or UUID of a VM.
        name: String,
        /// One line; an empty one takes the title away.
        #[arg(long, value_name = "TEXT", group = "texts", allow_hyphen_values = true)]
        title: Option<String>,
        /// Any text; an empty one takes the description away.
        #[arg(long, value_name = "TEXT", group = "texts", allow_hyphen_values = true)]
        text: Option<String>,
    },
    /// Press keys of VMs together, and let them go: `novacron vm send-key web01 ctrl-alt-f2`.
    #[command(after_long_help = keys())]
    SendKey {
        /// VMs.
        #[command(flatten)]
        names: Names,
        /// Keys, joined by `-`: names as in the list below, or `#113` for a code of Linux.
        #[arg(required = true, value_name = "KEYS", value_parser = chord)]
        keys: Chord,
        /// Hold them so many milliseconds.
        #[arg(long, value_name = "MS", default_value = "100", value_parser = clap::value_parser!(u32).range(0..=60_000))]
        hold: u32,
    },
    /// A guest's own consoles.
    #[command(flatten)]
    Guest(GuestAction),
    /// Make another VM like one: its disks are copied, also while it runs; name, UUID and MAC addresses are its own.
    Clone(CloneArgs),
    /// Make a VM: to be installed from a medium, around a disk, or of a template.
    Create(Box<CreateArgs>),
    /// Protect VMs from being deleted, forced off and reset, or no longer.
    Protect {
        /// VMs.
        #[command(flatten)]
        names: Names,
        /// Whether.
        #[arg(value_enum, required = true, value_name = "on|off")]
        switch: Switch,
    },
    /// Give VMs other vCPUs and memory, at once as far as that is possible.
    Set(hardware::Set),
    /// Attach, detach, grow disks; change media.
    #[command(subcommand)]
    Disk(hardware::Disk),
    /// Attach and detach NICs, set their links and networks.
    #[command(subcommand)]
    Nic(hardware::Nic),
    /// Have a VM boot from its devices in this order, from its next start on: `novacron vm boot web01 vda,network`.
    Boot(hardware::Boot),
    /// Attach a disk or NIC by its XML.
    #[command(subcommand)]
    Device(hardware::Device),
    /// Move a disk to another pool; a VM that runs goes on meanwhile.
    MigrateDisk(layers::Migrate),
    /// Write what a running VM's disk holds into the image below it, and do without its layer.
    CommitDisk(layers::Commit),
    /// Take into a running VM's disk what the images below it hold, and do without them.
    PullDisk(layers::Pull),
    /// Delete VMs that are off. All of each is held for a while, and its disks stay where they are.
    Delete {
        /// Pull the plug of those that run. Guests are not asked.
        #[arg(long)]
        force_off: bool,
        /// Have saved memory be lost, where it cannot be held.
        #[arg(long)]
        discard_saved: bool,
        /// VMs.
        #[command(flatten)]
        names: Names,
    },
    /// Bring a deleted VM back, with its snapshots, UEFI variables, saved memory and autostart.
    Undelete {
        /// Name or UUID of a deleted VM.
        name: String,
        /// Under this name.
        #[arg(long = "name", value_name = "NEW-NAME")]
        as_name: Option<String>,
    },
    /// Forget deleted VMs for ever; their disks stay where they are.
    Purge {
        /// Delete their disks as well. Refused while anything else uses one.
        #[arg(long)]
        volumes: bool,
        /// VMs.
        #[command(flatten)]
        names: Names,
    },
    /// List deleted VMs that can be brought back.
    Held {
        /// Print the definition of this one.
        #[arg(long, value_name = "NAME")]
        xml: Option<String>,
        /// Show passwords in it.
        #[arg(long, requires = "xml")]
        secrets: bool,
    },
    /// Change a VM's definition in an editor (VISUAL, EDITOR).
    Edit {
        /// Name or UUID of a VM.
        name: String,
        /// Show passwords in it. Without this they stay as they are.
        #[arg(long)]
        secrets: bool,
    },
    /// Replace a VM's definition by that of a file, which says whose it is.
    Define {
        /// The file; - for standard input.
        file: PathBuf,
        /// Take passwords from the file too, and those away that it lacks.
        #[arg(long)]
        secrets: bool,
    },
    /// List the definitions that a VM had, or what differs between two of them.
    Revisions {
        /// Name or UUID of a VM.
        name: String,
        /// Print what differs between these two.
        #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with = "show")]
        diff: Option<Vec<i64>>,
        /// Print this one.
        #[arg(long, value_name = "NUMBER")]
        show: Option<i64>,
    },
    /// Give a VM a definition again that it had. Passwords stay as they are.
    Revert {
        /// Name or UUID of a VM.
        name: String,
        /// Number of a revision.
        number: i64,
    },
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Asking {
    /// This, of VMs of these names.
    Vms(Vec<String>, VmOperation),
    /// This, of deleted VMs of these names.
    Held(Vec<String>, VmOperation),
    /// A VM that is to be made.
    New(Box<CreateArgs>),
    /// A command with a way of its own.
    Other,
}

/// Keys that are pressed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chord(pub Vec<u16>);

/// VMs, as they were named.
#[derive(Args, Clone, Debug)]
pub struct Names {
    /// Names or UUIDs of VMs.
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
}

/// How a guest is asked.
#[derive(Args, Clone, Copy, Debug)]
pub struct By {
    /// Ask by the guest agent, by the ACPI power button, or by the agent where it is connected.
    #[arg(long, value_name = "WAY", default_value = "auto", value_parser = ask())]
    pub by: AskGuest,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Yes.
    On,
    /// No.
    Off,
}

/// A place in the order of starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// This number.
    Number(u32),
    /// No place.
    None,
}

/// What is done with tags.
#[derive(Clone, Debug, Subcommand)]
pub enum Tags {
    /// Add tags to those that VMs have.
    Add(TagWords),
    /// Take tags of VMs away.
    Remove(TagWords),
    /// Give VMs these tags and no others.
    Set(TagWords),
    /// Take all tags of VMs away.
    Clear,
}

/// Tags.
#[derive(Args, Clone, Debug)]
pub struct TagWords {
    /// Tags: letters, digits and . _ - :
    #[arg(required = true, value_name = "TAG")]
    pub tags: Vec<String>,
}

impl Action {
    /// The VMs as they were named, and what is asked for of each, whatever is waited for.
    pub fn asked(&self) -> Asking {
        use VmOperation as Op;
        let (names, act) = match self.clone() {
            Self::Start { paused, discard_saved, names } => {
                (names.names, Op::Start { paused, discard_saved })
            }
            Self::Shutdown { by: By { by }, within: within_s, names } => {
                (names.names, Op::Shutdown { by, within_s })
            }
            Self::Reboot { by: By { by }, names } => (names.names, Op::Reboot { by }),
            Self::Reset(names) => (names.names, Op::Reset),
            Self::ForceOff(names) => (names.names, Op::ForceOff),
            Self::Pause(names) => (names.names, Op::Pause),
            Self::Resume(names) => (names.names, Op::Resume),
            Self::Save(names) => (names.names, Op::Save),
            Self::DiscardSaved(names) => (names.names, Op::DiscardSaved),
            Self::Autostart { names, switch } => (names.names, Op::Autostart { on: switch == Switch::On }),
            Self::StartOrder { names, order, delay: delay_s, gate } => {
                let start = match order {
                    Order::Number(order) => Some(StartOrder { order, delay_s, gate }),
                    Order::None => None,
                };
                (names.names, Op::StartOrder { start })
            }
            Self::Rename { name, to } => (vec![name], Op::Rename { to }),
            Self::Tag { names, change } => (names.names, change.asked()),
            Self::Describe { name, title, text } => (vec![name], Op::Describe { title, description: text }),
            Self::Protect { names, switch } => (names.names, Op::Protect { on: switch == Switch::On }),
            Self::SendKey { names, keys: Chord(codes), hold: hold_ms } => {
                (names.names, Op::SendKeys { codes, hold_ms })
            }
            Self::Guest(GuestAction::Console { name, force: take }) => (vec![name], Op::Console { take }),
            Self::Set(set) => set.asked(),
            Self::Disk(disk) => disk.asked(),
            Self::Nic(nic) => nic.asked(),
            Self::Boot(boot) => boot.asked(),
            Self::Device(device) => device.asked(),
            Self::MigrateDisk(migrate) => migrate.asked(),
            Self::CommitDisk(commit) => commit.asked(),
            Self::PullDisk(pull) => pull.asked(),
            Self::Delete { force_off, discard_saved, names } => {
                (names.names, Op::Delete { force_off, discard_saved })
            }
            Self::Undelete { name, as_name } => {
                return Asking::Held(vec![name], Op::Undelete { name: as_name });
            }
            Self::Clone(args) => (vec![args.name.clone()], args.asked()),
            Self::Create(args) => return Asking::New(args),
            Self::Purge { volumes, names } => {
                let act = if volumes { Op::PurgeWithVolumes } else { Op::Purge };
                return Asking::Held(names.names, act);
            }
            Self::Guest(_)
            | Self::Held { .. }
            | Self::Edit { .. }
            | Self::Define { .. }
            | Self::Revisions { .. }
            | Self::Revert { .. } => return Asking::Other,
        };
        Asking::Vms(names, act)
    }
}

impl Tags {
    fn asked(self) -> VmOperation {
        match self {
            Self::Add(TagWords { tags: add }) => VmOperation::ChangeTags { add, remove: Vec::new() },
            Self::Remove(TagWords { tags: remove }) => VmOperation::ChangeTags { add: Vec::new(), remove },
            Self::Set(TagWords { tags }) => VmOperation::SetTags { tags },
            Self::Clear => VmOperation::SetTags { tags: Vec::new() },
        }
    }
}

fn ask() -> impl TypedValueParser<Value = AskGuest> {
    PossibleValuesParser::new(AskGuest::ALL.map(AskGuest::word))
        .try_map(|word| AskGuest::ALL.into_iter().find(|a| a.word() == word).ok_or("not a way to ask"))
}

fn gate() -> impl TypedValueParser<Value = StartGate> {
    PossibleValuesParser::new(StartGate::ALL.map(StartGate::word))
        .try_map(|word| StartGate::by_word(&word).ok_or("not a gate"))
}

fn chord(text: &str) -> Result<Chord, String> {
    keycode::parse(text).map(Chord).map_err(|why| format!("{why}; --help lists them"))
}

fn keys() -> String {
    format!("Keys: {}", keycode::names().collect::<Vec<_>>().join(" "))
}

fn order(text: &str) -> Result<Order, String> {
    match text {
        "none" => Ok(Order::None),
        text => text.parse().map(Order::Number).map_err(|_| "a number from 0, or none".into()),
    }
}

#[cfg(test)]
mod tests;

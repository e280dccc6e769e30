//! What happened, as its own record.

use super::subject::Subject;
use crate::model::time::Timestamp;

macro_rules! kinds {
    ($( $(#[$doc:meta])* $id:ident $name:literal, )*) => {
        /// What kind of thing happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventKind { $( $(#[$doc])* $id, )* }

        impl EventKind {
            /// Every kind.
            pub const ALL: &[Self] = &[ $( Self::$id, )* ];

            /// Its stable name, as the database and JSON have it.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$id => $name, )* }
            }
        }
    };
}

kinds! {
    /// A VM was started.
    VmStarted "vm_started",
    /// A VM was stopped or stopped itself.
    VmStopped "vm_stopped",
    /// A VM was paused.
    VmPaused "vm_paused",
    /// A paused VM goes on.
    VmResumed "vm_resumed",
    /// A VM crashed.
    VmCrashed "vm_crashed",
    /// A VM paused since its disk failed.
    VmIoError "vm_io_error",
    /// A VM came from or went to another host.
    VmMigrated "vm_migrated",
    /// A VM was suspended by its guest.
    VmSuspended "vm_suspended",
    /// A VM was rebooted.
    VmRebooted "vm_rebooted",
    /// A VM was defined.
    VmDefined "vm_defined",
    /// A VM was removed.
    VmUndefined "vm_undefined",
    /// A VM got another name.
    VmRenamed "vm_renamed",
    /// A VM was found in a state when recording began, or when the VM came: nothing happened, but from then on its
    /// state is known. The detail is the state's phrase.
    VmSeen "vm_seen",
    /// The connection to the hypervisor was lost.
    ConnectionLost "connection_lost",
    /// The connection is back.
    ConnectionRestored "connection_restored",
    /// Recording began.
    RecordingStarted "recording_started",
    /// Recording ended.
    RecordingStopped "recording_stopped",
}

impl EventKind {
    /// Back from its name; `None` for one of a newer version.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.name() == name)
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// To what; `None` for the connection or the recording.
    pub subject: Option<Subject>,
    /// What.
    pub kind: EventKind,
    /// More about it, one line; may be empty. Not cleaned.
    pub detail: String,
}

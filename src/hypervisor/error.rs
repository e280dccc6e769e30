//! Errors of the port: what was asked, of what, and why it failed.

use std::fmt;

/// Result of a call to a hypervisor.
pub type HvResult<T> = Result<T, HvError>;

/// The kind decides what the user is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HvErrorKind {
    /// Nothing listens on this machine: no socket, connection refused.
    NoConnection,
    /// Another machine is not reached: name unknown, no route, refused, no SSH.
    Unreachable,
    /// The connection broke.
    ConnectionLost,
    /// The user may not: socket permission, polkit, SSH key.
    PermissionDenied,
    /// The URI is not one.
    BadUri,
    /// The thing is not there (any more).
    NotFound,
    /// This driver or version cannot.
    Unsupported,
    /// A read-only connection.
    ReadOnly,
    /// Not possible in the present state (not running, busy).
    InvalidState,
    /// The guest agent does not answer.
    AgentUnavailable,
    /// It took too long.
    TimedOut,
    /// Something of that name is there already.
    Exists,
    /// It was stopped on request before it was done.
    Aborted,
    /// Anything else.
    Other,
}

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct HvError {
    /// What the user should be told to do depends on it.
    pub kind: HvErrorKind,
    /// What was asked, as a verb phrase: `list VMs`, `read the XML`.
    pub operation: &'static str,
    /// Of what; empty when of the connection.
    pub object: String,
    /// The hypervisor's own words, one line, cleaned.
    pub message: String,
}

impl HvError {
    /// An error of this kind, with the hypervisor's own words.
    pub fn new(kind: HvErrorKind, operation: &'static str, message: impl AsRef<str>) -> Self {
        let message = crate::model::text::clean(message.as_ref().trim()).into_owned();
        Self { kind, operation, object: String::new(), message }
    }

    /// A change that a read-only connection refuses.
    pub fn read_only(operation: &'static str) -> Self {
        Self::new(HvErrorKind::ReadOnly, operation, "the connection is read-only")
    }

    /// The same, naming the object.
    #[must_use]
    pub fn of(mut self, object: impl AsRef<str>) -> Self {
        self.object = crate::model::text::clean(object.as_ref()).into_owned();
        self
    }

    /// Whether the connection is of no more use.
    pub const fn is_fatal(&self) -> bool {
        matches!(
            self.kind,
            HvErrorKind::ConnectionLost | HvErrorKind::NoConnection | HvErrorKind::Unreachable
        )
    }

    /// What to do, one sentence; empty when there is nothing to advise.
    pub const fn hint(&self) -> &'static str {
        match self.kind {
            HvErrorKind::NoConnection => {
                "Is the daemon running (systemctl status libvirtd virtqemud), and the URI right? `novacron demo` needs neither."
            }
            HvErrorKind::Unreachable => {
                "Is the host's name right, is the host up, and does it let you in (ssh USER@HOST virsh list)?"
            }
            HvErrorKind::ConnectionLost => "NovaCron tries again by itself.",
            HvErrorKind::PermissionDenied => {
                "Join group libvirt (sudo usermod -aG libvirt $USER, then log in again), use sudo, or have polkit allow it; over SSH, check the key (ssh-add -l)."
            }
            HvErrorKind::BadUri => {
                "Examples: qemu:///system, qemu:///session, qemu+ssh://root@host/system, test:///default."
            }
            HvErrorKind::ReadOnly => "Start without --read-only to be able to.",
            HvErrorKind::AgentUnavailable => {
                "Install and start qemu-guest-agent in the guest, and give the VM its channel."
            }
            HvErrorKind::TimedOut => "The host or its storage may hang; other values go on being read.",
            HvErrorKind::NotFound
            | HvErrorKind::Unsupported
            | HvErrorKind::InvalidState
            | HvErrorKind::Exists
            | HvErrorKind::Aborted
            | HvErrorKind::Other => "",
        }
    }

    /// What failed and why, and what to do.
    pub fn sentence(&self) -> String {
        match self.hint() {
            "" => format!("{self}."),
            hint => format!("{self}. {hint}"),
        }
    }
}

impl fmt::Display for HvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Could not {}", self.operation)?;
        if !self.object.is_empty() {
            write!(f, " of {}", self.object)?;
        }
        write!(f, ": {}", self.message)
    }
}

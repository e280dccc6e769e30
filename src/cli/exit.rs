//! How a command ends: exit codes, and failures as people read them.

use std::fmt;

use crate::hypervisor::{HvError, HvErrorKind};

/// Exit code of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// There is no such thing.
    NotFound = 3,
    /// It may not be done.
    Refused = 4,
    /// The user ended it.
    Cancelled = 5,
    /// The hypervisor cannot be reached.
    NoConnection = 6,
    /// It took too long.
    TimedOut = 7,
}

impl Exit {
    /// Every exit code with what it means, for `--help`, man page and README.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Usage, "the command line is wrong"),
        (Self::NotFound, "there is no such VM, pool, volume or network, or nothing was recorded of it"),
        (Self::Refused, "refused, with the reason"),
        (Self::Cancelled, "cancelled"),
        (Self::NoConnection, "no connection to the hypervisor"),
        (Self::TimedOut, "timed out"),
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// How bad it is beside others: of several outcomes a command tells the worst.
    pub const fn weight(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 1,
            Self::Refused => 2,
            Self::NotFound => 3,
            Self::Cancelled => 4,
            Self::TimedOut => 5,
            Self::Failed => 6,
            Self::NoConnection => 7,
        }
    }
}

/// A command that did not do what was asked: what failed, why, what now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What failed and why, one sentence without its stop, cleaned.
    pub what: String,
    /// What to do; may be empty.
    pub now: String,
}

impl Failure {
    /// A failure with nothing to advise.
    pub fn new(exit: Exit, what: impl AsRef<str>) -> Self {
        Self { exit, what: crate::model::text::clean(what.as_ref()).into_owned(), now: String::new() }
    }

    /// The same, with advice.
    #[must_use]
    pub fn hint(mut self, now: impl AsRef<str>) -> Self {
        self.now = crate::model::text::clean(now.as_ref()).into_owned();
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "novacron: {}", self.what)?;
        if !self.now.is_empty() {
            write!(f, "\n  {}", self.now)?;
        }
        Ok(())
    }
}

impl From<&HvError> for Failure {
    fn from(e: &HvError) -> Self {
        let exit = match e.kind {
            HvErrorKind::NoConnection
            | HvErrorKind::Unreachable
            | HvErrorKind::ConnectionLost
            | HvErrorKind::PermissionDenied => Exit::NoConnection,
            HvErrorKind::BadUri => Exit::Usage,
            HvErrorKind::NotFound => Exit::NotFound,
            HvErrorKind::ReadOnly | HvErrorKind::InvalidState | HvErrorKind::Exists => Exit::Refused,
            HvErrorKind::Aborted => Exit::Cancelled,
            HvErrorKind::TimedOut => Exit::TimedOut,
            HvErrorKind::Unsupported | HvErrorKind::AgentUnavailable | HvErrorKind::Other => Exit::Failed,
        };
        Self::new(exit, e.to_string()).hint(e.hint())
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(e: crate::config::ConfigError) -> Self {
        Self::new(Exit::Usage, e.to_string())
    }
}

/// A command's own output could not be written.
impl From<crate::console::editor::EditorError> for Failure {
    fn from(e: crate::console::editor::EditorError) -> Self {
        use crate::console::editor::EditorError;
        let exit = match e {
            EditorError::GivenUp { .. } => Exit::Cancelled,
            _ => Exit::Failed,
        };
        Self::new(exit, e.to_string()).hint(e.hint())
    }
}

impl From<std::io::Error> for Failure {
    fn from(e: std::io::Error) -> Self {
        Self::new(Exit::Failed, format!("Could not write the output: {e}"))
    }
}

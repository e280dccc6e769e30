//! libvirt's errors in the port's words.

use super::ffi::{RawError, RawResult, code};
use crate::hypervisor::{HvError, HvErrorKind, HvResult};

/// Gives a failed call its operation.
pub(super) trait Doing<T> {
    /// `operation` is a verb phrase, as [`HvError::operation`] wants it.
    fn doing(self, operation: &'static str) -> HvResult<T>;
}

impl<T> Doing<T> for RawResult<T> {
    fn doing(self, operation: &'static str) -> HvResult<T> {
        self.map_err(|e| hv_error(&e, kind(&e), operation))
    }
}

/// The error of opening a connection: there, whatever broke on the way means that nobody answers.
pub(super) fn open_error(e: &RawError, uri_given: bool) -> HvError {
    let no_uri = e.code == code::XML_ERROR || e.code == code::INVALID_ARG || says(e, &["URI", "uri"]);
    let no_driver = uri_given && e.code == code::NO_CONNECT;
    let kind = match kind(e) {
        HvErrorKind::NoConnection if no_driver => HvErrorKind::BadUri,
        HvErrorKind::Other if no_uri => HvErrorKind::BadUri,
        HvErrorKind::ConnectionLost | HvErrorKind::Other => HvErrorKind::NoConnection,
        kind => kind,
    };
    hv_error(e, kind, "connect")
}

fn hv_error(e: &RawError, kind: HvErrorKind, operation: &'static str) -> HvError {
    HvError::new(kind, operation, one_line(&e.message))
}

/// Line breaks become spaces; the rest is cleaned by [`HvError::new`].
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn says(e: &RawError, phrases: &[&str]) -> bool {
    phrases.iter().any(|p| e.message.contains(p))
}

/// The kind of an error. libvirt uses a few codes for very different things, so its words count too.
pub(super) fn kind(e: &RawError) -> HvErrorKind {
    match e.code {
        code::NO_DOMAIN | code::NO_NETWORK | code::NO_STORAGE_POOL | code::NO_STORAGE_VOL => {
            HvErrorKind::NotFound
        }
        code::ARGUMENT_UNSUPPORTED if says(e, &["guest agent"]) => HvErrorKind::AgentUnavailable,
        code::NO_SUPPORT
        | code::CONFIG_UNSUPPORTED
        | code::OPERATION_UNSUPPORTED
        | code::ARGUMENT_UNSUPPORTED => HvErrorKind::Unsupported,
        code::INVALID_ARG if says(e, &["unsupported flags"]) => HvErrorKind::Unsupported,
        code::OPERATION_DENIED if says(e, &["read only", "read-only"]) => HvErrorKind::ReadOnly,
        code::OPERATION_DENIED
        | code::ACCESS_DENIED
        | code::AUTH_FAILED
        | code::AUTH_CANCELLED
        | code::AUTH_UNAVAILABLE => HvErrorKind::PermissionDenied,
        code::OPERATION_INVALID | code::RESOURCE_BUSY => HvErrorKind::InvalidState,
        code::OPERATION_TIMEOUT | code::AGENT_COMMAND_TIMEOUT => HvErrorKind::TimedOut,
        code::AGENT_UNRESPONSIVE | code::AGENT_UNSYNCED | code::AGENT_COMMAND_FAILED => {
            HvErrorKind::AgentUnavailable
        }
        code::NO_CONNECT | code::UNKNOWN_HOST => HvErrorKind::NoConnection,
        code::INVALID_CONN => HvErrorKind::ConnectionLost,
        code::SYSTEM_ERROR
        | code::RPC
        | code::INTERNAL_ERROR
        | code::GNUTLS_ERROR
        | code::SSH
        | code::LIBSSH => transport(e),
        _ => HvErrorKind::Other,
    }
}

/// Whether the connection is of no more use.
pub(super) fn is_fatal(e: &RawError) -> bool {
    matches!(kind(e), HvErrorKind::ConnectionLost | HvErrorKind::NoConnection)
}

/// What went wrong on the way, told by the words of the system, of ssh and of libvirt's client.
fn transport(e: &RawError) -> HvErrorKind {
    const DENIED: &[&str] = &["Permission denied", "Host key verification failed", "authentication failed"];
    const NOBODY: &[&str] = &[
        "Failed to connect socket",
        "unable to connect to server",
        "Unable to resolve address",
        "Could not resolve hostname",
        "Connection refused",
        "No route to host",
        "Network is unreachable",
        "Connection timed out",
        "Cannot find '", // a binary of the session daemon, or ssh
    ];
    const LOST: &[&str] = &[
        "End of file while reading data",
        "client socket is closed",
        "keepalive timeout",
        "Connection reset",
        "Broken pipe",
        "Cannot write data",
        "Cannot recv data",
        "Unable to read from",
        "not connected to", // the proxied daemon of a modular libvirt went away
    ];
    if says(e, DENIED) {
        HvErrorKind::PermissionDenied
    } else if says(e, NOBODY) {
        HvErrorKind::NoConnection
    } else if says(e, LOST) {
        HvErrorKind::ConnectionLost
    } else {
        HvErrorKind::Other
    }
}

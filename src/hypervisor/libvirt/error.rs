//! libvirt's errors in the port's words.

use super::ffi::{FROM_RPC, RawError, RawResult, code};
use super::uri::{has_host, is_test};
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
pub(super) fn open_error(e: &RawError, uri: Option<&str>) -> HvError {
    let kind = match kind(e) {
        HvErrorKind::NoConnection if uri.is_some() && e.code == code::NO_CONNECT => HvErrorKind::BadUri,
        HvErrorKind::ConnectionLost | HvErrorKind::Other => unreached(e),
        kind => kind,
    };
    let kind = match kind {
        HvErrorKind::NoConnection if uri.is_some_and(has_host) => HvErrorKind::Unreachable,
        // The test driver lives in this process: only its file can be wrong.
        HvErrorKind::NoConnection if uri.is_some_and(is_test) => HvErrorKind::BadUri,
        kind => kind,
    };
    hv_error(e, kind, "connect")
}

fn hv_error(e: &RawError, kind: HvErrorKind, operation: &'static str) -> HvError {
    HvError::new(kind, operation, one_line(&e.message))
}

/// libvirt's words for what was not asked for, one line, cleaned.
pub(super) fn sentence(e: &RawError) -> String {
    crate::model::text::clean(&one_line(&e.message)).into_owned()
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
        code::NO_DOMAIN
        | code::NO_DOMAIN_SNAPSHOT
        | code::NO_NETWORK
        | code::NO_STORAGE_POOL
        | code::NO_STORAGE_VOL => HvErrorKind::NotFound,
        code::DOM_EXIST | code::STORAGE_VOL_EXIST => HvErrorKind::Exists,
        code::OPERATION_INVALID | code::OPERATION_FAILED
            if says(e, &["already exists", "exists already"]) =>
        {
            HvErrorKind::Exists
        }
        code::OPERATION_ABORTED => HvErrorKind::Aborted,
        code::ARGUMENT_UNSUPPORTED if says(e, &["guest agent"]) => HvErrorKind::AgentUnavailable,
        code::NO_SUPPORT
        | code::CONFIG_UNSUPPORTED
        | code::OPERATION_UNSUPPORTED
        | code::ARGUMENT_UNSUPPORTED => HvErrorKind::Unsupported,
        // The test driver's words for it.
        code::INTERNAL_ERROR if says(e, &["is already running", "' not running", "' not paused"]) => {
            HvErrorKind::InvalidState
        }
        code::INTERNAL_ERROR if says(e, &["volume name"]) && says(e, &["already in use"]) => {
            HvErrorKind::Exists
        }
        // An older libvirt on a newer kernel cannot read the machine's ARP table.
        code::INTERNAL_ERROR if says(e, &["wrong nlmsg len"]) => HvErrorKind::Unsupported,
        code::INVALID_ARG if says(e, &["unsupported flags"]) => HvErrorKind::Unsupported,
        code::OPERATION_DENIED if says(e, &["read only", "read-only"]) => HvErrorKind::ReadOnly,
        code::OPERATION_DENIED
        | code::ACCESS_DENIED
        | code::AUTH_FAILED
        | code::AUTH_CANCELLED
        | code::AUTH_UNAVAILABLE => HvErrorKind::PermissionDenied,
        code::OPERATION_FAILED if says(e, &["Active console session"]) => HvErrorKind::InvalidState,
        code::OPERATION_INVALID | code::RESOURCE_BUSY => HvErrorKind::InvalidState,
        code::OPERATION_TIMEOUT | code::AGENT_COMMAND_TIMEOUT => HvErrorKind::TimedOut,
        code::AGENT_UNRESPONSIVE | code::AGENT_UNSYNCED | code::AGENT_COMMAND_FAILED => {
            HvErrorKind::AgentUnavailable
        }
        code::NO_CONNECT | code::UNKNOWN_HOST => HvErrorKind::NoConnection,
        code::INVALID_CONN => HvErrorKind::ConnectionLost,
        _ if lost(e) => HvErrorKind::ConnectionLost,
        _ => HvErrorKind::Other,
    }
}

/// Whether the connection is of no more use.
pub(super) fn is_fatal(e: &RawError) -> bool {
    matches!(kind(e), HvErrorKind::ConnectionLost | HvErrorKind::NoConnection)
}

/// Whether the way to the daemon broke, as far as libvirt's client tells: the daemon's own errors, about a VM's
/// monitor or a disk, have the same words.
fn lost(e: &RawError) -> bool {
    const WORDS: &[&str] = &[
        "End of file while reading data",
        "client socket is closed",
        "keepalive timeout",
        "Connection reset",
        "Broken pipe",
        "Cannot write data",
        "Cannot recv data",
    ];
    e.domain == FROM_RPC && says(e, WORDS)
}

/// Why nobody was reached, told by the words of the system, of ssh and of libvirt's client.
fn unreached(e: &RawError) -> HvErrorKind {
    const DENIED: &[&str] = &["Permission denied", "authentication failed"];
    let no_uri = e.code == code::XML_ERROR || e.code == code::INVALID_ARG || says(e, &["URI", "uri"]);
    if says(e, DENIED) {
        HvErrorKind::PermissionDenied
    } else if no_uri {
        HvErrorKind::BadUri
    } else {
        HvErrorKind::NoConnection
    }
}

#[cfg(test)]
mod tests;

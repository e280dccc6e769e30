//! libvirt's last error of the calling thread, copied out before anything can overwrite it.

use std::ffi::{c_int, c_void};

use virt::sys;

use super::text::copied;

/// Result of a call across the fence.
pub(in super::super) type RawResult<T> = Result<T, RawError>;

/// A libvirt error as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct RawError {
    /// `VIR_ERR_…`.
    pub code: u32,
    /// `VIR_FROM_…`: the part of libvirt that raised it.
    pub domain: u32,
    /// Its words, not cleaned.
    pub message: String,
}

/// The part of libvirt that speaks with the daemon.
pub(in super::super) const FROM_RPC: u32 = sys::VIR_FROM_RPC;

/// The codes that are told apart.
pub(in super::super) mod code {
    pub(in super::super::super) use virt::sys::{
        VIR_ERR_ACCESS_DENIED as ACCESS_DENIED, VIR_ERR_AGENT_COMMAND_FAILED as AGENT_COMMAND_FAILED,
        VIR_ERR_AGENT_COMMAND_TIMEOUT as AGENT_COMMAND_TIMEOUT,
        VIR_ERR_AGENT_UNRESPONSIVE as AGENT_UNRESPONSIVE, VIR_ERR_AGENT_UNSYNCED as AGENT_UNSYNCED,
        VIR_ERR_ARGUMENT_UNSUPPORTED as ARGUMENT_UNSUPPORTED, VIR_ERR_AUTH_CANCELLED as AUTH_CANCELLED,
        VIR_ERR_AUTH_FAILED as AUTH_FAILED, VIR_ERR_AUTH_UNAVAILABLE as AUTH_UNAVAILABLE,
        VIR_ERR_CONFIG_UNSUPPORTED as CONFIG_UNSUPPORTED, VIR_ERR_DOM_EXIST as DOM_EXIST,
        VIR_ERR_INTERNAL_ERROR as INTERNAL_ERROR, VIR_ERR_INVALID_ARG as INVALID_ARG,
        VIR_ERR_INVALID_CONN as INVALID_CONN, VIR_ERR_NO_CONNECT as NO_CONNECT,
        VIR_ERR_NO_DOMAIN as NO_DOMAIN, VIR_ERR_NO_DOMAIN_METADATA as NO_DOMAIN_METADATA,
        VIR_ERR_NO_DOMAIN_SNAPSHOT as NO_DOMAIN_SNAPSHOT, VIR_ERR_NO_NETWORK as NO_NETWORK,
        VIR_ERR_NO_STORAGE_POOL as NO_STORAGE_POOL, VIR_ERR_NO_STORAGE_VOL as NO_STORAGE_VOL,
        VIR_ERR_NO_SUPPORT as NO_SUPPORT, VIR_ERR_OPERATION_ABORTED as OPERATION_ABORTED,
        VIR_ERR_OPERATION_DENIED as OPERATION_DENIED, VIR_ERR_OPERATION_FAILED as OPERATION_FAILED,
        VIR_ERR_OPERATION_INVALID as OPERATION_INVALID, VIR_ERR_OPERATION_TIMEOUT as OPERATION_TIMEOUT,
        VIR_ERR_OPERATION_UNSUPPORTED as OPERATION_UNSUPPORTED, VIR_ERR_RESOURCE_BUSY as RESOURCE_BUSY,
        VIR_ERR_STORAGE_VOL_EXIST as STORAGE_VOL_EXIST, VIR_ERR_UNKNOWN_HOST as UNKNOWN_HOST,
        VIR_ERR_XML_ERROR as XML_ERROR,
    };
}

impl RawError {
    /// The last error of this thread. Must be read before the next libvirt call.
    pub(super) fn last() -> Self {
        // SAFETY: the pointer is null or to this thread's own error record, which only a libvirt call of
        // this thread can change; it is copied here and now.
        unsafe {
            let error = sys::virGetLastError().as_ref();
            let message = error.and_then(|e| copied(e.message));
            Self {
                code: error.map_or(0, |e| e.code as u32),
                domain: error.map_or(0, |e| e.domain as u32),
                message: message.unwrap_or_else(|| "libvirt gives no reason".to_owned()),
            }
        }
    }

    /// An error found on this side of the fence.
    pub(in super::super) fn local(message: &str) -> Self {
        Self { code: code::INVALID_ARG, domain: 0, message: message.to_owned() }
    }
}

/// The number libvirt answered with; negative means an error.
pub(super) fn count(answer: c_int) -> RawResult<usize> {
    usize::try_from(answer).map_err(|_| RawError::last())
}

/// Success, or the last error.
pub(super) fn done(answer: c_int) -> RawResult<()> {
    count(answer).map(|_| ())
}

/// Has libvirt print nothing: by default it writes every error to descriptor 2, over the screen.
pub(super) fn silence() {
    unsafe extern "C" fn nothing(_: *mut c_void, _: sys::virErrorPtr) {}
    // SAFETY: the handler is a function without state that lives as long as the process.
    unsafe { sys::virSetErrorFunc(std::ptr::null_mut(), Some(nothing)) };
}

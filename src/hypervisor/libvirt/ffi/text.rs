//! Text across the fence.

use std::ffi::{CStr, CString, c_char, c_void};

use super::error::{RawError, RawResult};

/// A copy of a C string; `None` for a null pointer. Bytes that are no UTF-8 are replaced.
///
/// # Safety
/// `ptr` is null or points to a terminated string that stays valid during the call.
pub(super) unsafe fn copied(ptr: *const c_char) -> Option<String> {
    if ptr.is_null() {
        return None;
    }
    // SAFETY: not null, and terminated as the caller promises.
    Some(unsafe { CStr::from_ptr(ptr) }.to_string_lossy().into_owned())
}

/// A copy of a string that libvirt allocated for the caller, which is freed.
///
/// # Safety
/// `ptr` is null or an allocated, terminated string that nobody else frees.
pub(super) unsafe fn taken(ptr: *mut c_char) -> RawResult<String> {
    // SAFETY: null or terminated, as the caller promises.
    let text = unsafe { copied(ptr) };
    // SAFETY: `free` takes null too; the string is ours.
    unsafe { libc::free(ptr.cast::<c_void>()) };
    text.ok_or_else(RawError::last)
}

/// The text for C; refuses one with a NUL inside.
pub(super) fn c_string(text: &str) -> RawResult<CString> {
    CString::new(text).map_err(|_| RawError::local("the text has a NUL character in it"))
}

/// The bytes of a fixed field up to its terminator.
pub(super) fn field_bytes(field: &[c_char]) -> &[u8] {
    let len = field.iter().position(|c| *c == 0).unwrap_or(field.len());
    // SAFETY: `c_char` and `u8` have the same size and alignment, and `len` is within the field.
    unsafe { std::slice::from_raw_parts(field.as_ptr().cast::<u8>(), len) }
}

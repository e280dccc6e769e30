//! Guards of counted libvirt objects, and lists of them.

use std::ffi::{c_int, c_void};
use std::ptr::NonNull;

use super::error::{RawError, RawResult, count};

/// Declares a guard that owns one reference and gives it back on drop, whatever libvirt says to that.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident($raw:ty), $free:path) => {
        $(#[$doc])*
        pub(in super::super) struct $name(std::ptr::NonNull<$raw>);

        // SAFETY: libvirt counts references atomically and lets any thread use any object.
        unsafe impl Send for $name {}
        // SAFETY: as above.
        unsafe impl Sync for $name {}

        impl $name {
            /// Takes over the caller's reference.
            ///
            /// # Safety
            /// The pointer is to a live object, with one reference that the caller gives away.
            pub(super) const unsafe fn own(ptr: std::ptr::NonNull<$raw>) -> Self {
                Self(ptr)
            }

            /// The pointer, for one call.
            pub(super) const fn raw(&self) -> *mut $raw {
                self.0.as_ptr()
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                // SAFETY: the guard owns one reference, given back here once. An error is of no use:
                // there is nothing left to do with the object.
                unsafe { $free(self.0.as_ptr()) };
            }
        }
    };
}
pub(super) use handle;

/// The pointer, or the last error when it is null.
pub(super) fn given<T>(ptr: *mut T) -> RawResult<NonNull<T>> {
    NonNull::new(ptr).ok_or_else(RawError::last)
}

/// Calls a `virConnectListAll…`-like function and owns each element of its list.
pub(super) fn list<T, G>(
    call: impl FnOnce(*mut *mut *mut T) -> c_int,
    own: impl Fn(NonNull<T>) -> G,
) -> RawResult<Vec<G>> {
    let mut array: *mut *mut T = std::ptr::null_mut();
    let len = count(call(&raw mut array))?;
    if array.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: libvirt allocated an array of `len` pointers (and a null after them) for the caller.
    let pointers = unsafe { std::slice::from_raw_parts(array, len) };
    let owned = pointers.iter().filter_map(|p| NonNull::new(*p)).map(own).collect();
    // SAFETY: the array itself is the caller's; its elements have owners now.
    unsafe { libc::free(array.cast::<c_void>()) };
    Ok(owned)
}

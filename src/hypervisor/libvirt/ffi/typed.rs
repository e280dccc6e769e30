//! Typed parameters, viewed in place: a poll reads thousands of them and copies none.

use std::ffi::CStr;
use std::ptr::null_mut;

use virt::sys;

use super::error::{RawResult, done};
use super::text::field_bytes;

/// A named value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct Param<'a> {
    /// Its name (`net.0.rx.bytes`).
    pub field: &'a [u8],
    /// Its value.
    pub value: Value<'a>,
}

/// A value by its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) enum Value<'a> {
    /// Signed.
    Int(i64),
    /// Unsigned.
    Uint(u64),
    /// Floating point.
    Double(f64),
    /// True or false.
    Bool(bool),
    /// Text, not cleaned.
    Text(&'a [u8]),
    /// A type this program does not know.
    Unknown,
}

impl Value<'_> {
    /// As a count; `None` for a negative number (libvirt's "unknown") and for what is no number.
    pub(in super::super) fn count(self) -> Option<u64> {
        match self {
            Self::Int(n) => u64::try_from(n).ok(),
            Self::Uint(n) => Some(n),
            Self::Bool(b) => Some(u64::from(b)),
            Self::Double(_) | Self::Text(_) | Self::Unknown => None,
        }
    }

    /// As text; bytes that are no UTF-8 are replaced.
    pub(in super::super) fn text(self) -> Option<String> {
        match self {
            Self::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        }
    }
}

/// A view of one parameter.
pub(super) fn view(param: &sys::virTypedParameter) -> Param<'_> {
    let v = &param.value;
    // SAFETY: libvirt sets the union's member that `type_` names; a text is terminated and lives as long
    // as the parameter.
    let value = unsafe {
        match param.type_ as u32 {
            sys::VIR_TYPED_PARAM_INT => Value::Int(i64::from(v.i)),
            sys::VIR_TYPED_PARAM_UINT => Value::Uint(u64::from(v.ui)),
            sys::VIR_TYPED_PARAM_LLONG => Value::Int(v.l),
            sys::VIR_TYPED_PARAM_ULLONG => Value::Uint(v.ul),
            sys::VIR_TYPED_PARAM_DOUBLE => Value::Double(v.d),
            sys::VIR_TYPED_PARAM_BOOLEAN => Value::Bool(v.b != 0),
            sys::VIR_TYPED_PARAM_STRING if !v.s.is_null() => Value::Text(CStr::from_ptr(v.s).to_bytes()),
            _ => Value::Unknown,
        }
    };
    Param { field: field_bytes(&param.field), value }
}

/// Parameters in an array of the caller, whose texts are freed with it.
pub(super) struct OwnedParams(Vec<sys::virTypedParameter>);

impl OwnedParams {
    /// Room for `len` parameters, all zero.
    pub(super) fn with_room(len: usize) -> Self {
        // SAFETY: all zero bytes are a valid parameter: empty name, type 0, null text.
        Self(vec![unsafe { std::mem::zeroed() }; len])
    }

    /// Where libvirt writes to.
    pub(super) const fn as_mut_ptr(&mut self) -> *mut sys::virTypedParameter {
        self.0.as_mut_ptr()
    }

    /// Views of the first `len` parameters.
    pub(super) fn iter(&self, len: usize) -> impl Iterator<Item = Param<'_>> {
        self.0.iter().take(len).map(view)
    }
}

impl Drop for OwnedParams {
    fn drop(&mut self) {
        let len = i32::try_from(self.0.len()).unwrap_or(0);
        // SAFETY: frees only the texts within, which libvirt allocated; parameters never written are zero.
        unsafe { sys::virTypedParamsClear(self.0.as_mut_ptr(), len) };
    }
}

/// Parameters that libvirt made for the caller.
pub(super) struct GivenParams(*mut sys::virTypedParameter, i32);

impl GivenParams {
    /// Takes over what a call gave.
    pub(super) const fn new(params: *mut sys::virTypedParameter, count: i32) -> Self {
        Self(params, count)
    }

    /// One parameter that is a count, to be given to a call.
    pub(super) fn of_count(field: &CStr, value: u64) -> RawResult<Self> {
        let mut params = Self(null_mut(), 0);
        let mut room = 0;
        // SAFETY: a terminated name; libvirt allocates the array, which is freed with this.
        done(unsafe {
            sys::virTypedParamsAddULLong(
                &raw mut params.0,
                &raw mut params.1,
                &raw mut room,
                field.as_ptr(),
                value,
            )
        })?;
        Ok(params)
    }

    /// Where they lie, and how many; null is none.
    pub(super) const fn parts(&self) -> (sys::virTypedParameterPtr, i32) {
        (self.0, self.1)
    }

    /// Views of all.
    pub(super) fn iter(&self) -> impl Iterator<Item = Param<'_>> {
        let len = if self.0.is_null() { 0 } else { usize::try_from(self.1).unwrap_or(0) };
        // SAFETY: so many parameters lie there until this is dropped.
        (0..len).map(|at| view(unsafe { &*self.0.add(at) }))
    }
}

impl Drop for GivenParams {
    fn drop(&mut self) {
        // SAFETY: frees the parameters, which are the caller's; null is none.
        unsafe { sys::virTypedParamsFree(self.0, self.1) };
    }
}

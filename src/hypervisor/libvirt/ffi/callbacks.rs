//! What libvirt's event thread calls: typed, counted, and closed to panics.

use std::ffi::{c_char, c_int, c_uint, c_ulonglong, c_void};
use std::mem::transmute;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use virt::sys;

use super::error::{RawResult, count};
use super::events::{Handler, RawEvent};
use super::text::copied;
use super::typed::view;

/// Gives libvirt its own count of the handler.
pub(super) fn lend(handler: &Handler) -> *mut c_void {
    Box::into_raw(Box::new(Arc::clone(handler))).cast()
}

/// Takes the handler back when libvirt refused the registration, since it then does not free it.
pub(super) fn kept(answer: c_int, opaque: *mut c_void) -> RawResult<c_int> {
    let registered = count(answer).map(|_| answer);
    if registered.is_err() {
        // SAFETY: made by `lend`, and libvirt did not keep it.
        unsafe { free(opaque) };
    }
    registered
}

/// Ends libvirt's count of the handler.
pub(super) unsafe extern "C" fn free(opaque: *mut c_void) {
    // SAFETY: made by `lend`; libvirt calls this once.
    let handler = unsafe { Box::from_raw(opaque.cast::<Handler>()) };
    // What the handler owns may panic when dropped, and no panic may cross into C.
    let _ = catch_unwind(AssertUnwindSafe(move || drop(handler)));
}

/// Hands an event over, unless it could not be read.
///
/// # Safety
/// `opaque` was made by `lend` and not freed yet.
unsafe fn deliver(opaque: *mut c_void, event: impl FnOnce() -> Option<RawEvent>) {
    // SAFETY: as the caller promises; libvirt keeps it while a callback runs.
    let handler = unsafe { &*opaque.cast::<Handler>() };
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if let Some(event) = event() {
            handler(event);
        }
    }));
}

/// UUID of the domain of an event.
///
/// # Safety
/// The pointer is to a live domain.
unsafe fn vm(domain: sys::virDomainPtr) -> Option<[u8; 16]> {
    // SAFETY: as the caller promises.
    unsafe { super::domain::uuid_of(domain) }.ok()
}

type DomainGeneric = unsafe extern "C" fn(sys::virConnectPtr, sys::virDomainPtr, *mut c_void);
type PoolGeneric = unsafe extern "C" fn(sys::virConnectPtr, sys::virStoragePoolPtr, *mut c_void);
type NetworkGeneric = unsafe extern "C" fn(sys::virConnectPtr, sys::virNetworkPtr, *mut c_void);
type PoolLifecycle =
    unsafe extern "C" fn(sys::virConnectPtr, sys::virStoragePoolPtr, c_int, c_int, *mut c_void);
type NetworkLifecycle =
    unsafe extern "C" fn(sys::virConnectPtr, sys::virNetworkPtr, c_int, c_int, *mut c_void);

/// Every domain event asked for, with its callback. Lifecycle first.
pub(super) fn domain_callbacks() -> [(c_uint, sys::virConnectDomainEventGenericCallback); 14] {
    macro_rules! row {
        ($id:ident, $callback:ident : fn($($arg:ty),*) $(-> $ret:ty)?) => {
            (
                sys::$id,
                // SAFETY: libvirt calls it with the arguments that the id stands for; the generic type only
                // carries the pointer.
                Some(unsafe {
                    transmute::<
                        unsafe extern "C" fn(sys::virConnectPtr, sys::virDomainPtr, $($arg,)* *mut c_void) $(-> $ret)?,
                        DomainGeneric,
                    >($callback)
                }),
            )
        };
    }
    type Text = *const c_char;
    type Params = sys::virTypedParameterPtr;
    [
        row!(VIR_DOMAIN_EVENT_ID_LIFECYCLE, lifecycle: fn(c_int, c_int) -> c_int),
        (sys::VIR_DOMAIN_EVENT_ID_REBOOT, Some(rebooted)),
        row!(VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, io_error: fn(Text, Text, c_int, Text)),
        row!(VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD, block_threshold: fn(Text, Text, c_ulonglong, c_ulonglong)),
        row!(VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, block_job: fn(Text, c_int, c_int)),
        row!(VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION, migration: fn(c_int)),
        row!(VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, job_completed: fn(Params, c_int)),
        row!(VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, agent: fn(c_int, c_int)),
        row!(VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, device: fn(Text)),
        row!(VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, device: fn(Text)),
        row!(VIR_DOMAIN_EVENT_ID_TRAY_CHANGE, tray: fn(Text, c_int)),
        row!(VIR_DOMAIN_EVENT_ID_DISK_CHANGE, disk: fn(Text, Text, Text, c_int)),
        row!(VIR_DOMAIN_EVENT_ID_TUNABLE, tunable: fn(Params, c_int)),
        row!(VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, metadata: fn(c_int, Text)),
    ]
}

/// Every pool event asked for, with its callback.
pub(super) fn pool_callbacks() -> [(c_uint, sys::virConnectStoragePoolEventGenericCallback); 2] {
    // SAFETY: libvirt calls it with the arguments of the lifecycle; the generic type only carries the pointer.
    let lifecycle = unsafe { transmute::<PoolLifecycle, PoolGeneric>(pool_lifecycle) };
    [
        (sys::VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE, Some(lifecycle)),
        (sys::VIR_STORAGE_POOL_EVENT_ID_REFRESH, Some(pool_refreshed)),
    ]
}

/// Every network event asked for, with its callback.
pub(super) fn network_callbacks() -> [(c_uint, sys::virConnectNetworkEventGenericCallback); 1] {
    // SAFETY: as for pools.
    let lifecycle = unsafe { transmute::<NetworkLifecycle, NetworkGeneric>(network_lifecycle) };
    [(sys::VIR_NETWORK_EVENT_ID_LIFECYCLE, Some(lifecycle))]
}

/// A lifecycle callback that does nothing, to try whether events can be had. libvirt takes a callback only once
/// a connection, and connections to the test driver are shared: the real one may be taken.
pub(super) fn trial_callback() -> DomainGeneric {
    unsafe extern "C" fn nothing(
        _: sys::virConnectPtr,
        _: sys::virDomainPtr,
        _: c_int,
        _: c_int,
        _: *mut c_void,
    ) -> c_int {
        0
    }
    type Lifecycle =
        unsafe extern "C" fn(sys::virConnectPtr, sys::virDomainPtr, c_int, c_int, *mut c_void) -> c_int;
    // SAFETY: libvirt calls it as a lifecycle callback; the generic type only carries the pointer.
    unsafe { transmute::<Lifecycle, DomainGeneric>(nothing) }
}

unsafe extern "C" fn lifecycle(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    event: c_int,
    detail: c_int,
    opaque: *mut c_void,
) -> c_int {
    // SAFETY: libvirt calls it with a live domain and what `lend` made; so in every callback below.
    unsafe {
        deliver(opaque, || {
            let running = super::domain::id_of(domain).is_some();
            Some(RawEvent::Lifecycle { vm: vm(domain)?, running, event, detail })
        });
    }
    0
}

unsafe extern "C" fn rebooted(_: sys::virConnectPtr, domain: sys::virDomainPtr, opaque: *mut c_void) {
    // SAFETY: as in `lifecycle`.
    unsafe { deliver(opaque, || Some(RawEvent::Rebooted { vm: vm(domain)? })) };
}

unsafe extern "C" fn io_error(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    path: *const c_char,
    alias: *const c_char,
    _action: c_int,
    reason: *const c_char,
    opaque: *mut c_void,
) {
    // SAFETY: as in `lifecycle`; the texts are null or terminated.
    unsafe {
        deliver(opaque, || {
            let [path, device, reason] = [path, alias, reason].map(|t| copied(t).unwrap_or_default());
            Some(RawEvent::IoError { vm: vm(domain)?, path, device, reason })
        });
    }
}

unsafe extern "C" fn block_threshold(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    target: *const c_char,
    _path: *const c_char,
    _threshold: c_ulonglong,
    excess: c_ulonglong,
    opaque: *mut c_void,
) {
    // SAFETY: as in `lifecycle`; the text is null or terminated.
    unsafe {
        deliver(opaque, || {
            let target = copied(target).unwrap_or_default();
            Some(RawEvent::BlockThreshold { vm: vm(domain)?, target, excess })
        });
    }
}

unsafe extern "C" fn block_job(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    _target: *const c_char,
    kind: c_int,
    status: c_int,
    opaque: *mut c_void,
) {
    // SAFETY: as in `lifecycle`.
    unsafe { deliver(opaque, || Some(RawEvent::BlockJob { vm: vm(domain)?, kind, status })) };
}

unsafe extern "C" fn migration(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    _iteration: c_int,
    opaque: *mut c_void,
) {
    // SAFETY: as in `lifecycle`.
    unsafe { deliver(opaque, || Some(RawEvent::Migrating { vm: vm(domain)? })) };
}

unsafe extern "C" fn job_completed(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    params: sys::virTypedParameterPtr,
    len: c_int,
    opaque: *mut c_void,
) {
    // SAFETY: as in `lifecycle`; libvirt gives `len` parameters, its own, which it frees itself.
    unsafe {
        deliver(opaque, || {
            let len = usize::try_from(len).unwrap_or(0);
            let params = if params.is_null() { &[] } else { std::slice::from_raw_parts(params, len) };
            let operation = params
                .iter()
                .map(view)
                .find(|p| p.field == b"operation")
                .and_then(|p| p.value.count())
                .unwrap_or_default();
            Some(RawEvent::JobCompleted { vm: vm(domain)?, operation: operation as u32 })
        });
    }
}

unsafe extern "C" fn agent(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    state: c_int,
    _reason: c_int,
    opaque: *mut c_void,
) {
    let connected = state as c_uint == sys::VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED;
    // SAFETY: as in `lifecycle`.
    unsafe { deliver(opaque, || Some(RawEvent::Agent { vm: vm(domain)?, connected })) };
}

/// The common end of all callbacks that only say that something changed.
///
/// # Safety
/// As for `deliver` and `vm`.
unsafe fn changed(domain: sys::virDomainPtr, opaque: *mut c_void) {
    // SAFETY: as the caller promises.
    unsafe { deliver(opaque, || Some(RawEvent::Changed { vm: vm(domain)? })) };
}

unsafe extern "C" fn device(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    _alias: *const c_char,
    opaque: *mut c_void,
) {
    // SAFETY: as in `lifecycle`.
    unsafe { changed(domain, opaque) };
}

unsafe extern "C" fn tray(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    _alias: *const c_char,
    _reason: c_int,
    opaque: *mut c_void,
) {
    // SAFETY: as in `lifecycle`.
    unsafe { changed(domain, opaque) };
}

unsafe extern "C" fn disk(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    _old: *const c_char,
    _new: *const c_char,
    _alias: *const c_char,
    _reason: c_int,
    opaque: *mut c_void,
) {
    // SAFETY: as in `lifecycle`.
    unsafe { changed(domain, opaque) };
}

unsafe extern "C" fn tunable(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    _params: sys::virTypedParameterPtr,
    _len: c_int,
    opaque: *mut c_void,
) {
    // SAFETY: as in `lifecycle`.
    unsafe { changed(domain, opaque) };
}

unsafe extern "C" fn metadata(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    _kind: c_int,
    _namespace: *const c_char,
    opaque: *mut c_void,
) {
    // SAFETY: as in `lifecycle`.
    unsafe { changed(domain, opaque) };
}

unsafe extern "C" fn pool_lifecycle(
    conn: sys::virConnectPtr,
    pool: sys::virStoragePoolPtr,
    _event: c_int,
    _detail: c_int,
    opaque: *mut c_void,
) {
    // SAFETY: as in `lifecycle`, with a pool.
    unsafe { pool_refreshed(conn, pool, opaque) };
}

unsafe extern "C" fn pool_refreshed(
    _: sys::virConnectPtr,
    pool: sys::virStoragePoolPtr,
    opaque: *mut c_void,
) {
    // SAFETY: as in `lifecycle`, with a pool.
    unsafe {
        deliver(opaque, || Some(RawEvent::Pool { pool: super::storage::uuid_of(pool).ok()? }));
    }
}

unsafe extern "C" fn network_lifecycle(
    _: sys::virConnectPtr,
    network: sys::virNetworkPtr,
    _event: c_int,
    _detail: c_int,
    opaque: *mut c_void,
) {
    // SAFETY: as in `lifecycle`, with a network.
    unsafe {
        deliver(opaque, || Some(RawEvent::Network { network: super::network::uuid_of(network).ok()? }));
    }
}

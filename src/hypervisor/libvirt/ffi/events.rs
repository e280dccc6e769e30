//! Callbacks from libvirt's event thread into Rust: typed, counted, and closed to panics.

use std::collections::BTreeMap;
use std::ffi::{c_char, c_int, c_uint, c_ulonglong, c_void};
use std::mem::transmute;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use virt::sys;

use super::connection::Conn;
use super::error::{RawResult, count, done};
use super::text::copied;
use super::typed::view;

/// An event as libvirt tells it, with everything copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum RawEvent {
    /// A domain's life.
    Lifecycle {
        /// UUID.
        vm: [u8; 16],
        /// Whether it has a number, so runs.
        running: bool,
        /// `VIR_DOMAIN_EVENT_…`.
        event: i32,
        /// Its detail.
        detail: i32,
    },
    /// Devices, tunables, metadata or media changed.
    Changed {
        /// UUID.
        vm: [u8; 16],
    },
    /// A disk failed.
    IoError {
        /// UUID.
        vm: [u8; 16],
        /// Image path.
        path: String,
        /// Device alias.
        device: String,
        /// libvirt's word for the reason.
        reason: String,
    },
    /// A disk was written beyond its threshold.
    BlockThreshold {
        /// UUID.
        vm: [u8; 16],
        /// Disk target.
        target: String,
        /// Bytes beyond it.
        excess: u64,
    },
    /// A block job changed.
    BlockJob {
        /// UUID.
        vm: [u8; 16],
        /// `VIR_DOMAIN_BLOCK_JOB_TYPE_…`.
        kind: i32,
        /// `VIR_DOMAIN_BLOCK_JOB_…`.
        status: i32,
    },
    /// A migration went through its memory once more.
    Migrating {
        /// UUID.
        vm: [u8; 16],
    },
    /// A job ended.
    JobCompleted {
        /// UUID.
        vm: [u8; 16],
        /// `VIR_DOMAIN_JOB_OPERATION_…`.
        operation: u32,
    },
    /// The agent came or went.
    Agent {
        /// UUID.
        vm: [u8; 16],
        /// Whether it is there.
        connected: bool,
    },
    /// Something happened to a pool.
    Pool {
        /// UUID.
        pool: [u8; 16],
    },
    /// Something happened to a network.
    Network {
        /// UUID.
        network: [u8; 16],
    },
    /// The connection is gone; `VIR_CONNECT_CLOSE_REASON_…`.
    Closed {
        /// Why.
        reason: i32,
    },
}

/// Who gets the events.
pub(in super::super) type Handler = Arc<dyn Fn(RawEvent) + Send + Sync>;

/// The registrations of one connection; given back on drop.
pub(in super::super) struct Subscriptions {
    conn: Arc<Conn>,
    domain: Vec<c_int>,
    pool: Vec<c_int>,
    network: Vec<c_int>,
    close: Option<usize>,
}

impl Subscriptions {
    /// Registers for everything the driver offers. Only a refusal of the domains' lifecycle is an error.
    pub(in super::super) fn new(conn: Arc<Conn>, handler: &Handler) -> RawResult<Self> {
        let mut this = Self { conn, domain: vec![], pool: vec![], network: vec![], close: None };
        for (n, (id, callback)) in domain_callbacks().into_iter().enumerate() {
            match this.register_domain(id, callback, handler) {
                Ok(registered) => this.domain.push(registered),
                // Lifecycle is first in the table.
                Err(e) if n == 0 => return Err(e),
                Err(e) => tracing::debug!("no domain event {id}: {}", e.message),
            }
        }
        this.register_pools(handler);
        this.register_networks(handler);
        this.register_close(handler);
        Ok(this)
    }

    /// Whether the driver sends events at all: registers for the lifecycle and takes it back.
    pub(in super::super) fn probe(conn: &Arc<Conn>) -> RawResult<()> {
        let ignore: Handler = Arc::new(|_| ());
        let mut this =
            Self { conn: Arc::clone(conn), domain: vec![], pool: vec![], network: vec![], close: None };
        let [(id, callback), ..] = domain_callbacks();
        let registered = this.register_domain(id, callback, &ignore)?;
        this.domain.push(registered);
        Ok(())
    }

    fn register_domain(
        &self,
        id: c_uint,
        callback: sys::virConnectDomainEventGenericCallback,
        handler: &Handler,
    ) -> RawResult<c_int> {
        let opaque = lend(handler);
        // SAFETY: the callback is of the type that `id` stands for; `opaque` is what `deliver` expects and
        // `free` gives back.
        let answer = unsafe {
            sys::virConnectDomainEventRegisterAny(
                self.conn.raw(),
                null_mut(),
                id as c_int,
                callback,
                opaque,
                Some(free),
            )
        };
        kept(answer, opaque)
    }

    fn register_pools(&mut self, handler: &Handler) {
        // SAFETY: the two callback types differ from the generic one only in what they are called with.
        let callbacks: [(c_uint, sys::virConnectStoragePoolEventGenericCallback); 2] = unsafe {
            [
                (
                    sys::VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE,
                    Some(transmute::<PoolLifecycle, PoolGeneric>(pool_lifecycle)),
                ),
                (sys::VIR_STORAGE_POOL_EVENT_ID_REFRESH, Some(pool_refreshed)),
            ]
        };
        for (id, callback) in callbacks {
            let opaque = lend(handler);
            // SAFETY: as for domains.
            let answer = unsafe {
                sys::virConnectStoragePoolEventRegisterAny(
                    self.conn.raw(),
                    null_mut(),
                    id as c_int,
                    callback,
                    opaque,
                    Some(free),
                )
            };
            match kept(answer, opaque) {
                Ok(id) => self.pool.push(id),
                Err(e) => tracing::debug!("no pool event {id}: {}", e.message),
            }
        }
    }

    fn register_networks(&mut self, handler: &Handler) {
        let opaque = lend(handler);
        // SAFETY: as for domains; the callback is that of the lifecycle.
        let answer = unsafe {
            sys::virConnectNetworkEventRegisterAny(
                self.conn.raw(),
                null_mut(),
                sys::VIR_NETWORK_EVENT_ID_LIFECYCLE as c_int,
                Some(transmute::<NetworkLifecycle, NetworkGeneric>(network_lifecycle)),
                opaque,
                Some(free),
            )
        };
        match kept(answer, opaque) {
            Ok(id) => self.network.push(id),
            Err(e) => tracing::debug!("no network events: {}", e.message),
        }
    }

    fn register_close(&mut self, handler: &Handler) {
        let ticket = CLOSE_HANDLERS.add(handler);
        self.close = Some(ticket);
        // SAFETY: `closed` reads the ticket as a number, never as an address.
        let answer = unsafe {
            sys::virConnectRegisterCloseCallback(
                self.conn.raw(),
                Some(closed),
                std::ptr::without_provenance_mut(ticket),
                None,
            )
        };
        if let Err(e) = done(answer) {
            tracing::debug!("no notice of a closed connection: {}", e.message);
        }
    }
}

/// Who is told of a closed connection, by ticket.
///
/// Only a ticket is lent to libvirt: drivers that lack the callback take it without an error and never free it, and
/// a dead connection cannot be told to give it back.
struct CloseHandlers(Mutex<BTreeMap<usize, Handler>>);

static CLOSE_HANDLERS: CloseHandlers = CloseHandlers(Mutex::new(BTreeMap::new()));

impl CloseHandlers {
    fn add(&self, handler: &Handler) -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let ticket = NEXT.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(ticket, Arc::clone(handler));
        ticket
    }

    fn get(&self, ticket: usize) -> Option<Handler> {
        self.lock().get(&ticket).cloned()
    }

    fn remove(&self, ticket: usize) {
        let handler = self.lock().remove(&ticket);
        // Not under the lock: what the handler owns may do anything when dropped.
        drop(handler);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Handler>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Subscriptions {
    fn drop(&mut self) {
        let conn = self.conn.raw();
        // SAFETY: a live connection and ids it gave. libvirt frees what was lent when no callback runs any
        // more. Errors of a dead connection are of no use: its callbacks are gone either way.
        unsafe {
            for id in self.domain.drain(..) {
                sys::virConnectDomainEventDeregisterAny(conn, id);
            }
            for id in self.pool.drain(..) {
                sys::virConnectStoragePoolEventDeregisterAny(conn, id);
            }
            for id in self.network.drain(..) {
                sys::virConnectNetworkEventDeregisterAny(conn, id);
            }
            if let Some(ticket) = self.close {
                CLOSE_HANDLERS.remove(ticket);
                sys::virConnectUnregisterCloseCallback(conn, Some(closed));
            }
        }
    }
}

/// Gives libvirt its own count of the handler.
fn lend(handler: &Handler) -> *mut c_void {
    Box::into_raw(Box::new(Arc::clone(handler))).cast()
}

/// Takes the handler back when libvirt refused the registration, since it then does not free it.
fn kept(answer: c_int, opaque: *mut c_void) -> RawResult<c_int> {
    let registered = count(answer).map(|_| answer);
    if registered.is_err() {
        // SAFETY: made by `lend`, and libvirt did not keep it.
        unsafe { free(opaque) };
    }
    registered
}

/// Ends libvirt's count of the handler.
unsafe extern "C" fn free(opaque: *mut c_void) {
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
fn domain_callbacks() -> [(c_uint, sys::virConnectDomainEventGenericCallback); 13] {
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

unsafe extern "C" fn closed(_: sys::virConnectPtr, reason: c_int, ticket: *mut c_void) {
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if let Some(handler) = CLOSE_HANDLERS.get(ticket.addr()) {
            handler(RawEvent::Closed { reason });
        }
    }));
}

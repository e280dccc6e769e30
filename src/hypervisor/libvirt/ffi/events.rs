//! Events, and the registrations they come by.

use std::ffi::{c_int, c_uint};
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::Arc;

use virt::sys;

use super::callbacks::{
    domain_callbacks, free, kept, lend, network_callbacks, pool_callbacks, trial_callback,
};
use super::close::{CLOSE_HANDLERS, closed};
use super::connection::Conn;
use super::error::{RawResult, done};

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
    /// A domain was reset: the guest rebooted, or somebody pressed the button.
    Rebooted {
        /// UUID.
        vm: [u8; 16],
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
    /// A migration, a save or a dump went through the memory once more.
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
        let lifecycle = sys::VIR_DOMAIN_EVENT_ID_LIFECYCLE;
        let registered = this.register_domain(lifecycle, Some(trial_callback()), &ignore)?;
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
                id.cast_signed(),
                callback,
                opaque,
                Some(free),
            )
        };
        kept(answer, opaque)
    }

    fn register_pools(&mut self, handler: &Handler) {
        for (id, callback) in pool_callbacks() {
            let opaque = lend(handler);
            // SAFETY: as for domains.
            let answer = unsafe {
                sys::virConnectStoragePoolEventRegisterAny(
                    self.conn.raw(),
                    null_mut(),
                    id.cast_signed(),
                    callback,
                    opaque,
                    Some(free),
                )
            };
            match kept(answer, opaque) {
                Ok(registered) => self.pool.push(registered),
                Err(e) => tracing::debug!("no pool event {id}: {}", e.message),
            }
        }
    }

    fn register_networks(&mut self, handler: &Handler) {
        for (id, callback) in network_callbacks() {
            let opaque = lend(handler);
            // SAFETY: as for domains.
            let answer = unsafe {
                sys::virConnectNetworkEventRegisterAny(
                    self.conn.raw(),
                    null_mut(),
                    id.cast_signed(),
                    callback,
                    opaque,
                    Some(free),
                )
            };
            match kept(answer, opaque) {
                Ok(registered) => self.network.push(registered),
                Err(e) => tracing::debug!("no network event {id}: {}", e.message),
            }
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
                without_provenance_mut(ticket),
                None,
            )
        };
        if let Err(e) = done(answer) {
            tracing::debug!("no notice of a closed connection: {}", e.message);
        }
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

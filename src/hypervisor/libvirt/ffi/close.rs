//! The notice of a closed connection.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use virt::sys;

use super::events::{Handler, RawEvent};

/// Who is told of a closed connection, by ticket.
///
/// Only a ticket is lent to libvirt: drivers that lack the callback take it without an error and never free it, and
/// a dead connection cannot be told to give it back.
pub(super) struct CloseHandlers(Mutex<BTreeMap<usize, Handler>>);

/// Those of this process.
pub(super) static CLOSE_HANDLERS: CloseHandlers = CloseHandlers(Mutex::new(BTreeMap::new()));

impl CloseHandlers {
    /// Keeps a handler; gives its ticket.
    pub(super) fn add(&self, handler: &Handler) -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let ticket = NEXT.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(ticket, Arc::clone(handler));
        ticket
    }

    fn get(&self, ticket: usize) -> Option<Handler> {
        self.lock().get(&ticket).cloned()
    }

    /// Forgets a handler.
    pub(super) fn remove(&self, ticket: usize) {
        let handler = self.lock().remove(&ticket);
        // Not under the lock: what the handler owns may do anything when dropped.
        drop(handler);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Handler>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What libvirt calls, with a ticket for its last argument.
pub(super) unsafe extern "C" fn closed(_: sys::virConnectPtr, reason: c_int, ticket: *mut c_void) {
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if let Some(handler) = CLOSE_HANDLERS.get(ticket.addr()) {
            handler(RawEvent::Closed { reason });
        }
    }));
}

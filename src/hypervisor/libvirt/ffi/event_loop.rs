//! libvirt's event loop: one thread for the process, begun before the first connection, never ended.
//!
//! Keep-alive, events and the notice of a closed connection all need it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use virt::sys;

use super::allocator::one_heap;
use super::error::{RawError, RawResult, done, silence};

/// Starts the event loop unless it runs; before, has the process allocate in one heap, and silences libvirt's
/// error printer.
pub(in super::super) fn start_event_loop() -> RawResult<()> {
    static STARTED: OnceLock<RawResult<()>> = OnceLock::new();
    STARTED.get_or_init(start).clone()
}

fn start() -> RawResult<()> {
    one_heap();
    silence();
    // SAFETY: called once in the process, before any connection is opened.
    done(unsafe { sys::virInitialize() })?;
    // SAFETY: as above; libvirt wants it before `virConnectOpen`.
    done(unsafe { sys::virEventRegisterDefaultImpl() })?;
    thread::Builder::new()
        .name("libvirt-events".to_owned())
        .spawn(run)
        .map(|_| ())
        .map_err(|e| RawError::local(&format!("no thread for libvirt's events: {e}")))
}

fn run() {
    loop {
        // SAFETY: the default implementation was registered before this thread began, and only it runs the loop.
        let turn = catch_unwind(AssertUnwindSafe(|| unsafe { sys::virEventRunDefaultImpl() }));
        if !matches!(turn, Ok(0..)) {
            // A loop that fails at once must not eat a CPU.
            thread::park_timeout(Duration::from_millis(100));
        }
    }
}

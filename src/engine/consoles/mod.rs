//! Consoles of guests: each open one has a thread and a connection of its own, and a handle that never blocks.
//!
//! Opening one is asked of the desk first, which refuses it where nothing may be changed, and writes down who opened it.
//! What the guest prints waits in a tray until it is taken. libvirt's client reads on whether or not anybody takes what
//! came, so pushing back would only fill its memory: the tray holds [`TRAY`] bytes, and then the oldest are dropped and
//! counted. What is typed is pushed back: no more than [`TYPED`] bytes wait for the guest.

mod image;
mod link;
mod screen;
#[cfg(test)]
mod tests;
mod ways;
mod witness;

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use self::link::{Input, Link};
pub use self::screen::{ScreenHandle, Shot};
pub use self::ways::Ways;
use super::jobs::DeskHandle;
use crate::hypervisor::{Connector, HvErrorKind};
use crate::model::id::VmId;
use crate::model::plan::RefusalKind;

/// Bytes of a guest that wait to be taken, at most.
pub const TRAY: usize = 1 << 20;
/// Bytes that wait to be typed, at most.
pub const TYPED: usize = 64 << 10;

/// Opens consoles on one host.
#[derive(Clone)]
pub struct Consoles {
    connector: Arc<dyn Connector>,
    desk: DeskHandle,
}

impl std::fmt::Debug for Consoles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consoles").field("uri", &self.connector.uri()).finish_non_exhaustive()
    }
}

/// How an open console stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ConsoleState {
    /// It is being opened.
    #[default]
    Opening,
    /// It is open.
    Open,
    /// It is over.
    Ended(Ending),
}

/// Why a console is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// One sentence with its stop, cleaned.
    pub sentence: String,
    /// What to do, one sentence; may be empty.
    pub remedy: String,
    /// What kind of end.
    pub how: Ended,
}

/// Kinds of ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was never opened: refused.
    Refused(RefusalKind),
    /// It failed, at first or later.
    Failed(HvErrorKind),
    /// The guest ended it, or somebody took it over.
    Closed,
}

/// What came of a console since the last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// What the guest printed.
    pub bytes: Vec<u8>,
    /// Bytes before these that were dropped, since nobody took them in time.
    pub dropped: u64,
    /// How it stands.
    pub state: ConsoleState,
}

/// An open console. Dropping it closes it, without waiting.
#[derive(Debug)]
pub struct ConsoleHandle {
    inbox: Sender<Input>,
    tray: Arc<Tray>,
}

impl Consoles {
    /// A way to this host's consoles.
    pub const fn new(connector: Arc<dyn Connector>, desk: DeskHandle) -> Self {
        Self { connector, desk }
    }

    /// Begins to open a VM's console; `take` takes it from whoever has it open.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn open(&self, vm: VmId, take: bool) -> io::Result<ConsoleHandle> {
        let (inbox, inputs) = channel();
        let tray = Arc::new(Tray::default());
        let link = Link {
            connector: self.connector.clone(),
            desk: self.desk.clone(),
            vm,
            take,
            me: inbox.clone(),
            tray: tray.clone(),
        };
        std::thread::Builder::new().name("nc-console".into()).spawn(move || link.run(&inputs))?;
        Ok(ConsoleHandle { inbox, tray })
    }
}

impl ConsoleHandle {
    /// Types bytes into the guest; false where too many wait already: then none of these is.
    #[must_use]
    pub fn type_bytes(&self, bytes: &[u8]) -> bool {
        let waits = self.tray.typed.load(Ordering::Relaxed);
        if waits + bytes.len() > TYPED {
            return false;
        }
        self.tray.typed.fetch_add(bytes.len(), Ordering::Relaxed);
        // A link that is over takes nothing more, and has told so.
        drop(self.inbox.send(Input::Type(bytes.to_vec())));
        true
    }

    /// Closes it, and returns once it is closed and the audit tells so.
    pub async fn close(self) {
        drop(self.inbox.send(Input::Close));
        while !matches!(self.take(TRAY).state, ConsoleState::Ended(_)) {
            self.changed().await;
        }
    }

    /// Returns when there is something to take.
    pub async fn changed(&self) {
        self.tray.notify.notified().await;
    }

    /// Takes what came, at most so many bytes; where there is more, [`changed`](Self::changed) returns at once.
    pub fn take(&self, most: usize) -> Taken {
        let mut held = self.tray.lock();
        let n = held.bytes.len().min(most);
        let bytes: Vec<u8> = held.bytes.drain(..n).collect();
        let dropped = std::mem::take(&mut held.dropped);
        let more = !held.bytes.is_empty();
        // The end comes after all that came before it.
        let state = if more { ConsoleState::Open } else { held.state.clone() };
        drop(held);
        if more {
            self.tray.notify.notify_one();
        }
        Taken { bytes, dropped, state }
    }
}

impl Drop for ConsoleHandle {
    fn drop(&mut self) {
        self.tray.left.store(true, Ordering::Relaxed);
        drop(self.inbox.send(Input::Close));
    }
}

/// Between the link's threads and its handle.
#[derive(Debug, Default)]
struct Tray {
    held: Mutex<Held>,
    notify: Notify,
    /// Bytes on their way to the guest.
    typed: AtomicUsize,
    /// The handle is gone.
    left: AtomicBool,
}

#[derive(Debug, Default)]
struct Held {
    bytes: VecDeque<u8>,
    dropped: u64,
    state: ConsoleState,
}

impl Tray {
    /// Keeps what the guest printed.
    fn put(&self, bytes: &[u8]) {
        let mut held = self.lock();
        held.bytes.extend(bytes);
        let over = held.bytes.len().saturating_sub(TRAY);
        held.bytes.drain(..over);
        held.dropped += over as u64;
        drop(held);
        self.notify.notify_one();
    }

    /// Tells how it stands.
    fn stands(&self, state: ConsoleState) {
        self.lock().state = state;
        self.notify.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

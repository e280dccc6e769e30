//! A worker's connection: opened when it is needed, anew when it was lost.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::acts::Hands;
use super::stop::Stop;
use crate::hypervisor::{Connector, HvError, HvErrorKind, HvEvent, HvResult, Hypervisor, Purpose};
use crate::model::id::VmId;

/// How long a connection that was lost is tried to be opened anew, in the middle of what must not stay so.
pub(super) const AGAIN_WITHIN: Duration = Duration::from_secs(60);
/// How often it is tried.
const AGAIN_EVERY: Duration = Duration::from_millis(500);

/// One worker's way to the hypervisor.
pub(super) struct Line {
    connector: Arc<dyn Connector>,
    open: Option<Open>,
    /// Whose agent did not do what it was last asked for, and why.
    deaf: RefCell<Option<(VmId, String)>>,
}

struct Open {
    hv: Box<dyn Hypervisor>,
    listens: Cell<bool>,
    /// Whoever waits on this connection.
    waits: Arc<Mutex<Option<Stop>>>,
    resets: Arc<Mutex<Option<Heeded>>>,
}

/// A VM whose resets are of interest.
#[derive(Clone, Copy)]
struct Heeded {
    vm: VmId,
    /// When the last was heard of.
    heard: Option<Instant>,
}

impl Line {
    pub(super) const fn new(connector: Arc<dyn Connector>) -> Self {
        Self { connector, open: None, deaf: RefCell::new(None) }
    }

    /// The connector, for a second connection.
    pub(super) const fn connector(&self) -> &Arc<dyn Connector> {
        &self.connector
    }

    /// Makes sure that there is a connection.
    pub(super) fn ready(&mut self) -> HvResult<()> {
        if self.open.as_ref().is_some_and(|open| !open.hv.is_alive()) {
            self.open = None;
        }
        if self.open.is_none() {
            let hv = self.connector.connect(Purpose::Operate)?;
            self.open =
                Some(Open { hv, listens: Cell::new(false), waits: Arc::default(), resets: Arc::default() });
        }
        Ok(())
    }

    /// The same after the connection was lost: tried for a while, as a daemon that was ended may be started again.
    pub(super) fn ready_again(&mut self, stop: &Stop, within: Duration) -> HvResult<()> {
        again(stop, within, || self.ready())
    }

    /// The connection.
    pub(super) fn hv(&self) -> HvResult<&dyn Hypervisor> {
        let lost =
            || HvError::new(HvErrorKind::ConnectionLost, "reach the hypervisor", "the connection is gone");
        self.open.as_ref().map(|open| &*open.hv).ok_or_else(lost)
    }

    /// Has events wake this one, from now until another listens. Without events, whoever waits looks by itself.
    pub(super) fn listen(&self, stop: &Stop) {
        let Some(open) = &self.open else { return };
        *lock(&open.waits) = Some(stop.clone());
        open.listen();
    }

    /// Has it be known from now on when this VM is reset.
    pub(super) fn heed(&self, vm: VmId) {
        let Some(open) = &self.open else { return };
        *lock(&open.resets) = Some(Heeded { vm, heard: None });
        open.listen();
    }

    /// How long ago this VM was reset since it is heeded.
    pub(super) fn reset_since(&self, vm: VmId) -> Option<Duration> {
        let heeded = (*lock(&self.open.as_ref()?.resets)).filter(|heeded| heeded.vm == vm)?;
        heeded.heard.map(|at| at.elapsed())
    }

    /// Remembers, or with `None` forgets, why a VM's agent did not do what it was asked for.
    pub(super) fn agent_said(&self, vm: VmId, why: Option<String>) {
        *self.deaf.borrow_mut() = why.map(|why| (vm, why));
    }

    /// Why this VM's agent did not do what it was last asked for.
    pub(super) fn agent_refusal(&self, vm: VmId) -> Option<String> {
        self.deaf.borrow().as_ref().filter(|(deaf, _)| *deaf == vm).map(|(_, why)| why.clone())
    }

    /// Closes the connection: nothing was asked of it for a while.
    pub(super) fn close(&mut self) {
        self.open = None;
    }
}

impl Open {
    fn listen(&self) {
        if self.listens.replace(true) {
            return;
        }
        let (waits, resets) = (self.waits.clone(), self.resets.clone());
        let told = self.hv.subscribe(Arc::new(move |event| {
            if let HvEvent::Rebooted(id) = event
                && let Some(heeded) = &mut *lock(&resets)
                && heeded.vm == id
            {
                heeded.heard = Some(Instant::now());
            }
            let news = matches!(
                event,
                HvEvent::Vm { .. }
                    | HvEvent::Changed(_)
                    | HvEvent::Rebooted(_)
                    | HvEvent::Agent { .. }
                    | HvEvent::Closed { .. }
            );
            if news && let Some(stop) = &*lock(&waits) {
                stop.wake();
            }
        }));
        if let Err(e) = told {
            tracing::debug!("no events while waiting: {e}");
        }
    }
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

fn again<T>(stop: &Stop, within: Duration, mut connect: impl FnMut() -> HvResult<T>) -> HvResult<T> {
    let begun = Instant::now();
    loop {
        match connect() {
            Err(e) if begun.elapsed() < within && !stop.is_asked() => {
                tracing::debug!("{e}");
                stop.wait(AGAIN_EVERY);
            }
            connected => return connected,
        }
    }
}

/// A connection for what goes on in the hypervisor whoever watches it: one that is lost is opened anew.
pub(super) struct Lasting<'h> {
    hands: &'h Hands<'h>,
    own: Option<Box<dyn Hypervisor>>,
}

impl<'h> Lasting<'h> {
    pub(super) const fn new(hands: &'h Hands<'h>) -> Self {
        Self { hands, own: None }
    }

    /// Asks, and once more on a new connection where the old one was lost.
    pub(super) fn ask<T>(&mut self, f: impl Fn(&dyn Hypervisor) -> HvResult<T>) -> HvResult<T> {
        loop {
            let hv = self.own.as_deref().unwrap_or(self.hands.hv);
            match f(hv) {
                Err(e) if e.is_fatal() => {
                    tracing::info!("{e}: trying again on a new connection.");
                    let connect = || self.hands.line.connector().connect(Purpose::Operate);
                    // What goes on there is ended there, also when it is told to stop.
                    self.own = Some(again(&Stop::default(), AGAIN_WITHIN, connect)?);
                }
                answer => return answer,
            }
        }
    }
}

//! A worker's connection: opened when it is needed, anew when it was lost.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

use super::stop::Stop;
use crate::hypervisor::{Connector, HvError, HvErrorKind, HvEvent, HvResult, Hypervisor, Purpose};

/// One worker's way to the hypervisor.
pub(super) struct Line {
    connector: Arc<dyn Connector>,
    open: Option<Open>,
}

struct Open {
    hv: Box<dyn Hypervisor>,
    listens: Cell<bool>,
    /// Whoever waits on this connection.
    waits: Arc<Mutex<Option<Stop>>>,
}

impl Line {
    pub(super) const fn new(connector: Arc<dyn Connector>) -> Self {
        Self { connector, open: None }
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
            self.open = Some(Open { hv, listens: Cell::new(false), waits: Arc::default() });
        }
        Ok(())
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
        *open.waits.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop.clone());
        if open.listens.replace(true) {
            return;
        }
        let waits = open.waits.clone();
        let told = open.hv.subscribe(Arc::new(move |event| {
            if matches!(event, HvEvent::Vm { .. } | HvEvent::Changed(_) | HvEvent::Closed { .. })
                && let Some(stop) = &*waits.lock().unwrap_or_else(PoisonError::into_inner)
            {
                stop.wake();
            }
        }));
        if let Err(e) = told {
            tracing::debug!("no events while waiting: {e}");
        }
    }

    /// Closes the connection: nothing was asked of it for a while.
    pub(super) fn close(&mut self) {
        self.open = None;
    }
}

//! Debug builds alone: a bug on demand, so that a test can see how one ends. `NOVACRON_DEBUG_PANIC=ui` panics on
//! the console's own thread once its screen is up, `NOVACRON_DEBUG_PANIC=worker` on one that connects for storage.
//! `NOVACRON_DEBUG_KILL=PLACE` kills the process, as `kill -9` would, when a job is there: `begun`, `acted 0`, `begun 1`…

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::config::Environment;
use crate::engine::jobs::Rehearsal;
use crate::hypervisor::{Connector, HvResult, Hypervisor, Purpose};
use crate::model::time::Timestamp;

const VARIABLE: &str = "NOVACRON_DEBUG_PANIC";
const KILL: &str = "NOVACRON_DEBUG_KILL";

/// The first reading is before the first picture; ticks come after it.
const READINGS: u32 = 2;

/// A clock that panics, where that is asked for.
pub(super) fn clock(environment: &Environment) -> Option<fn() -> (Timestamp, i32)> {
    (environment.get(VARIABLE) == Some("ui")).then_some(broken_clock)
}

fn broken_clock() -> (Timestamp, i32) {
    static READ: AtomicU32 = AtomicU32::new(0);
    assert!(READ.fetch_add(1, Ordering::Relaxed) < READINGS, "rehearsed: the clock broke");
    (Timestamp(0), 0)
}

/// The connector, or one that panics where that is asked for.
pub(super) fn connector(connector: Arc<dyn Connector>, environment: &Environment) -> Arc<dyn Connector> {
    if environment.get(VARIABLE) == Some("worker") { Arc::new(Broken(connector)) } else { connector }
}

/// Kills this process where a job has come to the place that is asked for.
pub(in crate::cli) fn job() -> Option<Rehearsal> {
    let wanted = std::env::var(KILL).ok()?;
    Some(Arc::new(move |place: &str| {
        if place == wanted {
            let me = rustix::process::getpid();
            // It does not return from this.
            let _ = rustix::process::kill_process(me, rustix::process::Signal::KILL);
        }
    }))
}

struct Broken(Arc<dyn Connector>);

impl Connector for Broken {
    fn uri(&self) -> &str {
        self.0.uri()
    }

    fn is_demo(&self) -> bool {
        self.0.is_demo()
    }

    fn connect(&self, purpose: Purpose) -> HvResult<Box<dyn Hypervisor>> {
        assert!(purpose != Purpose::Storage, "rehearsed: the connector broke");
        self.0.connect(purpose)
    }
}

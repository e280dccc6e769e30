//! A worker thread: one connection, one call at a time, for as long as the connection lasts.
//!
//! Nobody ever waits for a worker: its orders end when it is let go, and if it hangs in a call it is left behind
//! with its connection and ends whenever the call does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::time::{Duration, Instant};

use super::calls::{Answer, Call, Described, Done, Input, Lane, Targets};
use super::clock::{Clock, thread_cpu};
use super::threads::Threads;
use crate::hypervisor::{Connector, EventSink, HvError, HvErrorKind, HvResult, Hypervisor, Which};
use crate::model::counters::VmCounters;
use crate::model::id::VmId;
use crate::model::vm::{VmDefinition, VmRecord};

/// Events that may wait in the inbox; commands and answers need room there too.
const MOST_EVENTS: usize = 512;
/// A batch of definitions ends after this long, so that more urgent work need not wait.
const BATCH_TIME: Duration = Duration::from_millis(50);

/// What all workers share.
#[derive(Clone)]
pub(super) struct Surroundings {
    /// Opens connections.
    pub(super) connector: Arc<dyn Connector>,
    /// Time.
    pub(super) clock: Arc<dyn Clock>,
    /// Where answers and events go.
    pub(super) inbox: SyncSender<Input>,
    /// Events waiting in the inbox.
    pub(super) queued_events: Arc<AtomicUsize>,
    /// Events that found no room.
    pub(super) dropped_events: Arc<AtomicU64>,
    /// Counts living threads.
    pub(super) threads: Arc<Threads>,
}

/// Starts a worker for a lane; dropping the sender lets it go.
pub(super) fn start(around: &Surroundings, lane: Lane, generation: u64) -> std::io::Result<Sender<Call>> {
    let (orders, inbox) = channel();
    let around = around.clone();
    let guard = around.threads.enter();
    std::thread::Builder::new().name(format!("nc-{}", lane.name())).spawn(move || {
        // Dropped last, after the connection: then the thread has ended for whoever counts.
        let _guard = guard;
        let _ended = Ended { inbox: around.inbox.clone(), lane, generation };
        Worker { around, lane, generation }.run(&inbox);
    })?;
    Ok(orders)
}

/// Tells that the thread is gone, whichever way it went.
struct Ended {
    inbox: SyncSender<Input>,
    lane: Lane,
    generation: u64,
}

impl Drop for Ended {
    fn drop(&mut self) {
        let panicked = std::thread::panicking();
        // A coordinator that is gone needs no word.
        drop(self.inbox.send(Input::Ended { lane: self.lane, generation: self.generation, panicked }));
    }
}

struct Worker {
    around: Surroundings,
    lane: Lane,
    generation: u64,
}

impl Worker {
    fn run(&self, orders: &Receiver<Call>) {
        let started = self.around.clock.now();
        let connection = self.around.connector.connect(self.lane.purpose());
        let connection = match connection {
            Ok(connection) => {
                let capabilities = connection.capabilities().clone();
                let answer = Ok(Answer::Connected(capabilities));
                self.tell(Call::Connect, answer, started, Duration::ZERO, &Cost::calls(1), false);
                connection
            }
            Err(error) => {
                self.tell(Call::Connect, Err(error), started, Duration::ZERO, &Cost::calls(1), true);
                return;
            }
        };
        while let Ok(call) = orders.recv() {
            let started = self.around.clock.now();
            let cpu = thread_cpu();
            let mut cost = Cost::calls(1);
            let answer = self.perform(connection.as_ref(), &call, &mut cost);
            let dead = answer.as_ref().err().is_some_and(|e| e.is_fatal() || !connection.is_alive());
            if !self.tell(call, answer, started, thread_cpu().saturating_sub(cpu), &cost, dead) || dead {
                return;
            }
        }
    }

    /// Reports a finished call. Returns whether anybody listens.
    fn tell(
        &self,
        call: Call,
        answer: HvResult<Answer>,
        started: crate::model::time::Moment,
        cpu: Duration,
        cost: &Cost,
        dead: bool,
    ) -> bool {
        let done = Done {
            lane: self.lane,
            generation: self.generation,
            call,
            answer,
            started,
            at: self.around.clock.now(),
            cpu,
            calls: cost.calls,
            bytes: cost.bytes,
            dead,
        };
        self.around.inbox.send(Input::Done(Box::new(done))).is_ok()
    }

    fn perform(&self, hv: &dyn Hypervisor, call: &Call, cost: &mut Cost) -> HvResult<Answer> {
        Ok(match call {
            Call::Connect => Answer::Connected(hv.capabilities().clone()),
            Call::List => {
                let list = hv.vms()?;
                cost.bytes += list.iter().map(record_bytes).sum::<u64>();
                Answer::List(list)
            }
            Call::Node => Answer::Node(hv.node()?),
            Call::Subscribe => {
                hv.subscribe(self.sink())?;
                Answer::Done
            }
            Call::NodeCounters => Answer::NodeCounters(hv.node_counters()?),
            Call::Counters { groups, targets } => {
                let which = match targets {
                    Targets::Active => Which::Active,
                    Targets::These(ids) => Which::These(ids),
                };
                let counters = hv.vm_counters(*groups, which)?;
                cost.bytes += counters.iter().map(counter_bytes).sum::<u64>();
                Answer::Counters(counters)
            }
            Call::PoolNames => Answer::PoolNames(hv.pool_names()?),
            Call::Pool(id) => Answer::Pool(hv.pool(*id)?),
            Call::Volumes(id) => {
                let volumes = hv.volumes(*id, true)?;
                cost.bytes += volumes
                    .iter()
                    .map(|v| (v.name.len() + v.key.len() + v.path.len()) as u64 + 32)
                    .sum::<u64>();
                Answer::Volumes(volumes)
            }
            Call::RefreshPool(id) => {
                hv.refresh_pool(*id)?;
                Answer::Done
            }
            Call::Networks => Answer::Networks(hv.networks()?),
            Call::Define(ids) => Answer::Defined(describe(hv, ids, cost)?),
            Call::Flags(id) => Answer::Flags(hv.vm_flags(*id)?),
            Call::Xml(id) => {
                let xml = hv.vm_xml(*id)?;
                cost.bytes += xml.len() as u64;
                Answer::Xml(xml)
            }
            Call::Addresses(id, source) => Answer::Addresses(hv.addresses(*id, *source)?),
            Call::Arm(id, period) => {
                hv.arm_memory_stats(*id, *period)?;
                Answer::Done
            }
        })
    }

    /// Takes events on the hypervisor's own thread: never blocks, and counts what finds no room.
    fn sink(&self) -> EventSink {
        let (around, generation) = (self.around.clone(), self.generation);
        Arc::new(move |event| {
            let waiting = around.queued_events.fetch_add(1, Ordering::Relaxed);
            let taken =
                waiting < MOST_EVENTS && around.inbox.try_send(Input::Event(generation, event)).is_ok();
            if !taken {
                around.queued_events.fetch_sub(1, Ordering::Relaxed);
                around.dropped_events.fetch_add(1, Ordering::Relaxed);
            }
        })
    }
}

/// Definitions and flags of these VMs, as many as fit the time.
fn describe(hv: &dyn Hypervisor, ids: &[VmId], cost: &mut Cost) -> HvResult<Vec<Described>> {
    let begun = Instant::now();
    let mut described = Vec::with_capacity(ids.len());
    for id in ids {
        let xml = hv.vm_xml(*id);
        if let Err(error) = &xml
            && error.is_fatal()
        {
            return Err(error.clone());
        }
        let definition = xml.map(|xml| {
            cost.bytes += xml.len() as u64;
            read(&xml)
        });
        cost.calls += 2;
        described.push(Described { id: *id, definition, flags: hv.vm_flags(*id) });
        if begun.elapsed() >= BATCH_TIME {
            break;
        }
    }
    cost.calls -= 1;
    Ok(described)
}

fn read(xml: &str) -> Result<VmDefinition, String> {
    crate::xml::domain::parse(xml).map_err(|e| e.to_string())
}

/// What a call cost, beside time.
struct Cost {
    calls: u64,
    bytes: u64,
}

impl Cost {
    const fn calls(calls: u64) -> Self {
        Self { calls, bytes: 0 }
    }
}

/// Bytes of a list entry as decoded: its strings, UUID, state and number.
const fn record_bytes(record: &VmRecord) -> u64 {
    record.name.len() as u64 + 24
}

/// Bytes of counters as decoded: eight a number and the strings. What went over the wire is about three times as
/// much, since libvirt names every number.
fn counter_bytes(c: &VmCounters) -> u64 {
    let disks =
        c.disks.iter().flatten().map(|d| d.target.len() + d.path.as_ref().map_or(0, String::len) + 12 * 8);
    let nics = c.nics.iter().flatten().map(|n| n.device.len() + 8 * 8);
    let fixed = 16 + c.state.map_or(0, |_| 8) + c.cpu.map_or(0, |_| 24) + c.balloon.map_or(0, |_| 80);
    (fixed + c.vcpus.len() * 32 + disks.sum::<usize>() + nics.sum::<usize>()) as u64
}

/// The error of a lane whose thread could not be started.
pub(super) fn no_thread(error: &std::io::Error) -> HvError {
    HvError::new(HvErrorKind::NoConnection, "start a worker", error.to_string())
}

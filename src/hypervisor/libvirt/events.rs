//! What happens, in the port's words.

use std::cell::RefCell;
use std::sync::{Arc, PoisonError, RwLock};

use uuid::Uuid;

use super::connection::Connection;
use super::devices::Devices;
use super::error::Doing;
use super::ffi::{Conn, RawEvent, Subscriptions};
use super::state::state_after;
use crate::hypervisor::{EventSink, Events, HvEvent, HvResult};
use crate::model::id::VmId;

/// Who listens to a connection. Registered with libvirt once, at the first listener.
#[derive(Default)]
pub(super) struct Subscriber {
    registered: RefCell<Option<Subscriptions>>,
    sinks: Arc<RwLock<Vec<EventSink>>>,
    /// Device names, forgotten when an event says that they changed.
    pub(super) devices: Devices,
}

impl Subscriber {
    /// Whether events come.
    pub(super) fn is_registered(&self) -> bool {
        self.registered.borrow().is_some()
    }

    fn add(&self, conn: &Arc<Conn>, sink: EventSink) -> HvResult<()> {
        self.sinks.write().unwrap_or_else(PoisonError::into_inner).push(sink);
        let mut registered = self.registered.borrow_mut();
        if registered.is_none() {
            let (sinks, devices) = (Arc::clone(&self.sinks), self.devices.clone());
            let subscriptions = Subscriptions::new(
                Arc::clone(conn),
                &(Arc::new(move |raw| {
                    let event = event(raw);
                    if let HvEvent::Vm { id, .. } | HvEvent::Defined(id) | HvEvent::Changed(id) = &event {
                        devices.forget(*id);
                    }
                    for sink in sinks.read().unwrap_or_else(PoisonError::into_inner).iter() {
                        sink(event.clone());
                    }
                }) as _),
            );
            match subscriptions.doing("subscribe to events") {
                Ok(subscriptions) => *registered = Some(subscriptions),
                Err(e) => {
                    self.sinks.write().unwrap_or_else(PoisonError::into_inner).clear();
                    return Err(e);
                }
            }
        }
        Ok(())
    }
}

impl Events for Connection {
    /// A transient VM that stops is gone without a further event: whoever lists next finds out.
    fn subscribe(&self, sink: EventSink) -> HvResult<()> {
        self.subscriber.add(&self.conn, sink)
    }
}

/// libvirt's event in the port's words.
fn event(raw: RawEvent) -> HvEvent {
    match raw {
        RawEvent::Lifecycle { vm, running, event, detail } => {
            lifecycle(VmId::from_bytes(vm), running, event, detail)
        }
        RawEvent::Rebooted { vm } => HvEvent::Rebooted(VmId::from_bytes(vm)),
        RawEvent::Changed { vm } => HvEvent::Changed(VmId::from_bytes(vm)),
        RawEvent::IoError { vm, path, device, reason } => {
            HvEvent::IoError { id: VmId::from_bytes(vm), path, device, reason: io_reason(&reason).to_owned() }
        }
        RawEvent::BlockThreshold { vm, target, excess } => {
            HvEvent::BlockThreshold { id: VmId::from_bytes(vm), target, excess }
        }
        RawEvent::BlockJob { vm, kind, status } => HvEvent::Job {
            id: VmId::from_bytes(vm),
            what: block_job(kind).to_owned(),
            // VIR_DOMAIN_BLOCK_JOB_READY: it goes on until it is told to pivot or stop.
            ended: status != 3,
        },
        // A dump or a save does the same, and it is not told which it is.
        RawEvent::Migrating { vm } => {
            HvEvent::Job { id: VmId::from_bytes(vm), what: "memory transfer".to_owned(), ended: false }
        }
        RawEvent::JobCompleted { vm, operation } => {
            HvEvent::Job { id: VmId::from_bytes(vm), what: job(operation).to_owned(), ended: true }
        }
        RawEvent::Agent { vm, connected } => HvEvent::Agent { id: VmId::from_bytes(vm), connected },
        RawEvent::Pool { pool } => HvEvent::Pool(Uuid::from_bytes(pool)),
        RawEvent::Network { network } => HvEvent::Network(Uuid::from_bytes(network)),
        RawEvent::Closed { reason } => HvEvent::Closed { reason: closed(reason).to_owned() },
    }
}

fn lifecycle(id: VmId, running: bool, event: i32, detail: i32) -> HvEvent {
    const UNDEFINED: i32 = 1;
    const RENAMED: i32 = 1;
    match state_after(event, detail) {
        Some(state) => HvEvent::Vm { id, state: Some(state) },
        // Undefined while it runs, it lives on as a transient VM; renamed, it is defined again.
        None if event == UNDEFINED && !running && detail != RENAMED => HvEvent::Vm { id, state: None },
        None => HvEvent::Defined(id),
    }
}

/// `VIR_DOMAIN_BLOCK_JOB_TYPE_…`
const fn block_job(kind: i32) -> &'static str {
    match kind {
        1 => "block pull",
        2 => "block copy",
        3 | 4 => "block commit",
        5 => "backup",
        _ => "block job",
    }
}

/// `VIR_DOMAIN_JOB_OPERATION_…`
const fn job(operation: u32) -> &'static str {
    match operation {
        1 => "start",
        2 => "save",
        3 => "restore",
        4 | 5 => "migration",
        6 => "snapshot",
        7 => "snapshot revert",
        8 => "dump",
        9 => "backup",
        10 => "snapshot delete",
        _ => "job",
    }
}

/// QEMU's and libvirt's words for the same two things.
fn io_reason(reason: &str) -> &'static str {
    let reason = reason.to_lowercase();
    if reason.contains("enospc") || reason.contains("no space") {
        "enospc"
    } else if reason.contains("eio") || reason.contains("input/output") {
        "eio"
    } else {
        ""
    }
}

/// `VIR_CONNECT_CLOSE_REASON_…`
const fn closed(reason: i32) -> &'static str {
    match reason {
        1 => "The hypervisor closed the connection.",
        2 => "The hypervisor no longer answers.",
        3 => "The connection was closed from this side.",
        _ => "The connection broke.",
    }
}

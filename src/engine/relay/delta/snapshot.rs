//! Whole snapshots.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::wire::WireError;
use super::list::{self, ListDelta};
use super::things::{self, HostWire, PoolWire, VmWire};
use super::{Part, UNKNOWN};
use crate::model::alert::Alert;
use crate::model::network::Network;
use crate::model::snapshot::{Limits, Link, Recording, SelfCost, Snapshot, Source};
use crate::model::time::Timestamp;

/// What changed.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine::relay) struct Frame {
    serial: u64,
    at: Timestamp,
    demo: bool,
    link: Link,
    listed: bool,
    limits: Part<Arc<Limits>>,
    host: Part<HostWire>,
    vms: ListDelta<VmWire>,
    pools: Option<ListDelta<PoolWire>>,
    networks: Option<ListDelta<Network>>,
    alerts: Part<Arc<[Alert]>>,
}

/// What is the receiver's own.
#[derive(Clone, Debug)]
pub(in crate::engine::relay) struct Own {
    /// The URI.
    pub(in crate::engine::relay) uri: String,
    /// What it costs.
    pub(in crate::engine::relay) cost: SelfCost,
    /// How it records.
    pub(in crate::engine::relay) recording: Recording,
    /// From whom it has all else.
    pub(in crate::engine::relay) source: Source,
}

/// What changed since the snapshot that was sent last; all of it when there was none.
pub(in crate::engine::relay) fn between(before: Option<&Snapshot>, now: &Snapshot) -> Frame {
    let host = match before {
        Some(before) if Arc::ptr_eq(&before.host, &now.host) => Part::Same,
        _ => Part::New(things::host(before.map(|b| &*b.host), &now.host)),
    };
    let pools_before = before.and_then(|b| b.pools.as_ref());
    let networks_before = before.and_then(|b| b.networks.as_ref());
    Frame {
        serial: now.serial,
        at: now.at,
        demo: now.demo,
        link: now.link.clone(),
        listed: now.listed,
        limits: Part::of(before.map(|b| &b.limits), &now.limits),
        host,
        vms: list::between(before.map(|b| &b.vms), &now.vms, |vm| vm.id, things::vm),
        pools: now
            .pools
            .as_ref()
            .map(|p| list::between(pools_before, p, |pool| pool.record.id, things::pool)),
        networks: now
            .networks
            .as_ref()
            .map(|n| list::between(networks_before, n, |net| net.id, |_, net| net.clone())),
        alerts: Part::of(before.map(|b| &b.alerts), &now.alerts),
    }
}

/// The snapshot as the sender has it, but for what is the receiver's own.
///
/// # Errors
/// When the frame does not fit what came before it.
pub(in crate::engine::relay) fn apply(
    frame: Frame,
    before: Option<&Snapshot>,
    own: &Own,
) -> Result<Snapshot, WireError> {
    let host = match (frame.host, before) {
        (Part::Same, Some(before)) => before.host.clone(),
        (Part::Same, None) => return Err(UNKNOWN),
        (Part::New(wire), before) => Arc::new(things::host_of(wire, before.map(|b| &*b.host))?),
    };
    let pools_before = before.and_then(|b| b.pools.as_ref());
    let networks_before = before.and_then(|b| b.networks.as_ref());
    let pools = frame.pools.map(|delta| list::apply(delta, pools_before, things::pool_of)).transpose()?;
    let networks = frame.networks.map(|delta| list::apply(delta, networks_before, |net, _| Ok(net)));
    Ok(Snapshot {
        serial: frame.serial,
        at: frame.at,
        uri: own.uri.clone(),
        demo: frame.demo,
        link: frame.link,
        listed: frame.listed,
        limits: frame.limits.get(before.map(|b| &b.limits))?,
        host,
        vms: list::apply(frame.vms, before.map(|b| &b.vms), things::vm_of)?,
        pools,
        networks: networks.transpose()?,
        alerts: frame.alerts.get(before.map(|b| &b.alerts))?,
        cost: own.cost,
        recording: own.recording.clone(),
        source: own.source.clone(),
    })
}

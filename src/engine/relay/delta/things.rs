//! VMs, pools and the host.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::wire::WireError;
use super::track::{self, TrackDelta};
use super::{Part, part_get, part_of};
use crate::model::counters::Pressure;
use crate::model::host::{HostView, Machine, Node};
use crate::model::id::VmId;
use crate::model::metric::METRICS;
use crate::model::series::{Readings, Track};
use crate::model::storage::{Pool, PoolRecord, PoolTrouble, Volume};
use crate::model::time::Timestamp;
use crate::model::vm::{
    DeviceView, GroupTimes, GuestAddress, Vm, VmDefinition, VmFlags, VmJob, VmState, VmTracks,
};

/// The newest values that are known, by the metric's place in the registry.
type Known = Vec<(u8, f64)>;

fn known(readings: &Readings) -> Known {
    readings.known().map(|(metric, value)| (metric as u8, value)).collect()
}

fn readings(known: Known) -> Result<Readings, WireError> {
    let mut out = Readings::default();
    for (metric, value) in known {
        let metric =
            METRICS.get(usize::from(metric)).ok_or(WireError::Garbage("a metric there is none of"))?;
        out.set(metric.id, Some(value));
    }
    Ok(out)
}

/// A VM.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine::relay) struct VmWire {
    id: VmId,
    name: String,
    state: VmState,
    state_since: Option<Timestamp>,
    domain_id: Option<u32>,
    flags: VmFlags,
    definition: Option<Part<Arc<VmDefinition>>>,
    now: Known,
    fresh: GroupTimes,
    tracks: Option<[TrackDelta; 5]>,
    disks: Vec<DeviceWire>,
    nics: Vec<DeviceWire>,
    addresses: Vec<GuestAddress>,
    addresses_unavailable: Option<String>,
    job: Option<VmJob>,
}

const fn five(tracks: &VmTracks) -> [&Arc<Track>; 5] {
    [&tracks.cpu, &tracks.vcpu, &tracks.memory, &tracks.disk, &tracks.net]
}

/// What became of a VM.
pub(super) fn vm(was: Option<&Vm>, vm: &Vm) -> VmWire {
    let tracks_before = was.and_then(|was| was.tracks.as_ref()).map(five);
    let tracks = vm.tracks.as_ref().map(|tracks| {
        let now = five(tracks);
        [0, 1, 2, 3, 4].map(|i| track::between(tracks_before.map(|b| b[i]), now[i]))
    });
    VmWire {
        id: vm.id,
        name: vm.name.clone(),
        state: vm.state,
        state_since: vm.state_since,
        domain_id: vm.domain_id,
        flags: vm.flags.clone(),
        definition: part_of(was.and_then(|was| was.definition.as_ref()), vm.definition.as_ref()),
        now: known(&vm.now),
        fresh: vm.fresh,
        tracks,
        disks: devices(was.map_or(&[], |was| &was.disks), &vm.disks),
        nics: devices(was.map_or(&[], |was| &was.nics), &vm.nics),
        addresses: vm.addresses.clone(),
        addresses_unavailable: vm.addresses_unavailable.clone(),
        job: vm.job.clone(),
    }
}

/// The VM as the sender has it.
pub(super) fn vm_of(wire: VmWire, was: Option<&Vm>) -> Result<Vm, WireError> {
    let before = was.and_then(|was| was.tracks.as_ref()).map(five);
    let tracks = wire.tracks.map(|deltas| {
        let track = |i: usize| track::apply(&deltas[i], before.map(|b| b[i]));
        Ok::<_, WireError>(VmTracks {
            cpu: track(0)?,
            vcpu: track(1)?,
            memory: track(2)?,
            disk: track(3)?,
            net: track(4)?,
        })
    });
    Ok(Vm {
        id: wire.id,
        name: wire.name,
        state: wire.state,
        state_since: wire.state_since,
        domain_id: wire.domain_id,
        flags: wire.flags,
        definition: part_get(wire.definition, was.and_then(|was| was.definition.as_ref()))?,
        now: readings(wire.now)?,
        fresh: wire.fresh,
        tracks: tracks.transpose()?,
        disks: devices_of(wire.disks, was.map_or(&[], |was| &was.disks))?,
        nics: devices_of(wire.nics, was.map_or(&[], |was| &was.nics))?,
        addresses: wire.addresses,
        addresses_unavailable: wire.addresses_unavailable,
        job: wire.job,
    })
}

/// A disk or NIC.
#[derive(Debug, Serialize, Deserialize)]
struct DeviceWire {
    name: String,
    now: Known,
    track: TrackDelta,
}

/// The ring a device had: both sides look for it in the same way.
fn ring<'v>(before: &'v [DeviceView], place: usize, name: &str) -> Option<&'v Arc<Track>> {
    let same = before.get(place).filter(|d| d.name == name);
    same.or_else(|| before.iter().find(|d| d.name == name)).map(|d| &d.track)
}

fn devices(before: &[DeviceView], now: &[DeviceView]) -> Vec<DeviceWire> {
    let wire = |(place, d): (usize, &DeviceView)| DeviceWire {
        name: d.name.clone(),
        now: known(&d.now),
        track: track::between(ring(before, place, &d.name), &d.track),
    };
    now.iter().enumerate().map(wire).collect()
}

fn devices_of(wires: Vec<DeviceWire>, before: &[DeviceView]) -> Result<Vec<DeviceView>, WireError> {
    let view = |(place, wire): (usize, DeviceWire)| {
        let track = track::apply(&wire.track, ring(before, place, &wire.name))?;
        Ok(DeviceView { now: readings(wire.now)?, track, name: wire.name })
    };
    wires.into_iter().enumerate().map(view).collect()
}

/// The host.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine::relay) struct HostWire {
    node: Option<Part<Arc<Node>>>,
    machine: Option<Part<Arc<Machine>>>,
    local: bool,
    now: Known,
    load: Option<[f64; 3]>,
    pressure: Option<Pressure>,
    swap: Option<(u64, u64)>,
    uptime_s: Option<f64>,
    at: Option<Timestamp>,
    track: TrackDelta,
}

/// What became of the host.
pub(super) fn host(was: Option<&HostView>, host: &HostView) -> HostWire {
    HostWire {
        node: part_of(was.and_then(|was| was.node.as_ref()), host.node.as_ref()),
        machine: part_of(was.and_then(|was| was.machine.as_ref()), host.machine.as_ref()),
        local: host.local,
        now: known(&host.now),
        load: host.load,
        pressure: host.pressure,
        swap: host.swap,
        uptime_s: host.uptime_s,
        at: host.at,
        track: track::between(was.map(|was| &was.track), &host.track),
    }
}

/// The host as the sender has it.
pub(super) fn host_of(wire: HostWire, was: Option<&HostView>) -> Result<HostView, WireError> {
    Ok(HostView {
        node: part_get(wire.node, was.and_then(|was| was.node.as_ref()))?,
        machine: part_get(wire.machine, was.and_then(|was| was.machine.as_ref()))?,
        local: wire.local,
        now: readings(wire.now)?,
        load: wire.load,
        pressure: wire.pressure,
        swap: wire.swap,
        uptime_s: wire.uptime_s,
        at: wire.at,
        track: track::apply(&wire.track, was.map(|was| &was.track))?,
    })
}

/// A pool.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine::relay) struct PoolWire {
    record: PoolRecord,
    at: Option<Timestamp>,
    volumes: Option<Part<Vec<VolumeWire>>>,
    trouble: Option<PoolTrouble>,
    track: TrackDelta,
}

/// A volume.
#[derive(Debug, Serialize, Deserialize)]
struct VolumeWire {
    name: String,
    key: String,
    path: String,
    kind: String,
    format: Option<String>,
    capacity: u64,
    allocation: u64,
    backing: Option<String>,
}

/// Kinds of volumes; libvirt has no others.
const VOLUME_KINDS: [&str; 7] = ["file", "block", "dir", "network", "netdir", "ploop", "unknown"];

/// What became of a pool.
pub(super) fn pool(was: Option<&Pool>, pool: &Pool) -> PoolWire {
    let before = was.and_then(|was| was.volumes.as_ref());
    let volumes = pool.volumes.as_ref().map(|now| {
        if before.is_some_and(|before| Arc::ptr_eq(before, now)) {
            Part::Same
        } else {
            Part::New(now.iter().map(volume).collect())
        }
    });
    PoolWire {
        record: pool.record.clone(),
        at: pool.at,
        volumes,
        trouble: pool.trouble.clone(),
        track: track::between(was.map(|was| &was.track), &pool.track),
    }
}

/// The pool as the sender has it.
pub(super) fn pool_of(wire: PoolWire, was: Option<&Pool>) -> Result<Pool, WireError> {
    let volumes = match wire.volumes {
        None => None,
        Some(Part::Same) => Some(was.and_then(|was| was.volumes.clone()).ok_or(super::UNKNOWN)?),
        Some(Part::New(volumes)) => Some(volumes.into_iter().map(volume_of).collect()),
    };
    let track = track::apply(&wire.track, was.map(|was| &was.track))?;
    Ok(Pool { record: wire.record, at: wire.at, volumes, trouble: wire.trouble, track })
}

fn volume(v: &Volume) -> VolumeWire {
    VolumeWire {
        name: v.name.clone(),
        key: v.key.clone(),
        path: v.path.clone(),
        kind: v.kind.into(),
        format: v.format.clone(),
        capacity: v.capacity,
        allocation: v.allocation,
        backing: v.backing.clone(),
    }
}

fn volume_of(w: VolumeWire) -> Volume {
    Volume {
        name: w.name,
        key: w.key,
        path: w.path,
        kind: VOLUME_KINDS.into_iter().find(|kind| *kind == w.kind).unwrap_or("unknown"),
        format: w.format,
        capacity: w.capacity,
        allocation: w.allocation,
        backing: w.backing,
    }
}

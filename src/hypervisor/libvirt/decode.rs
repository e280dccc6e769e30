//! Bulk statistics to counters. Runs for every VM at every poll, so it allocates only what it returns.

use super::ffi::{Param, Value};
use super::state::vm_state;
use crate::model::counters::{BalloonCounters, CpuCounters, DiskCounters, VcpuCounters, VmCounters};
use crate::model::id::VmId;

/// More devices or vCPUs than any VM has; a daemon that claims more does not make this program allocate them.
const MOST: usize = 4096;

/// The counters of one VM.
pub(super) fn counters<'a>(id: VmId, params: impl Iterator<Item = Param<'a>>) -> VmCounters {
    let mut out =
        Decoder { out: VmCounters::empty(id), state: None, reason: 0, cpu: None, cpu_parts: [None; 2] };
    for Param { field, value } in params {
        out.take(field, value);
    }
    out.finish()
}

/// Leaves out the groups that a QEMU VM busy with something else gave only in part: the caller then shows the
/// last whole reading with its age.
pub(super) fn leave_out_partial(counters: &mut VmCounters) {
    if counters.balloon.is_some_and(|b| b.rss.is_none()) {
        counters.balloon = None;
    }
    let silent = |d: &DiskCounters| d.read.requests.is_none() && d.write.requests.is_none();
    if counters.disks.as_ref().is_some_and(|disks| !disks.is_empty() && disks.iter().all(silent)) {
        counters.disks = None;
    }
}

struct Decoder {
    out: VmCounters,
    state: Option<u64>,
    reason: u64,
    cpu: Option<u64>,
    cpu_parts: [Option<u64>; 2],
}

impl Decoder {
    fn take(&mut self, field: &[u8], value: Value<'_>) {
        let Some(dot) = field.iter().position(|b| *b == b'.') else { return };
        let (group, name) = (&field[..dot], &field[dot + 1..]);
        match group {
            b"state" => self.state(name, value),
            b"cpu" => self.cpu(name, value),
            b"balloon" => balloon(self.out.balloon.get_or_insert_default(), name, value),
            b"vcpu" => self.vcpu(name, value),
            b"net" => self.nic(name, value),
            b"block" => self.disk(name, value),
            _ => {}
        }
    }

    fn state(&mut self, name: &[u8], value: Value<'_>) {
        match name {
            b"state" => self.state = value.count(),
            b"reason" => self.reason = value.count().unwrap_or(0),
            _ => {}
        }
    }

    fn cpu(&mut self, name: &[u8], value: Value<'_>) {
        match name {
            b"time" => self.cpu = value.count(),
            b"user" => self.cpu_parts[0] = value.count(),
            b"system" => self.cpu_parts[1] = value.count(),
            _ => {}
        }
    }

    fn vcpu(&mut self, name: &[u8], value: Value<'_>) {
        if name == b"current" {
            self.out.vcpus.reserve_exact(room(value));
            return;
        }
        let Some((number, name)) = indexed(name) else { return };
        let number = number as u32;
        if self.out.vcpus.last().is_none_or(|v| v.number != number) {
            self.out.vcpus.push(VcpuCounters { number, ..VcpuCounters::default() });
        }
        let Some(vcpu) = self.out.vcpus.last_mut() else { return };
        match name {
            // Offline, running, blocked.
            b"state" => vcpu.running = value.count().is_some_and(|s| s != 0),
            b"time" => vcpu.time_ns = value.count(),
            b"wait" => vcpu.wait_ns = value.count(),
            b"delay" => vcpu.delay_ns = value.count(),
            _ => {}
        }
    }

    fn nic(&mut self, name: &[u8], value: Value<'_>) {
        let nics = self.out.nics.get_or_insert_default();
        if name == b"count" {
            return nics.reserve_exact(room(value));
        }
        let Some((index, name)) = indexed(name) else { return };
        let Some(nic) = at(nics, index) else { return };
        match name {
            b"name" => nic.device = value.text().unwrap_or_default(),
            b"rx.bytes" => nic.rx_bytes = value.count(),
            b"rx.pkts" => nic.rx_packets = value.count(),
            b"rx.errs" => nic.rx_errors = value.count(),
            b"rx.drop" => nic.rx_drops = value.count(),
            b"tx.bytes" => nic.tx_bytes = value.count(),
            b"tx.pkts" => nic.tx_packets = value.count(),
            b"tx.errs" => nic.tx_errors = value.count(),
            b"tx.drop" => nic.tx_drops = value.count(),
            _ => {}
        }
    }

    fn disk(&mut self, name: &[u8], value: Value<'_>) {
        let disks = self.out.disks.get_or_insert_default();
        if name == b"count" {
            return disks.reserve_exact(room(value));
        }
        let Some((index, name)) = indexed(name) else { return };
        let Some(disk) = at(disks, index) else { return };
        match name {
            b"name" => disk.target = value.text().unwrap_or_default(),
            b"path" => disk.path = value.text(),
            b"rd.reqs" => disk.read.requests = value.count(),
            b"rd.bytes" => disk.read.bytes = value.count(),
            b"rd.times" => disk.read.time_ns = value.count(),
            b"wr.reqs" => disk.write.requests = value.count(),
            b"wr.bytes" => disk.write.bytes = value.count(),
            b"wr.times" => disk.write.time_ns = value.count(),
            b"fl.reqs" => disk.flush.requests = value.count(),
            b"fl.times" => disk.flush.time_ns = value.count(),
            b"errors" => disk.errors = value.count(),
            b"allocation" => disk.allocation = value.count(),
            b"capacity" => disk.capacity = value.count(),
            b"physical" => disk.physical = value.count(),
            _ => {}
        }
    }

    fn finish(mut self) -> VmCounters {
        self.out.state = self.state.map(|state| vm_state(state, self.reason));
        let [user_ns, system_ns] = self.cpu_parts;
        self.out.cpu = self.cpu.map(|time_ns| CpuCounters { time_ns, user_ns, system_ns });
        self.out
    }
}

fn balloon(balloon: &mut BalloonCounters, name: &[u8], value: Value<'_>) {
    let bytes = || value.count().map(|kib| kib.saturating_mul(1024));
    match name {
        b"current" => balloon.current = bytes(),
        b"maximum" => balloon.maximum = bytes(),
        b"available" => balloon.available = bytes(),
        b"usable" => balloon.usable = bytes(),
        b"unused" => balloon.unused = bytes(),
        b"rss" => balloon.rss = bytes(),
        b"swap_in" => balloon.swap_in = bytes(),
        b"swap_out" => balloon.swap_out = bytes(),
        b"major_fault" => balloon.major_faults = value.count(),
        b"last-update" => balloon.last_update_s = value.count(),
        _ => {}
    }
}

/// `3.rx.bytes` → 3 and `rx.bytes`.
fn indexed(name: &[u8]) -> Option<(usize, &[u8])> {
    let dot = name.iter().position(|b| *b == b'.')?;
    let mut index = 0usize;
    for digit in &name[..dot] {
        if !digit.is_ascii_digit() || index >= MOST {
            return None;
        }
        index = index * 10 + usize::from(digit - b'0');
    }
    (dot > 0 && index < MOST).then(|| (index, &name[dot + 1..]))
}

/// The device of this index; libvirt counts from 0 without holes, but that is not relied on.
fn at<T: Default>(devices: &mut Vec<T>, index: usize) -> Option<&mut T> {
    if index >= devices.len() {
        devices.resize_with(index + 1, T::default);
    }
    devices.get_mut(index)
}

fn room(count: Value<'_>) -> usize {
    usize::try_from(count.count().unwrap_or(0)).unwrap_or(MOST).min(MOST)
}

#[cfg(test)]
mod tests;

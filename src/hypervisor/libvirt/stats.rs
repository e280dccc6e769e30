//! Statistics, in bulk wherever the driver can.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::connection::Connection;
use super::decode;
use super::error::{Doing, is_fatal, kind};
use super::fallback;
use super::ffi::{Domain, Listed, RawResult, StatsRecords, flags};
use super::probe::{bits_of, minus};
use super::state::vm_state;
use crate::hypervisor::{Groups, HvErrorKind, HvResult, Stats, Which};
use crate::model::counters::{NodeCounters, NodeCpuCounters, NodeMemory, VmCounters};
use crate::model::id::VmId;
use crate::model::metric::Group;
use crate::model::vm::VmState;

const OPERATION: &str = "read statistics";
/// `VIR_DOMAIN_AFFECT_LIVE`.
const AFFECT_LIVE: u32 = 1;
/// How often the call for chosen VMs is repeated without those that vanished meanwhile.
const TRIES: usize = 3;

impl Stats for Connection {
    fn vm_counters(&self, groups: Groups, which: Which<'_>) -> HvResult<Vec<VmCounters>> {
        let not_in_bulk = minus(groups, self.abilities.bulk);
        let in_bulk = bits_of(minus(groups, not_in_bulk));
        let mut out = if in_bulk == 0 { Vec::new() } else { self.in_bulk(in_bulk, which)? };
        let one_by_one = minus(self.abilities.single, minus(self.abilities.single, groups));
        if !one_by_one.is_empty() {
            self.one_by_one(one_by_one, which, &mut out)?;
        }
        Ok(out)
    }

    fn node_counters(&self) -> HvResult<NodeCounters> {
        let cpu = optional(self.conn.node_cpu(), "read the node's CPU times")?;
        let memory = optional(self.conn.node_memory(), "read the node's memory")?;
        Ok(NodeCounters {
            cpu: cpu.map(|modes| node_cpu(&modes)),
            memory: memory.and_then(|parts| node_memory(&parts)),
            ..NodeCounters::default()
        })
    }

    fn arm_memory_stats(&self, id: VmId, period: Duration) -> HvResult<()> {
        let seconds = i32::try_from(period.as_secs()).unwrap_or(i32::MAX);
        self.with_domain(id, "arm memory statistics", |d| d.set_memory_stats_period(seconds, AFFECT_LIVE))
    }
}

impl Connection {
    fn in_bulk(&self, bits: u32, which: Which<'_>) -> HvResult<Vec<VmCounters>> {
        let always = self.abilities.flags();
        match which {
            Which::All => {
                StatsRecords::all(&self.conn, bits, always).doing(OPERATION).map(|r| self.decoded(&r))
            }
            Which::Active => StatsRecords::all(&self.conn, bits, always | flags::ACTIVE)
                .doing(OPERATION)
                .map(|r| self.decoded(&r)),
            Which::These(ids) => self.of_these(bits, ids),
        }
    }

    /// Asks of chosen VMs. Drivers may fail the whole call because of one that is gone, so those are left out
    /// and the rest asked again.
    fn of_these(&self, bits: u32, ids: &[VmId]) -> HvResult<Vec<VmCounters>> {
        let mut domains = self.known(ids)?;
        for _ in 0..TRIES {
            let handles: Vec<&Domain> = domains.iter().map(|(_, d)| &**d).collect();
            match StatsRecords::of(&handles, bits, self.abilities.flags()) {
                Ok(records) => return Ok(self.decoded(&records)),
                Err(e) if kind(&e) == HvErrorKind::NotFound => {
                    domains.retain(|(id, _)| self.still_there(*id));
                }
                Err(e) => return Err(e).doing(OPERATION),
            }
        }
        Ok(Vec::new())
    }

    /// Handles of these VMs, without those that are gone.
    fn known(&self, ids: &[VmId]) -> HvResult<Vec<(VmId, Arc<Domain>)>> {
        let mut domains = Vec::with_capacity(ids.len());
        for id in ids {
            match self.domain(*id, OPERATION) {
                Ok(domain) => domains.push((*id, domain)),
                Err(e) if e.kind == HvErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
        Ok(domains)
    }

    /// Asks VM by VM, and adds to what came in bulk.
    fn one_by_one(&self, groups: Groups, which: Which<'_>, out: &mut Vec<VmCounters>) -> HvResult<()> {
        let domains = match which {
            Which::All => self.listed(Listed::All)?,
            Which::Active => self.listed(Listed::Active)?,
            Which::These(ids) => self.known(ids)?,
        };
        let mut places: HashMap<VmId, usize> = out.iter().enumerate().map(|(n, c)| (c.id, n)).collect();
        for (id, domain) in domains {
            let place = *places.entry(id).or_insert_with(|| {
                out.push(VmCounters::empty(id));
                out.len() - 1
            });
            if let Err(e) = self.ask_one(&mut out[place], groups, &domain) {
                if is_fatal(&e) {
                    return Err(e).doing(OPERATION);
                }
                // It vanished meanwhile.
                self.forget_if_gone(id, &e);
                out.swap_remove(place);
                places = out.iter().enumerate().map(|(n, c)| (c.id, n)).collect();
            }
        }
        Ok(())
    }

    fn ask_one(&self, counters: &mut VmCounters, groups: Groups, domain: &Domain) -> RawResult<()> {
        if groups.has(Group::State) {
            counters.state = Some(state_of(domain)?);
        }
        let state = match counters.state {
            Some(state) => state,
            None => state_of(domain)?,
        };
        if state.is_active() {
            let (id, told) = (counters.id, self.subscriber.is_registered());
            fallback::fill(counters, groups, domain, || self.subscriber.devices.names(id, domain, told))?;
        }
        Ok(())
    }

    fn listed(&self, which: Listed) -> HvResult<Vec<(VmId, Arc<Domain>)>> {
        let domains = self.conn.domains(which).doing(OPERATION)?;
        Ok(domains
            .into_iter()
            .filter_map(|d| Some((VmId::from_bytes(d.uuid().ok()?), Arc::new(d))))
            .collect())
    }

    fn still_there(&self, id: VmId) -> bool {
        self.conn.domain(id.bytes()).inspect_err(|e| self.forget_if_gone(id, e)).is_ok()
    }

    fn decoded(&self, records: &StatsRecords) -> Vec<VmCounters> {
        let partial = self.abilities.is_qemu();
        let mut out = Vec::with_capacity(records.len());
        out.extend(records.iter().filter_map(|record| {
            let id = VmId::from_bytes(record.uuid().ok()?);
            let mut counters = decode::counters(id, record.params());
            if partial && record.id().is_some() {
                decode::leave_out_partial(&mut counters);
            }
            Some(counters)
        }));
        out
    }
}

fn state_of(domain: &Domain) -> RawResult<VmState> {
    domain.state().map(|(state, reason)| vm_state(state as u64, reason as u64))
}

/// The answer, or `None` when the driver has none; an error only when the connection is of no more use.
fn optional<T>(answer: RawResult<T>, operation: &'static str) -> HvResult<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(e) if is_fatal(&e) => Err(e).doing(operation),
        Err(_) => Ok(None),
    }
}

fn node_cpu(modes: &[(String, u64)]) -> NodeCpuCounters {
    let of = |name: &str| modes.iter().find(|(n, _)| n == name).map_or(0, |(_, v)| *v);
    NodeCpuCounters {
        user_ns: of("user"),
        system_ns: of("kernel") + of("intr"),
        idle_ns: of("idle"),
        iowait_ns: of("iowait"),
        steal_ns: None,
    }
}

fn node_memory(parts: &[(String, u64)]) -> Option<NodeMemory> {
    let of = |name: &str| parts.iter().find(|(n, _)| n == name).map(|(_, kib)| kib.saturating_mul(1024));
    Some(NodeMemory {
        total: of("total")?,
        free: of("free")?,
        available: of("available"),
        buffers: of("buffers").unwrap_or(0),
        cached: of("cached").unwrap_or(0),
        swap: None,
    })
}

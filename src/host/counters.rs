//! CPU, memory, load, pressure and uptime from `/proc`.
//!
//! The parsers are our own where the `procfs` crate is all or nothing: a container's `meminfo` lacks fields that
//! it insists on, and it parses every CPU and interrupt of `stat` for the one line needed here.

use super::files::Files;
use crate::model::counters::{NodeCounters, NodeCpuCounters, NodeMemory, Pressure};

/// The first line of `stat`, ten numbers of at most twenty digits, is well within it.
const CPU_LINE: u64 = 1024;

/// Reads all of them.
pub(super) fn read(files: &mut Files, ticks_per_second: u64) -> NodeCounters {
    NodeCounters {
        cpu: files.read_start("proc/stat", CPU_LINE).ok().and_then(|b| cpu(text(b)?, ticks_per_second)),
        memory: files.read("proc/meminfo").ok().and_then(|b| memory(text(b)?)),
        load: files.read("proc/loadavg").ok().and_then(|b| load(text(b)?)),
        pressure: read_pressure(files),
        uptime_s: files.read("proc/uptime").ok().and_then(|b| number(text(b)?.split_whitespace().next()?)),
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok()
}

/// A finite number that is not negative.
fn number(word: &str) -> Option<f64> {
    word.parse().ok().filter(|v: &f64| v.is_finite() && *v >= 0.0)
}

/// The sum over all CPUs, from `cpu  user nice system idle iowait irq softirq steal guest guest_nice`.
/// Guest time is within user and nice already.
pub(super) fn cpu(stat: &str, ticks_per_second: u64) -> Option<NodeCpuCounters> {
    let mut words = stat.lines().next()?.split_whitespace();
    if words.next() != Some("cpu") {
        return None;
    }
    let ns_per_tick = 1_000_000_000 / ticks_per_second.max(1);
    let mut ns = words.map(|w| w.parse().ok().map(|ticks: u64| ticks.saturating_mul(ns_per_tick)));
    let mut required = || ns.next().flatten();
    let (user, nice, system, idle) = (required()?, required()?, required()?, required()?);
    let iowait = required().unwrap_or(0);
    let interrupts = required().unwrap_or(0).saturating_add(required().unwrap_or(0));
    Some(NodeCpuCounters {
        user_ns: user.saturating_add(nice),
        system_ns: system.saturating_add(interrupts),
        idle_ns: idle,
        iowait_ns: iowait,
        steal_ns: required(),
    })
}

/// From `meminfo`; total and free are needed, all else is optional.
pub(super) fn memory(meminfo: &str) -> Option<NodeMemory> {
    let (mut total, mut free, mut available) = (None, None, None);
    let (mut buffers, mut cached, mut swap_total, mut swap_free) = (None, None, None, None);
    for line in meminfo.lines() {
        let Some((name, rest)) = line.split_once(':') else { continue };
        let slot = match name {
            "MemTotal" => &mut total,
            "MemFree" => &mut free,
            "MemAvailable" => &mut available,
            "Buffers" => &mut buffers,
            "Cached" => &mut cached,
            "SwapTotal" => &mut swap_total,
            "SwapFree" => &mut swap_free,
            _ => continue,
        };
        *slot = kibibytes(rest);
    }
    Some(NodeMemory {
        total: total.filter(|t| *t > 0)?,
        free: free?,
        available,
        buffers: buffers.unwrap_or(0),
        cached: cached.unwrap_or(0),
        swap: swap_total.zip(swap_free),
    })
}

/// `  24684092 kB` in bytes.
fn kibibytes(value: &str) -> Option<u64> {
    value.trim().strip_suffix("kB")?.trim_end().parse::<u64>().ok()?.checked_mul(1024)
}

pub(super) fn load(loadavg: &str) -> Option<[f64; 3]> {
    let mut words = loadavg.split_whitespace().map(number);
    let mut next = || words.next().flatten();
    Some([next()?, next()?, next()?])
}

fn read_pressure(files: &mut Files) -> Option<Pressure> {
    let mut of = |what| stalled(text(files.read(what).ok()?)?);
    Some(Pressure {
        cpu: of("proc/pressure/cpu")?,
        memory: of("proc/pressure/memory")?,
        io: of("proc/pressure/io")?,
    })
}

/// `avg10` of the line `some avg10=5.24 avg60=… avg300=… total=…`.
pub(super) fn stalled(pressure: &str) -> Option<f64> {
    let some = pressure.lines().find_map(|line| line.strip_prefix("some "))?;
    let share = some.split_whitespace().find_map(|word| word.strip_prefix("avg10="))?;
    number(share).map(|v| v.min(100.0))
}

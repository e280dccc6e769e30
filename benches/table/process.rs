//! Processes and the machine, read from `/proc`.

use std::collections::BTreeMap;
use std::time::Duration;

use procfs::process::{MMapPath, Process};
use procfs::{CurrentSI, KernelStats};

use crate::Outcome;

/// CPU time of a process so far, all its threads. Exact to 10 ms.
pub(crate) fn cpu(pid: i32) -> Outcome<Duration> {
    let stat = Process::new(pid)?.stat()?;
    let ticks = (stat.utime + stat.stime) as f64;
    Ok(Duration::from_secs_f64(ticks / procfs::ticks_per_second() as f64))
}

/// CPU time of the living threads of a process so far, in ns, by name. Exact.
pub(crate) fn threads(pid: i32) -> Outcome<BTreeMap<String, u64>> {
    let mut out = BTreeMap::new();
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let task = task?.path();
        // A thread may end between listing and reading.
        let (Ok(name), Ok(times)) =
            (std::fs::read_to_string(task.join("comm")), std::fs::read_to_string(task.join("schedstat")))
        else {
            continue;
        };
        let on_cpu: u64 = times.split_whitespace().next().unwrap_or("0").parse()?;
        *out.entry(name.trim().to_owned()).or_default() += on_cpu;
    }
    Ok(out)
}

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Resident (`VmRSS`).
    pub(crate) resident: u64,
    /// Resident, shared pages counted by their share.
    pub(crate) proportional: u64,
    /// Resident pages of shared libraries and of other mapped files.
    pub(crate) libraries: u64,
    /// Resident pages of the program's own file.
    pub(crate) program: u64,
    /// Resident pages of no file: heaps, stacks.
    pub(crate) anonymous: u64,
}

/// Memory of a process now.
pub(crate) fn memory(pid: i32) -> Outcome<Memory> {
    let process = Process::new(pid)?;
    let mut memory = Memory { resident: process.status()?.vmrss.unwrap_or(0) * 1024, ..Memory::default() };
    let program = process.exe()?;
    for map in process.smaps()?.0 {
        let of = |key: &str| map.extension.map.get(key).copied().unwrap_or(0);
        let (rss, anonymous) = (of("Rss"), of("Anonymous"));
        memory.proportional += of("Pss");
        memory.anonymous += anonymous;
        match &map.pathname {
            MMapPath::Path(path) if *path == program => memory.program += rss - anonymous,
            _ => memory.libraries += rss - anonymous,
        }
    }
    Ok(memory)
}

/// The machine's CPU time at some moment.
#[derive(Debug)]
pub(crate) struct Machine(Option<(u64, u64)>);

impl Machine {
    /// As of now.
    pub(crate) fn now() -> Self {
        Self(KernelStats::current().ok().map(|stats| {
            let t = stats.total;
            let idle = t.idle + t.iowait.unwrap_or(0);
            let busy = t.user + t.nice + t.system + t.irq.unwrap_or(0) + t.softirq.unwrap_or(0);
            (busy + t.steal.unwrap_or(0), idle)
        }))
    }

    /// How much of its cores the machine used since then.
    pub(crate) fn busy_percent(&self) -> f64 {
        let (Some((busy, idle)), Self(Some((busy_now, idle_now)))) = (self.0, Self::now()) else {
            return f64::NAN;
        };
        let (busy, idle) = ((busy_now - busy) as f64, (idle_now - idle) as f64);
        100.0 * busy / (busy + idle).max(1.0)
    }
}

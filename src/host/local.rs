//! The machine this process runs on.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::capacity::{Answer, Ask, Capacity, Prober};
use super::disks::Disks;
use super::facts::Facts;
use super::files::Files;
use super::mounts::{self, Mount};
use super::{MachinePort, OwnUsage, bridges, counters};
use crate::model::counters::NodeCounters;
use crate::model::host::{FileSystem, Machine};
use crate::model::text::clean;

/// A file system on a healthy server answers within milliseconds.
const PATIENCE: Duration = Duration::from_millis(500);

/// Reads `/proc` and `/sys`.
pub struct LocalMachine {
    files: Files,
    ticks_per_second: u64,
    page_size: u64,
    facts: Option<Facts>,
    disks: Disks,
    prober: Prober,
}

impl Default for LocalMachine {
    fn default() -> Self {
        Self::new()
    }
}

impl LocalMachine {
    /// This machine.
    pub fn new() -> Self {
        Self::at(Path::new("/"))
    }

    /// A machine whose `proc`, `sys` and `etc` lie below `root`, as a recording does.
    pub fn at(root: &Path) -> Self {
        Self::asking(root, Arc::new(Capacity::of), PATIENCE)
    }

    pub(super) fn asking(root: &Path, ask: Ask, patience: Duration) -> Self {
        Self {
            files: Files::new(root),
            ticks_per_second: procfs::ticks_per_second(),
            page_size: procfs::page_size(),
            facts: None,
            disks: Disks::default(),
            prober: Prober::new(ask, patience),
        }
    }

    fn file_systems(&mut self, unavailable: &mut Vec<String>) -> Vec<FileSystem> {
        let mounts = match self.files.read("proc/self/mountinfo") {
            Ok(bytes) => mounts::file_systems(bytes),
            Err(e) => {
                unavailable.push(format!("File systems: {e} (/proc/self/mountinfo)."));
                return Vec::new();
            }
        };
        let answers = self.prober.ask_all(mounts.iter().map(|m| m.point.as_path()));
        mounts.iter().zip(answers).map(|(mount, answer)| file_system(mount, answer, unavailable)).collect()
    }
}

fn file_system(mount: &Mount, answer: Answer, unavailable: &mut Vec<String>) -> FileSystem {
    let mount_point = clean(&mount.point.to_string_lossy()).into_owned();
    let source = clean(&mount.source).into_owned();
    let capacity = match answer {
        Answer::Known(capacity) => Some(capacity),
        Answer::Failed(why) => {
            unavailable.push(format!("Space on {mount_point}: {why}."));
            None
        }
        Answer::Hangs => {
            unavailable
                .push(format!("Space on {mount_point}: {source} does not answer; NovaCron waits for it."));
            None
        }
    };
    FileSystem {
        source,
        mount_point,
        kind: clean(&mount.kind).into_owned(),
        size: capacity.map(|c| c.size),
        used: capacity.map(|c| c.used),
        available: capacity.map(|c| c.available),
        inodes_used: capacity.and_then(|c| c.inodes_used),
        read_only: mount.read_only,
    }
}

/// What the counters lack, each as one sentence.
fn missing(counters: &NodeCounters) -> impl Iterator<Item = &'static str> {
    [
        (counters.cpu.is_none(), "CPU times: not in /proc/stat."),
        (counters.memory.is_none(), "Memory: not in /proc/meminfo."),
        (counters.load.is_none(), "Load: not in /proc/loadavg."),
        (counters.pressure.is_none(), "Pressure: the kernel keeps none (/proc/pressure; boot with psi=1)."),
        (counters.uptime_s.is_none(), "Uptime: not in /proc/uptime."),
    ]
    .into_iter()
    .filter_map(|(is_missing, sentence)| is_missing.then_some(sentence))
}

impl MachinePort for LocalMachine {
    fn counters(&mut self) -> NodeCounters {
        counters::read(&mut self.files, self.ticks_per_second)
    }

    fn machine(&mut self) -> Machine {
        let mut unavailable: Vec<String> = missing(&self.counters()).map(str::to_owned).collect();
        let facts = self.facts.get_or_insert_with(|| Facts::read(&mut self.files)).clone();
        let filesystems = self.file_systems(&mut unavailable);
        let (block_devices, mut trouble) = self.disks.read(&mut self.files, Instant::now());
        unavailable.append(&mut trouble);
        Machine {
            kernel: facts.kernel,
            os: facts.os,
            cpu_name: facts.cpu_name,
            filesystems,
            block_devices,
            bridges: bridges::bridges(&mut self.files),
            default_route: bridges::default_route(&mut self.files),
            unavailable,
        }
    }

    fn own_usage(&mut self) -> Option<OwnUsage> {
        let statm = str::from_utf8(self.files.read("proc/self/statm").ok()?).ok()?;
        let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        let cpu = Duration::new(u64::try_from(cpu.tv_sec).ok()?, u32::try_from(cpu.tv_nsec).ok()?);
        Some(OwnUsage { cpu, resident: pages.saturating_mul(self.page_size) })
    }
}

//! The database that all lines are measured on.

use std::path::Path;
use std::time::{Duration, Instant};

use novacron::model::metric::MetricId;
use novacron::store::{HistoryReader, HistoryWriter, Retention};
use rusqlite::Connection;
use rustix::time::{ClockId, clock_gettime};

use super::load::{self, PACE_S, SERIES, Vm};
use crate::Outcome;

/// The VM whose samples are remembered, to be compared: one of the bursty ones.
const WATCHED: usize = 3;

/// A database and how it was made.
pub(super) struct Made {
    folder: tempfile::TempDir,
    pub(super) vms: usize,
    pub(super) span_s: i64,
    pub(super) samples: u64,
    /// Time and CPU of writing, without that of making the samples up.
    pub(super) took: Duration,
    pub(super) cpu: Duration,
    pub(super) slowest: Duration,
    watched: Vec<(i64, [f32; SERIES])>,
    vm: Vm,
}

fn cpu_now() -> Duration {
    let t = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(t.tv_sec.unsigned_abs(), t.tv_nsec.unsigned_abs() as u32)
}

impl Made {
    /// Records so many VMs for so many hours, as fast as it goes.
    pub(super) fn new(count: usize, hours: i64) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let keep = Retention { bytes: u64::MAX, ..Retention::default() };
        let mut writer = HistoryWriter::open(folder.path(), keep, load::at(0))?.writer;
        let mut vms: Vec<Vm> = (0..count).map(Vm::new).collect();
        let (mut took, mut cpu, mut slowest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        let mut watched = Vec::new();
        let span_s = hours * 3600;
        // Up to midnight, and some minutes more, so that the last blocks close.
        let from_s = 86_400 - span_s;
        for s in (from_s..86_800).step_by(PACE_S as usize) {
            let polled: Vec<[f32; SERIES]> = vms.iter_mut().map(|vm| vm.poll(s)).collect();
            watched.push((s, *polled.get(WATCHED).ok_or("too few VMs")?));
            let (begun, spent) = (Instant::now(), cpu_now());
            let mut failed = None;
            for (vm, values) in vms.iter().zip(&polled) {
                vm.hand_over(values, |subject, metrics, row| {
                    failed = writer.add(load::at(s), subject, metrics, row).err().or(failed.take());
                });
            }
            if let Some(why) = failed {
                return Err(why.into());
            }
            writer.commit()?;
            let once = begun.elapsed();
            took += once;
            slowest = slowest.max(once);
            cpu += cpu_now().saturating_sub(spent);
        }
        let polls = watched.len() as u64;
        let samples = polls * count as u64 * SERIES as u64;
        Ok(Self {
            folder,
            vms: count,
            span_s,
            samples,
            took,
            cpu,
            slowest,
            watched,
            vm: vms.swap_remove(WATCHED),
        })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn vm(&self) -> &Vm {
        &self.vm
    }

    pub(super) fn reader(&self) -> Outcome<HistoryReader> {
        Ok(HistoryReader::open(self.folder.path())?)
    }

    pub(super) fn bytes(&self) -> Outcome<u64> {
        Ok(self.reader()?.bytes()?)
    }

    pub(super) fn told(&self) -> String {
        format!("{} h of {} running VMs", self.span_s / 3600, self.vms)
    }

    /// Whether what is read is what was written, bit for bit.
    pub(super) fn check(&self) -> Outcome<()> {
        let reader = self.reader()?;
        for (place, metric) in [(0, MetricId::VmCpu), (4, MetricId::VmMemory), (8, MetricId::VmDiskRead)] {
            let read = reader.raw(self.vm.subject(), metric, super::second(0), super::second(1 << 30))?;
            let same = read.len() == self.watched.len()
                && read.iter().zip(&self.watched).all(|((at, v), (s, values))| {
                    let wanted = values[place];
                    *at == load::at(*s)
                        && v.map(f32::to_bits) == (!wanted.is_nan()).then_some(wanted.to_bits())
                });
            if !same {
                return Err(format!("{metric:?} was not read as it was written").into());
            }
        }
        Ok(())
    }

    /// Two years of hours and thirty days of minutes: the recorded day, copied into the past.
    pub(super) fn grow(&mut self) -> Outcome<()> {
        let mut db = Connection::open(self.folder.path().join("history.db"))?;
        let hours = self.span_s / 3600;
        let begin = (load::BEGIN_MS + 86_400_000) / 3_600_000 - hours;
        let all = db.transaction()?;
        // Blocks of minutes are two hours, of hours two days: the recorded day is the second.
        for step in 1..=30 * 24 / hours {
            copy(&all, "minute", begin / 2, hours / 2, step * hours / 2)?;
        }
        for step in 1..=365 {
            copy(&all, "hour", begin / 48, 1, step)?;
        }
        all.commit()?;
        db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(())
    }
}

/// Copies the blocks of a tier `back` blocks into the past.
fn copy(db: &Connection, tier: &str, first: i64, count: i64, back: i64) -> Outcome<()> {
    for (table, columns) in [(format!("{tier}_axis"), "data"), (tier.to_owned(), "axis, data")] {
        let sql = format!(
            "INSERT INTO {table} (id, {columns}) SELECT id - ?1, {columns} FROM {table} WHERE id >= ?2 AND id < ?3"
        );
        db.execute(&sql, [back << 24, first << 24, (first + count) << 24])?;
    }
    Ok(())
}

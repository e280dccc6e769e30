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

/// The end of what is recorded: an hour and some after midnight, just before that hour's block closes.
pub(super) const END_S: i64 = 86_400 + 3_680;

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
        // Up to midnight, and an hour more that is not closed yet: of no moment are there more pieces.
        let from_s = 86_400 - span_s;
        for s in (from_s..END_S).step_by(PACE_S as usize) {
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

    /// Seconds that were recorded: the span, and what came after it.
    pub(super) const fn recorded_s(&self) -> i64 {
        END_S - (86_400 - self.span_s)
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

    /// The second at which the oldest samples begin.
    pub(super) fn oldest_s(&self) -> Outcome<i64> {
        let oldest = self.reader()?.oldest(novacron::store::Tier::Raw)?.ok_or("no samples")?;
        Ok((oldest.0 - load::BEGIN_MS) / 1000)
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

    /// Two years of hours and thirty days of minutes: the recorded day, and two days of hours, copied into the past.
    pub(super) fn grow(&mut self) -> Outcome<()> {
        let days = two_days(self.vms)?;
        let mut db = Connection::open(self.folder.path().join("history.db"))?;
        let days = days.path().join("history.db");
        db.execute("ATTACH ? AS days", [days.to_str().ok_or("a path that is no text")?])?;
        let hours = self.span_s / 3600;
        let begin = (load::BEGIN_MS + 86_400_000) / 3_600_000 - hours;
        let all = db.transaction()?;
        let same = "SELECT count(*) FROM track JOIN days.track d USING (id, entity, metrics)";
        let same: i64 = all.query_row(same, [], |row| row.get(0))?;
        let tracks: i64 = all.query_row("SELECT count(*) FROM track", [], |row| row.get(0))?;
        if same != tracks {
            return Err("the tracks have other numbers".into());
        }
        // Blocks of minutes are two hours, of hours two days.
        for step in 1..=30 * 24 / hours {
            copy(&all, "main", "minute", begin / 2, hours / 2, step * hours / 2)?;
        }
        for step in 1..=365 {
            copy(&all, "days", "hour", DAYS_BLOCK, 1, step)?;
        }
        all.commit()?;
        db.execute_batch("DETACH days; PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(())
    }
}

/// The block of hours whose second half is the recorded day.
const DAYS_BLOCK: i64 = (load::BEGIN_MS + 86_400_000) / (48 * 3_600_000) - 1;

/// The two days that this block is, each hour of them, from a sample every ten minutes.
fn two_days(count: usize) -> Outcome<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let mut writer = HistoryWriter::open(folder.path(), Retention::default(), load::at(0))?.writer;
    let mut vms: Vec<Vm> = (0..count).map(Vm::new).collect();
    let mut failed = None;
    // Some time more, so that the block closes.
    for s in (-86_400..86_400 + 3600).step_by(600) {
        for vm in &mut vms {
            let values = vm.poll(s);
            vm.hand_over(&values, |subject, metrics, row| {
                failed = writer.add(load::at(s), subject, metrics, row).err().or(failed.take());
            });
        }
        writer.commit()?;
    }
    // What closes closes group by group.
    for s in 0..200 {
        for vm in vms.iter_mut().take(1) {
            let values = vm.poll(90_000 + s * 2);
            vm.hand_over(&values, |subject, metrics, row| {
                failed = writer.add(load::at(90_000 + s * 2), subject, metrics, row).err().or(failed.take());
            });
        }
        writer.commit()?;
    }
    failed.map_or(Ok(folder), |why| Err(why.into()))
}

/// Copies the blocks of a tier `back` blocks into the past.
fn copy(db: &Connection, from: &str, tier: &str, first: i64, count: i64, back: i64) -> Outcome<()> {
    for (table, columns) in [(format!("{tier}_axis"), "data"), (tier.to_owned(), "axis, data")] {
        let sql = format!(
            "INSERT INTO main.{table} (id, {columns}) SELECT id - ?1, {columns} FROM {from}.{table} WHERE id >= ?2 AND id < ?3"
        );
        let rows = db.execute(&sql, [back << 24, first << 24, (first + count) << 24])?;
        if rows == 0 && table == tier {
            return Err(format!("no block {first} of tier {tier}").into());
        }
    }
    Ok(())
}

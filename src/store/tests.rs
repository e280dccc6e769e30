//! Opening, damage, trouble with the disk; and a writer that is killed.

pub(super) mod disk;
mod kill;
mod opening;
pub(super) mod plans;
mod sharing;

use std::path::Path;

use super::{HistoryReader, HistoryWriter, Retention, Subject};
use crate::model::id::VmId;
use crate::model::metric::MetricId;
use crate::model::time::Timestamp;

/// A whole hour and day, some time ago: blocks of all tiers begin here.
pub(super) const T0: i64 = 1_700_006_400_000;
/// The metrics that most tests record.
pub(super) const CPU: &[MetricId] = &[MetricId::VmCpu, MetricId::VmCpuHost];

/// VM number `n`.
pub(super) fn vm(n: u8) -> Subject {
    Subject::Vm(VmId::from_bytes([n; 16]))
}

pub(super) fn at(s: i64) -> Timestamp {
    Timestamp(T0 + s * 1000)
}

pub(super) fn open(folder: &Path) -> HistoryWriter {
    HistoryWriter::open(folder, Retention::default(), at(0)).unwrap().writer
}

pub(super) fn read(folder: &Path) -> HistoryReader {
    HistoryReader::open(folder).unwrap()
}

/// What VM `n` measures at second `s`: no two are the same.
pub(super) fn value(n: u8, s: i64) -> f32 {
    f32::from(n) * 1000.0 + (s % 997) as f32 / 32.0
}

/// Records VM `n` at second `s` and commits.
pub(super) fn put(writer: &mut HistoryWriter, n: u8, s: i64) {
    let v = value(n, s);
    writer.add(at(s), &vm(n), CPU, &[Some(v), Some(v / 2.0)]).unwrap();
    writer.commit().unwrap();
}

/// All CPU samples of a VM, seconds from [`T0`].
pub(super) fn cpu(reader: &HistoryReader, n: u8) -> Vec<(f64, Option<f32>)> {
    let all = reader.raw(&vm(n), MetricId::VmCpu, Timestamp(0), Timestamp(i64::MAX / 2)).unwrap();
    all.into_iter().map(|(t, v)| ((t.0 - T0) as f64 / 1000.0, v)).collect()
}

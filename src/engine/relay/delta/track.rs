//! Rings: only rows that the peer does not have.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::wire::WireError;
use crate::engine::rates::{
    CPU_METRICS, DISK_DEVICE_METRICS, DISK_METRICS, HOST_METRICS, MEMORY_METRICS, NET_METRICS,
    NIC_DEVICE_METRICS, VCPU_METRICS,
};
use crate::engine::state::POOL_METRICS;
use crate::model::metric::MetricId;
use crate::model::series::Track;
use crate::model::time::Timestamp;

/// Every kind of ring there is: on the wire it is its place here.
const KINDS: &[&[MetricId]] = &[
    CPU_METRICS,
    VCPU_METRICS,
    MEMORY_METRICS,
    DISK_METRICS,
    NET_METRICS,
    DISK_DEVICE_METRICS,
    NIC_DEVICE_METRICS,
    HOST_METRICS,
    POOL_METRICS,
    &[],
];

/// Times are within this many milliseconds of 1970, on either side: a hundred thousand years.
const FARTHEST: i64 = 1 << 52;

const MISFIT: WireError = WireError::Garbage("rows do not fit");

/// What became of a ring.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine::relay) enum TrackDelta {
    /// Nothing.
    Same,
    /// Rows came, and older ones went.
    Later {
        /// The oldest row that is left.
        oldest: i64,
        /// What came.
        rows: Rows,
        /// How many rows there are now.
        count: u32,
    },
    /// It is another.
    Whole {
        /// Its place among the kinds.
        kind: u8,
        /// All its rows.
        rows: Rows,
    },
}

/// Rows: times as steps from one to the next, values row by row.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::engine::relay) struct Rows {
    steps: Vec<i64>,
    values: Vec<f32>,
}

impl Rows {
    fn after(track: &Track, after: Option<Timestamp>) -> Self {
        let mut rows = Self::default();
        let mut last = after.map_or(0, |t| t.0);
        for (at, values) in track.rows_after(after) {
            rows.steps.push(at.0 - last);
            rows.values.extend_from_slice(values);
            last = at.0;
        }
        rows
    }

    fn add_to(&self, track: &mut Track) -> Result<(), WireError> {
        let width = track.metrics().len();
        if self.steps.len().checked_mul(width) != Some(self.values.len()) {
            return Err(MISFIT);
        }
        let mut at = track.last_time().map_or(0, |t| t.0);
        for (row, step) in self.steps.iter().enumerate() {
            at = at.checked_add(*step).filter(|at| (-FARTHEST..=FARTHEST).contains(at)).ok_or(MISFIT)?;
            let values = self.values.iter().skip(row * width).take(width);
            if !track.push_row(Timestamp(at), values.copied()) {
                return Err(MISFIT);
            }
        }
        Ok(())
    }
}

/// What became of a ring the peer may have.
pub(super) fn between(before: Option<&Arc<Track>>, now: &Arc<Track>) -> TrackDelta {
    let Some(before) = before.filter(|before| before.metrics() == now.metrics()) else { return whole(now) };
    if Arc::ptr_eq(before, now) {
        return TrackDelta::Same;
    }
    let goes_on = || {
        let (last, oldest) = (before.last_time()?, now.first_time()?);
        let has = now.rows_after(Some(Timestamp(last.0 - 1))).next().is_some_and(|(at, _)| at == last);
        (before.first_time()? <= oldest && has).then_some((last, oldest))
    };
    match goes_on() {
        Some((last, oldest)) => TrackDelta::Later {
            oldest: oldest.0,
            rows: Rows::after(now, Some(last)),
            count: u32::try_from(now.len()).unwrap_or(u32::MAX),
        },
        None => whole(now),
    }
}

fn whole(now: &Track) -> TrackDelta {
    let kind = KINDS.iter().position(|kind| *kind == now.metrics());
    // A kind that is not in the table cannot be sent; the test of the table sees to it that there is none.
    let kind = kind.and_then(|kind| u8::try_from(kind).ok()).unwrap_or(u8::MAX);
    TrackDelta::Whole { kind, rows: Rows::after(now, None) }
}

/// The ring as the sender has it.
pub(super) fn apply(delta: &TrackDelta, before: Option<&Arc<Track>>) -> Result<Arc<Track>, WireError> {
    match delta {
        TrackDelta::Same => before.cloned().ok_or(super::UNKNOWN),
        TrackDelta::Later { oldest, rows, count } => {
            let mut track = Track::clone(before.ok_or(super::UNKNOWN)?);
            rows.add_to(&mut track)?;
            track.forget_before(Timestamp(*oldest));
            let fits = track.first_time() == Some(Timestamp(*oldest)) && track.len() == *count as usize;
            if fits { Ok(Arc::new(track)) } else { Err(MISFIT) }
        }
        TrackDelta::Whole { kind, rows } => {
            let kind = KINDS.get(usize::from(*kind)).ok_or(WireError::Garbage("a ring of no kind"))?;
            let mut track = Track::new(kind);
            rows.add_to(&mut track)?;
            Ok(Arc::new(track))
        }
    }
}

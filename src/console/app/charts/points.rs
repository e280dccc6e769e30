//! The points of a line: from history what is long ago, from the rings in memory what is not.

use super::super::App;
use super::super::history::Told;
use super::shown::nic_device;
use super::{Line, history, range};
use crate::engine::history::Subject;
use crate::model::series::Track;
use crate::model::time::Timestamp;

/// A ring that begins so much later than what is shown is as good as one that begins with it.
const SLACK_MS: i64 = 30_000;

/// A point of a chart: a value, or the band and mean of a span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChartPoint {
    /// When, or when its span begins.
    pub at: Timestamp,
    /// The value or mean; `None` is a gap.
    pub mean: Option<f64>,
    /// Least.
    pub min: f64,
    /// Greatest.
    pub max: f64,
}

/// The ring of a line, while the present is shown.
fn ring<'a>(app: &'a App, line: &Line) -> Option<&'a Track> {
    if app.past.is_some() {
        return None;
    }
    let view = app.view();
    let vm = || line.subject.vm().and_then(|id| view.vm(id));
    match &line.subject {
        Subject::Host => Some(&*view.host.track),
        Subject::Vm(_) => vm()?.track_of(line.metric.get().group).map(|t| &**t),
        Subject::Disk(_, target) => vm()?.disks.iter().find(|d| d.name == *target).map(|d| &*d.track),
        Subject::Nic(_, key) => nic_device(vm()?, key).map(|n| &*n.track),
        Subject::Pool(id) => {
            let pools = view.pools.as_ref()?;
            pools.iter().find(|p| p.record.id.to_string() == *id).map(|p| &*p.track)
        }
    }
}

/// Whether the ring reaches back so far.
pub(super) fn is_in_memory(app: &App, line: &Line, from: Timestamp) -> bool {
    let first = ring(app, line).and_then(|t| t.points(line.metric).next());
    first.is_some_and(|(at, _)| at.0 <= from.0.saturating_add(SLACK_MS))
}

/// The points of a line that are shown, oldest first.
pub fn points(app: &App, line: &Line) -> Vec<ChartPoint> {
    let (from, to) = range(app);
    let ring: Vec<(Timestamp, Option<f64>)> = ring(app, line)
        .map_or_else(Vec::new, |t| t.points(line.metric).filter(|(at, _)| *at >= from).collect());
    let begin = ring.first().map_or(Timestamp(i64::MAX), |(at, _)| *at);
    let told = match history(app) {
        Some(Told::Here(history)) => history
            .series
            .iter()
            .find(|((subject, metric), _)| *subject == line.subject && *metric == line.metric),
        _ => None,
    };
    let old = told.iter().flat_map(|(_, points)| &points.points).filter(|p| p.at < begin && p.at <= to);
    let old =
        old.map(|p| ChartPoint { at: p.at, mean: p.mean, min: f64::from(p.min), max: f64::from(p.max) });
    let new = ring.iter().map(|(at, v)| {
        let value = v.unwrap_or(0.0);
        ChartPoint { at: *at, mean: *v, min: value, max: value }
    });
    old.chain(new).collect()
}

/// The point at an instant: the nearest, unless it is further than `within` milliseconds, or a gap.
pub fn nearest(points: &[ChartPoint], at: Timestamp, within: i64) -> Option<ChartPoint> {
    let near = points.iter().min_by_key(|p| p.at.0.abs_diff(at.0))?;
    (near.mean.is_some() && near.at.0.abs_diff(at.0) <= within.unsigned_abs()).then_some(*near)
}

//! Charts of the last minutes.

use std::time::Duration;

use ratatui::layout::{Constraint, Layout, Rect};

use super::Canvas;
use crate::console::theme::Role;
use crate::console::widgets::{Chart, ChartSeries, Rich, Scale, draw as cellwise};
use crate::model::metric::MetricId;
use crate::model::series::Track;
use crate::model::time::Timestamp;
use crate::model::units::Unit;
use crate::model::vm::Vm;

/// How much of the past a chart may show, in minutes; the last is what is kept in memory for sure.
const SPANS: [u64; 4] = [2, 5, 10, 15];

/// The shortest span that shows all of the track: a young one is not squeezed into a corner.
fn span(track: &Track, metric: MetricId, to: Timestamp) -> Duration {
    let first = track.points(metric).next().map_or(to, |(t, _)| t);
    let minutes = SPANS.into_iter().find(|m| first.age(to) <= Duration::from_secs(m * 60));
    Duration::from_secs(minutes.unwrap_or(SPANS[SPANS.len() - 1]) * 60)
}

/// A chart's content: its title and up to two metrics of one track, same unit.
pub(super) struct Plot<'p> {
    pub(super) title: &'static str,
    pub(super) track: Option<&'p Track>,
    pub(super) metrics: &'p [MetricId],
    /// Longest time between two points that are still joined.
    pub(super) gap_after: Duration,
}

/// Draws a title line and the chart below it.
pub(super) fn plot(c: &mut Canvas<'_>, area: Rect, plot: &Plot<'_>) {
    let unit = plot.metrics.first().map_or(Unit::Count, |m| m.get().unit);
    let ceiling = plot.metrics.first().and_then(|m| m.get().ceiling);
    let mut title = Rich::of(plot.title, Role::Strong);
    for (i, id) in plot.metrics.iter().enumerate() {
        let role = if i == 0 { Role::Chart1 } else { Role::Chart2 };
        let last = plot.track.and_then(|t| t.points(*id).next_back()).and_then(|(_, v)| v);
        let value = last.map_or_else(|| c.look.glyphs.dash.to_owned(), |v| unit.show(v));
        if plot.metrics.len() > 1 {
            title.push(format!("   {}", id.get().label.to_lowercase()), Role::Label);
        }
        title = title.and(" ", Role::Text).and(value, role);
    }
    c.line(cellwise::row(area, 0), &title);
    let body = cellwise::below(area, 1);
    let Some(track) = plot.track.filter(|t| !t.is_empty()) else {
        return c.line(body, &Rich::of("nothing measured yet", Role::Dim));
    };
    let to = c.app.view().at;
    let longest = plot.metrics.first().map_or(Duration::ZERO, |m| span(track, *m, to));
    let from = Timestamp(to.0 - longest.as_millis() as i64);
    let points: Vec<Vec<_>> =
        plot.metrics.iter().map(|m| track.points(*m).filter(|(t, _)| *t >= from).collect()).collect();
    let series: Vec<ChartSeries<'_>> = plot
        .metrics
        .iter()
        .zip(&points)
        .zip([Role::Chart1, Role::Chart2])
        .map(|((m, points), role)| ChartSeries { name: m.get().label.into(), role, points })
        .collect();
    let app = c.app;
    let label = |t: Timestamp| app.clock(t);
    Chart::new(&series, from, to, unit)
        .scale(Scale::of(ceiling))
        .gap_after(plot.gap_after)
        .times(i64::from(app.utc_offset), &label)
        .draw(c.buf, body, c.look);
}

/// Values off screen are read every 20 s; two missed readings are a gap.
pub(super) const SLOW_GAP: Duration = Duration::from_secs(50);
/// Values read at the fast pace.
pub(super) const FAST_GAP: Duration = Duration::from_secs(15);

/// The charts tab: CPU, memory, disk, network, scheduling and latency, as many as fit.
pub(super) fn vm(c: &mut Canvas<'_>, area: Rect, vm: &Vm) {
    let Some(tracks) = &vm.tracks else {
        return c.empty(area, &["Nothing was measured: this VM did not run while NovaCron watched."]);
    };
    let plots = [
        Plot { title: "CPU", track: Some(&tracks.cpu), metrics: &[MetricId::VmCpu], gap_after: FAST_GAP },
        Plot {
            title: "Memory in the guest",
            track: Some(&tracks.memory),
            metrics: &[MetricId::VmMemoryShare],
            gap_after: SLOW_GAP,
        },
        Plot {
            title: "Disks",
            track: Some(&tracks.disk),
            metrics: &[MetricId::VmDiskRead, MetricId::VmDiskWrite],
            gap_after: SLOW_GAP,
        },
        Plot {
            title: "Network",
            track: Some(&tracks.net),
            metrics: &[MetricId::VmNetRx, MetricId::VmNetTx],
            gap_after: FAST_GAP,
        },
        Plot {
            title: "Disk latency",
            track: Some(&tracks.disk),
            metrics: &[MetricId::VmLatency],
            gap_after: SLOW_GAP,
        },
        Plot {
            title: "Steal",
            track: Some(&tracks.vcpu),
            metrics: &[MetricId::VmSteal, MetricId::VmWait],
            gap_after: SLOW_GAP,
        },
    ];
    let columns = if area.width >= 120 { 2 } else { 1 };
    let row_height = if area.height / (plots.len() as u16).div_ceil(columns) >= 8 {
        area.height / (plots.len() as u16).div_ceil(columns)
    } else {
        9
    };
    let visible_rows = (area.height / row_height).max(1);
    let lines = plots.len().div_ceil(usize::from(columns));
    c.scrolled(usize::from(visible_rows), lines);
    let scroll =
        c.app.page.as_ref().map_or(0, |p| p.scroll).min(lines.saturating_sub(usize::from(visible_rows)));
    let rows = Layout::vertical(vec![Constraint::Fill(1); usize::from(visible_rows)]).split(area);
    for (row, plots) in rows.iter().zip(plots.chunks(usize::from(columns)).skip(scroll)) {
        let cells =
            Layout::horizontal(vec![Constraint::Fill(1); usize::from(columns)]).spacing(2).split(*row);
        for (cell, one) in cells.iter().zip(plots) {
            plot(c, *cell, one);
        }
    }
}

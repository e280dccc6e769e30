//! Charts of the last minutes.

use std::time::Duration;

use ratatui::layout::Rect;

use super::Canvas;
use crate::console::theme::Role;
use crate::console::widgets::{Chart, ChartSeries, Rich, Scale, draw as cellwise};
use crate::model::metric::MetricId;
use crate::model::series::Track;
use crate::model::time::Timestamp;
use crate::model::units::Unit;

/// How much of the past a chart may show, in minutes; the last is what is kept in memory for sure.
const SPANS: [u64; 4] = [2, 5, 10, 15];

/// How much of the past a chart shows at a past moment, in spans of what is recorded.
const PAST_SPANS: i64 = 60;

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
    let past = c.app.past_step_ms();
    let longest = plot.metrics.first().map_or(Duration::ZERO, |m| span(track, *m, to));
    let from = Timestamp(to.0 - past.map_or(longest.as_millis() as i64, |step| step * PAST_SPANS));
    // Of the past there are means of minutes or hours.
    let gap_after = past.map_or(plot.gap_after, |step| Duration::from_millis(step.unsigned_abs() * 5 / 2));
    let points: Vec<Vec<_>> =
        plot.metrics.iter().map(|m| track.points(*m).filter(|(t, _)| *t >= from).collect()).collect();
    let series: Vec<ChartSeries<'_>> = plot
        .metrics
        .iter()
        .zip(&points)
        .zip([Role::Chart1, Role::Chart2])
        .map(|((m, points), role)| ChartSeries { name: m.get().label.into(), role, points, band: &[] })
        .collect();
    let app = c.app;
    let label = |t: Timestamp| app.clock(t);
    Chart::new(&series, from, to, unit)
        .scale(Scale::of(ceiling))
        .gap_after(gap_after)
        .times(i64::from(app.utc_offset), &label)
        .draw(c.buf, body, c.look);
}

/// Values off screen are read every 20 s; two missed readings are a gap.
pub(super) const SLOW_GAP: Duration = Duration::from_secs(50);
/// Values read at the fast pace.
pub(super) const FAST_GAP: Duration = Duration::from_secs(15);

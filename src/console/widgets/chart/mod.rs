//! Charts over time: lines, a scale of round numbers, round times, the current value at the right end.
//!
//! ```text
//!  100 ┤┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈⢀⣀┈┈┈┈┈
//!   50 ┤┈┈┈┈⣀⡠⠤⠊⠉⠉┈⠉⠢⢄⡀┈┈⢀⡠⠔⠒⠤⣀┈┈  38 %
//!    0 ┤⠤⠤⠊         ⠈⠑⠒⠁
//!        13:47     13:52     13:57
//! ```

mod over;
mod plot;
mod sample;
mod scale;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::plot::{Plot, legend_sign};
use self::sample::{Column, Grid};
use self::scale::{Ticks, label_width, time_step, value_label, value_width};
pub use self::{
    over::Marker,
    plot::Ink,
    sample::{Aggregate, resample},
};
use super::draw::{Align, below, fill, left, line, line_in, put, row, skip};
use super::rich::Rich;
use super::spark::Scale;
use crate::console::theme::{Look, Role};
use crate::model::text;
use crate::model::time::Timestamp;
use crate::model::units::Unit;

/// One line of a chart.
#[derive(Clone, Debug)]
pub struct ChartSeries<'a> {
    /// Its name, for the legend.
    pub name: Cow<'a, str>,
    /// Its colour: mostly [`Role::chart`].
    pub role: Role,
    /// Its points, oldest first; `None` is a gap.
    pub points: &'a [(Timestamp, Option<f64>)],
    /// Where points stand for spans: the least and greatest values in them.
    pub band: &'a [Band],
}

/// When a span begins, and the least and greatest values in it.
pub type Band = (Timestamp, f64, f64);

/// How times are written; this room knows neither clock nor time zone.
#[derive(Clone, Copy)]
pub struct TimeLabels<'a> {
    /// Local time less UTC, in seconds: round times are round there.
    pub utc_offset: i64,
    /// The label of an instant: `14:02`.
    pub label: &'a dyn Fn(Timestamp) -> String,
}

/// A chart.
#[derive(Clone)]
pub struct Chart<'a> {
    /// Its lines; where they meet the first is on top.
    pub series: &'a [ChartSeries<'a>],
    /// The instant at its left end.
    pub from: Timestamp,
    /// The instant at its right end.
    pub to: Timestamp,
    /// Unit of the values.
    pub unit: Unit,
    /// What its top stands for.
    pub scale: Scale,
    /// Whether its bottom is 0; else, with [`Scale::Auto`], it is below the least value.
    pub from_zero: bool,
    /// What a column shows of several points.
    pub aggregate: Aggregate,
    /// Two points further apart are not joined.
    pub gap_after: Duration,
    /// How times are written; `None` draws no time axis.
    pub times: Option<TimeLabels<'a>>,
    /// What lines are made of; in ASCII mode it is always [`Ink::Ascii`].
    pub ink: Ink,
    /// Whether a line above names the series with their current values.
    pub legend: bool,
    /// An instant that is pointed at.
    pub cursor: Option<Timestamp>,
    /// What happened, on the time axis.
    pub markers: &'a [Marker],
}

impl<'a> Chart<'a> {
    /// A chart from 0 in braille, peaks kept, without times and legend.
    pub const fn new(series: &'a [ChartSeries<'a>], from: Timestamp, to: Timestamp, unit: Unit) -> Self {
        Self {
            series,
            from,
            to,
            unit,
            scale: Scale::Auto,
            from_zero: true,
            aggregate: Aggregate::Max,
            gap_after: Duration::MAX,
            times: None,
            ink: Ink::Braille,
            legend: false,
            cursor: None,
            markers: &[],
        }
    }

    /// The same with another scale.
    #[must_use]
    pub const fn scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// The same with a time axis.
    #[must_use]
    pub const fn times(mut self, utc_offset: i64, label: &'a dyn Fn(Timestamp) -> String) -> Self {
        self.times = Some(TimeLabels { utc_offset, label });
        self
    }

    /// The same, broken where nothing was heard for so long.
    #[must_use]
    pub const fn gap_after(mut self, gap_after: Duration) -> Self {
        self.gap_after = gap_after;
        self
    }

    /// The same with a legend.
    #[must_use]
    pub const fn legend(mut self) -> Self {
        self.legend = true;
        self
    }

    /// The same with an instant pointed at, and what happened.
    #[must_use]
    pub const fn over(mut self, cursor: Option<Timestamp>, markers: &'a [Marker]) -> Self {
        self.cursor = cursor;
        self.markers = markers;
        self
    }

    /// Draws it. What there is no room for goes: first the current values, then the times, then the scale.
    pub fn draw(&self, buf: &mut Buffer, area: Rect, look: &Look<'_>) {
        let mut area = area.intersection(buf.area);
        if self.legend && area.height >= 4 {
            line(buf, area, look, &self.legend_line(look));
            area = below(area, 1);
        }
        let ink = if look.glyphs.ascii { Ink::Ascii } else { self.ink };
        let parts = Parts::new(self, ink, area);
        if parts.plot.is_empty() {
            return;
        }
        let (width, height) = (usize::from(parts.plot.width), usize::from(parts.plot.height));
        let grid = Grid::new(self.from, self.to, width * ink.dots().0);
        let sampled: Vec<_> =
            self.series.iter().map(|s| grid.sample(s.points, self.aggregate, self.gap_after)).collect();
        let bands: Vec<_> = self.series.iter().map(|s| grid.band(s.band)).collect();
        let ticks = self.ticks(&sampled, &bands, height);

        self.draw_scale(buf, &parts, look, &ticks);
        let mut plot = Plot::new(ink, width, height);
        for (i, columns) in sampled.iter().enumerate().rev() {
            plot.add_band(i, &bands[i], &ticks);
            plot.add(i, columns, &ticks);
        }
        let roles: Vec<_> = self.series.iter().map(|s| s.role).collect();
        plot.draw(buf, parts.plot, look, &roles);
        let dots = ink.dots().0;
        over::markers(buf, parts.plot, look, self.markers, |at| grid.column(at).map(|x| x / dots));
        if let Some(x) = self.cursor.and_then(|at| grid.column(at)) {
            over::cursor(buf, parts.plot, look, x / dots);
        }
        self.draw_values(buf, &parts, look, &ticks);
        self.draw_times(buf, &parts, look, &grid);
    }

    fn legend_line(&self, look: &Look<'_>) -> Rich<'_> {
        let ink = if look.glyphs.ascii { Ink::Ascii } else { self.ink };
        let mut out = Rich::new();
        for (i, s) in self.series.iter().enumerate() {
            out.push(if i > 0 { "   " } else { "" }, Role::Text);
            out.push(legend_sign(ink, i), s.role);
            out.push(" ", Role::Text);
            out.push(&*s.name, Role::Label);
            out.push(" ", Role::Text);
            match current(s) {
                Some(v) => out.push(self.unit.show(v), Role::Text),
                None => out.push(look.glyphs.dash, Role::Unknown),
            }
        }
        out
    }

    fn ticks(
        &self,
        sampled: &[Vec<Option<Column>>],
        bands: &[Vec<Option<(f64, f64)>>],
        height: usize,
    ) -> Ticks {
        // At most one label for two rows, and no more than read well.
        let steps = (height.saturating_sub(1) / 2).clamp(1, 5);
        match self.scale {
            Scale::Fixed(top) if top.is_finite() && top > 0.0 => Ticks::fixed(top, steps),
            _ => {
                let values = || sampled.iter().flatten().flatten().map(|c| c.value);
                let high = bands.iter().flatten().flatten().map(|(_, high)| *high);
                let high = values().chain(high).fold(0.0, f64::max);
                let low = if self.from_zero { 0.0 } else { values().fold(high, f64::min) };
                // Below zero there is only what is asked for; nothing measured here is negative.
                Ticks::around(&(low.max(0.0)..=high.min(1e300)), self.unit, steps)
            }
        }
    }

    fn draw_scale(&self, buf: &mut Buffer, parts: &Parts, look: &Look<'_>, ticks: &Ticks) {
        let axis = look.style(Role::ChartAxis);
        for value in &ticks.values {
            let y = parts.row_of(ticks, *value);
            if *value > ticks.low {
                fill(buf, row(parts.plot, y), look.glyphs.grid, look.style(Role::ChartGrid));
            }
            if !parts.scale.is_empty() {
                let label = Rich::of(value_label(self.unit, *value, ticks.step), Role::ChartAxis);
                line_in(buf, row(left(parts.scale, parts.scale.width - 2), y), look, &label, Align::Right);
                put(buf, skip(row(parts.scale, y), parts.scale.width - 1), look, look.glyphs.tick, axis);
            }
        }
    }

    /// Current values at the height of their lines, one below the other where they would meet.
    fn draw_values(&self, buf: &mut Buffer, parts: &Parts, look: &Look<'_>, ticks: &Ticks) {
        let area = parts.values;
        if area.is_empty() {
            return;
        }
        let mut labels: Vec<_> = self
            .series
            .iter()
            .map(|s| match current(s) {
                Some(v) => (parts.row_of(ticks, v), Rich::of(self.unit.show(v), s.role)),
                None => (area.height - 1, Rich::of(look.glyphs.dash, Role::Unknown)),
            })
            .collect();
        labels.sort_by_key(|(y, _)| *y);
        // Pushed down where they meet, then up again where they leave the area.
        let mut free = 0;
        for (y, _) in &mut labels {
            *y = (*y).max(free);
            free = *y + 1;
        }
        let mut limit = area.height;
        for (y, label) in labels.iter().rev() {
            let Some(last) = limit.checked_sub(1) else { break };
            limit = (*y).min(last);
            line(buf, skip(row(area, limit), 1), look, label);
        }
    }

    fn draw_times(&self, buf: &mut Buffer, parts: &Parts, look: &Look<'_>, grid: &Grid) {
        let Some(times) = self.times.filter(|_| !parts.times.is_empty()) else { return };
        let offset = times.utc_offset.saturating_mul(1000);
        let (start, span) = grid.span();
        let dots = grid.columns / usize::from(parts.plot.width.max(1));
        let wanted = (text::width(&(times.label)(self.to)) + 4).min(usize::from(u16::MAX)) as u16;
        let step = time_step(span, i64::from(parts.plot.width / wanted));
        let local = start.saturating_add(offset);
        let first = local.saturating_add((step - local.rem_euclid(step)) % step);
        let mut free = 0;
        for i in 0..i64::from(parts.plot.width) {
            let at = Timestamp(first.saturating_add(step.saturating_mul(i)).saturating_sub(offset));
            let Some(column) = grid.column(at) else { break };
            let label = (times.label)(at);
            let width = text::width(&label);
            // Centred under its column, but inside the plot.
            let x = (column / dots.max(1)).saturating_sub(width / 2);
            let x = x.min(usize::from(parts.times.width).saturating_sub(width));
            if x >= free && width <= usize::from(parts.times.width) {
                put(buf, skip(parts.times, x as u16), look, &label, look.style(Role::ChartAxis));
                free = x + width + 1;
            }
        }
    }
}

/// The newest value; `None` when it is not known, or there is none.
fn current(series: &ChartSeries<'_>) -> Option<f64> {
    series.points.last().and_then(|(_, v)| *v).filter(|v| v.is_finite())
}

/// The parts of a chart's area.
#[derive(Clone, Copy, Debug, Default)]
struct Parts {
    scale: Rect,
    plot: Rect,
    values: Rect,
    times: Rect,
    /// Dots in a cell, downwards.
    down: usize,
}

impl Parts {
    fn new(chart: &Chart<'_>, ink: Ink, area: Rect) -> Self {
        let with_times = chart.times.is_some() && area.height >= 4;
        let rows = Rect { height: area.height - u16::from(with_times), ..area };
        let scale = label_width(chart.unit) + 2;
        let scale = if area.width >= scale + 8 && rows.height >= 2 { scale } else { 0 };
        let value = value_width(chart.unit) + 1;
        let value = if area.width >= scale + value + 16 { value } else { 0 };
        let plot = Rect { width: area.width - scale - value, ..skip(rows, scale) };
        Self {
            scale: left(rows, scale),
            plot,
            values: skip(rows, scale + plot.width),
            times: if with_times { Rect { y: plot.bottom(), height: 1, ..plot } } else { Rect::ZERO },
            down: ink.dots().1,
        }
    }

    /// The row of the plot in which a value lies.
    fn row_of(&self, ticks: &Ticks, value: f64) -> u16 {
        let last = self.plot.height.saturating_sub(1);
        // Finer than rows, as the lines are: a label stands where its line is.
        let down = self.down as f64;
        let dots = f64::from(self.plot.height) * down - 1.0;
        ((((1.0 - ticks.share(value)) * dots).round() / down) as u16).min(last)
    }
}

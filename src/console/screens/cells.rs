//! Cells: a column's value in its role, names with their state's glyph, sparklines from tracks.

use crate::console::app::ops::words;
use crate::console::theme::{Look, Role};
use crate::console::widgets::{ColumnSpec, Rich, Scale, SortDir, Width, sparkline};
use crate::model::columns::{Align, Column, Value};
use crate::model::job::Job;
use crate::model::metric::{Direction, MetricId};
use crate::model::series::Track;
use crate::model::storage::PoolState;
use crate::model::units::Unit;
use crate::model::vm::{Vm, VmState};

/// A table's column for a registry's column.
pub(super) fn spec<T>(column: &Column<T>, sorted: Option<SortDir>) -> ColumnSpec<'static> {
    let width = if column.grow {
        Width::Flex { min: column.width, weight: 1, max: 40 }
    } else {
        Width::Fixed(column.width.max(column.label.len() as u16 + u16::from(sorted.is_some())))
    };
    // The registry counts from the most important up, the table from the least important up.
    let priority = 200u8.saturating_sub(column.priority.saturating_mul(4));
    let spec = match column.align {
        Align::Left => ColumnSpec::left(column.label, width, priority),
        Align::Right => ColumnSpec::right(column.label, width, priority),
    };
    spec.sorted(sorted)
}

/// A cell's value: unknown dim, alarming percentages coloured, stale values dim.
pub(super) fn value(
    value: &Value<'_>,
    metric: Option<MetricId>,
    stale: bool,
    look: &Look<'_>,
) -> Rich<'static> {
    if value.is_unknown() {
        let text = if let Value::Share { .. } = value {
            value.cell().into_owned()
        } else {
            look.glyphs.dash.to_owned()
        };
        return Rich::of(text, Role::Unknown);
    }
    if let Value::State(state) = value {
        let (_, role) = look.glyphs.state(*state);
        // The glyph has its colour; of words only those stand out that tell of trouble.
        let role = match state {
            _ if stale => Role::Stale,
            VmState::Running => Role::Text,
            _ => role,
        };
        return Rich::of(value.cell().into_owned(), role);
    }
    let role = if stale { Role::Stale } else { metric.map_or(Role::Text, |m| alarming(m, value)) };
    Rich::of(value.cell().into_owned(), role)
}

/// Percentages that are bad when high are coloured when they are; all else is quiet.
fn alarming(metric: MetricId, value: &Value<'_>) -> Role {
    let Value::Number(v, _) = value else { return Role::Text };
    let (warn, crit) = match metric {
        MetricId::VmSteal | MetricId::VmWait | MetricId::HostCpuSteal => (10.0, 30.0),
        MetricId::VmMemoryShare | MetricId::PoolUsedShare => (85.0, 95.0),
        MetricId::VmCpu | MetricId::HostCpu => (90.0, 1000.0),
        _ => return Role::Text,
    };
    if metric.get().direction != Direction::HighIsBad {
        return Role::Text;
    }
    if *v >= crit {
        Role::Critical
    } else if *v >= warn {
        Role::Warning
    } else {
        Role::Text
    }
}

/// A VM's name behind its state's glyph.
pub(super) fn vm_name(vm: &Vm, stale: bool, look: &Look<'_>) -> Rich<'static> {
    let (glyph, role) = look.glyphs.state(vm.state);
    let role = if stale { Role::Stale } else { role };
    let name_role = if vm.state.is_active() { Role::Text } else { Role::Dim };
    Rich::of(format!("{glyph} "), role).and(vm.display_name().into_owned(), name_role)
}

/// What is being done to a VM, in place of its state: that is about to be another.
pub(super) fn under_way(job: &Job, look: &Look<'_>) -> Rich<'static> {
    Rich::of(format!("{} {}", look.glyphs.busy, words::doing_now(job)), Role::StateChanging)
}

/// The last values of a metric as a sparkline, on a scale that others share.
pub(super) fn spark(
    track: Option<&Track>,
    metric: MetricId,
    width: usize,
    scale: Scale,
    look: &Look<'_>,
) -> Rich<'static> {
    let values = track.map_or_else(Vec::new, |t| t.recent(metric, width));
    sparkline(&values, width, scale, look.glyphs, Role::Spark)
}

/// Rates below this are low whatever else is shown: a trickle must not look like a flood.
const LEAST_RATE: f64 = 64.0 * 1024.0;

/// One scale for a metric over several tracks: its ceiling, or the largest value shown.
pub(super) fn shared_scale<'t>(
    metric: MetricId,
    width: usize,
    tracks: impl Iterator<Item = &'t Track>,
) -> Scale {
    if let Some(ceiling) = metric.get().ceiling {
        return Scale::Fixed(ceiling);
    }
    let least = if metric.get().unit == Unit::BytesPerSecond { LEAST_RATE } else { 0.0 };
    Scale::Fixed(tracks.flat_map(|t| t.recent(metric, width)).flatten().fold(least, f64::max))
}

/// The top of a scale in words: `max 1.2M`; empty where it is 100 %.
pub(super) fn scale_note(metric: MetricId, scale: Scale) -> String {
    match scale {
        Scale::Fixed(top) if metric.get().ceiling.is_none() => format!("max {}", metric.get().unit.cell(top)),
        _ => String::new(),
    }
}

/// A pool's glyph and role.
pub(super) const fn pool_state(state: PoolState, look: &Look<'_>) -> (&'static str, Role) {
    match state {
        PoolState::Running => (look.glyphs.running, Role::StateRunning),
        PoolState::Inactive => (look.glyphs.off, Role::StateOff),
        PoolState::Building => (look.glyphs.paused, Role::StateChanging),
        PoolState::Degraded => (look.glyphs.paused, Role::Warning),
        PoolState::Inaccessible => (look.glyphs.crashed, Role::Critical),
    }
}

//! `novacron top`: who used most.

use std::io::{self, Write};

use crate::cli::args::{By, Of};
use crate::cli::exit::{Exit, Failure};
use crate::cli::metrics;
use crate::cli::output::{Cell, Field, Format, Layout, write_records};
use crate::cli::past::failure;
use crate::cli::recorded::{Recorded, part, uuid};
use crate::cli::when::Window;
use crate::engine::history::{Past, Subject};
use crate::model::columns::Align;
use crate::model::metric::{Kind, Metric};
use crate::model::units::Unit;

/// The ranks, greatest first.
#[derive(Debug)]
pub(crate) struct Ranks {
    metric: &'static Metric,
    by: By,
    /// Name, device, UUID, value.
    rows: Vec<(String, Option<String>, String, f64)>,
}

impl Ranks {
    /// Whether nothing was measured.
    pub(crate) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// What is asked for.
pub(crate) struct Question<'a> {
    pub(crate) of: Of,
    pub(crate) metric: &'a str,
    pub(crate) by: By,
    pub(crate) window: Window,
    pub(crate) limit: usize,
}

/// Looks it up.
pub(crate) fn ask(past: &Past, q: &Question<'_>) -> Result<Ranks, Failure> {
    let metric = metrics::find(q.of.entity(), q.metric)?;
    if q.by == By::Total && total(metric).is_none() {
        let what = format!("{} has no total: it is no rate", metric.key());
        return Err(Failure::new(Exit::Usage, what).hint("Rank it with --by mean or --by max."));
    }
    let recorded = Recorded::of(past)?;
    let (from, to) = (q.window.from, q.window.to);
    let ranked = past.top(metric.id, q.by.rank(), from, to, q.limit).map_err(|e| failure(&e))?;
    let scale = if q.by == By::Total { total(metric).map_or(1.0, |(_, scale)| scale) } else { 1.0 };
    let row = |(subject, value): (Subject, f64)| {
        let device = part(&subject).map(str::to_owned);
        (recorded.name(&subject, to), device, uuid(&subject), value * scale)
    };
    Ok(Ranks { metric, by: q.by, rows: ranked.into_iter().map(row).collect() })
}

/// The unit of a rate times seconds, and its size in percent-seconds and the like; `None` for what is no rate.
fn total(metric: &Metric) -> Option<(Unit, f64)> {
    match (metric.kind, metric.unit) {
        (Kind::Rate, Unit::BytesPerSecond) => Some((Unit::Bytes, 1.0)),
        (Kind::Rate, Unit::PerSecond) => Some((Unit::Count, 1.0)),
        (Kind::Rate, Unit::Percent) => Some((Unit::Seconds, 0.01)),
        _ => None,
    }
}

/// Writes them.
pub(crate) fn write(out: &mut dyn Write, ranks: &Ranks, format: Format, layout: Layout) -> io::Result<()> {
    let (left, right) = (Align::Left, Align::Right);
    let fields: &[Field] = &[
        ("rank", "#", right),
        ("name", "NAME", left),
        ("device", "DEVICE", left),
        ("uuid", "UUID", left),
        ("metric", "METRIC", left),
        ("by", "BY", left),
        ("value", "VALUE", right),
        ("unit", "UNIT", left),
    ];
    let devices = ranks.rows.iter().any(|(_, device, ..)| device.is_some());
    // For people the value tells its unit, and what stands in every row is what they asked for.
    let kept = |key: &str| match key {
        "device" => devices || format != Format::Table,
        "uuid" | "metric" | "by" | "unit" => format != Format::Table,
        _ => true,
    };
    let unit = match ranks.by {
        By::Total => total(ranks.metric).map_or(ranks.metric.unit, |(unit, _)| unit),
        By::Mean | By::Max => ranks.metric.unit,
    };
    let record = |(rank, (name, device, id, value)): (usize, &(String, Option<String>, String, f64))| {
        let cells = [
            Cell::plain(rank + 1),
            Cell::plain(name.as_str()),
            Cell::plain(device.as_deref()),
            Cell::plain(id.as_str()),
            Cell::plain(ranks.metric.key()),
            Cell::plain(ranks.by.word()),
            Cell::shown(*value, unit.show(*value)),
            Cell::plain(serde_json::to_value(unit).unwrap_or_default()),
        ];
        cells.into_iter().zip(fields).filter(|(_, field)| kept(field.0)).map(|(cell, _)| cell).collect()
    };
    let records = ranks.rows.iter().enumerate().map(record).collect();
    let fields: Vec<Field> = fields.iter().copied().filter(|field| kept(field.0)).collect();
    write_records(out, &fields, records, format, layout)
}

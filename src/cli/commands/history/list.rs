//! `novacron history --list`: what is recorded.

use std::io::{self, Write};

use crate::cli::exit::Failure;
use crate::cli::metrics::entity_word;
use crate::cli::output::{Cell, Field, Format, Layout, write_records};
use crate::cli::past::failure;
use crate::cli::recorded::{Recorded, part, uuid};
use crate::engine::history::{Past, Subject};
use crate::model::columns::Align;

const LEFT: Align = Align::Left;
const THINGS: &[Field] = &[
    ("name", "NAME", LEFT),
    ("of", "OF", LEFT),
    ("uuid", "UUID", LEFT),
    ("metrics", "METRICS", Align::Right),
];
const METRICS: &[Field] =
    &[("name", "NAME", LEFT), ("metric", "METRIC", LEFT), ("description", "DESCRIPTION", LEFT)];

/// What is recorded: fields and records.
pub(crate) type Listed = (&'static [Field], Vec<Vec<Cell>>);

/// Looks up what is recorded: the metrics of one thing and its devices, or all things.
pub(crate) fn listed(past: &Past, recorded: &Recorded, of: Option<&Subject>) -> Result<Listed, Failure> {
    let Some(subject) = of else { return Ok((THINGS, things(past, recorded)?)) };
    let devices = subject.vm().filter(|_| part(subject).is_none());
    let all = std::iter::once(subject).chain(devices.into_iter().flat_map(|id| recorded.devices(id)));
    let mut records = Vec::new();
    for subject in all {
        let name = recorded.said(subject);
        for metric in past.series(subject).map_err(|e| failure(&e))? {
            let metric = metric.get();
            let cells = [Cell::plain(name.as_str()), Cell::plain(metric.key()), Cell::plain(metric.doc)];
            records.push(cells.into());
        }
    }
    Ok((METRICS, records))
}

fn things(past: &Past, recorded: &Recorded) -> Result<Vec<Vec<Cell>>, Failure> {
    let mut subjects: Vec<&Subject> = recorded.subjects().collect();
    // The host, then VMs with their devices by name, then pools.
    subjects.sort_by_cached_key(|s| {
        let name = recorded.last_name(s);
        (*s != &Subject::Host, s.vm().is_none(), name, s.vm(), part(s))
    });
    let record = |s: &&Subject| {
        let metrics: Vec<String> =
            past.series(s).map_err(|e| failure(&e))?.iter().map(|m| m.get().key()).collect();
        let id = uuid(s);
        let count = metrics.len().to_string();
        Ok(vec![
            Cell::plain(recorded.said(s)),
            Cell::plain(entity_word(s.entity())),
            Cell::plain((!id.is_empty()).then_some(id)),
            Cell::shown(metrics, count),
        ])
    };
    subjects.iter().map(record).collect()
}

/// Writes it.
pub(crate) fn write(out: &mut dyn Write, listed: Listed, format: Format, layout: Layout) -> io::Result<()> {
    write_records(out, listed.0, listed.1, format, layout)
}

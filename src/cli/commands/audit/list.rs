//! `novacron audit list`, and the fields that a record has there and in `show`.

use std::io::{self, Write};
use std::time::Duration;

use crate::cli::output::{Cell, Field, Format, Layout, write_records};
use crate::cli::when::{Clock, rfc3339};
use crate::model::audit::{AuditRecord, Chained};
use crate::model::columns::Align;
use crate::model::time::human_duration;

const LEFT: Align = Align::Left;
const RIGHT: Align = Align::Right;

/// Fields for programs; people get those with a header.
const FIELDS: &[Field] = &[
    ("number", "NO", RIGHT),
    ("at", "TIME", LEFT),
    ("user", "USER", LEFT),
    ("origin", "FROM", LEFT),
    ("via", "", LEFT),
    ("pid", "", RIGHT),
    ("host", "", LEFT),
    ("operation", "OPERATION", LEFT),
    ("kind", "", LEFT),
    ("target", "TARGET", LEFT),
    ("target_id", "", LEFT),
    ("job", "", RIGHT),
    ("result", "RESULT", LEFT),
    ("duration_ms", "TOOK", RIGHT),
    ("outcome", "OUTCOME", LEFT),
    ("hash", "", LEFT),
];

/// How long something took.
pub(super) fn took(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..10_000 => format!("{:.1} s", ms as f64 / 1000.0),
        _ => human_duration(Duration::from_millis(ms)),
    }
}

fn cells(number: u64, record: &AuditRecord, hash: &str, clock: &Clock) -> Vec<Cell> {
    vec![
        Cell::plain(number),
        Cell::shown(rfc3339(record.at), clock.shown(record.at)),
        Cell::plain(record.by.user.as_str()),
        Cell::plain(record.by.origin.as_str()),
        Cell::plain(record.by.via.word()),
        Cell::plain(record.by.pid),
        Cell::plain(record.host.as_str()),
        Cell::plain(record.operation.word()),
        Cell::plain(record.target.kind.word()),
        Cell::plain(record.target.name.as_str()),
        Cell::plain(record.target.id.as_str()),
        Cell::plain(record.job.map(|job| job.0)),
        Cell::plain(record.result.word()),
        Cell::shown(record.duration_ms, took(record.duration_ms)),
        Cell::plain(record.outcome.as_str()),
        Cell::plain(hash),
    ]
}

/// Writes records that are given newest first, the newest last.
pub(super) fn write(
    out: &mut dyn Write,
    records: &[Chained],
    clock: &Clock,
    format: Format,
    layout: Layout,
) -> io::Result<()> {
    let shown = |field: &Field| format != Format::Table || !field.1.is_empty();
    let row = |chained: &Chained| {
        let cells = cells(chained.number, &chained.record, &chained.hash, clock);
        FIELDS.iter().zip(cells).filter(|(field, _)| shown(field)).map(|(_, cell)| cell).collect()
    };
    let rows = records.iter().rev().map(row).collect();
    let fields: Vec<Field> = FIELDS.iter().copied().filter(shown).collect();
    write_records(out, &fields, rows, format, layout)
}

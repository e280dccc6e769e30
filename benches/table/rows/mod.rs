//! The rows of the table, one module each.

mod bytes;
mod cpu;
mod draws;
mod history;
mod keys;
mod leave;
mod libvirtd_cpu;
mod memory;
mod operate;
mod poll;
mod rings;
mod start;

use crate::Outcome;
use crate::context::Context;
use crate::report::Line;

/// A row: it may have several lines.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    /// For `--only`.
    pub(crate) id: &'static str,
    /// In words.
    pub(crate) title: &'static str,
    /// Measures it.
    pub(crate) measure: fn(&Context) -> Outcome<Vec<Line>>,
}

/// All rows, in the order of the table.
const ROWS: [Row; 15] = [
    Row { id: "start", title: "start to first frame, real host", measure: start::real },
    Row { id: "start-test", title: "start to first frame, test driver", measure: start::test_driver },
    Row { id: "cpu", title: "CPU of the console", measure: cpu::measure },
    Row { id: "keys", title: "key to changed screen", measure: keys::measure },
    Row { id: "keys-stalled", title: "key to changed screen, libvirtd stopped", measure: keys::stalled },
    Row { id: "bytes", title: "bytes to the terminal at rest", measure: bytes::at_rest },
    Row { id: "bytes-key", title: "bytes to the terminal per key", measure: bytes::per_key },
    Row { id: "memory", title: "resident memory, real host", measure: memory::measure },
    Row { id: "rings", title: "resident memory, test driver, 15 minutes of rings", measure: rings::measure },
    Row { id: "libvirtd", title: "libvirtd's CPU caused by the console", measure: libvirtd_cpu::measure },
    Row { id: "poll", title: "own CPU of one poll", measure: poll::measure },
    Row { id: "draws", title: "draws while nothing visible changes", measure: draws::measure },
    Row { id: "leave", title: "leaving while libvirtd is stopped", measure: leave::measure },
    Row { id: "operate", title: "operations beside the calls they make", measure: operate::measure },
    Row { id: "history", title: "history on disk", measure: history::measure },
];

/// The rows with these ids, or all.
pub(crate) fn chosen(only: &[String]) -> Result<Vec<Row>, String> {
    if let Some(unknown) = only.iter().find(|id| !ROWS.iter().any(|row| row.id == *id)) {
        let ids = ROWS.map(|row| row.id).join(", ");
        return Err(format!("there is no row {unknown}. The rows: {ids}"));
    }
    Ok(ROWS.into_iter().filter(|row| only.is_empty() || only.iter().any(|id| id == row.id)).collect())
}

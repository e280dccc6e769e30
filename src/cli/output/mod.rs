//! Output of commands: tables for people, JSON and CSV for programs. Values go in, text comes out.

mod csv;
mod json;
mod records;
mod rows;
mod table;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

pub(super) use csv::write as write_csv;
pub(super) use json::{write as write_json, write_line as write_json_line};
pub(super) use records::{Cell, Field, write as write_records};
pub(super) use rows::{Listing, Sorting, fields, metric_title, object};
pub(super) use table::{Layout, write as write_table, write_cells, write_fields};

/// Form of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: aligned, as wide as the terminal.
    #[default]
    Table,
    /// For programs: an array of objects, or one object; all columns, null for unknown.
    Json,
    /// For spreadsheets: one line a row; all columns, empty for unknown.
    Csv,
}

/// Writes to standard output through one lock and buffer. A reader that has seen enough (`| head`) ends the
/// command quietly.
pub(super) fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
            // What is left in the buffer has no reader: do not try again on drop.
            drop(out.into_parts());
            Ok(())
        }
        result => result,
    }
}

/// Columns and rows of the terminal that standard output is; `None` when it is none.
pub(super) fn terminal_size() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    // A serial line may not know its size.
    (size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col, size.ws_row))
}

/// Writes one line to standard error, as far as there is one.
pub(super) fn to_stderr(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

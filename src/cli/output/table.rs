//! Tables for people: aligned, two spaces between columns, no trailing spaces.

use std::io::{self, Write};

use super::rows::Listing;
use crate::model::columns::{Align, Measured};
use crate::model::text::{truncate, width};

/// How a table is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Width of the terminal; `None` when nobody looks: then nothing is cut.
    pub(crate) width: Option<u16>,
    /// Draw with ASCII characters only.
    pub(crate) ascii: bool,
}

impl Layout {
    /// A text as it may be drawn.
    pub(crate) fn text(self, text: &str) -> String {
        if self.ascii { ascii(text) } else { text.to_owned() }
    }

    /// Lines as they may be drawn.
    pub(crate) fn lines(self, text: &str) -> String {
        if !self.ascii {
            return text.to_owned();
        }
        text.split_inclusive('\n').map(|line| ascii(line.trim_end_matches('\n')) + "\n").collect()
    }
}

const GAP: usize = 2;

/// Least width a column is cut to.
const LEAST: usize = 8;

/// Writes the rows under their headers.
pub(crate) fn write<T: Measured>(
    out: &mut dyn Write,
    rows: &Listing<'_, '_, T>,
    layout: Layout,
) -> io::Result<()> {
    let header: Vec<_> = rows.columns.iter().map(|c| (c.label, c.align)).collect();
    let body = rows.values().map(|row| row.iter().map(|v| v.cell().into_owned()).collect()).collect();
    write_cells(out, &header, body, layout)
}

/// Writes rows of cells, cleaned already, under their headers.
pub(crate) fn write_cells(
    out: &mut dyn Write,
    header: &[(&str, Align)],
    body: Vec<Vec<String>>,
    layout: Layout,
) -> io::Result<()> {
    let labels = header.iter().map(|(label, _)| (*label).to_owned()).collect();
    let mut cells: Vec<Vec<String>> = std::iter::once(labels).chain(body).collect();
    if layout.ascii {
        cells.iter_mut().flatten().for_each(|c| *c = ascii(c));
    }
    let mut widths: Vec<usize> =
        (0..header.len()).map(|i| cells.iter().map(|r| width(&r[i])).max().unwrap_or(0)).collect();
    if let Some(limit) = layout.width {
        let shrinks: Vec<bool> = header.iter().map(|(_, align)| *align == Align::Left).collect();
        shrink(&mut widths, &shrinks, usize::from(limit));
    }
    for row in &cells {
        let mut line = String::new();
        for ((cell, (_, align)), width) in row.iter().zip(header).zip(&widths) {
            push(&mut line, cell, *align, *width, layout.ascii);
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Writes lines of name and value, the values below each other.
pub(crate) fn write_fields(
    out: &mut dyn Write,
    fields: &[(String, String)],
    indent: usize,
    layout: Layout,
) -> io::Result<()> {
    let names = fields.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    for (name, value) in fields {
        let pad = names - width(name) + GAP;
        let value = layout.text(value);
        writeln!(out, "{:indent$}{name}{:pad$}{value}", "", "")?;
    }
    Ok(())
}

fn push(line: &mut String, cell: &str, align: Align, room: usize, only_ascii: bool) {
    if !line.is_empty() {
        line.push_str(&" ".repeat(GAP));
    }
    let cut = truncate(cell, room);
    let cut = if only_ascii { cut.replace('…', "~").into() } else { cut };
    let pad = " ".repeat(room.saturating_sub(width(&cut)));
    match align {
        Align::Left => line.extend([cut.as_ref(), &pad]),
        Align::Right => line.extend([&pad, cut.as_ref()]),
    }
}

/// Takes width off the widest columns that may lose some, until the line fits or none is left to cut.
fn shrink(widths: &mut [usize], shrinks: &[bool], limit: usize) {
    let total = |w: &[usize]| w.iter().sum::<usize>() + GAP * w.len().saturating_sub(1);
    while total(widths) > limit {
        let widest =
            (0..widths.len()).filter(|i| shrinks[*i] && widths[*i] > LEAST).max_by_key(|i| widths[*i]);
        match widest {
            Some(i) => widths[i] -= 1,
            None => return,
        }
    }
}

/// The text in ASCII: our own signs by their likeness, what a name has beyond it as `?`.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '–' | '—' => out.push('-'),
            '…' => out.push_str("..."),
            'µ' => out.push('u'),
            '·' => out.push('|'),
            '×' => out.push('x'),
            c if c.is_ascii() => out.push(c),
            _ => out.push('?'),
        }
    }
    out
}

//! Cells to bytes, in few of them: many a console is read over a slow line.
//!
//! Says only what changes (one colour, not both; the column, not the row), and nothing where nothing changed.

mod mirror;
mod pen;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use self::mirror::Mirror;
use self::pen::Pen;

/// A terminal that is spoken to in few bytes.
#[derive(Debug)]
pub(super) struct Compact<W: Write> {
    inner: CrosstermBackend<W>,
    /// Whether the cursor is hidden; unknown at first.
    hidden: Option<bool>,
    /// What stands on the screen.
    shown: Mirror,
    text: String,
}

impl<W: Write> Compact<W> {
    /// Writes to `out`.
    pub(super) const fn new(out: W) -> Self {
        Self {
            inner: CrosstermBackend::new(out),
            hidden: None,
            shown: Mirror::of_blank(),
            text: String::new(),
        }
    }
}

/// Writes cells; begins and ends with the plain pen, wherever the cursor is.
fn encode<'a>(cells: impl Iterator<Item = (u16, u16, &'a Cell)>, shown: &mut Mirror, out: &mut String) {
    let mut pen = Pen::PLAIN;
    let mut cursor: Option<Position> = None;
    let mut row = None;
    for (x, y, cell) in cells {
        if cursor != Some(Position { x, y }) {
            // Columns are counted from the edge: a character wider than thought moves no further ones.
            if row != Some(y) {
                let _ = write!(out, "\x1b[{};{}H", y + 1, x + 1);
            } else if !cursor.is_some_and(|from| shown.bridge(from, x, pen, out)) {
                let _ = write!(out, "\x1b[{}G", x + 1);
            }
        }
        let wanted = pen.for_cell(cell);
        pen.change(wanted, out);
        pen = wanted;
        out.push_str(cell.symbol());
        let is_narrow = shown.wrote(Position { x, y }, cell);
        cursor = is_narrow.then_some(Position { x: x + 1, y });
        row = Some(y);
    }
    pen.change(Pen::PLAIN, out);
}

impl<W: Write> Backend for Compact<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.text.clear();
        encode(content, &mut self.shown, &mut self.text);
        self.inner.write_all(self.text.as_bytes())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.hidden.replace(true) == Some(true) { Ok(()) } else { self.inner.hide_cursor() }
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.hidden.replace(false) == Some(false) { Ok(()) } else { self.inner.show_cursor() }
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.shown = Mirror::of_blank();
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        match clear_type {
            ClearType::All => self.shown = Mirror::of_blank(),
            _ => self.shown.forget(),
        }
        self.inner.clear_region(clear_type)
    }

    fn append_lines(&mut self, n: u16) -> io::Result<()> {
        self.shown.forget();
        self.inner.append_lines(n)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}

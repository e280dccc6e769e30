//! What stands on the screen, as far as it was written since it was last cleared: a few cells that stay as they are
//! are sooner written again than leapt over.

use ratatui::buffer::Cell;
use ratatui::layout::Position;
use unicode_width::UnicodeWidthStr;

use super::pen::Pen;

/// Bytes that a leap to a column takes, at the least.
const LEAP: usize = 4;

/// What is where; `None` where it is not known, or where half of a wide character is.
#[derive(Debug)]
pub(super) struct Mirror {
    rows: Vec<Vec<Option<Cell>>>,
    /// What is where nothing was written yet.
    elsewhere: Option<Cell>,
}

impl Mirror {
    /// Of a screen that was cleared, as the drawing side assumes it to be at first.
    pub(super) const fn of_blank() -> Self {
        Self { rows: Vec::new(), elsewhere: Some(Cell::EMPTY) }
    }

    /// Nothing is known any more.
    pub(super) fn forget(&mut self) {
        *self = Self { rows: Vec::new(), elsewhere: None };
    }

    /// Notes what was written. Returns whether it is a character that takes one column, as far as anybody knows.
    pub(super) fn wrote(&mut self, at: Position, cell: &Cell) -> bool {
        let symbol = cell.symbol();
        let columns = symbol.width().max(1);
        let is_narrow = columns == 1 && symbol.chars().nth(1).is_none();
        for column in 0..columns {
            *self.place(usize::from(at.x) + column, usize::from(at.y)) = is_narrow.then(|| cell.clone());
        }
        is_narrow
    }

    fn place(&mut self, x: usize, y: usize) -> &mut Option<Cell> {
        if self.rows.len() <= y {
            self.rows.resize_with(y + 1, Vec::new);
        }
        let row = &mut self.rows[y];
        if row.len() <= x {
            row.resize(x + 1, self.elsewhere.clone());
        }
        &mut row[x]
    }

    fn at(&self, x: usize, y: usize) -> Option<&Cell> {
        let written = self.rows.get(y).and_then(|row| row.get(x));
        written.map_or(self.elsewhere.as_ref(), Option::as_ref)
    }

    /// Writes the cells from here up to column `to` again, where this pen draws them, and shorter than a leap is.
    pub(super) fn bridge(&self, from: Position, to: u16, pen: Pen, out: &mut String) -> bool {
        if to <= from.x || usize::from(to - from.x) > LEAP {
            return false;
        }
        let begun = out.len();
        for x in from.x..to {
            match self.at(usize::from(x), usize::from(from.y)) {
                Some(cell) if pen.for_cell(cell) == pen => out.push_str(cell.symbol()),
                _ => {
                    out.truncate(begun);
                    return false;
                }
            }
        }
        if out.len() - begun > LEAP {
            out.truncate(begun);
            return false;
        }
        true
    }
}

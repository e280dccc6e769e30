//! Lines made of dots: two by four to a cell in braille, one by eight in blocks, one to a cell in ASCII.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::sample::Column;
use super::scale::Ticks;
use crate::console::theme::{Look, Role};
use crate::console::widgets::draw::{put, row, skip};

/// What lines are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Braille dots.
    Braille,
    /// Block elements, for fonts without braille: the first series filled, others as dots.
    Block,
    /// ASCII characters, one sign a series.
    Ascii,
}

impl Ink {
    /// Dots in a cell, across and down.
    pub(super) const fn dots(self) -> (usize, usize) {
        match self {
            Self::Braille => (2, 4),
            Self::Block => (1, 8),
            Self::Ascii => (1, 1),
        }
    }
}

const SIGNS: [&str; 6] = ["*", "+", "x", "o", "#", "@"];

/// The bit of a dot in a braille character.
const BRAILLE: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// What is in each cell of a plot.
pub(super) struct Plot {
    ink: Ink,
    width: usize,
    height: usize,
    /// Dots, or eighths from the bottom, or the sign's number; and the series plus one.
    cells: Vec<(u8, u8)>,
    /// The same of bands, which lie below all lines.
    bands: Vec<(u8, u8)>,
}

impl Plot {
    pub(super) fn new(ink: Ink, width: usize, height: usize) -> Self {
        let cells = vec![(0, 0); width * height];
        Self { ink, width, height, bands: cells.clone(), cells }
    }

    /// Adds a series. Where several meet, the one added last shows its colour.
    pub(super) fn add(&mut self, series: usize, columns: &[Option<Column>], ticks: &Ticks) {
        let rows = self.height * self.ink.dots().1;
        if rows == 0 {
            return;
        }
        let y_of = |v: f64| ((1.0 - ticks.share(v)) * (rows - 1) as f64).round() as usize;
        let series = (series % usize::from(u8::MAX)) as u8;
        if self.ink == Ink::Block && series == 0 {
            self.area(columns, ticks);
            return;
        }
        for (x, column) in columns.iter().enumerate() {
            let Some(column) = column else { continue };
            let y = y_of(column.value);
            let Some((from, before)) =
                column.joined_to.and_then(|i| Some((i, columns.get(i)?.as_ref()?.value)))
            else {
                self.dot(series, x, y);
                continue;
            };
            let mut last = y_of(before);
            for between in from + 1..=x {
                let share = (between - from) as f64 / (x - from) as f64;
                let here = y_of(before + (column.value - before) * share);
                let (top, bottom) = match here.cmp(&last) {
                    std::cmp::Ordering::Less => (here, last - 1),
                    std::cmp::Ordering::Equal => (here, here),
                    std::cmp::Ordering::Greater => (last + 1, here),
                };
                for y in top..=bottom {
                    self.dot(series, between, y);
                }
                last = here;
            }
        }
    }

    /// Adds the band of a series: every second dot, so that it is quieter than any line.
    pub(super) fn add_band(&mut self, series: usize, columns: &[Option<(f64, f64)>], ticks: &Ticks) {
        let rows = self.height * self.ink.dots().1;
        if rows == 0 || self.ink == Ink::Block {
            return;
        }
        let y_of = |v: f64| ((1.0 - ticks.share(v)) * (rows - 1) as f64).round() as usize;
        let series = (series % usize::from(u8::MAX)) as u8;
        for (x, column) in columns.iter().enumerate() {
            let Some((low, high)) = column else { continue };
            for y in y_of(*high)..=y_of(*low) {
                if self.ink == Ink::Ascii || (x + y) % 2 == 0 {
                    self.band_dot(series, x, y);
                }
            }
        }
    }

    fn band_dot(&mut self, series: u8, x: usize, y: usize) {
        std::mem::swap(&mut self.cells, &mut self.bands);
        self.dot(series, x, y);
        std::mem::swap(&mut self.cells, &mut self.bands);
    }

    fn dot(&mut self, series: u8, x: usize, y: usize) {
        let (across, down) = self.ink.dots();
        let Some(cell) = self.cells.get_mut((y / down) * self.width + x / across) else { return };
        match self.ink {
            Ink::Braille => cell.0 |= BRAILLE[x % 2][y % 4],
            Ink::Block | Ink::Ascii => cell.0 = 1,
        }
        cell.1 = series + 1;
    }

    fn area(&mut self, columns: &[Option<Column>], ticks: &Ticks) {
        for (x, column) in columns.iter().enumerate() {
            let Some(column) = column else { continue };
            let filled = (ticks.share(column.value) * (self.height * 8) as f64).round().max(1.0) as usize;
            for from_bottom in 0..filled.div_ceil(8) {
                let y = self.height - 1 - from_bottom.min(self.height - 1);
                let part = (filled - from_bottom * 8).min(8) as u8;
                if let Some(cell) = self.cells.get_mut(y * self.width + x) {
                    *cell = (part, 1);
                }
            }
        }
    }

    /// Draws what is there; empty cells are left alone.
    pub(super) fn draw(&self, buf: &mut Buffer, area: Rect, look: &Look<'_>, roles: &[Role]) {
        for (i, (line, band)) in self.cells.iter().zip(&self.bands).enumerate() {
            let soft = line.1 == 0;
            let (bits, series) = if soft { band } else { line };
            let Some(series) = series.checked_sub(1) else { continue };
            let series = usize::from(series);
            let place = skip(row(area, (i / self.width) as u16), (i % self.width) as u16);
            let mut style = look.style(roles.get(series).copied().unwrap_or(Role::Chart1));
            if soft {
                style = style.add_modifier(Modifier::DIM);
            }
            let mut utf8 = [0; 4];
            let symbol: &str = match self.ink {
                Ink::Braille => {
                    char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' ').encode_utf8(&mut utf8)
                }
                Ink::Block if series == 0 => look.glyphs.levels[usize::from(*bits).min(8)],
                Ink::Block => "•",
                Ink::Ascii if soft => ":",
                Ink::Ascii => SIGNS[series % SIGNS.len()],
            };
            put(buf, Rect { width: place.width.min(1), ..place }, look, symbol, style);
        }
    }
}

/// The sign that stands for a series in the legend.
pub(super) const fn legend_sign(ink: Ink, series: usize) -> &'static str {
    match ink {
        Ink::Braille => "━",
        Ink::Block if series == 0 => "█",
        Ink::Block => "•",
        Ink::Ascii => SIGNS[series % SIGNS.len()],
    }
}

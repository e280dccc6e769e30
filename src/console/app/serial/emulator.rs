//! A terminal for bytes that are not to be trusted: nothing of them leaves it but cells.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use vt100::{Callbacks, Parser, Screen};

/// Rows kept that have left the screen.
const SCROLLBACK: usize = 2000;
/// A string for the terminal itself (title, clipboard) is cut off after so many bytes: the parser would keep all of it.
const STRING_MAX: usize = 4096;
/// Answers to a guest's questions, bytes at once.
const ANSWERS_MAX: usize = 256;
const ESC: u8 = 0x1b;
/// Ends any sequence.
const CANCEL: u8 = 0x18;

/// A screen that bytes are drawn on. A copy shares it.
#[derive(Clone)]
pub struct Emulator {
    parser: Rc<RefCell<Parser<Answers>>>,
    within: Within,
    /// Something other than ASCII came: there may be wide characters.
    wide: bool,
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("size", &self.size()).finish_non_exhaustive()
    }
}

/// A colour as the guest asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// The terminal's own.
    Usual,
    /// Of the palette.
    Index(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "attributes of a terminal are on or off")]
pub struct Cell {
    /// What stands there; empty for nothing.
    pub text: String,
    /// It covers the next one too.
    pub wide: bool,
    /// Foreground.
    pub fg: Paint,
    /// Background.
    pub bg: Paint,
    /// Bold.
    pub bold: bool,
    /// Dim.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Foreground and background changed places.
    pub inverse: bool,
}

/// Where in a sequence the bytes are, as far as strings without an end matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Text,
    Escape,
    String(usize),
    /// An escape in a string: it ends it.
    StringEscape,
}

/// Answers what a program in the guest asks its terminal.
#[derive(Debug, Default)]
struct Answers(Vec<u8>);

impl Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        first: Option<u8>,
        second: Option<u8>,
        params: &[&[u16]],
        c: char,
    ) {
        let number = params.first().and_then(|p| p.first()).copied().unwrap_or(0);
        let answer = match (first, second, c, number) {
            (None, None, 'n', 5) => "\x1b[0n".to_owned(),
            (None, None, 'n', 6) => {
                let (row, column) = screen.cursor_position();
                format!("\x1b[{};{}R", row + 1, column + 1)
            }
            (None, None, 'c', 0) => "\x1b[?6c".to_owned(),
            _ => return,
        };
        if self.0.len() + answer.len() <= ANSWERS_MAX {
            self.0.extend(answer.bytes());
        }
    }
}

impl Emulator {
    /// An empty screen.
    pub fn new(rows: u16, columns: u16) -> Self {
        let parser = Parser::new_with_callbacks(rows, columns, SCROLLBACK, Answers::default());
        Self { parser: Rc::new(RefCell::new(parser)), within: Within::Text, wide: false }
    }

    /// Draws bytes; gives what is to be answered.
    pub fn process(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.wide |= !bytes.is_ascii();
        let mut parser = self.parser.borrow_mut();
        let mut from = 0;
        for (at, byte) in bytes.iter().enumerate() {
            self.within = match (self.within, byte) {
                (Within::Text | Within::StringEscape | Within::Escape, &ESC) => Within::Escape,
                (Within::Escape | Within::StringEscape, b']' | b'P' | b'X' | b'^' | b'_') => {
                    Within::String(0)
                }
                (Within::String(_), 0x07 | 0x18 | 0x1a) => Within::Text,
                (Within::String(_), &ESC) => Within::StringEscape,
                (Within::String(n), _) if n >= STRING_MAX => {
                    parser.process(bytes.get(from..at).unwrap_or_default());
                    parser.process(&[CANCEL]);
                    from = at;
                    Within::Text
                }
                (Within::String(n), _) => Within::String(n + 1),
                _ => Within::Text,
            };
        }
        parser.process(bytes.get(from..).unwrap_or_default());
        std::mem::take(&mut parser.callbacks_mut().0)
    }

    /// Gives the screen another size. It becomes no narrower once there may be wide characters: the parser would panic at
    /// half of one. What does not fit is then not drawn.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        let columns = if self.wide { columns.max(self.size().1) } else { columns };
        self.parser.borrow_mut().screen_mut().set_size(rows, columns);
    }

    /// Rows and columns.
    pub fn size(&self) -> (u16, u16) {
        self.parser.borrow().screen().size()
    }

    /// Looks so many rows further back, or on.
    pub fn look(&mut self, rows: isize) {
        let mut parser = self.parser.borrow_mut();
        let screen = parser.screen_mut();
        let back = screen.scrollback().saturating_add_signed(rows);
        screen.set_scrollback(back);
    }

    /// How many rows back it looks.
    pub fn back(&self) -> usize {
        self.parser.borrow().screen().scrollback()
    }

    /// Row and column of the cursor, where it is to be seen.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        let parser = self.parser.borrow();
        let screen = parser.screen();
        (!screen.hide_cursor() && screen.scrollback() == 0).then(|| screen.cursor_position())
    }

    /// Whether the cursor's keys are told in their other form.
    pub fn application_cursor(&self) -> bool {
        self.parser.borrow().screen().application_cursor()
    }

    /// Whether what is pasted is to be told as such.
    pub fn bracketed_paste(&self) -> bool {
        self.parser.borrow().screen().bracketed_paste()
    }

    /// The text on screen.
    pub fn text(&self) -> String {
        let parser = self.parser.borrow();
        let (_, columns) = parser.screen().size();
        let rows: Vec<String> =
            parser.screen().rows(0, columns).map(|row| row.trim_end().to_owned()).collect();
        crate::model::text::clean_lines(rows.join("\n").trim_end())
    }

    /// Calls with each cell that has something to draw: row, column, cell. The second half of a wide character is none.
    pub fn each_cell(&self, mut draw: impl FnMut(u16, u16, &Cell)) {
        let parser = self.parser.borrow();
        let screen = parser.screen();
        let (rows, columns) = screen.size();
        for row in 0..rows {
            for column in 0..columns {
                let Some(cell) = screen.cell(row, column) else { continue };
                if cell.is_wide_continuation() {
                    continue;
                }
                let cell = Cell {
                    text: cell.contents().to_owned(),
                    wide: cell.is_wide(),
                    fg: paint(cell.fgcolor()),
                    bg: paint(cell.bgcolor()),
                    bold: cell.bold(),
                    dim: cell.dim(),
                    italic: cell.italic(),
                    underline: cell.underline(),
                    inverse: cell.inverse(),
                };
                if !cell.text.is_empty() || cell.bg != Paint::Usual || cell.inverse {
                    draw(row, column, &cell);
                }
            }
        }
    }
}

const fn paint(color: vt100::Color) -> Paint {
    match color {
        vt100::Color::Default => Paint::Usual,
        vt100::Color::Idx(i) => Paint::Index(i),
        vt100::Color::Rgb(r, g, b) => Paint::Rgb(r, g, b),
    }
}

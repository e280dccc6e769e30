//! Cells to bytes, in few of them: many a console is read over a slow line.
//!
//! Says only what changes (one colour, not both; the column, not the row), and nothing where nothing changed.

use std::fmt::Write as _;
use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

/// A terminal that is spoken to in few bytes.
#[derive(Debug)]
pub(super) struct Compact<W: Write> {
    inner: CrosstermBackend<W>,
    /// Whether the cursor is hidden; unknown at first.
    hidden: Option<bool>,
    text: String,
}

impl<W: Write> Compact<W> {
    /// Writes to `out`.
    pub(super) const fn new(out: W) -> Self {
        Self { inner: CrosstermBackend::new(out), hidden: None, text: String::new() }
    }
}

/// What the terminal draws with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    const PLAIN: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    const fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// The pen that draws a cell, changed as little as can be: of a blank only what is behind it shows.
    fn for_cell(self, cell: &Cell) -> Self {
        let wanted = Self::of(cell);
        let lines = Modifier::UNDERLINED | Modifier::REVERSED | Modifier::CROSSED_OUT;
        let is_blank = cell.symbol() == " " && !(self.modifier | wanted.modifier).intersects(lines);
        if is_blank { Self { bg: wanted.bg, ..self } } else { wanted }
    }

    /// The shorter of the two ways from `self` to `to`: by the differences, or from the plain pen.
    fn change(self, to: Self, out: &mut String) {
        if self == to {
            return;
        }
        let by_difference = self.parameters(to);
        let anew = Self::PLAIN.parameters(to);
        // An empty parameter means 0, which is the plain pen.
        let anew = if anew.is_empty() { String::new() } else { format!(";{anew}") };
        let shorter = if anew.len() < by_difference.len() { anew } else { by_difference };
        let _ = write!(out, "\x1b[{shorter}m");
    }

    fn parameters(self, to: Self) -> String {
        let mut out = String::new();
        let mut add = |code: &str| {
            if !out.is_empty() {
                out.push(';');
            }
            out.push_str(code);
        };
        let intensity = Modifier::BOLD | Modifier::DIM;
        let (mut had, wanted) = (self.modifier, to.modifier);
        // One code ends both, so the other may have to begin again.
        if !((had - wanted) & intensity).is_empty() {
            add("22");
            had -= intensity;
        }
        for (modifier, on, off) in MODIFIERS {
            match (had.contains(modifier), wanted.contains(modifier)) {
                (false, true) => add(on),
                (true, false) => add(off),
                _ => {}
            }
        }
        if self.fg != to.fg {
            add(&colour(to.fg, 30));
        }
        if self.bg != to.bg {
            add(&colour(to.bg, 40));
        }
        out
    }
}

/// Modifiers with their codes. Bold and dim end together, see [`Pen::parameters`].
const MODIFIERS: [(Modifier, &str, &str); 9] = [
    (Modifier::BOLD, "1", ""),
    (Modifier::DIM, "2", ""),
    (Modifier::ITALIC, "3", "23"),
    (Modifier::UNDERLINED, "4", "24"),
    (Modifier::SLOW_BLINK, "5", "25"),
    (Modifier::RAPID_BLINK, "6", "25"),
    (Modifier::REVERSED, "7", "27"),
    (Modifier::HIDDEN, "8", "28"),
    (Modifier::CROSSED_OUT, "9", "29"),
];

/// The code of a colour; `base` is 30 for text, 40 for what is behind it.
fn colour(colour: Color, base: u8) -> String {
    let plain = |n: u8| (base + n).to_string();
    let bright = |n: u8| (base + 60 + n).to_string();
    match colour {
        Color::Reset => plain(9),
        Color::Black => plain(0),
        Color::Red => plain(1),
        Color::Green => plain(2),
        Color::Yellow => plain(3),
        Color::Blue => plain(4),
        Color::Magenta => plain(5),
        Color::Cyan => plain(6),
        Color::Gray => plain(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
        Color::Indexed(n) => format!("{};5;{n}", base + 8),
        Color::Rgb(r, g, b) => format!("{};2;{r};{g};{b}", base + 8),
    }
}

/// Writes cells; begins and ends with the plain pen, wherever the cursor is.
fn encode<'a>(cells: impl Iterator<Item = (u16, u16, &'a Cell)>, out: &mut String) {
    let mut pen = Pen::PLAIN;
    let mut cursor: Option<Position> = None;
    let mut row = None;
    for (x, y, cell) in cells {
        if cursor != Some(Position { x, y }) {
            // Columns are counted from the edge: a character wider than thought moves no further ones.
            let _ = if row == Some(y) {
                write!(out, "\x1b[{}G", x + 1)
            } else {
                write!(out, "\x1b[{};{}H", y + 1, x + 1)
            };
        }
        let wanted = pen.for_cell(cell);
        pen.change(wanted, out);
        pen = wanted;
        let symbol = cell.symbol();
        out.push_str(symbol);
        let single = symbol.chars().nth(1).is_none();
        cursor = single.then_some(Position { x: x + 1, y });
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
        encode(content, &mut self.text);
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
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.inner.clear_region(clear_type)
    }

    fn append_lines(&mut self, n: u16) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn encoded(cells: &[(u16, u16, Cell)]) -> String {
        let mut out = String::new();
        encode(cells.iter().map(|(x, y, c)| (*x, *y, c)), &mut out);
        out
    }

    fn cell(symbol: &'static str, style: Style) -> Cell {
        let mut cell = Cell::new(symbol);
        cell.set_style(style);
        cell
    }

    #[test]
    fn only_what_changes_is_said() {
        let grey = Style::new().fg(Color::Indexed(245));
        assert_eq!(encoded(&[]), "");
        let cells = [
            (2, 1, cell("a", grey)),
            (3, 1, cell("b", grey.bold())),
            (9, 1, cell("c", grey.bold().bg(Color::Blue))),
            (0, 2, cell("d", Style::new())),
        ];
        assert_eq!(encoded(&cells), "\x1b[2;3H\x1b[38;5;245ma\x1b[1mb\x1b[10G\x1b[44mc\x1b[3;1H\x1b[md");
    }

    #[test]
    fn a_blank_needs_no_colour_of_text() {
        let red = Style::new().fg(Color::Red);
        let cells = [
            (0, 0, cell("a", red)),
            (1, 0, cell(" ", Style::new().bold())),
            (2, 0, cell("b", red)),
            (3, 0, cell(" ", Style::new().bg(Color::Blue))),
            (4, 0, cell(" ", Style::new().underlined())),
        ];
        assert_eq!(encoded(&cells), "\x1b[1;1H\x1b[31ma b\x1b[44m \x1b[;4m \x1b[m");
    }

    #[test]
    fn bold_ends_without_ending_dim() {
        let both =
            Style::new().add_modifier(Modifier::BOLD | Modifier::DIM | Modifier::ITALIC).fg(Color::Red);
        let dim = Style::new().add_modifier(Modifier::DIM | Modifier::ITALIC).fg(Color::Red);
        assert_eq!(
            encoded(&[(0, 0, cell("a", both)), (1, 0, cell("b", dim))]),
            "\x1b[1;1H\x1b[1;2;3;31ma\x1b[22;2mb\x1b[m"
        );
    }

    #[test]
    fn after_a_cluster_the_column_is_said_anew() {
        let cells = [(0, 0, cell("👩\u{200d}💻", Style::new())), (2, 0, cell("x", Style::new()))];
        assert_eq!(encoded(&cells), "\x1b[1;1H👩\u{200d}💻\x1b[3Gx");
    }

    fn colours() -> impl Strategy<Value = Color> {
        prop_oneof![
            Just(Color::Reset),
            Just(Color::Red),
            Just(Color::LightCyan),
            any::<u8>().prop_map(Color::Indexed),
            any::<[u8; 3]>().prop_map(|[r, g, b]| Color::Rgb(r, g, b)),
        ]
    }

    fn styles() -> impl Strategy<Value = Style> {
        // What the emulator of this test tells apart.
        let modifiers = Modifier::BOLD | Modifier::ITALIC | Modifier::UNDERLINED | Modifier::REVERSED;
        (colours(), colours(), any::<u16>()).prop_map(move |(fg, bg, bits)| {
            Style::new().fg(fg).bg(bg).add_modifier(Modifier::from_bits_truncate(bits) & modifiers)
        })
    }

    fn buffers() -> impl Strategy<Value = Buffer> {
        let texts = prop::sample::select(vec!["a", " ", "●", "名", "▁", "zz"]);
        prop::collection::vec((0..12u16, 0..4u16, texts, styles()), 0..40).prop_map(|puts| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 4));
            for (x, y, text, style) in puts {
                buffer.set_stringn(x, y, text, usize::from(12 - x), style);
            }
            buffer
        })
    }

    /// What a person sees of a cell: of a blank neither colour nor weight of the text.
    fn seen(terminal: &vt100::Parser, y: u16, x: u16) -> impl PartialEq + std::fmt::Debug {
        let cell = terminal.screen().cell(y, x).unwrap();
        let lines = (cell.underline(), cell.inverse());
        let is_blank = cell.contents().trim().is_empty() && lines == (false, false);
        let text =
            (!is_blank).then(|| (cell.contents().to_owned(), cell.fgcolor(), cell.bold(), cell.italic()));
        (text, lines, cell.bgcolor(), cell.is_wide())
    }

    proptest! {
        /// An emulator shows the same as when it is told everything in many bytes.
        #[test]
        fn a_terminal_shows_the_same_as_without(buffers in prop::collection::vec(buffers(), 1..4)) {
            crossterm::style::force_color_output(true);
            let (mut short, mut long) = (vt100::Parser::new(4, 12, 0), vt100::Parser::new(4, 12, 0));
            let mut before = Buffer::empty(Rect::new(0, 0, 12, 4));
            for buffer in buffers {
                let mut bytes = Vec::new();
                CrosstermBackend::new(&mut bytes).draw(before.diff(&buffer).into_iter()).unwrap();
                long.process(&bytes);
                let cells: Vec<_> = before.diff(&buffer).into_iter().map(|(x, y, c)| (x, y, c.clone())).collect();
                let text = encoded(&cells);
                short.process(text.as_bytes());
                prop_assert!(text.len() <= bytes.len());
                for (y, x) in (0..4).flat_map(|y| (0..12).map(move |x| (y, x))) {
                    prop_assert_eq!(seen(&short, y, x), seen(&long, y, x));
                }
                before = buffer;
            }
        }
    }
}

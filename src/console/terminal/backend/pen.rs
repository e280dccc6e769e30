//! What a terminal draws with, and the shortest way from one pen to another.

use std::fmt::Write as _;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// What the terminal draws with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    pub(super) const PLAIN: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    pub(super) const fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// The pen that draws a cell, changed as little as can be: of a blank only what is behind it shows.
    pub(super) fn for_cell(self, cell: &Cell) -> Self {
        let wanted = Self::of(cell);
        let lines = Modifier::UNDERLINED | Modifier::REVERSED | Modifier::CROSSED_OUT;
        let is_blank = cell.symbol() == " " && !(self.modifier | wanted.modifier).intersects(lines);
        if is_blank { Self { bg: wanted.bg, ..self } } else { wanted }
    }

    /// The shorter of the two ways from `self` to `to`: by the differences, or from the plain pen.
    pub(super) fn change(self, to: Self, out: &mut String) {
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

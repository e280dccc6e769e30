use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::*;

fn encoded(cells: &[(u16, u16, Cell)]) -> String {
    let mut out = String::new();
    encode(cells.iter().map(|(x, y, c)| (*x, *y, c)), &mut Mirror::of_blank(), &mut out);
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
    let both = Style::new().add_modifier(Modifier::BOLD | Modifier::DIM | Modifier::ITALIC).fg(Color::Red);
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

#[test]
fn a_small_gap_is_written_again_where_the_pen_allows_it() {
    let grey = Style::new().fg(Color::Indexed(245));
    let mut shown = Mirror::of_blank();
    let mut write = |cells: &[(u16, u16, Cell)]| {
        let mut out = String::new();
        encode(cells.iter().map(|(x, y, c)| (*x, *y, c)), &mut shown, &mut out);
        out
    };
    let row = ["1", "2", " ", "3", "名", "4", "5"];
    let columns = [0, 1, 2, 3, 4, 6, 7];
    let first: Vec<_> = columns.iter().zip(row).map(|(x, s)| (*x, 0, cell(s, grey))).collect();
    write(&first);
    let ends = |style| [(0, 0, cell("7", style)), (3, 0, cell("8", style))];
    assert_eq!(write(&ends(grey)), "\x1b[1;1H\x1b[38;5;245m72 8\x1b[m");
    assert_eq!(write(&ends(Style::new())), "\x1b[1;1H7\x1b[4G8", "the 2 between is grey");
    let wide = [(3, 0, cell("8", grey)), (6, 0, cell("9", grey))];
    assert_eq!(write(&wide), "\x1b[1;4H\x1b[38;5;245m8\x1b[7G9\x1b[m", "what is wide is leapt over");
    shown.forget();
    let mut out = String::new();
    encode(ends(grey).iter().map(|(x, y, c)| (*x, *y, c)), &mut shown, &mut out);
    assert_eq!(out, "\x1b[1;1H\x1b[38;5;245m7\x1b[4G8\x1b[m", "nobody knows what is between");
    shown = Mirror::of_blank();
    out.clear();
    encode(ends(grey).iter().map(|(x, y, c)| (*x, *y, c)), &mut shown, &mut out);
    assert_eq!(out, "\x1b[1;1H\x1b[38;5;245m7  8\x1b[m", "a cleared screen is blank");
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
    let text = (!is_blank).then(|| (cell.contents().to_owned(), cell.fgcolor(), cell.bold(), cell.italic()));
    (text, lines, cell.bgcolor(), cell.is_wide())
}

proptest! {
    /// An emulator shows the same as when it is told everything in many bytes.
    #[test]
    fn a_terminal_shows_the_same_as_without(buffers in prop::collection::vec(buffers(), 1..4)) {
        crossterm::style::force_color_output(true);
        let (mut short, mut long) = (vt100::Parser::new(4, 12, 0), vt100::Parser::new(4, 12, 0));
        let mut before = Buffer::empty(Rect::new(0, 0, 12, 4));
        let mut shown = Mirror::of_blank();
        for buffer in buffers {
            let mut bytes = Vec::new();
            CrosstermBackend::new(&mut bytes).draw(before.diff(&buffer).into_iter()).unwrap();
            long.process(&bytes);
            let cells: Vec<_> = before.diff(&buffer).into_iter().map(|(x, y, c)| (x, y, c.clone())).collect();
            let mut text = String::new();
            encode(cells.iter().map(|(x, y, c)| (*x, *y, c)), &mut shown, &mut text);
            short.process(text.as_bytes());
            prop_assert!(text.len() <= bytes.len());
            for (y, x) in (0..4).flat_map(|y| (0..12).map(move |x| (y, x))) {
                prop_assert_eq!(seen(&short, y, x), seen(&long, y, x));
            }
            before = buffer;
        }
    }
}

use proptest::prelude::*;

use super::*;
use crate::console::keymap::Key;

fn drawn(bytes: &[u8]) -> (Emulator, Vec<u8>) {
    let mut emulator = Emulator::new(5, 20);
    let answers = emulator.process(bytes);
    (emulator, answers)
}

#[test]
fn text_colours_and_wide_characters_become_cells() {
    let (emulator, _) = drawn("\x1b[1;31mred\x1b[0m 日本\x1b[48;2;1;2;3m \x1b[7mx".as_bytes());
    assert_eq!(emulator.text(), "red 日本 x");
    let mut cells = Vec::new();
    emulator.each_cell(|row, column, cell| cells.push((row, column, cell.clone())));
    let at = |column: u16| cells.iter().find(|c| c.1 == column).map(|c| c.2.clone()).unwrap();
    assert!(at(0).bold && at(0).fg == Paint::Index(1));
    assert!(at(4).wide && at(4).text == "日");
    assert!(!cells.iter().any(|c| c.1 == 5), "the second half of a wide character is no cell");
    assert_eq!(at(8).bg, Paint::Rgb(1, 2, 3));
    assert!(at(9).inverse);
}

#[test]
fn a_program_that_asks_is_answered() {
    assert_eq!(drawn(b"ab\x1b[6n").1, b"\x1b[1;3R");
    assert_eq!(drawn(b"\x1b[5n\x1b[c").1, b"\x1b[0n\x1b[?6c");
    assert!(drawn(&b"\x1b[6n".repeat(10_000)).1.len() <= 256, "no flood of answers");
    assert!(drawn(b"\x1b[>c\x1b[?6n\x1b]10;?\x07").1.is_empty());
}

#[test]
fn what_is_for_the_terminal_itself_stays_within() {
    let (emulator, answers) = drawn(b"a\x1b]0;title\x07\x1b]52;c;QQ==\x07\x1bP+q544e\x1b\\\x07b");
    assert_eq!((emulator.text().as_str(), answers.as_slice()), ("ab", b"".as_slice()));
}

#[test]
fn a_string_without_an_end_is_cut_off() {
    let mut emulator = Emulator::new(5, 20);
    for _ in 0..1000 {
        emulator.process(&[b'x'; 100]);
    }
    emulator.process(b"\x1b[2J\x1b[H\x1b]0;");
    for _ in 0..1000 {
        emulator.process(&[b'y'; 100]);
    }
    assert!(emulator.text().contains("yyyy"), "it is text again: {}", emulator.text());
}

#[test]
fn what_left_the_screen_is_looked_at() {
    let mut emulator = Emulator::new(5, 20);
    for i in 0..5000 {
        emulator.process(format!("{i}\r\n").as_bytes());
    }
    emulator.look(10);
    assert_eq!(emulator.text(), "4986\n4987\n4988\n4989\n4990");
    assert_eq!((emulator.back(), emulator.cursor()), (10, None));
    emulator.look(isize::MAX);
    assert_eq!(emulator.back(), 2000, "so much is kept");
    emulator.look(isize::MIN);
    assert_eq!(emulator.back(), 0);
}

#[test]
fn keys_are_what_a_terminal_sends() {
    let bytes = |key: &str, application| {
        let key: Key = key.parse().unwrap();
        String::from_utf8(key_bytes(key, application)).unwrap()
    };
    for (key, expected) in [
        ("a", "a"),
        ("é", "é"),
        ("Enter", "\r"),
        ("Backspace", "\x7f"),
        ("Tab", "\t"),
        ("Shift-Tab", "\x1b[Z"),
        ("Esc", "\x1b"),
        ("Ctrl-c", "\x03"),
        ("Ctrl-]", "\x1d"),
        ("Alt-x", "\x1bx"),
        ("Up", "\x1b[A"),
        ("Ctrl-Right", "\x1b[1;5C"),
        ("Home", "\x1b[H"),
        ("Delete", "\x1b[3~"),
        ("Shift-PgUp", "\x1b[5;2~"),
        ("F1", "\x1bOP"),
        ("F5", "\x1b[15~"),
        ("F12", "\x1b[24~"),
    ] {
        assert_eq!(bytes(key, false), expected, "{key}");
    }
    assert_eq!(bytes("Up", true), "\x1bOA");
    assert_eq!(paste_bytes("a\nb\x1b[201~", true), b"\x1b[200~a\rb[201~\x1b[201~");
    assert_eq!(paste_bytes("a\r\nb", false), b"a\rb");
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..80),
        "\\x1b\\[[0-9;?]{0,12}[@-~]".prop_map(String::into_bytes),
        "\\x1b[78=>cDEHMPX\\]_^()#%]{1,3}".prop_map(String::into_bytes),
        "[日本a-z\u{301}\u{200d}👩\\r\\n\\t\\x08]{0,30}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whatever a guest sends, in whatever size and however it is looked at: cells come out, and nothing panics.
    #[test]
    fn garbage_is_drawn(pieces in prop::collection::vec((piece(), 4u16..60, 20u16..200, -30isize..30), 1..30)) {
        let mut emulator = Emulator::new(24, 80);
        for (bytes, rows, columns, look) in pieces {
            let answers = emulator.process(&bytes);
            prop_assert!(answers.len() <= 256);
            emulator.resize(rows, columns);
            emulator.look(look);
            let (rows, columns) = emulator.size();
            let mut sound = true;
            emulator.each_cell(|row, column, _| sound &= row < rows && column < columns);
            prop_assert!(sound);
            prop_assert!(!emulator.text().chars().any(|c| c.is_control() && c != '\n'));
            if let Some((row, column)) = emulator.cursor() {
                prop_assert!(row < rows && column <= columns);
            }
        }
    }
}

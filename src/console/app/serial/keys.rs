//! Keys as the bytes a terminal sends for them.

use crate::console::keymap::{Code, Key};

/// The bytes of a key; `application` is the cursor keys' other form. Empty where a terminal has none for it.
pub fn key_bytes(key: Key, application: bool) -> Vec<u8> {
    let modifiers = 1 + u8::from(key.shift) + 2 * u8::from(key.alt) + 4 * u8::from(key.ctrl);
    let cursor = |letter: char| match (modifiers, application) {
        (1, false) => format!("\x1b[{letter}"),
        (1, true) => format!("\x1bO{letter}"),
        (m, _) => format!("\x1b[1;{m}{letter}"),
    };
    let numbered = |n: u8| {
        if modifiers == 1 { format!("\x1b[{n}~") } else { format!("\x1b[{n};{modifiers}~") }
    };
    let plain = match key.code {
        Code::Char(c) if key.ctrl => return control(c).map_or_else(Vec::new, |b| with_alt(key, &[b])),
        Code::Char(c) => return with_alt(key, c.encode_utf8(&mut [0; 4]).as_bytes()),
        Code::Enter => return with_alt(key, b"\r"),
        Code::Esc => return with_alt(key, b"\x1b"),
        Code::Backspace => return with_alt(key, if key.ctrl { b"\x08" } else { b"\x7f" }),
        Code::Tab if key.shift => "\x1b[Z".to_owned(),
        Code::Tab => return with_alt(key, b"\t"),
        Code::Up => cursor('A'),
        Code::Down => cursor('B'),
        Code::Right => cursor('C'),
        Code::Left => cursor('D'),
        Code::Home => cursor('H'),
        Code::End => cursor('F'),
        Code::Insert => numbered(2),
        Code::Delete => numbered(3),
        Code::PageUp => numbered(5),
        Code::PageDown => numbered(6),
        Code::F(n @ 1..=4) => {
            let letter = char::from(b'P' + n - 1);
            if modifiers == 1 { format!("\x1bO{letter}") } else { format!("\x1b[1;{modifiers}{letter}") }
        }
        Code::F(n @ 5..=12) => {
            let number = [15, 17, 18, 19, 20, 21, 23, 24].get(usize::from(n - 5)).copied();
            number.map_or_else(String::new, numbered)
        }
        Code::F(_) => String::new(),
    };
    plain.into_bytes()
}

/// A pasted text: line ends as Enter, and between marks where the program in the guest asked for them.
pub fn paste_bytes(text: &str, bracketed: bool) -> Vec<u8> {
    let text = text.replace("\r\n", "\r").replace('\n', "\r");
    if bracketed {
        // A mark within would end it before its time.
        format!("\x1b[200~{}\x1b[201~", text.replace('\x1b', "")).into_bytes()
    } else {
        text.into_bytes()
    }
}

fn with_alt(key: Key, bytes: &[u8]) -> Vec<u8> {
    let escape: &[u8] = if key.alt { b"\x1b" } else { b"" };
    [escape, bytes].concat()
}

const fn control(c: char) -> Option<u8> {
    Some(match c {
        ' ' | '@' => 0,
        'a'..='z' | 'A'..='Z' | '[' | '\\' | ']' | '^' | '_' => c as u8 & 0x1f,
        '?' => 0x7f,
        _ => return None,
    })
}

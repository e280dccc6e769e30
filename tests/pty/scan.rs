//! The bytes a console wrote, read for what it did not mean to write: a library's messages, control characters.

use std::collections::BTreeSet;

use super::term::Term;

const ENTER: &[u8] = b"\x1b[?1049h";
const LEAVE: &[u8] = b"\x1b[?1049l";

/// What libraries and the runtime say when they speak for themselves.
const FOREIGN: [&str; 9] = [
    "libvirt:",
    "error :",
    "warning :",
    "virNet",
    "panicked",
    "thread '",
    "RUST_BACKTRACE",
    "ssh: ",
    "Permanently added",
];

/// Nothing but the console wrote to the terminal while the screen was up, and it ended cleanly.
///
/// Every picture is made of escape sequences and printable characters: a line of somebody else's has a line break.
pub(crate) fn assert_only_pictures(term: &Term) {
    assert_eq!(foreign(term.raw()), None);
}

/// What was written while the screen was up.
pub(crate) fn screen_bytes(raw: &[u8]) -> &[u8] {
    let up = find(raw, ENTER).unwrap_or(raw.len());
    &raw[up..find(raw, LEAVE).unwrap_or(raw.len())]
}

/// What is wrong with these bytes, if anything.
fn foreign(raw: &[u8]) -> Option<String> {
    let screen = screen_bytes(raw);
    if !raw.starts_with(ENTER) {
        return Some(format!("not a screen from the start: {}", raw[..raw.len().min(200)].escape_ascii()));
    }
    if let Some(at) = screen.iter().position(|b| matches!(b, 0..=0x1a | 0x1c..=0x1f | 0x7f)) {
        let around = &screen[at.saturating_sub(60)..(at + 60).min(screen.len())];
        return Some(format!("a control character: {}", around.escape_ascii()));
    }
    let text = String::from_utf8_lossy(screen);
    if let Some(c) = text.chars().find(|c| ('\u{80}'..='\u{9f}').contains(c) || is_of_direction(*c)) {
        return Some(format!("{c:?}"));
    }
    FOREIGN.iter().find(|word| text.contains(**word)).map(|word| format!("{word:?}"))
}

/// Characters that turn the order of others around.
const fn is_of_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The colours that were set: `31`, `38;5;203`, `48;2;1;2;3`; attributes and defaults are none.
pub(crate) fn colours(bytes: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(bytes);
    let renditions = text.split("\x1b[").skip(1).filter_map(|rest| {
        let (parameters, _) = rest.split_once('m')?;
        parameters.bytes().all(|b| b.is_ascii_digit() || b == b';').then_some(parameters)
    });
    let mut found = BTreeSet::new();
    for rendition in renditions {
        let mut numbers = rendition.split(';');
        while let Some(n) = numbers.next() {
            let rest = match (n, numbers.clone().next()) {
                ("38" | "48" | "58", Some("5")) => 2,
                ("38" | "48" | "58", Some("2")) => 4,
                _ => 0,
            };
            let all: Vec<_> = [n].into_iter().chain(numbers.by_ref().take(rest)).collect();
            if n.parse().is_ok_and(|n: u16| n >= 30 && !matches!(n, 39 | 49 | 59)) {
                found.insert(all.join(";"));
            }
        }
    }
    found
}

/// What was said after the screen was given back: the last words.
pub(crate) fn last_words(term: &Term) -> String {
    let raw = term.raw();
    let down = find(raw, LEAVE).map_or(0, |at| at + LEAVE.len());
    let text = String::from_utf8_lossy(&raw[down..]).into_owned();
    text.replace("\x1b[?25h", "").replace("\r\n", "\n").trim().to_owned()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

#[test]
fn foreign_text_is_found() {
    let pictures = |text: &str| foreign(format!("\x1b[?1049h{text}\x1b[?1049l\x1b[?25hbye\r\n").as_bytes());
    assert_eq!(pictures("\x1b[1;1H\x1b[31mVMs 3\x1b[0m"), None);
    assert!(pictures("\x1b[1;1Hx\nlost").is_some());
    assert!(pictures("libvirt: XML-RPC error").is_some());
    assert!(foreign(b"hello\x1b[?1049h").is_some());
    assert!(foreign(b"").is_some());
    assert!(pictures("\u{9b}31m").is_some() && pictures("a\u{202e}b").is_some());
    let expected = ["38;5;7", "91", "48;2;1;2;3"].map(str::to_owned).into();
    assert_eq!(colours(b"\x1b[1m\x1b[38;5;7mx\x1b[39;49mmm\x1b[0m\x1b[91;48;2;1;2;3m"), expected);
}

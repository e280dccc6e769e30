//! The bytes a console wrote, read for what it did not mean to write: a library's messages, control characters.

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

/// What is wrong with these bytes, if anything.
fn foreign(raw: &[u8]) -> Option<String> {
    let Some(up) = find(raw, ENTER) else { return Some("no full screen".into()) };
    let down = find(raw, LEAVE).unwrap_or(raw.len());
    if up > 0 {
        return Some(format!("before the screen: {}", raw[..up].escape_ascii()));
    }
    let screen = &raw[up..down];
    if let Some(at) = screen.iter().position(|b| matches!(b, 0..=0x1a | 0x1c..=0x1f | 0x7f)) {
        let around = &screen[at.saturating_sub(60)..(at + 60).min(screen.len())];
        return Some(format!("a control character: {}", around.escape_ascii()));
    }
    let text = String::from_utf8_lossy(screen);
    FOREIGN.iter().find(|word| text.contains(**word)).map(|word| format!("{word:?}"))
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
}

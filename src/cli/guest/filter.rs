//! What a guest sends, made fit for the user's own terminal: text, colours, cursor, erasing, and modes that are put back.
//! Everything else that a terminal obeys (titles, the clipboard, printing, reports, downloads) is left out.

/// A sequence that is longer is left out: none that is let through is.
const LONGEST: usize = 64;
const ESC: u8 = 0x1b;

/// Private modes that are let through; leaving puts each back.
const MODES: &[u16] = &[1, 6, 7, 9, 12, 25, 47, 1000, 1002, 1003, 1004, 1005, 1006, 1047, 1048, 1049, 2004];

/// What stays between pieces.
#[derive(Debug, Default)]
pub(super) struct Filter {
    within: Within,
    /// Of a character that is not whole yet, at most 3 bytes.
    begun: Vec<u8>,
}

#[derive(Debug, Default)]
enum Within {
    #[default]
    Text,
    Escape,
    /// A short sequence: its bytes after the escape.
    Short(u8),
    /// A control sequence: its bytes so far, without what begins it; `None` once there are too many.
    Control(Option<Vec<u8>>),
    /// A string for the terminal itself.
    String,
}

impl Filter {
    /// What of these bytes may be shown. It is whole characters and whole sequences.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            self.within = match std::mem::take(&mut self.within) {
                Within::Text if byte != ESC => {
                    self.text(byte, &mut out);
                    Within::Text
                }
                // Cancel and substitute end whatever it is.
                _ if byte == 0x18 || byte == 0x1a => Within::Text,
                _ if byte == ESC => {
                    self.broken(&mut out);
                    Within::Escape
                }
                Within::Control(so_far) if byte < 0x20 => {
                    control(byte, &mut out);
                    Within::Control(so_far)
                }
                Within::Text | Within::Escape => escape(byte, &mut out),
                Within::Short(first) => short(first, byte, &mut out),
                Within::Control(so_far) => sequence(so_far, byte, &mut out),
                Within::String if byte == 0x07 => Within::Text,
                Within::String => Within::String,
            };
        }
        out
    }

    fn text(&mut self, byte: u8, out: &mut Vec<u8>) {
        if byte < 0x80 {
            self.broken(out);
            control(byte, out);
            return;
        }
        if byte & 0xc0 != 0x80 {
            self.broken(out);
        }
        self.begun.push(byte);
        match std::str::from_utf8(&self.begun) {
            // Controls of the second kind are one character here; some terminals obey them.
            Ok(text) if text.chars().all(char::is_control) => self.begun.clear(),
            Ok(_) => out.append(&mut self.begun),
            Err(e) if e.error_len().is_some() => self.broken(out),
            Err(_) => {}
        }
    }

    /// Bytes that are no character, shown as such.
    fn broken(&mut self, out: &mut Vec<u8>) {
        if !self.begun.is_empty() {
            self.begun.clear();
            out.extend("\u{fffd}".bytes());
        }
    }
}

/// Bell, backspace, tab and line ends, and all that is printed.
fn control(byte: u8, out: &mut Vec<u8>) {
    if matches!(byte, 0x07..=0x0d | 0x20..=0x7e) {
        out.push(byte);
    }
}

fn escape(byte: u8, out: &mut Vec<u8>) -> Within {
    match byte {
        b'[' => return Within::Control(Some(Vec::new())),
        b']' | b'P' | b'X' | b'^' | b'_' => return Within::String,
        0x20..=0x2f => return Within::Short(byte),
        // Save and restore the cursor, index, next line, reverse index, tab stop, keypad.
        b'7' | b'8' | b'D' | b'E' | b'M' | b'H' | b'=' | b'>' => out.extend([ESC, byte]),
        // A reset would change what the user set: the screen is cleared instead.
        b'c' => out.extend(b"\x1b[0m\x1b[H\x1b[2J"),
        _ => {}
    }
    Within::Text
}

/// Character sets: ASCII and lines. Others are left out.
fn short(first: u8, byte: u8, out: &mut Vec<u8>) -> Within {
    match byte {
        0x20..=0x2f => return Within::Short(0),
        b'B' | b'0' if first == b'(' => out.extend([ESC, first, byte]),
        _ => {}
    }
    Within::Text
}

fn sequence(so_far: Option<Vec<u8>>, byte: u8, out: &mut Vec<u8>) -> Within {
    match byte {
        0x20..=0x3f => Within::Control(so_far.filter(|s| s.len() < LONGEST).map(|mut s| {
            s.push(byte);
            s
        })),
        0x40..=0x7e => {
            if let Some(so_far) = so_far.filter(|s| may_pass(s, byte)) {
                out.extend(b"\x1b[");
                out.extend(so_far);
                out.push(byte);
            }
            Within::Text
        }
        _ => Within::Text,
    }
}

/// Whether a control sequence changes nothing but what is shown, or modes that are put back.
fn may_pass(parameters: &[u8], last: u8) -> bool {
    let Ok(text) = std::str::from_utf8(parameters) else { return false };
    let number = |text: &str| text.parse::<u16>().ok();
    if let Some(private) = text.strip_prefix('?') {
        let known = |mode: &str| number(mode).is_some_and(|mode| MODES.contains(&mode));
        return matches!(last, b'h' | b'l') && private.split(';').all(known);
    }
    if !parameters.iter().all(|b| matches!(b, b'0'..=b'9' | b';' | b':')) {
        return false;
    }
    match last {
        // 3 would erase what the user can scroll back to.
        b'J' => matches!(text, "" | "0" | "1" | "2"),
        // Questions that programs ask to learn the screen's size; the terminal's answer is typed into the guest.
        b'n' => matches!(text, "5" | "6"),
        b'c' => matches!(text, "" | "0"),
        // Insert mode.
        b'h' | b'l' => text == "4",
        _ => {
            matches!(last, b'@'..=b'I' | b'K'..=b'M' | b'P' | b'S' | b'T' | b'X' | b'Z' | b'`' | b'a' | b'b' | b'd'..=b'g' | b'm' | b'r' | b's' | b'u')
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn passed(bytes: &[u8]) -> String {
        String::from_utf8(Filter::default().pass(bytes)).unwrap()
    }

    #[test]
    fn text_colours_and_the_cursor_pass() {
        let fine = "a\tb\r\n日本 \x1b[1;38;2;1;2;3mred\x1b[0m\x1b[5;7H\x1b[2J\x1b[?25l\x1b[?1049h\x1b(0x\x1b(B\x1b7\x1b8\x1b[6n";
        assert_eq!(passed(fine.as_bytes()), fine);
    }

    #[test]
    fn what_is_for_the_terminal_itself_does_not() {
        for hostile in [
            "\x1b]0;title\x07",
            "\x1b]52;c;QQ==\x1b\\",
            "\x1bPq#0\x1b\\",
            "\x1b_G\x1b\\",
            "\x1b^x\x1b\\",
            "\x1b[3J",
            "\x1b[5i",
            "\x1b[8;1;1t",
            "\x1b[21t",
            "\x1b[?5h",
            "\x1b[?1049;5h",
            "\x1b[>c",
            "\x1b[2 q",
            "\x1b[!p",
            "\x1b#8",
            "\x1b%G",
            "\x1bZ",
            "\x0e\x0f\x05\x00\x7f",
            "\u{9d}",
            "\u{9b}",
        ] {
            assert_eq!(passed(format!("a{hostile}b").as_bytes()), "ab", "{hostile:?}");
        }
        assert_eq!(passed(b"a\x9b5ib\xff\xc3("), "a\u{fffd}5ib\u{fffd}\u{fffd}(");
        // A string that never ends shows nothing; a sequence without an end is given up at the next.
        assert_eq!(passed(b"\x1b]0;abc"), "");
        assert_eq!(passed(b"\x1b[1;\x1b[2Kx"), "\x1b[2Kx");
        assert_eq!(passed(format!("\x1b[{}mx", "1;".repeat(200)).as_bytes()), "x");
        assert_eq!(passed(b"\x1bc"), "\x1b[0m\x1b[H\x1b[2J");
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter_and_what_passed_passes_again(
            bytes in proptest::collection::vec(prop_oneof![Just(ESC), Just(b'['), Just(b']'), any::<u8>()], 0..200),
            cut in 0usize..200,
        ) {
            let cut = cut.min(bytes.len());
            let whole = Filter::default().pass(&bytes);
            let mut filter = Filter::default();
            let mut pieces = filter.pass(&bytes[..cut]);
            pieces.extend(filter.pass(&bytes[cut..]));
            prop_assert_eq!(&pieces, &whole);
            prop_assert!(String::from_utf8(whole.clone()).is_ok());
            prop_assert_eq!(Filter::default().pass(&whole), whole);
        }
    }
}

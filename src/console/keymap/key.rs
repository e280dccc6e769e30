//! Keys, in our own words: the console's state must not know the terminal library.

use std::fmt;
use std::str::FromStr;

/// A key, without its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A character, upper or lower case as typed.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab; with shift, back-tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Cursor up.
    Up,
    /// Cursor down.
    Down,
    /// Cursor left.
    Left,
    /// Cursor right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key, 1 to 24.
    F(u8),
}

/// A key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Which key.
    pub code: Code,
    /// With Ctrl.
    pub ctrl: bool,
    /// With Alt.
    pub alt: bool,
    /// With Shift; never set for characters, whose case tells.
    pub shift: bool,
}

impl Key {
    /// The key alone.
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// A character key.
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// A character key with Ctrl.
    pub const fn ctrl(c: char) -> Self {
        Self { code: Code::Char(c), ctrl: true, alt: false, shift: false }
    }

    /// The character this key types, if it types one.
    pub const fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

const NAMES: &[(&str, Code)] = &[
    ("Enter", Code::Enter),
    ("Esc", Code::Esc),
    ("Tab", Code::Tab),
    ("Backspace", Code::Backspace),
    ("Delete", Code::Delete),
    ("Insert", Code::Insert),
    ("Up", Code::Up),
    ("Down", Code::Down),
    ("Left", Code::Left),
    ("Right", Code::Right),
    ("Home", Code::Home),
    ("End", Code::End),
    ("PgUp", Code::PageUp),
    ("PgDn", Code::PageDown),
    ("Space", Code::Char(' ')),
];

/// Why a key could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no key; keys are written x, X, Ctrl-x, Alt-x, Shift-Tab, Enter, Esc, Space, Up, PgDn, F1")]
pub struct BadKey(pub String);

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(s: &str) -> Result<Self, BadKey> {
        let bad = || BadKey(s.chars().take(40).collect());
        let mut key = Self::plain(Code::Esc);
        let mut rest = s;
        let split = |s: &'_ str| -> Option<(String, usize)> {
            let (modifier, tail) = s.split_once('-').filter(|(m, t)| !m.is_empty() && !t.is_empty())?;
            Some((modifier.to_ascii_lowercase(), s.len() - tail.len()))
        };
        while let Some((modifier, tail)) = split(rest) {
            match modifier.as_str() {
                "ctrl" | "c" => key.ctrl = true,
                "alt" | "a" | "m" => key.alt = true,
                "shift" | "s" => key.shift = true,
                _ => return Err(bad()),
            }
            rest = &rest[tail..];
        }
        let mut chars = rest.chars();
        key.code = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() => Code::Char(c),
            (Some('F' | 'f'), Some(d)) if d.is_ascii_digit() => {
                rest[1..].parse().ok().filter(|n| (1..=24).contains(n)).map(Code::F).ok_or_else(bad)?
            }
            _ => NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(rest)).map(|(_, c)| *c).ok_or_else(bad)?,
        };
        if let Code::Char(c) = key.code
            && key.shift
        {
            key.shift = false;
            key.code = Code::Char(c.to_ascii_uppercase());
        }
        Ok(key)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (on, name) in [(self.ctrl, "Ctrl-"), (self.alt, "Alt-"), (self.shift, "Shift-")] {
            if on {
                f.write_str(name)?;
            }
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, c)| *c == self.code) {
            return f.write_str(name);
        }
        match self.code {
            Code::Char(c) => write!(f, "{c}"),
            Code::F(n) => write!(f, "F{n}"),
            _ => Ok(()),
        }
    }
}

/// Reads a sequence of keys separated by blanks: `g g`, `Ctrl-d`.
pub fn parse_sequence(s: &str) -> Result<Vec<Key>, BadKey> {
    let keys = s.split_whitespace().map(str::parse).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() { Err(BadKey(s.into())) } else { Ok(keys) }
}

/// Writes a sequence as people say it: `gg`, `Ctrl-d`.
pub fn show_sequence(keys: &[Key]) -> String {
    let all_chars = keys.iter().all(|k| k.typed().is_some_and(|c| c != ' '));
    let parts: Vec<String> = keys.iter().map(ToString::to_string).collect();
    parts.join(if all_chars { "" } else { " " })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_read_as_written() {
        assert_eq!("Ctrl-d".parse(), Ok(Key::ctrl('d')));
        assert_eq!("G".parse(), Ok(Key::char('G')));
        assert_eq!("-".parse(), Ok(Key::char('-')));
        assert_eq!("f1".parse(), Ok(Key::plain(Code::F(1))));
        assert_eq!("space".parse(), Ok(Key::char(' ')));
        assert_eq!("Shift-Tab".parse(), Ok(Key { shift: true, ..Key::plain(Code::Tab) }));
        assert!("Hyper-x".parse::<Key>().is_err());
        assert!("F99".parse::<Key>().is_err());
        assert_eq!(show_sequence(&parse_sequence("g g").unwrap()), "gg");
    }

    proptest! {
        #[test]
        fn parsing_never_panics(s in ".*") {
            let _ = parse_sequence(&s);
        }

        #[test]
        fn written_keys_read_back(c in proptest::char::range('!', '~'), ctrl: bool, alt: bool) {
            let key = Key { ctrl, alt, ..Key::char(c) };
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }
    }
}

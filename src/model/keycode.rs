//! Keys of a keyboard by name, as Linux numbers them (`linux/input-event-codes.h`).

/// Names and codes. A code has one name.
#[rustfmt::skip]
const KEYS: &[(&str, u16)] = &[
    ("esc", 1), ("1", 2), ("2", 3), ("3", 4), ("4", 5), ("5", 6), ("6", 7), ("7", 8), ("8", 9),
    ("9", 10), ("0", 11), ("minus", 12), ("equal", 13), ("backspace", 14), ("tab", 15), ("q", 16),
    ("w", 17), ("e", 18), ("r", 19), ("t", 20), ("y", 21), ("u", 22), ("i", 23), ("o", 24), ("p", 25),
    ("leftbrace", 26), ("rightbrace", 27), ("enter", 28), ("ctrl", 29), ("a", 30), ("s", 31), ("d", 32),
    ("f", 33), ("g", 34), ("h", 35), ("j", 36), ("k", 37), ("l", 38), ("semicolon", 39),
    ("apostrophe", 40), ("grave", 41), ("shift", 42), ("backslash", 43), ("z", 44), ("x", 45),
    ("c", 46), ("v", 47), ("b", 48), ("n", 49), ("m", 50), ("comma", 51), ("dot", 52), ("slash", 53),
    ("rightshift", 54), ("kpasterisk", 55), ("alt", 56), ("space", 57), ("capslock", 58), ("f1", 59),
    ("f2", 60), ("f3", 61), ("f4", 62), ("f5", 63), ("f6", 64), ("f7", 65), ("f8", 66), ("f9", 67),
    ("f10", 68), ("numlock", 69), ("scrolllock", 70), ("f11", 87), ("f12", 88), ("rightctrl", 97),
    ("sysrq", 99), ("rightalt", 100), ("home", 102), ("up", 103), ("pageup", 104), ("left", 105),
    ("right", 106), ("end", 107), ("down", 108), ("pagedown", 109), ("insert", 110), ("delete", 111),
    ("power", 116), ("pause", 119), ("meta", 125), ("rightmeta", 126), ("menu", 139),
];

/// Other names for the same.
const ALIASES: &[(&str, &str)] = &[
    ("control", "ctrl"),
    ("leftctrl", "ctrl"),
    ("leftalt", "alt"),
    ("altgr", "rightalt"),
    ("leftshift", "shift"),
    ("super", "meta"),
    ("win", "meta"),
    ("leftmeta", "meta"),
    ("escape", "esc"),
    ("return", "enter"),
    ("del", "delete"),
    ("ins", "insert"),
    ("pgup", "pageup"),
    ("pgdn", "pagedown"),
    ("print", "sysrq"),
];

/// Highest code there is.
const LAST: u16 = 0x2ff;
const CTRL: [u16; 2] = [29, 97];
const ALT: [u16; 2] = [56, 100];
const DELETE: u16 = 111;

/// All names, in the order of their codes.
pub fn names() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(name, _)| *name)
}

/// The name of a code; `#` and its number where it has none.
pub fn name(code: u16) -> String {
    let named = KEYS.iter().find(|(_, c)| *c == code);
    named.map_or_else(|| format!("#{code}"), |(name, _)| (*name).to_owned())
}

/// Keys that are pressed together: `ctrl-alt-f2`, also with `+`; `KEY_LEFTCTRL` for libvirt's own names, `#113` for a code.
///
/// # Errors
/// The word that is no key.
pub fn parse(chord: &str) -> Result<Vec<u16>, String> {
    chord.split(['-', '+']).map(one).collect()
}

fn one(word: &str) -> Result<u16, String> {
    let no = || format!("\"{word}\" is no key");
    if let Some(number) = word.strip_prefix('#') {
        return number.parse().ok().filter(|c| (1..=LAST).contains(c)).ok_or_else(no);
    }
    let lower = word.to_ascii_lowercase();
    let plain = lower.strip_prefix("key_").unwrap_or(&lower);
    let meant = ALIASES.iter().find(|(alias, _)| *alias == plain).map_or(plain, |(_, name)| name);
    KEYS.iter().find(|(name, _)| *name == meant).map(|(_, code)| *code).ok_or_else(no)
}

/// Whether these are the keys that ask a PC to reboot.
pub fn asks_to_reboot(codes: &[u16]) -> bool {
    let has = |any: &[u16]| codes.iter().any(|c| any.contains(c));
    has(&CTRL) && has(&ALT) && has(&[DELETE])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_are_read_and_named_back() {
        assert_eq!(parse("ctrl-alt-f2"), Ok(vec![29, 56, 60]));
        assert_eq!(parse("KEY_LEFTCTRL+Delete"), Ok(vec![29, 111]));
        assert_eq!(parse("#240"), Ok(vec![240]));
        assert!(asks_to_reboot(&parse("Ctrl-Alt-Del").unwrap()));
        for bad in ["", "ctrl-", "hyper", "#0", "#9999", "#x"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_name_has_a_code_of_its_own() {
        for (at, (name, code)) in KEYS.iter().enumerate() {
            assert_eq!(parse(name), Ok(vec![*code]));
            assert_eq!(super::name(*code), *name);
            assert!(KEYS[at + 1..].iter().all(|(n, c)| n != name && c != code), "{name}");
        }
        for (alias, name) in ALIASES {
            assert_eq!(parse(alias), parse(name), "{alias}");
        }
    }
}

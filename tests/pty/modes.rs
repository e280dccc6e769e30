//! The terminal modes a program turned on and off, from its bytes alone: what the emulator does not model counts too.

use std::collections::BTreeMap;

/// Modes that are on in a fresh terminal: wrapping, cursor shown.
const ON_AT_START: [u16; 2] = [7, 25];

/// Private modes (`CSI ? … h` and `l`) and keyboard flags (`CSI > … u`, `CSI < u`) left changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Private modes that differ from a fresh terminal, by number: now on or off.
    pub(crate) modes: BTreeMap<u16, bool>,
    /// Keyboard flag sets pushed and not popped.
    pub(crate) keyboard: i32,
    /// The last graphic rendition set something that was not reset.
    pub(crate) coloured: bool,
}

/// Reads all bytes a program wrote.
pub(crate) fn changed(bytes: &[u8]) -> Changed {
    let mut out = Changed::default();
    let mut rest = bytes;
    while let Some(start) = rest.windows(2).position(|w| w == b"\x1b[") {
        rest = &rest[start + 2..];
        let length = rest.iter().take_while(|b| (0x20..0x40).contains(*b)).count();
        let Some(last) = rest.get(length) else { break };
        let parameters = &rest[..length];
        match (parameters.first(), last) {
            (Some(b'?'), b'h' | b'l') => {
                for mode in numbers(&parameters[1..]) {
                    out.modes.insert(mode, *last == b'h');
                }
            }
            (Some(b'>'), b'u') => out.keyboard += 1,
            (Some(b'<'), b'u') => out.keyboard -= 1,
            // `CSI > … m` is a keyboard setting, not a rendition.
            (first, b'm') if first != Some(&b'>') => out.coloured = !resets(parameters),
            _ => {}
        }
        rest = &rest[length..];
    }
    out.modes.retain(|mode, on| ON_AT_START.contains(mode) != *on);
    out
}

fn numbers(parameters: &[u8]) -> impl Iterator<Item = u16> {
    parameters.split(|b| *b == b';').filter_map(|n| str::from_utf8(n).ok()?.parse().ok())
}

/// Whether a rendition leaves the default: `CSI m`, `CSI 0 m`, or defaults for colours and no attribute.
fn resets(parameters: &[u8]) -> bool {
    numbers(parameters).all(|n| matches!(n, 0 | 22..=29 | 39 | 49 | 59))
}

//! Colours: how theme files name them, and how they come down to what a terminal can show.

use ratatui::style::Color;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColorDepth {
    /// No colour, only bold, dim, underline and reverse.
    Mono,
    /// The sixteen colours every terminal has.
    C16,
    /// The 256-colour palette.
    C256,
    /// 24 bits.
    True,
}

impl ColorDepth {
    /// Guesses from the environment; `var` looks a variable up. `NO_COLOR` wins over everything.
    pub fn detect(var: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| var(name).filter(|v| !v.is_empty());
        let term = get("TERM").unwrap_or_default();
        let has = |part: &str| term.contains(part);
        if get("NO_COLOR").is_some() || term == "dumb" || has("-mono") || term.starts_with("vt") {
            return Self::Mono;
        }
        // The kernel's own console understands 24-bit sequences, but draws sixteen colours.
        if term == "linux" {
            return Self::C16;
        }
        if matches!(get("COLORTERM").as_deref(), Some("truecolor" | "24bit")) || has("-direct") {
            return Self::True;
        }
        if ["kitty", "alacritty", "ghostty", "foot", "wezterm", "contour"].iter().any(|t| has(t)) {
            return Self::True;
        }
        if has("256") || term.starts_with("tmux") { Self::C256 } else { Self::C16 }
    }

    /// The colour as this depth shows it; `None` where it shows none.
    pub fn convert(self, color: Color) -> Option<Color> {
        match (self, color) {
            (Self::Mono, _) => None,
            (Self::C256, Color::Rgb(r, g, b)) => Some(Color::Indexed(to_256([r, g, b]))),
            (Self::C16, Color::Rgb(r, g, b)) => Some(to_16([r, g, b])),
            (Self::C16, Color::Indexed(i)) => Some(to_16_indexed(i)),
            (_, color) => Some(color),
        }
    }
}

/// The sixteen names, in the order of the terminal's palette.
const NAMES: [(&str, Color); 16] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

/// The names [`parse`] knows besides `#rgb`, `#rrggbb` and 0 to 255.
pub(super) fn names<'a>() -> impl Iterator<Item = &'a str> {
    NAMES.iter().map(|(n, _)| *n).chain(["default"])
}

/// A colour by name, `#rgb`, `#rrggbb`, index from 0 to 255, or `default` for the terminal's own.
pub(super) fn parse(text: &str) -> Option<Color> {
    if text == "default" {
        return Some(Color::Reset);
    }
    if let Some((_, color)) = NAMES.iter().find(|(name, _)| *name == text) {
        return Some(*color);
    }
    if let Some(hex) = text.strip_prefix('#') {
        return parse_hex(hex);
    }
    text.parse().ok().map(Color::Indexed)
}

fn parse_hex(hex: &str) -> Option<Color> {
    if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let v = u32::from_str_radix(hex, 16).ok()?;
    let [_, a, b, c] = v.to_be_bytes();
    match hex.len() {
        6 => Some(Color::Rgb(a, b, c)),
        3 => Some(Color::Rgb((b & 15) * 17, (c >> 4) * 17, (c & 15) * 17)),
        _ => None,
    }
}

/// A colour in the space `OKLab`, where distance is about how different two colours look.
fn oklab([r, g, b]: [u8; 3]) -> [f32; 3] {
    let linear = |v: u8| {
        let v = f32::from(v) / 255.0;
        if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    };
    let rgb = [linear(r), linear(g), linear(b)];
    let times = |m: [[f32; 3]; 3], v: [f32; 3]| m.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum());
    let cones: [f32; 3] = times(
        [
            [0.412_221_46, 0.536_332_55, 0.051_445_995],
            [0.211_903_5, 0.680_699_5, 0.107_396_96],
            [0.088_302_46, 0.281_718_85, 0.629_978_7],
        ],
        rgb,
    );
    times(
        [
            [0.210_454_26, 0.793_617_8, -0.004_072_047],
            [1.977_998_5, -2.428_592_2, 0.450_593_7],
            [0.025_904_037, 0.782_771_77, -0.808_675_77],
        ],
        cones.map(f32::cbrt),
    )
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn indexed_rgb(i: u8) -> [u8; 3] {
    match i {
        0..=15 => ANSI[usize::from(i)],
        16..=231 => {
            let i = i - 16;
            [CUBE[usize::from(i / 36)], CUBE[usize::from(i / 6 % 6)], CUBE[usize::from(i % 6)]]
        }
        _ => [8 + 10 * (i - 232); 3],
    }
}

/// The nearest of the 240 fixed colours; the first sixteen are the user's own and unknown.
fn to_256(rgb: [u8; 3]) -> u8 {
    let wanted = oklab(rgb);
    // The nearest cube colour has neighbouring steps in each channel: eight to look at, and the greys.
    let steps = rgb.map(|v| {
        let low = CUBE.iter().rposition(|c| *c <= v).unwrap_or(0) as u8;
        [low, (low + 1).min(5)]
    });
    let cube = (0..8u8).map(|k| {
        let pick = |channel: usize, bit: u8| steps[channel][usize::from(k >> bit & 1)];
        16 + 36 * pick(0, 2) + 6 * pick(1, 1) + pick(2, 0)
    });
    cube.chain(232..=255)
        .min_by(|a, b| {
            let d = |i: u8| distance(wanted, oklab(indexed_rgb(i)));
            d(*a).total_cmp(&d(*b))
        })
        .unwrap_or(15)
}

/// How the sixteen usually look.
const ANSI: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 49, 49],
    [13, 188, 121],
    [229, 229, 16],
    [36, 114, 200],
    [188, 63, 188],
    [17, 168, 205],
    [204, 204, 204],
    [118, 118, 118],
    [241, 76, 76],
    [35, 209, 139],
    [245, 245, 67],
    [59, 142, 234],
    [214, 112, 214],
    [41, 184, 219],
    [255, 255, 255],
];

/// One of the sixteen by hue first: a muted red is red, not grey, since the colour carries meaning.
fn to_16(rgb: [u8; 3]) -> Color {
    let [l, a, b] = oklab(rgb);
    let chroma = a.hypot(b);
    if chroma < 0.04 {
        return match l {
            l if l < 0.30 => Color::Black,
            l if l < 0.65 => Color::DarkGray,
            l if l < 0.90 => Color::Gray,
            _ => Color::White,
        };
    }
    let bright = l > 0.70;
    let pick = |normal, light| if bright { light } else { normal };
    // Bounds lie between the hue angles that red, yellow, green, cyan, blue and magenta have in OKLab.
    match b.atan2(a).to_degrees().rem_euclid(360.0) {
        h if h < 55.0 => pick(Color::Red, Color::LightRed),
        h if h < 118.0 => pick(Color::Yellow, Color::LightYellow),
        h if h < 172.0 => pick(Color::Green, Color::LightGreen),
        h if h < 228.0 => pick(Color::Cyan, Color::LightCyan),
        h if h < 297.0 => pick(Color::Blue, Color::LightBlue),
        h if h < 352.0 => pick(Color::Magenta, Color::LightMagenta),
        _ => pick(Color::Red, Color::LightRed),
    }
}

fn to_16_indexed(i: u8) -> Color {
    if i < 16 { NAMES[usize::from(i)].1 } else { to_16(indexed_rgb(i)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn detect(vars: &[(&str, &str)]) -> ColorDepth {
        ColorDepth::detect(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn depth_follows_the_environment() {
        assert_eq!(detect(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), ColorDepth::True);
        assert_eq!(detect(&[("TERM", "xterm-256color")]), ColorDepth::C256);
        assert_eq!(detect(&[("TERM", "tmux")]), ColorDepth::C256);
        assert_eq!(detect(&[("TERM", "xterm")]), ColorDepth::C16);
        assert_eq!(detect(&[("TERM", "linux"), ("COLORTERM", "truecolor")]), ColorDepth::C16);
        assert_eq!(detect(&[("TERM", "xterm-kitty"), ("NO_COLOR", "1")]), ColorDepth::Mono);
        assert_eq!(detect(&[("TERM", "xterm-kitty"), ("NO_COLOR", "")]), ColorDepth::True);
        assert_eq!(detect(&[("TERM", "dumb")]), ColorDepth::Mono);
        assert_eq!(detect(&[]), ColorDepth::C16);
    }

    #[test]
    fn colours_parse() {
        assert_eq!(parse("#7aa2f7"), Some(Color::Rgb(0x7a, 0xa2, 0xf7)));
        assert_eq!(parse("#fa0"), Some(Color::Rgb(255, 170, 0)));
        assert_eq!(parse("bright-black"), Some(Color::DarkGray));
        assert_eq!(parse("42"), Some(Color::Indexed(42)));
        assert_eq!(parse("default"), Some(Color::Reset));
        for bad in ["", "#", "#12345", "#gggggg", "#+12345", "256", "blurple", "#ééé"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn colours_come_down_to_what_looks_alike() {
        let c256 = |r, g, b| ColorDepth::C256.convert(Color::Rgb(r, g, b));
        assert_eq!(c256(255, 0, 0), Some(Color::Indexed(196)));
        assert_eq!(c256(8, 8, 8), Some(Color::Indexed(232)));
        assert_eq!(c256(135, 175, 255), Some(Color::Indexed(111)));
        let c16 = |r, g, b| ColorDepth::C16.convert(Color::Rgb(r, g, b));
        assert_eq!(c16(0xe0, 0x6c, 0x75), Some(Color::Red));
        assert_eq!(c16(0x98, 0xc3, 0x79), Some(Color::LightGreen));
        assert_eq!(c16(0xe5, 0xc0, 0x7b), Some(Color::LightYellow));
        assert_eq!(c16(0x7a, 0xa2, 0xf7), Some(Color::LightBlue));
        assert_eq!(c16(0x2a, 0x9a, 0xa4), Some(Color::Cyan));
        assert_eq!(c16(0x10, 0x10, 0x12), Some(Color::Black));
        assert_eq!(ColorDepth::C16.convert(Color::Indexed(9)), Some(Color::LightRed));
        assert_eq!(ColorDepth::Mono.convert(Color::Red), None);
    }

    #[test]
    fn every_pure_ansi_colour_keeps_its_hue() {
        for (i, rgb) in ANSI.iter().enumerate().filter(|(i, _)| (1..=6).contains(&(i % 8))) {
            let (normal, light) = (NAMES[i % 8].1, NAMES[i % 8 + 8].1);
            let got = to_16(*rgb);
            assert!(got == normal || got == light, "{rgb:?} became {got:?}");
        }
    }

    proptest! {
        #[test]
        fn no_colour_beats_the_chosen_one_by_much(rgb in any::<[u8; 3]>()) {
            let wanted = oklab(rgb);
            let chosen = distance(wanted, oklab(indexed_rgb(to_256(rgb)))).sqrt();
            let best = (16..=255u8)
                .map(|i| distance(wanted, oklab(indexed_rgb(i))).sqrt())
                .fold(f32::MAX, f32::min);
            prop_assert!(chosen <= best + 0.05, "{chosen} {best}");
        }

        #[test]
        fn any_text_parses_or_not_but_never_panics(s in "\\PC{0,12}|#\\PC{0,8}") {
            let _ = parse(&s);
        }
    }
}

use proptest::prelude::*;

use super::*;

fn source(name: &str, text: &str) -> ThemeSource {
    ThemeSource { name: name.into(), origin: format!("{name}.toml"), text: text.into() }
}

fn load(sources: &[ThemeSource], name: &str) -> (Theme, Vec<String>) {
    let (theme, warnings) = Theme::load(name, sources, ColorDepth::True);
    (theme, warnings.iter().map(ToString::to_string).collect())
}

#[test]
fn the_table_of_roles_is_consistent() {
    assert_eq!(ROLES.len(), ROLE_COUNT);
    for (i, info) in ROLES.iter().enumerate() {
        assert_eq!(info.role as usize, i);
        assert_eq!(Role::from_name(info.name), Some(info.role), "{} stands twice", info.name);
        assert!(info.doc.ends_with('.'), "{}: a doc is a sentence", info.name);
        let mut role = info.role;
        for _ in 0..ROLE_COUNT {
            role = role.info().parent;
        }
        assert_eq!(role, Role::Text, "{}: parents go round in circles", info.name);
    }
    for series in 0..12 {
        assert_eq!(Role::chart(series).name(), format!("chart.{}", series % 6 + 1));
    }
}

#[test]
fn every_embedded_theme_gives_every_role_without_a_warning() {
    for (name, _) in EMBEDDED {
        for depth in [ColorDepth::True, ColorDepth::C256, ColorDepth::C16] {
            let (theme, warnings) = Theme::load(name, &[], depth);
            assert_eq!(warnings, [], "{name}");
            assert_eq!(theme.name(), name);
        }
        let layers = chain(name, &[], &mut Vec::new());
        let given: Vec<Role> =
            layers.iter().flat_map(|s| ThemeFile::read(s, &mut Vec::new()).roles).map(|(r, _)| r).collect();
        for info in ROLES {
            assert!(given.contains(&info.role), "{name} lacks {}", info.name);
        }
    }
}

#[test]
fn every_embedded_theme_leaves_the_background_alone_and_shows_the_cursor() {
    for name in Theme::names(&[]) {
        for depth in [ColorDepth::True, ColorDepth::C256, ColorDepth::C16, ColorDepth::Mono] {
            let (theme, _) = Theme::load(&name, &[], depth);
            for role in [Role::Text, Role::Dim, Role::Header, Role::FooterText, Role::Dialog, Role::Border] {
                assert_eq!(theme.style(role).bg, None, "{name} {}", role.name());
            }
            assert_ne!(theme.style(Role::Selection), Style::new(), "{name} {depth:?}");
            assert_ne!(theme.style(Role::Border), theme.style(Role::BorderFocus), "{name} {depth:?}");
        }
    }
}

/// How far apart two colours are in lightness: from 1 to 21, as accessibility guides count it.
fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let luminance = |c: [u8; 3]| {
        let linear = c.map(|v| {
            let v = f64::from(v) / 255.0;
            if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05
    };
    let (a, b) = (luminance(a), luminance(b));
    a.max(b) / a.min(b)
}

#[test]
fn every_colour_can_be_read_on_the_usual_backgrounds() {
    let dark = [[0, 0, 0], [0x1e, 0x1e, 0x2e]];
    let light = [[255, 255, 255], [0xfa, 0xf4, 0xe4]];
    // Lines and what is between the lines need not be read, but seen.
    let faint = [Role::Border, Role::ChartGrid, Role::BarEmpty, Role::TreeGuide, Role::Gap, Role::LogTrace];
    for (name, backgrounds, least) in
        [("dark", dark, 4.0), ("light", light, 4.0), ("high-contrast", dark, 5.5)]
    {
        let theme = Theme::embedded(name);
        for info in ROLES {
            let style = theme.style(info.role);
            let Some(Color::Rgb(r, g, b)) = style.fg else { continue };
            let least = if faint.contains(&info.role) { 1.4 } else { least };
            let selected = theme.style(Role::Selection);
            let selection = match selected.bg {
                Some(Color::Rgb(r, g, b)) if selected.fg.is_none() && !faint.contains(&info.role) => {
                    Some([r, g, b])
                }
                _ => None,
            };
            for background in backgrounds.into_iter().chain(selection) {
                let least = if Some(background) == selection { least * 0.75 } else { least };
                let c = contrast([r, g, b], background);
                assert!(c >= least, "{name}: {} has a contrast of {c:.1} on {background:?}", info.name);
            }
        }
    }
}

#[test]
fn without_colour_there_is_no_colour() {
    let mine = source("mono", "critical = { fg = \"red\", reverse = true }");
    let (theme, warnings) = Theme::load("dark", &[mine], ColorDepth::Mono);
    assert_eq!(warnings, []);
    assert_eq!(theme.name(), "mono");
    assert_eq!(theme.style(Role::Critical), Style::new().add_modifier(Modifier::REVERSED));
    for info in ROLES {
        let style = theme.style(info.role);
        assert_eq!((style.fg, style.bg), (None, None), "{}", info.name);
    }
}

#[test]
fn a_user_theme_inherits_and_overrides() {
    let text = "inherits = \"dark\"\nok = { fg = \"accent\", bold = true, italic = false }\n\
                [state]\nrunning = \"#010203\"\n[border]\nfg = 7\nfocus = \"red\"\n[palette]\naccent = \"#ff8800\"\n";
    let (theme, warnings) = load(&[source("mine", text)], "mine");
    assert_eq!(warnings, [] as [&str; 0]);
    let accent = Color::Rgb(0xff, 0x88, 0);
    let ok = Style::new().fg(accent).add_modifier(Modifier::BOLD).remove_modifier(Modifier::ITALIC);
    assert_eq!(theme.style(Role::Ok), ok);
    assert_eq!(theme.style(Role::StateRunning).fg, Some(Color::Rgb(1, 2, 3)));
    assert_eq!(theme.style(Role::Border).fg, Some(Color::Indexed(7)));
    // Its own palette says what `red` is; the inherited one knew the name.
    assert_eq!(theme.style(Role::BorderFocus).fg, Theme::default().style(Role::Critical).fg);
    assert_eq!(theme.style(Role::Spark).fg, Some(accent), "the palette colours what is inherited");
    assert_eq!(theme.style(Role::LogWarn), Theme::default().style(Role::LogWarn));
}

#[test]
fn a_theme_named_like_an_embedded_one_inherits_from_it() {
    let (theme, warnings) = load(&[source("dark", "inherits = \"dark\"\nok = \"blue\"")], "dark");
    assert_eq!(warnings, [] as [&str; 0]);
    assert_eq!(theme.style(Role::Ok).fg, Some(Color::Blue));
    assert_eq!(theme.style(Role::Warning), Theme::default().style(Role::Warning));
}

#[test]
fn a_missing_role_takes_its_parents_style() {
    let (theme, warnings) = load(&[source("bare", "text = \"white\"\ncritical = \"red\"")], "bare");
    assert_eq!(warnings, [] as [&str; 0]);
    assert_eq!(theme.style(Role::StateCrashed).fg, Some(Color::Red));
    assert_eq!(theme.style(Role::ButtonDanger).fg, Some(Color::Red));
    assert_eq!(theme.style(Role::StateRunning).fg, Some(Color::Gray));
}

#[test]
fn a_pair_says_what_sixteen_colours_show() {
    let text =
        "ok = \"c\"\nwarning = [\"#808080\", \"bright-red\"]\n[palette]\nc = [\"#111111\", \"green\"]\n";
    let styles = |depth| {
        let (theme, warnings) = Theme::load("mine", &[source("mine", text)], depth);
        assert_eq!(warnings, []);
        [theme.style(Role::Ok).fg, theme.style(Role::Warning).fg]
    };
    assert_eq!(styles(ColorDepth::C16), [Some(Color::Green), Some(Color::LightRed)]);
    assert_eq!(styles(ColorDepth::True)[0], Some(Color::Rgb(0x11, 0x11, 0x11)));
    assert_eq!(styles(ColorDepth::C256)[0], Some(Color::Indexed(233)));
}

#[test]
fn mistakes_are_reported_with_line_and_fall_back() {
    let text = "inherits = \"drak\"\nstate.runing = \"green\"\nok = \"gren\"\nwarning = { fg = 3.5, bold = 1 }\n\
                text = \"white\"\ncritical = \"yuck\"\n[palette]\nyuck = \"#12\"\n";
    let (theme, warnings) = load(&[source("bad", text)], "bad");
    assert_eq!(
        warnings,
        [
            "bad.toml:1: there is no theme `drak`; did you mean `dark`?",
            "bad.toml:2: there is no role `state.runing`; did you mean `state.running`?",
            "bad.toml:3: `gren` is neither a colour nor in the palette; did you mean `green`?",
            "bad.toml:4: bold: expected true or false",
            "bad.toml:4: fg: expected a colour, or a pair of it and its sixteen-colour stand-in",
            "bad.toml:8: yuck: `#12` is not a colour",
        ]
    );
    for role in [Role::Ok, Role::Warning, Role::Critical] {
        assert_eq!(theme.style(role).fg, Some(Color::Gray), "{}", role.name());
    }
}

#[test]
fn what_is_no_toml_is_reported_and_the_rest_holds() {
    let (theme, warnings) = load(&[source("bad", "ok = \"green\"\nwarning = \ncritical = \"red\"\n")], "bad");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("bad.toml:2: "), "{warnings:?}");
    assert_eq!(theme.style(Role::Ok).fg, Some(Color::Green));
    assert_eq!(theme.style(Role::Critical).fg, Some(Color::Red));
}

#[test]
fn circles_end() {
    let sources = [source("a", "\ninherits = \"b\""), source("b", "inherits = \"a\"\nok = \"green\"")];
    let (theme, warnings) = load(&sources, "a");
    assert_eq!(warnings, ["b.toml:1: `a` inherits from itself in the end"]);
    assert_eq!(theme.style(Role::Ok).fg, Some(Color::Green));
}

#[test]
fn an_unknown_theme_becomes_the_default_one() {
    let (theme, warnings) = load(&[], "lihgt");
    assert_eq!(
        warnings,
        ["theme: there is no theme `lihgt`; did you mean `light`?; \
          known: dark, light, high-contrast, console16, mono"]
    );
    assert_eq!(theme, Theme::default());
}

#[test]
fn the_suggested_themes_exist() {
    for depth in [ColorDepth::True, ColorDepth::C256, ColorDepth::C16, ColorDepth::Mono] {
        let (theme, warnings) = Theme::load(Theme::suggested(depth), &[], depth);
        assert_eq!((theme.name(), warnings), (Theme::suggested(depth), vec![]));
    }
}

#[test]
fn glyphs_follow_the_environment() {
    let detect = |vars: &[(&str, &str)]| {
        Glyphs::detect(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())).ascii
    };
    assert!(!detect(&[("LANG", "en_US.UTF-8"), ("TERM", "xterm")]));
    assert!(!detect(&[("LC_ALL", "C.utf8"), ("LANG", "C")]));
    assert!(detect(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]));
    assert!(detect(&[("LANG", "en_US.UTF-8"), ("TERM", "linux")]));
    assert!(detect(&[]));
}

#[test]
fn glyphs_have_the_width_they_claim() {
    use unicode_width::UnicodeWidthStr;
    for g in [Glyphs::UNICODE, Glyphs::ASCII] {
        let (c, t) = (&g.corners, &g.guides);
        let mut one = vec![g.running, g.paused, g.off, g.crashed, g.unknown, g.bar_empty, g.gap, g.dash];
        one.extend([g.ellipsis, g.cursor, g.mark, g.ascending, g.descending, g.up, g.down, g.right]);
        one.extend([g.open, g.closed, g.dot, g.grid, g.tick, g.axis, c.horizontal, c.vertical]);
        one.extend([c.top_left, c.top_right, c.bottom_left, c.bottom_right]);
        one.extend(g.levels.iter().chain(&g.eighths));
        for s in &one {
            assert_eq!(s.width(), 1, "{s}");
        }
        let two = [t.branch, t.last, t.through];
        for s in two {
            assert_eq!(s.width(), 2, "{s}");
        }
        assert_eq!((g.checked.width(), g.unchecked.width()), (3, 3));
        assert_eq!(g.ascii, one.iter().chain(&two).all(|s| s.is_ascii()));
    }
}

proptest! {
    #[test]
    fn no_file_panics(
        text in "\\PC{0,60}|((ok|state|palette|inherits|fg|dim|[a-z.\"]{1,6}) ?(=|\\]|\\[|\\{|\\}|\\.|\n|\"| ){1,3}(\"#?[a-z0-9]{0,6}\")?\n?){0,12}",
        depth in prop::sample::select(vec![ColorDepth::Mono, ColorDepth::C16, ColorDepth::C256, ColorDepth::True]),
    ) {
        let (_, warnings) = Theme::load("mine", &[source("mine", &text)], depth);
        for w in warnings {
            prop_assert!(!w.to_string().chars().any(char::is_control));
        }
    }
}

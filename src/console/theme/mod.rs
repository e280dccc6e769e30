//! Themes and glyphs: semantic roles to styles, names of signs to characters.
//!
//! | item | is |
//! | --- | --- |
//! | [`Role`], [`ROLES`] | what a run of text means; the one table of roles |
//! | [`Theme`] | a style for each role: `Theme::load(name, user_files, depth)`, `theme.style(role)`; `Theme::suggested(depth)` where the user asked for none |
//! | [`ThemeSource`], [`ThemeWarning`] | a user's theme file as text; what is wrong in it, with file and line |
//! | [`ColorDepth`] | what the terminal can show: `ColorDepth::detect(env)` |
//! | [`Glyphs`] | the characters drawn: `Glyphs::UNICODE`, `Glyphs::ASCII`, `Glyphs::detect(env)` |
//! | [`Look`] | both together, `Copy`, as every widget takes it |
//!
//! This room reads no file and no environment: the caller passes texts and a look-up in.
//!
//! A theme file gives roles a colour or a table of `fg bg bold dim underline reverse italic`. Names with dots
//! may be quoted (`"state.running" = "green"`) or written as tables (`[state]`, `running = "green"`). Colours are
//! `#rrggbb`, `#rgb`, one of the sixteen names, 0 to 255, `default`, or a name from `[palette]`; a pair
//! `["#7aa2f7", "bright-blue"]` says what to show where there are only sixteen. `inherits = "dark"` takes
//! every role and palette colour that is not given here from another theme; a file named like an
//! embedded theme may inherit from it. A role given nowhere takes its parent's style.

mod color;
mod file;
mod glyphs;
mod role;
mod suggest;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;

use ratatui::style::{Color, Modifier, Style};

use self::file::{ColorText, FLAGS, StyleText, ThemeFile};
use self::suggest::hint;
pub use self::{
    color::ColorDepth,
    glyphs::{Corners, Glyphs, Guides, Look},
    role::{ROLE_COUNT, ROLES, Role, RoleInfo},
};

/// The embedded themes; the first is the default.
const EMBEDDED: [(&str, &str); 5] = [
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("console16", include_str!("../../../themes/console16.toml")),
    ("mono", include_str!("../../../themes/mono.toml")),
];

/// A theme file as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeSource {
    /// The theme's name: the file's name without `.toml`.
    pub name: String,
    /// Where it comes from, for messages: the file's path.
    pub origin: String,
    /// What stands in it.
    pub text: String,
}

/// Something wrong with a theme. What it concerns fell back; the rest of the theme holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeWarning {
    /// The file, as its source named it; empty when no file is to blame.
    pub origin: String,
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// What is wrong, in a sentence without a full stop, cleaned.
    pub message: String,
}

impl ThemeWarning {
    fn new(source: &ThemeSource, line: Option<usize>, message: &str) -> Self {
        let message = crate::model::text::clean(&message.replace('\n', " ")).into_owned();
        Self { origin: source.origin.clone(), line, message }
    }
}

impl fmt::Display for ThemeWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.origin.as_str(), self.line) {
            ("", _) => write!(f, "theme: {}", self.message),
            (origin, Some(line)) => write!(f, "{origin}:{line}: {}", self.message),
            (origin, None) => write!(f, "{origin}: {}", self.message),
        }
    }
}

/// A style for each role, at the terminal's colour depth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    name: String,
    styles: [Style; ROLE_COUNT],
}

impl Theme {
    /// The name of the theme used where none is asked for.
    pub const DEFAULT: &'static str = EMBEDDED[0].0;

    /// The theme that suits a terminal of this depth, where the user asked for none.
    pub const fn suggested(depth: ColorDepth) -> &'static str {
        match depth {
            ColorDepth::Mono => "mono",
            ColorDepth::C16 => "console16",
            ColorDepth::C256 | ColorDepth::True => Self::DEFAULT,
        }
    }

    /// The theme of this name, from the user's files or the embedded ones; a user's file wins.
    ///
    /// Never fails: an unknown theme becomes the default one, what is wrong in a file falls back, and both are
    /// reported. Without colours ([`ColorDepth::Mono`]) the theme `mono` is used whatever is asked for:
    /// the others tell much by colour.
    pub fn load(name: &str, user: &[ThemeSource], depth: ColorDepth) -> (Self, Vec<ThemeWarning>) {
        let mut warnings = Vec::new();
        let wanted = if depth == ColorDepth::Mono { "mono" } else { name };
        let chain = chain(wanted, user, &mut warnings);
        let name = chain.first().map_or(Self::DEFAULT, |s| s.name.as_str()).to_owned();
        let layers: Vec<_> = chain.iter().map(|s| (s, ThemeFile::read(s, &mut warnings))).collect();
        let styles = Resolver::new(&layers, depth, &mut warnings).styles();
        warnings.sort_by(|a, b| (&a.origin, a.line).cmp(&(&b.origin, b.line)));
        (Self { name, styles }, warnings)
    }

    /// An embedded theme with all its colours; the default one where there is none of this name.
    pub fn embedded(name: &str) -> Self {
        Self::load(name, &[], ColorDepth::True).0
    }

    /// The names of all themes, the user's last, each once.
    pub fn names(user: &[ThemeSource]) -> Vec<String> {
        let mut names: Vec<String> = EMBEDDED.iter().map(|(n, _)| (*n).to_owned()).collect();
        for source in user {
            if !names.contains(&source.name) {
                names.push(source.name.clone());
            }
        }
        names
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The role's style. What it does not say is left as it was in the cell.
    pub const fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

impl Default for Theme {
    fn default() -> Self {
        Self::embedded(Self::DEFAULT)
    }
}

fn embedded(name: &str) -> Option<ThemeSource> {
    EMBEDDED.iter().find(|(n, _)| *n == name).map(|(name, text)| ThemeSource {
        name: (*name).to_owned(),
        origin: format!("themes/{name}.toml"),
        text: (*text).to_owned(),
    })
}

/// The theme and what it inherits from, nearest first. Never empty.
fn chain(name: &str, user: &[ThemeSource], warnings: &mut Vec<ThemeWarning>) -> Vec<ThemeSource> {
    let mut chain: Vec<ThemeSource> = Vec::new();
    let mut next = Some((name.to_owned(), None));
    while let Some((name, line)) = next {
        let seen = |s: &ThemeSource| chain.iter().any(|c| c == s);
        let candidates = user.iter().find(|s| s.name == name).cloned().into_iter().chain(embedded(&name));
        let candidates: Vec<_> = candidates.collect();
        let Some(source) = candidates.iter().find(|s| !seen(s)).cloned() else {
            let names = Theme::names(user);
            let message = if candidates.is_empty() {
                format!("there is no theme `{name}`{}", hint(&name, names.iter().map(String::as_str)))
            } else {
                format!("`{name}` inherits from itself in the end")
            };
            if let Some(last) = chain.last() {
                warnings.push(ThemeWarning::new(last, line, &message));
            } else {
                let message = format!("{message}; known: {}", names.join(", "));
                let message = crate::model::text::clean(&message).into_owned();
                warnings.push(ThemeWarning { origin: String::new(), line: None, message });
                chain.extend(embedded(Theme::DEFAULT));
            }
            break;
        };
        // Reported when the file is read for good.
        let file = ThemeFile::read(&source, &mut Vec::new());
        next = file.inherits.map(|(name, line)| (name, Some(line)));
        chain.push(source);
    }
    chain
}

type Layer<'a> = (&'a ThemeSource, ThemeFile);

struct Resolver<'a> {
    layers: &'a [Layer<'a>],
    depth: ColorDepth,
    palette: HashMap<&'a str, (&'a ThemeSource, &'a ColorText)>,
    warnings: &'a mut Vec<ThemeWarning>,
}

impl<'a> Resolver<'a> {
    fn new(layers: &'a [Layer<'a>], depth: ColorDepth, warnings: &'a mut Vec<ThemeWarning>) -> Self {
        let mut palette = HashMap::new();
        for (source, file) in layers.iter().rev() {
            palette.extend(file.palette.iter().map(|(name, color)| (name.as_str(), (*source, color))));
        }
        Self { layers, depth, palette, warnings }
    }

    fn styles(mut self) -> [Style; ROLE_COUNT] {
        self.check_palette();
        let layers = self.layers;
        let mut given: [Option<Style>; ROLE_COUNT] = [None; ROLE_COUNT];
        for (source, file) in layers {
            for (role, text) in &file.roles {
                if given[*role as usize].is_none() {
                    given[*role as usize] = self.style(source, text);
                }
            }
        }
        let mut styles = [Style::new(); ROLE_COUNT];
        for info in ROLES {
            let mut role = info.role;
            while given[role as usize].is_none() && role != Role::Text {
                role = role.info().parent;
            }
            styles[info.role as usize] = given[role as usize].unwrap_or_default();
        }
        styles
    }

    /// A palette colour that is bad is reported once, where it stands.
    fn check_palette(&mut self) {
        for (source, file) in self.layers {
            for (name, color) in &file.palette {
                for text in [Some(&color.text), color.c16.as_ref()].into_iter().flatten() {
                    if color::parse(text).is_none() {
                        let hint = hint(text, color::names());
                        let message = format!("{name}: `{text}` is not a colour{hint}");
                        self.warnings.push(ThemeWarning::new(source, Some(color.line), &message));
                    }
                }
            }
        }
    }

    /// The style, or `None` when nothing of it could be understood.
    fn style(&mut self, source: &ThemeSource, text: &StyleText) -> Option<Style> {
        let fg = text.fg.as_ref().and_then(|c| self.color(source, c));
        let bg = text.bg.as_ref().and_then(|c| self.color(source, c));
        let asked_for_colour = text.fg.is_some() || text.bg.is_some();
        if asked_for_colour && fg.is_none() && bg.is_none() && text.flags.iter().all(Option::is_none) {
            return None;
        }
        let shown = |c: Option<Color>| c.and_then(|c| self.depth.convert(c));
        let mut style = Style { fg: shown(fg), bg: shown(bg), ..Style::new() };
        for (modifier, on) in MODIFIERS.into_iter().zip(text.flags) {
            match on {
                Some(true) => style = style.add_modifier(modifier),
                Some(false) => style = style.remove_modifier(modifier),
                None => {}
            }
        }
        Some(style)
    }

    /// The colour, or its stand-in where there are only sixteen; `None`, reported, where it is none.
    fn color(&mut self, source: &ThemeSource, color: &ColorText) -> Option<Color> {
        if let Some((_, found)) = self.palette.get(color.text.as_str()) {
            // A bad palette colour is reported where it stands.
            return self.pick(&found.text, color.c16.as_ref().or(found.c16.as_ref()));
        }
        let found = self.pick(&color.text, color.c16.as_ref());
        if found.is_none() {
            let names = self.palette.keys().copied().chain(color::names());
            let hint = hint(&color.text, names);
            let message = format!("`{}` is neither a colour nor in the palette{hint}", color.text);
            self.warnings.push(ThemeWarning::new(source, Some(color.line), &message));
        }
        found
    }

    fn pick(&self, text: &str, c16: Option<&String>) -> Option<Color> {
        let full = color::parse(text)?;
        let chosen = c16.filter(|_| self.depth == ColorDepth::C16).and_then(|c| color::parse(c));
        Some(chosen.unwrap_or(full))
    }
}

/// What the names in [`FLAGS`] mean, in their order.
const MODIFIERS: [Modifier; FLAGS.len()] =
    [Modifier::BOLD, Modifier::DIM, Modifier::UNDERLINED, Modifier::REVERSED, Modifier::ITALIC];

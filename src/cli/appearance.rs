//! How the console is to look and answer keys: the user's files and the terminal together.

use crate::config::{Ascii, Environment, Loaded, TextFile};
use crate::console::keymap::{Keymap, apply_file};
use crate::console::theme::{ColorDepth, Glyphs, Theme, ThemeSource};

/// Keys, theme and characters, and what was wrong with the user's files.
pub(super) struct Appearance {
    /// Keys in force.
    pub(super) keymap: Keymap,
    /// The user's themes.
    pub(super) sources: Vec<ThemeSource>,
    /// The theme's name.
    pub(super) theme: String,
    /// Colours of the terminal.
    pub(super) depth: ColorDepth,
    /// Characters of the terminal.
    pub(super) glyphs: &'static Glyphs,
    /// What was wrong, each as file, line and sentence.
    pub(super) warnings: Vec<String>,
}

impl Appearance {
    /// From the configuration and the environment.
    pub(super) fn new(loaded: &Loaded, environment: &Environment) -> Self {
        let variable = |name: &str| environment.get(name).map(str::to_owned);
        let ui = &loaded.settings.ui;
        let mut warnings = Vec::new();
        let mut keymap = Keymap::default();
        if let Some(file) = &loaded.keymap {
            let place = file.path.display();
            warnings.extend(
                apply_file(&mut keymap, &file.text)
                    .iter()
                    .map(|w| format!("{place}:{}: {}", w.line, w.message)),
            );
        }
        let depth = ColorDepth::detect(variable);
        let sources: Vec<_> = loaded.themes.iter().map(source).collect();
        let wanted = if ui.theme == "auto" { Theme::suggested(depth) } else { &ui.theme };
        let (theme, wrong) = Theme::load(wanted, &sources, depth);
        warnings.extend(wrong.iter().map(ToString::to_string));
        let glyphs = match ui.ascii {
            Ascii::Always => Glyphs::ASCII,
            Ascii::Never => Glyphs::UNICODE,
            Ascii::Auto => Glyphs::detect(variable),
        };
        Self { keymap, theme: theme.name().to_owned(), sources, depth, glyphs, warnings }
    }
}

fn source(file: &TextFile) -> ThemeSource {
    let name = file.path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    ThemeSource { name, origin: file.path.display().to_string(), text: file.text.clone() }
}

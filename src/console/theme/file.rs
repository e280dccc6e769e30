//! One theme file as written: names not yet looked up, but every mistake in its form already reported.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::role::{ROLES, Role};
use super::suggest::hint;
use super::{ThemeSource, ThemeWarning};

/// A colour as written, with what the sixteen-colour console shows instead where the author chose it.
#[derive(Clone, Debug)]
pub(super) struct ColorText {
    pub text: String,
    pub c16: Option<String>,
    pub line: usize,
}

/// A style as written; what is `None` was not said.
#[derive(Clone, Debug, Default)]
pub(super) struct StyleText {
    pub fg: Option<ColorText>,
    pub bg: Option<ColorText>,
    pub flags: [Option<bool>; FLAGS.len()],
}

impl StyleText {
    fn is_empty(&self) -> bool {
        self.fg.is_none() && self.bg.is_none() && self.flags.iter().all(Option::is_none)
    }
}

/// The attributes a style may have besides colours, in the order of [`StyleText::flags`].
pub(super) const FLAGS: [&str; 5] = ["bold", "dim", "underline", "reverse", "italic"];

/// A theme file, read.
#[derive(Debug, Default)]
pub(super) struct ThemeFile {
    pub inherits: Option<(String, usize)>,
    pub palette: Vec<(String, ColorText)>,
    pub roles: Vec<(Role, StyleText)>,
}

impl ThemeFile {
    /// Reads what can be read; the rest is reported.
    pub(super) fn read(source: &ThemeSource, warnings: &mut Vec<ThemeWarning>) -> Self {
        let mut reader = Reader { source, warnings, file: Self::default() };
        let (table, errors) = DeTable::parse_recoverable(&source.text);
        for e in errors {
            let at = e.span().map_or(0, |s| s.start);
            reader.warn(at, e.message());
        }
        for (key, value) in table.get_ref() {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("inherits", DeValue::String(name)) => {
                    let line = reader.line(value.span().start);
                    reader.file.inherits = Some((name.to_string(), line));
                }
                ("inherits", _) => {
                    reader.warn(value.span().start, "inherits: expected a theme's name");
                }
                ("palette", DeValue::Table(t)) => reader.palette(t),
                ("palette", _) => reader.warn(value.span().start, "palette: expected a table"),
                (name, _) => reader.role(name, key.span().start, value),
            }
        }
        reader.file
    }
}

struct Reader<'a> {
    source: &'a ThemeSource,
    warnings: &'a mut Vec<ThemeWarning>,
    file: ThemeFile,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        1 + self.source.text.bytes().take(at).filter(|b| *b == b'\n').count()
    }

    fn warn(&mut self, at: usize, message: &str) {
        let line = Some(self.line(at));
        self.warnings.push(ThemeWarning::new(self.source, line, message));
    }

    fn palette(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            if let Some(color) = self.color(key.get_ref(), value) {
                self.file.palette.push((key.get_ref().to_string(), color));
            }
        }
    }

    /// A colour's text, or a pair of one and its stand-in for sixteen colours.
    fn color(&mut self, what: &str, value: &Spanned<DeValue<'_>>) -> Option<ColorText> {
        let at = value.span().start;
        if value.span().is_empty() {
            // Nothing stands there, and the parser has said so.
            return None;
        }
        let line = self.line(at);
        let text = |v: &DeValue<'_>| match v {
            DeValue::String(s) => Some(s.to_string()),
            DeValue::Integer(i) => Some(i.as_str().to_owned()),
            _ => None,
        };
        let found = match value.get_ref() {
            DeValue::Array(pair) if pair.len() == 2 => pair
                .iter()
                .map(|v| text(v.get_ref()))
                .collect::<Option<Vec<_>>>()
                .and_then(|pair| pair.try_into().ok())
                .map(|[text, c16]: [String; 2]| ColorText { text, c16: Some(c16), line }),
            v => text(v).map(|text| ColorText { text, c16: None, line }),
        };
        if found.is_none() {
            self.warn(
                at,
                &format!("{what}: expected a colour, or a pair of it and its sixteen-colour stand-in"),
            );
        }
        found
    }

    /// A role's style, or a table of roles whose names begin with `name`; a table can be both.
    fn role(&mut self, name: &str, at: usize, value: &Spanned<DeValue<'_>>) {
        let DeValue::Table(table) = value.get_ref() else {
            if let Some(fg) = self.color(name, value) {
                self.add(name, at, StyleText { fg: Some(fg), ..StyleText::default() });
            }
            return;
        };
        let mut style = StyleText::default();
        for (key, value) in table {
            let attribute = key.get_ref().as_ref();
            match (attribute, value.get_ref()) {
                ("fg", _) => style.fg = self.color("fg", value),
                ("bg", _) => style.bg = self.color("bg", value),
                (flag, DeValue::Boolean(on)) if FLAGS.contains(&flag) => {
                    for (f, slot) in FLAGS.iter().zip(&mut style.flags) {
                        if *f == flag {
                            *slot = Some(*on);
                        }
                    }
                }
                (flag, _) if FLAGS.contains(&flag) => {
                    self.warn(value.span().start, &format!("{flag}: expected true or false"));
                }
                (part, _) => self.role(&format!("{name}.{part}"), key.span().start, value),
            }
        }
        if !style.is_empty() || table.is_empty() {
            self.add(name, at, style);
        }
    }

    fn add(&mut self, name: &str, at: usize, style: StyleText) {
        if let Some(role) = Role::from_name(name) {
            self.file.roles.push((role, style));
        } else {
            let names = ROLES.iter().map(|r| r.name).chain(["inherits", "palette"]);
            let hint = hint(name, names);
            self.warn(at, &format!("there is no role `{name}`{hint}"));
        }
    }
}

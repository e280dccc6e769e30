//! What was wrong with a setting, and where it stands.

use std::fmt;
use std::path::{Path, PathBuf};

/// Something wrong with a configuration that the program runs on with all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file, or the name of the environment variable or flag.
    pub origin: String,
    /// Line and column, counted from 1, where it is a file.
    pub place: Option<(usize, usize)>,
    /// One sentence, cleaned.
    pub message: String,
}

impl Warning {
    /// A warning about bytes `at` of a file's text.
    pub fn in_file(file: &Path, text: &str, at: usize, message: impl AsRef<str>) -> Self {
        Self {
            origin: file.display().to_string(),
            place: Some(line_and_column(text, at)),
            message: crate::model::text::clean(message.as_ref()).into_owned(),
        }
    }

    /// A warning about an environment variable, a flag or a whole file.
    pub fn about(origin: impl Into<String>, message: impl AsRef<str>) -> Self {
        Self {
            origin: origin.into(),
            place: None,
            message: crate::model::text::clean(message.as_ref()).into_owned(),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", crate::model::text::clean(&self.origin))?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Line and column of a byte offset, both counted from 1, the column in characters.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// A file the user named cannot be read; everything else is a [`Warning`].
#[derive(Debug, thiserror::Error)]
#[error("Could not read the configuration {path}: {source}")]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

//! A text in the user's own editor.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use tempfile::TempPath;
use thiserror::Error;

/// With this begins and ends what is said in the text itself.
const BEGIN: &str = "<!-- NovaCron: ";
const END: &str = " -->\n";
/// Where nothing is set.
const USUAL: [&str; 3] = ["editor", "vi", "nano"];

/// Why a text could not be edited.
#[derive(Debug, Error)]
pub enum EditorError {
    /// There is no place for it.
    #[error("could not write to {}: {why}", .folder.display())]
    Write {
        /// Where.
        folder: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// What was written cannot be read.
    #[error("could not read what was edited: {0}")]
    Read(io::Error),
    /// There is none.
    #[error("there is no editor: neither VISUAL nor EDITOR is set, and there is no vi and no nano")]
    None,
    /// It does not start.
    #[error("could not start the editor {program}: {why}")]
    Start {
        /// Which.
        program: String,
        /// Why.
        why: io::Error,
    },
    /// It says that it was given up.
    #[error("the editor {program} ended with {status}: nothing was done")]
    GivenUp {
        /// Which.
        program: String,
        /// How.
        status: ExitStatus,
    },
}

impl EditorError {
    /// What to do; may be empty.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Start { .. } | Self::None => "VISUAL or EDITOR names the editor.",
            _ => "",
        }
    }
}

/// A text that is edited: a file for its owner alone, which goes with this.
#[derive(Debug)]
pub struct Draft {
    path: TempPath,
}

impl Draft {
    /// Writes the text to a new file.
    pub fn new(text: &str) -> Result<Self, EditorError> {
        let folder = std::env::var_os("XDG_RUNTIME_DIR").filter(|f| Path::new(f).is_dir());
        let folder = folder.map_or_else(std::env::temp_dir, PathBuf::from);
        let written = || {
            let mut file =
                tempfile::Builder::new().prefix("novacron-").suffix(".xml").tempfile_in(&folder)?;
            file.write_all(text.as_bytes())?;
            Ok(file.into_temp_path())
        };
        written().map(|path| Self { path }).map_err(|why| EditorError::Write { folder: folder.clone(), why })
    }

    /// Opens the editor on it, with something said at its head, and reads what was written.
    pub fn edit(&mut self, said: Option<&str>) -> Result<String, EditorError> {
        self.say(said)?;
        let (program, mut command) = self.command()?;
        let status = command.status().map_err(|why| EditorError::Start { program: program.clone(), why })?;
        self.written(program, status)
    }

    /// Says something at its head.
    pub fn say(&self, said: Option<&str>) -> Result<(), EditorError> {
        let Some(said) = said else { return Ok(()) };
        // Two hyphens would end the comment.
        let said = said.replace("--", "- -");
        let text = fs::read_to_string(&self.path).map_err(EditorError::Read)?;
        fs::write(&self.path, format!("{BEGIN}{said}{END}{}", unsaid(&text))).map_err(EditorError::Read)
    }

    /// The editor, by its name and ready to be started on the text.
    pub fn command(&self) -> Result<(String, Command), EditorError> {
        let words = command()?;
        let [program, arguments @ ..] = words.as_slice() else { return Err(EditorError::None) };
        let mut command = Command::new(program);
        command.args(arguments).arg(&self.path);
        Ok((program.clone(), command))
    }

    /// What was written, where the editor did not say that it was given up.
    pub fn written(&self, program: String, status: ExitStatus) -> Result<String, EditorError> {
        if !status.success() {
            return Err(EditorError::GivenUp { program, status });
        }
        let text = fs::read_to_string(&self.path).map_err(EditorError::Read)?;
        Ok(unsaid(&text).to_owned())
    }

    /// Has the file stay. Tells where it is.
    pub fn keep(&mut self) -> &Path {
        self.path.disable_cleanup(true);
        &self.path
    }
}

/// The text without what was said at its head.
fn unsaid(text: &str) -> &str {
    match text.strip_prefix(BEGIN).and_then(|rest| rest.split_once("-->")) {
        Some((_, rest)) => rest.trim_start_matches(['\r', '\n']),
        None => text,
    }
}

/// The editor as a program and its arguments. No shell reads it.
fn command() -> Result<Vec<String>, EditorError> {
    let set = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| std::env::var(name).ok());
    let words = |line: String| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    if let Some(given) = set.map(words).find(|words| !words.is_empty()) {
        return Ok(given);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = |name: &&&str| std::env::split_paths(&path).any(|folder| is_program(&folder.join(name)));
    USUAL.iter().find(there).map(|name| vec![(*name).to_owned()]).ok_or(EditorError::None)
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_for_its_owner_alone_and_stays_only_where_it_is_kept() {
        let (draft, mut kept) = (Draft::new("<domain/>\n").unwrap(), Draft::new("<network/>\n").unwrap());
        let path = draft.path.to_path_buf();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(path.extension().is_some_and(|e| e == "xml"), "editors go by it: {}", path.display());
        drop(draft);
        assert!(!path.exists());
        let path = kept.keep().to_owned();
        drop(kept);
        assert_eq!(fs::read_to_string(&path).unwrap(), "<network/>\n");
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_was_said_is_no_part_of_the_text() {
        assert_eq!(unsaid("<domain/>\n"), "<domain/>\n");
        assert_eq!(unsaid("<!-- NovaCron: line 3: no. -->\n<domain/>\n"), "<domain/>\n");
        assert_eq!(unsaid("<!-- mine -->\n<domain/>\n"), "<!-- mine -->\n<domain/>\n");
    }
}

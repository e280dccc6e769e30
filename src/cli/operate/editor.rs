//! A text in the user's own editor.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::exit::{Exit, Failure};

/// With this begins and ends what is said in the text itself.
const BEGIN: &str = "<!-- NovaCron: ";
const END: &str = " -->\n";
/// Where nothing is set.
const USUAL: [&str; 3] = ["editor", "vi", "nano"];

/// A text that is edited: a file for its owner alone, which goes with this.
#[derive(Debug)]
pub(in crate::cli) struct Draft {
    path: PathBuf,
    kept: bool,
}

impl Draft {
    /// Writes the text to a new file.
    pub(in crate::cli) fn new(text: &str) -> Result<Self, Failure> {
        let folder = std::env::var_os("XDG_RUNTIME_DIR").filter(|f| Path::new(f).is_dir());
        let folder = folder.map_or_else(std::env::temp_dir, PathBuf::from);
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for n in 0..100 {
            let path = folder.join(format!("novacron-{}-{n}.xml", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(mut file) => {
                    let draft = Self { path, kept: false };
                    file.write_all(text.as_bytes())?;
                    return Ok(draft);
                }
                Err(why) if why.kind() == io::ErrorKind::AlreadyExists => last = why,
                Err(why) => {
                    last = why;
                    break;
                }
            }
        }
        Err(Failure::new(Exit::Failed, format!("could not write to {}: {last}", folder.display())))
    }

    /// Opens the editor on it, with something said at its head, and reads what was written.
    pub(in crate::cli) fn edit(&mut self, said: Option<&str>) -> Result<String, Failure> {
        let failed =
            |why: io::Error| Failure::new(Exit::Failed, format!("could not read what was edited: {why}"));
        if let Some(said) = said {
            // Two hyphens would end the comment.
            let said = said.replace("--", "- -");
            let text = fs::read_to_string(&self.path).map_err(failed)?;
            fs::write(&self.path, format!("{BEGIN}{said}{END}{}", unsaid(&text))).map_err(failed)?;
        }
        let [program, arguments @ ..] = &command()?[..] else {
            return Err(Failure::new(Exit::Failed, "there is no editor"));
        };
        let ended = Command::new(program).args(arguments).arg(&self.path).status().map_err(|why| {
            Failure::new(Exit::Failed, format!("could not start the editor {program}: {why}"))
                .hint("VISUAL or EDITOR names the editor.")
        })?;
        if !ended.success() {
            return Err(Failure::new(
                Exit::Cancelled,
                format!("the editor {program} ended with {ended}: nothing was done"),
            ));
        }
        let text = fs::read_to_string(&self.path).map_err(failed)?;
        Ok(unsaid(&text).to_owned())
    }

    /// Has the file stay. Tells where it is.
    pub(super) fn keep(&mut self) -> &Path {
        self.kept = true;
        &self.path
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            // It may be gone already.
            drop(fs::remove_file(&self.path));
        }
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
fn command() -> Result<Vec<String>, Failure> {
    let set = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| std::env::var(name).ok());
    let words = |line: String| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    if let Some(given) = set.map(words).find(|words| !words.is_empty()) {
        return Ok(given);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = |name: &&&str| std::env::split_paths(&path).any(|folder| is_program(&folder.join(name)));
    USUAL.iter().find(there).map(|name| vec![(*name).to_owned()]).ok_or_else(|| {
        Failure::new(
            Exit::Failed,
            "there is no editor: neither VISUAL nor EDITOR is set, and there is no vi and no nano",
        )
    })
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_no_part_of_the_text() {
        assert_eq!(unsaid("<domain/>\n"), "<domain/>\n");
        assert_eq!(unsaid("<!-- NovaCron: line 3: no. -->\n<domain/>\n"), "<domain/>\n");
        assert_eq!(unsaid("<!-- mine -->\n<domain/>\n"), "<!-- mine -->\n<domain/>\n");
    }
}

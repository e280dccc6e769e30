//! What the user sees of a bug: one sentence and where the rest lies. The report goes into the log.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::{OnceLock, PoisonError, RwLock};

use super::exit::Exit;
use super::output::to_stderr;
use crate::config::Paths;

/// Where reports go, once the configuration told.
static LOG: RwLock<Option<PathBuf>> = RwLock::new(None);

/// What gives the terminal back.
static RESTORE: OnceLock<fn()> = OnceLock::new();

/// Has every panic, in whichever thread, end the program: the terminal is restored, the report logged, the user
/// told. `report` writes out what happened.
pub fn catch(report: impl Fn(&PanicHookInfo<'_>) -> String + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |info| {
        let in_console = RESTORE.get().inspect(|restore| restore()).is_some();
        let log = LOG.read().unwrap_or_else(PoisonError::into_inner).clone();
        let log = log.unwrap_or_else(|| Paths::of_user().log_file);
        let written = append(&log, &report(info));
        let sentence = sentence(&log, &written);
        if in_console {
            // While the console is open descriptor 2 is the log.
            let _ = writeln!(io::stdout(), "{sentence}");
        } else {
            to_stderr(&sentence);
        }
        std::process::exit(i32::from(Exit::Failed.code()));
    }));
}

/// Reports go here from now on.
pub(super) fn log_to(file: PathBuf) {
    *LOG.write().unwrap_or_else(PoisonError::into_inner) = Some(file);
}

/// The console is open: this gives the terminal back.
pub(super) fn restore_with(restore: fn()) {
    // The console is opened once.
    let _ = RESTORE.set(restore);
}

fn sentence(log: &Path, written: &io::Result<()>) -> String {
    let rest = match written {
        Ok(()) => format!("What happened is written in {}.", log.display()),
        Err(e) => format!("What happened could not be written to {}: {e}.", log.display()),
    };
    format!("novacron: NovaCron met a bug of its own and had to end.\n  {rest}")
}

fn append(log: &Path, report: &str) -> io::Result<()> {
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(log)?;
    writeln!(file, "NovaCron {} panicked:\n{report}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_the_log_and_the_report_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("new/novacron.log");
        let written = append(&log, "the report");
        assert!(std::fs::read_to_string(&log).unwrap().contains("the report"));
        assert!(sentence(&log, &written).contains(log.to_str().unwrap()));
        let nowhere = append(Path::new("/proc/nowhere/x.log"), "lost");
        assert!(sentence(&log, &nowhere).contains("could not be written"));
    }
}

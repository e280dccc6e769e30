//! The terminal is left as it was found: on quit, error, signal and panic.
//!
//! While the screen is up nothing else may write to it, so descriptor 2 goes to a file: the log's if there is
//! one, else nowhere.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::queue;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};

/// What was before; there while the screen is ours. Taken only with standard output locked, so that whoever takes
/// the terminal, gives it back or draws does so alone.
static BEFORE: Mutex<Option<Before>> = Mutex::new(None);

#[derive(Debug)]
struct Before {
    stderr: Option<OwnedFd>,
}

/// The terminal in full-screen mode; dropping it restores what was before.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// Where standard input or output is no terminal.
    pub fn enter(mouse: bool, stderr_to: Option<File>) -> io::Result<Self> {
        let mut out = io::stdout().lock();
        enable_raw_mode()?;
        *before() = Some(Before { stderr: redirect_stderr(stderr_to) });
        let guard = Self(());
        queue!(out, EnterAlternateScreen, Hide, EnableBracketedPaste)?;
        if mouse {
            queue!(out, EnableMouseCapture)?;
        }
        out.flush()?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

fn before() -> MutexGuard<'static, Option<Before>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn redirect_stderr(to: Option<File>) -> Option<OwnedFd> {
    let to = to.or_else(|| File::options().write(true).open("/dev/null").ok())?;
    let before = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3).ok();
    rustix::stdio::dup2_stderr(&to).ok()?;
    before
}

/// Leaves full-screen mode, if we are in it. Errors have nowhere to go.
fn restore() {
    let mut out = io::stdout().lock();
    let Some(before) = before().take() else { return };
    let _ = queue!(out, DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
    if let Some(stderr) = before.stderr {
        let _ = rustix::stdio::dup2_stderr(&stderr);
    }
}

/// Leaves full-screen mode for good: nobody draws or takes the terminal after this. For the panic hook, which may
/// run on any thread, and ends the process.
pub fn give_up() {
    let out = io::stdout().lock();
    restore();
    std::mem::forget(out);
}

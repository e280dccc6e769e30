//! The terminal is left as it was found: on quit, error, signal and panic.
//!
//! While the screen is up nothing else may write to it, so descriptor 2 goes to a file: the log's if there is
//! one, else nowhere.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::queue;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};

/// Whether the screen is ours: restoring is done once, whoever comes first.
static UP: AtomicBool = AtomicBool::new(false);

/// Where descriptor 2 led before; a panic's sentence must get there.
static STDERR: Mutex<Option<OwnedFd>> = Mutex::new(None);

/// The terminal in full-screen mode; dropping it restores what was before.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// Where standard input or output is no terminal.
    pub fn enter(mouse: bool, stderr_to: Option<File>) -> io::Result<Self> {
        enable_raw_mode()?;
        UP.store(true, Ordering::SeqCst);
        let guard = Self(());
        *stderr() = redirect_stderr(stderr_to);
        let mut out = io::stdout().lock();
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

fn stderr() -> MutexGuard<'static, Option<OwnedFd>> {
    STDERR.lock().unwrap_or_else(PoisonError::into_inner)
}

fn redirect_stderr(to: Option<File>) -> Option<OwnedFd> {
    let to = to.or_else(|| File::options().write(true).open("/dev/null").ok())?;
    let before = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3).ok();
    rustix::stdio::dup2_stderr(&to).ok()?;
    before
}

/// Leaves full-screen mode, if we are in it. For the panic hook; errors have nowhere to go.
pub fn restore() {
    if !UP.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = queue!(out, DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
    if let Some(before) = stderr().take() {
        let _ = rustix::stdio::dup2_stderr(&before);
    }
}

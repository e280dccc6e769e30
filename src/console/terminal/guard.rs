//! The terminal is left as it was found: on quit, error, signal and panic.
//!
//! While the screen is up, and from before the first call of a library that may write, descriptor 2 goes to a file:
//! the log's if there is one, else nowhere.

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

/// Whether the screen is ours. Taken only with standard output locked, so that whoever takes the terminal, gives it
/// back or draws does so alone.
static OURS: Mutex<bool> = Mutex::new(false);

/// Where descriptor 2 went before; there while it is aside.
static STDERR: Mutex<Option<OwnedFd>> = Mutex::new(None);

/// Descriptor 2 led aside; dropping it leads it back.
#[derive(Debug)]
pub struct Aside(());

impl Aside {
    /// Leads what libraries write to descriptor 2 into the file, or nowhere without one. Where that fails it goes on as
    /// before.
    pub fn lead(to: Option<File>) -> Self {
        if let Some(before) = redirect_stderr(to) {
            locked(&STDERR).get_or_insert(before);
        }
        Self(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        lead_back();
    }
}

/// The terminal in full-screen mode; dropping it restores what was before.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// Where standard input or output is no terminal.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        let guard = Self(());
        take(mouse)?;
        Ok(guard)
    }

    /// Gives the terminal back for another program, until it is [taken back](Self::take_back).
    pub fn lend() {
        restore();
    }

    /// Takes the terminal over again.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn take_back(mouse: bool) -> io::Result<()> {
        take(mouse)
    }
}

fn take(mouse: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    enable_raw_mode()?;
    *locked(&OURS) = true;
    queue!(out, EnterAlternateScreen, Hide, EnableBracketedPaste)?;
    if mouse {
        queue!(out, EnableMouseCapture)?;
    }
    out.flush()
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

fn locked<T>(what: &'static Mutex<T>) -> MutexGuard<'static, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

fn redirect_stderr(to: Option<File>) -> Option<OwnedFd> {
    let to = to.or_else(|| File::options().write(true).open("/dev/null").ok())?;
    let before = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3).ok();
    rustix::stdio::dup2_stderr(&to).ok()?;
    before
}

fn lead_back() {
    if let Some(stderr) = locked(&STDERR).take() {
        let _ = rustix::stdio::dup2_stderr(&stderr);
    }
}

/// Leaves full-screen mode, if we are in it. Errors have nowhere to go.
fn restore() {
    let mut out = io::stdout().lock();
    if !std::mem::take(&mut *locked(&OURS)) {
        return;
    }
    let _ = queue!(out, DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// Where descriptor 2 went before it was led aside, for a program that the terminal is lent to.
pub(super) fn stderr() -> Option<OwnedFd> {
    locked(&STDERR).as_ref().and_then(|fd| fd.try_clone().ok())
}

/// Leaves full-screen mode for good: nobody draws or takes the terminal after this. For the panic hook, which may
/// run on any thread, and ends the process.
pub fn give_up() {
    let out = io::stdout().lock();
    restore();
    lead_back();
    std::mem::forget(out);
}
